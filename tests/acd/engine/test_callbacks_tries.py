"""An agent picks up and the caller's phone rings: what becomes of each try to call one back."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import (
    CallAttached,
    CalleeAnswered,
    CalleeFailed,
    CommandFailed,
    ConfigChanged,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    TimerFired,
)
from acd.engine.model.facts import CallbackDialled, CallbackMissed, CallbackPaused, OfferEnded
from acd.engine.model.ids import AgentId, CallId, OfferId, TimerId
from tests.acd.engine.calling_back import NODE, asks, busy, callee, hangs_up, presses, queued, ringing_c1
from tests.acd.engine.line import Line

C1 = CallId("c1")


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CONGESTION", "CHANUNAVAIL"])
def test_one_who_is_not_reached_is_tried_again_from_their_place_while_the_agent_serves_others(status: Any) -> None:
    line = ringing_c1()
    callee(line, "c1", status)
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
    callee(line, "c1", "NOANSWER")
    line.passes(60)
    line.answers("c1")
    callee(line, "c1", "BUSY")
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
    assert "c1" in {one.call for one in line.engine.core.waiting.calls()}


def test_an_agent_who_hangs_up_before_the_caller_answers_has_declined() -> None:
    line = ringing_c1(max_misses=5)
    callee(line, "c1", "CANCEL")
    assert line.facts(OfferEnded)[-1].result == "declined"
    assert not line.facts(CallbackMissed)


def test_a_leg_that_could_not_be_made_is_told_by_the_node() -> None:
    """The agent rests for a moment, and no try is lost; who waits on the line is not kept waiting by it."""
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(OfferReturned(at=line.at, call=C1, offer=OfferId("c1#1"), status="CHANUNAVAIL"))
    assert [fact.result for fact in line.facts(OfferEnded)][-1] == "no_leg"
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1001": "c2"}
    line.answers("c2")
    line.passes(5)
    line.agent_hangs_up("c2")
    assert line.offered == {"1001": "c1"}
    assert not line.facts(CallbackMissed)


def test_a_phone_that_was_not_there_was_asked_by_the_cause_that_it_left() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(OfferReturned(at=line.at, call=C1, offer=OfferId("c1#1"), status="CHANUNAVAIL", cause_code=20))
    assert [fact.result for fact in line.facts(OfferEnded)][-1] == "unreachable"
    assert line.offered == {"1001": "c2"}


def test_without_ami_it_is_put_off_and_no_try_is_lost() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(CommandFailed(at=line.at, call=C1, command="call_back", error="not connected"))
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
        OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=leg),
        OfferReturned(at=line.at, call=C1, offer=offer, status="NOANSWER"),
        CommandFailed(at=line.at, call=C1, command="call_back", error="late"),
        CommandFailed(at=line.at, call=C1, command="announce", error="late"),
        TimerFired(at=line.at, timer=TimerId("offer:c1#1")),
        CalleeFailed(at=line.at, call=C1, channel="PJSIP/1001-other", status="BUSY"),
        CalleeAnswered(at=line.at, call=C1, channel="PJSIP/1001-other"),
    ):
        assert line.do(event) == [], event
    line.at += 60
    assert line.do(TimerFired(at=line.at, timer=TimerId("offer:c1#0"))) == [], "of an earlier offer"
    assert line.offered == {"1001": "c1"}


def test_an_answer_the_node_tells_of_before_the_agents_phone_is_known_to_ring_is_left_to_ami() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(OfferReturned(at=line.at, call=C1, offer=OfferId("c1#1"), status="ANSWER"))
    assert (line.out, line.offered) == ([], {"1001": "c1"})


def test_a_command_for_one_who_waits_to_be_called_back_may_fail() -> None:
    line = busy()
    asks(line, "c1")
    for command in ("call_back", "announce", "hold_caller"):
        assert line.do(CommandFailed(at=line.at, call=C1, command=command, error="late")) == []


def test_what_is_put_off_is_tried_again_soon_and_not_before() -> None:
    line = busy()
    for call in ("c2", "c3"):
        line.caller_gone(call)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(CommandFailed(at=line.at, call=C1, command="call_back", error="not connected"))
    line.passes(4.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c1"}


def test_nothing_heard_of_the_caller_is_told_as_no_answer() -> None:
    line = ringing_c1()
    line.passes(35)
    assert [fact.status for fact in line.facts(CallbackMissed)] == ["NOANSWER"]


def test_until_when_they_are_not_called_is_told() -> None:
    """While they are told that they will be called back, and between two tries."""
    line = busy()
    presses(line, "c1")
    asked_at = line.at
    line.passes(4)
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.answers("c1")
    line.passes(8)
    callee(line, "c1", "BUSY")
    assert [fact.until for fact in line.facts(CallbackPaused)] == [asked_at + 15, None, line.at + 60]


def test_a_first_channel_that_ends_late_brings_no_try_about() -> None:
    line = busy()
    presses(line, "c1")
    line.passes(15)
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}
    line.caller_gone("c1")
    assert line.out == []
    line.answers("c1")
    callee(line, "c1", "BUSY")
    line.caller_gone("c1")
    assert line.out == [], "they are busy, and left alone for a minute"


def test_an_agent_who_picks_up_when_the_try_is_over_is_hung_up() -> None:
    line = ringing_c1()
    leg = line.leg("c1")
    callee(line, "c1", "BUSY")
    line.do(OfferAnswered(at=line.at, call=C1, channel=leg))
    assert line.commands == [CancelOffer(call=C1, offer=OfferId("c1#1"), channel=leg)]


def test_an_agent_of_whose_phone_nothing_is_heard_has_missed_it_and_it_is_no_try() -> None:
    line = busy(max_misses=1)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(20)
    assert [fact.result for fact in line.facts(OfferEnded) if fact.call == "c1"] == ["no_answer"]
    assert line.shown("1001") == "paused/missed_calls"
    assert not line.facts(CallbackMissed)


def test_who_picks_up_has_missed_nothing_though_the_caller_is_not_reached() -> None:
    line = ringing_c1(max_misses=2)
    callee(line, "c1", "BUSY")
    line.fails("c2", "NOANSWER")
    assert line.offered == {"1001": "c3"}, "one miss sets nobody aside"


# --- where AMI has not told of the agent's phone, the next word tells of that too

UNTOLD = "PJSIP/1001-untold"


def untold() -> Line:
    """The agent is to be rung for c1, and nothing has been heard of their phone."""
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    return line


def test_that_it_rings_is_told_by_the_answer() -> None:
    line = untold()
    line.do(OfferAnswered(at=line.at, call=C1, channel=UNTOLD))
    assert [fact.agent for fact in line.facts(CallbackDialled)] == ["1001"]


def test_that_it_was_answered_is_told_by_the_caller_who_picks_up() -> None:
    line = untold()
    line.do(CalleeAnswered(at=line.at, call=C1, channel=UNTOLD))
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-own"))
    assert line.talking == {"1001": "c1"}, "another channel of the agent's phone is not this one"
    line.do(LegGone(at=line.at, call=C1, channel=UNTOLD))
    assert line.talking == {}


def test_that_it_was_answered_is_told_by_the_caller_who_does_not_pick_up() -> None:
    line = untold()
    line.do(CalleeFailed(at=line.at, call=C1, channel=UNTOLD, status="BUSY"))
    assert len(line.facts(CallbackDialled)) == 1
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-own"))
    assert line.offered == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=C1, channel=UNTOLD))
    assert [fact.status for fact in line.facts(CallbackMissed)] == ["BUSY"]


def test_a_call_of_their_number_that_had_nothing_of_theirs_puts_nothing_off() -> None:
    line = ringing_c1()
    callee(line, "c1", "BUSY")
    line.passes(30)
    number = "05320000001"
    line.do(
        CallAttached(at=line.at, call=CallId("c7"), node=NODE, channel="PJSIP/trunk-c7", number=number, callable=number)
    )
    line.caller_gone("c7")
    assert line.timers.get("callback:c1") == line.at + 30


def test_who_comes_first_has_the_agent_whom_the_other_calls_end_sets_free() -> None:
    """The callback has its place again by the same event. Nothing is known yet of a phone that could be taken."""
    line = busy()
    asks(line, "c1")
    queued(line, "c7", number="05320000001")
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c7"}
    queued(line, "u1", "funeral")
    line.caller_gone("c7")
    assert line.offered == {"1001": "u1"}


def test_a_dial_that_ends_before_the_agent_picks_up_is_the_agents_miss() -> None:
    line = busy()
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.returns("c1", "BUSY")
    assert line.facts(OfferEnded)[-1].result == "busy"
    assert line.engine.state.agents[AgentId("1001")].misses == 1


def test_an_agent_who_has_picked_up_for_a_callback_rings_on_for_it_whatever_they_wish_for_later() -> None:
    line = ringing_c1()
    line.wishes("1001", "offline")
    assert line.offered == {"1001": "c1"}
    callee(line, "c1")
    assert line.talking == {"1001": "c1"}


def test_a_phone_that_is_rung_for_longer_than_the_rules_that_were_reloaded_say_is_rung_to_the_end() -> None:
    line = busy(callback_ring_s=60, offer_grace_s=5)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, callback_ring_s=20)))
    line.answers("c1")
    line.passes(59)
    assert (line.facts(CallbackMissed), line.offered) == ([], {"1001": "c1"})
    callee(line, "c1")
    assert line.talking == {"1001": "c1"}
