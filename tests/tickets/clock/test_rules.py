"""The clocks of a town: the shipped ones, the law's limits, which of them a request has."""

import pytest

from acd.lib.file_checks import BadFile
from tests.tickets.clock.dates import RULES, shipped
from tickets.clock.rules import clock_for, parse_clocks
from tickets.kinds import KINDS


def problems(text: str) -> list[str]:
    with pytest.raises(BadFile) as caught:
        parse_clocks(text, file="clocks.toml")
    return [str(problem) for problem in caught.value.problems]


def test_every_kind_has_a_clock() -> None:
    assert set(KINDS) <= set(RULES)
    assert (RULES["information"].limit, RULES["information"].counts) == (15, "working_days")
    assert (RULES["petition"].limit, RULES["petition"].counts) == (30, "calendar_days")
    assert RULES["urgent"].counts == "minutes"


def test_a_topic_may_change_the_clock_where_no_law_binds() -> None:
    assert clock_for(RULES, "complaint", "danger").id == "danger"
    assert clock_for(RULES, "request").id == "request"
    assert clock_for(RULES, "petition", "danger").id == "petition"
    assert clock_for(RULES, "complaint", "gone").id == "complaint", "a clock that a reload took away"
    assert clock_for(RULES, "urgent", "thirty_days").id == "urgent", "an urgent call is never slower for its topic"
    assert clock_for(RULES, "cimer", asks_information=True).id == "cimer_information"
    assert clock_for(RULES, "cimer").id == "cimer"


def test_a_town_may_not_promise_more_than_the_law() -> None:
    text = shipped("clocks.toml")
    assert problems(
        text.replace('limit = 30\ncounts = "calendar_days"\nbasis', 'limit = 31\ncounts = "calendar_days"\nbasis')
    ) == [
        "clocks.toml: clock.4.limit = 31: must be at most 30 calendar days: law 3071, article 7",
        "clocks.toml: clock.5.limit = 31: must be at most 30 calendar days: law 3071, article 7",
    ]
    assert problems(text.replace("max_extension = 15\nwarn = 3\nends", "max_extension = 20\nwarn = 3\nends"))[0] == (
        "clocks.toml: clock.3.max_extension = 20: must be at most 15: law 4982, article 11"
    )
    assert (
        "clock.4.limit = 30: must be at most 30 calendar days"
        in problems(text.replace('limit = 30\ncounts = "calendar_days"', 'limit = 30\ncounts = "working_days"'))[0]
    )
    assert 'clock.3.ends = "outcome": must be "told"' in problems(text.replace('ends = "told"', 'ends = "outcome"'))[0]


def test_every_fault_is_named() -> None:
    assert problems('x = 1\n[[clock]]\nid = "Ü"\ntr = ""\nlimit = 0\ncounts = "hours"\nlong = 2') == [
        "clocks.toml: x = 1: no such key; allowed: clock",
        "clocks.toml: clock.0.long = 2: no such key; allowed: accept_minutes, answer_days, basis, counts, en, ends, "
        "escalate, id, limit, max_extension, stops, tr, warn",
        'clocks.toml: clock.0.id = "Ü": must be 1 to 40 of a-z, 0-9 and _, the first a letter',
        'clocks.toml: clock.0.tr = "": must be 1 to 80 characters',
        "clocks.toml: clock.0.en: is missing and has no default",
        "clocks.toml: clock.0.limit = 0: must be a whole number from 1",
        'clocks.toml: clock.0.counts = "hours": must be "minutes", "working_days" or "calendar_days"',
    ]
    missing = problems('[[clock]]\nid = "urgent"\ntr = "a"\nen = "b"\nlimit = 3\ncounts = "minutes"\nwarn = 1')
    assert missing[0] == 'clocks.toml: clock: a clock with the id "request" is missing: every kind needs one'
    assert (
        "must be less than the limit (240)" in problems(shipped("clocks.toml").replace("warn = 60", "warn = 240", 1))[0]
    )


def test_a_clock_that_stands_twice_or_for_years_or_in_minutes_where_the_law_counts_days() -> None:
    text = shipped("clocks.toml")
    assert "must be unique" in problems(text.replace('id = "request"', 'id = "urgent"', 1))[0]
    assert "must be at most 365 days" in problems(text.replace("limit = 10\n", "limit = 366\n", 1))[0]
    minutes = problems(text.replace('counts = "calendar_days"', 'counts = "minutes"', 1))
    assert 'clock.4.counts = "minutes": must be "calendar_days": law 3071, article 7' in minutes[0]
