"""Which states a ticket has and how it moves from one to the next. Nothing moves but by this table."""

from collections.abc import Mapping
from typing import Literal

import msgspec

TicketState = Literal["new", "assigned", "in_progress", "waiting", "resolved", "closed", "rejected"]

STATES: Mapping[TicketState, str] = {
    "new": "Opened; nobody has it yet.",
    "assigned": "A unit has it and has not begun.",
    "in_progress": "Someone works on it.",
    "waiting": "Something is needed from the citizen; our clock stands still.",
    "resolved": "The unit says that it is done and what was done; the citizen has not yet agreed.",
    "closed": "Done: the citizen agreed, or did not object in time.",
    "rejected": "Not ours or not possible; says why, and who is responsible.",
}

FINAL: frozenset[TicketState] = frozenset({"closed", "rejected"})
"""Nobody is at work on it."""


class Move(msgspec.Struct, frozen=True, kw_only=True):
    """One way out of a state. `needs_note`: words for the citizen must come with it."""

    name: str
    why: str
    needs_note: bool = False


MOVES: Mapping[tuple[TicketState, TicketState], Move] = {
    ("new", "assigned"): Move(name="assign", why="given to a unit"),
    ("new", "in_progress"): Move(name="begin", why="whoever took the call deals with it themselves"),
    ("new", "closed"): Move(name="close", why="dealt with in the call itself"),
    ("new", "rejected"): Move(name="reject", why="not ours, or not possible", needs_note=True),
    ("assigned", "in_progress"): Move(name="begin", why="the unit began"),
    ("assigned", "new"): Move(name="return", why="sent to the wrong unit", needs_note=True),
    ("assigned", "rejected"): Move(name="reject", why="not ours, or not possible", needs_note=True),
    ("in_progress", "waiting"): Move(name="ask", why="the citizen was asked for something", needs_note=True),
    ("waiting", "in_progress"): Move(name="resume", why="the citizen answered, or the time to do so is over"),
    ("in_progress", "assigned"): Move(name="pass_on", why="another unit must go on"),
    ("in_progress", "resolved"): Move(name="resolve", why="done; says what was done", needs_note=True),
    ("in_progress", "rejected"): Move(name="reject", why="not possible after all", needs_note=True),
    ("resolved", "closed"): Move(name="close", why="the citizen agreed, or did not object in time"),
    ("resolved", "assigned"): Move(name="reopen", why="the citizen says that it is not done", needs_note=True),
    ("closed", "assigned"): Move(name="reopen", why="it came back; the unit is told again", needs_note=True),
    ("rejected", "assigned"): Move(name="reopen", why="an objection was upheld", needs_note=True),
}
"""Every move there is, by its two ends. Reopening always goes to a unit, never back to a pile that nobody looks at."""


class IllegalMove(ValueError):
    """The table has no such move, or what must come with it is missing. The text says what is allowed."""


def move(state: TicketState, to: TicketState, note: str = "") -> Move:
    """The move from one state to another. Raises `IllegalMove`."""
    found = MOVES.get((state, to))
    if found is None:
        allowed = ", ".join(sorted(after for before, after in MOVES if before == state))
        raise IllegalMove(f"a ticket cannot go from {state} to {to}; allowed: {allowed}")
    if found.needs_note and not note.strip():
        raise IllegalMove(f"{found.name} ({state} to {to}) needs a note: what the citizen is to be told")
    return found
