"""All waiting callers in the order in which they are served, for those who show it: what `queues` chooses one by one.

A random test holds this order against the queues' own choice after every event (tests/storage/test_live_engine.py).
"""

from collections.abc import Iterable
from heapq import heapify, heappop, heapreplace
from typing import Protocol, TypeVar

from acd.engine.index.queues import FIRST
from acd.engine.model.config import ServiceClass
from acd.engine.model.ids import ServiceId


class Waiting(Protocol):
    """What the order depends on."""

    @property
    def priority(self) -> ServiceClass | None: ...
    @property
    def service(self) -> ServiceId | None: ...
    @property
    def order(self) -> int: ...
    @property
    def first(self) -> bool: ...
    @property
    def repeat(self) -> bool: ...
    @property
    def points(self) -> float: ...
    @property
    def ageing(self) -> float: ...
    @property
    def queued_at(self) -> float | None: ...


W = TypeVar("W", bound=Waiting)


def in_serving_order(callers: Iterable[W], at: float) -> list[W]:
    """The callers as they are served at the Unix time `at`.

    Urgent ones first: who was put first, then first-time callers before repeat callers, each by their order. The
    routine ones of each service and starting score by their order too, and of all these queues first the one whose
    head has the highest score. Citizens who are called about an outcome come last."""
    urgent: list[W] = []
    told: list[W] = []
    queues: dict[tuple[ServiceId | None, float], list[W]] = {}
    for caller in sorted(callers, key=lambda caller: -caller.order):
        if caller.priority == "urgent":
            urgent.append(caller)
        elif caller.priority == "outcome":
            told.append(caller)
        else:
            queues.setdefault((caller.service, _start(caller)), []).append(caller)
    urgent.sort(key=lambda caller: (not caller.first, caller.repeat, caller.order))
    return [*urgent, *_by_score(queues, at), *reversed(told)]


def _by_score(queues: dict[tuple[ServiceId | None, float], list[W]], at: float) -> list[W]:
    """Each queue has its first caller at its end."""

    def standing(key: tuple[ServiceId | None, float]) -> tuple[float, int, tuple[ServiceId | None, float]]:
        head = queues[key][-1]
        score = _start(head) + head.ageing * (at - (head.queued_at or at))
        return -score, head.order, key

    heads = [standing(key) for key in queues]
    heapify(heads)
    served = []
    while heads:
        *_, key = heads[0]
        served.append(queues[key].pop())
        if queues[key]:
            heapreplace(heads, standing(key))
        else:
            heappop(heads)
    return served


def _start(caller: Waiting) -> float:
    """The points at the start that count among routine callers."""
    return FIRST if caller.first else caller.points
