"""The line's metrics, folded from the journal's facts, in a registry of their own.

After a restart the counters and histograms begin at 0, as Prometheus expects of a new process. What people look at
does not: `restore` takes queue and agents from the engine's state, and `replay` fills the windows again from the
journal, counting nothing a second time.

Labels are bounded: a service that is not configured counts as `other`, a caller who never chose one as `none`; no
number, name or call id is ever a label.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final, NamedTuple, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from acd.engine.model.config import EngineConfig, ServiceClass
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import (
    AgentState,
    AgentStateChanged,
    CallAnswered,
    CallbackQueued,
    CallbackRefusal,
    CallbackRefused,
    CallEnded,
    CallEscalated,
    CallOverflowed,
    CallQueued,
    CallReleased,
    CallStranded,
    CallTakenOver,
    CallTransferred,
    Fact,
    LineFaultBegan,
    LineFaultEnded,
    LineFaultWhy,
    MissesUndone,
    OfferEnded,
    OfferResult,
    Outcome,
    SurgeAnswered,
    SurgeBegan,
    SurgeEnded,
    SurgePlayed,
)
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.state import State
from acd.engine.model.target import TARGET_S, within_target
from acd.lib.refused_calls import REFUSALS
from acd.metrics.windows import FORMULAS, LENGTHS, Leaving, Tally, Windows, day_bounds

CLASSES: Final[tuple[ServiceClass, ...]] = get_args(ServiceClass)
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
CALLBACK_REFUSALS: Final[tuple[CallbackRefusal, ...]] = get_args(CallbackRefusal)
OFFER_RESULTS: Final[tuple[OfferResult, ...]] = get_args(OfferResult)
AGENT_STATES: Final[tuple[AgentState, ...]] = get_args(AgentState)

WAIT_BUCKETS: Final = (
    *(0.1, 0.25, 0.5, 1, 2, 3, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9, 10, 12, 15, 20, 25, 30, 45, 60, 90, 120, 180),
    *(300, 600),
)
"""Seconds; fine around the line's 6 s average, and with an edge at each threshold the field uses (6, 15, 20, 30)."""
STALL_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)
WORST_STALL_WINDOW_S: Final = 60.0

disable_created_metrics()  # type: ignore[no-untyped-call]

LEFT_AS: dict[Outcome, Leaving] = {"abandoned": "abandoned", "called_back": "called_back"}


class Waiting(NamedTuple):
    """A caller in the queue, an agent ringing for them or not."""

    service: ServiceId
    priority: ServiceClass
    queued_at: float


