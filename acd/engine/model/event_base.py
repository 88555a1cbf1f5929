"""The base of all events, and the words that several of them use."""

from typing import Literal

import msgspec

DialStatus = Literal["ANSWER", "BUSY", "NOANSWER", "CANCEL", "CONGESTION", "CHANUNAVAIL", ""]


Party = Literal["caller", "agent", "system", "unknown"]


AgentWish = Literal["ready", "paused", "offline"]


DeviceState = Literal["available", "unavailable"]


# gc: none of them contains another one, so the collector need not search the many that exist.
class Event(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", omit_defaults=True):
    """Base of all events. `cause` is the id of the command whose result this is, if any."""

    at: float
    cause: str = ""
    late_s: float = 0.0
    """Seconds by which it happened before `at`, if it was reported late: `at` never runs backwards."""
