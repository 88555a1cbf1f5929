"""A citizen is called to be told the outcome of a request: behind everybody who holds the line, once for each wish."""

from typing import Any

import pytest

from acd.engine.model.commands import CallBack, CancelOffer
from acd.engine.model.config import Service
from acd.engine.model.events import (
    CallAttached,
    CallbackCancelled,
    CalleeAnswered,
    CallerGone,
    ConfigChanged,
    LineStops,
    NodeLost,
    NodeReconciled,
    SeenCall,
    Transferred,
)
from acd.engine.model.fact_base import OutcomeRefusal
from acd.engine.model.facts import (
    CallAnswered,
    CallbackMissed,
    CallbackQueued,
    CallEntered,
    CallTransferred,
    OutcomeBegan,
    OutcomeCallRefused,
    ServiceNamed,
)
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from acd.engine.model.outcome_events import OutcomeCallWished
from tests.acd.engine.calling_back import NODE, asks, callee, line_of, parts, queued, restarted
from tests.acd.engine.line import SERVICES, Line

WISH = "26-000123-3.1.1"
O1 = "ast1-outcome.26-000123-3.1.1"


def wishes(line: Line, wish: str = WISH, digits: str = "05329998877", **more: Any) -> str:
    """The desk's wish reaches the line; the call that comes of it."""
    fields = {"service": SERVICES[2].id, "made_at": line.at, "number": "+905329998877", **more}
    line.do(OutcomeCallWished(at=line.at, wish=wish, node=NODE, callable=digits, **fields))
    return f"ast1-outcome.{wish}"


def ready(**rules: Any) -> Line:
    """One agent, idle."""
    line = line_of(**rules)
    line.ready("1001")
    return line


def test_an_agent_is_rung_and_then_the_citizen_who_is_told() -> None:
    line = ready()
    assert wishes(line) == O1
    assert line.commands == [
        CallBack(
            call=CallId(O1), offer=OfferId(f"{O1}#1"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=15,
            answer_s=30, service=ServiceId("request"), priority="outcome", number="05329998877",
        )
    ]  # fmt: skip
    [fact] = line.facts(CallbackQueued)
    assert (fact.reason, fact.wish, fact.priority) == ("outcome", WISH, "outcome")
    assert not line.facts(ServiceNamed)[-1].opens_ticket
    line.answers(O1)
    assert line.facts(OutcomeBegan) == []
    line.passes(4)
    callee(line, O1)
    assert line.facts(OutcomeBegan) == [OutcomeBegan(at=line.at, call=CallId(O1), wish=WISH)]
    assert line.facts(CallAnswered)[-1].callback == "outcome"
    line.passes(50)
    parts(line, O1)
    end = line.outcome(O1)
    assert (end.outcome, end.callback, end.priority, end.agent, end.talk_s) == (
        "called_back",
        "outcome",
        "outcome",
        "1001",
        50,
    )


@pytest.mark.parametrize("automatic", [False, True])
def test_of_a_citizen_whom_the_line_calls_their_number_and_language_are_known_and_nothing_else(automatic: bool) -> None:
    line = ready()
    wishes(line, automatic=automatic, prompts=("outcome_resolved",) if automatic else (), language="en")
    assert line.engine.state.calls[CallId(O1)].language == "en"
    assert line.facts(CallEntered) == [
        CallEntered(
            at=line.at, call=CallId(O1), node=NODE, channel="", number="+905329998877", name="", dialled="",
            arrived_at=line.at,
        )
    ]  # fmt: skip


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CONGESTION"])
def test_a_citizen_who_is_not_reached_ends_the_one_try(status: str) -> None:
    line = ready(callback_tries=3)
    wishes(line)
    line.answers(O1)
    callee(line, O1, status)
    [missed] = line.facts(CallbackMissed)
    assert (missed.status, missed.tries, missed.again_at) == (status, 1, None)
    assert line.outcome(O1).outcome == "callback_failed"
    assert line.facts(OutcomeBegan) == []
    assert line.shown("1001") == "ready"


def test_a_citizen_who_is_being_told_while_the_connection_is_away_is_not_told_again() -> None:
    line = ready()
    wishes(line)
    line.answers(O1)
    leg = line.leg(O1)
    line.passes(28)
    line.do(NodeLost(at=line.at, node=NODE))
    line.passes(60)
    assert (line.offered, line.facts(CallbackMissed)) == ({"1001": O1}, [])
    answered = CalleeAnswered(at=line.at, late_s=59, call=CallId(O1), channel=leg, callee="PJSIP/outgoing-1")
    seen = SeenCall(call=CallId(O1), channel="PJSIP/outgoing-1", leg=leg, talking=True, callback=True)
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=(AgentId("1001"),), told=(answered,)))
    assert line.facts(OutcomeBegan) == [OutcomeBegan(at=line.at - 59, call=CallId(O1), wish=WISH)]
    assert line.talking == {"1001": O1}


