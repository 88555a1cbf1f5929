"""Offers that nobody answers: the caller keeps their place, and the agent is passed over for a while or paused."""

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CancelOffer, HoldCaller, OfferCall
from acd.engine.model.events import CallDetached, CommandFailed, OfferAnswered, OfferFailed, OfferReturned, OfferRinging
from acd.engine.model.facts import OfferEnded
from acd.engine.model.ids import AgentId, CallId, OfferId
from tests.acd.engine.line import Line

C1 = CallId("c1")


def test_no_answer_gives_the_caller_back_to_the_front_and_skips_that_agent() -> None:
    line = Line(max_misses=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.fails("c1", "NOANSWER")
    assert line.offered == {"1001": "c2"}, "the agent is free for others"
    assert [type(command) for command in line.commands] == [OfferCall, HoldCaller]
    line.ready("1002")
    assert line.offered == {"1001": "c2", "1002": "c1"}
    assert [fact.result for fact in line.facts(OfferEnded)] == ["no_answer"]


def test_an_agent_is_set_aside_after_so_many_misses_in_a_row() -> None:
    line = Line("1001 1002", max_misses=2)
    line.ready("1001")
    line.arrives("c1", "request")
    line.fails("c1", "BUSY")
    line.caller_gone("c1")
    line.arrives("c2", "request")
    line.answers("c2")  # an answer clears the count
    line.agent_hangs_up("c2")
    line.passes(10)
    line.arrives("c3", "request")
    line.fails("c3", "NOANSWER")
    assert line.shown("1001") == "ready"
    line.caller_gone("c3")
    line.arrives("c4", "request")
    line.fails("c4", "CHANUNAVAIL", cause_code=21)
    assert line.shown("1001") == "paused/missed_calls"
    assert [fact.result for fact in line.facts(OfferEnded)] == ["busy", "answered", "no_answer", "declined"]
    line.wishes("1001", "ready")
    assert line.shown("1001") == "ready"


def test_a_caller_whom_the_only_agent_let_pass_is_offered_again() -> None:
    line = Line("1001", max_misses=5, retry_s=5)
    line.ready("1001")
    line.arrives("c1", "funeral")
    line.fails("c1", "NOANSWER")
    assert line.offered == {}
    line.passes(5)
    assert line.offered == {"1001": "c1"}


def test_a_skip_ends_at_last_even_where_others_are_on_duty() -> None:
    line = Line("1001 1002", max_misses=5, skip_s=60, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.answers("c2")
    line.fails("c1", "NOANSWER")
    line.passes(59)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1001": "c1"}


def test_a_late_word_about_an_earlier_offer_does_not_end_the_present_one() -> None:
    line = Line(max_misses=5)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    old = line.leg("c1")
    line.returns("c1", "NOANSWER")  # AGI was quicker than AMI
    assert line.offered == {"1002": "c1"}
    line.do(OfferRinging(at=line.at, call=C1, channel=old))
    line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=old))
    assert line.offered == {"1002": "c1"}
    line.do(OfferAnswered(at=line.at, call=C1, channel=old))
    assert line.commands == [CancelOffer(call=C1, offer=line.engine.state.calls[C1].offer.id, channel=old)]  # type: ignore[union-attr]  # there is an offer


def test_a_phone_that_vanishes_while_ringing_gives_the_caller_back_at_once() -> None:
    line = Line(max_misses=5)
    line.ready("1001", "1002")
    line.arrives("c1", "funeral")
    line.rings("c1")
    leg = line.leg("c1")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert CancelOffer(call=C1, offer=OfferId("c1#1"), channel=leg) in line.commands
    assert line.offered == {"1002": "c1"}
    assert line.shown("1001") == "unavailable"


def test_an_offer_of_which_nothing_is_heard_is_given_up() -> None:
    line = Line("1001 1002", ring_s=15, offer_grace_s=5, max_misses=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(19.9)
    assert line.offered == {"1001": "c1"}
    line.passes(0.1)
    assert line.offered == {}
    assert line.shown("1001") == "ready"


def test_a_call_without_a_session_is_not_offered_until_it_is_back() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1))
    line.ready("1001")
    assert line.offered == {}
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}
    line.do(CommandFailed(at=line.at, call=C1, command="offer_call", error="no session"))
    assert (line.offered, line.shown("1001")) == ({}, "ready")
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}


def test_a_declined_call_is_told_from_an_unreachable_phone_whichever_way_word_comes() -> None:
    line = Line("1001", max_misses=9, retry_s=1)
    line.ready("1001")
    line.arrives("c1", "request")
    offer = line.engine.state.calls[C1].offer
    assert offer is not None
    line.do(OfferReturned(at=line.at, call=C1, offer=offer.id, status="CHANUNAVAIL", cause_code=21))
    assert [fact.result for fact in line.facts(OfferEnded)] == ["declined"]


def test_a_phone_that_vanishes_before_it_is_known_to_ring_leaves_nothing_to_hang_up() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    withdrawn = CancelOffer(call=C1, offer=OfferId("c1#1"), channel="")
    assert (line.offered, line.commands) == ({}, [withdrawn, HoldCaller(call=C1)])
