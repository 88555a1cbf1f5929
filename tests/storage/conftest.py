"""Servers the storage tests share: one PostgreSQL and one Redis for all of them."""

import itertools
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from storage.migrate import upgrade
from tests.services import Postgres, Redis, running_postgres, running_redis

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def postgres(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Postgres]:
    """A PostgreSQL cluster."""
    with running_postgres(tmp_path_factory.mktemp("postgres")) as cluster:
        yield cluster


@pytest.fixture(scope="session")
def redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis that no test may stop."""
    with running_redis(tmp_path_factory.mktemp("redis")) as server:
        yield server


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis that the test may do with as it likes."""
    with running_redis(tmp_path_factory.mktemp("own-redis")) as server:
        yield server


async def new_database(kind: str, postgres: Postgres | None, folder: Path) -> Database:
    """An empty database of its own, with all tables."""
    if kind == "sqlite":
        database = Database(f"sqlite+aiosqlite:///{folder / 'cozum.db'}")
    else:
        assert postgres is not None
        name = f"test_{next(_numbers)}"
        await postgres_command(postgres, f"CREATE DATABASE {name}")
        database = Database(postgres.url(name))
    await upgrade(database)
    return database


async def postgres_command(postgres: Postgres, command: str) -> None:
    """Run an administrator's command."""
    database = Database(postgres.url())
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql(command)
    await database.close()


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with empty tables, of each kind."""
    cluster = request.getfixturevalue("postgres") if request.param == "postgres" else None
    made = await new_database(request.param, cluster, tmp_path)
    yield made
    await made.close()
