"""Events of the recording of talks."""

from typing import Literal

from acd.engine.model.event_base import Event
from acd.engine.model.ids import CallId
from acd.engine.model.recording_facts import PausedBy, RecordingLostWhy


class RecordingNoticed(Event, tag="recording_noticed", frozen=True, kw_only=True):
    """The caller heard to its end that the call is recorded. Only in old journals: it is a `NoticeHeard` now."""

    call: CallId
    prompt: str


class RecordingFailed(Event, tag="recording_failed", frozen=True, kw_only=True):
    """Asterisk could not be made to record a call."""

    call: CallId


class RecordingPauseWished(Event, tag="recording_pause_wished", frozen=True, kw_only=True):
    """The agent wants the recording of the talk to pause, since a card's number is said, or to go on."""

    call: CallId
    paused: bool
    by: PausedBy = "desk"


class RecordingMuted(Event, tag="recording_muted", frozen=True, kw_only=True):
    """Asterisk records silence from now on, or what is said again."""

    call: CallId
    paused: bool
    by: PausedBy | Literal["line"] = "line"


class RecordingStored(Event, tag="recording_stored", frozen=True, kw_only=True):
    """The desk has encrypted the recording of a call that is over. It may come twice."""

    call: CallId
    sha256: str
    size: int
    seconds: float
    missing_s: float = 0.0


class RecordingMissed(Event, tag="recording_missed", frozen=True, kw_only=True):
    """The desk found no recording of a call that was to be recorded. It may come twice."""

    call: CallId
    why: RecordingLostWhy


RecordingEvent = (
    RecordingNoticed | RecordingFailed | RecordingPauseWished | RecordingMuted | RecordingStored | RecordingMissed
)
