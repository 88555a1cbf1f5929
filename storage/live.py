"""The live view: waiting callers, talks, and what each agent does now. A fold of the journal's facts.

`LiveView` is that fold, in the desk's own process. `storage.live_redis` carries its content to other processes, whose
copies have the same methods (`View`) and pass the same tests.
"""

from collections.abc import Iterable
from typing import Any, Final, Literal, get_args

from acd.engine.index.queues import is_first
from acd.engine.model.config import EngineConfig, ServiceClass
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import (
    AgentPending,
    AgentStateChanged,
    AnyFact,
    CallAnswered,
    CallbackMissed,
    CallbackPaused,
    CallbackQueued,
    CallEnded,
    CallEntered,
    CallEscalated,
    CallOverflowed,
    CallPutFirst,
    CallQueued,
    CallReclassed,
    CallReleased,
    CallReturned,
    CallStepped,
    CallTakenOver,
    CallTransferred,
    HoldBegan,
    HoldEnded,
    KindChanged,
    LineFact,
    OfferEnded,
    OfferMade,
    OutcomeDialled,
    ServiceNamed,
    SurgePlayed,
    TalkEnded,
    TaskCallOrdered,
    WaitAnnounced,
)
from acd.engine.model.handover_facts import HandOverBegan, HandOverEnded
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.message_facts import MessageOffered
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded
from acd.engine.model.page_facts import CallKept, KeepingEnded
from acd.engine.model.recording_facts import RecordingBegan, RecordingLost, RecordingPaused, RecordingResumed
from acd.engine.model.state import Call, State
from acd.engine.model.target import TARGET_S, counts_from
from acd.engine.rules.repeat_callers import LATER
from storage.view import LiveAgent, LiveCall, LiveState, View


