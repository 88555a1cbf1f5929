"""The last places of a line are for callers who press that it is urgent."""

from typing import Any

from acd.engine.model.commands import ReleaseCall, RunFlow
from acd.engine.model.events import CallAttached, CallImported, EngineStarted, FlowFinished
from acd.engine.model.facts import CallEntered, CallReleased
from acd.engine.model.ids import CallId, NodeId
from tests.acd.engine.calling_back import line_of, presses, queued
from tests.acd.engine.line import Line


def full_line(**rules: Any) -> Line:
    """A line that nobody answers: two of five places are for emergencies, and three callers wait."""
    line = Line("1001", most_calls=5, emergency_places=2, **rules)
    for n in range(3):
        line.arrives(f"r{n}", "request")
    return line


def run_flow(line: Line) -> RunFlow:
    (command,) = (one for one in line.commands if isinstance(one, RunFlow))
    return command


def test_who_comes_while_there_is_room_is_led_through_the_menu() -> None:
    line = Line("1001", most_calls=5, emergency_places=2)
    for n in range(3):
        line.attaches(f"r{n}")
        assert not run_flow(line).full
        line.chooses(f"r{n}", "request")
    assert [call.phase for call in line.engine.state.calls.values()] == ["waiting"] * 3


def test_who_comes_when_only_the_last_places_are_left_is_asked_whether_it_is_urgent() -> None:
    line = full_line()
    line.attaches("r3")
    assert run_flow(line).full
    assert [fact.full for fact in line.facts(CallEntered)] == [False, False, False, True]


def test_who_does_not_say_so_is_told_and_let_go() -> None:
    line = full_line()
    line.arrives("r3", "request")
    assert [one.announce for one in line.commands if isinstance(one, ReleaseCall)] == ["queue_goodbye_full"]
    assert [(fact.call, fact.outcome) for fact in line.facts(CallReleased)] == [("r3", "line_full")]
    line.caller_gone("r3")
    end = line.outcome("r3")
    assert (end.outcome, end.wait_s, end.service, end.hangup_by) == ("line_full", None, "request", "system")


def test_who_says_so_waits_like_any_urgent_caller() -> None:
    line = full_line()
    line.arrives("u1", "funeral")
    line.ready("1001")
    assert line.offered == {"1001": "u1"}


def test_a_place_that_has_become_free_meanwhile_is_theirs() -> None:
    line = full_line()
    line.attaches("r3")
    line.caller_gone("r0")
    line.chooses("r3", "request")
    assert line.engine.state.calls[CallId("r3")].phase == "waiting"


def test_who_came_before_is_not_let_go_though_urgent_callers_took_the_last_places() -> None:
    line = Line("1001", most_calls=5, emergency_places=2)
    line.attaches("r0")
    for n in range(4):
        line.arrives(f"u{n}", "funeral")
    line.chooses("r0", "request")
    assert line.engine.state.calls[CallId("r0")].phase == "waiting"


def test_urgent_callers_are_never_let_go_for_it() -> None:
    line = full_line()
    for n in range(6):
        line.arrives(f"u{n}", "funeral")
    assert {call.phase for call in line.engine.state.calls.values()} == {"waiting"}


def test_who_needs_nobody_has_had_what_they_wanted() -> None:
    line = full_line()
    line.attaches("i1")
    line.do(FlowFinished(at=line.at, call=CallId("i1")))
    line.caller_gone("i1")
    assert line.outcome("i1").outcome == "self_served"


def test_after_a_restart_they_are_still_asked() -> None:
    line = full_line(regroup_s=0.0)
    line.attaches("r3")
    line.do(EngineStarted(at=line.at))
    line.do(CallAttached(at=line.at, call=CallId("r3"), node=NodeId("ast1"), channel="PJSIP/trunk-r3"))
    assert run_flow(line).full


def test_who_is_to_be_called_back_has_no_place() -> None:
    line = line_of(most_calls=3, emergency_places=1)
    queued(line, "c1")
    presses(line, "c1", "2")
    line.caller_gone("c1")
    line.arrives("r1", "request")
    line.attaches("r2")
    assert not run_flow(line).full
    line.attaches("r3")
    assert run_flow(line).full


def test_whom_the_standby_had_has_a_place_already() -> None:
    line = full_line()
    line.do(
        CallImported(at=line.at, call=CallId("s1"), node=NodeId("ast1"), channel="PJSIP/trunk-s1",
                     arrived_at=line.at - 9, urgent=False, queued_at=line.at - 5)
    )  # fmt: skip
    assert line.engine.state.calls[CallId("s1")].phase == "waiting"


def test_a_line_whose_ports_are_not_known_is_never_full() -> None:
    line = Line("1001")
    for n in range(50):
        line.arrives(f"r{n}", "request")
    assert {call.phase for call in line.engine.state.calls.values()} == {"waiting"}
