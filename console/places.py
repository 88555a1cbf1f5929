"""The server's places: whose connections it has, and which of them makes room when all are taken."""

import time
from collections import Counter
from email.utils import formatdate
from typing import Final, Protocol

from uvicorn.server import ServerState

MOST_OF: Final = 0.25
"""The share of the places that a client may fill with silent connections before it makes room for others."""


class Connection(Protocol):
    """One connection."""

    @property
    def client_key(self) -> str:
        """Whose connection it is, for limits."""
        ...


class Places(ServerState):
    """uvicorn's shared state, with clients in the order of their waiting."""

    def __init__(self) -> None:
        super().__init__()
        self.silent: dict[Connection, None] = {}
        """Connections whose client is waited for: for a whole request with its body, or until an answer is read;
        longest first. A connection that leaves before its request is whole would keep its place against newcomers,
        who are all that is left to be refused."""
        self._second = 0

    def longest_silent(self, places: int) -> Connection:
        """The connection that makes room. A client with more than `MOST_OF` of the places makes it itself, so that a
        flood from one address takes no place of another's; otherwise it is the one that is silent for longest, and an
        office behind one address is not the first to go because others come from many."""
        counts = Counter(one.client_key for one in self.silent)
        most = max(counts.values())
        if most <= places * MOST_OF:
            return next(iter(self.silent))
        return next(one for one in self.silent if counts[one.client_key] == most)

    def refresh_date(self) -> None:
        """Set the Date header; done when a request comes, so that an idle server does nothing."""
        second = int(time.time())
        if second != self._second:
            self._second = second
            self.default_headers = [(b"date", formatdate(second, usegmt=True).encode())]