class Metrics:
    """Fold entries in, read the registry out. Everything runs on one thread.

    `services` gives each service's class until a `ConfigChanged` comes; `clock` Unix seconds at a scrape; `zone` says
    when the day begins; `service_level_s` is T of the service level, `target_s` how soon a caller should
    speak to a person.
    """

    def __init__(
        self,
        *,
        services: Mapping[ServiceId, ServiceClass] | None = None,
        clock: Callable[[], float],
        zone: tzinfo,
        service_level_s: float,
        target_s: float = TARGET_S,
        version: str = "",
    ) -> None:
        self.registry = CollectorRegistry(auto_describe=False)
        self.service_level_s = service_level_s
        self.target_s = target_s
        self.waiting: dict[CallId, Waiting] = {}
        self.to_call_back: dict[CallId, ServiceClass] = {}
        self.agents: dict[AgentId, AgentState] = {}
        self._services: dict[ServiceId, ServiceClass] = {}
        self._listed: frozenset[AgentId] = frozenset()
        self._clock = clock
        self._zone = zone
        self._windows = Windows(service_level_s=service_level_s, zone=zone)
        self._refused_so_far: Mapping[str, int] = {}
        self._ends_so_far: Mapping[str, int] = {}
        self._stalls: tuple[float, float] = (0.0, 0.0)
        self._stalls_before = 0.0
        self._state: dict[type[Fact], Callable[[Any], None]] = {
            CallQueued: self._queued,
            CallOverflowed: self._overflowed,
            CallbackQueued: self._hung_up,
            CallAnswered: self._waits_no_more,
            CallReleased: self._waits_no_more,
            CallTransferred: self._transferred,
            CallTakenOver: self._waits_no_more,
            CallEnded: self._waits_no_more,
            CallEscalated: self._escalated,
            SurgeBegan: self._surge_changed,
            SurgeEnded: self._surge_changed,
            AgentStateChanged: self._agent_changed,
            LineFaultBegan: self._fault_changed,
            LineFaultEnded: self._fault_changed,
        }
        self._history: dict[type[Fact], Callable[[Any], None]] = {
            CallAnswered: self._left_answered,
            CallEnded: self._left_otherwise,
        }
        self._counters: dict[type[Fact], Callable[[Any], None]] = {
            CallAnswered: self._measure_estimate,
            CallEnded: self._count_call,
            OfferEnded: self._count_offer,
            CallStranded: self._count_stranded,
            CallbackRefused: self._count_callback_refused,
            LineFaultBegan: self._count_fault,
            MissesUndone: self._count_undone,
            CallEscalated: self._count_escalation,
            SurgePlayed: self._count_surge,
            SurgeAnswered: self._count_surge,
        }
        self._define(version)
        self._set_services(services or {})

    # --- from the journal

    def fold(self, entry: Entry, *, count: bool = True) -> None:
        """Take in a new entry: state and counters. A `ConfigChanged` brings services and agents. Without `count` only
        what is true now follows: the entry is of a time before this process."""
        if entry.error:
            self._engine_errors.inc(count)
        elif isinstance(entry.event, ConfigChanged):
            self._configure(entry.event.config)
        for fact in entry.facts:
            kind = type(fact)
            for handlers in (self._state, self._history, self._counters) if count else (self._state,):
                if handler := handlers.get(kind):
                    handler(fact)

    def replay(self, entries: Iterable[Entry]) -> None:
        """After a restart: fill the windows with entries that an earlier process took in, from `replay_from()` on.

        May go on piecemeal while `fold` takes in new ones. Nothing but the windows changes."""
        for entry in entries:
            for fact in entry.facts:
                if handler := self._history.get(type(fact)):
                    handler(fact)

    def replay_from(self) -> float:
        """Unix seconds from which on `replay` needs the journal's entries: the day's begin, or an hour ago."""
        now = self._clock()
        return min(day_bounds(now, self._zone)[0], now - max(LENGTHS.values()))

    def restore(self, state: State) -> None:
        """After a restart: services, agents and queue as the engine has them, before the first entry is folded."""
        self._configure(state.config)
        self._surge_active.set(state.surge is not None)
        self._line_fault.set(state.line_fault is not None)
        self.agents = {agent.profile.id: agent.shown for agent in state.agents.values()}
        self.waiting = {
            call.id: Waiting(call.service, call.priority, call.queued_at)
            for call in state.calls.values()
            if call.phase in ("waiting", "offered") and call.service and call.priority and call.queued_at is not None
            if not call.away
        }
        self.to_call_back = {
            call.id: call.priority
            for call in state.calls.values()
            if call.away and call.priority and call.phase in ("waiting", "offered")
        }

    def _configure(self, config: EngineConfig) -> None:
        self._set_services({service.id: service.priority for service in config.services})
        self._listed = frozenset(profile.id for profile in config.agents)
        agents: dict[AgentId, AgentState] = dict.fromkeys(self._listed, "offline")
        agents.update((agent, state) for agent, state in self.agents.items() if agent in agents or state != "offline")
        self.agents = agents

    def _set_services(self, services: Mapping[ServiceId, ServiceClass]) -> None:
        """The configured services from now on; their series exist from the start, at 0."""
        self._services = dict(services)
        for service, priority in self._services.items():
            for outcome in OUTCOMES:
                self._calls.labels(service, priority, outcome)
        self._calls.labels("none", "none", "abandoned_in_menu")

    # --- from the runtime

    def set_line_connected(self, connected: bool) -> None:
        """Does the line tell us what happens?"""
        self._line.set(connected)

    def set_ami_connected(self, node: str, connected: bool) -> None:
        """Is the AMI connection to a node up and reconciled?"""
        self._ami.labels(node).set(connected)

    def set_calls_refused(self, totals: Mapping[str, int]) -> None:
        """Calls that Asterisk refused before their answer, since the line began, by what they were too many of."""
        self._refused_so_far = _count_on(self._refused, self._refused_so_far, totals)

    def set_reader_lag(self, reader: str, events: int) -> None:
        """How many entries a reader (`projector`, `live`) is behind the journal."""
        self._lag.labels(reader).set(events)

    def set_reader_lag_s(self, reader: str, seconds: float) -> None:
        """How old the newest entry is below which a reader lacks none."""
        self._lag_s.labels(reader).set(seconds)

    def set_journal_damage(self, lost: int | None) -> None:
        """How many entries were lost with a damaged journal whose files are still there; None if there are none."""
        self._damaged.set(lost is not None)
        self._lost.set(lost or 0)

    def set_journal(self, *, last_seq: int, unwritten: int, size_bytes: int | None = None) -> None:
        """The journal's newest number, the entries kept in memory since it cannot be written, and its size."""
        self._last_seq.set(last_seq)
        self._unwritten.set(unwritten)
        if size_bytes is not None:
            self._size.set(size_bytes)

    def observe_stall(self, seconds: float) -> None:
        """What `sample_stalls` measured."""
        self._stall.observe(seconds)
        now = self._clock()
        begun, worst = self._stalls
        if now - begun >= WORST_STALL_WINDOW_S:
            self._stalls_before = worst if now - begun < 2 * WORST_STALL_WINDOW_S else 0.0
            begun, worst = now, 0.0
        self._stalls = (begun, max(worst, seconds))

    def set_ends(self, ends: Mapping[str, int]) -> None:
        """How often a line before this one ended without being told to, by why, since the supervisor began."""
        self._ends_so_far = _count_on(self._ends, self._ends_so_far, ends)

    def set_desk_ends(self, ends: Mapping[str, int]) -> None:
        """The same of desks before this one."""
        _count_on(self._desk_ends, {}, ends)

    def watch_line(self, pid: Callable[[], int]) -> None:
        """Tell of the line's process as well: its CPU time, memory and files. `pid` gives 0 while there is none."""
        ProcessCollector(namespace="cozum_line", pid=lambda: pid() or "none", registry=self.registry)

    def count_http_refused(self, reason: str) -> None:
        """The HTTP server dropped a client; see `console.server.Refusal`."""
        self._http_refused.labels(reason).inc()

    # --- for the desk

    def figures(self) -> dict[str, Any]:
        """The windows as the API shows them: `windows[name][group]` with counts, `asa_s`, `within_target` and
        `service_level` by formula (None where nobody counts); `service_level_s` is its T, `target_wait_s` the target,
        `cut` tells of windows too full to be exact."""
        now = self._clock()
        windows: dict[str, dict[str, Any]] = {}
        for name, group, tally in self._windows.at(now):
            windows.setdefault(name, {})[group] = _figures(tally)
        return {
            "service_level_s": self.service_level_s,
            "target_wait_s": self.target_s,
            "cut": self._windows.cut(now),
            "windows": windows,
        }

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges that depend on the time of the scrape."""
        now = self._clock()
        yield from self._queue_gauges(now)
        back = GaugeMetricFamily(
            "cozum_callbacks_waiting", "Callers who have hung up and are to be called back.", labels=("class",)
        )
        for priority in CLASSES:
            back.add_metric((priority,), sum(one == priority for one in self.to_call_back.values()))
        yield back
        agents = GaugeMetricFamily("cozum_agents", "Agents by what they do now.", labels=("state",))
        counts = dict.fromkeys(AGENT_STATES, 0)
        for state in self.agents.values():
            counts[state] += 1
        for state, count in counts.items():
            agents.add_metric((state,), count)
        yield agents
        yield from self._window_gauges(now)
        worst = GaugeMetricFamily(
            "cozum_loop_stall_worst_seconds", "The longest stall of the event loop in the last one to two minutes."
        )
        begun, current = self._stalls
        recent = now - begun < 2 * WORST_STALL_WINDOW_S
        worst.add_metric((), max(current, self._stalls_before) if recent else 0.0)
        yield worst

    # --- state

    def _queued(self, fact: CallQueued) -> None:
        self.waiting[fact.call] = Waiting(fact.service, fact.priority, fact.at)

    def _escalated(self, fact: CallEscalated) -> None:
        was = self.waiting.get(fact.call)
        if was is not None:
            self.waiting[fact.call] = was._replace(priority=fact.priority)

    def _overflowed(self, fact: CallOverflowed) -> None:
        was = self.waiting.get(fact.call)
        self.waiting[fact.call] = Waiting(fact.to, fact.priority, was.queued_at if was else fact.at)

    def _transferred(self, fact: CallTransferred) -> None:
        if fact.to != "talk":
            self.waiting[fact.call] = Waiting(fact.service, fact.priority, fact.queued_at)

    def _waits_no_more(self, fact: CallAnswered | CallEnded) -> None:
        self.to_call_back.pop(fact.call, None)
        self.waiting.pop(fact.call, None)

    def _hung_up(self, fact: CallbackQueued) -> None:
        self.waiting.pop(fact.call, None)
        self.to_call_back[fact.call] = fact.priority

    def _left_answered(self, fact: CallAnswered) -> None:
        if fact.callback:  # waited without holding: no part of the speed of answer
            return
        self._left_queue(fact, "answered", fact.wait_s)

    def _left_otherwise(self, fact: CallEnded) -> None:
        if fact.wait_s is not None and (fact.answered_at is None or fact.callback):
            how: Leaving = LEFT_AS.get(fact.outcome, "other")
            self._left_queue(fact, how, fact.wait_s)

    def _left_queue(self, fact: CallAnswered | CallEnded, how: Leaving, wait_s: float) -> None:
        met = within_target(fact, self.target_s) is True
        self._windows.add(fact.at, urgent=fact.priority == "urgent", how=how, wait_s=wait_s, on_target=met)

    def _agent_changed(self, fact: AgentStateChanged) -> None:
        self.agents[fact.agent] = fact.state
        if fact.state == "offline" and self._listed and fact.agent not in self._listed:
            del self.agents[fact.agent]  # taken out of the configuration, and now off duty

    # --- counters

    def _count_call(self, fact: CallEnded) -> None:
        labels = (self._service_label(fact.service), fact.priority or "none", fact.outcome)
        self._calls.labels(*labels).inc()
        if fact.wait_s is not None:
            self._wait.labels(*labels).observe(fact.wait_s)
        if fact.answer_delay_s is not None:
            self._answer_delay.labels(*labels).observe(fact.answer_delay_s)

    def _measure_estimate(self, fact: CallAnswered) -> None:
        if fact.ewt_s is not None and not fact.callback:
            self._ewt_error.labels(fact.priority).observe(abs(fact.wait_s - fact.ewt_s))

    def _count_offer(self, fact: OfferEnded) -> None:
        self._offers.labels(fact.result).inc()

    def _count_stranded(self, fact: CallStranded) -> None:
        self._stranded.inc()

    def _count_callback_refused(self, fact: CallbackRefused) -> None:
        self._callbacks_refused.labels(fact.why).inc()

    def _fault_changed(self, fact: LineFaultBegan | LineFaultEnded) -> None:
        self._line_fault.set(isinstance(fact, LineFaultBegan))

    def _count_fault(self, fact: LineFaultBegan) -> None:
        self._line_faults.labels(fact.why).inc()

    def _count_undone(self, fact: MissesUndone) -> None:
        self._undone.inc(len(fact.agents))

    def _count_escalation(self, fact: CallEscalated) -> None:
        self._escalations.labels(self._service_label(fact.service)).inc()

    def _surge_changed(self, fact: SurgeBegan | SurgeEnded) -> None:
        self._surge_active.set(isinstance(fact, SurgeBegan))

    def _count_surge(self, fact: SurgePlayed | SurgeAnswered) -> None:
        self._surge.labels("answered" if isinstance(fact, SurgeAnswered) else "played").inc()

    def _service_label(self, service: ServiceId | None) -> str:
        if service is None:
            return "none"
        return service if service in self._services else "other"

    # --- gauges

    def _queue_gauges(self, now: float) -> Iterable[GaugeMetricFamily]:
        waiting = GaugeMetricFamily(
            "cozum_calls_waiting",
            "Callers in the queue now, those an agent rings for included.",
            labels=("service", "class"),
        )
        counts: dict[tuple[str, str], int] = dict.fromkeys(self._services.items(), 0)
        since: dict[str, float] = dict.fromkeys(CLASSES, now)
        for caller in self.waiting.values():
            key = (self._service_label(caller.service), caller.priority)
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

    def _window_gauges(self, now: float) -> Iterable[GaugeMetricFamily]:
        asa = GaugeMetricFamily(
            "cozum_average_speed_of_answer_seconds",
            "Mean wait of the calls answered in the window; NaN if none was. The day is the local one.",
            labels=("window", "class"),
        )
        met = GaugeMetricFamily(
            "cozum_calls_within_target_ratio",
            f"Share of the calls answered or abandoned in the window that met the target of {self.target_s:g} s, NaN if"
            " none was: waited no longer (routine), were answered within it of the line's answer (urgent), or were"
            " given up before it.",
            labels=("window", "class"),
        )
        level = GaugeMetricFamily(
            "cozum_service_level_ratio",
            f"Share served within T = {self.service_level_s:g} s, of the calls that left the queue in the window; "
            f"NaN if none did. Formulas: {'; '.join(f'{name}: {text}' for name, text in FORMULAS.items())}.",
            labels=("window", "class", "formula"),
        )
        for window, group, tally in self._windows.at(now):
            asa.add_metric((window, group), _or_nan(tally.asa_s))
            met.add_metric((window, group), _or_nan(tally.within_target))
            for formula in FORMULAS:
                level.add_metric((window, group, formula), _or_nan(tally.service_level(formula)))
        yield asa
        yield met
        target = GaugeMetricFamily("cozum_target_wait_seconds", "How soon a caller should speak to a person.")
        target.add_metric((), self.target_s)
        yield target
        yield level
        threshold = GaugeMetricFamily("cozum_service_level_threshold_seconds", "T of the service level.")
        threshold.add_metric((), self.service_level_s)
        yield threshold

    def _define(self, version: str) -> None:
        registry = self.registry
        by_call = ("service", "class", "outcome")
        self._calls = Counter("cozum_calls", "Calls that ended.", by_call, registry=registry)
        self._wait = Histogram(
            "cozum_call_wait_seconds",
            "From entering the queue to the agent's answer, ring time included, or to the end of a call not answered.",
            by_call,
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._answer_delay = Histogram(
            "cozum_call_answer_delay_seconds",
            "From the line's answer to the agent's, the menu included.",
            by_call,
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self._ewt_error = Histogram(
            "cozum_ewt_error_seconds",
            "How far the wait of an answered call was from what was estimated (EWT) as it entered the queue.",
            ("class",),
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        for priority in CLASSES:
            self._ewt_error.labels(priority)
        self._offers = Counter(
            "cozum_offers", "Offers to agents, by what came of them.", ("result",), registry=registry
        )
        for result in OFFER_RESULTS:
            self._offers.labels(result)
        self._escalations = Counter(
            "cozum_escalations", "Waiting callers who said that it is urgent.", ("service",), registry=registry
        )
        self._stranded = Counter(
            "cozum_stranded_calls", "Callers found to be up with nobody, and fetched back.", registry=registry
        )
        self._callbacks_refused = Counter(
            "cozum_callbacks_refused",
            "Callers who wanted to be called back, or hung up an urgent call, and are not called back.",
            ("reason",),
            registry=registry,
        )
        for refusal in CALLBACK_REFUSALS:
            self._callbacks_refused.labels(refusal)
        self._line_fault = Gauge(
            "cozum_line_fault", "Whether agents cannot be rung by a fault of the line's own.", registry=registry
        )
        self._line_faults = Counter(
            "cozum_line_faults", "Faults of the line's own by which agents could not be rung.", ("why",),
            registry=registry,
        )  # fmt: skip
        for why in get_args(LineFaultWhy):
            self._line_faults.labels(why)
        self._undone = Counter(
            "cozum_misses_undone",
            "Agents set aside for missed calls by a fault of the line's, and ready again.",
            registry=registry,
        )
        self._surge_active = Gauge(
            "cozum_surge_active",
            "Whether callers of some services hear a surge message before they queue.",
            registry=self.registry,
        )
        self._surge = Counter(
            "cozum_surge_messages",
            "Surge messages: played to a caller, and answered where it was all the caller needed.",
            ("result",),
            registry=registry,
        )
        for became in ("played", "answered"):
            self._surge.labels(became)
        self._ami = Gauge(
            "cozum_ami_connected", "Is the AMI connection to a node up and reconciled?", ("node",), registry=registry
        )
        self._line = Gauge("cozum_line_connected", "Does the line tell the desk what happens?", registry=registry)
        self._lag = Gauge(
            "cozum_journal_lag_events", "Entries a reader is behind the journal.", ("reader",), registry=registry
        )
        self._damaged = Gauge(
            "cozum_journal_damaged",
            "1 while the files of a damaged journal lie in data_dir/damaged.",
            registry=registry,
        )
        self._lost = Gauge(
            "cozum_journal_lost_entries", "Entries that could not be read of that journal.", registry=registry
        )
        self._lag_s = Gauge(
            "cozum_journal_lag_seconds",
            "Age of the newest entry below which a reader lacks none; 0 if it lacks none at all.",
            ("reader",),
            registry=registry,
        )
        self._last_seq = Gauge("cozum_journal_last_seq", "Number of the journal's newest entry.", registry=registry)
        self._unwritten = Gauge(
            "cozum_journal_unwritten_events",
            "Entries kept in memory because the journal cannot be written; above 0 a crash loses them.",
            registry=registry,
        )
        self._size = Gauge("cozum_journal_size_bytes", "The journal's size on disk.", registry=registry)
        self._stall = Histogram(
            "cozum_loop_stall_seconds",
            "How late the event loop ran a timer, sampled: what an event that comes at any moment has to wait.",
            buckets=STALL_BUCKETS,
            registry=registry,
        )
        self._engine_errors = Counter(
            "cozum_engine_errors", "Events at which the engine broke a rule of its own.", registry=registry
        )
        self._ends = Counter(
            "cozum_daemon_ends",
            "How often the line died or hung and was started again, since the supervisor started.",
            ("why",),
            registry=registry,
        )
        self._desk_ends = Counter(
            "cozum_desk_ends",
            "How often the desk died or hung and was started again, since the supervisor started.",
            ("why",),
            registry=registry,
        )
        self._refused = Counter(
            "cozum_calls_refused", "Calls turned away since they were too many, by why.", ("reason",), registry=registry
        )
        for reason in REFUSALS:
            self._refused.labels(reason)
        self._http_refused = Counter(
            "cozum_http_refused", "HTTP clients dropped, by why.", ("reason",), registry=registry
        )
        Gauge("cozum_build_info", "1, labelled with the version.", ("version",), registry=registry).labels(version).set(
            1
        )
        ProcessCollector(registry=registry)
        registry.register(_AtScrape(self))


class _AtScrape(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._metrics.collect()


def _figures(tally: Tally) -> dict[str, Any]:
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


def _count_on(counter: Counter, so_far: Mapping[str, int], totals: Mapping[str, int]) -> Mapping[str, int]:
    """Bring a counter up to another process's totals, which begin at 0 when that process does; the totals."""
    for label, total in totals.items():
        before = so_far.get(label, 0)
        counter.labels(label).inc(total - before if total >= before else total)
    return dict(totals)


def _or_nan(value: float | None) -> float:
    return float("nan") if value is None else value
