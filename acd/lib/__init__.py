"""Small helpers without telephony."""
