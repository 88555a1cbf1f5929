"""What the caller's channel does: the longest wait, the way on, and the words they are let go with."""

import pytest

from acd.engine.model.commands import CancelOffer, ReleaseCall, RunFlow
from acd.engine.model.config import Announcements, Relaxation, Schedule, Service
from acd.engine.model.event_base import Party
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    EngineStarted,
    FlowStepped,
    HangupRequested,
    OfferAnswered,
)
from acd.engine.model.facts import CallEntered, CallOverflowed, CallStepped
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.request_events import RequestTold
from acd.engine.model.request_facts import RequestHeard
from tests.acd.engine.line import Line, profile

REQUEST, AGENT, SPARE = ServiceId("request"), ServiceId("agent"), ServiceId("spare")
C1, C2 = CallId("c1"), CallId("c2")
DAY = Schedule(id="office", open=((1000.0, 1010.0),), known_until=9000.0)


def released(line: Line) -> list[tuple[str, str, str, str]]:
    """Callers released by the last step: why, with which words and in which language."""
    return [(one.call, one.reason, one.announce, one.language) for one in line.commands if isinstance(one, ReleaseCall)]


def moves(line: Line) -> list[tuple[str, str, str]]:
    return [(fact.call, fact.to, fact.why) for fact in line.facts(CallOverflowed)]


def test_each_step_of_the_flow_is_told_with_its_key_and_the_language_so_far() -> None:
    line = Line()
    line.attaches("c1")
    line.do(FlowStepped(at=line.at, call=C1, step="english", key="8", language="en"))
    line.do(FlowStepped(at=line.at, call=C1, step="main", key="2"))
    steps = [(fact.step, fact.key, fact.language) for fact in line.facts(CallStepped)]
    assert steps == [("english", "8", "en"), ("main", "2", "en")]
    line.attaches("c1")
    assert line.commands == [RunFlow(call=C1, flow="hotline", step="main", language="en")]


def test_what_a_caller_hears_of_an_earlier_request_is_told_of_calls_on_the_line() -> None:
    line = Line()
    line.attaches("c1")
    for call in (C1, CallId("ghost")):
        line.do(RequestTold(at=line.at, call=call, ticket="26-000123-3", how="own"))
    assert line.facts(RequestHeard) == [RequestHeard(at=line.at, call=C1, ticket="26-000123-3", how="own")]


def test_a_choice_that_there_is_not_is_as_good_as_none() -> None:
    """A flow that was changed before the list of services was."""
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "nonsense")
    assert (line.offered, line.engine.state.calls[C1].service) == ({"1001": "c1"}, "agent")


def test_an_arrival_is_believed_within_a_day_and_not_from_the_future() -> None:
    line = Line()
    line.at = 200_000.0
    told = {"now": 200_000.0, "day": 113_600.0, "older": 113_599.9, "future": 200_000.1}
    for call, arrived_at in told.items():
        line.do(
            CallAttached(
                at=line.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/{call}", arrived_at=arrived_at
            )
        )
    for call in told:
        line.caller_gone(call)
    believed = {call: line.outcome(call).arrived_at for call in told}
    assert believed == {"now": 200_000.0, "day": 113_600.0, "older": 200_000.0, "future": 200_000.0}
    assert len(line.facts(CallEntered)) == 4


# --- the longest wait


def test_one_whose_agent_rings_when_the_wait_is_over_is_let_ring() -> None:
    services = (Service(id=REQUEST, max_wait_s=10), Service(id=AGENT))
    line = Line("1001", services, ring_s=15, offer_grace_s=5, retry_s=60)
    line.arrives("c1", "request")
    line.passes(8)
    line.ready("1001")
    line.passes(2)
    assert line.offered == {"1001": "c1"}
    assert line.timers["maxwait:c1"] == line.timers["offer:c1#1"], "looked at again when the ring can be over"
    line.passes(5)
    line.fails("c1", "NOANSWER")
    line.passes(13)
    assert released(line) == [("c1", "timed_out", "queue_goodbye_timed_out", "tr")]


def test_one_of_whose_ring_nothing_is_heard_is_let_go_when_it_can_be_over() -> None:
    services = (Service(id=REQUEST, max_wait_s=10), Service(id=AGENT))
    line = Line("1001", services, ring_s=15, offer_grace_s=5, retry_s=60)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(19.9)
    assert line.offered == {"1001": "c1"}
    line.passes(0.1)
    assert released(line) == [("c1", "timed_out", "queue_goodbye_timed_out", "tr")]


