"""The kinds of request. Each has a clock of its own, and some a law."""

from collections.abc import Mapping
from typing import Literal, get_args

Kind = Literal["urgent", "request", "complaint", "information", "petition", "cimer"]
KINDS: tuple[Kind, ...] = get_args(Kind)

KIND_NAMES: Mapping[Kind, tuple[str, str]] = {
    "urgent": ("acil", "urgent"),
    "request": ("talep", "request"),
    "complaint": ("şikâyet", "complaint"),
    "information": ("bilgi edinme (4982)", "freedom of information (law 4982)"),
    "petition": ("dilekçe (3071)", "petition (law 3071)"),
    "cimer": ("CİMER", "CİMER"),
}
"""Turkish and English names."""
