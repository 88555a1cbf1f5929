"""The states of a ticket and the one table of moves between them.

`docs/states.md` is drawn from this module. `tickets.moves` applies the table; nothing else changes a ticket's state."""

from collections.abc import Mapping
from typing import Literal, get_args

import msgspec

TicketState = Literal[
    "new",
    "assigned",
    "accepted",
    "in_progress",
    "waiting_citizen",
    "waiting_outside",
    "resolved",
    "refused",
    "not_ours",
    "told",
    "closed",
]

STATES: Mapping[TicketState, str] = {
    "new": "Opened; nobody has it yet.",
    "assigned": "Given to a unit that has not accepted it yet.",
    "accepted": "The unit has accepted it and has not begun.",
    "in_progress": "The unit works on it.",
    "waiting_citizen": "The citizen has to answer or to pay; the clock is stopped.",
    "waiting_outside": "An outside body has to do its part; the clock runs on.",
    "resolved": "The unit has done it and says what; the citizen does not know yet.",
    "refused": "It will not be done, for a stated reason; the citizen does not know yet.",
    "not_ours": "Another body is responsible and is named; the citizen does not know yet.",
    "told": "The citizen knows the outcome, or every way to tell them has been tried.",
    "closed": "The citizen is satisfied or did not answer, or a person has decided.",
}

RENAMED: Mapping[str, TicketState] = {"waiting": "waiting_citizen", "rejected": "refused"}
"""States of earlier versions, with their present names. A file that still uses the old name is refused with the new."""

Outcome = Literal["resolved", "refused", "not_ours"]
OUTCOMES: frozenset[TicketState] = frozenset(get_args(Outcome))
"""The unit has finished, positively or negatively. The citizen has yet to be told."""
OPEN: frozenset[TicketState] = frozenset(
    {"new", "assigned", "accepted", "in_progress", "waiting_citizen", "waiting_outside"}
)
"""The outcome is still to come."""
FINAL: frozenset[TicketState] = frozenset({"closed"})
"""Nobody works on it any more."""

Role = Literal["agent", "unit", "lead", "inbox", "admin", "system", "parent"]
"""The author of a move. `system` is the program by a rule; `parent` is the outcome of a duplicate's parent
ticket. The machine's own token has the role `admin`."""
ROLES: tuple[Role, ...] = get_args(Role)

Need = Literal["words", "reason", "unit", "responsible", "photo"]
"""What must come with a move. `words`: what the citizen is told. `reason`: why, for the history. `responsible`: the
body that is responsible. `photo`: a photo of the work, if the ticket's topic asks for one."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One way from a state to another. The role `admin` may make every move and is not listed in `who`."""

    name: str
    why: str
    who: tuple[Role, ...]
    needs: tuple[Need, ...] = ()


_DESK: tuple[Role, ...] = ("agent", "lead", "inbox")
_UNIT: tuple[Role, ...] = ("unit", "lead")
_DECIDES: tuple[Role, ...] = ("lead", "inbox")

_HAND_ON = Move(name="hand_on", why="another unit must do it", who=(*_UNIT, "inbox"), needs=("unit", "reason"))
_SORT_AGAIN = msgspec.structs.replace(_HAND_ON, who=(*_HAND_ON.who, "system"))
"""By a rule too, while no unit has accepted it: its topic or place was put right."""
_RETURN = Move(name="return", why="given to the wrong unit; sorted again by a person", who=_UNIT, needs=("reason",))
_RESOLVE = Move(name="resolve", why="done; says what was done", who=(*_UNIT, "parent"), needs=("words", "photo"))
_REFUSE = Move(name="refuse", why="it cannot or will not be done", who=(*_UNIT, "parent"), needs=("words",))
_NOT_OURS = Move(
    name="not_ours", why="another body is responsible", who=(*_UNIT, "parent"), needs=("words", "responsible")
)
_ASK = Move(name="ask", why="the citizen was asked for something", who=_UNIT, needs=("words",))
_WITHDRAW = Move(name="withdraw", why="taken back, or opened by mistake", who=_DECIDES, needs=("reason",))
_RESUME = Move(name="resume", why="the citizen answered or paid", who=("unit", *_DESK, "system"))
_TELL = Move(name="tell", why="the citizen has heard or read it, or the attempts are used up", who=(*_DESK, "system"))
_TELL_ANEW = Move(name="tell_anew", why="nobody has heard it, and the citizen can be told after all", who=("system",))
_REOPEN = Move(name="reopen", why="a person decided that it is not done", who=_DECIDES, needs=("reason",))

