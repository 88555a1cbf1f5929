"""Callers who were called back and are then handed on, put on hold or asked about, on a running system whose outgoing
trunk is a sipp on loopback. Their channel is one that an agent's dialled, and not one that came by the trunk."""

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.facts import TalkEnded
from bench.stack import Stack, until
from phones import Agent, Agents, Blind, Consult, Wait
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.integration.moments import unix
from tests.integration.test_callbacks import ASKS, Line, caller_channel, hangs_up_when_waiting, lasted_s, over, waits
from tests.integration.test_transfers import bridged, held_s
from tests.integration.witnesses import Observer, journal_facts, talks_begun, times_bridged

AGENTS = ("1001", "1002", "1003")
PRIVATE_RING_S = 2.0
FOR_S = 0.5
"""How far times that Asterisk told of one after the other may be from the phones' own."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("callbacks")
    with Stack(
        folder, agents=3, ring_s=15.0, private_ring_s=PRIVATE_RING_S, wrapup_s=0.3, callback_ring_s=5, regroup_s=2.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", callback_abandoned_urgent=True,
    ) as stack:  # fmt: skip
        yield stack


@pytest.fixture(scope="module")
def observer(system: Stack) -> Iterator[Observer]:
    """An independent AMI connection."""
    with Observer(system) as observer:
        yield observer


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(system, tmp_path)
    try:
        yield line
    finally:
        line.phones.close()
        for extension in AGENTS:
            system.set_state(extension, "offline")
        for one in line.callbacks():
            system.request("DELETE", f"/api/v1/callbacks/{one['id']}")
        until("nobody waits", lambda: not system.queue(), 60, say=system.queue)
        offline = ("offline",)
        until("everybody is offline", lambda: all(system.state_of(one) in offline for one in AGENTS), 60)
        with system.phones(line.phones.folder) as phones:
            phones.unregister([system.login(extension) for extension in AGENTS])


@pytest.fixture
def citizen(line: Line) -> Iterator[Citizen]:
    """One who picks up and stays."""
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.2, talk_s=None)) as citizen:
        yield citizen


def called_back(line: Line, first: Agent, service: str = "request") -> Agents:
    """A caller asks for a callback, and 1001, whose phone that is, has called them. They have no other caller after
    this one: they are to pause from its end on."""
    line.dial(service, *ASKS)
    waits(line)
    return talks(line, first)


def talks(line: Line, first: Agent) -> Agents:
    """1001, whose phone that is, has called the caller."""
    phone = line.agent(first)
    before, bridged_before = talks_begun(line.stack, "1001"), times_bridged(line.stack, "1001")
    line.ready()
    until("they talk", lambda: talks_begun(line.stack, "1001") > before, 60)  # the citizen has answered
    until("they are bridged", lambda: times_bridged(line.stack, "1001") > bridged_before, 60)
    line.stack.set_state("1001", "paused")
    return phone


def is_ready(line: Line, extension: str) -> None:
    """Have an agent ready, whom a caller is to be sent to."""
    line.ready(extension)
    until(f"{extension} is ready", lambda: line.stack.state_of(extension) == "ready", 60)


def they_wait(line: Line) -> None:
    until("they wait", lambda: [one["caller"] for one in line.stack.queue()] == [line.number], 60)


def agree(line: Line, observer: Observer, *expected: tuple[str, str]) -> dict[str, Any]:
    """The caller's record; its parts are these, add up to its talk and are what CEL says."""
    record = line.ended()
    parts = [fact for fact in journal_facts(line.stack, TalkEnded) if fact.call == record["id"]]
    assert [(part.agent, part.how) for part in parts] == list(expected)
    assert (record["outcome"], record["agent"]) == ("called_back", expected[0][0])
    assert record["talk_s"] == pytest.approx(sum(part.talk_s for part in parts), abs=0.002)
    caller = caller_channel(line, record)
    said: dict[str, float] = {}
    for part in parts:
        said[part.agent] = said.get(part.agent, 0.0) + part.talk_s
    cel = line.stack.cel()
    assert said == pytest.approx(bridged(cel, caller), abs=0.3 + observer.late_s(cel, caller))
    return record


def held(line: Line, observer: Observer, phone: Agents, record: dict[str, Any]) -> None:
    """The record's time on hold is the phone's, as far as Asterisk told in time."""
    least_s, most_s = held_s(phone)
    late_s = 0.3 + observer.late_s(line.stack.cel(), caller_channel(line, record))
    assert least_s - late_s <= record["hold_s"] <= most_s + late_s, (least_s, record["hold_s"], most_s)


def test_blind_to_an_agent(line: Line, observer: Observer, citizen: Citizen) -> None:
    colleague = line.agent(Agent(answer_after_s=1.5, talk_s=0.8), "1002")
    phone = called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1002", None)))
    is_ready(line, "1002")
    phone.go_on()
    record = agree(line, observer, ("1001", "answered"), ("1002", "blind"))
    assert record["hangup_by"] == "agent"
    leg, second = over(citizen.process), over(colleague)
    assert second.answered_at is not None
    rung_s = second.answered_at - second.invited_at  # meanwhile they talk to nobody
    late_s = observer.late_s(line.stack.cel(), caller_channel(line, record))
    assert record["talk_s"] <= lasted_s(leg) - rung_s + FOR_S + late_s


