"""Both ends of the link over a real socket, for the tests: a line and a follower of which the test decides."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal

import msgspec

from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.events import EngineStarted
from acd.engine.model.facts import SurgeEnded
from acd.engine.model.ids import AgentId
from acd.engine.model.journal import Entry
from acd.link.desk_end import DeskEnd
from acd.link.frames import Kind, frame
from acd.link.line_end import Granted, LineEnd, Opening
from acd.link.messages import VERSION, Hello, Join, Question, Status, Wish
from tests.waiting import until

READY = AgentStateRequested(at=0.0, agent=AgentId("1001"), state="ready")
PATIENT_S = 30.0
"""For so long an answer is waited for that is to come, or of which it is known at once that it does not."""


def raw(seq: int) -> bytes:
    return msgspec.json.encode(Entry(seq=seq, event=EngineStarted(at=float(seq))))


class Told:
    """A follower that keeps what it is told."""

    def __init__(self) -> None:
        self.words: list[str] = []
        self.status: Status | None = None
        self.reads: Callable[[bytes], str] = bytes.decode

    def on_hello(self, hello: Hello) -> None:
        self.words.append(f"hello {hello.seq}")

    def on_snapshot(self, state: bytes) -> None:
        self.words.append(f"snapshot {self.reads(state)}")

    def on_entries(self, entries: Sequence[Entry]) -> None:
        self.words += [f"entry {entry.seq}" for entry in entries]

    def on_status(self, status: Status) -> None:
        self.status = status

    def on_away(self, why: str) -> None:
        self.words.append("away")


class Line:
    """A line of which the tests decide what it says."""

    def __init__(self, path: Path) -> None:
        self.seq = 3
        self.state = b""
        self.openings = 0
        self.unwritten: list[bytes] = []
        self.wishes: list[Wish] = []
        self.seen: list[bool] = []
        self.granted: Callable[[Wish], Awaitable[Granted]] = self._grant
        self.end = LineEnd(
            path,
            opening=self._opening,
            status=lambda: Status(node="ast1"),
            wish=self._wish,
            look=self._look,
            seen=self.seen.append,
        )

    def _opening(self) -> Opening:
        self.openings += 1
        state = self.state or b"S%d" % self.seq
        return Opening(journal="j", seq=self.seq, at=1.0, state=state, unwritten=self.unwritten)

    async def _wish(self, wish: Wish) -> Granted:
        self.wishes.append(wish)
        return await self.granted(wish)

    async def _grant(self, wish: Wish) -> Granted:
        return Granted(facts=[SurgeEnded(at=1.0, surge="s1", why="withdrawn", played=0, answered=0)])

    def _look(self, what: Literal["surge"]) -> dict[str, Any] | None:
        return {"id": what}

    def tell(self, seq: int) -> None:
        self.seq = seq
        self.end.send_entries([raw(seq)])


async def answered(question: Question) -> dict[str, str] | None:
    if question.value == "broken":
        raise RuntimeError("the database is away")
    return {"state": "new"} if question.value == "known" else None


@contextlib.asynccontextmanager
async def listening(path: Path) -> AsyncIterator[Line]:
    line = Line(path)
    await line.end.start()
    try:
        yield line
    finally:
        await line.end.stop()


@contextlib.asynccontextmanager
async def following(path: Path, silent_s: float = 3.0) -> AsyncIterator[tuple[DeskEnd, Told]]:
    told = Told()
    desk = DeskEnd(path, told, answered, silent_s=silent_s)
    task = asyncio.create_task(desk.run())
    try:
        yield desk, told
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


async def joined(line: Line, path: Path) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
    """A desk that joins and from then on does what the test says."""
    reader, writer = await asyncio.open_unix_connection(str(path), limit=1)
    writer.write(frame(Kind.MESSAGE, msgspec.json.encode(Join(version=VERSION))))
    await until(lambda: line.end.connected)
    return reader, writer
