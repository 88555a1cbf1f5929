"""How many calls are let in, by ports and agents."""

import pytest

from acd.config.capacity import Capacity, capacity
from acd.config.settings import Settings


def of(pairs: int, agents: int, **settings: int) -> Capacity:
    return capacity(Settings(rtp_start=10_000, rtp_end=9_999 + 2 * pairs, **settings), agents)  # type: ignore[arg-type]  # settings by name


def test_the_shipped_range_and_the_demo_agents() -> None:
    assert capacity(Settings(), 10) == Capacity(
        pairs=500,
        agents=10,
        calls=440,
        asked=16,
        calls_by_ports=440,
        emergency=44,
        per_number=5,
        withheld=110,
        per_second=50,
    )


@pytest.mark.parametrize(
    ("pairs", "agents", "calls"),
    [(500, 40, 410), (50, 10, 35), (50, 40, 22), (12, 10, 5), (2, 1, 1), (2, 1000, 1)],
)
def test_every_agent_who_has_a_caller_has_a_leg(pairs: int, agents: int, calls: int) -> None:
    most = of(pairs, agents)
    assert most.calls == calls
    most_callers = calls + most.asked
    legs = min(agents, most_callers)
    assert most_callers + legs <= pairs
    assert pairs - most_callers - legs >= most.asked, "calls that are just being refused have pairs as well"


@pytest.mark.parametrize(("start", "end", "pairs"), [(10_000, 10_999, 500), (10_001, 10_999, 499), (10_000, 10_003, 2)])
def test_a_pair_begins_at_an_even_port(start: int, end: int, pairs: int) -> None:
    assert capacity(Settings(rtp_start=start, rtp_end=end), 1).pairs == pairs


def test_what_is_set_counts_as_far_as_the_ports_go() -> None:
    assert of(500, 10, max_calls=100).calls == 100
    assert of(500, 10, max_calls=1000).calls == 440
    assert of(500, 10, emergency_places=7).emergency == 7
    assert of(500, 10, max_calls=10, emergency_places=9).emergency == 5  # never more than half
    assert of(500, 10, max_calls_withheld=3).withheld == 3
    assert of(500, 10, max_calls=4).per_number == 4


@pytest.mark.parametrize(("pairs", "emergency"), [(2, 0), (6, 1), (50, 3), (500, 44)])
def test_places_for_emergencies(pairs: int, emergency: int) -> None:
    assert of(pairs, 10).emergency == emergency
