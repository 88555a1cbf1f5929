"""The error of the estimated wait, beside that of what app_queue tells its callers, over the very same calls.

app_queue's `QUEUEHOLDTIME` is `holdtime = (3 * holdtime + newest wait) / 4` in whole seconds, over all callers of the
queue (`recalc_holdtime` in apps/app_queue.c).
"""

from collections.abc import Callable, Iterable

import msgspec
import pytest

from acd.engine.facts import CallAnswered, CallQueued
from acd.simulate.inputs import duration
from acd.simulate.policy import config_of, policy
from acd.simulate.workload import Workload
from acd.simulate.world import World

AGENTS = 12
Row = tuple[float, float, float]
"""The wait as it came, our estimate of it and app_queue's, both told as the caller joined."""


class Listening(World):
    """A world in which what is told to each caller is written down."""

    def listen(self) -> list[Row]:
        self.rows: list[Row] = []
        self._told: dict[str, tuple[float, float]] = {}
        self._holdtime = 0
        self.run()
        return self.rows

    def _open_doors(self) -> None:
        talk = self._acts[CallAnswered]

        def answered(fact: CallAnswered) -> None:
            self.rows.append((fact.wait_s, *self._told.pop(fact.call)))
            self._holdtime = (3 * self._holdtime + int(fact.wait_s)) >> 2
            talk(fact)

        self._acts[CallAnswered] = answered
        self._acts[CallQueued] = self._queued
        super()._open_doors()

    def _queued(self, fact: CallQueued) -> None:
        assert fact.ewt_s is not None
        self._told[fact.call] = fact.ewt_s, self._holdtime


def error(rows: Iterable[Row], which: int) -> float:
    """Mean absolute error, seconds."""
    errors = [abs(row[0] - row[which]) for row in rows]
    return sum(errors) / len(errors)


@pytest.mark.parametrize("patience_s", [None, 180.0])
@pytest.mark.parametrize("per_hour", [158.0, 221.0])
def test_the_mean_error_is_at_most_half_of_app_queues(
    per_hour: float, patience_s: float | None, record_property: Callable[[str, object], None]
) -> None:
    work = Workload(
        per_hour=(per_hour,),
        urgent_share=0.08,
        talk=duration("--talk", 140, "lognormal:0.8"),
        wrapup=duration("--wrapup", 25),
        patience=None if patience_s is None else duration("--patience", patience_s),
        calls=10_000,
    )
    config = msgspec.structs.replace(config_of(policy("cozum"), AGENTS, wrapup=True), wrapup_recall=True)
    rows = Listening(config, (AGENTS,), work.callers(1)).listen()
    waited = [row for row in rows if row[0] > 0]
    for name, some, most in (("all", rows, 0.5), ("waited", waited, 0.6)):
        ours, theirs = error(some, 1), error(some, 2)
        record_property(f"{name}_mae_s", (round(ours, 2), round(theirs, 2)))
        print(
            f"{per_hour:g}/h, patience {patience_s}: {name} ({len(some)}): EWT {ours:.2f} s, app_queue {theirs:.2f} s"
        )
        assert ours <= most * theirs, name


def test_nobody_is_told_too_little_or_too_much_on_the_whole() -> None:
    work = Workload((221.0,), 0.08, duration("--talk", 140), duration("--wrapup", 25), calls=20_000)
    rows = Listening(config_of(policy("strict"), AGENTS, wrapup=True), (AGENTS,), work.callers(2)).listen()
    mean = sum(row[0] for row in rows) / len(rows)
    assert abs(sum(row[1] for row in rows) / len(rows) - mean) <= 0.1 * mean
