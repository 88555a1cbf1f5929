"""Moves of a ticket and its clocks: what is measured, and what closing and reopening do to it."""

import msgspec
import pytest

from tests.tickets.clock.dates import at
from tests.tickets.life import (
    AGENT,
    DAY,
    FEN,
    HOUR,
    INBOX,
    LEAD,
    MACHINE,
    MONDAY,
    RULES,
    in_state,
    made,
    moved,
    opened,
    refused,
)
from tests.tickets.towns import shipped_texts, town_with
from tickets.changes import Changed
from tickets.clock.deadline import Stop
from tickets.effects import NotifyUnit, NumberChanged, OutcomeSettled
from tickets.moves import Wish, move
from tickets.opening import Amendment, amend
from tickets.scoring import score
from tickets.ticket import SYSTEM, Ticket

# --- clocks


def test_the_clock_stands_still_while_the_citizen_is_awaited() -> None:
    ticket = moved(opened(), "assigned", "accepted")
    assert ticket.due_at == at("2026-06-10 23:59:59")
    waits = made(ticket, "waiting_citizen", FEN, at("2026-06-03 09:00"))
    assert (waits.ticket.due_at, waits.ticket.clock.stands) == (None, True)
    goes_on = made(waits.ticket, "in_progress", AGENT, at("2026-06-05 09:00"))
    assert goes_on.ticket.due_at == at("2026-06-12 23:59:59")
    assert goes_on.ticket.clock.stops == (Stop(since=at("2026-06-03 09:00"), until=at("2026-06-05 09:00")),)


def test_a_fee_that_is_awaited_is_said_to_be_one() -> None:
    ticket = moved(opened(topic="bilgi_edinme", channel="paper", district=None), "assigned", "accepted")
    waits = made(ticket, "waiting_citizen", awaits="fee").ticket
    assert waits.clock.stops[0].why == "fee"


def test_the_clock_runs_on_while_an_outside_body_is_awaited() -> None:
    ticket = moved(opened(), "assigned", "accepted")
    waits = made(ticket, "waiting_outside", FEN, responsible="iski")
    assert (waits.ticket.due_at, waits.ticket.responsible) == (ticket.due_at, "iski")
    back = made(waits.ticket, "in_progress", FEN)
    assert (back.ticket.due_at, back.ticket.responsible) == (ticket.due_at, None)


def test_the_clock_ends_with_the_outcome_and_for_the_law_with_the_telling() -> None:
    assert in_state("resolved").clock.ended_at is not None
    petition = moved(opened(topic="dilekce", district=None), "assigned", "in_progress", "resolved")
    assert petition.clock.ended_at is None
    told = made(petition, "told")
    assert told.ticket.clock.ended_at == told.entry.at
    assert in_state("closed").clock.ended_at is not None


def test_the_first_outcome_is_measured_once() -> None:
    late = made(in_state("in_progress"), "resolved", when=at("2026-06-11 10:00"))
    assert (late.ticket.resolved_at, late.ticket.resolved_in_time) == (at("2026-06-11 10:00"), False)
    again = moved(late.ticket, "assigned", "resolved")
    assert again.reopened == 1
    assert again.outcomes == 2
    assert (again.resolved_at, again.resolved_in_time) == (at("2026-06-11 10:00"), False)
    good = in_state("resolved")
    assert (good.resolved_at, good.resolved_in_time) == (good.updated_at, True)


def test_what_must_be_told_in_time_is_measured_when_it_is_told() -> None:
    for topic in ("dilekce", "bilgi_edinme"):
        petition = moved(opened(topic=topic, channel="paper", district=None), "assigned", "in_progress")
        assert petition.due_at is not None
        done = made(petition, "resolved", when=petition.due_at - 10).ticket
        assert (done.resolved_at, done.resolved_in_time, done.due_at) == (petition.due_at - 10, None, petition.due_at)
        late = made(done, "told", when=petition.due_at + 20 * DAY).ticket
        assert (late.resolved_at, late.resolved_in_time) == (done.resolved_at, False)
        assert made(done, "told", when=petition.due_at).ticket.resolved_in_time is True
        back = made(done, "assigned", LEAD, unit="", when=petition.due_at - 5).ticket
        again = made(made(back, "resolved", when=petition.due_at - 2).ticket, "told", when=petition.due_at + 1).ticket
        assert again.resolved_in_time is False, "the limit ran on"
        second = moved(late, "assigned", "resolved", "told")
        assert (second.resolved_at, second.resolved_in_time) == (late.resolved_at, False), "the first telling counts"


