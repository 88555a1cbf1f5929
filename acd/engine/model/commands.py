"""What the line must do. The runtime gives each command an id, `<journal number>.<index>`, which is also the AMI
ActionID; its result returns as an event."""

from typing import Final, Literal

import msgspec

from acd.engine.model.config import ServiceClass
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from acd.engine.model.recording_facts import PausedBy

KIND_KEY_S: Final = 10.0
"""Seconds of talk in which a key still gives the kind of an urgent call: the caller may have been about to press it."""

ReleaseReason = Literal[
    "talk_ended",
    "flow_finished",
    "timed_out",
    "rejected",
    "not_ours",
    "closed",
    "no_agents",
    "line_full",
    "callback",
    "message_left",
]

TalkPart = Literal["ask", "words", "score", "remark"]


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
    noticed: bool = False
    """Whether the caller has heard that the call is recorded."""


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
    """Keys that still give the kind, or change it, for `KIND_KEY_S` seconds after the answer. None: keys in the talk
    are ignored."""
    untold: bool = False
    """Whether the kind is not known; the agent's phone then shows that instead of the service."""
    auto_answer: bool = False
    """Whether the agent's phone is asked to answer by itself. One that does not rings as ever."""


class RecordCall(Command, tag="record_call", frozen=True, kw_only=True):
    """Have Asterisk record the caller's talks, unless it does already. `RecordingFailed` reports that it does not."""

    call: CallId


class MuteRecording(Command, tag="mute_recording", frozen=True, kw_only=True):
    """Let the recording of a caller's channel have silence, or what is said again. `RecordingMuted` follows."""

    call: CallId
    node: NodeId
    channel: str
    paused: bool
    by: PausedBy | Literal["line"] = "line"


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


class RingCitizen(Command, tag="ring_citizen", frozen=True, kw_only=True):
    """Call a citizen's `number` (digits only) without an agent. When they pick up, their channel comes to us:
    `CallAttached` follows."""

    call: CallId
    node: NodeId
    number: str
    answer_s: float


class TellOutcome(Command, tag="tell_outcome", frozen=True, kw_only=True):
    """Do a part of an automatic call; `OutcomeTalked` has what became of it. `ask`: say who calls, and ask for a key.
    `words`: say `prompts`. `score`: ask for a score. `remark`: take a spoken remark."""

    call: CallId
    wish: str
    part: TalkPart
    prompts: tuple[str, ...] = ()
    language: str = "tr"


class TakeMessage(Command, tag="take_message", frozen=True, kw_only=True):
    """Say `prompts`, then record what the caller says after a tone; `MessageTalked` has what became of it. A message
    that was recorded before, by a session that is lost, is not asked for again."""

    call: CallId
    prompts: tuple[str, ...]
    most_s: float
    least_s: float
    """The longest message, and the shortest that counts as one."""
    language: str = "tr"


class CancelOffer(Command, tag="cancel_offer", frozen=True, kw_only=True):
    """Stop ringing: hang up the agent's leg. The caller stays. Where the caller's session has not rung the agent yet
    (`channel` is empty), it never does."""

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


class RingDuty(Command, tag="ring_duty", frozen=True, kw_only=True):
    """Ring a person on duty, who is no agent. `DutyPickedUp` and `DutyRingOver` have the result."""

    wish: str
    node: NodeId
    number: str
    """Digits only."""
    ring_s: float


class EndMonitor(Command, tag="end_monitor", frozen=True, kw_only=True):
    """End the monitoring of a talk: hang up the channel of the lead's phone."""

    phone: AgentId
    channel: str


class HandOver(Command, tag="hand_over", frozen=True, kw_only=True):
    """Take the caller out of the talk, and ring an outside telephone for them: `Transferred` to `HANDOVER` follows,
    then `OutsideAnswered`, or `OutsideFailed` and `CallAttached`. `CommandFailed`: the talk goes on."""

    call: CallId
    node: NodeId
    leg: str
    """The agent's channel."""
    number: str
    """Digits only."""
    ring_s: float


class FindCaller(Command, tag="find_caller", frozen=True, kw_only=True):
    """Ask the node where a caller without session and agent is; `CallerFound` has the answer."""

    call: CallId
    node: NodeId


class BringBack(Command, tag="bring_back", frozen=True, kw_only=True):
    """Send a caller's channel back to us through the dialplan; `CallAttached` follows."""

    call: CallId
    node: NodeId
    channel: str


class WatchLeg(Command, tag="watch_leg", frozen=True, kw_only=True):
    """Look whether sound still comes from an agent's page whose registration has ended; `PageSilent` says that none
    does. Nothing follows for any other phone, or if sound comes and the page registers again."""

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
    | RecordCall
    | MuteRecording
    | CallBack
    | RingCitizen
    | TellOutcome
    | TakeMessage
    | CancelOffer
    | ReleaseCall
    | RingDuty
    | EndMonitor
    | HandOver
    | FindCaller
    | BringBack
    | WatchLeg
    | StartTimer
    | CancelTimer
)
