"""An agent's page is reloaded in a talk: its caller is kept for it, and they talk again."""

from typing import Any

import pytest

from acd.engine import invariants
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.commands import Announce, BringBack, CancelOffer, HoldCaller, MuteRecording, OfferCall, WatchLeg
from acd.engine.model.config import Relaxation, Service
from acd.engine.model.errors import EngineBug
from acd.engine.model.events import HangupRequested, LegGone, LineStops, OfferAnswered, OfferReturned, OfferRinging
from acd.engine.model.facts import (
    AgentStateChanged,
    CallAnswered,
    CallReturned,
    CallTakenOver,
    OfferMade,
    TalkEnded,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.page_events import PageSilent
from acd.engine.model.page_facts import CallKept
from acd.engine.model.recording_events import RecordingMuted, RecordingNoticed
from tests.acd.engine.kept_callers import (
    KEPT_S,
    NODE,
    TOLD,
    comes_back,
    falls_silent,
    kept,
    page,
    pages,
    phase,
    picks_up,
    talks,
    told,
    whys,
)
from tests.acd.engine.line import Line
from tests.acd.explain.telling import texts

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


def test_nothing_less_is_asked_of_an_agent_for_one_who_is_kept_again() -> None:
    """While the page rang they waited as their service says."""
    step = Relaxation(after_s=15, any_language=True)
    services = (Service(id=ServiceId("request"), language_required=True, relax=(step,)), Service(id=ServiceId("agent")))
    line = pages("1001", services=services)
    kept(line)
    page(line, "1001", "available")
    assert line.timers["relax:c1"] == line.at + 15
    page(line, "1001", "unavailable")
    assert (phase(line), "relax:c1" in line.timers) == ("kept", False)


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
    assert (line.commands, line.talking) == ([], {})
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
