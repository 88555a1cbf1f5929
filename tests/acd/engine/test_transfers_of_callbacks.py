"""Callers who were called back are on the line like any other once they are reached: they can be put on hold and
transferred, and each part of their talk is counted once."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import CallBack, OfferCall, ReleaseCall
from acd.engine.model.config import Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    CalleeAnswered,
    CallerGone,
    CallHeld,
    CallUnheld,
    EngineStarted,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    OfferRinging,
    SeenCall,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallEnded, CallTakenOver, CallTransferred, TalkEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.calling_back import NODE, asks, callee, hangs_up, parts, queued
from tests.acd.engine.line import Line

SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True, transfer_code="1"),
    Service(id=ServiceId("request"), transfer_code="2"),
    Service(id=ServiceId("agent"), transfer_code="3", max_wait_s=30),
)
C1 = CallId("c1")
CHANNEL = "PJSIP/outgoing-7"


def talking(**rules: Any) -> Line:
    """c1 asked for a callback after 10 s, and talks to 1001, who has called them back, since 100 s. c2 waits."""
    rules = {"wrapup_s": 0, "callbacks": True, "callback_key": "2", "callback_tries": 2, **rules}
    line = Line("1001 1002", SERVICES, **rules)
    queued(line, "c1", "request")
    line.passes(10)
    asks(line, "c1")
    line.passes(90)
    line.ready("1001")
    line.answers("c1")
    callee(line, "c1")
    queued(line, "c2", "request")
    return line


def comes_back(line: Line, leg: str, dialled: str) -> None:
    """The dialplan brings the caller's channel to us."""
    line.do(
        CallAttached(
            at=line.at, call=C1, node=NodeId("ast1"), channel=CHANNEL, transfer_leg=leg, transfer_to=dialled,
            number="05320000001", callable="05320000001",
        )
    )  # fmt: skip


def gone(line: Line) -> CallEnded:
    """The caller's channel ends; the record."""
    line.do(CallerGone(at=line.at, call=C1, called_back=True))
    return line.outcome("c1")


def told_parts(line: Line) -> list[tuple[str, str, float]]:
    return [(part.agent, part.how, part.talk_s) for part in line.facts(TalkEnded) if part.call == "c1"]


def places(line: Line) -> list[str]:
    """Waiting callers by rank."""
    return [one.call for one in sorted(line.engine.core.waiting.calls(), key=lambda one: one.order)]


ORDERS = ["AMI first", "the leg's end first", "the session first"]


def sends(line: Line, dialled: str, order: str) -> None:
    """The agent sends c1 on; word of it comes on three ways."""
    leg = line.leg("c1")
    told = Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled=dialled)
    over = LegGone(at=line.at, call=C1, channel=leg, cause_code=16)
    first: dict[str, tuple[AnyEvent, ...]] = {
        "AMI first": (told, over),
        "the leg's end first": (over, told),
        "the session first": (over,),
    }
    line.do(*first[order])
    comes_back(line, leg, dialled)
    said = line.out
    if order == "the session first":
        line.do(told)
        line.out = said + line.out


@pytest.mark.parametrize("order", ORDERS)
def test_blind_to_an_agent(order: str) -> None:
    line = talking()
    line.ready("1002")
    assert line.offered == {"1002": "c2"}
    line.caller_gone("c2")
    line.passes(20)
    sends(line, "1002", order)
    assert line.offered == {"1002": "c1"}
    assert [type(one) for one in line.commands] == [OfferCall]
    line.passes(5)
    line.answers("c1")
    line.passes(30)
    line.agent_hangs_up("c1")
    assert any(isinstance(one, ReleaseCall) and one.call == "c1" for one in line.commands)
    end = gone(line)
    assert told_parts(line) == [("1001", "answered", 20), ("1002", "blind", 30)]
    assert (end.outcome, end.agent, end.wait_s, end.talk_s, end.transfers) == ("called_back", "1001", 100, 50, 1)
    assert (len(line.facts(CallAnswered)), len(line.facts(CallTakenOver))) == (1, 1)
    assert not any(isinstance(one, CallBack) for one in line.out)


