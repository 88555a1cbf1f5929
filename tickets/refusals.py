"""A wish that cannot be granted, as a value. It names the key, the value and what is allowed."""

from typing import Literal

import msgspec

RefusalCode = Literal[
    "no_such_move",
    "not_your_role",
    "not_your_unit",
    "missing",
    "unknown",
    "not_allowed",
    "too_late",
    "too_many",
    "already_done",
    "follows_parent",
    "other_place",
    "stale",
]


class Refusal(msgspec.Struct, frozen=True, kw_only=True):
    """Why a wish is not granted. Nothing has changed."""

    code: RefusalCode
    key: str
    """The field of the wish that is wrong, such as `to`."""
    value: str
    """Its value; empty if it was missing."""
    allowed: str
    """What is wrong with it and what is allowed, as a clause: `must be …`."""

    def __str__(self) -> str:
        return f"{self.key} = {self.value}: {self.allowed}" if self.value else f"{self.key}: {self.allowed}"
