"""What the engine wants done. The runtime gives each command an id, `<journal number>.<index>`, which is also the
AMI ActionID; what came of it returns as an event."""

from typing import Final, Literal

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId

KIND_KEY_S: Final = 10.0
"""A key says the kind of an urgent call until the talk is so old: the caller may have been about to press it."""

ReleaseReason = Literal[
    "talk_ended", "flow_finished", "timed_out", "rejected", "not_ours", "closed", "no_agents", "line_full", "callback"
]


# gc: none holds another of its kind, so the collector has nothing to look for in the many there are.
class Command(msgspec.Struct, frozen=True, kw_only=True, gc=False, tag_field="type"):
    """Base of all commands."""


class RunFlow(Command, tag="run_flow", frozen=True, kw_only=True):
    """Lead the caller through a flow, from its start or, where they had come further, from a step."""

    call: CallId
    flow: str
    step: str = ""
    language: str = "tr"
    full: bool = False
    """The line is full: ask only whether it is urgent, where the flow knows how (`when_full`)."""


class HoldCaller(Command, tag="hold_caller", frozen=True, kw_only=True):
    """Let the caller wait on music."""

    call: CallId
    language: str = "tr"
    music: str = ""
    """The class of music; empty: the usual one."""


class PlaySurge(Command, tag="play_surge", frozen=True, kw_only=True):
    """Let the caller hear a message, and then say by key 1 that they need no agent; `SurgeHeard` tells."""

    call: CallId
    prompt: str
    """A prompt's name, or a sound file's path without its suffix."""
    language: str = "tr"


class Announce(Command, tag="announce", frozen=True, kw_only=True):
    """Say prompts to a waiting caller, then let the music go on. Any other command cuts it short at once."""

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
    """The number's urgent calls within the last hour, this one included; 0: none is known of."""
    music: str = ""
    """What the caller hears meanwhile, as in `HoldCaller`."""
    keys: str = ""
    """Keys that the caller may still press when the agent has answered, for `KIND_KEY_S`: they say the kind. None: what
    is pressed in the talk is of no interest."""
    untold: bool = False
    """The kind is not known: the agent's phone shows that instead of the service."""


class CallBack(Command, tag="call_back", frozen=True, kw_only=True):
    """Ring the agent on a channel of its own and, when they pick up, call the caller: `number`, digits only. The agent
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
    """The offer whose talk is over. A session that did not dial it has a caller who came back since: they stay."""


class FindCaller(Command, tag="find_caller", frozen=True, kw_only=True):
    """Ask the node where a caller is whom nobody holds; `CallerFound` tells."""

    call: CallId
    node: NodeId


class BringBack(Command, tag="bring_back", frozen=True, kw_only=True):
    """Take a caller's channel out of whatever has it, back to us by the dialplan; `CallAttached` tells."""

    call: CallId
    node: NodeId
    channel: str


class StartTimer(Command, tag="start_timer", frozen=True, kw_only=True):
    """Let a `TimerFired` come at `due` (Unix seconds). A timer of the same id is replaced."""

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
