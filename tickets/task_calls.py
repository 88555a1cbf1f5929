"""May the citizen of a task be called by whoever works on it, and what comes of such a call. Pure."""

from datetime import datetime, tzinfo
from typing import Literal

import msgspec

from tickets.clock.calendar import Calendar
from tickets.outcome.hours import Hours, Reason, next_allowed
from tickets.ticket import Contact

TaskCallResult = Literal["ringing", "talking", "reached", "no_answer", "busy", "unreachable", "unknown", "not_made"]
"""What came of a call, or comes of it now. `not_made`: the citizen's telephone was not rung, since the agent did not
pick up or the call was called off. `unknown`: nothing was heard of the citizen's telephone."""
Against = Literal["no_number", "no_calls", "wrong_number", "often"] | Reason
"""Why a citizen is not called. `no_number`: the request has none, or it was erased. `no_calls`: they want no calls
about this request. `wrong_number`: the number was found to be another person's. `often`: their telephone has rung about
tasks as often as it may within a day. The others: citizens are not called now."""
DAY_S = 86_400.0


class ToCall(msgspec.Struct, frozen=True, kw_only=True):
    """The citizen of a task's request, as whoever calls them must know them."""

    task: int
    number: str
    """The request's."""
    caller: str
    is_wrong: bool
    """Whether somebody has said in a call that the number is another person's."""
    contact: Contact
    language: str
    service: str
    is_urgent: bool
    rung_at: tuple[float, ...] = ()
    """When their telephone was called about any task within the last day, oldest first (Unix seconds)."""


class NotNow(msgspec.Struct, frozen=True, kw_only=True):
    """Why a citizen is not called, and from when on they are; None: not known."""

    why: Against
    until: datetime | None = None


def against(citizen: ToCall, at: float, hours: Hours, calendar: Calendar, zone: tzinfo, most: int = 0) -> NotNow | None:
    """What is against a call at `at` (Unix seconds). A number is called at most `most` times within a day; 0: as often
    as people press. An urgent request knows neither hours nor this limit."""
    if not citizen.caller:
        return NotNow(why="no_number")
    if citizen.contact != "call":
        return NotNow(why="no_calls")
    if citizen.is_wrong:
        return NotNow(why="wrong_number")
    if citizen.is_urgent:
        return None
    again_at = at
    if most and len(citizen.rung_at) >= most:
        again_at = max(at, citizen.rung_at[-most] + DAY_S)
    allowed = next_allowed(again_at, hours, calendar, zone)
    if allowed is None:
        return NotNow(why="hours")
    moment, why = allowed
    if moment <= at:
        return None
    return NotNow(why="often" if again_at > at else why or "hours", until=datetime.fromtimestamp(moment, zone))
