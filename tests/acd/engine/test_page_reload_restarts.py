"""The line dies while a caller is kept for an agent's page, and is back."""

import msgspec
import pytest

from acd.engine.model.commands import BringBack, HoldCaller, WatchLeg
from acd.engine.model.events import (
    CallerFound,
    CallImported,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    Meanwhile,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferRinging,
    SeenCall,
)
from acd.engine.model.facts import CallStranded, OfferEnded
from acd.engine.model.ids import AgentId, CallId
from tests.acd.engine.kept_callers import (
    KEPT_S,
    NODE,
    comes_back,
    falls_silent,
    kept,
    page,
    pages,
    phase,
    picks_up,
    sees,
    talks,
    whys,
)


def test_a_line_that_dies_while_they_wait_keeps_them() -> None:
    line = pages("1001 1002")
    kept(line)
    line.passes(2)
    line.do(EngineStarted(at=line.at))
    line.do(sees(line, available="1002"))
    assert phase(line) == "kept"
    line.attaches("c1")
    assert line.commands == [HoldCaller(call=CallId("c1"))], "they were told before"
    assert line.offered == {}
    page(line, "1001", "available")
    assert line.offered == {"1001": "c1"}
    picks_up(line, "c1")
    assert line.talking == {"1001": "c1"}


def test_a_line_that_was_away_for_long_lets_them_wait_for_anyone() -> None:
    line = pages("1001 1002")
    kept(line)
    line.at += KEPT_S + 10
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.do(sees(line, available="1002"))
    line.attaches("c1")
    line.passes(0)
    assert line.offered == {"1002": "c1"}


def test_a_page_that_came_back_without_the_line_is_rung_by_the_next() -> None:
    line = pages("1001 1002")
    kept(line)
    line.do(EngineStarted(at=line.at))
    line.do(sees(line))
    line.attaches("c1")
    assert line.offered == {"1001": "c1"}


def test_a_reload_does_not_ring_the_telephone_on_the_desk_for_them() -> None:
    """The agent can be reached there, which says nothing of the page."""
    line = pages("1001 1002")
    kept(line)
    line.do(msgspec.structs.replace(sees(line), gap=False))
    assert (line.offered, phase(line)) == ({}, "kept")
    page(line, "1001", "available")
    assert line.offered == {"1001": "c1"}


def test_after_a_gap_the_telephone_on_the_desk_is_not_rung_for_them_either() -> None:
    line = pages("1001")
    kept(line)
    line.do(NodeLost(at=line.at, node=NODE), sees(line, available="1001", pages=""))
    assert (line.offered, phase(line)) == ({}, "kept")
    line.do(NodeLost(at=line.at, node=NODE), sees(line, available="1001", pages="1001"))
    assert line.offered == {"1001": "c1"}


def test_after_a_gap_a_talk_at_the_telephone_on_the_desk_is_not_listened_to_though_no_page_is_there() -> None:
    line = pages("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.do(NodeLost(at=line.at, node=NODE), sees(line, line.leg("c1"), available="1001", pages=""))
    assert (line.commands, line.talking) == ([], {"1001": "c1"})


def test_a_page_that_was_back_and_went_again_in_a_gap_is_waited_for() -> None:
    """It was there before the caller's channel was."""
    line = pages("1001")
    leg = talks(line)
    line.passes(10)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    page(line, "1001", "available")
    line.do(NodeLost(at=line.at, node=NODE), sees(line, available="1001", pages=""))
    comes_back(line, "c1", leg)
    assert (line.offered, phase(line)) == ({}, "kept")


@pytest.mark.parametrize("leg_there", [True, False])
def test_a_page_that_rings_for_them_and_went_in_a_gap_is_waited_for_on(leg_there: bool) -> None:
    line = pages("1001")
    kept(line)
    page(line, "1001", "available")
    offer = line.engine.state.calls[CallId("c1")].offer
    assert offer is not None
    rung = f"PJSIP/1001-web-{offer.id.replace('-', '.')}"
    if leg_there:
        line.do(OfferRinging(at=line.at, call=CallId("c1"), channel=rung))
    line.do(NodeLost(at=line.at, node=NODE), sees(line, available="1001", pages="", talking=False))
    assert (line.offered, phase(line), whys(line)) == ({}, "kept", [])


@pytest.mark.parametrize(
    ("rung", "offered"),
    [
        pytest.param("PJSIP/1001-web-00000001", {"1002": "c1"}, id="the page"),
        pytest.param("PJSIP/1001-00000001", {"1001": "c1"}, id="the telephone"),
        pytest.param("", {"1001": "c1"}, id="nobody knows"),
    ],
)
def test_a_caller_for_whom_a_page_rang_that_went_in_a_gap_is_offered_on(rung: str, offered: dict[str, str]) -> None:
    line = pages("1001 1002")
    line.arrives("c1", "request")
    assert line.offered == {"1001": "c1"}
    if rung:
        line.do(OfferRinging(at=line.at, call=CallId("c1"), channel=rung))
    line.do(NodeLost(at=line.at, node=NODE), sees(line, pages="1002", talking=False))
    assert line.offered == offered
    assert [one.result for one in line.facts(OfferEnded)] == (["unreachable"] if "1002" in offered else [])


def test_whoever_talks_to_an_agent_who_was_taken_off_the_list_and_whose_page_goes_waits_for_anyone() -> None:
    line = pages("1001 1002")
    leg = talks(line)
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, agents=line.config.agents[1:])))
    line.passes(10)
    falls_silent(line, "c1", leg)
    assert (whys(line), phase(line)) == (["time"], "waiting")
    assert AgentId("1001") not in line.engine.state.agents
    comes_back(line, "c1", leg)
    assert line.offered == {"1002": "c1"}


