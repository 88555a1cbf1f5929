"""The engine's owner: one inbox, one consumer. Journal first, then act.

It takes the adapters' events in batches: all that came since the last turn of the loop. The engine handles each event,
the runtime writes the batch to the journal in one transaction, and only then sends the commands and passes the facts to
the readers. All of this is one synchronous step on the loop, so that an agent who becomes free gets the next caller in
the same turn.

A journal that cannot be written (the disk is full) does not stop the line: entries wait in memory, in order, and the
runtime tries again (`_write_again`); meanwhile `journal_error` has the reason. Readers of the journal itself fall
behind; readers in this process do not.
"""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, Final, get_args

import msgspec
import structlog

from acd.engine.machine import Engine
from acd.engine.model.commands import AnyCommand, CancelTimer, Command, StartTimer
from acd.engine.model.errors import BadConfig
from acd.engine.model.events import AnyEvent, TimerFired
from acd.engine.model.facts import AnyFact
from acd.engine.model.ids import TimerId
from acd.engine.model.journal import FORMAT, Entry, Journal, JournalDropped, JournalError, Snapshot, encode_entry

log = structlog.get_logger()

BATCH = 256
"""The most events of one journal transaction: it limits how long one turn can block the loop."""

SNAPSHOT_EVERY = 5_000
"""Entries between two snapshots; a restart replays at most so many."""

LONG_REPLAY = 1_000
"""A start that had to replay so many entries saves the state at once: a line that is killed again and again would
otherwise replay more each time."""

JOURNAL_RETRY_S = 0.5
SLICE = 1024
"""The most entries that waited for the journal and are written in one turn: after hours of a full disk there may be a
million, and the line must go on serving and give signs of life meanwhile."""

_COMMANDS: Final = frozenset(get_args(AnyCommand))
"""`isinstance` takes several times as long for these classes, and each fact is asked."""

Dispatch = Callable[[str, AnyCommand], None]
Follower = Callable[[Sequence[Entry], Sequence[bytes]], None]
"""Gets each batch, written or waiting: the entries, and their bytes in the journal."""


def handle(engine: Engine, event: AnyEvent) -> tuple[list[AnyCommand | AnyFact], str]:
    """The result of an event, and the error if the engine failed at it. The results before the failure are valid: a
    reserved agent must still be rung. A replay gives the same result."""
    try:
        return engine.handle(event), ""
    except BadConfig as error:
        return engine.brought_out, f"bad configuration: {error}"
    except Exception as error:  # any error: the other calls go on
        return engine.brought_out, f"{type(error).__name__}: {error}"


def _restored(journal: Journal) -> tuple[Engine, int]:
    """The engine of the newest readable snapshot, and the number of its entry. Without a readable snapshot all entries
    since the first give the same state, if all still exist. If not, the line begins empty: agents sign in again, and
    the line finds waiting callers and talks on Asterisk."""
    for snapshot in journal.snapshots():
        if snapshot.format != FORMAT:
            raise JournalError(
                f"snapshot {snapshot.seq} has format {snapshot.format}, this version reads {FORMAT}; "
                "stop the line with the version that wrote it, or move the journal away to begin a new one"
            )
        try:
            return Engine.restore(snapshot.state), snapshot.seq
        except Exception as error:  # a damaged page can raise anything
            log.warning("snapshot_unreadable", seq=snapshot.seq, error=str(error))
    try:
        journal.read(0, 1)
    except JournalDropped as error:
        log.error("state_lost", error=f"no snapshot can be read, and the journal's beginning is gone: {error}")
        return Engine(), journal.last_seq()
    return Engine(), 0


def recover(journal: Journal, living: Callable[[], None] = lambda: None) -> Engine:
    """The engine as it was: the newest readable snapshot and the entries after it. Commands of the replay are dropped;
    `EngineStarted` and Asterisk's lists correct the calls that were under way. `living` is called again and again
    meanwhile: a month of entries takes minutes.

    Raises `JournalError` if the journal cannot be read.
    """
    engine, seq = _restored(journal)
    while entries := journal.read(seq):
        living()
        for entry in entries:
            out, _ = handle(engine, entry.event)
            facts = tuple(item for item in out if not isinstance(item, Command))
            if facts != entry.facts:
                log.warning("replay_differs", seq=entry.seq, event_type=type(entry.event).__name__)
        seq = entries[-1].seq
    return engine


