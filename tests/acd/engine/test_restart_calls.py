"""Callers and talks over a restart of the engine, and what the list of a node then says of them."""

from acd.engine.machine import Engine
from acd.engine.model.commands import RunFlow
from acd.engine.model.events import EngineStarted, FlowStepped, NodeReconciled, SeenCall
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.line import Line

C1, C2 = CallId("c1"), CallId("c2")


def restarted(line: Line) -> None:
    """Kill the process: only what the snapshot holds lives on."""
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))


def test_after_a_restart_nobody_is_offered_before_all_are_back_in_their_order() -> None:
    line = Line("1001", wrapup_s=0)
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    line.arrives("u1", "funeral")
    line.ready("1001")
    line.fails("u1", "NOANSWER")  # rings r1 now
    restarted(line)
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=tuple(SeenCall(call=CallId(name), channel=name) for name in ("r1", "r2", "u1")),
            available=(AgentId("1001"),),
        )
    )
    line.attaches("r2")
    line.attaches("r1")
    assert line.offered == {}
    line.attaches("u1")
    line.passes(5)
    assert line.offered == {"1001": "r1"}, "the one who rang already; the urgent one was let pass by this agent"
    assert line.engine.state.calls[CallId("r2")].phase == "waiting"


def test_those_who_do_not_come_back_are_not_waited_for_for_ever() -> None:
    line = Line("1001", regroup_s=2)
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    line.ready("1001")
    line.caller_gone("r1")
    line.arrives("r3", "request")
    assert line.offered == {"1001": "r2"}
    line.fails("r2", "NOANSWER")
    assert line.offered == {"1001": "r3"}
    line.caller_gone("r3")
    line.arrives("r4", "request")
    line.fails("r4", "NOANSWER")
    restarted(line)
    line.wishes("1001", "ready")
    line.attaches("r4")
    assert line.engine.state.regrouping == ["r2"]
    line.passes(1.9)
    line.arrives("r5", "request")
    assert line.offered == {}
    line.passes(0.1)
    assert line.engine.state.regrouping == []
    assert line.offered == {"1001": "r5"}


def test_a_talk_goes_on_over_a_restart_and_ends_with_its_row() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    restarted(line)
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg=leg, talking=True)
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=(seen,),
            available=(AgentId("1001"),),
            agent_channels={AgentId("1001"): (leg,)},
        )
    )
    assert line.talking == {"1001": "c1"}
    line.passes(30)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").talk_s) == ("answered", 30)


def test_what_ended_while_no_engine_looked_gets_its_one_outcome() -> None:
    line = Line("1001 1002 1003")
    line.ready("1001", "1002")
    line.arrives("talk", "request")
    line.answers("talk")
    line.arrives("ring", "request")
    line.arrives("wait", "request")
    line.attaches("menu")
    restarted(line)
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), available=(AgentId("1001"), AgentId("1002"))))
    assert {name: line.outcome(name).outcome for name in ("talk", "ring", "wait", "menu")} == {
        "talk": "answered",
        "ring": "abandoned",
        "wait": "abandoned",
        "menu": "abandoned_in_menu",
    }
    assert line.outcome("wait").hangup_by == "unknown"
    assert line.shown("1002") == "ready"


def test_an_answer_that_came_while_no_engine_looked_is_believed() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    leg = line.leg("c1")
    restarted(line)
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg=leg, talking=True)
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,), available=(AgentId("1001"),)))
    assert line.talking == {"1001": "c1"}


def test_so_is_that_of_an_agent_who_was_rung_before_and_the_talk_counts_from_it() -> None:
    line = Line("1001 1002", max_misses=9)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    leg = line.leg("c1")
    line.passes(10)
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1002": "c1"}
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg=leg, talking=True, answered_at=line.at - 4)
    there = (AgentId("1001"), AgentId("1002"))
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,), available=there))
    assert line.talking == {"1001": "c1"}
    line.passes(6)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").wait_s, line.outcome("c1").talk_s) == (6, 10)


def test_a_talk_nobody_knows_of_is_taken_on() -> None:
    line = Line("1001")
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg="PJSIP/1001-7", talking=True)
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=(seen,),
            available=(AgentId("1001"),),
            agent_channels={AgentId("1001"): ("PJSIP/1001-7",)},
        )
    )
    assert line.talking == {"1001": "c1"}
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert line.outcome("c1").agent == "1001"


def test_a_session_is_newer_proof_than_the_list() -> None:
    line = Line()
    line.attaches("c1")
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1")))
    assert "c1" in line.engine.state.calls


def test_nobody_is_offered_on_a_half_corrected_picture() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("u1", "funeral")
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg="PJSIP/1001-x", talking=True)
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,), available=(AgentId("1001"),)))
    assert (line.talking, line.offered) == ({"1001": "c1"}, {})


def test_a_caller_goes_on_in_their_language_after_a_restart() -> None:
    line = Line()
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=C1, step="main", key="8", language="en"))
    restarted(line)
    line.attaches("c1")
    assert line.commands == [RunFlow(call=C1, flow="hotline", step="main", language="en")]


def test_a_private_talk_between_two_agents_is_none_of_our_business() -> None:
    line = Line("1001 1002")
    seen = SeenCall(call=C1, channel="PJSIP/1001-1", leg="PJSIP/1002-2", talking=True)
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,)))
    assert line.engine.state.calls == {}


def test_a_reconnect_while_the_others_come_back_offers_nobody() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.do(EngineStarted(at=line.at))
    line.attaches("c2")
    line.ready("1001")
    seen = tuple(SeenCall(call=call, channel=f"PJSIP/trunk-{call}") for call in (C1, C2))
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=seen, available=(AgentId("1001"),)))
    assert line.offered == {}
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}
