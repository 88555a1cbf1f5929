"""The content and the methods of a live view, for both sources: `storage.live` folds the journal's facts,
`storage.live_redis` receives changes."""

import logging
from collections.abc import Callable
from typing import Any, Literal

import msgspec

from acd.engine.index.serving_order import in_serving_order
from acd.engine.model.config import AutoAnswer, ServiceClass
from acd.engine.model.facts import AgentState, CallbackReason
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.monitor_facts import MonitorMode
from acd.engine.model.target import TARGET_S, counts_from

log = logging.getLogger(__name__)

LiveState = Literal["menu", "waiting", "ringing", "talking", "kept", "outside", "leaving"]
"""`kept`: the page of `agent` went in the talk, and the caller hears music until it is back. `outside`: the caller was
sent on by `handed_by` to an outside telephone, which rings or talks to them."""
Record = dict[str, Any]

WAITS: frozenset[LiveState] = frozenset({"waiting", "ringing"})
"""States of a caller without an agent, before or after a talk."""


class LiveCall(msgspec.Struct, kw_only=True, omit_defaults=True):
    """A call on the line. Times are Unix seconds."""

    id: CallId
    node: NodeId
    caller: str
    dialled: str
    arrived_at: float
    state: LiveState = "menu"
    since: float = 0.0
    """When `state` began."""
    service: ServiceId | None = None
    priority: ServiceClass | None = msgspec.field(default=None, name="class")
    language: str = "tr"
    order: int = 0
    """Rank by time of entering the queue."""
    repeat: bool = False
    """Comes after first-time urgent callers."""
    first: bool = False
    """Comes before all others of the class, since the shift lead wants it."""
    urgent_calls: int = 0
    """Urgent calls of the number within the hour when this one became urgent, itself included; 0: not counted."""
    ageing: float = 1.0
    """Points a second that the caller gains over others of the same class."""
    points: float = 0.0
    """Points at the start."""
    queued_at: float | None = None
    ewt_s: float | None = None
    """The wait as it was last estimated, seconds from `queued_at`."""
    answered_at: float | None = None
    counted_from: float | None = None
    """From when the wait counted that is compared with the target; None until they are answered."""
    over_at: float | None = None
    """When the last talk ended; None while one goes on."""
    agent: AgentId | None = None
    held: bool = False
    recording: Literal["", "on", "paused"] = ""
    """Whether the talk is recorded."""
    callback: CallbackReason | None = None
    """Why the caller is called back."""
    reached: bool = False
    """Whether the caller of a callback has answered; until then they have no channel."""
    asked_at: float | None = None
    """Since when."""
    tries: int = 0
    """How often they were called and not reached."""
    again_at: float | None = None
    """No try before this time."""
    handed_by: AgentId | None = None
    """In state `outside`: the agent who handed the caller over."""
    handed_to: str = ""
    """In state `outside`: the target's name in the town's files, as `iski`, or `fen_isleri.1` for a person on duty."""
    answered_outside: bool = False
    """In state `outside`: whether the outside telephone has answered."""


class LiveAgent(msgspec.Struct, kw_only=True, omit_defaults=True):
    """An agent. `since` (Unix seconds) is when `state` began."""

    extension: AgentId
    name: str = ""
    state: AgentState = "offline"
    reason: str = ""
    since: float = 0.0
    until: float | None = None
    """When after-call work is over by itself."""
    pending: str = ""
    """What the agent has asked for and will be after the present call: `paused` or `offline`."""
    pending_reason: str = ""
    call: CallId | None = None
    auto_answer: AutoAnswer = "no"
    monitored: MonitorMode | None = None
    """How a shift lead monitors their talk now."""
    listed: bool = True
    """Whether the configuration has this agent; one taken out stays until their call is done."""