def test_everybody_who_holds_the_line_comes_first() -> None:
    line = ready()
    queued(line, "c0")
    line.answers("c0")
    wishes(line)
    line.passes(3600)
    queued(line, "c1")
    queued(line, "c2", "agent")
    for caller in ("c0", "c1", "c2"):
        line.agent_hangs_up(caller)
        line.caller_gone(caller)
        if caller != "c2":
            line.answers(line.offered["1001"])
    assert line.offered == {"1001": O1}


def test_outcome_calls_come_in_the_order_of_their_wishes() -> None:
    line = ready()
    queued(line, "c0")
    line.answers("c0")
    first, second = wishes(line), wishes(line, "26-000456-7.1.1", "05320000042", service=SERVICES[3].id)
    line.agent_hangs_up("c0")
    line.caller_gone("c0")
    assert line.offered == {"1001": first}
    line.answers(first)
    callee(line, first, "NOANSWER")
    assert line.offered == {"1001": second}


def test_an_urgent_caller_takes_the_agent_who_rings_for_an_outcome() -> None:
    line = ready(ring_recall=True)
    wishes(line)
    line.rings(O1)
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
    assert CallId(O1) in line.engine.core.waiting


def test_held_back_agents_are_not_for_outcomes() -> None:
    line = ready(reserve=1)
    wishes(line)
    assert line.offered == {}


def test_those_who_wait_to_be_told_keep_no_caller_out_of_a_full_queue() -> None:
    small = Service(id=ServiceId("request"), max_waiting=1, overflow_to=ServiceId("agent"))
    line = Line("1001", (*SERVICES[:2], small, SERVICES[3]), callbacks=True)
    wishes(line)
    queued(line, "c1")
    assert line.engine.state.calls[CallId("c1")].service == "request"
    queued(line, "c2")
    assert line.engine.state.calls[CallId("c2")].service == "agent"


def test_a_wish_that_comes_again_is_the_same_wish() -> None:
    line = ready()
    wishes(line)
    line.answers(O1)
    wishes(line)
    assert line.out == []
    callee(line, O1, "BUSY")
    wishes(line)
    assert line.out == []
    restarted(line)
    line.passes(80_000)
    line.out = []
    wishes(line, made_at=line.at - 80_100)
    assert line.out == []
    assert len(line.facts(CallbackQueued)) == 1


def test_a_wish_that_is_older_than_what_the_line_remembers_is_refused() -> None:
    line = ready()
    wishes(line, made_at=line.at)
    line.answers(O1)
    callee(line, O1, "BUSY")
    line.passes(3 * 86_400)
    wishes(line, "26-000999-1.1.1")
    line.passes(10)
    wishes(line, made_at=1000.0)
    assert line.out == [OutcomeCallRefused(at=line.at, wish=WISH, why="too_old")]


@pytest.mark.parametrize(("age_s", "refused"), [(86_399.5, []), (86_400, ["too_old"])])
def test_a_wish_is_too_old_after_a_day(age_s: float, refused: list[OutcomeRefusal]) -> None:
    line = ready()
    wishes(line, made_at=line.at - age_s)
    assert [fact.why for fact in line.facts(OutcomeCallRefused)] == refused


