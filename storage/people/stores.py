"""The stores of people in one database."""

from collections.abc import Callable

from storage.database import Database
from storage.people.audit import Audit
from storage.people.identities import Identities
from storage.people.people import People
from storage.people.sessions import Sessions, Tokens


class PeopleStores:
    """The stores of one database. `clock` gives Unix seconds."""

    def __init__(
        self, database: Database, clock: Callable[[], float], *, session_idle_s: float, session_s: float
    ) -> None:
        self.people = People(database, clock)
        self.sessions = Sessions(database, clock, idle_s=session_idle_s, lasts_s=session_s)
        self.tokens = Tokens(database, clock)
        self.identities = Identities(database, clock)
        self.audit = Audit(database, clock)
