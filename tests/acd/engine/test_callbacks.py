"""Call back instead of waiting, and of an urgent caller who hung up: a place without a channel."""

from typing import Any

import pytest

from acd.engine.commands import Announce, CallBack, CancelOffer, HoldCaller, OfferCall, ReleaseCall
from acd.engine.config import Announcements, EngineConfig, Service
from acd.engine.errors import BadConfig
from acd.engine.events import (
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CallerGone,
    CallImported,
    CitizenAnswered,
    CitizenFailed,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    KeyPressed,
    NodeReconciled,
    OfferFailed,
    OfferReturned,
    SeenCall,
    TimerFired,
)
from acd.engine.facts import CallAnswered, CallbackMissed, CallbackQueued, CallQueued, OfferEnded, WrapupEnded
from acd.engine.faults import checked
from acd.engine.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from acd.engine.machine import Engine

from .line import SERVICES, Line

NODE = NodeId("ast1")


def line_of(agents: str = "1001", **rules: Any) -> Line:
    """A line that calls back by key 2, three times at most, a minute apart, with one agent in a talk."""
    return Line(agents, **{"wrapup_s": 0, "callbacks": True, "callback_key": "2", "callback_retry_s": 60, **rules})


def queued(line: Line, call: str, service: str = "request", number: str | None = None) -> None:
    """A caller whose number can be dialled waits for a service."""
    digits = f"0532000{call[1:]:0>4}" if number is None else number
    line.do(
        CallAttached(
            at=line.at, call=CallId(call), node=NODE, channel=f"PJSIP/trunk-{call}", number=digits, callable=digits
        )
    )
    line.chooses(call, service)


def busy(**rules: Any) -> Line:
    """The one agent talks to c0; c1, c2 and c3 wait."""
    line = line_of(**rules)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    for n in (1, 2, 3):
        queued(line, f"c{n}")
        line.passes(1)
    return line


def presses(line: Line, call: str, key: str = "2") -> None:
    line.do(KeyPressed(at=line.at, call=CallId(call), key=key))


def hangs_up(line: Line, call: str) -> None:
    """All that is told of a caller's channel that ends."""
    for event in (
        HangupRequested(at=line.at, call=CallId(call), by="caller"),
        CallDetached(at=line.at, call=CallId(call)),
    ):
        line.do(event)
    line.caller_gone(call)


def asks(line: Line, call: str) -> None:
    presses(line, call)
    hangs_up(line, call)


def citizen(line: Line, call: str, status: Any = "ANSWER") -> None:
    """The called caller picks up or does not; then the agent's channel ends."""
    leg = line.leg(call)
    if status == "ANSWER":
        line.do(CitizenAnswered(at=line.at, call=CallId(call), channel=leg))
    else:
        line.do(CitizenFailed(at=line.at, call=CallId(call), channel=leg, status=status))
        line.agent_hangs_up(call)


def parts(line: Line, call: str) -> None:
    """The agent hangs up on one who was reached; both channels end."""
    line.agent_hangs_up(call)
    line.do(CallerGone(at=line.at, call=CallId(call), called_back=True))


# --- asking for it


