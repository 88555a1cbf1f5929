"""The end of personal data: what has expired is destroyed every night, and a person is taken out who asks for it."""
