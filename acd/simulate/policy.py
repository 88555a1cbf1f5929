"""Policies: names for engine configurations. There is no second model of routing here; what a policy does, the engine
that answers the line does."""

from collections.abc import Callable
from dataclasses import dataclass

import msgspec

from acd.engine.model.config import AgentProfile, AutoAnswer, EngineConfig, Service
from acd.engine.model.ids import AgentId, NodeId, ServiceId
from acd.simulate.inputs import BadInput, number

NODE = NodeId("sim")
URGENT, ROUTINE = ServiceId("urgent"), ServiceId("routine")
ENDLESS_S = 1e9
"""A configured wrap-up that never ends by itself: the simulated agent ends it, after a random time. Phones ring as
long: the simulated agent picks up."""


@dataclass(frozen=True)
class Policy:
    """A policy by name, its numbers read."""

    kind: str
    numbers: tuple[float, ...]
    name: str


Build = Callable[[EngineConfig, tuple[float, ...]], EngineConfig]


_ONE_CLASS = (Service(id=URGENT), Service(id=ROUTINE))
_TWO_CLASSES = (Service(id=URGENT, priority="urgent"), Service(id=ROUTINE))


def _fifo(config: EngineConfig, _: tuple[float, ...]) -> EngineConfig:
    return msgspec.structs.replace(config, services=_ONE_CLASS)


def _strict(config: EngineConfig, _: tuple[float, ...]) -> EngineConfig:
    return msgspec.structs.replace(config, services=_TWO_CLASSES)


def _ageing(config: EngineConfig, rates: tuple[float, ...]) -> EngineConfig:
    urgent, routine = rates
    return msgspec.structs.replace(
        config, services=(Service(id=URGENT, ageing=urgent), Service(id=ROUTINE, ageing=routine))
    )


def _reserve(config: EngineConfig, held_back: tuple[float, ...]) -> EngineConfig:
    return msgspec.structs.replace(config, services=_TWO_CLASSES, reserve=int(held_back[0]))


def _with(**rules: object) -> Build:
    """Urgent first and one more rule."""
    return lambda config, _: msgspec.structs.replace(config, services=_TWO_CLASSES, **rules)


def _shipped(*names: str) -> Build:
    """Urgent first and one more rule, as it ships."""

    def build(config: EngineConfig, _: tuple[float, ...]) -> EngineConfig:
        rules = shipped_rules()
        return msgspec.structs.replace(config, services=_TWO_CLASSES, **{name: rules[name] for name in names})

    return build


def _headroom(config: EngineConfig, most: tuple[float, ...]) -> EngineConfig:
    return msgspec.structs.replace(config, services=_TWO_CLASSES, headroom=int(most[0]))


def _backup(config: EngineConfig, numbers: tuple[float, ...]) -> EngineConfig:
    count, after_s = int(numbers[0]), numbers[1]
    first = len(config.agents)
    second = tuple(_profile(first + n, backup=True) for n in range(count))
    return msgspec.structs.replace(config, services=_TWO_CLASSES, agents=config.agents + second, backup_after_s=after_s)


def _cozum(config: EngineConfig, _: tuple[float, ...]) -> EngineConfig:
    return msgspec.structs.replace(config, services=_TWO_CLASSES, **shipped_rules())


def _by_itself(wish: AutoAnswer) -> Build:
    """As it ships, and each agent's phone answers such calls by itself."""

    def build(config: EngineConfig, numbers: tuple[float, ...]) -> EngineConfig:
        agents = tuple(msgspec.structs.replace(agent, auto_answer=wish) for agent in config.agents)
        return msgspec.structs.replace(_cozum(config, numbers), agents=agents)

    return build


def _and(**rules: object) -> Build:
    """As it ships, but for these rules."""
    return lambda config, numbers: msgspec.structs.replace(_cozum(config, numbers), **rules)


def shipped_rules() -> dict[str, object]:
    """Every rule of the engine that is a setting, as it ships. What the simulated world has its own options for (how
    long wrap-up and ring are) is left out."""
    from acd.config.rule_settings import RULE_SETTINGS  # slow to import, and of use here only
    from acd.config.settings import Settings

    fields = Settings.model_fields
    own = {"wrapup_s", "ring_s"}
    given = {
        name: fields[name].default for name in EngineConfig.__struct_fields__ if name in fields and name not in own
    }
    return given | {"rules": {name: fields[name].default for name in RULE_SETTINGS}}