def test_a_page_that_goes_without_the_line_is_listened_to_by_the_next() -> None:
    line = pages("1001 1002")
    leg = talks(line)
    line.do(EngineStarted(at=line.at))
    line.do(sees(line, leg, available="1002"))
    assert line.commands == [WatchLeg(call=CallId("c1"), node=NODE, channel=leg)]
    falls_silent(line, "c1", leg)
    assert phase(line) == "kept"


def test_a_page_that_another_one_replaced_without_the_line_is_listened_to_by_the_next() -> None:
    """Its telephone is there, as before; whether the talk is at it nobody has told."""
    line = pages("1001 1002")
    leg = talks(line)
    line.do(EngineStarted(at=line.at))
    line.do(sees(line, leg))
    assert line.commands == [WatchLeg(call=CallId("c1"), node=NODE, channel=leg)]
    falls_silent(line, "c1", leg, there=True)
    comes_back(line, "c1", leg)
    assert line.offered == {"1001": "c1"}


def test_a_talk_at_a_telephone_or_one_that_is_over_is_not_listened_to_when_the_phones_are_listed() -> None:
    line = pages("1001 1002")
    line.arrives("c1", "request")
    line.answers("c1")
    line.do(sees(line, line.leg("c1")))
    assert line.commands == []
    line.agent_hangs_up("c1")
    line.do(sees(line))
    assert line.commands == []


def test_a_command_that_was_lost_is_given_again() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    line.do(EngineStarted(at=line.at))
    told = (OfferAnswered(at=line.at, late_s=12.0, call=CallId("c1"), channel=leg),)
    line.do(Meanwhile(at=line.at, node=NODE, told=told))
    assert line.commands == []
    line.do(sees(line, leg, available="1002"))
    assert line.commands == [BringBack(call=CallId("c1"), node=NODE, channel="PJSIP/trunk-c1")]
    assert phase(line) == "kept"


def test_who_is_not_back_is_looked_for() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    line.do(CommandFailed(at=line.at, call=CallId("c1"), command="bring_back", error="none"))
    line.passes(1.5)
    found = CallerFound(at=line.at, call=CallId("c1"), node=NODE, place="talking", channel="PJSIP/trunk-c1", leg=leg)
    line.do(found)
    assert [type(one) for one in line.commands] == [BringBack]
    line.passes(1.5)
    line.do(CallerFound(at=line.at, call=CallId("c1"), node=NODE, place="nowhere", channel="PJSIP/trunk-c1"))
    assert [one.phase for one in line.facts(CallStranded)] == ["kept"]
    comes_back(line, "c1", leg)
    assert phase(line) == "kept"


def test_the_standby_may_take_who_was_kept() -> None:
    line = pages()
    kept(line)
    line.do(EngineStarted(at=line.at))
    line.passes(8)
    at = line.at
    record = CallImported(
        at=at, call=CallId("c1"), node=NODE, channel="PJSIP/trunk-c1", arrived_at=at - 30, urgent=False,
        queued_at=at - 2, answered_at=at - 1, agent=AgentId("1002"), ended_at=at, hangup_by="caller",
    )  # fmt: skip
    line.do(record)
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.talk_s, whys(line)) == ("answered", "1001", 11, ["outage"])


def test_the_standby_may_have_connected_who_was_kept() -> None:
    line = pages()
    kept(line)
    line.do(EngineStarted(at=line.at))
    line.do(sees(line, "PJSIP/1002-queue", available="1002"))
    assert (line.talking, whys(line)) == ({"1002": "c1"}, ["outage"])


def test_an_agent_who_is_found_with_somebody_else_is_not_waited_for() -> None:
    line = pages("1001 1002")
    kept(line)
    line.wishes("1002", "paused")
    line.arrives("c2", "request")
    line.do(EngineStarted(at=line.at))
    seen = SeenCall(call=CallId("c2"), channel="PJSIP/trunk-c2", leg="PJSIP/1001-queue", talking=True)
    other = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1")
    line.do(NodeReconciled(at=line.at, node=NODE, calls=(other, seen), available=(AgentId("1001"),)))
    assert (line.talking, whys(line), phase(line)) == ({"1001": "c2"}, ["other_call"], "waiting")


def test_the_standby_that_only_saw_a_kept_caller_come_does_not_have_them() -> None:
    line = pages()
    kept(line)
    line.do(EngineStarted(at=line.at))
    at = line.at
    line.do(CallImported(at=at, call=CallId("c1"), node=NODE, channel="PJSIP/trunk-c1", arrived_at=at - 30))
    assert (phase(line), whys(line)) == ("kept", [])