# --- telling, closing, reopening


def test_who_told_and_how_is_on_record() -> None:
    ticket = in_state("resolved")
    told = made(ticket, "told", SYSTEM, how="attempts")
    assert (told.ticket.told_how, told.ticket.told_at) == ("attempts", told.entry.at)
    assert told.entry.detail == {"how": "attempts", "outcome": 1}
    assert made(ticket, "told", SYSTEM).ticket.told_how == "automatic"
    assert made(ticket, "told", AGENT).ticket.told_how == "call"
    assert refused(ticket, "told", FEN).code == "not_your_role", "who did the work does not say that it was told"


def test_an_outcome_is_told_once() -> None:
    assert refused(in_state("told"), "told").code == "no_such_move"


def test_closed_without_a_score_of_a_satisfied_citizen_by_a_person_only() -> None:
    unhappy = msgspec.structs.replace(in_state("told"), score=2)
    refusal = refused(unhappy, "closed", SYSTEM)
    assert str(refusal) == "to = closed: the citizen gave 2: a person decides"
    assert made(unhappy, "closed", LEAD).ticket.state == "closed"
    assert made(msgspec.structs.replace(unhappy, score=3), "closed", SYSTEM).ticket.state == "closed"


def test_a_reopened_ticket_is_at_its_unit_again_with_a_new_clock() -> None:
    closed = in_state("closed")
    done = made(closed, "assigned", INBOX, closed.updated_at + 3 * DAY, unit="", note="hâlâ çukur var")
    ticket = done.ticket
    assert (ticket.unit, ticket.reopened, ticket.outcome, ticket.words) == ("fen_isleri", 1, None, "")
    assert (ticket.told_at, ticket.told_how, ticket.closed_at, ticket.score) == (None, None, None, None)
    assert ticket.clock.started_at == done.entry.at
    assert (ticket.resolved_at, ticket.resolved_in_time) == (closed.resolved_at, closed.resolved_in_time)
    assert NotifyUnit(number=ticket.number, unit="fen_isleri", about="reopened") in done.follows


def test_an_outcome_that_is_taken_back_before_it_was_told_is_withdrawn_and_the_clock_runs_on() -> None:
    resolved = in_state("resolved")
    done = made(resolved, "assigned", LEAD, unit="", note="fotoğrafta çukur duruyor")
    assert OutcomeSettled(number=resolved.number, outcome=1, by="lead") in done.follows
    assert (done.ticket.clock.started_at, done.ticket.clock.ended_at) == (resolved.clock.started_at, None)


@pytest.mark.parametrize("waits", [False, True])
def test_the_time_for_which_a_withdrawn_ticket_was_closed_stops_its_clock(waits: bool) -> None:
    accepted = in_state("waiting_citizen" if waits else "accepted")
    assert accepted.clock.rule == "seven_days"
    closed = made(accepted, "closed", LEAD, MONDAY + DAY).ticket
    ticket = made(closed, "assigned", LEAD, MONDAY + 24 * DAY, unit="", note="yanlışlıkla geri alınmış").ticket
    assert ticket.due_at is not None
    assert ticket.due_at > MONDAY + 24 * DAY, "not overdue at once"
    found = RULES.deadline(ticket)
    assert found is not None
    assert str(found.due) == "2026-07-03", "closed from Tuesday the 2nd to Thursday the 25th, which is its first day"
    stood = "The clock stood still from 2026-06-02 10:00 to 2026-06-25 10:00: "
    assert f"{stood}the request was closed, and was reopened later" in [step.en for step in found.steps]
    assert (ticket.resolved_at, ticket.resolved_in_time) == (closed.resolved_at, closed.resolved_in_time)
    again = made(made(ticket, "closed", LEAD, MONDAY + 24 * DAY + HOUR).ticket, "assigned", LEAD, MONDAY + 30 * DAY)
    assert [stop.why for stop in again.ticket.clock.stops][-2:] == ["closed", "closed"]


def test_a_ticket_is_reopened_within_the_days_of_grace_only() -> None:
    closed = in_state("closed")
    assert closed.closed_at is not None
    assert made(closed, "assigned", LEAD, closed.closed_at + 30 * DAY).ticket.state == "assigned"
    refusal = refused(closed, "assigned", LEAD, closed.closed_at + 30 * DAY + 1, note="x")
    assert refusal.code == "too_late"
    assert refusal.allowed == f"it was closed more than 30 days ago; open a follow-up of {closed.number}"


