"""Counts recordings of talks by what became of them."""

from collections.abc import Callable
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, Gauge

from acd.engine.model.facts import Fact
from acd.engine.model.recording_facts import NotRecorded, RecordingKept, RecordingLost

RESULTS: Final = ("kept", "short", "lost", "not_recorded")


class RecordingSeries:
    """A fold of facts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.talks = Counter(
            "cozum_recordings",
            "Talks that were to be recorded, by what became of the recording; short: it lacks a part of the talk.",
            ("result",),
            registry=registry,
        )
        for result in RESULTS:
            self.talks.labels(result)
        self.waiting = Gauge(
            "cozum_recordings_waiting",
            "Talks that are over and whose recording is not encrypted yet; 100: so many or more.",
            registry=registry,
        )
        self.counters: dict[type[Fact], Callable[[Any], None]] = {
            RecordingKept: self.kept,
            RecordingLost: self.lost,
            NotRecorded: self.not_recorded,
        }
        """By fact, as in `Metrics`."""

    def kept(self, fact: RecordingKept) -> None:
        """A recording was stored."""
        self.talks.labels("short" if fact.missing_s else "kept").inc()

    def lost(self, _: RecordingLost) -> None:
        """There is no file."""
        self.talks.labels("lost").inc()

    def not_recorded(self, _: NotRecorded) -> None:
        """The caller had not heard the notice."""
        self.talks.labels("not_recorded").inc()
