"""Four accounts of the same calls that know nothing of each other: the engine's journal, the database, Asterisk's CEL
and sipp; and an AMI observer (pyst2) that watches what Asterisk does as it does it."""

import contextlib
import threading
import time
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

from asterisk.manager import Manager

from acd.engine.model.facts import AgentStateChanged, CallAnswered, CallEnded, Fact, OfferEnded, OfferMade
from acd.engine.model.journal import Entry
from bench.stack import CelRow, Stack, StackError, until
from phones import Agents, Callers, Leg
from storage.journal import JournalReader
from tests.acd.asterisk.raw_ami import WITNESS
from tests.integration.moments import ROUNDED_S, AmiTimes, hold

BRIDGE_EVENTS = {"BridgeEnter": "BRIDGE_ENTER", "BridgeLeave": "BRIDGE_EXIT"}
"""What CEL calls an event of AMI."""
EARLY_S = 0.15
"""How much earlier than its script a phone may be: it begins and ends on ticks of its own."""
LATE_S = 2.0
"""How late the line may be on a busy machine, with a timer of its own or with what Asterisk told it. Phones are no part
of it: they may be late by more."""


@dataclass(frozen=True, slots=True)
class Told:
    """What one witness says of a call."""

    answered: bool
    agent: str | None


@dataclass(slots=True)
class Seen:
    """An AMI event as pyst2 gave it."""

    at: float
    name: str
    headers: dict[str, str] = field(default_factory=dict)


class Observer:
    """Watches Asterisk over AMI with pyst2, as a user of its own who is told everything."""

    def __init__(self, stack: Stack) -> None:
        stack.add_manager_user(WITNESS.name, WITNESS.secret)
        self._manager = Manager()
        self._lock = threading.Lock()
        self._events: list[Seen] = []
        self._manager.connect("127.0.0.1", int(str(stack.settings["ami_port"])))
        self._manager.register_event("*", self._on_event)
        self._manager.login(WITNESS.name, WITNESS.secret)

    def _on_event(self, event: Any, _: Any) -> None:
        with self._lock:
            self._events.append(Seen(time.time(), str(event.name), dict(event.headers)))

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Log off. pyst2's threads end with the connection."""
        with warnings.catch_warnings(), contextlib.suppress(Exception):
            warnings.simplefilter("ignore", DeprecationWarning)
            self._manager.logoff()
            self._manager.close()

    def events(self, name: str = "") -> list[Seen]:
        """The events so far, of one name or all."""
        with self._lock:
            return [event for event in self._events if not name or event.name == name]

    def times(self) -> AmiTimes:
        """When Asterisk told that channels had picked up, and that they were gone."""
        picked_up = [e.headers for e in self.events("DialEnd") if e.headers.get("DialStatus") == "ANSWER"]
        gone = [event.headers for event in self.events("Hangup")]
        return AmiTimes(
            {headers["DestUniqueid"]: float(headers["Timestamp"]) for headers in picked_up},
            {headers["Uniqueid"]: float(headers["Timestamp"]) for headers in gone},
        )

    def late_s(self, rows: Sequence[CelRow], caller: str) -> float:
        """By how much later than it logged them Asterisk told of those who came into a caller's bridges and left them,
        at the most: the line knows of a talk what it is told."""
        bridges = {row.extra["bridge_id"] for row in rows if row.event == "BRIDGE_ENTER" and row.uniqueid == caller}
        logged = {
            (row.event, row.extra["bridge_id"], row.uniqueid): row.at
            for row in rows
            if row.event in BRIDGE_EVENTS.values() and row.extra["bridge_id"] in bridges
        }

        def told() -> dict[tuple[str, str, str], float] | None:
            found = {
                (BRIDGE_EVENTS[event.name], event.headers["BridgeUniqueid"], event.headers["Uniqueid"]): float(
                    event.headers["Timestamp"]
                )
                for event in self.events()
                if event.name in BRIDGE_EVENTS
            }
            return found if found.keys() >= logged.keys() else None

        times = until("AMI tells of the bridges", told, 60) if logged else {}
        return max((times[key] - at for key, at in logged.items()), default=0.0)

    def channels(self, within_s: float = 30.0) -> list[dict[str, str]]:
        """The channels that Asterisk has now."""
        with self._lock:
            mark = len(self._events)
        self._manager.send_action({"Action": "CoreShowChannels"})

        def fresh() -> list[Seen]:
            with self._lock:
                return self._events[mark:]

        until(
            "CoreShowChannels is complete",
            lambda: any(event.name == "CoreShowChannelsComplete" for event in fresh()),
            within_s,
        )
        return [event.headers for event in fresh() if event.name == "CoreShowChannel"]

    def redirect(self, channel: str, context: str) -> None:
        """Send a channel to the beginning of a context."""
        self._manager.redirect(channel, "s", context=context)

    def answered_order(self) -> list[str]:
        """The calls (linkedids) in the order in which agents picked up."""
        return [e.headers["DestLinkedid"] for e in self.events("DialEnd") if e.headers.get("DialStatus") == "ANSWER"]


