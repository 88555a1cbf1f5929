"""The line's rules, read from files and checked together: services, agents, flow and prompts.

A fault stops the start; at a reload it leaves the old rules in force.
"""

import errno
import os
import stat
from collections.abc import Collection, Sequence
from pathlib import Path
from zoneinfo import ZoneInfo

import msgspec

from acd.config.capacity import capacity
from acd.config.exposure import guessable
from acd.config.hours import Hours, moved, public_holidays, schedule
from acd.config.number_lists import load_numbers
from acd.config.rule_settings import RULE_SETTINGS
from acd.config.services import parse_services as parse_services  # for people who read only this file
from acd.config.services import services_text as services_text
from acd.config.settings import Settings
from acd.engine.model.commands import CallBack
from acd.engine.model.config import AgentProfile, Announcements, EngineConfig, Schedule, Service, ServiceClass
from acd.engine.model.config_checks import checked
from acd.engine.model.errors import BadConfig
from acd.engine.model.ids import TASK_MARK, AgentId, NodeId, ServiceId
from acd.lib import shipped
from acd.lib.clock import clock
from agents.directory import Agent, parse_agents
from ivr.catalogue import MONITORING_PROMPTS, load_flow, missing_sounds, read_text
from ivr.flow import Choose, Flow, early_menus, kinds, music_class
from ivr.menu_file import SpokenMenu, lasts_s

UNTOLD = "ne olduğunu sorun"
"""Shown on an agent's phone for an urgent caller who has not pressed the kind: ask them."""


class Rules(msgspec.Struct, frozen=True, kw_only=True):
    """All rules, consistent with each other."""

    config: EngineConfig
    agents: tuple[Agent, ...]
    flow: Flow
    labels: dict[ServiceId, str]
    hours: tuple[Hours, ...] = ()
    menus: tuple[SpokenMenu, ...] = ()
    """Menus that callers hear during an early ring; empty without early ring."""

    def menu_s(self, step: str, language: str) -> float:
        """Seconds that such a menu takes, with the time for a key."""
        name = music_class(step, language)
        return next((menu.lasts_s for menu in self.menus if menu.name == name), 0.0)

    def with_hours(self, now: float, timezone: str, ahead_s: float = 0.0) -> "Rules":
        """These rules with opening hours computed from `now` (Unix seconds) on. The engine compares them with its own
        time, which may be ahead of people's by `ahead_s`: they are moved by as much."""
        schedules = tuple(
            moved(schedule(one, now=now - ahead_s, zone=ZoneInfo(timezone), holidays_of=public_holidays), ahead_s)
            for one in self.hours
        )
        return msgspec.structs.replace(self, config=msgspec.structs.replace(self.config, schedules=schedules))

    def label(self, service: ServiceId, priority: ServiceClass, urgent_calls: int = 0, untold: bool = False) -> str:
        """The text on an agent's phone for a call whose number made so many urgent calls within the hour. `untold`: the
        kind is not known yet."""
        label = UNTOLD if untold else self.labels.get(service, service)
        if priority == "outcome":
            return f"SONUÇ: {label}"
        if priority != "urgent":
            return label
        return f"ACİL {urgent_calls}. kez: {label}" if urgent_calls > 1 else f"ACİL: {label}"

    def callback_label(self, order: CallBack) -> str:
        """The text on an agent's phone that rings so that its caller is called."""
        if TASK_MARK in order.call:
            return f"Görev araması: {self.labels.get(order.service, order.service)}"
        return f"Geri arama: {self.label(order.service, order.priority, order.urgent_calls)}"

    def is_recorded(self, service: ServiceId) -> bool:
        """Whether calls for a service are recorded. A service that is not known counts as a routine one."""
        urgent = any(one.id == service and one.priority == "urgent" for one in self.config.services)
        return self.config.recording == "all" or (self.config.recording == "urgent" and urgent)

    def opens_ticket(self, service: ServiceId) -> bool:
        """Whether calls for a service open a request by themselves."""
        return any(one.id == service and one.opens_ticket for one in self.config.services)

    def agent_of(self, endpoint: str) -> AgentId | None:
        """The agent whose phone this is."""
        for agent in self.agents:
            if endpoint in (agent.endpoint, agent.page):
                return AgentId(agent.extension)
        return None

    def phones(self) -> dict[str, AgentId]:
        """The agent of each endpoint. An agent's page in the browser comes after their telephone: it is preferred."""
        return {
            endpoint: AgentId(agent.extension) for agent in self.agents for endpoint in (agent.endpoint, agent.page)
        }

    def with_services(self, extension: str, services: Collection[str]) -> "Rules":
        """The same rules, with other services for an agent for the shift. They keep the levels of skill for those that
        stay. Raises `BadConfig`."""
        known = [str(service.id) for service in self.config.services]
        if wrong := sorted(set(services) - set(known)):
            raise BadConfig(f"services: {', '.join(wrong)}: {', '.join(known)} are allowed")
        if not services:
            raise BadConfig("services: none; an agent takes one service at least, or signs out")
        profiles = {profile.id: profile for profile in self.config.agents}
        profile = profiles.get(AgentId(extension))
        if profile is None:
            raise BadConfig(f"extension = {extension!r}: {', '.join(profiles)} are allowed")
        taken = frozenset(ServiceId(one) for one in services)
        levels = {one: level for one, level in profile.skills.items() if one in taken}
        return self.with_profile(
            msgspec.structs.replace(profile, services=frozenset(taken - levels.keys()), skills=levels, for_shift=True)
        )

    def with_profile(self, profile: AgentProfile) -> "Rules":
        """The same rules, with this profile for an agent there is."""
        agents = tuple(profile if one.id == profile.id else one for one in self.config.agents)
        return msgspec.structs.replace(self, config=msgspec.structs.replace(self.config, agents=agents))

    def pin_hash(self, extension: AgentId) -> str:
        """The hash of an agent's PIN; empty for an unknown agent."""
        return next((agent.pin_hash for agent in self.agents if agent.extension == extension), "")


