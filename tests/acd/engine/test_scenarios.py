"""The rules of the line, as scripts: what happens, and what the engine then wants."""

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.commands import CancelOffer, HoldCaller, OfferCall, ReleaseCall, RunFlow
from acd.engine.model.config import Service
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CallerGone,
    CallHeld,
    CallUnheld,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    SeenCall,
)
from acd.engine.model.facts import (
    AgentStateChanged,
    CallOverflowed,
    CallQueued,
    KeyHeard,
    OfferEnded,
    ServiceNamed,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from tests.acd.engine.line import SERVICES, Line, profile

C1, C2 = CallId("c1"), CallId("c2")


def test_a_call_from_the_line_to_its_row() -> None:
    line = Line(wrapup_s=10)
    line.ready("1001")
    line.attaches("c1")
    assert line.commands == [RunFlow(call=C1, flow="hotline")]
    line.passes(5)
    line.chooses("c1", "funeral")
    assert [type(command) for command in line.commands] == [OfferCall]
    assert line.shown("1001") == "ringing"
    line.passes(2)
    line.answers("c1")
    assert line.talking == {"1001": "c1"}
    line.passes(30)
    line.do(CallHeld(at=line.at, call=C1))
    line.passes(4)
    line.do(CallUnheld(at=line.at, call=C1))
    line.passes(6)
    line.do(HangupRequested(at=line.at, call=C1, by="agent"))
    line.agent_hangs_up("c1")
    assert line.commands == [ReleaseCall(call=C1, reason="talk_ended", offer=OfferId("c1#1"))]
    assert line.shown("1001") == "wrapup"
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.hangup_by, end.priority) == ("answered", "1001", "agent", "urgent")
    assert (end.wait_s, end.answer_delay_s, end.ring_s, end.talk_s, end.hold_s) == (2, 7, 2, 40, 4)
    line.passes(10)
    assert [fact.wrapup_s for fact in line.facts(WrapupEnded)] == [10]
    assert line.shown("1001") == "ready"


def test_twelve_routine_callers_wait_and_an_urgent_one_comes_last() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("busy", "request")
    line.answers("busy")
    for n in range(12):
        line.passes(1)
        line.arrives(f"r{n}", "request")
    line.arrives("urgent", "ambulance")
    line.agent_hangs_up("busy")
    assert line.offered == {"1001": "urgent"}


def test_first_come_first_served_inside_a_class_across_services() -> None:
    line = Line("1001", wrapup_s=0)
    for call, service in (("a", "request"), ("b", "agent"), ("c", "request"), ("u", "funeral"), ("v", "ambulance")):
        line.passes(1)
        line.arrives(call, service)
    line.ready("1001")
    order = []
    for _ in range(5):
        (call,) = line.offered.values()
        order.append(call)
        line.answers(call)
        line.agent_hangs_up(call)
    assert order == ["u", "v", "a", "b", "c"]


def test_the_longest_idle_agent_is_rung() -> None:
    line = Line("1001 1002 1003", wrapup_s=0)
    line.ready("1002", "1003", "1001")
    line.arrives("c1", "request")
    assert line.offered == {"1002": "c1"}
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("c2", "request")
    line.arrives("c3", "request")
    line.arrives("c4", "request")
    assert line.offered == {"1003": "c2", "1001": "c3", "1002": "c4"}


