"""A line at work while its desk counts days of 60,000 calls and shows 200 pages what happens, on PostgreSQL.

    python -m bench.busy [--calls 60000] [--rounds 3]

The gap between an agent's calls, and the ring from the line's answer to an agent's phone, are measured with nobody who
looks on, and with one who asks for the reports of such days and their causes of waits, each day once (the desk
remembers what it has counted), while 200 pages follow the live view. Everybody shares the machine's cores. The promise:
neither figure changes.

What the busy desk costs is the figure with it less the figure without, at the median and in the tail (`costs`). The p99
of a ring rests on the two worst of each hundred: it says what may happen, and differs from run to run.
"""

import argparse
import asyncio
import contextlib
import itertools
import json
import re
import sys
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any, Final

import httpx
import sqlalchemy as sa

from bench.beside import gaps
from bench.capture import Capture, read_sip, rings_ms
from bench.live import Reader
from bench.requests import BUFFERS
from bench.servers import running_postgres
from bench.side import COZUM, Side
from bench.statistics import quantile, spread
from phones import Agent, Caller
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.migrate import upgrade
from storage.tables import CallRow

DAY: Final = date(2026, 3, 2)
MIDNIGHT: Final = 1_772_398_800.0
"""Of that day in Istanbul, Unix seconds. The other days follow it."""
DAYS: Final = 8
"""Asked for in a round, one after the other."""
PAGES: Final = 200
AGENTS: Final = 5
RINGERS: Final = 10
RING_CALLS, RING_RATE = 60, 5
CHUNK: Final = 2000
LATE_S: Final = "0.01"
"""An edge of the histogram of stalls: an event that waits longer than this is counted as stalled."""
COSTS: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
BUCKET: Final = re.compile(r'^cozum_loop_stall_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


class Onlookers:
    """200 pages and one who asks for reports, each in a thread of its own, for as long as the `with` lasts."""

    def __init__(self, side: Side, first: int) -> None:
        self.took_ms: list[float] = []
        self.refused: list[str] = []
        self.readers = [Reader() for _ in range(PAGES)]
        self._side, self._token = side, (side.data_dir / "token").read_text().strip()
        self._days = [DAY + timedelta(days=first + n) for n in range(DAYS)]
        self._over = threading.Event()

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """They ask and look on until the end of the `with`."""
        threads = [threading.Thread(target=self._ask), threading.Thread(target=lambda: asyncio.run(self._look()))]
        for thread in threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in threads:
                thread.join()

    def _ask(self) -> None:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._side.url, headers=headers, timeout=60) as client:
            for day, path in itertools.product(self._days, ("report", "report/why")):
                if not self._over.is_set():
                    began = time.perf_counter()
                    answer = client.get(f"/api/v1/{path}", params={"day": day.isoformat()})
                    self.took_ms.append((time.perf_counter() - began) * 1000)
                    if answer.status_code != 200:
                        self.refused.append(f"{path}: {answer.status_code} {answer.text[:200]}")

    async def _look(self) -> None:
        port = int(str(self._side.settings["http_port"]))
        tasks = [asyncio.create_task(reader.follow(port, self._token, keep=False)) for reader in self.readers]
        await asyncio.to_thread(self._over.wait)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                self.refused.append(f"a page's stream ended: {ended!r}")


async def fill(url: str, calls: int, days: int) -> None:
    """Put days of so many calls into an empty database: most of them routine, some urgent, some given up."""
    database = Database(url)
    try:
        await upgrade(database)
        for first in range(0, calls * days, CHUNK):
            rows = [_row(place, calls) for place in range(first, min(calls * days, first + CHUNK))]
            async with database.writing() as connection:
                await connection.execute(sa.insert(table_of(CallRow)), rows)
    finally:
        await database.close()


def _row(place: int, calls: int) -> dict[str, Any]:
    day, nth = divmod(place, calls)
    at = milliseconds(MIDNIGHT + 86_400 * day + 86_000 * nth / calls)
    wait_s = 1.0 + place % 12
    given_up = place % 25 == 0
    return {
        "id": f"busy-{place}",
        "node": "bench",
        "caller": f"+90532{place:07}",
        "name": "",
        "dialled": COZUM,
        "language": "tr",
        "service": "ambulance" if place % 12 == 0 else "request",
        "class": "urgent" if place % 12 == 0 else "routine",
        "outcome": "abandoned" if given_up else "answered",
        "agent": None if given_up else str(1001 + place % 40),
        "arrived_at": at,
        "queued_at": at,
        "entered_at": at,
        "answered_at": None if given_up else at + int(1000 * wait_s),
        "ended_at": at + int(1000 * wait_s) + (0 if given_up else 90_000),
        "wait_s": wait_s,
    }


