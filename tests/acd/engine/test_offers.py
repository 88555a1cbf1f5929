"""What becomes of an offer, and of the talk that follows it."""

from typing import Any

import msgspec
import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CancelOffer, OfferCall, ReleaseCall
from acd.engine.model.event_base import DeviceState
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CallerGone,
    CommandFailed,
    HangupRequested,
    LegGone,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, CallEnded, CallQueued, OfferEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from tests.acd.engine.line import Line, profile

C1 = CallId("c1")


def rung(**rules: Any) -> Line:
    """1001 is rung for c1."""
    line = Line("1001", **{"max_misses": 9, **rules})
    line.ready("1001")
    line.arrives("c1", "request")
    return line


def two_rung() -> Line:
    """1001 is rung for c1; 1002 is ready too."""
    line = Line("1001 1002", max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.ready("1002")
    return line


def results(line: Line) -> list[str]:
    return [fact.result for fact in line.facts(OfferEnded)]


def test_an_agent_with_an_endpoint_of_their_own_answers_at_their_page() -> None:
    """The line dials the page in place of the telephone while it is open."""
    line = Line((msgspec.structs.replace(profile("1001"), endpoint="PJSIP/desk-7"),))
    line.ready("1001")
    line.arrives("c1", "request")
    page = "PJSIP/1001-web-00000001"
    line.do(OfferRinging(at=line.at, call=C1, channel=page))
    line.do(OfferAnswered(at=line.at, call=C1, channel=page))
    assert (line.commands, line.talking) == ([], {"1001": "c1"})
    line.do(LegGone(at=line.at, call=C1, channel=page, cause_code=16))
    assert results(line) == ["answered"]


@pytest.mark.parametrize(("leg", "talks"), [("PJSIP/1001-0001", True), ("PJSIP/1001-b-0001", False)])
def test_an_endpoint_that_begins_like_the_agents_is_not_theirs(leg: str, talks: bool) -> None:
    line = rung()
    line.do(OfferAnswered(at=line.at, call=C1, channel=leg))
    assert bool(line.talking) == talks


def hung_up() -> Line:
    """The caller hangs up while 1001 rings; 1002 is ready too."""
    line = Line("1001 1002", max_misses=9)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    line.ready("1002")
    line.do(HangupRequested(at=line.at, call=C1, by="caller"))
    return line


def test_an_agent_who_picks_up_as_the_caller_hangs_up_has_answered() -> None:
    """Asterisk tells both: that the leg did not answer, and then that it did."""
    line = hung_up()
    leg = line.leg("c1")
    line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=leg))
    assert line.out == []
    line.do(OfferAnswered(at=line.at, call=C1, channel=leg))
    line.do(CallerGone(at=line.at, call=C1))
    assert results(line) == ["answered"]
    assert [(fact.outcome, fact.agent, fact.hangup_by) for fact in line.facts(CallEnded)] == [
        ("answered", "1001", "caller")
    ]


def test_no_other_agent_is_rung_for_a_caller_who_has_hung_up() -> None:
    line = hung_up()
    line.fails("c1", "NOANSWER")
    assert line.out == []
    line.do(CallerGone(at=line.at, call=C1))
    assert results(line) == ["caller_gone"]
    assert [(fact.outcome, fact.hangup_by) for fact in line.facts(CallEnded)] == [("abandoned", "caller")]
    assert line.engine.state.agents[AgentId("1001")].misses == 0


def test_a_ring_that_asterisk_takes_back_ends_as_the_caller_hangs_up() -> None:
    line = hung_up()
    line.fails("c1", "CANCEL")
    assert results(line) == ["caller_gone"]


def test_the_agents_own_refusal_counts_as_ever() -> None:
    line = rung()
    line.do(HangupRequested(at=line.at, call=C1, by="agent", channel=line.leg("c1")))
    line.fails("c1", "NOANSWER")
    assert results(line) == ["no_answer"]


@pytest.mark.parametrize(
    ("status", "result"),
    [
        ("CANCEL", "caller_gone"),
        ("BUSY", "busy"),
        ("NOANSWER", "no_answer"),
        ("CHANUNAVAIL", "no_leg"),
        ("CONGESTION", "no_leg"),
        ("", "lost"),
    ],
)
def test_each_status_of_a_dial_has_its_result(status: Any, result: str) -> None:
    line = rung()
    line.returns("c1", status)
    assert results(line) == [result]
    misses = line.engine.state.agents[line.config.agents[0].id].misses
    assert misses == (result not in ("caller_gone", "lost", "no_leg")), "what the agent cannot help is no miss"