def test_an_agent_is_offered_only_the_services_they_take() -> None:
    line = Line((profile("1001", "funeral"), profile("1002", "request agent")), wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1002": "r1"}
    line.arrives("u1", "funeral")
    assert line.offered == {"1002": "r1", "1001": "u1"}


def test_no_answer_gives_the_caller_back_to_the_front_and_skips_that_agent() -> None:
    line = Line(max_misses=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1001": "c2"}, "the agent is free for others"
    assert [type(command) for command in line.commands] == [OfferCall, HoldCaller]
    line.ready("1002")
    assert line.offered == {"1001": "c2", "1002": "c1"}
    assert [fact.result for fact in line.facts(OfferEnded)] == ["no_answer"]


def test_an_agent_is_set_aside_after_so_many_misses_in_a_row() -> None:
    line = Line("1001 1002", max_misses=2)
    line.ready("1001")
    line.arrives("c1", "request")
    line.fails("c1", "BUSY")
    line.caller_gone("c1")
    line.arrives("c2", "request")
    line.answers("c2")  # an answer clears the count
    line.agent_hangs_up("c2")
    line.passes(10)
    line.arrives("c3", "request")
    line.fails("c3", "NOANSWER")
    assert line.shown("1001") == "ready"
    line.caller_gone("c3")
    line.arrives("c4", "request")
    line.fails("c4", "CHANUNAVAIL", cause_code=21)
    assert line.shown("1001") == "paused/missed_calls"
    assert [fact.result for fact in line.facts(OfferEnded)] == ["busy", "answered", "no_answer", "declined"]
    line.wishes("1001", "ready")
    assert line.shown("1001") == "ready"


def test_a_caller_whom_the_only_agent_let_pass_is_offered_again() -> None:
    line = Line("1001", max_misses=5, retry_s=5)
    line.ready("1001")
    line.arrives("c1", "funeral")
    line.fails("c1", "NOANSWER")
    assert line.offered == {}
    line.passes(5)
    assert line.offered == {"1001": "c1"}


def test_a_skip_ends_at_last_even_where_others_are_on_duty() -> None:
    line = Line("1001 1002", max_misses=5, skip_s=60, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.answers("c2")
    line.fails("c1", "NOANSWER")
    line.passes(59)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1001": "c1"}


def test_a_caller_who_hangs_up_while_ringing_frees_the_agent_at_once() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.rings("c1")
    line.do(HangupRequested(at=line.at, call=C1, by="caller"))
    line.fails("c1", "CANCEL")
    assert line.offered == {"1001": "c2"}
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.agent) == ("abandoned", "caller", None)
    assert line.shown("1001") == "ringing"


def test_hang_ups_in_the_menu_on_hold_and_in_talk_end_once() -> None:
    line = Line("1001", wrapup_s=0)
    line.attaches("menu")
    line.caller_gone("menu")
    line.arrives("wait", "request")
    line.passes(3)
    line.caller_gone("wait")
    line.ready("1001")
    line.arrives("talk", "request")
    line.answers("talk")
    line.do(HangupRequested(at=line.at, call=CallId("talk"), by="caller"))
    line.agent_hangs_up("talk")
    line.caller_gone("talk")
    line.caller_gone("talk")
    assert line.outcome("menu").outcome == "abandoned_in_menu"
    assert (line.outcome("wait").outcome, line.outcome("wait").wait_s) == ("abandoned", 3)
    assert (line.outcome("talk").outcome, line.outcome("talk").hangup_by) == ("answered", "caller")
    assert line.engine.state.calls == {}


def test_a_late_word_about_an_earlier_offer_does_not_end_the_present_one() -> None:
    line = Line(max_misses=5)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    old = line.leg("c1")
    line.returns("c1", "NOANSWER")  # AGI was quicker than AMI
    assert line.offered == {"1002": "c1"}
    line.do(OfferRinging(at=line.at, call=C1, channel=old))
    line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=old))
    assert line.offered == {"1002": "c1"}
    line.do(OfferAnswered(at=line.at, call=C1, channel=old))
    assert line.commands == [CancelOffer(call=C1, offer=line.engine.state.calls[C1].offer.id, channel=old)]  # type: ignore[union-attr]  # there is an offer


def test_a_phone_that_vanishes_while_ringing_gives_the_caller_back_at_once() -> None:
    line = Line(max_misses=5)
    line.ready("1001", "1002")
    line.arrives("c1", "funeral")
    line.rings("c1")
    leg = line.leg("c1")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert CancelOffer(call=C1, offer=OfferId("c1#1"), channel=leg) in line.commands
    assert line.offered == {"1002": "c1"}
    assert line.shown("1001") == "unavailable"


