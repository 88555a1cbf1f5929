"""Plans of days: what `cozum plan --json` wrote, read by the desk."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from acd.desk.day_plans import LARGEST, BadPlan, plan_of
from acd.simulate.plan import DAY_SHAPE, as_statistics, make_plan
from acd.simulate.staffing import Demand, Share, Target

MONDAY = date(2025, 11, 24)
CALLS = tuple(2000 * share for share in DAY_SHAPE)


@pytest.fixture(scope="module")
def written() -> dict[str, Any]:
    """A plan as the command prints it, with a service level within 6 s."""
    demand = Demand(calls=CALLS, urgent_share=0.08, talk_s=140, wrapup_s=25)
    return as_statistics(make_plan(demand, Target(asa_s=6, level=Share(0.8, 6))))


def save(folder: Path, name: str, plan: Any) -> None:
    (folder / name).write_text(plan if isinstance(plan, str) else json.dumps(plan))


def test_the_hours_are_those_of_the_plan(tmp_path: Path, written: dict[str, Any]) -> None:
    save(tmp_path, "plan.json", written)
    plan = plan_of(tmp_path, MONDAY, 6)
    assert plan is not None
    assert [hour["hour"] for hour in plan["hours"]] == [*range(24)]
    assert [hour["agents"] for hour in plan["hours"]] == written["staff"]
    assert plan["hours"][10]["calls"] == pytest.approx(CALLS[10])
    ten = written["hours"][10]["formula"]
    assert (plan["hours"][10]["asa_s"], plan["hours"][10]["within_target"]) == (ten["asa_s"], ten["level"])


def test_a_share_within_another_time_is_not_shown_beside_the_target(tmp_path: Path, written: dict[str, Any]) -> None:
    save(tmp_path, "plan.json", written)
    plan = plan_of(tmp_path, MONDAY, 10)
    assert plan is not None
    assert {hour["within_target"] for hour in plan["hours"]} == {None}


def test_what_the_simulation_found_comes_before_the_formula(tmp_path: Path, written: dict[str, Any]) -> None:
    hours = [{**hour, "simulated": {"asa_s": 3.5, "level": 0.9}} for hour in written["hours"]]
    hours[3] |= {"calls": 0}
    save(tmp_path, "plan.json", {**written, "hours": hours})
    plan = plan_of(tmp_path, MONDAY, 6)
    assert plan is not None
    assert [(hour["asa_s"], hour["within_target"]) for hour in plan["hours"][3:5]] == [(None, None), (3.5, 0.9)]


def test_a_date_comes_before_a_weekday_and_that_before_every_day(tmp_path: Path, written: dict[str, Any]) -> None:
    found = []
    for name in ("tuesday.json", "plan.json", "monday.json", "2025-11-24.json"):
        save(tmp_path, name, written)
        plan = plan_of(tmp_path, MONDAY, 6)
        found.append(None if plan is None else plan["file"])
    assert found == [None, "plan.json", "monday.json", "2025-11-24.json"]


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (lambda plan: "{", "monday.json: Input data was truncated"),
        (lambda plan: "\x00" * (LARGEST + 1), f"larger than {LARGEST} bytes"),
        (lambda plan: {}, "missing required field `level_within_s`"),
        (lambda plan: {**plan, "hours": plan["hours"][:23]}, "`array` of length >= 24"),
        (lambda plan: {**plan, "hours": [*plan["hours"][:23], plan["hours"][0]]}, "the hours 0 to 23 once"),
        (lambda plan: {**plan, "hours": [{**one, "calls": -1} for one in plan["hours"]]}, "at `$.hours[0].calls`"),
    ],
)
def test_a_file_that_is_no_plan_is_refused_by_its_name(
    tmp_path: Path, written: dict[str, Any], change: Any, said: str
) -> None:
    save(tmp_path, "monday.json", change(written))
    with pytest.raises(BadPlan, match=r"plan_dir: monday\.json") as failure:
        plan_of(tmp_path, MONDAY, 6)
    assert said in str(failure.value)


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "plan.json").mkdir()
    with pytest.raises(BadPlan, match=r"plan\.json: cannot be read: Is a directory"):
        plan_of(tmp_path, MONDAY, 6)
