"""Small things that know nothing of telephony."""
