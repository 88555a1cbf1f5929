"""The surge message: for all who call about one reason."""

from typing import Any

from acd.engine.machine import Engine
from acd.engine.model.agent_events import SurgeRequested, SurgeWithdrawn
from acd.engine.model.commands import CancelTimer, HoldCaller, PlaySurge, ReleaseCall, StartTimer
from acd.engine.model.events import CallDetached, CommandFailed, EngineStarted, FlowFinished, SurgeHeard
from acd.engine.model.facts import CallQueued, ServiceNamed, SurgeAnswered, SurgeBegan, SurgeEnded, SurgePlayed
from acd.engine.model.ids import AgentId, CallId, ServiceId
from tests.acd.engine.line import Line

C1 = CallId("c1")
TICKET = "26-000123-3"


def with_message(services: str = "request", rules: dict[str, Any] | None = None, **more: Any) -> Line:
    line = Line("1001 1002", wrapup_s=0, **(rules or {}))
    wanted = tuple(ServiceId(name) for name in services.split())
    given: dict[str, Any] = {"prompts": {"tr": "/surge/tr", "en": "/surge/en"}, "ticket": TICKET, **more}
    line.do(SurgeRequested(at=line.at, services=wanted, **given))
    return line


def hears(line: Line, call: str, *, answered: bool = False) -> None:
    line.do(SurgeHeard(at=line.at, call=CallId(call), answered=answered))


def test_callers_of_the_service_hear_it_before_they_queue() -> None:
    line = with_message()
    line.ready("1001")
    line.arrives("c1", "request", fields={"a": "b"})
    assert line.commands == [PlaySurge(call=C1, prompt="/surge/tr")]
    assert not line.facts(CallQueued)
    line.passes(12)
    hears(line, "c1")
    assert line.offered == {"1001": "c1"}
    assert [fact.at for fact in line.facts(CallQueued)] == [line.at], "the wait begins after it"
    assert [fact.fields for fact in line.facts(ServiceNamed)] == [{"a": "b"}]


def test_whom_it_answers_needs_no_agent_and_is_counted() -> None:
    line = with_message()
    line.arrives("c1", "request", fields={"a": "b"})
    hears(line, "c1", answered=True)
    assert [fact.fields for fact in line.facts(ServiceNamed)] == [{"a": "b"}]
    assert line.commands == [ReleaseCall(call=C1, reason="flow_finished", announce="goodbye")]
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.service, end.wait_s) == ("self_served", "request", None)
    line.arrives("c2", "request")
    hears(line, "c2")
    line.do(SurgeWithdrawn(at=line.at))
    assert [(fact.call, fact.ticket) for fact in line.facts(SurgePlayed)] == [("c1", TICKET), ("c2", TICKET)]
    assert [(fact.call, fact.ticket) for fact in line.facts(SurgeAnswered)] == [("c1", TICKET)]
    assert [(fact.played, fact.answered, fact.why) for fact in line.facts(SurgeEnded)] == [(2, 1, "withdrawn")]
    line.arrives("c3", "request")
    assert len(line.facts(SurgePlayed)) == 2


def test_each_of_those_it_answers_is_counted() -> None:
    line = with_message()
    for call in ("c1", "c2"):
        line.arrives(call, "request")
        hears(line, call, answered=True)
    line.do(SurgeWithdrawn(at=line.at))
    assert [(fact.played, fact.answered) for fact in line.facts(SurgeEnded)] == [(2, 2)]


def test_after_it_a_caller_has_the_language_and_the_agent_they_had_before_it() -> None:
    line = with_message(rules={"owner_first_s": 20})
    line.ready("1002", "1001")
    line.arrives("c1", "request", language="en", preferred=AgentId("1001"))
    hears(line, "c1")
    assert line.offered == {"1001": "c1"}
    assert line.engine.state.calls[C1].language == "en"


