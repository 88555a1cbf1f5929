"""The real servers of `bench.servers` for tests.

Where the programs are not installed the tests that need them are skipped, and say so; with TESTS_NEED_SERVICES
set they fail instead."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import pytest

from bench import servers
from bench.servers import Postgres, Redis, ServerMissing, await_condition, postgres_programs

__all__ = ["Postgres", "Redis", "await_condition", "missing", "postgres_programs", "running_postgres", "running_redis"]


def missing(what: str) -> NoReturn:
    """Skip the test, or fail it where everything must be there."""
    _not_there(f"{what} is not installed")


def _not_there(why: str) -> NoReturn:
    if os.environ.get("TESTS_NEED_SERVICES"):
        pytest.fail(why)
    pytest.skip(why)


@contextmanager
def running_postgres(folder: Path) -> Iterator[Postgres]:
    """A fresh cluster, which logs to `folder`."""
    try:
        with servers.running_postgres(folder) as postgres:
            yield postgres
    except ServerMissing as error:
        _not_there(str(error))


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """A fresh Redis (or Valkey) server."""
    try:
        with servers.running_redis(folder) as server:
            yield server
    except ServerMissing as error:
        _not_there(str(error))
