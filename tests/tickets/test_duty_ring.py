"""What the duty ring does to a request."""

from typing import get_args

import msgspec
import pytest

from acd.engine.model import duty_facts
from tests.tickets.life import HOUR, RULES, in_state, moved, opened
from tickets.duty_ring import NOBODY, DutyResult, Unreached, answered, nobody, rung_about, spoken

UNIT = "fen_isleri"
WHO = "Acil ekip"


def test_the_line_and_the_requests_speak_of_the_same_results() -> None:
    assert get_args(DutyResult) == get_args(duty_facts.DutyResult)


def test_whoever_accepts_by_telephone_has_the_request() -> None:
    ticket = in_state("assigned")
    made = answered(ticket, WHO, UNIT, "accepted", ticket.updated_at + 60, RULES)
    assert made is not None
    assert (made.ticket.state, made.entry.what, made.entry.role, made.entry.who) == ("accepted", "accept", "unit", WHO)
    assert made.ticket.accepted_at == ticket.updated_at + 60


@pytest.mark.parametrize("state", ["accepted", "in_progress", "resolved"])
def test_a_second_person_accepts_nothing_and_the_history_says_so(state: str) -> None:
    ticket = in_state(state)  # type: ignore[arg-type]  # one of the states
    made = answered(ticket, WHO, UNIT, "accepted", ticket.updated_at + HOUR, RULES)
    assert made is not None
    assert (made.ticket.state, made.ticket.accepted_at) == (state, ticket.accepted_at)
    assert (made.entry.what, made.entry.detail) == ("ring", {"person": WHO, "result": "accepted"})


def test_a_person_of_the_unit_that_had_it_before_accepts_nothing() -> None:
    ticket = moved(in_state("assigned"), "assigned")  # handed on to zabita
    made = answered(ticket, WHO, UNIT, "accepted", ticket.updated_at + HOUR, RULES)
    assert made is not None
    assert (made.ticket.state, made.ticket.unit) == ("assigned", "zabita")
    assert made.entry.what == "ring"


def test_whoever_accepts_a_duplicate_accepts_the_request_above_it() -> None:
    parent = in_state("assigned")
    child = msgspec.structs.replace(parent, number="26-000002-7", parent=parent.number)
    assert rung_about(child, parent, UNIT, "accepted") is parent
    assert rung_about(child, parent, UNIT, "declined") is child, "of the ring for the duplicate its history tells"
    assert rung_about(child, parent, "zabita", "accepted") is child
    assert rung_about(child, in_state("accepted"), UNIT, "accepted") is child
    parted = msgspec.structs.replace(child, parent=None)
    assert rung_about(parted, parent, UNIT, "accepted") is parted
    assert rung_about(parted, None, UNIT, "accepted") is parted


@pytest.mark.parametrize("result", ["declined", "no_answer", "busy", "unreachable", "failed"])
def test_each_ring_without_an_acceptance_is_in_the_history(result: DutyResult) -> None:
    ticket = in_state("assigned")
    made = answered(ticket, WHO, UNIT, result, ticket.updated_at + HOUR, RULES)
    assert made is not None
    assert made.ticket == msgspec.structs.replace(
        ticket, version=ticket.version + 1, updated_at=ticket.updated_at + HOUR
    )
    assert made.entry.note.startswith(WHO)
    assert made.entry.detail == {"person": WHO, "result": result}
    assert made.follows == ()


def test_a_ring_that_was_withdrawn_tells_nothing() -> None:
    assert answered(in_state("accepted"), WHO, UNIT, "withdrawn", 2e9, RULES) is None


@pytest.mark.parametrize("why", get_args(Unreached))
def test_that_nobody_was_reached_is_in_the_history(why: Unreached) -> None:
    ticket = in_state("assigned")
    made = nobody(ticket, why, ticket.updated_at + HOUR, RULES)
    assert (made.ticket.state, made.entry.what, made.entry.note) == ("assigned", "ring", NOBODY[why])
    assert made.entry.detail == {"result": "nobody"}


def test_the_request_is_said_by_prompts_and_without_a_person_s_data() -> None:
    ticket = opened(service="funeral", topic="yol_cukuru", district="esenkent", name="Ayşe", text="Işık Sokak 4")
    digits = ("digit_2", "digit_6", "digit_0", "digit_0", "digit_0", "digit_0", "digit_0", "digit_1", "digit_9")
    assert spoken(ticket, RULES) == ("duty_funeral", "topic_yol", "place_esenkent", "duty_number", *digits)
    bare = opened(service="ambulance", topic=None, district=None)
    assert spoken(bare, RULES) == ("duty_ambulance", "duty_number", *digits)
