"""Levels of skill, languages, and how less is asked as the wait goes on."""

from typing import Any

import msgspec
import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import StartTimer
from acd.engine.model.config import Relaxation, Service
from acd.engine.model.events import CallDetached, ConfigChanged, EngineStarted, KeyPressed, NodeReconciled, SeenCall
from acd.engine.model.facts import CallRelaxed
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.state import Released
from tests.acd.engine.line import Line, profile

FUNERAL, REQUEST = ServiceId("funeral"), ServiceId("request")


def skilled(*steps: Relaxation, agents: str = "1001=request 1002=request:3", min_level: int = 3) -> Line:
    """One service that asks for a level; agents as `1001=request:2`."""
    profiles = tuple(profile(*one.split("=")) for one in agents.split())
    services = (Service(id=REQUEST, min_level=min_level, relax=steps), Service(id=ServiceId("agent")))
    return Line(profiles, services, wrapup_s=0)


def test_only_an_agent_of_the_level_is_offered() -> None:
    line = skilled()
    line.ready("1001")
    line.arrives("c1", "request")
    assert line.offered == {}
    line.ready("1002")
    assert line.offered == {"1002": "c1"}


def test_an_agent_of_all_services_has_the_lowest_level_in_each() -> None:
    line = skilled(agents="1001= 1002=request:2", min_level=2)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.arrives("c2", "agent")
    assert line.offered == {"1002": "c1", "1001": "c2"}


def test_a_level_is_enough_after_a_while() -> None:
    line = skilled(
        Relaxation(after_s=10, level=2),
        Relaxation(after_s=20, level=1),
        agents="1001=request 1002=request:2 1003=request:3",
    )
    line.ready("1003")
    line.arrives("busy", "request")
    line.answers("busy")
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.passes(9.9)
    assert line.offered == {}, "1003 is busy, but on duty"
    line.passes(0.1)
    assert line.offered == {"1002": "c1"}
    line.answers("c1")
    line.arrives("c2", "request")
    line.passes(19.9)
    assert "1001" not in line.offered
    line.passes(0.1)
    assert line.offered["1001"] == "c2"


def test_a_step_nobody_on_duty_is_waited_for_is_taken_at_once() -> None:
    line = skilled(Relaxation(after_s=10, level=2), Relaxation(after_s=20, level=1))
    line.ready("1001")
    line.arrives("c1", "request")
    assert line.offered == {"1001": "c1"}


