"""The messages between line and desk. Both ends run on one machine and are of one version: `Hello` says which.

A deadline is in seconds of `time.monotonic()`, which all processes of a machine share. After it a message must not be
acted on, since the other side has given up.
"""

from typing import Any, Literal

import msgspec

from acd.engine.model.agent_events import AgentStateRequested, FirstPlaceWished, SurgeRequested, SurgeWithdrawn
from acd.engine.model.duty_events import DutyRingWished, DutyRingWithdrawn
from acd.engine.model.event_base import Event
from acd.engine.model.events import CallbackCancelled, KindSet
from acd.engine.model.facts import AnyFact
from acd.engine.model.handover_events import HandOverWished
from acd.engine.model.ids import AgentId, ServiceId
from acd.engine.model.monitor_events import MonitorWished
from acd.engine.model.outcome_events import OutcomeCallWished
from acd.engine.model.recording_events import RecordingMissed, RecordingPauseWished, RecordingStored
from acd.engine.model.request_events import CallDisposed
from acd.engine.model.task_events import TaskCallWished

VERSION = 10
"""Raise it when an old end cannot understand a new one. Ends of different versions do not work together."""


class AgentServicesWished(Event, tag="agent_services_wished", frozen=True, kw_only=True):
    """An agent takes these services until they sign out. The line makes it a change of its rules."""

    agent: AgentId
    services: tuple[ServiceId, ...]


class ReloadWished(Event, tag="reload_wished", frozen=True, kw_only=True):
    """The line reads its settings and files again, as on SIGHUP. What came of it is in `Status.reload`."""


Wish = (
    AgentServicesWished
    | AgentStateRequested
    | CallbackCancelled
    | CallDisposed
    | DutyRingWished
    | DutyRingWithdrawn
    | FirstPlaceWished
    | HandOverWished
    | KindSet
    | MonitorWished
    | RecordingMissed
    | RecordingPauseWished
    | RecordingStored
    | OutcomeCallWished
    | ReloadWished
    | SurgeRequested
    | SurgeWithdrawn
    | TaskCallWished
)
"""Events that the desk may wish for. The line sets the event's time to its own, and for a call that it makes the node
and the digits."""


class Message(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", omit_defaults=True):
    """Base of all messages."""


# --- from the line


class Hello(Message, tag="hello", frozen=True, kw_only=True):
    """The line's first message on a connection. A snapshot of the state after entry `seq` follows, then the entries
    behind it; before the snapshot come those up to `seq` that the journal has not taken yet. A desk of another version
    is told the version alone: the line closes the connection behind it."""

    version: int
    pid: int = 0
    """The line's process: another one begins with what its journal has."""
    journal: str
    """The journal's id. If it has changed, the numbers begin anew. Empty: the line refuses the desk."""
    seq: int
    at: float
    """Time of entry `seq`, Unix seconds."""


class Reloaded(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What came of the line's last reload."""

    began: float = 0.0
    """When the line began to read, by `time.monotonic()`; 0: there was no reload since it started."""
    refused: tuple[str, ...] = ()
    """Faults, one line each; the old rules are then in force. Empty: the line took what it read."""
    waiting: tuple[str, ...] = ()
    """Names of settings that changed and need a restart."""


LinesOwn = Literal["journal", "cel"]
"""What the line keeps and destroys by age; words of the town's `retention.toml`."""


class DestroyedSoFar(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the line has destroyed of one sort of data since its journal began."""

    total: int = 0
    newest: float = 0.0
    """Time of the newest of it, Unix seconds; 0: not known."""


class Status(Message, tag="status", frozen=True, kw_only=True):
    """The line's status. Sent every second, and when something changes."""

    node: str
    pid: int = 0
    ami_connected: bool = False
    ami_error: str = ""
    seq: int = 0
    unwritten: int = 0
    """The number of entries that are only in the line's memory."""
    journal_error: str = ""
    stalls_s: tuple[float, ...] = ()
    """Delays of the line's loop in seconds, each sample since the last status."""
    refused: dict[str, int] = {}
    """Calls that Asterisk refused before their answer, since this line began, by reason."""
    refused_lately: str = ""
    """Those of the last minute, in words."""
    ends: dict[str, int] = {}
    """How often earlier lines ended unexpectedly, by reason, since the supervisor began."""
    line_fault: str = ""
    """The fault of the line that keeps agents from being rung, in words; empty: there is none."""
    reload: Reloaded = Reloaded()
    destroyed: dict[LinesOwn, DestroyedSoFar] = {}


class Question(Message, tag="question", frozen=True, kw_only=True):
    """The line asks something of the database for a caller."""

    id: int
    deadline: float
    kind: Literal["ticket", "own", "preferred_agent", "message", "opened"]
    value: str


class Done(Message, tag="done", frozen=True, kw_only=True):
    """A wish was handled and acted on, with its `facts`."""

    id: int
    facts: tuple[AnyFact, ...] = ()
    journalled: bool = True
    """Whether the journal has it. While the journal cannot be written the line works on and has it in memory alone: it
    is lost if the line dies then."""


class Seen(Message, tag="seen", frozen=True, kw_only=True):
    """The answer to a `Look`."""

    id: int
    record: dict[str, Any] | None = None


class Refusal(Message, tag="refusal", frozen=True, kw_only=True):
    """A wish or a look failed. One line, for a person."""

    id: int
    error: str


# --- from the desk


class Join(Message, tag="join", frozen=True, kw_only=True):
    """The desk's first message on a connection: it wants to follow. The line makes its snapshot only for a desk of its
    own version."""

    version: int


class Asked(Message, tag="wish", frozen=True, kw_only=True):
    """A wish of the desk."""

    id: int
    deadline: float
    wish: Wish


class Look(Message, tag="look", frozen=True, kw_only=True):
    """The desk asks for something that is in no entry."""

    id: int
    deadline: float
    what: Literal["surge"]


class Answer(Message, tag="answer", frozen=True, kw_only=True):
    """The answer to a `Question`. Without `known` the database is not available now."""

    id: int
    known: bool
    record: dict[str, str] | None = None
    error: str = ""


class Stored(Message, tag="stored", frozen=True, kw_only=True):
    """Entries up to `seq` are stored in the database: the journal may drop them."""

    seq: int
    keep_days: dict[LinesOwn, int] = {}
    """For how many days the town keeps what the line has."""


FromLine = Hello | Status | Question | Done | Seen | Refusal
FromDesk = Join | Asked | Look | Answer | Stored
