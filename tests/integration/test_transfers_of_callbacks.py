"""Callers who were called back and are then handed on, put on hold or asked about, on a running system whose outgoing
trunk is a sipp on loopback. Their channel is one that an agent's dialled, and not one that came by the trunk."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.facts import TalkEnded
from bench.stack import Stack, until
from phones import Agent, Blind, Consult, HangUp, Wait
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.integration.test_callbacks import ASKS, Line, lasted_s, waits
from tests.integration.test_transfers import bridged
from tests.integration.witnesses import FOR_S, journal_facts, talks_begun

AGENTS = ("1001", "1002", "1003")
PRIVATE_RING_S = 2.0


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("callbacks")
    with Stack(
        folder, agents=3, ring_s=2.0, private_ring_s=PRIVATE_RING_S, wrapup_s=0.3, callback_ring_s=5, regroup_s=2.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", callback_abandoned_urgent=True,
    ) as stack:  # fmt: skip
        yield stack


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
        until("nobody waits", lambda: not system.queue(), 15, say=system.queue)
        offline = ("offline",)
        until("everybody is offline", lambda: all(system.state_of(one) in offline for one in AGENTS), 15)
        with system.phones(line.phones.folder) as phones:
            phones.unregister([system.login(extension) for extension in AGENTS])


@pytest.fixture
def citizen(line: Line) -> Iterator[Citizen]:
    """One who picks up and stays."""
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.2, talk_s=None)) as citizen:
        yield citizen


def called_back(line: Line, first: Agent, service: str = "request") -> None:
    """A caller asks for a callback, and 1001 has called them."""
    line.dial(service, *ASKS)
    waits(line)
    line.agent(first)
    talks = talks_begun(line.stack, "1001")
    line.ready()
    until("they talk", lambda: talks_begun(line.stack, "1001") > talks, 10)


def agree(line: Line, *expected: tuple[str, str]) -> dict[str, Any]:
    """The caller's record; its parts are these, add up to its talk and are what CEL says."""
    record = line.ended()
    parts = [fact for fact in journal_facts(line.stack, TalkEnded) if fact.call == record["id"]]
    assert [(part.agent, part.how) for part in parts] == list(expected)
    assert (record["outcome"], record["agent"]) == ("called_back", expected[0][0])
    assert record["talk_s"] == pytest.approx(sum(part.talk_s for part in parts), abs=0.002)
    rows = until("Asterisk is done with it", lambda: _rows(line, record["id"]), 10)
    (caller,) = {row.uniqueid for row in rows if row.channel.startswith("PJSIP/outgoing-")}
    said: dict[str, float] = {}
    for part in parts:
        said[part.agent] = said.get(part.agent, 0.0) + part.talk_s
    assert said == pytest.approx(bridged(line.stack.cel(), caller), abs=0.3)  # a busy machine tells late
    return record


def _rows(line: Line, call: str) -> list[Any]:
    """What Asterisk logged of the channels of a callback, once they are gone."""
    rows = [row for row in line.stack.cel() if row.linkedid.startswith(f"{call}~")]
    gone = {row.uniqueid for row in rows if row.event == "CHAN_END"}
    return rows if rows and {row.uniqueid for row in rows} <= gone else []


def test_blind_to_an_agent(line: Line, citizen: Citizen) -> None:
    colleague = line.agent(Agent(answer_after_s=0.3, talk_s=0.8), "1002")
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("1002", 1.0)))
    line.ready("1002")
    record = agree(line, ("1001", "answered"), ("1002", "blind"))
    assert record["hangup_by"] == "agent"
    (leg,), (second,) = citizen.process.legs(), colleague.legs()
    assert second.answered_at is not None
    rung_s = second.answered_at - second.invited_at  # meanwhile they talk to nobody
    assert record["talk_s"] == pytest.approx(lasted_s(leg) - rung_s, abs=FOR_S)


@pytest.mark.usefixtures("citizen")
def test_blind_to_a_service_keeps_place_and_time(line: Line) -> None:
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", 1.5)))
    line.stack.set_state("1001", "paused")
    other = Line(line.stack, line.folder / "other")
    other.dial("agent", Wait(30))
    until("the other waits", lambda: other.number in [one["caller"] for one in line.stack.queue()], 10)
    both = until("both wait", lambda: rows if len(rows := line.stack.queue()) == 2 else None, 10)
    assert [one["caller"] for one in both] == [line.number, other.number]
    assert both[0]["service"] == "agent"
    assert both[0]["callback"] is None  # they hold the line, as any caller
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1002")
    line.ready("1002")
    record = agree(line, ("1001", "answered"), ("1002", "blind"))
    assert record["wait_s"] < 10
    other.ended()
    other.phones.close()


