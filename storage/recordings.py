"""The recordings of talks: rows that the projector fills from the line's facts, and where the files are.

A row says what there is of a call's recording. `recording`: Asterisk has been told to record, and nothing is known of
the result yet. `kept`: encrypted, with hash and length. `none`: the talk was not to be recorded, and why. `lost`: there
is no file, and why. `destroyed`: it has expired or was erased; its file goes next (`gone_at`).

`acd.desk.recordings` encrypts them, `storage.privacy.destruction` destroys them by age."""

import hashlib
from collections.abc import Collection, Mapping, Sequence
from pathlib import Path
from typing import Any, ClassVar, Final, Literal

import msgspec
import sqlalchemy as sa
from sqlalchemy import BigInteger, Double, Index, Text
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection
from sqlmodel import Field, SQLModel

from acd.engine.model.recording_facts import (
    NotRecorded,
    RecordingBegan,
    RecordingFact,
    RecordingKept,
    RecordingLost,
    RecordingPaused,
)
from storage.columns import milliseconds, moment, table_of
from storage.database import Database
from storage.tables import CallRow

RecordingState = Literal["recording", "kept", "none", "lost", "destroyed"]
SEALED: Final = ".wav.sealed"
_TODO = "state = 'recording' OR (state = 'destroyed' AND gone_at IS NULL)"


class RecordingRow(SQLModel, table=True):
    """The recording of a call that was to be recorded."""

    __tablename__: ClassVar[str] = "recordings"
    __table_args__ = (
        Index("ix_recordings_began", "began_at"),
        Index("ix_recordings_todo", "call", sqlite_where=sa.text(_TODO), postgresql_where=sa.text(_TODO)),
    )

    call: str = Field(primary_key=True, sa_type=Text)
    state: str = Field(sa_type=Text)
    why: str = Field(default="", sa_type=Text)
    """Why there is none: `NotRecordedWhy` or `RecordingLostWhy`."""
    began_at: int = moment(required=True)
    sha256: str = Field(default="", sa_type=Text)
    """The sound file's hash, in hexadecimal."""
    size: int | None = Field(default=None, sa_type=BigInteger)
    """Bytes of the sound file."""
    seconds: float | None = Field(default=None, sa_type=Double)
    missing_s: float | None = Field(default=None, sa_type=Double)
    pauses: int = 0
    kept_at: int | None = moment()
    destroyed_at: int | None = moment()
    gone_at: int | None = moment()


LATE_S = 86_400.0
"""A plain file of which the database has no recording may be so much younger than its newest call."""

calls, recordings = table_of(CallRow), table_of(RecordingRow)
THERE: Final[tuple[RecordingState, ...]] = ("recording", "kept")
IS_THERE = recordings.c.state.in_(THERE)
_ASKED = 500
"""Ids in one question."""


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """What there is of a call's recording. Times are Unix seconds."""

    call: str
    state: RecordingState
    why: str
    began_at: float
    sha256: str
    size: int | None
    seconds: float | None
    missing_s: float | None
    pauses: int
    kept_at: float | None
    destroyed_at: float | None


class Over(msgspec.Struct, frozen=True, kw_only=True):
    """A call that is over and whose recording is not stored yet. `talk_s` is 0 if nobody talked."""

    call: str
    talk_s: float


def sealed_path(folder: Path, call: str) -> Path:
    """The encrypted file of a call. A folder for each of 256 parts, so that none grows too large."""
    return folder / hashlib.sha256(call.encode()).hexdigest()[:2] / f"{call}{SEALED}"


def sealed_files(folder: Path) -> dict[str, float]:
    """The calls of which there is an encrypted file, and when it was written (Unix seconds)."""
    return {path.name.removesuffix(SEALED): path.stat().st_mtime for path in folder.glob(f"??/*{SEALED}")}


def unlink_sealed(folder: Path, ids: Collection[str]) -> None:
    """Destroy the encrypted files of these calls. Raises `OSError`."""
    for call in ids:
        sealed_path(folder, call).unlink(missing_ok=True)


def of_row(row: Any) -> Recording:
    """A recording from its row."""
    values = {name: row[name] for name in Recording.__struct_fields__}
    for name in ("began_at", "kept_at", "destroyed_at"):
        values[name] = None if values[name] is None else values[name] / 1000
    return Recording(**values)


