"""What the database costs: `python -m bench.records`, the projector alone, on SQLite and on PostgreSQL.

A real engine lives through calls of a menu, an urgent or routine service, ring, talk and after-call work, about fifteen
entries each. Two figures are measured for each database. **Backlog**: entries a second with the journal written before
the projector starts. **Steady**: calls arrive at a fixed rate, and the lag in seconds is how old the oldest entry is
that the database lacks. CPU is this process's, the journal and the generator left out.
"""

import argparse
import asyncio
import json
import sys
import tempfile
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from random import Random

from acd.config.settings import Settings
from acd.desk.town_files import ticket_rules, town_of
from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.commands import OfferCall, StartTimer
from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    CallerGone,
    ConfigChanged,
    EngineStarted,
    FlowStepped,
    LegGone,
    NodeReconciled,
    OfferAnswered,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    TimerFired,
)
from acd.engine.model.facts import AnyFact, Fact
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId, TimerId
from acd.engine.model.journal import Entry
from storage.database import Database
from storage.journal import JournalReader, SqliteJournal
from storage.migrate import upgrade
from storage.projector import Projector

NODE = NodeId("bench")
RULES = ticket_rules(Settings(), town_of(Settings()))
NAMES = ("backlog", "steady")
TARGET_PER_S, TARGET_LAG_S = 10_000, 0.5
AGENTS = 400
SERVICES = (
    Service(id=ServiceId("funeral"), priority="urgent", opens_ticket=True),
    Service(id=ServiceId("ambulance"), priority="urgent", opens_ticket=True),
    Service(id=ServiceId("request")),
    Service(id=ServiceId("agent")),
)


class Lives:
    """Calls from the first INVITE to the end of after-call work, by the real engine; one entry an event."""

    def __init__(self, at: float, seed: int = 1) -> None:
        self.engine = Engine()
        self.at = at
        self.seq = 0
        self.calls = 0
        self._random = Random(seed)
        self._offers: list[OfferCall] = []
        self._timers: dict[TimerId, float] = {}
        self._entries: list[Entry] = []
        names = tuple(AgentId(f"{1001 + n}") for n in range(AGENTS))
        profiles = tuple(
            AgentProfile(id=name, name=f"Agent {name}", endpoint=f"PJSIP/{name}", node=NODE) for name in names
        )
        self._do(
            ConfigChanged(
                at=at,
                config=EngineConfig(
                    services=SERVICES, agents=profiles, default_service=ServiceId("agent"), wrapup_s=2.0
                ),
            )
        )
        self._do(EngineStarted(at=at))
        self._do(NodeReconciled(at=at, node=NODE, available=names))
        for name in names:
            self._do(AgentStateRequested(at=at, agent=name, state="ready"))

    def take(self) -> list[Entry]:
        """The entries since the last time."""
        taken, self._entries = self._entries, []
        return taken

    def call(self, at: float) -> None:
        """One whole call, all of it at one moment; agents whose after-call work is over by then are ready again."""
        self.at = max(self.at, at)
        for timer in [timer for timer, due in self._timers.items() if due <= self.at]:
            self._timers.pop(timer, None)
            self._do(TimerFired(at=self.at, timer=timer))
        self.calls += 1
        call, channel = CallId(f"bench-{self.at:.3f}.{self.calls}"), f"PJSIP/trunk-{self.calls:08x}"
        urgent = self._random.random() < 1 / 12
        number = f"+90532{self._random.randrange(10**7):07d}"
        self._do(
            CallAttached(
                at=self.at, call=call, node=NODE, channel=channel, number=number, name="Ayşe İnce", dialled="4440411",
                arrived_at=self.at - 0.05,
            )
        )  # fmt: skip
        for step, key in (
            ("greeting", ""),
            ("urgent_menu" if urgent else "menu", "1" if urgent else "2"),
            ("notice", ""),
        ):
            self._do(FlowStepped(at=self.at, call=call, step=step, key=key))
        service = self._random.choice(SERVICES[:2] if urgent else SERVICES[2:]).id
        self._do(ServiceChosen(at=self.at, call=call, service=service))
        offer = self._offers.pop()
        leg = f"{offer.endpoint}-{self.calls:08x}"
        self._do(OfferRinging(at=self.at, call=call, channel=leg))
        self._do(OfferAnswered(at=self.at, call=call, channel=leg))
        self._do(LegGone(at=self.at, call=call, channel=leg, cause_code=16))
        self._do(OfferReturned(at=self.at, call=call, offer=offer.offer, status="ANSWER"))
        self._do(CallDetached(at=self.at, call=call))
        self._do(CallerGone(at=self.at, call=call, channel=channel))

    def _do(self, event: AnyEvent) -> None:
        self.seq += 1
        facts: list[AnyFact] = []
        for item in self.engine.handle(event):
            if isinstance(item, Fact):
                facts.append(item)
            elif isinstance(item, OfferCall):
                self._offers.append(item)
            elif isinstance(item, StartTimer):
                self._timers[item.timer] = item.due
        self._entries.append(Entry(seq=self.seq, event=event, facts=tuple(facts)))


@dataclass(frozen=True, slots=True)
class Backlog:
    """A journal that was written before the projector began."""

    database: str
    entries: int
    entries_per_s: int
    cpu_ms_per_call: float


@dataclass(frozen=True, slots=True)
class Steady:
    """Calls at a fixed rate; seconds that the database was behind, sampled a hundred times a second."""

    database: str
    calls_per_s: int
    entries_per_s: int
    lag_s_p50: float
    lag_s_p99: float
    lag_s_max: float
    cpu_ms_per_call: float