def test_who_asks_is_let_go_and_called_when_it_is_their_turn() -> None:
    line = busy()
    presses(line, "c1")
    assert line.commands == [
        ReleaseCall(call=CallId("c1"), reason="callback", announce="callback_confirmed", language="tr")
    ]
    hangs_up(line, "c1")
    line.passes(100)
    line.agent_hangs_up("c0")
    assert [command for command in line.commands if isinstance(command, CallBack)] == [
        CallBack(
            call=CallId("c1"), offer=OfferId("c1#1"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=15,
            answer_s=30, service=SERVICES[2].id, klass="routine", number="05320000001",
        )
    ]  # fmt: skip
    line.answers("c1")
    assert line.talking == {}
    line.passes(7)
    citizen(line, "c1")
    assert line.talking == {"1001": "c1"}
    line.passes(60)
    parts(line, "c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.hangup_by, end.talk_s, end.callback) == (
        "called_back",
        "1001",
        "agent",
        60,
        "asked",
    )
    assert end.wait_s == 110
    assert line.facts(CallAnswered)[-1].callback == "asked"
    assert line.facts(WrapupEnded)[-1].call == "c1"
    assert line.offered == {"1001": "c2"}


def test_the_caller_who_hangs_up_the_call_back_has_ended_it() -> None:
    line = busy(wrapup_s=5)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(5)
    line.answers("c1")
    citizen(line, "c1")
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="caller"))
    parts(line, "c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("called_back", "caller")
    assert line.shown("1001") == "wrapup"


def test_those_who_hold_are_neither_overtaken_nor_starved() -> None:
    line = busy()
    asks(line, "c2")
    served = []
    line.agent_hangs_up("c0")
    for _ in range(3):
        (call,) = line.offered.values()
        served.append(call)
        line.answers(call)
        if call == "c2":
            citizen(line, call)
        line.agent_hangs_up(call)
    assert served == ["c1", "c2", "c3"]


def test_who_cannot_be_called_back_is_told_so_and_waits_on() -> None:
    for line, number in ((busy(callbacks=False), "05320000009"), (busy(), "")):
        queued(line, "c9", number=number)
        presses(line, "c9")
        assert line.commands == [Announce(call=CallId("c9"), prompts=("callback_impossible",), language="tr")]
        assert "c9" in {call.id for call in line.engine.core.waiting.calls()}


def test_one_call_back_to_a_number() -> None:
    line = busy()
    queued(line, "c8", number="05320000001")
    asks(line, "c1")
    presses(line, "c8")
    assert line.commands[0] == Announce(call=CallId("c8"), prompts=("callback_impossible",), language="tr")
    assert len(line.facts(CallbackQueued)) == 1


def test_who_calls_again_has_the_place_and_is_not_called_back_too() -> None:
    line = busy()
    asks(line, "c1")
    queued(line, "c7", number="05320000001")
    assert line.facts(CallQueued)[-1].kept_from == "c1"
    assert line.facts(CallQueued)[-1].position == 1
    assert line.outcome("c1").outcome == "callback_cancelled"
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c7"}


def test_a_key_when_the_agent_rings_already_changes_nothing() -> None:
    line = busy()
    line.agent_hangs_up("c0")
    presses(line, "c1")
    assert line.offered == {"1001": "c1"}
    assert not line.facts(CallbackQueued)


def test_with_an_agent_free_at_once_they_are_called_at_once() -> None:
    line = line_of("1001")
    queued(line, "c1")
    asks(line, "c1")
    line.ready("1001")
    assert isinstance(next(one for one in line.commands if not isinstance(one, HoldCaller)), CallBack)


@pytest.mark.parametrize("hangs_up_at_all", [True, False])
def test_nobody_calls_a_phone_that_is_still_on_the_line_with_us(hangs_up_at_all: bool) -> None:
    """They hear first that they will be called back, and have their place meanwhile."""
    line = line_of("1001", ring_recall=False)
    queued(line, "c1")
    presses(line, "c1")
    line.ready("1001")
    assert line.offered == {}
    line.passes(4)
    if hangs_up_at_all:
        hangs_up(line, "c1")
    else:  # or nobody has told us of it
        line.passes(11)
    assert line.offered == {"1001": "c1"}


def test_it_is_offered_when_the_wait_is_long() -> None:
    line = line_of(callback_offer_after_s=90)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1", number="")
    queued(line, "c2")
    line.passes(2)
    assert line.facts(CallQueued)[-1].ewt_s > 90
    assert [one.prompts for one in line.history if isinstance(one, Announce)] == [("callback_offer",)]
    line.passes(600)
    assert len([one for one in line.history if isinstance(one, Announce)]) == 1


def test_it_is_offered_later_where_an_agent_rang_when_the_only_announcement_was_due() -> None:
    told = (Announcements(klass="routine", position=True, after_s=20, every_s=0),)
    line = line_of(callback_offer_after_s=15, announcements=told, max_misses=1)
    queued(line, "c1")
    line.passes(19)  # at 15 s it was left to the announcement at 20 s
    line.ready("1001")
    line.passes(2)
    line.fails("c1", "BUSY")
    line.passes(30)
    assert [one.prompts for one in line.history if isinstance(one, Announce)] == [("callback_offer",)]


def test_it_is_offered_with_the_announcement_that_is_due_anyway() -> None:
    told = (Announcements(klass="routine", position=True, after_s=20, every_s=30),)
    line = line_of(callback_offer_after_s=45, announcements=told)
    queued(line, "c1")
    line.passes(120)
    said = [one.prompts for one in line.history if isinstance(one, Announce)]
    assert said[:3] == [
        ("queue_position", "digit_1"),
        ("queue_position", "digit_1", "callback_offer"),
        ("queue_position", "digit_1"),
    ]


# --- tries


def ringing_c1(**rules: Any) -> Line:
    """c1 asked for a call back, and the agent has picked up."""
    line = busy(**rules)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.answers("c1")
    return line


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CONGESTION", "CHANUNAVAIL"])
def test_one_who_is_not_reached_is_tried_again_from_their_place_while_the_agent_serves_others(status: Any) -> None:
    line = ringing_c1()
    citizen(line, "c1", status)
    assert line.offered == {"1001": "c2"}
    assert line.shown("1001") == "ringing"
    assert line.facts(OfferEnded)[-1].result == "unreached"
    missed = line.facts(CallbackMissed)[-1]
    assert (missed.tries, missed.status, missed.again_at) == (1, status, line.at + 60)
    line.answers("c2")
    line.passes(60)
    line.agent_hangs_up("c2")
    assert line.offered == {"1001": "c1"}


def test_tries_have_an_end_and_the_record_says_so() -> None:
    line = ringing_c1(callback_tries=2)
    line.caller_gone("c2")
    line.caller_gone("c3")
    citizen(line, "c1", "NOANSWER")
    line.passes(60)
    line.answers("c1")
    citizen(line, "c1", "BUSY")
    end = line.outcome("c1")
    assert (end.outcome, end.tries, end.agent, end.hangup_by) == ("callback_failed", 2, None, "system")
    assert line.facts(CallbackMissed)[-1].again_at is None
    assert line.shown("1001") == "ready"
    line.passes(600)
    assert line.offered == {}


def test_an_agent_who_does_not_pick_up_is_no_try() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1001": "c2"}
    assert not line.facts(CallbackMissed)
    line.passes(6)
    assert "c1" in {call.id for call in line.engine.core.waiting.calls()}


def test_an_agent_who_hangs_up_before_the_caller_answers_has_declined() -> None:
    line = ringing_c1(max_misses=5)
    citizen(line, "c1", "CANCEL")
    assert line.facts(OfferEnded)[-1].result == "declined"
    assert not line.facts(CallbackMissed)


def test_a_phone_that_is_not_there_is_told_by_the_node() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(OfferReturned(at=line.at, call=CallId("c1"), offer=OfferId("c1#1"), status="CHANUNAVAIL"))
    assert line.offered == {"1001": "c2"}


def test_without_ami_it_is_put_off_and_no_try_is_lost() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(CommandFailed(at=line.at, call=CallId("c1"), command="call_back", error="not connected"))
    assert line.offered == {"1001": "c2"}
    line.answers("c2")
    line.passes(5)
    line.agent_hangs_up("c2")
    assert line.offered == {"1001": "c1"}


def test_nothing_heard_of_the_caller_for_too_long_is_a_miss_and_the_agent_is_let_go() -> None:
    line = ringing_c1()
    line.passes(34.9)
    assert not line.facts(CallbackMissed)
    line.passes(0.1)
    assert line.facts(CallbackMissed)
    assert any(isinstance(one, CancelOffer) for one in line.history)


def test_an_urgent_caller_takes_a_ringing_agent_but_not_one_who_has_picked_up() -> None:
    line = busy(ring_recall=True)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.rings("c1")
    queued(line, "u1", "funeral")
    assert line.offered == {"1001": "u1"}
    line = ringing_c1(ring_recall=True)
    queued(line, "u1", "funeral")
    assert line.offered == {"1001": "c1"}


def test_once_the_agent_has_picked_up_only_the_callers_phone_counts() -> None:
    """Word of the agent's own ring is old, whichever way it comes."""
    line = ringing_c1()
    leg, offer = line.leg("c1"), OfferId("c1#1")
    line.at += 1
    for event in (
        OfferFailed(at=line.at, call=CallId("c1"), status="NOANSWER", channel=leg),
        OfferReturned(at=line.at, call=CallId("c1"), offer=offer, status="NOANSWER"),
        CommandFailed(at=line.at, call=CallId("c1"), command="call_back", error="late"),
        CommandFailed(at=line.at, call=CallId("c1"), command="announce", error="late"),
        TimerFired(at=line.at, timer=TimerId("offer:c1#1")),
        CitizenFailed(at=line.at, call=CallId("c1"), channel="PJSIP/1001-other", status="BUSY"),
        CitizenAnswered(at=line.at, call=CallId("c1"), channel="PJSIP/1001-other"),
    ):
        assert line.do(event) == [], event
    line.at += 60
    assert line.do(TimerFired(at=line.at, timer=TimerId("offer:c1#0"))) == [], "of an earlier offer"
    assert line.offered == {"1001": "c1"}


def test_an_answer_the_node_tells_of_before_the_agents_phone_is_known_to_ring_is_left_to_ami() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(OfferReturned(at=line.at, call=CallId("c1"), offer=OfferId("c1#1"), status="ANSWER"))
    assert (line.out, line.offered) == ([], {"1001": "c1"})


def test_a_command_for_one_who_waits_to_be_called_back_may_fail() -> None:
    line = busy()
    asks(line, "c1")
    for command in ("call_back", "announce", "hold_caller"):
        assert line.do(CommandFailed(at=line.at, call=CallId("c1"), command=command, error="late")) == []


def test_what_is_put_off_is_tried_again_soon_and_not_before() -> None:
    line = busy()
    for call in ("c2", "c3"):
        line.caller_gone(call)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(CommandFailed(at=line.at, call=CallId("c1"), command="call_back", error="not connected"))
    line.passes(4.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c1"}


def test_nothing_heard_of_the_caller_is_told_as_no_answer() -> None:
    line = ringing_c1()
    line.passes(35)
    assert [fact.status for fact in line.facts(CallbackMissed)] == ["NOANSWER"]


def test_a_call_back_that_is_seen_though_it_was_put_off_is_hung_up() -> None:
    """After a restart a channel of an earlier try is found up while the caller waits for the next."""
    line = ringing_c1()
    leg = line.leg("c1")
    citizen(line, "c1", "BUSY")
    for call in ("c2", "c3"):
        line.caller_gone(call)
    restarted(line)
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/outgoing-1", leg=leg, callback=True)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),)))
    assert line.commands == [CancelOffer(call=CallId("c1"), offer=OfferId("c1#1"), channel=leg)]


# --- ends


@pytest.mark.parametrize("when", ["waiting", "ringing", "put off"])
def test_it_can_be_cancelled(when: str) -> None:
    line = busy()
    asks(line, "c1")
    if when != "waiting":
        line.agent_hangs_up("c0")
        line.answers("c1")
    if when == "put off":
        citizen(line, "c1", "BUSY")
    line.do(CallbackCancelled(at=line.at, call=CallId("c1")))
    assert line.outcome("c1").outcome == "callback_cancelled"
    assert when != "ringing" or any(isinstance(one, CancelOffer) for one in line.commands)
    line.passes(600)
    assert "c1" not in line.offered.values()


def test_a_talk_is_not_cancelled_and_an_ordinary_call_neither() -> None:
    line = ringing_c1()
    citizen(line, "c1")
    line.do(CallbackCancelled(at=line.at, call=CallId("c1")), CallbackCancelled(at=line.at, call=CallId("c2")))
    assert line.talking == {"1001": "c1"}
    assert "c2" in line.engine.state.calls


def test_without_a_trunk_any_more_nobody_is_called_back() -> None:
    line = busy()
    asks(line, "c1")
    line.do(ConfigChanged(at=line.at, config=line_of(callbacks=False).config))
    assert line.outcome("c1").outcome == "callback_cancelled"


# --- urgent callers who hung up


def test_an_urgent_caller_who_hangs_up_while_waiting_is_called_back_at_their_place() -> None:
    line = busy(callback_abandoned_urgent=True)
    queued(line, "u1", "funeral")
    queued(line, "u2", "funeral")
    hangs_up(line, "u1")
    assert [(fact.call, fact.reason) for fact in line.facts(CallbackQueued)] == [("u1", "abandoned")]
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "u1"}
    line.answers("u1")
    citizen(line, "u1")
    parts(line, "u1")
    assert (line.outcome("u1").outcome, line.outcome("u1").callback) == ("called_back", "abandoned")


def test_hanging_up_while_it_rings_frees_the_agent_who_calls_back_at_once() -> None:
    line = line_of(callback_abandoned_urgent=True)
    line.ready("1001")
    queued(line, "u1", "funeral")
    line.caller_gone("u1")
    assert isinstance(line.commands[-1], CallBack)


def test_who_is_never_reached_has_abandoned() -> None:
    line = busy(callback_abandoned_urgent=True, callback_tries=1)
    queued(line, "u1", "funeral")
    hangs_up(line, "u1")
    line.agent_hangs_up("c0")
    line.answers("u1")
    citizen(line, "u1", "NOANSWER")
    end = line.outcome("u1")
    assert (end.outcome, end.tries, end.hangup_by) == ("abandoned", 1, "caller")


@pytest.mark.parametrize("rules", [{}, {"callback_abandoned_urgent": True}])
def test_routine_callers_and_lines_without_it_just_abandon(rules: dict[str, Any]) -> None:
    line = busy(**rules)
    call, service = ("c9", "request") if rules else ("u1", "funeral")
    queued(line, call, service)
    hangs_up(line, call)
    assert line.outcome(call).outcome == "abandoned"


def test_an_urgent_caller_who_calls_again_has_their_place_once() -> None:
    line = busy(callback_abandoned_urgent=True, redial_s=60)
    queued(line, "u1", "funeral")
    queued(line, "u2", "funeral")
    hangs_up(line, "u1")
    queued(line, "u3", "funeral", number="05320000001")
    assert line.outcome("u1").outcome == "abandoned"
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "u3"}


