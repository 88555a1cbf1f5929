"""Callers' numbers, as far as rules go by them."""


def national(number: str) -> str:
    """What tells numbers apart whichever way a trunk writes them: the last ten digits (+90 532 … and 0532 … are one);
    of a shorter number all. Empty for none."""
    digits = "".join(letter for letter in number if letter in "0123456789")
    return digits[-10:]
