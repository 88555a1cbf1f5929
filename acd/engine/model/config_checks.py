"""Checks of a configuration. Code that reads services and settings from files uses them too, so each rule is written
once."""

import math
from collections.abc import Collection, Mapping, Sequence
from typing import NamedTuple

from acd.engine.model.config import (
    LEAST_EVERY_S,
    LONGEST_S,
    MAX_LEVEL,
    MOST_AGEING,
    Announcements,
    EngineConfig,
    Service,
)
from acd.engine.model.errors import BadConfig
from acd.engine.model.ids import ServiceId


class Fault(NamedTuple):
    """One fault. `key` is the path to it; `value` is None if there is none."""

    key: str
    value: object
    allowed: str
    """What is wrong, and what is allowed."""

    def __str__(self) -> str:
        return f"{self.key}: {self.allowed}" if self.value is None else f"{self.key} = {self.value!r}: {self.allowed}"


LEAST: Mapping[str, int] = {
    "wrapup_s": 0,
    "ring_s": 1,
    "max_misses": 1,
    "retry_s": 0,
    "skip_s": 0,
    "regroup_s": 0,
    "offer_grace_s": 0,
    "reserve": 0,
    "owner_first_s": 0,
    "empty_grace_s": 0,
    "callback_offer_after_s": 0,
    "callback_tries": 1,
    "callback_retry_s": 1,
    "callback_ring_s": 1,
    "headroom": 0,
    "headroom_from": 1,
    "backup_after_s": 0,
    "redial_s": 0,
    "most_calls": 0,
    "emergency_places": 0,
    "urgent_calls_per_hour": 0,
    "urgent_calls_withheld": 0,
    "first_time_agents": 0,
    "callbacks_per_number": 0,
    "callbacks_per_hour": 0,
}
"""The least allowed value of each number of `EngineConfig`."""


def checked(config: EngineConfig) -> EngineConfig:
    """Return `config`, or raise `BadConfig` with every fault, one line each: key, value and what is allowed."""
    faults = service_faults(config.services, config.default_service, [schedule.id for schedule in config.schedules])
    faults += _agent_faults(config)
    faults += key_faults(config.callback_key, config.escalation_key)
    faults += message_key_faults(config)
    if config.callback_abandoned_urgent and not config.callbacks:
        faults.append(Fault("callback_abandoned_urgent", True, "needs callbacks"))
    if config.rules.get("disposition_required") and not config.wrapup_recall:
        faults.append(Fault("disposition_required", True, "needs wrapup_recall: no urgent caller waits for paper"))
    for told in config.announcements:
        key = f"announcements.{told.priority}"
        if sum(other.priority == told.priority for other in config.announcements) > 1:
            faults.append(Fault(key, None, "each class may stand once only"))
        faults += announcement_faults(told, f"{key}.")
    for number, points in config.vip.items():
        if not 0 < points < math.inf:
            faults.append(Fault("vip", None, f"entry {list(config.vip).index(number) + 1}: more than 0 is allowed"))
    for key, low in LEAST.items():
        value = getattr(config, key)
        if not low <= value < math.inf:
            faults.append(Fault(key, value, f"at least {low} is allowed"))
    if faults:
        raise BadConfig("\n".join(map(str, faults)))
    return config


def announcement_faults(told: Announcements, prefix: str = "") -> list[Fault]:
    """Faults of the announcements of a class."""
    faults = []
    if not 0 <= told.after_s <= LONGEST_S:
        faults.append(Fault(f"{prefix}after_s", told.after_s, f"0 to {LONGEST_S:.0f} is allowed"))
    if told.every_s != 0 and not LEAST_EVERY_S <= told.every_s <= LONGEST_S:
        allowed = f"0 (once) or at least {LEAST_EVERY_S:g} is allowed"
        faults.append(Fault(f"{prefix}every_s", told.every_s, allowed))
    return faults


def key_faults(callback_key: str, escalation_key: str) -> list[Fault]:
    """Faults of the keys that waiting callers press."""
    if callback_key and callback_key == escalation_key:
        return [Fault("callback_key", callback_key, "is the escalation_key already; choose another")]
    return []


def message_key_faults(config: EngineConfig) -> list[Fault]:
    """Faults of the key by which callers leave messages, if messages are taken (`rules/audio_messages.py`)."""
    rules = config.rules
    key = f"{rules['message_key']:g}" if rules.get("message_s") and "message_key" in rules else ""
    for name, other in (("callback_key", config.callback_key), ("escalation_key", config.escalation_key)):
        if key and key == other:
            return [Fault("message_key", int(key), f"is the {name} already; choose another")]
    return []