@pytest.mark.parametrize("status", ["CANCEL", "BUSY", "NOANSWER"])
@pytest.mark.parametrize("way", ["ami", "agi", "cause"])
def test_a_phone_that_forwards_is_a_miss_and_the_caller_goes_on(way: str, status: Any) -> None:
    """app_dial reports CANCEL, then BUSY: neither is the caller's doing, and no session is gone."""
    line = Line("1001 1002", max_misses=1)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.rings("c1")
    leg, offer = line.leg("c1"), line.engine.state.calls[C1].offer
    assert offer is not None
    if way == "ami":
        line.do(OfferFailed(at=line.at, call=C1, status=status, channel=leg, forwarded=True))
    elif way == "agi":
        line.do(OfferReturned(at=line.at, call=C1, offer=offer.id, status=status, forwarded=True))
    else:  # a 3xx without a Contact is told by its cause alone
        line.do(LegGone(at=line.at, call=C1, channel=leg, cause_code=23))
        line.do(OfferFailed(at=line.at, call=C1, status=status, channel=leg))
    assert results(line) == ["forwarded"]
    assert line.shown("1001") == "paused/missed_calls"
    assert line.offered == {"1002": "c1"}
    line.do(OfferFailed(at=line.at, call=C1, status="BUSY", channel=leg))  # the end of the leg that forwarded
    assert line.offered == {"1002": "c1"}


def test_who_is_sent_to_a_phone_that_forwards_waits_for_others() -> None:
    line = Line("1001 1002", wrapup_s=0, max_misses=9)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    assert line.offered == {"1002": "c1"}
    line.do(OfferFailed(at=line.at, call=C1, status="CANCEL", channel=line.leg("c1"), forwarded=True))
    assert results(line)[-1] == "forwarded"
    line.passes(5)
    assert list(line.offered.values()) == ["c1"]


def test_who_gave_up_while_it_rang_is_not_offered_again_unless_they_attach() -> None:
    line = rung()
    line.returns("c1", "CANCEL")
    assert (line.offered, line.shown("1001")) == ({}, "ready")
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}


def test_an_answer_that_is_told_by_its_end_only() -> None:
    line = rung()
    line.passes(4)
    line.returns("c1", "ANSWER")
    assert [fact.agent for fact in line.facts(CallAnswered)] == ["1001"]
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.ring_s, end.talk_s) == ("answered", "agent", 4, 0)


@pytest.mark.parametrize(("status", "by"), [("CANCEL", "caller"), ("ANSWER", "agent")])
def test_the_dials_end_says_who_ended_the_talk(status: Any, by: str) -> None:
    line = rung()
    line.answers("c1")
    line.returns("c1", status)
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("answered", by)


def test_an_answer_that_is_told_before_the_ringing_names_the_agents_leg() -> None:
    """Their phone may have another channel of theirs, whose end is not that of the talk."""
    line = rung()
    line.do(OfferAnswered(at=line.at, call=C1, channel="PJSIP/1001-77"))
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-78", cause_code=16))
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=C1, channel="PJSIP/1001-77", cause_code=16))
    assert line.talking == {}


def test_a_transfer_is_known_by_its_leg_though_the_answer_was_told_by_its_end_only() -> None:
    line = rung()
    line.rings("c1")
    leg = line.leg("c1")
    line.returns("c1", "ANSWER")
    line.do(Transferred(at=line.at, call=C1, leg=leg, kind="blind", dialled="*81"))
    assert line.engine.state.calls[C1].phase == "waiting"


def test_the_answer_tells_what_had_been_estimated() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.passes(40)
    line.agent_hangs_up("c0")
    line.answers("c1")
    [queued] = [fact for fact in line.facts(CallQueued) if fact.call == "c1"]
    [answered] = [fact for fact in line.facts(CallAnswered) if fact.call == "c1"]
    assert answered.ewt_s == queued.ewt_s == 100


def test_a_phone_of_which_nothing_more_is_heard_is_told_to_stop() -> None:
    line = rung(ring_s=15, offer_grace_s=5)
    line.rings("c1")
    leg = line.leg("c1")
    line.passes(19.9)
    assert line.offered == {"1001": "c1"}
    line.passes(0.1)
    cancelled = [one.channel for one in line.commands if isinstance(one, CancelOffer)]
    assert (cancelled, results(line)) == ([leg], ["no_answer"])


@pytest.mark.parametrize("begun", [False, True])
def test_a_phone_that_is_not_known_to_ring_yet_is_stopped_before_or_when_it_rings(begun: bool) -> None:
    """The agent signs out in the moment in which they are offered the caller, whose session may have rung them."""
    line = two_rung()
    leg = line.leg("c1")
    line.wishes("1001", "offline")
    withdrawn, offered = line.commands
    assert withdrawn == CancelOffer(call=C1, offer=OfferId("c1#1"), channel="")
    assert isinstance(offered, OfferCall), "which the session begins when the ring before it is over"
    assert line.offered == {"1002": "c1"}
    if begun:
        line.do(OfferRinging(at=line.at, call=C1, channel=leg))
        assert line.commands == [CancelOffer(call=C1, offer=OfferId("c1#2"), channel=leg)]
        line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=leg))
    line.answers("c1")
    assert (line.talking, results(line)) == ({"1002": "c1"}, ["withdrawn", "answered"])


