"""The live view: what it shows of a line's life, in this process and (through Redis) in another."""

import logging
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from acd.engine.machine import Engine
from acd.engine.model.config import EngineConfig, ServiceClass
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import (
    AgentPending,
    AgentStateChanged,
    AnyFact,
    CallAnswered,
    CallEnded,
    CallEntered,
    CallEscalated,
    CallOverflowed,
    CallPutFirst,
    CallQueued,
    Fact,
    KindChanged,
)
from acd.engine.model.ids import CallId, NodeId, OfferId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded
from acd.engine.model.recording_events import RecordingMuted
from storage.live import LiveView
from storage.view import Record
from tests.acd.engine import automatic_calls
from tests.acd.engine import test_recording as talks_recorded
from tests.acd.engine.test_outcome_calls import O1
from tests.storage.samples import AGENTS, CONFIG, SERVICES, START, Story, entry

A, B, C = CallId("ast1-1.1"), CallId("ast1-2.2"), CallId("ast1-3.3")


class Line:
    """A view and the entries fed to it."""

    def __init__(self) -> None:
        self.view = LiveView()
        self.seq = 0
        self.placed = 0
        self.at = START
        self.event(ConfigChanged(at=START, config=CONFIG))

    def event(self, event: ConfigChanged) -> None:
        self.feed(entry(self.seq + 1, event=event))

    def facts(self, *facts: AnyFact) -> None:
        self.feed(entry(self.seq + 1, at=self.at, facts=facts))

    def feed(self, one: Entry) -> None:
        self.seq = one.seq
        self.view.apply(one)

    def enter(self, call: CallId) -> None:
        self.facts(
            CallEntered(
                at=self.at, call=call, node=NodeId("ast1"), channel="c", number=f"0{call}", name="", dialled="444",
                arrived_at=self.at,
            )
        )  # fmt: skip

    def queue(self, call: CallId, service: str, at: float | None = None) -> None:
        self.at = self.at + 1 if at is None else at
        self.placed += 1
        priority = next(one.priority for one in SERVICES if one.id == service)
        self.facts(
            CallQueued(
                at=self.at,
                call=call,
                service=ServiceId(service),
                priority=priority,
                number="",
                position=1,
                order=self.placed,
            )
        )


def ids(records: Sequence[Record]) -> list[str]:
    return [record["id"] for record in records]


@pytest.fixture
def line() -> Line:
    line = Line()
    for call in (A, B, C):
        line.enter(call)
    return line


def test_the_urgent_are_first_and_then_who_came_first(line: Line) -> None:
    line.queue(A, "request")
    line.queue(B, "agent")
    line.queue(C, "funeral")
    assert ids(line.view.queue()) == [C, A, B]
    assert [record["position"] for record in line.view.queue()] == [1, 2, 3]


def test_in_one_service_the_order_counts_and_not_since_when_they_wait(line: Line) -> None:
    """The standby's callers: who came first is first, though the question took them longer."""
    line.queue(A, "request", at=1010.0)
    line.queue(B, "request", at=1008.0)
    line.queue(C, "agent", at=1009.0)
    assert ids(line.view.queue()) == [C, A, B]


def test_who_is_put_first_comes_before_the_others_of_the_class(line: Line) -> None:
    line.queue(A, "request")
    line.queue(B, "agent")
    line.facts(CallPutFirst(at=line.at, call=B, service=ServiceId("agent"), priority="routine", reason="promised"))
    line.queue(C, "funeral")
    assert ids(line.view.queue()) == [C, B, A]
    assert [one["first"] for one in line.view.queue()] == [False, True, False]
    assert (line.view.is_first(A), line.view.is_first(B)) == (False, True)
    line.facts(CallEscalated(at=line.at, call=B, service=ServiceId("agent"), priority="urgent", number="", times=1))
    assert not line.view.is_first(B)


