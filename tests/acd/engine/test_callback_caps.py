"""Callbacks are no weapon: their caps, and the ranges that are never called."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import Announce
from acd.engine.model.errors import BadConfig
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import CallbackQueued, CallbackRefused
from tests.acd.engine.calling_back import asks, busy, callee, hangs_up, line_of, parts, presses, queued
from tests.acd.engine.line import Line

DAY_S, HOUR_S = 86_400.0, 3600.0


def asks_anew(line: Line, call: str, number: str) -> bool:
    """A caller comes, asks, and is called back and talked to, or is refused and hangs up; whether they were called."""
    queued(line, call, number=number)
    presses(line, call)
    called = any(fact.call == call for fact in line.facts(CallbackQueued))
    if not called:
        assert Announce(call=call, prompts=("callback_impossible",), language="tr") in line.commands  # type: ignore[arg-type]  # the id is a plain text here
    hangs_up(line, call)
    if called:
        line.ready("1001")
        line.answers(call)
        callee(line, call)
        parts(line, call)
        line.wishes("1001", "offline")
    return called


def why(line: Line) -> list[str]:
    return [fact.why for fact in line.facts(CallbackRefused)]


def test_a_number_is_called_back_so_often_a_day() -> None:
    line = line_of(callbacks_per_number=2)
    numbers = ["05320000001"] * 3 + ["05320000002"]
    assert [asks_anew(line, f"c{n}", number) for n, number in enumerate(numbers)] == [True, True, False, True]
    assert why(line) == ["per_number"]
    line.passes(DAY_S)
    assert asks_anew(line, "c9", "05320000001")


def test_a_refused_wish_does_not_count() -> None:
    line = line_of(callbacks_per_number=1)
    assert asks_anew(line, "c1", "05320000001")
    line.passes(DAY_S - 1)
    assert not asks_anew(line, "c2", "05320000001")
    line.passes(2)
    assert asks_anew(line, "c3", "05320000001")


def test_a_number_is_remembered_for_a_day_and_no_longer() -> None:
    line = line_of(callbacks_per_number=1)
    assert asks_anew(line, "c1", "05320000001")
    line.passes(DAY_S - HOUR_S)
    assert asks_anew(line, "c2", "05320000002")
    line.passes(HOUR_S)
    assert asks_anew(line, "c3", "05320000003")
    assert set(line.engine.state.callbacks_by_number) == {"05320000002", "05320000003"}


def test_all_numbers_together_have_so_many_an_hour() -> None:
    line = line_of(callbacks_per_hour=3)
    assert [asks_anew(line, f"c{n}", f"0532000000{n}") for n in range(5)] == [True, True, True, False, False]
    assert why(line) == ["per_hour", "per_hour"]
    line.passes(HOUR_S)
    assert asks_anew(line, "c9", "05320000009")


def test_routine_callers_use_up_nothing_of_urgent_ones() -> None:
    line = busy(callback_abandoned_urgent=True, callbacks_per_hour=1)
    asks(line, "c1")
    queued(line, "u1", "funeral", number="05320000008")
    hangs_up(line, "u1")
    queued(line, "u2", "funeral", number="05320000009")
    hangs_up(line, "u2")
    assert [fact.call for fact in line.facts(CallbackQueued)] == ["c1", "u1"]
    assert [(fact.call, fact.wish, fact.why) for fact in line.facts(CallbackRefused)] == [
        ("u2", "abandoned", "per_hour")
    ]
    assert line.outcome("u2").outcome == "abandoned"


def test_tries_are_no_callbacks_of_their_own() -> None:
    line = busy(callbacks_per_number=1, callbacks_per_hour=1)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.answers("c1")
    callee(line, "c1", "BUSY")
    line.answers("c2")
    line.passes(61)
    line.agent_hangs_up("c2")
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize(("number", "refused"), [("03921234567", True), ("03121234567", False)])
def test_a_denied_range_is_never_called(number: str, refused: bool) -> None:
    line = line_of(callback_denied=("+870", "+90392"))
    assert asks_anew(line, "c1", number) is not refused
    assert why(line) == (["denied"] if refused else [])


def test_a_range_that_is_denied_from_now_on_is_called_no_more() -> None:
    line = busy()
    asks(line, "c1")
    line.do(ConfigChanged(at=line.at, config=line_of(callback_denied=("+90532",)).config))
    assert line.outcome("c1").outcome == "callback_cancelled"


def test_every_refusal_has_its_reason_on_record() -> None:
    line = busy(callbacks=False)
    presses(line, "c1")
    assert why(line) == ["off"]
    line = busy()
    queued(line, "c9", number="")
    presses(line, "c9")
    asks(line, "c1")
    queued(line, "c8", number="05320000001")
    presses(line, "c8")
    assert why(line) == ["no_number", "pending"]


def test_nobody_is_told_of_callbacks_who_would_be_refused() -> None:
    line = line_of(callback_offer_after_s=30, callbacks_per_number=1)
    assert asks_anew(line, "c1", "05320000001")
    queued(line, "c2", number="05320000001")
    queued(line, "c3", number="05320000002")
    line.passes(60)
    told = [one.call for one in line.history if isinstance(one, Announce) and "callback_offer" in one.prompts]
    assert told == ["c3"]


def test_the_caps_are_remembered_over_a_restart_and_old_callbacks_forgotten() -> None:
    line = line_of(callbacks_per_number=1)
    assert asks_anew(line, "c1", "05320000001")
    line.engine = Engine.restore(line.engine.snapshot())
    assert not asks_anew(line, "c2", "05320000001")
    line.passes(DAY_S + HOUR_S)
    assert asks_anew(line, "c3", "05320000002")
    assert list(line.engine.state.callbacks_by_number) == ["05320000002"]


@pytest.mark.parametrize("rules", [{"callbacks_per_number": -1}, {"callbacks_per_hour": -1}])
def test_a_cap_below_nothing_is_refused(rules: dict[str, Any]) -> None:
    with pytest.raises(BadConfig, match="at least 0 is allowed"):
        line_of(**rules)


def test_what_is_forgotten_at_times_is_none_of_the_last_day() -> None:
    line = line_of(callbacks_per_number=1)
    assert asks_anew(line, "c1", "05320000001")
    line.passes(2 * HOUR_S)
    assert asks_anew(line, "c2", "05320000002")
    assert not asks_anew(line, "c3", "05320000001")
