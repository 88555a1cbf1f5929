"""The engine's workbench: state, what is derived from it, and what the present event has brought out so far.

The modules beside this one (`calls`, `offers`, `duty`, `nodes`) each hold the handlers of some events; what several of
them need is here. One event is one turn: `at` is its time and `out` what follows from it.
"""

import msgspec

from acd.engine.commands import CancelTimer, Command, HoldCaller, OfferCall, StartTimer
from acd.engine.config import Service
from acd.engine.errors import EngineBug
from acd.engine.facts import AgentState, AgentStateChanged, Fact, OfferMade
from acd.engine.ids import OfferId, ServiceId, TimerId
from acd.engine.routing import Idle, Waiting, services_of
from acd.engine.state import Activity, Agent, Call, Offer, State
from acd.engine.transitions import move_agent, move_call


class Core:
    """One engine's state and its derived indexes. Only handlers touch it, and only during a turn."""

    __slots__ = ("at", "idle", "matching", "out", "services", "state", "waiting")

    def __init__(self, state: State) -> None:
        self.state = state
        self.at = 0.0
        self.out: list[Command | Fact] = []
        self.matching = True
        """False while a handler sets many things right at once: nobody is offered or forgotten meanwhile."""
        self.index()

    def index(self) -> None:
        """Build anew what is derived from the state."""
        self.services = services_of(self.state.config)
        self.waiting = Waiting(self.state.config.services)
        self.idle = Idle()
        for call in self.state.calls.values():
            if call.phase == "waiting" and call.attached:
                self.waiting.add(call)
        for agent in sorted(self.state.agents.values(), key=lambda agent: agent.idle_order):
            if offerable(agent):
                self.idle.add(agent)

    def emit(self, what: Command | Fact) -> None:
        """Add to what this event brings out."""
        self.out.append(what)

    def service(self, service: ServiceId) -> Service:
        """A service by id; an unknown one counts as the default: no caller is refused for it."""
        found = self.services.get(service) or self.services.get(self.state.config.default_service)
        if found is None:
            raise EngineBug(f"no service {service!r} and no default service; was ConfigChanged ever given?")
        return found

    def start_timer(self, kind: str, subject: str, due: float) -> None:
        """Ask for a timer."""
        self.emit(StartTimer(timer=TimerId(f"{kind}:{subject}"), due=due))

    def cancel_timer(self, kind: str, subject: str) -> None:
        """Give up a timer."""
        self.emit(CancelTimer(timer=TimerId(f"{kind}:{subject}")))

    # --- agents

    def set_activity(self, agent: Agent, activity: Activity) -> None:
        """Move an agent to another activity. `refresh` must follow, when all else about the agent is set too."""
        move_agent(agent, activity)
        if activity == "idle":
            agent.idle_order = self.state.next_idle
            self.state.next_idle += 1

    def refresh(self, agent: Agent) -> bool:
        """Bring the idle index and what people see in line with the agent. True if they can be offered a call now."""
        free = offerable(agent)
        agent_id = agent.profile.id
        if free != (agent_id in self.idle):
            if free:
                if agent.shown != "ready":  # back from a pause, a private call, a dead phone: idle from now on
                    agent.idle_order = self.state.next_idle
                    self.state.next_idle += 1
                self.idle.add(agent)
            else:
                self.idle.remove(agent_id)
        shown = shown_state(agent)
        reason = agent.reason if shown == "paused" else ""
        if shown != agent.shown or reason != agent.shown_reason:
            self.emit(
                AgentStateChanged(
                    at=self.at,
                    agent=agent_id,
                    state=shown,
                    reason=reason,
                    call=agent.call,
                    previous=agent.shown,
                    previous_reason=agent.shown_reason,
                    lasted_s=span(agent.shown_since, self.at) if agent.shown_since else 0.0,
                )
            )
            agent.shown, agent.shown_reason, agent.shown_since = shown, reason, self.at
        return free

    # --- bringing callers and agents together

    def match_call(self, call: Call) -> bool:
        """Offer a waiting caller to the agent idle longest who can take them. False if there is none."""
        if not self.matching or self.state.regrouping or not len(self.idle):
            return False
        agent = self.idle.longest_for(call)
        if agent is None or not self._may_take(call):
            return False
        self._offer(call, agent)
        return True

    def match_agent(self, agent: Agent) -> bool:
        """Offer a free agent the caller they should take now. False if there is none for them."""
        if not self.matching or self.state.regrouping:
            return False
        call = self.waiting.best_for(agent, self.at)
        if call is None or not self._may_take(call):
            return False
        self._offer(call, agent)
        return True

    def match_all(self) -> None:
        """Bring together whoever can be, longest idle agent first."""
        for agent in self.idle.in_order():
            self.match_agent(agent)

    def _may_take(self, call: Call) -> bool:
        """Whether a routine caller may have an agent now, or the idle ones are held back for urgent callers."""
        return call.klass == "urgent" or len(self.idle) > self.state.config.reserve

    def _offer(self, call: Call, agent: Agent) -> None:
        """Reserve the agent and have them rung. Nothing is sent before the reservation stands."""
        assert call.service is not None
        assert call.klass is not None
        assert call.queued_at is not None
        agent_id, config = agent.profile.id, self.state.config
        self.waiting.remove(call)
        move_call(call, "offered")
        offer_id = next_offer(call)
        expires_at = self.at + config.ring_s + config.offer_grace_s
        call.offer = Offer(id=offer_id, agent=agent_id, made_at=self.at, expires_at=expires_at)
        self.set_activity(agent, "reserved")
        agent.call = call.id
        self.emit(
            OfferCall(
                call=call.id,
                offer=offer_id,
                agent=agent_id,
                endpoint=agent.profile.endpoint,
                ring_s=config.ring_s,
                service=call.service,
                klass=call.klass,
                number=call.number,
            )
        )
        self.emit(
            OfferMade(
                at=self.at,
                call=call.id,
                offer=offer_id,
                agent=agent_id,
                service=call.service,
                klass=call.klass,
                waited_s=span(call.queued_at, self.at),
            )
        )
        self.start_timer("offer", offer_id, expires_at)
        self.refresh(agent)

    def drop_removed(self, agent: Agent) -> None:
        """Forget an agent who is no longer configured, once they are on no call."""
        if agent.removed and agent.activity == "idle" and self.matching:
            del self.state.agents[agent.profile.id]

    def wait(self, call: Call, *, music: bool = True, freed: Agent | None = None) -> None:
        """Let a caller who is in phase `waiting` wait at their place; offer them at once where an agent is idle.

        An agent who was freed by the same event looks first: someone more urgent may wait for them."""
        if call.attached:
            self.waiting.add(call)
        if freed is not None and freed.profile.id in self.idle:
            self.match_agent(freed)
        if call in self.waiting and not self.match_call(call) and music:
            self.emit(HoldCaller(call=call.id, language=call.language))


