"""Agents for urgent callers: those held back for them, and the backup tier."""

import time
from typing import Any

import pytest

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, EngineStarted, ServiceChosen, TimerFired
from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId, TimerId
from acd.engine.model.state import Mean
from acd.engine.rules.urgent import for_backup
from tests.acd.engine.line import Line, profile

# --- headroom


def test_reserved_agents_are_for_urgent_callers() -> None:
    line = Line("1001 1002", reserve=1, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1001": "r1"}
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1", "1002": "u1"}


def test_who_can_take_no_urgent_caller_is_not_held_back_for_them() -> None:
    agents = (profile("1001"), profile("1002", "request"), profile("1003", "request funeral"))
    line = Line(agents, reserve=1, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    assert line.offered == {"1002": "r1"}, "1001 is the only one for urgent callers, though idle longer"
    line.arrives("r2", "request")
    line.arrives("r3", "agent")
    assert line.offered == {"1002": "r1"}
    line.answers("r1")
    line.agent_hangs_up("r1")
    assert line.offered == {"1002": "r2"}, "idle again, and no more held back than before"
    line.ready("1003")
    assert line.offered == {"1002": "r2", "1001": "r3"}, "another is there for urgent callers"


def test_who_speaks_one_language_only_is_held_back_for_those_who_speak_it() -> None:
    line = Line((profile("1001", languages="tr"), profile("1002", languages="en")), reserve=1)
    line.ready("1001")
    line.arrives("r1", "request")
    assert line.offered == {}
    line.ready("1002")
    assert line.offered == {"1001": "r1"}


def test_one_idle_agent_more_frees_another_though_nobody_waits_for_the_first_in_line() -> None:
    agents = (profile("1001", "agent funeral"), profile("1002", "request funeral"))
    line = Line(agents, reserve=1, strategy="linear")
    line.ready("1002")
    line.arrives("r1", "request")
    assert line.offered == {}
    line.ready("1001")
    assert line.offered == {"1002": "r1"}


def test_one_idle_agent_more_frees_whoever_has_not_let_the_caller_pass() -> None:
    line = Line("1001 1002", reserve=1, wrapup_s=0, strategy="linear", skip_s=60, max_misses=5)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    assert line.offered == {"1001": "r1"}
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert line.offered == {}, "the only one idle is held back"
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available"))
    assert line.offered == {"1002": "r1"}, "1001 is first in line, and has just let them pass"


def test_headroom_follows_the_urgent_load_and_goes_with_it() -> None:
    line = Line("1001 1002 1003 1004 1005", headroom=1, headroom_from=5, wrapup_s=0)
    line.ready("1001", "1002", "1003", "1004", "1005")
    for n in range(5):
        line.arrives(f"r{n}", "request")
    assert len(line.offered) == 5, "no urgent calls, no headroom"
    for n in range(5):
        line.answers(f"r{n}")
        line.agent_hangs_up(f"r{n}")
    for n in range(4):
        line.arrives(f"u{n}", "funeral")
        line.answers(f"u{n}")
    line.passes(300)
    for n in range(4):
        line.agent_hangs_up(f"u{n}")
    for n in range(5):
        line.arrives(f"s{n}", "request")
    assert len(line.offered) == 4, "one held back"
    for n in range(4):
        line.answers(f"s{n}")
    line.passes(2000)
    assert any(fact.call == "s4" for fact in line.facts(OfferMade)), "the load has gone, and the timer looked again"


def test_headroom_counts_after_call_work_as_it_is_done_not_as_it_is_allowed() -> None:
    agents = "1001 1002 1003 1004 1005"
    line = Line(agents, headroom=1, headroom_from=5, wrapup_s=3600)
    line.ready(*agents.split())
    for n in range(4):
        line.arrives(f"u{n}", "funeral")
        line.answers(f"u{n}")
    line.passes(50)
    for n in range(4):
        line.agent_hangs_up(f"u{n}")
    line.passes(10)
    line.ready(*agents.split())  # which ends their work
    for n in range(5):
        line.arrives(f"r{n}", "request")
    assert len(line.offered) == 5, "60 s a call at four calls in a quarter of an hour are no load of an agent's"
    for n in range(5):
        line.answers(f"r{n}")
    line.passes(1)
    for n in range(5):
        line.agent_hangs_up(f"r{n}")
    line.passes(600)  # of after-call work
    line.ready(*agents.split())
    for n in range(4):
        line.arrives(f"v{n}", "funeral")
        line.caller_gone(f"v{n}")
    for n in range(5):
        line.arrives(f"s{n}", "request")
    assert len(line.offered) == 4, "one held back: the work took ten minutes"


def test_with_few_on_duty_nobody_is_held_back() -> None:
    line = Line("1001 1002", headroom=2, headroom_from=3, wrapup_s=0)
    line.ready("1001", "1002")
    line.engine.state.urgent_rate, line.engine.state.urgent_rate_at = 1.0, line.at
    line.engine.state.urgent_talk = Mean(value=100.0, count=1)
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1001": "r1", "1002": "r2"}


def test_when_headroom_lapses_it_is_the_turn_of_who_came_first() -> None:
    line = Line("1001 1002", headroom=1, headroom_from=1, wrapup_s=0)
    line.engine.state.urgent_talk = Mean(value=451.0, count=1)  # with one urgent caller half an erlang, for 2 s
    line.ready("1001", "1002")
    line.arrives("u1", "funeral")
    line.arrives("r1", "request")
    assert line.offered == {"1001": "u1"}
    line.passes(3)
    line.arrives("r2", "request")
    assert line.offered == {"1001": "u1", "1002": "r1"}


# --- the backup tier


def test_without_a_backup_tier_nothing_is_waited_for() -> None:
    line = Line("1001", backup_after_s=5)
    line.arrives("u1", "funeral")
    assert line.timers == {}


def test_the_backup_tier_is_rung_for_urgent_callers_after_a_time() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=30)
    line.ready("1009")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    line.passes(29.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1009": "u1"}
    line.answers("u1")
    line.agent_hangs_up("u1")
    line.passes(10)
    assert line.offered == {}, "never a routine caller"


def test_an_agent_of_the_backup_tier_who_comes_late_gets_whoever_waits_for_them() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5)
    line.arrives("u1", "funeral")
    line.passes(6)
    line.ready("1009")
    assert line.offered == {"1009": "u1"}


def test_a_caller_who_comes_back_from_the_backup_tier_gets_an_idle_agent_of_the_first_tier() -> None:
    """The freed agent of the backup tier is matched before the caller: they must not be rung again meanwhile."""
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5)
    line.ready("1009")
    line.arrives("u1", "funeral")
    line.passes(5)
    assert line.offered == {"1009": "u1"}
    line.ready("1001")
    line.attaches("u1")
    assert line.offered == {"1001": "u1"}


