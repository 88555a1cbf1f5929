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


RUNG_AT = tuple(at(f"2026-06-01 {hour}") for hour in ("09:30", "10:00", "11:00"))


@pytest.mark.parametrize(
    ("most", "moment", "until"),
    [
        (0, "2026-06-01 11:30", None),
        (4, "2026-06-01 11:30", None),
        (3, "2026-06-01 11:30", "2026-06-02 09:30"),
        (3, "2026-06-02 09:30", None),
        (2, "2026-06-01 11:30", "2026-06-02 10:00"),
    ],
)
def test_a_telephone_rings_so_often_within_a_day(most: int, moment: str, until: str | None) -> None:
    """Each press is a person's decision; that of five people on five tasks is the citizen's telephone all day."""

    def asked(**values: Any) -> NotNow | None:
        one = citizen(rung_at=RUNG_AT, **values)
        return against(one, at(moment), SHIPPED, RULES.town.calendar, RULES.zone, most)

    then = None if until is None else datetime.fromisoformat(until).replace(tzinfo=RULES.zone)
    assert asked() == (None if then is None else NotNow(why="often", until=then))
    assert asked(is_urgent=True) is None, "an urgent request knows no limit"


def test_it_may_ring_again_only_in_the_hours_of_calls() -> None:
    one = citizen(rung_at=(at("2026-06-01 08:10"),))
    found = against(one, at("2026-06-01 10:00"), SHIPPED, RULES.town.calendar, RULES.zone, 1)
    then = datetime.fromisoformat("2026-06-02 09:00").replace(tzinfo=RULES.zone)
    assert found == NotNow(why="often", until=then)


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
