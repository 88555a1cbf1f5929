"""The console's tests run on the daemon's own kind of loop: its transports differ from asyncio's where clients fail."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from pathlib import Path

import pytest
import uvloop

from agents.demo_people import OTHERS
from tests.console.known_people import KnownPeople
from tests.console.signing_in import AYSE, NERMIN, House
from tests.databases import new_database


@pytest.fixture
def people() -> KnownPeople:
    """The people who sign in, one of each role."""
    return KnownPeople()


@pytest.fixture
async def house(tmp_path: Path) -> AsyncIterator[House]:
    """A desk with people of a database, those of the demo too."""
    database = await new_database("sqlite", None, tmp_path)
    made = House(database)
    for person in (NERMIN, AYSE, *OTHERS):
        await made.stores.people.add(person)
    yield made
    await database.close()


def pytest_asyncio_loop_factories() -> Mapping[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"uvloop": uvloop.new_event_loop}
