"""The users of the desk: people, their sessions, programs' tokens, and the audit of their acts."""
