"""The attacks of `cozum doctor --attack`, without an Asterisk; with one: tests/integration/test_attack.py."""
