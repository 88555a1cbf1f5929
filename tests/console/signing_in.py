"""A desk whose people are in a real database, and browsers that sign in there."""

import time

import httpx

from acd.desk.people import DeskPeople
from acd.lib.passwords import hash_password
from acd.lib.sign_in_delays import Delays
from agents.people import Person
from console.ports import Unavailable
from storage.database import Database
from storage.people.audit import WantedEntries
from storage.people.stores import PeopleStores
from tests.console.desk import Desk

PATH = "/api/v1/session"
PASSWORD = "doğru at pil zımba"
HASH = hash_password(PASSWORD)
NERMIN = Person(user="nermin", name="Nermin Kılıç", role="lead", password_hash=HASH)
AYSE = Person(user="1001", name="Ayşe", role="agent", extension="1001", password_hash=HASH)
COOKIE = "cozum-session"


class House:
    """A desk with people, and what they are kept in."""

    def __init__(self, database: Database) -> None:
        self.now = time.time()
        self.away = False
        self.demo = True
        self.stores = PeopleStores(database, lambda: self.now, session_idle_s=3600, session_s=43_200)
        self.people = DeskPeople(
            self._stores, demo_serves=lambda: self.demo, secret=b"of tests only", now=lambda: self.now
        )
        self.people._delays = Delays(lambda: 0.0)  # none is over while a busy machine checks the next password
        self.desk = Desk()
        self.desk.people = self.people
        self.desk.add_agent("1001")
        self.app = self.desk.app()

    def _stores(self) -> PeopleStores:
        if self.away:
            raise Unavailable("the database is away")
        return self.stores

    def browser(
        self, address: str = "127.0.0.1", host: str = "localhost:8080", scheme: str = "http"
    ) -> httpx.AsyncClient:
        """A browser at an address, with cookies of its own."""
        transport = httpx.ASGITransport(self.app, raise_app_exceptions=False, client=(address, 5000))
        return httpx.AsyncClient(transport=transport, base_url=f"{scheme}://{host}")

    async def audit(self) -> list[tuple[str, str, str]]:
        """The person, the action, and what it was about; the newest last."""
        await self.people.flush()
        found = await self.stores.audit.page(WantedEntries())
        return [(one["who"], one["action"], one["about"]) for one in reversed(found.records)]


async def sign_in(client: httpx.AsyncClient, user: str = "nermin", password: str = PASSWORD) -> httpx.Response:
    return await client.post(PATH, json={"user": user, "password": password})
