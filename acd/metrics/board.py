"""The line's metrics, folded from the journal's facts, in a registry of their own.

After a restart the counters and histograms begin at 0, as Prometheus expects of a new process. The figures for people
do not: `restore` takes queue and agents from the engine's state, and `replay` fills the windows again from the journal,
counting nothing twice.

Labels are bounded: a service that is not configured counts as `other`, a caller who never chose one as `none`; no
number, name or call id is ever a label.
"""

from collections.abc import Callable, Iterable, Mapping
from datetime import tzinfo
from typing import Any, Final

from prometheus_client import CollectorRegistry, Counter, ProcessCollector
from prometheus_client.core import GaugeMetricFamily
from prometheus_client.registry import Collector

from acd.engine.model.config import EngineConfig, ServiceClass
from acd.engine.model.duty_facts import DutyRingEnded
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import (
    AgentState,
    AgentStateChanged,
    CallAnswered,
    CallbackRefused,
    CallEnded,
    CallEscalated,
    CallStranded,
    Fact,
    LineFaultBegan,
    LineFaultEnded,
    MissesUndone,
    OfferEnded,
    Outcome,
    SurgeAnswered,
    SurgeBegan,
    SurgeEnded,
    SurgePlayed,
)
from acd.engine.model.ids import AgentId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.message_facts import MessageRefused
from acd.engine.model.state import State
from acd.engine.model.target import TARGET_S, within_target
from acd.metrics.gauges import (
    Waiting,
    agent_gauge,
    callback_gauge,
    queue_gauges,
    service_label,
    shares_in,
    shares_of,
    statistics_of,
    window_gauges,
    worst_stall_gauge,
)
from acd.metrics.outcomes import OutcomeSeries
from acd.metrics.queue_fold import QueueFold
from acd.metrics.recordings import RecordingSeries
from acd.metrics.series import OUTCOMES, CallSeries, LineSeries, ProcessSeries
from acd.metrics.windows import LENGTHS, Leaving, Windows, day_bounds

WORST_STALL_WINDOW_S: Final = 60.0

LEFT_AS: dict[Outcome, Leaving] = {"abandoned": "abandoned", "called_back": "called_back"}


