"""The agent who knows the caller."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.config import Service
from acd.engine.model.events import CallDetached, ConfigChanged, EngineStarted, KeyPressed, NodeReconciled
from acd.engine.model.facts import AgentPreferred, CallLinedUp, PreferenceEnded, WaitReason
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.line import Line, profile


def why(line: Line) -> list[str]:
    """Why agents were waited for no longer."""
    return [fact.why for fact in line.facts(PreferenceEnded)]


def busy(**rules: Any) -> Line:
    """1002 knows the caller of `c1` and talks to another; nobody else is on duty."""
    line = Line("1001 1002", wrapup_s=0, owner_first_s=30, retry_s=60, **rules)
    line.ready("1002")
    line.arrives("other", "request")
    line.answers("other")
    return line


def test_the_agent_who_knows_the_caller_is_rung_before_who_is_idle_longer() -> None:
    line = Line("1001 1002", owner_first_s=30)
    line.ready("1001", "1002")
    line.arrives("c1", "request", preferred="1002")
    assert line.offered == {"1002": "c1"}


def test_without_the_setting_they_are_not() -> None:
    line = Line("1001 1002")
    line.ready("1001", "1002")
    line.arrives("c1", "request", preferred="1002")
    assert line.offered == {"1001": "c1"}


def test_while_they_are_busy_the_caller_waits_for_them_alone_for_a_while() -> None:
    line = busy()
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    assert line.offered == {}
    line.arrives("c2", "request")
    assert line.offered == {"1001": "c2"}, "others are not held up"
    line.passes(10)
    line.agent_hangs_up("other")
    assert line.offered["1002"] == "c1"
    assert [(fact.agent, fact.for_s) for fact in line.facts(AgentPreferred)] == [("1002", 30)]


def test_readers_are_told_that_they_wait_for_an_agent_of_their_own() -> None:
    line = busy()
    line.arrives("c1", "request", preferred="1002")
    assert [(fact.call, fact.queue) for fact in line.facts(CallLinedUp)] == [("c1", "preferred")]
    assert [(fact.queue, fact.why) for fact in line.facts(WaitReason)] == [("preferred", "preferred")]


def test_once_the_agent_who_knows_the_caller_has_answered_they_are_waited_for_no_more() -> None:
    line = busy()
    line.arrives("c1", "request", preferred="1002")
    line.agent_hangs_up("other")
    assert "preferred:c1" in line.timers, "they may let the call pass"
    line.answers("c1")
    assert "preferred:c1" not in line.timers
    assert why(line) == []


def test_then_anybody_may_take_the_call() -> None:
    line = busy()
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    line.passes(29.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c1"}
    assert why(line) == ["time"]


def test_nobody_is_waited_for_who_is_off_duty_or_cannot_take_the_call() -> None:
    line = Line((profile("1001"), profile("1002"), profile("1003", "funeral")), owner_first_s=30)
    line.ready("1001", "1003")
    line.arrives("c1", "request", preferred="1002")
    assert line.offered == {"1001": "c1"}
    line.arrives("c2", "request", preferred="1003")
    line.arrives("c3", "request", preferred="nobody")
    line.ready("1002")
    assert line.offered == {"1001": "c1", "1002": "c2"}


@pytest.mark.parametrize("wish", ["paused", "offline"])
def test_who_goes_off_duty_is_waited_for_no_longer(wish: str) -> None:
    line = busy()
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    line.wishes("1002", wish)
    assert line.offered == {"1001": "c1"}
    assert why(line) == ["off_duty"]


def test_who_is_taken_off_the_list_is_waited_for_no_longer() -> None:
    line = busy()
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    line.do(ConfigChanged(at=line.at, config=Line("1001", owner_first_s=30).config))
    assert line.offered == {"1001": "c1"}


def test_who_lets_the_call_pass_is_waited_for_no_longer() -> None:
    line = Line("1001 1002", owner_first_s=30, max_misses=9)
    line.ready("1001", "1002")
    line.arrives("c1", "request", preferred="1002")
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1001": "c1"}
    assert why(line) == ["passed"]


def test_an_urgent_caller_has_them_if_idle_and_anybody_else_if_not() -> None:
    line = busy()
    line.ready("1001")
    line.arrives("u1", "funeral", preferred="1002")
    assert line.offered == {"1001": "u1"}
    line.answers("u1")
    line.agent_hangs_up("u1")
    line.agent_hangs_up("other")
    line.arrives("u2", "funeral", preferred="1002")
    assert line.offered == {"1002": "u2"}


def test_who_says_it_is_urgent_waits_for_nobody_alone() -> None:
    line = busy(escalation_key="9")
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    assert line.offered == {"1001": "c1"}
    assert why(line) == ["urgent"]


def test_the_caller_overtakes_nobody_at_the_agent_who_knows_them() -> None:
    line = busy()
    line.arrives("first", "request")
    line.arrives("c1", "request", preferred="1002")
    line.agent_hangs_up("other")
    assert line.offered == {"1002": "first"}


def test_moved_to_another_service_they_wait_for_anybody() -> None:
    services = (
        Service(id=ServiceId("request"), max_wait_s=10, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent")),
    )
    line = busy(services=services)
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    line.passes(10)
    assert line.offered == {"1001": "c1"}
    assert why(line) == ["moved"]


def test_it_goes_on_over_a_restart() -> None:
    line = busy()
    line.ready("1001")
    line.arrives("c1", "request", preferred="1002")
    line.passes(10)
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    assert line.offered == {}
    line.passes(20)
    assert line.offered == {"1001": "c1"}


def test_who_is_held_back_for_urgent_callers_has_the_caller_they_know_as_soon_as_another_is_idle() -> None:
    line = Line("1001 1002", reserve=1, owner_first_s=30, wrapup_s=0)
    line.ready("1002")
    line.arrives("c1", "request", preferred="1002")
    assert line.offered == {}
    line.ready("1001")
    assert line.offered == {"1002": "c1"}


def test_an_owner_who_is_held_back_is_waited_for_too() -> None:
    line = Line((profile("1001"), profile("1002", "request")), reserve=1, owner_first_s=30, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c1", "request", preferred="1001")
    assert line.offered == {}, "1002 is free for others"
    line.passes(30)
    assert line.offered == {"1002": "c1"}


def test_whose_agent_is_found_gone_after_a_reconnect_has_their_turn_among_the_others() -> None:
    line = busy()
    line.arrives("c1", "request", preferred="1002")
    line.arrives("c2", "request")
    line.wishes("1001", "ready")
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), available=(AgentId("1001"),)))
    assert line.offered == {"1001": "c1"}


def test_an_urgent_caller_waits_for_nobody_alone_and_is_still_known() -> None:
    """Their agent's break changes nothing for one who does not wait for them alone."""
    line = Line("1001 1002", wrapup_s=0, owner_first_s=30)
    line.ready("1001", "1002")
    for call in ("a", "b"):
        line.arrives(call, "request")
        line.answers(call)
    line.arrives("u1", "funeral", preferred="1002")
    assert [(fact.agent, fact.for_s) for fact in line.facts(AgentPreferred)] == [("1002", 0)]
    line.wishes("1002", "paused", "break")
    line.do(CallDetached(at=line.at, call=CallId("u1")))
    line.attaches("u1")
    line.do(CallDetached(at=line.at, call=CallId("u1")))
    line.agent_hangs_up("a")
    line.wishes("1002", "ready")
    line.agent_hangs_up("b")
    line.attaches("u1")
    assert (line.offered, why(line)) == ({"1002": "u1"}, [])


