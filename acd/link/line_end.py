"""The line's end of the link: it listens, sends the state to each desk that joins, and asks the newest desk.

Nothing here waits for a desk. A desk that is dead, hangs or does not read costs the line writes to a socket, until it
is cut off. Each desk that joins costs one snapshot of the engine, made on the line's loop, whose bytes are kept until
it has read them: a desk whose connections fail therefore waits longer each time (`acd.link.desk_end`).
"""

import asyncio
import contextlib
import itertools
import os
import time
from collections.abc import Awaitable, Callable, Iterator, Sequence
from pathlib import Path
from typing import Any, Final, Literal, assert_never

import msgspec
import structlog

from acd.engine.model.facts import AnyFact
from acd.link.channel import Channel
from acd.link.frames import Frame, FrameError, Kind
from acd.link.messages import (
    VERSION,
    Answer,
    Asked,
    Done,
    FromDesk,
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

MOST_DESKS = 8
STATUS_S = 1.0
JOIN_S = 3.0
"""Seconds for a desk that has connected to say its version. One of an older version says nothing first: it is told
ours, so that its people can read why it does not follow."""
ENTRIES_BYTES = 16 * 1024 * 1024
"""About how many bytes of entries go into one frame of the opening. While the disk is full they may be very many."""
HOLD_S = 0.025
"""Seconds for which entries are held at most, so that those of many turns wake the desk once. A caller whose ring is
being started has the processors meanwhile."""
UNHURRIED: Final = frozenset({"opened"})
"""Kinds of questions that go with the next entries: their caller's talk is over, and no phone waits for the answer."""
HOLD_BYTES = 64 * 1024
"""Entries of so many bytes are sent at once: the desk reads a frame in one turn."""

_decode = msgspec.json.Decoder(FromDesk).decode


class DeskAway(Exception):
    """No desk answers: it is dead, hangs or starts, or its database is not available."""


class WishRefused(Exception):
    """The line does not do this now. One line, for a person."""


class Opening(msgspec.Struct, frozen=True, kw_only=True):
    """The state with which a new connection begins."""

    journal: str
    seq: int
    at: float
    state: bytes
    unwritten: Sequence[bytes] = ()
    """Entries up to `seq` that are not in the journal yet, with the bytes that they will have there."""


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """What came of a wish, and whether the journal has it."""

    facts: Sequence[AnyFact] = ()
    journalled: bool = True


class LineEnd:
    """Call all methods on the line's loop. The functions `opening`, `status` and `look` must be quick; `wish` has an
    event handled and acted on, or raises `WishRefused`."""

    def __init__(
        self,
        path: Path,
        *,
        opening: Callable[[], Opening],
        status: Callable[[], Status],
        wish: Callable[[Wish], Awaitable[Granted]],
        look: Callable[[Literal["surge"]], dict[str, Any] | None],
        seen: Callable[[bool], None] = lambda _: None,
    ) -> None:
        """`seen` is told when a first desk has joined, and when the last one is gone, until the line stops."""
        self.path = path
        self.stored_seq = 0
        """Entries up to this one are in the database, as far as a desk has said."""
        self.keep_days: dict[LinesOwn, int] = {}
        """For how many days the town keeps what the line has, as far as a desk has said."""
        self._opening, self._status, self._wish, self._look = opening, status, wish, look
        self._seen = seen
        self._desks: list[Channel] = []
        self._held: list[bytes] = []
        """Entries that all desks are still to be sent."""
        self._held_bytes = 0
        self._held_questions: list[tuple[Channel, Question]] = []
        """Those that go behind them, with the desk that is asked."""
        self._hold_over: asyncio.TimerHandle | None = None
        self._joining: dict[Channel, asyncio.TimerHandle] = {}
        """Connections that have not said their version yet, and when they are given up."""
        self._refused = ""
        """Why a desk was refused last: it comes again and again, and the log says it once."""
        self._questions: dict[int, asyncio.Future[Answer]] = {}
        self._asked_of: dict[int, Channel] = {}
        self._ids = itertools.count(1)
        self._server: asyncio.AbstractServer | None = None
        self._stops = False
        self._tasks: set[asyncio.Task[None]] = set()

    @property
    def connected(self) -> bool:
        """Whether a desk is connected."""
        return bool(self._desks)

    async def start(self) -> None:
        """Listen. Raises `OSError` if the socket cannot be created. A socket of an earlier line is removed: the process
        with the journal's lock is the line."""
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()
        with reachable(self.path) as name:
            self._server = await asyncio.get_running_loop().create_unix_server(self._accept, name, backlog=16)
        self._spawn(self._tell_status())

    async def stop(self) -> None:
        """Send what is held and close all connections."""
        self._stops = True
        self._send_held()
        if self._hold_over is not None:
            self._hold_over.cancel()
        for task in list(self._tasks):
            task.cancel()
        if self._server is not None:
            self._server.close()
        for desk in [*self._desks, *self._joining]:
            desk.close("the line stops")
        await asyncio.gather(*self._tasks, return_exceptions=True)
        with contextlib.suppress(FileNotFoundError):
            self.path.unlink()

    def send_entries(self, entries: Sequence[bytes]) -> None:
        """Send entries to all desks, with the bytes of the journal: within `HOLD_S`, and before any message."""
        if not self._desks or not entries:
            return
        self._held += entries
        self._held_bytes += sum(map(len, entries))
        if self._held_bytes >= HOLD_BYTES:
            self._send_held()
        else:
            self._hold()

    def _hold(self) -> None:
        if self._hold_over is None:
            self._hold_over = asyncio.get_running_loop().call_later(HOLD_S, self._end_hold)

    def _end_hold(self) -> None:
        self._hold_over = None
        self._send_held()

    def _send_held(self) -> None:
        if self._held:
            payload = b"\n".join(self._held)
            self._held.clear()
            self._held_bytes = 0
            for desk in self._desks:
                desk.send_frame(Kind.ENTRIES, payload)
        questions, self._held_questions = self._held_questions, []
        for desk, question in questions:
            desk.send(question)

    def _send(self, desk: Channel, message: Message) -> None:
        """Send a message behind all entries that there are: an answer may speak of them."""
        self._send_held()
        desk.send(message)

    def send_status(self) -> None:
        """Send the line's status to all desks."""
        if self._desks:
            status = self._status()
            for desk in self._desks:
                self._send(desk, status)

    async def ask(
        self, kind: Literal["ticket", "own", "preferred_agent", "message", "opened"], value: str, within_s: float
    ) -> dict[str, str] | None:
        """Ask the newest desk something for a caller. Raises `DeskAway`, after `within_s` at the latest."""
        if not self._desks:
            raise DeskAway("no desk is connected")
        number, desk = next(self._ids), self._desks[-1]
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._questions[number] = answer
        self._asked_of[number] = desk
        question = Question(id=number, deadline=time.monotonic() + within_s, kind=kind, value=value)
        if kind in UNHURRIED:
            self._held_questions.append((desk, question))
            self._hold()
        else:
            self._send(desk, question)
        try:
            async with asyncio.timeout(within_s):
                found = await answer
        except TimeoutError:
            raise DeskAway(f"no answer within {within_s:g} s") from None
        finally:
            del self._questions[number], self._asked_of[number]
        if not found.known:
            raise DeskAway(found.error)
        return found.record

    # --- connections

    def _accept(self) -> Channel:
        return Channel(self._on_open, self._on_frame, self._on_closed)

    def _on_open(self, desk: Channel) -> None:
        if len(self._desks) + len(self._joining) >= MOST_DESKS:
            desk.close(f"{MOST_DESKS} desks are connected already")
            return
        self._joining[desk] = asyncio.get_running_loop().call_later(
            JOIN_S, self._refuse, desk, f"it has not said its version within {JOIN_S:g} s"
        )

    def _join(self, desk: Channel, version: int) -> None:
        """Give a desk of our version all that it needs to follow."""
        timer = self._joining.pop(desk, None)
        if timer is None:
            raise FrameError("a desk joins once")
        timer.cancel()
        if version != VERSION:
            self._refuse(desk, f"it speaks version {version} of the link, this line {VERSION}")
            return
        self._send_held()  # to the desks that are there: this one begins with the state behind them
        try:
            self._welcome(desk)
        except ValueError as error:  # a state that no frame can hold
            log.error("desk_refused", why=str(error))
            desk.close(str(error))
            return
        self._desks.append(desk)
        if len(self._desks) == 1:
            self._seen(True)

    def _welcome(self, desk: Channel) -> None:
        start = self._opening()
        desk.send(Hello(version=VERSION, pid=os.getpid(), journal=start.journal, seq=start.seq, at=start.at))
        for some in _pieces(start.unwritten):
            desk.send_frame(Kind.ENTRIES, b"\n".join(some), opening=True)
        desk.send_frame(Kind.SNAPSHOT, start.state, opening=True)
        desk.send(self._status())

    def _refuse(self, desk: Channel, why: str) -> None:
        """Tell a desk our version, and no more."""
        self._joining.pop(desk, None)
        if why != self._refused:
            log.warning("desk_refused", why=why)
        self._refused = why
        desk.send(Hello(version=VERSION, pid=os.getpid(), journal="", seq=0, at=0.0))
        desk.close(why, after_sending=True)

    def _on_closed(self, desk: Channel, why: str) -> None:
        if (timer := self._joining.pop(desk, None)) is not None:
            timer.cancel()
        if desk in self._desks:
            self._desks.remove(desk)
            log.info("desk_gone", why=why)
            if not self._desks and not self._stops:
                self._seen(False)
        for number in [number for number, asked in self._asked_of.items() if asked is desk]:
            if not self._questions[number].done():
                self._questions[number].set_exception(DeskAway(why))

    def _on_frame(self, desk: Channel, one: Frame) -> None:
        if one.kind is not Kind.MESSAGE:
            raise FrameError(f"a desk sends messages, not {one.kind.name}")
        message = _decode(one.payload)
        if isinstance(message, Join):
            self._join(desk, message.version)
            return
        if desk not in self._desks:
            raise FrameError("a desk joins first")
        match message:
            case Stored():
                self.stored_seq = max(self.stored_seq, message.seq)
                self.keep_days = message.keep_days or self.keep_days
            case Answer():
                question = self._questions.get(message.id)
                if question is not None and not question.done():
                    question.set_result(message)
            case Look():
                if time.monotonic() < message.deadline:
                    self._send(desk, Seen(id=message.id, record=self._look(message.what)))
            case Asked():
                self._spawn(self._grant(desk, message))
            case _:
                assert_never(message)

    async def _grant(self, desk: Channel, asked: Asked) -> None:
        if time.monotonic() >= asked.deadline:  # the desk has given up, so the wish must not be carried out now
            return
        try:
            granted = await self._wish(asked.wish)
        except WishRefused as error:
            self._send(desk, Refusal(id=asked.id, error=str(error)))
        except Exception as error:  # any error: the desk gets it and the line goes on
            log.exception("wish_failed", wish=type(asked.wish).__name__)
            self._send(desk, Refusal(id=asked.id, error=f"{type(error).__name__}: {error}"))
        else:
            self._send(desk, Done(id=asked.id, facts=tuple(granted.facts), journalled=granted.journalled))

    async def _tell_status(self) -> None:
        while True:
            await asyncio.sleep(STATUS_S)
            self.send_status()

    def _spawn(self, work: Any) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)


def _pieces(entries: Sequence[bytes]) -> Iterator[list[bytes]]:
    """Entries in pieces of about `ENTRIES_BYTES`."""
    some: list[bytes] = []
    size = 0
    for entry in entries:
        some.append(entry)
        size += len(entry)
        if size >= ENTRIES_BYTES:
            yield some
            some, size = [], 0
    if some:
        yield some
