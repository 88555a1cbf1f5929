"""An agent's page is reloaded, or goes, in a talk: its caller is kept for it, and then waits for anyone."""

from typing import Any

import msgspec
import pytest

from acd.engine import invariants
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.commands import Announce, BringBack, CancelOffer, HoldCaller, MuteRecording, OfferCall, WatchLeg
from acd.engine.model.config import Service
from acd.engine.model.errors import EngineBug
from acd.engine.model.event_base import DeviceState
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CalleeAnswered,
    CallerFound,
    CallerGone,
    CallImported,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    LegGone,
    LineStops,
    Meanwhile,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    OfferRinging,
    SeenCall,
)
from acd.engine.model.facts import (
    AgentStateChanged,
    CallAnswered,
    CallReclassed,
    CallReturned,
    CallStranded,
    CallTakenOver,
    OfferEnded,
    OfferMade,
    TalkEnded,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.page_events import PageSilent
from acd.engine.model.page_facts import CallKept, KeepingEnded
from acd.engine.model.recording_events import RecordingMuted, RecordingNoticed
from tests.acd.engine import test_outcome_calls as outcomes
from tests.acd.engine.line import Line, profile
from tests.acd.explain.telling import texts

NODE = NodeId("ast1")
KEPT_S = 20.0
TOLD = Announce(call=CallId("c1"), prompts=("reconnecting",), language="tr")


def pages(agents: str = "1001 1002", **rules: Any) -> Line:
    """A line whose agents talk at their pages, all ready."""
    line = Line(tuple(map(profile, agents.split())), rules={"page_reload_s": KEPT_S, "empty_chair_s": 6.0}, **rules)
    for agent in agents.split():
        page(line, agent, "available")
        line.wishes(agent, "ready")
    return line


def page(line: Line, agent: str, state: DeviceState) -> None:
    """The page of an agent registers, or its registration ends."""
    event = DeviceStateChanged(at=line.at, agent=AgentId(agent), state=state, endpoint=f"PJSIP/{agent}-web")
    line.do(event)


def talks(line: Line, call: str = "c1", service: str = "request") -> str:
    """A caller talks to an agent at their page; the name of the leg."""
    line.arrives(call, service)
    return picks_up(line, call)


def picks_up(line: Line, call: str) -> str:
    offer = line.engine.state.calls[CallId(call)].offer
    assert offer is not None
    leg = f"PJSIP/{offer.agent}-web-{offer.id.replace('-', '.')}"
    line.do(OfferRinging(at=line.at, call=CallId(call), channel=leg))
    line.do(OfferAnswered(at=line.at, call=CallId(call), channel=leg, listens=offer.auto_answer))
    return leg


def falls_silent(line: Line, call: str, leg: str, *, there: bool = False, after_s: float = 1.0) -> None:
    """The page goes, and a second later it is known that no sound comes from it."""
    line.passes(after_s)
    line.do(PageSilent(at=line.at, late_s=after_s, call=CallId(call), channel=leg, there=there))


def comes_back(line: Line, call: str, leg: str) -> None:
    """The caller's channel leaves the dead leg, which ends, and is with us again."""
    line.do(LegGone(at=line.at, call=CallId(call), channel=leg, cause_code=16))
    line.do(CallDetached(at=line.at, call=CallId(call), lost=True))
    line.attaches(call)


def kept(line: Line, call: str = "c1", service: str = "request") -> str:
    """A caller who has talked for ten seconds to 1001, whose page has gone, and hears music; the dead leg."""
    leg = talks(line, call, service)
    line.passes(10)
    page(line, "1001", "unavailable")
    falls_silent(line, call, leg)
    comes_back(line, call, leg)
    return leg


def phase(line: Line, call: str = "c1") -> str:
    return line.engine.state.calls[CallId(call)].phase


def told(line: Line) -> list[Announce]:
    """What the caller was told, each time."""
    return [one for one in line.history if isinstance(one, Announce) and one.call == "c1"]


def whys(line: Line) -> list[str]:
    return [one.why for one in line.facts(KeepingEnded)]


def sees(line: Line, leg: str = "", *, available: str = "1001 1002", talking: bool = True) -> NodeReconciled:
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=talking and bool(leg))
    there = tuple(AgentId(one) for one in available.split())
    return NodeReconciled(at=line.at, node=NODE, calls=(seen,), available=there)


