"""One simulation from options to figures: what `cozum simulate` does, without the command line around it."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from acd.engine.model.target import TARGET_S
from acd.simulate.attack import Attack
from acd.simulate.expect import expect
from acd.simulate.inputs import BadInput
from acd.simulate.policy import Policy, config_of
from acd.simulate.tally import Tally
from acd.simulate.workload import Workload
from acd.simulate.world import World


@dataclass(frozen=True)
class Simulation:
    """The input of a simulation. `staff` is one number of agents, or 24 for the hours of the day."""

    policy: Policy
    work: Workload
    staff: tuple[int, ...]
    seed: int = 1
    attack: Attack | None = None

    def play(self, progress: Callable[[int], None] | None = None, tally: Tally | None = None) -> Tally:
        """Run it, counting into `tally`. `progress` is told now and then how many calls have come."""
        held_back = int(self.policy.numbers[0]) if self.policy.kind in ("reserve", "headroom") else 0
        if held_back >= max(self.staff):
            raise BadInput(
                f"--policy: {self.policy.name}: K must be less than the {max(self.staff)} agents on duty, "
                "or no routine caller is ever answered"
            )
        config = config_of(self.policy, max(self.staff), wrapup=self._has_wrapup())
        callers, pickups = self.work.callers(self.seed), self.work.pickups(self.seed)
        return World(
            config, self.staff, callers, tally or Tally(), progress, pickups, self.attack, self.work.menu_s
        ).run()

    def _has_wrapup(self) -> bool:
        traced = self.work.trace is not None and any(call.wrapup_s for call in self.work.trace)
        return self.work.wrapup.mean_s > 0 or traced

    def theory(self) -> dict[str, Any] | None:
        """The expectation of theory, if there is one; none covers an attack, or callers who are in a menu first."""
        return None if self.attack or self.work.menu_s else expect(self.policy, self.work, self.staff)


def statistics(simulation: Simulation, tally: Tally, target_s: float = TARGET_S) -> dict[str, Any]:
    """The figures of a run, as `--json` prints them. `target_s` is how soon callers should speak to a person."""
    tallies = {"urgent": tally.urgent, "routine": tally.routine, "all": tally.everyone()}
    if simulation.attack:
        tallies["attack"] = tally.attack
    classes = {name: one.statistics() for name, one in tallies.items()}
    everyone = classes["all"]
    vain = {"calls": tally.quits, "rung": len(tally.vain_rings_s), "rung_s": round(sum(tally.vain_rings_s), 3)}
    return {
        "policy": simulation.policy.name,
        "calls": everyone["offered"],
        "answered": everyone["answered"],
        "abandoned": everyone["abandoned"],
        "inversions": tally.inversions,
        "lost": tally.lost,
        "wall_s": round(tally.wall_s, 3),
        "classes": classes,
        "theory": simulation.theory(),
        "target": {
            "wait_s": target_s,
            "within": {name: one.within_target(target_s) for name, one in tallies.items()},
        },
        **({"quits": vain} if simulation.work.quits else {}),
    }
