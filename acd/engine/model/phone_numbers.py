"""Callers' numbers in the forms that rules compare."""

WITHHELD = "numara-gizli"
"""The text on an agent's phone for an unknown number ("number withheld")."""
NO_NUMBER = frozenset(
    {"anonymous", "asterisk", "private", "restricted", "unavailable", "unknown", "withheld", WITHHELD}
)
"""Words that replace a missing number: SIP's, Asterisk's and ours."""


def known(number: str) -> str:
    """The number, or an empty text if a word replaces it. Two callers with withheld numbers are different callers: no
    rule may take one for the other."""
    return "" if number.lower() in NO_NUMBER else number


def national(number: str) -> str:
    """The form for comparing numbers in any way of writing: the last ten digits (+90 532 … and 0532 … are one number),
    or all digits of a shorter number. Empty for none."""
    digits = "".join(letter for letter in number if letter in "0123456789")
    return digits[-10:]


COUNTRY = "+90"
TRUNK_PREFIX = "0"


def international(digits: str) -> str:
    """The international form of a national number: 0392… is +90392…"""
    return COUNTRY + digits.removeprefix(TRUNK_PREFIX)


def e164(number: str) -> str:
    """A number in the form of E.164, `+905321112233`, whichever way a trunk or a person wrote it."""
    digits = "".join(letter for letter in number if letter in "0123456789")
    if number.startswith("+"):
        return f"+{digits}"
    if digits.startswith("00"):
        return f"+{digits[2:]}"
    return f"{COUNTRY}{national(number)}"


def spellings(number: str) -> tuple[str, ...]:
    """The ways in which trunks write a number, the received one first; a number that is not national has only one."""
    ten = national(number)
    if len(ten) < 10:
        return (number,)
    return tuple(dict.fromkeys((number, "0" + ten, "+90" + ten, "90" + ten, ten, "0090" + ten)))
