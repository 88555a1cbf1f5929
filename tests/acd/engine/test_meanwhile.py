"""What happened while no engine received events is taken in with the times of Asterisk's own log."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import CancelOffer, OfferCall, ReleaseCall
from acd.engine.model.events import (
    CalleeAnswered,
    CallerFound,
    CallerGone,
    CallHeld,
    CallUnheld,
    EngineStarted,
    HangupRequested,
    LegGone,
    LineStops,
    Meanwhile,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferFailed,
    SeenCall,
    Told,
    Transferred,
)
from acd.engine.model.facts import CallAnswered, OfferEnded, TalkEnded
from acd.engine.model.ids import AgentId, CallId, NodeId
from tests.acd.engine.line import Line

AST1 = NodeId("ast1")


def told(line: Line, *events: tuple[float, type, str, dict[str, Any]]) -> tuple[Told, ...]:
    """What the log tells now: when it happened, what, of which call, and more of it."""
    return tuple(
        kind(at=line.at, late_s=round(line.at - at, 3), call=CallId(call), **more) for at, kind, call, more in events
    )


def dies(line: Line, for_s: float) -> None:
    """The engine is gone for so long. What its timers do comes after what the log tells."""
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.at += for_s
    line.do(EngineStarted(at=line.at))


def reconciles(line: Line, *calls: SeenCall, told: tuple[Told, ...] = ()) -> None:
    agents = tuple(line.engine.state.agents)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=calls, available=agents, told=told))


def agent_ends(at: float, call: str, leg: str) -> list[tuple[float, type, str, dict[str, Any]]]:
    """An agent hangs up, and the caller's channel goes with theirs."""
    return [
        (at, HangupRequested, call, {"by": "agent", "channel": leg}),
        (at, LegGone, call, {"channel": leg, "cause_code": 16}),
        (at + 0.01, CallerGone, call, {}),
    ]


def test_a_talk_that_ended_while_no_engine_was_there_ended_when_it_did() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    dies(line, 43)
    line.do(Meanwhile(at=line.at, node=AST1, told=told(line, *agent_ends(1002, "c1", leg))))
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.talk_s, end.ended_at, end.hangup_by) == (
        "answered",
        "1001",
        2,
        1002.01,
        "agent",
    )
    assert [(fact.began_at, fact.talk_s, fact.at) for fact in line.facts(TalkEnded)] == [(1000, 2, 1002)]


def test_who_was_answered_and_hung_up_meanwhile_was_answered_by_that_agent() -> None:
    line = Line("1001", wrapup_s=0, ring_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    dies(line, 60)
    line.do(
        Meanwhile(
            at=line.at,
            node=AST1,
            told=told(
                line,
                (1003, OfferAnswered, "c1", {"channel": leg}),
                (1010, HangupRequested, "c1", {"by": "caller"}),
                (1010, CallerGone, "c1", {}),
                (1010, LegGone, "c1", {"channel": leg}),
            ),
        )
    )
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.wait_s, end.ring_s, end.talk_s) == ("answered", "1001", 3, 3, 7)
    assert (end.hangup_by, end.ended_at) == ("caller", 1010)
    assert [fact.at for fact in line.facts(CallAnswered)] == [1003]
    reconciles(line)
    line.passes(10)
    assert [fact.result for fact in line.facts(OfferEnded)] == ["answered"]
    assert line.shown("1001") == "ready"  # it was no miss


def test_an_abandoned_callers_wait_ends_when_they_hung_up() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    dies(line, 42)
    line.do(Meanwhile(at=line.at, node=AST1, told=told(line, (1002, CallerGone, "c1", {}))))
    end = line.outcome("c1")
    assert (end.outcome, end.wait_s, end.ended_at, end.hangup_by) == ("abandoned", 2, 1002, "caller")