class LiveView(View):
    """The fold: `apply` it to every entry, in order."""

    def __init__(self, target_s: float = TARGET_S) -> None:
        super().__init__(target_s)
        self._ageing: dict[ServiceId, float] = {}
        self._tracking = False
        self._touched_calls: set[CallId] = set()
        self._touched_agents: set[AgentId] = set()

    @classmethod
    def of(cls, state: State, seq: int, at: float) -> "LiveView":
        """The view of an engine's state after entry `seq`. A start uses this instead of the whole journal."""
        view = cls()
        view.reset(state, seq, at)
        return view

    def reset(self, state: State, seq: int, at: float) -> None:
        """Replace the content by an engine's state after entry `seq`, and call the subscribers."""
        self.seq, self.at = seq, at
        self._ageing = {service.id: service.ageing for service in state.config.services}
        self._touched_calls.update(self._calls)
        self._touched_agents.update(self._agents)
        self._calls = {call.id: _call_of(call, self._ageing) for call in state.calls.values()}
        self._agents = {}
        monitored = {one.agent: one.mode for one in state.monitors.values()}
        for agent in state.agents.values():
            profile = agent.profile
            self._agents[profile.id] = LiveAgent(
                extension=profile.id,
                name=profile.name,
                auto_answer=profile.auto_answer,
                monitored=monitored.get(profile.id),
                state=agent.shown,
                reason=agent.shown_reason,
                since=agent.shown_since,
                until=agent.wrapup.until if agent.shown == "wrapup" and agent.wrapup is not None else None,
                pending=agent.shown_pending,
                pending_reason=agent.shown_pending_reason,
                call=agent.call,
                listed=not agent.removed,
            )
        self._touched_calls.update(self._calls)
        self._touched_agents.update(self._agents)
        if not self._tracking:
            self._forget_touched()
        self._changed()

    def apply(self, entry: Entry) -> bool:
        """Apply an entry and call the subscribers; True if anything changed. An entry that was applied before is
        skipped."""
        if entry.seq <= self.seq:
            return False
        self.seq, self.at = entry.seq, entry.event.at
        configured = isinstance(entry.event, ConfigChanged) and not entry.error
        if isinstance(entry.event, ConfigChanged) and configured:
            self._configure(entry.event.config, self.at)
        for fact in entry.facts:
            self._take(fact)
        if not self._tracking:
            self._forget_touched()
        if not configured and not entry.facts:
            self._records.pop("queue", None)  # its order can change by time alone
            return False
        self._changed()
        return True

    def drain(self) -> tuple[dict[CallId, LiveCall | None], dict[AgentId, LiveAgent | None]]:
        """The present records of everything that changed since the last drain; None for a record that is gone. For one
        publisher: its first drain begins the tracking and `stop_tracking` ends it."""
        self._tracking = True
        calls = {call: self._calls.get(call) for call in self._touched_calls}
        agents = {agent: self._agents.get(agent) for agent in self._touched_agents}
        self._forget_touched()
        return calls, agents

    def stop_tracking(self) -> None:
        """Stop tracking changes: nobody will drain them."""
        self._tracking = False
        self._forget_touched()

    def _forget_touched(self) -> None:
        self._touched_calls.clear()
        self._touched_agents.clear()

    def everything(self) -> tuple[Iterable[LiveCall], Iterable[LiveAgent]]:
        """All calls and agents, for a publisher that begins anew."""
        return self._calls.values(), self._agents.values()

    def _configure(self, config: EngineConfig, at: float) -> None:
        self._ageing = {service.id: service.ageing for service in config.services}
        for call in self._calls.values():
            if call.service is not None:
                call.ageing = self._ageing.get(call.service, 1.0)
                self._touched_calls.add(call.id)
        profiles = {profile.id: profile for profile in config.agents}
        for extension, profile in profiles.items():
            agent = self._agents.get(extension)
            if agent is None:
                agent = self._agents[extension] = LiveAgent(extension=extension, since=at)
            agent.name, agent.auto_answer, agent.listed = profile.name, profile.auto_answer, True
            self._touched_agents.add(extension)
        for extension in [extension for extension in self._agents if extension not in profiles]:
            self._agents[extension].listed = False
            self._forget(extension)

    def _forget(self, extension: AgentId) -> None:
        """Drop an agent who was taken out of the configuration, once they are off duty."""
        agent = self._agents[extension]
        self._touched_agents.add(extension)
        if not agent.listed and agent.state == "offline":
            del self._agents[extension]

    def _take(self, fact: AnyFact) -> None:
        if type(fact) in _OF_LINE:
            self._take_of_line(fact)
        elif isinstance(fact, CallEntered):
            self._calls[fact.call] = LiveCall(
                id=fact.call,
                node=fact.node,
                caller=fact.number,
                dialled=fact.dialled,
                arrived_at=fact.arrived_at,
                since=fact.arrived_at,
            )
            self._touched_calls.add(fact.call)
        else:
            self._take_of_call(fact)

    def _take_of_line(self, fact: AnyFact) -> None:
        if isinstance(fact, AgentStateChanged):
            self._take_agent(fact)
        elif isinstance(fact, AgentPending):
            self._take_pending(fact)
        elif isinstance(fact, MonitorBegan | MonitorEnded):
            self._take_monitor(fact)

    def _take_of_call(self, fact: Any) -> None:
        call = self._calls.get(fact.call)
        if call is None:
            return
        self._touched_calls.add(call.id)
        if isinstance(fact, CallEnded):
            del self._calls[call.id]
        else:
            self._take_call(call, fact)

    def _take_agent(self, fact: AgentStateChanged) -> None:
        agent = self._agents.get(fact.agent)
        if agent is None:
            agent = self._agents[fact.agent] = LiveAgent(extension=fact.agent, listed=False)
        talked_to = self._calls.get(agent.call) if agent.call is not None and fact.state != "talking" else None
        if talked_to is not None and talked_to.state == "talking" and talked_to.agent == fact.agent:
            self._touched_calls.add(talked_to.id)
            talked_to.held = False
            self._move(talked_to, "leaving", talked_to.over_at or fact.at)
        agent.state, agent.reason, agent.since, agent.call = fact.state, fact.reason, fact.at, fact.call
        agent.until = fact.until
        self._forget(fact.agent)

    def _take_pending(self, fact: AgentPending) -> None:
        agent = self._agents.get(fact.agent)
        if agent is not None:
            agent.pending, agent.pending_reason = fact.pending, fact.reason
            self._touched_agents.add(fact.agent)

    def _take_monitor(self, fact: MonitorBegan | MonitorEnded) -> None:
        agent = self._agents.get(fact.agent)
        if agent is not None:
            agent.monitored = fact.mode if isinstance(fact, MonitorBegan) else None
            self._touched_agents.add(fact.agent)

    def _take_call(self, call: LiveCall, fact: AnyFact) -> None:
        match fact:
            case ServiceNamed():
                call.language = fact.language
                self._serve(call, fact.service, fact.priority)
            case KindChanged() | CallReclassed():
                self._serve(call, fact.service, fact.priority)
            case OutcomeDialled() | TaskCallOrdered():
                _take_called(call, fact)
            case CallQueued():
                call.reached = call.callback is not None  # called by the line, and holds it now
                call.order, call.queued_at = fact.order, fact.at
                call.ewt_s, call.points = fact.ewt_s, fact.points
                call.urgent_calls, call.repeat = fact.urgent_calls, bool(fact.repeat)
                self._serve(call, fact.service, fact.priority)
                self._move(call, "waiting", fact.at)
            case CallEscalated():
                call.priority, call.points = fact.priority, 0.0
                call.urgent_calls, call.repeat, call.first = fact.urgent_calls, bool(fact.repeat), False
            case CallPutFirst():
                call.first, call.repeat = True, False
            case WaitAnnounced():
                call.ewt_s = fact.ewt_s
            case CallbackQueued() | CallbackMissed() | CallbackPaused():
                self._take_callback(call, fact)
            case CallOverflowed():
                self._serve(call, fact.to, fact.priority)
            case OfferMade():
                call.agent, call.repeat = fact.agent, call.repeat and call.state != "kept"
                self._move(call, "ringing", fact.at)
            case KeepingEnded():
                call.repeat = False  # an agent has talked to them
            case CallReturned() | OfferEnded() if isinstance(fact, CallReturned) or _gives_up(call, fact):
                call.agent = None
                self._move(call, "waiting", call.queued_at or fact.at)
            case CallAnswered():
                call.agent, call.answered_at, call.reached = fact.agent, fact.at, call.callback is not None
                if call.queued_at is None:  # found talking after a restart
                    call.queued_at = fact.at - fact.wait_s
                    call.order = fact.order
                call.counted_from = counts_from(fact.priority, call.arrived_at, call.queued_at)
                self._serve(call, fact.service, fact.priority)
                self._move(call, "talking", fact.at)
            case TalkEnded():
                call.over_at = fact.at
                if call.state == "leaving":
                    self._move(call, "leaving", fact.at)
            case CallTransferred() | HandOverBegan():
                self._send_on(call, fact)
            case HandOverEnded():
                call.answered_outside = fact.result == "answered"
            case CallTakenOver() | CallKept():
                call.agent, call.held, call.reached = fact.agent, False, call.callback is not None
                self._move(call, "kept" if isinstance(fact, CallKept) else "talking", fact.at)
            case CallStepped() | SurgePlayed():
                call.language = fact.language
            case CallReleased() | MessageOffered():
                self._move(call, "leaving" if isinstance(fact, CallReleased) else "menu", fact.at)
            case _:
                _take_talk(call, fact)

    def _send_on(self, call: LiveCall, fact: CallTransferred | HandOverBegan) -> None:
        """An agent sends the caller on. After a consultation another agent has them at once."""
        if isinstance(fact, CallTransferred) and fact.to == "talk":
            return
        call.agent, call.held, call.repeat = None, False, False
        if isinstance(fact, HandOverBegan):
            self._move(call, "outside", fact.at)
            call.handed_by, call.handed_to = fact.by, fact.to
            return
        self._serve(call, fact.service, fact.priority)
        self._move(call, "waiting", fact.queued_at)

    def _take_callback(self, call: LiveCall, fact: CallbackQueued | CallbackMissed | CallbackPaused) -> None:
        match fact:
            case CallbackQueued():
                call.callback, call.reached, call.asked_at, call.agent = fact.reason, False, fact.at, None
                self._move(call, "waiting", call.queued_at or fact.at)
            case CallbackMissed():
                call.tries = fact.tries
            case CallbackPaused():
                call.again_at = fact.until

    def _serve(self, call: LiveCall, service: ServiceId, priority: ServiceClass) -> None:
        call.first = call.first and priority == call.priority
        call.service, call.priority, call.ageing = service, priority, self._ageing.get(service, 1.0)
        call.repeat = call.repeat and priority == "urgent"

    def _move(self, call: LiveCall, state: LiveState, since: float) -> None:
        call.state, call.since = state, since
        call.handed_by, call.handed_to, call.answered_outside = None, "", False
        if state == "talking":
            call.over_at = None


