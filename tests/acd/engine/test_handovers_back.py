"""Hand-overs that nobody answers: who gets the caller back, and at which place."""

import msgspec
import pytest

from acd.engine.model.commands import HoldCaller, OfferCall
from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, CallDetached, CommandFailed, ConfigChanged, LegGone, Transferred
from acd.engine.model.facts import CallReclassed
from acd.engine.model.handover_events import OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER, HandOverBegan
from acd.engine.model.ids import CallId, ServiceId
from tests.acd.engine import repeats
from tests.acd.engine import test_outcome_calls as outcomes
from tests.acd.engine.calling_back import callee
from tests.acd.engine.handing_on import C1, parts, talking
from tests.acd.engine.handing_over import AST1, TRUNK, answered, ends, fails, leaves, phase, rung, wishes
from tests.acd.engine.line import Line

# --- the target does not answer


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("BUSY", "busy"),
        ("CHANUNAVAIL", "unreachable"),
        ("CONGESTION", "unreachable"),
        ("", "failed"),
    ],
)
def test_the_caller_is_back_with_the_agent_in_after_call_work(status: str, result: str) -> None:
    line = talking(**TRUNK)
    line.ready("1002")
    leg = rung(line)
    line.passes(3)
    fails(line, status)
    assert (ends(line), phase(line)) == ([(result, 3.0)], "outside")
    line.passes(0.01)
    line.comes_back("c1", leg, "")
    assert line.offered == {"1001": "c1"}, "not 1002, who is free"
    assert [type(one) for one in line.commands] == [OfferCall]
    assert line.engine.state.calls[C1].handover is None
    line.answers("c1")
    assert line.talking == {"1001": "c1"}
    line.passes(5)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    record = line.outcome("c1")
    assert (record.outcome, record.talk_s, record.transfers, record.lost_in_transfer) == ("answered", 15.0, 1, False)
    assert len(ends(line)) == 1


def test_an_agent_who_is_free_again_has_them_back_too() -> None:
    line = talking("1001 1002", wrapup_s=0.0, **TRUNK)
    line.ready("1002")
    leg = rung(line)
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {"1001": "c1"}


def test_an_agent_who_has_another_caller_does_not_and_the_caller_is_before_all_who_came_later() -> None:
    line = talking("1001 1002", wrapup_s=0.0, **TRUNK)
    line.arrives("c2", "request")
    line.arrives("c3", "request")
    leg = rung(line)
    assert line.offered == {"1001": "c2"}
    fails(line, "NOANSWER")
    line.comes_back("c1", leg, "")
    assert line.commands == [HoldCaller(call=C1)]
    line.ready("1002")
    assert line.offered == {"1001": "c2", "1002": "c1"}, "before c3"


def test_an_urgent_caller_who_waits_comes_first_and_an_urgent_one_who_is_back_has_the_agent() -> None:
    line = talking("1001", wrapup_s=0.0, wrapup_recall=False, **TRUNK)
    line.arrives("c2", "funeral")
    leg = line.leg("c1")
    wishes(line)
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled=HANDOVER))
    assert line.offered == {"1001": "c2"}
    line.do(CallDetached(at=line.at, call=C1))
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {"1001": "c2"}
    line = talking("1001", service="funeral", **TRUNK)
    line.arrives("c2", "request")
    line.comes_back("c1", rung(line), "")
    assert line.offered == {"1001": "c1"}


def test_an_agent_who_left_or_paused_is_not_rung() -> None:
    for state in ("paused", "offline"):
        line = talking("1001 1002", **TRUNK)
        leg = rung(line)
        line.wishes("1001", state)
        line.passes(0)
        fails(line, "BUSY")
        line.comes_back("c1", leg, "")
        assert line.offered == {}
        line.ready("1002")
        assert line.offered == {"1002": "c1"}


