"""A caller who sends another person's number hears nothing that this person would keep to themselves."""

import msgspec
import pytest

from tests.tickets.life import DAY, MONDAY, RULES, in_state, opened
from tickets.spoken_status import SpokenStatus, may_be_spoken, spoken
from tickets.states import OPEN, STATES, TicketState
from tickets.ticket import Ticket

PLAIN = "asfalt_talebi"


def request() -> Ticket:
    return in_state("assigned", topic=PLAIN, text="Işık Sokak 4, Ayşe", name="Ayşe")


def test_a_plain_request_is_spoken_of_by_group_unit_state_and_date() -> None:
    ticket = request()
    assert spoken([ticket], MONDAY, RULES) == (
        SpokenStatus(number=ticket.number, group="yol", unit="fen_isleri", state="assigned", due_at=ticket.due_at),
    )
    assert ticket.due_at is not None
    (one,) = spoken([ticket], MONDAY, RULES)
    told = str(msgspec.structs.replace(one, number=""))  # which is not said: it links the call with the request
    assert not [secret for secret in ("Ayşe", "Işık", "esenkent", "+90", ticket.number) if secret in told]


@pytest.mark.parametrize("state", STATES)
def test_only_open_requests_are_spoken_of(state: TicketState) -> None:
    assert may_be_spoken(in_state(state, topic=PLAIN), RULES) == (state in OPEN)


def test_nothing_is_said_of_complaints_reports_urgent_calls_and_what_a_law_protects() -> None:
    for topic, one in RULES.town.topics.items():
        if one.hidden or one.kind != "request":
            kind = "request" if one.kind == "complaint" else one.kind
            assert not may_be_spoken(opened(topic=topic, kind=kind, channel="paper"), RULES), topic
    for other in ("complaint", "information", "petition", "cimer", "urgent"):
        assert not may_be_spoken(msgspec.structs.replace(request(), kind=other), RULES), other
    assert not may_be_spoken(msgspec.structs.replace(request(), service_class="urgent"), RULES)
    for gone in (None, "", "a_topic_that_a_reload_took_away"):
        assert not may_be_spoken(msgspec.structs.replace(request(), topic=gone), RULES), gone


def test_they_are_not_even_counted() -> None:
    plain, report = request(), opened(topic="gurultu")
    assert len(spoken([report, plain, report], MONDAY, RULES)) == 1


def test_no_date_is_promised_that_has_passed_or_does_not_run() -> None:
    ticket = request()
    assert ticket.due_at is not None
    for at, said in ((ticket.due_at - 1, ticket.due_at), (ticket.due_at, None), (ticket.due_at + DAY, None)):
        assert [one.due_at for one in spoken([ticket], at, RULES)] == [said]
    waits = in_state("waiting_citizen", topic=PLAIN)
    assert [(one.state, one.due_at) for one in spoken([waits], MONDAY, RULES)] == [("waiting_citizen", None)]