@pytest.mark.parametrize("backup", [True, False])
def test_an_agent_whose_caller_goes_to_an_idle_one_is_matched_again(backup: bool) -> None:
    agents = (profile("1001", "funeral"), profile("1009", backup=backup))
    line = Line(agents, backup_after_s=5, wrapup_s=60, wrapup_recall=True)
    line.ready("1009")
    if not backup:
        line.arrives("c1", "request")
        line.answers("c1")
        line.agent_hangs_up("c1")
    line.arrives("u1", "funeral")
    line.arrives("u2", "ambulance")
    line.passes(5)
    assert line.offered == {"1009": "u1"}
    line.ready("1001")
    line.attaches("u1")
    assert line.offered == {"1001": "u1", "1009": "u2"}


def test_a_caller_who_comes_back_from_after_call_work_gets_an_idle_agent() -> None:
    """The agent goes on with their work, which is not interrupted again for the same caller meanwhile."""
    line = Line("1001 1002", wrapup_s=60, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
    line.ready("1002")
    line.attaches("u1")
    assert line.offered == {"1002": "u1"}
    assert line.shown("1001") == "wrapup"


def test_of_those_who_waited_long_enough_the_backup_tier_gets_whom_it_can_take_and_has_not_let_pass() -> None:
    agents = (profile("1001"), profile("1008", "funeral", backup=True), profile("1009", backup=True))
    line = Line(agents, backup_after_s=5, wrapup_s=0, skip_s=100, max_misses=5)
    line.arrives("a", "ambulance")
    line.passes(1)
    line.arrives("f1", "funeral")
    line.passes(5)
    line.arrives("f2", "funeral")
    line.ready("1008")
    assert line.offered == {"1008": "f1"}, "an ambulance is not theirs to send"
    line.fails("f1", "NOANSWER")
    assert line.offered == {}, "they let f1 pass, and f2 has not waited long enough"
    line.passes(5)
    assert line.offered == {"1008": "f2"}
    line.ready("1009")
    assert line.offered == {"1008": "f2", "1009": "a"}
    line.answers("a")
    line.agent_hangs_up("a")
    assert line.offered == {"1008": "f2", "1009": "f1"}


@pytest.mark.parametrize("waits", ["meanwhile", "since before"])
def test_one_of_the_backup_tier_who_has_let_a_caller_pass_is_rung_for_the_next_one(waits: str) -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5, skip_s=100, max_misses=5)
    line.ready("1009")
    line.arrives("u1", "funeral")
    if waits == "since before":
        line.arrives("u2", "funeral")
    line.passes(5)
    assert line.offered == {"1009": "u1"}
    if waits == "meanwhile":
        line.arrives("u2", "funeral")
        line.passes(5)
    line.fails("u1", "NOANSWER")
    assert line.offered == {"1009": "u2"}


