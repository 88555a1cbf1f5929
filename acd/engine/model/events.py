"""What can happen. Each event carries its time: the engine has no other clock.

Times are Unix seconds as floats. The runtime makes sure that `at` never runs backwards.
Everything here is written to the journal, so a field may be added with a default but never renamed or removed.
"""

from typing import Literal

import msgspec

from acd.engine.model.agent_events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AgentStateRequested,
    DeviceStateChanged,
    FirstPlaceWished,
    SurgeRequested,
    SurgeWithdrawn,
)
from acd.engine.model.config import EngineConfig
from acd.engine.model.duty_events import DutyEvent
from acd.engine.model.event_base import DialStatus, Event, Party
from acd.engine.model.handover_events import HandOverEvent
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from acd.engine.model.message_events import MessageTalked
from acd.engine.model.monitor_events import MonitorEvent
from acd.engine.model.outcome_events import OutcomeCallWished, OutcomeTalked
from acd.engine.model.page_events import PageSilent
from acd.engine.model.recording_events import RecordingEvent
from acd.engine.model.request_events import RequestEvent
from acd.engine.model.task_events import TaskCallWished

# --- the process and its configuration


class EngineStarted(Event, tag="engine_started", frozen=True, kw_only=True):
    """The line started (for the first time or again). Every earlier AGI session is gone."""


class LineStops(Event, tag="line_stops", frozen=True, kw_only=True):
    """The whole system stops in order. Asterisk next ends all calls, and then itself."""


class ConfigChanged(Event, tag="config_changed", frozen=True, kw_only=True):
    """The rules from now on."""

    config: EngineConfig


class TimerFired(Event, tag="timer_fired", frozen=True, kw_only=True):
    """A timer of `StartTimer` is due."""

    timer: TimerId


# --- the caller's channel


class CallAttached(Event, tag="call_attached", frozen=True, kw_only=True):
    """A caller's channel runs our AGI: a new caller, or one coming back after an engine died."""

    call: CallId
    node: NodeId
    channel: str
    number: str = ""
    """The caller's number from the trunk, filtered; still text that an attacker can choose."""
    name: str = ""
    dialled: str = ""
    arrived_at: float | None = None
    """When the line answered, from the dialplan; None if the dialplan gave no time."""
    callable: str = ""
    """The digits to dial for a callback: a valid number of the country. Empty if there is none."""
    transfer_leg: str = ""
    """The channel of the agent who transferred the caller, if any; `transfer_to` is what they dialled."""
    transfer_to: str = ""
    outside: DialStatus = ""
    """How the ring of an outside telephone ended to which the caller was handed over, if they come from there."""


class CallDetached(Event, tag="call_detached", frozen=True, kw_only=True):
    """The AGI session of a call is over, though its channel may live on."""

    call: CallId
    lost: bool = False
    """Whether neither the caller hung up nor the line released them: the dialplan has them, and perhaps the standby."""


class CallImported(Event, tag="call_imported", frozen=True, kw_only=True):
    """The standby's whole record of a call without an engine; the latest one is enough. It may come twice.

    Without `ended_at` the caller waits in Asterisk's own queue and comes back to us when their turn there is over."""

    call: CallId
    node: NodeId
    channel: str = ""
    number: str = ""
    name: str = ""
    dialled: str = ""
    arrived_at: float
    urgent: bool | None = None
    """The caller's answer; None if they were not asked."""
    queued_at: float | None = None
    answered_at: float | None = None
    agent: AgentId | None = None
    ended_at: float | None = None
    hangup_by: Party = "unknown"
    callable: str = ""
    """As in `CallAttached`."""
    regroup: bool = False
    """Whether it was read at our start: the caller is on their way back, and nobody should overtake them."""


class CallerFound(Event, tag="caller_found", frozen=True, kw_only=True):
    """Where Asterisk has a caller whom `FindCaller` asked about."""

    call: CallId
    node: NodeId
    place: Literal["gone", "dialplan", "talking", "nowhere"]
    """`gone`: no such channel. `dialplan`: the dialplan, the standby or its queue has them and brings them back.
    `talking`: with an agent whose channel is `leg`. `nowhere`: on the line, and nobody has them."""
    channel: str = ""
    leg: str = ""


class FlowStepped(Event, tag="flow_stepped", frozen=True, kw_only=True):
    """The caller came to a step of the flow, by a key (empty for silence)."""

    call: CallId
    step: str
    key: str = ""
    language: str = ""
    """The caller's language; empty if the event does not give it."""


class ServiceChosen(Event, tag="service_chosen", frozen=True, kw_only=True):
    """The flow is over and the caller wants an agent for a service."""

    call: CallId
    service: ServiceId
    language: str = "tr"
    fields: dict[str, str] = {}
    """Values from the flow, such as a ticket number."""
    preferred: AgentId | None = None
    """The preferred agent: the owner of the caller's open ticket, or the agent who spoke with them last."""