# --- the page goes


def test_a_page_that_rings_while_another_replaces_it_has_its_ring_anew() -> None:
    """Asterisk tells that it was gone for a moment. The ring was at a page that nobody sees any more."""
    line = pages("1001")
    line.arrives("c1", "request")
    offer = line.engine.state.calls[CallId("c1")].offer
    assert offer is not None
    line.do(OfferRinging(at=line.at, call=CallId("c1"), channel="PJSIP/1001-web-00000001"))
    page(line, "1001", "unavailable")
    assert CancelOffer(call=CallId("c1"), offer=offer.id, channel="PJSIP/1001-web-00000001") in line.commands
    page(line, "1001", "available")
    line.do(LegGone(at=line.at, call=CallId("c1"), channel="PJSIP/1001-web-00000001", cause_code=26))
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel="PJSIP/1001-web-00000001"))
    line.passes(5)  # as after any phone that could not be reached while nobody else is there
    assert line.offered == {"1001": "c1"}
    again = line.engine.state.calls[CallId("c1")].offer
    assert again is not None
    assert again.id != offer.id


def test_a_page_that_goes_in_a_talk_is_listened_to() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    assert line.commands == [WatchLeg(call=CallId("c1"), node=NODE, channel=leg)]
    assert line.talking == {"1001": "c1"}, "its connection alone may be lost"
    page(line, "1001", "available")
    line.passes(60)
    assert (line.commands, line.talking) == ([], {"1001": "c1"})


@pytest.mark.parametrize("endpoint", ["PJSIP/1001", "PJSIP/1001-we", "PJSIP/1002-web"])
def test_another_phone_that_goes_says_nothing_of_the_talk(endpoint: str) -> None:
    line = pages()
    talks(line)
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable", endpoint=endpoint))
    assert line.commands == []


def test_the_caller_leaves_the_dead_leg_and_hears_what_has_happened_and_music() -> None:
    line = pages()
    leg = talks(line)
    line.passes(10)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    assert line.commands == [BringBack(call=CallId("c1"), node=NODE, channel="PJSIP/trunk-c1")]
    [fact] = line.facts(CallKept)
    assert (fact.agent, fact.until) == ("1001", line.at + KEPT_S)
    [part] = line.facts(TalkEnded)
    assert (part.talk_s, part.at) == (10, line.at - 1), "the silence is no part of the talk"
    assert (phase(line), line.shown("1001")) == ("kept", "ringing")
    comes_back(line, "c1", leg)
    assert line.commands == [HoldCaller(call=CallId("c1")), TOLD]
    assert not line.facts(WrapupEnded)
    assert line.shown("1001") == "ringing", "the caller has them still"


def test_the_agent_is_rung_as_soon_as_the_page_is_back_and_they_talk_again() -> None:
    line = pages()
    kept(line)
    line.passes(3)
    page(line, "1001", "available")
    [offered] = [one for one in line.commands if isinstance(one, OfferCall)]
    assert (offered.agent, offered.auto_answer) == ("1001", True)
    leg = picks_up(line, "c1")
    assert line.talking == {"1001": "c1"}, "nobody has to be heard first"
    [again] = line.facts(CallTakenOver)
    assert (again.agent, again.how) == ("1001", "reload")
    assert whys(line) == ["back"]
    line.passes(30)
    assert line.talking == {"1001": "c1"}
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.talk_s, end.wait_s, end.transfers) == ("answered", "1001", 40, 0, 0)
    assert len(line.facts(CallAnswered)) == 1
    line.passes(60)
    assert len(line.facts(WrapupEnded)) == 1
    assert line.engine.state.agents[AgentId("1001")].handled == 1
    assert line.engine.state.averages.talk.value == 40, "one talk, for who estimates waits"