@pytest.mark.usefixtures("citizen")
def test_blind_to_a_service_keeps_place_and_time(line: Line, observer: Observer) -> None:
    phone = called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", None)))
    told_at = time.time()
    phone.go_on()
    other = Line(line.stack, line.folder / "other")
    other.dial("agent", Wait(60))
    until("the other waits", lambda: other.number in [one["caller"] for one in line.stack.queue()], 60)
    both = until("both wait", lambda: rows if len(rows := line.stack.queue()) == 2 else None, 60)
    assert [one["caller"] for one in both] == [line.number, other.number]
    assert both[0]["service"] == "agent"
    assert both[0]["callback"] is None  # they hold the line, as any caller
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1002")
    line.ready("1002")
    record = agree(line, observer, ("1001", "answered"), ("1002", "blind"))
    answered_at = unix(record["answered_at"])
    assert answered_at < told_at, "the first answer counts"
    assert record["wait_s"] <= answered_at - unix(record["entered_at"]) + 0.01
    other.ended(60)
    other.phones.close()


@pytest.mark.usefixtures("citizen")
def test_attended(line: Line, observer: Observer) -> None:
    plan = Consult("1002", line.stack.login("1001"), after_s=None, talk_s=0.6)
    line.agent(Agent(answer_after_s=0.2, talk_s=1.5), "1002")
    phone = called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    phone.go_on()
    record = agree(line, observer, ("1001", "answered"), ("1002", "attended"))
    held(line, observer, phone, record)  # rung for 0.2 s, asked for 0.6 s
    assert record["hangup_by"] == "agent"


@pytest.mark.usefixtures("citizen")
def test_consult_and_return(line: Line, observer: Observer) -> None:
    plan = Consult("1002", line.stack.login("1001"), after_s=None, talk_s=0.4, then="return")
    line.agent(Agent(answer_after_s=0.2, talk_s=None), "1002")
    phone = called_back(line, Agent(answer_after_s=0.1, talk_s=0.5, transfer=plan))
    phone.go_on()
    record = agree(line, observer, ("1001", "answered"))
    held(line, observer, phone, record)  # rung for 0.2 s, asked for 0.4 s


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.usefixtures("citizen")
def test_handed_over_while_it_rings(line: Line, observer: Observer, silent: bool) -> None:
    plan = Consult("1002", line.stack.login("1001"), after_s=None, talk_s=0.3, early=True)
    line.agent(Agent(answer_after_s=None if silent else 1.2, talk_s=0.6), "1002")
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=plan)).go_on()
    if silent:
        they_wait(line)
        line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1003")
        line.ready("1003")
    agree(line, observer, ("1001", "answered"), ("1003", "blind") if silent else ("1002", "attended"))


@pytest.mark.usefixtures("citizen")
def test_handed_over_and_then_sent_on(line: Line, observer: Observer) -> None:
    """Three agents have the caller, and each part is told once."""
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1003")
    second = line.agent(Agent(answer_after_s=0.2, talk_s=None, transfer=Blind("1003", None)), "1002")
    plan = Consult("1002", line.stack.login("1001"), after_s=None, talk_s=0.4)
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=plan)).go_on()
    until("1002 has them", lambda: line.stack.state_of("1002") == "talking", 60)
    is_ready(line, "1003")
    second.go_on()
    agree(line, observer, ("1001", "answered"), ("1002", "attended"), ("1003", "blind"))


@pytest.mark.usefixtures("citizen")
def test_sent_on_while_there_is_no_engine(line: Line) -> None:
    """The dialplan brings the caller to the new process; their talk was sent on while none was there to hear of it."""
    phone = called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", None)))
    line.stack.kill_daemon()
    phone.go_on()
    line.stack.wait_ready()
    line.stack.set_state("1001", "paused")
    they_wait(line)
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1002")
    line.ready("1002")
    record = line.ended()
    assert (record["outcome"], record["agent"]) == ("called_back", "1001")
    assert [one["agent"] for one in line.stack.get(f"calls/{record['id']}")["segments"]] == ["1001", "1002"]


@pytest.mark.usefixtures("citizen")
def test_who_waits_after_a_transfer_survives_the_death_of_the_engine(line: Line, observer: Observer) -> None:
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", None))).go_on()
    they_wait(line)
    line.stack.kill_daemon()
    line.stack.wait_ready()
    line.agent(Agent(answer_after_s=0.1, talk_s=1.0), "1002")
    line.ready("1002")
    agree(line, observer, ("1001", "answered"), ("1002", "blind"))


def test_an_urgent_one_stays_urgent(line: Line, observer: Observer, citizen: Citizen) -> None:
    hangs_up_when_waiting(line, "funeral")
    assert waits(line)["class"] == "urgent"
    talks(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", None))).go_on()
    (row,) = until("they wait", lambda: line.stack.queue(), 60)
    assert (row["class"], row["service"], row["caller"]) == ("urgent", "agent", line.number)
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1002")
    line.ready("1002")
    agree(line, observer, ("1001", "answered"), ("1002", "blind"))
