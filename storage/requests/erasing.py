"""What a request leaves in other tables than its own. Erased in the transaction that erases the request."""

from collections.abc import Collection
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.abandoned import keep_became
from storage.columns import clean, milliseconds, table_of
from storage.requests import joins
from storage.requests.follow_ups import KIND
from storage.requests.of_calls import OLD_REQUEST
from storage.requests.rows import history, tickets, to_entry
from storage.requests.tables import AttemptRow, CodeRow, ErasedReferenceRow, FileRow, LinkRow, OutboxRow, TaskRow
from storage.tables import CallRow
from tickets.changes import refuse
from tickets.privacy.erasure import PARTS, Part, erase_entry, reference_digest
from tickets.refusals import Refusal

calls = table_of(CallRow)
links, outbox, tasks, attempts, files, codes = (
    table_of(one) for one in (LinkRow, OutboxRow, TaskRow, AttemptRow, FileRow, CodeRow)
)
references = table_of(ErasedReferenceRow)


async def erase_remains(connection: AsyncConnection, number: str, parts: Collection[Part], at: float) -> None:
    """Erase these parts of a request wherever they are, but for the request's own row, and mark them as erased. The
    row of the history that tells of it is written afterwards, and keeps its reason."""
    now = milliseconds(at)
    marks: dict[str, int | None] = {f"{part}_erased_at": now for part in parts}
    if set(parts) == set(PARTS):
        marks["erase_asked"] = None
    await connection.execute(sa.update(tickets).where(tickets.c.number == number).values(marks))
    if "person" in parts:
        await _keep_contacts(connection, number)
        # The request goes on to name the one that it follows up, and those that it was a duplicate of.
        calls_too = (links.c.number == number, links.c.kind.not_in((KIND, joins.KIND)))
        await connection.execute(sa.delete(links).where(*calls_too))
        waits = sa.and_(attempts.c.result == "calling", attempts.c.began_at.is_(None))
        kept: dict[str, Any] = {"caller": "", "call": sa.case((waits, attempts.c.call))}  # which is to be taken back
        await connection.execute(sa.update(attempts).where(attempts.c.number == number).values(kept))
        await _keep_digest(connection, number)
    await _erase_history(connection, number, parts)
    if "text" in parts:
        await connection.execute(sa.update(tasks).where(tasks.c.number == number).values(why="", note=""))
    # A letter names the citizen and what was said to them, so it goes with the first of the two. A wish to the line
    # names nobody, and stays: the line may still have a call that is to be taken back. Whatever duplicates it has
    # have followed it.
    mine, waiting = outbox.c.number == number, outbox.c.state == "pending"
    await connection.execute(sa.update(outbox).where(mine, waiting, outbox.c.kind != "line").values(state="dropped"))
    values: dict[str, Any] = {"payload": {}, "to": "", "error": ""}
    await connection.execute(sa.update(outbox).where(mine, ~waiting).values(values))


async def not_followed(connection: AsyncConnection, number: str) -> Refusal | None:
    """The refusal to erase a request whose duplicates have yet to follow it: they take its words, and the citizens of
    those would wait for an outcome for ever."""
    waits = (outbox.c.number == number, outbox.c.kind == "children", outbox.c.state == "pending")
    leads = sa.exists().where(tickets.c.parent == number)
    if (await connection.execute(sa.select(outbox.c.id).where(*waits, leads).limit(1))).first() is None:
        return None
    return refuse("not_allowed", "number", number, "its duplicates have yet to follow it; it is erased after that")


async def _keep_contacts(connection: AsyncConnection, number: str) -> None:
    """Have the calls of a request say what came of them, for the figures: it is about to name them no more."""
    named = sa.select(tickets.c.call).where(tickets.c.number == number, tickets.c.call.is_not(None))
    opened = list((await connection.execute(named)).scalars())
    about = (links.c.number == number, links.c.kind == "call", links.c.how.not_in(OLD_REQUEST))
    linked = sa.select(links.c.other).where(*about)
    await keep_became(connection, opened)
    mark = sa.update(calls).values(kept_contact="linked")
    await connection.execute(mark.where(calls.c.id.in_(linked), calls.c.kept_contact.is_(None)))
    await connection.execute(sa.update(calls).values(kept_contact="opened").where(calls.c.id.in_(opened)))


async def _keep_digest(connection: AsyncConnection, number: str) -> None:
    """Remember the digest of another system's number, which is about to go from the request."""
    query = sa.select(tickets.c.external_source, tickets.c.external_number).where(tickets.c.number == number)
    source, reference = (await connection.execute(query)).one()
    if reference is not None:
        row = {"digest": reference_digest(source, reference)}
        await connection.execute(sa.insert(references), row)


async def erased_of(connection: AsyncConnection, external: Collection[tuple[str, str]]) -> set[tuple[str, str]]:
    """Those of these numbers of other systems, each with its source, whose requests were here and are erased."""
    digests = {reference_digest(*one): one for one in external}
    query = sa.select(references.c.digest).where(references.c.digest.in_(digests))
    return {digests[one] for one in (await connection.execute(query)).scalars()}


async def _erase_history(connection: AsyncConnection, number: str, parts: Collection[Part]) -> None:
    query = sa.select(history).where(history.c.number == number)
    for row in (await connection.execute(query)).mappings().all():
        entry = to_entry(row)
        bare = erase_entry(entry, parts)
        if bare != entry:
            values = {name: clean(getattr(bare, name)) for name in ("note", "words", "detail")}
            where = (history.c.number == number, history.c.version == row["version"])
            await connection.execute(sa.update(history).where(*where).values(values))


async def erase_files(connection: AsyncConnection, ids: Collection[str], at: float) -> None:
    """Take files from their requests. Their content is destroyed within the hour (`acd.desk.lost_files`)."""
    values = {"destroyed_at": milliseconds(at), "name": ""}
    await connection.execute(sa.update(files).where(files.c.id.in_(ids)).values(values))


async def files_of(connection: AsyncConnection, number: str) -> list[str]:
    """Ids of a request's files that are there still."""
    query = sa.select(files.c.id).where(files.c.number == number, files.c.destroyed_at.is_(None))
    return list((await connection.execute(query)).scalars())


async def codes_of(connection: AsyncConnection, number: str) -> list[str]:
    """The codes that open a request now."""
    return list((await connection.execute(sa.select(codes.c.code).where(codes.c.number == number))).scalars())


async def erase_codes(connection: AsyncConnection, numbers: Collection[str]) -> int:
    """Let the codes of these requests open nothing any more; how many there were."""
    return (await connection.execute(sa.delete(codes).where(codes.c.number.in_(numbers)))).rowcount