def written(folder: Path, calls: int, rate: float = 120.0) -> tuple[Path, int]:
    """A journal of so many calls, and how many entries it has."""
    lives = Lives(time.time() - calls / rate)
    path = folder / "journal.db"
    journal = SqliteJournal(path)
    first = lives.at
    for number in range(calls):
        lives.call(first + number / rate)
        journal.append(lives.take())
    journal.close()
    return path, lives.seq


async def _taken_in(projector: Projector, seq: int) -> None:
    while projector.seq < seq:  # noqa: ASYNC110 (the projector tells nobody; a bench must not change that)
        await asyncio.sleep(0.002)


async def backlog(url: str, folder: Path, calls: int) -> Backlog:
    """Take a whole journal in, as after an outage of the database."""
    path, entries = written(folder, calls)
    database = Database(url)
    await upgrade(database)
    try:
        with JournalReader(path) as reader:
            projector = Projector(reader, database, rules=lambda: RULES)
            began, cpu = time.monotonic(), time.process_time()
            following = asyncio.create_task(projector.run())
            await _taken_in(projector, entries)
            lasted, cpu = time.monotonic() - began, time.process_time() - cpu
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    finally:
        await database.close()
    return Backlog(
        "postgresql" if database.is_postgres else "sqlite",
        entries,
        round(entries / lasted),
        round(1000 * cpu / calls, 3),
    )


async def steady(url: str, folder: Path, rate: int, lasting_s: float) -> Steady:
    """Follow a journal that grows by so many calls a second, as the desk does: told at most every 50 ms."""
    lives, first = Lives(time.time()), time.time()
    batches = [lives.take()]
    for number in range(round(rate * lasting_s)):
        lives.call(first + number / rate)
        batches.append(lives.take())
    database = Database(url)
    await upgrade(database)
    journal = SqliteJournal(folder / "journal.db")
    lags: list[float] = []
    try:
        with JournalReader(folder / "journal.db") as reader:
            projector = Projector(reader, database, rules=lambda: RULES)
            following = asyncio.create_task(projector.run())
            journal.append(batches[0])
            projector.notify()
            await _taken_in(projector, journal.last_seq())
            loop = asyncio.get_running_loop()
            began, cpu, writing = loop.time(), time.process_time(), 0.0
            told = 0.0
            for number, batch in enumerate(batches[1:]):
                await asyncio.sleep(max(0.0, began + number / rate - loop.time()))
                before = time.thread_time()
                journal.append(batch)
                writing += time.thread_time() - before
                if loop.time() - told >= 0.05:
                    told = loop.time()
                    projector.notify()
                lags.append(projector.lag_s)
            projector.notify()
            await _taken_in(projector, lives.seq)
            cpu = time.process_time() - cpu - writing
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
    finally:
        journal.close()
        await database.close()
    lags.sort()
    p50, p99 = (round(lags[int((len(lags) - 1) * share)], 3) for share in (0.5, 0.99))
    return Steady(
        "postgresql" if database.is_postgres else "sqlite",
        rate,
        round((lives.seq - len(batches[0])) / lasting_s),
        p50,
        p99,
        round(lags[-1], 3),
        round(1000 * cpu / (len(batches) - 1), 3),
    )


async def empty_databases(postgres: str, folder: Path) -> list[str]:
    """Addresses of two empty databases of each kind; PostgreSQL's where its server's address is given."""
    found = [f"sqlite:///{folder / f'{name}.db'}" for name in NAMES]
    if postgres:
        server = Database(postgres)
        async with server.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            for name in NAMES:
                await connection.exec_driver_sql(f"DROP DATABASE IF EXISTS cozum_bench_{name}")
                await connection.exec_driver_sql(f"CREATE DATABASE cozum_bench_{name}")
        await server.close()
        found += [
            server.url.set(database=f"cozum_bench_{name}").render_as_string(hide_password=False) for name in NAMES
        ]
    return found


async def run(options: argparse.Namespace, folder: Path) -> list[Backlog | Steady]:
    """All figures."""
    figures: list[Backlog | Steady] = []
    for number, url in enumerate(await empty_databases(options.postgres, folder)):
        own = folder / str(number)
        own.mkdir()
        if number % 2 == 0:
            figures.append(await backlog(url, own, options.calls))
        else:
            figures.append(await steady(url, own, options.rate, options.seconds))
        print(figures[-1] if not options.json else "", file=sys.stderr, flush=True)
    return figures


def main() -> int:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m bench.records", description=__doc__.splitlines()[0])
    parser.add_argument("--postgres", default="", help="postgresql://… of a server where databases may be created")
    parser.add_argument("--calls", type=int, default=10_000, help="calls of the backlog")
    parser.add_argument("--rate", type=int, default=120, help="calls a second of the steady load")
    parser.add_argument("--seconds", type=float, default=20.0, help="how long the steady load lasts")
    parser.add_argument("--json", action="store_true", help="print the figures as JSON")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-records-") as folder:
        figures = asyncio.run(run(options, Path(folder)))
    if options.json:
        print(json.dumps([asdict(one) for one in figures], indent=2))
    ok = all(
        one.entries_per_s >= TARGET_PER_S if isinstance(one, Backlog) else one.lag_s_max <= TARGET_LAG_S
        for one in figures
    )
    print(f"targets (≥ {TARGET_PER_S:,} entries a second, ≤ {TARGET_LAG_S} s behind): {'met' if ok else 'MISSED'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
