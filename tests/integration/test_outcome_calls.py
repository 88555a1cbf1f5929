"""The way back on a running system: a request has an outcome, an agent is rung, then the citizen, who is told it once.

The outgoing trunk is a sipp on loopback."""

import itertools
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from bench.stack import Stack, until
from phones import Agent, Phones, free_udp_port
from tests.integration.citizen import Citizen

_numbers = itertools.count(1)
PAUSE_S = 2.0
REPORT_S = 6.0
PATIENT_S = 60.0
"""A step is waited for so long: the machine may be busy."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("outcomes")
    with Stack(
        folder,
        agents=2,
        ring_s=10.0,
        wrapup_s=0.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        callback_ring_s=15,
        outcome_hours="mon-sun holiday 00:00-24:00",
        outcome_quiet="",
        outcome_pause_s=PAUSE_S,
        outcome_report_s=REPORT_S,
    ) as stack:
        yield stack


class Line:
    """The system, an agent's phone, and a request of a citizen with a number of their own."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.phones: Phones = stack.phones(folder / "phones")
        self.caller = f"+90532{next(_numbers):07d}"
        self.number = ""

    def citizen(self, script: Agent) -> Citizen:
        trunk = str(self.stack.settings["callback_trunk"])
        return Citizen(self.folder / "citizen", int(trunk.rpartition(":")[2]), script)

    def agent(self, script: Agent) -> None:
        self.phones.staff([self.stack.login("1001")], script)
        self.stack.set_state("1001", "ready")

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        token = (self.stack.data_dir / "token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        return httpx.post(f"{self.stack.url}/api/v1/{path}", headers=headers, json=body, timeout=30)

    def resolves(self) -> None:
        """A citizen's request is resolved by its unit."""
        road = {"service": "request", "topic": "asfalt_talebi", "district": "esenkent", "text": "Işık Sokak"}
        self.number = self.post("tickets", {**road, "caller": self.caller}).json()["number"]
        for move in ({"to": "accepted"}, {"to": "resolved", "result": "Işık Sokak asfaltlandı."}):
            answer = self.post(f"tickets/{self.number}/moves", move)
            assert answer.status_code == 200, answer.text

    def ticket(self) -> dict[str, Any]:
        return dict(self.stack.get(f"tickets/{self.number}"))

    def awaits(self, what: str, found: Callable[[], Any]) -> Any:
        return until(what, found, PATIENT_S, say=lambda: (self.tried(), self.stack.agents()["1001"]))

    def tried(self) -> list[tuple[Any, ...]]:
        """The tries of this request: result, and whether the words had begun."""
        query = "SELECT result, began_at IS NOT NULL FROM outcome_attempts WHERE number = ? ORDER BY attempt"
        return self.stack.rows(query, self.number)

    def tasks(self) -> list[str]:
        return [one["kind"] for one in self.stack.get("tasks") if one["number"] == self.number]

    def call(self) -> str:
        """The call in which the citizen is told, once they have picked up."""
        query = "SELECT call FROM outcome_attempts WHERE number = ? AND began_at IS NOT NULL"
        return str(self.awaits("the words begin", lambda: self.stack.rows(query, self.number))[0][0])

    def ended(self, call: str) -> dict[str, Any]:
        """The record of a call that is over."""
        return dict(
            self.awaits(
                "the call is over", lambda: next((one for one in self.stack.calls() if one["id"] == call), None)
            )
        )

    def clear(self) -> bool:
        self.stack.asterisk_cli("channel request hangup all")
        return "0 active channels" in self.stack.asterisk_cli("core show channels count")


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(system, tmp_path)
    try:
        yield line
    finally:
        system.wait_ready()
        system.set_state("1001", "offline")
        line.phones.close()
        until("the line is empty", line.clear, 30, every_s=0.2)


def test_the_citizen_is_told_and_is_not_satisfied(line: Line) -> None:
    """Agent first, then the citizen; 2 of 5 is a person's task."""
    with line.citizen(Agent(answer_after_s=0.5, talk_s=None)) as citizen:
        line.resolves()
        waiting = line.awaits("it waits", lambda: line.stack.get("callbacks"))
        assert [(one["reason"], one["class"]) for one in waiting] == [("outcome", "outcome")]
        assert not citizen.called()
        line.agent(Agent(answer_after_s=0.3, talk_s=2.0))
        call = line.call()
        said = line.stack.get(f"calls/{call}/outcome")
        assert (said["number"], said["state"], said["result"]) == (line.number, "resolved", "calling")
        assert "Işık Sokak asfaltlandı." in said["words"]
        record = line.ended(call)
        assert (record["outcome"], record["class"], record["agent"]) == ("called_back", "outcome", "1001")
        assert record["within_target"] is None
        answer = line.post(f"calls/{call}/outcome", {"result": "told", "score": 2, "remark": "Yol hâlâ bozuk"})
        assert answer.status_code == 200, answer.text
        assert line.post(f"calls/{call}/outcome", {"result": "told"}).status_code == 409
        ticket = line.ticket()
        assert (ticket["state"], ticket["told_how"], ticket["score"], ticket["remark"]) == (
            "told",
            "call",
            2,
            "Yol hâlâ bozuk",
        )
        assert call in [one["id"] for one in ticket["calls"]]
        assert "low_score" in line.tasks()
        assert [uri.partition("@")[0] for uri in citizen.called()] == [f"sip:0{line.caller[3:]}"]


def test_one_who_is_not_reached_is_called_three_times_and_no_more(line: Line) -> None:
    with line.citizen(Agent(reject=486, answer_after_s=0.1)) as citizen:
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.resolves()
        line.awaits("it counts as told", lambda: line.ticket()["state"] == "told")
        assert line.tried() == [("busy", 0)] * 3
        assert (line.ticket()["told_how"], line.tasks()) == ("attempts", ["not_reached"])
        assert len(citizen.called()) == 3


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_in_mid_words_is_a_person_s_task_and_no_second_call(line: Line, dies: str) -> None:
    """The agent says nothing of how it went."""
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.agent(Agent(answer_after_s=0.2, talk_s=4.0))
        line.resolves()
        call = line.call()
        (line.stack.kill_daemon if dies == "line" else line.stack.kill_desk)()
        line.stack.wait_ready()
        assert line.ended(call)["outcome"] == "called_back"
        line.awaits("a person is asked", line.tasks)
        assert line.tasks() == ["told_in_part"]
        assert line.tried() == [("told_in_part", 1)]
        assert (line.ticket()["state"], len(citizen.called())) == ("resolved", 1)


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_while_the_agent_rings_brings_one_call(line: Line, dies: str) -> None:
    with line.citizen(Agent(answer_after_s=0.3, talk_s=None)) as citizen:
        line.agent(Agent(answer_after_s=3.0, talk_s=2.0))
        line.resolves()
        line.awaits("the agent rings", lambda: line.stack.state_of("1001") == "ringing")
        (line.stack.kill_daemon if dies == "line" else line.stack.kill_desk)()
        line.stack.wait_ready()
        call = line.call()
        assert line.ended(call)["outcome"] == "called_back"
        assert line.post(f"calls/{call}/outcome", {"result": "told", "score": 5}).status_code == 200
        assert (line.ticket()["state"], line.ticket()["score"], len(citizen.called())) == ("closed", 5, 1)
