"""The tables of calls and agents. Filled by the projector from the journal, read by `storage.queries`. Those of
requests are in `storage.requests.tables`; `storage.columns` says how times and durations are kept.

The schema itself is made by the migrations; a test keeps both the same. A new column needs a migration, and a line in
`storage.projection`, which fills it.
"""

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Column, Double, Index, Text, text
from sqlmodel import Field, SQLModel

from storage.columns import moment, seconds


class CallRow(SQLModel, table=True):
    """A call, from its entry on: `outcome` and `ended_at` are null while it goes on."""

    __tablename__: ClassVar[str] = "calls"
    __table_args__ = (
        Index("ix_calls_entered", "entered_at", "id"),
        Index("ix_calls_class_entered", "class", "entered_at"),
        Index("ix_calls_outcome_entered", "outcome", "entered_at"),
        Index("ix_calls_caller", "caller", "entered_at"),
        Index("ix_calls_up", "id", sqlite_where=text("outcome IS NULL"), postgresql_where=text("outcome IS NULL")),
    )

    id: str = Field(primary_key=True, sa_type=Text)
    node: str = Field(sa_type=Text)
    caller: str = Field(sa_type=Text)
    name: str = Field(sa_type=Text)
    dialled: str = Field(sa_type=Text)
    service: str | None = Field(default=None, sa_type=Text)
    priority: str | None = Field(default=None, sa_column=Column("class", Text, nullable=True))
    language: str = Field(default="tr", sa_type=Text)
    outcome: str | None = Field(default=None, sa_type=Text)
    agent: str | None = Field(default=None, sa_type=Text)
    arrived_at: int = moment(required=True)
    queued_at: int | None = moment()
    entered_at: int = moment(required=True)
    """`queued_at`, or `arrived_at` as long as the call has not queued."""
    answered_at: int | None = moment()
    ended_at: int | None = moment()
    wait_s: float | None = seconds()
    answer_delay_s: float | None = seconds()
    within_target: bool | None = Field(default=None)
    """Whether it met the target of that time; null until it is answered or over, and if it never waited."""
    ring_s: float | None = seconds()
    talk_s: float | None = seconds()
    hold_s: float | None = seconds()
    wrapup_s: float | None = seconds()
    hangup_by: str | None = Field(default=None, sa_type=Text)
    ticket: str | None = Field(default=None, sa_type=Text)
    """Number of the newest ticket this call opened, or of the one whose surge message answered it."""
    callback: str | None = Field(default=None, sa_type=Text)
    """The reason of a callback, `asked`, `abandoned`, `outcome` or `task`; null without one."""
    callback_tries: int | None = Field(default=None)
    """How often they were called and not reached."""
    privacy_notice_ms: int | None = Field(default=None)
    recording_notice_ms: int | None = Field(default=None)
    monitoring_notice_ms: int | None = Field(default=None)
    """Milliseconds from `arrived_at` until the caller had heard this notice to its end; null if they had not."""
    privacy_notice_version: str | None = Field(default=None, sa_type=Text)
    recording_notice_version: str | None = Field(default=None, sa_type=Text)
    monitoring_notice_version: str | None = Field(default=None, sa_type=Text)
    """Which version of it that was (`NoticeGiven.version`); null if they had not heard it, or that is not known."""
    number_erased_at: int | None = moment()
    """When the caller's number was erased; null where there is one, or the caller had withheld it."""
    open_wait: str | None = Field(default=None, sa_type=Text)
    """What is known so far of a wait that goes on (`wait_causes.OpenWait`); null where there is none."""
    kept_contact: str | None = Field(default=None, sa_type=Text)
    """What came of the call, kept when a request that named it was erased: `opened` (it opened one) or `linked`."""
    kept_became: str | None = Field(default=None, sa_type=Text)
    """What became of a caller who gave up (`storage.abandoned.Became`), kept when that can no longer be found out: a
    number or a request was erased."""


