"""Callers whom an agent hands on, as scripts: who gets them, where they wait, and that each part is counted once."""

import pytest

from acd.engine.commands import HoldCaller, OfferCall, ReleaseCall
from acd.engine.config import Announcements, EngineConfig, Relaxation, Schedule, Service
from acd.engine.errors import BadConfig
from acd.engine.events import (
    AgentChannelClosed,
    CallAttached,
    CallHeld,
    CallUnheld,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
    Transferred,
)
from acd.engine.facts import (
    CallAnswered,
    CallOverflowed,
    CallTakenOver,
    CallTransferred,
    ServiceNamed,
    TalkEnded,
    WrapupEnded,
)
from acd.engine.faults import checked
from acd.engine.ids import AgentId, CallId, NodeId, ServiceId

from .line import Line, profile

SERVICES = (
    Service(id=ServiceId("funeral"), klass="urgent", opens_ticket=True, transfer_code="11"),
    Service(id=ServiceId("request"), transfer_code="2"),
    Service(id=ServiceId("agent"), transfer_code="0"),
)
C1 = CallId("c1")


def talking(agents: str | tuple[object, ...] = "1001 1002", service: str = "request", **rules: object) -> Line:
    """1001 talks to c1 for 10 s; the others are idle."""
    line = Line(agents, SERVICES, **{"wrapup_s": 10.0, **rules})  # type: ignore[arg-type]
    line.ready("1001")
    line.arrives("c1", service)
    line.passes(5)
    line.answers("c1")
    line.passes(10)
    return line


def parts(line: Line, call: str = "c1") -> list[tuple[str, float, float, str]]:
    """Each part of a call's talk: agent, seconds, seconds on hold, how it came about."""
    return [(one.agent, one.talk_s, one.hold_s, one.how) for one in line.facts(TalkEnded) if one.call == call]


def test_blind_to_an_agent_who_answers() -> None:
    line = talking()
    line.ready("1002")
    leg = line.sends("c1", "1002")
    assert line.shown("1001") == "wrapup"
    assert line.offered == {}  # the caller's channel is not with us for a moment
    line.passes(0.01)
    line.comes_back("c1", leg, "1002")
    assert line.offered == {"1002": "c1"}
    assert [type(command) for command in line.commands] == [OfferCall]
    line.passes(4)
    line.answers("c1")
    line.passes(20)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert parts(line) == [("1001", 10.0, 0.0, "answered"), ("1002", 20.0, 0.0, "blind")]
    record = line.outcome("c1")
    assert (record.outcome, record.agent, record.wait_s, record.talk_s) == ("answered", "1001", 5.0, 30.0)
    assert (record.transfers, record.lost_in_transfer, record.hangup_by) == (1, False, "agent")
    assert record.ended_at - record.answered_at == pytest.approx(34.01)  # type: ignore[operator]
    assert len(line.facts(CallAnswered)) == 1
    line.passes(30)
    assert [fact.agent for fact in line.facts(WrapupEnded)] == ["1001", "1002"]


