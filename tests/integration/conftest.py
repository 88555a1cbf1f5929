"""One running system for all of these tests: what `make run` starts, on free ports, with forty agents.

Each test finds nobody signed in, no phone registered and no call up, and leaves it so.
"""

import itertools
import shutil
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

import pytest

from acd.engine.model.facts import CallQueued
from bench.stack import Stack, until
from phones import Agent, Agents, Caller, Callers, Press, Step, Wait, may_send_keys
from tests.integration.witnesses import (
    Account,
    Observer,
    agree,
    journal_facts,
    legs_by_number,
    talks_begun,
    times_bridged,
)
from tests.services import missing
from tests.time_zones import noon

KEYS = {
    "funeral": ("1", "1"),
    "doctor": ("1", "2"),
    "patient_transfer": ("1", "3"),
    "ambulance": ("1", "4"),
    "injured_animal": ("1", "5"),
    "request": ("2",),
    "information": ("3",),
    "agent": ("0",),
}
"""What to press for a service."""

RING_S = 5.0  # a phone that stands still for so long has let the caller pass
PRIVATE_RING_S = 3.0
WRAPUP_S = 0.3
_numbers = itertools.count(9_000_001)  # callers of sipp who are given none have 0532 0000001 and so on


def choosing(service: str, *then: Step) -> tuple[Step, ...]:
    """A caller's steps that lead to a service, and on. The menus know any key at any moment."""
    return (*(step for key in KEYS[service] for step in (Wait(0.3), Press(key))), *then)


