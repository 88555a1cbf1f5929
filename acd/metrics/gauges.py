"""The gauges that depend on the time of the scrape: queue, agents, windows, the worst stall."""

from collections.abc import Collection, Iterable, Mapping
from typing import Any, Final, NamedTuple, get_args

from prometheus_client.core import GaugeMetricFamily

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import AgentState
from acd.engine.model.ids import ServiceId
from acd.metrics.series import CLASSES
from acd.metrics.windows import FORMULAS, Tally

AGENT_STATES: Final[tuple[AgentState, ...]] = get_args(AgentState)


class Waiting(NamedTuple):
    """A caller in the queue, an agent ringing for them or not."""

    service: ServiceId
    priority: ServiceClass
    queued_at: float


class Shares(NamedTuple):
    """The figures of one window and group."""

    asa_s: float | None
    within_target: float | None
    service_level: Mapping[str, float | None]
    """By formula."""


def shares_of(tally: Tally) -> Shares:
    """The figures of a tally."""
    return Shares(tally.asa_s, tally.within_target, {formula: tally.service_level(formula) for formula in FORMULAS})


def shares_in(statistics: Mapping[str, Any]) -> Iterable[tuple[str, str, Shares]]:
    """The windows of `Metrics.statistics`."""
    for window, groups in statistics["windows"].items():
        for group, counted in groups.items():
            yield window, group, Shares(counted["asa_s"], counted["within_target"], counted["service_level"])


def statistics_of(tally: Tally) -> dict[str, Any]:
    """A tally as the API shows it."""
    return {
        "offered": tally.offered,
        "answered": tally.answered,
        "abandoned": tally.abandoned,
        "called_back": tally.called_back,
        "other": tally.other,
        "asa_s": None if tally.asa_s is None else round(tally.asa_s, 3),
        "within_target": tally.within_target,
        "service_level": {formula: tally.service_level(formula) for formula in FORMULAS},
    }


def service_label(service: ServiceId | None, known: Collection[ServiceId]) -> str:
    """A service as a label: labels are bounded."""
    if service is None:
        return "none"
    return service if service in known else "other"


def queue_gauges(
    now: float, services: Mapping[ServiceId, ServiceClass], callers: Iterable[Waiting]
) -> Iterable[GaugeMetricFamily]:
    """Callers by service and class, and how long the first of each class has waited by `now`."""
    waiting = GaugeMetricFamily(
        "cozum_calls_waiting",
        "Callers in the queue now, those an agent rings for included.",
        labels=("service", "class"),
    )
    counts: dict[tuple[str, str], int] = dict.fromkeys(services.items(), 0)
    since: dict[str, float] = dict.fromkeys(CLASSES, now)
    for caller in callers:
        key = (service_label(caller.service, services), caller.priority)
        counts[key] = counts.get(key, 0) + 1
        since[caller.priority] = min(since[caller.priority], caller.queued_at)
    for labels, count in counts.items():
        waiting.add_metric(labels, count)
    yield waiting
    longest = GaugeMetricFamily(
        "cozum_longest_wait_seconds", "How long the caller waits who waits longest; 0 if nobody.", labels=("class",)
    )
    for priority, queued_at in since.items():
        longest.add_metric((priority,), now - queued_at)
    yield longest


def callback_gauge(priorities: Collection[ServiceClass]) -> GaugeMetricFamily:
    """Callers who are to be called back, by class."""
    back = GaugeMetricFamily(
        "cozum_callbacks_waiting", "Callers who have hung up and are to be called back.", labels=("class",)
    )
    for priority in CLASSES:
        back.add_metric((priority,), sum(one == priority for one in priorities))
    return back


def agent_gauge(states: Iterable[AgentState]) -> GaugeMetricFamily:
    """Agents by state."""
    agents = GaugeMetricFamily("cozum_agents", "Agents by what they do now.", labels=("state",))
    counts = dict.fromkeys(AGENT_STATES, 0)
    for state in states:
        counts[state] += 1
    for state, count in counts.items():
        agents.add_metric((state,), count)
    return agents


def window_gauges(
    windows: Iterable[tuple[str, str, Shares]], *, target_s: float, service_level_s: float
) -> Iterable[GaugeMetricFamily]:
    """Speed of answer, share within the target and service level of each window and class."""
    asa = GaugeMetricFamily(
        "cozum_average_speed_of_answer_seconds",
        "Mean wait of the calls answered in the window; NaN if none was. The day is the local one.",
        labels=("window", "class"),
    )
    met = GaugeMetricFamily(
        "cozum_calls_within_target_ratio",
        f"Share of the calls answered or abandoned in the window that met the target of {target_s:g} s, NaN if none"
        " was: waited no longer (routine), were answered within it of the line's answer (urgent), or were given up"
        " before it.",
        labels=("window", "class"),
    )
    level = GaugeMetricFamily(
        "cozum_service_level_ratio",
        f"Share served within T = {service_level_s:g} s, of the calls that left the queue in the window; "
        f"NaN if none did. Formulas: {'; '.join(f'{name}: {text}' for name, text in FORMULAS.items())}.",
        labels=("window", "class", "formula"),
    )
    for window, group, shares in windows:
        asa.add_metric((window, group), _or_nan(shares.asa_s))
        met.add_metric((window, group), _or_nan(shares.within_target))
        for formula in FORMULAS:
            level.add_metric((window, group, formula), _or_nan(shares.service_level.get(formula)))
    yield asa
    yield met
    yield _one("cozum_target_wait_seconds", "How soon a caller should speak to a person.", target_s)
    yield level
    yield _one("cozum_service_level_threshold_seconds", "T of the service level.", service_level_s)


def worst_stall_gauge(seconds: float) -> GaugeMetricFamily:
    """The longest stall of late."""
    about = "The longest stall of the event loop in the last one to two minutes."
    return _one("cozum_loop_stall_worst_seconds", about, seconds)


def _one(name: str, about: str, value: float) -> GaugeMetricFamily:
    gauge = GaugeMetricFamily(name, about)
    gauge.add_metric((), value)
    return gauge


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
