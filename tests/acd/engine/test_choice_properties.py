"""Whatever comes: the reason that the engine gives for an offer is true when it gives it."""

from collections import Counter
from typing import get_args

import pytest

from acd.engine.machine import Engine
from acd.engine.model.fact_base import ChosenBy
from tests.acd.engine.chance import Chance
from tests.acd.engine.second_eye import SecondEye

CALLS = (1, 2, 3, 6, 12, 20)
"""Few calls leave agents idle; with many, callers wait."""
RARE = {"page_back", "not_held", "ringing", "sent"}
"""Reasons that a batch may not come upon. The scripts of `test_choice.py` do."""


@pytest.mark.parametrize("batch", range(4))
def test_whatever_happens_the_reason_of_an_offer_is_true(batch: int, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: Counter[str] = Counter()
    for seed in range(36):
        chance, eye = Chance(100 * batch + seed, CALLS[seed % len(CALLS)]), SecondEye(Engine())
        with eye.watching(monkeypatch):
            for event in chance.stream(2500):
                chance.learn(eye.handle(event))
        seen += eye.seen
    assert set(seen) >= set(get_args(ChosenBy)) - RARE
