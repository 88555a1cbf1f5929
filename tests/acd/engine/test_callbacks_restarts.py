"""Callers who are to be called back, over a restart of the engine."""

import pytest

from acd.engine.model.commands import CallBack, CancelOffer, OfferCall, ReleaseCall
from acd.engine.model.events import (
    CallAttached,
    CalleeAnswered,
    CallImported,
    EngineStarted,
    LegGone,
    LineStops,
    NodeLost,
    NodeReconciled,
    SeenCall,
)
from acd.engine.model.facts import CallbackMissed, CallbackQueued
from acd.engine.model.ids import AgentId, CallId, OfferId
from tests.acd.engine.calling_back import (
    NODE,
    asks,
    busy,
    callee,
    hangs_up,
    line_of,
    presses,
    queued,
    restarted,
    ringing_c1,
)


def test_a_place_without_a_channel_survives_a_restart() -> None:
    line = busy()
    asks(line, "c1")
    restarted(line)
    line.do(
        NodeReconciled(
            at=line.at,
            node=NODE,
            calls=(SeenCall(call=CallId("c0"), channel="PJSIP/trunk-c0", leg="PJSIP/1001-c0#1", talking=True),),
            available=(AgentId("1001"),),
            agent_channels={AgentId("1001"): ("PJSIP/1001-c0#1",)},
        )
    )
    assert line.outcome("c2").outcome == "abandoned"
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}


def test_after_a_start_with_nobody_to_come_back_they_are_called_at_once() -> None:
    line = line_of("1001", regroup_s=30)
    queued(line, "c1")
    asks(line, "c1")
    line.do(LineStops(at=line.at))
    line.ready("1001")
    assert line.offered == {}
    line.do(EngineStarted(at=line.at))
    assert line.offered == {"1001": "c1"}


def test_a_try_that_is_due_later_is_due_after_a_restart_too() -> None:
    line = ringing_c1()
    line.caller_gone("c2")
    line.caller_gone("c3")
    callee(line, "c1", "BUSY")
    restarted(line)
    line.passes(59)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1001": "c1"}


def test_one_whom_the_standby_had_and_who_is_put_off_is_tried_again_after_a_restart_too() -> None:
    """They never waited with us, and so had no time from which a longest wait counts (random events)."""
    line = line_of(callback_abandoned_urgent=True)
    line.do(
        CallAttached(at=line.at, call=CallId("u1"), node=NODE, channel="PJSIP/trunk-u1", callable="05320000001"),
        EngineStarted(at=line.at),
    )
    line.passes(10)
    line.do(
        CallImported(
            at=line.at, call=CallId("u1"), node=NODE, arrived_at=line.at - 9, urgent=True, queued_at=line.at - 8,
            ended_at=line.at - 1, hangup_by="caller",
        )
    )  # fmt: skip
    assert [fact.reason for fact in line.facts(CallbackQueued)] == ["abandoned"]
    line.ready("1001")
    line.answers("u1")
    callee(line, "u1", "BUSY")
    restarted(line)
    line.passes(60)
    assert line.offered == {"1001": "u1"}


@pytest.mark.parametrize("talking", [True, False])
def test_what_happened_meanwhile_is_seen_on_the_channels(talking: bool) -> None:
    line = ringing_c1()
    restarted(line)
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/outgoing-1", leg=line.leg("c1"), talking=talking, callback=True)
    channels: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (line.leg("c1"),)}
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),), agent_channels=channels))
    assert (line.talking, line.offered) == (({"1001": "c1"}, {}) if talking else ({}, {"1001": "c1"}))
    line.do(NodeReconciled(at=line.at, node=NODE, available=(AgentId("1001"),)))
    if talking:
        assert line.outcome("c1").outcome == "called_back"
    else:
        assert isinstance(line.commands[-1], CallBack)


def test_a_caller_who_picks_up_while_the_connection_is_away_is_not_called_again() -> None:
    """The ring of their phone lasts longer than it can, and nothing can tell that it was answered."""
    line = ringing_c1()
    leg = line.leg("c1")
    line.do(NodeLost(at=line.at, node=NODE))
    line.passes(120)
    assert (line.offered, line.facts(CallbackMissed)) == ({"1001": "c1"}, [])
    answered = CalleeAnswered(at=line.at, late_s=100, call=CallId("c1"), channel=leg, callee="PJSIP/outgoing-1")
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/outgoing-1", leg=leg, talking=True, callback=True)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),), told=(answered,)))
    assert (line.commands, line.talking) == ([], {"1001": "c1"})


def test_a_caller_whose_confirmation_was_cut_by_a_death_hears_it_again() -> None:
    line = busy()
    presses(line, "c1")
    restarted(line)
    line.attaches("c1")
    assert [type(one) for one in line.commands] == [ReleaseCall]
    assert not any(isinstance(one, OfferCall) for one in line.commands)


def test_a_call_back_that_is_seen_though_it_was_put_off_is_hung_up() -> None:
    """After a restart a channel of an earlier try is found up while the caller waits for the next."""
    line = ringing_c1()
    leg = line.leg("c1")
    callee(line, "c1", "BUSY")
    for call in ("c2", "c3"):
        line.caller_gone(call)
    restarted(line)
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/outgoing-1", leg=leg, callback=True)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),)))
    assert line.commands == [CancelOffer(call=CallId("c1"), offer=OfferId("c1#1"), channel=leg)]


def test_a_talk_of_whose_beginning_nothing_was_told_is_seen_with_its_leg() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    restarted(line)
    leg = "PJSIP/1001-untold"
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/outgoing-1", leg=leg, talking=True, callback=True)
    channels: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (leg,)}
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),), agent_channels=channels))
    line.do(LegGone(at=line.at, call=CallId("c1"), channel="PJSIP/1001-own"))
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
    assert line.talking == {}


def test_an_agent_who_is_to_be_rung_once_their_phone_is_quiet_is_not_missed_on_a_reconnect() -> None:
    """They were taken from a routine caller for an urgent one who is called back, and have no channel for that yet."""
    line = line_of(callback_abandoned_urgent=True, ring_recall=True)
    queued(line, "u1", "funeral")
    hangs_up(line, "u1")
    line.ready("1001")
    line.answers("u1")
    callee(line, "u1", "BUSY")
    line.passes(55)
    queued(line, "c1")
    line.rings("c1")
    ring = line.leg("c1")
    line.passes(5)
    assert line.offered == {"1001": "u1"}
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1")
    channels: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (ring,)}
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),), agent_channels=channels))
    assert (line.out, line.offered) == ([], {"1001": "u1"})
    line.passes(0.5)
    assert [type(one) for one in line.commands] == [CallBack]


def test_a_reload_gives_up_no_call_that_is_younger_than_its_list() -> None:
    """Asterisk is asked for its channels, and then for a call to the agent."""
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    offer = line.engine.state.calls[CallId("c1")].offer
    line.do(NodeReconciled(at=line.at, node=NODE, available=(AgentId("1001"),), gap=False))
    assert line.engine.state.calls[CallId("c1")].offer == offer
    line.answers("c1")
    callee(line, "c1")
    assert line.talking == {"1001": "c1"}
