"""Who may use the desk: people, their sessions, programs' tokens, and the audit of who saw and did what."""
