"""Moves a ticket from one state to another, by the table of `tickets.states` only."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tickets.changes import Changed, Rules, changed, refuse, too_long
from tickets.clock.changes import ended, reopened, resumed, stopped
from tickets.clock.deadline import Clock
from tickets.effects import (
    TELLS,
    ChildrenFollow,
    Effect,
    NoticeAbout,
    NotifyInbox,
    NotifyUnit,
    NumberChanged,
    OutcomeDue,
    OutcomeSettled,
    QuestionOver,
    RingDuty,
    StopRinging,
    TaskKind,
    TasksOver,
    TellCitizen,
)
from tickets.refusals import Refusal
from tickets.states import MOVES, OPEN, OUTCOMES, RENAMED, STATES, Move, TicketState, ways_out
from tickets.ticket import Actor, TellWay, Ticket

DAY_S = 86_400.0
_OF_EACH = ("tell_anew", "reopen", "withdraw", "lapse")
"""Beside telling and closing, what is done to a duplicate by itself."""
UNHEARD: frozenset[str | None] = frozenset({"attempts", "page"})
"""Ways of telling by which nobody is known to have heard or read an outcome."""
_OF_OUTCOMES: tuple[TaskKind, ...] = (*TELLS, "not_reached", "low_score")
"""Tasks about an outcome, which are over when a ticket is reopened or closed."""
_ABOUT: Mapping[str, NoticeAbout] = {"hand_on": "handed_on", "reopen": "reopened"}


class Wish(msgspec.Struct, frozen=True, kw_only=True):
    """A move that somebody wants. Fields that the move does not need are kept in the history.

    The citizen is told `result`, or `note` if there is no `result`. If both are given, `note` stays internal."""

    to: str
    note: str = ""
    result: str = ""
    unit: str = ""
    responsible: str = ""
    photos: int = 0
    """How many photos of the work are attached to the ticket."""
    awaits: Literal["answer", "fee"] = "answer"
    """What the citizen has to do, for `waiting_citizen`: answer or pay a fee."""
    how: TellWay | None = None
    """How the citizen was told, for `told`."""

    @property
    def words(self) -> str:
        """What the citizen is told."""
        return self.result.strip() or self.note.strip()


def is_unheard(told_how: str | None, score: int | None) -> bool:
    """Whether nobody is known to have heard or read an outcome that counts as told."""
    return told_how in UNHEARD and score is None


def move(ticket: Ticket, wish: Wish, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The ticket after a move at `at` (Unix seconds), with its row of history and the consequences; or the refusal."""
    found = _move_of(ticket, wish)
    if isinstance(found, Refusal):
        return found
    to, row = found
    refusal = (
        _not_theirs(ticket, row, to, actor)
        or _is_joined(ticket, row, actor)
        or _lacks(ticket, wish, row, rules)
        or _contradicts(ticket, wish, to, actor, at, rules)
    )
    return refusal or _moved(ticket, wish, row, to, actor, at, rules)


# --- may it be


def _move_of(ticket: Ticket, wish: Wish) -> tuple[TicketState, Move] | Refusal:
    if wish.to in RENAMED:
        return refuse("unknown", "to", wish.to, f"this state is called {RENAMED[wish.to]} now")
    to = next((state for state in STATES if state == wish.to), None)
    if to is None:
        return refuse("unknown", "to", wish.to, f"no such state; {', '.join(STATES)} are allowed")
    row = MOVES.get((ticket.state, to))
    if row is None:
        allowed = ", ".join(ways_out(ticket.state))
        return refuse("no_such_move", "to", to, f"a ticket cannot go there from {ticket.state}; allowed: {allowed}")
    return to, row


def _not_theirs(ticket: Ticket, row: Move, to: TicketState, actor: Actor) -> Refusal | None:
    if actor.role == "admin":
        return None
    if actor.role not in row.who:
        allowed = ", ".join((*row.who, "admin"))
        return refuse("not_your_role", "to", to, f"{row.name} is not for the role {actor.role}; allowed: {allowed}")
    if actor.role == "unit" and actor.unit != ticket.unit:
        return refuse("not_your_unit", "to", to, f"the ticket is with {ticket.unit or 'no unit'}, not {actor.unit}")
    return None


def _is_joined(ticket: Ticket, row: Move, actor: Actor) -> Refusal | None:
    """Refuse to work on a duplicate: it gets the outcome of its parent, and is told and closed."""
    if ticket.parent is None or actor.role == "parent" or row.name in ("tell", "close", *_OF_EACH):
        return None
    return refuse(
        "follows_parent",
        "parent",
        ticket.parent,
        "the ticket gets the outcome of this one; move that one, or part them",
    )


