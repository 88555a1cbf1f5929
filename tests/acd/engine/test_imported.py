"""The standby's records of calls: waiting ones are taken over, ended ones are closed, each exactly once."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import SurgeRequested
from acd.engine.model.config import Service
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CallerGone,
    CallImported,
    ConfigChanged,
    EngineStarted,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    SeenCall,
)
from acd.engine.model.facts import (
    CallAnswered,
    CallEnded,
    CallEntered,
    CallQueued,
    OfferEnded,
    OfferMade,
    ServiceNamed,
    TalkEnded,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.line import Line, profile

C1, C2, AST1 = CallId("c1"), CallId("c2"), NodeId("ast1")


def told(line: Line, call: CallId = C1, **known: Any) -> CallImported:
    values = {"arrived_at": line.at - 30, "queued_at": line.at - 20, "urgent": False}
    return CallImported(at=line.at, call=call, node=AST1, channel="PJSIP/trunk-1", number="0532", **{**values, **known})


def attached(line: Line, call: CallId = C1) -> CallAttached:
    return CallAttached(at=line.at, call=call, node=AST1, channel="PJSIP/trunk-1", arrived_at=line.at - 31)


def of(line: Line, kind: type, history: bool = False) -> list[Any]:
    return [item for item in (line.history if history else line.out) if isinstance(item, kind)]


def test_a_call_the_standby_saw_to_its_end_has_its_record_once() -> None:
    line = Line()
    event = told(line, urgent=True, answered_at=line.at - 12.5, agent=AgentId("1001"), ended_at=line.at - 5,
                 hangup_by="agent")  # fmt: skip
    line.do(event)
    (ended,) = of(line, CallEnded)
    assert (ended.outcome, ended.hangup_by, ended.agent, ended.priority) == ("answered", "agent", "1001", "urgent")
    assert (ended.wait_s, ended.talk_s, ended.answer_delay_s) == (7.5, 7.5, 17.5)
    assert (ended.arrived_at, ended.queued_at, ended.ended_at) == (970.0, 980.0, 995.0)
    (named,) = of(line, ServiceNamed)
    assert (named.opens_ticket, named.priority, named.at) == (True, "urgent", 980.0)
    assert [fact.at for fact in of(line, CallQueued)] == [980.0]
    assert [fact.at for fact in of(line, CallAnswered)] == [987.5]
    assert line.engine.state.calls == {}
    assert line.do(event) == []  # killed before the file was removed
    again = Engine.restore(line.engine.snapshot())
    assert again.handle(event) == []


def test_one_who_gave_up_before_they_were_asked() -> None:
    line = Line()
    line.do(told(line, urgent=None, queued_at=None, ended_at=line.at - 25, hangup_by="caller"))
    (ended,) = of(line, CallEnded)
    assert (ended.outcome, ended.priority, ended.wait_s, ended.ended_at) == ("abandoned_in_menu", None, None, 975.0)
    assert of(line, ServiceNamed) == []


def test_one_who_gave_up_in_the_queue() -> None:
    line = Line()
    line.do(told(line, ended_at=line.at - 2, hangup_by="caller"))
    (ended,) = of(line, CallEnded)
    assert (ended.outcome, ended.priority, ended.wait_s) == ("abandoned", "routine", 18.0)
    assert not of(line, ServiceNamed)[0].opens_ticket


def test_who_waits_comes_back_to_their_place_and_hears_no_menu() -> None:
    line = Line()
    line.do(EngineStarted(at=line.at))
    line.do(told(line, C1, regroup=True), told(line, C2, urgent=True, regroup=True))
    line.ready("1001")
    line.do(attached(line, C1))
    assert of(line, OfferMade) == []  # the urgent one is on their way
    line.do(attached(line, C2))
    (offer,) = of(line, OfferMade)
    assert (offer.call, offer.priority, offer.waited_s) == ("c2", "urgent", 20.0)
    assert not any(type(item).__name__ == "RunFlow" for item in line.history)
    assert line.engine.state.calls[C1].arrived_at == 970.0


def test_nobody_waits_longer_for_one_who_does_not_come_back() -> None:
    line = Line()
    line.do(EngineStarted(at=line.at), told(line, C1, regroup=True), told(line, C2, regroup=True))
    line.ready("1001")
    line.do(attached(line, C2))
    assert of(line, OfferMade) == []
    line.passes(2.0)
    assert [offer.call for offer in of(line, OfferMade)] == ["c2"]
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(SeenCall(call=C2, channel="x"),)))
    assert [(end.call, end.outcome) for end in of(line, CallEnded)] == [("c1", "abandoned")]
    assert line.do(told(line, C1, ended_at=line.at)) == []


def test_they_are_waited_for_as_long_as_is_set_and_told_of_twice_no_longer() -> None:
    line = Line(regroup_s=2)
    line.do(told(line, C1, regroup=True))
    line.passes(1)
    line.do(told(line, C1, regroup=True))
    line.ready("1001")
    line.arrives("c2", "request")
    line.passes(0.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c2"}


def test_while_we_are_there_nobody_waits_for_those_the_standby_still_has() -> None:
    line = Line()
    line.ready("1001")
    line.do(told(line, C1))
    line.arrives("c2", "request")
    assert line.offered == {"1001": "c2"}


def test_they_are_told_of_at_the_place_they_have_among_those_who_wait() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    line.do(told(line, CallId("u2"), urgent=True), told(line, CallId("r2")))
    queued = {fact.call: fact for fact in of(line, CallQueued)}
    assert {call: fact.position for call, fact in queued.items()} == {"u2": 2, "r2": 3}
    assert queued["r2"].ewt_s > queued["u2"].ewt_s > 0


def test_an_urgent_one_has_the_backup_tier_as_soon_as_one_of_ours() -> None:
    line = Line((profile("1001", backup=True),), backup_after_s=30)
    line.ready("1001")
    line.do(told(line, C1, urgent=True), attached(line, C1), told(line, C2), attached(line, C2))
    line.passes(9.9)
    assert line.offered == {}
    line.passes(0.1)  # thirty seconds after they were asked
    assert line.offered == {"1001": "c1"}
    assert line.engine.state.urgent_rate > 0, "and they are load"


def test_they_wait_as_long_as_their_service_lets_them() -> None:
    line = Line("1001", (Service(id=ServiceId("agent"), max_wait_s=60),))
    line.do(told(line), attached(line))
    line.passes(60)
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s) == ("timed_out", 80)


def test_one_whom_the_engine_has_again_is_the_engines() -> None:
    line = Line()
    line.do(told(line), attached(line))
    before = line.engine.snapshot()
    assert line.do(told(line, urgent=True), told(line, ended_at=line.at)) == []
    assert line.engine.snapshot() == before


def test_one_who_waited_with_us_before_and_said_it_is_urgent_to_the_standby() -> None:
    line = Line()
    line.arrives("c1", "request")
    line.passes(30)
    line.do(EngineStarted(at=line.at), told(line, urgent=True))
    call = line.engine.state.calls[C1]
    assert (call.service, call.priority, call.place.at) == ("request", "urgent", 1000.0)
    assert of(line, CallEntered) == []


def test_one_who_waited_with_us_before_and_said_it_is_not_urgent() -> None:
    line = Line()
    line.arrives("c1", "request")
    line.do(EngineStarted(at=line.at))
    assert line.do(told(line, urgent=False)) == []
    assert line.engine.state.calls[C1].priority == "routine"


def test_one_whose_agent_rang_when_we_went_away_is_back_at_their_place_and_the_agent_free() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    line.do(EngineStarted(at=line.at))
    line.do(told(line, urgent=True, regroup=True))
    assert [offer.result for offer in of(line, OfferEnded)] == ["lost"], "its ring was over before the standby's turn"
    assert line.shown("1001") == "ready"
    line.do(attached(line))
    assert line.offered == {"1001": "c1"}
    assert of(line, OfferMade)[0].priority == "urgent"


def test_in_a_talk_it_means_nothing_that_they_said_it_is_urgent() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.do(EngineStarted(at=line.at))
    assert line.do(told(line, urgent=True, regroup=True)) == []


def test_an_agent_who_answers_in_asterisks_queue_is_in_a_talk_of_ours() -> None:
    line = Line("1001")
    line.ready("1001")
    line.do(told(line))
    line.passes(1)
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7"))
    assert of(line, CallAnswered)[0].agent == "1001"
    assert not any(type(item).__name__ == "CancelOffer" for item in line.history)
    line.passes(10)
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-7"), CallerGone(at=line.at, call=C1))
    (ended,) = of(line, CallEnded)
    assert (ended.outcome, ended.talk_s) == ("answered", 10.0)
    assert line.do(told(line, ended_at=line.at, answered_at=line.at - 10, agent=AgentId("1001"))) == []


def test_whom_such_an_agent_was_to_answer_for_us_has_another() -> None:
    line = Line("1001 1002")
    line.ready("1001")
    line.arrives("c2", "request")
    line.rings("c2")
    line.do(told(line))
    line.ready("1002")
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7"))
    assert (line.talking, line.offered) == ({"1001": "c1"}, {"1002": "c2"})
    assert line.said.count("OfferMade") == 1, "and nobody else before the phone was free"


def test_whom_they_were_to_answer_is_not_offered_to_them_once_more() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c2", "request")
    line.rings("c2")
    line.do(told(line), OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7"))
    assert (line.talking, line.offered) == ({"1001": "c1"}, {})
    line.passes(5)
    line.do(CallerGone(at=line.at, call=C1))
    line.wishes("1001", "ready")
    assert line.offered == {"1001": "c2"}, "who kept their place"


def test_such_an_agent_may_be_taken_off_the_list_and_in_another_talk() -> None:
    """The talk we know of is over, and they are not forgotten with it: the other is theirs."""
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.do(ConfigChanged(at=line.at, config=Line("1002").config))
    line.do(told(line), OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7"))
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-7"))
    assert sorted(line.engine.state.agents) == ["1002"]


def test_one_whom_the_standby_has_asked_nothing_yet_can_be_answered_too() -> None:
    """An agent's phone may be dialled for them before we have read what the standby put down."""
    line = Line("1001")
    line.ready("1001")
    line.do(told(line, urgent=None, queued_at=None))
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7"))
    assert line.talking == {"1001": "c1"}


