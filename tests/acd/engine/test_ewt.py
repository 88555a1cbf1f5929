"""The estimated wait: worked by hand, and what it rests on."""

import math
from itertools import pairwise
from typing import Any

import pytest

from acd.engine.index.skills import Changes, Ends, Need, Skills, Staffing
from acd.engine.model.events import EngineStarted
from acd.engine.model.facts import CallQueued
from acd.engine.model.ids import AgentId, ServiceId
from acd.engine.rules.estimated_wait import EXACT_S, MEDIAN, NONE, Wrapups, drained, whole_mean
from tests.acd.engine.line import Line, profile

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


def talked(*past: str, ring_s: float = 0, talk_s: float = 120, **rules: Any) -> Line:
    """1001, who needs no after-call work unless said so, has had these callers one after the other."""
    line = Line("1001 1002", **{"wrapup_s": 0, **rules})
    line.ready("1001")
    for n, service in enumerate(past):
        line.arrives(f"past{n}", service)
        line.passes(ring_s)
        line.answers(f"past{n}")
        line.passes(talk_s)
        line.agent_hangs_up(f"past{n}")
        line.caller_gone(f"past{n}")
        line.passes(line.config.wrapup_s)
    return line


def test_with_an_agent_free_nothing_but_the_ring_is_waited_for() -> None:
    line = talked("request", ring_s=4.27)
    assert told(line, "past0") == 0
    line.arrives("c1", "request")
    assert told(line, "c1") == 4.3


def test_with_one_free_it_is_the_ring_alone_though_others_are_busy() -> None:
    line = talked("request", ring_s=4)
    line.ready("1002")
    line.arrives("c0", "request")
    line.passes(4)
    line.answers("c0")
    line.arrives("c1", "request")
    assert told(line, "c1") == 4


def test_whose_agent_is_held_back_waits_for_those_who_are_busy_or_if_there_are_none_as_if_they_were_free() -> None:
    line = talked("funeral", ring_s=4.27, reserve=1)
    line.arrives("c0", "request")
    assert told(line, "c0") == 4.3
    line.ready("1002")
    line.passes(4.27)
    line.answers("c0")
    line.arrives("c1", "request")
    assert line.offered == {}
    assert told(line, "c1") == pytest.approx(4.27 + MEDIAN * 124.27, rel=0.15), "one talks"


def test_a_phone_that_rings_before_each_talk_is_part_of_the_time_an_agent_needs() -> None:
    line = talked("request", ring_s=6, talk_s=90)
    line.arrives("c0", "request")
    line.passes(6)
    line.answers("c0")
    line.arrives("c1", "request")
    assert told(line, "c1") == 6 + MEDIAN * 96


def test_urgent_callers_to_come_have_their_share_of_the_agents_before_a_routine_one() -> None:
    """One came 100 s ago; they are counted over a quarter of an hour."""
    line = talked("funeral", talk_s=100)
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    share = 1 - 100 * math.exp(-100 / 900) / 900
    assert told(line, "c1") == round(MEDIAN * 100 / share, 1)


def test_an_urgent_caller_waits_for_no_after_call_work_that_they_may_interrupt() -> None:
    line = talked("request", wrapup_s=60, wrapup_recall=True)
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("u1", "funeral")
    assert told(line, "u1") == MEDIAN * 120
    line.caller_gone("u1")
    line.arrives("c1", "request")
    assert (told(line, "c1") or 0) > 120, "a routine one waits for it to end"
    line.agent_hangs_up("c0")
    line.caller_gone("c1")
    line.arrives("c2", "request")
    line.arrives("u2", "funeral")
    assert told(line, "c2") == pytest.approx(60, abs=EXACT_S)
    assert told(line, "u2") == 0


def test_an_urgent_caller_has_whoever_rings_for_a_routine_one() -> None:
    line = talked("request", ring_recall=True)
    line.arrives("c0", "request")
    line.rings("c0")
    line.arrives("u1", "funeral")
    assert told(line, "u1") == 0


def test_while_callers_come_back_from_a_restart_nobody_is_free_for_a_new_one() -> None:
    line = talked("request", regroup_s=30)
    line.ready("1002")
    for call in ("c0", "c1"):
        line.arrives(call, "request")
        line.answers(call)
    line.arrives("w1", "request")
    line.do(EngineStarted(at=line.at))
    line.agent_hangs_up("c0")
    line.arrives("w2", "request")
    assert line.offered == {}
    assert told(line, "w2") == MEDIAN * 60, "two talked, of whom one is busy; the two talks took a minute in the mean"


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


def test_who_is_in_after_call_work_is_free_at_its_known_end() -> None:
    line = Line("1001 1002", wrapup_s=30)
    line.ready("1001", "1002")
    talk(line, "past", 900)
    for call in ("c1", "c2"):
        line.arrives(call, "request")
        line.answers(call)
    line.passes(60)
    line.agent_hangs_up("c1")
    line.passes(12)
    line.arrives("w1", "request")
    line.arrives("w2", "request")
    w1, w2 = told(line, "w1"), told(line, "w2")
    assert w1 == pytest.approx(18, abs=EXACT_S + 0.05)
    assert w2 is not None
    assert w2 > 200, "the other one talks, and 15 minutes are usual"
    line.arrives("u1", "funeral")
    assert told(line, "u1") == pytest.approx(18, abs=EXACT_S + 0.05), "without recall it is the same for the urgent"