def test_names_of_wishes_are_forgotten_after_two_days() -> None:
    line = ready()
    line.do(LineStops(at=line.at))  # each wish is refused, and remembered
    wishes(line, "26-000001-1.1.1")
    line.passes(2 * 86_400 - 0.5)
    wishes(line, "26-000002-1.1.1")
    assert set(line.engine.state.outcome_wishes) == {"26-000001-1.1.1", "26-000002-1.1.1"}
    line.passes(0.5)
    wishes(line, "26-000003-1.1.1")
    assert set(line.engine.state.outcome_wishes) == {"26-000002-1.1.1", "26-000003-1.1.1"}


@pytest.mark.parametrize(
    ("rules", "digits", "why"),
    [
        ({"callbacks": False}, "05329998877", "off"),
        ({}, "", "no_number"),
        ({"not_after": 1000.0}, "05329998877", "hours"),
        ({"callback_denied": ("+90392",)}, "03921234567", "denied"),
    ],
)
def test_a_citizen_who_cannot_be_called_is_not(rules: Any, digits: str, why: OutcomeRefusal) -> None:
    line = ready(**{name: value for name, value in rules.items() if name != "not_after"})
    wishes(line, digits=digits, **{name: value for name, value in rules.items() if name == "not_after"})
    assert line.out == [OutcomeCallRefused(at=line.at, wish=WISH, why=why)]
    assert not line.engine.state.calls


def test_a_number_has_one_call_at_a_time() -> None:
    line = line_of()
    queued(line, "c1", number="05329998877")
    wishes(line)
    assert [fact.why for fact in line.facts(OutcomeCallRefused)] == ["pending"]
    line.caller_gone("c1")
    other = wishes(line, "26-000456-7.1.1")
    wishes(line, "26-000789-0.1.1")
    assert [fact.why for fact in line.facts(OutcomeCallRefused)] == ["pending", "pending"]
    assert list(line.engine.state.calls) == [other]


def test_a_line_that_stops_takes_no_wish() -> None:
    line = ready()
    line.do(LineStops(at=line.at))
    wishes(line)
    assert line.facts(OutcomeCallRefused)[-1].why == "stopping"


def test_a_caller_who_wants_to_be_called_back_comes_before_the_outcome() -> None:
    """Both were to ring the same telephone."""
    line = line_of()
    wishes(line)
    queued(line, "c1", number="05329998877")
    asks(line, "c1")
    assert line.outcome(O1).outcome == "callback_cancelled"
    line.passes(20)
    line.ready("1001")
    assert line.offered == {"1001": "c1"}


def test_nobody_is_called_after_the_hours() -> None:
    line = line_of()
    wishes(line, not_after=line.at + 60)
    line.passes(59)
    assert not line.facts(CallbackMissed)
    line.passes(1)
    assert line.outcome(O1).outcome == "callback_cancelled"
    line.ready("1001")
    assert line.offered == {}


def test_an_agent_who_rings_when_the_hours_end_is_let_go() -> None:
    line = ready()
    wishes(line, not_after=line.at + 5)
    line.rings(O1)
    line.passes(5)
    assert any(isinstance(item, CancelOffer) for item in line.out)
    assert line.outcome(O1).outcome == "callback_cancelled"


def test_an_agent_who_has_picked_up_when_the_hours_end_calls() -> None:
    line = ready()
    wishes(line, not_after=line.at + 5)
    line.answers(O1)
    line.passes(10)
    callee(line, O1)
    line.passes(100)
    assert line.talking == {"1001": O1}


def test_an_agent_who_hangs_up_before_the_citizen_is_reached_after_the_hours_ends_it() -> None:
    line = ready()
    wishes(line, not_after=line.at + 5)
    line.answers(O1)
    line.passes(10)
    callee(line, O1, "CANCEL")
    line.passes(60)
    assert line.outcome(O1).outcome == "callback_cancelled"


def test_the_desk_can_take_a_call_back_while_the_agent_rings() -> None:
    line = ready()
    wishes(line)
    line.rings(O1)
    line.do(CallbackCancelled(at=line.at, call=CallId(O1)))
    assert line.outcome(O1).outcome == "callback_cancelled"
    line.do(CallbackCancelled(at=line.at, call=CallId(O1)))
    assert line.out == []


