"""Queries of the database for one command."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TypeVar

from acd.config.settings import Settings
from acd.lib.cli_error import CliError
from storage.database import Database
from storage.migrate import check
from storage.queries import Queries

T = TypeVar("T")


def ask(settings: Settings, question: Callable[[Queries, Database], Awaitable[T]]) -> T:
    """The answer to one question. Raises `CliError` or `DatabaseError`, each with the way out."""

    async def asked() -> T:
        database = opened(settings)
        try:
            await check(database)
            return await question(Queries(database), database)
        finally:
            await database.close()

    return asyncio.run(asked())


def opened(settings: Settings, *, make: bool = False) -> Database:
    """The database of the settings. Unless `make` is set, a database file that does not exist is an error."""
    url = settings.effective_database_url
    if url.startswith("sqlite") and not make:
        file = Path(url.partition(":///")[2])
        if not file.exists():
            raise CliError(f"database {file}: there is none yet; the desk makes it, or `cozum db upgrade`")
    try:
        return Database(url)
    except (ValueError, OSError) as error:
        raise CliError(str(error)) from None
