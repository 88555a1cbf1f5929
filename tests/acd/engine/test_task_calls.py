"""An agent rings a citizen about a task: their own phone first, then the citizen's; for this agent alone, and once."""

import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CallBack, CancelOffer
from acd.engine.model.event_base import DialStatus
from acd.engine.model.events import (
    CallAttached,
    CallbackCancelled,
    CalleeFailed,
    CallerGone,
    CommandFailed,
    OfferReturned,
    SeenCall,
)
from acd.engine.model.facts import (
    AgentPending,
    CallAnswered,
    CallbackMissed,
    CallbackQueued,
    CallEnded,
    CallReturned,
    OfferEnded,
    OutcomeBegan,
    ServiceNamed,
    TaskCallOrdered,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from tests.acd.engine.calling_back import NODE, callee, parts, queued
from tests.acd.engine.task_calls import DIGITS, LEG, REQUEST, T1, missed, ready, seen, wishes


def test_the_agents_own_phone_rings_and_then_the_citizens() -> None:
    line = ready()
    assert wishes(line) == T1
    assert line.commands == [
        CallBack(
            call=CallId(T1), offer=OfferId(f"{T1}#1"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=15,
            answer_s=30, service=ServiceId("request"), priority="outcome", number=DIGITS,
        )
    ]  # fmt: skip
    assert line.facts(TaskCallOrdered) == [
        TaskCallOrdered(
            at=line.at,
            call=CallId(T1),
            wish=f"{REQUEST}.17.1",
            request=REQUEST,
            task=17,
            agent=AgentId("1001"),
        )
    ]
    assert not line.facts(ServiceNamed)[-1].opens_ticket
    line.passes(3)
    line.answers(T1)
    line.passes(4)
    callee(line, T1)
    assert line.facts(CallAnswered)[-1].callback == "task"
    assert line.talking == {"1001": T1}
    line.passes(50)
    parts(line, T1)
    end = line.outcome(T1)
    assert (end.outcome, end.callback, end.priority, end.agent, end.number, end.talk_s) == (
        *("called_back", "task", "outcome", "1001", "+905329998877", 50),
    )
    assert line.shown("1001") == "ready"
    assert line.facts(OutcomeBegan) == []
    assert line.facts(CallbackQueued) == []


def test_an_agent_in_a_pause_calls_and_is_in_the_pause_again() -> None:
    line = ready(wrapup_s=20)
    line.wishes("1001", "paused", "desk_work")
    wishes(line)
    assert (line.shown("1001"), line.facts(AgentPending)[-1].pending) == ("ringing", "paused")
    line.answers(T1)
    callee(line, T1)
    line.passes(5)
    parts(line, T1)
    assert line.shown("1001") == "wrapup"
    line.passes(20)
    assert line.shown("1001") == "paused/desk_work"
    assert line.outcome(T1).outcome == "called_back"


def test_after_call_work_is_interrupted_and_goes_on() -> None:
    line = ready(wrapup_s=20)
    queued(line, "c1")
    line.answers("c1")
    line.passes(10)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    line.passes(5)
    wishes(line)
    assert line.shown("1001") == "ringing"
    line.answers(T1)
    callee(line, T1, "BUSY")
    assert line.shown("1001") == "wrapup"
    line.passes(14.9)
    assert line.shown("1001") == "wrapup"
    line.passes(0.2)
    assert line.shown("1001") == "ready"
    assert [(fact.call, fact.wrapup_s) for fact in line.facts(WrapupEnded)] == [("c1", 20)]


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CONGESTION", "CHANUNAVAIL"])
def test_a_citizen_who_is_not_reached_is_called_once(status: str) -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    line.passes(7)
    callee(line, T1, status)
    assert [(fact.tries, fact.status, fact.again_at) for fact in line.facts(CallbackMissed)] == [(1, status, None)]
    assert (line.outcome(T1).outcome, line.shown("1001")) == ("callback_failed", "ready")
    line.passes(3600)
    assert line.offered == {}
    assert len([one for one in line.history if isinstance(one, CallBack)]) == 1


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CHANUNAVAIL"])
def test_an_agent_who_does_not_pick_up_has_missed_nobody(status: DialStatus) -> None:
    """The call is over, nobody else is rung for it, and they are ready for callers still."""
    line = ready("1001 1002", max_misses=1)
    wishes(line)
    line.rings(T1)
    line.passes(12)
    line.do(OfferReturned(at=line.at, call=CallId(T1), offer=OfferId(f"{T1}#1"), status=status, cause_code=17))
    assert line.outcome(T1).outcome == "callback_cancelled"
    assert (line.shown("1001"), line.offered, line.facts(CallReturned)) == ("ready", {}, [])
    assert line.engine.state.agents[AgentId("1001")].misses == 0
    assert line.engine.state.agents[AgentId("1001")].pick_up.count == 0
    line.passes(600)
    assert line.offered == {}


def test_of_a_phone_that_says_nothing_the_ring_ends() -> None:
    line = ready()
    wishes(line)
    line.rings(T1)
    line.passes(60)
    assert isinstance(line.outcome(T1), CallEnded)
    assert any(isinstance(one, CancelOffer) for one in line.history)
    assert (line.shown("1001"), line.timers) == ("ready", {})


def test_an_agent_who_is_free_again_has_the_next_caller() -> None:
    line = ready()
    wishes(line)
    queued(line, "c1")
    assert line.offered == {"1001": T1}
    line.fails(T1, "NOANSWER")
    assert line.offered == {"1001": "c1"}


def test_a_citizen_whose_telephone_rang_until_the_agent_hung_up_has_not_answered() -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    line.passes(25)
    callee(line, T1, "CANCEL")
    missed(line, "NOANSWER")
    assert line.facts(OfferEnded)[-1].result == "unreached"
    line.passes(600)
    assert line.offered == {}


def test_no_urgent_caller_takes_the_agent_who_rings_a_citizen() -> None:
    line = ready()
    wishes(line)
    line.rings(T1)
    queued(line, "u1", "funeral")
    assert line.offered == {"1001": T1}
    line.answers(T1)
    callee(line, T1, "NOANSWER")
    assert line.offered == {"1001": "u1"}


def test_the_agent_who_rang_for_it_is_rung_for_nobody_else_and_nobody_else_for_it() -> None:
    line = ready("1001 1002")
    wishes(line, agent="1002")
    queued(line, "c1")
    assert line.offered == {"1002": T1, "1001": "c1"}
    line.do(CommandFailed(at=line.at, call=CallId(T1), command="call_back", error="none"))
    assert line.outcome(T1).outcome == "callback_cancelled"
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize("state", ["offline", "paused"])
def test_an_agent_who_signs_out_while_their_phone_rings_calls_it_off(state: str) -> None:
    """A pause does not: whoever calls about tasks is often in one."""
    line = ready()
    wishes(line)
    line.rings(T1)
    leg = line.leg(T1)
    line.wishes("1001", state)
    if state == "offline":
        assert line.commands == [CancelOffer(call=CallId(T1), offer=OfferId(f"{T1}#1"), channel=leg)]
        assert (line.outcome(T1).outcome, line.facts(OfferEnded)[-1].result) == ("callback_cancelled", "withdrawn")
    else:
        assert line.offered == {"1001": T1}


def test_the_desk_can_take_it_back_while_the_agent_rings() -> None:
    line = ready()
    wishes(line)
    line.rings(T1)
    line.do(CallbackCancelled(at=line.at, call=CallId(T1)))
    assert (line.outcome(T1).outcome, line.offered) == ("callback_cancelled", {})


def test_a_citizen_whose_telephone_rang_until_the_desk_took_it_back_has_not_answered() -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    leg = line.leg(T1)
    line.do(CallbackCancelled(at=line.at, call=CallId(T1)))
    assert line.commands == [CancelOffer(call=CallId(T1), offer=OfferId(f"{T1}#1"), channel=leg)]
    missed(line, "NOANSWER")
    assert (line.shown("1001"), line.offered) == ("ready", {})


def test_a_citizen_whose_telephone_rang_until_the_agents_went_has_not_answered() -> None:
    """That their ring was stopped is told before the end of the agent's channel, or instead of it."""
    line = ready()
    wishes(line)
    line.answers(T1)
    line.passes(25)
    line.do(CalleeFailed(at=line.at, call=CallId(T1), channel=line.leg(T1), status="CANCEL"))
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    missed(line, "NOANSWER")


@pytest.mark.parametrize("why", ["hangs up at once", "has another caller", "phone gone"])
def test_where_nothing_is_heard_of_the_citizens_telephone_nothing_is_said_of_it(why: str) -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    if why == "hangs up at once":
        line.agent_hangs_up(T1)
    elif why == "phone gone":
        line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    else:
        ours = SeenCall(call=CallId(T1), channel="", leg=line.leg(T1), talking=False, callback=True)
        seen(line, ours, SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=LEG, talking=True))
        assert line.talking == {"1001": "c1"}
    missed(line, "")


# --- after the answer, they are a caller like all others


def test_a_citizen_who_is_sent_on_holds_the_line_for_anybody() -> None:
    line = ready("1001 1002")
    wishes(line)
    line.answers(T1)
    callee(line, T1)
    line.wishes("1002", "paused")
    leg = line.sends(T1, "9")
    line.do(
        CallAttached(at=line.at, call=CallId(T1), node=NODE, channel="PJSIP/outgoing-1", transfer_leg=leg,
                     transfer_to="9")
    )  # fmt: skip
    line.ready("1002")
    assert line.offered.get("1002") == T1
    line.answers(T1)
    line.passes(5)
    line.agent_hangs_up(T1)
    line.do(CallerGone(at=line.at, call=CallId(T1), called_back=True))
    end = line.outcome(T1)
    assert (end.outcome, end.agent, end.callback) == ("called_back", "1001", "task")