def test_what_the_log_tells_of_the_time_without_a_connection_comes_before_what_is_up_now() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    leg = line.leg("c1")
    line.passes(20)
    line.do(NodeLost(at=line.at, node=AST1))
    line.passes(10)
    reconciles(
        line, SeenCall(call=CallId("c2"), channel="PJSIP/trunk-c2"), told=told(line, *agent_ends(1021, "c1", leg))
    )
    assert (line.outcome("c1").talk_s, line.offered) == (21, {"1001": "c2"})


def test_nobody_is_offered_by_what_the_log_tells_before_the_node_has_said_what_is_up() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    leg = line.leg("c1")
    dies(line, 5)
    line.do(Meanwhile(at=line.at, node=AST1, told=told(line, *agent_ends(1001, "c1", leg))))
    assert not any(isinstance(one, OfferCall) for one in line.out)
    own: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): ("PJSIP/1001-own",)}  # the agent has called somebody since
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(SeenCall(call=CallId("c2"), channel="PJSIP/trunk-c2"),),
                           available=(AgentId("1001"),), agent_channels=own))  # fmt: skip
    line.attaches("c2")
    assert (line.shown("1001"), line.offered) == ("busy", {})


def test_a_talk_that_began_meanwhile_and_goes_on_began_when_it_did() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    dies(line, 30)
    line.do(Meanwhile(at=line.at, node=AST1, told=told(line, (1004, OfferAnswered, "c1", {"channel": leg}))))
    reconciles(line, SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=True))
    line.passes(10)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert (line.outcome("c1").talk_s, line.outcome("c1").wait_s) == (36, 4)


def test_an_answer_of_a_ring_that_had_been_given_up_is_believed() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.fails("c1", "NOANSWER")
    dies(line, 30)
    line.do(
        Meanwhile(
            at=line.at,
            node=AST1,
            told=told(line, (1001, OfferAnswered, "c1", {"channel": leg}), *agent_ends(1005, "c1", leg)),
        )
    )
    assert (line.outcome("c1").outcome, line.outcome("c1").agent, line.outcome("c1").talk_s) == ("answered", "1001", 4)


def test_what_was_told_already_counts_once() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.passes(3)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    dies(line, 5)
    again = told(line, (1000, OfferAnswered, "c1", {"channel": leg}), *agent_ends(1003, "c1", leg))
    line.do(Meanwhile(at=line.at, node=AST1, told=again))
    reconciles(line, told=again)
    assert line.outcome("c1").talk_s == 3
    assert len(line.facts(TalkEnded)) == 1


def test_the_answer_of_a_talk_that_was_sent_on_before_counts_once() -> None:
    """The log begins a little before the engine was gone: it tells of an agent who has sent the caller on since."""
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.leg("c1")
    line.passes(3)
    line.do(Transferred(at=line.at, call=CallId("c1"), leg=leg, kind="blind", dialled="*82"))
    dies(line, 4)
    answered = (OfferAnswered, "c1", {"channel": leg})
    line.do(Meanwhile(at=line.at, node=AST1, told=told(line, (1000, *answered))))
    assert [(fact.agent, fact.number) for fact in line.facts(TalkEnded)] == [("1001", 1)]
    assert line.talking == {}


def test_a_call_back_that_was_answered_and_ended_meanwhile_has_its_times() -> None:
    line = Line("1001", callbacks=True, callback_key="2", wrapup_s=0)
    from acd.engine.model.events import CallAttached, KeyPressed

    line.do(CallAttached(at=line.at, call=CallId("c1"), node=AST1, channel="PJSIP/c1", callable="05321112233"))
    line.chooses("c1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="2"))
    line.passes(1)
    line.caller_gone("c1")
    line.ready("1001")
    leg = line.leg("c1")
    began = line.at
    dies(line, 60)
    line.do(
        Meanwhile(
            at=line.at,
            node=AST1,
            told=told(
                line,
                (began + 2, OfferAnswered, "c1", {"channel": leg}),
                (began + 5, CalleeAnswered, "c1", {"channel": leg}),
                (began + 9, HangupRequested, "c1", {"by": "agent", "channel": leg}),
                (began + 9, LegGone, "c1", {"channel": leg}),
                (began + 9, CallerGone, "c1", {"called_back": True}),
            ),
        )
    )
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.talk_s, end.ended_at) == ("called_back", "1001", 4, began + 9)


