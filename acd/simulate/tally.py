"""Results of the calls: counts, and every wait."""

from array import array
from typing import Any

from acd.lib.quantile import quantile
from acd.simulate.inputs import HOURS
from acd.simulate.workload import HOUR_S, Caller

WITHIN_S = (6, 15, 20)


class ClassTally:
    """Calls of one class. Waits are seconds from entering the queue to the answer, or to giving up."""

    __slots__ = ("abandoned", "answered_waits", "offered", "waits")

    def __init__(self) -> None:
        self.offered = 0
        self.abandoned = 0
        self.waits = array("d")
        """The wait of each call, answered or given up, in the order in which waits ended."""
        self.answered_waits = array("d")

    def statistics(self) -> dict[str, Any]:
        """The figures by name. `within` is answered within T over offered; the others are over all who waited,
        those who gave up included. None where there were no calls."""
        waits = sorted(self.waits)
        return {
            "offered": self.offered,
            "answered": len(self.answered_waits),
            "abandoned": self.abandoned,
            "mean_wait_s": round(sum(waits) / len(waits), 6) if waits else None,
            "p50_wait_s": quantile(waits, 0.50),
            "p95_wait_s": quantile(waits, 0.95),
            "max_wait_s": round(waits[-1], 6) if waits else None,
            "within": {
                str(limit): round(sum(wait <= limit for wait in self.answered_waits) / self.offered, 6)
                if self.offered
                else None
                for limit in WITHIN_S
            },
        }

    def within_target(self, target_s: float) -> float | None:
        """Share of the calls that met the target: answered within it, or given up before it. None of no calls."""
        given_up = sum(wait < target_s for wait in self.waits) - sum(wait < target_s for wait in self.answered_waits)
        met = sum(wait <= target_s for wait in self.answered_waits) + given_up
        return round(met / len(self.waits), 6) if self.waits else None


class Tally:
    """All calls of a run."""

    def __init__(self) -> None:
        self.urgent, self.routine = ClassTally(), ClassTally()
        self.attack = ClassTally()
        """Calls of an attack; they are in no other figure."""
        self.inversions = 0
        """Routine callers offered to an agent while an urgent one waited whom that agent could take."""
        self.lost = 0
        """Callers who were neither answered nor gave up: never ended, or ended in another way."""
        self.quits = 0
        """Urgent callers who hung up in the second menu, before anybody answered."""
        self.vain_rings_s = array("d")
        """How long a phone rang for each of them for whom one rang; seconds."""
        self.wall_s = 0.0
        """Seconds of real time the run took."""

    def _of(self, caller: Caller) -> ClassTally:
        if caller.attacks:
            return self.attack
        return self.urgent if caller.urgent else self.routine

    def offered(self, caller: Caller) -> None:
        """A call came."""
        self._of(caller).offered += 1

    def answered(self, caller: Caller, wait_s: float) -> None:
        """It was answered."""
        tally = self._of(caller)
        tally.waits.append(wait_s)
        tally.answered_waits.append(wait_s)

    def abandoned(self, caller: Caller, wait_s: float) -> None:
        """The caller gave up."""
        tally = self._of(caller)
        tally.waits.append(wait_s)
        tally.abandoned += 1

    def everyone(self) -> ClassTally:
        """Both classes as one."""
        both = ClassTally()
        both.offered = self.urgent.offered + self.routine.offered
        both.abandoned = self.urgent.abandoned + self.routine.abandoned
        both.waits = self.urgent.waits + self.routine.waits
        both.answered_waits = self.urgent.answered_waits + self.routine.answered_waits
        return both


class HourlyTally(Tally):
    """The same, and by the hour of the day in which the call came."""

    def __init__(self) -> None:
        super().__init__()
        self.hours = [Tally() for _ in range(HOURS)]

    def _hour(self, caller: Caller) -> Tally:
        return self.hours[int(caller.arrival_s // HOUR_S) % HOURS]

    def offered(self, caller: Caller) -> None:
        """A call came."""
        super().offered(caller)
        self._hour(caller).offered(caller)

    def answered(self, caller: Caller, wait_s: float) -> None:
        """It was answered."""
        super().answered(caller, wait_s)
        self._hour(caller).answered(caller, wait_s)

    def abandoned(self, caller: Caller, wait_s: float) -> None:
        """The caller gave up."""
        super().abandoned(caller, wait_s)
        self._hour(caller).abandoned(caller, wait_s)