def test_a_page_that_is_back_before_it_is_known_to_have_gone_is_rung_when_the_caller_is_there() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    line.passes(0.5)
    page(line, "1001", "available")
    falls_silent(line, "c1", leg, there=True, after_s=0.6)
    assert [type(one) for one in line.commands] == [BringBack]
    comes_back(line, "c1", leg)
    assert line.offered == {"1001": "c1"}
    picks_up(line, "c1")
    assert line.talking == {"1001": "c1"}


def test_the_page_may_be_back_before_the_caller_is() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    page(line, "1001", "available")
    assert line.commands == []
    page(line, "1001", "unavailable")
    page(line, "1001", "available")
    comes_back(line, "c1", leg)
    assert line.offered == {"1001": "c1"}


def test_a_caller_is_told_in_the_language_that_they_chose() -> None:
    line = pages()
    line.arrives("c1", "request", language="en")
    leg = picks_up(line, "c1")
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    assert [(one.prompts, one.language) for one in told(line)] == [(("reconnecting",), "en")]


def test_a_page_that_is_back_at_once_is_rung_without_a_word() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    page(line, "1001", "available")
    comes_back(line, "c1", leg)
    assert [type(one) for one in line.commands] == [OfferCall]
    picks_up(line, "c1")
    assert told(line) == []


def test_the_page_is_rung_while_the_sentence_is_said() -> None:
    line = pages()
    kept(line)
    assert line.commands[-1] == TOLD
    line.passes(0.1)
    page(line, "1001", "available")
    assert [type(one) for one in line.commands] == [OfferCall], "which cuts the sentence off"


def test_a_page_that_is_back_and_goes_again_has_the_caller_told_then_and_once() -> None:
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    page(line, "1001", "available")
    comes_back(line, "c1", leg)
    for _ in range(2):
        page(line, "1001", "unavailable")
        assert (phase(line), told(line)) == ("kept", [TOLD])
        page(line, "1001", "available")
    picks_up(line, "c1")
    assert told(line) == [TOLD]


def test_a_kept_caller_is_told_nothing_of_a_place_in_the_queue() -> None:
    line = pages()
    kept(line)
    with pytest.raises(EngineBug, match="call c1 is told where it stands, but it does not wait"):
        invariants.check(line.engine, [Announce(call=CallId("c1"), prompts=("queue_position",))])


def test_a_caller_who_is_kept_anew_is_told_anew() -> None:
    line = pages()
    kept(line)
    page(line, "1001", "available")
    leg = picks_up(line, "c1")
    page(line, "1001", "unavailable")
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    assert told(line) == [TOLD, TOLD]


def test_meanwhile_the_agent_is_given_nobody_else_and_the_caller_nobody_else() -> None:
    line = pages("1001 1002")
    line.wishes("1002", "paused")
    kept(line)
    line.arrives("u1", "funeral")
    line.wishes("1002", "ready")
    assert line.offered == {"1002": "u1"}
    line.arrives("u2", "funeral")
    page(line, "1001", "available")
    assert line.offered == {"1002": "u1", "1001": "c1"}, "as in the talk, an urgent caller does not take them"
    line.do(OfferRinging(at=line.at, call=CallId("c1"), channel="PJSIP/1001-web-c1#2"))
    assert line.offered == {"1002": "u1", "1001": "c1"}
    picks_up(line, "c1")
    assert line.talking == {"1001": "c1"}


def test_another_phone_of_theirs_is_not_rung_in_the_place_of_the_page() -> None:
    """A telephone stands on the desk; it is the page that they talked at."""
    line = pages()
    leg = talks(line)
    page(line, "1001", "unavailable")
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available", endpoint="PJSIP/1001"))
    falls_silent(line, "c1", leg)
    comes_back(line, "c1", leg)
    assert line.offered == {}
    page(line, "1001", "available")
    assert line.offered == {"1001": "c1"}