@pytest.mark.usefixtures("citizen")
def test_attended(line: Line) -> None:
    plan = Consult("1002", line.stack.login("1001"), after_s=0.8, talk_s=0.6)
    line.agent(Agent(answer_after_s=0.2, talk_s=1.5), "1002")
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    record = agree(line, ("1001", "answered"), ("1002", "attended"))
    assert 0.6 < record["hold_s"] < 2.0  # rung for 0.2 s, asked for 0.6 s
    assert record["hangup_by"] == "agent"


@pytest.mark.usefixtures("citizen")
def test_consult_and_return(line: Line) -> None:
    plan = Consult("1002", line.stack.login("1001"), after_s=0.8, talk_s=0.4, then="return")
    line.agent(Agent(answer_after_s=0.2, talk_s=None), "1002")
    called_back(line, Agent(answer_after_s=0.1, talk_s=0.5, transfer=plan))
    record = agree(line, ("1001", "answered"))
    assert 0.4 < record["hold_s"] < 1.8  # rung for 0.2 s, asked for 0.4 s


@pytest.mark.parametrize("silent", [False, True])
@pytest.mark.usefixtures("citizen")
def test_handed_over_while_it_rings(line: Line, silent: bool) -> None:
    plan = Consult("1002", line.stack.login("1001"), after_s=0.8, talk_s=0.3, early=True)
    line.agent(Agent(answer_after_s=None if silent else 1.2, talk_s=0.6), "1002")
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.stack.set_state("1001", "paused")
    if silent:
        until("they wait", lambda: [one["caller"] for one in line.stack.queue()] == [line.number], 15)
        line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1003")
        line.ready("1003")
    agree(line, ("1001", "answered"), ("1003", "blind") if silent else ("1002", "attended"))


@pytest.mark.usefixtures("citizen")
def test_handed_over_and_then_sent_on(line: Line) -> None:
    """Three agents have the caller, and each part is told once."""
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1003")
    line.agent(Agent(answer_after_s=0.2, talk_s=None, transfer=Blind("1003", 1.5)), "1002")
    line.ready("1003")
    line.stack.set_state("1003", "paused")
    plan = Consult("1002", line.stack.login("1001"), after_s=0.8, talk_s=0.4)
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=plan))
    line.ready("1003")
    agree(line, ("1001", "answered"), ("1002", "attended"), ("1003", "blind"))


@pytest.mark.usefixtures("citizen")
def test_sent_on_while_there_is_no_engine(line: Line) -> None:
    """The dialplan brings the caller to the new process; their talk was sent on while none was there to hear of it."""
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", 1.2)))
    line.stack.kill_daemon()
    line.stack.wait_ready()
    line.stack.set_state("1001", "paused")
    until("they wait", lambda: [one["caller"] for one in line.stack.queue()] == [line.number], 15)
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1002")
    line.ready("1002")
    record = line.ended()
    assert (record["outcome"], record["agent"]) == ("called_back", "1001")
    assert [one["agent"] for one in line.stack.get(f"calls/{record['id']}")["segments"]] == ["1001", "1002"]


@pytest.mark.usefixtures("citizen")
def test_who_waits_after_a_transfer_survives_the_death_of_the_engine(line: Line) -> None:
    called_back(line, Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", 0.8)))
    line.stack.set_state("1001", "paused")
    until("they wait", lambda: [one["caller"] for one in line.stack.queue()] == [line.number], 15)
    line.stack.kill_daemon()
    line.stack.wait_ready()
    line.agent(Agent(answer_after_s=0.1, talk_s=1.0), "1002")
    line.ready("1002")
    agree(line, ("1001", "answered"), ("1002", "blind"))


def test_an_urgent_one_stays_urgent(line: Line, citizen: Citizen) -> None:
    line.dial("funeral", Wait(1.0), HangUp())
    assert waits(line)["class"] == "urgent"
    line.agent(Agent(answer_after_s=0.1, talk_s=None, transfer=Blind("*80", 1.0)))
    talks = talks_begun(line.stack, "1001")
    line.ready()
    until("they talk", lambda: talks_begun(line.stack, "1001") > talks, 10)
    line.stack.set_state("1001", "paused")
    (row,) = until("they wait", lambda: line.stack.queue(), 10)
    assert (row["class"], row["service"], row["caller"]) == ("urgent", "agent", line.number)
    line.agent(Agent(answer_after_s=0.1, talk_s=0.5), "1002")
    line.ready("1002")
    agree(line, ("1001", "answered"), ("1002", "blind"))
