"""When a citizen may be called."""

from datetime import date, datetime

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.clock.dates import ZONE, at, said
from tests.tickets.towns import TOWN
from tickets.outcome.hours import SHIPPED, Hours, allowed_until, next_allowed, parse_openings
from tickets.outcome.prayer import prayer_times
from tickets.town.times import BadTimes

PRAYER = msgspec.structs.replace(SHIPPED, prayer_minutes=30, place=TOWN.shapes.middle)


def allowed(when: str, hours: Hours = SHIPPED) -> tuple[str, str | None]:
    found = next_allowed(at(when), hours, TOWN.calendar, ZONE)
    assert found is not None
    return said(found[0]), found[1]


@pytest.mark.parametrize(
    ("when", "expected", "why"),
    [
        ("2026-06-01 09:00", "2026-06-01 09:00", None),
        ("2026-06-01 19:59", "2026-06-01 19:59", None),
        ("2026-06-01 08:59", "2026-06-01 09:00", "hours"),
        ("2026-06-01 20:00", "2026-06-02 09:00", "hours"),
        ("2026-06-02 03:00", "2026-06-02 09:00", "hours"),
        ("2026-06-05 12:44", "2026-06-05 12:44", None),
        ("2026-06-05 12:45", "2026-06-05 14:00", "quiet"),
        ("2026-06-05 21:00", "2026-06-06 10:00", "hours"),
        ("2026-06-06 18:30", "2026-06-08 09:00", "hours"),
        ("2026-05-26 21:00", "2026-06-01 09:00", "hours"),
        ("2026-05-28 11:00", "2026-06-01 09:00", "hours"),
    ],
)
def test_not_at_night_not_on_sundays_and_holidays_not_during_friday_prayer(when: str, expected: str, why: str) -> None:
    assert allowed(when) == (expected, why)


def test_a_moment_that_is_allowed_is_given_back_to_the_millisecond() -> None:
    moment = at("2026-06-01 10:00") + 0.123
    assert next_allowed(moment, SHIPPED, TOWN.calendar, ZONE) == (moment, None)


def test_times_of_prayer_are_kept_if_the_town_wants_it() -> None:
    assert allowed("2026-06-01 13:10")[1] is None
    assert allowed("2026-06-01 13:10", PRAYER) == ("2026-06-01 13:38", "prayer")
    assert allowed("2026-06-01 17:20", PRAYER) == ("2026-06-01 17:37", "prayer")


def test_another_place_has_other_times_of_prayer() -> None:
    """Noon comes an hour earlier in Van, 15 degrees to the east."""
    van = msgspec.structs.replace(PRAYER, place=(38.5, 43.4))
    assert allowed("2026-06-01 13:10", van)[1] is None
    assert allowed("2026-06-01 12:15", van) == ("2026-06-01 12:39", "prayer")
    assert allowed("2026-06-01 12:15", PRAYER)[1] is None
    with pytest.raises(ValueError, match="place"):
        msgspec.structs.replace(PRAYER, place=None)


@pytest.mark.parametrize(
    ("day", "published"),
    [
        (date(2026, 2, 19), {"fajr": "06:22", "dhuhr": "13:23", "asr": "16:20", "maghrib": "18:49", "isha": "20:09"}),
        (date(2026, 2, 20), {"fajr": "06:20", "dhuhr": "13:23", "asr": "16:21", "maghrib": "18:51", "isha": "20:10"}),
        (date(2019, 5, 9), {"fajr": "04:03", "maghrib": "20:15", "isha": "21:51"}),
    ],
)
def test_the_times_of_prayer_are_those_published_for_istanbul(day: date, published: dict[str, str]) -> None:
    """To two minutes: the published calendar rounds, and the town is some kilometres wide."""
    found = {str(name): moment for name, moment in prayer_times(day, 41.0138, 28.9497, ZONE).items()}
    for name, text in published.items():
        expected = datetime.combine(day, datetime.strptime(text, "%H:%M").time(), ZONE)  # noqa: DTZ007  the zone is given beside it
        assert abs((found[name] - expected).total_seconds()) <= 120, (name, found[name])


def test_a_town_that_never_calls() -> None:
    assert next_allowed(at("2026-06-01 10:00"), Hours(open=()), TOWN.calendar, ZONE) is None
    always_quiet = Hours(open=SHIPPED.open, quiet=parse_openings("mon-sun 00:00-24:00"))
    assert next_allowed(at("2026-06-01 10:00"), always_quiet, TOWN.calendar, ZONE) is None


def test_openings_as_text() -> None:
    assert parse_openings("") == ()
    (one,) = parse_openings("mon-fri sun 09:00-12:00 13:00-18:00")
    assert sorted(one.days) == ["fri", "mon", "sun", "thu", "tue", "wed"]
    assert one.spans == ((540, 720), (780, 1080))
    for wrong in ("mon-fri", "09:00-18:00", "daily 09:00-18:00"):
        with pytest.raises(BadTimes):
            parse_openings(wrong)


@settings(derandomize=True, max_examples=300)
@given(st.integers(0, 40 * 24 * 60), st.sampled_from([SHIPPED, PRAYER]))
def test_what_is_found_is_allowed_and_the_first(minute: int, hours: Hours) -> None:
    start = at("2026-05-10") + 60 * minute
    found = next_allowed(start, hours, TOWN.calendar, ZONE)
    assert found is not None
    moment, why = found
    assert next_allowed(moment, hours, TOWN.calendar, ZONE) == (moment, None)
    assert (why is None) == (moment == start)
    if moment > start:
        before = moment - 60
        if before >= start:
            later = next_allowed(before, hours, TOWN.calendar, ZONE)
            assert later is not None
            assert later[0] == moment


@pytest.mark.parametrize(
    ("when", "until", "hours"),
    [
        ("2026-06-01 09:00", "2026-06-01 20:00", SHIPPED),
        ("2026-06-05 10:00", "2026-06-05 12:45", SHIPPED),
        ("2026-06-05 14:00", "2026-06-05 20:00", SHIPPED),
        ("2026-06-05 13:00", "2026-06-05 13:00", SHIPPED),
        ("2026-06-01 21:00", "2026-06-01 21:00", SHIPPED),
        ("2026-06-01 09:00", "2026-06-01 13:08", PRAYER),
        ("2026-06-01 08:00", "2026-06-02 00:00", Hours(open=parse_openings("mon-sun holiday 00:00-24:00"))),
    ],
)
def test_calls_are_allowed_until_the_hours_end_or_a_pause_begins(when: str, until: str, hours: Hours) -> None:
    found = allowed_until(at(when), hours, TOWN.calendar, ZONE)
    assert said(found) == until


@settings(derandomize=True, max_examples=200)
@given(st.integers(0, 40 * 24 * 60), st.sampled_from([SHIPPED, PRAYER]))
def test_every_minute_until_then_is_allowed_and_that_one_is_not(minute: int, hours: Hours) -> None:
    start = at("2026-05-10") + 60 * minute
    until = allowed_until(start, hours, TOWN.calendar, ZONE)
    for one in {start, (start + until) // 120 * 60, until - 60} if until > start else ():
        assert next_allowed(max(one, start), hours, TOWN.calendar, ZONE) == (max(one, start), None)
    if until > start:
        found = next_allowed(until, hours, TOWN.calendar, ZONE)
        assert found is not None
        assert found[0] > until