def test_the_target_of_an_urgent_caller_counts_from_the_lines_answer(line: Line) -> None:
    """As the record of the call will: the menu is part of an urgent caller's wait."""
    line.queue(A, "request", at=START + 4)
    line.queue(B, "funeral", at=START + 5)
    line.queue(C, "agent", at=START + 7)
    assert {one["id"]: one["target_at"] for one in line.view.queue()} == {A: START + 10, B: START + 6, C: START + 13}
    line.facts(CallEscalated(at=line.at, call=A, service=ServiceId("request"), priority="urgent", number="", times=1))
    assert [one["target_at"] for one in line.view.queue() if one["id"] == A] == [START + 6]
    slower = LiveView(target_s=20.0)
    line.view, line.seq = slower, 0
    line.event(ConfigChanged(at=START, config=CONFIG))
    line.at = START
    line.enter(A)
    line.queue(A, "request", at=START + 4)
    assert [one["target_at"] for one in slower.queue()] == [START + 24]


@pytest.mark.parametrize(
    ("service", "priority", "answered_at", "met"),
    [
        ("funeral", "urgent", 6.0, True),
        ("funeral", "urgent", 6.5, False),
        ("request", "routine", 10.0, True),
        ("request", "routine", 10.5, False),
    ],
)
def test_an_answered_caller_has_met_the_target_or_not_and_a_transfer_changes_nothing(
    line: Line, service: str, priority: ServiceClass, answered_at: float, met: bool
) -> None:
    line.queue(A, service, at=START + 4)
    assert line.view.calls()[0]["within_target"] is None
    line.at = START + answered_at
    wait_s = answered_at - 4
    line.facts(
        CallAnswered(
            at=line.at, call=A, offer=OfferId(f"{A}#1"), agent=AGENTS[0].id, service=ServiceId(service),
            priority=priority, ring_s=1, wait_s=wait_s, answer_delay_s=answered_at,
        )
    )  # fmt: skip
    assert line.view.calls()[0]["within_target"] is met
    line.facts(KindChanged(at=line.at, call=A, service=ServiceId("funeral"), priority="urgent"))
    assert line.view.calls()[0]["within_target"] is met


@pytest.mark.parametrize("talks", [False, True])
def test_a_caller_who_said_that_it_is_urgent_is_shown_so_after_a_reload(line: Line, talks: bool) -> None:
    line.queue(A, "request")
    line.facts(CallEscalated(at=line.at, call=A, service=ServiceId("request"), priority="urgent", number="", times=1))
    if talks:
        line.facts(
            CallAnswered(
                at=line.at, call=A, offer=OfferId(f"{A}#1"), agent=AGENTS[0].id, service=ServiceId("request"),
                priority="urgent", ring_s=1, wait_s=1, answer_delay_s=1,
            )
        )  # fmt: skip
    line.event(ConfigChanged(at=line.at, config=CONFIG))
    assert next(call for call in line.view.everything()[0] if call.id == A).priority == "urgent"


def test_a_caller_of_a_service_that_ages_faster_overtakes_in_time(line: Line) -> None:
    services = [one if one.id != "agent" else type(one)(id=one.id, priority="routine", ageing=3.0) for one in SERVICES]
    line.event(ConfigChanged(at=line.at, config=EngineConfig(services=tuple(services), agents=AGENTS)))
    line.queue(A, "request", at=line.at)
    line.queue(B, "agent", at=line.at + 4)
    assert ids(line.view.queue()) == [A, B]
    line.at += 10
    line.enter(CallId("ast1-9.9"))
    assert ids(line.view.queue()) == [B, A]


def test_an_overflowed_caller_keeps_their_time_and_takes_the_class_of_the_new_service(line: Line) -> None:
    line.queue(A, "request")
    line.queue(B, "funeral")
    line.facts(
        CallOverflowed(
            at=line.at, call=A, service=ServiceId("request"), priority="urgent", to=ServiceId("funeral"), why="max_wait"
        )
    )
    assert ids(line.view.queue()) == [A, B]
    assert line.view.queue()[0]["service"] == "funeral"