def test_words_that_came_late_keep_their_own_time() -> None:
    """The daemon was stopped for two seconds and went on: what Asterisk told meanwhile is read now."""
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.at += 10
    line.do(OfferAnswered(at=line.at, late_s=8, call=CallId("c1"), channel=leg))
    line.do(CallHeld(at=line.at, late_s=7, call=CallId("c1"), channel=leg))
    line.do(CallUnheld(at=line.at, late_s=4, call=CallId("c1"), channel=leg))
    line.do(HangupRequested(at=line.at, late_s=1.5, call=CallId("c1"), by="agent", channel=leg))
    line.do(CallerGone(at=line.at, late_s=1.25, call=CallId("c1")))
    end = line.outcome("c1")
    assert (end.wait_s, end.talk_s, end.hold_s, end.ended_at) == (2, 6.5, 3, 1008.75)


def test_a_transfer_told_late_ended_the_first_agents_part_when_it_was() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.at += 10
    line.do(
        Transferred(at=line.at, late_s=4, call=CallId("c1"), leg=line.leg("c1"), kind="blind", dialled="1002"),
    )
    assert [fact.talk_s for fact in line.facts(TalkEnded)] == [6]


@pytest.mark.parametrize("late_s", [25.0, 2000.0])
def test_nothing_ends_before_it_began(late_s: float) -> None:
    line = Line("1001", wrapup_s=0)
    line.passes(10)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.passes(5)
    line.do(LegGone(at=line.at, late_s=late_s, call=CallId("c1"), channel=line.leg("c1")))
    line.do(CallerGone(at=line.at, late_s=late_s, call=CallId("c1")))
    end = line.outcome("c1")
    assert (end.talk_s, end.ended_at) == (0, 1010)


def test_a_caller_who_came_and_went_with_nobody_told_has_their_times() -> None:
    line = Line("1001")
    line.passes(100)
    gone = CallerGone(at=line.at, late_s=5, call=CallId("ast1-1.1"), channel="PJSIP/trunk-1", arrived_at=1092.0)
    line.do(gone)
    end = line.outcome("ast1-1.1")
    assert (end.outcome, end.arrived_at, end.ended_at) == ("abandoned_in_menu", 1092, 1095)


# --- an ordered stop


def test_an_ordered_stop_ends_calls_itself_and_offers_nobody() -> None:
    line = Line("1001 1002 1003", wrapup_s=0, max_misses=1)
    line.ready("1001", "1002")
    line.arrives("talks", "request")
    line.answers("talks")
    line.arrives("rings", "request")
    line.rings("rings")
    line.arrives("waits", "funeral")
    line.passes(5)
    line.do(LineStops(at=line.at))
    line.do(OfferFailed(at=line.at, call=CallId("rings"), status="CHANUNAVAIL", channel=line.leg("rings")))
    line.agent_hangs_up("talks")
    for call in ("talks", "rings"):
        line.caller_gone(call)
    assert line.offered == {}
    line.passes(1)
    line.do(NodeLost(at=line.at, node=AST1))
    assert {call: line.outcome(call).hangup_by for call in ("talks", "rings", "waits")} == dict.fromkeys(
        ("talks", "rings", "waits"), "system"
    )
    assert (line.outcome("talks").outcome, line.outcome("talks").talk_s) == ("answered", 5)
    assert (line.outcome("waits").outcome, line.outcome("waits").ended_at) == ("abandoned", 1006)
    assert line.engine.state.calls == {}
    dies(line, 60)
    reconciles(line)
    line.arrives("next", "request")
    assert line.shown("1001") in ("ready", "ringing")
    assert len(line.offered) == 1