class Metrics:
    """Fold entries, then read the registry. Everything runs on one thread.

    `services` gives each service's class until a `ConfigChanged` comes; `clock` Unix seconds at a scrape; `zone` says
    when the day begins; `service_level_s` is T of the service level, `target_s` how soon a caller should
    speak to a person.
    """

    _stalls: tuple[float, float] = (0.0, 0.0)
    _stalls_before = 0.0
    _shown: Mapping[str, Any] | None = None
    """Statistics that another desk has counted."""

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
        self.service_level_s, self.target_s = service_level_s, target_s
        self.queue = QueueFold()
        self.agents: dict[AgentId, AgentState] = {}
        self._services: dict[ServiceId, ServiceClass] = {}
        self._listed: frozenset[AgentId] = frozenset()
        self._clock, self._zone = clock, zone
        self._windows = Windows(service_level_s=service_level_s, zone=zone)
        self._refused_so_far: Mapping[str, int] = {}
        self._ends_so_far: Mapping[str, int] = {}
        self._relay_ends_so_far: Mapping[str, int] = {}
        self.outcomes = OutcomeSeries(self.registry)
        self.recordings = RecordingSeries(self.registry)
        self._route()
        self._calls = CallSeries(self.registry)
        self._line = LineSeries(self.registry)
        self._processes = ProcessSeries(self.registry, version)
        self.registry.register(_AtScrape(self))
        self._set_services(services or {})

    def _route(self) -> None:
        """Say which fact goes where: to the state, the windows of the day, the counters."""
        self._state: dict[type[Fact], Callable[[Any], None]] = {
            **self.outcomes.state,
            **self.queue.state,
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
            MessageRefused: self._count_message_refused,
            LineFaultBegan: self._count_fault,
            MissesUndone: self._count_undone,
            CallEscalated: self._count_escalation,
            SurgePlayed: self._count_surge,
            SurgeAnswered: self._count_surge,
            DutyRingEnded: self._count_duty,
            **self.outcomes.counters,
            **self.recordings.counters,
        }

    # --- from the journal

    def fold(self, entry: Entry, *, count: bool = True) -> None:
        """Apply a new entry to state and counters. A `ConfigChanged` brings services and agents. Without `count` only
        the state changes: the entry is from before this process."""
        if entry.error:
            self._processes.engine_errors.inc(count)
        elif isinstance(entry.event, ConfigChanged):
            self._configure(entry.event.config)
        for fact in entry.facts:
            kind = type(fact)
            for handlers in (self._state, self._history, self._counters) if count else (self._state,):
                if handler := handlers.get(kind):
                    handler(fact)

    def replay(self, entries: Iterable[Entry]) -> None:
        """After a restart: fill the windows with an earlier process's entries, from `replay_from()` on.

        It may run in pieces while `fold` applies new entries. Only the windows change."""
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
        self.outcomes.restore(state)
        self._line.surge_active.set(state.surge is not None)
        self._line.line_fault.set(state.line_fault is not None)
        self.agents = {agent.profile.id: agent.shown for agent in state.agents.values()}
        self.queue.restore(state)

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
                self._calls.calls.labels(service, priority, outcome)
        self._calls.calls.labels("none", "none", "abandoned_in_menu")

    # --- of a line that another desk counts

    def show(
        self,
        *,
        services: Mapping[str, ServiceClass],
        waiting: Iterable[Waiting],
        callbacks: Iterable[ServiceClass],
        agents: Mapping[AgentId, AgentState],
        statistics: Mapping[str, Any],
    ) -> None:
        """Take the gauges of the queue, the agents and the windows from what another desk says. The counters stay at 0:
        a call counted by two desks would be two calls."""
        self._services = {ServiceId(service): priority for service, priority in services.items()}
        self.queue.show(waiting, callbacks)
        self.agents = dict(agents)
        self._shown = statistics

    # --- from the runtime

    def set_line_connected(self, connected: bool) -> None:
        """Set whether the desk is connected to the line."""
        self._processes.line.set(connected)

    def set_ami_connected(self, node: str, connected: bool) -> None:
        """Set whether the AMI connection to a node is up and reconciled."""
        self._processes.ami.labels(node).set(connected)

    def set_calls_refused(self, totals: Mapping[str, int]) -> None:
        """Calls that Asterisk refused before their answer, since the line began, by what they were too many of."""
        self._refused_so_far = _count_on(self._line.refused, self._refused_so_far, totals)

    def set_reader_lag(self, reader: str, events: int) -> None:
        """Set how many entries a reader (`projector`, `live`) is behind the journal."""
        self._processes.lag.labels(reader).set(events)

    def set_reader_lag_s(self, reader: str, seconds: float) -> None:
        """Set the age of the newest entry up to which a reader lacks none."""
        self._processes.lag_s.labels(reader).set(seconds)

    def set_journal_damage(self, lost: int | None) -> None:
        """How many entries were lost with a damaged journal whose files are still there; None if there are none."""
        self._processes.damaged.set(lost is not None)
        self._processes.lost.set(lost or 0)

    def set_journal(self, *, last_seq: int, unwritten: int, size_bytes: int | None = None) -> None:
        """The journal's newest number, the entries kept in memory since it cannot be written, and its size."""
        self._processes.last_seq.set(last_seq)
        self._processes.unwritten.set(unwritten)
        if size_bytes is not None:
            self._processes.size.set(size_bytes)

    def observe_stall(self, seconds: float) -> None:
        """Observe a sample of `sample_stalls`."""
        self._processes.stall.observe(seconds)
        now = self._clock()
        begun, worst = self._stalls
        if now - begun >= WORST_STALL_WINDOW_S:
            self._stalls_before = worst if now - begun < 2 * WORST_STALL_WINDOW_S else 0.0
            begun, worst = now, 0.0
        self._stalls = (begun, max(worst, seconds))

    def set_ends(self, ends: Mapping[str, int]) -> None:
        """How often a line before this one ended without being told to, by why, since the supervisor began."""
        self._ends_so_far = _count_on(self._processes.ends, self._ends_so_far, ends)

    def set_desk_ends(self, ends: Mapping[str, int]) -> None:
        """The same of desks before this one."""
        _count_on(self._processes.desk_ends, {}, ends)

    def set_relay_ends(self, ends: Mapping[str, int]) -> None:
        """The same of relays before the present one."""
        self._relay_ends_so_far = _count_on(self._processes.relay_ends, self._relay_ends_so_far, ends)

    def watch_line(self, pid: Callable[[], int]) -> None:
        """Tell of the line's process as well: its CPU time, memory and files. `pid` gives 0 while there is none."""
        ProcessCollector(namespace="cozum_line", pid=lambda: pid() or "none", registry=self.registry)

    def count_http_refused(self, reason: str) -> None:
        """The HTTP server dropped a client; see `console.server.Refusal`."""
        self._processes.http_refused.labels(reason).inc()

    def count_own_fault(self, part: str) -> None:
        """The desk's own code failed in the work on one request; see `storage.requests.faults`."""
        self._processes.own_faults.labels(part).inc()

    # --- for the desk

    def statistics(self) -> dict[str, Any]:
        """The windows as the API shows them: `windows[name][group]` with counts, `asa_s`, `within_target` and
        `service_level` by formula (None where nobody counts); `service_level_s` is its T, `target_wait_s` the target,
        `cut` tells of windows too full to be exact."""
        now = self._clock()
        windows: dict[str, dict[str, Any]] = {}
        for name, group, tally in self._windows.at(now):
            windows.setdefault(name, {})[group] = statistics_of(tally)
        return {
            "service_level_s": self.service_level_s,
            "target_wait_s": self.target_s,
            "cut": self._windows.cut(now),
            "windows": windows,
        }

    def collect(self) -> Iterable[GaugeMetricFamily]:
        """The gauges that depend on the time of the scrape."""
        now = self._clock()
        yield from queue_gauges(now, self._services, self.queue.waiting())
        yield callback_gauge(self.queue.to_call_back())
        yield agent_gauge(self.agents.values())
        shown = self._shown
        yield from window_gauges(
            ((name, group, shares_of(tally)) for name, group, tally in self._windows.at(now))
            if shown is None
            else shares_in(shown),
            target_s=self.target_s if shown is None else shown["target_wait_s"],
            service_level_s=self.service_level_s if shown is None else shown["service_level_s"],
        )
        begun, current = self._stalls
        recent = now - begun < 2 * WORST_STALL_WINDOW_S
        yield worst_stall_gauge(max(current, self._stalls_before) if recent else 0.0)

    # --- state

    def _left_answered(self, fact: CallAnswered) -> None:
        if fact.callback:  # waited for a callback, not on the line: no part of the speed of answer
            return
        self._left_queue(fact, "answered", fact.wait_s)

    def _left_otherwise(self, fact: CallEnded) -> None:
        if fact.wait_s is not None and (fact.answered_at is None or fact.callback):
            how: Leaving = LEFT_AS.get(fact.outcome, "other")
            self._left_queue(fact, how, fact.wait_s)

    def _left_queue(self, fact: CallAnswered | CallEnded, how: Leaving, wait_s: float) -> None:
        if fact.priority == "outcome":  # called by us: no caller waited
            return
        met = within_target(fact, self.target_s) is True
        self._windows.add(fact.at, urgent=fact.priority == "urgent", how=how, wait_s=wait_s, on_target=met)

    def _agent_changed(self, fact: AgentStateChanged) -> None:
        self.agents[fact.agent] = fact.state
        if fact.state == "offline" and self._listed and fact.agent not in self._listed:
            del self.agents[fact.agent]  # taken out of the configuration, and now off duty

    # --- counters

    def _count_call(self, fact: CallEnded) -> None:
        self.outcomes.ended(fact)
        labels = (service_label(fact.service, self._services), fact.priority or "none", fact.outcome)
        self._calls.calls.labels(*labels).inc()
        if fact.wait_s is not None:
            self._calls.wait.labels(*labels).observe(fact.wait_s)
        if fact.answer_delay_s is not None:
            self._calls.answer_delay.labels(*labels).observe(fact.answer_delay_s)

    def _measure_estimate(self, fact: CallAnswered) -> None:
        if fact.ewt_s is not None and not fact.callback:
            self._calls.ewt_error.labels(fact.priority).observe(abs(fact.wait_s - fact.ewt_s))

    def _count_offer(self, fact: OfferEnded) -> None:
        self._calls.offers.labels(fact.result).inc()

    def _count_stranded(self, fact: CallStranded) -> None:
        self._calls.stranded.inc()

    def _count_callback_refused(self, fact: CallbackRefused) -> None:
        self._calls.callbacks_refused.labels(fact.why).inc()

    def _count_message_refused(self, fact: MessageRefused) -> None:
        self._calls.messages_refused.labels(fact.why).inc()

    def _fault_changed(self, fact: LineFaultBegan | LineFaultEnded) -> None:
        self._line.line_fault.set(isinstance(fact, LineFaultBegan))

    def _count_fault(self, fact: LineFaultBegan) -> None:
        self._line.line_faults.labels(fact.why).inc()

    def _count_undone(self, fact: MissesUndone) -> None:
        self._line.undone.inc(len(fact.agents))

    def _count_escalation(self, fact: CallEscalated) -> None:
        self._calls.escalations.labels(service_label(fact.service, self._services)).inc()

    def _surge_changed(self, fact: SurgeBegan | SurgeEnded) -> None:
        self._line.surge_active.set(isinstance(fact, SurgeBegan))

    def _count_surge(self, fact: SurgePlayed | SurgeAnswered) -> None:
        self._line.surge.labels("answered" if isinstance(fact, SurgeAnswered) else "played").inc()

    def _count_duty(self, fact: DutyRingEnded) -> None:
        self._line.duty_rings.labels(fact.result).inc()
        if fact.last and fact.result not in ("accepted", "withdrawn"):
            self._line.duty_used_up.inc()


class _AtScrape(Collector):
    def __init__(self, metrics: Metrics) -> None:
        self._metrics = metrics

    def collect(self) -> Iterable[GaugeMetricFamily]:
        return self._metrics.collect()


def _count_on(counter: Counter, so_far: Mapping[str, int], totals: Mapping[str, int]) -> Mapping[str, int]:
    """Bring a counter up to another process's totals, which begin at 0 when that process does; the totals."""
    for label, total in totals.items():
        before = so_far.get(label, 0)
        counter.labels(label).inc(total - before if total >= before else total)
    return dict(totals)
