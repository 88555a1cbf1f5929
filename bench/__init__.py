"""Measurements on a real Asterisk, and the phones that they and the tests call with."""