def load_rules(settings: Settings) -> Rules:
    """Read and check everything. Raises `BadConfig` with the faults, one line each: file, key, value, what is
    allowed."""
    refuse_absent(settings)
    source, text = services_text(settings.services_path)
    services = parse_services(text, source)
    names = [service.id for service in services.services]
    agents = parse_agents(read_text(settings.agents_path), file=str(settings.agents_path), services=names)
    if faults := guessable(settings, agents):
        raise BadConfig("\n".join(faults))
    flow = flow_of(settings, names)
    own = {service.closed_prompt for service in services.services}
    if missing := missing_sounds(flow, prompts_dir(settings), own):
        faults = [f"{path}: no such prompt; record it, or make it with `python -m ivr.speak`" for path in missing]
        if settings.prompts_dir is not None:
            way_out = "name the folder that has them, or leave the setting out for the shipped ones"
            faults.append(f"prompts_dir = {str(settings.prompts_dir)!r}: lacks {len(missing)} prompts; {way_out}")
        raise BadConfig("\n".join(faults))
    menus = spoken_menus(flow, services.services, prompts_dir(settings)) if settings.early_ring else ()
    numbers = load_numbers(settings.numbers_path)
    most = capacity(settings, len(agents))
    alike = {name: getattr(settings, name) for name in EngineConfig.__struct_fields__ if name in Settings.model_fields}
    alike |= {"emergency_places": most.emergency, "early_ring": bool(menus)}
    config = checked(
        EngineConfig(
            services=services.services,
            agents=tuple(_profile(agent, settings) for agent in agents),
            schedules=tuple(Schedule(id=one.id, open=(), known_until=0.0) for one in services.hours),
            default_service=services.default,
            flow=flow.name,
            blocked=numbers.blocked,
            vip=numbers.vip,
            switchboards=numbers.switchboards,
            most_calls=most.calls,
            announcements=_announcements(settings),
            callbacks=bool(settings.callback_trunk),
            rules={name: getattr(settings, name) for name in RULE_SETTINGS},
            **alike,
        )
    )
    rules = Rules(config=config, agents=agents, flow=flow, labels=services.labels, hours=services.hours, menus=menus)
    return rules.with_hours(clock(), settings.timezone, clock.ahead_s)


