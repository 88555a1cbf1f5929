"""New rules while callers are on the line: talks are left alone, and waiting callers wait by the new rules."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.config import AgentProfile, Announcements, Relaxation, Service
from acd.engine.model.events import ConfigChanged, KeyPressed
from acd.engine.model.facts import AgentStateChanged, CallReclassed, PreferenceEnded
from acd.engine.model.ids import AgentId, CallId, ServiceId
from tests.acd.engine.line import Line, profile

REQUEST, AGENT = ServiceId("request"), ServiceId("agent")
FUNERAL = Service(id=ServiceId("funeral"), priority="urgent")
SERVICES = (Service(id=REQUEST), FUNERAL, Service(id=AGENT))


def reloads(line: Line, **rules: Any) -> None:
    line.config = msgspec.structs.replace(line.config, **rules)
    line.do(ConfigChanged(at=line.at, config=line.config))


def three(**rules: Any) -> Line:
    """One caller talks, one rings, one waits."""
    line = Line("1001 1002", SERVICES, **rules)
    line.ready("1001", "1002")
    for call in ("talks", "rings", "waits"):
        line.arrives(call, "request")
        if call == "talks":
            line.answers(call)
    return line


def running(line: Line, kind: str) -> dict[str, float]:
    """Whose timer of a kind runs, and when it is due."""
    return {timer.partition(":")[2]: due for timer, due in line.timers.items() if timer.startswith(f"{kind}:")}


def test_a_longest_wait_and_less_that_is_asked_count_for_who_waits_or_rings_from_when_they_came() -> None:
    line = three()
    line.passes(5)
    since = line.at - 5
    step = Relaxation(after_s=60, any_language=True)
    reloads(line, services=(Service(id=REQUEST, max_wait_s=600, relax=(step,)), *SERVICES[1:]))
    assert running(line, "maxwait") == {"rings": since + 600, "waits": since + 600}
    assert running(line, "relax") == {"rings": since + 60, "waits": since + 60}


@pytest.mark.parametrize("call", ["talks", "rings", "waits"])
def test_a_routine_caller_stays_routine(call: str) -> None:
    line = three()
    reloads(line, wrapup_s=1)
    assert line.engine.state.calls[CallId(call)].priority == "routine"


def test_who_said_that_it_is_urgent_and_is_rung_for_stays_urgent() -> None:
    line = Line("1001", escalation_key="9")
    line.arrives("c1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    line.ready("1001")
    assert line.offered == {"1001": "c1"}
    reloads(line, wrapup_s=1)
    assert line.engine.state.calls[CallId("c1")].priority == "urgent"


def test_a_caller_who_said_that_it_is_urgent_stays_urgent_in_the_talk_and_in_the_record() -> None:
    line = Line("1001", escalation_key="9")
    line.arrives("c1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    line.ready("1001")
    line.answers("c1")
    reloads(line, wrapup_s=1)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert line.outcome("c1").priority == "urgent"


def test_where_a_service_is_no_more_its_callers_wait_for_the_default_one_and_for_no_one_agent() -> None:
    """All that it asks is asked, whatever had been asked less of the other's agents."""
    easy = (Relaxation(after_s=1, any_language=True), Relaxation(after_s=2, any_language=True))
    agents = (profile("1001", languages="tr"), profile("1003", "agent:2", languages="tr"))
    services = (Service(id=REQUEST), FUNERAL, Service(id=AGENT, min_level=2, relax=(Relaxation(after_s=60, level=1),)))
    line = Line(agents, (msgspec.structs.replace(services[0], relax=easy), *services[1:]), owner_first_s=20)
    line.ready("1001", "1003")
    for call, service in (("c0", "request"), ("c3", "agent")):
        line.arrives(call, service)
        line.answers(call)
    line.arrives("c1", "request", preferred=AgentId("1001"))
    line.passes(5)
    reloads(line, services=services[1:])
    assert [(fact.call, fact.agent, fact.why) for fact in line.facts(PreferenceEnded)] == [("c1", "1001", "moved")]
    assert running(line, "preferred") == {}
    assert running(line, "relax") == {"c1": line.at + 60}
    assert line.engine.state.calls[CallId("c1")].service == "agent"


# --- what waiting callers are told


def test_who_waits_and_was_to_be_told_nothing_is_told_where_they_stand_from_now() -> None:
    line = three()
    line.passes(5)
    reloads(line, announcements=(Announcements(priority="routine", position=True, after_s=30),))
    assert running(line, "announce").get("waits") == line.at + 25


def test_who_was_told_once_or_is_to_be_told_is_told_by_the_rules_they_came_under() -> None:
    once = Announcements(priority="routine", position=True, after_s=20, every_s=0)
    line = Line("1001", SERVICES, announcements=(once,))
    line.arrives("waits", "request")
    line.passes(10)
    line.arrives("later", "request")
    line.passes(10)
    due = running(line, "announce")
    assert "waits" not in due, "told, and not again"
    reloads(line, announcements=(msgspec.structs.replace(once, after_s=40),))
    assert running(line, "announce") == due


# --- agents


