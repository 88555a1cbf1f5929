"""The citizen's score, extensions, and changes of a ticket by time alone."""

from tickets.changes import Changed, Rules, changed, refuse, too_long
from tickets.clock.changes import asked_anew, extended
from tickets.clock.deadline import answer_by
from tickets.effects import Effect, NotifyUnit, OpenTask, TasksOver, TellCitizen
from tickets.moves import DAY_S, Wish, is_unheard, move
from tickets.refusals import Refusal
from tickets.states import Role
from tickets.ticket import SYSTEM, Actor, Ticket

_MAY_SCORE: tuple[Role, ...] = ("agent", "lead", "inbox", "admin", "system")
"""Roles that may enter a score. A unit may not, since it did the work."""
LOWEST, HIGHEST = 1, 5
LOW = 2
"""A score up to this opens a task: a person decides whether the ticket goes back to the unit."""


def score(
    ticket: Ticket, value: int, actor: Actor, at: float, rules: Rules, *, remark: str = "", outcome: int | None = None
) -> Changed | Refusal:
    """The ticket with the citizen's score of its outcome. A bad one never moves it; after a good one the caller must
    close it by `close_by_score`.

    `outcome` is the number of the outcome that was told; a score of an earlier one is refused."""
    if actor.role not in _MAY_SCORE:
        return refuse("not_your_role", "score", value, f"{', '.join(_MAY_SCORE)} pass on what the citizen says")
    if not LOWEST <= value <= HIGHEST:
        return refuse("not_allowed", "score", value, f"{LOWEST} to {HIGHEST} is allowed")
    if ticket.state not in ("told", "closed"):
        return refuse("no_such_move", "score", value, f"a ticket that is {ticket.state} has been told no outcome yet")
    if outcome is not None and outcome != ticket.outcomes:
        return refuse("stale", "score", value, "it is about an earlier outcome; the ticket was reopened since")
    if ticket.score is not None:
        return refuse("already_done", "score", value, f"this outcome has the score {ticket.score} already")
    long = too_long("remark", remark)
    if long is not None:
        return long
    follows: tuple[Effect, ...] = ()
    if is_unheard(ticket.told_how, ticket.score):  # somebody has reached them
        follows = (TasksOver(number=ticket.number, kinds=("not_reached",), by=actor.who),)
    if value <= LOW:
        follows = (*follows, OpenTask(number=ticket.number, kind="low_score", why=remark.strip()))
    return changed(
        ticket,
        actor,
        at,
        rules,
        "score",
        {"score": value, "remark": remark.strip()},
        follows=follows,
        detail={"score": value, "outcome": ticket.outcomes, "unit": ticket.unit, "remark": remark.strip()},
    )


def close_by_score(ticket: Ticket, at: float, rules: Rules) -> Changed | None:
    """The ticket closed, if its citizen is satisfied."""
    if ticket.state != "told" or ticket.score is None or ticket.score <= LOW:
        return None
    return _closed(ticket, f"score {ticket.score}", at, rules)


def close_by_silence(ticket: Ticket, at: float, rules: Rules) -> Changed | None:
    """The ticket closed, if it was told `Rules.no_answer_days` ago and the citizen said nothing."""
    if ticket.state != "told" or ticket.score is not None or ticket.told_at is None:
        return None
    if at < ticket.told_at + rules.no_answer_days * DAY_S:
        return None
    return _closed(ticket, "no answer", at, rules)


def lapse(ticket: Ticket, at: float, rules: Rules) -> Changed | OpenTask | None:
    """The change of a ticket whose citizen has not answered or paid in time. An unpaid fee closes it (law 4982, article
    11: the request counts as taken back); after a missing answer a person decides."""
    rule = rules.clock_rule(ticket)
    if ticket.state != "waiting_citizen":
        return None
    until = answer_by(ticket.clock, rule, rules.town.calendar, rules.zone)
    if until is None or at <= until:
        return None
    if ticket.clock.stops[-1].why == "fee":
        made = move(ticket, Wish(to="closed", note="the fee was not paid in time"), SYSTEM, at, rules)
        assert isinstance(made, Changed), made
        return made
    return OpenTask(number=ticket.number, kind="not_answered", why=ticket.words)


def wait_on(ticket: Ticket, note: str, actor: Actor, at: float, rules: Rules) -> Changed:
    """The ticket whose citizen has not answered in time and is waited for all the same: their time begins anew, so that
    a person is asked again when it is over."""
    clock = asked_anew(ticket.clock, max(at, ticket.updated_at))
    return changed(ticket, actor, at, rules, "wait_on", {"clock": clock}, note=note)


def extend(ticket: Ticket, days: int, reason: str, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The ticket with more time, in its clock's unit. The citizen is told the reason before the old limit."""
    rule = rules.clock_rule(ticket)
    if actor.role not in ("unit", "lead", "inbox", "admin"):
        return refuse("not_your_role", "days", days, f"more time is not for the role {actor.role}")
    if actor.role == "unit" and actor.unit != ticket.unit:
        return refuse("not_your_unit", "days", days, f"the ticket is with {ticket.unit or 'no unit'}")
    clock = extended(
        ticket.clock, rule, rules.town.calendar, rules.zone, amount=days, reason=reason, at=max(at, ticket.updated_at)
    )
    if isinstance(clock, Refusal):
        return clock
    follows: tuple[Effect, ...] = (TellCitizen(number=ticket.number, about="extension", words=reason.strip()),)
    if ticket.unit and actor.role != "unit":
        follows = (*follows, NotifyUnit(number=ticket.number, unit=ticket.unit, about="extended"))
    return changed(
        ticket,
        actor,
        at,
        rules,
        "extend",
        {"clock": clock},
        words=reason.strip(),
        follows=follows,
        detail={"days": days, "before": ticket.due_at},
    )


def _closed(ticket: Ticket, why: str, at: float, rules: Rules) -> Changed:
    made = move(ticket, Wish(to="closed", note=why), SYSTEM, at, rules)
    assert isinstance(made, Changed), made
    return made