def refuse_absent(settings: Settings) -> None:
    """Raise `BadConfig` for each setting that names a file or a folder that is not there, and for no list of agents."""
    faults = []
    if settings.agents_file is None and not settings.agents_path.exists():
        ways = "write it (docs/settings.md), name another by agents_file, or set demo = true for ten demo agents"
        faults.append(f"{settings.agents_path}: there is no list of agents; {ways}")
    for key in ("agents_file", "services_file", "numbers_file", "flow_file", "prompts_dir"):
        place: Path | None = getattr(settings, key)
        wants_folder = key == "prompts_dir"
        if place is None or not (why := _absence(place, wants_folder=wants_folder)):
            continue
        way_out = f"name a {'folder' if wants_folder else 'file'} that is there, or leave the setting out"
        faults.append(f"{key} = {str(place)!r}: cannot be read: {why}; {way_out}")
    if faults:
        raise BadConfig("\n".join(faults))


def _absence(place: Path, *, wants_folder: bool) -> str:
    """Why a file or folder is not there; empty if it is."""
    try:
        is_folder = stat.S_ISDIR(place.stat().st_mode)
    except OSError as error:
        return error.strerror or str(error)
    if is_folder == wants_folder:
        return ""
    return os.strerror(errno.ENOTDIR if wants_folder else errno.EISDIR)


def flow_of(settings: Settings, services: Collection[str] | None = None) -> Flow:
    """The flow that callers hear, checked against the ids of these services, by default those of the settings. Raises
    `BadConfig`."""
    if services is None:
        source, text = services_text(settings.services_path)
        services = [service.id for service in parse_services(text, source).services]
    flow = load_flow(
        settings.flow_path,
        services=services,
        prompts_dir=settings.prompts_dir,
        recording=settings.recording,
        monitoring=settings.monitoring,
    )
    if settings.monitoring and flow.prompts().isdisjoint(MONITORING_PROMPTS):
        allowed = " or ".join(sorted(MONITORING_PROMPTS))
        raise BadConfig(f"monitoring = true: the flow {flow.name} never says {allowed}, so nobody could be monitored")
    return flow


def menus_of(settings: Settings) -> tuple[SpokenMenu, ...]:
    """The menus that `early_ring` needs with these services, flow and prompts. Raises `BadConfig`."""
    source, text = services_text(settings.services_path)
    services = parse_services(text, source).services
    flow = flow_of(settings, [service.id for service in services])
    return spoken_menus(flow, services, prompts_dir(settings))


def spoken_menus(flow: Flow, services: Sequence[Service], sounds: Path) -> tuple[SpokenMenu, ...]:
    """The menus of kinds that callers hear while a phone rings, in each language. A menu that leads to a routine
    service is heard before any phone rings."""
    urgent = {service.id for service in services if service.priority == "urgent"}
    menus = []
    for step, menu in early_menus(flow).items():
        assert menu.early is not None
        untold = flow.steps[menu.early.untold]
        leads_to = {*kinds(flow, menu).values(), *([untold.service] if isinstance(untold, Choose) else [])}
        if not leads_to <= urgent:
            continue
        for language in flow.languages:
            prompts = menu.early.prompts
            said_s = lasts_s(sounds / language, prompts)
            menus.append(
                SpokenMenu(
                    name=music_class(step, language),
                    language=language,
                    prompts=prompts,
                    pause_s=menu.timeout_s,
                    lasts_s=round(said_s + menu.timeout_s, 3),
                )
            )
    return tuple(menus)


def _announcements(settings: Settings) -> tuple[Announcements, ...]:
    said: dict[ServiceClass, str] = {"urgent": settings.announce_urgent, "routine": settings.announce_routine}
    return tuple(
        Announcements(
            priority=priority,
            position="position" in what,
            wait="wait" in what,
            after_s=settings.announce_after_s,
            every_s=settings.announce_every_s,
        )
        for priority, what in said.items()
        if what
    )


def prompts_dir(settings: Settings) -> Path:
    """The folder with `tr/` and `en/`: the town's own, else the shipped one."""
    return settings.prompts_path or shipped.prompts()


def _profile(agent: Agent, settings: Settings) -> AgentProfile:
    return AgentProfile(
        id=AgentId(agent.extension),
        name=agent.name,
        endpoint=agent.endpoint,
        node=NodeId(settings.node),
        services=frozenset(ServiceId(name) for name in agent.services),
        skills={ServiceId(name): level for name, level in agent.skills.items()},
        languages=frozenset(agent.languages),
        backup=agent.backup,
        auto_answer=agent.auto_answer,
    )


def is_spoken(settings: Settings, language: str, prompt: str) -> bool:
    """Whether there is audio of a prompt."""
    return (prompts_dir(settings) / language / f"{prompt}.wav").is_file()
