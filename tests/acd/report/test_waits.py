"""Why callers waited, in words for a shift lead."""

from datetime import datetime
from typing import Any, get_args
from zoneinfo import ZoneInfo

from acd.engine.model.wait_causes import WaitCause
from acd.report.waits import CALLBACK, CAUSES, WaitReport, WaitSum, pick_ups

ZONE = ZoneInfo("Europe/Istanbul")
NINE = int(datetime(2026, 1, 5, 9, tzinfo=ZONE).timestamp()) // 3600


def waited(cause: str, seconds: float, agent: str = "", **more: Any) -> WaitSum:
    given: dict[str, Any] = {
        "service": "request",
        "priority": "routine",
        "within_target": False,
        "hour": NINE,
        "parts": 1,
        **more,
    }
    return WaitSum(cause=cause, agent=agent, waited_s=seconds, **given)


RINGS = [("1001", 2.0, 40), ("1002", 3.0, 40), ("1004", 9.0, 10), ("1004", 12.0, 2), ("1009", 30.0, 1)]


def test_slow_pick_ups_are_told_with_who_is_slow() -> None:
    sums = [
        waited("pick_up", 4000, "1004"),
        waited("pick_up", 1000, "1001", within_target=True),
        waited("busy", 3000),
        waited("busy", 1500, hour=NINE + 1),
        waited("skills", 500, service="funeral"),
        waited(CALLBACK, 7200),
    ]
    made = WaitReport(sums, RINGS, ZONE)
    assert made.lines(6.0) == [
        "2 h 46 min waited, 2 h 30 min of it by callers for whom the target of 6 s was missed",
        "",
        " 50.0%    1 h 23 min  phones rang until they were picked up: 1004 takes 9 s; 3 s as a rule",
        " 45.0%    1 h 15 min  every agent who could take the call had one: 09 h 50 min 00 s, 10 h 25 min 00 s",
        "  5.0%    8 min 20 s  agents with the skill or the language were busy or away, others were not: "
        "funeral 8 min 20 s",
        "",
        "besides 2 h 00 min until callers were called back, off the line",
    ]
    record = made.record()
    assert (record["waited_s"], record["missed_s"], record["callback_s"]) == (10_000, 9_000, 7_200)
    assert sum(cause["waited_s"] for cause in record["causes"]) == record["waited_s"]
    assert sum(cause["share"] for cause in record["causes"]) == 1.0
    assert record["causes"][0]["agents"] == [
        {"extension": "1004", "waited_s": 4000},
        {"extension": "1001", "waited_s": 1000},
    ]


def test_a_median_and_nine_of_ten_are_ranks_of_what_was_counted() -> None:
    agents, every = pick_ups([*RINGS, ("1001", 7.5, 6)])
    assert [(one.extension, one.calls, one.p50_s, one.p90_s) for one in agents] == [
        ("1001", 46, 2.0, 7.5),
        ("1002", 40, 3.0, 3.0),
        ("1004", 12, 9.0, 12.0),
        ("1009", 1, 30.0, 30.0),
    ]
    assert every is not None
    assert (every.calls, every.p50_s, every.p90_s) == (99, 3.0, 9.0)
    assert pick_ups([]) == ([], None)


def test_where_nobody_is_slow_that_is_said_and_one_call_makes_nobody_slow() -> None:
    made = WaitReport([waited("pick_up", 10, "1001")], [("1001", 2.0, 9), ("1009", 30.0, 1)], ZONE)
    assert made.lines(6.0)[2].endswith("2 s as a rule, no agent much slower")


def test_nobody_waited() -> None:
    assert WaitReport([], [], ZONE).lines(6.0) == ["nobody waited on the line"]


def test_every_cause_has_words() -> None:
    assert set(CAUSES) | {CALLBACK} == set(get_args(WaitCause))
