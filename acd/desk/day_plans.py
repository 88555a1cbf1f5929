"""Plans of days: files that `cozum plan --json` wrote into `plan_dir`."""

from datetime import date
from pathlib import Path
from typing import Annotated, Any, Final

import msgspec
from msgspec import Meta

WEEKDAYS: Final = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
LARGEST: Final = 1_000_000
"""Bytes. A plan has about 20,000."""
Number = Annotated[float, Meta(ge=0)]
Share = Annotated[float, Meta(ge=0, le=1)]


class Service(msgspec.Struct, frozen=True):
    """What callers of an hour meet. `asa_s` is the mean wait in seconds; null: the queue would grow without end."""

    asa_s: Number | None
    level: Share


class Hour(msgspec.Struct, frozen=True):
    """An hour of the plan. `simulated` is null in a plan that was made by formula only."""

    hour: Annotated[int, Meta(ge=0, le=23)]
    calls: Number
    agents: Annotated[int, Meta(ge=0)]
    formula: Service
    simulated: Service | None


class Plan(msgspec.Struct, frozen=True):
    """What is read of the file. `level_within_s` is the wait, in seconds, to which `level` counts."""

    level_within_s: Number
    hours: Annotated[list[Hour], Meta(min_length=24, max_length=24)]


class BadPlan(Exception):
    """A file that cannot be used: its name and the reason, written for the operator."""


def names_of(day: date) -> tuple[str, ...]:
    """The names that a day's plan may have. The first file that exists counts."""
    return f"{day.isoformat()}.json", f"{WEEKDAYS[day.weekday()]}.json", "plan.json"


def plan_of(folder: Path, day: date, target_wait_s: float) -> dict[str, Any] | None:
    """The plan of a day, with the fields of `console.day_views.DayPlan`; None: the folder has none for it.

    `within_target` is null unless the plan was made for a service level within `target_wait_s` seconds. Raises
    `BadPlan`.
    """
    for name in names_of(day):
        file = folder / name
        try:
            with file.open("rb") as stream:
                text = stream.read(LARGEST + 1)
        except FileNotFoundError:
            continue
        except OSError as error:
            raise BadPlan(f"plan_dir: {name}: cannot be read: {error.strerror}") from None
        if len(text) > LARGEST:
            raise BadPlan(f"plan_dir: {name}: larger than {LARGEST} bytes, so it is no output of cozum plan --json")
        try:
            plan = msgspec.json.decode(text, type=Plan)
        except (msgspec.DecodeError, UnicodeDecodeError) as error:
            raise BadPlan(f"plan_dir: {name}: {error}; the output of cozum plan --json is allowed") from None
        if [hour.hour for hour in plan.hours] != list(range(24)):
            raise BadPlan(f"plan_dir: {name}: hours: each of the hours 0 to 23 once, in this order, is allowed")
        return {"file": name, "hours": [_hour(one, plan.level_within_s == target_wait_s) for one in plan.hours]}
    return None


def _hour(one: Hour, is_target: bool) -> dict[str, Any]:
    met = one.simulated or one.formula
    return {
        "hour": one.hour,
        "calls": one.calls,
        "agents": one.agents,
        "asa_s": met.asa_s if one.calls else None,
        "within_target": met.level if one.calls and is_target else None,
    }
