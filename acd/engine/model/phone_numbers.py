"""Callers' numbers in the forms that rules and look-ups compare."""

import re
from functools import lru_cache
from typing import Final

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


COUNTRY = "+90"
TRUNK_PREFIX = "0"


def international(digits: str) -> str:
    """The international form of a national number: 0392… is +90392…"""
    return COUNTRY + digits.removeprefix(TRUNK_PREFIX)


_SEPARATORS: Final = re.compile(r"[\s()/.\-\u2010-\u2015\u2212\u00ad\u200b-\u200f\u202a-\u202e\u2060-\u2069\ufeff]+")
"""What people write between digits, dashes of word processors and the invisible signs of a pasted number included."""
_BARE: Final = re.compile(r"\+?[0-9]+")
_SHORTEST: Final = 7
"""Digits of the shortest number that has a prefix (444 04 11); a shorter one is an internal one."""
NATIONAL: Final = 10
"""Digits of a whole number of the country, without the trunk prefix."""


def bare(written: str) -> str:
    """A number without separators: digits with an optional leading +, otherwise as it was written. Empty if the text is
    no number."""
    number = _SEPARATORS.sub("", written)
    return number if _BARE.fullmatch(number) else ""


def e164(number: str) -> str:
    """A number in the form of E.164, `+905321112233`, whichever way a trunk or a person wrote it; empty for a text that
    is no number. A number without a prefix is one of the country unless it is too long for that."""
    plain, code = bare(number), COUNTRY.removeprefix("+")
    digits = plain[1:] if plain.startswith("+") else _international(plain, code)
    if digits.startswith(code + TRUNK_PREFIX):  # +90 (0532) …
        digits = code + digits.removeprefix(code).lstrip(TRUNK_PREFIX)
    return f"+{digits}" if digits else ""


def _international(digits: str, code: str) -> str:
    """The digits of a number that was written without a +, from the country's code on."""
    if not digits:
        return ""
    if digits.startswith("00"):
        return digits[2:]
    if digits.startswith(TRUNK_PREFIX):
        rest = digits.removeprefix(TRUNK_PREFIX)
        return rest if rest.startswith(code) and len(rest) == len(code) + NATIONAL else code + rest
    return digits if len(digits) > NATIONAL else code + digits


@lru_cache(maxsize=64)
def spellings(number: str) -> tuple[str, ...]:
    """The ways in which trunks and people write a number, without separators, the received one first. Each of them
    means this number and no other, so a look-up by them finds nobody else. An internal number has only one, and so has
    a text that is no number. A caller is looked up more than once within moments."""
    whole, code = e164(number), COUNTRY.removeprefix("+")
    if not whole:
        return (number,)
    digits = whole.removeprefix("+")
    ways = [bare(number), whole, digits, "00" + digits]
    if digits.startswith(code):
        rest = digits.removeprefix(code)
        if len(rest) < _SHORTEST:
            return (bare(number),)
        again = code + TRUNK_PREFIX + rest
        ways += [TRUNK_PREFIX + rest, rest, "+" + again, again, "00" + again, TRUNK_PREFIX + digits]
    return tuple(way for way in dict.fromkeys(ways) if e164(way) == whole)


def number_key(number: str) -> str:
    """A text that is the same for each way of writing one number, and another one for every other number; of a text
    that is no number, the text itself."""
    return e164(number) or number
