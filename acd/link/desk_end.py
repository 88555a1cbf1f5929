"""The desk's end of the link: it connects, follows the line, and connects again by itself when the line was away."""

import asyncio
import itertools
import time
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Literal, NoReturn, Protocol, assert_never

import msgspec
import structlog

from acd.engine.model.journal import Entry, decode_entry
from acd.link.channel import Channel
from acd.link.frames import Frame, FrameError, Kind
from acd.link.messages import (
    VERSION,
    Answer,
    Asked,
    Done,
    FromLine,
    Hello,
    Join,
    LinesOwn,
    Look,
    Message,
    Question,
    Refusal,
    Seen,
    Status,
    Stored,
    Wish,
)
from acd.link.socket_path import reachable

log = structlog.get_logger(__name__)

SILENT_S = 3.0
"""Seconds of silence after which the line hangs; a working line sends its status each second."""
RETRY_FIRST_S, RETRY_LAST_S = 0.05, 0.25
"""Seconds between two tries to reach a line that is away. A try costs nobody anything."""
REFUSED_LAST_S = 5.0
"""The longest wait before a line is joined again that has refused us, or from which we could not follow: each time it
makes a snapshot."""
STEADY_S = 10.0
"""A connection that lasted so long has not failed at its beginning."""

_decode = msgspec.json.Decoder(FromLine).decode


class LineAway(Exception):
    """The line does not answer: it is dead, hangs or starts. It is not known whether it carried out a wish."""


class LineRefused(Exception):
    """The line failed at a wish. One line, for a person."""


class Follower(Protocol):
    """Receives the line's messages. Methods are called on the desk's loop, in the order of the stream."""

    def on_hello(self, hello: Hello) -> None:
        """A connection begins. Entries before the snapshot belong to what came before it."""

    def on_snapshot(self, state: bytes) -> None:
        """The engine's state after the entry that `Hello` named: replace the present state."""

    def on_entries(self, entries: Sequence[Entry]) -> None:
        """Entries, in order and without gaps since the snapshot."""

    def on_status(self, status: Status) -> None:
        """The line's status."""

    def on_away(self, why: str) -> None:
        """The connection is gone; the desk connects again."""


