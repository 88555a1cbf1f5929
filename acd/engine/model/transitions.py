"""Which states a call and an agent have and how they move. The engine moves only by these tables, and
`docs/states.md` is drawn from them."""

from collections.abc import Mapping

from acd.engine.model.errors import EngineBug
from acd.engine.model.state import Activity, Agent, Call, Phase

CALL_PHASES: Mapping[str, str] = {
    "flow": "The caller is led through the menu.",
    "waiting": "The caller waits in the queue and hears music.",
    "offered": "An agent is reserved and their phone rings; the caller keeps their place.",
    "talking": "Caller and agent talk.",
    "kept": "The page of their agent went in the talk: the caller hears music until it is back, for some seconds.",
    "outside": "An agent has handed the caller over: an outside telephone rings for them, or the two talk.",
    "message": "The caller speaks a message after a tone, and is in no queue.",
    "leaving": "The engine has finished with the call and has asked for its channel to end.",
}

CALL_MOVES: Mapping[tuple[str, str], str] = {
    ("flow", "waiting"): "a service was chosen",
    ("flow", "leaving"): "the flow needs no agent",
    ("flow", "talking"): "found talking after a restart",
    ("waiting", "offered"): "an agent is reserved",
    ("waiting", "leaving"): "waited longer than the service allows, or is not called back any more",
    ("waiting", "talking"): "found talking after a restart",
    ("offered", "talking"): "the agent answered",
    ("offered", "waiting"): "no answer, busy, declined, forwarded, unreachable, no leg: back to the same place",
    ("flow", "message"): "nobody can take the call, and a message may be left",
    ("waiting", "message"): "asked for it, or may wait no longer: a message may be left",
    ("message", "waiting"): "no message: back to the same place",
    ("message", "talking"): "found talking after a restart",
    ("message", "leaving"): "the message is kept, or there is none and no place to wait at",
    ("talking", "leaving"): "the agent's leg ended",
    ("talking", "waiting"): "transferred: back to the place in the queue, or to the named agent",
    ("talking", "talking"): "handed over to an agent after a consultation",
    ("talking", "kept"): "the agent's page was reloaded or closed",
    ("kept", "offered"): "the agent's page is back, and rings",
    ("offered", "kept"): "the page went again while it rang",
    ("kept", "waiting"): "the page did not come back in time: back to the place in the queue",
    ("talking", "outside"): "handed over to an outside telephone",
    ("leaving", "outside"): "the leg's end was reported before the hand-over",
    ("outside", "waiting"): "the outside telephone was not answered: back with the agent, or at the same place",
    ("leaving", "waiting"): "the leg's end was reported before the transfer",
    ("leaving", "talking"): "the leg's end was reported before the attended transfer",
}
"""Any phase also ends when the caller's channel is gone."""

AGENT_ACTIVITIES: Mapping[str, str] = {
    "idle": "In no call of the line. Offered one only if signed in as ready, reachable, and in no call of their own.",
    "reserved": "A call is offered to them: their phone rings or is about to. Or a caller is kept for them.",
    "talking": "In a call.",
    "wrapup": "After-call work.",
}

AGENT_MOVES: Mapping[tuple[str, str], str] = {
    ("idle", "reserved"): "chosen for a call",
    ("idle", "talking"): "found talking after a restart",
    ("wrapup", "reserved"): "recalled for an urgent caller; the rest of the work follows later",
    ("reserved", "wrapup"): "the recall failed: back to the rest of the work; or the caller is kept no longer",
    ("reserved", "idle"): "the offer failed",
    ("reserved", "talking"): "answered",
    ("talking", "reserved"): "their page went: the caller is kept for them",
    ("talking", "wrapup"): "the call ended",
    ("talking", "idle"): "the call ended, and no after-call work is set",
    ("wrapup", "idle"): "time over, or the agent said ready, paused or offline",
    ("wrapup", "talking"): "found talking after a restart",
}


_CALLS_GO_TO = {phase: frozenset(to for begin, to in CALL_MOVES if begin == phase) for phase in CALL_PHASES}
_AGENTS_GO_TO = {was: frozenset(to for begin, to in AGENT_MOVES if begin == was) for was in AGENT_ACTIVITIES}


def move_call(call: Call, to: Phase) -> None:
    """Put a call into another phase. Raises `EngineBug` if the table has no such move."""
    if to not in _CALLS_GO_TO[call.phase]:
        raise EngineBug(f"call {call.id}: no move from {call.phase} to {to}")
    call.phase = to


def move_agent(agent: Agent, to: Activity) -> None:
    """Put an agent into another activity. `EngineBug` where the table has no such move."""
    if to not in _AGENTS_GO_TO[agent.activity]:
        raise EngineBug(f"agent {agent.profile.id}: no move from {agent.activity} to {to}")
    agent.activity = to