class RecordingFacts:
    """The facts of one batch of the projector's."""

    def __init__(self) -> None:
        self._told: list[RecordingFact] = []

    def take(self, fact: RecordingFact) -> None:
        """Note a fact."""
        self._told.append(fact)

    async def write(self, connection: AsyncConnection) -> None:
        """Write them in order."""
        for fact in self._told:
            mine = sa.update(recordings).where(recordings.c.call == fact.call)
            match fact:
                case RecordingBegan():
                    await self._begin(connection, fact, "recording")
                case NotRecorded():
                    await self._begin(connection, fact, "none", fact.why)
                case RecordingPaused():
                    await connection.execute(mine.values(pauses=recordings.c.pauses + 1))
                case RecordingKept():
                    kept = {
                        "state": "kept",
                        "sha256": fact.sha256,
                        "size": fact.size,
                        "seconds": fact.seconds,
                        "missing_s": fact.missing_s or None,
                        "kept_at": milliseconds(fact.at),
                    }
                    await connection.execute(mine.where(recordings.c.state == "recording").values(kept))
                case RecordingLost():
                    lost = {"state": "lost", "why": fact.why}
                    await connection.execute(mine.where(recordings.c.state == "recording").values(lost))

    async def _begin(
        self, connection: AsyncConnection, fact: RecordingFact, state: RecordingState, why: str = ""
    ) -> None:
        postgres = connection.dialect.name == "postgresql"
        insert = (postgresql.insert if postgres else sqlite.insert)(recordings)
        row = {"call": fact.call, "state": state, "why": why, "began_at": milliseconds(fact.at), "sha256": ""}
        await connection.execute(insert.values(**row, pauses=0).on_conflict_do_nothing())


class Recordings:
    """The recordings of one database. Everything raises `storage.database.DatabaseError`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def get(self, call: str) -> Recording | None:
        """What there is of a call's recording; None if it was not to be recorded."""
        async with self._database.explained(), self._database.reading() as connection:
            found = await connection.execute(sa.select(recordings).where(recordings.c.call == call))
            row = found.mappings().one_or_none()
        return None if row is None else of_row(row)

    async def of_calls(self, ids: Collection[str]) -> list[Recording]:
        """The recordings of these calls."""
        async with self._database.explained(), self._database.reading() as connection:
            query = sa.select(recordings).where(recordings.c.call.in_(ids)).order_by(recordings.c.began_at)
            return [of_row(row) for row in (await connection.execute(query)).mappings()]

    async def over(self, before: float, limit: int = 100) -> list[Over]:
        """Calls that ended before this time (Unix seconds) and whose recording is not stored yet, in the order of
        their ids."""
        spoken = sa.func.coalesce(calls.c.talk_s, 0.0) - sa.func.coalesce(calls.c.hold_s, 0.0)
        query = (
            sa.select(recordings.c.call, calls.c.answered_at, spoken)
            .join(calls, calls.c.id == recordings.c.call)
            .where(recordings.c.state == "recording", calls.c.ended_at < milliseconds(before))
            .order_by(recordings.c.call)
            .limit(limit)
        )
        async with self._database.explained(), self._database.reading() as connection:
            found = (await connection.execute(query)).all()
        return [Over(call=call, talk_s=max(talk_s, 0.001) if answered else 0.0) for call, answered, talk_s in found]

    async def forget(self, call: str) -> None:
        """Nobody talked: there is nothing to record, and no row."""
        gone = sa.delete(recordings).where(recordings.c.call == call, recordings.c.state == "recording")
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(gone)

    async def states(self, ids: Sequence[str]) -> dict[str, RecordingState]:
        """What there is of the recordings of these calls; nothing for a call without a row."""
        found: dict[str, RecordingState] = {}
        for begin in range(0, len(ids), _ASKED):
            some = recordings.c.call.in_(ids[begin : begin + _ASKED])
            async with self._database.explained(), self._database.reading() as connection:
                rows = (await connection.execute(sa.select(recordings.c.call, recordings.c.state).where(some))).all()
            found |= {row.call: row.state for row in rows}
        return found

    async def to_remove(self, limit: int = 100) -> list[str]:
        """Calls whose recording is destroyed and whose file may be there still."""
        query = sa.select(recordings.c.call).where(recordings.c.state == "destroyed", recordings.c.gone_at.is_(None))
        async with self._database.explained(), self._database.reading() as connection:
            return list((await connection.execute(query.limit(limit))).scalars())

    async def of_no_use(self, written: Mapping[str, float]) -> dict[str, RecordingState | None]:
        """Those of these calls whose plain file nobody needs any more, with the state of their recording. `written` has
        the times (Unix seconds) at which the files were last written. Without a recording the state is `none` or None,
        and the database is not merely late, since it has a call that began a day after the file was last written."""
        query = sa.select(recordings.c.call, recordings.c.state).where(recordings.c.call.in_(written))
        newest = sa.select(sa.func.max(calls.c.entered_at))
        async with self._database.explained(), self._database.reading() as connection:
            states: dict[str, RecordingState] = {row.call: row.state for row in await connection.execute(query)}
            known_to = ((await connection.execute(newest)).scalar_one() or 0) / 1000
        old = {call for call, at in written.items() if at + LATE_S < known_to}
        final = {call: state for call, state in states.items() if state in ("kept", "lost", "destroyed")}
        return final | {call: state for call in old if (state := states.get(call)) in ("none", None)}

    async def removed(self, call: str, at: float) -> None:
        """The file is not there any more."""
        mine = sa.update(recordings).where(recordings.c.call == call)
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(mine.values(gone_at=milliseconds(at)))


def destroy(ids: Collection[str], at: float) -> "sa.Update":
    """The statement that destroys the recordings of these calls, of which there is a file or may be one; the desk
    removes the files within seconds."""
    return (
        sa.update(recordings)
        .where(recordings.c.call.in_(ids), IS_THERE)
        .values(state="destroyed", destroyed_at=milliseconds(at))
    )
