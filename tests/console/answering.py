"""Whether the database and the engine behind the console in memory answer; the test says so."""

import asyncio

from console.ports import CallQuery
from console.request_ports import TicketQuery
from tests.acd.metrics.journal import NOON


class Answering:
    """The time, and what the database and the engine do with a question."""

    def __init__(self) -> None:
        self.now = NOON
        self.queries: list[CallQuery | TicketQuery] = []
        """What lists of calls and requests were asked for, in order."""
        self.broken: BaseException | None = None
        """Raised by every port that reads the database or asks the engine."""
        self.stuck = False
        """Those ports never answer."""

    async def ready(self) -> None:
        """Answer, if the test lets us."""
        if self.stuck:
            await asyncio.Event().wait()
        if self.broken is not None:
            raise self.broken