def test_of_several_steps_those_are_taken_at_once_that_are_waited_for_in_vain_and_no_more() -> None:
    steps = (Relaxation(after_s=30, level=2), Relaxation(after_s=60, level=1))
    line = skilled(*steps, agents="1001=request 1002=request:2")
    line.ready("1001", "1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    assert line.offered == {}, "1001 is idle, but one of level 2 is on duty"
    assert [(fact.call, fact.steps, fact.level) for fact in line.facts(CallRelaxed)] == [("c0", 1, 2), ("c1", 1, 2)]
    line.passes(60)
    assert line.offered == {"1001": "c1"}


def test_with_nobody_at_all_on_duty_all_is_still_asked() -> None:
    line = skilled(Relaxation(after_s=10, level=1), agents="1001=request 1002=request:3")
    line.arrives("c1", "request")
    line.passes(5)
    assert line.facts(CallRelaxed) == []
    line.ready("1002")
    assert line.offered == {"1002": "c1"}
    assert line.facts(CallRelaxed) == []


# --- when it changes who is on duty

LANGUAGES = (
    Service(id=FUNERAL, priority="urgent", relax=(Relaxation(after_s=8, any_language=True),)),
    Service(id=REQUEST, relax=(Relaxation(after_s=45, any_language=True),)),
    Service(id=ServiceId("agent")),
)
TURKISH, ENGLISH = profile("1001", languages="tr"), profile("1002", languages="tr en")


def test_an_urgent_caller_has_the_agent_who_signs_in_and_does_not_speak_their_language() -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.arrives("u1", "funeral", language="en")
    line.arrives("r1", "request")
    line.ready("1001")
    assert line.offered == {"1001": "u1"}
    assert [(fact.call, fact.language) for fact in line.facts(CallRelaxed)] == [("u1", "")]
    assert "relax:u1" not in line.timers


def test_a_routine_caller_too_and_in_their_turn() -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.arrives("r1", "request", language="en")
    line.arrives("r2", "request")
    line.ready("1001")
    assert line.offered == {"1001": "r1"}


def test_who_waits_for_an_agent_of_their_language_does_not_after_that_one_signs_out() -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.ready("1002")
    line.arrives("r1", "request")
    line.answers("r1")
    line.arrives("u1", "funeral", language="en")
    line.arrives("r2", "request", language="en")
    line.ready("1001")
    assert line.offered == {}, "1002 talks, but is on duty"
    line.wishes("1002", "offline")
    assert line.offered == {"1001": "u1"}
    assert [fact.call for fact in line.facts(CallRelaxed)] == ["u1", "r2"]


@pytest.mark.parametrize("gone", ["paused", "unreachable", "set aside", "reconciled"])
def test_whatever_takes_the_last_of_a_language_off_duty(gone: str) -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES, max_misses=1)
    line.ready("1002")
    line.arrives("u1", "funeral", language="en")
    line.arrives("u2", "funeral", language="en")
    line.rings("u1")
    line.ready("1001")
    assert line.offered == {"1002": "u1"}
    match gone:
        case "paused":
            line.wishes("1002", "paused")
        case "unreachable":
            line.do(DeviceStateChanged(at=line.at, agent=ENGLISH.id, state="unavailable"))
        case "set aside":
            line.fails("u1", "NOANSWER")
        case _:
            seen = (SeenCall(call=CallId("u1"), channel="PJSIP/trunk-u1"), SeenCall(call=CallId("u2"), channel="y"))
            line.do(NodeReconciled(at=line.at, node=TURKISH.node, calls=seen, available=(TURKISH.id,)))
    assert line.offered == {"1001": "u1"}
    assert {fact.call for fact in line.facts(CallRelaxed)} == {"u1", "u2"}


def test_of_those_who_come_within_reach_of_an_agent_the_first_is_first() -> None:
    """Not the one whom the agent who goes was ringing for."""
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.ready("1002")
    line.arrives("u1", "funeral", language="en")
    line.fails("u1", "NOANSWER")
    line.arrives("u2", "funeral", language="en")
    line.rings("u2")
    line.ready("1001")
    assert line.offered == {"1002": "u2"}, "1002 has let u1 pass"
    line.wishes("1002", "paused")
    assert line.offered == {"1001": "u1"}


def test_a_reload_that_takes_a_language_from_an_agent_is_a_change_too() -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.ready("1001", "1002")
    line.arrives("r1", "request", language="en")
    line.answers("r1")
    line.arrives("u1", "funeral", language="en")
    assert "1001" not in line.offered
    other = msgspec.structs.replace(line.config, agents=(TURKISH, profile("1002", languages="tr")))
    line.do(ConfigChanged(at=line.at, config=other))
    assert line.offered == {"1001": "u1"}


def test_a_step_that_is_not_in_vain_is_waited_for() -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.ready("1002")
    line.arrives("r1", "request")
    line.answers("r1")
    line.arrives("u1", "funeral", language="en")
    line.ready("1001")
    line.passes(7.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "u1"}


def test_who_is_without_a_session_meanwhile_has_their_step_when_they_are_back() -> None:
    line = Line((TURKISH, ENGLISH), LANGUAGES)
    line.arrives("u1", "funeral", language="en")
    line.do(CallDetached(at=line.at, call=CallId("u1")))
    line.ready("1001")
    line.attaches("u1")
    assert line.offered == {"1001": "u1"}


@pytest.mark.parametrize(("service", "offered"), [("request", {"1001": "c1"}), ("funeral", {})])
def test_who_is_left_with_the_backup_tier_alone_waits_for_it_if_urgent_and_not_if_routine(
    service: str, offered: dict[str, str]
) -> None:
    line = Line((TURKISH, ENGLISH, profile("1009", languages="en", backup=True)), LANGUAGES, backup_after_s=5)
    line.ready("1002", "1009")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", service, language="en")
    line.ready("1001")
    assert line.offered == {}, "1002 talks, but is on duty"
    line.wishes("1002", "offline")
    assert line.offered == offered
    assert [fact.call for fact in line.facts(CallRelaxed)] == list(offered.values())


