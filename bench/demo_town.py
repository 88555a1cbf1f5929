"""The people of the demo who are no telephones of agents or callers: agents who take down what a caller asks for, units
that resolve it, and citizens who are rung and told by the line.

`Town.step` is called again and again. It looks at what the line says and does the next thing of each person. All of it
goes through the API, as at the desks, except the citizens' keys: those are pressed on real telephones at the other end
of the line's outgoing trunk.
"""

import itertools
import json
import random
import sqlite3
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import httpx

from bench.stack import Stack, StackError
from phones.sipp import Process

MOST_REQUESTS: Final = 12
"""So many requests are taken down: each citizen is rung within the demo."""
TAKES_S, WORKS_S = 3.0, 5.0
"""A unit accepts a request after so long, and has its outcome after so long again."""
LISTENS_S: Final = 3.0
"""A citizen presses a key so long after the line has begun to ask."""
TALK_S: Final = 60.0
"""The longest time from when a citizen was seen to be told to their score."""
ENDS: Final = {"resolved": "resolved it", "refused": "refused it", "not_ours": "passed it on"}
KEYS: Final = ("1", "5", "2")
"""The keys of a citizen's telephone: hear the outcome; very satisfied; not satisfied."""
HEAR, GLAD, SORRY = 1, 2, 3
"""Their places in `KEYS`, from 1."""


@dataclass(frozen=True, slots=True)
class Matter:
    """What a citizen asks for, and what comes of it."""

    topic: str
    district: str
    text: str
    to: str
    """The state in which the unit ends it."""
    words: str
    """What the citizen is told."""
    responsible: str = ""
    glad: bool = True
    """Whether the citizen is satisfied with that."""


MATTERS: Final = (
    Matter("asfalt_talebi", "esenkent", "Işık Sokak'ın yolu bozuk.", "resolved", "Işık Sokak asfaltlandı."),
    Matter("cop_alinmadi", "fatih", "İki gündür çöp alınmadı.", "resolved", "Çöpünüz bugün alındı."),
    Matter(
        "bank_kamelya", "zafer", "Sokağın köşesine bank istiyoruz.", "refused",
        "Kaldırım dar olduğu için bank konulamıyor.", glad=False,
    ),
    Matter("hasere", "saadetdere", "Dere kenarında sivrisinek çok.", "resolved", "Dere kenarı ilaçlandı."),
    Matter(
        "sokak_temizligi", "cumhuriyet", "Ana cadde süpürülmüyor.", "not_ours",
        "Bu caddeyi Büyükşehir Belediyesi temizliyor.", responsible="ibb",
    ),
    Matter("konteyner", "pinar", "Sokağımızda çöp konteyneri yok.", "resolved", "Sokağınıza konteyner kondu."),
    Matter("yesil_alan", "koza", "Parktaki çimler uzadı.", "resolved", "Parkta çim biçildi."),
)  # fmt: skip


@dataclass(slots=True)
class Work:
    """A request in the hands of its unit."""

    number: str
    matter: Matter
    caller: str
    next_at: float
    state: str = "assigned"
    told_at: float | None = None
    """When they were first seen to be told."""
    told: bool = False
    """Whether no more is to come of it."""


@dataclass(slots=True)
class Counts:
    """What came of the demo's calls and requests."""

    requests: int = 0
    answered_at_once: int = 0
    resolved: int = 0
    refused: int = 0
    not_ours: int = 0
    told: int = 0
    scores: tuple[int, ...] = ()


