"""Doctor: people who asked to be erased and still wait for it."""

import asyncio
from pathlib import Path

from acd.cli.finding import Findings, bad, ok, warning
from acd.config.settings import Settings

NAME = "erasures"
NAMED = 5
"""So many requests are named."""


def check_erasures(settings: Settings, now: float) -> Findings:
    """Whether an erasure waits for an open request, and for how long. `now` is in Unix seconds."""
    from storage.database import Database, DatabaseError
    from storage.migrate import check
    from storage.privacy.waiting import LIMIT_DAYS, WaitingErasure, waiting_erasures

    url = settings.effective_database_url
    if url.startswith("sqlite") and not Path(url.partition(":///")[2]).exists():
        return  # the check of the database says so

    async def look() -> list[WaitingErasure]:
        database = Database(url)
        try:
            await check(database)
            return await waiting_erasures(database)
        finally:
            await database.close()

    try:
        found = asyncio.run(look())
    except (DatabaseError, ValueError):
        return  # the check of the database names it
    if not found:
        yield ok(NAME, "nobody who asked to be erased waits for it")
        return
    numbers = [number for one in found for number in one.requests]
    named = ", ".join(numbers[:NAMED]) + (" …" if len(numbers) > NAMED else "")
    text = (
        f"{len(found)} {'waits' if len(found) == 1 else 'wait'} until requests are closed ({named}), the oldest for "
        f"{found[0].days(now)} of the {LIMIT_DAYS} days that law 6698, article 13, gives"
    )
    if found[0].is_near(now):
        yield bad(NAME, f"{text}: resolve or refuse these requests now; the night after their closing erases them")
    else:
        yield warning(NAME, f"{text}; `cozum destructions --waiting` lists them")