def test_an_agent_on_a_private_call_or_without_a_phone_is_not_offered() -> None:
    line = Line("1001")
    line.wishes("1001", "ready")
    line.arrives("c1", "request")
    assert (line.offered, line.shown("1001")) == ({}, "unavailable")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-own"))
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available"))
    assert (line.offered, line.shown("1001")) == ({}, "busy")
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-own"))
    assert line.offered == {"1001": "c1"}


def test_an_offer_of_which_nothing_is_heard_is_given_up() -> None:
    line = Line("1001 1002", ring_s=15, offer_grace_s=5, max_misses=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(19.9)
    assert line.offered == {"1001": "c1"}
    line.passes(0.1)
    assert line.offered == {}
    assert line.shown("1001") == "ready"


def test_a_call_without_a_session_is_not_offered_until_it_is_back() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1))
    line.ready("1001")
    assert line.offered == {}
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}
    line.do(CommandFailed(at=line.at, call=C1, command="offer_call", error="no session"))
    assert (line.offered, line.shown("1001")) == ({}, "ready")
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}


def test_pause_and_sign_out_during_a_call_take_effect_after_it() -> None:
    line = Line("1001", wrapup_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.wishes("1001", "paused", "break")
    assert line.shown("1001") == "talking"
    line.agent_hangs_up("c1")
    assert line.shown("1001") == "wrapup"
    line.passes(5)
    assert line.shown("1001") == "paused/break"
    line.wishes("1001", "offline")
    assert line.shown("1001") == "offline"
    states = [fact.state for fact in line.facts(AgentStateChanged)]
    assert states == ["unavailable", "ready", "ringing", "talking", "wrapup", "paused", "offline"][-len(states) :]


def test_ready_ends_after_call_work() -> None:
    line = Line("1001", wrapup_s=30)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("c2", "request")
    line.passes(4)
    line.wishes("1001", "ready")
    assert line.offered == {"1001": "c2"}
    assert [fact.wrapup_s for fact in line.facts(WrapupEnded)] == [4]


def test_maximum_wait_moves_to_another_service_or_lets_go() -> None:
    services = (
        Service(id=ServiceId("request"), max_wait_s=20, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent"), max_wait_s=30),
    )
    line = Line((profile("1001", "agent"),), services)
    line.arrives("c1", "request")
    line.passes(20)
    assert [(fact.service, fact.to, fact.why) for fact in line.facts(CallOverflowed)] == [
        ("request", "agent", "max_wait")
    ]
    line.passes(30)
    assert line.commands == [ReleaseCall(call=C1, reason="timed_out", announce="queue_goodbye_timed_out")]
    line.passes(12)  # they hear why: that is no wait
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s, line.outcome("c1").hangup_by) == (
        "timed_out",
        50,
        "system",
    )


def test_a_full_queue_overflows_at_once_and_the_place_is_kept() -> None:
    services = (
        Service(id=ServiceId("request"), max_waiting=1, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent")),
    )
    line = Line("1001", services)
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.arrives("c3", "agent")
    assert [(fact.call, fact.to, fact.why) for fact in line.facts(CallOverflowed)] == [("c2", "agent", "max_waiting")]
    assert line.engine.state.calls[C2].place.order < line.engine.state.calls[CallId("c3")].place.order


def test_the_ticket_is_due_when_the_kind_is_known() -> None:
    line = Line()
    line.arrives("c1", "funeral")
    line.arrives("c2", "request")
    assert [(fact.call, fact.opens_ticket) for fact in line.facts(ServiceNamed)] == [("c1", True), ("c2", False)]
    assert [fact.position for fact in line.facts(CallQueued)] == [1, 2]
    line.do(KeyPressed(at=line.at, call=C1, key="9"))
    assert [fact.key for fact in line.facts(KeyHeard)] == ["9"]


def test_a_caller_who_needs_nobody_is_let_go() -> None:
    line = Line()
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=C1, step="information", key="3"))
    line.do(FlowFinished(at=line.at, call=C1))
    assert line.commands == [ReleaseCall(call=C1, reason="flow_finished")]
    line.caller_gone("c1")
    assert line.outcome("c1").outcome == "self_served"


# --- restarts


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


# --- rules that change


