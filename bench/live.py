"""From the journal to the pages: how late 200 desks see what happens, beside a line at work.

    python -m bench.live [--desks 200] [--rate 10] [--seconds 20] [--slow 1]

Each desk is a client of `/api/v1/live`. What happens has the time of its journal entry (an agent's `since`, a caller's
`queued_at`); a desk has seen it when the event that tells of it has arrived whole. Clients, line and desk share the
machine's cores.

Then the same again beside pages that do not read, such as those of a computer that sleeps. The promise: a slow page
slows nobody. And again with the wall in a real Chromium as one of the desks (`bench.live_page`): until its document has
changed. Chromium needs a good part of the processor itself, which it has from the line and from the other desks here; a
television brings its own.
"""

import argparse
import asyncio
import contextlib
import json
import re
import select
import socket
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

import psutil

from bench.browser import BrowserMissing
from bench.live_page import READY_S, Told, Wall, late_ms
from bench.stack import Stack, until
from bench.statistics import quantile
from phones import Agent, Caller, Press, Wait

SEQ = re.compile(rb'"seq":(\d+)')
TALK_S = 4.0
COME_UP_S = 60.0
"""Calls are up within so many seconds. Callers come for that long, as long as a browser may need to start, and as long
as is looked: they are ended with the last look."""


@dataclass(slots=True)
class Reader:
    """One desk: when each version of the view had arrived."""

    arrived: dict[int, float] = field(default_factory=dict)
    events: list[tuple[int, bytes]] = field(default_factory=list)
    """Kept by the first desk alone, which tells what each version is about."""

    async def follow(self, port: int, token: str, *, keep: bool) -> None:
        """Until cancelled."""
        reader, writer = await asyncio.open_connection("127.0.0.1", port, limit=1 << 22)
        writer.write(_asking(token))
        try:
            while True:
                block = await reader.readuntil(b"\n\n")
                found = SEQ.search(block)
                if found:
                    seq = int(found[1])
                    self.arrived.setdefault(seq, time.time())
                    if keep:
                        self.events.append((seq, block))
        finally:
            writer.close()


@contextlib.contextmanager
def not_reading(pages: int, port: int, token: str) -> Iterator[Callable[[], int]]:
    """So many pages that ask for the view and read nothing of it. The answer says how many the desk has ended."""
    ends = select.poll()
    with contextlib.ExitStack() as stack:
        for _ in range(pages):
            one = stack.enter_context(socket.socket())
            one.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)  # what the kernel takes for it is soon full
            one.connect(("127.0.0.1", port))
            one.sendall(_asking(token))
            ends.register(one, select.POLLRDHUP)
        yield lambda: len(ends.poll(0))


def _asking(token: str) -> bytes:
    return f"GET /api/v1/live HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer {token}\r\n\r\n".encode()


def happened(events: Sequence[tuple[int, bytes]]) -> dict[int, list[float]]:
    """By version: when that happened which it is the first to tell of, Unix seconds."""
    known: set[tuple[str, str]] = set()
    found: dict[int, list[float]] = {}
    for place, (seq, block) in enumerate(events):
        told = _content(block)
        lists = [("agents", "extension", "since"), ("queue", "id", "queued_at")]
        for name, key, time_of in lists:
            records = told.get(name) or []
            for record in records if isinstance(records, list) else records["set"]:
                what = (f"{name} {record[key]}", str(record[time_of]))
                if record[time_of] and what not in known:
                    known.add(what)
                    if place:  # of what the first state tells it is not known since when it could be seen
                        found.setdefault(seq, []).append(datetime.fromisoformat(record[time_of]).timestamp())
    return found


async def _follow_all(readers: Sequence[Reader], port: int, token: str, seconds: float) -> None:
    tasks = [asyncio.create_task(reader.follow(port, token, keep=place == 0)) for place, reader in enumerate(readers)]
    done, _ = await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
    if done:
        raise RuntimeError("a stream ended before its time")


def _late_ms(readers: Sequence[Reader]) -> dict[str, float]:
    """How late the desks saw what happened."""
    return _quantiles([
        1000 * (reader.arrived[seq] - at)
        for seq, times in happened(readers[0].events).items()
        for reader in readers
        if seq in reader.arrived
        for at in times
    ])  # fmt: skip


def _quantiles(late: Sequence[float]) -> dict[str, float]:
    return {name: round(quantile(late, q), 1) for name, q in (("p50", 0.5), ("p95", 0.95), ("max", 1.0))}


