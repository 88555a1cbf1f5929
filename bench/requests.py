"""How fast requests are found and changed where there are many of them.

    python -m bench.requests                        200,000 requests and a million calls in SQLite and in PostgreSQL
    python -m bench.requests --requests 20000 --only sqlite --json

Each question is asked again and again with other words, units and numbers, through the same code that answers the API.
The promise: lists, search and a unit's board take at most 100 ms at the 95th percentile on PostgreSQL, and at most
twice that on SQLite. Exit 1 if one takes longer.

    python -m bench.requests --leave 16000          so many open requests when a week of leave is announced

Their deadlines move, while somebody asks for a board and writes a note again and again."""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import datetime, timedelta
from importlib.resources import files
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

import msgspec
import sqlalchemy as sa

from acd.config.services import parse_services, services_text
from acd.report.requests import requests_of
from acd.report.statistics import Span
from bench.servers import running_postgres
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.migrate import upgrade
from storage.requests.listing import Wanted
from storage.requests.reading import Page, RequestQueries
from storage.requests.rows import entry_row, history, new_row, number_id, tickets
from storage.requests.store import RequestStore
from storage.requests.tables import TicketCounterRow
from storage.requests.watch import Watch
from storage.tables import CallRow
from tickets.changes import Changed, Rules
from tickets.clock.calendar import Leave
from tickets.find.folding import words
from tickets.moves import Wish, move
from tickets.number import TicketNumber
from tickets.opening import NewTicket, open_ticket
from tickets.routing import placed
from tickets.ticket import Actor, Ticket
from tickets.town.load import NEEDED, OPTIONAL, load_town
from tickets.town.model import Town

LIMITS_MS: Final = {"sqlite": 200.0, "postgres": 100.0}
ASKED: Final = (
    "list",
    "filters",
    "board",
    "overdue",
    "search_rare",
    "search_common",
    "search_in_unit",
    "search_five",
    "caller",
    "deep",
)
"""Questions that have a limit; the others are shown."""
BUFFERS: Final = "256MB"
"""What a PostgreSQL of a town has at least; the tests' own has less."""
TIMES: Final = 60
PAUSE_S: Final = 0.2
"""Between two questions of the one who asks while deadlines move."""
MODELS: Final = 1500
"""So many requests are lived through; the others are like one of them, with other words, numbers and places."""
CHUNK: Final = 2000
CALLS: Final = 5
"""Calls for each request: 200,000 requests come of a million calls."""
NOW: Final = 1_795_000_000.0
MACHINE: Final = Actor(role="admin", who="bench")
NOUNS: Final = (
    *("sokak", "lamba", "çukur", "asfalt", "kaldırım", "çöp", "konteyner", "ağaç", "park", "bank", "köpek", "kedi"),
    *("gürültü", "inşaat", "moloz", "rögar", "su", "kanal", "okul", "cami", "pazar", "durak", "apartman", "bahçe"),
)
SAID: Final = (
    *("bozuk", "kırık", "yanmıyor", "taştı", "alınmadı", "kapalı", "tehlikeli", "eksik", "eski", "dolu", "açık"),
    *("Işık", "Çınar", "Gül", "Şehit", "Örnek", "Yıldız", "İnönü", "Zümrüt", "Karanfil", "Menekşe"),
)


def town() -> Town:
    """The first town."""
    folder = files("tickets") / "data"
    texts = {
        name: (folder / name).read_text(encoding="utf-8") for name in (*NEEDED, *OPTIONAL) if (folder / name).is_file()
    }
    services = [str(service.id) for service in parse_services(*reversed(services_text(None))).services]
    return load_town(texts, services=services)


