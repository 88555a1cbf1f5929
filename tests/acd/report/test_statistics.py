"""A report's figures, right by hand."""

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from acd.report.statistics import CallStatistics, Group, Interval, Report, Span

ISTANBUL = ZoneInfo("Europe/Istanbul")
DAY = datetime(2025, 11, 24, tzinfo=ISTANBUL).timestamp()
SPAN = Span(DAY, DAY + 86_400, DAY + 86_400)


def call(hour: float, outcome: str = "answered", wait_s: float | None = 5.0, **more: Any) -> CallStatistics:
    values: dict[str, object] = {
        "entered_at": DAY + hour * 3600, "queued": wait_s is not None, "priority": "routine", "service": "request",
        "outcome": outcome, "agent": "1001" if outcome == "answered" else None, "wait_s": wait_s,
        "within_target": None if wait_s is None else wait_s <= 6,
        "talk_s": 100.0 if outcome == "answered" else None, "hold_s": 10.0, "wrapup_s": 20.0,
    }  # fmt: skip
    return CallStatistics(**{**values, **more})


def test_who_was_called_back_is_an_outcome_of_its_own_with_its_true_wait() -> None:
    """None of them held the line, so they neither lift the speed of answer nor are let go; the talk is the agent's."""
    back = call(9, "called_back", 900.0, agent="1001", talk_s=50.0, wrapup_s=10.0)
    made = report(
        call(9, wait_s=6.0), back, call(9, "called_back", 300.0, agent="1001", talk_s=60.0, wrapup_s=0.0),
        call(9, "callback_failed", 4000.0), call(9, "callback_cancelled", 50.0), call(9, "timed_out", 30.0),
    )  # fmt: skip
    record = made.total.record()
    counted = ("offered", "answered", "called_back", "callbacks_failed", "callbacks_off", "other")
    assert [record[name] for name in counted] == [6, 1, 2, 1, 1, 1]
    assert (record["asa_s"], record["callback_wait_s"], record["max_callback_wait_s"]) == (6.0, 600.0, 900.0)
    assert (record["max_wait_s"], record["mean_talk_s"], record["aht_s"]) == (30.0, 70.0, 80.0)
    made.add_parts("1001", 3, 210.0, 0.0)
    (agent,) = made.agents()
    assert (agent["handled"], agent["called_back"], agent["talk_s"]) == (3, 2, 210.0)


def test_of_a_call_that_was_handed_on_each_agent_has_their_own_part() -> None:
    made = report(call(9, agent="1001", talk_s=90.0, wrapup_s=0.0))
    made.add_parts("1001", 1, 30.0, 5.0)
    made.add_parts("1002", 1, 60.0, 0.0)
    rows = {row["extension"]: (row["handled"], row["talk_s"], row["hold_s"]) for row in made.agents()}
    assert rows == {"1001": (1, 30.0, 5.0), "1002": (1, 60.0, 0.0)}
    assert (made.total.answered, made.total.record()["mean_talk_s"]) == (1, 90.0)


def report(*calls: CallStatistics, names: dict[str, str] | None = None) -> Report:
    made = Report(SPAN, ISTANBUL, 20.0, names or {})
    for one in calls:
        made.add_call(one)
    return made


def test_the_share_within_the_target_is_of_the_answered_and_abandoned() -> None:
    made = report(
        call(9, wait_s=5.0), call(9, wait_s=6.5), call(9, priority="urgent", within_target=False, service="funeral"),
        call(10, "abandoned", 3.0), call(10, "timed_out", 5.0), call(10, "called_back", 5.0), call(10, "answered", 2.0),
        call(11, "self_served", None),
    )  # fmt: skip
    assert made.total.record()["within_target"] == 0.6
    assert [made.classes[priority].record()["within_target"] for priority in ("urgent", "routine")] == [0.0, 0.75]
    hours = {row["hour"]: row["within_target"] for row in made.hours()}
    assert (hours[9], hours[10], hours[11]) == (round(1 / 3, 6), 1.0, None)
    assert {row["service"]: row["within_target"] for row in made.by_service()} == {"request": 0.75, "funeral": 0.0}


def test_the_three_service_levels_by_hand() -> None:
    group = Group(20.0)
    for one in (
        *(call(9, wait_s=5.0) for _ in range(6)),
        *(call(9, wait_s=30.0) for _ in range(2)),
        call(9, "abandoned", 3.0),
        call(9, "abandoned", 40.0),
        call(9, "timed_out", 300.0),
        call(9, "self_served", None),
        call(9, "abandoned_in_menu", None),
    ):
        group.add(one)
    record = group.record()
    assert (record["offered"], record["answered"], record["abandoned"], record["other"]) == (11, 8, 2, 1)
    assert record["service_level"] == {
        "answered": 0.75, "answered_or_abandoned": 0.7, "offered": round(6 / 11, 6)
    }  # fmt: skip
    assert record["asa_s"] == 11.25
    assert record["max_wait_s"] == 300.0
    assert record["aht_s"] == 120.0
    assert (group.in_menu, group.self_served) == (1, 1)