def agents_told(events: Sequence[tuple[int, bytes]]) -> list[Told]:
    """Each state of an agent that a stream tells of, in order; not those of its first event, which are older."""
    known: set[Told] = set()
    found = []
    for place, (_, block) in enumerate(events):
        records = _content(block).get("agents") or []
        for record in records if isinstance(records, list) else records["set"]:
            if record["since"]:
                state = "keeps" if record.get("keeps") else record["state"]
                one = (record["extension"], state, datetime.fromisoformat(record["since"]).timestamp())
                if place and one not in known:
                    found.append(one)
                known.add(one)
    return found


def _content(block: bytes) -> dict[str, Any]:
    told: dict[str, Any] = json.loads(block[block.index(b"{") : block.rindex(b"}") + 1])
    return told


def by_page(desks: int, stack: Stack, token: str, seconds: float) -> dict[str, Any]:
    """How late a real page shows what happens, as one of so many desks; without a browser, why that is not known."""
    readers, port = [Reader() for _ in range(desks - 1)], int(str(stack.settings["http_port"]))
    try:
        with Wall(stack.url, token).watched() as drawn:
            asyncio.run(_follow_all(readers, port, token, seconds))
    except BrowserMissing as why:
        return {"page_left_out": str(why)}
    told = agents_told(readers[0].events)
    late = late_ms(told, drawn)
    return {
        "page_late_ms": _quantiles(late),
        "page_shown_share": round(len(late) / len(told), 3),
        "late_ms_beside_page": _late_ms(readers),
    }


def measure(folder: Path, *, desks: int, rate: float, seconds: float, slow: int = 1) -> dict[str, Any]:
    """Bring a line up, let callers come, look with so many desks, again beside so many that do not read, and again with
    a real page among them; the figures."""
    agents = max(20, round(rate * (TALK_S + 2)))
    with Stack(folder, agents=agents, wrapup_s=0.5) as stack, stack.phones(folder / "phones") as phones:
        phones.staff(stack.logins, Agent(answer_after_s=0.2, talk_s=TALK_S))
        for login in stack.logins:
            stack.set_state(login.user, "ready")
        desk = psutil.Process(int((stack.data_dir / "desk.pid").read_text()))
        callers = phones.call(
            Caller(steps=(Wait(0.4), Press("2"))), count=round(rate * (3 * seconds + COME_UP_S + READY_S)), rate=rate,
            first_number=5_325_000_000,
        )  # fmt: skip
        until("calls are up", lambda: len(stack.calls()) > rate, COME_UP_S)
        readers, others = [[Reader() for _ in range(desks)] for _ in range(2)]
        before = sum(desk.cpu_times()[:2])
        token, port = (stack.data_dir / "token").read_text().strip(), int(str(stack.settings["http_port"]))
        asyncio.run(_follow_all(readers, port, token, seconds))
        cpu = sum(desk.cpu_times()[:2]) - before
        with not_reading(slow, port, token) as ended:
            asyncio.run(_follow_all(others, port, token, seconds))
            slow_ended = ended()
        page = by_page(desks, stack, token, seconds)
        callers.stop()
    told = happened(readers[0].events)
    frames = sum(len(reader.arrived) for reader in readers)
    late, beside = _late_ms(readers), _late_ms(others)
    return {
        "desks": desks,
        "calls_per_s": rate,
        "events_per_s": round(sum(map(len, told.values())) / seconds, 1),
        "late_ms": late,
        "slow_pages": slow,
        "late_ms_beside_slow_pages": beside,
        "slow_pages_cost_ms": {name: round(beside[name] - late[name], 1) for name in late},
        "slow_pages_ended": slow_ended,
        "frames_per_desk_per_s": round(frames / desks / seconds, 1),
        "desk_cpu": round(cpu / seconds, 2),
        **page,
    }


def main() -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m bench.live", description=__doc__.partition("\n")[0])
    parser.add_argument("--desks", type=int, default=200)
    parser.add_argument("--rate", type=float, default=10.0, help="calls a second")
    parser.add_argument("--seconds", type=float, default=20.0, help="of each of the three looks")
    parser.add_argument("--slow", type=int, default=1, help="pages that do not read, in the second look")
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cozum-live-") as name:
        found = measure(Path(name), desks=options.desks, rate=options.rate, seconds=options.seconds, slow=options.slow)
    print(json.dumps(found, indent=2))
    return 0


if __name__ == "__main__":
    sys.exit(main())
