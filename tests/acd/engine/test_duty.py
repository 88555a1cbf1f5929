"""What agents and their phones do."""

from acd.engine.events import DeviceStateChanged
from acd.engine.facts import AgentStateChanged
from acd.engine.ids import AgentId
from tests.acd.engine.line import Line, profile


def phone(line: Line, state: str, agent: str = "1001") -> None:
    line.do(DeviceStateChanged(at=line.at, agent=AgentId(agent), state=state))  # type: ignore[arg-type]


def test_a_phone_that_vanishes_while_it_rests_or_after_a_call_is_not_rung_until_it_is_back() -> None:
    line = Line("1001", wrapup_s=10)
    line.ready("1001")
    phone(line, "unavailable")
    assert line.shown("1001") == "unavailable"
    line.arrives("c1", "request")
    assert line.offered == {}
    phone(line, "available")
    line.answers("c1")
    line.agent_hangs_up("c1")
    phone(line, "unavailable")
    assert line.shown("1001") == "wrapup"
    line.arrives("c2", "request")
    line.passes(10)
    assert (line.shown("1001"), line.offered) == ("unavailable", {})
    phone(line, "available")
    assert line.offered == {"1001": "c2"}


def test_a_talk_goes_on_though_the_phone_is_said_to_be_gone() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    phone(line, "unavailable")
    assert line.talking == {"1001": "c1"}
    line.agent_hangs_up("c1")
    assert line.shown("1001") == "unavailable"


def test_who_says_ready_after_a_call_they_missed_begins_anew() -> None:
    line = Line("1001", max_misses=2, retry_s=5)
    line.ready("1001")
    line.arrives("c1", "request")
    for _ in range(3):
        line.fails("c1", "NOANSWER")
        assert line.shown("1001") == "ready"
        line.wishes("1001", "ready")
        line.passes(5)
    line.fails("c1", "NOANSWER")
    line.passes(5)
    line.wishes("1001", "paused", "break")
    line.fails("c1", "NOANSWER")
    assert line.shown("1001") == "paused/break", "whoever goes by themselves is not set aside"


def test_a_reason_is_that_of_a_pause() -> None:
    line = Line("1001")
    line.ready("1001")
    line.wishes("1001", "ready", "lunch")
    assert line.shown("1001") == "ready"
    line.wishes("1001", "offline", "lunch")
    assert line.shown("1001") == "offline"
    line.wishes("1001", "paused")
    assert line.shown("1001") == "paused"


def states(line: Line) -> list[tuple[str, str, float]]:
    return [(fact.previous, fact.state, fact.lasted_s) for fact in line.facts(AgentStateChanged)]


def test_who_is_given_the_next_caller_at_once_is_not_shown_as_free_for_no_time_at_all() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(30)
    line.agent_hangs_up("c1")
    assert states(line)[2:] == [("ringing", "talking", 0.0), ("talking", "ringing", 30.0)]
    line.answers("c2")
    line.agent_hangs_up("c2")
    assert states(line)[4:] == [("ringing", "talking", 0.0), ("talking", "ready", 0.0)], "nobody waits for them"


def test_nor_is_who_has_a_caller_at_the_end_of_after_call_work_or_of_a_pause() -> None:
    line = Line("1001", wrapup_s=10)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.agent_hangs_up("c1")
    line.passes(10)
    assert states(line)[-1] == ("wrapup", "ringing", 10.0)
    line.wishes("1001", "paused", "meal")
    line.fails("c2", "BUSY")
    line.arrives("c3", "request")
    line.passes(5)
    line.wishes("1001", "ready")
    assert states(line)[-2:] == [("ringing", "paused", 0.0), ("paused", "ringing", 5.0)]


def test_who_is_held_back_is_free_and_shown_so() -> None:
    line = Line((profile("1001"), profile("1002", "request")), reserve=1, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.arrives("c2", "funeral")
    line.answers("c1")
    line.answers("c2")
    line.arrives("c3", "request")
    line.agent_hangs_up("c2")
    assert (line.offered, line.shown("1001")) == ({}, "ready"), "the only one for urgent callers"
    line.agent_hangs_up("c1")
    assert line.offered == {"1002": "c3"}
