"""Hand-overs, as scripts: who may be handed over, who gets the caller back, and that no caller is dropped."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.commands import BringBack, FindCaller, HandOver, HoldCaller, MuteRecording, OfferCall
from acd.engine.model.config import Service
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CallerFound,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    LegGone,
    LineStops,
    NodeReconciled,
    SeenCall,
    Transferred,
)
from acd.engine.model.facts import CallReclassed, CallReturned, OfferMade
from acd.engine.model.handover_events import HandOverWished, OutsideAnswered, OutsideFailed
from acd.engine.model.handover_facts import HANDOVER, HandOverBegan, HandOverEnded, HandOverOrdered, HandOverRefused
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.recording_events import RecordingMuted, RecordingNoticed
from acd.engine.model.recording_facts import RecordingPaused
from tests.acd.engine import test_outcome_calls as outcomes
from tests.acd.engine import test_repeats as repeats
from tests.acd.engine.calling_back import callee
from tests.acd.engine.handing_on import C1, parts, talking
from tests.acd.engine.line import Line

AST1 = NodeId("ast1")
TRUNK: dict[str, Any] = {"callbacks": True}


def wishes(line: Line, call: str = "c1", **more: Any) -> None:
    wish: dict[str, Any] = {"to": "acil_112", "number": "112", "callable": "112", "not_after": line.at + 4, **more}
    line.do(HandOverWished(at=line.at, call=CallId(call), **wish))


def leaves(line: Line, call: str = "c1", *, leg_first: bool = False) -> str:
    """Asterisk takes the caller out of the talk; the agent's leg."""
    leg = line.leg(call)
    gone = LegGone(at=line.at, call=CallId(call), channel=leg, cause_code=16)
    told = Transferred(at=line.at, call=CallId(call), leg=leg, kind="blind", dialled=HANDOVER)
    said = line.do(*((gone, told) if leg_first else (told, gone)))
    line.out = said + line.do(CallDetached(at=line.at, call=CallId(call)))
    return leg


def rung(line: Line, **more: Any) -> str:
    """The line hands c1 over, and the target rings."""
    wishes(line, **more)
    return leaves(line)


def fails(line: Line, status: Any, call: str = "c1") -> None:
    line.do(OutsideFailed(at=line.at, call=CallId(call), status=status))


def answered(line: Line, call: str = "c1") -> None:
    line.do(OutsideAnswered(at=line.at, call=CallId(call)))


def phase(line: Line, call: str = "c1") -> str:
    return line.engine.state.calls[CallId(call)].phase


def refusals(line: Line) -> list[str]:
    return [fact.why for fact in line.facts(HandOverRefused)]


def ends(line: Line) -> list[tuple[str, float]]:
    return [(fact.result, fact.rang_s) for fact in line.facts(HandOverEnded)]


def found(line: Line, place: Any) -> None:
    line.do(CallerFound(at=line.at, call=C1, node=AST1, place=place, channel="PJSIP/trunk-c1"))


# --- the order


def test_the_caller_leaves_the_talk_and_an_outside_telephone_rings() -> None:
    line = talking(**TRUNK)
    leg = line.leg("c1")
    wishes(line, person="ayse")
    assert line.commands == [HandOver(call=C1, node=AST1, leg=leg, number="112", ring_s=25.0)]
    (ordered,) = line.facts(HandOverOrdered)
    assert (ordered.call, ordered.to, ordered.by, ordered.person) == (C1, "acil_112", "1001", "ayse")
    assert (phase(line), line.talking) == ("talking", {"1001": "c1"}), "Asterisk has not done it yet"
    line.passes(0.5)
    leaves(line)
    (began,) = line.facts(HandOverBegan)
    assert (began.at, began.to, began.by, began.within_s) == (line.at, "acil_112", "1001", 25.0)
    assert (phase(line), line.talking, line.shown("1001")) == ("outside", {}, "wrapup")
    assert parts(line) == [("1001", 10.5, 0.0, "answered")]
    assert line.commands == [], "nobody is released or looked for"


def test_the_ring_lasts_as_the_setting_says() -> None:
    line = talking(**TRUNK, rules={"handover_ring_s": 7.0})
    wishes(line)
    (order,) = line.commands
    assert isinstance(order, HandOver)
    assert order.ring_s == 7.0
    leaves(line)
    assert [fact.within_s for fact in line.facts(HandOverBegan)] == [7.0]


@pytest.mark.parametrize(
    ("rules", "wish", "why"),
    [
        ({"callbacks": False}, {}, "off"),
        (TRUNK, {"callable": ""}, "number"),
        (TRUNK, {"agent": AgentId("1002")}, "not_yours"),
        (TRUNK, {"not_after": 1010.0}, "too_late"),
    ],
)
def test_who_is_not_handed_over(rules: dict[str, Any], wish: dict[str, Any], why: str) -> None:
    line = talking(**rules)
    wishes(line, **{**wish, "person": "ayse"})
    assert (refusals(line), line.commands, phase(line)) == ([why], [], "talking")
    (refused,) = line.facts(HandOverRefused)
    assert (refused.call, refused.to, refused.person) == (C1, "acil_112", "ayse")
    assert line.engine.state.calls[C1].handover is None