def test_one_who_becomes_urgent_may_have_the_backup_tier_and_waits_for_no_other() -> None:
    agents = (TURKISH, profile("1002", languages="tr", backup=True))
    line = Line(agents, LANGUAGES, escalation_key="9", backup_after_s=0.0)
    line.ready("1002")
    line.arrives("r1", "request", language="en")
    assert line.facts(CallRelaxed) == []
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    assert [fact.call for fact in line.facts(CallRelaxed)] == ["r1"]
    line.passes(0.0)
    assert line.offered == {"1002": "r1"}


def english(**service: Any) -> Line:
    services = (Service(id=REQUEST, **service), Service(id=ServiceId("agent"), language_required=False))
    return Line((profile("1001", languages="tr"), profile("1002", languages="tr en")), services, wrapup_s=0)


def test_the_agent_must_speak_the_callers_language() -> None:
    line = english()
    line.ready("1001", "1002")
    line.arrives("c1", "request", language="en")
    line.arrives("c2", "request", language="tr")
    assert line.offered == {"1002": "c1", "1001": "c2"}


def test_a_caller_waits_for_the_language_while_others_are_served() -> None:
    line = english(relax=(Relaxation(after_s=30, any_language=True),))
    line.ready("1002")
    line.arrives("c1", "request", language="tr")
    line.answers("c1")
    line.arrives("c2", "request", language="en")
    line.ready("1001")
    line.arrives("c3", "request", language="tr")
    assert line.offered == {"1001": "c3"}
    line.answers("c3")
    line.agent_hangs_up("c3")
    line.passes(29.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c2"}


def test_a_service_may_ask_for_no_language() -> None:
    line = english()
    line.ready("1001")
    line.arrives("c1", "agent", language="en")
    assert line.offered == {"1001": "c1"}


def test_relaxation_goes_on_over_a_restart() -> None:
    line = skilled(Relaxation(after_s=10, level=1))
    line.ready("1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(4)
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    assert line.offered == {}
    line.passes(6)
    assert line.offered == {"1001": "c1"}


def test_relaxation_begins_anew_in_the_service_a_caller_overflows_to() -> None:
    services = (
        Service(id=REQUEST, max_wait_s=20, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent"), min_level=2, relax=(Relaxation(after_s=10, level=1),)),
    )
    line = Line((profile("1001", "agent"), profile("1002", "agent:2")), services)
    line.ready("1002")
    line.arrives("c0", "agent")
    line.answers("c0")
    line.ready("1001")
    line.arrives("c1", "request")
    line.passes(29.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c1"}


def test_a_miss_is_retried_soon_where_nobody_else_has_the_skill() -> None:
    line = Line(
        (profile("1001", "request"), profile("1002", "request:3")),
        (Service(id=REQUEST, min_level=3), Service(id=ServiceId("agent"))),
        max_misses=9,
        retry_s=5,
        skip_s=60,
    )
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.fails("c1", "NOANSWER")
    line.passes(5)
    assert line.offered == {"1002": "c1"}


def test_new_rules_set_back_nobody_who_waits() -> None:
    """Neither the clocks of their service nor what they have said to be urgent."""
    line = Line(
        "1001", escalation_key="9", services=(Service(id=REQUEST, max_wait_s=20), Service(id=ServiceId("agent")))
    )
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c2"), key="9"))
    line.passes(15)
    line.do(ConfigChanged(at=line.at, config=line.config))
    assert line.engine.state.calls[CallId("c2")].priority == "urgent"
    line.passes(5)
    assert line.engine.state.calls[CallId("c1")].released == Released(outcome="timed_out", at=line.at)


def test_steps_that_are_new_are_waited_for_from_the_first() -> None:
    line = skilled(agents="1001=request 1002=request:3")
    line.ready("1001", "1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.passes(20)
    line.do(ConfigChanged(at=line.at, config=skilled(Relaxation(after_s=60, level=1)).config))
    line.passes(39.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1001": "c1"}


def test_an_urgent_word_outlives_the_overflow_to_another_service() -> None:
    services = (Service(id=REQUEST, max_wait_s=20, overflow_to=ServiceId("agent")), Service(id=ServiceId("agent")))
    line = Line("1001", services, escalation_key="9", wrapup_s=0)
    line.arrives("c0", "agent")
    line.arrives("c1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("c1"), key="9"))
    line.passes(21)
    line.ready("1001")
    assert line.offered == {"1001": "c1"}


def test_a_step_starts_no_music_anew() -> None:
    line = skilled(Relaxation(after_s=10, level=2))
    line.ready("1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.passes(10)
    assert [fact.call for fact in line.facts(CallRelaxed)] == ["c1"]
    assert line.commands == []


def test_a_step_whose_time_has_come_is_not_waited_for_any_more_when_the_rules_drop_it() -> None:
    line = skilled(Relaxation(after_s=10, level=1))
    line.ready("1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    assert "relax:c1" in line.timers
    line.do(ConfigChanged(at=line.at, config=skilled().config))
    assert "relax:c1" not in line.timers
    line.do(ConfigChanged(at=line.at, config=skilled(Relaxation(after_s=10, level=1)).config))
    line.ready("1001")
    assert line.offered == {}, "nothing had been asked less"
    line.passes(10)
    assert line.offered == {"1001": "c1"}


def test_a_language_nobody_on_duty_speaks_is_not_waited_for() -> None:
    line = english(relax=(Relaxation(after_s=30, any_language=True),))
    line.ready("1001")
    line.arrives("c1", "request", language="en")
    assert line.offered == {"1001": "c1"}


def test_where_the_language_is_asked_to_the_end_a_lower_level_is_not_asked_in_vain() -> None:
    line = english(min_level=2, relax=(Relaxation(after_s=30, level=1),))
    line.ready("1001")
    line.arrives("c1", "request", language="en")
    assert not line.facts(CallRelaxed)


def test_an_urgent_caller_waits_for_the_backup_tier_too_before_less_is_asked() -> None:
    """The backup tier counts as on duty for them; and where only it is, a step is worth taking for it."""
    services = (
        Service(id=FUNERAL, priority="urgent", relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=REQUEST, relax=(Relaxation(after_s=60, any_language=True),)),
    )
    agents = (profile("1001", languages="tr"), profile("1002", languages="en", backup=True))
    line = Line(agents, services, default_service=REQUEST, backup_after_s=30)
    line.ready("1001", "1002")
    line.arrives("u1", "funeral", language="en")
    line.arrives("r1", "request", language="en")
    assert line.offered == {"1001": "r1"}, "no routine caller is for the backup tier"
    line.passes(30)
    assert line.offered["1002"] == "u1"
    line = Line((profile("1002", languages="tr", backup=True),), services, default_service=REQUEST)
    line.ready("1002")
    line.arrives("u1", "funeral", language="en")
    line.arrives("r1", "request", language="en")
    assert [fact.call for fact in line.facts(CallRelaxed)] == ["u1"]


def test_the_next_step_of_one_who_waits_for_the_backup_tier_is_set_once() -> None:
    step = Relaxation(after_s=60, any_language=True)
    services = (Service(id=FUNERAL, priority="urgent", relax=(step,)), Service(id=REQUEST))
    agents = (profile("1001", languages="tr"), profile("1002", languages="en", backup=True))
    line = Line(agents, services, default_service=REQUEST, backup_after_s=90)
    line.ready("1001", "1002")
    line.arrives("u1", "funeral", language="en")
    assert [one.due for one in line.out if isinstance(one, StartTimer) and one.timer == "relax:u1"] == [line.at + 60]
    line.passes(60)
    assert line.offered == {"1001": "u1"}


def test_the_last_of_several_who_can_do_the_same_may_go_too() -> None:
    line = Line("1001 1002", (Service(id=REQUEST, join_empty="release"), Service(id=ServiceId("agent"))))
    line.ready("1001", "1002")
    line.wishes("1001", "offline")
    line.arrives("c1", "request")
    assert line.offered == {"1002": "c1"}
    line.caller_gone("c1")
    line.wishes("1002", "offline")
    line.arrives("c2", "request")
    assert line.engine.state.calls[CallId("c2")].released == Released(outcome="no_agents", at=line.at)
