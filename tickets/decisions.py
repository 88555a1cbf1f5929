"""What a person decides who closes a task, where the request would wait for ever without it."""

from collections.abc import Sequence
from typing import Literal

from tickets import scoring
from tickets.changes import Changed, Rules, refuse, too_long
from tickets.effects import TELLS
from tickets.moves import Wish, is_unheard, move
from tickets.outcome.anew import heard_after_all
from tickets.outcome.remarks import remarked
from tickets.outcome.report import Report
from tickets.refusals import Refusal
from tickets.scoring import LOW
from tickets.states import OUTCOMES, TicketState
from tickets.ticket import Actor, Ticket

Decision = Literal["told", "not_told", "closed", "reopened"]
"""`told`: the citizen knows the outcome, by this person or since they heard it. `not_told`: nobody can tell them; it is
published for its code, and stays so where it was before. `closed`: it stays as it is. `reopened`: back to the unit, or
to one that is named, with the note as the reason."""


def choices(
    kind: str, state: TicketState, score: int | None, *, telling: bool, told_how: str | None = None
) -> tuple[Decision, ...]:
    """What can be decided with a task of this kind; nothing where the request goes on by itself. `telling`: the outcome
    is still to be told by the program; `told_how`: how it counts as told."""
    if kind == "not_reached" and state == "told" and is_unheard(told_how, score):
        return ("told", "not_told")
    if kind in TELLS and state in OUTCOMES and not telling:
        return ("told", "not_told", "reopened")
    if kind == "low_score" and state == "told" and score is not None and score <= LOW:
        return ("closed", "reopened")
    return ()


def decide(
    ticket: Ticket,
    kind: str,
    decision: Decision | None,
    note: str,
    actor: Actor,
    at: float,
    rules: Rules,
    *,
    telling: bool,
    unit: str = "",
) -> list[Changed] | Refusal:
    """The changes by which the task is closed so; none where the request stays as it is. With a low score, or a citizen
    who was not reached, nothing said means that it stays as it is; with one who has not answered, that they are waited
    for once more. `unit` gets a request that is reopened; empty: the unit that had it."""
    allowed = choices(kind, ticket.state, ticket.score, telling=telling, told_how=ticket.told_how)
    if decision is None and "closed" in allowed:
        decision = "closed"
    if decision is None and kind == "not_reached":
        return []
    if decision is None and kind == "not_answered" and ticket.state == "waiting_citizen":
        return [scoring.wait_on(ticket, note, actor, at, rules)]
    if decision is None and allowed:
        return refuse("missing", "decision", None, f"{', '.join(allowed)}: the citizen waits for the outcome")
    if decision is None:
        return []
    if decision not in allowed:
        named = ", ".join(allowed) or "none, it goes on by itself"
        return refuse("no_such_move", "decision", decision, f"for a ticket that is {ticket.state}: {named}")
    if unit and decision != "reopened":
        return refuse("not_allowed", "unit", unit, "only a request that is reopened goes to a unit")
    wishes: dict[Decision, Wish] = {
        "told": Wish(to="told", how="call", note=note),
        "not_told": Wish(to="told", how="page", note=note),
        "closed": Wish(to="closed", note=note),
        "reopened": Wish(to="assigned", note=note, unit=unit),
    }
    if decision == "not_told" and ticket.state == "told":
        return []
    before = heard_after_all(ticket, actor, at, rules, "reached after all") if decision == "told" else []
    made = move(before[-1].ticket if before else ticket, wishes[decision], actor, at, rules)
    return made if isinstance(made, Refusal) else [*before, made]


def passed_on(
    made: Sequence[Changed],
    decision: Decision | None,
    score: int | None,
    remark: str,
    actor: Actor,
    at: float,
    rules: Rules,
) -> list[Changed] | Refusal:
    """What follows a decision, which has `made` these changes, where the citizen who was told gave a score or said
    something: a good score closes the request, and a bad one is another task. Refused with any other decision."""
    if score is None and not remark.strip():
        return []
    if decision != "told" or not made:
        key, value = ("remark", remark) if score is None else ("score", str(score))
        return refuse("not_allowed", key, value, "only with decision = told: the citizen heard the outcome from you")
    ticket = made[-1].ticket
    if score is None:
        said = Report(result="told", remark=remark)
        return too_long("remark", remark) or remarked(ticket, said, ticket.outcomes, actor, at, rules)
    scored = scoring.score(ticket, score, actor, at, rules, remark=remark)
    if isinstance(scored, Refusal):
        return scored
    closed = scoring.close_by_score(scored.ticket, at, rules)
    return [scored] if closed is None else [scored, closed]
