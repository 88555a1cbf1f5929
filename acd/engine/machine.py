"""The engine: one method that changes state."""

from collections.abc import Callable
from typing import Any

from acd.engine.core import Core, decode_state, encode_state
from acd.engine.handlers import (
    agents,
    arrivals,
    automatic_calls,
    callbacks,
    calls,
    duty_rings,
    empty_chair,
    ending,
    handovers,
    kinds,
    legs,
    messages,
    monitoring,
    no_agents,
    nodes,
    offers,
    outcome_calls,
    page_reload,
    standby_calls,
    stranded,
    task_calls,
    transfers,
)
from acd.engine.model.agent_events import (
    AgentChannelClosed,
    AgentChannelOpened,
    AgentStateRequested,
    DeviceStateChanged,
    FirstPlaceWished,
    SurgeRequested,
    SurgeWithdrawn,
)
from acd.engine.model.commands import AnyCommand
from acd.engine.model.duty_events import DutyKeyed, DutyPickedUp, DutyRingOver, DutyRingWished, DutyRingWithdrawn
from acd.engine.model.errors import EngineBug
from acd.engine.model.events import (
    AgentHeard,
    AnyEvent,
    CallAttached,
    CallbackCancelled,
    CallDetached,
    CalleeAnswered,
    CalleeFailed,
    CallerFound,
    CallerGone,
    CallHeld,
    CallImported,
    CallUnheld,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    EntryLost,
    FlowFinished,
    FlowStepped,
    HangupRequested,
    KeyPressed,
    KindAsked,
    KindSet,
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
    TimerFired,
    Transferred,
)
from acd.engine.model.facts import AnyFact
from acd.engine.model.handover_events import HandOverWished, OutsideAnswered, OutsideFailed
from acd.engine.model.ids import CallId
from acd.engine.model.message_events import MessageTalked
from acd.engine.model.monitor_events import MonitorDialled, MonitorOver, MonitorWished, NoticeHeard
from acd.engine.model.outcome_events import OutcomeCallWished, OutcomeTalked
from acd.engine.model.page_events import PageSilent
from acd.engine.model.recording_events import (
    RecordingFailed,
    RecordingMissed,
    RecordingMuted,
    RecordingNoticed,
    RecordingPauseWished,
    RecordingStored,
)
from acd.engine.model.request_events import CallDisposed, DeskSeen, RequestTold
from acd.engine.model.state import State
from acd.engine.model.task_events import TaskCallWished
from acd.engine.rules import (
    admission,
    hand_over,
    kind_menu,
    line_faults,
    matching,
    offer,
    preferred_agent,
    put_first,
    recording,
    relaxation,
    repeat_callers,
    required_disposition,
    surge,
    unheld,
    urgent,
    wait_reasons,
    wrapup,
)
from acd.engine.rules import empty_chair as empty_chair_rule
from acd.engine.rules import page_reload as page_reload_rule
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.registry import RULES
from acd.engine.timers import Timer


def _ignored(core: Core, event: EntryLost) -> None:
    """Ignore the event."""


HANDLERS_TIMERS: dict[Timer[Any], Callable[[Core, Any], None]] = {
    offer.TIMER: legs.on_expired,
    offer.PENDING_CANCEL: offers.on_parted,
    wrapup.TIMER: agents.on_wrapup_over,
    line_faults.REST: agents.on_rested,
    preferred_agent.TIMER: agents.on_preferred_due,
    relaxation.TIMER: agents.on_relax_due,
    urgent.BACKUP: calls.on_backup,
    callbacks.TIMER: callbacks.on_due,
    callbacks.HOURS: outcome_calls.on_hours_over,
    offers.RETRY: calls.on_retry,
    empty_chair_rule.TIMER: empty_chair.on_due,
    page_reload_rule.TIMER: page_reload.on_due,
    kind_menu.TIMER: kinds.on_menu_over,
    MAX_WAIT: calls.on_max_wait,
    admission.EMPTY: no_agents.on_due,
    ending.REGROUP: nodes.on_regroup_over,
    duty_rings.TIMER: duty_rings.on_due,
    hand_over.TIMER: handovers.on_due,
}
"""The timers whose work is a handler's."""

TIMERS: dict[Timer[Any], Callable[[Core, Any], None]] = {
    **HANDLERS_TIMERS,
    **{timer: fire for rule in RULES for timer, fire in rule.timers.items()},
}
"""Every timer with its function: a handler's, or what its rule declares."""

_BY_NAME = {timer.name: (timer, fire) for timer, fire in TIMERS.items()}


def on_timer(core: Core, event: TimerFired) -> None:
    """Run a timer's function if the timer is still due: it may have been set anew, or its subject may be gone."""
    name, _, key = event.timer.partition(":")
    if name not in _BY_NAME:
        raise EngineBug(f"timer {event.timer}: nobody here asks for such a timer")
    timer, fire = _BY_NAME[name]
    subject = timer.ripe(core, key)
    if subject is not None:
        fire(core, subject)


def on_started(core: Core, event: EngineStarted) -> None:
    """Start, or start again: the old process's sessions and timers are gone."""
    nodes.on_started(core, event)
    for timer in TIMERS:
        timer.restart(core)
    nodes.after_start(core)


