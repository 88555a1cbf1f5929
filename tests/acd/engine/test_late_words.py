"""Events that come late, twice, out of order or about no call change nothing."""

from typing import Any

import pytest

from acd.engine.model.agent_events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AgentStateRequested,
    DeviceStateChanged,
)
from acd.engine.model.commands import CancelOffer
from acd.engine.model.config import Announcements, Relaxation, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CalleeAnswered,
    CalleeFailed,
    CallerGone,
    CallHeld,
    CallUnheld,
    CommandFailed,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    SurgeHeard,
    TimerFired,
    Transferred,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from tests.acd.engine.line import OF_CALLS, OF_OFFERS, TIMERS, Line, profile

C1, GHOST, LEG = CallId("c1"), CallId("ghost"), "PJSIP/1001-ghost"


def about(call: CallId, at: float, channel: str = LEG) -> tuple[AnyEvent, ...]:
    """All that can be told of a call, but that it has come or was taken on elsewhere."""
    words: list[tuple[Any, dict[str, Any]]] = [
        (CallDetached, {}),
        (FlowStepped, {"step": "main"}),
        (ServiceChosen, {"service": ServiceId("request")}),
        (SurgeHeard, {}),
        (FlowFinished, {}),
        (KeyPressed, {"key": "9"}),
        (HangupRequested, {"by": "caller"}),
        (CallerGone, {}),
        (OfferRinging, {"channel": channel}),
        (OfferAnswered, {"channel": channel}),
        (OfferFailed, {"status": "BUSY", "channel": channel}),
        (LegGone, {"channel": channel}),
        (OfferReturned, {"offer": OfferId(f"{call}#1"), "status": "BUSY"}),
        (Transferred, {"leg": channel, "kind": "blind", "dialled": "*81"}),
        (CallHeld, {}),
        (CallHeld, {"channel": channel}),
        (CallUnheld, {}),
        (CallUnheld, {"channel": channel}),
        (CommandFailed, {"command": "offer_call", "error": "gone"}),
        (CommandFailed, {"command": "call_back", "error": "gone"}),
        (CommandFailed, {"command": "hold_caller", "error": "gone"}),
        (CalleeAnswered, {"channel": channel}),
        (CalleeFailed, {"channel": channel, "status": "BUSY"}),
        (CallbackCancelled, {}),
    ]
    return tuple(word(at=at, call=call, **more) for word, more in words)


def timer(line: Line, kind: str, subject: str) -> None:
    line.do(TimerFired(at=line.at, timer=TimerId(f"{kind}:{subject}")))


def test_a_call_nobody_knows() -> None:
    line = Line("1001", escalation_key="9")
    line.ready("1001")
    for event in about(GHOST, line.at):
        assert line.do(event) == [], event
    assert line.engine.state.calls == {}


@pytest.mark.parametrize("kind", sorted(TIMERS - {"headroom"}))
def test_a_timer_of_nobody(kind: str) -> None:
    line = Line("1001")
    line.ready("1001")
    timer(line, kind, "ghost#1" if kind in OF_OFFERS else "ghost")
    assert line.out == []


def test_an_agent_nobody_knows() -> None:
    line = Line("1001")
    ghost = AgentId("1099")
    for event in (
        AgentStateRequested(at=line.at, agent=ghost, state="ready"),
        DeviceStateChanged(at=line.at, agent=ghost, state="available"),
        AgentChannelOpened(at=line.at, agent=ghost, channel=LEG),
        AgentChannelClosed(at=line.at, agent=ghost, channel=LEG),
    ):
        assert line.do(event) == [], event


@pytest.mark.parametrize("kind", sorted(OF_CALLS))
def test_a_timer_of_a_caller_who_waits_for_nothing_of_the_kind(kind: str) -> None:
    """One who waits, one whose agent rings, one who talks, one in the menu and one on their way out."""
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("talks", "funeral")
    line.answers("talks")
    line.arrives("rings", "funeral")
    line.arrives("waits", "request")
    line.attaches("menu")
    line.attaches("done")
    line.do(FlowFinished(at=line.at, call=CallId("done")))
    before = line.engine.snapshot()
    for call in ("talks", "rings", "waits", "menu", "done"):
        line.at += 1
        timer(line, kind, call)
        assert line.out == [], call
    assert line.engine.snapshot() == before


def test_a_timer_that_fires_too_soon() -> None:
    services = (
        Service(id=ServiceId("request"), max_wait_s=600, relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=ServiceId("funeral"), priority="urgent"),
        Service(id=ServiceId("agent")),
    )
    told = (Announcements(priority="routine", position=True),)
    agents = (profile("1001"), profile("1002", backup=True))
    line = Line(agents, services, backup_after_s=30, owner_first_s=20, announcements=told, max_misses=9, wrapup_s=9)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request", preferred=AgentId("1001"))
    line.arrives("u1", "funeral")
    line.agent_hangs_up("c0")
    line.passes(9)
    line.fails("u1", "NOANSWER")
    running = {"preferred:c1", "relax:c1", "announce:c1", "maxwait:c1", "backup:u1", "retry:u1"}
    assert running <= set(line.timers)
    for one in sorted(running):
        timer(line, *one.split(":"))
        assert line.out == [], one


