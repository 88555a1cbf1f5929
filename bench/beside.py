"""A line at work while its desk is asked among 200,000 requests and a million calls, on PostgreSQL.

    python -m bench.beside [--requests 200000]

Callers come at 20 a second for as long as a round lasts, and most of them wait. The gap is measured with nobody who
asks, and with clerks who ask for lists, search and look at boards through the API all the time. The promise: an answer
takes at most 100 ms at the 95th percentile, and the gap stays as it is.
"""

import argparse
import asyncio
import contextlib
import json
import random
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import httpx

from bench.capture import Capture, idle_gaps_ms, read_sip
from bench.requests import BUFFERS, NOUNS, SAID, Many, town
from bench.servers import running_postgres
from bench.side import COZUM, Side
from bench.statistics import quantile, spread
from phones import Agent, Caller
from storage.database import Database
from storage.migrate import upgrade

CLERKS: Final = 10
THINKS_S: Final = 1.0
"""From an answer to the clerk's next question, on average: ten clerks ask some eight questions a second."""
CALLS_PER_S: Final = 20
AGENTS: Final = 18
"""Each with talks of a second: a few less than the callers need, so that there is a gap to measure behind each talk."""
CALLS: Final = 300
"""So many that callers come for as long as clerks ask."""


class Clerks:
    """People who ask the desk, each in a thread of their own; `took_ms` by question."""

    def __init__(self, url: str, token: str, requests: int, seed: int) -> None:
        self.took_ms: dict[str, list[float]] = {}
        self.refused: list[str] = []
        self._url, self._token, self._requests = url, token, requests
        self._over = threading.Event()
        here = town()
        self._units = [unit.id for unit in here.units.values() if not unit.inbox]
        self._topics, self._mahalle = list(here.topics), list(here.mahalle)
        self._threads = [threading.Thread(target=self._ask, args=(random.Random(seed + n),)) for n in range(CLERKS)]

    @contextlib.contextmanager
    def at_work(self) -> Iterator[None]:
        """They ask until the end of the `with`."""
        for thread in self._threads:
            thread.start()
        try:
            yield
        finally:
            self._over.set()
            for thread in self._threads:
                thread.join()

    def _question(self, draw: random.Random) -> tuple[str, dict[str, str]]:
        unit = draw.choice(self._units)
        questions: dict[str, dict[str, str]] = {
            "list": {},
            "filters": {"topic": draw.choice(self._topics), "district": draw.choice(self._mahalle), "open": "true"},
            "board": {"unit": unit, "open": "true", "order": "due"},
            "overdue": {"unit": unit, "overdue": "true"},
            "search_rare": {"q": Many.rare(draw.randrange(self._requests))},
            "search_common": {"q": draw.choice(NOUNS)},
            "search_in_unit": {"q": f"{draw.choice(NOUNS)} {draw.choice(SAID)}", "unit": unit},
            "caller": {"caller": f"0532{draw.randrange(self._requests):07}"},
        }
        name = draw.choice(tuple(questions))
        return name, {"limit": "50", **questions[name]}

    def _ask(self, draw: random.Random) -> None:
        headers = {"authorization": f"Bearer {self._token}"}
        with httpx.Client(base_url=self._url, headers=headers, timeout=30) as client:
            while not self._over.wait(draw.expovariate(1 / THINKS_S)):
                name, query = self._question(draw)
                began = time.perf_counter()
                answer = client.get("/api/v1/tickets", params=query)
                took = (time.perf_counter() - began) * 1000
                if answer.status_code == 200:
                    self.took_ms.setdefault(name, []).append(took)
                else:
                    self.refused.append(f"{name}: {answer.status_code} {answer.text[:200]}")


async def fill(url: str, requests: int, seed: int) -> None:
    """Put requests and calls into an empty database."""
    database = Database(url)
    try:
        await upgrade(database)
        await Many(requests, seed).fill(database)
    finally:
        await database.close()


def gaps(side: Side, folder: Path) -> tuple[list[float], int]:
    """The idle gaps of one rush of callers, ms, and the calls that failed."""
    folder.mkdir()
    sip_port = int(str(side.settings["sip_port"]))
    with side.phones(folder / "phones") as phones, Capture(folder / "sip.pcapng", f"udp port {sip_port}") as capture:
        agents = phones.staff(side.logins[:AGENTS], Agent(answer_after_s=0.0, talk_s=1.0), echo=False, within_s=30)
        side.all_ready([login.user for login in side.logins[:AGENTS]])
        callers = phones.call(Caller(), count=CALLS, rate=CALLS_PER_S, dialled=COZUM)
        counts = callers.wait(CALLS * 3 / AGENTS + 30)
    return idle_gaps_ms(read_sip(capture.path, sip_port), [agents.sip_port]), counts.failed


def measure(folder: Path, *, requests: int, rounds: int, seed: int = 1) -> dict[str, Any]:
    """The figures: gaps with nobody who asks and with clerks, in turn, and how long the clerks' answers took."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "postgres").mkdir()
    quiet: list[float] = []
    asked: list[float] = []
    took: dict[str, list[float]] = {}
    failed = 0
    with running_postgres(folder / "postgres", shared_buffers=BUFFERS) as postgres:
        asyncio.run(fill(postgres.url(), requests, seed))
        with Side(folder / "side", agents=AGENTS, wrapup_s=0, database_url=postgres.url()) as side:
            side.serve()
            for n in range(rounds):
                found, lost = gaps(side, folder / f"quiet-{n}")
                quiet += found
                token = (side.data_dir / "token").read_text().strip()
                clerks = Clerks(side.url, token, requests, seed=100 * n)
                with clerks.at_work():
                    found, more = gaps(side, folder / f"asked-{n}")
                asked += found
                failed += lost + more
                if clerks.refused:
                    raise RuntimeError(f"the desk did not answer: {clerks.refused[0]}")
                for name, times in clerks.took_ms.items():
                    took.setdefault(name, []).extend(times)
    every = [one for times in took.values() for one in times]
    return {
        "requests": requests,
        "clerks": CLERKS,
        "failed": failed,
        "idle_gap_ms_quiet": spread(quiet),
        "idle_gap_ms_asked": spread(asked),
        "cost_ms_p50": round(quantile(asked, 0.5) - quantile(quiet, 0.5), 2),
        "answer_ms": spread(every),
        "answer_ms_by_question": {name: spread(times) for name, times in sorted(took.items())},
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.beside", description=__doc__.partition("\n")[0])
    parser.add_argument("--requests", type=int, default=200_000, help="how many there are; five calls for each")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-beside-") as name:
        found = measure(Path(name), requests=options.requests, rounds=options.rounds)
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