class Town:
    """`say` is given what happens, a line each. `trunk` is the telephone of all citizens, or None: nobody is rung, and
    then no request is taken down."""

    def __init__(
        self, running: Stack, trunk: Process | None, since: str, seed: int, say: Callable[[str], None]
    ) -> None:
        self._running, self._trunk, self._since, self._say = running, trunk, since, say
        self._chance = random.Random(seed)
        self._matters: Iterator[Matter] = itertools.cycle(MATTERS)
        self._seen: set[str] = set()
        self._work: list[Work] = []
        self._presses: list[tuple[float, str, int]] = []
        self._seq = self._newest()
        self._articles: dict[str, list[dict[str, Any]]] = {}
        self.counts = Counts()
        self.takes_requests = trunk is not None

    @property
    def waits(self) -> bool:
        """Whether a citizen is still to be told."""
        return any(not one.told for one in self._work)

    @property
    def story(self) -> str:
        """The number of a request whose citizen was told and gave a score; else of any; empty without one."""
        told = [one.number for one in self._work if one.told]
        return next(iter(told or [one.number for one in self._work]), "")

    def step(self) -> None:
        """Do what is due."""
        self._listen_to_agents()
        self._press_keys()
        self._work_on()
        self._look_at_outcomes()

    # --- agents

    def _listen_to_agents(self) -> None:
        """What an agent takes down of each talk that is over."""
        for call in reversed(self._running.calls(since=self._since)):
            if call["id"] in self._seen or call["class"] != "routine" or "-outcome." in call["id"]:
                continue
            self._seen.add(call["id"])
            if call["outcome"] != "answered":
                continue
            if self.takes_requests and call["service"] == "request" and len(self._work) < MOST_REQUESTS:
                self._take_down(call)
            else:
                self._answer_at_once(call)

    def _take_down(self, call: dict[str, Any]) -> None:
        matter = next(self._matters)
        body = {"service": "request", "call": call["id"], "topic": matter.topic, "district": matter.district}
        ticket = self._send("POST", "tickets", body | {"text": matter.text})
        self._work.append(Work(ticket["number"], matter, call["caller"], time.monotonic() + TAKES_S))
        self.counts.requests += 1
        self._tell(
            ticket["number"], f"{call['agent']} took down “{matter.text}”; it is with {ticket['unit'] or 'the inbox'}"
        )

    def _answer_at_once(self, call: dict[str, Any]) -> None:
        """By an article of the knowledge base, if there is one for what the caller asks."""
        topic = self._chance.choice(("vergi", "nikah", "sokak_lambasi", "cop_alinmadi", "imar_durumu"))
        if topic not in self._articles:
            self._articles[topic] = self._running.get("articles", topic=topic, stale="false")
        body: dict[str, Any] = {"disposition": "answered", "topic": topic}
        if self._articles[topic]:
            body["article"] = self._articles[topic][0]["id"]
        self._send("POST", f"calls/{call['id']}/disposition", body)
        self.counts.answered_at_once += 1

    # --- units

    def _work_on(self) -> None:
        for one in self._work:
            if time.monotonic() < one.next_at or one.state in ("resolved", "refused", "not_ours"):
                continue
            one.next_at = time.monotonic() + WORKS_S
            matter = one.matter
            if one.state == "assigned":
                one.state = "accepted"
                self._send("POST", f"tickets/{one.number}/moves", {"to": "accepted"})
                continue
            one.state = matter.to
            wish = {"to": matter.to, "result": matter.words, "responsible": matter.responsible}
            ticket = self._send("POST", f"tickets/{one.number}/moves", wish)
            setattr(self.counts, matter.to, getattr(self.counts, matter.to) + 1)
            self._tell(one.number, f"{ticket['unit']} has {ENDS[matter.to]}: “{matter.words}”")

    # --- citizens

    def _press_keys(self) -> None:
        """Follow the automatic calls in the journal, and press each citizen's keys when the line asks for them."""
        for call, step in self._heard():
            work = next((one for one in self._work if f"-outcome.{one.number}." in call), None)
            if work is None:
                continue
            if step == "rung":
                self._tell(work.number, f"the line rings {_masked(work.caller)}")
                self._presses.append((time.monotonic() + LISTENS_S, work.caller, HEAR))
            elif step == "heard":
                key = GLAD if work.matter.glad else SORRY
                self._presses.append((time.monotonic() + LISTENS_S, work.caller, key))
        due = [one for one in self._presses if one[0] <= time.monotonic()]
        self._presses = [one for one in self._presses if one not in due]
        if due and self._trunk is not None:
            legs = self._trunk.legs()
            for _, caller, key in due:
                self._trunk.press(key, *(leg for leg in legs if leg.user[-10:] == caller[-10:]))

    def _heard(self) -> Sequence[tuple[str, str]]:
        """New steps of automatic calls: the call, and `rung` or how far its talk is."""
        with sqlite3.connect(f"file:{self._running.data_dir / 'journal.db'}?mode=ro", uri=True, timeout=10) as journal:
            query = "SELECT seq, body FROM entry WHERE seq > ? ORDER BY seq"
            rows = journal.execute(query, (self._seq,)).fetchall()
        steps = []
        for seq, body in rows:
            self._seq = seq
            event = json.loads(body)["event"]
            call = str(event.get("call") or "")
            if "-outcome." not in call:
                continue
            if event["type"] == "call_attached":
                steps.append((call, "rung"))
            elif event["type"] == "outcome_talked":
                steps.append((call, str(event["step"])))
        return steps

    def _newest(self) -> int:
        with sqlite3.connect(f"file:{self._running.data_dir / 'journal.db'}?mode=ro", uri=True, timeout=10) as journal:
            return int(journal.execute("SELECT coalesce(max(seq), 0) FROM entry").fetchone()[0])

    def _look_at_outcomes(self) -> None:
        waiting = {one.number: one for one in self._work if not one.told and one.state == one.matter.to}
        if not waiting:
            return
        for ticket in self._running.get("tickets", limit=100):
            work = waiting.get(ticket["number"])
            if work is None or ticket["told_at"] is None:
                continue
            talks = ticket["told_how"] == "automatic" and ticket["score"] is None and ticket["state"] == "told"
            if work.told_at is None:
                work.told_at = time.monotonic()
            if talks and time.monotonic() < work.told_at + TALK_S:
                continue
            work.told = True
            by_telephone = ticket["told_how"] in ("automatic", "call")
            self.counts.told += by_telephone
            if ticket["score"] is not None:
                self.counts.scores += (ticket["score"],)
            score = "no score" if ticket["score"] is None else f"score {ticket['score']} of 5"
            self._tell(work.number, f"told {'by telephone' if by_telephone else ticket['told_how']}, {score}")

    # --- the rest

    def _tell(self, number: str, what: str) -> None:
        self._say(f"{number}  {what}")

    def _send(self, method: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        token = (self._running.data_dir / "token").read_text("ascii").strip()
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        answer = httpx.request(method, f"{self._running.url}/api/v1/{path}", headers=headers, json=body, timeout=30)
        if not answer.is_success:
            raise StackError(f"{method} {path}: {answer.status_code} {answer.text[:500]}")
        return dict(answer.json())


def _masked(number: str) -> str:
    return f"••• {number[-2:]}"
