"""A database in an encoding that lacks letters is told of at each start, also where it has its tables already."""

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Final

import pytest

from acd.config.settings import Settings
from acd.desk.database import Records
from acd.desk.town_files import outcome_rules, town_of
from console.ports import Check
from storage import migrate
from storage.database import Database
from storage.journal import SqliteJournal
from tests.databases import drop, postgres_command
from tests.services import Postgres
from tests.storage.samples import rules
from tests.waiting import until

HOW: Final = "createdb --encoding=UTF8 --template=template0; pg_dump and pg_restore bring there what the old one has"


@pytest.fixture
async def latin(postgres: Postgres, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Database]:
    """A database with tables, as pg_restore or an earlier version has made it."""
    await postgres_command(
        postgres, "CREATE DATABASE latin ENCODING 'LATIN9' LC_COLLATE 'C' LC_CTYPE 'C' TEMPLATE template0"
    )
    database = Database(postgres.url("latin"))

    async def fit() -> None:
        pass

    with monkeypatch.context() as within:
        within.setattr(database, "refuse_unfit", fit)
        await migrate.upgrade(database)
    yield database
    await drop(postgres, database)


@pytest.mark.parametrize("own", [True, False], ids=["the line's own desk", "a desk on another machine"])
async def test_it_serves_and_says_what_it_lacks(latin: Database, tmp_path: Path, own: bool) -> None:
    url = latin.url.render_as_string(hide_password=False)
    settings = Settings(data_dir=tmp_path, database_url=url)
    SqliteJournal(settings.journal_file).close()
    telling = outcome_rules(settings, town_of(settings))
    records = Records(settings, rules, lambda: telling)
    serving = asyncio.create_task(records.run(settings.journal_file) if own else records.serve())
    told = f"the database's encoding is LATIN9, which lacks letters: create it with UTF8 ({HOW})"
    await until(lambda: records.opened and records.checks(0) == (Check(name="database", ok=True, detail=told),))
    serving.cancel()
    await asyncio.gather(serving, return_exceptions=True)
    await records.close(settings.journal_file)
