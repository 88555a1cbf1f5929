"""After-call work to the second, and figures to the millisecond."""

from acd.engine.model.events import CallHeld, CallUnheld
from acd.engine.model.facts import AgentStateChanged, TalkEnded, WrapupEnded
from acd.engine.model.ids import CallId
from tests.acd.engine.line import Line


def works() -> Line:
    """1001 begins ten seconds of after-call work after r1."""
    line = Line("1001", wrapup_s=10, wrapup_recall=True, max_misses=9)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.agent_hangs_up("r1")
    line.caller_gone("r1")
    return line


def figures(line: Line) -> dict[str, float]:
    return {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)}


def test_the_last_half_second_of_it_is_no_longer_for_an_interruption() -> None:
    line = works()
    line.passes(9.5)
    line.arrives("u1", "funeral")
    line.passes(2)
    line.caller_gone("u1")
    line.passes(0.4)
    assert line.shown("1001") == "wrapup"
    line.passes(0.1)
    assert line.shown("1001") == "ready"
    assert figures(line) == {"r1": 10}


def test_its_end_is_told_with_what_is_owed_to_earlier_calls() -> None:
    line = works()
    line.passes(4)
    told = [fact for fact in line.facts(AgentStateChanged) if fact.state == "wrapup"]
    assert [fact.until for fact in told] == [told[0].at + 10]
    line.arrives("u1", "funeral")
    line.answers("u1")
    line.agent_hangs_up("u1")
    last = line.facts(AgentStateChanged)[-1]
    assert (last.state, last.until) == ("wrapup", last.at + 10 + 6)
    line.wishes("1001", "ready")
    assert line.facts(AgentStateChanged)[-1].until is None


def test_who_comes_back_at_once_has_worked_that_long_only() -> None:
    line = works()
    line.passes(0.25)
    line.wishes("1001", "ready")
    assert figures(line) == {"r1": 0.25}


def test_only_who_ends_it_before_its_time_is_early() -> None:
    line = works()
    line.passes(10)
    assert (line.shown("1001"), line.engine.state.averages.early.value) == ("ready", 0)
    line = works()
    line.passes(9)
    line.wishes("1001", "ready")
    assert line.engine.state.averages.early.value == 1


def test_of_work_owed_to_several_that_is_ended_early_each_has_its_share_the_latest_first() -> None:
    line = works()
    line.passes(4)
    for call, work_s in (("u1", 3), ("u2", 0)):
        line.arrives(call, "funeral")
        line.answers(call)
        line.agent_hangs_up(call)
        line.caller_gone(call)
        line.passes(work_s)
    line.passes(19)
    line.wishes("1001", "ready")
    assert figures(line) == {"u2": 10, "u1": 10, "r1": 6}


def test_figures_are_told_to_the_millisecond() -> None:
    line = Line("1001", wrapup_s=10)
    line.at = 1000.0004
    line.ready("1001")
    line.passes(1.2344)
    line.arrives("c1", "request")
    line.passes(2.3457)
    line.answers("c1")
    line.passes(1.0004)
    line.do(CallHeld(at=line.at, call=CallId("c1")))
    line.passes(3.4567)
    line.do(CallUnheld(at=line.at, call=CallId("c1")))
    line.passes(1.1113)
    line.agent_hangs_up("c1")
    line.passes(4.5678)
    line.wishes("1001", "ready")
    line.caller_gone("c1")
    (talk,), end = line.facts(TalkEnded), line.outcome("c1")
    assert (end.wait_s, end.ring_s, end.answer_delay_s) == (2.346, 2.346, 2.346)
    assert (talk.number, talk.talk_s, talk.hold_s, end.talk_s, end.hold_s) == (1, 5.568, 3.457, 5.568, 3.457)
    assert figures(line) == {"c1": 4.568}


def test_half_a_second_of_it_is_some() -> None:
    line = Line("1001", wrapup_s=0.5)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    assert line.shown("1001") == "wrapup"
    line.passes(0.5)
    assert (line.shown("1001"), figures(line)) == ("ready", {"c1": 0.5})
