"""Which numbers of the town's files callers are handed over to."""

import re
from typing import Final

from acd.lib.dialable import dialable

_SHORT: Final = re.compile(r"[0-9]{3,6}")
_NATIONWIDE: Final = re.compile(r"\+90(444[0-9]{4})")


def outside_digits(number: str) -> str:
    """The digits to dial for a target of the town's files to which a caller is handed over: short numbers, extensions
    and 444 numbers too. Empty if it must not be dialled."""
    if _SHORT.fullmatch(number):
        return number
    nationwide = _NATIONWIDE.fullmatch(number)
    return dialable(number) if nationwide is None else nationwide[1]
