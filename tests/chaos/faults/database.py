"""The database is away under load: it hangs, or refuses every connection."""

import asyncio
import contextlib
import os
import signal
import sqlite3
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import asyncpg
import psutil

from tests.chaos.run import Fault, Plan, Scene
from tests.services import Postgres, postgres_programs, running_postgres

AWAY_S = (4.0, 8.0)
DATABASE = "line"


class Database(Fault):
    """PostgreSQL where it is installed, and there every second time refused instead of hanging; else SQLite, whose file
    somebody else has locked. No caller waits for it, and afterwards each call has its row."""

    name = "database"
    about = "the database hangs or refuses for 4 to 8 s"
    full = Plan(times=4, calls=800, rate=15)
    quick = Plan(times=2, calls=150, rate=12, long_talk_s=5.0)

    def __init__(self) -> None:
        self._server: Postgres | None = None
        self._strikes = 0

    @contextmanager
    def needs(self, folder: Path) -> Iterator[dict[str, Any]]:
        if postgres_programs() is None:
            yield {}
            return
        with running_postgres(folder / "postgres") as server:
            self._server = server
            asyncio.run(_execute(server, f"CREATE DATABASE {DATABASE}"))
            yield {"database_url": server.url(DATABASE)}

    def strike(self, scene: Scene) -> float:
        self._strikes += 1
        away_s = scene.chance.uniform(*AWAY_S)
        if self._server is None:
            _lock(scene.stack.data_dir / "cozum.db", away_s)
        elif self._strikes % 2:
            _freeze(self._server, away_s)
        else:
            _refuse(self._server, away_s)
        began = time.monotonic()
        scene.stack.wait_ready(60)
        return time.monotonic() - began


def _lock(file: Path, for_s: float) -> None:
    with contextlib.closing(sqlite3.connect(file, timeout=10, isolation_level=None)) as database:
        database.execute("BEGIN IMMEDIATE")
        time.sleep(for_s)
        database.execute("ROLLBACK")


def _freeze(server: Postgres, for_s: float) -> None:
    """Stop every process of it, and let them go on."""
    postmaster = psutil.Process(int((server.data / "postmaster.pid").read_text().split()[0]))
    family = [postmaster, *postmaster.children()]
    for one in family:
        with contextlib.suppress(psutil.NoSuchProcess):
            one.suspend()
    try:
        time.sleep(for_s)
    finally:
        # runuser, where it stands between us and the server, stops itself with it.
        between = postmaster.ppid()
        if between != os.getpid():
            os.kill(between, signal.SIGCONT)
        for one in family:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.resume()


def _refuse(server: Postgres, for_s: float) -> None:
    """Let nobody in, and throw everybody out."""
    asyncio.run(
        _execute(
            server,
            f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS false",
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'line'",
        )
    )
    try:
        time.sleep(for_s)
    finally:
        asyncio.run(_execute(server, f"ALTER DATABASE {DATABASE} ALLOW_CONNECTIONS true"))


async def _execute(server: Postgres, *statements: str) -> None:
    connection = await asyncpg.connect(server.url().replace("+asyncpg", ""), timeout=20)
    try:
        for statement in statements:
            await connection.execute(statement)
    finally:
        await connection.close()
