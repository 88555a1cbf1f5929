"""Each mutant is tried in a process of its own by the scripts that reach it, until one notices."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
SCRIPTS = """
import os

mutant = lambda: os.environ["MUTANT_UNDER_TEST"]
begun = set()


def test_short() -> None:
    assert mutant() != "x_short__mutmut_1"


def test_long() -> None:
    while mutant() == "x_endless__mutmut_1":
        pass
    while mutant() == "x_growing__mutmut_1":
        begun.update(range(len(begun), len(begun) + 100_000))
    if mutant() == "x_dead__mutmut_1":
        os._exit(0 if False else 7)
    assert "long" not in mutant()
    assert not begun
    begun.add(mutant())
"""
REACHED = {
    "x_short": ["test_it.py::test_long", "test_it.py::test_short"],
    "x_long": ["test_it.py::test_long", "test_it.py::test_short"],
    "x_endless": ["test_it.py::test_long"],
    "x_growing": ["test_it.py::test_long"],
    "x_dead": ["test_it.py::test_long"],
    "x_elsewhere": ["test_it.py::test_short"],
    "x_fine": ["test_it.py::test_long", "test_it.py::test_short"],
}
SHORT, LONG = "test_it.py::test_short", "test_it.py::test_long"


@pytest.fixture
def place(tmp_path: Path) -> Path:
    """A folder as mutmut leaves it."""
    (tmp_path / "test_it.py").write_text(SCRIPTS, "utf-8")
    (tmp_path / "pyproject.toml").write_text(
        "[tool.mutmut]\n"
        'pytest_add_cli_args = ["-p", "no:cacheprovider"]\npytest_add_cli_args_test_selection = ["test_it.py"]\n',
        "utf-8",
    )
    known = {
        "tests_by_mangled_function_name": REACHED,
        "duration_by_test": {SHORT: 0.001, LONG: 0.01},
    }
    (tmp_path / "mutmut-stats.json").write_text(json.dumps(known), "utf-8")
    return tmp_path


def tried(place: Path, *mutants: str, arguments: tuple[str, ...] = ()) -> dict[str, tuple[str, str]]:
    """What came of mutants, and the last script that ran."""
    ended = subprocess.run(
        [sys.executable, "-m", "scripts.try_mutants", "--least-s", "1", *arguments],
        cwd=place,
        env=os.environ | {"PYTHONPATH": f"{place}:{ROOT}"},
        input="".join(f"{name}\n" for name in mutants),
        stdout=subprocess.PIPE,
        check=True,
        text=True,
    )
    lines = [json.loads(line) for line in ended.stdout.splitlines()]
    return {name: (outcome, script) for name, outcome, script in lines}


@pytest.mark.parametrize("processes", ["1", "3"])
def test_scripts_that_reach_a_mutant_run_short_ones_first_until_one_notices(place: Path, processes: str) -> None:
    mutants = [f"x_{name}__mutmut_1" for name in ("short", "long", "dead", "elsewhere", "fine", "nowhere")]
    assert tried(place, *mutants, arguments=("--processes", processes)) == {
        "x_short__mutmut_1": ("killed", SHORT),
        "x_long__mutmut_1": ("killed", LONG),
        "x_dead__mutmut_1": ("killed", LONG),
        "x_elsewhere__mutmut_1": ("survived", SHORT),
        "x_fine__mutmut_1": ("survived", LONG),
        "x_nowhere__mutmut_1": ("survived", ""),
    }


def test_a_loop_without_end_is_told_apart_by_the_time_of_the_processor(place: Path) -> None:
    assert tried(place, "x_endless__mutmut_1", "x_fine__mutmut_1") == {
        "x_endless__mutmut_1": ("too long", LONG),
        "x_fine__mutmut_1": ("survived", LONG),
    }


def test_a_loop_that_fills_the_memory_ends(place: Path) -> None:
    """Other scripts run beside this one, so the loop may fill little. It is enough for a mutant that fills none."""
    arguments = ("--least-s", "600", "--memory-mib", "768")
    assert tried(place, "x_growing__mutmut_1", "x_fine__mutmut_1", arguments=arguments) == {
        "x_growing__mutmut_1": ("killed", LONG),
        "x_fine__mutmut_1": ("survived", LONG),
    }


def test_no_mutant_at_all_is_tried_by_all_scripts(place: Path) -> None:
    assert tried(place, "") == {"": ("survived", LONG)}


def test_none_is_begun_when_the_time_is_over(place: Path) -> None:
    assert tried(place, "x_fine__mutmut_1", arguments=("--minutes", "0")) == {}