def test_whose_agent_answers_in_time_is_not_let_go_later() -> None:
    line = Line("1001", (Service(id=REQUEST, max_wait_s=10), Service(id=AGENT)))
    line.arrives("c1", "request")
    line.passes(8)
    line.ready("1001")
    line.passes(2)
    line.answers("c1")
    line.passes(3600)
    assert line.talking == {"1001": "c1"}


def test_who_has_waited_too_long_goes_where_the_service_overflows_and_hears_the_music_on() -> None:
    services = (Service(id=REQUEST, max_wait_s=10, overflow_to=AGENT), Service(id=AGENT))
    line = Line("1001", services)
    line.arrives("c1", "request")
    line.passes(10)
    assert (moves(line), line.commands) == ([("c1", "agent", "max_wait")], [])


def test_who_has_waited_too_long_goes_on_past_a_service_that_is_closed() -> None:
    services = (
        Service(id=REQUEST, max_wait_s=20, overflow_to=SPARE),
        Service(id=SPARE, hours="office", closed="overflow", overflow_to=AGENT),
        Service(id=AGENT),
    )
    line = Line("1001", services, schedules=(DAY,))
    line.arrives("c1", "request")
    line.passes(20)
    assert moves(line) == [("c1", "spare", "max_wait"), ("c1", "agent", "closed")]
    line.ready("1001")
    assert line.offered == {"1001": "c1"}


def test_who_has_waited_too_long_is_let_go_with_the_words_of_the_service_that_is_closed() -> None:
    services = (
        Service(id=REQUEST, max_wait_s=20, overflow_to=SPARE),
        Service(id=SPARE, hours="office", closed_prompt="spare_is_closed"),
        Service(id=AGENT),
    )
    line = Line("1001", services, schedules=(DAY,))
    line.arrives("c1", "request")
    line.passes(20)
    assert released(line) == [("c1", "closed", "spare_is_closed", "tr")]


def test_who_finds_the_queue_full_is_let_go_with_the_words_of_the_service_that_is_closed() -> None:
    services = (
        Service(id=REQUEST, max_waiting=1, overflow_to=SPARE),
        Service(id=SPARE, hours="office", closed_prompt="spare_is_closed"),
        Service(id=AGENT),
    )
    line = Line("1001", services, schedules=(DAY,))
    line.arrives("c0", "request")
    line.passes(20)
    line.arrives("c1", "request")
    assert released(line) == [("c1", "closed", "spare_is_closed", "tr")]


def test_who_has_waited_too_long_is_let_go_where_nobody_would_ever_come() -> None:
    services = (Service(id=REQUEST, max_wait_s=20, overflow_to=AGENT), Service(id=AGENT, join_empty="release"))
    line = Line("1001", services)
    line.do(CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1"))
    line.chooses("c1", "request", language="en")
    line.passes(20)
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents", "en")]
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s) == ("no_agents", 20)


def test_a_full_service_takes_who_has_waited_too_long_elsewhere() -> None:
    services = (
        Service(id=REQUEST, max_wait_s=20, overflow_to=SPARE),
        Service(id=SPARE, max_waiting=1, overflow_to=AGENT),
        Service(id=AGENT),
    )
    line = Line("1001", services)
    line.arrives("c0", "spare")
    line.arrives("c1", "request")
    line.passes(20)
    assert moves(line) == [("c1", "spare", "max_wait")]


def test_a_caller_who_knows_their_agent_is_let_go_with_all_they_waited_for() -> None:
    """The agent who knows them, the next announcement, and less that is asked of an agent."""
    services = (
        Service(id=REQUEST, max_wait_s=10, relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=AGENT),
    )
    told = (Announcements(priority="routine", position=True),)
    agents = (profile("1001", languages="tr"), profile("1002", languages="en"))
    line = Line(agents, services, owner_first_s=30, wrapup_s=0, announcements=told)
    line.ready("1001")
    line.arrives("c0", "agent")
    line.answers("c0")
    line.ready("1002")
    line.arrives("c1", "request", preferred=AgentId("1001"))
    assert {"preferred:c1", "relax:c1", "announce:c1"} <= set(line.timers)
    line.passes(10)
    assert released(line) == [("c1", "timed_out", "queue_goodbye_timed_out", "tr")]
    assert [timer for timer in line.timers if timer.endswith(":c1") and not timer.startswith("maxwait")] == []