def test_a_restart_during_the_talk_does_not_forget_the_backup_tier_for_who_is_handed_on() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=30, wrapup_s=60)
    line.ready("1001", "1009")
    line.arrives("u1", "funeral")
    line.answers("u1")
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.comes_back("u1", line.sends("u1", "*99"), "*99")
    line.passes(29)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1009": "u1"}


@pytest.mark.parametrize(
    "limits", [{"max_wait_s": 10}, {"join_empty": "overflow"}, {"leave_empty": "overflow"}, {"max_waiting": 1}]
)
def test_a_caller_who_becomes_urgent_by_overflow_reaches_the_backup_tier_and_counts_as_load(
    limits: dict[str, Any],
) -> None:
    funeral = Service(id=ServiceId("funeral"), priority="urgent")
    request = Service(id=ServiceId("request"), overflow_to=funeral.id, **limits)
    agents = (profile("1001"), profile("1009", backup=True))
    line = Line(agents, (funeral, request, Service(id=ServiceId("agent"))), backup_after_s=30)
    line.arrives("r0", "request")
    line.arrives("r1", "request")
    line.ready("1009")
    line.passes(29.9)
    assert line.engine.state.urgent_rate > 0
    assert line.offered == {}
    line.passes(0.1)
    assert len(line.offered) == 1


def test_finding_a_caller_for_the_backup_tier_costs_the_same_however_many_wait() -> None:
    def seconds(waiting: int) -> float:
        line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=0)
        for n in range(waiting):
            call = CallId(f"c{n}")
            line.engine.handle(CallAttached(at=line.at, call=call, node=NodeId("ast1"), channel=f"PJSIP/trunk-{n}"))
            service = ServiceId("funeral" if n % 2 else "request")
            line.engine.handle(ServiceChosen(at=line.at, call=call, service=service))
            line.engine.handle(TimerFired(at=line.at, timer=TimerId(f"backup:{call}")))
        agent = line.engine.state.agents[AgentId("1009")]
        took = []
        for _ in range(50):
            began = time.perf_counter()
            found = for_backup(line.engine.core, agent)
            took.append(time.perf_counter() - began)
            assert found is not None
            assert found.call == "c1"
        return min(took)

    assert seconds(10_000) < 5 * seconds(10)