def test_another_phone_of_theirs_that_comes_while_the_caller_hears_music_is_not_rung_either() -> None:
    line = pages()
    kept(line)
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available", endpoint="PJSIP/1001"))
    assert (line.offered, phase(line)) == ({}, "kept")


def test_what_is_still_said_of_the_dead_leg_is_old() -> None:
    line = pages()
    leg = kept(line)
    page(line, "1001", "available")
    line.do(OfferAnswered(at=line.at, call=CallId("c1"), channel=leg))
    assert line.talking == {}
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="agent", channel=leg))
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg, cause_code=21))
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel=leg))
    line.do(OfferReturned(at=line.at, call=CallId("c1"), offer=line.facts(OfferMade)[0].offer, status="ANSWER"))
    assert line.offered == {"1001": "c1"}
    assert line.engine.state.calls[CallId("c1")].hangup_by is None
    line.do(PageSilent(at=line.at, call=CallId("c1"), channel=leg))
    picks_up(line, "c1")
    assert line.talking == {"1001": "c1"}


@pytest.mark.parametrize("who", ["caller", "agent"])
def test_a_party_that_has_hung_up_is_let_go(who: Any) -> None:
    line = pages(wrapup_s=0)
    leg = talks(line)
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by=who, channel=leg if who == "agent" else ""))
    falls_silent(line, "c1", leg)
    assert line.facts(CallKept) == []


@pytest.mark.parametrize("rules", [{}, {"page_reload_s": 0.0}])
def test_the_rule_may_be_off(rules: dict[str, float]) -> None:
    line = Line("1001", rules=rules)
    line.ready("1001")
    leg = talks(line)
    page(line, "1001", "unavailable")
    assert line.commands == []
    falls_silent(line, "c1", leg)
    assert (line.commands, line.talking) == ([], {"1001": "c1"})


def test_a_line_that_stops_keeps_nobody() -> None:
    line = pages()
    leg = talks(line)
    line.do(LineStops(at=line.at))
    falls_silent(line, "c1", leg)
    assert line.facts(CallKept) == []


def test_a_consultation_at_the_page_ends_with_it() -> None:
    line = pages()
    leg = talks(line)
    for channel in ("PJSIP/1001-web-own", "PJSIP/1001-desk"):
        line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel=channel))
    falls_silent(line, "c1", leg)
    assert [one.channel for one in line.commands if isinstance(one, CancelOffer)] == ["PJSIP/1001-web-own"]


def test_a_pause_of_the_recording_goes_on_after_a_reload_and_not_with_another_agent() -> None:
    for again in (True, False):
        line = pages(recording="all", wrapup_s=0)
        line.attaches("c1")
        line.do(RecordingNoticed(at=line.at, call=CallId("c1"), prompt="recording"))
        line.chooses("c1", "request")
        leg = picks_up(line, "c1")
        line.do(RecordingMuted(at=line.at, call=CallId("c1"), paused=True))
        page(line, "1001", "unavailable")
        falls_silent(line, "c1", leg)
        comes_back(line, "c1", leg)
        if again:
            page(line, "1001", "available")
        else:
            line.passes(KEPT_S)
        picks_up(line, "c1")
        assert line.talking == {"1001" if again else "1002": "c1"}
        muted = [one for one in line.history if isinstance(one, MuteRecording)]
        assert [one.paused for one in muted] == ([] if again else [False])


# --- the page does not come back


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


# --- the line dies, and is back


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


# --- a callback: the agent's channel holds the citizen's