class KindAsked(Event, tag="kind_asked", frozen=True, kw_only=True):
    """The caller pressed "urgent", and will hear the menu of kinds while an agent's phone rings."""

    call: CallId
    service: ServiceId
    """The service that stands for them until a key gives the kind."""
    kinds: dict[str, ServiceId]
    """By key."""
    music: str
    """The class of music that plays the menu."""
    menu_s: float
    """Seconds of the menu, with the time for a key."""
    language: str = "tr"
    preferred: AgentId | None = None
    """As in `ServiceChosen`."""


class KindSet(Event, tag="kind_set", frozen=True, kw_only=True):
    """An agent sets the kind of an urgent call. The call may have ended."""

    call: CallId
    service: ServiceId


class SurgeHeard(Event, tag="surge_heard", frozen=True, kw_only=True):
    """The caller has heard the surge message. `answered`: they pressed that they need no agent."""

    call: CallId
    answered: bool = False


class FlowFinished(Event, tag="flow_finished", frozen=True, kw_only=True):
    """The flow is over and the caller needs no agent (they heard an information or a status)."""

    call: CallId
    reason: str = ""


class KeyPressed(Event, tag="key_pressed", frozen=True, kw_only=True):
    """The caller pressed a key while waiting."""

    call: CallId
    key: str


class HangupRequested(Event, tag="hangup_requested", frozen=True, kw_only=True):
    """A party hung up; the channels end next. `by` is the party that was first."""

    call: CallId
    by: Party
    channel: str = ""
    """The agent's leg; a leg that is not the call's present one ends nothing."""


class CallerGone(Event, tag="caller_gone", frozen=True, kw_only=True):
    """The caller's channel no longer exists."""

    call: CallId
    cause_code: int = 0
    """Q.850 cause, 0 if not known."""
    channel: str = ""
    """Set when the call was answered, so that early hang-ups are recorded too."""
    number: str = ""
    arrived_at: float | None = None
    """When the line answered such a caller, if it is known."""
    called_back: bool = False
    """Whether it was the channel of a callback, not the caller's first channel."""


# --- the agent's leg of a call


class OfferRinging(Event, tag="offer_ringing", frozen=True, kw_only=True):
    """Asterisk began to dial the agent for this call."""

    call: CallId
    channel: str


class OfferAnswered(Event, tag="offer_answered", frozen=True, kw_only=True):
    """The agent picked up."""

    call: CallId
    channel: str
    listens: bool = False
    """Whether Asterisk listens for the agent and has not heard them yet: `AgentHeard` follows when it does."""


class AgentHeard(Event, tag="agent_heard", frozen=True, kw_only=True):
    """An agent spoke or pressed a key on a leg on which Asterisk listens. It comes once per leg."""

    call: CallId
    channel: str


class OfferFailed(Event, tag="offer_failed", frozen=True, kw_only=True):
    """Asterisk reports that the agent's leg did not answer. `channel` may be empty if none was created."""

    call: CallId
    status: DialStatus
    channel: str = ""
    forwarded: bool = False
    """Whether the phone named another address instead of answering (a SIP 3xx). The line does not ring it."""


class LegGone(Event, tag="leg_gone", frozen=True, kw_only=True):
    """The agent's channel of this call no longer exists. 21 in `cause_code` is a call declined."""

    call: CallId
    channel: str
    cause_code: int = 0


class OfferReturned(Event, tag="offer_returned", frozen=True, kw_only=True):
    """The caller's Dial is over, so no leg of this offer is left, and a talk has ended. `status` is its DIALSTATUS."""

    call: CallId
    offer: OfferId
    status: DialStatus
    cause_code: int = 0
    """Q.850 cause of the leg's end, 0 if not known."""
    forwarded: bool = False
    """As in `OfferFailed`."""
    unsure: bool = False
    """The caller's channel ended before DIALSTATUS could be read: the agent may have answered."""


class Transferred(Event, tag="transferred", frozen=True, kw_only=True):
    """An agent transferred the caller; `leg` is the agent's channel, which ends next."""

    call: CallId
    leg: str
    kind: Literal["blind", "attended"]
    dialled: str = ""
    """Blind: the target, an agent's extension or `TRANSFER_PREFIX` and a service's code. `HANDOVER`: the line has
    handed the caller over. Attended: such a code, if the other agent was asked as one of that service; else empty."""
    to_leg: str = ""
    """Attended: the channel that talks to the caller from now; empty if it still rings."""


class CallHeld(Event, tag="call_held", frozen=True, kw_only=True):
    """The agent put the caller on hold."""

    call: CallId
    channel: str = ""
    """The agent's leg."""


