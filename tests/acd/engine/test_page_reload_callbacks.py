"""An agent's page goes in a talk with a citizen who was called: the agent's channel holds the citizen's."""

from acd.engine.model.commands import Announce, BringBack, HoldCaller, OfferCall
from acd.engine.model.events import CallAttached, CalleeAnswered, CallerGone, LegGone, OfferAnswered, OfferRinging
from acd.engine.model.facts import CallReclassed
from acd.engine.model.ids import CallId
from tests.acd.engine import test_outcome_calls as outcomes
from tests.acd.engine.kept_callers import KEPT_S, NODE, TOLD, falls_silent, page, pages, picks_up
from tests.acd.engine.line import Line


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