def test_another_call_of_their_phone_does_not_end_such_a_talk() -> None:
    line = Line("1001")
    line.ready("1001")
    line.do(told(line), OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-7"))
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-8"))
    assert line.talking == {"1001": "c1"}


def test_a_phone_that_is_no_agents_answers_nobody() -> None:
    line = Line("1001")
    line.do(told(line))
    assert line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/9999-7")) == []
    assert line.do(OfferAnswered(at=line.at, call=C2, channel="PJSIP/1001-7")) == []


def test_a_talk_of_the_standbys_that_is_up_when_we_come_back() -> None:
    line = Line("1001")
    line.do(told(line))
    seen = SeenCall(call=C1, channel="PJSIP/trunk-1", leg="PJSIP/1001-7", talking=True)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert line.engine.state.calls[C1].phase == "talking"


@pytest.mark.parametrize(("told_at", "since"), [(-7.5, -7.5), (-25.0, -20.0), (3.0, 0.0), (None, 0.0)])
def test_such_a_talk_counts_from_its_true_answer(told_at: float | None, since: float) -> None:
    """Not before they were in the queue and not after now, whatever a clock says."""
    line = Line("1001")
    now = line.at
    line.do(told(line))
    seen = SeenCall(
        call=C1, channel="PJSIP/trunk-1", leg="PJSIP/1001-7", talking=True,
        answered_at=None if told_at is None else now + told_at,
    )  # fmt: skip
    line.do(NodeReconciled(at=now, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    (answered,) = of(line, CallAnswered)
    assert (answered.at, answered.wait_s, answered.answer_delay_s) == (now + since, 20 + since, 30 + since)
    line.passes(5)
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-7"), CallerGone(at=line.at, call=C1))
    (ended,) = of(line, CallEnded)
    assert (ended.wait_s, ended.talk_s, ended.answered_at) == (20 + since, 5 - since, now + since)
    assert of(line, TalkEnded)[0].began_at == now + since


def test_a_talk_of_the_standbys_of_which_the_journal_is_lost_counts_from_its_answer_too() -> None:
    line = Line("1001")
    now = line.at
    seen = SeenCall(call=C1, channel="PJSIP/trunk-1", leg="PJSIP/1001-7", talking=True, answered_at=now - 40)
    line.do(NodeReconciled(at=now, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    line.passes(5)
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-7"), CallerGone(at=line.at, call=C1))
    (ended,) = of(line, CallEnded)
    assert (ended.arrived_at, ended.answered_at, ended.talk_s) == (now - 40, now - 40, 45.0)


def test_one_whose_session_was_lost_is_not_told_of_twice() -> None:
    line = Line()
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1, lost=True), CallerGone(at=line.at, call=C1))
    assert len(of(line, CallEnded)) == 1
    assert line.do(told(line, ended_at=line.at)) == []


def test_calls_that_end_with_us_are_not_remembered() -> None:
    line = Line()
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1), CallerGone(at=line.at, call=C1))
    assert line.engine.state.orphans_ended == []


def test_one_who_was_gone_before_a_session_began_is_told_of_by_two_and_counted_once() -> None:
    for seen_first in (True, False):
        line = Line()
        events = [
            CallerGone(at=line.at, call=CallId("ast1-1.1"), channel="PJSIP/trunk-1", number="0532"),
            told(line, CallId("ast1-1.1"), urgent=None, queued_at=None, ended_at=line.at),
        ]
        line.do(*(events if seen_first else reversed(events)))
        assert [end.outcome for end in of(line, CallEnded)] == ["abandoned_in_menu"]


def test_one_to_be_called_back_whom_all_let_pass_is_tried_again_after_a_restart_too() -> None:
    line = Line("1001", callbacks=True, callback_abandoned_urgent=True, retry_s=5, max_misses=9)
    line.ready("1001")
    line.do(told(line, urgent=True, ended_at=line.at - 2, hangup_by="caller", callable="05320000001"))
    assert line.offered == {"1001": "c1"}
    line.fails("c1", "NOANSWER")
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.passes(5)
    assert line.offered == {"1001": "c1"}


def test_who_came_to_the_surge_message_here_waits_as_who_they_are() -> None:
    line = Line("1001", vip={"5321234567": 60.0})
    prompts = {"tr": "/surge/tr"}
    line.do(SurgeRequested(at=line.at, services=(ServiceId("request"),), prompts=prompts))
    for call, number in (("c1", "05321234567"), ("c2", "05321234568")):
        line.do(CallAttached(at=line.at, call=CallId(call), node=AST1, channel=f"PJSIP/trunk-{call}", number=number))
        line.chooses(call, "request")
    line.passes(30)
    line.do(EngineStarted(at=line.at))
    line.do(told(line, C1), told(line, C2), told(line, CallId("c3")))
    assert {fact.call: fact.points for fact in line.facts(CallQueued)} == {"c1": 60.0, "c2": 0.0, "c3": 0.0}


def test_a_call_that_was_answered_there_has_the_place_it_had() -> None:
    line = Line()
    for call in (C1, C2):
        line.do(told(line, call, answered_at=line.at - 12, agent=AgentId("1001"), ended_at=line.at - 5,
                     hangup_by="agent"))  # fmt: skip
    assert [fact.order for fact in line.facts(CallAnswered)] == [fact.order for fact in line.facts(CallQueued)]
    assert line.facts(CallAnswered)[1].order > 0
    assert line.outcome("c2").hold_s == 0