HANDLERS: dict[type, Callable[[Core, Any], None]] = {
    EngineStarted: on_started,
    LineStops: nodes.on_stops,
    ConfigChanged: nodes.on_config,
    TimerFired: on_timer,
    CallAttached: arrivals.on_attached,
    CallDetached: calls.on_detached,
    CallImported: standby_calls.on_imported,
    CallerFound: stranded.on_found,
    FlowStepped: calls.on_stepped,
    ServiceChosen: calls.on_chosen,
    FlowFinished: calls.on_finished,
    RequestTold: calls.on_request_told,
    CallDisposed: required_disposition.on_disposed,
    DeskSeen: required_disposition.on_desk,
    SurgeHeard: calls.on_surge_heard,
    SurgeRequested: surge.on_requested,
    SurgeWithdrawn: surge.on_withdrawn,
    FirstPlaceWished: put_first.on_wished,
    KindAsked: kinds.on_asked,
    KindSet: kinds.on_set,
    KeyPressed: kinds.on_key,
    HangupRequested: calls.on_hangup_requested,
    CallerGone: calls.on_gone,
    OfferRinging: offers.on_ringing,
    OfferAnswered: legs.on_answered,
    AgentHeard: empty_chair.on_heard,
    OfferFailed: offers.on_failed,
    LegGone: legs.on_gone,
    OfferReturned: legs.on_returned,
    Transferred: transfers.on_transferred,
    CallHeld: calls.on_held,
    CallUnheld: calls.on_unheld,
    CommandFailed: legs.on_command_failed,
    CalleeAnswered: callbacks.on_callee_answered,
    CalleeFailed: callbacks.on_callee_failed,
    CallbackCancelled: callbacks.on_cancelled,
    OutcomeCallWished: outcome_calls.on_wished,
    TaskCallWished: task_calls.on_wished,
    DutyRingWished: duty_rings.on_wished,
    DutyRingWithdrawn: duty_rings.on_withdrawn,
    DutyPickedUp: duty_rings.on_picked_up,
    DutyKeyed: duty_rings.on_keyed,
    DutyRingOver: duty_rings.on_over,
    HandOverWished: handovers.on_wished,
    OutsideAnswered: handovers.on_answered,
    OutsideFailed: handovers.on_failed,
    OutcomeTalked: automatic_calls.on_talked,
    NoticeHeard: monitoring.on_notice,
    MonitorWished: monitoring.on_wished,
    MonitorDialled: monitoring.on_dialled,
    MonitorOver: monitoring.on_over,
    MessageTalked: messages.on_talked,
    PageSilent: page_reload.on_silent,
    RecordingNoticed: monitoring.on_recording_noticed,
    RecordingFailed: recording.on_failed,
    RecordingPauseWished: recording.on_pause_wished,
    RecordingMuted: recording.on_muted,
    RecordingStored: recording.on_stored,
    RecordingMissed: recording.on_missed,
    AgentStateRequested: agents.on_state_requested,
    DeviceStateChanged: agents.on_device,
    AgentChannelOpened: agents.on_channel_opened,
    AgentChannelClosed: agents.on_channel_closed,
    Meanwhile: nodes.on_meanwhile,
    NodeReconciled: nodes.on_reconciled,
    NodeLost: nodes.on_lost,
    EntryLost: _ignored,
}


NO_CALL = CallId("")
"""Of events that are about no call."""


class Engine:
    """Holds the state of the line. Not safe for threads; one owner feeds it events in order."""

    def __init__(self, state: State | None = None) -> None:
        self._core = Core(state if state is not None else State())
        repeat_callers.kept(self._core)

    @property
    def state(self) -> State:
        """The state. Read it, never change it."""
        return self._core.state

    @property
    def core(self) -> Core:
        """For the invariants only."""
        return self._core

    def handle(self, event: AnyEvent) -> list[AnyCommand | AnyFact]:
        """Take one event and return its commands and facts, in order.

        The same events in the same order give the same answers, byte for byte. `event.at` must not run backwards.
        Raises `EngineBug` for faults of the engine's own and `BadConfig` for a configuration that cannot be served;
        after either the engine can go on.
        """
        core = self._core
        out: list[Any] = core.turn(event.at)  # handlers emit only members of the two unions
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
        if core.unsuited:
            matching.exchange_all(core)
        if core.staff_changed or core.relaxed:
            matching.after_relaxing(core)
        if core.kept or core.counted.repeats:
            matching.after_turn(core)
        call = core.state.calls.get(getattr(event, "call", NO_CALL))
        if call is not None and (not call.attached or call.unheld is not None):
            unheld.watch(core, call)
        if core.parted:
            self._watch_parted()
        wait_reasons.after_turn(core)
        return out

    def _watch_parted(self) -> None:
        """Update the watch over callers who lost a session or an agent by this event."""
        core = self._core
        for call in core.parted:
            if call.id in core.state.calls:
                unheld.watch(core, call)
        core.parted.clear()

    @property
    def brought_out(self) -> list[Any]:
        """The results of the last event, up to the failure if the engine failed."""
        return list(self._core.out)

    def snapshot(self) -> bytes:
        """The whole state as bytes, for `restore`. Equal states give equal bytes."""
        return encode_state(self._core.state)

    @classmethod
    def restore(cls, data: bytes) -> "Engine":
        """An engine that continues from a snapshot. Raises `msgspec.DecodeError` if the bytes are no snapshot."""
        return cls(decode_state(data))
