"""What has expired is destroyed, and a record of that is kept. How long what is kept is the town's file
`retention.toml`; law 6698 article 7 and the regulation on erasure of personal data ask for both.

Entries of the journal and rows of Asterisk's log of channels are destroyed by the line (`acd/line/retention.py`), by
the days of the same file; here the record is made of it."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from pathlib import Path
from typing import Any, Final

import msgspec
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.outgoing_files import OutgoingFiles
from storage.people.tables import AuditRow
from storage.privacy.calls import blank_calls, calls_with, erase_calls
from storage.privacy.tally import ErasureTally, Tally, row_of
from storage.privacy.waiting import WaitingErasure, waiting_erasures
from storage.recordings import IS_THERE, THERE, Recordings, destroy, recordings, sealed_files, unlink_sealed
from storage.requests.erasing import erase_codes, erase_files
from storage.requests.rows import tickets
from storage.requests.store import RequestStore
from storage.requests.tables import CodeRow, DestructionRow, ErasureRow, FileRow, OutboxRow
from storage.spoken_words import SpokenWords
from storage.tables import CallRow, CheckpointRow
from tickets.changes import Rules
from tickets.failures import NotGranted
from tickets.kinds import KINDS
from tickets.privacy.erasure import PARTS, Part
from tickets.privacy.retention import DAY_S, Destroyed, Since, What, cut_offs, rule_of
from tickets.ticket import SYSTEM

calls, audit, files, codes, outbox = (table_of(one) for one in (CallRow, AuditRow, FileRow, CodeRow, OutboxRow))
destructions, erasures, checkpoints = (table_of(one) for one in (DestructionRow, ErasureRow, CheckpointRow))

log = structlog.get_logger()

BATCH: Final = 200
"""Rows a transaction, so that nobody waits long for the database."""

_NOT_OURS: Final = (
    "correct database_url or bring the database back; or remove what has expired from the recordings' folder"
)
_PARTS: Final[dict[What, Part]] = {"ticket_person": "person", "ticket_text": "text"}


def _over_and_done() -> "tuple[sa.ColumnElement[bool], ...]":
    """Text messages that are sent or given up, of requests that are closed: while one is open, the way back looks at
    them. Figures count from the history of the requests, which has each telling."""
    is_closed = sa.exists().where(tickets.c.number == outbox.c.number, tickets.c.state == "closed")
    return outbox.c.kind == "text", outbox.c.state != "pending", is_closed


class OfLine(msgspec.Struct, frozen=True, kw_only=True):
    """What the line has destroyed of one sort of its own data."""

    what: What
    journal: str
    """The id of the journal that counts it."""
    total: int
    """How much since this journal began."""
    newest: float
    """The time of the newest of it, Unix seconds."""


class Destruction:
    """The destruction of one database's data. Everything raises `storage.database.DatabaseError`."""

    def __init__(
        self,
        database: Database,
        store: RequestStore,
        rules: Callable[[], Rules],
        clock: Callable[[], float],
        outgoing: OutgoingFiles | None = None,
        sealed: Path | None = None,
        words: SpokenWords | None = None,
    ) -> None:
        """`outgoing`: mails and text messages that are files; `sealed`: the folder of encrypted recordings; `words`:
        what automatic calls say of outcomes. None where there is no such folder."""
        self._sealed, self._words = sealed, words
        self._database = database
        self._outgoing = outgoing
        self._store = store
        self._rules = rules
        self._clock = clock

    async def run(self) -> list[Destroyed]:
        """Destroy all that has expired by now; the records of it, one for each sort and kind of which there was any.
        Raises `OSError` too, where a file cannot be destroyed."""
        at = self._clock()
        await self._erase_asked()
        done = []
        for what in ("ticket_person", "ticket_text", "ticket_file", "audio_message", "public_code"):
            done += await self._destroy(what, at)
        done += await self._destroy("call_person", at)
        done += await self._destroy("recording", at)
        done += await self._destroy("unmasking", at)
        done += await self._destroy("sent_text", at)
        done += await self._destroy("destruction_record", at)
        done += [] if self._outgoing is None else await self._destroy_outgoing(self._outgoing, at)
        done += [] if self._sealed is None else await self._destroy_sealed(self._sealed, at)
        return done

    async def waiting(self) -> list[WaitingErasure]:
        """The erasures that wait until a request is closed, oldest first."""
        return await waiting_erasures(self._database)

    async def record_of_line(self, found: Sequence[OfLine]) -> list[Destroyed]:
        """Make the records of what the line has destroyed since the records before."""
        at = self._clock()
        return [made for one in found if (made := await self._recorded(one, at)) is not None]

    async def _recorded(self, one: OfLine, at: float) -> Destroyed | None:
        """The record of it, made once, whatever is killed between: the total on record changes with it."""
        reader = f"destroyed {one.what}"
        latest = sa.select(sa.func.max(destructions.c.older_than)).where(destructions.c.what == one.what)
        async with self._database.explained(), self._database.writing() as connection:
            known = (
                await connection.execute(sa.select(checkpoints).where(checkpoints.c.reader == reader))
            ).one_or_none()
            before = known.seq if known is not None and known.journal == one.journal else 0
            if one.total < before:  # the journal was damaged, and the count lost
                before = 0
            if one.total == before or not one.newest:
                return None
            since = await connection.scalar(latest)
            made = Destroyed(
                at=at,
                what=one.what,
                kind="",
                count=one.total - before,
                older_than=one.newest,
                basis=rule_of(self._rules().town.retention, one.what).basis,
                newer_than=None if since is None else since / 1000,
            )
            await Tally(**row_of(made)).add(connection, made.count)
            await connection.execute(sa.delete(checkpoints).where(checkpoints.c.reader == reader))
            place = {"reader": reader, "journal": one.journal, "opening": 0, "seq": one.total}
            await connection.execute(sa.insert(checkpoints), place)
        return made

    async def _destroy(self, what: What, at: float) -> list[Destroyed]:
        retention = self._rules().town.retention
        done = []
        for kind, since, older_than in cut_offs(retention, what, at):
            basis = retention[what, kind].basis
            one = Destroyed(at=at, what=what, kind=kind, count=0, older_than=older_than, basis=basis)
            tally = Tally(**row_of(one))
            await self._destroy_kind(what, kind, since, milliseconds(older_than), tally)
            if tally.count:
                done.append(msgspec.structs.replace(one, count=tally.count))
        return done

    async def _destroy_outgoing(self, outgoing: OutgoingFiles, at: float) -> list[Destroyed]:
        """Destroy files of letters that are old, and then those of requests that have lost their person or their words:
        they name both. They are on record before they go, so one may be counted twice if the desk dies in between."""
        rule = rule_of(self._rules().town.retention, "outgoing_file")
        old = at - rule.days * DAY_S
        done = [await self._drop_outgoing(await asyncio.to_thread(outgoing.older_than, old), at, old, rule.basis)]
        left = await asyncio.to_thread(outgoing.by_request)
        gone = [path for number in await self._erased(list(left)) for path in left[number]]
        done.append(await self._drop_outgoing(gone, at, at, rule.basis))
        return [one for one in done if one.count]

    async def _drop_outgoing(self, paths: list[Path], at: float, older_than: float, basis: str) -> Destroyed:
        made = Destroyed(at=at, what="outgoing_file", kind="", count=len(paths), older_than=older_than, basis=basis)
        if paths:
            await self._put_on_record(made)
            await asyncio.to_thread(OutgoingFiles.destroy, paths)
        return made

    async def record_files(self, what: What, count: int, older_than: float) -> Destroyed:
        """Make the record of files that no row knows and that are destroyed next; `older_than` is in Unix seconds."""
        basis = rule_of(self._rules().town.retention, what).basis
        made = Destroyed(at=self._clock(), what=what, kind="", count=count, older_than=older_than, basis=basis)
        await self._put_on_record(made)
        return made

    async def _put_on_record(self, made: Destroyed) -> None:
        async with self._database.explained(), self._database.writing() as connection:
            await Tally(**row_of(made)).add(connection, made.count)

    async def _destroy_sealed(self, folder: Path, at: float) -> list[Destroyed]:
        """Destroy recordings that are on the disk alone: a database that was rebuilt or brought back has no row of
        them, or one that says that they are gone. A database that knows none at all is likely not theirs."""
        older_than = at - rule_of(self._rules().town.retention, "recording").days * DAY_S
        there = await asyncio.to_thread(sealed_files, folder)
        states = await Recordings(self._database).states(sorted(there))
        old = [one for one, made_at in there.items() if states.get(one) not in THERE and made_at < older_than]
        gone = [one for one in there if states.get(one) == "destroyed"]
        if old and not states:
            log.error("recordings_without_rows", expired=len(old), kept="all of them", way_out=_NOT_OURS)
            return []
        if not (going := {*old, *gone}):
            return []
        made = await self.record_files("recording", len(going), older_than)
        await asyncio.to_thread(unlink_sealed, folder, going)
        return [made]

    async def _erased(self, numbers: list[str]) -> list[str]:
        """Those of these requests that have lost their person or their words."""
        is_erased = sa.or_(tickets.c.person_erased_at.is_not(None), tickets.c.text_erased_at.is_not(None))
        found: list[str] = []
        for begin in range(0, len(numbers), BATCH):
            query = sa.select(tickets.c.number).where(tickets.c.number.in_(numbers[begin : begin + BATCH]), is_erased)
            found += await self._some(query)
        return found

    async def _destroy_kind(self, what: What, kind: str, since: Since, older: int, tally: Tally) -> None:
        match what:
            case "ticket_person" | "ticket_text":
                await self._erase_requests(_PARTS[what], self._of_kind(what, kind), since, older, tally)
            case "ticket_file" | "audio_message":
                await self._erase_files(what, self._of_kind(what, kind), since, older, tally)
            case "public_code":
                await self._erase_codes(self._of_kind(what, kind), since, older, tally)
            case "recording":
                old = sa.select(recordings.c.call).where(recordings.c.began_at < older, IS_THERE)
                await self._in_batches(old, lambda ids: destroy(ids, self._clock()), tally)
            case "call_person":
                there = sa.or_(calls.c.caller != "", calls.c.name != "")
                query = sa.select(calls.c.id).where(calls.c.entered_at < older, calls.c.ended_at.is_not(None), there)
                await self._blank_calls(query, tally)
            case "destruction_record":
                await self._drop_rows(destructions, destructions.c.at < older, tally)
                # What an erasure has destroyed is on record no later than it was done; one that waits is kept.
                await self._drop_rows(erasures, erasures.c.done_at < older, tally)
            case "sent_text":
                await self._drop_rows(outbox, sa.and_(outbox.c.made_at < older, *_over_and_done()), tally)
            case _:
                await self._drop_rows(audit, audit.c.at < older, tally)

    async def _drop_rows(self, table: sa.Table, old: "sa.ColumnElement[bool]", tally: Tally) -> None:
        query = sa.select(table.c.id).where(old)
        await self._in_batches(query, lambda ids: sa.delete(table).where(table.c.id.in_(ids)), tally)

    def _of_kind(self, what: What, kind: str) -> "sa.ColumnElement[bool]":
        """Requests that a row of the file is about: those of its kind, or of every kind without a row of its own."""
        if kind:
            return tickets.c.kind == kind
        own = [one for one in KINDS if (what, one) in self._rules().town.retention]
        return tickets.c.kind.not_in(own)

    async def _erase_requests(
        self, part: Part, kind: "sa.ColumnElement[bool]", since: Since, older: int, tally: Tally
    ) -> None:
        begun = tickets.c.closed_at if since == "closed" else tickets.c.opened_at
        query = sa.select(tickets.c.number, tickets.c.id).where(
            tickets.c.state == "closed", begun < older, kind, tickets.c[f"{part}_erased_at"].is_(None)
        )
        async for number in self._numbers(query):
            await self._erase_one(number, "retention", (part,), lambda connection: tally.add(connection, 1))

    async def _erase_one(
        self, number: str, reason: str, parts: tuple[Part, ...], also: Callable[[AsyncConnection], Awaitable[None]]
    ) -> bool:
        """Erase parts of a request; False if it must wait: it was opened again since it was found, or its duplicates
        have yet to follow it."""
        try:
            async with self._database.unhurried():
                await self._store.erase(number, SYSTEM, reason, parts, also)
        except NotGranted:
            return False
        if self._words is not None:
            await asyncio.to_thread(self._words.destroy, number)
        return True

    async def _erase_files(
        self, what: What, kind: "sa.ColumnElement[bool]", since: Since, older: int, tally: Tally
    ) -> None:
        begun = {"closed": tickets.c.closed_at, "opened": tickets.c.opened_at, "made": files.c.at}[since]
        spoken = files.c.kind == "audio"
        query = (
            sa.select(files.c.id)
            .join(tickets, tickets.c.number == files.c.number)
            .where(kind, begun < older, files.c.destroyed_at.is_(None))
            .where(spoken if what == "audio_message" else ~spoken)
        )
        while found := await self._some(query):
            async with self._writing() as connection:
                await erase_files(connection, found, self._clock())
                await tally.add(connection, len(found))

    async def _erase_codes(self, kind: "sa.ColumnElement[bool]", since: Since, older: int, tally: Tally) -> None:
        begun = {"closed": tickets.c.closed_at, "opened": tickets.c.opened_at, "made": codes.c.made_at}[since]
        query = sa.select(codes.c.number).join(tickets, tickets.c.number == codes.c.number).where(kind, begun < older)
        while found := await self._some(query):
            async with self._writing() as connection:
                await tally.add(connection, await erase_codes(connection, found))

    async def _blank_calls(self, query: "sa.Select[Any]", tally: Tally) -> None:
        while found := await self._some(query):
            async with self._writing() as connection:
                await tally.add(connection, await blank_calls(connection, found, self._clock()))

    async def _in_batches(
        self, query: "sa.Select[Any]", work: Callable[[list[Any]], "sa.UpdateBase"], tally: Tally
    ) -> None:
        """Do this to what the query finds, until it finds nothing."""
        while found := await self._some(query):
            async with self._writing() as connection:
                await connection.execute(work(found))
                await tally.add(connection, len(found))

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        """A transaction for a batch, with a rest behind it."""
        async with self._database.unhurried(), self._database.explained(), self._database.writing() as connection:
            yield connection

    async def _some(self, query: "sa.Select[Any]") -> list[Any]:
        async with self._database.explained(), self._database.reading() as connection:
            return list((await connection.execute(query.limit(BATCH))).scalars())

    async def _numbers(self, query: "sa.Select[Any]") -> AsyncIterator[str]:
        """Numbers of requests, oldest first; each is given once."""
        after = 0
        while True:
            async with self._database.explained(), self._database.reading() as connection:
                batch = query.where(tickets.c.id > after).order_by(tickets.c.id).limit(BATCH)
                found = (await connection.execute(batch)).all()
            if not found:
                return
            for number, place in found:
                after = place
                yield number

    async def _erase_asked(self) -> None:
        """Erase requests that have been closed since their person asked for it."""
        query = sa.select(tickets.c.number, tickets.c.id).where(
            tickets.c.state == "closed", tickets.c.erase_asked.is_not(None)
        )
        async for number in self._numbers(query):
            await self._erase_for_person(number)
        left = sa.select(tickets.c.erase_asked).where(tickets.c.erase_asked.is_not(None))
        done = sa.update(erasures).where(erasures.c.done_at.is_(None), erasures.c.id.not_in(left))
        async with self._database.explained(), self._database.writing() as connection:
            await connection.execute(done.values(done_at=milliseconds(self._clock())))

    async def _erase_for_person(self, number: str) -> None:
        """Erase a request whose person asked for it, and the calls with them about it: they were called since, to be
        told the outcome."""
        asked = sa.select(tickets.c.erase_asked).where(tickets.c.number == number)
        async with self._database.explained(), self._database.reading() as connection:
            tally = ErasureTally(await connection.scalar(asked), self._clock())
        letters = [] if self._outgoing is None else await asyncio.to_thread(self._outgoing.of, number)

        async def also(connection: AsyncConnection) -> None:
            await tally.add_request(connection, number, outgoing=len(letters))
            await tally.add(
                connection, await erase_calls(connection, await calls_with(connection, number), self._clock())
            )

        if await self._erase_one(number, "asked", tuple(PARTS), also):
            await asyncio.to_thread(OutgoingFiles.destroy, letters)
