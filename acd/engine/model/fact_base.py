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
    "message_left",
    "called_back",
    "callback_failed",
    "callback_cancelled",
]
"""How a call ended. `abandoned`: hung up while waiting or ringing. `timed_out`: waited longer than its service allows.
`closed`: came when its service was. `no_agents`: nobody was on duty who could have taken it.
`line_full`: came when only the places for emergencies were left, and did not say that it is urgent.
`message_left`: left a message, since no agent was free.
`called_back`: reached by a callback and talked to; `callback_failed`: never reached. If a channel ended while no engine
ran, `hangup_by` is `unknown`."""
CallbackReason = Literal["asked", "abandoned", "outcome", "task"]
"""Why somebody is called: they asked for it, hung up an urgent call while waiting, are told an outcome, or an agent
rings them about a task."""
TaskCallRefusal = Literal[
    "off",
    "too_late",
    "under_way",
    "no_agent",
    "offline",
    "phone",
    "busy",
    "no_number",
    "denied",
    "pending",
    "not_connected",
    "stopping",
]
"""Why an agent does not ring a citizen about a task. `off`: no trunk for callbacks. `too_late`: the wish came too late.
`under_way`: somebody rings them about this task already. `no_agent`: there is no such agent. `offline`: the agent is
not signed in. `phone`: the agent's phone is not there. `busy`: it rings or is in a call. `no_number`: no number that
can be dialled. `denied`: a range that is never called. `pending`: a call of that number is up or due already.
`not_connected`: Asterisk is away. `stopping`: the whole system stops."""
OutcomeRefusal = Literal["off", "no_number", "denied", "pending", "too_old", "hours", "stopping", "full"]
"""Why an outcome is not told by telephone now: no trunk for callbacks; no number that can be dialled; a range that is
never called; a call of that number is up or due already; the wish is older than the line's memory, or its hours are
over; the whole system stops; only the places for emergencies are left for an automatic call."""
OutcomeResult = Literal[
    "told",
    "told_shortly",
    "told_in_part",
    "no_answer",
    "busy",
    "unreachable",
    "voicemail",
    "not_there",
    "wrong_number",
    "failed",
    "no_calls",
]
"""What came of an automatic call. `told`: the words were said to their end. `told_shortly`: only that there is an
outcome, since the unit's words could not be spoken. `told_in_part`: the call ended after the words began.
`voicemail`: a machine, or nobody who pressed a key. `not_there`: the citizen hung up before the words. `failed`: the
line's fault."""
CallbackRefusal = Literal["off", "no_number", "denied", "pending", "per_number", "per_hour"]
"""Why a callback is refused: callbacks are off; no number that can be dialled; a range that is never called; another
callback to the number; too many callbacks of the number; too many of all."""
RepeatWhy = Literal["", "at_once", "per_hour", "withheld"]
"""Why an urgent call comes after first-time callers: its number has another one up, or too many within the hour, or
there were too many without a number. Empty: it does not."""
FirstWhy = Literal["vulnerable", "called_again", "cut_off", "promised", "other"]
"""Why the shift lead puts a caller first: a child, an old or a disabled person; they call about the same once more; the
line or an agent lost them; somebody promised it. Words of a list, since a free text would hold personal data that no
erasure finds."""
SurgeEndedWhy = Literal["withdrawn", "replaced", "expired"]
OverflowWhy = Literal["max_wait", "max_waiting", "closed", "join_empty", "leave_empty"]
PreferenceEndedWhy = Literal["time", "off_duty", "passed", "moved", "urgent", "first"]
TalkHow = Literal["answered", "blind", "attended", "reload"]
"""How an agent got a caller: from the queue; by a blind transfer and a new offer; by an attended transfer; or
again, since their page had gone in the talk."""
TransferTo = Literal["service", "agent", "talk", "ringing", "queue"]
"""The target of a transfer: a service's queue; an agent, who gets an offer; an agent who talks to the caller from now
on, or whose phone rings; or an unknown target, and so back to the queue."""
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
    "empty_chair",
]
"""`forwarded`: the agent's phone named another address (SIP 3xx), where nobody is rung.
`unreached`: the agent picked up, but the caller who was called back did not.
`exchanged`: during the ring the caller gave a kind that this agent does not take, and another one who does could be
rung. `withdrawn`: the agent paused or signed out while their phone rang. `no_leg`: Asterisk could not create the leg,
for example without a free RTP port; the phone was never asked. `engaged`: Asterisk's own queue rang the agent at that
moment, or had them in a talk; the phone was not asked. `empty_chair`: the phone answered by itself, and nobody spoke or
pressed a key."""
ChosenBy = Literal[
    "own",
    "sent",
    "page_back",
    "handed_back",
    "ringing",
    "wrapup",
    "backup",
    "freed",
    "not_held",
    "preferred",
    "only",
    "longest_idle",
    "least_calls",
    "quickest",
    "linear",
    "quick",
]
"""Why this agent was offered a caller. `own`: they ring the citizen themselves. `sent`: another agent sent the caller
to them. `page_back`: the caller was kept for them while their page was away. `handed_back`: they had handed the caller
over to an outside telephone. `ringing`, `wrapup`: nobody was idle for an urgent caller, and they were taken from the
ring of a routine call or from after-call work. `backup`: of the backup tier. `freed`: they became free by this event,
and this caller was their next. `not_held`: they were held back for urgent callers until another agent became idle.
`preferred`: the caller's preferred agent, who is idle. `only`: the only idle agent who could have had the caller.
`longest_idle` to `linear`: the first of several by this strategy. `quick`: the one idle longest of those who pick up
soonest."""
LineFaultWhy = Literal["no_leg", "set_aside"]
AgentState = Literal["offline", "ready", "paused", "ringing", "talking", "wrapup", "busy", "unavailable"]
"""The shown state. `busy`: in a call of their own. `unavailable`: signed in, but the phone is not there."""


# gc: none of them contains another one, so the collector need not search the many that exist.
class Fact(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type", omit_defaults=True):
    """Base of all facts."""

    at: float