class Line:
    """The running system, and the phones of one test."""

    def __init__(self, stack: Stack, observer: Observer, folder: Path) -> None:
        self.stack = stack
        self.observer = observer
        self.phones = stack.phones(folder)
        self.callers: list[tuple[Callers, tuple[str, ...]]] = []
        self.agents: list[Agents] = []
        self._talks: dict[str, int] = {}
        self._bridged: dict[str, int] = {}

    def sign_in(self, *extensions: str, phone: Agent | None = None, ready: bool = True) -> Agents:
        """Register agents' phones that behave so, and sign them in one after the other: the first is idle longest."""
        process = self.phones.staff([self.stack.login(extension) for extension in extensions], phone)
        self.agents.append(process)
        self._talks |= {extension: talks_begun(self.stack, extension) for extension in extensions}
        self._bridged |= {extension: times_bridged(self.stack, extension) for extension in extensions}
        for extension in extensions if ready else ():
            self.stack.set_state(extension, "ready")
            self.await_state(extension, "ready")
        return process

    def await_state(self, extension: str, *states: str, within_s: float = 60.0) -> str:
        """Wait until an agent is in one of these states; which one it is."""
        return until(
            f"{extension} is {' or '.join(states)}",
            lambda: state if (state := self.stack.state_of(extension)) in states else "",
            within_s,
        )

    def await_talk(self, extension: str, within_s: float = 60.0) -> None:
        """Wait until an agent has begun to talk since they signed in; they may have sent the caller on since."""
        until(f"{extension} talks", lambda: talks_begun(self.stack, extension) > self._talks[extension], within_s)

    def await_bridged(self, extension: str, within_s: float = 60.0) -> None:
        """Wait until Asterisk has connected an agent with somebody since they signed in: it transfers none before."""
        before = self._bridged[extension]
        until(f"{extension} is connected", lambda: times_bridged(self.stack, extension) > before, within_s)

    def dial(
        self, *steps: Step, count: int = 1, rate: float = 10.0, script: Caller | None = None, dialled: str = "4440411"
    ) -> list[str]:
        """Let callers dial, each with a number of their own; the numbers."""
        numbers = tuple(f"0532{next(_numbers):07d}" for _ in range(count))
        process = self.phones.call(script or Caller(steps=steps), count=count, rate=rate, numbers=numbers,
                                   dialled=dialled)  # fmt: skip
        self.callers.append((process, numbers))
        return list(numbers)

    def await_waiting(self, count: int, within_s: float = 60.0) -> list[str]:
        """Wait until exactly so many are in the queue; their numbers in the order of service."""

        def waiting() -> tuple[list[str]] | None:
            queue = [row["caller"] for row in self.stack.queue()]
            return (queue,) if len(queue) == count else None

        answer = until(f"{count} wait", waiting, within_s)
        return answer[0] if answer else []

    def came(self, numbers: Sequence[str]) -> list[str]:
        """These callers in the order in which they came to wait. On a busy machine phones that dial one after the other
        do not always choose in that order."""
        wanted = set(numbers)
        return [fact.number for fact in journal_facts(self.stack, CallQueued) if fact.number in wanted]

    def finish(self, within_s: float = 120.0, failed: int = 0) -> dict[str, Account]:
        """Wait until all callers' calls are over; what everybody says of them, if all say the same."""
        counted_failed = sum(process.wait(within_s).failed for process, _ in self.callers)
        assert counted_failed == failed, [process.errors()[-2000:] for process, _ in self.callers]
        return agree(self.stack, self.observer, legs_by_number(self.callers), self.agents)

    def numbers_of(self, calls: Sequence[str]) -> list[str]:
        """The callers' numbers of calls that are over."""
        number_of = {record["id"]: record["caller"] for record in self.stack.calls()}
        return [number_of[call] for call in calls]

    def close(self) -> None:
        """Hang up, sign out, and wait until the line is empty."""
        self.phones.close()
        signed_in = [ext for ext, agent in self.stack.agents().items() if agent["state"] != "offline"]
        for extension in signed_in:
            self.stack.set_state(extension, "offline")
        self.phones_gone(process.users for process in self.agents)
        until("Asterisk has no channel", lambda: not self.observer.channels(), 60, say=self.observer.channels)
        until("nobody waits", lambda: not self.stack.queue(), 60)
        until("everybody is offline", lambda: not self._not_offline() or None, 60, say=self._not_offline)
        until("every call has its row", lambda: not self._unread(), 60, say=self._unread)

    def _unread(self) -> list[str]:
        """Readers of the journal that are behind."""
        lags = (row for row in self.stack.metrics().splitlines() if row.startswith("cozum_journal_lag_events{"))
        return [row for row in lags if float(row.split()[-1]) > 0]

    def _not_offline(self) -> dict[str, str]:
        agents = self.stack.agents().items()
        return {extension: agent["state"] for extension, agent in agents if agent["state"] != "offline"}

    def phones_gone(self, users: Iterable[Sequence[str]]) -> None:
        """Take the phones of these agents off Asterisk's list."""
        extensions = sorted({user for group in users for user in group})
        if extensions:
            with self.stack.phones(self.phones.folder) as phones:
                phones.unregister([self.stack.login(extension) for extension in extensions])


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Mark what needs a running system."""
    for item in items:
        if item.path.parent == Path(__file__).parent:
            item.add_marker(pytest.mark.integration)


def new_stack(folder: Path) -> Stack:
    """As the tests of this folder share it; not started. Its day does not end while they run, and a daemon that a test
    has stand still is not ended for it."""
    return Stack(
        folder, agents=40, ring_s=RING_S, private_ring_s=PRIVATE_RING_S, wrapup_s=WRAPUP_S, max_misses=2, regroup_s=2.0,
        heartbeat_s=120, timezone=noon(),
    )  # fmt: skip


@pytest.fixture(scope="session")
def stack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    """The running system."""
    for program in ("sipp", "dumpcap"):
        if shutil.which(program) is None:
            missing(program)
    if not may_send_keys():
        missing("sipp's right to a raw socket (root, or setcap cap_net_raw+ep)")
    with new_stack(tmp_path_factory.mktemp("line")) as stack:
        yield stack


@pytest.fixture(scope="session")
def observer(stack: Stack) -> Iterator[Observer]:
    """An independent AMI connection."""
    with Observer(stack) as observer:
        yield observer


@pytest.fixture
def line(stack: Stack, observer: Observer, tmp_path: Path) -> Iterator[Line]:
    """The running system, empty before and after."""
    line = Line(stack, observer, tmp_path / "phones")
    try:
        yield line
    finally:
        line.close()
