"""Reports of a day for the console: gathered once for all who ask within some seconds, however many they are."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from acd.config.settings import Settings
from acd.desk.database import Records
from acd.desk.day_plans import BadPlan, plan_of
from acd.desk.required_disposition import LastTalk
from acd.lib.clock import clock
from acd.report.contacts import contacts_of, last_talk, without_a_word
from acd.report.day import Frame, day_span, gather, gather_why, record
from acd.report.requests import requests_of, town_names
from acd.report.statistics import Span
from console.ports import Record, Unavailable
from storage.abandoned import abandoned
from storage.database import Database, DatabaseError
from storage.queries import Queries, as_record
from tickets.town.model import Town

FRESH_S: Final = 10.0
"""Seconds for which an answer serves others, about a day that goes on or of which people still say something."""
KEPT_S: Final = 300.0
"""The same of a day that is over: its last calls may still be in after-call work."""
MOST_KEPT: Final = 64
ASKED_S: Final = 14 * 86_400.0
"""So far back an agent is asked what became of their calls: also one whose page was closed, and who has had days off
since."""
Gather = Callable[[Database, Queries, Frame], Awaitable[Record]]


class DayFigures:
    """As `console.ports.Days`. `names` gives agents' names by extension."""

    def __init__(
        self,
        settings: Settings,
        records: Records,
        names: Callable[[], Mapping[str, str]],
        town: Callable[[], Town],
    ) -> None:
        self._settings, self._records, self._names, self._town = settings, records, names, town
        self._zone = ZoneInfo(settings.timezone)
        self._kept: dict[tuple[str, date], tuple[float, Record]] = {}
        self._turns = asyncio.Lock()

    async def report(self, day: date) -> Record:
        """Calls, waits and agents."""

        async def made(database: Database, queries: Queries, frame: Frame) -> Record:
            return record(await gather(database, queries, frame, self._names()), frame)

        return await self._once("report", day, made)

    async def why(self, day: date) -> Record:
        """What callers waited for."""

        async def made(_: Database, queries: Queries, frame: Frame) -> Record:
            return (await gather_why(queries, frame))[1]

        return await self._once("why", day, made)

    async def abandoned(self, day: date) -> Record:
        """Callers who gave up, and what became of each."""

        async def made(database: Database, _: Queries, frame: Frame) -> Record:
            found = await abandoned(database, frame.span.begin, frame.span.end)
            return {"calls": [as_record(one) for one in found]}

        return await self._once("abandoned", day, made)

    async def of_requests(self, last: date, days: int) -> Record:
        """Requests by unit, topic and mahalle, of the days up to `last`."""

        async def made(database: Database, _: Queries, frame: Frame) -> Record:
            span = replace(frame.span, begin=day_span(last - timedelta(days=days - 1), self._zone, 0).begin)
            async with database.explained(), database.reading() as connection:
                found = await requests_of(connection, span, town_names(self._town()))
            return {"from": span.begin, "to": span.end, "timezone": self._zone.key, **found}

        return await self._once(f"requests of {days}", last, made)

    async def contacts(self, day: date) -> Record:
        """What became of calls, and those of which nobody has said it."""

        async def made(database: Database, _: Queries, frame: Frame) -> Record:
            async with database.explained(), database.reading() as connection:
                found = await contacts_of(connection, frame.span)
                return {**found, "silent": await without_a_word(connection, frame.span)}

        return await self._once("contacts", day, made, kept_s=FRESH_S)  # people say it of calls of past days, too

    async def without_a_word(self, extension: str) -> Sequence[Record]:
        """Those of an agent in the last days, as they are now: one that has its result is gone from here."""
        database, _ = self._records.for_reports
        now = clock()
        try:
            async with database.explained(), database.reading() as connection:
                return await without_a_word(connection, Span(now - ASKED_S, now, now), extension)
        except DatabaseError as error:
            raise Unavailable(str(error)) from error

    async def last_talk(self, extension: str) -> LastTalk:
        """What an agent's last talks lack, as it is now."""
        database, _ = self._records.for_reports
        now = clock()
        try:
            async with database.explained(), database.reading() as connection:
                return LastTalk(*await last_talk(connection, Span(now - ASKED_S, now, now), extension))
        except DatabaseError as error:
            raise Unavailable(str(error)) from error

    async def plan(self, day: date) -> Record | None:
        """What was planned for a day."""
        folder = self._settings.plan_dir
        if folder is None:
            return None
        try:
            return await asyncio.to_thread(plan_of, folder, day, self._settings.target_wait_s)
        except BadPlan as error:
            raise Unavailable(str(error)) from error

    async def _once(self, kind: str, day: date, made: Gather, *, kept_s: float = KEPT_S) -> Record:
        """Return the cached answer or compute it; about a day that is over it serves others for `kept_s`. Calls run one
        after another, so simultaneous requests cost one reading."""
        database, queries = self._records.for_reports
        async with self._turns:
            now = clock()
            until, kept = self._kept.get((kind, day), (0.0, {}))
            if now < until:
                return kept
            frame = Frame(
                span=day_span(day, self._zone, now),
                zone=self._zone,
                service_level_s=self._settings.service_level_s,
                target_wait_s=self._settings.target_wait_s,
            )
            try:
                answer = await made(database, queries, frame)
            except DatabaseError as error:
                raise Unavailable(str(error)) from error
            is_over = day < datetime.fromtimestamp(now, self._zone).date()
            for old in [key for key, (until, _) in self._kept.items() if until <= now]:
                del self._kept[old]
            if len(self._kept) < MOST_KEPT:
                self._kept[kind, day] = clock() + (kept_s if is_over else FRESH_S), answer
            return answer