def test_a_ring_that_is_told_after_its_answer_stops_no_phone() -> None:
    line = rung()
    leg = line.leg("c1")
    line.do(OfferAnswered(at=line.at, call=C1, channel=leg), OfferRinging(at=line.at, call=C1, channel=leg))
    assert (line.talking, line.commands) == ({"1001": "c1"}, [])
    line.agent_hangs_up("c1")
    line.do(OfferRinging(at=line.at, call=C1, channel=leg))
    assert line.commands == []


def test_a_ring_that_is_told_while_the_caller_has_no_session_is_left_to_the_session_that_ends() -> None:
    line = rung()
    leg = line.leg("c1")
    line.wishes("1001", "offline")
    line.do(CallDetached(at=line.at, call=C1, lost=True), OfferRinging(at=line.at, call=C1, channel=leg))
    assert line.commands == []


def test_of_two_legs_of_one_agent_the_one_that_rang_last_is_the_offers() -> None:
    """The first is of an offer that was given up before it was known to ring."""
    line = rung()
    first = line.leg("c1")
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}
    second = line.leg("c1")
    assert first != second
    for leg in (first, second):
        line.do(OfferRinging(at=line.at, call=C1, channel=leg))
        assert line.commands == []
    line.do(LegGone(at=line.at, call=C1, channel=first))
    line.do(OfferAnswered(at=line.at, call=C1, channel=second))
    assert (line.talking, line.commands) == ({"1001": "c1"}, [])


def test_a_page_that_is_reloaded_takes_no_ring_from_the_telephone_beside_it() -> None:
    line = two_rung()
    line.rings("c1")
    changes: tuple[tuple[DeviceState, str], ...] = (
        ("available", "PJSIP/1001-web"), ("unavailable", "PJSIP/1001-web"), ("available", "PJSIP/1001"),
    )  # fmt: skip
    for state, phone in changes:
        line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state=state, endpoint=phone))
        assert line.offered == {"1001": "c1"}
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable", endpoint="PJSIP/1001"))
    assert line.offered == {"1002": "c1"}


@pytest.mark.parametrize("sign", ["#", ":"])
def test_a_calls_name_may_hold_the_signs_that_offers_and_timers_are_named_with(sign: str) -> None:
    line = Line("1001", max_misses=9, ring_recall=True)
    line.ready("1001")
    line.arrives(f"r{sign}1", "request")
    line.passes(20)
    assert results(line) == ["no_answer"]
    line.passes(5)
    line.rings(f"r{sign}1")
    line.arrives(f"u{sign}1", "funeral")
    line.passes(0.5)  # the first ring is not seen to stop
    assert [one.call for one in line.commands if isinstance(one, OfferCall)] == [f"u{sign}1"]


# --- commands that fail


@pytest.mark.parametrize("command", ["run_flow", "play_surge", "hold_caller", "announce"])
def test_who_has_no_session_is_not_offered_until_they_have_one(command: str) -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.do(CommandFailed(at=line.at, call=C1, command=command, error="no session"))
    line.engine = Engine.restore(line.engine.snapshot())
    line.ready("1001")
    assert line.offered == {}
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}


def test_a_command_that_is_none_of_ours_to_mind_changes_nothing() -> None:
    line = rung()
    line.do(CommandFailed(at=line.at, call=C1, command="release_call", error="no session"))
    assert line.offered == {"1001": "c1"}
    line.do(CommandFailed(at=line.at, call=C1, command="offer_call", error="no session"))
    assert (line.offered, results(line)) == ({}, ["lost"])
    line.do(CommandFailed(at=line.at, call=C1, command="offer_call", error="no session"))
    assert results(line) == ["lost"], "said twice"


def test_an_urgent_caller_may_still_have_the_backup_tier_so_the_first_is_left_alone_for_long() -> None:
    line = Line((profile("1001"), profile("1002", backup=True)), max_misses=9, retry_s=5, skip_s=60, backup_after_s=300)
    line.ready("1001", "1002")
    line.arrives("u1", "funeral")
    line.fails("u1", "NOANSWER")
    line.passes(59)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1001": "u1"}


def test_one_of_the_backup_tier_who_let_the_caller_pass_is_nobody_else_to_wait_for() -> None:
    line = Line((profile("1002", backup=True),), max_misses=9, retry_s=5, skip_s=60, backup_after_s=30)
    line.ready("1002")
    line.arrives("u1", "funeral")
    line.passes(30)
    line.fails("u1", "NOANSWER")
    line.passes(5)
    assert line.offered == {"1002": "u1"}


def test_who_talked_is_let_go_in_their_language() -> None:
    line = Line("1001")
    line.ready("1001")
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1"))
    line.chooses("c1", "request", language="en")
    line.answers("c1")
    line.agent_hangs_up("c1")
    (said,) = (one for one in line.commands if isinstance(one, ReleaseCall))
    assert (said.reason, said.language) == ("talk_ended", "en")
