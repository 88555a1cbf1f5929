"""How the demo ends, beside a line that is made up and a clock that the test sets: no real second passes."""

import subprocess
import sys
from types import SimpleNamespace
from typing import Any, cast

import psutil
import pytest

from bench import demo, demo_town
from bench.demo import Running
from bench.demo_town import Counts, Town
from bench.stack import StackError

LASTS_S = 25.0


class Clock:
    """A clock that goes on only by sleep."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    for module in (demo, demo_town):
        monkeypatch.setattr(module, "time", clock)
    monkeypatch.setattr(demo, "line_of", lambda *_: "")
    return clock


class FewPeople:
    """A town in which a request is taken down and its citizen told at these seconds; None: never."""

    def __init__(self, clock: Clock, taken_s: float | None, told_s: float | None = None, *, takes: bool = True) -> None:
        self.counts = Counts()
        self.takes_requests = takes
        self.waits = False
        self._clock, self._taken_s, self._told_s = clock, taken_s, told_s

    def step(self) -> None:
        passed = self._clock.now - 1000.0
        if self._taken_s is not None and passed >= self._taken_s and self.takes_requests and not self.counts.requests:
            self.counts.requests, self.waits = 1, True
        if self._told_s is not None and passed >= self._told_s:
            self.waits = False


def lasted(clock: Clock, town: FewPeople) -> float:
    """How long the hour and what is behind it took."""
    running: Any = SimpleNamespace(queue=list)
    demo.live(cast(Running, running), cast(Town, town), LASTS_S, "")
    return clock.now - 1000.0


@pytest.mark.parametrize(("taken_s", "told_s"), [(10, 20), (10, 40), (10, 150), (100, 150)])
def test_the_demo_ends_when_the_citizens_are_told_however_slow_the_machine_is(
    clock: Clock, taken_s: float, told_s: float
) -> None:
    town = FewPeople(clock, taken_s, told_s)
    assert lasted(clock, town) == pytest.approx(max(LASTS_S, told_s), abs=2 * demo.STEP_S)
    assert (town.counts.requests, town.waits, town.takes_requests) == (1, False, False)


@pytest.mark.parametrize("taken_s", [None, 10])
def test_a_demo_in_which_no_citizen_is_told_ends_too(clock: Clock, taken_s: float | None) -> None:
    most_s = LASTS_S + demo.LAST_TOLD_S
    assert lasted(clock, FewPeople(clock, taken_s)) == pytest.approx(most_s, abs=2 * demo.STEP_S)


def test_where_no_citizen_can_be_rung_none_is_waited_for(clock: Clock) -> None:
    town = FewPeople(clock, 10, takes=False)
    assert lasted(clock, town) == pytest.approx(LASTS_S, abs=2 * demo.STEP_S)


def test_a_system_that_does_not_end_is_killed_with_all_of_it_and_that_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(demo, "ENDS_S", 0.1)
    deaf = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); {}print('up', flush=True); time.sleep(600)"
    )
    child = f"import subprocess, sys; subprocess.Popen([sys.executable, '-c', {deaf.format('')!r}]); "
    command = [sys.executable, "-c", deaf.format(child)]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert [process.stdout.readline() for _ in range(2)] == [b"up\n"] * 2
        (of_it,) = psutil.Process(process.pid).children()
        with pytest.raises(StackError, match=r"did not end within 0\.1 s"):
            demo.end(process)
        assert process.returncode == -9
    of_it.wait(60)


def test_a_report_that_does_not_end_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    def late(command: list[str], *, timeout: float, **_: object) -> None:
        raise subprocess.TimeoutExpired(command, timeout)

    monkeypatch.setattr(subprocess, "run", late)
    with pytest.raises(StackError, match="cozum report did not end within 300 s"):
        demo.report(None, "2026-06-01T00:00:00Z")
