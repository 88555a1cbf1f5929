"""Which callers may queue, with nobody on duty and out of hours; and what happens to the others."""

from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import ReleaseCall
from acd.engine.model.config import Relaxation, Schedule, Service
from acd.engine.model.events import CallDetached, ConfigChanged, EngineStarted, KeyPressed
from acd.engine.model.facts import CallOverflowed, CallQueued
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.rules.admission import is_open
from tests.acd.engine.line import Line, profile

REQUEST, AGENT, FUNERAL = ServiceId("request"), ServiceId("agent"), ServiceId("funeral")

DAY = Schedule(id="office", open=((1000.0, 1100.0), (1200.0, 1300.0)), known_until=2000.0)
"""Open from 1000 to 1100 and from 1200, all known up to 2000."""


def lined(*agents: str, rules: dict[str, Any] | None = None, **service: Any) -> Line:
    """`request` as given, beside `agent` and urgent `funeral`; agents as `1001=request`."""
    services = (Service(id=REQUEST, **service), Service(id=AGENT), Service(id=FUNERAL, priority="urgent"))
    profiles = tuple(profile(*one.split("=")) for one in agents)
    return Line(profiles, services, wrapup_s=0, empty_grace_s=10, **(rules or {}))


def released(line: Line) -> list[tuple[str, str, str]]:
    """Callers released by the last step: why, and with which words."""
    return [(one.call, one.reason, one.announce) for one in line.commands if isinstance(one, ReleaseCall)]


def moves(line: Line) -> list[tuple[str, str, str]]:
    return [(fact.call, fact.to, fact.why) for fact in line.facts(CallOverflowed)]


# --- nobody on duty


def test_as_shipped_a_caller_waits_with_nobody_on_duty() -> None:
    line = lined("1001=request")
    line.arrives("c1", "request")
    line.passes(3600)
    assert line.engine.state.calls[CallId("c1")].phase == "waiting"


def test_with_nobody_on_duty_a_caller_is_told_so_and_let_go() -> None:
    line = lined("1001=request", "1002=agent", join_empty="release")
    line.ready("1002")
    line.arrives("c1", "request")
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.wait_s, end.service, end.hangup_by) == ("no_agents", None, "request", "system")
    assert not line.facts(CallQueued)


def test_an_agent_who_talks_is_on_duty_and_one_on_a_break_is_not() -> None:
    line = lined("1001=request", join_empty="release")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    assert released(line) == []
    line.wishes("1001", "paused", "break")
    line.arrives("c3", "request")
    assert [call for call, _, _ in released(line)] == ["c3"]


def test_whom_relaxation_would_bring_counts() -> None:
    line = lined("1001=request", min_level=3, relax=(Relaxation(after_s=60, level=1),), join_empty="release")
    line.ready("1001")
    line.arrives("c1", "request")
    assert line.offered == {"1001": "c1"}


def test_with_nobody_on_duty_a_caller_goes_where_the_service_overflows() -> None:
    line = lined("1001=request", "1002=agent", join_empty="overflow", overflow_to=AGENT)
    line.ready("1002")
    line.arrives("c1", "request")
    assert line.offered == {"1002": "c1"}
    assert moves(line) == [("c1", "agent", "join_empty")]


def test_when_the_last_agent_goes_who_waits_is_let_go_after_a_while() -> None:
    line = lined("1001=request", "1002=agent", leave_empty="release")
    line.ready("1001", "1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.wishes("1001", "offline")
    line.passes(9.9)
    assert line.engine.state.calls[CallId("c1")].phase == "waiting"
    line.passes(0.1)
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s) == ("no_agents", 10)


def test_who_comes_back_in_time_keeps_the_callers() -> None:
    line = lined("1001=request", leave_empty="release")
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.wishes("1001", "paused", "break")
    line.passes(5)
    line.wishes("1001", "ready")
    line.passes(60)
    assert line.engine.state.calls[CallId("c1")].phase == "waiting"


def test_a_caller_who_is_back_from_the_ring_of_an_agent_who_paused_waits_for_nobody() -> None:
    line = lined("1001=request", leave_empty="release", rules={"max_misses": 5})
    line.ready("1001")
    line.arrives("c1", "request")
    line.wishes("1001", "paused", "break")
    assert line.offered == {"1001": "c1"}
    line.fails("c1", "NOANSWER")
    line.passes(10)
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]


