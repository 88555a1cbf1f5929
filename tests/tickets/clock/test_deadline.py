"""Deadlines against dates worked out by hand."""

from datetime import date, datetime, timedelta

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tickets.clock.dates import CALENDAR, DAY, FREE, RULES, ZONE, at, clock, due, said, stop, worked_out
from tickets.clock.calendar import Calendar, Leave
from tickets.clock.deadline import Clock, Stop, answer_by, deadline

LEAVE = msgspec.structs.replace(
    CALENDAR, leave=(Leave(first=date(2026, 5, 25), last=date(2026, 5, 26), tr="idari izin", en="leave"),)
)


@pytest.mark.parametrize(
    ("rule", "since", "expected", "why"),
    [
        ("information", "2026-05-20", "2026-06-15", "21 22 25 26 / 1 to 5, 8 to 12, 15 June: bayram 27 to 29 May"),
        ("complaint", "2026-03-12", "2026-03-27", "13, 16 to 19 (eve), Ramazan Bayramı 20 to 22, 23 to 27 March"),
        ("three_days", "2026-10-26", "2026-10-30", "27, 28 (half day), not 29 October, 30"),
        ("request", "2026-12-18", "2027-01-11", "21 to 25, 28 to 31 December; not 1 January; 4 to 8, 11"),
        ("three_days", "2028-02-28", "2028-03-02", "a leap year: 29 February, 1 and 2 March"),
        ("one_day", "2027-02-26", "2027-03-01", "no leap year: Friday, then Monday"),
        ("three_days", "2026-05-23", "2026-06-01", "came on a Saturday: 25, 26 May, 1 June"),
        ("one_day", "2026-05-27", "2026-06-01", "came on a holiday"),
        ("three_days", "2027-05-14", "2027-05-24", "16 to 19 May 2027: Kurban Bayramı runs into 19 May; 20, 21, 24"),
        ("petition", "2026-05-20", "2026-06-19", "30 days, a Friday"),
        ("petition", "2026-04-01", "2026-05-04", "day 30 is 1 May, a holiday and a Friday: Monday"),
        ("petition", "2026-04-27", "2026-06-01", "day 30 is 27 May, bayram until Saturday: Monday 1 June"),
        ("petition", "2026-05-21", "2026-06-22", "day 30 is a Saturday: Monday"),
        ("cimer", "2028-02-15", "2028-03-16", "29 February is a day"),
        ("cimer", "2026-12-02", "2027-01-04", "day 30 is 1 January, a Friday: Monday"),
        ("seven_days", "2026-12-24", "2027-01-05", "25, 28 to 31 December; not 1 January; 4, 5"),
        (
            "thirty_days",
            "2026-07-01",
            "2026-08-13",
            "2, 3, 6 to 10, 13, 14, not 15 July, 16, 17, 20 to 31; 3 to 13 August",
        ),
        ("cimer_information", "2026-05-20", "2026-06-15", "CİMER: information has 15 working days"),
    ],
)
def test_by_hand(rule: str, since: str, expected: str, why: str) -> None:
    assert due(rule, since) == expected, why


@pytest.mark.parametrize(
    ("rule", "since", "expected"),
    [
        ("information", "2026-05-20", "2026-06-16"),
        ("complaint", "2026-03-12", "2026-03-30"),
        ("three_days", "2026-10-26", "2026-11-02"),
    ],
)
def test_half_days_that_do_not_count(rule: str, since: str, expected: str) -> None:
    assert due(rule, since, calendar=FREE) == expected


def test_leave_announced_later() -> None:
    assert due("information", "2026-05-20", calendar=LEAVE) == "2026-06-17"
    assert due("petition", "2026-04-25", calendar=LEAVE) == "2026-06-01", "day 30 falls on leave, then bayram"


def test_the_day_of_receipt_is_the_local_one() -> None:
    assert due("information", "2026-05-20 23:59:59") == "2026-06-15"
    assert due("information", "2026-05-21 00:00:00") == "2026-06-16"


def test_a_deadline_of_days_ends_with_the_last_second_of_its_date() -> None:
    found = worked_out("information", "2026-05-20 14:30")
    assert found.due_at == at("2026-06-15 23:59:59")
    assert not found.overdue(at("2026-06-15 23:59:59"))
    assert found.overdue(at("2026-06-16 00:00"))


def test_minutes_run_day_and_night_and_no_hour_is_lost_or_won() -> None:
    for since in ("2026-03-29 01:00", "2026-10-25 01:00", "2026-12-31 22:00", "2026-05-20 23:50"):
        found = worked_out("urgent", since)
        assert found.due_at == at(since) + 240 * 60
        assert said(found.due_at) == said(at(since) + 4 * 3600), "Turkey has no summer time"
    assert said(worked_out("urgent", "2026-12-31 22:00").due_at) == "2027-01-01 02:00"


def test_what_is_dangerous_has_three_hours_of_any_night() -> None:
    found = worked_out("danger", "2026-05-26 23:30")
    assert said(found.due_at) == "2026-05-27 02:30", "the night before the bayram"
    assert said(found.accept_by) == "2026-05-26 23:50"
    assert (said(found.warn_at), said(found.escalate_at)) == ("2026-05-27 01:30", "2026-05-27 03:00")