def called_back(line: Line, callee: str = "PJSIP/outgoing-7") -> str:
    """A citizen who was called back talks to 1001; the agent's leg."""
    line.wishes("1001", "paused")
    line.do(CallAttached(at=line.at, call=CallId("u1"), node=NODE, channel="PJSIP/trunk-u1", callable="05321"))
    line.chooses("u1", "funeral")
    line.caller_gone("u1")
    line.wishes("1001", "ready")
    leg = "PJSIP/1001-web-u1"
    line.do(OfferRinging(at=line.at, call=CallId("u1"), channel=leg))
    line.do(OfferAnswered(at=line.at, call=CallId("u1"), channel=leg))
    line.do(CalleeAnswered(at=line.at, call=CallId("u1"), channel=leg, callee=callee))
    assert line.talking == {"1001": "u1"}
    return leg


def test_a_citizen_who_was_called_back_leaves_the_agents_channel() -> None:
    line = pages("1001", callbacks=True, callback_abandoned_urgent=True, wrapup_s=0)
    leg = called_back(line)
    line.passes(10)
    page(line, "1001", "unavailable")
    falls_silent(line, "u1", leg)
    assert line.commands == [BringBack(call=CallId("u1"), node=NODE, channel="PJSIP/outgoing-7")]
    line.do(LegGone(at=line.at, call=CallId("u1"), channel=leg))
    line.do(CallAttached(at=line.at, call=CallId("u1"), node=NODE, channel="PJSIP/outgoing-7"))
    assert line.commands == [HoldCaller(call=CallId("u1")), Announce(call=CallId("u1"), prompts=TOLD.prompts)]
    page(line, "1001", "available")
    [offered] = [one for one in line.commands if isinstance(one, OfferCall)]
    assert (offered.agent, offered.auto_answer) == ("1001", True)
    picks_up(line, "u1")
    line.passes(5)
    line.do(CallerGone(at=line.at, call=CallId("u1"), called_back=True))
    end = line.outcome("u1")
    assert (end.outcome, end.talk_s, end.callback) == ("called_back", 15, "abandoned")


def test_a_citizen_who_was_called_about_an_outcome_holds_the_line_from_then_on() -> None:
    line = pages("1001", callbacks=True, wrapup_s=0)
    call = outcomes.wishes(line)
    leg = picks_up(line, call)
    line.do(CalleeAnswered(at=line.at, call=CallId(call), channel=leg, callee="PJSIP/outgoing-7"))
    line.passes(10)
    page(line, "1001", "unavailable")
    falls_silent(line, call, leg)
    line.do(LegGone(at=line.at, call=CallId(call), channel=leg))
    line.do(CallAttached(at=line.at, call=CallId(call), node=NODE, channel="PJSIP/outgoing-7"))
    assert line.facts(CallReclassed) == []
    line.passes(KEPT_S)
    assert [(one.call, one.priority) for one in line.facts(CallReclassed)] == [(call, "routine")]
    assert line.engine.state.calls[CallId(call)].priority == "routine"


def test_a_citizen_whose_channel_is_not_known_stays() -> None:
    """The journal is of an engine that did not know it."""
    line = pages("1001", callbacks=True, callback_abandoned_urgent=True)
    leg = called_back(line, callee="")
    page(line, "1001", "unavailable")
    falls_silent(line, "u1", leg)
    assert (line.commands, line.talking) == ([], {"1001": "u1"})


# --- what is told


def test_the_story() -> None:
    line = pages("1001 1002")
    kept(line)
    line.passes(3)
    page(line, "1001", "available")
    picks_up(line, "c1")
    line.passes(5)
    line.caller_gone("c1")
    told = texts(line, "c1")
    assert any("the page of 1001 went in the talk" in one for one in told), told
    assert any("the page of 1001 is back" in one for one in told), told
    assert any("1001 and the caller talk again" in one for one in told), told
    assert not any("from now" in one for one in told), told


def test_the_agent_is_shown_to_be_rung_from_the_reload_on() -> None:
    line = pages("1001")
    kept(line)
    page(line, "1001", "available")
    picks_up(line, "c1")
    states = [(one.state, one.call) for one in line.facts(AgentStateChanged) if one.agent == "1001"][-3:]
    assert states == [("talking", "c1"), ("ringing", "c1"), ("talking", "c1")]
    assert not line.facts(CallReturned)
