"""From files to the engine's configuration: services.toml, the agents and the settings, checked as one."""

import tomllib
from collections.abc import Iterable
from importlib.resources import files
from pathlib import Path
from typing import Any, Literal

import msgspec

from acd.engine.config import AgentProfile, EngineConfig, Service, checked
from acd.engine.errors import BadConfig
from acd.engine.ids import ServiceId
from acd.settings import Settings


class _ServiceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    klass: Literal["urgent", "routine"] = msgspec.field(name="class", default="routine")
    opens_ticket: bool = False
    max_wait_s: float | None = None
    overflow_to: str | None = None
    max_waiting: int | None = None
    ageing: float = 1.0


def services_text(path: Path | None) -> tuple[str, str]:
    """Name and text of the services file; the shipped one if `path` is None. `BadConfig` if it cannot be read."""
    if path is None:
        return "services.toml", (files("acd") / "services.toml").read_text(encoding="utf-8")
    try:
        return str(path), path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"services_file = {str(path)!r} cannot be read: {error}") from None


def parse_services(text: str, source: str) -> tuple[ServiceId, tuple[Service, ...]]:
    """The default service and all services, in the file's order.

    `BadConfig` names file, key, value and what is allowed."""
    try:
        data = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise BadConfig(f"{source}: not valid TOML: {error}") from None
    rows: dict[str, Any] = data.pop("service", {})
    default = data.pop("default_service", "agent")
    faults = [f"{source}: {key}: only default_service and [service.NAME] are allowed" for key in data]
    if not rows:
        faults.append(f"{source}: at least one [service.NAME] is needed")
    services: list[Service] = []
    for name, row in rows.items():
        if not name.isascii() or not name.replace("_", "").isalnum():
            faults.append(f"{source}: service {name!r}: letters a-z, digits and _ are allowed")
            continue
        try:
            given = msgspec.convert(row, _ServiceRow)
        except msgspec.ValidationError as error:
            allowed = "class, opens_ticket, max_wait_s, overflow_to, max_waiting and ageing are allowed"
            faults.append(f"{source}: service.{name} = {row}: {error}; {allowed}")
            continue
        services.append(
            Service(
                id=ServiceId(name),
                klass=given.klass,
                opens_ticket=given.opens_ticket,
                max_wait_s=given.max_wait_s,
                overflow_to=ServiceId(given.overflow_to) if given.overflow_to is not None else None,
                max_waiting=given.max_waiting,
                ageing=given.ageing,
            )
        )
    if faults:
        raise BadConfig("\n".join(faults))
    return ServiceId(default), tuple(services)


def engine_config(settings: Settings, agents: Iterable[AgentProfile]) -> EngineConfig:
    """All rules in one. Raises `BadConfig` with every fault, a line each."""
    source, text = services_text(settings.services_file)
    default_service, services = parse_services(text, source)
    return checked(
        EngineConfig(
            services=services,
            agents=tuple(agents),
            default_service=default_service,
            wrapup_s=settings.wrapup_s,
            ring_s=settings.ring_s,
            max_misses=settings.max_misses,
            regroup_s=settings.regroup_s,
        )
    )
