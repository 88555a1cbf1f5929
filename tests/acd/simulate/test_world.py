"""The engine in its world: small days worked by hand, and what holds in any."""

import time
from statistics import fmean

import pytest

from acd.simulate.inputs import Duration, TracedCall, duration
from acd.simulate.plan import DAY_SHAPE
from acd.simulate.policy import config_of, policy
from acd.simulate.run import Simulation, figures
from acd.simulate.tally import HourlyTally, Tally
from acd.simulate.workload import Workload

NONE = Duration("fixed", 0)


def replay(
    calls: list[TracedCall], name: str = "strict", staff: tuple[int, ...] = (1,), wrapup_s: float = 0
) -> tuple[list[float], list[float], Tally]:
    """Waits of the urgent and of the routine callers, in the order they ended, and the tally."""
    work = Workload((1,), 0, NONE, Duration("fixed", wrapup_s), trace=calls)
    tally = Simulation(policy(name), work, staff).play()
    return list(tally.urgent.waits), list(tally.routine.waits), tally


def call(at: float, talk_s: float, *, urgent: bool = False, patience_s: float | None = None) -> TracedCall:
    return TracedCall(at, talk_s, urgent, None, patience_s)


def test_urgent_first_then_first_come() -> None:
    calls = [call(0, 100), call(10, 50), call(20, 50), call(30, 40, urgent=True), call(95, 10, urgent=True)]
    urgent, routine, tally = replay(calls)
    assert urgent == pytest.approx([70, 45])
    assert routine == pytest.approx([0, 140, 180])
    assert (tally.inversions, tally.lost) == (0, 0)


def test_one_class_lets_an_urgent_caller_wait_their_turn() -> None:
    calls = [call(0, 100), call(10, 50), call(20, 50), call(30, 40, urgent=True)]
    urgent, routine, tally = replay(calls, "fifo")
    assert routine == pytest.approx([0, 90, 130])
    assert urgent == pytest.approx([170])
    assert tally.inversions == 2


def test_ageing_lets_a_routine_caller_overtake_in_time() -> None:
    """At the end of the talk the routine caller has 100 points, an urgent one of 5 points a second 5 or 125."""
    assert replay([call(0, 200), call(100, 9), call(199, 9, urgent=True)], "ageing:5:1")[0] == pytest.approx([10])
    assert replay([call(0, 200), call(100, 9), call(175, 9, urgent=True)], "ageing:5:1")[0] == pytest.approx([25])


def test_one_held_back() -> None:
    calls = [call(0, 100), call(10, 10), call(50, 20, urgent=True)]
    urgent, routine, _ = replay(calls, "reserve:1", staff=(2,))
    assert urgent == [0]
    assert routine == pytest.approx([0, 90])


def test_wrapup_keeps_the_agent_busy() -> None:
    _, routine, _ = replay([call(0, 100), call(10, 5), call(200, 5)], wrapup_s=30)
    assert routine == pytest.approx([0, 120, 0])


def test_recall_from_wrapup_leaves_the_rest_to_do() -> None:
    """Recalled 10 s into a wrap-up of 30 s, the agent has 20 s of it left to do after the urgent call's own 30 s."""
    calls = [call(0, 100), call(110, 20, urgent=True), call(115, 5)]
    urgent, routine, _ = replay(calls, "cozum", wrapup_s=30)
    assert urgent == [0]
    assert routine == pytest.approx([0, 65])  # 110 + 20 s talk + 30 s + 20 s
    urgent, routine, _ = replay(calls, "strict", wrapup_s=30)
    assert urgent == pytest.approx([20])
    assert routine == pytest.approx([0, 65])


def test_patience() -> None:
    calls = [call(0, 100, patience_s=5), call(10, 50, patience_s=60), call(20, 50, urgent=True, patience_s=100)]
    urgent, routine, tally = replay(calls)
    assert urgent == pytest.approx([80])
    assert routine == pytest.approx([0, 60])  # answered at once, and gave up after 60 s
    assert (tally.routine.abandoned, len(tally.routine.answered_waits), tally.lost) == (1, 1, 0)


