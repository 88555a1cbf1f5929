"""A phone that holds and unholds in a storm, and phones of people."""

import asyncio
import random
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Any

import pytest

from acd.asterisk.holds import BURST, EVERY_S, HoldChange, HoldChanges, Holds
from acd.engine.model.agent_events import AgentChannelClosed
from acd.engine.model.events import (
    AnyEvent,
    CallerGone,
    CallHeld,
    CallUnheld,
    HangupRequested,
    LegGone,
    OfferAnswered,
    Transferred,
)
from acd.engine.model.ids import AgentId, CallId
from tests.waiting import until

CALL, LEG, OTHER = CallId("ast1-1.1"), "PJSIP/1001-2", "PJSIP/1002-3"


def change(at: float, *, holds: bool, leg: str = LEG) -> HoldChange:
    return (CallHeld if holds else CallUnheld)(at=at, call=CALL if leg == LEG else CallId("ast1-9.9"), channel=leg)


def stormy(changes: HoldChanges, *, since: float = 0.0, lasts_s: float, times: int, last: bool) -> list[AnyEvent]:
    """So many changes in this time, the last one to `last`, as the loop would pass them on."""
    told: list[AnyEvent] = []
    for n in range(times):
        now = since + n * lasts_s / times
        while (due := changes.due()) is not None and due <= now:
            told += changes.late(due)
        told += changes.take(change(now, holds=((times - 1 - n) % 2 == 0) == last), now)
    return told


def settled(changes: HoldChanges) -> list[AnyEvent]:
    """What is told once the phone is calm."""
    told: list[AnyEvent] = []
    while (due := changes.due()) is not None:
        told += changes.late(due)
    return told


def test_every_change_that_a_person_makes_is_told_at_once() -> None:
    changes, now = HoldChanges(), 0.0
    for n in range(500):
        now += 0.3 if n % 10 else 8.0  # up and down for a moment, and again
        event = change(now, holds=n % 2 == 0)
        assert changes.take(event, now) == [event]
        assert changes.due() is None


@pytest.mark.parametrize("last", [True, False])
def test_a_storm_is_bounded_and_ends_with_what_is_so(last: bool) -> None:
    changes = HoldChanges()
    told = stormy(changes, lasts_s=6.0, times=3773, last=last)
    told += settled(changes)
    assert BURST <= len(told) <= BURST + 6.0 / EVERY_S + 1
    assert isinstance(told[-1], CallHeld if last else CallUnheld)
    assert all(type(one) is not type(other) for one, other in pairwise(told))


def test_a_change_that_waited_keeps_its_own_time() -> None:
    changes = HoldChanges()
    stormy(changes, lasts_s=0.1, times=BURST, last=False)
    held = change(0.2, holds=True)
    assert changes.take(held, 0.2) == []
    due = changes.due()
    assert due is not None
    assert due <= EVERY_S + 0.1
    assert changes.late(due - 0.01) == []
    assert changes.late(due) == [held]


def test_what_comes_back_to_what_was_told_is_not_told() -> None:
    changes = HoldChanges()
    stormy(changes, lasts_s=0.1, times=BURST, last=False)
    assert changes.take(change(0.2, holds=True), 0.2) == []
    assert changes.take(change(0.3, holds=False), 0.3) == []
    assert changes.due() is None


def test_a_phone_that_was_calm_has_all_its_changes_again() -> None:
    changes = HoldChanges()
    stormy(changes, lasts_s=1.0, times=1000, last=False)
    settled(changes)
    told = stormy(changes, since=2.0 + BURST * EVERY_S, lasts_s=0.1, times=BURST, last=False)
    assert len(told) == BURST


def test_another_phone_is_not_concerned() -> None:
    changes = HoldChanges()
    stormy(changes, lasts_s=1.0, times=1000, last=True)
    event = change(1.0, holds=True, leg=OTHER)
    assert changes.take(event, 1.0) == [event]


@pytest.mark.parametrize(
    "end",
    [
        AgentChannelClosed(at=1.0, agent=AgentId("1001"), channel=LEG),
        LegGone(at=1.0, call=CALL, channel=LEG),
        HangupRequested(at=1.0, call=CALL, by="caller"),
        CallerGone(at=1.0, call=CALL),
        Transferred(at=1.0, call=CALL, leg=LEG, kind="blind", dialled="*80"),
    ],
    ids=lambda one: type(one).__name__,
)
def test_what_waits_is_told_before_the_talk_is_over(end: AnyEvent) -> None:
    changes = HoldChanges()
    stormy(changes, lasts_s=0.1, times=BURST, last=False)
    held = change(0.2, holds=True)
    changes.take(held, 0.2)
    assert changes.take(end, 1.0) == [held, end]
    assert changes.due() is None


def test_other_events_overtake_what_waits() -> None:
    changes = HoldChanges()
    stormy(changes, lasts_s=0.1, times=BURST, last=False)
    changes.take(change(0.2, holds=True), 0.2)
    others: Sequence[AnyEvent] = (
        OfferAnswered(at=0.3, call=CALL, channel=LEG),
        LegGone(at=0.3, call=CallId("ast1-9.9"), channel=OTHER),
        AgentChannelClosed(at=0.3, agent=AgentId("1002"), channel=OTHER),
    )
    for event in others:
        assert changes.take(event, 0.3) == [event]
    assert changes.due() is not None


def test_legs_that_are_over_or_calm_are_forgotten() -> None:
    changes, held = HoldChanges(), 0
    for n in range(1000):
        changes.take(change(float(n), holds=True, leg=f"PJSIP/1001-{n}"), float(n))
        held = max(held, len(changes._legs))
    assert held <= BURST * EVERY_S + 1
    stormy(changes, since=2000.0, lasts_s=0.1, times=100, last=True)
    changes.clear()
    assert changes.due() is None


@pytest.mark.parametrize("seed", range(20))
def test_whatever_a_phone_does_the_end_is_true_and_no_state_is_old_for_long(seed: int) -> None:
    rng, changes, now = random.Random(seed), HoldChanges(), 0.0
    is_held, told_held, wrong_since = False, False, None
    for _ in range(3000):
        now += rng.choice((0.0, 0.001, 0.01, 0.4, 3.0, 30.0) if rng.random() < 0.1 else (0.0, 0.002))
        for at in iter_due(changes, now):
            for one in changes.late(at):
                told_held = isinstance(one, CallHeld)
        is_held = rng.random() < 0.5
        for one in changes.take(change(now, holds=is_held), now):
            told_held = isinstance(one, CallHeld)
        wrong_since = None if told_held == is_held else now if wrong_since is None else wrong_since
        assert wrong_since is None or now - wrong_since <= EVERY_S + 0.001
    for one in settled(changes):
        told_held = isinstance(one, CallHeld)
    assert told_held == is_held


def iter_due(changes: HoldChanges, now: float) -> Iterable[float]:
    """The times until now at which something is due."""
    while (due := changes.due()) is not None and due <= now:
        yield due


async def test_on_the_loop_what_waits_comes_by_itself() -> None:
    posted: list[Any] = []
    holds = Holds(posted.extend)
    for n in range(1001):
        holds.pass_on(change(n / 1000, holds=n % 2 == 0))
        if n % 100 == 0:
            await asyncio.sleep(0)
    assert len(posted) <= BURST + 2
    await until(lambda: isinstance(posted[-1], CallHeld), "what is so is told", 5)
    assert posted[-1].at == 1.0
    holds.pass_on(change(2.0, holds=False))
    holds.clear()
    assert holds._timer is None
