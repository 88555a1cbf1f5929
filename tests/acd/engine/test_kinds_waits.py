"""Callers whose urgent call gets its kind while they wait: each waits on as that kind's service says."""

from typing import Any

import pytest

from acd.engine.model.commands import CancelTimer
from acd.engine.model.config import Relaxation, Service
from acd.engine.model.events import CallDetached, KindAsked
from acd.engine.model.facts import CallEscalated, CallOverflowed, CallRelaxed, ServiceNamed
from acd.engine.model.ids import AgentId, CallId, ServiceId
from tests.acd.engine.line import Line, profile
from tests.acd.engine.telling_kinds import (
    KINDS,
    MENU,
    line_of,
    presses,
    rung,
    says_urgent,
    service_of,
    sets_kind,
    tickets,
)

C1, NUMBER = CallId("c1"), "05321110001"


def urgent(name: str, **more: Any) -> Service:
    return Service(id=ServiceId(name), priority="urgent", opens_ticket=True, **more)


def timed(agents: Any = "1001") -> Line:
    """A caller who has not said the kind is waited for half a minute, one for a doctor a minute, one for a funeral for
    ever."""
    services = (
        urgent("ambulance", max_wait_s=30.0, overflow_to=ServiceId("funeral")),
        urgent("doctor", max_wait_s=60.0, overflow_to=ServiceId("funeral")),
        urgent("funeral"),
        Service(id=ServiceId("request"), opens_ticket=True),
        Service(id=ServiceId("agent")),
    )
    return Line(agents, services, ring_s=100.0)


def named(line: Line, call: str = "c1") -> list[ServiceNamed]:
    return [fact for fact in line.facts(ServiceNamed) if fact.call == call]


def test_what_the_flow_knows_of_the_caller_goes_with_them() -> None:
    line = line_of(owner_first_s=20.0)
    line.ready("1001", "1002")
    says_urgent(line, preferred=AgentId("1002"), language="en")
    assert rung(line) == ["1002"], "the one who knows them"
    (fact,) = named(line)
    assert (fact.asked, fact.opens_ticket, fact.fields, fact.language) == (True, False, {"kind": "untold"}, "en")


def test_nobody_hears_the_menu_but_a_caller_in_the_flow() -> None:
    line = line_of()
    says_urgent(line)
    for call in ("c1", "ghost"):
        asked = KindAsked(
            at=line.at, call=CallId(call), service=ServiceId("ambulance"), kinds=KINDS, music=MENU, menu_s=9.0
        )
        assert line.do(asked) == []


@pytest.mark.parametrize("rings", [False, True])
def test_a_caller_waits_as_long_as_the_kind_they_say_allows(rings: bool) -> None:
    line = timed()
    if rings:
        line.ready("1001")
    says_urgent(line)
    line.passes(10.0)
    assert line.timers.get("maxwait:c1") == 1030.0
    presses(line, "1")
    assert "maxwait:c1" not in line.timers
    sets_kind(line, "doctor")
    assert line.timers.get("maxwait:c1") == 1060.0, "a minute since they came"
    assert line.offered == ({"1001": "c1"} if rings else {})


def test_a_kind_said_in_the_talk_touches_no_wait() -> None:
    line = timed()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    presses(line, "2")
    assert service_of(line) == "doctor"
    assert [one.timer for one in line.out if isinstance(one, CancelTimer)] == ["kind:c1"]
    assert "maxwait:c1" not in line.timers


def test_a_kind_said_of_a_caller_whose_session_is_away_counts_when_they_are_back() -> None:
    line = timed((profile("1001", "funeral"), profile("1002", "doctor")))
    says_urgent(line)
    line.do(CallDetached(at=line.at, call=C1, lost=True))
    sets_kind(line, "doctor")
    assert line.timers.get("maxwait:c1") == 1060.0
    line.ready("1001", "1002")
    assert line.offered == {}
    line.attaches("c1")
    assert line.offered == {"1002": "c1"}


def test_a_caller_who_has_not_said_the_kind_has_a_request_before_they_are_moved() -> None:
    line = timed()
    says_urgent(line)
    line.passes(30.0)
    assert [(fact.service, fact.to) for fact in line.facts(CallOverflowed)] == [("ambulance", "funeral")]
    assert tickets(line) == [("ambulance", {"kind": "untold"})]
    assert line.engine.state.calls[C1].priority == "urgent"