class Many:
    """Requests as a town of a million people gathers them in some years, drawn from a seed."""

    def __init__(self, count: int, seed: int, *, all_open: bool = False) -> None:
        self.count = count
        self.all_open = all_open
        self.draw = random.Random(seed)
        self.rules = Rules(town=town(), zone=ZoneInfo("Europe/Istanbul"))
        self._topics = [one for one in self.rules.town.topics.values() if one.unit]
        self._models = [self._lived(place) for place in range(MODELS)]

    def text(self) -> str:
        """What a citizen says: common words, and one that few say."""
        draw = self.draw
        return f"{draw.choice(SAID)} {draw.choice(NOUNS)} {draw.choice(SAID)} {self.rare(draw.randrange(self.count))}"

    @staticmethod
    def rare(place: int) -> str:
        """A word that about ten requests have."""
        return f"kapı{place // 10}"

    def _lived(self, place: int) -> list[Changed]:
        """A request somewhere on its way: nine of ten are over, unless all are open and some days old."""
        draw = self.draw
        is_open = self.all_open or place % 10 == 0
        topic = draw.choice(self._topics)
        at = NOW - draw.random() * 86_400 * ((3 if self.all_open else 20) if is_open else 700)
        channel = "paper" if topic.kind == "information" else "phone"
        district = draw.choice(tuple(self.rules.town.mahalle))
        new = NewTicket(service="request", topic=topic.id, district=district, channel=channel)
        opened = open_ticket("26-000001-9", new, MACHINE, at, self.rules)
        assert isinstance(opened, Changed), opened
        changes = placed(opened, self.rules)
        ways = ("in_progress", "resolved", "told", "closed")
        for to in ways[: 1 if self.all_open else draw.randrange(3) if is_open else 4]:
            at += draw.random() * 86_400
            made = move(changes[-1].ticket, Wish(to=to, result="Yapıldı.", photos=1), MACHINE, at, self.rules)
            if isinstance(made, Changed):
                changes.append(made)
        return changes

    def rows(self, first: int, count: int) -> tuple[list[dict[str, Any]], list[dict[str, Any]], list[dict[str, Any]]]:
        """Rows of requests, of their history, and of their calls."""
        made: list[dict[str, Any]] = []
        told: list[dict[str, Any]] = []
        rung: list[dict[str, Any]] = []
        for place in range(first, first + count):
            number = TicketNumber(year=26, sequence=place)
            text, changes = self.text(), self.draw.choice(self._models)
            row = new_row(changes[-1].ticket, self.rules, origin="desk")
            call = f"bench-{place}"
            row |= {
                "number": str(number),
                "id": number_id(number),
                "sequence": place,
                "text": text,
                "folded": f"{row['folded']} {' '.join(words(text))}",
                "caller": f"+90532{place % 3_000_000:07}",
                "call": call,
            }
            made.append(row)
            told += [{**entry_row(change.entry), "number": str(number)} for change in changes]
            at = milliseconds(changes[0].ticket.opened_at)
            rung += [
                {
                    "id": call if nth == 0 else f"{call}-{nth}",
                    "node": "bench",
                    "caller": row["caller"],
                    "name": "",
                    "dialled": "4440411",
                    "language": "tr",
                    "outcome": "answered",
                    "arrived_at": at + nth * 3_600_000,
                    "entered_at": at + nth * 3_600_000,
                    "answered_at": at + nth * 3_600_000 + 4_500,
                    "ended_at": at + nth * 3_600_000 + 90_000,
                    "wait_s": 4.5,
                }
                for nth in range(CALLS)
            ]
        return made, told, rung

    async def fill(self, database: Database) -> None:
        """Put all of them into an empty database."""
        for first in range(1, self.count + 1, CHUNK):
            made, told, rung = self.rows(first, min(CHUNK, self.count + 1 - first))
            async with database.writing() as connection:
                await connection.execute(sa.insert(table_of(CallRow)), rung)
                await connection.execute(sa.insert(tickets), made)
                await connection.execute(sa.insert(history), told)
        async with database.writing() as connection:
            await connection.execute(sa.insert(table_of(TicketCounterRow)), {"year": 2026, "last": self.count})
        async with database.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql("ANALYZE")


