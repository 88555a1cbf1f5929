"""All who wait, in the order in which they are served: what the queues choose one by one, for those who show it."""

from collections.abc import Sequence
from dataclasses import dataclass

import pytest

from acd.engine.index.serving_order import in_serving_order
from acd.engine.model.config import ServiceClass
from acd.engine.model.ids import ServiceId

NOW = 1000.0
REQUEST, WATER = ServiceId("request"), ServiceId("water")


@dataclass(frozen=True)
class Caller:
    name: str
    order: int
    priority: ServiceClass | None = "routine"
    service: ServiceId | None = REQUEST
    first: bool = False
    repeat: bool = False
    points: float = 0.0
    ageing: float = 1.0
    queued_at: float | None = 900.0


def served(*callers: Caller, at: float = NOW) -> str:
    """The names in the order of service, whatever the order in which they are given."""
    out: Sequence[Caller] = in_serving_order(callers, at)
    assert in_serving_order(reversed(callers), at) == out
    return " ".join(caller.name for caller in out)


def test_nobody_waits() -> None:
    assert in_serving_order([], NOW) == []


def test_urgent_callers_come_first_and_who_is_called_about_an_outcome_last() -> None:
    told = Caller("told", 1, "outcome", points=9000.0), Caller("later", 5, "outcome")
    routine = Caller("routine", 2, points=9000.0), Caller("unsaid", 3, None, None, points=8000.0)
    assert served(*told, *routine, Caller("urgent", 4, "urgent")) == "urgent routine unsaid told later"


def test_of_urgent_callers_whoever_was_put_first_then_the_first_time_callers_then_by_their_order() -> None:
    assert (
        served(
            Caller("b", 2, "urgent"),
            Caller("a", 1, "urgent"),
            Caller("repeat", 0, "urgent", repeat=True),
            Caller("put first", 9, "urgent", first=True),
            Caller("put first though repeat", 7, "urgent", first=True, repeat=True),
        )
        == "put first put first though repeat a b repeat"
    )


def test_of_one_service_by_their_order_whatever_their_score() -> None:
    """The second has waited for longer, as one who was put back may have. Their place counts."""
    assert served(Caller("second", 2, queued_at=0.0), Caller("first", 1, queued_at=999.0)) == "first second"


def test_of_two_services_the_one_whose_head_has_the_higher_score() -> None:
    water = Caller("water", 1, service=WATER, ageing=2.0, queued_at=940.0), Caller("water too", 4, service=WATER)
    request = Caller("request", 2, queued_at=890.0), Caller("request too", 3, queued_at=895.0)
    assert served(*water, *request) == "water request request too water too"  # 120, 110, 105, 100


def test_a_score_grows_with_the_wait() -> None:
    slow, quick = Caller("slow", 1, points=50.0, ageing=1.0), Caller("quick", 2, service=WATER, ageing=2.0)
    assert served(slow, quick, at=949.0) == "slow quick"  # 99 and 98
    assert served(slow, quick, at=951.0) == "quick slow"  # 101 and 102


def test_the_same_score_is_decided_by_the_order() -> None:
    assert served(Caller("b", 2, service=REQUEST), Caller("a", 1, service=WATER)) == "a b"
    assert served(Caller("b", 2, service=WATER), Caller("a", 1, service=REQUEST)) == "a b"


def test_points_at_the_start_make_a_queue_of_their_own() -> None:
    """A caller who lost points waits behind later ones of their service."""
    assert served(Caller("repeat", 1, points=-60.0), Caller("later", 2, queued_at=950.0)) == "later repeat"
    assert served(Caller("known", 3, points=60.0, queued_at=950.0), Caller("other", 1)) == "known other"  # 110, 100


@pytest.mark.parametrize("points", [-500.0, 500.0])
def test_a_routine_caller_who_was_put_first_is_first_of_all_routine_ones(points: float) -> None:
    first = Caller("put first", 9, first=True, points=points, queued_at=NOW)
    assert served(first, Caller("old", 1, points=5000.0, queued_at=0.0)) == "put first old"
    assert served(first, Caller("other", 8, first=True), Caller("urgent", 10, "urgent")) == "urgent other put first"


def test_whose_wait_has_no_beginning_has_waited_for_nothing() -> None:
    unknown = Caller("unknown", 1, points=10.0, queued_at=None)
    assert served(unknown, Caller("waits", 2, service=WATER, queued_at=NOW - 9)) == "unknown waits"
    assert served(unknown, Caller("waits", 2, service=WATER, queued_at=NOW - 11)) == "waits unknown"
