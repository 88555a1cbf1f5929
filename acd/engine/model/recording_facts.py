"""Facts of the recording of talks."""

from typing import Literal

from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import CallId

WhichRecorded = Literal["none", "urgent", "all"]
"""Which calls are recorded."""
PausedBy = Literal["desk", "key"]
"""How an agent paused the recording: in the desk or by a program, or by a key of the telephone."""
NotRecordedWhy = Literal["no_notice", "callback"]
"""`no_notice`: the caller did not hear to its end that the call is recorded. `callback`: the line called them, so that
no notice was said."""
RecordingLostWhy = Literal["refused", "no_file"]
"""`refused`: Asterisk did not begin. `no_file`: it wrote nothing; its disk was full, or away."""


class RecordingAnnounced(Fact, tag="recording_announced", frozen=True, kw_only=True):
    """The caller has heard to its end that the call is recorded: by this prompt, at this time. Only in old journals: it
    is a `NoticeGiven` now."""

    call: CallId
    prompt: str


class RecordingBegan(Fact, tag="recording_began", frozen=True, kw_only=True):
    """Asterisk records what caller and agent say, as soon as they talk. It has no sound of the menu and the queue."""

    call: CallId


class NotRecorded(Fact, tag="not_recorded", frozen=True, kw_only=True):
    """The talk begins and is not recorded, although calls of its class are."""

    call: CallId
    why: NotRecordedWhy


class RecordingPaused(Fact, tag="recording_paused", frozen=True, kw_only=True):
    """The recording has silence from now on. `line`: the caller is handed over to an outside telephone."""

    call: CallId
    by: PausedBy | Literal["line"]


class RecordingResumed(Fact, tag="recording_resumed", frozen=True, kw_only=True):
    """The recording has what is said again. `line`: another agent has the caller now."""

    call: CallId
    by: PausedBy | Literal["line"]


class RecordingKept(Fact, tag="recording_kept", frozen=True, kw_only=True):
    """The recording is encrypted and stored. It may come twice, after a desk that died."""

    call: CallId
    sha256: str
    """The sound file's hash, in hexadecimal."""
    size: int
    """Bytes of the sound file."""
    seconds: float
    missing_s: float = 0.0
    """By so much it is shorter than the talk; 0 if the difference is small."""


class RecordingLost(Fact, tag="recording_lost", frozen=True, kw_only=True):
    """There is no recording of a call that was to be recorded. It may come twice."""

    call: CallId
    why: RecordingLostWhy


RecordingFact = (
    RecordingAnnounced | RecordingBegan | NotRecorded | RecordingPaused
    | RecordingResumed | RecordingKept | RecordingLost
)  # fmt: skip
