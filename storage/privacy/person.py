"""All that is kept of one person, found by their telephone number, or by a request of theirs if they gave none: to give
it to them, or to erase it (law 6698, articles 11 and 7)."""

import asyncio
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import NO_NUMBER, known, spellings
from storage.columns import clean, milliseconds, table_of
from storage.database import Database
from storage.outgoing_files import OutgoingFiles
from storage.privacy.calls import erase_calls
from storage.privacy.tally import ErasureTally
from storage.queries import Queries, as_record
from storage.recordings import Recordings
from storage.requests.drafts import Drafts
from storage.requests.reading import RequestQueries
from storage.requests.rows import tickets
from storage.requests.store import RequestStore
from storage.requests.tables import AttemptRow, ErasureRow, LinkRow
from storage.requests.unreported import LOST_S
from storage.spoken_words import SpokenWords
from storage.tables import CallRow
from tickets.changes import Rules
from tickets.failures import NotGranted
from tickets.privacy.erasure import PARTS
from tickets.ticket import Actor

calls, erasures, attempts = table_of(CallRow), table_of(ErasureRow), table_of(AttemptRow)
links = table_of(LinkRow)


class OfRequest(msgspec.Struct, frozen=True):
    """The person who made one request and gave no telephone number: nothing else of theirs can be found."""

    number: str
    """The request's."""


Whom = str | OfRequest
"""A telephone number, or the person of a request without one."""


class Erased(msgspec.Struct, frozen=True, kw_only=True):
    """What an erasure came to. `waiting` are numbers of requests that are erased later: they are open, or duplicates
    have yet to follow them; `up` is how many calls of the person are not over; `outgoing` counts files of mails and
    text messages about their requests."""

    calls: int
    requests: int
    files: int
    recordings: int
    waiting: tuple[str, ...]
    up: int
    outgoing: int = 0


