"""A running system with a request whose outcome is to be told, and the phones of an agent and of its citizen."""

import contextlib
import itertools
import json
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx

from acd.engine.model.agent_events import DeviceStateChanged
from bench.stack import Stack, StackError, until
from phones import Agent, Caller, Phones, Step, media
from tests.integration.citizen import Citizen
from tests.integration.witnesses import journal_entries

_numbers = itertools.count(1)
PATIENT_S = 60.0
"""A step is waited for so long: the machine may be busy."""


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
        return self._send("POST", path, body)

    def patch(self, path: str, body: dict[str, Any]) -> httpx.Response:
        return self._send("PATCH", path, body)

    def _send(self, method: str, path: str, body: dict[str, Any]) -> httpx.Response:
        token = (self.stack.data_dir / "token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        return httpx.request(method, f"{self.stack.url}/api/v1/{path}", headers=headers, json=body, timeout=30)

    def calls(self, *steps: Step) -> None:
        """The citizen calls, presses keys, and talks to an agent, who goes home then; the call opens a request."""
        self.agent(Agent(answer_after_s=0.2, talk_s=1.5))
        self.phones.call(Caller(steps=steps), count=1, numbers=(f"0{self.caller[3:]}",))
        known = "SELECT number FROM tickets WHERE caller LIKE ?"
        found = self.awaits("the call opens a request", lambda: self.stack.rows(known, f"%{self.caller[3:]}"))
        self.number = str(found[0][0])
        assert self.ended(self.ticket()["call"])["outcome"] == "answered"
        self.stack.set_state("1001", "offline")

    def refuses(self, words: str) -> None:
        """The unit of the request says no."""
        answer = self.post(f"tickets/{self.number}/moves", {"to": "refused", "result": words})
        assert answer.status_code == 200, answer.text

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

    def rung(self, citizen: Citizen) -> int:
        """How often this request's citizen was called."""
        return sum(uri.partition("@")[0] == f"sip:0{self.caller[3:]}" for uri in citizen.called())

    def clear(self) -> bool:
        self.stack.asterisk_cli("channel request hangup all")
        return "0 active channels" in self.stack.asterisk_cli("core show channels count")


@contextlib.contextmanager
def line_of(stack: Stack, folder: Path) -> Iterator[Line]:
    """A request's line, empty again afterwards."""
    line = Line(stack, folder)
    try:
        yield line
    finally:
        stack.wait_ready()
        stack.set_state("1001", "offline")
        line.phones.close()
        until("the line is empty", line.clear, 60, every_s=0.2)
        without_telephones(stack, folder)


def without_telephones(stack: Stack, folder: Path) -> None:
    """Take all telephones off Asterisk's list, and wait until the line knows. A telephone that takes the place of one
    on the list is told as gone and, a moment later, as there (ADR 0055): the next test's would be out of reach."""
    with stack.phones(folder / "gone") as phones:
        phones.unregister(stack.logins)
    there: dict[str, str] = {}

    def none_is_left() -> bool:
        for entry in journal_entries(stack):
            if isinstance(entry.event, DeviceStateChanged):
                there[entry.event.agent] = entry.event.state
        return "available" not in there.values()

    until("the line knows that no telephone is there", none_is_left, PATIENT_S, every_s=0.1, say=lambda: there)


class Talk:
    """An automatic call, seen by the journal."""

    def __init__(self, line: Line, citizen: Citizen) -> None:
        self.line, self.citizen = line, citizen

    def events(self) -> list[dict[str, object]]:
        """The events of this request's calls so far, oldest first."""
        return [one["event"] for one in self._entries() if self._is_own(one["event"])]

    def facts(self, kind: str) -> int:
        """How many facts of this kind there are of this request's calls so far."""
        return sum(fact["type"] == kind and self._is_own(fact) for one in self._entries() for fact in one["facts"])

    def _entries(self) -> list[dict[str, Any]]:
        with sqlite3.connect(f"file:{self.line.stack.data_dir / 'journal.db'}?mode=ro", uri=True) as journal:
            query = "SELECT body FROM entry WHERE instr(CAST(body AS TEXT), ?) ORDER BY seq"
            rows = journal.execute(query, (f"-outcome.{self.line.number}.",)).fetchall()
        return [json.loads(row[0]) for row in rows]

    def _is_own(self, one: dict[str, Any]) -> bool:
        return f"-outcome.{self.line.number}." in str(one.get("call"))

    def has(self, kind: str, step: str = "") -> bool:
        return any(one["type"] == kind and step in ("", one.get("step")) for one in self.events())

    def count(self, kind: str) -> int:
        return sum(one["type"] == kind for one in self.events())

    def presses(self, nth: int, step: str, after: tuple[str, str] = ("call_attached", "")) -> None:
        """Once the line asks, the citizen presses their nth key; it comes to this step of the talk."""
        self.line.awaits(f"the line asks: {after}", lambda: self.has(*after))

        def pressed() -> bool:
            self.citizen.process.press(nth)
            with contextlib.suppress(StackError):  # pressed too early: AMI was not there, or our word was lost
                return until("it was heard", lambda: self.has("outcome_talked", step), 3.0)
            return False

        self.line.awaits(f"key {nth} leads to {step}", pressed)

    def hangs_up_having_heard(self) -> None:
        """The citizen has heard the outcome, and does not stay to be asked for a score."""
        self.line.awaits("the outcome was heard", lambda: self.has("outcome_talked", "heard"))
        self.citizen.process.hang_up()


def picks_up(*keys: str | bytes, answer_after_s: float = 0.5) -> Agent:
    """A citizen who picks up, says hello, and presses these keys when they are asked."""
    return Agent(answer_after_s=answer_after_s, talk_s=None, keys=keys, sound=media.noise(0.5))


def has_come_back(talk: Talk, attached: int) -> bool:
    """Whether the citizen's channel has come to the line more often than so."""
    return talk.count("call_attached") > attached


def kill(line: Line, dies: str) -> None:
    """`kill -9` of the line, of the desk or of both, until they are back."""
    strike(line, dies)
    line.stack.wait_ready()


def strike(line: Line, dies: str) -> None:
    """The same, and nobody waits for them: the line asks for a key for seconds only, a slow desk is away longer."""
    for one in ("line", "desk") if dies == "both" else (dies,):
        (line.stack.kill_daemon if one == "line" else line.stack.kill_desk)()