def test_who_waited_alone_long_enough_hears_no_music_anew() -> None:
    line = busy()
    line.arrives("c1", "request", preferred="1002")
    line.passes(30)
    assert (why(line), line.commands) == (["time"], [])


def test_who_waits_for_one_agent_alone_may_be_let_go_and_hang_up_like_all_others() -> None:
    services = (Service(id=ServiceId("request"), max_wait_s=10), Service(id=ServiceId("agent")))
    line = busy(services=services)
    line.arrives("c1", "request", preferred="1002")
    line.arrives("c2", "request", preferred="1002")
    line.arrives("c3", "request", preferred="1002")
    line.caller_gone("c2")
    line.passes(10)
    assert "preferred:c1" not in line.timers
    line.caller_gone("c1")
    line.caller_gone("c3")
    assert [line.outcome(call).outcome for call in ("c1", "c2", "c3")] == ["timed_out", "abandoned", "timed_out"]
    line.agent_hangs_up("other")
    assert (line.offered, why(line)) == ({}, [])


def test_those_who_waited_for_an_agent_alone_who_goes_come_in_order_of_arrival() -> None:
    line = Line("1001 1002 1003", wrapup_s=0, owner_first_s=300)
    line.ready("1002", "1001", "1003")
    line.arrives("other", "request")
    line.answers("other")
    line.arrives("c1", "agent", preferred="1002")
    line.arrives("c2", "request", preferred="1002")
    line.arrives("c3", "agent", preferred="1002")
    assert line.offered == {}
    line.wishes("1002", "offline")
    assert (line.offered, why(line)) == ({"1001": "c1", "1003": "c2"}, ["off_duty"] * 3)


def test_of_two_who_want_different_things_of_one_agent_alone_the_other_waits_on_when_one_hangs_up() -> None:
    line = busy()
    line.ready("1001")
    line.arrives("c1", "agent", preferred="1002")
    line.arrives("c2", "request", preferred="1002")
    line.caller_gone("c1")
    assert line.engine.core.waiting.keepers() == ["1002"]
    line.agent_hangs_up("other")
    assert line.offered == {"1002": "c2"}
    assert line.engine.core.waiting.keepers() == []