def test_blind_to_an_agent_goes_to_that_agent_only() -> None:
    line = talking("1001 1002 1003")
    line.ready("1003", "1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    assert line.offered == {"1002": "c1"}  # 1003 has been idle longer


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY"])
def test_a_target_who_does_not_answer_costs_no_place(status: str) -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.arrives("c2", "request")
    line.fails("c1", status)
    assert line.offered == {"1002": "c2"}  # who let c1 pass is for the others
    assert line.engine.state.calls[C1].phase == "waiting"
    line.ready("1003")
    assert line.offered == {"1002": "c2", "1003": "c1"}


def test_a_target_who_is_not_free_gives_the_caller_the_front() -> None:
    line = talking("1001 1002 1003")
    line.arrives("c2", "request")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")  # 1002 is not there
    assert line.commands == [HoldCaller(call=C1)]
    line.ready("1003")
    assert line.offered == {"1003": "c1"}  # before c2, who came later


def test_to_a_service_with_priority_and_time_kept() -> None:
    line = talking((profile("1001", "request"), profile("1002", "agent"), profile("1003", "agent")))
    line.arrives("c2", "agent")
    line.arrives("c3", "agent")
    line.comes_back("c1", line.sends("c1", "*80"), "*80")
    assert [fact.service for fact in line.facts(CallTransferred)] == ["agent"]
    line.ready("1002", "1003")
    assert line.offered == {"1002": "c1", "1003": "c2"}  # c1 came before either
    line.passes(5)
    line.answers("c1")
    line.caller_gone("c1")
    record = line.outcome("c1")
    assert (record.service, record.wait_s, record.talk_s, record.hangup_by) == ("agent", 5.0, 10.0, "caller")


def test_who_was_urgent_stays_so_and_who_becomes_urgent_gets_a_ticket() -> None:
    line = talking(service="funeral")
    line.arrives("c2", "request")
    line.comes_back("c1", line.sends("c1", "*82"), "*82")
    line.ready("1002")
    assert line.offered == {"1002": "c1"}
    assert line.engine.state.calls[C1].klass == "urgent"

    line = talking()
    line.comes_back("c1", line.sends("c1", "*811"), "*811")
    named = line.facts(ServiceNamed)[-1]
    assert (named.service, named.klass, named.opens_ticket) == ("funeral", "urgent", True)


def test_the_agent_who_sent_the_caller_on_does_not_get_them_back_at_once() -> None:
    line = talking("1001", wrapup_s=0.0)
    line.comes_back("c1", line.sends("c1", "*82"), "*82")
    assert line.offered == {}
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-c1#1"))
    assert line.offered == {}
    line.passes(5)  # nobody else is there: better they than nobody
    assert line.offered == {"1001": "c1"}


def test_an_urgent_caller_does_not_recall_who_sent_them_on() -> None:
    line = talking("1001 1002", service="funeral", wrapup_recall=True)
    line.comes_back("c1", line.sends("c1", "*811"), "*811")
    assert (line.offered, line.shown("1001")) == ({}, "wrapup")


def test_a_code_nobody_has_brings_the_caller_back_to_their_queue() -> None:
    line = talking()
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "*899"), "*899")
    assert line.offered == {"1002": "c1"}
    assert [fact.to for fact in line.facts(CallTransferred)] == ["queue"]