def test_an_urgent_request_must_be_accepted_within_minutes() -> None:
    assert said(worked_out("urgent", "2026-05-20 03:00").accept_by) == "2026-05-20 03:10"
    assert worked_out("request", "2026-05-20 03:00").accept_by is None


# --- stops


def test_a_stop_moves_the_deadline_by_the_days_that_ended_in_it() -> None:
    assert due("complaint", "2026-06-01") == "2026-06-15"
    assert due("complaint", "2026-06-01", stop("2026-06-03 10:00", "2026-06-05 09:00")) == "2026-06-17"
    assert due("complaint", "2026-06-01", stop("2026-06-05 10:00", "2026-06-08 09:00")) == "2026-06-16", "a weekend"
    assert due("complaint", "2026-06-01", stop("2026-06-03 10:00", "2026-06-03 17:00")) == "2026-06-15", "one day"


def test_a_stop_over_a_bayram_moves_it_by_working_days_only() -> None:
    assert due("information", "2026-05-20", stop("2026-05-22 10:00", "2026-06-03 09:00")) == "2026-06-22"


def test_a_petition_stops_too() -> None:
    assert due("petition", "2026-05-20", stop("2026-06-01 10:00", "2026-06-06 10:00")) == "2026-06-24"


def test_a_clock_that_stands_still_has_no_due_date_but_days_left() -> None:
    found = worked_out("information", "2026-05-20", stop("2026-05-25 10:00"))
    assert (found.due, found.due_at, found.warn_at, found.escalate_at, found.left) == (None, None, None, None, 13)
    assert not found.overdue(at("2030-01-01"))


def test_a_question_on_the_last_day_still_stops_the_clock_and_one_after_it_does_not() -> None:
    assert due("complaint", "2026-06-01", stop("2026-06-15 16:00")) == ""
    assert due("complaint", "2026-06-01", stop("2026-06-16 00:00")) == "2026-06-15"


def test_minutes_stop_to_the_second() -> None:
    found = worked_out("urgent", "2026-05-20 23:50", stop("2026-05-21 00:10:30", "2026-05-21 00:41:00"))
    assert found.due_at == at("2026-05-21 03:50") + 30.5 * 60
    standing = worked_out("urgent", "2026-05-20 23:50", stop("2026-05-21 00:10"))
    assert (standing.due_at, standing.left) == (None, 220)


def test_an_ended_clock_keeps_its_due_date() -> None:
    ended = msgspec.structs.replace(clock("complaint", "2026-06-01"), ended_at=at("2026-06-05"))
    assert str(deadline(ended, RULES["complaint"], CALENDAR, ZONE).due) == "2026-06-15"


def test_thirty_working_days_for_information() -> None:
    assert due("information", "2026-05-20", extend=15) == "2026-07-06"


def test_the_citizen_has_fifteen_working_days_to_pay() -> None:
    fee = Clock(rule="information", started_at=at("2026-05-18"), stops=(Stop(since=at("2026-05-20 11:00"), why="fee"),))
    assert answer_by(fee, RULES["information"], CALENDAR, ZONE) == at("2026-06-15 23:59:59")
    assert answer_by(clock("information", "2026-05-18"), RULES["information"], CALENDAR, ZONE) is None


# --- warning and escalation


def test_warned_in_the_morning_and_escalated_after_the_limit() -> None:
    found = worked_out("complaint", "2026-06-01")
    assert (said(found.warn_at), said(found.escalate_at)) == ("2026-06-11 09:00", "2026-06-17 23:59")
    found = worked_out("petition", "2026-04-01")
    assert (said(found.warn_at), said(found.escalate_at)) == ("2026-04-24 09:00", "2026-05-04 23:59")
    found = worked_out("urgent", "2026-05-20 23:50")
    assert (said(found.warn_at), said(found.escalate_at)) == ("2026-05-21 02:50", "2026-05-21 04:50")


# --- steps


def test_how_a_deadline_was_reached_is_a_line_a_rule() -> None:
    found = worked_out("information", "2026-05-20")
    assert [step.en for step in found.steps] == [
        "2026-05-20 Wednesday: the request came; the period begins on the day after",
        "Limit: 15 working days, Freedom of information (4982 m. 11)",
        "Weekends do not count: 2026-05-23 to 2026-05-24, 2026-05-30 to 2026-05-31, 2026-06-06 to 2026-06-07, "
        "2026-06-13 to 2026-06-14",
        "Holiday does not count: 2026-05-27 to 2026-05-29, Eid al-Adha",
        "Half day, counts as a working day: 2026-05-26 Tuesday, Eid al-Adha (from 1pm)",
        "Due, working day 15: 2026-06-15 Monday",
    ]
    assert [step.tr for step in found.steps] == [
        "20.05.2026 Çarşamba: başvuru geldi; süre ertesi gün başlar",
        "Süre: 15 iş günü, Bilgi edinme (4982 m. 11)",
        "Hafta sonu sayılmadı: 23-24.05.2026, 30-31.05.2026, 06-07.06.2026, 13-14.06.2026",
        "Resmî tatil sayılmadı: 27-29.05.2026, Kurban Bayramı",
        "Yarım gün iş günü sayıldı: 26.05.2026 Salı, Kurban Bayramı (saat 13.00'ten)",
        "Son gün, 15. iş günü: 15.06.2026 Pazartesi",
    ]


