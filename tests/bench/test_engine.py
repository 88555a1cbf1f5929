"""The line that the bench of decisions fills serves its callers."""

from bench.engine import measure


def test_every_agent_who_is_freed_is_offered_the_next_caller() -> None:
    cell = measure(40, 5, rounds=60)
    assert (cell.waiting, cell.agents) == (40, 5)
    assert cell.decisions_per_s > 0