def test_word_that_the_leg_is_gone_may_come_before_the_transfer() -> None:
    line = talking()
    line.ready("1002")
    leg = line.leg("c1")
    line.agent_hangs_up("c1")
    assert line.commands == [ReleaseCall(call=C1, reason="talk_ended", offer="c1#1")]  # type: ignore[arg-type]
    line.comes_back("c1", leg, "1002")  # AMI is silent; the dialplan brings the caller
    assert line.offered == {"1002": "c1"}
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled="1002"))  # late
    line.answers("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled="1002"))  # later still
    assert line.talking == {"1002": "c1"}
    line.caller_gone("c1")
    assert [part[0] for part in parts(line)] == ["1001", "1002"]
    assert len(line.facts(CallTransferred)) == 1


def test_the_dialplan_alone_tells_of_a_transfer() -> None:
    line = talking()
    line.ready("1002")
    line.comes_back("c1", line.leg("c1"), "1002")
    assert line.offered == {"1002": "c1"}
    assert parts(line) == [("1001", 10.0, 0.0, "answered")]


def test_a_caller_brought_back_by_a_restart_is_not_sent_on_again() -> None:
    line = talking()
    line.ready("1002")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.answers("c1")
    line.do(EngineStarted(at=line.at))
    line.comes_back("c1", leg, "1002")  # the dialplan says what it said the first time
    assert line.engine.state.calls[C1].phase == "leaving"
    assert len(line.facts(CallTransferred)) == 1


def test_the_caller_hangs_up_while_sent_on() -> None:
    line = talking()
    line.sends("c1", "1002")
    line.passes(1)
    line.caller_gone("c1")
    record = line.outcome("c1")
    assert (record.outcome, record.talk_s, record.lost_in_transfer, record.hangup_by) == (
        "answered", 10.0, True, "caller",
    )  # fmt: skip


def test_the_caller_hangs_up_while_the_target_rings() -> None:
    line = talking()
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.passes(3)
    line.caller_gone("c1")
    assert line.outcome("c1").lost_in_transfer
    assert line.shown("1002") == "ready"


def test_consult_and_return_is_one_part_with_its_hold() -> None:
    line = talking()
    leg = line.leg("c1")
    line.do(CallHeld(at=line.at, call=C1, channel=leg))
    line.passes(7)
    line.do(CallUnheld(at=line.at, call=C1, channel="PJSIP/1002-other"))  # not the caller's agent
    line.passes(1)
    line.do(CallUnheld(at=line.at, call=C1, channel=leg))
    line.passes(2)
    line.do(HangupRequested(at=line.at, call=C1, by="agent", channel="PJSIP/1001-consult"))
    line.do(HangupRequested(at=line.at, call=C1, by="caller", channel="PJSIP/trunk-c1"))
    line.caller_gone("c1")
    assert parts(line) == [("1001", 20.0, 8.0, "answered")]
    assert line.outcome("c1").hangup_by == "caller"


def test_attended_the_talk_goes_on_with_the_other() -> None:
    line = talking()
    line.ready("1002")
    line.do(CallHeld(at=line.at, call=C1, channel=line.leg("c1")))
    line.passes(6)
    new = line.hands_over("c1", "1002")
    assert line.commands == []  # the caller's session goes on
    assert (line.talking, line.shown("1001"), line.shown("1002")) == ({"1002": "c1"}, "wrapup", "talking")
    line.passes(4)
    line.do(CallHeld(at=line.at, call=C1, channel=new))
    line.passes(2)
    line.returns("c1", "ANSWER")
    assert line.commands == [ReleaseCall(call=C1, reason="talk_ended", offer="c1#1")]  # type: ignore[arg-type]
    line.caller_gone("c1")
    assert parts(line) == [("1001", 16.0, 6.0, "answered"), ("1002", 6.0, 2.0, "attended")]
    record = line.outcome("c1")
    assert (record.talk_s, record.hold_s, record.agent) == (22.0, 8.0, "1001")
    assert [(fact.agent, fact.how) for fact in line.facts(CallTakenOver)] == [("1002", "attended")]


def test_attended_though_the_legs_end_was_told_first() -> None:
    line = talking()
    line.ready("1002")
    leg = line.leg("c1")
    line.agent_hangs_up("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/1002-own"))
    assert line.talking == {"1002": "c1"}


def test_attended_to_one_who_is_paused_or_in_after_call_work() -> None:
    line = talking("1001 1002")
    line.ready("1002")
    line.wishes("1002", "paused", "meal")
    line.hands_over("c1", "1002")
    line.passes(3)
    line.agent_hangs_up("c1")
    line.passes(10)
    assert line.shown("1002") == "busy" if line.engine.state.agents[AgentId("1002")].channels else "paused/meal"


def test_attended_to_one_who_is_being_rung_for_another() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.arrives("c2", "request")
    line.rings("c2")
    line.hands_over("c1", "1002")
    assert (line.talking, line.offered) == ({"1002": "c1"}, {})
    line.ready("1003")
    assert line.offered == {"1003": "c2"}


def test_handed_over_while_it_rings_and_answered() -> None:
    line = talking()
    line.ready("1002")
    new = line.hands_over("c1", "1002", picked_up=False)
    assert (line.shown("1001"), line.shown("1002"), line.offered) == ("wrapup", "busy", {})
    line.passes(3)
    line.do(OfferAnswered(at=line.at, call=C1, channel=new))
    assert line.talking == {"1002": "c1"}
    assert line.commands == []
    line.passes(5)
    line.do(LegGone(at=line.at, call=C1, channel=new))
    line.caller_gone("c1")
    assert parts(line) == [("1001", 10.0, 0.0, "answered"), ("1002", 5.0, 0.0, "attended")]


