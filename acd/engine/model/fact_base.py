"""What a fact is, and the words that facts use: outcomes, results and reasons."""

from typing import Literal

import msgspec

Outcome = Literal[
    "answered",
    "abandoned",
    "abandoned_in_menu",
    "self_served",
    "timed_out",
    "rejected",
    "closed",
    "no_agents",
    "line_full",
    "called_back",
    "callback_failed",
    "callback_cancelled",
]
"""How a call ended. `abandoned`: hung up while waiting or ringing. `timed_out`: waited longer than its service allows.
`closed`: came when its service was. `no_agents`: nobody was on duty who could have taken it.
`line_full`: came when only the places for emergencies were left, and did not say that it is urgent.
`called_back`: reached and talked to, after hanging up by wish or while waiting; `callback_failed`: never reached.
Where a channel vanished while no engine looked, `hangup_by` is `unknown`."""
CallbackReason = Literal["asked", "abandoned", "outcome"]
"""Why somebody is called: they asked for it, hung up an urgent call while waiting, or are told an outcome."""
OutcomeRefusal = Literal["off", "no_number", "denied", "pending", "too_old", "hours", "stopping"]
"""Why an outcome is not told by telephone now: no trunk for callbacks; no number that can be dialled; a range that is
never called; a call of that number is up or due already; the wish is older than what the line remembers, or its
hours are over; everything is being stopped."""
CallbackRefusal = Literal["off", "no_number", "denied", "pending", "per_number", "per_hour"]
"""Why a caller is not called back: nobody is; no number that can be dialled; a range that is never called; another
callback to the number; too many callbacks of the number; too many of all."""
RepeatWhy = Literal["", "at_once", "per_hour", "withheld"]
"""Why an urgent call comes after those of first-time callers: another one of its number is up, or there were as many as
count within the hour, of its number or without a number. Empty: it does not."""
SurgeEndedWhy = Literal["withdrawn", "replaced", "expired"]
OverflowWhy = Literal["max_wait", "max_waiting", "closed", "join_empty", "leave_empty"]
PreferenceEndedWhy = Literal["time", "off_duty", "passed", "moved", "urgent"]
TalkHow = Literal["answered", "blind", "attended"]
"""How an agent came to a caller: out of the queue; sent on by another agent and offered anew; or told of them first."""
TransferTo = Literal["service", "agent", "talk", "ringing", "queue"]
"""Where a caller was sent: to a service's queue; to an agent, who is offered them; to an agent who talks to them from
now, or whose phone rings for them; or nowhere we know, and so back to the queue."""
OfferResult = Literal[
    "answered",
    "no_answer",
    "busy",
    "declined",
    "forwarded",
    "unreachable",
    "caller_gone",
    "recalled",
    "exchanged",
    "lost",
    "unreached",
    "withdrawn",
    "no_leg",
    "engaged",
]
"""`forwarded`: the agent's phone named another address (SIP 3xx), where nobody is rung.
`unreached`: the agent picked up, but the caller who was called back did not.
`exchanged`: the caller said while it rang what it is about, and the agent does not take that; another one does.
`withdrawn`: the agent paused or signed out while their phone rang.
`no_leg`: Asterisk could not make the leg, for want of an RTP port, say; the phone was never asked.
`engaged`: Asterisk's own queue rang the agent at that moment, or had them in a talk; the phone was not asked."""
LineFaultWhy = Literal["no_leg", "set_aside"]
AgentState = Literal["offline", "ready", "paused", "ringing", "talking", "wrapup", "busy", "unavailable"]
"""What people see. `busy`: on a call of their own. `unavailable`: signed in, but the phone is not there."""


# gc: none holds another of its kind, so the collector has nothing to look for in the many there are.
class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", omit_defaults=True):
    """Base of all facts."""

    at: float
