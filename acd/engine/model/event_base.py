"""The base of all events, and the words that several of them use."""

from typing import Literal

import msgspec

DialStatus = Literal["ANSWER", "BUSY", "NOANSWER", "CANCEL", "CONGESTION", "CHANUNAVAIL", ""]


Party = Literal["caller", "agent", "system", "unknown"]


AgentWish = Literal["ready", "paused", "offline"]


DeviceState = Literal["available", "unavailable"]


# gc: none holds another of its kind, so the collector has nothing to look for in the many there are.
class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", omit_defaults=True):
    """Base of all events. `cause` is the id of the command this is the outcome of, if any."""

    at: float
    cause: str = ""
    late_s: float = 0.0
    """How long before `at` it happened, where we were told of it late: `at` never runs backwards."""