def test_urgent_callers_and_those_of_other_services_are_not_held_up() -> None:
    line = with_message("request funeral")
    line.arrives("u1", "funeral")
    line.arrives("c1", "agent")
    assert [fact.call for fact in line.facts(CallQueued)] == ["u1", "c1"]


def test_it_is_heard_in_the_callers_language_or_the_one_there_is() -> None:
    line = with_message()
    line.arrives("c1", "request", language="en")
    assert line.commands == [PlaySurge(call=C1, prompt="/surge/en", language="en")]
    assert [fact.language for fact in line.facts(SurgePlayed)] == ["en"]
    line = with_message(prompts={"tr": "/surge/tr"})
    line.arrives("c1", "request", language="en")
    assert line.commands == [PlaySurge(call=C1, prompt="/surge/tr", language="en")]


def test_it_ends_by_itself_and_over_a_restart() -> None:
    line = with_message(until=1100.0)
    line.passes(50)
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.passes(50)
    assert [fact.why for fact in line.facts(SurgeEnded)] == ["expired"]
    line.arrives("c1", "request")
    assert [fact.call for fact in line.facts(CallQueued)] == ["c1"]


def test_it_is_told_what_it_is_for_and_until_when_and_is_not_waited_for_once_it_is_withdrawn() -> None:
    line = with_message(until=1100.0)
    (began,) = line.facts(SurgeBegan)
    assert (began.surge, began.services, began.ticket, began.until) == ("surge-1", ("request",), TICKET, 1100.0)
    assert line.timers == {"surge:surge-1": 1100.0}
    line.do(SurgeWithdrawn(at=line.at))
    assert line.timers == {}
    line = with_message()
    line.do(SurgeWithdrawn(at=line.at))
    assert not any(isinstance(one, StartTimer | CancelTimer) for one in line.history), "one without an end has no timer"


def test_from_its_end_on_nobody_hears_it_even_if_the_timer_is_late() -> None:
    line = with_message(until=1100.0)
    line.at = 1099.9
    line.arrives("c1", "request")
    line.at = 1100.0
    line.arrives("c2", "request")
    assert [fact.call for fact in line.facts(SurgePlayed)] == ["c1"]
    assert [fact.call for fact in line.facts(CallQueued)] == ["c2"]


def test_one_that_says_nothing_holds_nobody_up() -> None:
    line = with_message(prompts={})
    line.arrives("c1", "request")
    assert [fact.call for fact in line.facts(CallQueued)] == ["c1"]


def test_a_new_message_takes_the_place_of_the_old() -> None:
    line = with_message()
    line.arrives("c1", "request")
    line.do(SurgeRequested(at=line.at, services=(ServiceId("request"),), prompts={"tr": "/surge/2"}))
    assert [(fact.surge, fact.why) for fact in line.facts(SurgeEnded)] == [("surge-1", "replaced")]
    hears(line, "c1", answered=True)
    assert line.engine.state.surge is not None
    assert line.engine.state.surge.answered == 0, "they heard the old one"


def test_a_message_that_breaks_off_keeps_nobody_from_the_queue() -> None:
    line = with_message()
    line.arrives("c1", "request")
    line.do(CallDetached(at=line.at, call=C1))
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    assert line.commands == [HoldCaller(call=C1)]
    line.arrives("c2", "request")
    line.do(CommandFailed(at=line.at, call=CallId("c2"), command="play_surge", error="no session"))
    assert not line.engine.state.calls[CallId("c2")].attached
    line.attaches("c2")
    assert [fact.call for fact in line.facts(CallQueued)] == ["c1", "c2"]


def test_late_word_of_it_means_nothing() -> None:
    line = with_message()
    line.arrives("c1", "request")
    hears(line, "c1")
    hears(line, "c1", answered=True)
    assert line.engine.state.calls[C1].phase == "waiting"
    hears(line, "nobody")
    line.arrives("c2", "request")
    line.do(FlowFinished(at=line.at, call=CallId("c2")))
    hears(line, "c2")
    assert line.engine.state.calls[CallId("c2")].phase == "leaving"