class CallEventRow(SQLModel, table=True):
    """A step in a call's history. `detail` has no caller's number or name: they are in `calls` alone, where they can be
    erased."""

    __tablename__: ClassVar[str] = "call_events"

    call: str = Field(primary_key=True, sa_type=Text)
    seq: int = Field(primary_key=True, sa_type=BigInteger, sa_column_kwargs={"autoincrement": False})
    """Number of the journal's entry."""
    index: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Place of the fact in its entry."""
    at: int = moment(required=True)
    type: str = Field(sa_type=Text)
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class OfferRow(SQLModel, table=True):
    """An attempt to bring a call to an agent; `ended_at` and `result` are null while it rings."""

    __tablename__: ClassVar[str] = "offers"
    __table_args__ = (Index("ix_offers_agent", "agent", "made_at"), Index("ix_offers_call", "call"))

    id: str = Field(primary_key=True, sa_type=Text)
    call: str = Field(sa_type=Text)
    agent: str = Field(sa_type=Text)
    service: str = Field(sa_type=Text)
    priority: str = Field(sa_column=Column("class", Text, nullable=False))
    made_at: int = moment(required=True)
    ended_at: int | None = moment()
    result: str | None = Field(default=None, sa_type=Text)
    ring_s: float | None = seconds()


class TalkSegmentRow(SQLModel, table=True):
    """One agent's part of a talk. The parts of a call add up to its `talk_s` and `hold_s`."""

    __tablename__: ClassVar[str] = "talk_segments"
    __table_args__ = (Index("ix_talk_segments_agent", "agent", "began_at"),)

    call: str = Field(primary_key=True, sa_type=Text)
    number: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """Counted from 1 in each call."""
    agent: str = Field(sa_type=Text)
    how: str = Field(sa_type=Text)
    """`answered`, or after a transfer `blind` or `attended`."""
    began_at: int = moment(required=True)
    ended_at: int = moment(required=True)
    talk_s: float = Field(sa_type=Double)
    hold_s: float = Field(sa_type=Double)


class CallWaitRow(SQLModel, table=True):
    """So long a call waited for one cause (`acd.engine.model.wait_causes`). The parts of a call add up to its wait, an
    urgent call's to the time from the line's answer. A report finds all it asks for in these rows, without a join."""

    __tablename__: ClassVar[str] = "call_waits"
    __table_args__ = (Index("ix_call_waits_entered", "entered_at"),)

    call: str = Field(primary_key=True, sa_type=Text)
    cause: str = Field(primary_key=True, sa_type=Text)
    agent: str = Field(primary_key=True, sa_type=Text)
    """Whose phone it was; empty where it was none's."""
    entered_at: int = moment(required=True)
    priority: str | None = Field(default=None, sa_column=Column("class", Text, nullable=True))
    service: str | None = Field(default=None, sa_type=Text)
    within_target: bool
    """Whether the call met the target all the same."""
    waited_s: float = Field(sa_type=Double)


class WaitQueueRow(SQLModel, table=True):
    """What a queue has waited for so far; the projector goes on from it."""

    __tablename__: ClassVar[str] = "wait_queues"

    queue: str = Field(primary_key=True, sa_type=Text)
    time: str = Field(sa_type=Text)
    """`acd.engine.model.wait_causes.QueueTime`, as JSON."""


class AgentIntervalRow(SQLModel, table=True):
    """A period of an agent in one state; `ended_at` is null for the present one."""

    __tablename__: ClassVar[str] = "agent_intervals"
    __table_args__ = (
        Index("ix_agent_intervals_began", "agent", "began_at"),
        Index(
            "ix_agent_intervals_open",
            "agent",
            unique=True,  # an agent is in one state
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
    )

    id: int | None = Field(default=None, primary_key=True)
    agent: str = Field(sa_type=Text)
    state: str = Field(sa_type=Text)
    reason: str = Field(default="", sa_type=Text)
    call: str | None = Field(default=None, sa_type=Text)
    began_at: int = moment(required=True)
    ended_at: int | None = moment()


class CheckpointRow(SQLModel, table=True):
    """The position of a reader of a journal. It changes in the transaction that stores what was read."""

    __tablename__: ClassVar[str] = "checkpoints"

    reader: str = Field(primary_key=True, sa_type=Text)
    journal: str = Field(sa_type=Text)
    """Id of the journal's file: numbers of a new file begin at 1."""
    opening: int
    """The opening of the journal in which it was read; see `storage.journal.SqliteJournal.opening`."""
    seq: int = Field(sa_type=BigInteger)


class SkippedEntryRow(SQLModel, table=True):
    """A journal entry whose content the database refuses. It is put here instead of being retried for ever."""

    __tablename__: ClassVar[str] = "skipped_entries"

    id: int | None = Field(default=None, primary_key=True)
    reader: str = Field(sa_type=Text)
    journal: str = Field(sa_type=Text)
    seq: int = Field(sa_type=BigInteger)
    at: int = moment(required=True)
    error: str = Field(sa_type=Text)
