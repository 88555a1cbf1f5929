"""How many numbers lie below one: always what a sorted list would say."""

import random
from collections.abc import Callable, Iterator

import pytest

from acd.engine.index.positions import LONGEST, Positions

COUNT = 4 * LONGEST


def anywhere(rng: random.Random) -> Iterator[int]:
    yield from rng.sample(range(COUNT), COUNT)


def at_the_end(rng: random.Random) -> Iterator[int]:
    yield from range(COUNT)


def at_the_front(rng: random.Random) -> Iterator[int]:
    yield from reversed(range(COUNT))


def in_the_middle(rng: random.Random) -> Iterator[int]:
    for n in range(COUNT // 2):
        yield n
        yield COUNT - 1 - n


WAYS = [anywhere, at_the_end, at_the_front, in_the_middle]


@pytest.mark.parametrize("leave", ["the first", "any"])
@pytest.mark.parametrize("come", WAYS)
def test_ranks_are_those_of_a_sorted_list(come: Callable[[random.Random], Iterator[int]], leave: str) -> None:
    rng, ranks, model = random.Random(7), Positions(), list[int]()
    for number in come(rng):
        ranks.add(number)
        model.append(number)
    model.sort()
    while model:
        assert len(ranks) == len(model)
        for asked in (rng.randrange(-1, COUNT + 1), model[0], model[-1] + 1):
            assert ranks.below(asked) == sum(one < asked for one in model)
        for _ in range(min(len(model), 97)):
            gone = model.pop(0 if leave == "the first" else rng.randrange(len(model)))
            ranks.remove(gone)
            ranks.remove(gone)  # and a second time does nothing
    assert len(ranks) == ranks.below(COUNT) == 0


def test_they_come_and_go_at_once() -> None:
    rng, ranks, model = random.Random(7), Positions(), list[int]()
    for n in range(COUNT):
        number = n if rng.random() < 0.9 else -n
        ranks.add(number)
        model = sorted([*model, number])
        if rng.random() < 0.45:
            gone = model.pop(0 if rng.random() < 0.7 else rng.randrange(len(model)))
            ranks.remove(gone)
        asked = rng.randrange(-n - 1, n + 2)
        assert ranks.below(asked) == sum(one < asked for one in model)
        assert len(ranks) == len(model)