def span(begin: float, end: float) -> float:
    """Seconds from one time to another, to the millisecond; never less than 0."""
    return max(0.0, round(end - begin, 3))


def next_offer(call: Call) -> OfferId:
    """The name of a call's next offer."""
    call.offers += 1
    return last_offer(call)


def last_offer(call: Call) -> OfferId:
    """The name of a call's latest offer."""
    return OfferId(f"{call.id}#{call.offers}")


def offerable(agent: Agent) -> bool:
    """Whether the agent can be offered a call now."""
    return (
        agent.activity == "idle"
        and agent.login == "ready"
        and agent.reachable
        and not agent.channels
        and not agent.removed
    )


def shown_state(agent: Agent) -> AgentState:
    """What people see of an agent."""
    if agent.activity != "idle":
        return "ringing" if agent.activity == "reserved" else agent.activity
    if agent.login != "ready":
        return agent.login
    if agent.channels:
        return "busy"
    return "ready" if agent.reachable else "unavailable"


def encode_state(state: State) -> bytes:
    """The state as bytes; equal states give equal bytes."""
    return msgspec.json.encode(state, order="deterministic")


def decode_state(data: bytes) -> State:
    """The state again. Raises `msgspec.DecodeError` where the bytes are not one."""
    return msgspec.json.decode(data, type=State)
