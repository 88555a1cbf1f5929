"""Runs the journal through the engine again: to explain a call, to compare decisions, to count."""

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import msgspec

from acd.cli.entries import is_about, tag
from acd.cli.parts import note, progress
from acd.engine.machine import Engine
from acd.engine.model.commands import Command
from acd.engine.model.facts import CallEnded, OfferEnded
from acd.engine.model.ids import CallId
from acd.engine.model.journal import Entry, Snapshot
from acd.explain.narrator import Sentence
from acd.explain.story import Story
from acd.explain.words import Language, Words
from acd.lib.cli_error import CliError
from acd.line.runtime import handle
from storage.journal import JournalReader

BATCH = 1000
Done = Callable[[float], None]


def entries_behind(reader: JournalReader, after: int) -> Iterator[Entry]:
    """All entries behind a number."""
    while entries := reader.read(after, BATCH):
        yield from entries
        after = entries[-1].seq


def _engine_at(reader: JournalReader, begin: int, wanted: int) -> tuple[Engine | None, int]:
    """An engine to continue from, at or before entry `wanted`, and the entry it has reached. None if the journal's
    beginning is gone and no snapshot that is old enough can be read."""
    found = _first_readable(_older(reader, begin, wanted))
    if found is not None:
        return found
    return (Engine(), 0) if begin == 0 else (None, begin)


def _older(reader: JournalReader, begin: int, wanted: int) -> Iterator[Snapshot]:
    """The snapshots from before entry `wanted` from which its state can be replayed, newest first."""
    while (snapshot := reader.snapshot_before(wanted)) is not None and snapshot.seq >= begin:
        yield snapshot
        wanted = snapshot.seq


def _newer(reader: JournalReader, begin: int) -> Iterator[Snapshot]:
    """The snapshots from entry `begin` on, oldest first."""
    while (snapshot := reader.snapshot_from(begin)) is not None:
        yield snapshot
        begin = snapshot.seq + 1


def _first_readable(snapshots: Iterator[Snapshot]) -> tuple[Engine, int] | None:
    """The engine of the first of these snapshots that can be read, and its entry. One line tells which were passed
    over: another version with other state wrote them."""
    found, unread = None, []
    for snapshot in snapshots:
        try:
            found = Engine.restore(snapshot.state), snapshot.seq
            break
        except msgspec.DecodeError:
            unread.append(f"{snapshot.seq:,}")
    if unread:
        states = (
            f"state at entry {unread[0]} was" if len(unread) == 1 else f"states at entries {', '.join(unread)} were"
        )
        note(f"cozum: the {states} kept by another version and cannot be read")
    return found


# --- one call


def retold(
    reader: JournalReader,
    call: str,
    language: Language,
    *,
    personal: bool,
    begin: int,
    born: float,
    label: Callable[[str], str] = str,
    target_s: float,
) -> tuple[CallId, list[Sentence]]:
    """A call's id and its sentences; `label` names a service. `target_s` is the target.
    Raises `CliError` for a call that the journal has not."""
    if call == "last":
        call_id, first = _last(reader, begin)
    else:
        call_id, first = _first_of(reader, call, begin, born)
    engine, reached = _engine_at(reader, begin, first)
    if engine is None:
        note(f"cozum: the journal begins at entry {begin + 1:,}, so who else there was then is not known")
    story = Story(call_id, Words(language, named=True), personal=personal, label=label, target_s=target_s)
    told: list[Sentence] = []
    with progress("replaying", first - reached) as done:
        for entry in entries_behind(reader, reached):
            if entry.seq >= first:
                told += story.tell(engine.state if engine is not None else None, entry)
                if story.over:
                    break
            elif entry.seq % BATCH == 0:
                done(entry.seq - reached)
            if engine is not None:
                handle(engine, entry.event)
    return call_id, told