def service_faults(services: Sequence[Service], default: ServiceId, schedules: Collection[str]) -> list[Fault]:
    """Faults of the services, of the default one, and of references between services and to schedules."""
    by_id = {service.id: service for service in services}
    names = ", ".join(by_id)
    faults: list[Fault] = []
    if len(by_id) < len(services):
        faults.append(Fault("service", None, "each id may stand once only"))
    if default not in by_id:
        faults.append(Fault("default_service", default, f"one of {names} is allowed"))
    for service in services:
        key = f"service.{service.id}"
        if service.overflow_to is not None:
            faults += _overflow_faults(f"{key}.overflow_to", service, service.overflow_to, by_id)
        elif service.max_waiting is not None:
            faults.append(Fault(f"{key}.max_waiting", service.max_waiting, f"needs overflow_to, one of {names}"))
        if service.max_waiting is not None and service.max_waiting < 1:
            faults.append(Fault(f"{key}.max_waiting", service.max_waiting, "1 or more is allowed"))
        if service.max_wait_s is not None and not 0 < service.max_wait_s <= LONGEST_S:
            allowed = f"more than 0 and up to {LONGEST_S:.0f} is allowed"
            faults.append(Fault(f"{key}.max_wait_s", service.max_wait_s, allowed))
        if not 0 < service.ageing <= MOST_AGEING:
            faults.append(Fault(f"{key}.ageing", service.ageing, f"more than 0 and up to {MOST_AGEING:.0f} is allowed"))
        faults += _skill_faults(key, service)
        faults += _refusal_faults(key, service, schedules)
        faults += _code_faults(key, service, services)
    return faults


def _agent_faults(config: EngineConfig) -> list[Fault]:
    """Faults of the agents."""
    services = [service.id for service in config.services]
    allowed = f"no such service; allowed are {', '.join(services)}"
    faults: list[Fault] = []
    seen: set[str] = set()
    for agent in config.agents:
        key = f"agent.{agent.id}"
        if agent.id in seen:
            faults.append(Fault(key, None, "each extension may stand once only"))
        seen.add(agent.id)
        faults += [Fault(f"{key}.services", name, allowed) for name in sorted(agent.services) if name not in services]
        for name, level in sorted(agent.skills.items()):
            if name not in services:
                faults.append(Fault(f"{key}.skills", name, allowed))
            if not 1 <= level <= MAX_LEVEL:
                faults.append(Fault(f"{key}.skills.{name}", level, f"1 to {MAX_LEVEL} is allowed"))
    return faults


def _code_faults(key: str, service: Service, services: Sequence[Service]) -> list[Fault]:
    """Faults of the transfer codes."""
    code = service.transfer_code
    if not code:
        return []
    if not (code.isascii() and code.isdigit() and len(code) <= 6):
        return [Fault(f"{key}.transfer_code", code, "1 to 6 digits are allowed")]
    if sum(other.transfer_code == code for other in services) > 1:
        return [Fault(f"{key}.transfer_code", code, "each code may stand once only")]
    return []


def _skill_faults(key: str, service: Service) -> list[Fault]:
    """Faults of a service's requirements for agents."""
    faults = []
    if not 1 <= service.min_level <= MAX_LEVEL:
        faults.append(Fault(f"{key}.min_level", service.min_level, f"1 to {MAX_LEVEL} is allowed"))
    after_s, level = 0.0, service.min_level
    for place, step in enumerate(service.relax):
        here = f"{key}.relax.{place}"
        if not after_s < step.after_s <= LONGEST_S:
            allowed = f"more than {after_s:g} and up to {LONGEST_S:.0f} is allowed, each step after the last"
            faults.append(Fault(f"{here}.after_s", step.after_s, allowed))
        if step.level is None and not step.any_language:
            faults.append(Fault(here, None, "asks no less than before; set level or any_language = true"))
        if step.level is not None and not 1 <= step.level < level:
            faults.append(Fault(f"{here}.level", step.level, f"at least 1 and less than {level} is allowed"))
        after_s, level = step.after_s, step.level or level
    return faults


def _refusal_faults(key: str, service: Service, schedules: Collection[str]) -> list[Fault]:
    """Faults of the conditions for refusing callers."""
    faults = []
    urgent = service.priority == "urgent"
    for name, value in (("join_empty", service.join_empty), ("leave_empty", service.leave_empty)):
        if value == "release" and urgent:
            allowed = "an urgent caller is never let go; wait or overflow is allowed"
            faults.append(Fault(f"{key}.{name}", value, allowed))
        if value == "overflow" and service.overflow_to is None:
            faults.append(Fault(f"{key}.{name}", value, "needs overflow_to"))
    if service.hours is not None:
        if urgent:
            faults.append(Fault(f"{key}.hours", service.hours, "an urgent service is always open; leave hours out"))
        if service.hours not in schedules:
            faults.append(Fault(f"{key}.hours", service.hours, f"one of {', '.join(schedules) or 'none'} is allowed"))
        if service.closed == "overflow" and service.overflow_to is None:
            faults.append(Fault(f"{key}.closed", "overflow", "needs overflow_to"))
    return faults


def _overflow_faults(key: str, service: Service, to: ServiceId, services: Mapping[ServiceId, Service]) -> list[Fault]:
    """Faults of one service's overflow: unknown, to a lower class, or round in a circle."""
    target = services.get(to)
    if target is None:
        return [Fault(key, to, f"one of {', '.join(services)} is allowed")]
    if service.priority == "urgent" and target.priority != "urgent":
        return [Fault(key, to, "is routine: an urgent caller may only go to an urgent service")]
    trail = [service.id]
    while target is not None:
        if target.id in trail:
            return [Fault(key, to, f"goes round in a circle: {' → '.join([*trail, target.id])}")]
        trail.append(target.id)
        target = services.get(target.overflow_to) if target.overflow_to else None
    return []