def test_what_was_asked_less_for_one_kind_is_asked_again_for_another() -> None:
    """An agent who speaks the caller's language is busy; another one of the second kind is idle."""
    services = (
        urgent("ambulance"),
        urgent(
            "funeral", relax=(Relaxation(after_s=5.0, any_language=True), Relaxation(after_s=20.0, any_language=True))
        ),
        urgent("doctor", relax=(Relaxation(after_s=30.0, any_language=True),)),
        Service(id=ServiceId("agent")),
    )
    line = Line((profile("1001", "doctor", languages="tr"), profile("1002", languages="tr en")), services)
    line.ready("1002")
    line.arrives("c0", "ambulance")
    line.answers("c0")
    line.ready("1001")
    says_urgent(line, language="en")
    presses(line, "1")
    line.passes(6.0)
    assert [fact.steps for fact in line.facts(CallRelaxed)] == [1]
    sets_kind(line, "doctor")
    assert "relax:c1" in line.timers
    line.passes(23.0)
    assert line.offered == {}
    line.passes(1.0)
    assert line.offered == {"1001": "c1"}, "after half a minute any language will do"


def test_any_agent_of_an_urgent_service_keeps_an_untold_caller_where_they_are() -> None:
    """The service that stands for the kind has nobody on duty; and nobody is waited for in vain."""
    services = (
        urgent(
            "ambulance",
            join_empty="overflow",
            overflow_to=ServiceId("funeral"),
            relax=(Relaxation(after_s=20.0, any_language=True),),
        ),
        urgent("doctor"),
        urgent("funeral"),
        Service(id=ServiceId("agent")),
    )
    line = Line((profile("1001", "doctor", languages="tr"),), services)
    line.ready("1001")
    says_urgent(line, language="en")
    assert line.facts(CallOverflowed) == []
    assert line.offered == {"1001": "c1"}


def test_an_untold_caller_waits_for_an_agent_of_any_urgent_service_who_speaks_their_language() -> None:
    """That agent talks; the idle one, who takes the service that stands for the kind, does not speak it."""
    services = (
        urgent("ambulance", relax=(Relaxation(after_s=20.0, any_language=True),)),
        urgent("doctor"),
        Service(id=ServiceId("agent")),
    )
    line = Line((profile("1001", "doctor", languages="tr en"), profile("1002", "ambulance", languages="tr")), services)
    line.ready("1001")
    line.arrives("c0", "doctor")
    line.answers("c0")
    line.ready("1002")
    says_urgent(line, language="en")
    line.passes(19.5)
    assert (line.offered, line.facts(CallRelaxed)) == ({}, [])
    line.passes(0.5)
    assert line.offered == {"1002": "c1"}


def test_an_agent_says_nothing_of_a_routine_call() -> None:
    line = line_of()
    line.arrives("c1", "request")
    sets_kind(line, "doctor")
    assert line.out == []
    assert service_of(line) == "request"


def test_a_call_about_something_urgent_is_told_to_be_the_second_one_within_the_hour() -> None:
    """When it queues, and when the kind is known."""
    line = line_of("1001", urgent_calls_per_hour=9)
    says_urgent(line, "c1", NUMBER)
    line.caller_gone("c1")
    says_urgent(line, "c2", NUMBER)
    presses(line, "1", "c2")
    assert [(fact.service, fact.again) for fact in named(line, "c2")] == [("ambulance", True), ("funeral", True)]
    assert not any(fact.again for fact in named(line, "c1"))


def test_who_says_by_a_key_that_it_is_urgent_is_told_to_have_called_before() -> None:
    line = line_of("1001", urgent_calls_per_hour=9, escalation_key="9")
    says_urgent(line, "c1", NUMBER)
    line.caller_gone("c1")
    line.attaches("c2")
    line.engine.state.calls[CallId("c2")].number = NUMBER
    line.chooses("c2", "request")
    presses(line, "9", "c2")
    assert len(line.facts(CallEscalated)) == 1
    assert [(fact.priority, fact.again) for fact in named(line, "c2")] == [("routine", False), ("urgent", True)]


def test_who_says_no_kind_is_told_to_have_called_before_when_none_is_expected_any_more() -> None:
    line = line_of("1001", urgent_calls_per_hour=9)
    says_urgent(line, "c1", NUMBER)
    line.caller_gone("c1")
    line.ready("1001")
    says_urgent(line, "c2", NUMBER)
    line.answers("c2")
    line.passes(11.0)
    assert [(fact.opens_ticket, fact.again) for fact in named(line, "c2")] == [(False, True), (True, True)]