MOVES: Mapping[tuple[TicketState, TicketState], Move] = {
    ("new", "assigned"): Move(name="assign", why="given to a unit", who=(*_DESK, "system"), needs=("unit",)),
    ("new", "resolved"): Move(
        name="answer", why="dealt with in the call itself", who=(*_DESK, "parent"), needs=("words", "photo")
    ),
    ("new", "refused"): Move(
        name="refuse", why="it cannot or will not be done", who=(*_DECIDES, "parent"), needs=("words",)
    ),
    ("new", "not_ours"): Move(
        name="not_ours", why="another body is responsible", who=(*_DESK, "parent"), needs=("words", "responsible")
    ),
    ("new", "closed"): _WITHDRAW,
    ("assigned", "assigned"): _SORT_AGAIN,
    ("assigned", "accepted"): Move(name="accept", why="the unit takes it on", who=(*_UNIT, "system")),
    ("assigned", "in_progress"): Move(name="begin", why="the unit takes it on and begins", who=_UNIT),
    ("assigned", "new"): _RETURN,
    ("assigned", "waiting_citizen"): _ASK,
    ("assigned", "resolved"): _RESOLVE,
    ("assigned", "refused"): _REFUSE,
    ("assigned", "not_ours"): _NOT_OURS,
    ("assigned", "closed"): _WITHDRAW,
    ("accepted", "in_progress"): Move(name="begin", why="the unit begins", who=_UNIT),
    ("accepted", "assigned"): _HAND_ON,
    ("accepted", "new"): _RETURN,
    ("accepted", "waiting_citizen"): _ASK,
    ("accepted", "waiting_outside"): Move(
        name="wait_outside", why="an outside body has to do its part", who=_UNIT, needs=("responsible",)
    ),
    ("accepted", "resolved"): _RESOLVE,
    ("accepted", "refused"): _REFUSE,
    ("accepted", "not_ours"): _NOT_OURS,
    ("accepted", "closed"): _WITHDRAW,
    ("in_progress", "assigned"): _HAND_ON,
    ("in_progress", "new"): _RETURN,
    ("in_progress", "waiting_citizen"): _ASK,
    ("in_progress", "waiting_outside"): Move(
        name="wait_outside", why="an outside body has to do its part", who=_UNIT, needs=("responsible",)
    ),
    ("in_progress", "resolved"): _RESOLVE,
    ("in_progress", "refused"): _REFUSE,
    ("in_progress", "not_ours"): _NOT_OURS,
    ("in_progress", "closed"): _WITHDRAW,
    ("waiting_citizen", "in_progress"): _RESUME,
    ("waiting_citizen", "resolved"): _RESOLVE,
    ("waiting_citizen", "refused"): _REFUSE,
    ("waiting_citizen", "not_ours"): _NOT_OURS,
    ("waiting_citizen", "closed"): Move(
        name="lapse", why="taken back, or not answered or paid in time", who=(*_DECIDES, "system"), needs=("reason",)
    ),
    ("waiting_outside", "in_progress"): Move(
        name="resume", why="the outside body has answered", who=("unit", *_DECIDES)
    ),
    ("waiting_outside", "assigned"): _HAND_ON,
    ("waiting_outside", "resolved"): _RESOLVE,
    ("waiting_outside", "refused"): _REFUSE,
    ("waiting_outside", "not_ours"): _NOT_OURS,
    ("waiting_outside", "closed"): _WITHDRAW,
    ("resolved", "told"): _TELL,
    ("resolved", "assigned"): _REOPEN,
    ("refused", "told"): _TELL,
    ("refused", "assigned"): _REOPEN,
    ("not_ours", "told"): _TELL,
    ("not_ours", "assigned"): _REOPEN,
    ("told", "closed"): Move(
        name="close", why="the citizen is satisfied or did not answer, or a person decided", who=(*_DECIDES, "system")
    ),
    ("told", "resolved"): _TELL_ANEW,
    ("told", "refused"): _TELL_ANEW,
    ("told", "not_ours"): _TELL_ANEW,
    ("told", "assigned"): _REOPEN,
    ("closed", "assigned"): _REOPEN,
}
"""Every move there is, by its two ends. A reopened ticket goes to a unit, never to a pile that nobody looks at."""


def ways_out(state: TicketState) -> tuple[TicketState, ...]:
    """The states that can follow a state, in the order of the table."""
    return tuple(after for before, after in MOVES if before == state)
