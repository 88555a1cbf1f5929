"""The engine in its world: small days worked by hand, and what holds in any."""

import time
from statistics import fmean

import pytest

from acd.simulate.inputs import Duration, TracedCall, duration
from acd.simulate.plan import DAY_SHAPE
from acd.simulate.policy import config_of, policy
from acd.simulate.run import Simulation, statistics
from acd.simulate.tally import HourlyTally, Tally
from acd.simulate.workload import Workload

NONE = Duration("fixed", 0)


def replay(
    calls: list[TracedCall],
    name: str = "strict",
    staff: tuple[int, ...] = (1,),
    wrapup_s: float = 0,
    *,
    pickup_s: float = 0,
    mistaken: float = 0,
    redial_s: float | None = None,
    menu_s: float = 0,
    quits: float = 0,
) -> tuple[list[float], list[float], Tally]:
    """Waits of the urgent and of the routine callers, in the order they ended, and the tally."""
    work = Workload(
        (1,),
        0,
        NONE,
        Duration("fixed", wrapup_s),
        trace=calls,
        mistaken=mistaken,
        redial=None if redial_s is None else Duration("fixed", redial_s),
        pickup=Duration("fixed", pickup_s),
        menu_s=menu_s,
        quits=quits,
    )
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


# --- each rule for urgent callers: what it does, beside what would be without it


def test_ringing_counts_as_waiting() -> None:
    _, routine, _ = replay([call(0, 100), call(10, 5)], pickup_s=4)
    assert routine == pytest.approx([4, 98])


def test_a_caller_can_give_up_while_the_phone_rings() -> None:
    _, routine, tally = replay([call(0, 100, patience_s=3), call(1, 5)], pickup_s=4)
    assert routine == pytest.approx([3, 6])
    assert (tally.routine.abandoned, tally.lost) == (1, 0)


def test_recall_from_a_ring_leaves_the_routine_caller_their_place() -> None:
    calls = [call(0, 100), call(1, 7), call(2, 20, urgent=True)]
    urgent, routine, tally = replay(calls, "ring_recall", pickup_s=5)
    assert urgent == pytest.approx([5])
    assert routine == pytest.approx([32, 136])  # the urgent call ends at 27
    assert (tally.inversions, tally.lost) == (0, 0)
    urgent, routine, _ = replay(calls, "strict", pickup_s=5)
    assert urgent == pytest.approx([108])
    assert routine == pytest.approx([5, 134])


def test_an_agent_recalled_from_wrapup_for_one_who_gives_up_goes_on_with_it() -> None:
    """Ten seconds of the wrap-up are done at 110; the ring of 3 s comes to nothing, 20 s are left."""
    calls = [call(0, 100), call(110, 20, urgent=True, patience_s=3), call(120, 5)]
    urgent, routine, _ = replay(calls, "wrapup_recall", wrapup_s=30, pickup_s=5)
    assert urgent == pytest.approx([3])
    assert routine == pytest.approx([5, 133 + 5 + 5 - 120])


def test_headroom_follows_the_urgent_load() -> None:
    """Eight urgent calls of 100 s in a quarter of an hour are nearly one agent's work, one call is not."""
    busy = [call(n, 100, urgent=True) for n in (0, 0, 0, 0, 100, 100, 100, 100)]
    rush = [call(250, 50) for _ in range(5)]
    assert replay([*busy, *rush], "headroom:1", staff=(5,))[1] == pytest.approx([0, 0, 0, 0, 50])
    assert replay([*busy, *rush], "strict", staff=(5,))[1] == pytest.approx([0] * 5)
    quiet = replay([*busy[:1], *rush], "headroom:1", staff=(5,), wrapup_s=1)
    assert quiet[1] == pytest.approx([0] * 5), "after-call work is counted as long as it took"


def test_the_backup_tier_comes_in_after_a_while_and_for_urgent_callers_only() -> None:
    calls = [call(0, 100), call(5, 10), call(10, 30, urgent=True)]
    urgent, routine, _ = replay(calls, "backup:1:20")
    assert urgent == pytest.approx([20])
    assert routine == pytest.approx([0, 95])
    assert replay(calls, "strict")[0] == pytest.approx([90])


def test_who_chose_a_routine_service_can_say_that_it_is_urgent() -> None:
    calls = [call(0, 100), call(5, 50), call(10, 20, urgent=True)]
    urgent, routine, tally = replay(calls, "escalation", mistaken=1)
    assert urgent == pytest.approx([90])
    assert routine == pytest.approx([0, 115])
    assert (tally.inversions, tally.lost) == (0, 0)
    assert replay(calls, "strict", mistaken=1)[0] == pytest.approx([140])
    assert replay(calls, "strict")[0] == pytest.approx([90])


def test_who_gave_up_and_calls_again_has_the_place_they_had() -> None:
    calls = [call(0, 100), call(10, 30, urgent=True, patience_s=45), call(40, 50, urgent=True)]
    urgent, _, tally = replay(calls, "redial", redial_s=30)
    assert urgent == pytest.approx([45, 15, 90])  # gave up at 55, again at 85, and was first at 100
    assert (tally.urgent.offered, tally.urgent.abandoned, tally.lost) == (3, 1, 0)
    urgent, _, tally = replay(calls, "strict", redial_s=30)
    assert urgent == pytest.approx([45, 60, 45])  # the other was first, and they gave up again
    assert (tally.urgent.offered, tally.urgent.abandoned, tally.lost) == (3, 2, 0)