POLICIES: dict[str, tuple[int, str, Build]] = {
    "fifo": (0, "one class, first come first served", _fifo),
    "strict": (0, "urgent first", _strict),
    "ageing": (2, "ageing:U:N, urgent and routine gain U and N points a second", _ageing),
    "reserve": (1, "reserve:K, urgent first and K agents held back from routine calls", _reserve),
    "cozum": (0, "the shipped default", _cozum),
    "wrapup_recall": (
        0,
        "urgent first, and agents in after-call work may be offered urgent callers",
        _with(wrapup_recall=True),
    ),
    "ring_recall": (
        0,
        "urgent first, and agents who ring for a routine caller are taken for urgent ones",
        _with(ring_recall=True),
    ),
    "menu_first": (
        0,
        "the shipped default, with no phone that rings before they have said what for",
        _and(early_ring=False),
    ),
    "auto_answer": (0, "the shipped default, and phones answer urgent callers by themselves", _by_itself("urgent")),
    "auto_answer_all": (0, "the shipped default, and phones answer all callers by themselves", _by_itself("all")),
    "quickest": (
        0,
        "the shipped default, and of idle agents the one who picks up soonest is rung",
        _and(strategy="quickest"),
    ),
    "any_phone": (
        0,
        "the shipped default, and urgent callers have the agent idle longest, however slow to pick up",
        _and(rules={}),
    ),
    "early_ring": (0, "urgent first, and a phone rings while they say what for (--menu)", _with(early_ring=True)),
    "headroom": (1, "headroom:K, urgent first and up to K agents held back as the urgent load asks", _headroom),
    "backup": (2, "backup:K:T, urgent first and K further agents for those of them who waited T seconds", _backup),
    "escalation": (0, "urgent first, and waiting callers can say by a key that they are", _shipped("escalation_key")),
    "redial": (0, "urgent first, and urgent callers who call again have the place they had", _shipped("redial_s")),
    "callback": (
        0,
        "urgent first, and urgent callers who gave up are called back",
        _with(callbacks=True, callback_abandoned_urgent=True),
    ),
}
"""Name: how many numbers follow, what it is, and the engine configuration it makes."""


def policy(text: str) -> Policy:
    """`fifo`, `strict`, `ageing:5:1`, `reserve:1` or `cozum`. Raises `BadInput`."""
    kind, *rest = text.split(":")
    if kind not in POLICIES:
        raise BadInput(f"--policy: {text}: must be one of {allowed()}")
    count, what, _ = POLICIES[kind]
    if len(rest) != count:
        raise BadInput(f"--policy: {text}: must have {count} number(s): {kind} is {what}")
    numbers = tuple(number("--policy", cell, 0) for cell in rest)
    if kind in ("reserve", "headroom", "backup") and numbers[0] != int(numbers[0]):
        raise BadInput(f"--policy: {text}: K must be a whole number of agents")
    if kind == "ageing" and min(numbers) <= 0:
        raise BadInput(f"--policy: {text}: points a second must be above 0")
    return Policy(kind, numbers, text)


def allowed() -> str:
    """The names, for messages and help."""
    return ", ".join(what.partition(",")[0] if count else kind for kind, (count, what, _) in POLICIES.items())


def config_of(chosen: Policy, agents: int, *, wrapup: bool) -> EngineConfig:
    """The engine configuration of a policy with `agents` agents who take every call; those of a backup tier come
    on top."""
    profiles = tuple(_profile(n) for n in range(agents))
    wrapup_s = ENDLESS_S if wrapup else 0.0
    base = EngineConfig(agents=profiles, default_service=ROUTINE, wrapup_s=wrapup_s, ring_s=ENDLESS_S)
    return POLICIES[chosen.kind][2](base, chosen.numbers)


def _profile(n: int, *, backup: bool = False) -> AgentProfile:
    return AgentProfile(id=agent_id(n), name=f"Agent {n}", endpoint=f"PJSIP/{agent_id(n)}", node=NODE, backup=backup)


def agent_id(n: int) -> AgentId:
    """The extension of the n-th agent, from 0."""
    return AgentId(str(1001 + n))
