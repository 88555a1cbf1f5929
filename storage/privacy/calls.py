"""Takes a person out of calls: their number and name, what agents took down in them, and the recordings."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import NO_NUMBER, spellings
from storage.abandoned import keep_became
from storage.columns import milliseconds, table_of
from storage.recordings import destroy
from storage.requests.drafts import erase_drafts
from storage.requests.locking import take_turn
from storage.requests.rows import tickets
from storage.requests.tables import LinkRow
from storage.tables import CallRow
from tickets.privacy.retention import What

calls, links = table_of(CallRow), table_of(LinkRow)


async def erase_calls(connection: AsyncConnection, ids: Collection[str], at: float) -> dict[What, int]:
    """Erase the person of those of these calls that are over; how much was destroyed. A call that is up keeps them,
    since they are talked to, but loses its drafts. What became of callers who gave up stays."""
    await take_turn(connection)
    over = sa.select(calls.c.id).where(calls.c.id.in_(ids), calls.c.ended_at.is_not(None))
    ended = list((await connection.execute(over.order_by(calls.c.id).with_for_update())).scalars())
    blanked = await blank_calls(connection, ended, at)
    await connection.execute(erase_drafts(list(ids)))
    silenced = (await connection.execute(destroy(ended, at))).rowcount
    return {"call_person": blanked, "recording": silenced}


async def blank_calls(connection: AsyncConnection, ids: Collection[str], at: float) -> int:
    """Take numbers and names from these calls, which are over; how many there were. What became of callers who gave up
    is kept first: by their numbers they are known to have called again. That there was a number stays known."""
    await take_turn(connection)
    await keep_became(connection, ids)
    erased_at = sa.case((calls.c.caller != "", milliseconds(at)), else_=calls.c.number_erased_at)
    bare = sa.update(calls).where(calls.c.id.in_(ids)).values(caller="", name="", number_erased_at=erased_at)
    return (await connection.execute(bare)).rowcount


async def calls_with(connection: AsyncConnection, number: str) -> list[str]:
    """Calls with the citizen of a request about it: those that are linked with it and have its telephone number. Of a
    request without one, those without one."""
    caller = await connection.scalar(sa.select(tickets.c.caller).where(tickets.c.number == number))
    query = sa.select(calls.c.id).join(links, links.c.other == calls.c.id)
    none = sa.and_(calls.c.caller.in_(("", *NO_NUMBER)), calls.c.number_erased_at.is_(None))
    own = calls.c.caller.in_(spellings(caller)) if caller else none
    mine = (links.c.number == number, links.c.kind == "call", own)
    return list((await connection.execute(query.where(*mine))).scalars())
