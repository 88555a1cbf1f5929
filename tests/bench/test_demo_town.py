"""The people of the demo, beside a line that is made up: what each does, and in which order."""

import json
import sqlite3
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from bench import demo_town
from bench.demo_town import GLAD, HEAR, MATTERS, SORRY, TALK_S, Town
from bench.stack import Stack
from phones.sipp import Process
from tests.tickets.towns import TOWN


class Line:
    """A running system as the town sees it."""

    def __init__(self, folder: Path) -> None:
        self.data_dir = folder
        self.ended: list[dict[str, Any]] = []
        self.tickets: dict[str, dict[str, Any]] = {}
        self.sent: list[tuple[str, dict[str, Any]]] = []
        with sqlite3.connect(folder / "journal.db") as journal:
            journal.execute("CREATE TABLE entry (seq INTEGER PRIMARY KEY, body TEXT)")

    def calls(self, **_: object) -> list[dict[str, Any]]:
        return self.ended

    def get(self, what: str, **query: object) -> Any:
        return list(self.tickets.values()) if what == "tickets" else [{"id": 7}]

    def ends(self, call: str, service: str, outcome: str = "answered") -> None:
        caller = f"0532555000{len(self.ended)}"
        self.ended.insert(
            0,
            {"id": call, "class": "routine", "service": service, "outcome": outcome, "agent": "1001", "caller": caller},
        )

    def happens(self, **event: object) -> None:
        with sqlite3.connect(self.data_dir / "journal.db") as journal:
            journal.execute("INSERT INTO entry (body) VALUES (?)", (json.dumps({"event": event}),))

    def take(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        self.sent.append((path, body))
        if path == "tickets":
            number = f"26-{len(self.tickets) + 1:06d}-0"
            fresh = {"number": number, "unit": "fen_isleri", "told_at": None, "told_how": None, "score": None}
            self.tickets[number] = fresh | {"state": "assigned"}
            return self.tickets[number]
        if path.endswith("/moves"):
            self.tickets[path.split("/")[1]]["state"] = body["to"]
            return self.tickets[path.split("/")[1]]
        return {}


class Trunk:
    """The citizens' telephone."""

    def __init__(self) -> None:
        self.pressed: list[int] = []

    def legs(self) -> list[Any]:
        return []

    def press(self, nth: int, *_: object) -> None:
        self.pressed.append(nth)


@pytest.fixture
def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Line:
    line = Line(tmp_path)
    monkeypatch.setattr(Town, "_send", lambda _, *sent: line.take(*sent))
    for name in ("TAKES_S", "WORKS_S", "LISTENS_S"):
        monkeypatch.setattr(demo_town, name, 0.0)
    return line


def town_of(line: Line, trunk: Trunk | None, said: list[str]) -> Town:
    return Town(cast(Stack, line), cast(Process | None, trunk), "2026-06-01T00:00:00Z", 1, said.append)


def test_a_request_is_taken_down_resolved_told_and_scored(line: Line) -> None:
    said: list[str] = []
    trunk = Trunk()
    town = town_of(line, trunk, said)
    line.ends("ast1-1.1", "request")
    line.ends("ast1-2.1", "request", outcome="abandoned")
    town.step()
    assert [path for path, _ in line.sent] == ["tickets", "tickets/26-000001-0/moves"]
    assert line.sent[0][1] == {
        "service": "request", "call": "ast1-1.1", "topic": MATTERS[0].topic, "district": MATTERS[0].district,
        "text": MATTERS[0].text,
    }  # fmt: skip
    town.step()
    assert (line.sent[-1][1]["to"], line.sent[-1][1]["result"]) == ("resolved", MATTERS[0].words)
    call = "ast1-outcome.26-000001-0.1.1"
    line.happens(type="call_attached", call=call)
    town.step()
    line.happens(type="outcome_talked", call=call, step="heard")
    town.step()
    assert trunk.pressed == [HEAR, GLAD if MATTERS[0].glad else SORRY]
    assert town.waits
    line.tickets["26-000001-0"] |= {"told_at": "now", "told_how": "automatic", "score": 5, "state": "closed"}
    town.step()
    assert not town.waits
    counts = town.counts
    assert (counts.requests, counts.resolved, counts.told, counts.scores) == (1, 1, 1, (5,))
    assert said[-1] == "26-000001-0  told by telephone, score 5 of 5"
    assert town.story == "26-000001-0"
    assert not any("0532555" in one for one in said)


def test_a_score_is_waited_for_since_its_citizen_was_told(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine the ring alone takes longer than a talk."""
    now = 1000.0
    monkeypatch.setattr(demo_town, "time", SimpleNamespace(monotonic=lambda: now))
    town = town_of(line, Trunk(), [])
    line.ends("ast1-1.1", "request")
    for _ in range(2):
        town.step()
    now += 2 * TALK_S
    line.tickets["26-000001-0"] |= {"told_at": "now", "told_how": "automatic", "state": "told"}
    town.step()
    now += TALK_S - 1
    town.step()
    assert town.waits
    now += 1
    town.step()
    assert (town.waits, town.counts.told, town.counts.scores) == (False, 1, ())


def test_without_a_trunk_on_this_machine_nobody_is_rung_and_callers_are_answered_at_once(line: Line) -> None:
    town = town_of(line, None, [])
    line.ends("ast1-1.1", "request")
    line.ends("ast1-2.1", "information")
    town.step()
    town.step()
    assert [path for path, _ in line.sent] == ["calls/ast1-1.1/disposition", "calls/ast1-2.1/disposition"]
    assert {body["article"] for _, body in line.sent} == {7}
    assert (town.counts.answered_at_once, town.waits, town.story) == (2, False, "")


def test_no_more_requests_than_citizens_can_be_rung_in_time(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo_town, "MOST_REQUESTS", 2)
    town = town_of(line, Trunk(), [])
    for n in range(4):
        line.ends(f"ast1-{n}.1", "request")
    town.step()
    assert (town.counts.requests, town.counts.answered_at_once) == (2, 2)


def test_what_citizens_ask_for_is_the_first_towns_and_has_a_unit(line: Line) -> None:
    for matter in MATTERS:
        topic = TOWN.topics[matter.topic]
        assert matter.district in TOWN.mahalle
        assert topic.unit is not None, matter.topic
        assert not topic.photo, "the unit would have to show a photo"
        assert matter.responsible in ("", *TOWN.bodies)
    assert {matter.to for matter in MATTERS} == {"resolved", "refused", "not_ours"}
