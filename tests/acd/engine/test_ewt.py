"""The estimated wait: worked by hand, and what it rests on."""

import math
import random

import pytest

from acd.engine.ewt import MEDIAN, drained
from acd.engine.facts import CallQueued
from acd.engine.ids import AgentId, ServiceId
from acd.engine.ranks import LONGEST, Ranks
from acd.engine.skills import Duty, Need, Skills

from .line import Line, profile

FUNERAL, REQUEST = ServiceId("funeral"), ServiceId("request")


def told(line: Line, call: str) -> float | None:
    """What was estimated as a caller joined the queue."""
    found: list[float | None] = [fact.ewt_s for fact in line.facts(CallQueued) if fact.call == call]
    return found[0]


def talk(line: Line, call: str, seconds: float, service: str = "request") -> None:
    """One call from its beginning to the end of its after-call work."""
    line.arrives(call, service)
    line.answers(call)
    line.passes(seconds)
    line.agent_hangs_up(call)
    line.caller_gone(call)
    line.passes(line.config.wrapup_s)


def test_with_an_agent_free_nothing_but_the_ring_is_waited_for() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    assert told(line, "c1") == 0
    line.passes(4)
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("c2", "request")
    assert told(line, "c2") == 4


def test_with_nobody_on_duty_nothing_is_told() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    assert told(line, "c1") is None


def test_behind_others_it_is_their_number_times_the_handle_time_by_the_agents() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001", "1002")
    for n in range(3):
        talk(line, f"past{n}", 120)
    for call in ("c1", "c2"):
        line.arrives(call, "request")
        line.answers(call)
    for n in range(3):
        line.arrives(f"w{n}", "request")
    assert [told(line, f"w{n}") for n in range(3)] == [round((n + MEDIAN) * 120 / 2, 1) for n in range(3)]


def test_an_urgent_caller_has_only_urgent_ones_ahead() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    talk(line, "past", 90)
    for call in ("c1", "w1", "w2"):
        line.arrives(call, "request")
    line.arrives("u1", "funeral")
    assert told(line, "u1") == 60
    assert (told(line, "w1"), told(line, "w2")) == (60, 150)


def test_after_call_work_under_way_makes_it_shorter() -> None:
    line = Line("1001", wrapup_s=30)
    line.ready("1001")
    talk(line, "past", 90)
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("w1", "request")
    line.passes(60)
    line.agent_hangs_up("c1")
    line.arrives("w2", "funeral")
    line.arrives("w3", "request")
    w1, w3 = told(line, "w1"), told(line, "w3")
    assert w1 is not None
    assert w3 is not None
    assert told(line, "w2") == pytest.approx(drained(0, 1, 1, 75, 30, 0, 0), abs=0.1)
    assert told(line, "w2") < w1 < w3  # type: ignore[operator]


def test_those_who_take_other_services_count_only_as_far_as_they_share_agents() -> None:
    line = Line((profile("1001", "request"), profile("1002", "agent")), wrapup_s=0)
    line.ready("1001", "1002")
    talk(line, "past", 100)
    line.arrives("c1", "request")
    line.arrives("c2", "agent")
    for n in range(5):
        line.arrives(f"other{n}", "agent")
    line.arrives("w1", "request")
    assert told(line, "w1") == round(MEDIAN * 100, 1)


def test_urgent_callers_to_come_and_those_who_give_up_are_reckoned_with() -> None:
    alone = drained(9, 10, 0, 100, 0, 0, 0)
    assert alone == pytest.approx((9 + MEDIAN) * 10)
    assert drained(9, 10, 0, 100, 0, 0.05, 0) == pytest.approx(2 * alone)
    assert drained(9, 10, 0, 100, 0, 50.0, 0) == pytest.approx(10 * alone)
    assert drained(9, 10, 0, 100, 0, 0, 0.01) == pytest.approx(math.log1p((9 + MEDIAN) / 10) * 100)


def test_in_the_long_run_those_in_after_call_work_make_no_difference() -> None:
    assert drained(1000, 10, 2, 100, 25, 0, 0) == pytest.approx((1000 + MEDIAN) * 12.5, rel=1e-4)
    assert drained(0, 10, 6, 100, 25, 0, 0) < drained(0, 10, 2, 100, 25, 0, 0) < drained(0, 10, 0, 100, 25, 0, 0)


def test_ranks_are_those_of_a_sorted_list() -> None:
    rng, ranks, model = random.Random(7), Ranks(), list[int]()
    for n in range(4000):
        number = n if rng.random() < 0.9 else -n
        ranks.add(number)
        model = sorted([*model, number])
        if rng.random() < 0.45:
            gone = model.pop(0 if rng.random() < 0.7 else rng.randrange(len(model)))
            ranks.remove(gone)
            ranks.remove(gone)
        asked = rng.randrange(-n - 1, n + 2)
        assert ranks.below(asked) == sum(one < asked for one in model)
        assert len(ranks) == len(model) > LONGEST or n < 4 * LONGEST


def test_agents_are_shared_as_far_as_they_can_take_both() -> None:
    duty, everything, request = Duty(), Skills(None, None), Skills({REQUEST: 1}, None)
    a_request, a_funeral = Need(REQUEST, 1, ""), Need(FUNERAL, 1, "")
    assert duty.shared(a_funeral, a_request) == 0
    duty.add(AgentId("1001"), everything)
    duty.add(AgentId("1002"), request)
    assert (duty.shared(a_funeral, a_request), duty.shared(a_request, a_funeral)) == (0.5, 1.0)
    assert duty.shared(a_funeral, a_funeral) == 1