def test_handed_over_while_it_rings_and_not_answered() -> None:
    line = talking("1001 1002 1003")
    leg = line.leg("c1")
    line.hands_over("c1", "1002", picked_up=False)
    line.arrives("c2", "request")
    line.passes(3)
    line.comes_back("c1", leg, "")
    line.ready("1003")
    assert line.offered == {"1003": "c1"}


def test_what_asterisk_shows_after_a_lost_connection_is_believed() -> None:
    line = talking()
    line.ready("1002")
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", leg="PJSIP/1002-own", talking=True)
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=(seen,),
            available=(AgentId("1001"), AgentId("1002")),
            agent_channels={AgentId("1002"): ("PJSIP/1002-own",)},
        )
    )
    assert (line.talking, line.shown("1001")) == ({"1002": "c1"}, "wrapup")


def tells(line: Line) -> list[tuple[str, str, str | None]]:
    """Who handed on, to what, to whom."""
    return [(fact.by, fact.to, fact.agent) for fact in line.facts(CallTransferred)]


def test_each_transfer_is_told_by_its_kind_and_whom_it_was_to() -> None:
    line = talking()
    line.sends("c1", "1002")
    assert tells(line)[-1] == ("1001", "agent", "1002")
    line = talking()
    line.sends("c1", "*811")
    assert tells(line)[-1] == ("1001", "service", None)
    line = talking()
    line.sends("c1", "11")  # a code without what goes before it is none
    assert tells(line)[-1] == ("1001", "queue", None)
    line = talking()
    line.hands_over("c1", "1002", picked_up=False)
    assert tells(line)[-1] == ("1001", "ringing", None)
    line = talking()
    line.ready("1002")
    line.hands_over("c1", "1002")
    assert tells(line)[-1] == ("1001", "talk", "1002")


def test_word_of_a_leg_that_is_not_the_callers_sends_nobody_on() -> None:
    line = talking()
    line.do(Transferred(at=line.at, call=C1, leg="PJSIP/1002-own", kind="blind", dialled="*80"))
    assert (line.out, line.talking) == ([], {"1001": "c1"})
    line.agent_hangs_up("c1")
    line.do(Transferred(at=line.at, call=C1, leg="PJSIP/1002-own", kind="blind", dialled="*80"))
    assert (line.out, line.facts(CallTransferred)) == ([], [])


@pytest.mark.parametrize(("service", "offered"), [("request", {}), ("funeral", {"1002": "c1"})])
def test_who_is_sent_to_the_second_circle_does_not_go_before_an_urgent_caller(
    service: str, offered: dict[str, str]
) -> None:
    """But for one who is urgent too: an agent thought of them."""
    line = talking((profile("1001"), profile("1002", backup=True)), service, backup_after_s=300)
    line.ready("1002")
    line.arrives("u2", "funeral")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    assert line.offered == offered


def test_who_is_sent_to_an_agent_held_back_has_them_before_routine_callers() -> None:
    line = Line("1001 1002", SERVICES, wrapup_s=60, reserve=1)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    assert line.offered == {}
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    assert line.offered == {"1002": "c1"}


def test_who_was_sent_on_before_a_restart_waits_for_all_others_to_be_back() -> None:
    line = talking(wrapup_s=60)
    line.arrives("c2", "request")
    leg = line.sends("c1", "1002")
    line.do(EngineStarted(at=line.at))
    line.ready("1002")
    line.comes_back("c1", leg, "1002")
    assert line.offered == {}
    line.attaches("c2")
    assert line.offered == {"1002": "c1"}


def test_who_stays_urgent_counts_once_as_urgent_load_and_who_becomes_so_once_too() -> None:
    line = talking(service="funeral")
    before = line.engine.state.urgent_rate
    line.sends("c1", "*811")
    assert line.engine.state.urgent_rate == before
    line = talking()
    line.sends("c1", "*82")
    assert line.engine.state.urgent_rate == 0
    line.caller_gone("c1")
    line = talking()
    line.sends("c1", "*811")
    assert line.engine.state.urgent_rate > 0