class View:
    """The present state. All methods are quick and none blocks. Use it from one thread or event loop only.

    Records have the keys of the API. They are made once per change, so do not alter them. `target_s` is how soon a
    caller should speak to a person."""

    def __init__(self, target_s: float = TARGET_S) -> None:
        self.target_s = target_s
        self.seq = 0
        """The newest journal entry this shows."""
        self.at = 0.0
        """The time of that entry."""
        self._calls: dict[CallId, LiveCall] = {}
        self._agents: dict[AgentId, LiveAgent] = {}
        self._records: dict[str, list[Record]] = {}
        self._subscribers: dict[int, Callable[[], None]] = {}
        self._subscriptions = 0

    def agents(self) -> list[Record]:
        """Every agent by extension: `extension, name, state, reason, since, pending, pending_reason`, `until` (when
        after-call work is over by itself), `recording` (of their talk: `on`, `paused` or empty), `keeps` (their page
        went in the talk, and the caller hears music until it is back) and, while with a call, `call, service,
        class`."""
        return self._record("agents", self._list_agents)

    def queue(self) -> list[Record]:
        """Callers who wait or are being rung for, in the order of service: `id, caller, service, class, position,
        queued_at, target_at, state` (`waiting` or `ringing`), `ewt_s` (from `queued_at`), `agent` while one rings,
        `node, arrived_at, language`, `urgent_calls` (of the number within the hour), `repeat` (comes after first-time
        urgent callers), `first` (put before all others of the class), `callback` (`asked`, `abandoned`, `outcome` or
        `task`) for who has no channel and is to be called."""
        return self._record("queue", self._list_queue)

    def callbacks(self) -> list[Record]:
        """Who is to be called, in the order of service: `id, caller, service, class, reason` (`asked`, `abandoned`,
        `outcome` or `task`), `asked_at, queued_at, tries, again_at` (None: as soon as it is their turn), `state`
        (`waiting` or `ringing`), `agent`."""
        return self._record("callbacks", self._list_callbacks)

    def outside(self) -> list[Record]:
        """Callers who were handed over to an outside telephone and are with it, the longest first: `id, caller,
        service, class, since` (when they left the agent), `state` (`ringing` or `talking`), `agent` (who handed them
        over). They are in no queue; if the telephone does not answer, they come back."""
        return self._record("outside", self._list_outside)

    def calls(self) -> list[Record]:
        """Every call that is up, the oldest first: `id, node, caller, dialled, service, class, language, state, since,
        arrived_at, queued_at, answered_at, target_at, within_target, agent, held, urgent_calls, repeat, callback,
        recording`. `target_at`: when their wait is over the target (or was, or would have been: that of their first
        wait counts); `within_target`: whether they were answered before; None while they are not."""
        return self._record("calls", self._list_calls)

    def call(self, call: str) -> Record | None:
        """One call as in `calls()`, or None if it is not up."""
        found = self._calls.get(CallId(call))
        return None if found is None else self._call_record(found)

    def is_first(self, call: str) -> bool:
        """Whether a caller waits who was put first."""
        found = self._calls.get(CallId(call))
        return found is not None and found.first and found.state in WAITS

    def agent(self, extension: str) -> Record | None:
        """One agent as in `agents()`, or None if there is no such agent."""
        found = self._agents.get(AgentId(extension))
        return None if found is None else self._agent_record(found)

    def subscribe(self, changed: Callable[[], None]) -> Callable[[], None]:
        """Call `changed` after every change, without arguments; the answer ends the subscription."""
        self._subscriptions += 1
        number = self._subscriptions
        self._subscribers[number] = changed

        def end() -> None:
            self._subscribers.pop(number, None)

        return end

    def _changed(self) -> None:
        self._records.clear()
        for changed in tuple(self._subscribers.values()):
            try:
                changed()
            except Exception:
                log.exception("a subscriber of the live view failed")

    def _record(self, kind: str, make: Callable[[], list[Record]]) -> list[Record]:
        records = self._records.get(kind)
        if records is None:
            records = self._records[kind] = make()
        return records

    def _list_agents(self) -> list[Record]:
        return [self._agent_record(self._agents[extension]) for extension in sorted(self._agents)]

    def _agent_record(self, agent: LiveAgent) -> Record:
        record: Record = {
            "extension": agent.extension,
            "name": agent.name,
            "state": agent.state,
            "reason": agent.reason,
            "since": agent.since,
            "until": agent.until,
            "pending": agent.pending,
            "pending_reason": agent.pending_reason,
            "auto_answer": agent.auto_answer,
            "monitored": agent.monitored,
            "recording": "",
            "keeps": False,
        }
        if agent.call is not None:
            call = self._calls.get(agent.call)
            if call is not None and call.state == "talking" and call.agent == agent.extension:
                record["recording"] = call.recording
            record["keeps"] = call is not None and call.state == "kept"
            record["call"] = agent.call
            record["service"] = call.service if call is not None else None
            record["class"] = call.priority if call is not None else None
        return record

    def _list_queue(self) -> list[Record]:
        held = [one for one in self._calls.values() if one.state in WAITS and one.again_at is None]
        waiting = in_serving_order(held, self.at)
        return [
            {
                "id": call.id,
                "caller": call.caller,
                "service": call.service,
                "class": call.priority,
                "position": position,
                "queued_at": call.queued_at,
                "target_at": self._target_at(call),
                "ewt_s": call.ewt_s,
                "state": call.state,
                "agent": call.agent,
                "node": call.node,
                "arrived_at": call.arrived_at,
                "language": call.language,
                "urgent_calls": call.urgent_calls,
                "repeat": call.repeat,
                "first": call.first,
                "callback": None if call.reached else call.callback,
            }
            for position, call in enumerate(waiting, 1)
        ]

    def _list_callbacks(self) -> list[Record]:
        back = [call for call in self._calls.values() if call.callback and not call.reached and call.state in WAITS]
        return [
            {
                "id": call.id,
                "caller": call.caller,
                "service": call.service,
                "class": call.priority,
                "reason": call.callback,
                "asked_at": call.asked_at,
                "queued_at": call.queued_at,
                "tries": call.tries,
                "again_at": call.again_at,
                "state": call.state,
                "agent": call.agent,
            }
            for call in in_serving_order(back, self.at)
        ]

    def _list_outside(self) -> list[Record]:
        outside = [call for call in self._calls.values() if call.state == "outside"]
        return [
            {
                "id": call.id,
                "caller": call.caller,
                "service": call.service,
                "class": call.priority,
                "since": call.since,
                "state": "talking" if call.answered_outside else "ringing",
                "agent": call.handed_by,
                "to": call.handed_to,
            }
            for call in sorted(outside, key=lambda call: (call.since, call.id))
        ]

    def _list_calls(self) -> list[Record]:
        return [
            self._call_record(call)
            for call in sorted(self._calls.values(), key=lambda call: (call.arrived_at, call.id))
        ]

    def _target_at(self, call: LiveCall) -> float | None:
        since = _counts_from(call)
        return None if since is None else round(since + self.target_s, 3)

    def _within_target(self, call: LiveCall) -> bool | None:
        since = _counts_from(call)
        if since is None or call.answered_at is None:
            return None
        return round(call.answered_at - since, 3) <= self.target_s

    def _call_record(self, call: LiveCall) -> Record:
        return {
            "id": call.id,
            "node": call.node,
            "caller": call.caller,
            "dialled": call.dialled,
            "service": call.service,
            "class": call.priority,
            "language": call.language,
            "state": call.state,
            "since": call.since,
            "arrived_at": call.arrived_at,
            "queued_at": call.queued_at,
            "answered_at": call.answered_at,
            "target_at": self._target_at(call),
            "within_target": self._within_target(call),
            "agent": call.agent,
            "held": call.held,
            "recording": call.recording,
            "urgent_calls": call.urgent_calls,
            "repeat": call.repeat,
            "callback": call.callback,
        }


def _counts_from(call: LiveCall) -> float | None:
    if call.answered_at is not None:
        return call.counted_from
    return counts_from(call.priority, call.arrived_at, call.queued_at)
