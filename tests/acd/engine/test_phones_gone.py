"""A phone that goes while it is to ring, or before, and is back a moment later or not at all.

A telephone that registers anew while it rings is not told to the engine: Asterisk, when asked, still has a contact
(`acd/asterisk/reachable.py`). So what comes here is a phone that has unregistered, and a page that was closed.
"""

import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CancelOffer
from acd.engine.model.event_base import DeviceState
from acd.engine.model.events import OfferFailed, OfferReturned, OfferRinging
from acd.engine.model.facts import OfferEnded
from acd.engine.model.ids import AgentId, CallId
from tests.acd.engine.line import Line

GAP_S = 0.1
"""So long a phone that unregisters and registers again is away."""
C1 = CallId("c1")


def phone(line: Line, state: DeviceState, agent: str = "1001") -> None:
    line.do(DeviceStateChanged(at=line.at, agent=AgentId(agent), state=state, endpoint=f"PJSIP/{agent}"))


def blinks(line: Line, gap_s: float = GAP_S) -> None:
    phone(line, "unavailable")
    line.passes(gap_s)
    phone(line, "available")


def results(line: Line) -> list[str]:
    return [fact.result for fact in line.facts(OfferEnded)]


def misses(line: Line, agent: str = "1001") -> int:
    return line.engine.state.agents[AgentId(agent)].misses


def rung(agents: str = "1001", service: str = "request", *, reported: bool = True) -> Line:
    """A caller for whom 1001 rings."""
    line = Line(agents, ring_s=15, wrapup_s=0, max_misses=2, retry_s=5, skip_s=60)
    line.ready(*agents.split())
    line.arrives("c1", service)
    if reported:
        line.rings("c1")
    line.passes(2)
    return line


# --- it rings, or is about to


@pytest.mark.parametrize("service", ["request", "funeral"])
@pytest.mark.parametrize("reported", [True, False])
def test_the_caller_has_another_agent_at_once(service: str, reported: bool) -> None:
    line = rung("1001 1002", service, reported=reported)
    leg = line.leg("c1") if reported else ""
    phone(line, "unavailable")
    assert line.offered == {"1002": "c1"}
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [leg]
    line.passes(GAP_S)
    phone(line, "available")
    assert (line.offered, line.shown("1001"), results(line)) == ({"1002": "c1"}, "ready", ["unreachable"])


@pytest.mark.parametrize("service", ["request", "funeral"])
@pytest.mark.parametrize("gap_s", [0.0, GAP_S, 3.0])
def test_a_caller_who_has_nobody_else_has_the_phone_when_it_is_back(service: str, gap_s: float) -> None:
    line = rung(service=service)
    phone(line, "unavailable")
    assert (line.offered, line.shown("1001")) == ({}, "unavailable")
    line.passes(gap_s)
    phone(line, "available")
    assert line.offered == {"1001": "c1"}


@pytest.mark.parametrize("service", ["request", "funeral"])
def test_a_caller_whose_phone_is_back_comes_before_those_who_came_later(service: str) -> None:
    line = Line("1001 1002", ring_s=15, max_misses=2, skip_s=60)
    line.ready("1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.ready("1001")
    line.arrives("c1", service)
    line.rings("c1")
    line.arrives("c2", service)
    blinks(line)
    assert line.offered == {"1001": "c1"}


def test_a_caller_whose_agent_closed_the_page_is_rung_at_the_telephone_on_the_desk() -> None:
    """Both are told at one moment (`AgentPhones.take`): a leg at a page that is gone must not ring on."""
    line = rung(reported=False)
    page = "PJSIP/1001-web"
    line.do(OfferRinging(at=line.at, call=C1, channel=f"{page}-7"))
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable", endpoint=page))
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [f"{page}-7"]
    phone(line, "available")
    assert line.offered == {"1001": "c1"}


def test_the_same_after_the_line_was_started_again() -> None:
    line = rung()
    phone(line, "unavailable")
    line.engine = Engine.restore(line.engine.snapshot())
    phone(line, "available")
    assert line.offered == {"1001": "c1"}


def test_what_is_told_of_the_lost_leg_says_nothing_of_the_next() -> None:
    line = rung()
    leg = line.leg("c1")
    blinks(line)
    line.do(OfferFailed(at=line.at, call=C1, status="NOANSWER", channel=leg))
    line.do(OfferReturned(at=line.at, call=C1, offer=line.facts(OfferEnded)[0].offer, status="CHANUNAVAIL"))
    assert line.offered == {"1001": "c1"}
    line.do(OfferRinging(at=line.at, call=C1, channel=f"{leg}-again"))
    line.answers("c1")
    assert line.talking == {"1001": "c1"}


def test_a_leg_that_was_not_known_is_stopped_when_it_rings_and_the_caller_waits_for_that() -> None:
    """Asterisk may have rung the new phone, for which the session waits. If the caller were offered to it again before
    that is told, the old leg would be taken for the new one."""
    line = rung(reported=False)
    leg = line.leg("c1")
    blinks(line)
    assert line.offered == {}
    line.do(OfferRinging(at=line.at, call=C1, channel=leg))
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == [leg]
    line.passes(5)
    assert line.offered == {"1001": "c1"}


def test_a_phone_that_goes_whenever_it_rings_sets_its_agent_aside() -> None:
    line = rung()
    blinks(line)
    assert (line.offered, misses(line)) == ({"1001": "c1"}, 1)
    line.rings("c1")
    blinks(line)
    assert (line.offered, line.shown("1001")) == ({}, "paused/missed_calls")


def test_one_gap_is_forgotten_with_the_next_answer() -> None:
    line = rung()
    blinks(line)
    line.answers("c1")
    assert (line.talking, misses(line), results(line)) == ({"1001": "c1"}, 0, ["unreachable", "answered"])


def test_a_phone_that_could_be_rung_and_refused_has_let_the_caller_pass() -> None:
    """Whatever is known of the phone afterwards: a softphone that is closed refuses, and then unregisters."""
    line = rung()
    line.fails("c1", "CHANUNAVAIL", cause_code=3)
    assert results(line) == ["unreachable"]
    blinks(line)
    assert line.offered == {}
    line.passes(5)
    assert line.offered == {"1001": "c1"}


# --- nobody is offered to them


def test_a_caller_who_comes_in_the_gap_waits_for_its_end_and_nobody_has_missed_a_call() -> None:
    line = rung()
    line.caller_gone("c1")
    phone(line, "unavailable")
    line.arrives("c2", "request")
    assert line.offered == {}
    line.passes(GAP_S)
    phone(line, "available")
    assert (line.offered, misses(line), results(line)) == ({"1001": "c2"}, 0, ["caller_gone"])


def test_a_caller_who_comes_in_the_gap_has_whoever_is_free() -> None:
    line = Line("1001 1002")
    line.ready("1001", "1002")
    phone(line, "unavailable")
    line.arrives("c1", "funeral")
    assert line.offered == {"1002": "c1"}


# --- it is gone


@pytest.mark.parametrize("service", ["request", "funeral"])
def test_a_phone_that_is_gone_rings_for_nobody(service: str) -> None:
    line = rung("1001 1002", service)
    line.answers("c1")
    phone(line, "unavailable", "1002")
    line.agent_hangs_up("c1")
    line.arrives("c2", service)
    line.rings("c2")
    phone(line, "unavailable")
    line.passes(120)
    assert (line.offered, line.shown("1001"), line.shown("1002")) == ({}, "unavailable", "unavailable")
    phone(line, "available", "1002")
    assert line.offered == {"1002": "c2"}
