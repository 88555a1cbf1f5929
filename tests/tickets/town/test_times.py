"""Weekdays and hours of the town's files."""

import pytest

from tickets.town.times import BadTimes, covers, parse_days, parse_spans


def test_days() -> None:
    assert parse_days("mon-fri") == {"mon", "tue", "wed", "thu", "fri"}
    assert parse_days("sat sun holiday") == {"sat", "sun", "holiday"}
    for text in ("", "fri-mon", "monday", "mon-holiday", "holiday-mon"):
        with pytest.raises(BadTimes, match="must be mon, tue"):
            parse_days(text)


def test_spans() -> None:
    assert parse_spans("08:30-12:30 13:30-17:30") == ((510, 750), (810, 1050))
    assert parse_spans("17:30-08:30") == ((1050, 1950),)
    assert parse_spans("00:00-24:00") == ((0, 1440),)
    assert parse_spans("00:00-00:00") == ((0, 1440),)
    for text in ("", "8:30-17:30", "08:30", "24:00-25:00", "09:00-24:01"):
        with pytest.raises(BadTimes, match="must be times"):
            parse_spans(text)
    with pytest.raises(BadTimes, match="12:00-13:00 begins before"):
        parse_spans("08:30-12:30 12:00-13:00")


def test_which_day_a_span_has_to_begin_in() -> None:
    night = parse_spans("17:30-08:30")
    assert list(covers(night, 18 * 60)) == [0]
    assert list(covers(night, 3 * 60)) == [-1]
    assert list(covers(night, 8 * 60 + 30)) == []
    assert list(covers(parse_spans("00:00-24:00"), 0)) == [0]