def _lacks(ticket: Ticket, wish: Wish, row: Move, rules: Rules) -> Refusal | None:
    """The refusal if something is missing that the move needs."""
    for need in row.needs:
        if need == "words" and not wish.words:
            return refuse("missing", "result", None, f"{row.name} needs words: what the citizen is told")
        if need == "reason" and not wish.note.strip():
            return refuse("missing", "note", None, f"{row.name} needs a reason")
        if need == "unit" and not wish.unit:
            return refuse("missing", "unit", None, f"{row.name} needs a unit; allowed: {_units(rules)}")
        if need == "responsible" and not wish.responsible.strip():
            return refuse("missing", "responsible", None, f"{row.name} needs the body that is responsible")
        if need == "photo" and not wish.photos and _wants_photo(ticket, rules):
            return refuse("missing", "photo", None, f"topic {ticket.topic} needs a photo of the work; attach it first")
    if row.name == "reopen" and not wish.unit and ticket.unit not in rules.town.units:
        return refuse("missing", "unit", None, f"no unit of today has had this ticket; allowed: {_units(rules)}")
    return None


def _contradicts(ticket: Ticket, wish: Wish, to: TicketState, actor: Actor, at: float, rules: Rules) -> Refusal | None:
    """The refusal if something comes with the move that contradicts it."""
    if actor.role == "parent":
        return None
    if wish.unit and wish.unit not in rules.town.units:
        return refuse("unknown", "unit", wish.unit, f"no such unit; allowed: {_units(rules)}")
    if ticket.state != "new" and to == "assigned" and ticket.state in OPEN and wish.unit == ticket.unit:
        return refuse("already_done", "unit", wish.unit, "the ticket is with this unit already")
    if wish.responsible in rules.town.units:
        return refuse(
            "not_allowed", "responsible", wish.responsible, "is a unit of the town: hand the ticket on to it instead"
        )
    if ticket.state == "closed" and ticket.closed_at is not None:
        until = ticket.closed_at + rules.reopen_days * DAY_S
        if at > until:
            allowed = f"it was closed more than {rules.reopen_days} days ago; open a follow-up of {ticket.number}"
            return refuse("too_late", "to", to, allowed)
    is_untold = to == ticket.outcome and is_unheard(ticket.told_how, ticket.score)
    if ticket.state == "told" and to in OUTCOMES and not is_untold:
        return refuse("no_such_move", "to", to, "only the outcome that nobody has heard or read is told anew")
    if to == "closed" and actor.role == "system" and ticket.score is not None and ticket.score <= 2:
        return refuse("not_your_role", "to", to, f"the citizen gave {ticket.score}: a person decides")
    return too_long("note", wish.note) or too_long("result", wish.result)


def _units(rules: Rules) -> str:
    return ", ".join(rules.town.units)


def _wants_photo(ticket: Ticket, rules: Rules) -> bool:
    topic = rules.town.topics.get(ticket.topic or "")
    return topic is not None and topic.photo


# --- what it changes


def _moved(ticket: Ticket, wish: Wish, row: Move, to: TicketState, actor: Actor, at: float, rules: Rules) -> Changed:
    at = max(at, ticket.updated_at)
    values: dict[str, Any] = {"state": to, "clock": _clock(ticket, wish, row, to, at, rules)}
    words = wish.words if "words" in row.needs else ""
    detail: dict[str, Any] = {}
    if words:
        values["words"] = words
    if wish.responsible.strip() and to in ("not_ours", "waiting_outside"):
        values["responsible"] = wish.responsible.strip()
    elif ticket.state == "waiting_outside":
        values["responsible"] = None
    if to == "assigned":
        values |= {"unit": wish.unit or ticket.unit, "accepted_at": None}
    elif to == "new":
        values |= {"unit": None, "accepted_at": None}
        detail["returned_by"] = ticket.unit
    elif ticket.state == "assigned" and to != "closed" and actor.role != "parent":
        values["accepted_at"] = at
    if row.name == "tell_anew":
        values |= {"told_at": None, "told_how": None}
    elif to in OUTCOMES:
        values |= {
            "outcome": to,
            "outcome_at": at,
            "outcomes": ticket.outcomes + 1,
            **_first_outcome(ticket, at, rules),
        }
        if actor.role == "parent":
            values["unit"] = wish.unit or ticket.unit
    if row.name == "reopen":
        values |= _reopened(ticket)
    if to == "told":
        values |= {"told_at": at, "told_how": wish.how or ("automatic" if actor.role == "system" else "call")}
        detail["how"] = values["told_how"]
        detail["outcome"] = ticket.outcomes
        if ticket.resolved_in_time is None:
            values["resolved_in_time"] = _in_time(ticket, at)
    if to == "closed":
        values["closed_at"] = at
    note = wish.note.strip() if wish.note.strip() != words else ""
    follows = _follows(ticket, wish, row, to, actor, values, presses=rules.presses(ticket))
    return changed(ticket, actor, at, rules, row.name, values, note=note, words=words, follows=follows, detail=detail)