def _replayed(journal: Journal, seq: int) -> int:
    """Entries since the newest snapshot; `SNAPSHOT_EVERY`, so that the next entry saves one, if they are many."""
    snapshot = next(iter(journal.snapshots()), None)
    since = seq - (snapshot.seq if snapshot is not None else 0)
    return SNAPSHOT_EVERY if since >= LONG_REPLAY else since


class Runtime:
    """Feeds an engine on the running loop. Call all methods on the loop's thread."""

    def __init__(
        self,
        engine: Engine,
        journal: Journal,
        *,
        clock: Callable[[], float],
        dispatch: Dispatch,
        followers: Sequence[Follower] = (),
    ) -> None:
        self.engine = engine
        self.journal_error = ""
        self._journal = journal
        self._clock = clock
        self._dispatch = dispatch
        self._followers = followers
        self._inbox: deque[AnyEvent] = deque()
        self._scheduled = False
        self._timers: dict[TimerId, asyncio.TimerHandle] = {}
        self._seq = journal.last_seq()
        newest = journal.read(self._seq - 1, 1) if self._seq else []
        self._last_at = newest[-1].event.at if newest else 0.0
        self._since_snapshot = _replayed(journal, self._seq)
        self._unwritten: deque[tuple[Entry, bytes]] = deque()
        self._recovered = 0
        """Entries that waited and are written now, while others still wait."""
        self._retry: asyncio.TimerHandle | None = None
        self._loop = asyncio.get_running_loop()
        self._waiters: deque[tuple[AnyEvent, asyncio.Future[list[AnyCommand | AnyFact]]]] = deque()

    @property
    def seq(self) -> int:
        """Number of the newest entry, written or waiting."""
        return self._seq

    @property
    def last_at(self) -> float:
        """When the newest event happened, Unix seconds; 0 if none ever did."""
        return self._last_at

    @property
    def unwritten(self) -> int:
        """Entries that the journal has not taken yet; 0 unless it fails."""
        return len(self._unwritten)

    @property
    def unwritten_bodies(self) -> list[bytes]:
        """The entries that the journal has not taken yet, in order, as they will stand in it."""
        return [body for _, body in self._unwritten]

    @property
    def settled(self) -> bool:
        """Whether every event that was posted is in the journal."""
        return not self._inbox and not self._unwritten

    def post(self, event: AnyEvent) -> None:
        """Take an event. It is handled in the loop's next turn, after all events that were posted before."""
        self._inbox.append(event)
        if not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._drain)

    async def ask(self, event: AnyEvent) -> list[AnyCommand | AnyFact]:
        """Post an event, wait until it is handled and its commands are sent, and return its result. The journal has it
        then, unless it cannot be written: `unwritten` is not 0."""
        future: asyncio.Future[list[AnyCommand | AnyFact]] = self._loop.create_future()
        self._waiters.append((event, future))
        self.post(event)
        return await future

    def _drain(self) -> None:
        """One step: handle, write, act."""
        self._scheduled = False
        entries: list[Entry] = []
        commands: list[tuple[str, Any]] = []
        answers: list[tuple[asyncio.Future[list[AnyCommand | AnyFact]], list[AnyCommand | AnyFact]]] = []
        while self._inbox and len(entries) < BATCH:
            event = self._inbox.popleft()
            asked = self._waiters.popleft()[1] if self._waiters and self._waiters[0][0] is event else None
            if event.at < self._last_at:  # it came late, or two adapters raced, or the clock was set back
                late_s = round(event.late_s + self._last_at - event.at, 3)
                event = msgspec.structs.replace(event, at=self._last_at, late_s=late_s)
            self._last_at = event.at
            out, error = handle(self.engine, event)
            if error:
                log.error("event_failed", event_type=type(event).__name__, error=error)
            self._seq += 1
            facts: list[Any] = []
            for item in out:
                if type(item) in _COMMANDS:
                    commands.append((f"{self._seq}.{len(commands)}", item))
                else:
                    facts.append(item)
            entries.append(Entry(seq=self._seq, event=event, facts=tuple(facts), error=error))
            if asked is not None:
                answers.append((asked, out))
        bodies = [encode_entry(entry) for entry in entries]
        self._write(entries, bodies)
        for command_id, command in commands:
            self._act(command_id, command)
        self._tell(entries, bodies)
        for future, out in answers:
            if not future.done():
                future.set_result(out)
        if self._inbox and not self._scheduled:
            self._scheduled = True
            self._loop.call_soon(self._drain)

    def _write(self, entries: list[Entry], bodies: list[bytes]) -> None:
        """Append to the journal, or keep the entries for later."""
        if self._unwritten:  # a timer tries a failing journal again, not every call
            self._unwritten.extend(zip(entries, bodies, strict=True))
            return
        try:
            self._journal.append(entries, bodies)
        except JournalError as error:
            self._unwritten.extend(zip(entries, bodies, strict=True))
            self._journal_failed(error)
        else:
            self._since_snapshot += len(entries)
            if self._since_snapshot >= SNAPSHOT_EVERY:
                self.snapshot()

    def _journal_failed(self, error: JournalError) -> None:
        if not self.journal_error:
            log.error("journal_failed", error=str(error), unwritten=len(self._unwritten))
        self.journal_error = str(error)
        self._retry = self._loop.call_later(JOURNAL_RETRY_S, self._write_again)

    def _write_again(self) -> None:
        """Try again to write the oldest of the waiting entries; the next turn of the loop goes on."""
        self._retry = None
        some = list(islice(self._unwritten, SLICE))
        try:
            self._journal.append([entry for entry, _ in some], [body for _, body in some])
        except JournalError as error:
            self._journal_failed(error)
            return
        for _ in some:
            self._unwritten.popleft()
        self._since_snapshot += len(some)
        self._recovered += len(some)
        if self._unwritten:
            self._retry = self._loop.call_later(0, self._write_again)
            return
        log.info("journal_recovered", written=self._recovered)
        self._recovered, self.journal_error = 0, ""
        self._tell((), ())

    def snapshot(self) -> None:
        """Save the state, so that a restart need not replay earlier entries. A failure only costs time later."""
        if self._unwritten:
            return
        self._since_snapshot = 0
        try:
            self._journal.save_snapshot(Snapshot(seq=self._seq, format=FORMAT, state=self.engine.snapshot()))
        except JournalError as error:
            log.warning("snapshot_failed", error=str(error))

    def _act(self, command_id: str, command: AnyCommand) -> None:
        """Carry out a command. A command that fails does not stop the next one."""
        try:
            if type(command) is StartTimer:
                self._start_timer(command)
            elif type(command) is CancelTimer:
                timer = self._timers.pop(command.timer, None)
                if timer is not None:
                    timer.cancel()
            else:
                self._dispatch(command_id, command)
        except Exception:
            log.exception("command_failed", command=type(command).__name__, command_id=command_id)

    def _start_timer(self, command: StartTimer) -> None:
        old = self._timers.pop(command.timer, None)
        if old is not None:
            old.cancel()
        delay = max(0.0, command.due - self._clock())
        self._timers[command.timer] = self._loop.call_later(delay, self._fire, command.timer, command.due)

    def _fire(self, timer: TimerId, due: float) -> None:
        self._timers.pop(timer, None)
        self.post(TimerFired(at=max(due, self._clock()), timer=timer))

    def _tell(self, entries: Sequence[Entry], bodies: Sequence[bytes]) -> None:
        """Pass a batch to the readers in this process."""
        for follower in self._followers:
            try:
                follower(entries, bodies)
            except Exception:
                log.exception("follower_failed", follower=getattr(follower, "__qualname__", repr(follower)))

    def close(self) -> None:
        """Handle and write the events in the inbox, save a snapshot and stop the timers."""
        while self._inbox:
            self._drain()
        for timer in self._timers.values():
            timer.cancel()
        self._timers.clear()
        while self._retry is not None:
            self._retry.cancel()
            left = len(self._unwritten)
            self._write_again()
            if self._retry is not None and len(self._unwritten) == left:  # it fails still
                self._retry.cancel()
                break
        self.snapshot()