def test_staff_by_hour() -> None:
    """Nobody is there before one o'clock; at two one of two leaves in mid-talk, finishes at 7600, takes no more."""
    staff = (0, 2, 1, *([1] * 21))
    calls = [call(3000, 60), call(7000, 600), call(7100, 300), call(7300, 500), call(7390, 10)]
    _, routine, tally = replay(calls, staff=staff)
    assert routine == pytest.approx([600, 0, 0, 100, 510])
    assert tally.lost == 0


def test_who_leaves_in_wrapup_finishes_it() -> None:
    """At one o'clock the wrap-up of a 3,590 s call is under way; the only agent is relieved by nobody for an hour."""
    staff = (1, 0, *([1] * 22))
    _, routine, tally = replay([call(0, 3590), call(3595, 10)], staff=staff, wrapup_s=60)
    assert routine == pytest.approx([0, 7200 - 3595])
    assert tally.lost == 0


def constant(name: str, *, calls: int = 4000, seed: int = 1, patience: float | None = None) -> Simulation:
    work = Workload(
        (221,),
        0.08,
        duration("--talk", 140),
        duration("--wrapup", 25),
        None if patience is None else duration("--patience", patience),
        calls=calls,
    )
    return Simulation(policy(name), work, (12,), seed)


@pytest.mark.parametrize("name", ["fifo", "strict", "ageing:5:1", "reserve:1", "cozum"])
def test_every_policy_loses_nobody_and_is_repeatable(name: str) -> None:
    simulation = constant(name, calls=1500, patience=300)
    first, second = (figures(simulation, simulation.play()) for _ in range(2))
    assert {**first, "wall_s": 0} == {**second, "wall_s": 0}
    assert first["calls"] == 1500 == first["answered"] + first["abandoned"]
    assert first["lost"] == 0
    if name in ("strict", "reserve:1", "cozum"):
        assert first["inversions"] == 0
    else:
        assert first["inversions"] > 0


def test_policies_meet_the_same_callers() -> None:
    one, other = (constant(name, calls=1500).play() for name in ("fifo", "strict"))
    assert one.urgent.offered == other.urgent.offered
    assert sum(one.everyone().waits) == pytest.approx(sum(other.everyone().waits), rel=0.1)
    assert sum(other.urgent.waits) < sum(one.urgent.waits)


def test_what_recall_does() -> None:
    strict, cozum = (constant(name, calls=8000).play() for name in ("strict", "cozum"))
    assert fmean(cozum.urgent.waits) < 0.25 * fmean(strict.urgent.waits)
    assert fmean(cozum.routine.waits) < 1.03 * fmean(strict.routine.waits)
    assert cozum.inversions == cozum.lost == 0


def test_hours_add_up() -> None:
    work = Workload(tuple(2000 * share for share in DAY_SHAPE), 0.08, duration("--talk", 140), NONE, days=1)
    tally = HourlyTally()
    Simulation(policy("strict"), work, (12,)).play(tally=tally)
    assert sum(hour.everyone().offered for hour in tally.hours) == tally.everyone().offered
    assert sum(sum(hour.everyone().waits) for hour in tally.hours) == pytest.approx(sum(tally.everyone().waits))


def test_agents_have_names_of_their_own() -> None:
    config = config_of(policy("strict"), 3, wrapup=True)
    assert len({agent.endpoint for agent in config.agents}) == 3


def test_a_month_in_fifteen_seconds() -> None:
    """A third of a month of 60,000 calls with day and night, in processor time, since the machine may be shared."""
    staff = (4, 3, 2, 2, 2, 2, 3, 5, 8, 11, 12, 11, 11, 10, 11, 11, 10, 9, 8, 7, 6, 6, 5, 4)
    profile = tuple(2000 * share for share in DAY_SHAPE)
    work = Workload(profile, 0.08, duration("--talk", 140), duration("--wrapup", 25), days=10)
    began = time.process_time()
    tally = Simulation(policy("cozum"), work, staff).play()
    assert time.process_time() - began < 5
    assert tally.everyone().offered == pytest.approx(20_000, rel=0.03)
    assert tally.lost == 0