class CallUnheld(Event, tag="call_unheld", frozen=True, kw_only=True):
    """The agent took the caller off hold."""

    call: CallId
    channel: str = ""


class CommandFailed(Event, tag="command_failed", frozen=True, kw_only=True):
    """A command about a call could not be carried out. `cause` names the command."""

    call: CallId
    command: str
    error: str


# --- callbacks: the agent's leg comes first and dials the caller


class CalleeAnswered(Event, tag="callee_answered", frozen=True, kw_only=True):
    """The caller answered the callback. `channel` is the agent's."""

    call: CallId
    channel: str
    callee: str = ""
    """The caller's channel, if it is known."""


class CalleeFailed(Event, tag="callee_failed", frozen=True, kw_only=True):
    """The caller did not answer the callback; CANCEL: the agent hung up before. `channel` is the agent's."""

    call: CallId
    channel: str
    status: DialStatus


class CallbackCancelled(Event, tag="callback_cancelled", frozen=True, kw_only=True):
    """Somebody cancelled a callback."""

    call: CallId


# --- Asterisk's present channels, and its log of past ones


class SeenCall(msgspec.Struct, frozen=True, kw_only=True):
    """A caller's channel that exists on a node, and the agent's leg it is talking to or ringing, if any."""

    call: CallId
    channel: str
    leg: str = ""
    talking: bool = False
    callback: bool = False
    """Whether it is a callback: the leg came first, and `channel` (empty: not yet) is the caller's."""
    answered_at: float | None = None
    """Begin of the talk, Unix seconds, if it is known: for talks that the standby's queue began."""
    outside: bool = False
    """Whether the caller was handed over, and the outside telephone has answered."""
    dialled: str = ""
    """The code by which an agent dialled the leg of a service; empty if there is none, or Asterisk does not know it."""


Told = OfferAnswered | CalleeAnswered | HangupRequested | LegGone | CallerGone
"""Events from a channel log."""


class Meanwhile(Event, tag="meanwhile", frozen=True, kw_only=True):
    """What happened on a node while no engine ran, from its channel log. Read at our start."""

    node: NodeId
    told: tuple[Told, ...] = ()
    """In order of time, each with this event's `at` and its own `late_s`. They may be repetitions."""


class NodeReconciled(Event, tag="node_reconciled", frozen=True, kw_only=True):
    """The complete state of one Asterisk node, asked after each connection. What is not listed does not exist."""

    node: NodeId
    told: tuple[Told, ...] = ()
    """As in `Meanwhile`, for the time without a connection."""
    calls: tuple[SeenCall, ...] = ()
    available: tuple[AgentId, ...] = ()
    """Agents whose phones are registered and reachable."""
    agent_channels: dict[AgentId, tuple[str, ...]] = {}
    up_since: float | None = None
    """When this Asterisk started, exact to some seconds: no earlier call is alive."""
    gap: bool = True
    """Whether events of the time before may be missing. Without a gap only the agents have changed, and the lists are
    older than some events: what they do not show may have begun since."""
    pages: tuple[AgentId, ...] | None = None
    """Those of `available` whose page in a browser can be reached; None: it was not written down."""


class NodeLost(Event, tag="node_lost", frozen=True, kw_only=True):
    """The AMI connection to a node is gone. Its channels may live on."""

    node: NodeId


class EntryLost(Event, tag="entry_lost", frozen=True, kw_only=True):
    """Replaces a journal entry that could not be read and was given up."""


AnyEvent = (
    EngineStarted
    | LineStops
    | ConfigChanged
    | TimerFired
    | CallAttached
    | CallDetached
    | CallImported
    | CallerFound
    | FlowStepped
    | ServiceChosen
    | KindAsked
    | KindSet
    | SurgeHeard
    | SurgeRequested
    | SurgeWithdrawn
    | FirstPlaceWished
    | FlowFinished
    | KeyPressed
    | HangupRequested
    | CallerGone
    | OfferRinging
    | OfferAnswered
    | AgentHeard
    | OfferFailed
    | LegGone
    | OfferReturned
    | Transferred
    | CallHeld
    | CallUnheld
    | CommandFailed
    | CalleeAnswered
    | CalleeFailed
    | CallbackCancelled
    | OutcomeCallWished
    | TaskCallWished
    | DutyEvent
    | HandOverEvent
    | MonitorEvent
    | OutcomeTalked
    | MessageTalked
    | PageSilent
    | RecordingEvent
    | RequestEvent
    | AgentStateRequested
    | DeviceStateChanged
    | AgentChannelOpened
    | AgentChannelClosed
    | Meanwhile
    | NodeReconciled
    | NodeLost
    | EntryLost
)
