"""Closing a task decides what becomes of a request that would wait for ever."""

from typing import Any

import msgspec
import pytest

from tests.tickets.life import FEN, HOUR, INBOX, LEAD, RULES, in_state, made, moved
from tickets.changes import Changed
from tickets.decisions import Decision, choices, decide
from tickets.effects import TELLS, OutcomeSettled, TaskKind
from tickets.moves import Wish, move
from tickets.refusals import Refusal
from tickets.scoring import score
from tickets.states import OUTCOMES, STATES
from tickets.ticket import Actor, TellWay, Ticket

LOW: TaskKind = "low_score"


def scored(value: int) -> Ticket:
    told = in_state("told")
    made = score(told, value, LEAD, told.updated_at, RULES)
    assert isinstance(made, Changed)
    return made.ticket


def made_told(how: TellWay) -> Ticket:
    return made(in_state("resolved"), "told", how=how).ticket


def decided(
    ticket: Ticket,
    kind: str,
    decision: Decision | None,
    actor: Actor = LEAD,
    note: str = "aradım",
    telling: bool = False,
    unit: str = "",
) -> Changed | Refusal | None:
    """The last change of it."""
    made = decide(ticket, kind, decision, note, actor, ticket.updated_at + HOUR, RULES, telling=telling, unit=unit)
    return made if isinstance(made, Refusal) else made[-1] if made else None


@pytest.mark.parametrize("state", sorted(OUTCOMES))
@pytest.mark.parametrize("kind", TELLS)
def test_whoever_closes_a_task_to_tell_says_whether_the_citizen_knows(state: Any, kind: TaskKind) -> None:
    ticket = in_state(state)
    assert choices(kind, state, None, telling=False) == ("told", "not_told", "reopened")
    for decision, after, how in (
        ("told", "told", "call"),
        ("not_told", "told", "page"),
        ("reopened", "assigned", None),
    ):
        made = decided(ticket, kind, decision)  # type: ignore[arg-type]  # the words are a decision's
        assert isinstance(made, Changed)
        assert (made.ticket.state, made.ticket.told_how, made.entry.who, made.entry.note) == (
            after,
            how,
            "lead",
            "aradım",
        )
    refused = decided(ticket, kind, None)
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.key, refused.allowed[:24]) == ("missing", "decision", "told, not_told, reopened")
    closed = decided(ticket, kind, "closed")
    assert isinstance(closed, Refusal)
    assert (closed.code, closed.value) == ("no_such_move", "closed")


def test_a_low_score_stays_as_it_is_or_goes_back_to_the_unit() -> None:
    either: tuple[Decision | None, ...] = (None, "closed")
    for decision in either:
        made = decided(scored(2), LOW, decision)
        assert isinstance(made, Changed)
        assert (made.ticket.state, made.ticket.score, made.entry.role, made.entry.who) == ("closed", 2, "lead", "lead")
    made = decided(scored(1), LOW, "reopened", INBOX, "yarısı yapılmış")
    assert isinstance(made, Changed)
    assert (made.ticket.state, made.ticket.unit, made.entry.note) == ("assigned", "fen_isleri", "yarısı yapılmış")
    assert isinstance(decided(scored(1), LOW, "reopened", note=""), Refusal), "a unit that has it again is told why"
    assert isinstance(decided(scored(1), LOW, None, FEN), Refusal), "a unit does not judge its own work"


def test_a_low_score_of_what_no_unit_had_goes_to_the_unit_that_is_named() -> None:
    unheard = msgspec.structs.replace(scored(1), unit=None)
    refused = decided(unheard, LOW, "reopened")
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.key) == ("missing", "unit")
    made = decided(unheard, LOW, "reopened", unit="zabita")
    assert isinstance(made, Changed)
    assert (made.ticket.state, made.ticket.unit) == ("assigned", "zabita")


def test_where_the_request_goes_on_by_itself_nothing_is_to_be_decided() -> None:
    assert choices("told_in_part", "resolved", None, telling=True) == (), "the program tells it still"
    resolved = in_state("resolved")
    assert decide(resolved, "outcome", None, "", LEAD, resolved.updated_at, RULES, telling=True) == []
    for state in STATES:
        for kind in ("not_reached", "tell_citizen", "duty_unanswered", "hear_message"):
            assert decided(in_state(state), kind, None) is None
        if state != "waiting_citizen":
            assert decided(in_state(state), "not_answered", None) is None
    for ticket in (in_state("told"), in_state("closed"), moved(scored(1), "assigned"), moved(scored(1), "closed")):
        for kind in (*TELLS, LOW):
            assert decided(ticket, kind, None) is None
            assert isinstance(decided(ticket, kind, "told"), Refusal)


@pytest.mark.parametrize("how", ["attempts", "page"])
def test_one_who_was_not_reached_and_is_reached_after_all_is_told_then(how: TellWay) -> None:
    """They count as told, since every way was tried: a person who tries another one says whether it was of use."""
    ticket = made_told(how)
    assert choices("not_reached", "told", None, telling=False, told_how=how) == ("told", "not_told")
    made = decide(ticket, "not_reached", "told", "kızı aradı", INBOX, ticket.updated_at + HOUR, RULES, telling=False)
    assert not isinstance(made, Refusal)
    assert [(one.entry.what, one.entry.role, one.entry.who, one.entry.note) for one in made] == [
        ("tell_anew", "system", "inbox", "reached after all"),
        ("tell", "inbox", "inbox", "kızı aradı"),
    ]
    after = made[-1].ticket
    assert (after.state, after.told_how, after.told_at) == ("told", "call", ticket.updated_at + HOUR)
    kept = ("outcome", "outcomes", "outcome_at", "words", "resolved_at", "resolved_in_time", "reopened")
    assert [getattr(after, name) for name in kept] == [getattr(ticket, name) for name in kept]
    follows = [effect for one in made for effect in one.follows]
    assert follows == [OutcomeSettled(number=ticket.number, outcome=1, by="inbox")], "nobody is called about it"
    stays: tuple[Decision | None, ...] = ("not_told", None)
    for decision in stays:
        assert decided(ticket, "not_reached", decision) is None


@pytest.mark.parametrize("how", ["call", "automatic", "in_call", "text", "declined", "parent"])
def test_one_who_has_heard_it_is_not_told_once_more(how: TellWay) -> None:
    assert choices("not_reached", "told", None, telling=False, told_how=how) == ()
    assert isinstance(decided(made_told(how), "not_reached", "told"), Refusal)
    assert choices("not_reached", "told", 3, telling=False, told_how="attempts") == (), "who gives a score has heard it"


def test_the_first_resolution_stays_as_it_was() -> None:
    ticket = in_state("resolved")
    made = decided(ticket, "told_in_part", "told")
    assert isinstance(made, Changed)
    assert (made.ticket.resolved_at, made.ticket.resolved_in_time) == (ticket.resolved_at, ticket.resolved_in_time)
    by_hand = move(ticket, Wish(to="told", how="call", note="aradım"), LEAD, ticket.updated_at + HOUR, RULES)
    assert by_hand == made


def test_a_unit_is_named_for_what_is_reopened_alone() -> None:
    refused = decided(scored(1), LOW, "closed", unit="zabita")
    assert isinstance(refused, Refusal)
    assert (refused.code, refused.key, refused.value) == ("not_allowed", "unit", "zabita")