@pytest.mark.parametrize("early_s", [10, 0.5])
def test_agents_who_come_back_early_are_expected_to_do_so_again(early_s: float) -> None:
    line = Line("1001 1002", wrapup_s=60)
    line.ready("1001", "1002")
    for n in range(4):
        line.arrives(f"past{n}", "request")
        line.answers(f"past{n}")
        line.passes(900)
        line.agent_hangs_up(f"past{n}")
        line.caller_gone(f"past{n}")
        line.passes(early_s)
        line.ready("1001", "1002")
    for call in ("c1", "c2"):
        line.arrives(call, "request")
        line.answers(call)
    line.agent_hangs_up("c1")
    line.arrives("w1", "request")
    assert told(line, "w1") == pytest.approx(early_s, rel=0.2), "not sixty: the median of what is left"


def test_who_pauses_in_after_call_work_has_not_come_back_early() -> None:
    line = Line("1001 1002", wrapup_s=60)
    line.ready("1001")
    for n in range(4):
        line.arrives(f"past{n}", "request")
        line.answers(f"past{n}")
        line.passes(900)
        line.agent_hangs_up(f"past{n}")
        line.caller_gone(f"past{n}")
        line.passes(1)
        line.wishes("1001", "paused")
        line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.passes(10)
    line.arrives("w1", "request")
    assert told(line, "w1") == pytest.approx(50, abs=EXACT_S + 0.05)


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
    alone = drained(9, 10, 100)
    assert alone == pytest.approx((9 + MEDIAN) * 10)
    assert drained(9, 10, 100, urgent_rate=0.05) == pytest.approx(2 * alone)
    assert drained(9, 10, 100, urgent_rate=50.0) == pytest.approx(10 * alone)
    assert drained(9, 10, 100, giving_up=0.01) == pytest.approx(math.log1p((9 + MEDIAN) / 10) * 100)


def memoryless(working: int, mean_s: float = 25) -> Wrapups:
    """After-call work of which the end is not known before."""
    return Wrapups(mean_s, 1e9, 1 / mean_s, ([1e9] * working,))


def exact(ahead: int, agents: int, working: int, talk_s: float, mean_s: float) -> float:
    """When so many have become free on the mean, of agents whose talks and after-call work are both exponential: their
    number obeys two linear equations, solved here in small steps."""
    talking, free, at, step = float(agents - working), 0.0, 0.0, 0.01
    while free < ahead + MEDIAN:
        ended, back = talking / talk_s, (agents - talking) / mean_s
        talking, free, at = talking + step * (back - ended), free + step * back, at + step
    return at


@pytest.mark.parametrize("ahead", [0, 3, 30])
@pytest.mark.parametrize("working", [0, 2, 5, 10])
@pytest.mark.parametrize(("talk_s", "mean_s"), [(100, 25), (50, 50)])
def test_without_memory_it_agrees_with_the_equations_of_the_mean(
    ahead: int, working: int, talk_s: float, mean_s: float
) -> None:
    truth = exact(ahead, 10, working, talk_s, mean_s)
    assert drained(ahead, 10, talk_s, memoryless(working, mean_s)) == pytest.approx(truth, rel=0.07, abs=1)


def test_in_the_long_run_those_in_after_call_work_make_no_difference() -> None:
    assert drained(1000, 10, 100, memoryless(2)) == pytest.approx((1000 + MEDIAN) * 12.5, rel=1e-3)
    few, usual, many = (drained(0, 10, 100, memoryless(working)) for working in (0, 2, 6))
    assert many < usual < few


def test_known_ends_are_met_to_the_second() -> None:
    ends = ([104.0, 111.0], [107.0])
    work = Wrapups(12, 12, 0.0, ends, now=100.0)
    waits = [drained(ahead, 5, 1e6, work) for ahead in range(3)]
    assert waits == pytest.approx([4, 7, 11], abs=EXACT_S)
    assert drained(0, 5, 0.5, work) == pytest.approx(4, abs=EXACT_S), "after the shortest of talks too"
    assert drained(0, 5, 100, NONE) == pytest.approx(MEDIAN * 20)


@pytest.mark.parametrize("ends_in_s", [100, 10])
def test_of_as_many_callers_as_there_are_agents_in_after_call_work_each_is_told_its_end(ends_in_s: float) -> None:
    """More agents than usual work after a call, and all are free at once."""
    agents = "1001 1002 1003 1004"
    line = Line(agents, wrapup_s=100)
    line.ready(*agents.split())
    for agent in agents.split():
        line.arrives(f"past{agent}", "request")
        line.answers(f"past{agent}")
    line.passes(100)
    for agent in agents.split():
        line.agent_hangs_up(f"past{agent}")
    line.passes(100 - ends_in_s)
    for n in range(4):
        line.arrives(f"c{n}", "request")
    assert [told(line, f"c{n}") for n in range(4)] == pytest.approx([ends_in_s] * 4, abs=EXACT_S)


