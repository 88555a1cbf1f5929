"""Transfers, as scripts: who gets the caller, where they wait, and that each part is counted once."""

import pytest

from acd.engine.model.agent_events import AgentChannelClosed, DeviceStateChanged
from acd.engine.model.commands import HoldCaller, OfferCall, ReleaseCall
from acd.engine.model.config import Relaxation, Service
from acd.engine.model.events import (
    CallAttached,
    CallHeld,
    CallUnheld,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    Transferred,
)
from acd.engine.model.facts import (
    CallAnswered,
    CallOverflowed,
    CallTransferred,
    ServiceNamed,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, NodeId, OfferId, ServiceId
from tests.acd.engine.handing_on import C1, SERVICES, parts, talking, tells
from tests.acd.engine.line import Line, profile


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
    assert record.ended_at - record.answered_at == pytest.approx(34.01)  # type: ignore[operator]  # the call was answered
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
    assert line.engine.state.calls[C1].priority == "urgent"

    line = talking()
    line.comes_back("c1", line.sends("c1", "*811"), "*811")
    named = line.facts(ServiceNamed)[-1]
    assert (named.service, named.priority, named.opens_ticket) == ("funeral", "urgent", True)


def test_the_agent_who_sent_the_caller_on_does_not_get_them_back_at_once() -> None:
    line = talking("1001", wrapup_s=0.0)
    line.comes_back("c1", line.sends("c1", "*82"), "*82")
    assert line.offered == {}
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-c1#1"))
    assert line.offered == {}
    line.passes(5)  # nobody else is there: better they than nobody
    assert line.offered == {"1001": "c1"}


def test_an_urgent_caller_recalls_who_sent_them_on_only_where_there_is_no_other() -> None:
    line = talking("1001 1002", service="funeral", wrapup_recall=True)
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "*811"), "*811")
    assert (line.offered, line.shown("1001")) == ({"1002": "c1"}, "wrapup")


def test_who_sends_an_urgent_caller_on_has_the_next_one_before_whoever_loses_their_agent_to_the_first() -> None:
    """1002, who rings for a routine caller and cannot take u2, is taken for u1; 1001 is for u2, and not for r1."""
    agents = (profile("1001"), profile("1002", "funeral request"))
    line = Line(agents, wrapup_s=0, ring_recall=True)
    line.ready("1001")
    line.arrives("u1", "funeral")
    line.answers("u1")
    line.ready("1002")
    line.arrives("r1", "request")
    line.rings("r1")
    line.arrives("u2", "ambulance")
    line.comes_back("u1", line.leg("u1"), "1009")
    assert line.offered == {"1001": "u2", "1002": "u1"}


def test_who_sends_a_caller_to_a_colleague_has_the_next_one_whichever_word_comes_first() -> None:
    """Here the caller's session is back before AMI tells of the transfer."""
    agents = (profile("1001"), profile("1002", "request"))
    line = Line(agents, wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.ready("1002")
    line.arrives("c2", "agent")
    line.comes_back("c1", line.leg("c1"), "1002")
    assert line.offered == {"1001": "c2", "1002": "c1"}


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
    assert line.commands == [ReleaseCall(call=C1, reason="talk_ended", offer=OfferId("c1#1"))]
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
def test_who_is_sent_to_the_backup_tier_does_not_go_before_an_urgent_caller(
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


def test_an_old_attachment_without_transfer_is_as_before() -> None:
    line = talking()
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1"))
    assert parts(line) == [("1001", 10.0, 0.0, "answered")]


def test_a_talk_of_which_only_the_dials_end_told_can_have_been_sent_on_too() -> None:
    """AMI told neither of the ring nor of the answer, so the agent's leg is known by the dialplan's word alone."""
    line = Line("1001 1002", SERVICES, wrapup_s=60)
    line.ready("1001")
    line.arrives("c1", "request")
    line.returns("c1", "ANSWER")
    line.ready("1002")
    line.comes_back("c1", "PJSIP/1001-untold", "1002")
    assert line.offered == {"1002": "c1"}
    assert tells(line) == [("1001", "agent", "1002")]


def test_the_sessions_word_frees_the_agent_too() -> None:
    line = talking(wrapup_s=0)
    line.arrives("c2", "request")
    line.comes_back("c1", line.leg("c1"), "*80")
    assert line.offered == {"1001": "c2"}


def test_the_phone_of_who_sent_the_caller_on_is_gone_and_another_rings_for_them() -> None:
    line = talking()
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert (line.shown("1001"), line.offered) == ("wrapup", {"1002": "c1"})