def test_handed_over_to_nobody_of_ours_the_talk_is_over() -> None:
    line = talking()
    leg = line.leg("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/stranger-1"))
    assert (line.shown("1001"), line.talking) == ("wrapup", {})
    assert not any(isinstance(one, ReleaseCall) for one in line.commands), "they talk on, but not with us"
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/stranger-1"))
    assert line.out == []
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").talk_s) == ("answered", 10)


def test_handed_over_to_oneself_by_another_line_the_talk_goes_on() -> None:
    line = talking()
    new = line.hands_over("c1", "1001")
    assert (line.talking, line.leg("c1"), line.facts(CallTransferred)) == ({"1001": "c1"}, new, [])


def test_handed_over_to_one_in_a_talk_that_talk_is_over_first() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002")
    line.arrives("c2", "request")
    line.answers("c2")
    line.passes(3)
    line.hands_over("c1", "1002")
    assert line.talking == {"1002": "c1"}
    assert parts(line, "c2") == [("1002", 3.0, 0.0, "answered")]
    line.caller_gone("c2")
    assert line.outcome("c2").hangup_by == "unknown"
    assert [(fact.call, fact.wrapup_s) for fact in line.facts(WrapupEnded)] == [("c2", 0.0)]


def test_handed_over_to_one_who_then_is_free_for_nobody_until_their_channel_is_gone() -> None:
    line = talking(wrapup_s=0)
    line.ready("1002")
    leg = line.leg("c1")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="attended", to_leg="PJSIP/1002-own"))
    line.arrives("c2", "request")
    assert line.offered == {"1001": "c2"}
    line.arrives("c3", "request")
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert line.offered == {"1001": "c2", "1002": "c3"}


def test_who_is_handed_over_while_they_wait_is_waited_for_no_more() -> None:
    """With all that goes with waiting: the next announcement, less that is asked of an agent, the longest wait."""
    services = (
        Service(id=ServiceId("request"), max_wait_s=90, relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=ServiceId("agent")),
    )
    told = (Announcements(klass="routine", position=True),)
    line = Line("1001 1002", services, wrapup_s=0, announcements=told)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.hands_over("c1", "1002", picked_up=False)
    assert {"announce:c1", "relax:c1", "maxwait:c1"} <= set(line.timers)
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1002-own"))
    assert line.talking == {"1002": "c1"}
    assert {"announce:c1", "relax:c1", "maxwait:c1"}.isdisjoint(line.timers)
    assert tells(line) == [("1001", "ringing", None)], "told once"
    assert [fact.offer for fact in line.facts(CallTakenOver)] == ["c1#2"]


def test_sent_to_one_who_is_off_the_list_but_still_talks_the_caller_waits_for_anybody() -> None:
    line = talking()
    line.ready("1002")
    line.arrives("c2", "request")
    line.answers("c2")
    line.do(ConfigChanged(at=line.at, config=Line("1001", SERVICES).config))
    line.sends("c1", "1002")
    assert tells(line) == [("1001", "queue", None)]


def test_what_was_asked_less_is_asked_again_of_the_next_agent() -> None:
    services = (
        Service(id=ServiceId("request"), relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=ServiceId("agent")),
    )
    agents = (profile("1001", languages="en"), profile("1002", languages="tr"))
    line = Line(agents, services, wrapup_s=0, retry_s=600, skip_s=600)
    line.ready("1001", "1002")
    line.arrives("c1", "request", language="en")
    line.answers("c1")
    line.comes_back("c1", line.sends("c1", "nobody"), "nobody")
    line.passes(59)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1002": "c1"}


