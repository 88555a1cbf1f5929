"""May the citizen of a task be called, and when."""

from datetime import datetime
from typing import Any

import pytest

from tests.tickets.life import RULES
from tickets.outcome.hours import SHIPPED, Hours, parse_openings
from tickets.task_calls import Against, NotNow, ToCall, against

QUIET = Hours(open=parse_openings("mon-fri 09:00-20:00"), quiet=parse_openings("mon 12:00-13:00"))


def at(moment: str) -> float:
    return datetime.fromisoformat(moment).replace(tzinfo=RULES.zone).timestamp()


def citizen(**values: Any) -> ToCall:
    told = {"caller": "+905321112233", "is_wrong": False, "contact": "call", "is_urgent": False, **values}
    return ToCall(task=17, number="26-000123-3", language="tr", service="request", **told)


def found(moment: str, hours: Hours = SHIPPED, **values: Any) -> NotNow | None:
    return against(citizen(**values), at(moment), hours, RULES.town.calendar, RULES.zone)


def test_a_citizen_is_called_in_the_hours() -> None:
    assert found("2026-06-01 10:00") is None


@pytest.mark.parametrize(
    ("moment", "why", "until"),
    [
        ("2026-06-01 08:59", "hours", "2026-06-01 09:00"),
        ("2026-06-01 20:00", "hours", "2026-06-02 09:00"),
        ("2026-06-01 12:30", "quiet", "2026-06-01 13:00"),
    ],
)
def test_not_at_night_and_not_at_quiet_times(moment: str, why: Against, until: str) -> None:
    then = datetime.fromisoformat(until).replace(tzinfo=RULES.zone)
    assert found(moment, QUIET) == NotNow(why=why, until=then)
    assert found(moment, QUIET, is_urgent=True) is None, "an urgent request knows no hours"


def test_where_no_hours_are_allowed_nobody_says_when() -> None:
    assert found("2026-06-01 10:00", Hours(open=())) == NotNow(why="hours")


@pytest.mark.parametrize(
    ("values", "why"),
    [
        ({"caller": ""}, "no_number"),
        ({"contact": "text"}, "no_calls"),
        ({"contact": "none"}, "no_calls"),
        ({"is_wrong": True}, "wrong_number"),
    ],
)
@pytest.mark.parametrize("is_urgent", [False, True])
def test_a_citizen_who_must_not_be_called_is_not(values: Any, why: Against, is_urgent: bool) -> None:
    assert found("2026-06-01 10:00", is_urgent=is_urgent, **values) == NotNow(why=why)
