"""Callers' numbers, as far as rules go by them."""


def national(number: str) -> str:
    """What tells numbers apart whichever way a trunk writes them: the last ten digits (+90 532 … and 0532 … are one);
    of a shorter number all. Empty for none."""
    digits = "".join(letter for letter in number if letter in "0123456789")
    return digits[-10:]


def spellings(number: str) -> tuple[str, ...]:
    """The ways in which trunks write a number, as it came first; one that is not national is written in one way."""
    ten = national(number)
    if len(ten) < 10:
        return (number,)
    return tuple(dict.fromkeys((number, "0" + ten, "+90" + ten, "90" + ten, ten, "0090" + ten)))
