"""What the storage tests share: a database of each kind, and a Redis of one's own."""

from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from storage.database import Database
from tests.databases import drop, new_postgres, new_sqlite
from tests.services import Postgres, Redis, running_redis


@pytest.fixture
def own_redis(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Redis]:
    """A Redis that the test may do with as it likes."""
    with running_redis(tmp_path_factory.mktemp("own-redis")) as server:
        yield server


@pytest.fixture(params=["sqlite", "postgres"])
async def database(request: pytest.FixtureRequest, tmp_path: Path) -> AsyncIterator[Database]:
    """A database with empty tables, of each kind."""
    if request.param == "sqlite":
        made = await new_sqlite(tmp_path / "cozum.db")
        yield made
        await made.close()
    else:
        cluster: Postgres = request.getfixturevalue("postgres")
        made = await new_postgres(cluster)
        yield made
        await drop(cluster, made)
