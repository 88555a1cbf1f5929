"""A ticket moves by the table, with what must come with a move, and by nobody who may not."""

from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.clock.dates import at
from tests.tickets.life import (
    AGENT,
    DAY,
    FEN,
    GIVEN,
    HOUR,
    INBOX,
    LEAD,
    MACHINE,
    MONDAY,
    RULES,
    ZABITA,
    in_state,
    made,
    moved,
    opened,
    refused,
)
from tickets.changes import Changed
from tickets.clock.deadline import Stop
from tickets.effects import (
    ChildrenFollow,
    NotifyInbox,
    NotifyUnit,
    NumberChanged,
    OutcomeDue,
    OutcomeSettled,
    RingDuty,
    StopRinging,
    TellCitizen,
)
from tickets.moves import Wish, move
from tickets.refusals import Refusal
from tickets.scoring import score
from tickets.states import MOVES, OPEN, OUTCOMES, ROLES, STATES, Move, Role, TicketState
from tickets.ticket import SYSTEM, Actor, Ticket

PAIRS = [(before, after) for before in STATES for after in STATES]


def actor_of(role: Role, unit: str | None) -> Actor:
    return Actor(role=role, who="x", unit=unit or "" if role == "unit" else "")


def ready(before: TicketState, after: TicketState) -> Ticket:
    """A ticket in the one state, from which it may come to the other: only what nobody has heard is told anew."""
    unheard = before == "told" and after in OUTCOMES
    return moved(in_state(after), "told", how="attempts") if unheard else in_state(before)


@pytest.mark.parametrize(("before", "after"), PAIRS)
def test_the_table_is_all_there_is(before: TicketState, after: TicketState) -> None:
    ticket = ready(before, after)
    unit = "zabita" if ticket.unit == "fen_isleri" else "fen_isleri"
    done = move(ticket, Wish(to=after, **{**GIVEN, "unit": unit}), MACHINE, ticket.updated_at + 1, RULES)
    assert isinstance(done, Changed) == ((before, after) in MOVES)
    if isinstance(done, Refusal):
        assert (done.code, done.key, done.value) == ("no_such_move", "to", after)
        assert f"from {before}; allowed: " in done.allowed


@pytest.mark.parametrize(("ends", "row"), MOVES.items())
def test_each_move_is_for_its_roles_and_the_machine(ends: tuple[TicketState, TicketState], row: Move) -> None:
    before, after = ends
    ticket = ready(before, after)
    wish = Wish(to=after, **{**GIVEN, "unit": "zabita"})
    if ticket.unit == "zabita":
        wish = Wish(to=after, **GIVEN)
    for role in ROLES:
        done = move(ticket, wish, actor_of(role, ticket.unit), ticket.updated_at + 1, RULES)
        may = role in row.who or role == "admin"
        assert isinstance(done, Changed) == may, (role, done)
        if isinstance(done, Refusal):
            assert done.code == "not_your_role"
            assert f"not for the role {role}; allowed: {', '.join(row.who)}, admin" in done.allowed


@pytest.mark.parametrize(("ends", "row"), [(ends, row) for ends, row in MOVES.items() if row.needs])
def test_each_move_asks_for_what_it_needs(ends: tuple[TicketState, TicketState], row: Move) -> None:
    before, after = ends
    ticket = in_state(before)
    full: dict[str, Any] = {"note": "çünkü", "result": "sözler", "unit": "zabita", "responsible": "iski", "photos": 1}
    fields = {
        "words": {"note", "result"},
        "reason": {"note"},
        "unit": {"unit"},
        "responsible": {"responsible"},
        "photo": {"photos"},
    }
    for need in row.needs:
        lacking = {name: value for name, value in full.items() if name not in fields[need]}
        refusal = refused(ticket, after, **lacking)
        assert refusal.code == "missing"
        assert refusal.key in {"words": "result", "reason": "note", "photo": "photo"}.get(need, need)
        assert refusal.value == ""


