"""The recording of talks: which are recorded, from when, and its pauses.

A talk is recorded if its class is (`recording`) and the caller has heard to the end that it is. Asterisk is told before
the first phone rings for the caller, since nothing can be told to it in the talk; it records only while two parties are
connected. If the line dies meanwhile the recording goes on. The command is given before each ring, because a line that
died may not have carried it out; a session for which Asterisk records already does nothing.

A pause is silence in the recording. It ends with the agent's part of the talk: the next agent must not have to know of
it."""

from acd.engine.core import Core
from acd.engine.model.commands import MuteRecording, RecordCall
from acd.engine.model.recording_events import (
    RecordingFailed,
    RecordingMissed,
    RecordingMuted,
    RecordingPauseWished,
    RecordingStored,
)
from acd.engine.model.recording_facts import (
    NotRecorded,
    RecordingBegan,
    RecordingKept,
    RecordingLost,
    RecordingPaused,
    RecordingResumed,
)
from acd.engine.model.state import Call, Recording


def is_wanted(core: Core, call: Call) -> bool:
    """Whether calls of this class are recorded: by the rules at the time of its offer, if there is one. A reload while
    the phone rings, or before a late answer is told, makes no talk one that was to be recorded."""
    offer = call.offer
    which = core.state.config.recording if offer is None or offer.recording is None else offer.recording
    return which == "all" or (which == "urgent" and call.priority == "urgent")


def begin(core: Core, call: Call) -> None:
    """Record the coming talk, if it is to be recorded and may be. Call it before a phone rings in the caller's
    channel."""
    if call.recording is None and call.noticed_at is not None and is_wanted(core, call):
        call.recording = Recording()
        core.emit(RecordingBegan(at=core.at, call=call.id))
    if call.recording is not None and call.recording.runs:
        core.emit(RecordCall(call=call.id))


def talk_begins(core: Core, call: Call, *, wanted: bool) -> None:
    """An agent has the caller: end a pause of the agent before; tell once that a talk is not recorded that was to be
    (`wanted`)."""
    recording = call.recording
    if recording is None and wanted:
        call.recording = Recording(runs=False)
        core.emit(NotRecorded(at=core.at, call=call.id, why="no_notice" if call.callback is None else "callback"))
    elif recording is not None and (recording.paused or recording.silence_asked):
        recording.silence_asked = False
        core.emit(MuteRecording(call=call.id, node=call.node, channel=call.channel, paused=False))


def goes_outside(core: Core, call: Call) -> None:
    """The caller is handed over to an outside telephone, whose party has heard no notice: the recording has silence
    until an agent has the caller again. A pause of which the end is on the way to Asterisk is no silence."""
    recording = call.recording
    if recording is not None and recording.runs and not (recording.paused and recording.silence_asked):
        recording.silence_asked = True
        core.emit(MuteRecording(call=call.id, node=call.node, channel=call.channel, paused=True))


def on_failed(core: Core, event: RecordingFailed) -> None:
    """Asterisk does not record: the call goes on without."""
    call = core.state.calls.get(event.call)
    if call is not None and call.recording is not None and call.recording.runs:
        call.recording.runs = False
        core.emit(RecordingLost(at=core.at, call=call.id, why="refused"))


def on_pause_wished(core: Core, event: RecordingPauseWished) -> None:
    """Pause a recording, or let it go on. What is so already is done again: only Asterisk knows for sure."""
    call = core.state.calls.get(event.call)
    if call is None or call.talk is None or call.recording is None or not call.recording.runs:
        return
    call.recording.silence_asked = event.paused
    core.emit(MuteRecording(call=call.id, node=call.node, channel=call.channel, paused=event.paused, by=event.by))


def on_muted(core: Core, event: RecordingMuted) -> None:
    """Asterisk has paused a recording, or lets it go on."""
    call = core.state.calls.get(event.call)
    if call is None or call.recording is None or not call.recording.runs or call.recording.paused == event.paused:
        return
    call.recording.paused = event.paused
    if event.paused:
        core.emit(RecordingPaused(at=core.at, call=call.id, by=event.by))
    else:
        core.emit(RecordingResumed(at=core.at, call=call.id, by=event.by))


def on_stored(core: Core, event: RecordingStored) -> None:
    """The desk has stored a recording; the call may be over for long."""
    core.emit(
        RecordingKept(
            at=core.at,
            call=event.call,
            sha256=event.sha256,
            size=event.size,
            seconds=event.seconds,
            missing_s=event.missing_s,
        )
    )


def on_missed(core: Core, event: RecordingMissed) -> None:
    """The desk found no recording; the call may be over for long."""
    call = core.state.calls.get(event.call)
    if call is not None and call.recording is not None:
        call.recording.runs = False
    core.emit(RecordingLost(at=core.at, call=event.call, why=event.why))