def rings(side: Side, folder: Path) -> list[float]:
    """The rings of callers who come one after the other, each to an idle agent, ms."""
    folder.mkdir()
    sip_port = int(str(side.settings["sip_port"]))
    logins = side.logins[:RINGERS]
    with side.phones(folder / "phones") as phones, Capture(folder / "sip.pcapng", f"udp port {sip_port}") as capture:
        agents = phones.staff(logins, Agent(answer_after_s=0.0, talk_s=0.3), echo=False, within_s=30)
        side.all_ready([login.user for login in logins])
        callers = phones.call(Caller(), count=RING_CALLS, rate=RING_RATE, dialled=COZUM)
        callers.wait(RING_CALLS / RING_RATE + 30)
    return rings_ms(read_sip(capture.path, sip_port), [callers.sip_port], [agents.sip_port])


def stalls(side: Side) -> tuple[float, float]:
    """How often the line looked how late it is, and how often that was more than 10 ms, since its start."""
    text = httpx.get(f"{side.url}/metrics", timeout=30).text
    buckets = {edge: float(count) for edge, count in BUCKET.findall(text)}
    return buckets["+Inf"], buckets["+Inf"] - buckets[LATE_S]


def measure(folder: Path, *, calls: int, rounds: int) -> dict[str, Any]:
    """The figures, quiet and busy in turn."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "postgres").mkdir()
    gap: dict[str, list[float]] = {"quiet": [], "busy": []}
    ring: dict[str, list[float]] = {"quiet": [], "busy": []}
    stalled: dict[str, list[tuple[float, float]]] = {"quiet": [], "busy": []}
    took: list[float] = []
    failed = 0
    with running_postgres(folder / "postgres", shared_buffers=BUFFERS) as postgres:
        asyncio.run(fill(postgres.url(), calls, DAYS * rounds))
        with Side(folder / "side", agents=RINGERS, wrapup_s=0, database_url=postgres.url()) as side:
            side.serve()
            for place in range(2 * rounds):
                kind = ("quiet", "busy")[(place + place // 2) % 2]  # each comes first as often as the other
                onlookers = Onlookers(side, DAYS * (place // 2))
                before = stalls(side)
                with onlookers.at_work() if kind == "busy" else contextlib.nullcontext():
                    ring[kind] += rings(side, folder / f"ring-{place}")
                    found, lost = gaps(side, folder / f"gap-{place}")
                gap[kind] += found
                failed += lost
                after = stalls(side)
                stalled[kind].append((after[0] - before[0], after[1] - before[1]))
                took += onlookers.took_ms
                if onlookers.refused:
                    raise RuntimeError(f"the desk did not serve all: {onlookers.refused[0]}")
    return {
        "calls_of_the_day": calls,
        "pages": PAGES,
        "failed": failed,
        "reports": spread(took),
        **{f"idle_gap_ms_{kind}": spread(values) for kind, values in gap.items()},
        **{f"ring_ms_{kind}": spread(values) for kind, values in ring.items()},
        **{f"gap_cost_ms_{name}": cost for name, cost in costs(gap["quiet"], gap["busy"]).items()},
        **{f"ring_cost_ms_{name}": cost for name, cost in costs(ring["quiet"], ring["busy"]).items()},
        **{f"stalled_share_{kind}": _share(counts) for kind, counts in stalled.items()},
    }


def costs(quiet: Sequence[float], busy: Sequence[float]) -> dict[str, float]:
    """What the busy desk costs, ms: the quantiles with it less those without. They are of different calls, so a p99 is
    not what one call in a hundred pays, but by how much the worst hundredth is worse."""
    return {name: round(quantile(busy, share) - quantile(quiet, share), 2) for name, share in COSTS}


def _share(counts: list[tuple[float, float]]) -> float | None:
    """Of all looks at the line's loop, the share that found it more than 10 ms late."""
    looks = sum(one for one, _ in counts)
    return round(sum(late for _, late in counts) / looks, 4) if looks else None


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.busy", description=__doc__.partition("\n")[0])
    parser.add_argument("--calls", type=int, default=60_000, help="of the day that is reported on")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-busy-") as name:
        found = measure(Path(name), calls=options.calls, rounds=options.rounds)
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
