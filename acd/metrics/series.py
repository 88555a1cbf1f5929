"""The counters, gauges and histograms that the board keeps, by name and meaning. Series exist from the start, at 0.

Gauges that depend on the time of the scrape are in `gauges`.
"""

from typing import Final, get_args

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, disable_created_metrics

from acd.engine.model.config import ServiceClass
from acd.engine.model.duty_facts import DutyResult
from acd.engine.model.facts import CallbackRefusal, LineFaultWhy, OfferResult, Outcome
from acd.engine.model.message_facts import MessageRefusal
from acd.lib.refused_calls import REFUSALS

CLASSES: Final[tuple[ServiceClass, ...]] = get_args(ServiceClass)
OUTCOMES: Final[tuple[Outcome, ...]] = get_args(Outcome)
CALLBACK_REFUSALS: Final[tuple[CallbackRefusal, ...]] = get_args(CallbackRefusal)
FAULTY: Final = ("outcomes", "duty", "deadlines", "post", "remarks", "messages")
"""Parts of the desk that go on when their own code fails with one request."""
OFFER_RESULTS: Final[tuple[OfferResult, ...]] = get_args(OfferResult)

WAIT_BUCKETS: Final = (
    *(0.1, 0.25, 0.5, 1, 2, 3, 4, 4.5, 5, 5.5, 6, 6.5, 7, 7.5, 8, 9, 10, 12, 15, 20, 25, 30, 45, 60, 90, 120, 180),
    *(300, 600),
)
"""Seconds; fine around the line's 6 s average, and with an edge at each threshold the field uses (6, 15, 20, 30)."""
STALL_BUCKETS: Final = (0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5)

disable_created_metrics()  # type: ignore[no-untyped-call]  # prometheus-client has no type there


