"""A line at work while its desk counts days of 60,000 calls and shows 200 pages what happens, on PostgreSQL.

    python -m bench.busy [--calls 60000] [--rounds 3]

The gap between an agent's calls, and the ring from the line's answer to an agent's phone, are measured with nobody who
looks on, and with one who asks for the reports of such days and their causes of waits for as long as it lasts, while
200 pages follow the live view. The desk remembers 64 answers for five minutes: empty days take these places beforehand
(`Memory`), so that it counts each day that is asked for. Everybody shares the machine's cores. The promise: neither
figure changes.

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

from acd.desk.day_figures import KEPT_S, MOST_KEPT
from bench.beside import gaps
from bench.busy_days import DAY, fill
from bench.capture import Capture, read_sip, rings_ms
from bench.live import Reader
from bench.requests import BUFFERS
from bench.servers import running_postgres
from bench.side import COZUM, Side
from bench.statistics import quantile, spread
from phones import Agent, Caller

DAYS: Final = 3
"""Asked for in turn."""
COUNTED: Final = {"report": "calls", "report/why": "waited_s"}
"""What is asked for, and a figure in each answer that is not 0."""
PAGES: Final = 200
AGENTS: Final = 5
RINGERS: Final = 10
RING_CALLS, RING_RATE = 60, 5
ROUND_S: Final = 120.0
"""At most so long takes a round, with all that is set up for it."""
EMPTY: Final = date(2025, 3, 2)
"""The first of as many days without a call as the desk remembers."""
LATE_S: Final = "0.01"
"""An edge of the histogram of stalls: an event that waits longer than this is counted as stalled."""
COSTS: Final = (("p50", 0.5), ("p95", 0.95), ("p99", 0.99))
BUCKET: Final = re.compile(r'^cozum_loop_stall_seconds_bucket\{le="([^"]+)"\} (\S+)$', re.MULTILINE)


class Memory:
    """The desk's memory of counted days, kept full of empty ones."""

    def __init__(self, side: Side) -> None:
        self._side = side
        self._full_until = self._forgotten = 0.0

    def fill(self, for_s: float) -> None:
        """Have it full for so many seconds from now, at most `KEPT_S`. This may wait for what it remembers to end."""
        if time.monotonic() + for_s < self._full_until:
            return
        time.sleep(max(0.0, self._forgotten - time.monotonic()))  # before that it would answer from memory
        began = time.monotonic()
        with reader(self._side) as client:
            for nth in range(MOST_KEPT):
                day = EMPTY + timedelta(days=nth)
                client.get("/api/v1/report", params={"day": day.isoformat()}).raise_for_status()
        self._full_until, self._forgotten = began + KEPT_S, time.monotonic() + KEPT_S


def reader(side: Side) -> httpx.Client:
    """Somebody who may read reports."""
    token = (side.data_dir / "token").read_text().strip()
    return httpx.Client(base_url=side.url, headers={"authorization": f"Bearer {token}"}, timeout=60)


class Onlookers:
    """200 pages and one who asks for reports, each in a thread of its own, for as long as the `with` lasts."""

    def __init__(self, side: Side) -> None:
        self.took_ms: list[float] = []
        self.refused: list[str] = []
        self.readers = [Reader() for _ in range(PAGES)]
        self._side, self._token = side, (side.data_dir / "token").read_text().strip()
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
        days = [DAY + timedelta(days=nth) for nth in range(DAYS)]
        with reader(self._side) as client:
            for day, path in itertools.cycle(itertools.product(days, COUNTED)):
                if self._over.is_set():
                    return
                began = time.perf_counter()
                answer = client.get(f"/api/v1/{path}", params={"day": day.isoformat()})
                self.took_ms.append((time.perf_counter() - began) * 1000)
                if answer.status_code != 200 or not answer.json()[COUNTED[path]]:
                    self.refused.append(f"{path} of {day}: {answer.status_code} {answer.text[:200]}")
                    return

    async def _look(self) -> None:
        port = int(str(self._side.settings["http_port"]))
        tasks = [asyncio.create_task(reader.follow(port, self._token, keep=False)) for reader in self.readers]
        await asyncio.to_thread(self._over.wait)
        for task in tasks:
            task.cancel()
        for ended in await asyncio.gather(*tasks, return_exceptions=True):
            if not isinstance(ended, asyncio.CancelledError):
                self.refused.append(f"a page's stream ended: {ended!r}")


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
        asyncio.run(fill(postgres.url(), calls, DAYS))
        with Side(folder / "side", agents=RINGERS, wrapup_s=0, database_url=postgres.url()) as side:
            side.serve()
            memory = Memory(side)
            for place in range(2 * rounds):
                kind = ("quiet", "busy")[(place + place // 2) % 2]  # each comes first as often as the other
                onlookers = Onlookers(side)
                memory.fill(ROUND_S)
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
