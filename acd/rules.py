"""What the line goes by, read from files and checked as one: services, agents, flow and prompts.

Used at the start, where a fault stops it, and at a reload, where it leaves the old rules in force.
"""

import tomllib
from importlib.resources import files
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec

from acd.engine.config import AgentProfile, EngineConfig, Service, ServiceClass, checked
from acd.engine.errors import BadConfig
from acd.engine.ids import AgentId, NodeId, ServiceId
from acd.settings import Settings
from agents.demo import with_demo_password
from agents.directory import Agent, parse_agents
from ivr.catalogue import load_flow, missing_sounds, read_text
from ivr.flow import Flow


class _ServiceRow(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    label: Annotated[str, msgspec.Meta(min_length=1, max_length=30)] | None = None
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


def parse_services(text: str, source: str) -> tuple[ServiceId, tuple[Service, ...], dict[ServiceId, str]]:
    """The default service, all services in the file's order, and what they are called.

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
    labels: dict[ServiceId, str] = {}
    for name, row in rows.items():
        if not name.isascii() or not name.replace("_", "").isalnum():
            faults.append(f"{source}: service {name!r}: letters a-z, digits and _ are allowed")
            continue
        try:
            given = msgspec.convert(row, _ServiceRow)
        except msgspec.ValidationError as error:
            allowed = "label, class, opens_ticket, max_wait_s, overflow_to, max_waiting and ageing are allowed"
            faults.append(f"{source}: service.{name} = {row}: {error}; {allowed}")
            continue
        labels[ServiceId(name)] = given.label or name
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
    return ServiceId(default), tuple(services), labels


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All of it, consistent."""

    config: EngineConfig
    agents: tuple[Agent, ...]
    flow: Flow
    labels: dict[ServiceId, str]

    def label(self, service: ServiceId, klass: ServiceClass) -> str:
        """What an agent's phone shows for a call."""
        label = self.labels.get(service, service)
        return f"ACİL: {label}" if klass == "urgent" else label

    def agent_of(self, endpoint: str) -> AgentId | None:
        """The agent whose phone this is."""
        for agent in self.agents:
            if agent.endpoint == endpoint:
                return AgentId(agent.extension)
        return None

    def pin_hash(self, extension: AgentId) -> str:
        """The hash of an agent's PIN; empty for nobody's."""
        return next((agent.pin_hash for agent in self.agents if agent.extension == extension), "")


def load_rules(settings: Settings) -> Rules:
    """Read and check everything. Raises `BadConfig` with the faults, a line each: file, key, value, what is allowed."""
    source, text = services_text(settings.services_file)
    default_service, services, labels = parse_services(text, source)
    names = [service.id for service in services]
    agents = parse_agents(read_text(settings.agents_path), file=str(settings.agents_path), services=names)
    if not settings.is_loopback and (demo := with_demo_password(agents)):
        raise BadConfig(
            f"bind_host = {settings.bind_host!r}: agents {', '.join(demo)} in {settings.agents_path} have the demo "
            "password, which everybody knows; give them others or bind to 127.0.0.1"
        )
    flow = load_flow(settings.flow_file, services=names, prompts_dir=settings.prompts_dir)
    if missing := missing_sounds(flow, prompts_dir(settings)):
        raise BadConfig(
            "\n".join(f"{path}: no such prompt; record it, or make it with `python -m ivr.speak`" for path in missing)
        )
    config = checked(
        EngineConfig(
            services=services,
            agents=tuple(_profile(agent, settings) for agent in agents),
            default_service=default_service,
            flow=flow.name,
            wrapup_s=settings.wrapup_s,
            ring_s=settings.ring_s,
            max_misses=settings.max_misses,
            regroup_s=settings.regroup_s,
            headroom=settings.headroom,
            headroom_from=settings.headroom_from,
            wrapup_recall=settings.wrapup_recall,
            ring_recall=settings.ring_recall,
            backup_after_s=settings.backup_after_s,
            escalation_key=settings.escalation_key,
            redial_s=settings.redial_s,
        )
    )
    return Rules(config=config, agents=agents, flow=flow, labels=labels)


def prompts_dir(settings: Settings) -> Path:
    """The folder with `tr/` and `en/`; the shipped one lies beside the packages."""
    return settings.prompts_dir or Path(__file__).parent.parent / "asterisk-conf" / "sounds"


def _profile(agent: Agent, settings: Settings) -> AgentProfile:
    return AgentProfile(
        id=AgentId(agent.extension),
        name=agent.name,
        endpoint=agent.endpoint,
        node=NodeId(settings.node),
        services=frozenset(ServiceId(name) for name in agent.services),
        backup=agent.backup,
    )
