"""Counts refused calls, reports them and warns about them.

The dialplan refuses most of them before the answer and without the engine, with an event for each. Nothing is known
about their callers here.
"""

from collections import Counter, deque
from collections.abc import Callable, Mapping
from typing import Final, Literal, get_args

import structlog

log = structlog.get_logger(__name__)

Refusal = Literal["line", "number", "second", "full"]
"""What a call was too many of: calls at once, calls at once of its number, new calls in a second. `full`: it was
answered while only the places for emergencies were left, asked, and let go."""
REFUSALS: Final[dict[str, Refusal]] = {refusal: refusal for refusal in get_args(Refusal)}

WARN_EVERY_S = 60.0
"""Least seconds between two log lines: with a line per call, callers could fill the disk."""
LATELY_S = 60


class Refusals:
    """Counts by reason. One thread counts; any may look."""

    def __init__(self, clock: Callable[[], float]) -> None:
        """`clock` gives Unix seconds."""
        self._clock = clock
        self._totals: Counter[str] = Counter()
        self._seconds: deque[tuple[int, Counter[str]]] = deque(maxlen=LATELY_S)
        self._warned_at: float | None = None
        self._unsaid: Counter[str] = Counter()

    def count(self, reason: Refusal) -> None:
        """Count a refused call."""
        now = self._clock()
        second = int(now)
        if not self._seconds or self._seconds[-1][0] != second:
            self._seconds.append((second, Counter()))
        self._seconds[-1][1][reason] += 1
        self._totals[reason] += 1
        self._unsaid[reason] += 1
        if self._warned_at is None or now - self._warned_at >= WARN_EVERY_S:
            self._warned_at, unsaid, self._unsaid = now, self._unsaid, Counter()
            log.warning("calls_refused", **{reason: unsaid[reason] for reason in sorted(unsaid)})

    @property
    def totals(self) -> Mapping[str, int]:
        """Since the start, by reason."""
        return self._totals

    def lately(self) -> str:
        """The refused calls of the last minute, in words; empty if there are none."""
        since = self._clock() - LATELY_S
        counts: Counter[str] = Counter()
        for second, refused in tuple(self._seconds):
            if second >= since:
                counts.update(refused)
        if not counts:
            return ""
        reasons = ", ".join(f"{reason} {count}" for reason, count in counts.most_common())
        return f"{counts.total()} calls refused in the last minute: {reasons}"
