"""Facts about the line itself and its agents, which belong to no single call."""

from typing import Literal

from acd.engine.model.duty_facts import DutyHeard, DutyRingEnded, DutyRung
from acd.engine.model.fact_base import AgentState, Fact, LineFaultWhy, OutcomeRefusal, SurgeEndedWhy, TaskCallRefusal
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.monitor_facts import MonitorGranted, MonitorRefused
from acd.engine.model.wait_facts import WaitReason


class SurgeBegan(Fact, tag="surge_began", frozen=True, kw_only=True):
    """Callers of these services hear a message before they queue, from now on and `until` a time, if any."""

    surge: str
    services: tuple[ServiceId, ...]
    ticket: str = ""
    until: float | None = None


class SurgeEnded(Fact, tag="surge_ended", frozen=True, kw_only=True):
    """The message is over: so many callers heard it, and for so many it was enough."""

    surge: str
    why: SurgeEndedWhy
    played: int
    answered: int


class AgentStateChanged(Fact, tag="agent_state_changed", frozen=True, kw_only=True):
    """An agent's new state. `previous` lasted `lasted_s` seconds (0 for the first known state)."""

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
    """The state that a ringing or talking agent has asked for and gets after the call; empty: none any more."""

    agent: AgentId
    pending: Literal["", "paused", "offline"]
    reason: str = ""


class LineFaultBegan(Fact, tag="line_fault_began", frozen=True, kw_only=True):
    """A fault of the line keeps agents from being rung. `no_leg`: Asterisk could not create a leg; `set_aside`: several
    agents were set aside for missed calls within seconds."""

    why: LineFaultWhy


class LineFaultEnded(Fact, tag="line_fault_ended", frozen=True, kw_only=True):
    """The fault has shown no sign for a while. It has the number of legs that could not be created and of pauses that
    were undone."""

    lasted_s: float
    legs: int
    undone: int


class MissesUndone(Fact, tag="misses_undone", frozen=True, kw_only=True):
    """Agents who were set aside by a fault of the line are ready again."""

    agents: tuple[AgentId, ...]


class OutcomeCallRefused(Fact, tag="outcome_call_refused", frozen=True, kw_only=True):
    """The desk's wish to have a citizen called comes to nothing. Nobody was rung."""

    wish: str
    why: OutcomeRefusal
    automatic: bool = False


class TaskCallRefused(Fact, tag="task_call_refused", frozen=True, kw_only=True):
    """An agent does not ring a citizen about a task. Nobody was rung."""

    wish: str
    agent: AgentId
    why: TaskCallRefusal


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
    | TaskCallRefused
    | DutyRung
    | DutyHeard
    | DutyRingEnded
    | MonitorGranted
    | MonitorRefused
)
"""Facts that belong to no single call."""
