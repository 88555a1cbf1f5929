"""Callers' numbers, as far as rules go by them."""

WITHHELD = "numara-gizli"
"""What an agent's phone shows in place of a number that is not known ("number withheld")."""
NO_NUMBER = frozenset(
    {"anonymous", "asterisk", "private", "restricted", "unavailable", "unknown", "withheld", WITHHELD}
)
"""What stands in place of a number where there is none: SIP's and Asterisk's words, and ours."""


def known(number: str) -> str:
    """The number, or nothing where a word stands in its place. Two callers whose numbers are withheld are two callers:
    no rule may take one for the other."""
    return "" if number.lower() in NO_NUMBER else number


def national(number: str) -> str:
    """What tells numbers apart whichever way a trunk writes them: the last ten digits (+90 532 … and 0532 … are one);
    of a shorter number all. Empty for none."""
    digits = "".join(letter for letter in number if letter in "0123456789")
    return digits[-10:]


COUNTRY = "+90"
TRUNK_PREFIX = "0"


def international(digits: str) -> str:
    """A number that is dialled within the country, written as it is from abroad: 0392… is +90392…"""
    return COUNTRY + digits.removeprefix(TRUNK_PREFIX)


def spellings(number: str) -> tuple[str, ...]:
    """The ways in which trunks write a number, as it came first; one that is not national is written in one way."""
    ten = national(number)
    if len(ten) < 10:
        return (number,)
    return tuple(dict.fromkeys((number, "0" + ten, "+90" + ten, "90" + ten, ten, "0090" + ten)))