# --- restarts


def restarted(line: Line) -> None:
    """The engine dies and comes up from its snapshot; Asterisk tells of the channels that are given in `seen`."""
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at), ConfigChanged(at=line.at, config=line.config))


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


def test_after_a_second_restart_with_nobody_to_come_back_they_are_called_at_once() -> None:
    line = line_of("1001", services=(*SERVICES[:3], Service(id=ServiceId("agent"), max_wait_s=10)), regroup_s=30)
    queued(line, "c1")
    asks(line, "c1")
    queued(line, "c2", "agent")
    line.do(EngineStarted(at=line.at))
    line.ready("1001")
    line.passes(10)
    assert line.offered == {}, "c2 is awaited, who has waited too long by now"
    line.do(EngineStarted(at=line.at))
    assert line.offered == {"1001": "c1"}


def test_a_try_that_is_due_later_is_due_after_a_restart_too() -> None:
    line = ringing_c1()
    line.caller_gone("c2")
    line.caller_gone("c3")
    citizen(line, "c1", "BUSY")
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
    citizen(line, "u1", "BUSY")
    restarted(line)
    line.passes(60)
    assert line.offered == {"1001": "u1"}


@pytest.mark.parametrize("talking", [True, False])
def test_what_happened_meanwhile_is_seen_on_the_channels(talking: bool) -> None:
    line = ringing_c1()
    restarted(line)
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/outgoing-1", leg=line.leg("c1"), talking=talking, callback=True)
    channels = {AgentId("1001"): (line.leg("c1"),)}
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),), agent_channels=channels))
    assert (line.talking, line.offered) == (({"1001": "c1"}, {}) if talking else ({}, {"1001": "c1"}))
    line.do(NodeReconciled(at=line.at, node=NODE, available=(AgentId("1001"),)))
    if talking:
        assert line.outcome("c1").outcome == "called_back"
    else:
        assert isinstance(line.commands[-1], CallBack)


def test_a_caller_whose_confirmation_was_cut_by_a_death_hears_it_again() -> None:
    line = busy()
    presses(line, "c1")
    restarted(line)
    line.attaches("c1")
    assert [type(one) for one in line.commands] == [ReleaseCall]
    assert not any(isinstance(one, OfferCall) for one in line.commands)


def test_bad_rules_are_refused_with_a_reason() -> None:
    bad = EngineConfig(
        services=SERVICES, callback_key="9", escalation_key="9", callback_tries=0, callback_abandoned_urgent=True
    )
    with pytest.raises(BadConfig) as refused:
        checked(bad)
    for fault in ("callback_key = '9': is the escalation_key", "callback_tries = 0", "needs callbacks"):
        assert fault in str(refused.value)