def test_agents_are_listed_with_their_names_before_they_are_heard_of(line: Line) -> None:
    assert [(one["extension"], one["name"], one["state"]) for one in line.view.agents()] == [
        (agent.id, agent.name, "offline") for agent in AGENTS
    ]


def test_an_agent_taken_out_of_the_list_stays_until_off_duty(line: Line) -> None:
    agent = AGENTS[0].id
    line.facts(AgentStateChanged(at=line.at, agent=agent, state="talking", call=A))
    line.event(ConfigChanged(at=line.at, config=EngineConfig(services=SERVICES, agents=AGENTS[1:2])))
    assert [one["extension"] for one in line.view.agents()] == [agent, AGENTS[1].id]
    line.facts(AgentStateChanged(at=line.at, agent=agent, state="offline", previous="talking"))
    assert [one["extension"] for one in line.view.agents()] == [AGENTS[1].id]


def test_what_an_agent_will_be_after_their_call_is_shown_until_then(line: Line) -> None:
    agent = AGENTS[0].id
    line.facts(AgentStateChanged(at=line.at, agent=agent, state="talking", call=A))
    line.facts(AgentPending(at=line.at, agent=agent, pending="paused", reason="meal"))
    record = line.view.agent(agent)
    assert record is not None
    assert (record["state"], record["pending"], record["pending_reason"]) == ("talking", "paused", "meal")
    line.facts(AgentPending(at=line.at, agent=agent, pending=""))
    record = line.view.agent(agent)
    assert record is not None
    assert (record["pending"], record["pending_reason"]) == ("", "")


def test_an_urgent_caller_stays_so_when_the_rules_change(line: Line) -> None:
    """One who pressed the key for it, in a service that is routine."""
    line.queue(A, "request")
    line.facts(CallEscalated(at=line.at, call=A, service=ServiceId("request"), priority="urgent", number="", times=1))
    line.event(ConfigChanged(at=line.at, config=CONFIG))
    assert line.view.queue()[0]["class"] == "urgent"


def test_a_refused_configuration_changes_nothing(line: Line) -> None:
    before = line.view.agents()
    line.feed(
        Entry(seq=line.seq + 1, event=ConfigChanged(at=line.at, config=EngineConfig()), error="BadConfig: no services")
    )
    assert line.view.agents() == before


def test_an_entry_taken_in_twice_counts_once(line: Line) -> None:
    line.queue(A, "request")
    before = line.view.queue()
    assert not line.view.apply(entry(line.seq, facts=[]))
    assert line.view.queue() is before


def test_subscribers_are_told_until_they_leave_and_do_not_harm_each_other(
    line: Line, caplog: pytest.LogCaptureFixture
) -> None:
    told: list[int] = []

    def broken() -> None:
        raise RuntimeError("broken")

    end_broken = line.view.subscribe(broken)
    end = line.view.subscribe(lambda: told.append(line.view.seq))
    with caplog.at_level(logging.ERROR):
        line.queue(A, "request")
    assert told == [line.seq]
    assert "subscriber" in caplog.text
    line.feed(entry(line.seq + 1))  # an event without consequences is no change
    assert told == [line.seq - 1]
    end()
    end()
    end_broken()
    line.queue(B, "request")
    assert told == [line.seq - 2]


@settings(derandomize=True)
@given(st.integers(0, 2**32), st.integers(1, 250))
def test_the_view_agrees_with_the_story(seed: int, steps: int) -> None:
    story = Story(seed)
    view = LiveView()
    for one in story.tell(steps):
        view.apply(one)
    shown = {record["id"]: record for record in view.calls()}
    up = {call: phase for call, phase in story.phase.items() if phase != "wrapup"}
    assert {call: record["state"] for call, record in shown.items()} == up
    for call, record in shown.items():
        kept = story.calls[call]
        assert (record["caller"], record["service"], record["class"], record["queued_at"], record["answered_at"]) == (
            kept.number,
            kept.service,
            kept.priority,
            kept.queued_at,
            kept.answered_at,
        )
        assert record["held"] == (call in story.held)
        ringing = story.ringing.get(call)
        assert record["agent"] == (ringing[0] if ringing else kept.agent)
    assert {record["id"] for record in view.queue()} == {
        call for call, phase in up.items() if phase in ("waiting", "ringing")
    }
    for agent in view.agents():
        state, reason, since, call = story.agents[agent["extension"]]
        assert (agent["state"], agent["reason"], agent["since"], agent.get("call")) == (state, reason, since, call)


