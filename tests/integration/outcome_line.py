"""A running system with a request whose outcome is to be told, and the phones of an agent and of its citizen."""

import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx

from bench.stack import Stack, until
from phones import Agent, Caller, Phones, Step
from tests.integration.citizen import Citizen

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
