"""Scores, more time, and what time itself does to a ticket."""

from typing import Any

import msgspec
import pytest

from tests.tickets.clock.dates import at
from tests.tickets.life import AGENT, DAY, FEN, HOUR, INBOX, LEAD, MONDAY, RULES, ZABITA, in_state, made, moved, opened
from tickets.changes import Changed
from tickets.effects import DeadlineChanged, NotifyUnit, OpenTask, TellCitizen
from tickets.refusals import Refusal
from tickets.scoring import close_by_score, close_by_silence, extend, lapse, score
from tickets.ticket import SYSTEM, Actor, Ticket


def scored(ticket: Ticket, value: int, **more: Any) -> Changed:
    done = score(ticket, value, SYSTEM, ticket.updated_at + HOUR, RULES, **more)
    assert isinstance(done, Changed), done
    return done


@pytest.mark.parametrize("value", [3, 4, 5])
def test_a_satisfied_citizen_closes_the_ticket(value: int) -> None:
    done = scored(in_state("told"), value)
    assert (done.ticket.score, done.ticket.state, done.follows) == (value, "told", ())
    closed = close_by_score(done.ticket, done.ticket.updated_at, RULES)
    assert closed is not None
    assert (closed.ticket.state, closed.entry.role, closed.entry.note) == ("closed", "system", f"score {value}")
    assert close_by_score(closed.ticket, MONDAY, RULES) is None


@pytest.mark.parametrize("value", [1, 2])
def test_a_dissatisfied_one_opens_a_task_and_never_moves_the_ticket(value: int) -> None:
    done = scored(in_state("told"), value, remark=" çukur duruyor ")
    assert (done.ticket.state, done.ticket.remark) == ("told", "çukur duruyor")
    assert done.follows == (OpenTask(number=done.ticket.number, kind="low_score", why="çukur duruyor"),)
    assert close_by_score(done.ticket, MONDAY, RULES) is None
    assert close_by_silence(done.ticket, done.ticket.updated_at + 99 * DAY, RULES) is None
    assert made(done.ticket, "closed", LEAD).ticket.score == value


def test_the_score_is_of_the_outcome_unit_and_citizen() -> None:
    done = scored(in_state("told"), 4, remark="iyi")
    assert done.entry.detail == {"score": 4, "outcome": 1, "unit": "fen_isleri", "remark": "iyi"}


@pytest.mark.parametrize(
    ("ticket", "value", "actor", "more", "expected"),
    [
        (in_state("told"), 0, SYSTEM, {}, "score = 0: 1 to 5 is allowed"),
        (in_state("told"), 6, SYSTEM, {}, "score = 6: 1 to 5 is allowed"),
        (in_state("resolved"), 5, SYSTEM, {}, "score = 5: a ticket that is resolved has been told no outcome yet"),
        (in_state("told"), 5, SYSTEM, {"outcome": 2}, "score = 5: it is about an earlier outcome"),
        (scored(in_state("told"), 1).ticket, 5, SYSTEM, {}, "score = 5: this outcome has the score 1 already"),
        (in_state("told"), 5, FEN, {}, "score = 5: agent, lead, inbox, admin, system pass on what the citizen says"),
        (in_state("told"), 5, SYSTEM, {"remark": "a" * 4001}, "remark = aaa"),
    ],
)
def test_what_is_no_score(ticket: Ticket, value: int, actor: Actor, more: dict[str, Any], expected: str) -> None:
    done = score(ticket, value, actor, ticket.updated_at, RULES, **more)
    assert isinstance(done, Refusal)
    assert str(done).startswith(expected)


def test_a_ticket_closed_by_silence_may_still_be_scored() -> None:
    told = in_state("told")
    assert told.told_at is not None
    assert close_by_silence(told, told.told_at + 10 * DAY - 1, RULES) is None
    closed = close_by_silence(told, told.told_at + 10 * DAY, RULES)
    assert closed is not None
    assert (closed.ticket.state, closed.entry.note) == ("closed", "no answer")
    assert scored(closed.ticket, 1).follows != ()
    assert close_by_silence(in_state("resolved"), MONDAY + 99 * DAY, RULES) is None