async def reported(database: Database, end: float) -> dict[str, Any]:
    """The figures of a day that ended then."""
    async with database.reading() as connection:
        return await requests_of(connection, Span(end - 86_400, end, NOW))


async def measured(many: Many, database: Database) -> dict[str, dict[str, float]]:
    """p50, p95 and worst of every question, in milliseconds."""
    draw, rules = random.Random(2), many.rules
    queries = RequestQueries(database, lambda: rules, lambda: NOW)
    store = RequestStore(database, lambda: rules, lambda: NOW)
    units = [unit.id for unit in rules.town.units.values() if not unit.inbox]
    topics, mahalle = list(rules.town.topics), list(rules.town.mahalle)

    def page(**wanted: Any) -> Awaitable[Page]:
        return queries.page(Wanted(limit=50, **wanted))

    cursor = ""
    for _ in range(20):
        cursor = (await page(cursor=cursor, unit=units[0])).next

    def some(place: int) -> str:
        return str(TicketNumber(year=26, sequence=place % many.count + 1))

    opened: list[Ticket] = []

    async def opening() -> None:
        topic, district = draw.choice(topics), draw.choice(mahalle)
        new = NewTicket(service="request", topic=topic, district=district, text=many.text(), channel="paper")
        opened.append(await store.open(new, MACHINE))

    async def noting() -> None:
        await store.note(draw.choice(opened).number, "not", MACHINE)

    questions: dict[str, Callable[[], Awaitable[Any]]] = {
        "list": lambda: page(),
        "filters": lambda: page(
            topic=draw.choice(topics), district=draw.choice(mahalle), is_open=draw.choice((True, False))
        ),
        "board": lambda: page(unit=draw.choice(units), is_open=True, order="due"),
        "overdue": lambda: page(unit=draw.choice(units), overdue=True),
        "search_rare": lambda: page(query=many.rare(draw.randrange(many.count))),
        "search_common": lambda: page(query=draw.choice(NOUNS)),
        "search_in_unit": lambda: page(query=f"{draw.choice(NOUNS)} {draw.choice(SAID)}", unit=draw.choice(units)),
        "search_five": lambda: page(query=" ".join(word[:3] for word in draw.sample((*NOUNS, *SAID), 5))),
        "caller": lambda: page(caller=f"0532{draw.randrange(many.count):07}"),
        "deep": lambda: page(cursor=cursor, unit=units[0]),
        "report_day": lambda: reported(database, NOW - draw.randrange(700) * 86_400),
        "one": lambda: queries.get(some(draw.randrange(many.count))),
        "open": opening,
        "note": noting,
    }
    found: dict[str, dict[str, float]] = {}
    for name, ask in questions.items():
        await ask()
        took: list[float] = []
        for _ in range(TIMES):
            began = time.perf_counter()
            await ask()
            took.append((time.perf_counter() - began) * 1000)
        found[name] = _figures(took)
    return found


async def moved_by_leave(many: Many, database: Database) -> dict[str, dict[str, float]]:
    """Announce a week of leave. Say how many requests have another deadline then, after how many seconds, and how long
    answers take meanwhile."""
    today = datetime.fromtimestamp(NOW, many.rules.zone).date()
    leave = Leave(first=today, last=today + timedelta(days=6), tr="İdari izin", en="Leave")
    calendar = many.rules.town.calendar
    calendar = msgspec.structs.replace(calendar, leave=(*calendar.leave, leave))
    rules = msgspec.structs.replace(many.rules, town=msgspec.structs.replace(many.rules.town, calendar=calendar))
    queries = RequestQueries(database, lambda: rules, lambda: NOW)
    store = RequestStore(database, lambda: rules, lambda: NOW)
    units = [unit.id for unit in rules.town.units.values() if not unit.inbox]
    async with database.reading() as connection:
        open_now = list((await connection.execute(sa.select(tickets.c.number).where(tickets.c.is_open))).scalars())
    draw = random.Random(3)
    asked: dict[str, Callable[[], Awaitable[Any]]] = {
        "board_meanwhile": lambda: queries.page(Wanted(limit=50, unit=draw.choice(units), is_open=True, order="due")),
        "note_meanwhile": lambda: store.note(draw.choice(open_now), "not", MACHINE),
    }
    took: dict[str, list[float]] = {name: [] for name in asked}
    began = time.perf_counter()
    moving = asyncio.create_task(Watch(database, lambda: rules, lambda: NOW).recompute("leave"))
    while not moving.done():
        for name, ask in asked.items():
            at = time.perf_counter()
            await ask()
            took[name].append((time.perf_counter() - at) * 1000)
        await asyncio.wait((moving,), timeout=PAUSE_S)
    moved = await moving
    figures = {name: _figures(found) for name, found in took.items()}
    print(f"{moved:,} of {len(open_now):,} moved in {time.perf_counter() - began:.0f} s", file=sys.stderr)
    return figures


