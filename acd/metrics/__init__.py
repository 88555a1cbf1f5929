"""The line's figures for Prometheus and the desk, folded from the journal's facts."""

from acd.metrics.board import Metrics
from acd.metrics.exposition import render

__all__ = ["Metrics", "render"]