def test_who_is_offered_anew_to_those_who_let_them_pass_hears_the_music_on() -> None:
    line = Line("1001", retry_s=5, max_misses=1)
    line.ready("1001")
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    assert line.shown("1001") == "paused/missed_calls"
    line.passes(5)
    assert (line.timers, line.out) == ({}, [])


# --- who hung up


def hangs_up(line: Line, by: Party, channel: str = "") -> None:
    line.do(HangupRequested(at=line.at, call=C1, by=by, channel=channel))


def test_the_first_to_hang_up_has_whatever_is_told_behind_it() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    hangs_up(line, "caller")
    hangs_up(line, "system")  # Asterisk's own, behind each
    hangs_up(line, "agent", line.leg("c1"))
    assert line.talking == {"1001": "c1"}, "the channels tell of the end"
    line.caller_gone("c1")
    assert line.outcome("c1").hangup_by == "caller"


def test_who_hangs_up_while_they_hear_why_they_are_let_go_was_let_go_by_us() -> None:
    line = Line("1001", (Service(id=REQUEST, max_wait_s=10), Service(id=AGENT)))
    line.arrives("c1", "request")
    line.passes(10)
    hangs_up(line, "caller")
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("timed_out", "system")


def test_an_agent_who_hangs_up_before_we_know_that_they_had_answered() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    hangs_up(line, "agent", "PJSIP/1001-untold")
    assert line.offered == {"1001": "c1"}, "the end of the Dial tells what became of it"
    line.returns("c1", "ANSWER")
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("answered", "agent")


# --- who is with us again


def talks(line: Line) -> None:
    """1001 talks to c1, who speaks English."""
    line.ready("1001")
    line.attaches("c1")
    line.chooses("c1", "request", language="en")
    line.answers("c1")


@pytest.mark.parametrize("told_before", [False, True])
def test_who_is_with_us_again_when_their_talk_is_over_is_let_go_in_their_language(told_before: bool) -> None:
    """The engine died meanwhile: before the agent's leg ended, or before the session did as it was told."""
    line = Line("1001")
    talks(line)
    if told_before:
        line.agent_hangs_up("c1")
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    assert released(line) == [("c1", "talk_ended", "", "en")]
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("answered", "agent")


def test_an_agent_who_picks_up_a_ring_from_before_a_restart_is_hung_up_once_the_caller_is_back() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.wishes("1001", "paused")
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    line.do(OfferAnswered(at=line.at, call=C1, channel=leg))
    assert line.commands == [CancelOffer(call=C1, offer=OfferId("c1#1"), channel=leg)]


def test_who_comes_back_by_words_of_an_earlier_transfer_just_waits_on() -> None:
    """A lost session begins anew with what the dialplan knew of the first time, before we hear that it was lost."""
    line = Line("1001 1002", wrapup_s=60)
    talks(line)
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    assert line.said == ["HoldCaller"]
    line.comes_back("c1", leg, "1002")
    assert line.said == ["CallRejoined", "HoldCaller"]
    line.do(CallDetached(at=line.at, call=C1))
    line.attaches("c1")
    assert line.said == ["CallRejoined", "HoldCaller"]


def test_maximum_wait_moves_to_another_service_or_lets_go() -> None:
    services = (
        Service(id=ServiceId("request"), max_wait_s=20, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent"), max_wait_s=30),
    )
    line = Line((profile("1001", "agent"),), services)
    line.arrives("c1", "request")
    line.passes(20)
    assert [(fact.service, fact.to, fact.why) for fact in line.facts(CallOverflowed)] == [
        ("request", "agent", "max_wait")
    ]
    line.passes(30)
    assert line.commands == [ReleaseCall(call=C1, reason="timed_out", announce="queue_goodbye_timed_out")]
    line.passes(12)  # they hear why: that is no wait
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s, line.outcome("c1").hangup_by) == (
        "timed_out",
        50,
        "system",
    )


def test_a_full_queue_overflows_at_once_and_the_place_is_kept() -> None:
    services = (
        Service(id=ServiceId("request"), max_waiting=1, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent")),
    )
    line = Line("1001", services)
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.arrives("c3", "agent")
    assert [(fact.call, fact.to, fact.why) for fact in line.facts(CallOverflowed)] == [("c2", "agent", "max_waiting")]
    assert line.engine.state.calls[C2].place.order < line.engine.state.calls[CallId("c3")].place.order
