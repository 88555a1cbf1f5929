"""What `cozum flow time` finds: ways, when the urgent key has been said, and what studio recordings cost."""

from dataclasses import dataclass
from typing import Any, Final

import msgspec

from acd.config.rules import prompts_dir
from acd.config.services import parse_services, services_text
from acd.config.settings import Settings
from ivr.catalogue import load_catalogues
from ivr.flow import Flow
from ivr.paths import URGENT_SAID_S, Walk, Way, costs
from ivr.sound import measure
from ivr.speak import longer_by

HEADS: Final = ["seconds", "pressed", "step", "service", "phone", "longer"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Recording:
    """A studio recording that is longer than the spoken prompt."""

    prompt: str
    longer_s: float
    costs: dict[str, float]
    """By the first that a caller does, a key or `silence`, the seconds by which the recording alone makes them wait
    longer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Times:
    """A flow in one language."""

    language: str
    urgent_key: str
    urgent_said_s: float | None
    """When the urgent key has been said; None if the first menu has none."""
    ways: list[Way]
    spoken: dict[tuple[str, ...], float]
    """By way, its seconds with the spoken prompts in place of the recordings."""
    recordings: list[Recording]
    services: dict[str, str]
    """By first key, the services to which it leads."""


def timed(settings: Settings, flow: Flow, language: str, *, early: bool) -> Times:
    """Measure the prompts of a language. Raises `NotAPrompt` for one that Asterisk would not play."""
    folder = prompts_dir(settings)
    sounds, texts = folder / language, load_catalogues(settings.prompts_dir)[language]
    longer = {key.partition("/")[2]: more for key, more in longer_by(folder).items() if key.startswith(f"{language}/")}

    def walk(spoken: frozenset[str]) -> Walk:
        """The flow with the spoken prompts in place of these recordings."""

        def lasts_s(prompt: str) -> float:
            less = longer[prompt] if prompt in spoken else 0.0
            return measure(sounds / f"{prompt}.wav").duration_s - less

        return Walk(flow, lasts_s, lambda prompt: texts[prompt].text, early=early)

    source, text = services_text(settings.services_path)
    urgent = {one.id for one in parse_services(text, source).services if one.priority == "urgent"}
    now = walk(frozenset())
    key, said_s = now.urgent_key(urgent) or ("", None)
    ways, spoken = now.ways(), walk(frozenset(longer)).ways() if longer else []
    services: dict[str, list[str]] = {}
    for way in ways:
        known = services.setdefault(way.did[0] if way.did else "silence", [])
        if way.service and way.service not in known:
            known.append(way.service)
    return Times(
        language=language,
        urgent_key=key,
        urgent_said_s=None if said_s is None else round(said_s, 2),
        ways=ways,
        spoken={way.did: way.seconds for way in spoken},
        recordings=[
            Recording(prompt=prompt, longer_s=more, costs=costs(ways, walk(frozenset({prompt})).ways()))
            for prompt, more in longer.items()
        ],
        services={first: ", ".join(names) for first, names in services.items()},
    )


def lines(times: Times) -> list[str]:
    """What is to be known before the ways."""
    found = [_urgent_line(times)]
    for one in times.recordings:
        prompt = f"{times.language}/{one.prompt}: a recording {one.longer_s:.2f} s longer than it was spoken"
        told = ", ".join(f"{_who(times, first)} {more:.2f} s" for first, more in sorted(one.costs.items()))
        found.append(f"{prompt}; it costs " + (told or "nobody on a way through the flow"))
    return found


def _urgent_line(times: Times) -> str:
    if times.urgent_said_s is None:
        return f"{times.language}: the first menu has no urgent key"
    said = f"{times.language}: the urgent key, {times.urgent_key}, has been said after {times.urgent_said_s:.2f} s"
    late = round(times.urgent_said_s - URGENT_SAID_S, 2)
    return f"{said}; target {URGENT_SAID_S:g} s, {'met' if late <= 0 else f'missed by {late:.2f} s'}"


def _who(times: Times, first: str) -> str:
    services = times.services.get(first, "")
    who = "silent callers" if first == "silence" else f"who presses {first}"
    return f"{who} ({services})" if services else who


def _longer(times: Times, way: Way) -> float:
    return round(way.seconds - times.spoken.get(way.did, way.seconds), 2)


def rows(times: Times) -> list[list[str]]:
    """The table, the quickest way first."""
    found = []
    for way in times.ways:
        more = _longer(times, way)
        found.append(
            [
                f"{way.seconds:.1f}", " ".join(way.did), way.end, way.service or "—", "rings" if way.rings else "",
                f"+{more:.1f}" if more >= 0.05 else "",
            ]
        )  # fmt: skip
    return found


def record(times: Times) -> dict[str, Any]:
    """As JSON."""
    said_s = times.urgent_said_s
    return {
        "language": times.language,
        "urgent_key": {
            "key": times.urgent_key,
            "said_s": said_s,
            "target_s": URGENT_SAID_S,
            "met": None if said_s is None else said_s <= URGENT_SAID_S,
        },
        "recordings": [
            {"prompt": f"{times.language}/{one.prompt}", "longer_s": one.longer_s, "costs_s": one.costs}
            for one in times.recordings
        ],
        "ways": [msgspec.to_builtins(way) | {"longer_s": _longer(times, way)} for way in times.ways],
    }
