"""Whatever comes, in whatever order: no rule is broken, no call is lost or ended twice, and a replay is the same."""

import os
import random
from collections import Counter
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from typing import get_args

import msgspec
import pytest
from hypothesis import HealthCheck, Phase, given, seed, settings
from hypothesis import strategies as st

from acd.engine.machine import Engine
from acd.engine.model.events import AnyEvent, TimerFired
from acd.engine.model.ids import TimerId
from tests.acd.engine.chance import Chance
from tests.acd.engine.trial import Trial, broken_by, shortest

EVENTS = int(os.environ.get("COZUM_TEST_EVENTS", "1000000"))
"""Events of the long run; raise it for a night's run."""
SEED = int(os.environ.get("COZUM_TEST_SEED", random.SystemRandom().randrange(2**32)))
"""The seed of the long run: another each time; a failure names it."""
LENGTH = 10_000
PROCESSES = 2
EXAMPLES = 150
"""The number of short runs."""
anything = settings(
    deadline=None,
    suppress_health_check=list(HealthCheck),
    database=None,
    phases=[Phase.generate, Phase.shrink],
)


def encoded(out: object) -> bytes:
    return msgspec.json.encode(out, order="deterministic")


@settings(anything, max_examples=EXAMPLES)
@given(rng=st.randoms(use_true_random=False), calls=st.integers(1, 4), count=st.integers(1, 60))
def test_no_rule_is_broken_by_any_short_script(rng: random.Random, calls: int, count: int) -> None:
    """Each draw is hypothesis' own, so that a script that breaks a rule is cut down event by event."""
    chance, trial = Chance(rng, calls), Trial()
    for event in chance.stream(count):
        chance.learn(list(trial.step(event)))


@settings(anything, max_examples=EXAMPLES // 3)
@given(seed=st.integers(0, 2**32), calls=st.integers(1, 8), count=st.integers(1, 250))
def test_no_rule_is_broken_and_a_replay_says_the_same(seed: int, calls: int, count: int) -> None:
    chance, trial = Chance(seed, calls), Trial()
    engine = trial.engine
    events: list[AnyEvent] = []
    said: list[bytes] = []
    cut = count // 2
    middle = b""
    for event in chance.stream(count):
        out = trial.step(event)
        chance.learn(list(out))
        events.append(event)
        said.append(encoded(out))
        if len(events) == cut:
            middle = engine.snapshot()

    again = Engine()
    assert [encoded(again.handle(event)) for event in events] == said
    assert again.snapshot() == engine.snapshot()

    if middle:
        resumed = Engine.restore(middle)
        assert [encoded(resumed.handle(event)) for event in events[cut:]] == said[cut:]
        assert resumed.snapshot() == engine.snapshot()


def long_run(named: int, part: int, events: int) -> Counter[str]:
    """So many events in streams of `LENGTH`, begun by hypothesis; how often each kind came, and what came of it. The
    seed that a failure names is the whole run's: each process draws one of its own."""
    seen: Counter[str] = Counter()

    @seed(named + part)
    @settings(anything, max_examples=max(1, events // LENGTH), phases=[Phase.generate])
    @given(start=st.integers(0, 2**64), calls=st.integers(2, 40))
    def stream(start: int, calls: int) -> None:
        chance, trial = Chance(start, calls), Trial()
        events: list[AnyEvent] = []
        try:
            for event in chance.stream(min(LENGTH, EVENTS)):
                events.append(event)
                chance.learn(list(trial.step(event)))
        except Exception as error:
            script = "\n".join(repr(event) for event in shortest(events))
            raise AssertionError(f"COZUM_TEST_SEED={named}: {error!r} after\n{script}") from error
        seen.update(type(event).__name__ for event in events)
        seen.update(announced=trial.announced, taken_over=trial.taken_over, ended=trial.ended)

    stream()
    return seen


@pytest.fixture(scope="module")
def seen() -> Counter[str]:
    """A long run, shared among processes; what came in it."""
    if EVENTS <= LENGTH * PROCESSES:
        return long_run(SEED, 0, EVENTS)
    with ProcessPoolExecutor(PROCESSES, get_context("spawn")) as pool:
        runs = [pool.submit(long_run, SEED, n, EVENTS // PROCESSES) for n in range(PROCESSES)]
        return sum((run.result() for run in runs), Counter())


def test_a_long_run_of_anything_breaks_no_rule(seen: Counter[str]) -> None:
    assert seen["announced"] > EVENTS / 3_000
    assert seen["taken_over"] > EVENTS / 3_000
    assert seen["ended"] > EVENTS / 120


def test_every_event_there_is_came(seen: Counter[str]) -> None:
    assert {kind.__name__ for kind in get_args(AnyEvent)} - set(seen) == set()


def test_a_script_that_breaks_a_rule_is_cut_down_to_what_breaks_it() -> None:
    """With a timer that nobody asked for, which the engine says it cannot serve."""
    chance, trial = Chance(1, 5), Trial()
    events: list[AnyEvent] = []
    for event in chance.stream(300):
        events.append(event)
        chance.learn(list(trial.step(event)))
    assert broken_by(events) == ""
    wrong = TimerFired(at=chance.at, timer=TimerId("tea:now"))
    events.insert(200, wrong)
    assert shortest(events) == [wrong]
