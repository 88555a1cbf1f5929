"""Servers the storage tests share: one PostgreSQL and one Redis for all of them."""

from collections.abc import Iterator

import pytest

from tests.services import Postgres, Redis, running_postgres, running_redis


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