def test_who_left_a_message_was_not_let_go() -> None:
    made = report(call(9, "message_left", 40.0), call(9, "timed_out", 40.0), call(9), call(9, "abandoned", 4.0))
    record = made.total.record()
    assert [record[name] for name in ("offered", "answered", "abandoned", "message_left", "other")] == [4, 1, 1, 1, 1]


def test_ninety_five_percent_is_by_nearest_rank() -> None:
    """Nineteen of twenty callers waited at most 19 s; the twentieth is no part of it."""
    made = report(*(call(9, wait_s=float(n)) for n in range(1, 21)))
    assert made.total.record()["p95_wait_s"] == 19.0


def test_nothing_has_no_figures() -> None:
    record = Group(20.0).record()
    assert record["offered"] == 0
    assert record["asa_s"] is record["p95_wait_s"] is record["max_wait_s"] is None
    assert set(record["service_level"].values()) == {None}


def test_by_hour_urgent_apart() -> None:
    made = report(call(9.5), call(9.9, "abandoned", 4.0), call(14, priority="urgent", wait_s=1.0))
    hours = made.hours()
    assert [(row["hour"], row["offered"], row["urgent"]["offered"]) for row in hours] == [(9, 2, 0), (14, 1, 1)]
    assert hours[1]["urgent"]["asa_s"] == 1.0
    assert [row["day"] for row in made.days()] == ["2025-11-24"]


def test_agents_in_turkish_order_with_their_times() -> None:
    names = {"1001": "Çiğdem", "1002": "Cem", "1003": "İnci", "1004": "Işık", "1005": "Nobody"}
    made = report(call(9, agent="1001"), call(9, agent="1001"), call(9, agent="1009"), names=names)
    for agent, state, begin, end in (
        ("1001", "ready", -1, 1), ("1001", "talking", 1, 2), ("1001", "wrapup", 2, 2.5), ("1001", "paused", 2.5, 3),
        ("1001", "ringing", 3, 3.5), ("1001", "offline", 3.5, None), ("1002", "ready", 23, None),
        ("1003", "unavailable", 5, 6), ("1004", "ready", 6, 7), ("1005", "offline", -5, None),
    ):  # fmt: skip
        ended = None if end is None else DAY + end * 3600
        made.add_interval(Interval(agent=agent, state=state, began_at=DAY + begin * 3600, ended_at=ended))
    made.add_missed("1002", 3)
    made.add_parts("1001", 2, 200.0, 30.0)
    made.add_parts("1009", 1, 100.0, 0.0)
    rows = {row["extension"]: row for row in made.agents()}
    assert list(rows) == ["1002", "1001", "1004", "1003", "1009"]
    first = rows["1001"]
    assert (first["handled"], first["talk_s"], first["wrapup_s"], first["aht_s"]) == (2, 200.0, 1800.0, 1000.0)
    assert (first["signed_in_s"], first["ready_s"], first["paused_s"]) == (3.5 * 3600, 3600, 1800)
    assert first["occupancy"] == 0.5  # talk 1 h and wrap-up 0.5 h, of these and 0.5 h ringing and 1 h ready
    assert (rows["1002"]["signed_in_s"], rows["1002"]["missed"]) == (3600, 3)
    assert rows["1009"]["occupancy"] is None


def test_agents_on_duty_by_hour() -> None:
    made = report()
    for agent, begin, end in (("1001", 8, 10), ("1002", 9.5, 12)):
        made.add_interval(Interval(agent=agent, state="ready", began_at=DAY + begin * 3600, ended_at=DAY + end * 3600))
    assert {row["hour"]: row["agents"] for row in made.hours()} == {8: 1.0, 9: 1.5, 10: 1.0, 11: 1.0}


def test_an_hour_that_is_not_over_counts_what_there_was_of_it() -> None:
    made = Report(Span(DAY, DAY + 86_400, DAY + 9.5 * 3600), ISTANBUL, 20.0, {})
    made.add_interval(Interval(agent="1001", state="ready", began_at=DAY + 9 * 3600, ended_at=None))
    assert [(row["hour"], row["agents"]) for row in made.hours()] == [(9, 1.0)]


outcomes = st.sampled_from(("answered", "abandoned", "timed_out", "message_left", "self_served", "abandoned_in_menu"))


@given(
    st.lists(
        st.builds(
            lambda hour, outcome, wait, priority: call(
                hour, outcome, None if outcome in ("self_served", "abandoned_in_menu") else wait, priority=priority
            ),
            st.floats(0, 23.99), outcomes, st.floats(0, 300), st.sampled_from(("urgent", "routine")),
        )
    )
)  # fmt: skip
def test_parts_add_up_to_the_whole(calls: list[CallStatistics]) -> None:
    made = report(*calls)
    whole = made.total.record()
    for parts in (
        made.hours(), made.days(), [group.record() for group in made.classes.values()], made.by_service()
    ):  # fmt: skip
        for key in ("offered", "answered", "abandoned", "message_left", "other"):
            assert sum(part[key] for part in parts) == whole[key]
    for row in made.hours():
        assert row["urgent"]["offered"] <= row["offered"]
    for level in whole["service_level"].values():
        assert level is None or 0 <= level <= 1
