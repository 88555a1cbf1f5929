"""An agent's page does not come back in time: its caller waits for anyone."""

import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import HoldCaller
from acd.engine.model.config import Service
from acd.engine.model.events import HangupRequested, LegGone
from acd.engine.model.facts import CallTakenOver, OfferEnded, TalkEnded, WrapupEnded
from acd.engine.model.ids import AgentId, CallId, ServiceId
from tests.acd.engine.kept_callers import (
    KEPT_S,
    comes_back,
    falls_silent,
    kept,
    page,
    pages,
    phase,
    picks_up,
    talks,
    whys,
)


def test_in_time_the_caller_is_at_the_front_for_anyone() -> None:
    line = pages("1001 1002", wrapup_s=8)
    kept(line)
    line.wishes("1002", "paused")
    line.arrives("c2", "request")
    line.passes(KEPT_S - 0.001)
    assert phase(line) == "kept"
    line.passes(0.001)
    assert (phase(line), whys(line)) == ("waiting", ["time"])
    assert line.commands == [HoldCaller(call=CallId("c1"))]
    assert line.shown("1001") == "wrapup"
    line.wishes("1002", "ready")
    assert line.offered == {"1002": "c1"}, "who came first is first"
    picks_up(line, "c1")
    [over] = line.facts(CallTakenOver)
    assert (over.agent, over.how) == ("1002", "blind")
    line.passes(5)
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.talk_s, end.wait_s) == ("answered", "1001", 15, 0)
    assert [(one.agent, one.talk_s) for one in line.facts(TalkEnded)] == [("1001", 10), ("1002", 5)]
    line.passes(60)
    assert sorted(one.agent for one in line.facts(WrapupEnded)) == ["1001", "1002"]


def test_the_agent_may_get_them_later_like_anyone() -> None:
    line = pages("1001", wrapup_s=0)
    kept(line)
    line.passes(KEPT_S)
    assert phase(line) == "waiting"
    line.passes(5)
    page(line, "1001", "available")
    assert line.offered == {"1001": "c1"}


def test_the_wait_has_its_longest_time_from_then() -> None:
    service = Service(id=ServiceId("request"), max_wait_s=30)
    line = pages("1001", services=(service,), default_service="request")
    kept(line)
    line.passes(KEPT_S + 29.999)
    assert phase(line) == "waiting"
    line.passes(0.001)
    assert phase(line) == "leaving"


@pytest.mark.parametrize("status", ["NOANSWER", "BUSY", "CHANUNAVAIL"])
def test_a_page_that_is_back_and_does_not_answer_is_a_missed_call(status: str) -> None:
    line = pages("1001 1002", wrapup_s=4)
    kept(line)
    page(line, "1001", "available")
    line.fails("c1", status)
    assert whys(line) == ["missed"]
    assert line.offered == {"1002": "c1"}
    assert line.shown("1001") == "wrapup", "they had talked"
    assert line.facts(OfferEnded)[-1].result in ("no_answer", "busy", "unreachable", "no_leg")
    picks_up(line, "c1")
    assert line.talking == {"1002": "c1"}


def test_time_that_is_up_while_the_page_rings_lets_it_ring_on() -> None:
    line = pages("1001 1002", ring_s=15)
    kept(line)
    line.passes(KEPT_S - 1)
    page(line, "1001", "available")
    line.passes(5)
    assert line.offered == {"1001": "c1"}
    picks_up(line, "c1")
    assert (line.talking, whys(line)) == ({"1001": "c1"}, ["back"])


def test_another_phone_that_goes_while_the_page_rings_lets_it_ring_on() -> None:
    """The telephone on the desk is unplugged: the page rings on, and is waited for as ever if it goes."""
    line = pages("1001 1002")
    kept(line)
    page(line, "1001", "available")
    line.rings("c1")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable", endpoint="PJSIP/1001"))
    assert (phase(line), line.offered) == ("offered", {"1001": "c1"})
    page(line, "1001", "unavailable")
    assert phase(line) == "kept"