def test_a_citizen_who_is_sent_on_holds_the_line() -> None:
    line = ready()
    wishes(line)
    line.answers(O1)
    callee(line, O1)
    leg = line.leg(O1)
    line.do(Transferred(at=line.at, call=CallId(O1), leg=leg, kind="blind", dialled="1002"))
    assert line.facts(CallTransferred)[-1].priority == "routine"


def test_a_citizen_who_is_sent_on_may_be_called_back_like_any_caller() -> None:
    line = ready()
    hours = line.at + 3600
    wishes(line, not_after=hours)
    line.answers(O1)
    callee(line, O1)
    leg, channel = line.leg(O1), f"PJSIP/trunk-{O1}"
    line.do(Transferred(at=line.at, call=CallId(O1), leg=leg, kind="blind", dialled="9"))
    line.do(
        CallAttached(
            at=line.at,
            call=CallId(O1),
            node=NODE,
            channel=channel,
            number="05329998877",
            callable="05329998877",
            transfer_leg=leg,
            transfer_to="9",
        )
    )
    asks(line, O1)
    (asked,) = (one for one in line.facts(CallbackQueued) if one.reason == "asked")
    assert (asked.call, line.engine.core.outcome_calls) == (O1, {})
    assert line.engine.core.callbacks == {"05329998877": O1}
    line.passes(hours - line.at + 1)  # the hours in which outcomes are told are none of a caller's
    assert CallId(O1) in line.engine.state.calls


# --- deaths


def seen(line: Line, *calls: SeenCall) -> None:
    line.do(NodeReconciled(at=line.at, node=NODE, calls=calls, available=(AgentId("1001"),)))


def test_the_words_begin_though_the_engine_was_away() -> None:
    """The agent had picked up, the engine died, and the citizen picked up."""
    line = ready()
    wishes(line)
    line.answers(O1)
    leg = line.leg(O1)
    restarted(line)
    seen(line, SeenCall(call=CallId(O1), channel="", leg=leg, talking=True, callback=True))
    assert [fact.wish for fact in line.facts(OutcomeBegan)] == [WISH]
    assert line.talking == {"1001": O1}


def test_nobody_is_called_twice_where_it_is_not_known_whether_they_were_told() -> None:
    line = ready()
    wishes(line)
    line.answers(O1)
    restarted(line)
    seen(line)
    assert line.outcome(O1).outcome == "callback_failed"
    assert line.facts(CallbackMissed)[-1].status == ""
    line.passes(600)
    assert line.offered == {}


def test_a_try_that_the_line_knows_by_its_earlier_name_is_no_second_call() -> None:
    """Names had no time at their end until the 28th of November 2026."""
    line = ready()
    wishes(line)
    line.answers(O1)
    callee(line, O1)
    parts(line, O1)
    wishes(line, f"{WISH}.1764000000000")
    line.passes(600)
    assert line.offered == {}


def test_an_agent_who_only_rang_when_the_engine_died_is_rung_again() -> None:
    line = ready()
    wishes(line)
    line.rings(O1)
    restarted(line)
    seen(line)
    assert line.offered == {"1001": O1}


def test_a_talk_that_ended_while_the_engine_was_away_is_no_second_call() -> None:
    line = ready()
    wishes(line)
    line.answers(O1)
    callee(line, O1)
    restarted(line)
    seen(line)
    assert line.outcome(O1).outcome == "called_back"
    line.passes(600)
    assert line.offered == {}


def test_a_reload_keeps_the_class_and_may_take_the_trunk() -> None:
    line = line_of()
    wishes(line)
    line.do(ConfigChanged(at=line.at, config=line.config))
    assert line.engine.state.calls[CallId(O1)].priority == "outcome"
    without = type(line.config)(services=SERVICES, agents=line.config.agents)
    line.do(ConfigChanged(at=line.at, config=without))
    assert line.outcome(O1).outcome == "callback_cancelled"


def test_the_channel_of_the_citizen_that_ends_late_begins_nothing() -> None:
    line = ready()
    wishes(line)
    line.answers(O1)
    callee(line, O1)
    line.passes(5)
    parts(line, O1)
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True, channel="PJSIP/outgoing-1"))
    assert line.out == []
