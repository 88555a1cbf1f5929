"""Hand-overs, as scripts: who may be handed over, and that nobody is dropped on the way."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.commands import HandOver, MuteRecording
from acd.engine.model.events import CallDetached, CommandFailed, HangupRequested, Transferred
from acd.engine.model.handover_facts import HANDOVER, HandOverBegan, HandOverOrdered, HandOverRefused
from acd.engine.model.ids import AgentId
from acd.engine.model.recording_events import RecordingMuted, RecordingPauseWished
from acd.engine.model.recording_facts import RecordingPaused
from tests.acd.engine.handing_on import C1, parts, talking
from tests.acd.engine.handing_over import (
    AST1,
    TRUNK,
    answered,
    ends,
    fails,
    leaves,
    phase,
    recorded,
    refusals,
    rung,
    wishes,
)
from tests.acd.engine.line import Line

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


def test_a_caller_who_has_left_is_outside_however_late_that_is_told() -> None:
    """AMI is seconds behind. Their session has ended at once, and the target has heard no notice of the recording."""
    line = recorded()
    wishes(line)
    leg = line.leg("c1")
    line.do(CallDetached(at=line.at, call=C1))
    line.passes(8)
    assert ends(line) == []
    line.do(Transferred(at=line.at, late_s=8, call=C1, leg=leg, kind="blind", dialled=HANDOVER))
    assert phase(line) == "outside"
    assert MuteRecording(call=C1, node=AST1, channel="PJSIP/trunk-c1", paused=True) in line.commands
    answered(line)
    assert ends(line) == [("answered", 0.0)]


def test_a_caller_without_a_session_of_whom_nothing_is_told_talks_on() -> None:
    line = recorded()
    wishes(line)
    line.do(CallDetached(at=line.at, call=C1))
    line.passes(29.9)
    assert ends(line) == []
    line.passes(0.1)
    assert (ends(line), phase(line)) == ([("not_made", 30.0)], "talking")


# --- the recording


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


def muted(line: Line) -> list[bool]:
    return [one.paused for one in line.history if isinstance(one, MuteRecording)]


def test_a_recording_that_is_paused_or_is_none_is_left_alone() -> None:
    for line, before in ((recorded(paused=True), [True]), (talking(**TRUNK), [])):
        assert muted(line) == before
        rung(line)
        assert muted(line) == before


def test_a_pause_whose_end_asterisk_has_not_told_yet_goes_on_outside() -> None:
    line = recorded(paused=True)
    line.do(RecordingPauseWished(at=line.at, call=C1, paused=False, by="desk"))
    rung(line)
    assert muted(line) == [True, False, True], "the target has heard no notice"
    line.do(RecordingMuted(at=line.at, call=C1, paused=False, by="desk"))
    line.do(RecordingMuted(at=line.at, call=C1, paused=True, by="line"))
    recording = line.engine.state.calls[C1].recording
    assert recording is not None
    assert recording.paused
