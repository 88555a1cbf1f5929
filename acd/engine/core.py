"""The engine's working data: the state, its derived indexes, and the results of the present event so far.

One event is one turn: `at` is its time, `out` has its results.
"""

import math
from collections.abc import Callable, Iterable
from typing import Literal

import msgspec

from acd.engine.index.call_counts import Counted
from acd.engine.index.queues import Lineup, Waiting, services_of
from acd.engine.index.skills import Changes, Ends, Need, Skills, SkillSets, Staffing, need_of
from acd.engine.index.strategies import pick_up_s, ranking
from acd.engine.model.commands import Command
from acd.engine.model.config import Service
from acd.engine.model.errors import EngineBug
from acd.engine.model.event_base import Event
from acd.engine.model.facts import AgentPending, AgentState, AgentStateChanged, Fact
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.state import Agent, Call, Offer, Queued, State
from acd.engine.model.wait_facts import CallLinedUp

Slot = Literal["idle", "backup", "wrapup", "ringing"]
"""Where an available agent is taken from: idle; idle in the backup tier; in after-call work; known to ring for a
routine caller. The last three are for urgent callers only."""


class Core:
    """One engine's state and its derived indexes. Only handlers touch it, and only during a turn."""

    __slots__ = (
        "at",
        "backup",
        "backup_staffing",
        "callbacks",
        "changes",
        "counted",
        "emit",
        "has_backup",
        "idle",
        "kept",
        "left_duty",
        "lined_up_from",
        "lineups",
        "matching",
        "out",
        "outcome_calls",
        "over",
        "parted",
        "phones_changed",
        "reasons_at",
        "relaxed",
        "ringing",
        "rule_settings",
        "schedules",
        "services",
        "skills",
        "slots",
        "staff_changed",
        "staffing",
        "state",
        "to_undo",
        "unsuited",
        "urgent_skills",
        "waiting",
        "working",
        "wrapup",
    )

    def __init__(self, state: State) -> None:
        self.state = state
        self.turn(0.0)
        self.left_duty: set[AgentId] = set()
        """Agents who went off duty by this event."""
        self.matching = True
        """False while a handler sets many things right at once: nobody is offered or forgotten meanwhile."""
        self.over: list[Call] = []
        """Calls without a channel that are over by this event."""
        self.parted: list[Call] = []
        """Calls without a session whose offer or talk this event ended: nobody may hold them any more."""
        self.kept = 0
        """So many idle agents are kept for first-time urgent callers in this turn; see `repeat_callers.kept`."""
        self.staff_changed = False
        """Agents came on duty or went off duty since steps of relaxation were last looked at."""
        self.to_undo = False
        """Several agents were set aside by this event: that is to be undone before it is over."""
        self.relaxed = False
        """Waiting callers whom more agents can take by this event: they must be matched before it is over."""
        self.phones_changed = 0
        """How often a phone of somebody who is signed in could be reached no more, or again."""
        self.reasons_at: tuple[int, bool, bool, bool] | None = None
        """When it was last looked at what callers wait for; see `rules.wait_reasons`."""
        self.index()

    def turn(self, at: float) -> list[Command | Fact]:
        """Begin the turn of an event at this time; returns the list for its results."""
        self.at = at
        self.lined_up_from = self.state.next_turn
        """Agents who came into their line-up by this event have this order or a later one."""
        self.out: list[Command | Fact] = []
        self.emit: Callable[[Command | Fact], None] = self.out.append
        """Add to what this event brings out."""
        return self.out

    def index(self) -> None:
        """Build the derived indexes anew from the state."""
        self.services = services_of(self.state.config)
        self.rule_settings: dict[type, object] = {}
        """Settings of declared rules by their type, as far as they have been asked for."""
        self.schedules = {schedule.id: schedule for schedule in self.state.config.schedules}
        self.waiting = Waiting(self.services)
        skill_sets = SkillSets(self.services.values())
        self.skills: dict[AgentId, Skills] = {
            agent_id: skill_sets.of(agent.profile) for agent_id, agent in self.state.agents.items()
        }
        self.urgent_skills: dict[Skills, bool] = {}
        """By skills of those who were asked about, whether they suffice for some urgent service."""
        self.changes = Changes()
        """Agents who came on duty or went off duty, or became idle or taken."""
        self.staffing, self.backup_staffing = Staffing(self.changes), Staffing(self.changes)
        self.working = Ends()
        self.has_backup = any(profile.backup for profile in self.state.config.agents)
        places = {profile.id: place for place, profile in enumerate(self.state.config.agents)}
        rank = ranking(self.state.config.strategy, places)
        self.idle, self.backup = Lineup(self.changes, rank), Lineup(self.changes, rank)
        self.wrapup, self.ringing = Lineup(Changes()), Lineup(Changes())
        self.lineups: dict[Slot, Lineup] = {
            "idle": self.idle,
            "backup": self.backup,
            "wrapup": self.wrapup,
            "ringing": self.ringing,
        }
        self.slots: dict[AgentId, Slot] = {}
        self.callbacks: dict[str, CallId] = {}
        """By the digits that are dialled: callers who are, or were, called back."""
        self.outcome_calls: dict[str, CallId] = {}
        """The same of citizens who are called about an outcome or a task."""
        self.counted = Counted()
        self.unsuited = {call.id for call in self.state.calls.values() if self.is_unsuited(call)}
        """Urgent callers for whom a phone rings whose agent does not take the kind that they have given since."""
        for call in self.state.calls.values():
            if call.queued is not None:
                self.counted.add(call, call.queued)
            if call.callback is not None:
                called = self.outcome_calls if call.callback.wish else self.callbacks
                called[call.callable] = call.id
            if call.phase == "waiting" and call.attached:
                self.waiting.add(call.place)
        for agent in sorted(self.state.agents.values(), key=lambda agent: agent.order):
            if (slot := self.slot(agent)) is not None:
                self._line_up(agent, slot)
            self.count_staffing(agent)

    def service(self, service: ServiceId) -> Service:
        """A service by id. An unknown id counts as the default service, so that no caller is refused for it."""
        found = self.services.get(service) or self.services.get(self.state.config.default_service)
        if found is None:
            raise EngineBug(f"no service {service!r} and no default service; was ConfigChanged ever given?")
        return found

    # --- agents

    def slot(self, agent: Agent) -> Slot | None:
        """Where the agent can be taken from now; None if they are not available."""
        activity = agent.activity
        if agent.rests_until is not None and activity in ("idle", "wrapup"):
            return None
        if activity == "idle":
            if agent.channels or not on_duty(agent):
                return None
            return "backup" if agent.profile.backup else "idle"
        if activity == "wrapup" and self.state.config.wrapup_recall and not agent.profile.backup:
            return "wrapup" if on_duty(agent) and not agent.channels else None
        if activity == "reserved" and self.state.config.ring_recall:
            call, offer = self.ringing_for(agent) or (None, None)
            if call is None or offer is None or not offer.channel or not offer.rings or offer.reconnects:
                return None
            if not self.is_connected(call.node):  # nobody could stop the ring
                return None
            if call.callback is not None and call.callback.is_own:  # they ring a citizen themselves
                return None
            return "ringing" if call.priority != "urgent" and on_duty(agent) else None
        return None

    def is_connected(self, node: NodeId) -> bool:
        """Whether a node's events arrive, and orders reach it, as far as is known."""
        return self.state.connected_since.get(node, self.at) is not None

    def ringing_for(self, agent: Agent) -> tuple[Call, Offer] | None:
        """The call and the offer that the agent is reserved for."""
        call = self.call_of(agent)
        offer = None if call is None else call.offer
        return None if call is None or offer is None or offer.agent != agent.profile.id else (call, offer)

    def call_of(self, agent: Agent) -> Call | None:
        """The call of the agent's talk or after-call work; None if it is over or there is none."""
        return None if agent.call is None else self.state.calls.get(agent.call)

    def _line_up(self, agent: Agent, slot: Slot) -> None:
        self.slots[agent.profile.id] = slot
        self.lineups[slot].add(agent, self.skills[agent.profile.id])

    def count_staffing(self, agent: Agent) -> None:
        """Count the agent as on duty or not, those of the backup tier apart. For others, also count who is in
        after-call work."""
        profile, working = agent.profile, self.working
        agent_id, here = profile.id, agent.login == "ready" and agent.reachable and not agent.removed  # `on_duty`
        staffing = self.backup_staffing if profile.backup else self.staffing
        if here != (agent_id in staffing):
            if here:
                staffing.add(agent_id, self.skills[agent_id])
            else:
                staffing.remove(agent_id)
                self.left_duty.add(agent_id)
            self.staff_changed = True
        work = agent.wrapup if here and not profile.backup else None
        if (work is not None) != (agent_id in working):
            if work is None:
                working.remove(agent_id)
            else:
                working.add(agent_id, self.skills[agent_id], math.inf if agent.is_asked else work.until)

    def need(self, queued: Queued) -> Need:
        """What an agent must have to be offered this caller now."""
        return need_of(self.services[queued.service], queued.language, queued.relaxed, untold=queued.untold)

    def is_unsuited(self, call: Call) -> bool:
        """Whether a phone rings for an urgent caller whose agent was chosen before the kind was known, and does not
        take it."""
        offer, queued = call.offer, call.queued
        if offer is None or queued is None or queued.kinds is None or queued.untold:
            return False
        if not offer.rings or offer.for_agent or call.away:
            return False
        return not self.skills[offer.agent].takes(self.need(queued))

    def leave_queue(self, call: Call) -> None:
        """Take a caller out of the queue; they keep their place. Nothing happens if they are not in it."""
        if call.queued is not None:
            self.waiting.remove(call.queued)
            self.tell_out(call.queued)

    def tell_out(self, queued: Queued) -> None:
        """A caller who waits still is in no queue from now."""
        if queued.lined_up:
            queued.lined_up = ""
            self.emit(CallLinedUp(at=self.at, call=queued.call, queue=""))

    def could_take(self, need: Need, *, urgent: bool, without: Iterable[AgentId] = ()) -> int:
        """How many agents on duty, free or not, can take such a caller; for an urgent caller with the backup tier."""
        there = self.staffing.count(need, without)
        return there + self.backup_staffing.count(need, without) if urgent else there

    def refresh(self, agent: Agent) -> None:
        """Update the line-ups and the shown state of the agent. Call it after any change to an agent."""
        agent_id = agent.profile.id
        slot, before = self.slot(agent), self.slots.get(agent_id)
        if slot != before:
            if before is not None:
                self.lineups[before].remove(agent_id)
                del self.slots[agent_id]
            if slot is not None:
                agent.order = self.state.next_turn
                self.state.next_turn += 1
                agent.picks_up_s = pick_up_s(agent, self.state.averages.ring)
                self._line_up(agent, slot)
        self.count_staffing(agent)
        shown = shown_state(agent)
        self._show(agent, shown, agent.reason if shown == "paused" else "")

    def reserve(self, agent: Agent) -> None:
        """Update the line-ups and the shown state of an agent who is offered a call now: what `refresh` does for them,
        without a count of who is on duty, since an offer does not change it."""
        before = self.slots.pop(agent.profile.id, None)
        if before is not None:
            self.lineups[before].remove(agent.profile.id)
        self._show(agent, "ringing", "")

    def _show(self, agent: Agent, shown: AgentState, reason: str) -> None:
        """Emit the agent's shown state if it is another one than before."""
        if shown != agent.shown or reason != agent.shown_reason:
            if shown == "unavailable" or agent.shown == "unavailable":
                self.phones_changed += 1
            self.emit(
                AgentStateChanged(
                    at=self.at,
                    agent=agent.profile.id,
                    state=shown,
                    reason=reason,
                    call=agent.call,
                    previous=agent.shown,
                    previous_reason=agent.shown_reason,
                    lasted_s=span(agent.shown_since, self.at) if agent.shown_since else 0.0,
                    until=agent.wrapup.until if shown == "wrapup" and agent.wrapup is not None else None,
                )
            )
            agent.shown, agent.shown_since = shown, self.at
            if reason != agent.shown_reason:
                agent.shown_reason = reason
        if agent.login != "ready" or agent.shown_pending:
            self._show_pending(agent)

    def _show_pending(self, agent: Agent) -> None:
        """Emit the state that the agent will have after their call, if that has changed."""
        pending: Literal["", "paused", "offline"] = ""
        if agent.activity in ("reserved", "talking") and agent.login != "ready":
            pending = agent.login
        reason = agent.reason if pending == "paused" else ""
        if (pending, reason) != (agent.shown_pending, agent.shown_pending_reason):
            agent.shown_pending, agent.shown_pending_reason = pending, reason
            self.emit(AgentPending(at=self.at, agent=agent.profile.id, pending=pending, reason=reason))

    def drop_removed(self, agent: Agent) -> None:
        """Remove an agent who is no longer configured, when they are in no call."""
        if agent.removed and agent.activity == "idle" and self.matching:
            self.state.agents.pop(agent.profile.id, None)