def test_reopening_what_no_unit_had_needs_a_unit() -> None:
    sent_away = made(opened(), "not_ours", AGENT, responsible="iski").ticket
    assert sent_away.unit is None
    assert refused(sent_away, "assigned", LEAD, note="itiraz").key == "unit"
    assert made(sent_away, "assigned", LEAD, note="itiraz", unit="zabita").ticket.unit == "zabita"
    gone = msgspec.structs.replace(in_state("resolved"), unit="gone")
    assert "no unit of today" in refused(gone, "assigned", LEAD, note="x").allowed


# --- told anew


def test_only_the_outcome_that_was_told_is_told_anew_and_keeps_its_figures() -> None:
    told = made(in_state("resolved"), "told", SYSTEM, how="attempts").ticket
    again = made(told, "resolved", SYSTEM)
    ticket = again.ticket
    assert (ticket.told_at, ticket.told_how, ticket.outcomes) == (None, None, 1)
    kept = ("outcome", "outcome_at", "words", "resolved_at", "resolved_in_time", "clock", "unit", "reopened")
    assert [getattr(ticket, name) for name in kept] == [getattr(told, name) for name in kept]
    assert (again.entry.what, again.entry.before, again.entry.after) == ("tell_anew", "told", "resolved")
    assert again.follows == (NumberChanged(number=ticket.number, outcome=1, by=SYSTEM.who),)
    scored = score(told, 1, LEAD, told.updated_at, RULES)
    assert isinstance(scored, Changed)
    heard = in_state("told")
    for known, to in ((told, "not_ours"), (scored.ticket, "resolved"), (heard, "resolved")):
        refusal = refused(known, to, responsible="iski")
        assert (refusal.code, refusal.key) == ("no_such_move", "to"), "nobody hears it twice, whoever wishes it"


# --- a rule that a reload takes away, or that a correction changes, while the citizen is awaited


def without_rule(ticket: Ticket) -> Ticket:
    return msgspec.structs.replace(ticket, clock=msgspec.structs.replace(ticket.clock, rule="gone"))


def test_a_clock_whose_rule_is_gone_stands_while_the_citizen_is_awaited() -> None:
    waits = made(without_rule(in_state("accepted")), "waiting_citizen", when=MONDAY + DAY).ticket
    assert (waits.clock.stands, waits.due_at) == (True, None)
    usual = made(in_state("accepted"), "waiting_citizen", when=MONDAY + DAY).ticket
    for one in (waits, without_rule(usual)):  # before it stood, or meanwhile
        answered = made(one, "in_progress", when=MONDAY + 5 * DAY).ticket
        assert answered.due_at == made(usual, "in_progress", when=MONDAY + 5 * DAY).ticket.due_at


def test_a_correction_stops_a_clock_that_ran_on_by_its_earlier_rule_and_starts_one_that_stood() -> None:
    """No clock of the first town runs on while the citizen is awaited, but that of a town may."""
    text = shipped_texts()["clocks.toml"]
    at_work = text.replace('id = "petition"\n', 'id = "petition"\nstops = []\n', 1)
    assert at_work != text
    rules = msgspec.structs.replace(RULES, town=town_with(clocks_toml=at_work))
    petition = opened(topic=None, kind="petition", channel="paper", district=None)
    waits = moved(petition, "assigned", "accepted")
    asked = move(waits, Wish(to="waiting_citizen", result="Hangi yıl?"), MACHINE, MONDAY + DAY, rules)
    assert isinstance(asked, Changed)
    assert (asked.ticket.clock.stands, asked.ticket.due_at is None) == (False, False)
    other = amend(asked.ticket, Amendment(kind="request"), INBOX, MONDAY + 2 * DAY, rules)
    assert isinstance(other, Changed)
    assert (other.ticket.clock.stops, other.ticket.due_at) == ((Stop(since=MONDAY + 2 * DAY, why="citizen"),), None)
    back = amend(other.ticket, Amendment(kind="petition"), INBOX, MONDAY + 5 * DAY, rules)
    assert isinstance(back, Changed)
    assert (back.ticket.clock.stands, back.ticket.due_at is None) == (False, False)