def test_a_look_at_those_for_whom_nobody_is_there_that_comes_late_or_too_soon() -> None:
    line = Line("1001", (Service(id=ServiceId("request"), leave_empty="release"), Service(id=ServiceId("agent"))))
    for service in ("request", "agent", "gone"):
        timer(line, "empty", service)
        assert line.out == [], "nobody waits for it"
    line.arrives("c1", "request")
    due = line.timers["empty:request"]
    line.passes(1)
    timer(line, "empty", "request")
    assert line.said == []
    assert line.timers["empty:request"] == due


def test_after_call_work_that_is_over_ends_once() -> None:
    line = Line("1001", wrapup_s=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.wishes("1001", "ready")
    line.at += 60
    timer(line, "wrapup", "1001")
    assert line.out == []


def test_the_longest_wait_of_one_who_talks_or_is_to_be_called_back_is_over() -> None:
    services = (Service(id=ServiceId("request"), max_wait_s=10), Service(id=ServiceId("agent")))
    line = Line("1001", services, callbacks=True, callback_key="2")
    line.ready("1001")
    line.arrives("talks", "request")
    line.answers("talks")
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1", callable="05320000001"))
    line.chooses("c1", "request")
    line.do(KeyPressed(at=line.at, call=C1, key="2"))
    line.caller_gone("c1")
    line.at += 60
    for call in ("talks", "c1"):
        timer(line, "maxwait", call)
        assert line.out == [], call


def test_an_offer_that_is_over_neither_expires_nor_returns() -> None:
    line = Line("1001", max_misses=9, retry_s=1, ring_s=15, offer_grace_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    line.passes(1)
    assert line.leg("c1").endswith("c1#2")
    line.do(OfferReturned(at=line.at, call=C1, offer=OfferId("c1#1"), status="NOANSWER"))
    assert (line.out, line.offered) == ([], {"1001": "c1"})
    line.at += 20
    timer(line, "offer", "c1#1")
    assert (line.out, line.offered) == ([], {"1001": "c1"})


def test_once_answered_no_word_of_the_ring_ends_the_talk() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.at += 60
    timer(line, "offer", "c1#1")
    line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=leg))
    line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER"))
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-earlier"))
    line.do(CommandFailed(at=line.at, call=C1, command="offer_call", error="no session"))
    assert line.talking == {"1001": "c1"}
    assert not any(isinstance(one, CancelOffer) for one in line.history)


def test_after_the_talk_its_answer_is_no_news() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.agent_hangs_up("c1")
    assert line.do(OfferAnswered(at=line.at, call=C1, channel=leg)) == []


def test_an_answer_for_a_caller_for_whom_nobody_was_rung_or_of_a_phone_without_a_name() -> None:
    line = Line("1001", max_misses=9)
    line.arrives("c1", "request")
    assert line.do(OfferAnswered(at=line.at, call=C1, channel=LEG)) == []
    line.ready("1001")
    line.fails("c1", "NOANSWER")
    assert line.do(OfferAnswered(at=line.at, call=C1, channel="")) == []


def test_no_leg_is_that_of_a_caller_who_waits() -> None:
    """Theirs was given up, and what is told of it late is about nobody: it neither ends their call nor holds it."""
    line = Line("1001", max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.fails("c1", "NOANSWER")
    for event in (
        HangupRequested(at=line.at, call=C1, by="agent", channel=leg),
        CallHeld(at=line.at, call=C1, channel=leg),
        LegGone(at=line.at, call=C1, channel=leg, cause_code=16),
    ):
        assert line.do(event) == [], event
    line.caller_gone("c1")
    assert line.outcome("c1").hangup_by == "caller"


def test_a_channel_told_of_twice_is_one() -> None:
    line = Line("1001")
    line.ready("1001")
    for _ in range(2):
        line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-own"))
    assert line.shown("1001") == "busy"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-own"))
    assert line.shown("1001") == "ready"


def test_hold_is_of_a_talk_and_told_by_its_own_leg() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    for channel in ("", "PJSIP/1001-untold"):
        for event in (CallHeld(at=line.at, call=C1, channel=channel), CallUnheld(at=line.at, call=C1, channel=channel)):
            assert line.do(event) == [], "the agent's phone rings"
    line.answers("c1")
    leg = line.leg("c1")
    assert line.do(CallHeld(at=line.at, call=C1, channel="PJSIP/1001-own")) == []
    assert [type(one).__name__ for one in line.do(CallHeld(at=line.at, call=C1, channel=leg))] == ["HoldBegan"]
    assert line.do(CallHeld(at=line.at, call=C1, channel=leg)) == [], "twice"
    line.passes(5)
    assert line.do(CallUnheld(at=line.at, call=C1, channel="PJSIP/1001-own")) == []
    assert [type(one).__name__ for one in line.do(CallUnheld(at=line.at, call=C1, channel=leg))] == ["HoldEnded"]
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert line.outcome("c1").hold_s == 5


def test_steps_and_the_end_of_the_flow_after_a_choice() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    for event in (
        FlowStepped(at=line.at, call=C1, step="main", language="en"),
        FlowFinished(at=line.at, call=C1),
        SurgeHeard(at=line.at, call=C1, answered=True),
        ServiceChosen(at=line.at, call=C1, service=ServiceId("funeral")),
    ):
        assert line.do(event) == [], event
    call = line.engine.state.calls[C1]
    assert (call.phase, call.language, call.service) == ("waiting", "tr", "request")
