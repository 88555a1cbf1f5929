"""Reconciliation: the engine's state is corrected by Asterisk's lists."""

import msgspec
import pytest

from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CallImported,
    EngineStarted,
    LegGone,
    NodeLost,
    NodeReconciled,
    SeenCall,
)
from acd.engine.model.facts import CallAnswered, CallEntered, OfferEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.line import Line, profile

C1, AST1, AST2 = CallId("c1"), NodeId("ast1"), NodeId("ast2")
REQUEST, FUNERAL, AGENT = ServiceId("request"), ServiceId("funeral"), ServiceId("agent")


def seen_talking(line: Line, answered_at: float | None, call: str = "c1") -> None:
    leg = "PJSIP/1001-7"
    seen = SeenCall(call=CallId(call), channel=f"PJSIP/trunk-{call}", leg=leg, talking=True, answered_at=answered_at)
    channels: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (leg,)}
    available = (AgentId("1001"),)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=available, agent_channels=channels))


def test_a_talk_that_is_found_began_when_asterisk_says_but_not_before_the_wait_nor_in_the_future() -> None:
    for answered_at, since in ((1012.0, 1012.0), (990.0, 1010.0), (2000.0, 1020.0), (None, 1020.0)):
        line = Line("1001")
        line.passes(10)
        line.arrives("c1", "request")
        line.passes(10)
        line.do(EngineStarted(at=line.at))
        seen_talking(line, answered_at)
        assert line.talking == {"1001": "c1"}
        assert [fact.at for fact in line.facts(CallAnswered)] == [since]


def test_a_talk_nobody_knew_of_began_when_asterisk_says_and_waited_for_nothing() -> None:
    for answered_at, since in ((990.0, 990.0), (2000.0, 1000.0), (None, 1000.0)):
        line = Line("1001")
        seen_talking(line, answered_at)
        assert [fact.at for fact in line.facts(CallAnswered)] == [since]
        line.passes(10)
        line.do(NodeReconciled(at=line.at, node=AST1, available=(AgentId("1001"),)))
        end = line.outcome("c1")
        assert (end.outcome, end.service, end.wait_s, end.arrived_at) == ("answered", "agent", 0, since)
        assert (end.talk_s, end.hangup_by, len(line.facts(CallEntered))) == (1010 - since, "unknown", 1)


def test_a_talk_that_is_seen_no_more_is_over_though_the_caller_is_there() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.passes(5)
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1")
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert (line.talking, line.shown("1001")) == ({}, "ready")
    line.caller_gone("c1")
    assert (line.outcome("c1").talk_s, line.outcome("c1").hangup_by) == (5, "unknown")


def test_where_the_connection_has_lasted_a_caller_who_is_not_listed_is_not_gone() -> None:
    """A reload asks for the phones. Of the end of a talk whose caller has no session an event will tell."""
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.passes(5)
    line.do(NodeReconciled(at=line.at, node=AST1, available=(AgentId("1001"),), gap=False))
    assert line.talking == {"1001": "c1"}
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").talk_s, line.outcome("c1").hangup_by) == (5, "agent")


def test_word_of_one_node_says_nothing_of_another() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.do(EngineStarted(at=line.at))
    line.do(NodeReconciled(at=line.at, node=AST2))
    assert (line.talking, sorted(line.engine.state.calls)) == ({"1001": "c1"}, ["c1", "c2"])
    assert line.engine.state.agents[AgentId("1001")].reachable


# --- what is listed


def seen(call: str, leg: str = "", *, talking: bool = False) -> SeenCall:
    return SeenCall(call=CallId(call), channel=f"PJSIP/trunk-{call}", leg=leg, talking=talking)


def listed(line: Line, *calls: SeenCall, available: str = "1001", node: NodeId = AST1, **own: str) -> None:
    """Asterisk's word of one node; `own` are channels of agents by `_` and extension."""
    line.do(
        NodeReconciled(
            at=line.at,
            node=node,
            calls=calls,
            available=tuple(AgentId(one) for one in available.split()),
            agent_channels={AgentId(name[1:]): (channel,) for name, channel in own.items()},
        )
    )


def test_word_of_one_node_sets_all_of_that_node_right_and_nothing_else() -> None:
    """The other node's caller and agent come first, by age and by name."""
    line = Line((msgspec.structs.replace(profile("1001"), node=AST2), profile("1002"), profile("1003")))
    line.ready("1001", "1002", "1003")
    line.do(CallAttached(at=line.at, call=CallId("far"), node=AST2, channel="PJSIP/trunk-far"))
    line.chooses("far", "request")
    line.arrives("near", "request")
    line.do(EngineStarted(at=line.at))
    listed(line, available="1002")
    assert (line.offered, line.outcome("near").outcome) == ({"1001": "far"}, "abandoned")
    assert [line.shown(agent) for agent in ("1001", "1002", "1003")] == ["ringing", "ready", "unavailable"]


