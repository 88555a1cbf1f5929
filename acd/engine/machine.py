"""The engine: one method that changes state."""

from collections.abc import Callable
from typing import Any

from acd.engine.core import Core, decode_state, encode_state
from acd.engine.handlers import (
    agents,
    callbacks,
    calls,
    ending,
    meanwhile,
    no_agents,
    nodes,
    offers,
    standby_calls,
    stranded,
    transfers,
)
from acd.engine.model.commands import AnyCommand
from acd.engine.model.errors import EngineBug
from acd.engine.model.events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AgentStateRequested,
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CallerFound,
    CallerGone,
    CallHeld,
    CallImported,
    CallUnheld,
    CitizenAnswered,
    CitizenFailed,
    CommandFailed,
    ConfigChanged,
    DeviceStateChanged,
    EngineStarted,
    EntryLost,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    LegGone,
    LineStops,
    Meanwhile,
    NodeLost,
    NodeReconciled,
    OfferAnswered,
    OfferFailed,
    OfferReturned,
    OfferRinging,
    ServiceChosen,
    SurgeHeard,
    SurgeRequested,
    SurgeWithdrawn,
    TimerFired,
    Transferred,
)
from acd.engine.model.facts import AnyFact
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.state import State
from acd.engine.rules import admission, announcements, line_faults, matching, repeat_callers, surge


def _ignored(core: Core, event: EntryLost) -> None:
    """Nothing is known of it."""


def on_timer(core: Core, event: TimerFired) -> None:
    """Hand a timer to whoever asked for it. Each checks whether it is still due: it may have been set anew since."""
    kind, _, subject = event.timer.partition(":")
    match kind:
        case "wrapup":
            agents.on_wrapup_over(core, AgentId(subject))
        case "rest":
            agents.on_rested(core, AgentId(subject))
        case "fault":
            line_faults.on_due(core)
        case "offer":
            callbacks.on_expired(core, subject)
        case "callback":
            callbacks.on_due(core, CallId(subject))
        case "callback_offer":
            announcements.on_callback_offer(core, CallId(subject))
        case "announce":
            announcements.on_due(core, CallId(subject))
        case "parting":
            offers.on_parted(core, subject)
        case "backup":
            calls.on_backup(core, CallId(subject))
        case "headroom":
            matching.match_all(core)
        case "maxwait":
            calls.on_max_wait(core, CallId(subject))
        case "surge":
            surge.on_due(core, subject)
        case "empty":
            no_agents.on_due(core, ServiceId(subject))
        case "owner":
            agents.on_owner_due(core, CallId(subject))
        case "relax":
            agents.on_relax_due(core, CallId(subject))
        case "retry":
            calls.on_retry(core, CallId(subject))
        case "stranded":
            stranded.on_due(core, CallId(subject))
        case "regroup":
            nodes.on_regroup_over(core)
        case _:
            raise EngineBug(f"timer {event.timer}: nobody here asks for such a timer")


HANDLERS: dict[type, Callable[[Core, Any], None]] = {
    EngineStarted: stranded.on_started,
    LineStops: nodes.on_stops,
    ConfigChanged: nodes.on_config,
    TimerFired: on_timer,
    CallAttached: transfers.on_attached,
    CallDetached: calls.on_detached,
    CallImported: standby_calls.on_imported,
    CallerFound: stranded.on_found,
    FlowStepped: calls.on_stepped,
    ServiceChosen: calls.on_chosen,
    FlowFinished: calls.on_finished,
    SurgeHeard: calls.on_surge_heard,
    SurgeRequested: surge.on_requested,
    SurgeWithdrawn: surge.on_withdrawn,
    KeyPressed: calls.on_key,
    HangupRequested: calls.on_hangup_requested,
    CallerGone: calls.on_gone,
    OfferRinging: offers.on_ringing,
    OfferAnswered: standby_calls.on_answered,
    OfferFailed: offers.on_failed,
    LegGone: callbacks.on_leg_gone,
    OfferReturned: callbacks.on_returned,
    Transferred: transfers.on_transferred,
    CallHeld: calls.on_held,
    CallUnheld: calls.on_unheld,
    CommandFailed: callbacks.on_command_failed,
    CitizenAnswered: callbacks.on_citizen_answered,
    CitizenFailed: callbacks.on_citizen_failed,
    CallbackCancelled: callbacks.on_cancelled,
    AgentStateRequested: agents.on_state_requested,
    DeviceStateChanged: agents.on_device,
    AgentChannelOpened: agents.on_channel_opened,
    AgentChannelClosed: agents.on_channel_closed,
    Meanwhile: meanwhile.on_meanwhile,
    NodeReconciled: meanwhile.on_reconciled,
    NodeLost: stranded.on_lost,
    EntryLost: _ignored,
}


class Engine:
    """Holds the state of the line. Not safe for threads; one owner feeds it events in order."""

    def __init__(self, state: State | None = None) -> None:
        self._core = Core(state if state is not None else State())
        repeat_callers.kept(self._core)

    @property
    def state(self) -> State:
        """To look at, never to change."""
        return self._core.state

    @property
    def core(self) -> Core:
        """For the invariants' eyes only."""
        return self._core

    def handle(self, event: AnyEvent) -> list[AnyCommand | AnyFact]:
        """Take in one event; what is then wanted (commands) and what became true (facts), in order.

        The same events in the same order give the same answers, byte for byte. `event.at` must not run backwards.
        Raises `EngineBug` for faults of the engine's own and `BadConfig` for a configuration that cannot be served;
        after either the engine can go on.
        """
        core = self._core
        out: list[Any] = core.turn(event.at)  # handlers emit members of the two unions only
        if core.left_duty:
            core.left_duty.clear()
        HANDLERS[type(event)](core, event)
        while core.over:
            ending.finish(core, core.over.pop(0), by="agent")
        if core.to_undo:
            agents.undo_misses(core)
        if core.left_duty:
            agents.after_turn(core)
            admission.after_turn(core)
        if core.staff_changed or core.relaxed:
            matching.after_relaxing(core)
        if core.kept or core.counted.repeats:
            matching.after_turn(core)
        self._watch(getattr(event, "call", None))
        return out

    def _watch(self, call_id: CallId | None) -> None:
        """See whether somebody holds the caller whom the event is about, and those whom it parted from somebody."""
        core, calls = self._core, self._core.state.calls
        call = None if call_id is None else calls.get(call_id)
        if call is not None and (not call.attached or call.unheld_since is not None):
            stranded.watch(core, call)
        if core.parted:
            for call in core.parted:
                if call.id in calls:
                    stranded.watch(core, call)
            core.parted.clear()

    @property
    def brought_out(self) -> list[Any]:
        """What the last event brought out, up to where the engine failed if it did."""
        return list(self._core.out)

    def snapshot(self) -> bytes:
        """The whole state, to go on from. Equal states give equal bytes."""
        return encode_state(self._core.state)

    @classmethod
    def restore(cls, data: bytes) -> "Engine":
        """An engine that goes on from a snapshot. Raises `msgspec.DecodeError` where the bytes are none."""
        return cls(decode_state(data))