def test_after_call_work_for_another_call_is_not_interrupted() -> None:
    line = talking("1001 1002", wrapup_s=0.0, **TRUNK)
    line.arrives("c2", "request")
    leg = rung(line)
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, wrapup_s=30.0)))
    line.answers("c2")
    line.agent_hangs_up("c2")
    assert line.shown("1001") == "wrapup"
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {}


def test_the_agent_who_does_not_answer_lets_the_next_one_have_them() -> None:
    line = talking("1001 1002", **TRUNK)
    line.ready("1002")
    leg = rung(line)
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1002": "c1"}


def test_the_leg_s_end_may_be_told_before_the_hand_over() -> None:
    line = talking("1001 1002", **TRUNK)
    wishes(line)
    leg = leaves(line, leg_first=True)
    assert (phase(line), parts(line)) == ("outside", [("1001", 10.0, 0.0, "answered")])
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {"1001": "c1"}
    line.answers("c1")
    line.caller_gone("c1")
    assert line.outcome("c1").hangup_by == "caller"


@pytest.mark.parametrize(("outside", "result"), [("NOANSWER", "no_answer"), ("CHANUNAVAIL", "unreachable")])
def test_what_ami_has_no_word_for_is_told_by_the_dialplan(outside: str, result: str) -> None:
    line = talking(**TRUNK)
    leg = rung(line)
    line.passes(3)
    fails(line, "NOANSWER")
    assert (ends(line), phase(line)) == ([], "outside")
    line.passes(0.01)
    line.comes_back("c1", leg, "", outside)
    assert (ends(line), line.offered) == ([(result, 3.01)], {"1001": "c1"})


@pytest.mark.parametrize(("outside", "result"), [("BUSY", "busy"), ("NOANSWER", "no_answer"), ("", "failed")])
def test_the_caller_may_be_back_before_anything_is_told(outside: str, result: str) -> None:
    """A trunk that is busy at once: the session is here before the manager's events, and brings the dial's result."""
    line = talking("1001 1002", **TRUNK)
    leg = line.leg("c1")
    wishes(line)
    line.do(CallDetached(at=line.at, call=C1))
    line.comes_back("c1", leg, "", outside)
    assert [fact.to for fact in line.facts(HandOverBegan)] == ["acil_112"]
    assert (line.offered, ends(line)) == ({"1001": "c1"}, [(result, 0.0)])
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled=HANDOVER))
    line.do(LegGone(at=line.at, call=C1, channel=leg, cause_code=16))
    fails(line, "BUSY")
    assert (line.offered, len(ends(line)), len(line.facts(HandOverBegan))) == ({"1001": "c1"}, 1, 1)


def test_a_phone_that_transfers_at_the_same_moment_wins() -> None:
    line = talking("1001 1002", **TRUNK)
    line.ready("1002")
    wishes(line)
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    assert line.offered == {"1002": "c1"}
    line.passes(5)
    assert (ends(line), line.facts(HandOverBegan)) == ([("not_made", 5.0)], [])
    assert line.offered == {"1002": "c1"}


def test_a_transfer_to_the_same_word_without_an_order_is_one_like_others() -> None:
    line = talking("1001 1002", **TRUNK)
    leg = line.sends("c1", HANDOVER)
    assert (phase(line), line.facts(HandOverBegan)) == ("waiting", [])
    line.comes_back("c1", leg, "")
    assert line.engine.state.calls[C1].attached


# --- the place


def test_the_caller_waits_anew_for_their_service_and_as_long_as_it_allows() -> None:
    services = (
        Service(id=ServiceId("agent")),
        Service(id=ServiceId("request"), max_wait_s=60.0),
    )
    line = Line("1001", services, **TRUNK, wrapup_s=0.0, default_service="agent")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.passes(100)
    leg = rung(line)
    line.wishes("1001", "offline")
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.timers["maxwait:c1"] == line.at + 60
    queued = line.engine.state.calls[C1].place
    assert (queued.service, queued.moved_at, queued.relaxed) == ("request", line.at, 0)
    assert queued.at == 1000.0, "and the wait is that since they came"