def test_a_caller_is_let_go_only_when_they_are_back_from_a_transfer() -> None:
    """They have no session before, and could hear no word."""
    line = lined("1001=request", leave_empty="release", transfer_code="2")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.sends("c1", "*82")
    line.wishes("1001", "offline")
    line.passes(60)
    assert released(line) == []
    line.comes_back("c1", leg, "*82")
    line.passes(10)
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]


def test_nobody_is_looked_at_who_may_wait_and_no_service_for_which_nobody_waits() -> None:
    line = lined("1001=request agent", "1002=request agent", leave_empty="release")
    line.ready("1001", "1002")
    for call in ("c0", "c1"):
        line.arrives(call, "agent")
        line.answers(call)
    line.arrives("c2", "agent")
    line.wishes("1001", "paused", "break")
    line.wishes("1002", "paused", "break")
    assert not [timer for timer in line.timers if timer.startswith("empty")]
    line.passes(5)
    line.arrives("c3", "request")
    line.passes(9.9)
    assert line.engine.state.calls[CallId("c3")].phase == "waiting", "they are given the whole time"
    line.passes(0.1)
    assert released(line) == [("c3", "no_agents", "queue_goodbye_no_agents")]


def test_who_waits_alone_is_moved_and_the_waiting_time_goes_on() -> None:
    line = lined("1001=request", "1002=agent", leave_empty="overflow", overflow_to=AGENT)
    line.arrives("c1", "request")
    line.ready("1002")
    line.passes(10)
    assert line.offered == {"1002": "c1"}
    assert moves(line) == [("c1", "agent", "leave_empty")]
    line.answers("c1")
    line.caller_gone("c1")
    assert line.outcome("c1").wait_s == 10


def test_who_said_it_is_urgent_is_not_let_go() -> None:
    line = lined("1001=request", leave_empty="release", rules={"escalation_key": "9"})
    line.arrives("c1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    line.passes(3600)
    assert line.engine.state.calls[CallId("c1")].phase == "waiting"


@pytest.mark.parametrize("closed", [{"hours": "office"}, {"join_empty": "release"}])
def test_who_said_it_is_urgent_is_not_let_go_where_they_are_moved_to_either(closed: dict[str, Any]) -> None:
    services = (Service(id=REQUEST, max_wait_s=10, overflow_to=AGENT), Service(id=AGENT, **closed))
    line = Line((profile("1001", "request"),), services, escalation_key="9", schedules=(DAY,))
    line.at = 1150.0
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    line.passes(10)
    assert moves(line) == [("c1", "agent", "max_wait"), ("c2", "agent", "max_wait")]
    assert [line.engine.state.calls[CallId(call)].phase for call in ("c1", "c2")] == ["waiting", "leaving"]


def test_it_is_looked_at_after_a_restart_too() -> None:
    line = lined("1001=request", leave_empty="release")
    line.arrives("c1", "request")
    line.passes(4)
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    line.passes(8)
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]


def test_it_is_not_looked_at_while_callers_are_on_their_way_back_from_a_restart() -> None:
    line = lined("1001=request", leave_empty="release", rules={"regroup_s": 4.5})
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.passes(8)
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    line.passes(4)
    assert (line.engine.state.calls[CallId("c1")].phase, line.timers["empty:request"]) == ("waiting", 1013.0)
    line.passes(1)
    assert released(line)[0] == ("c1", "no_agents", "queue_goodbye_no_agents")


def test_who_came_first_is_moved_first_and_has_the_agent_there() -> None:
    line = lined("1001=request", "1002=agent", leave_empty="overflow", overflow_to=AGENT)
    line.ready("1002")
    line.arrives("z", "request")
    line.arrives("a", "request")
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at))
    line.attaches("a")
    line.attaches("z")
    line.passes(10)
    assert moves(line) == [("z", "agent", "leave_empty"), ("a", "agent", "leave_empty")]
    assert line.offered == {"1002": "z"}


def test_who_speaks_another_language_than_all_on_duty_is_alone() -> None:
    line = Line(
        (profile("1001", languages="tr"),), (Service(id=REQUEST, join_empty="release"), Service(id=AGENT)), wrapup_s=0
    )
    line.ready("1001")
    line.arrives("c1", "request", language="en")
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]
    line.arrives("c2", "request", language="tr")
    assert line.offered == {"1001": "c2"}