class DeskEnd:
    """Call all methods on the desk's loop. `answer` answers the line's questions from the database; it raises if the
    database is not available.

    A line that is away is looked for several times a second. A connection that fails soon after it was made is tried
    again later each time, as long as it is the same line's."""

    def __init__(
        self,
        path: Path,
        follower: Follower,
        answer: Callable[[Question], Awaitable[dict[str, str] | None]],
        *,
        silent_s: float = SILENT_S,
    ) -> None:
        self.path = path
        self.why = "not connected yet"
        """Why the line is away; empty while it is there."""
        self._why_closed = ""
        self._follower, self._answer = follower, answer
        self._silent_s = silent_s
        self._channel: Channel | None = None
        self._line = 0
        """The line's process, as it has said on the last connection; 0: not known."""
        self._failed = 0
        """How many connections to it in a row ended soon."""
        self._closed = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Done | Seen]] = {}
        self._ids = itertools.count(1)
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether the line is connected and sends: the follower's state is up to date."""
        return not self.why

    async def run(self) -> NoReturn:
        """Follow the line until cancelled."""
        away_s = RETRY_FIRST_S
        try:
            while True:
                if await self._follow():
                    away_s = RETRY_FIRST_S
                if self._failed:
                    await asyncio.sleep(min(RETRY_FIRST_S * 4 ** (self._failed - 1), REFUSED_LAST_S))
                else:
                    await asyncio.sleep(away_s)
                    away_s = min(2 * away_s, RETRY_LAST_S)
        finally:
            for task in list(self._tasks):
                task.cancel()
            if self._channel is not None:
                self._channel.close("the desk stops")

    async def wish(self, event: Wish, within_s: float) -> Done:
        """Have the line handle an event; returns its facts, and whether the journal has them. Raises `LineAway` or
        `LineRefused`."""
        done = await self._request(lambda number, deadline: Asked(id=number, deadline=deadline, wish=event), within_s)
        assert isinstance(done, Done)
        return done

    async def look(self, what: Literal["surge"], within_s: float) -> dict[str, Any] | None:
        """Ask for something that is in no entry. Raises `LineAway`."""
        seen = await self._request(lambda number, deadline: Look(id=number, deadline=deadline, what=what), within_s)
        assert isinstance(seen, Seen)
        return seen.record

    def stored(self, seq: int, keep_days: dict[LinesOwn, int]) -> None:
        """Tell the line up to which entry the database has everything, and for how many days the town keeps what the
        line has."""
        if self._channel is not None and self.connected:
            self._channel.send(Stored(seq=seq, keep_days=keep_days))

    async def _request(self, message: Callable[[int, float], Message], within_s: float) -> Done | Seen:
        """Send what `message` makes of a number and a deadline. A line that stays silent is given up before
        `within_s`, and what was written to it is still there to be read: the deadline is no later than that."""
        if self._channel is None or not self.connected:
            raise LineAway(self.why)
        deadline = min(time.monotonic() + within_s, self._channel.heard_at + self._silent_s)
        number = next(self._ids)
        answer: asyncio.Future[Done | Seen] = asyncio.get_running_loop().create_future()
        self._waiting[number] = answer
        self._channel.send(message(number, deadline))
        try:
            async with asyncio.timeout(within_s):
                return await answer
        except TimeoutError:
            raise LineAway(f"no answer within {within_s:g} s") from None
        finally:
            del self._waiting[number]

    # --- one connection

    async def _follow(self) -> bool:
        """Connect and follow until the connection is gone. Returns whether the line was there."""
        self._closed.clear()
        began = time.monotonic()
        try:
            with reachable(self.path) as name:
                _, channel = await asyncio.get_running_loop().create_unix_connection(
                    lambda: Channel(self._on_open, self._on_frame, self._on_closed), name
                )
        except OSError as error:
            self._failed = 0  # whoever comes next is another line
            self._lost(f"{self.path.name}: {error.strerror or error}")
            return False
        hung = False
        while not self._closed.is_set():
            patience_s = channel.heard_at + self._silent_s - time.monotonic()
            if patience_s <= 0:
                hung = True
                channel.close(f"the line has said nothing for {self._silent_s:g} s")
                await self._closed.wait()
                break
            try:
                async with asyncio.timeout(patience_s):
                    await self._closed.wait()
            except TimeoutError:
                continue
        followed, self._channel = self.connected, None
        self._failed = 0 if hung or time.monotonic() - began >= STEADY_S else self._failed + 1
        self._lost(self._why_closed)
        return followed

    def _on_open(self, channel: Channel) -> None:
        self._channel = channel
        channel.send(Join(version=VERSION))

    def _on_closed(self, channel: Channel, why: str) -> None:
        self._why_closed = why
        self._closed.set()

    def _lost(self, why: str) -> None:
        if self.connected:
            log.warning("line_away", why=why)
        elif self._failed and why != self.why:
            log.warning("line_not_followed", why=why)
        was_there, self.why = self.connected, why
        for answer in self._waiting.values():
            if not answer.done():
                answer.set_exception(LineAway(why))
        if was_there:
            self._follower.on_away(why)

    def _on_frame(self, channel: Channel, one: Frame) -> None:
        match one.kind:
            case Kind.ENTRIES:
                self._follower.on_entries([decode_entry(line) for line in one.payload.split(b"\n")])
            case Kind.SNAPSHOT:
                self._follower.on_snapshot(one.payload)
                self.why = ""
            case Kind.MESSAGE:
                self._on_message(channel, _decode(one.payload))
            case _:
                assert_never(one.kind)

    def _on_message(self, channel: Channel, message: Hello | Status | Question | Done | Seen | Refusal) -> None:
        match message:
            case Hello():
                if message.pid != self._line:
                    self._line, self._failed = message.pid, 0
                if message.version != VERSION:
                    raise FrameError(f"the line speaks version {message.version} of the link, this desk {VERSION}")
                if not message.journal:
                    raise FrameError("the line has not heard our version in time")
                self._follower.on_hello(message)
            case Status():
                self._follower.on_status(message)
            case Question():
                task = asyncio.get_running_loop().create_task(self._serve(channel, message))
                self._tasks.add(task)
                task.add_done_callback(self._tasks.discard)
            case Done() | Seen():
                self._settle(message.id, message)
            case Refusal():
                waiting = self._waiting.get(message.id)
                if waiting is not None and not waiting.done():
                    waiting.set_exception(LineRefused(message.error))
            case _:
                assert_never(message)

    def _settle(self, number: int, result: Done | Seen) -> None:
        waiting = self._waiting.get(number)
        if waiting is not None and not waiting.done():
            waiting.set_result(result)

    async def _serve(self, channel: Channel, question: Question) -> None:
        try:
            async with asyncio.timeout(max(0.0, question.deadline - time.monotonic())):
                record = await self._answer(question)
            answer = Answer(id=question.id, known=True, record=record)
        except Exception as error:  # the caller's flow continues without an answer
            answer = Answer(id=question.id, known=False, error=f"{type(error).__name__}: {error}")
        channel.send(answer)
