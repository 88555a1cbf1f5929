"""Numbers that come from outside, and what an agent's phone shows."""

import re
from typing import Final

_NUMBER: Final = re.compile(r"[0-9A-Za-z+*#._-]{1,64}")
_LABEL: Final = re.compile(r"[^\w .:!+-]")


def number_in(text: str) -> str:
    """A number as the trunk gave it; refused (empty) if it holds anything that no number or SIP user has."""
    return text if text != "unknown" and _NUMBER.fullmatch(text) else ""


def caller_id(label: str, number: str) -> str:
    """What the agent's phone shows: the service as the name, and the caller's number."""
    return f"{_LABEL.sub(' ', label)[:40]} <{number_in(number)}>"
