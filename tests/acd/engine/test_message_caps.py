"""Nobody fills the inbox with messages: their limits by number, by hour, and of callers without a number."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import Announce, ReleaseCall, TakeMessage
from acd.engine.model.config import Schedule, Service
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.message_events import MessageStep, MessageTalked
from acd.engine.model.message_facts import MessageOffered, MessageRefused
from acd.engine.model.phone_numbers import e164
from tests.acd.engine.calling_back import hangs_up, presses, queued
from tests.acd.engine.line import Line

DAY_S, HOUR_S = 86_400.0, 3600.0
REQUEST = ServiceId("request")
ONE, OTHER = "05320000001", "05320000002"


def line_of(request: Service | None = None, *, number: int = 0, hour: int = 0, **config: Any) -> Line:
    """A line that takes messages, with so many for a number and for all, on which nobody is on duty."""
    services = (
        Service(id=REQUEST) if request is None else request,
        Service(id=ServiceId("funeral"), priority="urgent"),
        Service(id=ServiceId("agent")),
    )
    rules = {"message_s": 60.0, "messages_per_number": number, "messages_per_hour": hour}
    return Line("1001", services, rules=rules, **config)


def talks(line: Line, call: str, step: MessageStep, spoken_s: float = 0.0) -> None:
    line.do(MessageTalked(at=line.at, call=CallId(call), step=step, spoken_s=spoken_s))


def asks(line: Line, call: str, number: str) -> bool:
    """A caller waits and asks to leave a message; whether they are asked to speak."""
    queued(line, call, number=number)
    presses(line, call, "3")
    return any(isinstance(one, TakeMessage) for one in line.commands)


def leaves(line: Line, call: str, number: str) -> bool:
    """A caller comes, leaves a message if they may, and is gone."""
    asked = asks(line, call, number)
    if asked:
        talks(line, call, "began")
        line.passes(5)
        talks(line, call, "kept", 4.0)
        talks(line, call, "said")
        line.caller_gone(call)
        assert line.outcome(call).outcome == "message_left"
    else:
        hangs_up(line, call)
        assert line.outcome(call).outcome == "abandoned"
    return asked


def why(line: Line) -> list[str]:
    return [fact.why for fact in line.facts(MessageRefused)]


def test_a_number_leaves_so_many_a_day() -> None:
    line = line_of(number=2)
    numbers = [ONE, ONE, "+90 532 000 00 01", OTHER]
    assert [leaves(line, f"c{n}", number) for n, number in enumerate(numbers)] == [True, True, False, True]
    assert why(line) == ["per_number"]
    line.passes(DAY_S)
    assert leaves(line, "c9", ONE)


@pytest.mark.parametrize(("apart_s", "third"), [(HOUR_S * 2, False), (DAY_S / 2, True)])
def test_messages_of_one_number_that_are_hours_apart_count_together(apart_s: float, third: bool) -> None:
    line = line_of(number=2)
    left = []
    for n in range(3):
        left.append(leaves(line, f"c{n}", ONE))
        line.passes(apart_s)
    assert left == [True, True, third]


def test_a_number_is_remembered_for_a_day_and_no_longer() -> None:
    line = line_of(number=1)
    assert asks(line, "c1", ONE)
    line.passes(DAY_S - HOUR_S)
    assert asks(line, "c2", OTHER)
    line.passes(HOUR_S)
    assert asks(line, "c3", "05320000003")
    assert set(line.engine.state.messages_by_number) == {e164(OTHER), e164("05320000003")}


def test_whoever_may_leave_none_hears_so_and_waits_on_at_their_place() -> None:
    line = line_of(number=1)
    assert leaves(line, "c1", ONE)
    assert not asks(line, "c2", ONE)
    assert line.commands == [Announce(call=CallId("c2"), prompts=("message_enough",), language="tr")]
    queued(line, "c3", number=OTHER)
    line.ready("1001")
    assert line.offered == {"1001": "c2"}


def test_all_callers_together_leave_so_many_an_hour() -> None:
    line = line_of(hour=3)
    assert [leaves(line, f"c{n}", f"0532000000{n}") for n in range(4)] == [True, True, True, False]
    assert why(line) == ["per_hour"]
    assert not asks(line, "c5", "05320000005")
    said = Announce(call=CallId("c5"), prompts=("message_impossible", "queue_all_busy"), language="tr")
    assert line.commands == [said]
    line.passes(HOUR_S)
    assert leaves(line, "c9", "05320000009")


def test_callers_without_a_number_are_not_one_and_leave_half_of_an_hours_at_most() -> None:
    line = line_of(number=1, hour=5)
    names = ["", "Anonymous", "ahmet", "veli"]
    assert [leaves(line, f"c{n}", name) for n, name in enumerate(names)] == [True, True, True, False]
    assert why(line) == ["withheld"]
    assert leaves(line, "c8", ONE)
    line.passes(HOUR_S)
    assert leaves(line, "c9", "")


def test_without_an_hourly_limit_callers_without_a_number_have_none() -> None:
    line = line_of(number=1)
    assert all(leaves(line, f"c{n}", "") for n in range(20))


def test_a_switchboard_is_many_people() -> None:
    line = line_of(number=1, hour=3, switchboards=frozenset((ONE,)))
    assert [leaves(line, f"c{n}", ONE) for n in range(4)] == [True, True, True, False]
    assert why(line) == ["per_hour"]


def test_many_calls_at_once_leave_no_more() -> None:
    line = line_of(number=2)
    assert [asks(line, f"c{n}", ONE) for n in range(4)] == [True, True, False, False]


@pytest.mark.parametrize("step", ["none", "failed"])
def test_a_message_that_is_none_does_not_count(step: MessageStep) -> None:
    line = line_of(number=1, hour=1)
    assert asks(line, "c1", ONE)
    talks(line, "c1", "began")
    line.passes(3)
    talks(line, "c1", step)
    hangs_up(line, "c1")
    assert asks(line, "c2", ONE)
    hangs_up(line, "c2")  # before the tone
    assert line.engine.state.messages_by_number == {}
    assert leaves(line, "c3", ONE)
    assert not leaves(line, "c4", ONE)


def test_whoever_would_be_released_is_released_as_where_none_is_taken() -> None:
    closed = Service(id=REQUEST, hours="office")
    line = line_of(closed, number=1, schedules=(Schedule(id="office", open=((5e6, 6e6),), known_until=1e7),))
    queued(line, "c1", number=ONE)
    talks(line, "c1", "began")
    line.passes(5)
    talks(line, "c1", "kept", 4.0)
    line.caller_gone("c1")
    queued(line, "c2", number=ONE)
    assert line.commands == [
        ReleaseCall(call=CallId("c2"), reason="closed", announce="queue_goodbye_closed", language="tr")
    ]
    assert ([fact.call for fact in line.facts(MessageOffered)], why(line)) == (["c1"], ["per_number"])


def test_an_urgent_call_is_not_concerned() -> None:
    line = line_of(number=1, hour=1)
    assert leaves(line, "c1", ONE)
    queued(line, "u1", "funeral", number=ONE)
    line.ready("1001")
    assert line.offered == {"1001": "u1"}
    assert why(line) == []


def test_nobody_is_told_of_messages_who_would_be_refused() -> None:
    line = line_of(number=1, callback_offer_after_s=30)
    assert leaves(line, "c1", ONE)
    queued(line, "c2", number=ONE)
    queued(line, "c3", number=OTHER)
    line.passes(60)
    told = [one.call for one in line.history if isinstance(one, Announce) and "message_offer" in one.prompts]
    assert told == ["c3"]
    assert why(line) == []


def test_the_limits_are_remembered_over_a_restart_and_old_messages_forgotten() -> None:
    line = line_of(number=1)
    assert leaves(line, "c1", ONE)
    line.engine = Engine.restore(line.engine.snapshot())
    assert not leaves(line, "c2", ONE)
    line.passes(DAY_S + HOUR_S)
    assert leaves(line, "c3", OTHER)
    assert list(line.engine.state.messages_by_number) == ["+905320000002"]


def test_as_the_engine_is_there_is_no_limit() -> None:
    line = line_of()
    assert all(leaves(line, f"c{n}", ONE) for n in range(20))