@pytest.mark.parametrize("picked_up", [True, False])
def test_one_who_is_sent_on_before_ami_has_told_that_they_were_reached_is_offered_on(picked_up: bool) -> None:
    """They talked to the agent a moment ago: nobody tells them that they will be called back."""
    line = Line("1001 1002", SERVICES, wrapup_s=0, callbacks=True, callback_key="2")
    queued(line, "c1", "request")
    asks(line, "c1")
    line.passes(90)
    line.ready("1001")
    leg = line.leg("c1")
    if picked_up:
        line.answers("c1")
    line.ready("1002")
    line.passes(10)
    comes_back(line, leg, "1002")
    assert [type(one) for one in line.commands] == [OfferCall]
    assert (line.offered, line.engine.state.calls[C1].channel) == ({"1002": "c1"}, CHANNEL)
    rung, answered = OfferRinging, OfferAnswered
    if not picked_up:
        line.do(rung(at=line.at, late_s=9, call=C1, channel=leg), answered(at=line.at, late_s=6, call=C1, channel=leg))
    line.do(CalleeAnswered(at=line.at, late_s=4, call=C1, channel=leg, callee=CHANNEL))
    line.do(Transferred(at=line.at, late_s=1, call=C1, leg=leg, kind="blind", dialled="1002"))
    line.do(LegGone(at=line.at, late_s=1, call=C1, channel=leg, cause_code=16))
    line.answers("c1")
    line.passes(30)
    line.agent_hangs_up("c1")
    end = gone(line)
    assert (end.outcome, end.agent, end.transfers) == ("called_back", "1001", 1)
    assert told_parts(line) == [("1001", "answered", 0), ("1002", "blind", 30)], "nothing told when they were reached"
    assert [one.agent for one in line.facts(CallTransferred)] == ["1002"]


def test_the_first_channel_of_one_who_is_called_back_is_let_go_whatever_it_says() -> None:
    """An agent had sent them on before they asked: the dialplan still names that agent's leg."""
    line = talking()
    leg = line.leg("c1")
    line.do(CallAttached(at=line.at, call=CallId("c9"), node=NODE, channel="PJSIP/trunk-c9", callable="05320000009"))
    line.chooses("c9", "request")
    asks(line, "c9")
    sent = CallAttached(at=line.at, call=CallId("c9"), node=NODE, channel="PJSIP/trunk-c9", transfer_leg=leg)
    line.do(sent)
    (released,) = line.commands
    assert isinstance(released, ReleaseCall)
    assert released.announce == "callback_confirmed"


@pytest.mark.parametrize("order", ORDERS)
def test_to_a_service_place_and_time_are_kept(order: str) -> None:
    """c1 came before c2, and waits for another service now."""
    line = talking()
    queued(line, "c3", "agent")
    line.passes(20)
    line.wishes("1001", "paused")
    sends(line, "*83", order)
    (sent,) = line.facts(CallTransferred)
    assert (sent.by, sent.to, sent.service, sent.queued_at) == ("1001", "service", "agent", 1000)
    assert places(line) == ["c1", "c2", "c3"]
    line.ready("1002")
    assert line.offered == {"1002": "c1"}
    line.answers("c1")
    assert gone(line).outcome == "called_back"


def test_an_urgent_one_stays_urgent_and_comes_before_routine_callers() -> None:
    line = Line("1001 1002", SERVICES, wrapup_s=0, callbacks=True, callback_abandoned_urgent=True)
    queued(line, "c1", "funeral")
    hangs_up(line, "c1")
    line.ready("1001")
    line.answers("c1")
    callee(line, "c1")
    queued(line, "c2", "request")
    line.wishes("1001", "paused")
    sends(line, "*82", "AMI first")
    assert line.engine.state.calls[C1].priority == "urgent"
    line.ready("1002")
    assert line.offered == {"1002": "c1"}


def test_a_place_in_a_service_can_run_out_and_the_outcome_stays() -> None:
    line = talking()
    line.wishes("1001", "paused")
    sends(line, "*83", "AMI first")
    line.passes(30)
    assert ReleaseCall(call=C1, reason="timed_out", announce="queue_goodbye_timed_out") in line.out
    end = gone(line)
    assert (end.outcome, end.wait_s) == ("called_back", 100)


