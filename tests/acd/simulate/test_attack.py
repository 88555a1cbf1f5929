"""Lines that say all day that it is urgent, and what it costs those who call for the first time."""

from pathlib import Path

import msgspec
import pytest

from acd.simulate.attack import Attack
from acd.simulate.inputs import Duration, TracedCall, duration, trace
from acd.simulate.policy import POLICIES, Policy, policy
from acd.simulate.run import Simulation, statistics
from acd.simulate.workload import Workload

TALK, WRAPUP = duration("--talk", 140.0), duration("--wrapup", 25.0)
LINES = 30


def simulation(
    agents: int, per_hour: float, *, attacked: bool, chosen: Policy | None = None, calls: int = 800
) -> Simulation:
    """A few hours of a line, with as many agents as it needs; nobody holds longer than five minutes on average."""
    work = Workload((per_hour,), 0.08, TALK, WRAPUP, patience=duration("--patience", 300.0), calls=calls)
    attack = Attack(LINES, TALK, WRAPUP) if attacked else None
    return Simulation(chosen or policy("cozum"), work, (agents,), 1, attack)


def without(**rules: object) -> Policy:
    """The shipped rules, but for these."""
    build = POLICIES["cozum"][2]
    POLICIES["other"] = (0, "", lambda config, numbers: msgspec.structs.replace(build(config, numbers), **rules))
    return Policy("other", (), "other")


@pytest.mark.parametrize(("agents", "per_hour"), [(7, 114), (12, 221)])
def test_a_first_time_callers_wait_hardly_changes(agents: int, per_hour: float) -> None:
    """30 lines, each with a number of its own and one call at a time, keep agents as long as any caller."""
    quiet, loud = (simulation(agents, per_hour, attacked=attacked, calls=3000) for attacked in (False, True))
    undisturbed, disturbed = statistics(quiet, quiet.play()), statistics(loud, loud.play())
    wait, attacked = (one["classes"]["urgent"]["mean_wait_s"] for one in (undisturbed, disturbed))
    print(f"{agents} agents, {per_hour} an hour: {wait:.2f} s undisturbed, {attacked:.2f} s under attack")
    assert attacked <= 1.2 * wait
    assert disturbed["inversions"] == disturbed["lost"] == 0
    assert disturbed["classes"]["attack"]["answered"] > 1000  # nobody who says that it is urgent is refused
    assert "attack" not in undisturbed["classes"]


def test_without_the_rule_they_stand_before_every_later_emergency() -> None:
    quiet = simulation(7, 114, attacked=False)
    loud = simulation(7, 114, attacked=True, chosen=without(urgent_calls_per_hour=0))
    undisturbed, disturbed = statistics(quiet, quiet.play()), statistics(loud, loud.play())
    wait, attacked = (one["classes"]["urgent"]["mean_wait_s"] for one in (undisturbed, disturbed))
    assert attacked > 10 * wait


def test_the_other_callers_are_the_same_with_and_without_them() -> None:
    quiet, loud = (simulation(7, 114, attacked=attacked) for attacked in (False, True))
    counts = [
        {name: statistics(one, one.play())["classes"][name]["offered"] for name in ("urgent", "routine")}
        for one in (quiet, loud)
    ]
    assert counts[0] == counts[1]


def test_no_theory_tells_of_an_attack() -> None:
    work = Workload((50.0,), 0.08, TALK, Duration("fixed", 0), calls=100)
    assert Simulation(policy("strict"), work, (7,)).theory() is not None
    assert Simulation(policy("strict"), work, (7,), 1, Attack(1, TALK, WRAPUP)).theory() is None


def test_an_attack_ends_with_the_calls() -> None:
    """Though callers who never give up may wait until it is over."""
    work = Workload(
        (1,), 0, TALK, WRAPUP, trace=[TracedCall(0, 60, False, 10, None), TracedCall(600, 60, True, 10, None)]
    )
    tally = Simulation(policy("cozum"), work, (2,), 1, Attack(5, TALK, WRAPUP)).play()
    assert (len(tally.routine.answered_waits), len(tally.urgent.answered_waits), tally.lost) == (1, 1, 0)


def test_calls_of_one_number_in_a_trace_are_one_callers(tmp_path: Path) -> None:
    """Three urgent calls of a number within the hour: the third comes after a later caller's first."""
    file = tmp_path / "calls.csv"
    file.write_text(
        "arrival_s,talk_s,class,number\n0,10,urgent,0532\n100,10,urgent,0532\n200,100,urgent,0533\n"
        "210,10,urgent,0532\n220,10,urgent,\n"
    )
    calls = trace(file)
    assert [call.number for call in calls] == ["0532", "0532", "0533", "0532", ""]
    work = Workload((1,), 0, TALK, Duration("fixed", 0), trace=calls)
    waits = list(Simulation(policy("cozum"), work, (1,)).play().urgent.waits)
    assert waits == pytest.approx([0, 0, 0, 80, 100])  # the last caller first