def test_for_an_urgent_caller_the_backup_tier_is_somebody() -> None:
    services = (
        Service(id=FUNERAL, priority="urgent", join_empty="overflow", overflow_to=ServiceId("ambulance")),
        Service(id=ServiceId("ambulance"), priority="urgent"),
        Service(id=REQUEST, join_empty="overflow", overflow_to=AGENT),
        Service(id=AGENT),
    )
    line = Line((profile("1001", backup=True),), services, backup_after_s=30)
    line.ready("1001")
    line.arrives("u1", "funeral")
    line.arrives("r1", "request")
    assert moves(line) == [("r1", "agent", "join_empty")]
    line.passes(30)
    assert line.offered == {"1001": "u1"}


def test_rules_that_let_all_wait_count_at_once() -> None:
    line = lined("1001=request", leave_empty="release")
    line.arrives("c1", "request")
    line.passes(5)
    line.do(ConfigChanged(at=line.at, config=lined("1001=request").config))
    line.passes(60)
    assert line.engine.state.calls[CallId("c1")].phase == "waiting"


# --- hours


def test_a_schedule_is_open_from_and_to_before() -> None:
    times = (999.9, 1000, 1099.9, 1100, 1199.9, 1200, 1300, 1999.9)
    assert [is_open(DAY, at) for at in times] == [False, True, True, False, False, True, False, False]


def test_beyond_what_is_known_it_is_open() -> None:
    assert is_open(DAY, 2000.0)
    assert is_open(None, 5.0)


def test_who_comes_when_closed_is_told_so_and_let_go() -> None:
    line = lined("1001=", hours="office", closed_prompt="closed_for_bayram", rules={"schedules": (DAY,)})
    line.ready("1001")
    line.at = 1150.0
    line.arrives("c1", "request")
    assert released(line) == [("c1", "closed", "closed_for_bayram")]
    line.caller_gone("c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").wait_s) == ("closed", None)
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}, "an urgent service is always open"


def test_where_only_a_long_wait_leads_to_another_service_whoever_comes_when_closed_is_let_go() -> None:
    line = lined("1001=agent", hours="office", max_wait_s=60, overflow_to=AGENT, rules={"schedules": (DAY,)})
    line.ready("1001")
    line.passes(100)
    line.arrives("c1", "request")
    assert released(line) == [("c1", "closed", "queue_goodbye_closed")]
    assert (moves(line), line.offered) == ([], {})


def test_when_closed_a_caller_may_go_to_another_service() -> None:
    line = lined("1001=agent", hours="office", closed="overflow", overflow_to=AGENT, rules={"schedules": (DAY,)})
    line.ready("1001")
    line.at = 1150.0
    line.arrives("c1", "request")
    assert line.offered == {"1001": "c1"}
    assert moves(line) == [("c1", "agent", "closed")]


def test_who_came_before_it_closed_is_served() -> None:
    line = lined("1001=", hours="office", rules={"schedules": (DAY,)})
    line.at = 1099.0
    line.arrives("c1", "request")
    line.passes(20)
    line.ready("1001")
    assert line.offered == {"1001": "c1"}


def test_a_chain_of_overflow_ends_with_a_word() -> None:
    services = (
        Service(id=REQUEST, hours="office", closed="overflow", overflow_to=AGENT),
        Service(id=AGENT, join_empty="release"),
    )
    line = Line((profile("1001"),), services, schedules=(DAY,))
    line.at = 1150.0
    line.arrives("c1", "request")
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]


def test_who_had_no_session_when_the_last_one_went_is_looked_at_once_they_are_back() -> None:
    line = lined("1001=request", leave_empty="release")
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=CallId("c1")))
    line.wishes("1001", "offline")
    assert not line.engine.state.empty_due
    line.attaches("c1")
    line.passes(10)
    assert released(line) == [("c1", "no_agents", "queue_goodbye_no_agents")]


def test_who_waits_alone_is_moved_to_the_service_that_is_named_and_on_from_there() -> None:
    """Neither is the one for all that is unknown."""
    services = (
        Service(id=ServiceId("request"), leave_empty="overflow", overflow_to=ServiceId("night")),
        Service(id=ServiceId("night"), join_empty="overflow", overflow_to=ServiceId("last")),
        Service(id=ServiceId("last")),
        Service(id=FUNERAL, priority="urgent"),
        Service(id=AGENT),
    )
    line = Line((profile("1001", "request"), profile("1002", "last")), services, empty_grace_s=10)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.ready("1002")
    line.wishes("1001", "offline")
    line.passes(10)
    assert moves(line) == [("c1", "night", "leave_empty"), ("c1", "last", "join_empty")]
    assert line.offered == {"1002": "c1"}