def test_an_agent_whose_phone_is_in_use_by_the_list_is_offered_nobody() -> None:
    line = Line("1001 1002")
    line.ready("1001", "1002")
    listed(line, available="1001 1002", _1001="PJSIP/1001-own")
    assert (line.shown("1001"), line.shown("1002")) == ("busy", "ready")
    line.arrives("c1", "request")
    assert line.offered == {"1002": "c1"}


def test_a_phone_that_rings_and_cannot_be_reached_any_more_gives_the_caller_back() -> None:
    line = Line("1001 1002")
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    listed(line, seen("c1", leg), available="1002")
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [leg]
    assert [fact.result for fact in line.facts(OfferEnded)] == ["unreachable"]
    assert (line.offered, line.shown("1001")) == ({}, "unavailable")


def test_a_phone_that_began_to_ring_while_no_events_came_can_be_taken_for_an_urgent_caller() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.do(NodeLost(at=line.at, node=AST1))
    line.arrives("c1", "request")
    leg = line.leg("c1")
    listed(line, seen("c1", leg), available="1001", _1001=leg)
    assert line.offered == {"1001": "c1"}
    line.arrives("u1", "funeral")
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [leg]
    assert line.offered == {"1001": "u1"}


def test_a_phone_seen_to_ring_is_no_talk_whosever_it_is() -> None:
    """The caller is sent on by the dialplan, of which word is still to come."""
    line = Line("1001 1002")
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    listed(line, seen("c1", "PJSIP/1002-7"))
    assert line.offered == {"1001": "c1"}
    line.answers("c1")
    listed(line, seen("c1", "PJSIP/1002-7"))
    assert line.talking == {"1001": "c1"}


def test_the_channel_that_is_seen_to_talk_is_the_agents_leg_from_then_on() -> None:
    """A phone with two lines rings on both."""
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    rung, leg = line.leg("c1"), "PJSIP/1001-second"
    listed(line, seen("c1", leg, talking=True), _1001=leg)
    line.do(LegGone(at=line.at, call=C1, channel=rung))
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=C1, channel=leg))
    assert (line.talking, line.shown("1001")) == ({}, "ready")


def test_one_who_is_back_with_us_does_not_talk_whatever_an_older_list_says() -> None:
    line = Line("1001 1002")
    line.attaches("menu")
    line.arrives("waits", "request")
    line.do(EngineStarted(at=line.at))
    for call in ("menu", "waits"):
        line.attaches(call)
    listed(line, seen("menu", "PJSIP/1001-7", talking=True), seen("waits", "PJSIP/1002-7", talking=True))
    assert line.talking == {}
    assert {call.id: call.phase for call in line.engine.state.calls.values()} == {"menu": "flow", "waits": "waiting"}


def test_a_talk_that_is_over_is_not_begun_anew_by_an_older_list() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.agent_hangs_up("c1")
    line.do(EngineStarted(at=line.at))
    listed(line, seen("c1", leg, talking=True))
    assert (line.talking, line.engine.state.calls[C1].phase) == ({}, "leaving")


def test_one_who_was_in_the_menu_and_is_found_in_a_talk_wanted_an_agent() -> None:
    line = Line("1001")
    line.attaches("c1")
    line.do(EngineStarted(at=line.at))
    listed(line, seen("c1", "PJSIP/1001-7", talking=True))
    assert line.talking == {"1001": "c1"}
    assert [(fact.service, fact.wait_s) for fact in line.facts(CallAnswered)] == [("agent", 0)]


@pytest.mark.parametrize("known", [True, False])
def test_an_agent_who_is_found_in_a_talk_is_free_with_the_end_of_that_leg(known: bool) -> None:
    line = Line("1001", wrapup_s=0)
    line.wishes("1001", "ready")
    if known:
        line.arrives("c1", "request")
        line.do(EngineStarted(at=line.at))
    leg = "PJSIP/1001-7"
    listed(line, seen("c1", leg, talking=True), _1001=leg)
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-other"))
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=C1, channel=leg))
    assert (line.talking, line.shown("1001")) == ({}, "ready")


def test_a_talk_nobody_knew_of_has_no_number_and_its_end_is_told_once() -> None:
    """The standby may have had it, and tells of it in its own time."""
    line = Line("1001")
    listed(line, seen("c1", "PJSIP/1001-7", talking=True))
    (entered,) = line.facts(CallEntered)
    assert (entered.number, entered.name, entered.dialled) == ("", "", "")
    line.passes(10)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    told = CallImported(
        at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1", number="0532",
        arrived_at=line.at - 30, ended_at=line.at, hangup_by="agent",
    )  # fmt: skip
    assert line.do(told) == []
    assert line.outcome("c1").talk_s == 10
    assert line.engine.state.orphans_ended == [("c1", line.at)], "known for as long as the spool may tell"


def test_who_gets_whom_is_decided_when_all_is_set_right() -> None:
    """The agent whose talk is over is looked at first, but another comes first by the list and is back as well."""
    line = Line("1002 1001", strategy="linear", wrapup_s=0)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.wishes("1002", "ready")
    line.arrives("c1", "request")
    listed(line, seen("c0"), seen("c1"), available="1001 1002")
    assert line.offered == {"1002": "c1"}
