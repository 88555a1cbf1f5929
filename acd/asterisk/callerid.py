"""Numbers that come from outside, and what an agent's phone shows."""

import re
from typing import Final

from acd.engine.model.phone_numbers import WITHHELD, bare, known

_NUMBER: Final = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")
_WITH_SEPARATORS: Final = re.compile(r"\+?[0-9](?:[.-]?[0-9]){6,}")
"""A telephone number as RFC 3966 lets a trunk write it; what has fewer digits may be a SIP user."""
_LABEL: Final = re.compile(r"[^\w .:!+-]")
WITHHELD_LABEL: Final = "numara gizli"


def number_in(text: str) -> str:
    """The caller's number as Asterisk gives it; empty if there is none, or if it is neither a number nor a SIP user. A
    telephone number is without separators, since it is looked up by what is stored of earlier calls."""
    if not _NUMBER.fullmatch(text):
        return ""
    return bare(text) if _WITH_SEPARATORS.fullmatch(text) else known(text)


def masked(number: str) -> str:
    """A number as a telephone may show it to people to whom pages mask it: `xxx67`. (Asterisk takes dots out of a
    number, and a page takes a star for a code.)"""
    return f"xxx{number[-2:]}" if len(number) >= 7 else "xxx"


def caller_id(label: str, number: str) -> str:
    """What the agent's phone shows: the service as the name, and the caller's number, or that it is withheld. (Asterisk
    shows "asterisk" in place of a number that is empty.)"""
    shown, name = number_in(number), _LABEL.sub(" ", label)[:40]
    return f"{name} <{shown}>" if shown else f"{name}: {WITHHELD_LABEL} <{WITHHELD}>"