def test_an_agent_taken_off_the_list_finishes_the_call_first() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.config = line.config.__class__(services=SERVICES, agents=(profile("1002"),), wrapup_s=0)
    line.do(ConfigChanged(at=line.at, config=line.config))
    assert line.talking == {"1001": "c1"}
    line.agent_hangs_up("c1")
    assert list(line.engine.state.agents) == ["1002"]


def test_callers_of_a_service_that_is_gone_wait_in_the_default_one() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.do(ConfigChanged(at=line.at, config=line.config.__class__(services=SERVICES[-1:], agents=line.config.agents)))
    line.ready("1001")
    assert line.offered == {"1001": "c1"}


# --- found by chance (test_properties), kept as scripts


def test_an_agent_freed_by_a_caller_who_hung_up_takes_the_next_one() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.caller_gone("c1")
    assert line.offered == {"1001": "c2"}


def test_a_routine_caller_who_comes_back_does_not_take_the_agent_an_urgent_one_waits_for() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    line.attaches("r1")  # its Dial ended without a word
    assert line.offered == {"1001": "u1"}


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


def test_a_declined_call_is_told_from_an_unreachable_phone_whichever_way_word_comes() -> None:
    line = Line("1001", max_misses=9, retry_s=1)
    line.ready("1001")
    line.arrives("c1", "request")
    offer = line.engine.state.calls[C1].offer
    assert offer is not None
    line.do(OfferReturned(at=line.at, call=C1, offer=offer.id, status="CHANUNAVAIL", cause_code=21))
    assert [fact.result for fact in line.facts(OfferEnded)] == ["declined"]


def test_a_private_talk_between_two_agents_is_none_of_our_business() -> None:
    line = Line("1001 1002")
    seen = SeenCall(call=C1, channel="PJSIP/1001-1", leg="PJSIP/1002-2", talking=True)
    line.do(NodeReconciled(at=line.at, node=NodeId("ast1"), calls=(seen,)))
    assert line.engine.state.calls == {}


def test_an_agent_who_hangs_up_is_free_before_their_leg_is_gone() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.do(HangupRequested(at=line.at, call=C1, by="agent", channel=leg))
    assert line.offered == {"1001": "c2"}
    line.do(LegGone(at=line.at, call=C1, channel=leg, cause_code=16))
    line.caller_gone("c1")
    assert (line.offered, line.outcome("c1").hangup_by) == ({"1001": "c2"}, "agent")


def test_who_was_answered_and_gone_before_a_session_began_has_a_row_too() -> None:
    line = Line()
    line.do(CallerGone(at=line.at, call=CallId("ast1-1.5"), channel="PJSIP/trunk-1", number="05321"))
    end = line.outcome("ast1-1.5")
    assert (end.outcome, end.hangup_by, end.number, end.node) == ("abandoned_in_menu", "caller", "05321", "ast1")
    line.do(CallerGone(at=line.at, call=C1))
    assert line.engine.state.calls == {}


def test_with_one_idle_agent_more_another_may_take_whom_they_were_held_back_from() -> None:
    line = Line((profile("1001", "request funeral"), profile("1002", "funeral")), reserve=1)
    line.ready("1001")
    line.arrives("c1", "request")
    assert line.offered == {}
    line.ready("1002")
    assert line.offered == {"1001": "c1"}


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


def test_a_caller_waits_and_is_offered_in_their_language_and_by_their_number() -> None:
    line = Line("1001")
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1", number="0532"))
    line.chooses("c1", "request", language="en")
    assert HoldCaller(call=C1, language="en") in line.commands
    line.ready("1001")
    (offer,) = (command for command in line.commands if isinstance(command, OfferCall))
    assert (offer.number, offer.endpoint, offer.service) == ("0532", "PJSIP/1001", "request")


def test_a_phone_that_vanishes_before_it_is_known_to_ring_leaves_nothing_to_hang_up() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    withdrawn = CancelOffer(call=C1, offer=OfferId("c1#1"), channel="")
    assert (line.offered, line.commands) == ({}, [withdrawn, HoldCaller(call=C1)])
