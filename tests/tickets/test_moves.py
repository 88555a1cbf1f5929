"""A ticket moves by the table, with what must come with a move, and by nobody who may not."""

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.life import (
    AGENT,
    DAY,
    FEN,
    GIVEN,
    HOUR,
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
from tickets.effects import (
    ChildrenFollow,
    NotifyInbox,
    NotifyUnit,
    OutcomeDue,
    OutcomeSettled,
    RingDuty,
    StopRinging,
    TasksOver,
    TellCitizen,
)
from tickets.moves import Wish, move
from tickets.refusals import Refusal
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
    assert made(in_state("resolved"), "told").follows == (OutcomeSettled(number=number, outcome=1, by="token"),)
    (over,) = made(in_state("told"), "closed").follows
    assert isinstance(over, TasksOver)


def test_an_urgent_ticket_rings_the_duty_until_somebody_has_it() -> None:
    ticket = opened(topic="yarali_hayvan", service="injured_animal", service_class="urgent")
    assert ticket.kind == "urgent"
    given = made(ticket, "assigned", unit="veteriner_isleri")
    assert RingDuty(number=ticket.number, unit="veteriner_isleri", by="token") in given.follows
    accepted = made(given.ticket, "accepted", SYSTEM)
    assert StopRinging(number=ticket.number, by=SYSTEM.who, taken=True) in accepted.follows
    handed = made(given.ticket, "assigned", unit="zabita")
    assert RingDuty(number=ticket.number, unit="zabita", by="token") in handed.follows
    assert StopRinging(number=ticket.number, by="token") in made(given.ticket, "new").follows
    begun = made(accepted.ticket, "in_progress").follows
    assert not any(isinstance(one, StopRinging) for one in begun)


def test_a_danger_rings_the_duty_too_and_a_pothole_does_not() -> None:
    danger = opened(topic="rogar_kapagi")
    given = made(danger, "assigned")
    assert RingDuty(number=danger.number, unit="fen_isleri", by="token") in given.follows
    assert StopRinging(number=danger.number, by="token", taken=True) in made(given.ticket, "in_progress").follows
    assert not any(isinstance(one, RingDuty) for one in made(opened(), "assigned").follows)
    call = made(opened(service_class="urgent", kind="request", topic=None), "assigned")
    assert any(isinstance(one, RingDuty) for one in call.follows), "an urgent call, whatever its clock"


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