def test_more_time_with_a_reason_that_the_citizen_is_told() -> None:
    ticket = moved(opened(topic="bilgi_edinme", channel="paper", district=None), "assigned", "accepted")
    assert ticket.due_at == at("2026-06-22 23:59:59")
    done = extend(ticket, 15, " başka kuruma soruldu ", FEN, MONDAY + DAY, RULES)
    assert isinstance(done, Changed)
    assert done.ticket.due_at == at("2026-07-13 23:59:59")
    assert done.entry.detail == {"days": 15, "before": ticket.due_at}
    words = TellCitizen(number=ticket.number, about="extension", words="başka kuruma soruldu")
    assert done.follows == (words, DeadlineChanged(number=ticket.number, due_at=done.ticket.due_at))
    by_lead = extend(ticket, 5, "x", LEAD, MONDAY + DAY, RULES)
    assert isinstance(by_lead, Changed)
    assert NotifyUnit(number=ticket.number, unit="fen_isleri", about="extended") in by_lead.follows


@pytest.mark.parametrize(
    ("ticket", "days", "reason", "actor", "code"),
    [
        (in_state("accepted"), 7, "x", ZABITA, "not_your_unit"),
        (in_state("accepted"), 7, "x", AGENT, "not_your_role"),
        (in_state("accepted"), 8, "x", FEN, "not_allowed"),
        (in_state("accepted"), 7, "", FEN, "missing"),
        (in_state("resolved"), 7, "x", FEN, "too_late"),
        (in_state("accepted", topic="dilekce", district=None), 1, "x", INBOX, "not_allowed"),
    ],
)
def test_no_more_time(ticket: Ticket, days: int, reason: str, actor: Actor, code: str) -> None:
    done = extend(ticket, days, reason, actor, ticket.updated_at, RULES)
    assert isinstance(done, Refusal)
    assert done.code == code


def test_a_clock_that_a_reload_took_away_is_extended_and_lapses_by_the_rule_of_its_kind() -> None:
    ticket = in_state("waiting_citizen")
    gone = msgspec.structs.replace(ticket, clock=msgspec.structs.replace(ticket.clock, rule="gone"))
    assert isinstance(lapse(gone, MONDAY + 60 * DAY, RULES), OpenTask)
    assert lapse(gone, MONDAY + DAY, RULES) is None
    accepted = in_state("accepted")
    gone = msgspec.structs.replace(accepted, clock=msgspec.structs.replace(accepted.clock, rule="gone"))
    done, usual = (extend(one, 3, "x", FEN, accepted.updated_at, RULES) for one in (gone, accepted))
    assert isinstance(done, Changed)
    assert isinstance(usual, Changed)
    assert done.ticket.due_at == usual.ticket.due_at


def test_an_unpaid_fee_takes_the_request_back_and_an_answer_that_did_not_come_is_for_a_person() -> None:
    information = moved(opened(topic="bilgi_edinme", channel="paper", district=None), "assigned", "accepted")
    fee = moved(information, "waiting_citizen", awaits="fee")
    assert lapse(fee, at("2026-06-22 23:59"), RULES) is None
    done = lapse(fee, at("2026-06-23 00:00"), RULES)
    assert isinstance(done, Changed)
    assert (done.ticket.state, done.entry.what, done.entry.note) == ("closed", "lapse", "the fee was not paid in time")
    asked = moved(information, "waiting_citizen", result="Hangi yıl?")
    task = lapse(asked, at("2026-06-23 00:00"), RULES)
    assert task == OpenTask(number=asked.number, kind="not_answered", why="Hangi yıl?")
    assert lapse(information, at("2027-01-01"), RULES) is None