def test_who_is_sent_on_but_to_no_service_stays_in_theirs_though_it_is_full() -> None:
    services = (
        Service(id=ServiceId("request"), max_waiting=1, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent")),
    )
    line = Line("1001 1002", services)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    assert (line.facts(CallOverflowed), line.engine.state.calls[C1].service) == ([], "request")


def test_twice_on_the_way() -> None:
    line = talking("1001 1002 1003")
    line.ready("1002", "1003")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.passes(1)
    line.answers("c1")
    line.passes(4)
    line.hands_over("c1", "1003")
    line.passes(6)
    line.caller_gone("c1")
    assert [part[:2] for part in parts(line)] == [("1001", 10.0), ("1002", 4.0), ("1003", 6.0)]
    assert (line.outcome("c1").talk_s, line.outcome("c1").transfers) == (20.0, 2)


def test_codes_are_digits_and_stand_once() -> None:
    def config(*codes: str) -> EngineConfig:
        services = tuple(Service(id=ServiceId(f"s{n}"), transfer_code=code) for n, code in enumerate(codes))
        return EngineConfig(services=services, default_service=ServiceId("s0"))

    checked(config("1", "2", ""))
    with pytest.raises(BadConfig, match="transfer_code = '1x': 1 to 6 digits"):
        checked(config("1x"))
    with pytest.raises(BadConfig, match="each code may stand once"):
        checked(config("1", "1"))


def test_an_old_attachment_without_transfer_is_as_before() -> None:
    line = talking()
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1"))
    assert parts(line) == [("1001", 10.0, 0.0, "answered")]


# --- to a service that does not take everybody


def sent_to(code: str) -> Line:
    """c0 waits where only one may; c1, who came before, is sent to a service."""
    services = (
        Service(id=ServiceId("agent"), transfer_code="0"),
        Service(id=ServiceId("full"), transfer_code="1", max_waiting=1, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("night"), transfer_code="2", hours="h", closed="overflow", overflow_to=ServiceId("full")),
        Service(id=ServiceId("shut"), transfer_code="3", hours="h", closed="release"),
        Service(id=ServiceId("funeral"), klass="urgent", opens_ticket=True),
    )
    line = Line("1001 1002", services, wrapup_s=0, schedules=(Schedule(id="h", open=((0.0, 5.0),), known_until=1e9),))
    line.ready("1001")
    line.arrives("c1", "funeral" if code == "*83!" else "agent")
    line.answers("c1")
    line.passes(30)
    line.wishes("1001", "paused")
    line.arrives("c0", "full")
    line.comes_back("c1", line.sends("c1", code.rstrip("!")), code.rstrip("!"))
    return line


@pytest.mark.parametrize(
    ("code", "service", "moved"),
    [("*81", "agent", ["agent"]), ("*82", "agent", ["full", "agent"]), ("*83", "shut", []), ("*83!", "shut", [])],
    ids=["full", "closed and full", "closed", "closed, urgent"],
)
def test_to_a_service_that_is_full_or_closed(code: str, service: str, moved: list[str]) -> None:
    """They go on to where it overflows, and are never let go: an agent sent them."""
    line = sent_to(code)
    assert [fact.to for fact in line.facts(CallOverflowed)] == moved
    call = line.engine.state.calls[CallId("c1")]
    assert (call.service, call.phase, call.queued_at) == (service, "waiting", 1000)
    assert call.klass == ("urgent" if code.endswith("!") else "routine")
    line.ready("1002")
    assert line.offered == {"1002": "c1"}


def test_who_becomes_urgent_by_a_transfer_is_in_the_queue_before_the_agent_is_free_for_others() -> None:
    """One agent is held back from routine callers. Word of the session frees the agent who sent the caller on, who can
    take none of those who wait; that lets the other go, who was offered to c0 while c1 waited (random events)."""
    services = (
        Service(id=ServiceId("funeral"), klass="urgent", transfer_code="1"),
        Service(id=ServiceId("agent")),
        Service(id=ServiceId("request")),
    )
    agents = (profile("1001", "agent"), profile("1002", "request funeral"))
    line = Line(agents, services, wrapup_s=0, reserve=1)
    line.ready("1001", "1002")
    line.arrives("c1", "agent")
    line.answers("c1")
    line.arrives("c0", "request")
    assert line.offered == {}
    line.comes_back("c1", line.leg("c1"), "*81")
    assert line.offered == {"1002": "c1"}
