"""A journal without a file. Entries that a real one cannot take wait in `acd.line.runtime`."""

from collections.abc import Sequence

from acd.engine.model.journal import Entry, Snapshot
from storage import journal_file as file


class MemoryJournal:
    """A journal that is gone with its process: for tests and the simulator. Behaves as `SqliteJournal` does."""

    def __init__(self) -> None:
        self.id = "memory"
        self._entries: list[Entry] = []
        self._dropped = 0
        self._snapshots: list[Snapshot] = []

    def append(self, entries: Sequence[Entry], bodies: Sequence[bytes] = ()) -> None:
        """Add all entries. `ValueError` if their numbers do not follow `last_seq()`."""
        for seq, entry in enumerate(entries, self.last_seq() + 1):
            if entry.seq != seq:
                raise ValueError(f"entry {entry.seq} cannot follow entry {seq - 1}")
        self._entries += entries

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`. `JournalError` if some of them were dropped."""
        if after < self._dropped:
            raise file.dropped_error("in memory", after, self._dropped + 1)
        start = after - self._dropped
        return self._entries[start : start + limit]

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""
        return self._dropped + len(self._entries)

    def opening(self) -> int:
        """Always 1."""
        return 1

    def standing(self, opening: int, seq: int) -> int:
        """Always `seq`."""
        return seq

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """As `SqliteJournal.save_snapshot`."""
        if snapshot.seq > self.last_seq():
            raise ValueError(f"snapshot at {snapshot.seq} is ahead of the journal's last entry {self.last_seq()}")
        others = [other for other in self._snapshots if other.seq != snapshot.seq]
        kept = sorted([*others, snapshot], key=lambda one: one.seq)
        gone = file.superfluous([(one.seq, self._at_ms(one.seq)) for one in kept])
        self._snapshots = [one for one in kept if one.seq not in gone]

    def _at_ms(self, seq: int) -> int | None:
        place = seq - self._dropped - 1
        return int(self._entries[place].event.at * 1000) if 0 <= place < len(self._entries) else None

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""
        return self._snapshots[-1] if self._snapshots else None

    def snapshots(self) -> list[Snapshot]:
        """As `SqliteJournal.snapshots`."""
        return self._snapshots[: -file.NEWEST_SNAPSHOTS - 1 : -1]

    def wal_bytes(self) -> int:
        """Always 0: there is no file."""
        return 0

    def checkpoint(self) -> bool:
        """Nothing to do."""
        return True

    def drop(self, older_than: float, readers_at: Sequence[int]) -> int:
        """As `SqliteJournal.drop`."""
        newest = self.snapshots()
        bound = min([newest[-1].seq if newest else 0, self.last_seq() - 1, *readers_at])
        count = 0
        for entry in self._entries:
            if entry.seq > bound or entry.event.at >= older_than:
                break
            count += 1
        del self._entries[:count]
        self._dropped += count
        return count

    def close(self) -> None:
        """Nothing to release."""