@pytest.mark.parametrize(
    ("old", "expected"),
    [
        ("waiting", "to = waiting: this state is called waiting_citizen now"),
        ("rejected", "to = rejected: this state is called refused now"),
        ("done", "to = done: no such state; new, assigned, accepted, in_progress, waiting_citizen, waiting_outside, "),
    ],
)
def test_a_state_that_there_is_not(old: str, expected: str) -> None:
    assert str(refused(opened(), old)).startswith(expected)


def test_each_move_is_one_version_and_one_row_of_history() -> None:
    ticket = opened()
    assert ticket.version == 1
    done = made(ticket, "assigned", AGENT, MONDAY + HOUR, note="yol birimi")
    assert (done.ticket.version, done.ticket.updated_at, done.ticket.unit) == (2, MONDAY + HOUR, "fen_isleri")
    entry = done.entry
    assert (entry.number, entry.version, entry.at, entry.role, entry.who) == (
        ticket.number,
        2,
        MONDAY + HOUR,
        "agent",
        "1001",
    )
    assert (entry.what, entry.before, entry.after, entry.unit, entry.note) == (
        *("assign", "new", "assigned", "fen_isleri", "yol birimi"),
    )
    assert ticket.state == "new", "what was is not changed"


def test_time_never_runs_backwards_in_a_ticket() -> None:
    ticket = moved(opened(), "assigned")
    done = made(ticket, "accepted", FEN, MONDAY - DAY)
    assert done.entry.at == done.ticket.updated_at == done.ticket.accepted_at == ticket.updated_at


# --- words


def test_the_result_is_what_the_citizen_is_told_and_the_note_stays_inside() -> None:
    done = made(in_state("in_progress"), "resolved", FEN, result="Çukur kapatıldı.", note="3. ekip, 2 saat")
    assert (done.ticket.words, done.entry.words, done.entry.note) == (
        *("Çukur kapatıldı.", "Çukur kapatıldı.", "3. ekip, 2 saat"),
    )


def test_without_a_result_the_note_is_what_the_citizen_is_told() -> None:
    done = made(in_state("in_progress"), "refused", FEN, note="Yol özel mülkiyettedir.")
    assert (done.ticket.words, done.entry.words, done.entry.note) == (
        *("Yol özel mülkiyettedir.", "Yol özel mülkiyettedir.", ""),
    )


def test_blank_words_are_no_words() -> None:
    refusal = refused(in_state("in_progress"), "resolved", result="  ", note="\n", photos=1)
    assert str(refusal) == "result: resolve needs words: what the citizen is told"


def test_words_without_end_are_refused() -> None:
    refusal = refused(in_state("in_progress"), "resolved", result="a" * 4001, photos=1)
    assert (refusal.key, refusal.allowed) == ("result", "must have at most 4000 characters, but has 4001")
    assert len(refusal.value) == 61


def test_a_photo_is_needed_where_the_topic_asks_for_one() -> None:
    refusal = refused(in_state("in_progress"), "resolved", result="oldu")
    assert str(refusal) == "photo: topic yol_cukuru needs a photo of the work; attach it first"
    lamp = moved(opened(topic="park_aydinlatma"), "assigned", "in_progress")
    assert made(lamp, "resolved", result="oldu", photos=0).ticket.state == "resolved"
    assert made(in_state("in_progress"), "refused", photos=0).ticket.state == "refused", "no work, no photo"


def test_what_a_unit_gave_back_is_not_answered_as_done_without_the_photo() -> None:
    back = made(in_state("in_progress"), "new", FEN).ticket
    refusal = refused(back, "resolved", AGENT, result="oldu")
    assert str(refusal) == "photo: topic yol_cukuru needs a photo of the work; attach it first"
    assert made(back, "resolved", LEAD, result="oldu", photos=1).ticket.state == "resolved"
    assert made(back, "refused", LEAD, result="olmaz", photos=0).ticket.state == "refused", "no work, no photo"
    assert made(back, "not_ours", AGENT, result="olmaz", photos=0).ticket.state == "not_ours"
    lamp = opened(topic="park_aydinlatma")
    assert made(lamp, "resolved", AGENT, result="oldu", photos=0).ticket.state == "resolved", "none is asked for"


