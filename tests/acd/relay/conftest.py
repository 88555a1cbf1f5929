"""The console's tests run on the daemon's own kind of loop: its transports differ from asyncio's where clients fail."""

import asyncio
from collections.abc import Callable, Mapping

import pytest
import uvloop

from tests.console.known_people import KnownPeople


@pytest.fixture
def people() -> KnownPeople:
    """The people who sign in, one of each role."""
    return KnownPeople()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}
