"""Figures of a sample."""

import math
from collections.abc import Sequence
from typing import Any


def quantile(values: Sequence[float], share: float) -> float:
    """The value that `share` of the sample do not exceed (nearest rank); NaN of nothing."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)] if ordered else math.nan


def spread(values: Sequence[float], digits: int = 2) -> dict[str, Any]:
    """p50, p95, p99 and max, and of how many; None where there is no value."""
    figures: dict[str, Any] = {"count": len(values)}
    for name, share in (("p50", 0.5), ("p95", 0.95), ("p99", 0.99), ("max", 1.0)):
        figures[name] = round(quantile(values, share), digits) if values else None
    return figures