def test_a_wish_is_granted_until_the_desk_has_given_up() -> None:
    line = talking(**TRUNK)
    wishes(line, not_after=line.at)
    assert refusals(line) == ["too_late"]
    wishes(line, not_after=line.at + 0.001, agent=AgentId("1001"))
    assert len(line.commands) == 1


def test_only_a_talk_is_handed_over() -> None:
    line = Line("1001", **TRUNK)
    line.ready("1001")
    line.arrives("c1", "request")
    wishes(line)
    line.answers("c1")
    line.agent_hangs_up("c1")
    wishes(line)
    wishes(line, "c9")
    assert (refusals(line), line.commands) == (["no_talk", "no_talk"], [])


def test_a_leg_that_is_not_known_cannot_be_transferred() -> None:
    line = talking(**TRUNK)
    talk = line.engine.state.calls[C1].talk
    assert talk is not None
    talk.channel = ""
    wishes(line)
    assert refusals(line) == ["no_leg"]


def test_one_hand_over_at_a_time() -> None:
    line = talking(**TRUNK)
    wishes(line)
    wishes(line, to="iski", number="185", callable="185")
    assert refusals(line) == ["under_way"]
    leaves(line)
    assert [fact.to for fact in line.facts(HandOverBegan)] == ["acil_112"]


def test_what_asterisk_refuses_leaves_the_talk_as_it_is() -> None:
    line = talking(**TRUNK)
    wishes(line)
    line.passes(1)
    line.do(CommandFailed(at=line.at, call=C1, command="hand_over", error="Transfer not permitted"))
    assert (ends(line), phase(line), line.talking) == ([("not_made", 1.0)], "talking", {"1001": "c1"})
    assert "handover:c1" not in line.timers
    wishes(line, to="iski", number="185", callable="185")
    assert len(line.commands) == 1, "another one can be tried"


def test_an_order_of_which_nothing_is_heard_is_over_in_time() -> None:
    line = talking(**TRUNK)
    wishes(line)
    line.passes(4.9)
    assert ends(line) == []
    line.passes(0.1)
    assert (ends(line), phase(line)) == ([("not_made", 5.0)], "talking")
    leg = leaves(line)  # it was only late: they wait again, and come back
    assert phase(line) == "waiting"
    line.comes_back("c1", leg, "")
    assert line.engine.state.calls[C1].attached


# --- the target answers


def test_the_target_answers_and_the_line_waits_for_the_end() -> None:
    line = talking(**TRUNK)
    wishes(line)
    line.passes(0.5)
    leaves(line)
    line.passes(6)
    answered(line)
    assert (ends(line), line.commands) == ([("answered", 6.0)], [])
    line.passes(600)
    assert (phase(line), line.commands) == ("outside", [])
    line.do(HangupRequested(at=line.at, call=C1, by="unknown", channel="PJSIP/outside-00000001"))
    line.caller_gone("c1")
    record = line.outcome("c1")
    assert (record.outcome, record.hangup_by, record.transfers) == ("answered", "unknown", 1)
    assert (record.talk_s, record.lost_in_transfer) == (10.5, False)
    assert len(ends(line)) == 1


def test_an_answer_counts_once_and_only_outside() -> None:
    line = talking(**TRUNK)
    answered(line)
    fails(line, "BUSY")
    rung(line)
    answered(line)
    line.passes(1)
    answered(line)
    fails(line, "NOANSWER")
    assert ends(line) == [("answered", 0.0)]
    line.caller_gone("c1")
    answered(line)
    fails(line, "BUSY")
    assert ends(line) == [("answered", 0.0)]


def test_the_agent_has_the_next_caller_meanwhile() -> None:
    line = talking("1001", wrapup_s=0.0, **TRUNK)
    line.arrives("c2", "request")
    rung(line)
    assert line.offered == {"1001": "c2"}
    answered(line)
    line.caller_gone("c1")
    assert line.offered == {"1001": "c2"}


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


# --- the caller hangs up


def test_a_caller_who_hangs_up_while_it_rings_was_lost_in_the_transfer() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(2)
    line.do(HangupRequested(at=line.at, call=C1, by="caller"))
    fails(line, "CANCEL")
    line.caller_gone("c1")
    record = line.outcome("c1")
    assert (record.outcome, record.hangup_by, record.lost_in_transfer) == ("answered", "caller", True)
    assert ends(line) == [("caller_gone", 2.0)]
    assert "handover:c1" not in line.timers


def test_their_end_alone_tells_it_too() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(2)
    line.caller_gone("c1")
    assert (ends(line), line.outcome("c1").hangup_by) == ([("caller_gone", 2.0)], "caller")