def _figures(took_ms: list[float]) -> dict[str, float]:
    """p50, p95 and worst."""
    took = sorted(took_ms)
    return {
        "p50_ms": round(took[len(took) // 2], 2),
        "p95_ms": round(took[int(len(took) * 0.95)], 2),
        "max_ms": round(took[-1], 2),
    }


@contextlib.asynccontextmanager
async def database_of(kind: str, url: str, folder: Path) -> AsyncIterator[Database]:
    """An empty database with all tables: a file, the one at `url`, or a PostgreSQL of our own."""
    with contextlib.ExitStack() as stack:
        if kind == "sqlite":
            url = f"sqlite+aiosqlite:///{folder / 'cozum.db'}"
        elif not url:
            (folder / "postgres").mkdir()
            url = stack.enter_context(running_postgres(folder / "postgres", shared_buffers=BUFFERS)).url()
        database = Database(url)
        try:
            await upgrade(database)
            yield database
        finally:
            await database.close()


async def run(count: int, kinds: list[str], url: str, seed: int, *, leave: bool = False) -> dict[str, Any]:
    """The figures of each kind of database."""
    results: dict[str, Any] = {"requests": count}
    for kind in kinds:
        with tempfile.TemporaryDirectory() as folder:
            async with database_of(kind, url, Path(folder)) as database:
                many = Many(count, seed, all_open=leave)
                began = time.perf_counter()
                await many.fill(database)
                print(f"{kind}: filled in {time.perf_counter() - began:.0f} s", file=sys.stderr)
                results[kind] = await (moved_by_leave if leave else measured)(many, database)
    return results


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.requests", description=__doc__.splitlines()[0])
    parser.add_argument("--requests", type=int, default=200_000, help="how many there are")
    parser.add_argument("--leave", type=int, metavar="REQUESTS", help="announce leave while so many are open")
    parser.add_argument("--only", choices=sorted(LIMITS_MS), help="one kind of database")
    parser.add_argument("--url", default="", help="an empty PostgreSQL database; else one is started")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--json", action="store_true", dest="as_json")
    asked = parser.parse_args()
    kinds = [asked.only] if asked.only else list(LIMITS_MS)
    count = asked.leave or asked.requests
    results = asyncio.run(run(count, kinds, asked.url, asked.seed, leave=bool(asked.leave)))
    if asked.as_json:
        print(json.dumps(results, indent=2))
    late = []
    for kind in kinds:
        if not asked.as_json:
            print(f"{kind}, {count:,} requests{'p50 ms':>18}{'p95 ms':>10}{'max ms':>10}")
        for name, figures in results[kind].items():
            if not asked.as_json:
                print(f"  {name:24}{figures['p50_ms']:>20}{figures['p95_ms']:>10}{figures['max_ms']:>10}")
            if name in ASKED and figures["p95_ms"] > LIMITS_MS[kind]:
                late.append(f"{kind}: {name} takes {figures['p95_ms']} ms, {LIMITS_MS[kind]:.0f} is allowed")
    for line in late:
        print(line, file=sys.stderr)
    return 1 if late else 0


if __name__ == "__main__":
    sys.exit(main())