def _first_of(reader: JournalReader, call: str, begin: int, born: float) -> tuple[CallId, int]:
    """A call's id and first entry; `call` may leave out the node (`1764025361.42`)."""
    after = max(begin, reader.seq_before(born))
    end = reader.last_seq()
    with progress("looking for the call", end - after) as done:
        for entry in entries_behind(reader, after):
            about = getattr(entry.event, "call", "")
            if about == call or about.endswith(f"-{call}") or (entry.facts and is_about(entry, call)):
                return CallId(about if about.endswith(call) else call), entry.seq
            if entry.seq % BATCH == 0:
                done(entry.seq - after)
    raise CliError(
        f"call = {call!r}: not in the journal, whose entries go from {begin + 1:,} to {end:,}; "
        "`cozum journal show --type call_entered` shows the newest calls"
    )


def _last(reader: JournalReader, begin: int) -> tuple[CallId, int]:
    """The newest call that ended."""
    end = reader.last_seq()
    while end > begin:
        start = max(begin, end - BATCH)
        for entry in reversed(reader.read(start, end - start)):
            for fact in entry.facts:
                if isinstance(fact, CallEnded):
                    return _first_of(reader, fact.call, begin, fact.arrived_at - 1.0)
        end = start
    raise CliError("call = 'last': no call has ended yet")


# --- all of it


@dataclass(slots=True)
class Replay:
    """The result of running the engine again."""

    first: int = 0
    count: int = 0
    different: list[int] = field(default_factory=list)
    """Entries for which the engine gave other facts."""
    errors: list[str] = field(default_factory=list)
    """The engine's failures: number and text."""
    snapshot_same: bool | None = None
    """Whether the newest snapshot equals the replayed state at its entry; None if there is nothing to compare."""


def replayed(reader: JournalReader, begin: int, done: Done) -> Replay:
    """Run every entry that there is through an engine."""
    newest = reader.latest_snapshot()
    engine, reached = (Engine(), 0) if begin == 0 else _oldest(reader, begin)
    result = Replay(first=reached + 1)
    for entry in entries_behind(reader, reached):
        out, error = handle(engine, entry.event)
        result.count += 1
        if tuple(one for one in out if not isinstance(one, Command)) != entry.facts or error != entry.error:
            result.different.append(entry.seq)
        if entry.error:
            result.errors.append(f"{entry.seq}: {entry.error}")
        if newest is not None and entry.seq == newest.seq:
            result.snapshot_same = engine.snapshot() == newest.state
        if entry.seq % BATCH == 0:
            done(entry.seq)
    return result


def _oldest(reader: JournalReader, begin: int) -> tuple[Engine, int]:
    """An engine to continue from, at the oldest snapshot that can be read, and its entry. Raises `CliError`."""
    found = _first_readable(_newer(reader, begin))
    if found is None:
        raise CliError(f"the journal begins at {begin + 1:,} and has no snapshot from there: nothing to start from")
    return found


@dataclass(slots=True)
class Counts:
    """Counts of entries, events and facts."""

    entries: int = 0
    first_seq: int = 0
    last_seq: int = 0
    first_at: float | None = None
    last_at: float | None = None
    errors: int = 0
    events: Counter[str] = field(default_factory=Counter)
    facts: Counter[str] = field(default_factory=Counter)
    outcomes: Counter[str] = field(default_factory=Counter)
    offers: Counter[str] = field(default_factory=Counter)


def counted(reader: JournalReader, begin: int, done: Done) -> Counts:
    """Count every entry."""
    counts = Counts(first_seq=begin + 1, last_seq=begin)
    for entry in entries_behind(reader, begin):
        if counts.first_at is None:
            counts.first_at = entry.event.at
        counts.entries += 1
        counts.last_seq, counts.last_at = entry.seq, entry.event.at
        counts.errors += bool(entry.error)
        counts.events[tag(entry.event)] += 1
        for fact in entry.facts:
            counts.facts[tag(fact)] += 1
            if isinstance(fact, CallEnded):
                counts.outcomes[fact.outcome] += 1
            elif isinstance(fact, OfferEnded):
                counts.offers[fact.result] += 1
        if entry.seq % BATCH == 0:
            done(entry.seq - begin)
    return counts
