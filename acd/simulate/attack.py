"""Callers who mean harm: lines that dial all day and say that it is urgent.

Each line has a number of its own, waits until an agent answers, keeps them for as long as the caller can, and dials
again. Their random numbers are their own, so that everybody else is the same with and without them.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from random import Random

from acd.simulate.inputs import Duration
from acd.simulate.workload import HOUR_S, Caller

LEAD_S = 6 * HOUR_S
"""Seconds for which they have dialled when the first of the other callers comes. Their first calls look like those of
many people in need, and are over by then."""
AGAIN_S = 5.0
"""Seconds from the end of a line's call to its next one."""
STAGGER_S = 1.0
"""Seconds between the first calls of two lines."""


@dataclass(frozen=True)
class Attack:
    """`lines` of them, each with one call at a time."""

    lines: int
    talk: Duration
    wrapup: Duration
    """After-call work that a call of theirs makes."""
    seed: int = 1

    def calls(self) -> Iterator[Caller]:
        """Their calls, in the order in which lines are free; the same ones for the same seed."""
        talks, wrapups = (Random(f"{self.seed}:attack {what}") for what in ("talk", "wrapup"))
        while True:
            yield Caller(0.0, urgent=True, talk_s=self.talk.draw(talks), wrapup_s=self.wrapup.draw(wrapups),
                         patience_s=None, attacks=True)  # fmt: skip

    def number(self, line: int) -> str:
        """A line's number."""
        return f"0{5_900_000_000 + line}"
