"""An agent calls a citizen about a task, on a running system: their own telephone rings first, then the citizen's. The
outgoing trunk is a sipp on loopback."""

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import httpx
import pytest

from acd.engine.model.facts import CallbackMissed, CallEnded, TaskCallOrdered
from bench.stack import Stack, until
from phones import Agent, Agents
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.integration.outcome_line import Line, kill, line_of
from tests.integration.softphone import Softphone
from tests.integration.witnesses import journal_facts

AGENT_HZ = 650.0
CALLEE_S = 5
"""How long the citizen's telephone rings."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("tasks"),
        agents=2,
        ring_s=10.0,
        wrapup_s=0.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        callback_ring_s=CALLEE_S,
        outcome_call="off",
        outcome_hours="mon-sun holiday 00:00-24:00",
        outcome_quiet="",
    ) as stack:
        for extension in ("1001", "1002"):  # agents who work on tasks too
            until(f"{extension} is there", partial(works_on_tasks, stack, extension), 60)
        yield stack


def works_on_tasks(stack: Stack, extension: str) -> bool:
    """Give an agent the role. The desk makes the agents' accounts a while after it is ready."""
    role = (sys.executable, "-m", "acd.cli", "users", "role", extension, "inbox", "--extension", extension)
    done = subprocess.run(role, env=Stack.environment(stack.settings), capture_output=True, check=False, timeout=60)
    return done.returncode == 0


class Desk(Line):
    """A line with a request of which a task is open, and the people who work on it."""

    def __init__(self, line: Line) -> None:
        self.__dict__.update(line.__dict__)
        self.task = 0
        self.closing = ExitStack()

    def opens(self) -> None:
        """The citizen is not satisfied: that is a person's task."""
        self.resolves()
        self.awaits("it is told, on the page", lambda: self.ticket()["state"] == "told")
        answer = self.post(f"tickets/{self.number}/score", {"score": 1, "remark": "Yarısı yapılmış"})
        assert answer.status_code == 200, answer.text
        self.task = self.awaits("a person is asked", self.open_tasks)[0]["id"]

    def open_tasks(self) -> list[dict[str, Any]]:
        return [one for one in self.stack.get("tasks", limit=1000) if one["number"] == self.number]

    def signs_in(self, extension: str = "1001") -> httpx.Client:
        """A person at their desk."""
        client = self.closing.enter_context(httpx.Client(base_url=f"{self.stack.url}/api/v1", timeout=30))
        answer = client.post("/session", json={"user": extension, "password": f"demo-{extension}"})
        assert answer.status_code == 200, answer.text
        client.headers["x-csrf-token"] = answer.json()["csrf"]
        return client

    def presses(self, person: httpx.Client) -> httpx.Response:
        return person.post(f"/tasks/{self.task}/call", json={})

    def rings_up(self, extension: str = "1001") -> str:
        """A person presses, and the line takes it; the call."""
        answer = self.presses(self.signs_in(extension))
        assert answer.status_code == 202, answer.text
        return str(answer.json()["id"])

    def result(self) -> str:
        """What the task says of its last call."""
        (task,) = self.open_tasks()
        return "" if task["call"] is None else str(task["call"]["result"])

    def comes(self, result: str) -> None:
        self.awaits(f"the task says {result}", lambda: self.result() == result)

    def telephone(self, script: Agent, extension: str = "1001", state: str = "ready") -> Agents:
        phone = self.phones.staff([self.stack.login(extension)], script)
        self.stack.set_state(extension, state, "break" if state == "paused" else "")
        self.knows(extension, state)
        return phone

    def knows(self, extension: str, state: str) -> None:
        """Wait until the line knows that a telephone is there, and so whoever is `ready` there is."""
        self.awaits("the line knows that telephone", lambda: self.stack.state_of(extension) == state)

    def ringing(self) -> None:
        self.awaits("the agent's phone rings", lambda: self.stack.state_of("1001") == "ringing")

    def count(self, kind: type) -> int:
        """How many facts of this kind there are of this request's calls."""
        return sum(f"-task.{self.number}." in one.call for one in journal_facts(self.stack, kind))


@pytest.fixture
def desk(system: Stack, tmp_path: Path) -> Iterator[Desk]:
    with line_of(system, tmp_path) as line:
        desk = Desk(line)
        try:
            yield desk
        finally:
            desk.closing.close()
            system.set_state("1002", "offline")