def test_each_hand_over_counts() -> None:
    line = talking("1001 1002", **TRUNK)
    for _ in range(2):
        leg = rung(line)
        fails(line, "BUSY")
        line.comes_back("c1", leg, "")
        line.answers("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").transfers, [result for result, _ in ends(line)]) == (2, ["busy", "busy"])


def test_an_urgent_caller_who_is_back_comes_before_another_and_a_routine_one_before_routine_ones() -> None:
    line = talking("1001", service="funeral", wrapup_recall=False, **TRUNK)
    leg = rung(line)
    line.arrives("c2", "funeral")
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {"1001": "c1"}
    line = talking("1001", **TRUNK)
    leg = rung(line)
    line.arrives("c2", "request")
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {"1001": "c1"}
    line = talking("1001", wrapup_recall=False, **TRUNK)
    leg = rung(line)
    line.arrives("c2", "funeral")
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert line.offered == {}, "an urgent caller waits for this agent"


def test_a_repeat_caller_has_spoken_to_an_agent_and_is_none_any_more() -> None:
    line = repeats.line_of(**TRUNK)
    for call in ("c0", "c1"):
        repeats.comes(line, call, repeats.A)
        line.answers(call)
        if call == "c0":
            line.agent_hangs_up(call)
            line.caller_gone(call)
    assert line.engine.state.calls[C1].place.repeat
    rung(line)
    assert not line.engine.state.calls[C1].place.repeat


def test_a_citizen_who_was_called_about_an_outcome_holds_the_line_from_then_on() -> None:
    line = outcomes.ready()
    outcomes.wishes(line)
    line.answers(outcomes.O1)
    callee(line, outcomes.O1)
    wishes(line, outcomes.O1)
    leg = leaves(line, outcomes.O1)
    fails(line, "BUSY", outcomes.O1)
    assert line.engine.state.calls[CallId(outcomes.O1)].priority == "outcome"
    line.do(CallAttached(at=line.at, call=CallId(outcomes.O1), node=AST1, channel="PJSIP/outgoing-1", transfer_leg=leg))
    assert line.engine.state.calls[CallId(outcomes.O1)].priority == "routine"
    assert [(fact.call, fact.priority) for fact in line.facts(CallReclassed)] == [(outcomes.O1, "routine")]
    line = talking("1001", service="funeral", **TRUNK)
    line.comes_back("c1", rung(line), "")
    assert (line.engine.state.calls[C1].priority, line.facts(CallReclassed)) == ("urgent", [])


def test_what_is_told_late_counts_from_when_it_was() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(6)
    line.do(OutsideAnswered(at=line.at, call=C1, late_s=2.5))
    assert ends(line) == [("answered", 3.5)]
    line = talking(**TRUNK)
    rung(line)
    line.passes(6)
    line.do(OutsideFailed(at=line.at, call=C1, status="BUSY", late_s=2.5))
    assert ends(line) == [("busy", 3.5)]


def test_a_late_refusal_of_the_order_changes_nothing() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.do(CommandFailed(at=line.at, call=C1, command="hand_over", error="no answer in time"))
    assert (phase(line), ends(line)) == ("outside", [])


def test_a_word_about_the_outside_telephone_in_the_talk_is_of_another_time() -> None:
    line = talking(**TRUNK)
    wishes(line)
    fails(line, "BUSY")
    answered(line)
    assert (phase(line), ends(line)) == ("talking", [])


@pytest.mark.parametrize("wrapup_recall", [False, True])
def test_an_urgent_caller_has_the_agent_to_whom_a_routine_caller_is_back(wrapup_recall: bool) -> None:
    """That agent was rung in after-call work, which follows the urgent call."""
    line = talking("1001", wrapup_s=30, ring_recall=True, wrapup_recall=wrapup_recall, **TRUNK)
    leg = rung(line)
    fails(line, "NOANSWER")
    line.comes_back("c1", leg, "")
    line.rings("c1")
    assert line.offered == {"1001": "c1"}
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
