"""Notices of a deadline: to whom, and when."""

import msgspec

from tests.tickets.clock.dates import at
from tests.tickets.life import HOUR, MONDAY, RULES, in_state, made, moved, opened
from tickets.effects import NotifyInbox, NotifyUnit
from tickets.overdue import Stage, notices
from tickets.ticket import Ticket


def stages(ticket: Ticket, when: str, *sent: Stage) -> list[Stage]:
    return [stage for stage, _ in notices(ticket, at(when), RULES, sent)]


def test_the_unit_is_warned_then_told_then_its_head() -> None:
    ticket = moved(opened(), "assigned", "accepted")
    assert stages(ticket, "2026-06-08 08:59") == []
    assert stages(ticket, "2026-06-08 09:01") == ["warned"]
    assert stages(ticket, "2026-06-08 09:01", "warned") == []
    assert stages(ticket, "2026-06-11 00:00", "warned") == ["overdue"]
    assert stages(ticket, "2026-06-13 00:00", "warned", "overdue") == ["escalated"]
    number = ticket.number
    (one,) = notices(ticket, at("2026-06-08 09:01"), RULES, ())
    assert one == ("warned", NotifyUnit(number=number, unit="fen_isleri", about="warned"))
    (one,) = notices(ticket, at("2026-06-13 00:00"), RULES, ())
    assert one == ("escalated", NotifyUnit(number=number, unit="fen_isleri", about="escalated", head=True))


def test_what_was_passed_while_nobody_looked_is_told_once() -> None:
    assert stages(in_state("accepted"), "2026-07-01 00:00") == ["escalated"]


def test_a_ticket_without_a_unit_is_the_inbox_concern() -> None:
    (one,) = notices(opened(), at("2026-06-11 00:00"), RULES, ())
    assert one == ("overdue", NotifyInbox(number=opened().number, about="overdue"))


def test_an_urgent_ticket_must_be_accepted_within_minutes() -> None:
    ticket = opened(topic="yarali_hayvan")
    given = made(ticket, "assigned", when=MONDAY + 60, unit="veteriner_isleri").ticket
    assert stages(given, "2026-06-01 10:09") == []
    assert stages(given, "2026-06-01 10:11") == ["unaccepted"]
    (one,) = notices(given, at("2026-06-01 10:11"), RULES, ())
    assert one[1] == NotifyUnit(number=ticket.number, unit="veteriner_isleri", about="unaccepted", head=True)
    taken = made(given, "accepted", when=MONDAY + 120).ticket
    assert stages(taken, "2026-06-01 10:11") == []


def test_nothing_is_told_of_what_is_over_stands_still_or_hangs_on_another() -> None:
    for state in ("resolved", "told", "closed"):
        assert stages(in_state(state), "2026-09-01 00:00") == []
    assert stages(in_state("waiting_citizen"), "2026-09-01 00:00") == []
    assert stages(msgspec.structs.replace(in_state("assigned"), parent="26-000002-7"), "2026-09-01 00:00") == []


def test_the_law_counts_until_the_citizen_is_told() -> None:
    petition = moved(opened(topic="dilekce", district=None), "assigned", "in_progress", "resolved")
    (one,) = notices(petition, at("2026-07-02 00:00"), RULES, ())
    assert one == ("escalated", NotifyInbox(number=petition.number, about="escalated"))
    assert stages(moved(petition, "told"), "2026-07-02 00:00") == []


def test_a_clock_that_a_reload_took_away_warns_by_the_rule_of_its_kind() -> None:
    ticket = in_state("accepted")
    gone = msgspec.structs.replace(ticket, clock=msgspec.structs.replace(ticket.clock, rule="gone"))
    assert RULES.deadline(gone) == RULES.deadline(ticket)
    assert stages(gone, "2026-09-01 00:00") == stages(ticket, "2026-09-01 00:00") == ["escalated"]
    assert made(gone, "resolved", when=MONDAY + 99 * HOUR).ticket.state == "resolved"
