"""An urgent caller takes an agent from after-call work, or from a routine caller for whom the phone rings."""

from typing import Any

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed
from acd.engine.model.commands import CancelOffer, OfferCall
from acd.engine.model.events import EngineStarted, NodeLost, NodeReconciled, SeenCall
from acd.engine.model.facts import OfferEnded, WrapupEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from tests.acd.engine.line import Line, profile
from tests.acd.engine.urgent_lines import ringing


def offers(line: Line) -> list[tuple[str, str]]:
    """Agents rung by the last step's commands, with their callers."""
    return [(command.agent, command.call) for command in line.commands if isinstance(command, OfferCall)]


# --- wrap-up recall


def in_wrapup(**rules: Any) -> Line:
    """One agent, four seconds into ten of after-call work."""
    line = Line("1001", wrapup_s=10, wrapup_recall=True, **rules)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.agent_hangs_up("r1")
    line.caller_gone("r1")
    line.passes(4)
    return line


def test_an_agent_in_after_call_work_is_offered_an_urgent_caller_only() -> None:
    line = in_wrapup()
    line.arrives("r2", "request")
    assert line.offered == {}
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}


def test_the_rest_of_the_interrupted_work_follows_the_call_and_each_call_gets_its_own_figure() -> None:
    line = in_wrapup()
    line.arrives("u1", "funeral")
    line.passes(1)
    line.answers("u1")
    line.passes(20)
    line.agent_hangs_up("u1")
    line.passes(15.9)
    assert line.shown("1001") == "wrapup"
    line.passes(0.1)
    assert line.shown("1001") == "ready"
    assert {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)} == {"u1": 10, "r1": 10}


def test_interrupted_twice_all_of_it_is_still_owed() -> None:
    line = in_wrapup()
    for call in ("u1", "u2"):
        line.arrives(call, "funeral")
        line.answers(call)
        line.agent_hangs_up(call)
        line.passes(2)
    assert {one.call: one.left_s for one in line.engine.state.agents[AgentId("1001")].owed} == {"r1": 6, "u1": 8}
    line.passes(22)
    assert {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)} == {"u2": 10, "u1": 10, "r1": 10}


def test_a_recall_that_comes_to_nothing_leads_back_to_the_work() -> None:
    line = in_wrapup(max_misses=5, retry_s=60)
    line.arrives("u1", "funeral")
    line.passes(3)
    line.fails("u1", "NOANSWER")
    assert line.shown("1001") == "wrapup"
    line.passes(5.9)
    assert line.shown("1001") == "wrapup"
    line.caller_gone("u1")
    line.passes(0.1)
    assert line.shown("1001") == "ready"
    assert {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)} == {"r1": 10}


def test_an_agent_who_asked_for_a_pause_is_left_to_their_work() -> None:
    line = Line("1001", wrapup_s=10, wrapup_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.wishes("1001", "paused", "break")
    line.agent_hangs_up("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {}


def test_who_hangs_up_while_an_urgent_caller_waits_has_them_at_once() -> None:
    line = Line("1001", wrapup_s=10, wrapup_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.arrives("u1", "ambulance")
    line.agent_hangs_up("r1")
    assert line.offered == {"1001": "u1"}


def test_an_idle_agent_is_rung_before_one_in_after_call_work() -> None:
    line = Line("1001 1002", wrapup_s=10, wrapup_recall=True)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.answers("r1")
    line.agent_hangs_up("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1002": "u1"}


def test_an_agent_in_after_call_work_is_never_offered_a_routine_caller_though_an_urgent_one_waits_for_others() -> None:
    line = Line((profile("1001", "request"),), wrapup_s=10, wrapup_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.arrives("u1", "funeral")
    line.arrives("r2", "request")
    line.agent_hangs_up("r1")
    assert (line.offered, line.shown("1001")) == ({}, "wrapup")


# --- ring recall


def test_an_agent_ringing_for_a_routine_caller_is_taken_for_an_urgent_one() -> None:
    line = ringing()
    leg = line.leg("r1")
    line.arrives("u1", "funeral")
    assert CancelOffer(call=CallId("r1"), offer=OfferId("r1#1"), channel=leg) in line.commands
    assert offers(line) == [], "the phone still rings for the other"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel=leg))
    assert offers(line) == [("1001", "u1")]
    assert [(fact.call, fact.result) for fact in line.facts(OfferEnded)] == [("r1", "recalled")]
    line.answers("u1")
    line.agent_hangs_up("u1")
    assert line.offered == {"1001": "r1"}, "the routine caller has kept their place and was not let pass by anyone"


def test_a_ring_that_is_not_seen_to_stop_does_not_hold_the_urgent_caller_up() -> None:
    line = ringing()
    line.arrives("u1", "funeral")
    line.passes(0.4)
    assert offers(line) == []
    line.passes(0.1)
    assert offers(line) == [("1001", "u1")]


def test_a_ring_is_taken_as_soon_as_it_is_known_to_be_one() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1"}, "Asterisk has not told of a leg that could be hung up"
    line.rings("r1")
    assert line.offered == {"1001": "u1"}


def test_of_several_rings_one_that_is_known_is_taken() -> None:
    line = Line("1001 1002", ring_recall=True)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    line.rings("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1", "1002": "r2"}, "Asterisk has not told of the later ring"


def test_an_agent_ringing_for_an_urgent_caller_is_left_alone() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.arrives("u1", "funeral")
    line.rings("u1")
    line.arrives("u2", "ambulance")
    assert line.offered == {"1001": "u1"}


def test_an_urgent_caller_who_hangs_up_before_the_ring_gives_the_agent_back() -> None:
    line = ringing()
    line.arrives("u1", "funeral")
    line.caller_gone("u1")
    assert line.offered == {"1001": "r1"}


def test_no_ring_is_taken_while_asterisk_cannot_be_told_to_stop_it() -> None:
    """The phone would ring on for the routine caller, and be rung for the urgent one beside that."""
    line = ringing()
    leg = line.leg("r1")
    line.do(NodeLost(at=line.at, node=NodeId("ast1")))
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1"}
    assert not [one for one in line.commands if isinstance(one, CancelOffer)]
    seen = tuple(
        SeenCall(call=CallId(call), channel=f"PJSIP/trunk-{call}", leg=one) for call, one in (("r1", leg), ("u1", ""))
    )
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=seen,
            available=(AgentId("1001"),),
            agent_channels={AgentId("1001"): (leg,)},
        )
    )
    assert line.offered == {"1001": "u1"}
    assert CancelOffer(call=CallId("r1"), offer=OfferId("r1#1"), channel=leg) in line.commands


def test_a_restart_in_between_rings_the_agent_all_the_same() -> None:
    line = ringing()
    line.arrives("u1", "funeral")
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.passes(0.5)
    assert offers(line) == [("1001", "u1")]
