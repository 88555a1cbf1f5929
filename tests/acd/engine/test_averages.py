"""The averages that are learnt from earlier calls."""

import math

import pytest

from acd.engine.index.strategies import PICK_UP_WEIGHT
from acd.engine.model.facts import CallQueued
from acd.engine.model.ids import AgentId
from acd.engine.model.state import Mean
from acd.engine.rules.averages import FORGET, WEIGHT, learn
from acd.engine.rules.estimated_wait import MEDIAN, PATIENT_S
from tests.acd.engine.line import Line


def test_a_mean_is_that_of_all_at_first_and_later_looks_back_over_some_five_hundred() -> None:
    mean = Mean()
    for value in (3.0, 9.0, 6.0):
        learn(mean, value)
    assert mean.value == pytest.approx(6)
    for _ in range(247):
        learn(mean, 6.0)
    for _ in range(250):
        learn(mean, 0.0)
    assert mean.value == pytest.approx(6 * (1 - WEIGHT) ** 250)


def test_an_agents_pick_up_looks_back_over_some_twenty_calls() -> None:
    line = Line("1001", ring_s=15, wrapup_s=0)
    line.ready("1001")
    for n in range(60):
        line.arrives(f"c{n}", "request")
        line.passes(10 if n < 40 else 2)
        line.answers(f"c{n}")
        line.agent_hangs_up(f"c{n}")
        line.caller_gone(f"c{n}")
    agent = line.engine.state.agents[AgentId("1001")]
    assert agent.pick_up.value == pytest.approx(2 + 8 * (1 - PICK_UP_WEIGHT) ** 20)


def estimate(line: Line, call: str) -> float:
    """What a new caller's wait is estimated as."""
    line.arrives(call, "request")
    line.caller_gone(call)
    return float(line.facts(CallQueued)[-1].ewt_s)


def test_those_who_give_up_are_counted_with_what_was_waited_by_all_and_slowly_forgotten() -> None:
    """An hour's talk, so that what is reckoned with shows: after each who leaves the queue, what those before them did
    counts half a percent less."""
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("past", "request")
    line.answers("past")
    line.passes(3600)
    line.agent_hangs_up("past")
    line.arrives("c0", "request")
    line.answers("c0")
    gone = waited_s = 0.0
    for n, wait_s in enumerate((300, 40, 0, 7)):
        line.arrives(f"w{n}", "request")
        line.passes(wait_s)
        line.caller_gone(f"w{n}")
        gone, waited_s = gone * FORGET + 1, waited_s * FORGET + wait_s
    rate, giving_up = 1 / 3600, gone / (waited_s + PATIENT_S)
    assert estimate(line, "x") == round(math.log1p(MEDIAN * giving_up / rate) / giving_up, 1)
    gone, waited_s = gone * FORGET + 1, waited_s * FORGET
    line.arrives("y", "request")
    line.passes(500)
    line.agent_hangs_up("c0")
    line.answers("y")
    gone, waited_s = gone * FORGET, waited_s * FORGET + 500
    talk_s = (3600 + 847) / 2
    giving_up = gone / (waited_s + PATIENT_S)
    assert estimate(line, "z") == round(math.log1p(MEDIAN * giving_up * talk_s) / giving_up, 1)
