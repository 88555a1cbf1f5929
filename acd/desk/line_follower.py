"""The desk's state of the line: live view, figures and readiness, updated by the line's messages.

At each connection the line sends its whole state. Entries of the time without a connection are read from the journal,
so that no call is missing from a counter.

While the journal cannot be written we count entries that it does not have. If the line dies then, they are lost, and
the next line gives their numbers to others, which are counted as well. What was lost stays counted: it happened.
"""

import asyncio
from collections.abc import Callable, Sequence

import structlog

from acd.config.settings import Settings
from acd.engine.core import decode_state
from acd.engine.model.config import EngineConfig
from acd.engine.model.events import ConfigChanged
from acd.engine.model.journal import FORMAT, Entry, JournalError
from acd.engine.model.state import State
from acd.lib.clock import clock
from acd.link.messages import Hello, Status
from acd.metrics import Metrics
from storage.journal import JournalReader
from storage.live import LiveView

log = structlog.get_logger()

CHUNK = 200


class LineFollower:
    """A follower of the link. `notify` is called after each change, `new_journal` when the numbers begin anew."""

    def __init__(
        self,
        settings: Settings,
        metrics: Metrics,
        *,
        notify: Callable[[], None],
        new_journal: Callable[[], None],
    ) -> None:
        self.live = LiveView(settings.target_wait_s)
        self.config = EngineConfig()
        """The rules in force, as far as they are known."""
        self.status: Status | None = None
        """How the line is; None while it is away."""
        self.away_since = clock()
        self.known = asyncio.Event()
        """Set once services and agents are known."""
        self._settings, self._metrics = settings, metrics
        self._notify, self._new_journal = notify, new_journal
        self._journal = ""
        self._counted = 0
        """The newest entry that the metrics have."""
        self._unsure: dict[int, float] = {}
        """Entries that we have counted and the journal may not have yet, with the times of their events, in order."""
        self._hello: Hello | None = None
        self._windows: asyncio.Task[None] | None = None

    @property
    def journal(self) -> str:
        """The id of the line's journal; empty until it is known."""
        return self._journal

    # --- what the line tells

    def on_hello(self, hello: Hello) -> None:
        """A connection begins: count what happened since the last one."""
        clock.not_before(hello.at)
        before, self._journal, self._hello = self._journal, hello.journal, hello
        if before == hello.journal:
            self._catch_up(hello.seq)
            return
        self._counted = hello.seq
        self._unsure.clear()
        if before:
            self._new_journal()
        else:
            self.begin_windows(hello.seq)

    def on_snapshot(self, state: bytes) -> None:
        """Replace the shown state by the engine's state."""
        assert self._hello is not None
        self._show(decode_state(state), self._hello.seq, self._hello.at)
        self._counted = self._hello.seq  # what we had beyond is lost: the line will give those numbers to others
        self._forget_unsure(lambda seq: seq > self._counted)
        self._notify()

    def on_entries(self, entries: Sequence[Entry]) -> None:
        """Apply entries."""
        for entry in entries:
            if self._is_new(entry):
                self._count(entry)
                self._unsure[entry.seq] = entry.event.at
            self.live.apply(entry)
            if isinstance(entry.event, ConfigChanged) and not entry.error:
                self._take_config(entry.event.config)
        self._notify()

    def on_status(self, status: Status) -> None:
        """Take the line's status."""
        is_back, self.status = self.status is None, status
        self._forget_unsure(lambda seq: seq <= status.seq - status.unwritten)
        for late_s in status.stalls_s:
            self._metrics.observe_stall(late_s)
        self._metrics.set_calls_refused(status.refused)
        self._metrics.set_ends(status.ends)
        if is_back:
            self._notify()

    def on_away(self, why: str) -> None:
        """Note that the line is away; the shown state stays, and gets old."""
        self.status, self.away_since = None, clock()
        self._notify()

    # --- what the journal tells

    def begin_without_the_line(self) -> None:
        """Show the last state of the line, from the journal. Nothing happens if there is no journal."""
        try:
            with JournalReader(self._settings.journal_file) as reader:
                snapshot = reader.latest_snapshot()
                if snapshot is not None and snapshot.format == FORMAT:
                    self._show(decode_state(snapshot.state), snapshot.seq, 0.0)
                after = self.live.seq
                while entries := reader.read(after, CHUNK):
                    for entry in entries:
                        self._metrics.fold(entry, count=False)
                        self.live.apply(entry)
                        if isinstance(entry.event, ConfigChanged) and not entry.error:
                            self._take_config(entry.event.config)
                    after = entries[-1].seq
                self._journal, self._counted = reader.id, after
        except (JournalError, ValueError) as error:
            log.warning("journal_not_shown", error=str(error))
            return
        self.begin_windows(self._counted)

    def _catch_up(self, seq: int) -> None:
        """Count the entries up to `seq` that were written while we were not connected."""
        after = min(self._unsure, default=self._counted + 1) - 1
        try:
            with JournalReader(self._settings.journal_file) as reader:
                while after < seq:
                    entries = [entry for entry in reader.read(after, CHUNK) if entry.seq <= seq]
                    if not entries:
                        return
                    for entry in entries:
                        if self._is_new(entry):
                            self._count(entry)
                        self._unsure.pop(entry.seq, None)
                    after = entries[-1].seq
        except JournalError as error:
            log.warning("entries_not_counted", after=self._counted, upto=seq, error=str(error))

    def _is_new(self, entry: Entry) -> bool:
        """Whether an entry is not counted yet, because it is newer or has the number of one that was lost."""
        return entry.seq > self._counted or self._unsure.get(entry.seq, entry.event.at) != entry.event.at

    def _count(self, entry: Entry) -> None:
        """Count an entry. All that we have counted from its number on was lost."""
        if entry.seq <= self._counted:
            self._forget_unsure(lambda seq: seq >= entry.seq)
        self._counted = entry.seq
        self._metrics.fold(entry)

    def _forget_unsure(self, is_over: Callable[[int], bool]) -> None:
        if self._unsure:
            self._unsure = {seq: at for seq, at in self._unsure.items() if not is_over(seq)}

    def begin_windows(self, upto: int) -> None:
        """Fill today's figures with entries of an earlier desk, up to one entry, piece by piece."""
        self._windows = asyncio.get_running_loop().create_task(self._fill_windows(upto))

    async def _fill_windows(self, upto: int) -> None:
        try:
            with JournalReader(self._settings.journal_file) as reader:
                after = reader.seq_before(self._metrics.replay_from())
                while after < upto:
                    entries = [entry for entry in reader.read(after, CHUNK) if entry.seq <= upto]
                    if not entries:
                        return
                    self._metrics.replay(entries)
                    after = entries[-1].seq
                    await asyncio.sleep(0)
        except JournalError as error:
            log.warning("windows_not_filled", error=str(error))

    # --- what is shown

    def _show(self, state: State, seq: int, at: float) -> None:
        self.live.reset(state, seq, at)
        self._metrics.restore(state)
        if state.config.services:
            self._take_config(state.config)

    def _take_config(self, config: EngineConfig) -> None:
        self.config = config
        self.known.set()