def test_a_page_that_goes_again_while_it_rings_is_waited_for_on() -> None:
    """F5, twice."""
    line = pages("1001 1002")
    kept(line)
    page(line, "1001", "available")
    line.rings("c1")
    page(line, "1001", "unavailable")
    assert phase(line) == "kept"
    assert [type(one).__name__ for one in line.commands] == ["CancelOffer", "HoldCaller"], "they were told"
    assert whys(line) == []
    line.passes(2)
    page(line, "1001", "available")
    assert line.offered == {"1001": "c1"}
    picks_up(line, "c1")
    assert line.talking == {"1001": "c1"}
    assert line.engine.state.agents[AgentId("1001")].misses == 0


@pytest.mark.parametrize(("after_s", "now"), [(0.5, "kept"), (1.0, "offered")])
def test_a_page_may_go_again_until_the_time_is_up(after_s: float, now: str) -> None:
    line = pages("1001 1002", ring_s=15)
    kept(line)
    line.passes(KEPT_S - 1)
    page(line, "1001", "available")
    line.passes(after_s)
    page(line, "1001", "unavailable")
    assert phase(line) == now


def test_a_page_that_goes_again_too_late_is_unreachable() -> None:
    line = pages("1001 1002", ring_s=15)
    kept(line)
    line.passes(KEPT_S - 1)
    page(line, "1001", "available")
    line.passes(2)
    page(line, "1001", "unavailable")
    assert (line.offered, whys(line)) == ({"1002": "c1"}, ["missed"])


def test_a_talk_that_goes_on_may_be_interrupted_again() -> None:
    line = pages()
    kept(line)
    page(line, "1001", "available")
    leg = picks_up(line, "c1")
    line.passes(5)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    page(line, "1001", "available")
    picks_up(line, "c1")
    line.passes(3)
    line.caller_gone("c1")
    assert line.outcome("c1").talk_s == 18
    assert line.engine.state.averages.talk.value == 18


def test_who_signs_out_meanwhile_has_the_caller_no_more() -> None:
    line = pages("1001 1002")
    kept(line)
    line.wishes("1001", "paused", "break")
    assert phase(line) == "kept", "as in a talk, it is for afterwards"
    line.wishes("1001", "offline")
    assert (line.offered, whys(line), line.shown("1001")) == ({"1002": "c1"}, ["signed_out"], "offline")


def test_who_asked_for_a_pause_in_the_talk_has_it_after_the_talk() -> None:
    line = pages("1001")
    leg = talks(line)
    line.wishes("1001", "paused", "break")
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    page(line, "1001", "available")
    leg = picks_up(line, "c1")
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
    line.caller_gone("c1")
    line.passes(60)
    assert line.shown("1001") == "paused/break"


def test_a_caller_who_hangs_up_meanwhile_had_a_talk() -> None:
    line = pages("1001", wrapup_s=4)
    kept(line)
    line.passes(2)
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="caller"))
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.hangup_by, end.talk_s) == ("answered", "caller", 10)
    assert whys(line) == ["caller_gone"]
    assert line.shown("1001") == "wrapup"
    line.passes(5)
    assert line.shown("1001") == "unavailable"


def test_a_caller_who_hangs_up_while_the_page_rings_had_a_talk() -> None:
    line = pages("1001", wrapup_s=4)
    kept(line)
    page(line, "1001", "available")
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, whys(line), line.shown("1001")) == ("answered", ["caller_gone"], "wrapup")


def test_a_urgent_caller_is_kept_and_goes_before_all() -> None:
    line = pages("1001 1002")
    kept(line, service="funeral")
    line.wishes("1002", "paused")
    line.arrives("c2", "request")
    line.arrives("u2", "funeral")
    line.passes(KEPT_S)
    line.wishes("1002", "ready")
    assert line.offered == {"1002": "c1"}


@pytest.mark.parametrize(("service", "waits"), [("request", "funeral"), ("funeral", "request")])
def test_an_agent_who_is_free_again_takes_whose_turn_it_is(service: str, waits: str) -> None:
    """Another phone of theirs is there, so they can be rung."""
    line = pages("1001", wrapup_s=0)
    leg = talks(line, "c1", service)
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    line.arrives("c2", waits)
    line.passes(KEPT_S)
    assert whys(line) == ["time"]
    assert line.offered == {"1001": "c1" if service == "funeral" else "c2"}