class CallSeries:
    """Calls, offers and callbacks, counted and measured."""

    def __init__(self, registry: CollectorRegistry) -> None:
        by_call = ("service", "class", "outcome")
        self.calls = Counter("cozum_calls", "Calls that ended.", by_call, registry=registry)
        self.wait = Histogram(
            "cozum_call_wait_seconds",
            "From entering the queue to the agent's answer, ring time included, or to the end of a call not answered.",
            by_call,
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.answer_delay = Histogram(
            "cozum_call_answer_delay_seconds",
            "From the line's answer to the agent's, the menu included.",
            by_call,
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        self.ewt_error = Histogram(
            "cozum_ewt_error_seconds",
            "How far the wait of an answered call was from what was estimated (EWT) as it entered the queue.",
            ("class",),
            buckets=WAIT_BUCKETS,
            registry=registry,
        )
        for priority in CLASSES:
            self.ewt_error.labels(priority)
        self.offers = Counter("cozum_offers", "Offers to agents, by what came of them.", ("result",), registry=registry)
        for result in OFFER_RESULTS:
            self.offers.labels(result)
        self.escalations = Counter(
            "cozum_escalations", "Waiting callers who said that it is urgent.", ("service",), registry=registry
        )
        self.stranded = Counter(
            "cozum_stranded_calls", "Callers found to be up with nobody, and fetched back.", registry=registry
        )
        self.callbacks_refused = Counter(
            "cozum_callbacks_refused",
            "Callers who wanted to be called back, or hung up an urgent call, and are not called back.",
            ("reason",),
            registry=registry,
        )
        for refusal in CALLBACK_REFUSALS:
            self.callbacks_refused.labels(refusal)
        self.messages_refused = Counter(
            "cozum_messages_refused",
            "Callers who wanted to leave a message, or could have, and may not since there are too many.",
            ("reason",),
            registry=registry,
        )
        for why in get_args(MessageRefusal):
            self.messages_refused.labels(why)


class LineSeries:
    """What holds for the whole line: faults, surge messages, calls that were refused."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.line_fault = Gauge(
            "cozum_line_fault", "Whether agents cannot be rung by a fault of the line's own.", registry=registry
        )
        self.line_faults = Counter(
            "cozum_line_faults", "Faults of the line's own by which agents could not be rung.", ("why",),
            registry=registry,
        )  # fmt: skip
        for why in get_args(LineFaultWhy):
            self.line_faults.labels(why)
        self.undone = Counter(
            "cozum_misses_undone",
            "Agents set aside for missed calls by a fault of the line's, and ready again.",
            registry=registry,
        )
        self.surge_active = Gauge(
            "cozum_surge_active",
            "Whether callers of some services hear a surge message before they queue.",
            registry=registry,
        )
        self.surge = Counter(
            "cozum_surge_messages",
            "Surge messages: played to a caller, and answered where it was all the caller needed.",
            ("result",),
            registry=registry,
        )
        for became in ("played", "answered"):
            self.surge.labels(became)
        self.duty_rings = Counter(
            "cozum_duty_rings", "People on duty who were rung about urgent requests, by what came of it.", ("result",),
            registry=registry,
        )  # fmt: skip
        for answer in get_args(DutyResult):
            self.duty_rings.labels(answer)
        self.duty_used_up = Counter(
            "cozum_duty_lists_used_up", "Urgent requests that nobody on duty accepted.", registry=registry
        )
        self.refused = Counter(
            "cozum_calls_refused", "Calls turned away since they were too many, by why.", ("reason",), registry=registry
        )
        for reason in REFUSALS:
            self.refused.labels(reason)


class ProcessSeries:
    """The line's and the desk's processes: connections, the journal, stalls, ends, HTTP clients."""

    def __init__(self, registry: CollectorRegistry, version: str) -> None:
        self.ami = Gauge(
            "cozum_ami_connected", "Is the AMI connection to a node up and reconciled?", ("node",), registry=registry
        )
        self.line = Gauge("cozum_line_connected", "Does the line tell the desk what happens?", registry=registry)
        self.lag = Gauge(
            "cozum_journal_lag_events", "Entries a reader is behind the journal.", ("reader",), registry=registry
        )
        self.damaged = Gauge(
            "cozum_journal_damaged",
            "1 while the files of a damaged journal lie in data_dir/damaged.",
            registry=registry,
        )
        self.lost = Gauge(
            "cozum_journal_lost_entries", "Entries that could not be read of that journal.", registry=registry
        )
        self.lag_s = Gauge(
            "cozum_journal_lag_seconds",
            "Age of the newest entry below which a reader lacks none; 0 if it lacks none at all.",
            ("reader",),
            registry=registry,
        )
        self.last_seq = Gauge("cozum_journal_last_seq", "Number of the journal's newest entry.", registry=registry)
        self.unwritten = Gauge(
            "cozum_journal_unwritten_events",
            "Entries kept in memory because the journal cannot be written; above 0 a crash loses them.",
            registry=registry,
        )
        self.size = Gauge("cozum_journal_size_bytes", "The journal's size on disk.", registry=registry)
        self.stall = Histogram(
            "cozum_loop_stall_seconds",
            "How late the event loop ran a timer, sampled: what an event that comes at any moment has to wait.",
            buckets=STALL_BUCKETS,
            registry=registry,
        )
        self.engine_errors = Counter(
            "cozum_engine_errors", "Events at which the engine broke a rule of its own.", registry=registry
        )
        self.ends = _ends("cozum_daemon_ends", "line", registry)
        self.desk_ends = _ends("cozum_desk_ends", "desk", registry)
        self.relay_ends = _ends("cozum_relay_ends", "relay", registry)
        self.http_refused = Counter(
            "cozum_http_refused", "HTTP clients dropped, by why.", ("reason",), registry=registry
        )
        self.own_faults = Counter(
            "cozum_own_faults",
            "Requests that were put off since the desk's own code failed with them, by the part.",
            ("part",),
            registry=registry,
        )
        for part in FAULTY:
            self.own_faults.labels(part)
        Gauge("cozum_build_info", "1, labelled with the version.", ("version",), registry=registry).labels(version).set(
            1
        )
        ProcessCollector(registry=registry)


def _ends(name: str, process: str, registry: CollectorRegistry) -> Counter:
    """How often a process was started again."""
    text = f"How often the {process} died or hung and was started again, since the supervisor started."
    return Counter(name, text, ("why",), registry=registry)
