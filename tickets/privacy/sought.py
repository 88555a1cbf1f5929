"""The citizen for whom somebody looked, as the audit has them: by a digest that nobody can make without the key.

The audit has no personal data. Whoever knows a number or the words of a search makes the digest anew, and so finds the
people who looked for them."""

import hmac
import re
from typing import Final

from acd.engine.model.phone_numbers import bare, number_key
from tickets.find.folding import words
from tickets.number import BadNumber, TicketNumber

NUMBER: Final = "number:"
WORDS: Final = "words:"
_WRITTEN: Final = re.compile(r"\s*[+(]*[0-9][0-9() ./-]*")
_LEAST_DIGITS: Final = 7
"""Digits of a text that is a telephone number, and no house or year."""
_LETTERS: Final = 24
"""A digest has so many: 96 bits tell any two numbers apart."""


def sought_key(secret: bytes) -> bytes:
    """The key of the digests, from the desk's secret: what knows the one cannot make the other's."""
    return hmac.digest(secret, b"the citizens for whom somebody looked", "sha256")


class Sought:
    """Digests by one key."""

    def __init__(self, key: bytes) -> None:
        self._key = key

    def by_text(self, typed: str) -> str:
        """What a typed text looks for: a request's number as it is, `number:` and the digest of a telephone number
        however it is written, `words:` and the digest of words in any order; empty for a text without any."""
        try:
            return str(TicketNumber.parse(typed))
        except BadNumber:
            pass
        if _WRITTEN.fullmatch(typed) and sum(letter.isdigit() for letter in typed) >= _LEAST_DIGITS:
            return self.by_number(typed)
        found = sorted(set(words(typed)))
        return WORDS + self._digest(WORDS + " ".join(found)) if found else ""

    def by_number(self, typed: str) -> str:
        """What a telephone number looks for, also a short one of the house; empty for a text without digits."""
        plain = bare(typed)
        return NUMBER + self._digest(NUMBER + number_key(plain)) if plain.strip("+") else ""

    def _digest(self, text: str) -> str:
        return hmac.digest(self._key, text.encode("utf-8", "replace"), "sha256").hex()[:_LETTERS]