# --- units


def test_a_unit_moves_its_own_tickets_only() -> None:
    ticket = in_state("assigned")
    refusal = refused(ticket, "accepted", ZABITA)
    assert str(refusal) == "to = accepted: the ticket is with fen_isleri, not zabita"
    assert made(ticket, "accepted", FEN).ticket.state == "accepted"


def test_handing_on_goes_to_another_unit_of_the_town() -> None:
    ticket = moved(opened(), "assigned", "accepted")
    done = made(ticket, "assigned", FEN, unit="zabita", note="işgal")
    assert (done.ticket.unit, done.ticket.accepted_at, done.entry.what) == ("zabita", None, "hand_on")
    assert done.follows == (NotifyUnit(number=ticket.number, unit="zabita", about="handed_on"),)
    again = made(done.ticket, "assigned", ZABITA, unit="cevre_koruma")
    assert again.ticket.unit == "cevre_koruma"
    same = refused(ticket, "assigned", FEN, unit="fen_isleri", note="x")
    assert str(same) == "unit = fen_isleri: the ticket is with this unit already"
    unknown = refused(ticket, "assigned", FEN, unit="fen", note="x")
    assert str(unknown).startswith("unit = fen: no such unit; allowed: fen_isleri, temizlik_isleri")


def test_a_ticket_that_is_given_back_is_sorted_by_a_person() -> None:
    done = made(in_state("accepted"), "new", FEN, note="bizim işimiz değil")
    assert (done.ticket.state, done.ticket.unit, done.ticket.accepted_at) == ("new", None, None)
    assert done.entry.detail == {"returned_by": "fen_isleri"}
    assert done.follows == (NotifyInbox(number=done.ticket.number, about="returned"),)


def test_a_unit_of_the_town_is_no_outside_body() -> None:
    refusal = refused(in_state("in_progress"), "not_ours", result="x", responsible="zabita")
    assert str(refusal) == "responsible = zabita: is a unit of the town: hand the ticket on to it instead"
    assert (
        made(in_state("in_progress"), "not_ours", responsible="Komşu belediye").ticket.responsible == "Komşu belediye"
    )


def test_when_the_unit_took_it_on() -> None:
    ticket = in_state("assigned")
    for state in ("accepted", "in_progress", "waiting_citizen", "resolved", "refused", "not_ours"):
        done = made(ticket, state)
        assert done.ticket.accepted_at == done.entry.at
    assert made(ticket, "closed").ticket.accepted_at is None
    begun = made(made(ticket, "accepted").ticket, "in_progress")
    assert begun.ticket.accepted_at == begun.entry.at - HOUR


# --- what follows


def test_what_follows_from_a_move() -> None:
    number = opened().number
    assert made(opened(), "assigned").follows == (NotifyUnit(number=number, unit="fen_isleri", about="assigned"),)
    assert made(in_state("accepted"), "waiting_citizen", result="Hangi sokak?").follows == (
        TellCitizen(number=number, about="question", words="Hangi sokak?"),
        *made(in_state("accepted"), "waiting_citizen").follows[1:],
    )
    waits = in_state("waiting_citizen")
    assert NotifyUnit(number=number, unit="fen_isleri", about="answered") in made(waits, "in_progress", AGENT).follows
    assert not any(isinstance(one, NotifyUnit) for one in made(waits, "in_progress", FEN).follows)
    for state in OUTCOMES:
        follows = made(in_state("in_progress"), state).follows
        assert OutcomeDue(number=number, outcome=1) in follows
        assert ChildrenFollow(number=number) in follows
    assert made(in_state("resolved"), "told").follows == (OutcomeSettled(number=number, outcome=1),)
    assert made(in_state("told"), "closed").follows == ()