def test_a_connection_that_is_lost_ends_no_call_unless_everything_is_being_stopped() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.do(NodeLost(at=line.at, node=AST1))
    assert CallId("c1") in line.engine.state.calls
    line.do(LineStops(at=line.at), NodeLost(at=line.at, node=NodeId("ast2")))
    assert CallId("c1") in line.engine.state.calls
    line.do(CallerFound(at=line.at, call=CallId("c1"), node=AST1, place="dialplan"), NodeLost(at=line.at, node=AST1))
    assert line.outcome("c1").hangup_by == "system"


# --- a ring that lasts longer than it can, while the connection is away


def away(*others: str) -> tuple[Line, str]:
    """1001 rings for c1 and the connection is lost for longer than the ring can last; `others` are idle."""
    line = Line(" ".join(("1001", *others)), wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    line.ready(*others)
    line.passes(13)
    line.do(NodeLost(at=line.at, node=AST1))
    line.passes(27)
    return line, line.leg("c1")


@pytest.mark.parametrize("others", [(), ("1002",)])
def test_a_ring_of_whose_end_nothing_can_be_told_is_not_given_up(others: tuple[str, ...]) -> None:
    line, leg = away(*others)
    assert line.offered == {"1001": "c1"}
    answered = told(line, (1014, OfferAnswered, "c1", {"channel": leg}))
    reconciles(line, SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=True), told=answered)
    assert (line.commands, line.talking) == ([], {"1001": "c1"})
    assert [(fact.at, fact.wait_s) for fact in line.facts(CallAnswered)] == [(1014, 14)]


def test_a_ring_that_is_over_when_the_connection_is_back_is_given_up_then() -> None:
    line, leg = away("1002")
    reconciles(line, SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg))
    line.passes(5)
    assert [fact.result for fact in line.facts(OfferEnded)] == ["no_answer"]
    assert line.offered == {"1002": "c1"}


def test_a_ring_lasts_until_the_end_that_the_callers_session_tells_though_the_connection_is_away() -> None:
    line, _ = away("1002")
    line.returns("c1", "NOANSWER")
    assert line.offered == {"1002": "c1"}


@pytest.mark.parametrize("logged", [True, False])
def test_a_caller_who_talks_to_an_agent_whose_ring_was_given_up_is_offered_to_nobody_else(logged: bool) -> None:
    """The urgent caller took the agent, whose ring could not be stopped: the connection was going away."""
    line = Line("1001 1002", wrapup_s=0, ring_recall=True)
    line.ready("1001")
    line.arrives("c1", "request")
    line.rings("c1")
    leg = line.leg("c1")
    line.arrives("u1", "funeral")
    line.do(NodeLost(at=line.at, node=AST1))
    line.ready("1002")
    assert line.offered == {"1001": "u1", "1002": "c1"}
    line.passes(5)
    answered = told(line, (line.at - 2, OfferAnswered, "c1", {"channel": leg})) if logged else ()
    seen = SeenCall(call=CallId("c1"), channel="PJSIP/trunk-c1", leg=leg, talking=True)
    reconciles(line, seen, SeenCall(call=CallId("u1"), channel="PJSIP/trunk-u1"), told=answered)
    assert not [one for one in line.commands if isinstance(one, CancelOffer) and one.channel == leg]
    assert (line.talking, line.offered) == ({"1001": "c1"}, {"1002": "u1"})
    assert [(fact.agent, fact.result) for fact in line.facts(OfferEnded) if fact.call == "c1"] == [
        ("1001", "recalled"),
        ("1002", "lost"),
        ("1001", "answered"),
    ]
    withdrawn = [one.offer for one in line.commands if isinstance(one, CancelOffer) and not one.channel]
    assert withdrawn == ["c1#2", "u1#1"], "the callers' sessions would ring 1002 after the talk, and 1001 in it"
    line.do(LegGone(at=line.at, call=CallId("c1"), channel=leg))
    (released,) = [one for one in line.commands if isinstance(one, ReleaseCall)]
    assert released.offer == "c1#2", "the session takes no release of an offer that it never had"
