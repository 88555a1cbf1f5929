"""What became true of the line itself and of its agents: facts that are of no one call."""

from typing import Literal

from acd.engine.model.fact_base import AgentState, Fact, LineFaultWhy, OutcomeRefusal, SurgeEndedWhy
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.wait_facts import WaitReason


class SurgeBegan(Fact, tag="surge_began", frozen=True, kw_only=True):
    """Callers of these services hear a message before they queue, from now and `until` a time, if any."""

    surge: str
    services: tuple[ServiceId, ...]
    ticket: str = ""
    until: float | None = None


class SurgeEnded(Fact, tag="surge_ended", frozen=True, kw_only=True):
    """The message is over. So many heard it, and so many of them needed nothing more."""

    surge: str
    why: SurgeEndedWhy
    played: int
    answered: int


class AgentStateChanged(Fact, tag="agent_state_changed", frozen=True, kw_only=True):
    """What an agent does from now. `previous` lasted `lasted_s` (0 for the first state known)."""

    agent: AgentId
    state: AgentState
    reason: str = ""
    call: CallId | None = None
    previous: AgentState | None = None
    previous_reason: str = ""
    lasted_s: float = 0.0
    until: float | None = None
    """When after-call work is over by itself; of that state alone."""


class AgentPending(Fact, tag="agent_pending", frozen=True, kw_only=True):
    """What an agent who rings or talks has asked for, and will be once the call is over; empty: nothing any more."""

    agent: AgentId
    pending: Literal["", "paused", "offline"]
    reason: str = ""


class LineFaultBegan(Fact, tag="line_fault_began", frozen=True, kw_only=True):
    """Agents cannot be rung by a fault of the line's own. `no_leg`: Asterisk could not make a leg; `set_aside`: several
    agents were set aside for missed calls within seconds."""

    why: LineFaultWhy


class LineFaultEnded(Fact, tag="line_fault_ended", frozen=True, kw_only=True):
    """Nothing has been heard of the fault for a while. So many legs could not be made, and so many pauses were undone,
    since it began."""

    lasted_s: float
    legs: int
    undone: int


class MissesUndone(Fact, tag="misses_undone", frozen=True, kw_only=True):
    """These agents were set aside for missed calls by a fault of the line's, and are ready again."""

    agents: tuple[AgentId, ...]


class OutcomeCallRefused(Fact, tag="outcome_call_refused", frozen=True, kw_only=True):
    """The desk's wish to have a citizen called comes to nothing. Nobody was rung."""

    wish: str
    why: OutcomeRefusal


LineFact = (
    SurgeBegan
    | SurgeEnded
    | AgentStateChanged
    | AgentPending
    | LineFaultBegan
    | LineFaultEnded
    | MissesUndone
    | WaitReason
    | OutcomeCallRefused
)
"""Facts that are of no one call."""