def test_a_period_that_is_named_after_its_length_says_it_once() -> None:
    _, limit, *_ = worked_out("seven_days", "2026-06-01").steps
    assert (limit.tr, limit.en) == ("Süre: 7 iş günü", "Limit: 7 working days")


def test_the_steps_name_every_rule_that_was_used() -> None:
    def rules(
        rule: str, since: str, calendar: Calendar = CALENDAR, extend: int = 0, stops: tuple[Stop, ...] = ()
    ) -> list[str]:
        return [step.rule for step in worked_out(rule, since, *stops, calendar=calendar, extend=extend).steps]

    assert rules("petition", "2026-04-01") == ["start", "limit", "last_day", "due"]
    assert rules("complaint", "2026-05-20", calendar=LEAVE) == ["start", "limit", "weekend", "leave", "holiday", "due"]
    assert "extension" in rules("information", "2026-05-20", extend=15)
    assert rules("one_day", "2026-06-01", stops=(stop("2026-06-02 10:00", "2026-06-03 10:00"),)) == [
        *("start", "limit", "stop", "stopped_days", "due")
    ]
    assert rules("one_day", "2026-06-01", stops=(stop("2026-06-02 10:00"),)) == ["start", "limit", "stop", "left"]
    assert rules("urgent", "2026-06-01") == ["start", "limit", "due"]


# --- whatever happens

MOMENTS = st.integers(0, 90 * 24 * 60).map(lambda minutes: at("2026-02-01") + 60 * minutes)


@st.composite
def stops(draw: st.DrawFn) -> tuple[Stop, ...]:
    ends = sorted(set(draw(st.lists(MOMENTS, max_size=8))))
    pairs = [Stop(since=since, until=until) for since, until in zip(ends[::2], ends[1::2], strict=False)]
    if len(ends) % 2 and draw(st.booleans()):
        pairs.append(Stop(since=ends[-1]))
    return tuple(pairs)


def end_of(day: date) -> float:
    midnight = datetime(day.year, day.month, day.day, tzinfo=ZONE) + timedelta(days=1)
    return midnight.timestamp() - 0.001


def stood(stops: tuple[Stop, ...], moment: float) -> bool:
    return any(one.since <= moment and (one.until is None or moment < one.until) for one in stops)


@settings(derandomize=True, max_examples=300)
@given(rule=st.sampled_from(sorted(RULES)), began=MOMENTS, stops=stops(), calendar=st.sampled_from([CALENDAR, FREE]))
def test_a_stopped_clock_never_runs(rule: str, began: float, stops: tuple[Stop, ...], calendar: Calendar) -> None:
    """Counted again by instants: what ran between the start and the deadline is the limit, no less and no more."""
    stops = tuple(one for one in stops if one.since >= began)
    of = RULES[rule]
    found = deadline(Clock(rule=rule, started_at=began, stops=stops), of, calendar, ZONE)
    if of.counts == "minutes":
        if found.due_at is not None:
            still = sum(min(one.until or 9e9, found.due_at) - one.since for one in stops if one.since < found.due_at)
            assert found.due_at - began - still == pytest.approx(60 * of.limit)
        return
    day, counted = datetime.fromtimestamp(began, ZONE).date(), 0
    horizon = found.due or date(2027, 6, 1)
    while day < horizon:
        day += DAY
        free = of.counts == "working_days" and not calendar.works(day)
        counted += not free and not stood(stops, end_of(day))
    if found.due is None:
        assert stops[-1].until is None
        assert counted + found.left == of.limit
    elif of.counts == "working_days":
        assert counted == of.limit
        assert calendar.works(found.due)
        assert not stood(stops, end_of(found.due))
    else:
        assert counted >= of.limit
        assert calendar.works(found.due)


@settings(derandomize=True, max_examples=200)
@given(rule=st.sampled_from(sorted(RULES)), began=MOMENTS, stops=stops(), days=st.integers(1, 40))
def test_standing_longer_never_brings_the_deadline_nearer(
    rule: str, began: float, stops: tuple[Stop, ...], days: int
) -> None:
    stops = tuple(one for one in stops if one.since >= began and one.until is not None)
    if not stops:
        return
    last = stops[-1]
    assert last.until is not None
    longer = (*stops[:-1], msgspec.structs.replace(last, until=last.until + 86_400 * days))
    one = deadline(Clock(rule=rule, started_at=began, stops=stops), RULES[rule], CALENDAR, ZONE)
    two = deadline(Clock(rule=rule, started_at=began, stops=longer), RULES[rule], CALENDAR, ZONE)
    assert one.due_at is not None
    assert two.due_at is not None
    assert two.due_at >= one.due_at
    assert two.warn_at is not None
    assert began <= two.warn_at <= two.due_at