def journal_entries(stack: Stack) -> list[Entry]:
    """All entries of the journal, oldest first."""
    with JournalReader(stack.data_dir / "journal.db") as journal:
        found: list[Entry] = []
        while entries := journal.read(found[-1].seq if found else 0):
            found += entries
        return found


def journal_facts(stack: Stack, kind: type) -> list[Any]:
    """All facts of a kind in the journal, oldest first."""
    return [fact for entry in journal_entries(stack) for fact in entry.facts if isinstance(fact, kind)]


def times_bridged(stack: Stack, agent: str) -> int:
    """How often this agent's phone has been bridged with somebody. Asterisk transfers nobody before that, and it may
    take a moment more than the answer."""
    own = f"PJSIP/{agent}-"
    return sum(row.event == "BRIDGE_ENTER" and row.channel.startswith(own) for row in stack.cel())


def talks_begun(stack: Stack, agent: str) -> int:
    """How many talks this agent has begun so far. A short one may be over before anybody sees their state."""
    return sum(fact.agent == agent and fact.state == "talking" for fact in journal_facts(stack, AgentStateChanged))


def told_by_cel(rows: Sequence[CelRow], call: str) -> Told:
    """A call as Asterisk logged it: answered where an agent's channel was."""
    agent = None
    for row in rows:
        if row.linkedid == call and row.uniqueid != call and row.event == "ANSWER":
            agent = row.channel.removeprefix("PJSIP/").rsplit("-", 1)[0]
    return Told(agent is not None, agent)


def finished_in_cel(rows: Sequence[CelRow], call: str) -> bool:
    """Whether every channel of the call is gone, once each."""
    ends = Counter(row.event for row in rows if row.linkedid == call)
    return ends["LINKEDID_END"] == 1 and ends["CHAN_START"] == ends["CHAN_END"] == ends["HANGUP"]


@dataclass(frozen=True, slots=True)
class Account:
    """A call on which all witnesses agree."""

    caller: str
    record: dict[str, Any]
    leg: Leg

    @property
    def outcome(self) -> str:
        return str(self.record["outcome"])


