"""What the line must do. The runtime gives each command an id, `<journal number>.<index>`, which is also the AMI
ActionID; its result returns as an event."""

from typing import Final, Literal

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId

KIND_KEY_S: Final = 10.0
"""Seconds of talk in which a key still gives the kind of an urgent call: the caller may have been about to press it."""

ReleaseReason = Literal[
    "talk_ended", "flow_finished", "timed_out", "rejected", "not_ours", "closed", "no_agents", "line_full", "callback"
]


# gc: none of them contains another one, so the collector need not search the many that exist.
class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    """Base of all commands."""


class RunFlow(Command, tag="run_flow", frozen=True, kw_only=True):
    """Lead the caller through a flow, from its start or from the step that they had reached."""

    call: CallId
    flow: str
    step: str = ""
    language: str = "tr"
    full: bool = False
    """Whether the line is full: ask only whether the call is urgent, if the flow has a step for that (`when_full`)."""


class HoldCaller(Command, tag="hold_caller", frozen=True, kw_only=True):
    """Play music to the waiting caller."""

    call: CallId
    language: str = "tr"
    music: str = ""
    """The class of music; empty: the usual one."""


class PlaySurge(Command, tag="play_surge", frozen=True, kw_only=True):
    """Play a message; with key 1 the caller says that they need no agent. `SurgeHeard` has the result."""

    call: CallId
    prompt: str
    """A prompt's name, or a sound file's path without its suffix."""
    language: str = "tr"


class Announce(Command, tag="announce", frozen=True, kw_only=True):
    """Play prompts to a waiting caller, then continue the music. Any other command interrupts it at once."""

    call: CallId
    prompts: tuple[str, ...]
    language: str = "tr"


class OfferCall(Command, tag="offer_call", frozen=True, kw_only=True):
    """Ring the agent in the caller's own channel. The agent is reserved already."""

    call: CallId
    offer: OfferId
    agent: AgentId
    endpoint: str
    ring_s: float
    service: ServiceId
    priority: ServiceClass
    number: str = ""
    urgent_calls: int = 0
    """The number's urgent calls within the last hour, including this one; 0: none is known."""
    music: str = ""
    """The class of music during the ring, as in `HoldCaller`."""
    keys: str = ""
    """Keys that still give the kind for `KIND_KEY_S` seconds after the answer. None: keys in the talk are ignored."""
    untold: bool = False
    """Whether the kind is not known; the agent's phone then shows that instead of the service."""


class CallBack(Command, tag="call_back", frozen=True, kw_only=True):
    """Ring the agent on a separate channel and, when they answer, call the caller's `number` (digits only). The agent
    is reserved already."""

    call: CallId
    offer: OfferId
    agent: AgentId
    endpoint: str
    ring_s: float
    answer_s: float
    service: ServiceId
    priority: ServiceClass
    number: str
    urgent_calls: int = 0
    """As in `OfferCall`."""


class CancelOffer(Command, tag="cancel_offer", frozen=True, kw_only=True):
    """Stop ringing: hang up the agent's leg. The caller stays."""

    call: CallId
    offer: OfferId
    channel: str


class ReleaseCall(Command, tag="release_call", frozen=True, kw_only=True):
    """End the call: an announcement (a prompt's name) first if there is one, then hang up."""

    call: CallId
    reason: ReleaseReason
    announce: str = ""
    language: str = "tr"
    offer: OfferId | None = None
    """The offer whose talk is over. In a session that did not dial it, the caller has come back since and stays."""


class FindCaller(Command, tag="find_caller", frozen=True, kw_only=True):
    """Ask the node where a caller without session and agent is; `CallerFound` has the answer."""

    call: CallId
    node: NodeId


class BringBack(Command, tag="bring_back", frozen=True, kw_only=True):
    """Send a caller's channel back to us through the dialplan; `CallAttached` follows."""

    call: CallId
    node: NodeId
    channel: str


class StartTimer(Command, tag="start_timer", frozen=True, kw_only=True):
    """Post a `TimerFired` at `due` (Unix seconds). It replaces a timer of the same id."""

    timer: TimerId
    due: float


class CancelTimer(Command, tag="cancel_timer", frozen=True, kw_only=True):
    """Forget a timer; no error if there is none."""

    timer: TimerId


AnyCommand = (
    RunFlow
    | HoldCaller
    | PlaySurge
    | Announce
    | OfferCall
    | CallBack
    | CancelOffer
    | ReleaseCall
    | FindCaller
    | BringBack
    | StartTimer
    | CancelTimer
)