def test_whose_time_is_up_is_not_expected_back_early_as_well() -> None:
    """Two work; one is done at 4 s, and then two thirds of the other are to be back, at a tenth a second."""
    work = Wrapups(10, 100, 0.1, ([104.0, 200.0],), now=100.0)
    assert drained(1, 2, 1e6, work) == pytest.approx(10 * math.log(3), abs=EXACT_S)


@pytest.mark.parametrize("whole_s", [0.5, 12, 3600])
@pytest.mark.parametrize("early_rate", [0.0, 1e-6, 0.1, 50.0])
@pytest.mark.parametrize("working", [0, 1, 40])
def test_who_comes_later_is_never_told_less(whole_s: float, early_rate: float, working: int) -> None:
    ends = [1000.0 + whole_s * n / (working + 1) for n in range(1, working + 1)]
    work = Wrapups(min(whole_s, 1 / early_rate) if early_rate else whole_s, whole_s, early_rate, (ends,), 1000.0)
    waits = [drained(ahead, max(working, 3), 140, work, 0.01, 0.002) for ahead in (0, 1, 2, 5, 20, 300)]
    assert all(early <= late + EXACT_S for early, late in pairwise(waits))
    assert all(wait >= 0 for wait in waits)


def test_who_gives_up_is_one_fewer_of_the_routine_callers_agents_serve() -> None:
    """ln(1 + mθ/R)/θ by hand: ten agents, two thirds of whose time is for routine callers."""
    freed, urgent_rate, giving_up = 10 / 150, 10 / 450, 1 / 600
    rate = freed - urgent_rate
    by_hand = math.log1p((4 + MEDIAN) * giving_up / rate) / giving_up
    assert drained(4, 10, 150, NONE, urgent_rate, giving_up) == pytest.approx(by_hand)


def test_short_talks_are_talks() -> None:
    assert drained(0, 1, 0.5) == pytest.approx(MEDIAN * 0.5)
    assert drained(0, 1, 0.5, memoryless(0, 0.25)) < drained(0, 1, 0.5, memoryless(0, 1))
    served = drained(1000, 10, 2, memoryless(0, 2))  # 2.5 a second, but for the after-call work that none does yet
    assert served == pytest.approx((1000 + MEDIAN) * 0.4 + 1, abs=EXACT_S)


def test_where_all_have_hung_up_at_once_so_far_the_after_call_work_is_waited_for() -> None:
    line = Line("1001", wrapup_s=30)
    line.ready("1001")
    talk(line, "past0", 0)
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    assert told(line, "c2") == pytest.approx(MEDIAN * 30, abs=0.1)


def test_after_call_work_that_may_end_early_is_shorter_in_the_mean() -> None:
    assert whole_mean(10, 0.0) == 10
    assert whole_mean(10, 0.1) == pytest.approx(10 * (1 - math.exp(-1)))
    assert whole_mean(10, 2.0) == pytest.approx(0.5)


def test_before_the_first_after_call_work_its_set_time_is_taken_for_granted() -> None:
    """150 s of talk until one has ended, and of after-call work what is allowed."""
    short, long = (Line("1001", wrapup_s=wrapup_s) for wrapup_s in (10, 300))
    for line in (short, long):
        line.ready("1001")
        line.arrives("c0", "request")
        line.answers("c0")
        for n in (1, 2):
            line.arrives(f"c{n}", "request")
    assert (told(long, "c2") or 0) > 1.5 * (told(short, "c2") or 0) > 0


def test_agents_are_shared_as_far_as_they_can_take_both() -> None:
    staffing, everything, request = Staffing(Changes()), Skills(None, None), Skills({REQUEST: 1}, None)
    a_request, a_funeral = Need(REQUEST, 1, ""), Need(FUNERAL, 1, "")
    assert staffing.shared(a_funeral, a_request) == 0
    staffing.add(AgentId("1001"), everything)
    staffing.add(AgentId("1002"), request)
    assert (staffing.shared(a_funeral, a_request), staffing.shared(a_request, a_funeral)) == (0.5, 1.0)
    assert staffing.shared(a_funeral, a_funeral) == 1


def test_ends_are_kept_in_order_by_what_the_agents_can_do() -> None:
    ends, everything, request = Ends(), Skills(None, None), Skills({REQUEST: 1}, None)
    a_request, a_funeral = Need(REQUEST, 1, ""), Need(FUNERAL, 1, "")
    for name, skills, at in (("1001", everything, 9.0), ("1002", request, 5.0), ("1003", request, 4.0)):
        ends.add(AgentId(name), skills, at)
    assert sorted(ends.of(a_request)) == [[4.0, 5.0], [9.0]]
    assert ends.of(a_funeral) == [[9.0]]
    ends.remove(AgentId("1002"))
    ends.remove(AgentId("1002"))
    ends.remove(AgentId("1001"))
    assert ends.of(a_request) == [[4.0]]
    assert AgentId("1003") in ends
    assert ends.of(a_funeral) == []