class PersonRecords:
    """The people of one database. Everything raises `storage.database.DatabaseError`, `erase` also `OSError`."""

    def __init__(
        self,
        database: Database,
        rules: Callable[[], Rules],
        clock: Callable[[], float],
        outgoing: OutgoingFiles | None = None,
        words: SpokenWords | None = None,
    ) -> None:
        """`outgoing`: mails and text messages that are files; `words`: what automatic calls say of outcomes. None where
        there is no such folder."""
        self._words = words
        self._database = database
        self._outgoing = outgoing
        self._clock = clock
        self._store = RequestStore(database, rules, clock)
        self._requests = RequestQueries(database, rules, clock)
        self._calls = Queries(database)
        self._recordings = Recordings(database)
        self._drafts = Drafts(database, clock)

    async def gave_a_number(self, request: str) -> bool | None:
        """Whether a request has its person's telephone number, by which all of theirs is found; None: no such
        request."""
        query = sa.select(tickets.c.caller).where(tickets.c.number == request)
        async with self._database.explained(), self._database.reading() as connection:
            found = (await connection.execute(query)).one_or_none()
        return None if found is None else bool(known(found.caller))

    async def export(self, whom: Whom) -> dict[str, Any]:
        """Calls and requests of a number, however it is written, or of a person without one: each with its history,
        recordings, what agents are taking down in the calls, and tries to tell an outcome to the number, which a
        request may have had before; oldest first. The sound of a recording is had by `GET calls/{call}/recording`."""
        found = [await self._calls.get_call(call) for call in await self._call_ids(whom)]
        requests = [await self._requests.get(one) for one, _ in await self._numbers(whom)]
        return {
            **({"request": whom.number} if isinstance(whom, OfRequest) else {"number": whom}),
            "calls": [as_record(call) for call in found if call is not None],
            "requests": [request for request in requests if request is not None],
            "recordings": [as_record(one) for one in await self._recordings.of_calls(await self._call_ids(whom))],
            "drafts": list(await self._drafts.of_calls(await self._call_ids(whom))),
            "outcome_attempts": await self._attempts(whom),
        }

    async def erase(self, whom: Whom, actor: Actor, reason: str) -> Erased:
        """Take a person out of all that is closed and over. Open requests are erased in the night after they are
        closed, since the citizen must still be told; so are those whose duplicates have yet to follow them. The figures
        stay; the number is not kept in the record of it."""
        asked = await self._ask(actor, reason)
        tally = ErasureTally(asked, self._clock())
        linked = await self._call_ids(whom)  # an erased request names its calls no more
        waiting = []
        for one, state in await self._numbers(whom):
            letters = [] if self._outgoing is None else await asyncio.to_thread(self._outgoing.of, one)
            counted = partial(tally.add_request, number=one, outgoing=len(letters))
            if state == "closed" and await self._erase_one(one, actor, reason, counted):
                if self._words is not None:
                    await asyncio.to_thread(self._words.destroy, one)
            else:
                waiting.append(one)
                if letters:  # what was written is not needed to tell them
                    await self._count(tally, len(letters))
            await asyncio.to_thread(OutgoingFiles.destroy, letters)
        ids = sorted({*linked, *await self._call_ids(whom)})
        async with self._database.explained(), self._database.writing() as connection:
            gone = await erase_calls(connection, ids, self._clock())
            over = sa.or_(attempts.c.result != "calling", attempts.c.at <= milliseconds(self._clock() - LOST_S))
            # Tries to tell an open request count by their number, so they go with it.
            others = (_tries_of(whom), attempts.c.number.not_in(waiting))
            await connection.execute(sa.update(attempts).where(*others, over).values(caller=""))
            # The law's days count from the first time that they asked.
            first = (tickets.c.number.in_(waiting), tickets.c.erase_asked.is_(None))
            waits = await connection.execute(sa.update(tickets).where(*first).values(erase_asked=asked))
            if not waits.rowcount:
                done = sa.update(erasures).where(erasures.c.id == asked)
                await connection.execute(done.values(done_at=milliseconds(self._clock())))
            await tally.add(connection, gone)
        return Erased(
            calls=gone["call_person"],
            requests=tally.counts.get("ticket_person", 0),
            files=tally.counts.get("ticket_file", 0),
            recordings=gone["recording"],
            waiting=tuple(waiting),
            up=len(ids) - gone["call_person"],
            outgoing=tally.counts.get("outgoing_file", 0),
        )

    async def _erase_one(
        self, number: str, actor: Actor, reason: str, also: Callable[[AsyncConnection], Awaitable[None]]
    ) -> bool:
        """Erase a request; False if it must wait: it was opened again since it was found, or its duplicates have yet to
        follow it."""
        try:
            await self._store.erase(number, actor, reason, tuple(PARTS), also)
        except NotGranted:
            return False
        return True

    async def _count(self, tally: ErasureTally, outgoing: int) -> None:
        async with self._database.explained(), self._database.writing() as connection:
            await tally.add(connection, {"outgoing_file": outgoing})

    async def _ask(self, actor: Actor, reason: str) -> int:
        row = {"at": milliseconds(self._clock()), "role": actor.role, "who": actor.who, "reason": clean(reason)}
        async with self._database.explained(), self._database.writing() as connection:
            made = await connection.execute(sa.insert(erasures).values(row).returning(erasures.c.id))
            return int(made.scalar_one())

    async def _call_ids(self, whom: Whom) -> list[str]:
        query = sa.select(calls.c.id).where(_calls_of(whom)).order_by(calls.c.arrived_at)
        async with self._database.explained(), self._database.reading() as connection:
            return list((await connection.execute(query)).scalars())

    async def _attempts(self, whom: Whom) -> list[dict[str, Any]]:
        """Tries to tell the outcome of a request to this person."""
        shown = (attempts.c.number, attempts.c.outcome, attempts.c.attempt, attempts.c.at, attempts.c.result)
        query = sa.select(*shown).where(_tries_of(whom))
        async with self._database.explained(), self._database.reading() as connection:
            found = (await connection.execute(query.order_by(attempts.c.at, attempts.c.number))).mappings()
            return [{**row, "at": row["at"] / 1000} for row in found]

    async def _numbers(self, whom: Whom) -> list[tuple[str, str]]:
        """Numbers and states of the person's requests."""
        query = sa.select(tickets.c.number, tickets.c.state).where(_requests_of(whom))
        async with self._database.explained(), self._database.reading() as connection:
            return [(one, state) for one, state in await connection.execute(query.order_by(tickets.c.id))]


def _requests_of(whom: Whom) -> sa.ColumnElement[bool]:
    if isinstance(whom, OfRequest):
        return tickets.c.number == whom.number
    return tickets.c.caller.in_(spellings(whom))


def _calls_of(whom: Whom) -> sa.ColumnElement[bool]:
    """Their calls. If their request has no number, they are the calls about it that have none either: a call with a
    number is somebody else's, who may have called about the same request."""
    if isinstance(whom, str):
        return calls.c.caller.in_(spellings(whom))
    about = sa.select(links.c.other).where(links.c.number == whom.number, links.c.kind == "call")
    none = calls.c.caller.in_(("", *NO_NUMBER))
    return sa.and_(calls.c.id.in_(about), none, calls.c.number_erased_at.is_(None))


def _tries_of(whom: Whom) -> sa.ColumnElement[bool]:
    return attempts.c.number == whom.number if isinstance(whom, OfRequest) else attempts.c.caller.in_(spellings(whom))