@pytest.mark.parametrize("late", [False, True])
def test_attended(late: bool) -> None:
    line = talking()
    line.passes(20)
    leg, new = line.leg("c1"), "PJSIP/1002-own"
    told = Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg=new)
    over = LegGone(at=line.at, call=C1, channel=leg, cause_code=16)
    line.do(*((over, told) if late else (told, over)))
    assert line.talking["1002"] == "c1"
    line.passes(10)
    line.agent_hangs_up("c1")
    assert not any(isinstance(one, ReleaseCall) and one.call == "c1" for one in line.commands)  # there is no session
    assert gone(line).talk_s == 30
    assert told_parts(line) == [("1001", "answered", 20), ("1002", "attended", 10)]


def test_handed_over_while_it_rings_and_nobody_answers() -> None:
    line = talking()
    leg = line.hands_over("c1", "1002", picked_up=False)
    line.do(CallDetached(at=line.at, call=C1))
    line.passes(15)
    comes_back(line, leg, "")
    assert places(line)[0] == "c1"


def test_a_consultation_is_hold_and_no_talk_of_another() -> None:
    line = talking()
    leg = line.leg("c1")
    line.do(CallHeld(at=line.at, call=C1, channel=leg))
    line.passes(15)
    line.do(CallUnheld(at=line.at, call=C1, channel=leg))
    line.passes(5)
    parts(line, "c1")
    end = line.outcome("c1")
    assert (end.talk_s, end.hold_s) == (20, 15)


def test_sent_on_twice() -> None:
    line = talking()
    line.caller_gone("c2")
    line.ready("1002")
    sends(line, "1002", "AMI first")
    line.answers("c1")
    line.passes(7)
    sends(line, "1001", "the leg's end first")
    assert line.offered == {"1001": "c1"}
    line.answers("c1")
    line.passes(3)
    assert gone(line).talk_s == 10
    assert [agent for agent, _, _ in told_parts(line)] == ["1001", "1002", "1001"]


def test_the_first_channel_that_ends_late_does_not_end_the_call() -> None:
    """They were still told that they will be called back when their other phone was called already."""
    line = talking()
    line.do(CallerGone(at=line.at, call=C1))
    assert line.talking == {"1001": "c1"}


def test_they_are_on_the_line_while_they_wait_and_another_call_of_theirs_takes_nothing() -> None:
    line = talking()
    line.wishes("1001", "paused")
    sends(line, "*83", "AMI first")
    queued(line, "c8", "agent", number="05320000001")
    assert "c1" in line.engine.state.calls
    assert places(line) == ["c1", "c2", "c8"]


def test_they_may_ask_to_be_called_back_again() -> None:
    line = talking()
    line.wishes("1001", "paused")
    sends(line, "*83", "AMI first")
    asks(line, "c1")
    assert line.engine.state.calls[C1].away
    line.ready("1002")
    assert any(isinstance(one, CallBack) and one.call == "c1" for one in line.out)


# --- restarts


def restarted(line: Line, *seen: SeenCall) -> None:
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.do(
        NodeReconciled(
            at=line.at,
            node=NODE,
            calls=(*seen, SeenCall(call=CallId("c2"), channel="PJSIP/trunk-c2")),
            available=(AgentId("1001"), AgentId("1002")),
            agent_channels={AgentId("1001"): (line.leg("c1"),)} if seen and seen[0].talking else {},
        )
    )


def test_a_talk_goes_on_over_a_restart_and_can_be_sent_on_then() -> None:
    line = talking()
    restarted(line, SeenCall(call=C1, channel=CHANNEL, leg=line.leg("c1"), talking=True, callback=True))
    assert line.talking["1001"] == "c1"
    sends(line, "*83", "the leg's end first")
    assert line.facts(CallTransferred)


def test_sent_on_while_no_engine_was_there() -> None:
    line = talking()
    leg = line.leg("c1")
    restarted(line, SeenCall(call=C1, channel=CHANNEL, callback=True))
    comes_back(line, leg, "*83")
    assert [fact.service for fact in line.facts(CallTransferred)] == ["agent"]
    assert "c1" in [*line.offered.values(), *places(line)]


def test_over_while_no_engine_was_there() -> None:
    line = talking()
    restarted(line)
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by) == ("called_back", "unknown")
