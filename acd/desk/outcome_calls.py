"""The way back: has citizens told the outcomes of their requests, by calls of the line.

The steps are in the database (`storage.requests.outcomes`), the calls in the line's journal. Here the one is told of
the other, again and again until it is done: the line knows a wish by its name, so that saying it twice does no harm."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any, Final

import structlog

from acd.desk.database import RETRY_S, Records
from acd.engine.model.events import CallbackCancelled, OutcomeCallWished
from acd.engine.model.ids import CallId, ServiceId
from acd.lib.clock import clock
from console.ports import Unavailable
from storage.database import DatabaseError
from storage.requests.outcomes import Outcomes

log = structlog.get_logger()

LOOK_S: Final = 1.0
"""How soon a new outcome is noticed."""
SAY_AGAIN_S: Final = 30.0
"""The line is told of a wish again, if the database has no word of its call after so long."""


class OutcomeCalls:
    """`wish` has the line take an event in; it raises `Unavailable`."""

    def __init__(self, records: Records, wish: Callable[[Any], Awaitable[object]]) -> None:
        self._records = records
        self._wish = wish
        self._said: dict[str, float] = {}
        """Wishes that the line has taken, and when."""

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        error = ""
        while True:
            try:
                await self.look()
                error = ""
            except (Unavailable, DatabaseError) as problem:
                if str(problem) != error and isinstance(problem, DatabaseError):
                    log.warning("outcomes_not_told", error=str(problem))
                error = str(problem)
                await asyncio.sleep(RETRY_S)
                continue
            await asyncio.sleep(LOOK_S)

    async def look(self) -> None:
        """Make the steps that are due, and tell the line what it has not taken."""
        outcomes = self._records.outcomes
        await outcomes.step()
        await self._withdraw(outcomes)
        await self._want(outcomes)

    async def _want(self, outcomes: Outcomes) -> None:
        now, said = time.monotonic(), self._said
        wanted = await outcomes.wanted()
        self._said = {one.wish: said[one.wish] for one in wanted if one.wish in said}
        for one in wanted:
            if one.not_after and self._said.get(one.wish, now - SAY_AGAIN_S) > now - SAY_AGAIN_S:
                continue
            await self._wish(
                OutcomeCallWished(
                    at=clock(),
                    wish=one.wish,
                    number=one.number,
                    service=ServiceId(one.service),
                    language=one.language,
                    made_at=one.made_at,
                    not_after=one.not_after,
                )
            )
            self._said[one.wish] = now

    async def _withdraw(self, outcomes: Outcomes) -> None:
        for one in await outcomes.withdrawn():
            for call in one.calls:
                await self._wish(CallbackCancelled(at=clock(), call=CallId(call)))
            await outcomes.withdrew(one)


async def tell_outcomes(records: Records, wish: Callable[[Any], Awaitable[object]]) -> None:
    """Have citizens told, until cancelled."""
    await OutcomeCalls(records, wish).run()
