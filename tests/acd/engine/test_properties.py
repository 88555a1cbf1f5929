"""Whatever comes, in whatever order: no rule is broken, no call is lost or ended twice, and a replay is the same."""

import os
from collections import Counter
from itertools import pairwise

import msgspec
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from acd.engine import invariants
from acd.engine.events import AnyEvent
from acd.engine.facts import CallEnded, CallEntered, CallTakenOver, TalkEnded, WaitAnnounced
from acd.engine.machine import Engine

from .chance import Chance

EVENTS = int(os.environ.get("COZUM_TEST_EVENTS", "60000"))
"""Events of the long run; raise it for a night's run."""


def encoded(out: object) -> bytes:
    return msgspec.json.encode(out, order="deterministic")


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(seed=st.integers(0, 2**32), calls=st.integers(1, 8), count=st.integers(1, 250))
def test_no_rule_is_broken_and_a_replay_says_the_same(seed: int, calls: int, count: int) -> None:
    chance, engine = Chance(seed, calls), Engine()
    events: list[AnyEvent] = []
    said: list[bytes] = []
    cut = count // 2
    middle = b""
    for event in chance.stream(count):
        out = engine.handle(event)
        invariants.check(engine, out)
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


def test_a_long_run_of_anything_loses_and_doubles_no_call() -> None:
    engine = Engine()
    entered: Counter[str] = Counter()
    ended: Counter[str] = Counter()
    announced = taken_over = 0
    for seed in range(max(1, EVENTS // 20_000)):
        chance, engine = Chance(seed, 25), Engine()
        entered.clear()
        ended.clear()
        told: dict[str, WaitAnnounced] = {}
        talks: dict[str, list[TalkEnded]] = {}
        for event in chance.stream(20_000):
            out = engine.handle(event)
            invariants.check(engine, out)
            chance.learn(list(out))
            for item in out:
                if isinstance(item, CallEntered):
                    entered[item.call] += 1
                elif isinstance(item, CallEnded):
                    ended[item.call] += 1
                    told.pop(item.call, None)
                    _adds_up(item, talks.pop(item.call, []))
                elif isinstance(item, TalkEnded):
                    talks.setdefault(item.call, []).append(item)
                elif isinstance(item, CallTakenOver):
                    taken_over += 1
                elif isinstance(item, WaitAnnounced):
                    announced += 1
                    before = told.get(item.call, item)
                    assert (item.position or 0) <= (before.position or item.position or 0), "a position rose"
                    assert (item.minutes or 0) <= (before.minutes or item.minutes or 0), "a wait rose"
                    told[item.call] = item
            for call, count in entered.items():
                assert count - ended[call] == (call in engine.state.calls)
    assert announced > 20
    assert taken_over > 20
    assert sum(ended.values()) > 500


def _adds_up(ended: CallEnded, parts: list[TalkEnded]) -> None:
    """The agents' parts of a talk are the talk: none missing, none twice, none overlapping."""
    assert [part.number for part in parts] == list(range(1, len(parts) + 1))
    assert (ended.answered_at is not None) == bool(parts)
    assert abs((ended.talk_s or 0.0) - sum(part.talk_s for part in parts)) < 0.01
    assert abs(ended.hold_s - sum(part.hold_s for part in parts)) < 0.01
    ends = [(part.began_at, part.at) for part in parts]
    assert all(begin <= end for begin, end in ends)
    assert all(before[1] <= after[0] for before, after in pairwise(ends))
