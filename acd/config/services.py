"""The services file, read and checked; the head of the shipped `services.toml` says what each key means."""

from importlib.resources import files
from pathlib import Path
from typing import Annotated, Literal, NamedTuple

import msgspec

from acd.config.hours import Hours, countries, parse_hours
from acd.engine.model.config import MAX_LEVEL, Relaxation, Service
from acd.engine.model.config_checks import service_faults
from acd.engine.model.errors import BadConfig
from acd.engine.model.ids import ServiceId
from acd.lib.file_checks import Checker

Label = Annotated[str, msgspec.Meta(min_length=1, max_length=30)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*\Z", max_length=32)]
Level = Annotated[int, msgspec.Meta(ge=1, le=MAX_LEVEL)]
Seconds = Annotated[float, msgspec.Meta(gt=0)]


class _Step(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    after_s: Seconds
    level: Level | None = None
    any_language: bool = False


class _Row(msgspec.Struct, frozen=True, kw_only=True):
    label: Label | None = None
    priority: Literal["urgent", "routine"] = msgspec.field(name="class", default="routine")
    opens_ticket: bool = False
    max_wait_s: Seconds | None = None
    overflow_to: Name | None = None
    max_waiting: Annotated[int, msgspec.Meta(ge=1)] | None = None
    ageing: Seconds = 1.0
    join_empty: Literal["wait", "overflow", "release"] = "wait"
    leave_empty: Literal["wait", "overflow", "release"] = "wait"
    hours: str | None = None
    closed: Literal["overflow", "release"] = "release"
    closed_prompt: Name = "queue_goodbye_closed"
    transfer_code: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{1,6}\Z")] | None = None
    min_level: Level = 1
    language: Literal["required", "any"] = "required"
    relax: tuple[_Step, ...] = ()


_HINTS = {
    "label": "1 to 30 characters",
    "class": "urgent or routine",
    "max_wait_s": "seconds, more than 0",
    "max_waiting": "a number of callers, 1 or more",
    "ageing": "points a second, more than 0",
    "transfer_code": '1 to 6 digits in quotes, such as "11"',
    "overflow_to": "another service's name",
    "join_empty": "wait, overflow or release",
    "leave_empty": "wait, overflow or release",
    "min_level": f"a level from 1 to {MAX_LEVEL}",
    "language": "required or any",
    "relax": f"a list of tables with after_s (more than 0), and level (1 to {MAX_LEVEL}) or any_language (true)",
}


class Services(NamedTuple):
    """The file's content."""

    default: ServiceId
    services: tuple[Service, ...]
    """In the file's order."""
    labels: dict[ServiceId, str]
    """The services' names on agents' phones."""
    hours: tuple[Hours, ...]


def services_text(path: Path | None) -> tuple[str, str]:
    """Name and text of the services file; the shipped one if `path` is None. Raises `BadConfig` if it cannot be
    read."""
    if path is None:
        return "services.toml", (files("acd.config") / "services.toml").read_text(encoding="utf-8")
    try:
        return str(path), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"services_file = {str(path)!r} cannot be read: {error}") from None


def parse_services(text: str, source: str) -> Services:
    """The services of a file. Raises `acd.lib.file_checks.BadFile` with every problem found."""
    check = Checker(source)
    data = check.toml(text)
    check.finish()
    rows = data.pop("service", {})
    default = data.pop("default_service", "agent")
    schedules = data.pop("hours", {})
    if not isinstance(schedules, dict):
        check.add("hours", schedules, "must be tables [hours.NAME]")
        schedules = {}
    hours = [parse_hours(check, name, table, countries) for name, table in schedules.items()]
    for key, value in data.items():
        check.unknown(key, value, "key", ["default_service", "hours", "service"])
    if not isinstance(rows, dict) or not rows:
        check.add("service", rows or None, "at least one [service.NAME] is needed")
        rows = {}
    if not isinstance(default, str):
        check.add("default_service", default, "must be a service's name in quotes")
    services: list[Service] = []
    labels: dict[ServiceId, str] = {}
    for name, table in rows.items():
        key = f"service.{name}"
        try:
            msgspec.convert(name, Name)
        except msgspec.ValidationError:
            check.add(key, None, "a service's name is a small letter and then letters a-z, digits or _, at most 32")
            continue
        row = check.struct(_Row, table, key, hints=_HINTS)
        if row is not None:
            labels[ServiceId(name)] = row.label or name
            services.append(_service(ServiceId(name), row))
    check.finish()
    for fault in service_faults(services, ServiceId(default), [one.id for one in hours if one is not None]):
        check.add(*fault)
    check.finish()
    return Services(
        default=ServiceId(default), services=tuple(services), labels=labels, hours=tuple(filter(None, hours))
    )


def _service(name: ServiceId, row: _Row) -> Service:
    return Service(
        id=name,
        priority=row.priority,
        opens_ticket=row.opens_ticket,
        max_wait_s=row.max_wait_s,
        overflow_to=ServiceId(row.overflow_to) if row.overflow_to is not None else None,
        max_waiting=row.max_waiting,
        ageing=row.ageing,
        join_empty=row.join_empty,
        leave_empty=row.leave_empty,
        hours=row.hours,
        closed=row.closed,
        closed_prompt=row.closed_prompt,
        transfer_code=row.transfer_code or "",
        min_level=row.min_level,
        language_required=row.language == "required",
        relax=tuple(
            Relaxation(after_s=step.after_s, level=step.level, any_language=step.any_language) for step in row.relax
        ),
    )
