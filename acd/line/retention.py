"""Destroys by age what the line keeps: the journal's entries, journals that were set aside, Asterisk's log of channels.

The town's file says how long each is kept; the desk, which reads it, tells the line. The line counts what it destroys
in its journal, and the desk makes the night's record of the difference. So neither loses a record when it is killed."""

import asyncio
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Final

import structlog

from acd.asterisk.channel_log_age import blank_before
from acd.engine.model.journal import JournalError
from acd.lib.clock import clock
from acd.lib.expiry import expiry_time
from acd.link.messages import DestroyedSoFar, LinesOwn
from storage.journal import SqliteJournal
from storage.salvage import destroy_damaged

log = structlog.get_logger()

LOOK_S: Final = 2.0
EVERY_S: Final = 3600.0
DAY_S: Final = 86_400.0
SNAPSHOTS_A_PERIOD: Final = 4
"""The journal keeps what the newest three snapshots need. So many in the time for which entries are kept, and at least
one a day, let go of all that is older, however few calls there are."""


class LineRetention:
    """The destruction of one line's data. `destroyed` is what it came to so far."""

    def __init__(
        self,
        journal: SqliteJournal,
        channel_log: Path,
        *,
        journal_days: Callable[[], int],
        town_days: Callable[[], Mapping[LinesOwn, int]],
        stored_seq: Callable[[], int],
        snapshot: Callable[[], None],
    ) -> None:
        """`town_days` is empty until a desk has told the town's. The shorter of the town's and `journal_days` counts.
        Entries behind `stored_seq` are not in the database yet. `snapshot` saves the engine's state."""
        self._journal, self._channel_log = journal, channel_log
        self._journal_days, self._town_days, self._stored_seq = journal_days, town_days, stored_seq
        self._snapshot = snapshot
        self._snapshot_at = clock()
        self.destroyed: dict[LinesOwn, DestroyedSoFar] = {}
        self._read("journal")
        self._read("cel")

    async def run(self) -> None:
        """Destroy what has expired, every hour, until cancelled; the first time as soon as a desk has told what the
        database has."""
        done_at: float | None = None
        while True:
            await asyncio.sleep(LOOK_S)
            # Not by the clock of events: one that jumps ahead would bring about what it must not.
            if self._stored_seq() and (done_at is None or time.monotonic() - done_at >= EVERY_S):
                done_at = time.monotonic()
                await self.destroy()

    async def destroy(self) -> None:
        """Destroy what has expired."""
        town, now = self._town_days(), clock()
        days = min(self._journal_days(), town.get("journal", self._journal_days()))
        if now - self._snapshot_at >= min(1.0, days / SNAPSHOTS_A_PERIOD) * DAY_S:
            self._snapshot_at = now
            self._snapshot()
        at = expiry_time(clock)
        if at is None:
            return
        try:
            await asyncio.to_thread(self._destroy_entries, at - days * DAY_S)
            if "cel" in town:
                await asyncio.to_thread(self._destroy_channels, at - town["cel"] * DAY_S)
        except JournalError as error:
            log.warning("journal_upkeep_failed", error=str(error))

    def _destroy_entries(self, older_than: float) -> None:
        self._journal.drop(older_than, [self._stored_seq()])
        self._read("journal")
        try:
            for folder in destroy_damaged(self._journal.path.parent, older_than):
                log.info("damaged_journal_destroyed", folder=folder)
        except OSError as error:
            log.warning("damaged_journal_not_destroyed", error=str(error))

    def _destroy_channels(self, older_than: float) -> None:
        try:
            count, newest = blank_before(self._channel_log, older_than)
        except OSError as error:
            log.warning("channel_log_not_destroyed", file=str(self._channel_log), error=error.strerror or str(error))
            return
        if count:
            self._journal.note_destroyed("cel", count, newest)
            self._read("cel")

    def _read(self, what: LinesOwn) -> None:
        total, newest = self._journal.destroyed(what)
        self.destroyed[what] = DestroyedSoFar(total=total, newest=newest)