def test_an_urgent_ticket_rings_the_duty_until_somebody_has_it() -> None:
    ticket = opened(topic="yarali_hayvan", service="injured_animal", service_class="urgent")
    assert ticket.kind == "urgent"
    given = made(ticket, "assigned", unit="veteriner_isleri")
    assert RingDuty(number=ticket.number, unit="veteriner_isleri") in given.follows
    accepted = made(given.ticket, "accepted", SYSTEM)
    assert StopRinging(number=ticket.number) in accepted.follows
    handed = made(given.ticket, "assigned", unit="zabita")
    assert RingDuty(number=ticket.number, unit="zabita") in handed.follows
    assert StopRinging(number=ticket.number) in made(given.ticket, "new").follows
    assert StopRinging(number=ticket.number) not in made(accepted.ticket, "in_progress").follows


def test_a_danger_rings_the_duty_too_and_a_pothole_does_not() -> None:
    danger = opened(topic="rogar_kapagi")
    given = made(danger, "assigned")
    assert RingDuty(number=danger.number, unit="fen_isleri") in given.follows
    assert StopRinging(number=danger.number) in made(given.ticket, "in_progress").follows
    assert not any(isinstance(one, RingDuty) for one in made(opened(), "assigned").follows)
    call = made(opened(service_class="urgent", kind="request", topic=None), "assigned")
    assert any(isinstance(one, RingDuty) for one in call.follows), "an urgent call, whatever its clock"


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
    ticket = moved(opened(topic="bilgi_edinme", district=None), "assigned", "accepted")
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
        petition = moved(opened(topic=topic, district=None), "assigned", "in_progress")
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
    assert OutcomeSettled(number=resolved.number, outcome=1) in done.follows
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


# --- whatever happens


@st.composite
def walks(draw: st.DrawFn) -> list[tuple[str, str, str, int]]:
    step = st.tuples(
        st.sampled_from(sorted(STATES)),
        st.sampled_from(ROLES),
        st.sampled_from(("fen_isleri", "zabita", "")),
        st.integers(-60, 5 * 86_400),
    )
    return draw(st.lists(step, max_size=25))


@settings(derandomize=True, max_examples=300)
@given(walks())
def test_any_walk_follows_the_table_and_keeps_the_books(steps: list[tuple[str, str, str, int]]) -> None:
    ticket, now = opened(), MONDAY
    versions = [1]
    for to, role, unit, later in steps:
        now += later
        actor = actor_of(next(one for one in ROLES if one == role), ticket.unit)
        wish = Wish(to=to, note="not", result="sözler", unit=unit, responsible="iski", photos=1)
        done = move(ticket, wish, actor, now, RULES)
        if isinstance(done, Refusal):
            assert done.key
            assert done.allowed
            continue
        after = done.ticket
        row = MOVES[ticket.state, after.state]
        assert role in (*row.who, "admin")
        assert after.version == ticket.version + 1 == done.entry.version
        assert (done.entry.before, done.entry.after) == (ticket.state, after.state)
        assert after.updated_at >= ticket.updated_at
        check(after)
        assert after.resolved_at == ticket.resolved_at or ticket.resolved_at is None
        versions.append(after.version)
        ticket = after
    assert versions == list(range(1, len(versions) + 1))


def check(ticket: Ticket) -> None:
    """What is true of every ticket."""
    assert (ticket.outcome is not None) == (ticket.outcome_at is not None)
    if ticket.state in OUTCOMES:
        assert ticket.outcome == ticket.state
        assert ticket.words
    if ticket.state in OPEN:
        assert ticket.outcome is None
        assert ticket.told_at is None
        assert ticket.clock.ended_at is None
        assert ticket.clock.stands == (ticket.state == "waiting_citizen")
        assert (ticket.due_at is None) <= (ticket.state == "waiting_citizen")
    if ticket.state not in ("new", "told", "closed", *OUTCOMES):
        assert ticket.unit is not None
    if ticket.state == "not_ours":
        assert ticket.responsible
    if ticket.state == "told":
        assert ticket.told_at is not None
    assert (ticket.state == "closed") == (ticket.closed_at is not None)
    assert (ticket.resolved_at is not None) == (ticket.outcomes > 0)


def test_every_state_can_be_come_to() -> None:
    assert [in_state(state).state for state in STATES] == list(STATES)
