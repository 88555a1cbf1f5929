"""Databases with all tables for tests: copies of one that the migrations have made, once per kind and process."""

import itertools
import tempfile
from pathlib import Path

from storage.database import Database
from storage.migrate import upgrade
from tests.services import Postgres

_numbers = itertools.count(1)
_sqlite: list[bytes] = []
"""The file of an empty database with all tables, once there is one."""
_templates: dict[Postgres, str] = {}
"""By cluster: the name of such a database."""


async def new_database(kind: str, postgres: Postgres | None, folder: Path) -> Database:
    """An empty database of its own, with all tables."""
    if kind == "sqlite":
        return await new_sqlite(folder / "cozum.db")
    assert postgres is not None
    return await new_postgres(postgres)


async def new_sqlite(file: Path) -> Database:
    """An empty database in a new file, with all tables."""
    if not _sqlite:
        with tempfile.TemporaryDirectory() as folder:
            await _migrate(f"sqlite+aiosqlite:///{folder}/template.db")
            _sqlite.append(_content(Path(folder, "template.db")))

    with file.open("xb") as opened:
        opened.write(_sqlite[0])
    return Database(f"sqlite+aiosqlite:///{file}")


async def new_postgres(cluster: Postgres) -> Database:
    """An empty database of the cluster, with all tables."""
    if cluster not in _templates:
        name = await new_name(cluster)
        await _migrate(cluster.url(name))
        _templates[cluster] = name
    return Database(cluster.url(await new_name(cluster, _templates[cluster])))


async def new_name(cluster: Postgres, template: str = "template1") -> str:
    """The name of a new database of the cluster: a copy of `template`, by default without tables."""
    name = f"test_{next(_numbers)}"
    await postgres_command(cluster, f"CREATE DATABASE {name} TEMPLATE {template}")
    return name


async def drop(cluster: Postgres, database: Database) -> None:
    """End a database of the cluster, so that it takes no more disk."""
    await database.close()
    await postgres_command(cluster, f"DROP DATABASE {database.url.database} WITH (FORCE)")


async def postgres_command(cluster: Postgres, command: str) -> None:
    """Run an administrator's command."""
    database = Database(cluster.url())
    async with database.engine.connect() as connection:
        await connection.execution_options(isolation_level="AUTOCOMMIT")
        await connection.exec_driver_sql(command)
    await database.close()


async def _migrate(url: str) -> None:
    database = Database(url)
    await upgrade(database)
    await database.close()


def _content(file: Path) -> bytes:
    return file.read_bytes()