def _first_outcome(ticket: Ticket, at: float, rules: Rules) -> dict[str, Any]:
    """Record the first outcome, once; later moves never change it. If its limit ends when the citizen is told, the
    telling says whether it was in time."""
    if ticket.resolved_at is not None:
        return {}
    return {"resolved_at": at, "resolved_in_time": None if _ends_told(ticket, rules) else _in_time(ticket, at)}


def _in_time(ticket: Ticket, at: float) -> bool:
    return ticket.due_at is None or at <= ticket.due_at


def _ends_told(ticket: Ticket, rules: Rules) -> bool:
    return rules.clock_rule(ticket).ends == "told"


def _reopened(ticket: Ticket) -> dict[str, Any]:
    """Reopen a ticket; a reopened duplicate becomes a separate ticket."""
    return {
        "reopened": ticket.reopened + 1,
        "outcome": None,
        "outcome_at": None,
        "words": "",
        "responsible": None,
        "told_at": None,
        "told_how": None,
        "closed_at": None,
        "score": None,
        "remark": "",
        "parent": None,
    }


def _clock(ticket: Ticket, wish: Wish, row: Move, to: TicketState, at: float, rules: Rules) -> Clock:
    """The clock after the move. It stops while the citizen has to answer or pay, and ends by its rule. If the citizen
    knew the outcome, reopening starts it anew; else it runs on, without the time in which the ticket was closed."""
    clock = ticket.clock
    if row.name == "reopen":
        if ticket.told_at is not None:
            return Clock(rule=clock.rule, started_at=at)
        return reopened(clock, ticket.closed_at, at)
    if to == "waiting_citizen":
        why: Literal["citizen", "fee"] = "fee" if wish.awaits == "fee" else "citizen"
        return stopped(clock, rules.clock_rule(ticket), at, why)
    if ticket.state == "waiting_citizen":
        clock = resumed(clock, at)
    if to == "closed" or (to == "told" if _ends_told(ticket, rules) else to in OUTCOMES):
        return ended(clock, at)
    return clock


def _follows(
    ticket: Ticket, wish: Wish, row: Move, to: TicketState, actor: Actor, values: dict[str, Any], *, presses: bool
) -> tuple[Effect, ...]:
    number = ticket.number
    effects: list[Effect] = []
    if to == "assigned":
        effects.append(NotifyUnit(number=number, unit=values["unit"], about=_ABOUT.get(row.name, "assigned")))
        if presses:
            effects.append(RingDuty(number=number, unit=values["unit"], by=actor.who))
    elif to == "new":
        effects.append(NotifyInbox(number=number, about="returned"))
    elif to == "waiting_citizen":
        effects.append(TellCitizen(number=number, about="question", words=wish.words))
    elif row.name == "resume" and actor.role != "unit" and ticket.unit:
        effects.append(NotifyUnit(number=number, unit=ticket.unit, about="answered"))
    elif row.name == "tell_anew":
        effects.append(NumberChanged(number=number, outcome=ticket.outcomes, by=actor.who))
    elif to in OUTCOMES:
        effects.append(OutcomeDue(number=number, outcome=ticket.outcomes + 1))
    if to == "told" or (row.name == "reopen" and ticket.state in OUTCOMES):
        effects.append(OutcomeSettled(number=number, outcome=ticket.outcomes, by=actor.who))
    if row.name in ("reopen", "close"):
        effects.append(TasksOver(number=number, kinds=_OF_OUTCOMES, by=actor.who))
    if ticket.state == "assigned" and (to != "assigned" or not presses):
        taken = to not in ("new", "closed", "assigned")
        effects.append(StopRinging(number=number, by=actor.who, taken=taken, rings=presses))
    if ticket.state == "waiting_citizen" or (ticket.state in OPEN and to not in OPEN):
        effects.append(QuestionOver(number=number, words=ticket.words if to in OPEN else None, by=actor.who))
    if row.name != "tell_anew" and (to in OUTCOMES or row.name in _OF_EACH):
        effects.append(ChildrenFollow(number=number))
    return tuple(effects)