def test_an_agent_in_a_pause_talks_to_the_citizen_and_both_hear_each_other(desk: Desk) -> None:
    """What the citizen hears comes back: so the agent hears their own tone only where sound flows both ways."""
    desk.opens()
    trunk = int(str(desk.stack.settings["callback_trunk"]).rpartition(":")[2])
    script = Agent(answer_after_s=0.5, talk_s=None)
    sip_port, login = int(str(desk.stack.settings["sip_port"])), desk.stack.login("1001")
    phone = Softphone(desk.folder / "phone", sip_port, "1001", login.password, hz=AGENT_HZ)
    with phone, Citizen(desk.folder / "citizen", trunk, script, echo=True) as citizen:
        desk.stack.set_state("1001", "ready")
        desk.knows("1001", "ready")
        desk.stack.set_state("1001", "paused", "break")
        call = desk.rings_up()
        desk.ringing()
        assert not citizen.called(), "the agent's own phone rings first"
        until("it rings", lambda: "Incoming call" in phone.told() or "incoming" in phone.told().lower(), 60)
        phone.does("accept")
        desk.comes("talking")
        until("both hear each other", lambda: phone.hears(AGENT_HZ), 60, say=phone.account)
        phone.does("hangup")
        desk.comes("reached")
        assert [uri.partition("@")[0] for uri in citizen.called()] == [f"sip:0{desk.caller[3:]}"]
    desk.awaits("the pause goes on", lambda: desk.stack.state_of("1001") == "paused")
    record = desk.ended(call)
    assert (record["outcome"], record["class"], record["agent"]) == ("called_back", "outcome", "1001")
    whole = desk.stack.get(f"calls/{call}")
    assert [(one["number"], one["how"]) for one in whole["tickets"]] == [(desk.number, "task")]
    ticket = desk.ticket()
    assert [one["id"] for one in ticket["calls"] if one["how"] == "task"] == [call]
    assert [one["what"] for one in ticket["story"] if one["id"] == call] == ["task"]
    assert desk.open_tasks()[0]["assigned_to"] == "1001", "whoever calls has the task"
    why = (sys.executable, "-m", "acd.cli", "journal", "why", call)
    told = subprocess.run(
        why, env=Stack.environment(desk.stack.settings), capture_output=True, check=True, timeout=60, text=True
    )
    assert desk.number in told.stdout


@pytest.mark.parametrize(
    ("script", "result"),
    [(Agent(reject=486, answer_after_s=0.2), "busy"), (Agent(answer_after_s=None), "no_answer")],
    ids=["busy", "no answer"],
)
def test_a_citizen_who_is_not_reached_is_called_once_and_the_task_says_so(
    desk: Desk, script: Agent, result: str
) -> None:
    desk.opens()
    with desk.citizen(script) as citizen:
        desk.telephone(Agent(answer_after_s=0.2, talk_s=None))
        call = desk.rings_up()
        desk.comes(result)
        assert desk.ended(call)["outcome"] == "callback_failed"
        assert (desk.rung(citizen), desk.count(CallbackMissed)) == (1, 1)
    desk.awaits("the agent is free", lambda: desk.stack.state_of("1001") == "ready")


def test_without_the_agent_the_citizen_is_not_rung(desk: Desk) -> None:
    desk.opens()
    with desk.citizen(Agent(answer_after_s=0.2, talk_s=None)) as citizen:
        desk.telephone(Agent(reject=486, answer_after_s=0.2))
        call = desk.rings_up()
        desk.comes("not_made")
        assert (desk.ended(call)["outcome"], desk.rung(citizen)) == ("callback_cancelled", 0)
    desk.awaits("they are ready: nobody has missed a caller", lambda: desk.stack.state_of("1001") == "ready")


def test_two_who_press_are_one_call_and_who_cannot_call_is_told_why(desk: Desk) -> None:
    desk.opens()
    first, second = desk.signs_in(), desk.signs_in("1002")
    with desk.citizen(Agent(answer_after_s=1.0, talk_s=None)) as citizen:
        offline = desk.presses(first)
        assert (offline.status_code, offline.json()["value"]) == (409, "offline")
        phone = desk.telephone(Agent(answer_after_s=1.0, talk_s=None))
        began = desk.presses(first)
        assert began.status_code == 202, began.text
        again = desk.presses(first)
        assert (again.status_code, again.json()["value"]) == (409, "under_way")
        theirs = desk.presses(second)
        assert (theirs.status_code, theirs.json()["code"]) == (409, "already_done")
        desk.comes("talking")
        phone.hang_up()
        desk.comes("reached")
        assert desk.rung(citizen) == 1


def test_a_line_that_hangs_rings_nobody_later(desk: Desk) -> None:
    desk.opens()
    person = desk.signs_in()
    with desk.citizen(Agent(answer_after_s=0.2, talk_s=None)) as citizen:
        desk.telephone(Agent(answer_after_s=0.2, talk_s=None))
        line = desk.stack.daemon.pid
        os.kill(line, signal.SIGSTOP)
        answer = desk.presses(person)
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        with contextlib.suppress(ProcessLookupError):  # its heartbeat has ended it
            os.kill(line, signal.SIGCONT)
        desk.stack.wait_ready()
        desk.awaits("the agent is there", lambda: desk.stack.state_of("1001") == "ready")
        assert desk.presses(person).status_code == 202, "nothing of the first wish is left"
        desk.comes("talking")
        assert (desk.count(TaskCallOrdered), desk.rung(citizen)) == (1, 1)


@pytest.mark.parametrize("dies", ["line", "desk", "both"])
def test_deaths_at_each_step_ring_nobody_twice(desk: Desk, dies: str) -> None:
    """While the agent's phone rings, while the citizen's does, and in the talk."""
    desk.opens()
    with desk.citizen(Agent(answer_after_s=3.0, talk_s=None)) as citizen:
        phone = desk.telephone(Agent(answer_after_s=3.0, talk_s=None))
        call = desk.rings_up()
        desk.ringing()
        kill(desk, dies)
        desk.awaits("the citizen's telephone rings", lambda: desk.rung(citizen) == 1)
        kill(desk, dies)
        desk.comes("talking")
        kill(desk, dies)
        phone.hang_up()
        desk.comes("reached")
        assert (desk.ended(call)["outcome"], desk.rung(citizen)) == ("called_back", 1)
        assert (desk.count(TaskCallOrdered), desk.count(CallEnded)) == (1, 1)
        assert [one["id"] for one in desk.ticket()["calls"] if one["how"] == "task"] == [call]