def test_a_caller_who_hangs_up_before_they_leave_is_gone() -> None:
    line = talking(**TRUNK)
    wishes(line)
    line.passes(1)
    line.caller_gone("c1")
    assert (ends(line), line.outcome("c1").lost_in_transfer) == ([("caller_gone", 1.0)], False)


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


# --- nothing is heard


def test_who_is_not_back_in_time_is_looked_for_and_brought_back() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(29.9)
    assert line.commands == []
    line.passes(0.1)
    assert line.commands == [FindCaller(call=C1, node=AST1)]
    found(line, "dialplan")
    assert (line.commands, phase(line)) == ([], "outside")
    line.passes(1.5)
    assert line.commands == [FindCaller(call=C1, node=AST1)]
    found(line, "nowhere")
    assert line.commands == [BringBack(call=C1, node=AST1, channel="PJSIP/trunk-c1")]
    line.attaches("c1")
    assert (ends(line), line.offered) == ([("failed", 31.5)], {"1001": "c1"})


def test_who_is_gone_in_two_lists_is_gone() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(30)
    found(line, "gone")
    found(line, "dialplan")
    found(line, "gone")
    assert phase(line) == "outside"
    found(line, "gone")
    assert (line.outcome("c1").hangup_by, ends(line)) == ("unknown", [("caller_gone", 30.0)])


def test_a_late_search_leaves_a_talk_with_the_target_alone() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(30)
    answered(line)
    for place in ("nowhere", "gone", "gone"):
        found(line, place)
        assert (line.commands, phase(line)) == ([], "outside")


def test_a_search_of_another_node_says_nothing() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.do(CallerFound(at=line.at, call=C1, node=NodeId("ast2"), place="nowhere", channel="PJSIP/trunk-c1"))
    assert line.commands == []


# --- the recording


def recorded(*, paused: bool = False) -> Line:
    line = Line("1001 1002", **TRUNK, wrapup_s=10.0, recording="all")
    line.ready("1001")
    line.attaches("c1")
    line.do(RecordingNoticed(at=line.at, call=C1, prompt="recording"))
    line.chooses("c1", "request")
    line.answers("c1")
    if paused:
        line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="desk"))
    line.passes(10)
    return line


def test_the_target_is_not_recorded_and_the_agent_is_again() -> None:
    line = recorded()
    leg = rung(line)
    muted = MuteRecording(call=C1, node=AST1, channel="PJSIP/trunk-c1", paused=True)
    assert muted in line.history
    line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="line"))
    assert [fact.by for fact in line.facts(RecordingPaused)] == ["line"]
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    line.answers("c1")
    assert msgspec.structs.replace(muted, paused=False) in line.commands


def test_a_recording_that_is_paused_or_is_none_is_left_alone() -> None:
    for line in (recorded(paused=True), talking(**TRUNK)):
        rung(line)
        assert not [one for one in line.history if isinstance(one, MuteRecording)]


# --- restarts


def test_after_a_restart_the_dialplan_brings_the_caller_back() -> None:
    line = talking("1001 1002", **TRUNK)
    leg = rung(line)
    line.passes(24)
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert line.timers["handover:c1"] == line.at + 6, "as before"
    fails(line, "NOANSWER")
    line.comes_back("c1", leg, "", "NOANSWER")
    assert (ends(line), line.offered) == ([("no_answer", 24.0)], {"1001": "c1"})


def test_a_restart_leaves_it_some_time() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.at += 3600
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert line.timers["handover:c1"] == line.at + 5
    line.passes(5)
    assert line.commands == [FindCaller(call=C1, node=AST1)]


@pytest.mark.parametrize("outside", [True, False])
def test_asterisk_s_list_tells_that_the_target_answered_meanwhile(outside: bool) -> None:
    line = talking(**TRUNK)
    rung(line)
    line.passes(4)
    line.do(EngineStarted(at=line.at))
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1", outside=outside)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert phase(line) == "outside"
    assert ends(line) == ([("answered", 4.0)] if outside else [])
    assert ("handover:c1" in line.timers) is not outside
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(), available=(AgentId("1001"),)))
    assert line.outcome("c1").hangup_by == "unknown"


def test_the_line_stops_while_it_rings() -> None:
    line = talking(**TRUNK)
    leg = rung(line)
    line.do(LineStops(at=line.at))
    fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    assert (line.offered, phase(line)) == ({}, "waiting"), "nobody is offered any more"


def test_a_session_that_attaches_without_a_word_of_the_transfer_is_the_caller_back() -> None:
    line = talking(**TRUNK)
    rung(line)
    line.do(CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1-2"))
    call = line.engine.state.calls[C1]
    assert (call.channel, call.attached, call.orphaned) == ("PJSIP/trunk-c1-2", True, False)
    assert [fact.call for fact in line.facts(CallReturned)] == [C1]
    assert [fact.agent for fact in line.facts(OfferMade)] == ["1001", "1001"]


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