def _take_called(call: LiveCall, fact: OutcomeDialled | TaskCallOrdered) -> None:
    """The line calls a citizen, by itself or for an agent."""
    call.callback = "outcome" if isinstance(fact, OutcomeDialled) else "task"
    call.asked_at, call.reached = fact.at, False


def _take_talk(call: LiveCall, fact: AnyFact) -> None:
    """Take what does not move a call."""
    if isinstance(fact, HoldBegan | HoldEnded):
        call.held = isinstance(fact, HoldBegan)
    else:
        call.recording = _RECORDING.get(type(fact), call.recording)


_OF_LINE: Final = frozenset((*get_args(LineFact), MonitorBegan, MonitorEnded))
"""Facts that are of no call here. To ask `isinstance` for each member of the union costs a microsecond a fact."""
_RECORDING: dict[type, Literal["", "on", "paused"]] = {
    RecordingBegan: "on",
    RecordingResumed: "on",
    RecordingPaused: "paused",
    RecordingLost: "",
}


def _gives_up(call: LiveCall, fact: OfferEnded) -> bool:
    """Whether the agent who rang for this call has not answered it."""
    return fact.result != "answered" and call.agent == fact.agent


def _call_of(call: Call, ageing: dict[ServiceId, float]) -> LiveCall:
    """A call of the engine's state, as the fold of its facts would show it."""
    state: LiveState
    offer, talk, queued = call.offer, call.talk, call.queued
    if call.phase == "leaving":
        state, since = "leaving", _let_go_at(call)
    elif talk is not None:
        state, since = "talking", talk.began_at
    elif call.phase == "kept" and call.kept is not None:
        state, since = "kept", call.kept.since
    elif offer is not None:
        state, since = "ringing", offer.made_at
    elif call.phase == "outside" and call.handover is not None:
        state, since = "outside", call.handover.began_at or call.arrived_at
    elif call.phase == "message" and call.message is not None:
        state, since = "menu", call.message.asked_at
    elif queued is not None:
        state, since = "waiting", queued.at
    else:
        state, since = "menu", call.arrived_at
    back = call.callback
    handover = call.handover if state == "outside" else None
    return LiveCall(
        id=call.id,
        node=call.node,
        caller=call.number,
        dialled=call.dialled,
        arrived_at=call.arrived_at,
        state=state,
        since=since,
        service=call.service,
        priority=call.priority,
        language=call.language,
        order=0 if queued is None else queued.order % LATER,
        repeat=queued is not None and bool(queued.repeat),
        first=queued is not None and is_first(queued),
        urgent_calls=0 if queued is None else queued.urgent_calls,
        ageing=ageing.get(call.service, 1.0) if call.service is not None else 1.0,
        points=0.0 if queued is None or queued.priority == "urgent" else queued.points,
        queued_at=None if queued is None else queued.at,
        ewt_s=None if queued is None else queued.ewt_now_s,
        answered_at=None if call.answered is None else call.answered.at,
        counted_from=None if call.answered is None else call.answered.counted_from,
        agent=_agent_of(call),
        held=talk is not None and talk.hold_since is not None,
        recording=_recording_of(call),
        callback=None if back is None else back.reason,
        reached=back is not None and back.reached,
        asked_at=None if back is None else back.asked_at,
        tries=0 if back is None else back.tries,
        again_at=None if back is None else back.until,
        handed_by=None if handover is None else handover.by,
        handed_to="" if handover is None else handover.to,
        answered_outside=handover is not None and handover.answered,
    )


def _recording_of(call: Call) -> Literal["", "on", "paused"]:
    if call.recording is None or not call.recording.runs:
        return ""
    return "paused" if call.recording.paused else "on"


def _let_go_at(call: Call) -> float:
    """When a caller was released, or their talk was over."""
    if call.released is not None:
        return call.released.at
    return call.arrived_at if call.talked is None else call.talked.ended_at


def _agent_of(call: Call) -> AgentId | None:
    """The agent who talks to the caller or rings for them; for a released caller, the last such agent."""
    if (with_agent := call.leg or call.kept) is not None:
        return with_agent.agent
    if call.phase != "leaving" or call.released is not None:  # released by the line, with no agent at the end
        return None
    return None if call.talked is None else call.talked.agent
