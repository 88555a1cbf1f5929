"""The journal's entries, and the protocol of every journal."""

from collections.abc import Sequence
from typing import Protocol

import msgspec

from acd.engine.model.events import AnyEvent
from acd.engine.model.facts import AnyFact

FORMAT = 3
"""Version of the entries' format. Raise it when old entries can no longer be read."""


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One event and what became true by it. `seq` counts from 1 without gaps."""

    seq: int
    event: AnyEvent
    facts: tuple[AnyFact, ...] = ()
    error: str = ""
    """The engine's error at this event, if it failed; a replay fails at the same place in the same way."""


_encode = msgspec.json.Encoder().encode
_decode = msgspec.json.Decoder(Entry).decode


def encode_entry(entry: Entry) -> bytes:
    """The bytes of an entry, in the journal and for desks: JSON on one line."""
    return _encode(entry)


def decode_entry(body: bytes) -> Entry:
    """The entry of these bytes. Raises `msgspec.MsgspecError` if they are no entry."""
    return _decode(body)


class Snapshot(msgspec.Struct, frozen=True, kw_only=True):
    """The engine's state after entry `seq`, as `Engine.snapshot()` gave it."""

    seq: int
    format: int
    state: bytes


class JournalError(Exception):
    """The journal could not be written or read: the disk is full, gone or not ours. Nothing of the batch is in it."""


class JournalDamaged(JournalError):
    """The content of the journal's file is damaged. `storage.salvage` sets the file aside and keeps what can be
    read."""


class JournalDropped(JournalError):
    """A reader asked for entries that retention has deleted."""


class Journal(Protocol):
    """An append-only log of entries, with snapshots of the state beside it."""

    def append(self, entries: Sequence[Entry], bodies: Sequence[bytes] = ()) -> None:
        """Write all entries in one transaction, or none and raise `JournalError`. Their numbers follow `last_seq`.
        `bodies` are the entries as `encode_entry` gives them, where that has been done already."""

    def read(self, after: int, limit: int = 1000) -> list[Entry]:
        """Entries with `seq > after`, in order, at most `limit`."""

    def last_seq(self) -> int:
        """Number of the newest entry, 0 if there is none."""

    def save_snapshot(self, snapshot: Snapshot) -> None:
        """Keep a snapshot; older ones may be dropped."""

    def latest_snapshot(self) -> Snapshot | None:
        """The newest snapshot, if any."""

    def snapshots(self) -> Sequence[Snapshot]:
        """Snapshots from which a start may continue, newest first, without those on damaged pages."""

    def close(self) -> None:
        """Release files. The journal cannot be used after this."""