def of_agent(line: Line, agent: str) -> list[tuple[str, float]]:
    return [(fact.state, fact.lasted_s) for fact in line.facts(AgentStateChanged) if fact.agent == agent]


def test_an_agent_is_on_the_list_from_when_it_was_read() -> None:
    line = Line("1001")
    line.passes(10)
    agents: tuple[AgentProfile, ...] = (*line.config.agents, profile("1002"))
    reloads(line, agents=agents)
    line.passes(30)
    line.ready("1002")
    assert of_agent(line, "1002") == [("ready", 30)]


def test_the_backup_tier_is_rung_by_the_strategy_as_the_first() -> None:
    line = Line(
        (profile("1002", backup=True), profile("1001", backup=True)), SERVICES, strategy="linear", backup_after_s=5
    )
    line.ready("1001", "1002")
    line.arrives("u1", "funeral")
    line.passes(5)
    assert line.offered == {"1002": "u1"}


def test_each_state_of_an_agent_is_told_with_its_reason_the_one_before_it_and_how_long_that_was() -> None:
    line = Line("1001")
    line.passes(5)
    line.ready("1001")
    line.passes(10)
    line.wishes("1001", "paused", "lunch")
    line.passes(20)
    line.wishes("1001", "paused", "meeting")
    line.passes(30)
    line.wishes("1001", "ready")
    told = [
        (fact.state, fact.reason, fact.previous, fact.previous_reason, fact.lasted_s)
        for fact in line.facts(AgentStateChanged)
    ]
    assert told == [
        ("ready", "", "offline", "", 5),
        ("paused", "lunch", "ready", "", 10),
        ("paused", "meeting", "paused", "lunch", 20),
        ("ready", "", "paused", "meeting", 30),
    ]
    line.arrives("c1", "request")
    line.answers("c1")
    assert [(fact.state, fact.call) for fact in line.facts(AgentStateChanged)][4:] == [
        ("ringing", "c1"),
        ("talking", "c1"),
    ]


def test_whose_class_is_another_is_told_and_nobody_else() -> None:
    line = Line("1001", SERVICES)
    line.arrives("c1", "request")
    line.arrives("c2", "agent")
    reloads(line, wrapup_s=1)
    assert line.facts(CallReclassed) == []
    reloads(line, services=(Service(id=REQUEST, priority="urgent"), *SERVICES[1:]))
    told = [(fact.call, fact.service, fact.priority) for fact in line.facts(CallReclassed)]
    assert told == [("c1", "request", "urgent")]


# --- a class that becomes urgent


BACKED = (profile("1001"), profile("1009", backup=True))
URGENT_REQUEST = (Service(id=REQUEST, priority="urgent"), *SERVICES[1:])


@pytest.mark.parametrize("rings", [True, False])
def test_a_caller_whose_service_becomes_urgent_reaches_the_backup_tier_and_counts_as_load(rings: bool) -> None:
    line = Line(BACKED, SERVICES, backup_after_s=30)
    line.ready("1009", *(("1001",) if rings else ()))
    line.arrives("c1", "request")
    line.passes(5)
    reloads(line, services=URGENT_REQUEST)
    assert line.engine.state.urgent_rate > 0
    if rings:
        line.fails("c1", "NOANSWER")
    line.passes(24.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1009": "c1"}


def test_an_urgent_caller_reaches_a_backup_tier_that_is_new() -> None:
    line = Line("1001 1009", SERVICES, backup_after_s=30)
    line.arrives("u1", "funeral")
    line.passes(5)
    reloads(line, agents=BACKED)
    line.ready("1009")
    line.passes(24.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1009": "u1"}


def test_a_caller_whose_service_becomes_urgent_waits_for_no_one_agent() -> None:
    line = Line("1001 1002", SERVICES, owner_first_s=60)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request", preferred=AgentId("1001"))
    reloads(line, services=URGENT_REQUEST)
    assert [(fact.call, fact.why) for fact in line.facts(PreferenceEnded)] == [("c1", "urgent")]
    line.ready("1002")
    assert line.offered == {"1002": "c1"}


# --- nobody on duty


def test_a_service_that_is_back_is_watched_again() -> None:
    left = (Service(id=REQUEST, leave_empty="release"), *SERVICES[1:])
    line = Line("1001", left, empty_grace_s=10)
    line.arrives("c1", "request")
    assert list(line.engine.state.empty_due) == ["request"]
    reloads(line, services=left[1:])
    line.passes(60)
    reloads(line, services=left)
    assert line.engine.state.empty_due == {}
    line.arrives("c2", "request")
    line.passes(10)
    assert line.engine.state.calls[CallId("c2")].phase == "leaving"


def test_a_caller_who_waits_when_a_service_lets_go_of_callers_from_now_is_let_go() -> None:
    line = Line("1001", SERVICES, empty_grace_s=10)
    line.arrives("c1", "request")
    reloads(line, services=(Service(id=REQUEST, leave_empty="release"), *SERVICES[1:]))
    line.passes(10)
    assert line.engine.state.calls[CallId("c1")].phase == "leaving"