def on_duty(agent: Agent) -> bool:
    """Signed in as ready, with a phone that can be reached."""
    return agent.login == "ready" and agent.reachable and not agent.removed


def offerable(agent: Agent) -> bool:
    """Whether the agent is on duty and does nothing else."""
    return agent.activity == "idle" and on_duty(agent) and not agent.channels


def shown_state(agent: Agent) -> AgentState:
    """What people see of an agent."""
    if agent.activity != "idle":
        return "ringing" if agent.activity == "reserved" else agent.activity
    if agent.login != "ready":
        return agent.login
    if agent.channels:
        return "busy"
    return "ready" if agent.reachable else "unavailable"


def span(begin: float, end: float) -> float:
    """Seconds from one time to another, to the millisecond; never less than 0."""
    # `milli`, written out: it runs several times per decision.
    return ((end - begin) * 1000.0 + 0.5) // 1.0 / 1000.0 if end > begin else 0.0


def happened_at(core: Core, event: Event, not_before: float | None = None) -> float:
    """When the present event happened: earlier than now if it was reported late, but not before `not_before`."""
    at = round(core.at - event.late_s, 3) if event.late_s else core.at
    return at if not_before is None or at >= not_before else min(not_before, core.at)


def milli(seconds: float) -> float:
    """Seconds, not less than 0, to the millisecond. `round` would take four times as long, several times per
    decision."""
    return (seconds * 1000.0 + 0.5) // 1.0 / 1000.0


def next_offer(call: Call) -> OfferId:
    """The name of a call's next offer."""
    call.offers += 1
    return last_offer(call)


def last_offer(call: Call) -> OfferId:
    """The name of a call's latest offer."""
    return OfferId(f"{call.id}#{call.offers}")


def encode_state(state: State) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    return msgspec.json.encode(state, order="deterministic")


def decode_state(data: bytes) -> State:
    """The state from its bytes. Raises `msgspec.DecodeError` if they are no state."""
    return msgspec.json.decode(data, type=State)
