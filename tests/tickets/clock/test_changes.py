"""Stopping, resuming, extending and ending a clock; computing open deadlines again."""

import msgspec
import pytest

from tests.tickets.clock.dates import CALENDAR, RULES, ZONE, at, clock, stop
from tickets.clock.changes import ended, extended, resumed, stopped
from tickets.clock.deadline import Clock, deadline
from tickets.refusals import Refusal

INFORMATION = RULES["information"]


def extend(one: Clock, amount: int, when: str, reason: str = "başka kuruma soruldu") -> Clock | Refusal:
    return extended(one, RULES[one.rule], CALENDAR, ZONE, amount=amount, reason=reason, at=at(when))


def test_a_clock_stops_once_and_runs_again() -> None:
    one = stopped(clock("complaint", "2026-06-01"), RULES["complaint"], at("2026-06-03"), "citizen")
    assert one.stands
    assert stopped(one, RULES["complaint"], at("2026-06-04"), "citizen") == one
    again = resumed(one, at("2026-06-05"))
    assert (again.stands, again.stops) == (False, (stop("2026-06-03", "2026-06-05"),))
    assert resumed(again, at("2026-06-06")) == again


def test_a_rule_may_not_stop_for_everything() -> None:
    rule = msgspec.structs.replace(RULES["complaint"], stops=("fee",))
    one = clock("complaint", "2026-06-01")
    assert stopped(one, rule, at("2026-06-03"), "citizen") == one
    assert stopped(one, rule, at("2026-06-03"), "fee").stands


def test_time_that_runs_backwards_gives_no_stop_of_negative_length() -> None:
    one = stopped(clock("complaint", "2026-06-01"), RULES["complaint"], at("2026-06-03"), "citizen")
    back = resumed(one, at("2026-06-02"))
    assert back.stops[0].until == back.stops[0].since
    assert stopped(back, RULES["complaint"], at("2026-05-01"), "citizen").stops[1].since == back.stops[0].until


def test_the_end_lets_a_standing_clock_run_again() -> None:
    one = stopped(clock("complaint", "2026-06-01"), RULES["complaint"], at("2026-06-03"), "citizen")
    over = ended(one, at("2026-06-09"))
    assert (over.stands, over.ended_at) == (False, at("2026-06-09"))
    assert ended(over, at("2026-07-01")) == over
    assert stopped(over, RULES["complaint"], at("2026-07-01"), "citizen") == over
    assert str(deadline(over, RULES["complaint"], CALENDAR, ZONE).due) == "2026-06-19"


def test_information_is_extended_to_thirty_working_days_before_the_fifteenth_is_over() -> None:
    longer = extend(clock("information", "2026-05-20"), 15, "2026-06-15 23:00")
    assert isinstance(longer, Clock)
    assert str(deadline(longer, INFORMATION, CALENDAR, ZONE).due) == "2026-07-06"


@pytest.mark.parametrize(
    ("rule", "amount", "when", "reason", "expected"),
    [
        ("information", 15, "2026-06-16 00:00", "x", "days = 15: the limit was 2026-06-15; extend it before that"),
        ("information", 16, "2026-06-01", "x", "days = 16: 1 to 15 is allowed"),
        ("information", 0, "2026-06-01", "x", "days = 0: 1 to 15 is allowed"),
        ("information", 15, "2026-06-01", " ", "reason: must say why: the citizen is told before the old limit"),
        ("petition", 1, "2026-06-01", "x", 'days = 1: "petition" cannot be extended (3071 m. 7)'),
        ("urgent", 1, "2026-05-20", "x", 'days = 1: "urgent" cannot be extended'),
    ],
)
def test_what_is_refused(rule: str, amount: int, when: str, reason: str, expected: str) -> None:
    refused = extend(clock(rule, "2026-05-20"), amount, when, reason)
    assert isinstance(refused, Refusal)
    assert str(refused) == expected


def test_extensions_add_up_to_what_is_allowed() -> None:
    one = extend(clock("information", "2026-05-20"), 10, "2026-06-01")
    assert isinstance(one, Clock)
    refused = extend(one, 6, "2026-06-01")
    assert isinstance(refused, Refusal)
    assert refused.allowed == "1 to 5 is allowed"
    two = extend(one, 5, "2026-06-01")
    assert isinstance(two, Clock)
    full = extend(two, 1, "2026-06-01")
    assert isinstance(full, Refusal)
    assert full.allowed == "all 15 have been given already"
    over = extend(ended(one, at("2026-06-02")), 1, "2026-06-02")
    assert isinstance(over, Refusal)
    assert over.code == "too_late"
