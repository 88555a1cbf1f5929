"""Quantiles, right by hand."""

import pytest

from acd.lib.quantile import quantile


@pytest.mark.parametrize(
    ("count", "share", "value"), [(1, 0.5, 1), (2, 0.5, 1), (3, 0.5, 2), (100, 0.95, 95), (101, 0.95, 96), (7, 0.95, 7)]
)
def test_nearest_rank(count: int, share: float, value: float) -> None:
    """The least of the values 1, 2, ... that so many of them do not exceed."""
    assert quantile([float(n) for n in range(1, count + 1)], share) == value


def test_of_none() -> None:
    assert quantile([], 0.5) is None