def test_an_urgent_caller_who_gave_up_is_called_back() -> None:
    calls = [call(0, 100), call(5, 10), call(10, 30, urgent=True, patience_s=20)]
    urgent, routine, tally = replay(calls, "callback", wrapup_s=1)
    assert urgent == pytest.approx([91])
    assert routine == pytest.approx([0, 127])
    assert (tally.urgent.abandoned, len(tally.urgent.answered_waits), tally.inversions, tally.lost) == (0, 1, 0, 0)
    urgent, _, tally = replay(calls, "strict")
    assert urgent == pytest.approx([20])
    assert tally.urgent.abandoned == 1


def constant(
    name: str, *, calls: int = 4000, seed: int = 1, patience: float | None = None, pickup: float = 0, more: float = 0
) -> Simulation:
    """`more`: the share of urgent callers who choose a routine service; above 0, all who give up call again too."""
    work = Workload(
        (221,),
        0.08,
        duration("--talk", 140),
        duration("--wrapup", 25),
        None if patience is None else duration("--patience", patience),
        calls=calls,
        mistaken=more,
        redial=duration("--redial", 60) if more else None,
        pickup=duration("--pickup", pickup),
    )
    return Simulation(policy(name), work, (12,), seed)


RULES = ("wrapup_recall", "ring_recall", "headroom:2", "backup:2:10", "escalation", "redial", "callback")


@pytest.mark.parametrize("name", ["strict", *RULES, "cozum"])
def test_rules_lose_nobody_whatever_callers_and_agents_do(name: str) -> None:
    simulation = constant(name, calls=1500, patience=60, pickup=4, more=0.3)
    first, second = (statistics(simulation, simulation.play()) for _ in range(2))
    assert {**first, "wall_s": 0} == {**second, "wall_s": 0}
    assert first["calls"] == first["answered"] + first["abandoned"] > 1500
    assert first["lost"] == first["inversions"] == 0
    assert first["theory"] is None


@pytest.mark.parametrize("name", ["fifo", "strict", "ageing:5:1", "reserve:1", "cozum"])
def test_every_policy_loses_nobody_and_is_repeatable(name: str) -> None:
    simulation = constant(name, calls=1500, patience=300)
    first, second = (statistics(simulation, simulation.play()) for _ in range(2))
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


@pytest.mark.parametrize(
    ("name", "pickup", "most"), [("wrapup_recall", 0, 0.25), ("headroom:1", 0, 0.6), ("ring_recall", 8, 0.9)]
)
def test_each_rule_alone_shortens_what_urgent_callers_wait(name: str, pickup: float, most: float) -> None:
    strict, ruled = (constant(one, calls=8000, pickup=pickup).play() for one in ("strict", name))
    assert fmean(ruled.urgent.waits) < most * fmean(strict.urgent.waits)


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


@pytest.mark.parametrize(("rules", "waits"), [("menu_first", [5 + 3, 5 + 3]), ("cozum", [3, 3])])
def test_a_phone_rings_while_an_urgent_caller_says_what_for(rules: str, waits: list[float]) -> None:
    calls = [call(0, 10, urgent=True), call(100, 10, urgent=True), call(200, 10)]
    urgent, routine, tally = replay(calls, rules, staff=(2,), pickup_s=3, menu_s=5)
    assert urgent == pytest.approx(waits)
    assert routine == pytest.approx([3])
    assert (tally.lost, tally.inversions) == (0, 0)


@pytest.mark.parametrize("rules", ["menu_first", "early_ring"])
def test_who_gives_up_in_the_menu_is_counted(rules: str) -> None:
    urgent, _, tally = replay([call(0, 10, urgent=True, patience_s=2)], rules, pickup_s=3, menu_s=5)
    assert urgent == pytest.approx([2])
    assert (tally.urgent.abandoned, tally.lost) == (1, 0)


def test_an_urgent_caller_in_the_menu_before_any_phone_rings_is_overtaken_by_nobody_who_waits() -> None:
    """They are in no queue yet: no routine caller who is offered an agent meanwhile is an inversion."""
    _, routine, tally = replay([call(0, 50, urgent=True), call(1, 10)], "menu_first", staff=(2,), menu_s=5)
    assert routine == pytest.approx([0])
    assert tally.inversions == 0


@pytest.mark.parametrize("rules", ["menu_first", "early_ring"])
def test_phones_that_ring_for_callers_who_hang_up_in_the_menu_are_counted(rules: str) -> None:
    """With the menu before any phone nobody is rung for them, and who was answered before does not hang up."""
    calls = [call(100 * n, 10, urgent=True) for n in range(40)]
    urgent, _, tally = replay(calls, rules, pickup_s=3, menu_s=5, quits=1)
    assert (len(urgent), tally.lost, tally.urgent.abandoned) == (40, 0, tally.quits)
    if rules == "menu_first":
        assert (tally.quits, list(tally.vain_rings_s)) == (40, [])
    else:
        assert 0 < tally.quits < 40
        assert sorted(tally.vain_rings_s) == pytest.approx(sorted(wait for wait in urgent if wait < 3))