def agree(
    stack: Stack, observer: Observer, numbers: dict[str, Leg], phones: Sequence[Agents], within_s: float = 60.0
) -> dict[str, Account]:
    """Hold the witnesses against each other for these callers, by number; all calls must be over.

    Each caller that the line answered has exactly one record in the API, one in the database, one `CallEnded` in the
    journal, one finished call in CEL; outcome and agent are the same in all; the agents' phones counted as many
    answered calls, each agent for themselves, and more only where the caller hung up as they rang. Times are those of
    what the phones and Asterisk saw.
    """
    wanted = {number for number, leg in numbers.items() if leg.final == 200}
    if not wanted:
        return {}
    api = until(f"the API knows all {len(wanted)} calls as ended", lambda: _records(stack, wanted), within_s)
    facts = journal_facts(stack, Fact)
    ended: dict[str, list[CallEnded]] = {}
    for fact in facts:
        if isinstance(fact, CallEnded):
            ended.setdefault(fact.call, []).append(fact)
    made = {fact.offer: fact.at for fact in facts if isinstance(fact, OfferMade)}
    offered = {fact.call: made.get(fact.offer) for fact in facts if isinstance(fact, CallAnswered)}
    rows_of = Counter(row[0] for row in stack.rows("SELECT id FROM calls"))
    ids = {record["id"] for record in api.values()}
    until("CEL is finished", lambda: all(finished_in_cel(stack.cel(), call) for call in ids), within_s)
    cel, legs = stack.cel(), [leg for process in phones for leg in process.legs()]
    gone = {row.uniqueid for row in cel if row.linkedid in ids}  # an agent's channel may end after the caller's
    times = until("AMI tells of the ends", lambda: told if (told := observer.times()).ends.keys() >= gone else None,
                 within_s)  # fmt: skip
    for number, record in api.items():
        call = record["id"]
        assert rows_of[call] == 1, f"{call} has {rows_of[call]} rows in the database"
        (fact,) = ended[call]
        assert (fact.outcome, fact.agent, fact.hangup_by) == (record["outcome"], record["agent"], record["hangup_by"])
        told = told_by_cel(cel, call)
        assert told.answered == (record["outcome"] == "answered"), (call, record, told)
        if told.answered:
            assert told.agent == record["agent"], (call, record, told)
        assert numbers[number].final == 200
        hold(record, numbers[number], legs, cel, times, offered.get(call))
    answered = Counter(str(record["agent"]) for record in api.values() if record["outcome"] == "answered")
    picked_up = Counter(leg.user for leg in legs if leg.answered_at is not None)
    # A phone that picks up as the caller hangs up may be too late. Asterisk then read the hang-up first and connected
    # nobody; its CEL, held against the record above, says so.
    ends = (fact for fact in facts if isinstance(fact, OfferEnded) and fact.call in ids)
    gone_from = Counter(str(fact.agent) for fact in ends if fact.result == "caller_gone")
    for agent in picked_up.keys() | answered.keys():
        too_late = picked_up[agent] - answered[agent]
        assert 0 <= too_late <= gone_from[agent], f"the phones picked up {picked_up}, the records say {answered}"
    return {number: Account(number, record, numbers[number]) for number, record in api.items()}


@dataclass(frozen=True, slots=True, eq=False)
class Scripted:
    """Equal to the seconds between two times of the line's journal of which its own timer made the second one: never
    early, and late by `LATE_S` at most."""

    seconds: float

    def __eq__(self, other: object) -> bool:
        return isinstance(other, float | int) and self.seconds - ROUNDED_S <= other <= self.seconds + LATE_S

    __hash__ = None  # type: ignore[assignment]  # compared, never a key


def _records(stack: Stack, wanted: set[str]) -> dict[str, dict[str, Any]]:
    """The ended calls of these callers; empty while one is missing. `StackError` if one has two."""
    found: dict[str, dict[str, Any]] = {}
    for record in stack.calls():
        number = record["caller"]
        if number in wanted and record["outcome"] is not None:
            if number in found:
                raise StackError(f"two records of one call: {found[number]} and {record}")
            found[number] = record
    return found if set(found) == wanted else {}


def legs_by_number(processes: Sequence[tuple[Callers, Sequence[str]]]) -> dict[str, Leg]:
    """The callers' legs by number; a process comes with the numbers it was given."""
    return {numbers[leg.number - 1]: leg for process, numbers in processes for leg in process.legs()}


def offers_of(stack: Stack, call: str) -> list[OfferEnded]:
    """How the offers of a call ended, in order."""
    return [fact for fact in journal_facts(stack, OfferEnded) if fact.call == call]


def resident_mib(pid: int) -> float:
    """Memory of a process, from /proc: proportional set size, so that pages shared with its supervisor count once."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise StackError(f"no memory figure of process {pid}")
