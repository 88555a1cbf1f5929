"""The empty chair: the line dies, loses its connection, is given other rules, or a command comes to nothing."""

import msgspec
import pytest

from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import (
    AgentHeard,
    CallAttached,
    CallerFound,
    CallerGone,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    Meanwhile,
    NodeLost,
    OfferAnswered,
)
from acd.engine.model.facts import CallAnswered
from acd.engine.model.ids import CallId, NodeId
from tests.acd.engine.headsets import CHAIR_S, NODE, brought, headsets, sees


def test_a_command_that_was_lost_is_repeated_when_asterisk_is_asked() -> None:
    """The engine dies between the journal and the command: the caller is still with the empty chair."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.do(EngineStarted(at=line.at))
    told = OfferAnswered(at=line.at, late_s=CHAIR_S, call=CallId("c1"), channel=leg)
    line.do(Meanwhile(at=line.at, node=NODE, told=(told,)))
    assert line.talking == {}
    line.do(sees(line, "c1", leg))
    assert brought(line) == ["c1"]
    assert line.talking == {}
    line.do(OfferAnswered(at=line.at, call=CallId("c1"), channel=leg))
    assert line.talking == {}
    line.do(CallerFound(at=line.at, call=CallId("c1"), node=NODE, place="talking", channel="PJSIP/trunk-c1", leg=leg))
    assert line.talking == {}
    line.attaches("c1")
    assert line.offered == {"1002": "c1"}


def test_what_asterisk_could_not_do_is_tried_again() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.do(CommandFailed(at=line.at, call=CallId("c1"), command="bring_back", error="not connected"))
    line.passes(1.5)
    assert [type(one).__name__ for one in line.commands] == ["FindCaller"]
    line.do(CallerFound(at=line.at, call=CallId("c1"), node=NODE, place="talking", channel="PJSIP/trunk-c1", leg=leg))
    assert brought(line) == ["c1"]


def test_one_who_is_back_is_not_brought_again() -> None:
    line = headsets("1001", "1002")
    line.wishes("1002", "paused")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.attaches("c1")
    line.do(sees(line, "c1", leg))
    assert brought(line) == []
    line.wishes("1002", "ready")
    line.answers("c1")
    line.do(sees(line, "c1", leg))
    assert brought(line) == []


def test_another_agent_who_has_them_keeps_them() -> None:
    """Asterisk's own queue had the caller while no engine ran."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    line.do(sees(line, "c1", "PJSIP/1002-7"))
    assert brought(line) == []
    assert line.talking == {"1002": "c1"}


def test_a_talk_that_asterisk_lists_counts_from_the_answer() -> None:
    """Texts were forged, and so events may be missing."""
    line = headsets()
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(2)
    line.do(sees(line, "c1", leg))
    assert line.talking == {"1001": "c1"}
    assert [one.wait_s for one in line.facts(CallAnswered)] == [0]


def test_a_reload_takes_nobody_for_heard() -> None:
    """The agents may have changed, so Asterisk is asked for its lists. The connection has lasted."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    leg = line.answers_itself("c1")
    line.passes(2)
    line.do(msgspec.structs.replace(sees(line, "c1", leg), gap=False))
    assert (line.talking, line.facts(CallAnswered)) == ({}, [])
    line.passes(CHAIR_S - 2)
    assert brought(line) == ["c1"]
    assert line.shown("1001") == "paused/empty_chair"


def test_a_reload_while_the_phone_answers_leaves_it_to_the_event() -> None:
    """The list is newer than the event about the answer, which comes behind it."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.rings("c1")
    line.do(msgspec.structs.replace(sees(line, "c1", line.leg("c1")), gap=False))
    assert line.talking == {}
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    assert brought(line) == ["c1"]


def test_calls_of_other_nodes_wait_for_their_own_signs() -> None:
    line = headsets("1001 1002")
    line.arrives("c1", "request")
    line.do(CallAttached(at=line.at, call=CallId("c2"), node=NodeId("ast2"), channel="PJSIP/trunk-c2"))
    line.chooses("c2", "request")
    line.answers_itself("c1")
    line.answers_itself("c2")
    line.do(NodeLost(at=line.at, node=NodeId("ast2")))
    assert line.talking == {"1002": "c2"}


def test_a_caller_who_rang_off_is_not_taken_for_answered_by_a_restart() -> None:
    line = headsets()
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.do(EngineStarted(at=line.at))
    line.passes(4)
    gone = CallerGone(at=line.at, late_s=1, call=CallId("c1"))
    line.do(Meanwhile(at=line.at, node=NODE, told=(gone,)))
    assert (line.outcome("c1").outcome, line.outcome("c1").talk_s) == ("answered", 3)


def test_nothing_is_cancelled_for_an_empty_chair() -> None:
    """The caller's channel leaves the talk by one action; the leg ends by that."""
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.answers_itself("c1")
    line.passes(CHAIR_S)
    assert not [one for one in line.history if isinstance(one, CancelOffer)]


@pytest.mark.parametrize(("reloaded_s", "says"), [(0.0, True), (60.0, True), (60.0, False)])
def test_a_phone_that_rings_is_judged_by_the_rules_by_which_it_was_rung(reloaded_s: float, *, says: bool) -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    rules = msgspec.structs.replace(line.config, rules={**line.config.rules, "empty_chair_s": reloaded_s})
    line.do(ConfigChanged(at=line.at, config=rules))
    leg = line.answers_itself("c1")
    line.passes(CHAIR_S - 1)
    assert line.talking == {}
    if says:
        line.do(AgentHeard(at=line.at, call=CallId("c1"), channel=leg))
    line.passes(1)
    assert (line.talking, brought(line)) == (({"1001": "c1"}, []) if says else ({}, ["c1"]))


def test_the_next_phone_is_judged_by_the_rules_that_were_reloaded() -> None:
    line = headsets("1001", "1002")
    line.arrives("c1", "request")
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, rules={"empty_chair_s": 0.0})))
    line.answers_itself("c1")
    line.arrives("c2", "request")
    line.answers_itself("c2")
    assert line.talking == {"1002": "c2"}
