"""A call that has ended is never begun again, whatever events still come about it."""

import pytest

from acd.engine.model.commands import ReleaseCall, RunFlow
from acd.engine.model.events import (
    CallAttached,
    CallDetached,
    CallerGone,
    CallImported,
    EngineStarted,
    NodeReconciled,
    SeenCall,
)
from acd.engine.model.facts import CallEnded, CallEntered
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.rules.ended_calls import LATELY_S, SPOOL_S

from .line import Line

C1 = CallId("c1")
AST1 = NodeId("ast1")
TRUNK = "PJSIP/trunk-1"


def attached(line: Line, call: str = "c1") -> CallAttached:
    return CallAttached(at=line.at, call=CallId(call), node=AST1, channel=TRUNK)


def came_and_went() -> Line:
    line = Line("1001")
    line.do(attached(line))
    line.do(CallerGone(at=line.at, call=C1, channel=TRUNK))
    return line


def ends(line: Line) -> list[str]:
    return [fact.call for fact in line.facts(CallEnded)]


def test_a_connection_that_is_accepted_after_its_channel_hung_up_begins_nothing() -> None:
    """As seen on Asterisk: the connection of a caller who came back after a kill waited to be accepted. Their hangup
    was told first."""
    line = came_and_went()
    out = line.do(attached(line))
    assert out == [ReleaseCall(call=C1, reason="not_ours")]
    assert line.do(CallDetached(at=line.at, call=C1)) == []
    assert line.engine.state.calls == {}
    assert ends(line) == ["c1"]


@pytest.mark.parametrize("deaths", [1, 3])
def test_nor_after_a_restart_however_long_that_took(deaths: int) -> None:
    line = came_and_went()
    for _ in range(deaths):
        line.passes(3600)
        line.do(EngineStarted(at=line.at))
    line.do(attached(line), CallerGone(at=line.at, call=C1, channel=TRUNK))
    line.do(CallImported(at=line.at, call=C1, node=AST1, arrived_at=line.at - 5, ended_at=line.at))
    assert len(line.facts(CallEntered)) == len(line.facts(CallEnded)) == 1


def test_nor_if_another_call_ends_right_after_the_restart() -> None:
    line = came_and_went()
    line.do(EngineStarted(at=line.at))
    line.do(attached(line, "c2"), CallerGone(at=line.at, call=CallId("c2"), channel=TRUNK))
    assert line.do(attached(line)) == [ReleaseCall(call=C1, reason="not_ours")]


def test_nor_is_it_adopted_as_a_talk() -> None:
    line = came_and_went()
    line.ready("1001")
    seen = SeenCall(call=C1, channel=TRUNK, leg="PJSIP/1001-1", talking=True)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert len(line.facts(CallEntered)) == 1


def test_it_is_forgotten_in_time_or_there_would_be_ever_more() -> None:
    line = Line()
    for n in range(50):
        line.do(attached(line, f"c{n}"), CallerGone(at=line.at, call=CallId(f"c{n}"), channel=TRUNK))
        line.passes(LATELY_S / 10)
    lately = line.engine.state.ended_lately
    assert len(lately.calls) + len(lately.before) <= 21
    assert line.do(attached(line, "c45")) == [ReleaseCall(call=CallId("c45"), reason="not_ours")]
    assert any(isinstance(item, RunFlow) for item in line.do(attached(line, "c0")))


def ended(line: Line, *calls: str) -> None:
    """Callers come and hang up."""
    for call in calls:
        line.do(attached(line, call), CallerGone(at=line.at, call=CallId(call), channel=TRUNK))


def is_known(line: Line, call: str) -> bool:
    """Whether a connection of the call begins nothing."""
    return line.do(attached(line, call)) == [ReleaseCall(call=CallId(call), reason="not_ours")]


def test_it_is_remembered_for_one_time_at_least_and_two_at_most() -> None:
    line = Line()
    ended(line, "c1")
    line.passes(LATELY_S)
    ended(line, "c2")
    line.passes(LATELY_S - 0.5)
    ended(line, "c3")
    assert is_known(line, "c1")
    line.passes(0.5)
    ended(line, "c4")
    assert [is_known(line, call) for call in ("c1", "c2", "c3", "c4")] == [False, True, True, True]


def test_calls_that_end_within_seconds_are_all_remembered() -> None:
    line = Line()
    for call in ("c1", "c2", "c3", "c4"):
        ended(line, call)
        line.passes(1)
    assert all(is_known(line, call) for call in ("c1", "c2", "c3", "c4"))


@pytest.mark.parametrize(("quiet_s", "known"), [(2 * LATELY_S - 0.5, True), (2 * LATELY_S, False)])
def test_when_no_call_ended_for_both_times_nothing_of_before_is_remembered(quiet_s: float, known: bool) -> None:
    line = Line()
    ended(line, "c1")
    line.passes(quiet_s)
    ended(line, "c2")
    assert is_known(line, "c1") == known


def imported(line: Line, call: str) -> None:
    """The spool of the standby tells of a call that began and ended there."""
    line.do(CallImported(at=line.at, call=CallId(call), node=AST1, arrived_at=line.at - 9, ended_at=line.at - 1))


@pytest.mark.parametrize(("later_s", "again"), [(SPOOL_S - 0.5, 1), (SPOOL_S, 2)])
def test_a_call_of_the_standby_is_remembered_for_an_hour(later_s: float, again: int) -> None:
    line = Line()
    imported(line, "c1")
    line.passes(1)
    imported(line, "c2")
    line.passes(later_s - 1)
    imported(line, "c3")
    imported(line, "c1")
    imported(line, "c2")
    assert ends(line) == ["c1", "c2", "c3", *["c1"] * (again - 1)]