@settings(derandomize=True)
@given(st.integers(0, 2**32))
def test_nothing_is_left_of_calls_that_are_over(seed: int) -> None:
    story = Story(seed)
    view = LiveView()
    for one in story.tell(200):
        view.apply(one)
    ends = [
        CallEnded(
            at=story.at, call=CallId(record["id"]), node=NodeId("ast1"), number="", name="", dialled="", service=None,
            priority=None, language="tr", outcome="abandoned", hangup_by="caller", arrived_at=0.0, ended_at=story.at,
        )
        for record in view.calls()
    ]  # fmt: skip
    view.apply(entry(story.seq + 1, facts=ends))
    assert view.calls() == []
    assert view.queue() == []


def test_a_citizen_whom_the_line_called_and_who_wants_an_agent_is_a_caller_who_waits() -> None:
    """As the facts show it and as the engine's state does, so that a desk that starts again shows the same."""
    line = automatic_calls.picked_up()
    automatic_calls.talked(line, "agent")
    view, engine = LiveView(), Engine()
    for seq, event in enumerate(line.events, 1):
        facts = tuple(one for one in engine.handle(event) if isinstance(one, Fact))
        view.apply(Entry(seq=seq, event=event, facts=facts))
    begun = LiveView.of(engine.state, view.seq, view.at)
    assert view.queue() == begun.queue()
    assert view.callbacks() == begun.callbacks() == []
    [waiting] = view.queue()
    assert (waiting["id"], waiting["class"], waiting["callback"]) == (O1, "routine", None)
    [call] = view._calls.values()
    assert (call.callback, call.reached) == ("outcome", True)


def test_a_monitored_agent_is_shown_until_the_lead_is_gone() -> None:
    line = Line()
    lead, agent = AGENTS[1].id, AGENTS[0].id

    def shown() -> dict[str, object]:
        return {record["extension"]: record["monitored"] for record in line.view.agents() if record["monitored"]}

    began = MonitorBegan(
        at=line.at,
        call=A,
        phone=lead,
        person="sef",
        role="lead",
        mode="whisper",
        agent=agent,
        leg="PJSIP/1001-00000001",
    )
    line.facts(began)
    assert shown() == {agent: "whisper"}
    line.facts(
        MonitorEnded(
            at=line.at, call=A, phone=lead, person="sef", role="lead", mode="whisper", agent=agent, lasted_s=3.0
        )
    )
    assert shown() == {}


def test_an_agent_is_shown_as_recorded_in_the_talk_alone() -> None:
    """As the facts show it and as the engine's state does."""
    line = talks_recorded.recorded()
    shown: list[tuple[str, str]] = []

    def show() -> None:
        view, engine = LiveView(), Engine()
        for seq, event in enumerate(line.events, 1):
            facts = tuple(one for one in engine.handle(event) if isinstance(one, Fact))
            view.apply(Entry(seq=seq, event=event, facts=facts))
        assert view.agents() == LiveView.of(engine.state, view.seq, view.at).agents()
        shown.append(tuple(one["recording"] for one in view.agents()))

    line.attaches("c1")
    talks_recorded.hears(line)
    line.chooses("c1", "request")
    show()  # it rings
    line.answers("c1")
    show()
    talks_recorded.pauses(line, True)
    show()
    line.ready("1002")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.answers("c1")
    line.do(RecordingMuted(at=line.at, call=talks_recorded.C1, paused=False))
    show()
    line.caller_gone("c1")
    show()
    assert shown == [("", ""), ("on", ""), ("paused", ""), ("", "on"), ("", "")]
