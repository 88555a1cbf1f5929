"""The tables of requests.

A change of a request is one transaction: the row in `tickets` with one version more, one row in `ticket_history`, and
what follows from it in `outbox`, `tasks` and `notices`. Nothing else writes these tables.

Personal data is in `tickets`, `ticket_history` (`note`, `words`, `detail`), `ticket_files`, `ticket_codes`, `tasks` and
`outcome_attempts` alone, so that erasing a person touches few places. `ticket_search` and `article_search` follow
`folded` of their tables by themselves. They are tables on SQLite and indexes on PostgreSQL; the migrations make them.
"""

from typing import Any, ClassVar

from sqlalchemy import JSON, BigInteger, Double, Index, Text, UniqueConstraint, text
from sqlmodel import Field, SQLModel

from storage.columns import maybe_text, moment, named
from storage.columns import text as text_column


def _where(condition: str) -> dict[str, Any]:
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class TicketRow(SQLModel, table=True):
    """A request: the fields of `tickets.ticket.Ticket`, and columns for searches."""

    __tablename__: ClassVar[str] = "tickets"
    __table_args__ = (
        UniqueConstraint("year", "sequence", name="uq_tickets_year_sequence"),
        UniqueConstraint("id", name="uq_tickets_id"),
        Index("ux_tickets_by_call", "call", "service", unique=True, **_where("origin = 'line'")),
        Index("ux_tickets_external", "external_source", "external_number", unique=True),
        Index("ix_tickets_call", "call"),
        Index("ix_tickets_caller", "caller", "id"),
        Index("ix_tickets_opened", "opened_at", "number"),
        Index("ix_tickets_closed", "closed_at"),
        Index("ix_tickets_state", "state", "id"),
        Index("ix_tickets_service", "service", "id"),
        Index("ix_tickets_kind", "kind", "id"),
        Index("ix_tickets_topic", "topic", "id"),
        Index("ix_tickets_district", "district", "id"),
        Index("ix_tickets_unit", "unit", "id"),
        Index("ix_tickets_board", "unit", "due_at", "rank", "id", **_where("is_open")),
        Index("ix_tickets_running", "due_at", **_where("clock_runs")),
        Index("ix_tickets_unit_running", "unit", "due_at", **_where("clock_runs")),
        Index("ix_tickets_watch", "watch_at", **_where("watch_at IS NOT NULL")),
        Index("ix_tickets_parent", "parent", **_where("parent IS NOT NULL")),
    )

    number: str = text_column(primary_key=True)
    id: int = Field(sa_type=BigInteger)
    """Year and sequence as one integer: the order in which requests were opened here, and the key of the search."""
    year: int
    sequence: int
    origin: str = text_column("desk")
    """The part that opened it: `line` (the projector, once for a call and service), `desk` or `import`."""
    external_source: str | None = maybe_text()
    external_number: str | None = maybe_text()
    """Its number in another system, such as CİMER."""
    service: str = text_column()
    service_class: str = named("class")
    kind: str = text_column("request")
    topic: str | None = maybe_text()
    priority: str = text_column("normal")
    rank: int = Field(default=2, sa_column_kwargs={"server_default": text("2")})
    """Its place among those with one deadline: 0 urgent, then 1 to 3 by `priority`, `high` first."""
    state: str = text_column("new")
    is_open: bool = True
    """Whether `state` is one of `tickets.states.OPEN`."""
    unit: str | None = maybe_text()
    responsible: str | None = maybe_text()
    district: str | None = maybe_text()
    address: str = text_column("")
    lat: float | None = Field(default=None, sa_type=Double)
    lon: float | None = Field(default=None, sa_type=Double)
    text: str = text_column("")
    channel: str = text_column("phone")
    language: str = text_column("tr")
    caller: str = text_column("")
    name: str = text_column("")
    call: str | None = maybe_text()
    fields: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Answers to the topic's questions, and values from the flow."""
    agrees: bool = False
    contact: str = text_column("call")
    clock: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """`tickets.clock.deadline.Clock`, its times in Unix seconds."""
    clock_runs: bool = True
    """Whether the clock runs: it has neither ended nor stopped, so the request is overdue after `due_at`."""
    due_at: int | None = moment()
    opened_at: int = moment(required=True)
    updated_at: int = moment(required=True)
    accepted_at: int | None = moment()
    outcome: str | None = maybe_text()
    outcome_at: int | None = moment()
    words: str = text_column("")
    outcomes: int = 0
    resolved_at: int | None = moment()
    resolved_in_time: bool | None = None
    reopened: int = 0
    told_at: int | None = moment()
    told_how: str | None = maybe_text()
    closed_at: int | None = moment()
    score: int | None = None
    remark: str = text_column("")
    parent: str | None = maybe_text()
    follows: str | None = maybe_text()
    version: int = 1
    folded: str = text_column("")
    """The searched text, as `storage.requests.search` folds it."""
    stages: list[str] = Field(default_factory=list, sa_type=JSON)
    """The warnings already given for the present deadline; see `tickets.watching`."""
    watch_at: int | None = moment()
    """When the request must be checked next; null: never."""
    erase_asked: int | None = None
    """The erasure (`erasures.id`) that waits until the request is closed."""
    person_erased_at: int | None = moment()
    text_erased_at: int | None = moment()
    """When these parts were erased (`tickets.privacy.erasure.PARTS`), by age or because the person asked."""


class TicketCounterRow(SQLModel, table=True):
    """The last sequence given out in a year."""

    __tablename__: ClassVar[str] = "ticket_counters"

    year: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    last: int


class HistoryRow(SQLModel, table=True):
    """A row of a request's history; see `tickets.ticket.HistoryEntry`. Rows are only added, without gaps in
    `version`; the database refuses all else but what an erasure clears."""

    __tablename__: ClassVar[str] = "ticket_history"
    __table_args__ = (Index("ix_ticket_history_at", "at", "what"),)

    number: str = text_column(primary_key=True)
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: int = moment(required=True)
    role: str = text_column()
    who: str = text_column("")
    what: str = text_column()
    before: str | None = maybe_text()
    after: str = text_column()
    note: str = text_column("")
    words: str = text_column("")
    unit: str | None = maybe_text()
    responsible: str | None = maybe_text()
    detail: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)


class LinkRow(SQLModel, table=True):
    """A call or message about a request, or a request that it follows up or was a duplicate of."""

    __tablename__: ClassVar[str] = "ticket_links"
    __table_args__ = (Index("ix_ticket_links_other", "kind", "other"),)

    number: str = text_column(primary_key=True)
    kind: str = text_column(primary_key=True)
    """`call`, `message`, `request` or `parent`."""
    other: str = text_column(primary_key=True)
    """Id of the call or message, or number of the request."""
    how: str = text_column()
    """`opened`, `again` (the same caller about it once more), `surge`, `outcome` (to tell it), `asked` (an agent says
    that the caller asked about it), `looked_up` (the caller asked the line for its state), `heard` (the line said it
    unasked to who calls from its number), `task` (an agent rang the citizen about a task), `message` or `left` (the
    caller left a message); `follows` of a request (`storage.requests.follow_ups`); `joined` of a parent
    (`storage.requests.joins`)."""
    at: int = moment(required=True)


class FileRow(SQLModel, table=True):
    """A photo, audio message or other file of a request. Its content is in `data_dir/files`."""

    __tablename__: ClassVar[str] = "ticket_files"
    __table_args__ = (Index("ix_ticket_files_number", "number"), Index("ix_ticket_files_at", "kind", "at"))

    id: str = text_column(primary_key=True)
    number: str = text_column()
    kind: str = text_column()
    """`photo`, `audio` or `document`."""
    about: str = text_column()
    """`request`: from the citizen; `work`: of the work that was done."""
    outcomes: int
    """How many outcomes the request had when the file was added: a photo of the work counts for the next outcome."""
    name: str = text_column("")
    media_type: str = text_column()
    size: int
    sha256: str = text_column()
    at: int = moment(required=True)
    role: str = text_column()
    who: str = text_column("")
    destroyed_at: int | None = moment()
    """When its content was destroyed; the row stays, without its name."""


class CodeRow(SQLModel, table=True):
    """The code by which a request is read on the public page; see `tickets.public_code`."""

    __tablename__: ClassVar[str] = "ticket_codes"

    code: str = text_column(primary_key=True)
    number: str = Field(unique=True, sa_type=Text)
    made_at: int = moment(required=True)


class OutboxRow(SQLModel, table=True):
    """Something that must be done outside the database because of a change, once; its key identifies it."""

    __tablename__: ClassVar[str] = "outbox"
    __table_args__ = (
        UniqueConstraint("key", name="uq_outbox_key"),
        Index("ix_outbox_due", "next_at", **_where("state = 'pending'")),
        Index("ix_outbox_number", "number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    key: str = text_column()
    """Request, version and place: by it the receiver recognises a repetition."""
    number: str = text_column()
    version: int
    """Version of the request after the change."""
    kind: str = text_column()
    """`mail`, `webhook`, `text`, `line`, `outcome` or `children`; see `tickets.deliveries`."""
    to: str = text_column("")
    about: str = text_column()
    payload: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    state: str = text_column("pending")
    """`pending`, `done`, `dropped` (not needed any more) or `failed` (all tries failed; a person gets a task)."""
    tries: int = 0
    made_at: int = moment(required=True)
    next_at: int = moment(required=True)
    done_at: int | None = moment()
    error: str = text_column("")


class AttemptRow(SQLModel, table=True):
    """A try to tell a citizen an outcome by telephone; see `tickets.outcome.plan.Attempt`."""

    __tablename__: ClassVar[str] = "outcome_attempts"
    __table_args__ = (
        Index("ix_outcome_attempts_calling", "caller", **_where("result = 'calling'")),
        Index("ix_outcome_attempts_call", "call"),
    )

    number: str = text_column(primary_key=True)
    outcome: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    attempt: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    at: int = moment(required=True)
    caller: str = text_column()
    result: str = text_column()
    call: str | None = maybe_text()
    """The line's call, once the line has said that it has the wish."""
    began_at: int | None = moment()
    """When the citizen picked up, or the words of an automatic call began: they are told from then on."""
    ended_at: int | None = moment()
    automatic: bool = Field(default=False, sa_column_kwargs={"server_default": text("false")})
    """Whether the line called them without an agent."""
    score: int | None = None
    """What the citizen pressed in an automatic call, until the request has it."""


class TaskRow(SQLModel, table=True):
    """Something about a request that a person must decide."""

    __tablename__: ClassVar[str] = "tasks"
    __table_args__ = (
        Index("ux_tasks_open", "number", "kind", unique=True, **_where("done_at IS NULL")),
        Index("ix_tasks_open", "opened_at", **_where("done_at IS NULL")),
        Index("ix_tasks_number", "number"),
    )

    id: int | None = Field(default=None, primary_key=True)
    number: str = text_column()
    kind: str = text_column()
    """`tickets.effects.TaskKind`."""
    why: str = text_column("")
    opened_at: int = moment(required=True)
    assigned_to: str = text_column("")
    done_at: int | None = moment()
    done_by: str = text_column("")
    note: str = text_column("")


class NoticeRow(SQLModel, table=True):
    """A notice to a unit in the desk. It has no personal data."""

    __tablename__: ClassVar[str] = "notices"
    __table_args__ = (Index("ix_notices_unit", "unit", "id"), Index("ix_notices_number", "number"))

    id: int | None = Field(default=None, primary_key=True)
    unit: str = text_column()
    """The unit, or the town's inbox."""
    number: str = text_column()
    about: str = text_column()
    """`tickets.effects.NoticeAbout`."""
    head: bool = False
    """Whether it is for the head of the unit too."""
    at: int = moment(required=True)
    read_at: int | None = moment()
    read_by: str = text_column("")


class DispositionRow(SQLModel, table=True):
    """The result of a call that opened no request; see `tickets.dispositions`."""

    __tablename__: ClassVar[str] = "dispositions"
    __table_args__ = (
        Index("ix_dispositions_at", "at"),
        Index("ix_dispositions_placed", "at", **_where("district IS NOT NULL")),
    )

    call: str = text_column(primary_key=True)
    disposition: str = text_column()
    topic: str | None = maybe_text()
    article: int | None = None
    """`articles.id` of the article that answered the call."""
    at: int = moment(required=True)
    role: str = text_column()
    who: str = text_column("")
    district: str | None = maybe_text()
    """The mahalle that the caller told of."""


class DestructionRow(SQLModel, table=True):
    """The record of a destruction; see `tickets.privacy.retention.Destroyed`. It has no personal data."""

    __tablename__: ClassVar[str] = "destructions"
    __table_args__ = (Index("ix_destructions_at", "at"),)

    id: int | None = Field(default=None, primary_key=True)
    at: int = moment(required=True)
    what: str = text_column()
    kind: str = text_column("")
    count: int
    older_than: int | None = moment()
    """All that is older than this; null for an erasure that a person asked for."""
    basis: str = text_column()
    erasure: int | None = None
    """`erasures.id`, if a person asked for it."""
    newer_than: int | None = moment()
    """All that is newer than this, where that is known: the line's own data, destroyed since the record before."""


class DutyRingRow(SQLModel, table=True):
    """One ring of a person on duty about an urgent request. The person works for the town."""

    __tablename__: ClassVar[str] = "duty_rings"
    __table_args__ = (
        Index("ix_duty_rings_duty", "duty"),
        Index("ix_duty_rings_ringing", "phone", "at", **_where("result = 'ringing'")),
    )

    number: str = text_column(primary_key=True)
    ring: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    """From 1, for each request."""
    duty: int
    """The row of the outbox that asked for it: another one when another unit has the request."""
    unit: str = text_column()
    person: str = text_column()
    phone: str = text_column()
    at: int = moment(required=True)
    result: str = text_column("ringing")
    """`ringing`, or one of `acd.engine.model.duty_facts.DutyResult`."""
    last: bool = False
    """The list was to be used up by this one, for the first time."""
    rung_at: int | None = moment()
    """When the line said that it rings."""
    heard_at: int | None = moment()
    ended_at: int | None = moment()


class ErasureRow(SQLModel, table=True):
    """A person asked to be erased (law 6698, article 7). The number is not kept."""

    __tablename__: ClassVar[str] = "erasures"

    id: int | None = Field(default=None, primary_key=True)
    at: int = moment(required=True)
    role: str = text_column()
    who: str = text_column("")
    reason: str = text_column("")
    done_at: int | None = moment()
    """When the last of their requests was closed and erased."""


class ErasedReferenceRow(SQLModel, table=True):
    """Another system's number of a request whose person was erased, so that it is not imported again. Neither the
    number nor the request is named; without a `rowid` SQLite keeps no order either, which the history has."""

    __tablename__: ClassVar[str] = "erased_references"
    __table_args__ = ({"sqlite_with_rowid": False},)

    digest: str = text_column(primary_key=True)
    """`tickets.privacy.erasure.reference_digest`."""


class WriteRow(SQLModel, table=True):
    """A write that a client may send again: its `Idempotency-Key` finds its result."""

    __tablename__: ClassVar[str] = "idempotent_writes"
    __table_args__ = (Index("ix_idempotent_writes_at", "at"),)

    key: str = text_column(primary_key=True)
    """The client's key, with its sender."""
    digest: str = text_column()
    """SHA-256 of method, path and body: the same key with another request is refused."""
    status: int
    number: str | None = maybe_text()
    result: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
    """Further values for the answer. They have no personal data."""
    at: int = moment(required=True)


class TownNameRow(SQLModel, table=True):
    """The name of an item that some file of the town had: old requests stay readable."""

    __tablename__: ClassVar[str] = "town_names"

    kind: str = text_column(primary_key=True)
    id: str = text_column(primary_key=True)
    tr: str = text_column()
    en: str = text_column()


class TownStateRow(SQLModel, table=True):
    """The calendar and clocks with which open deadlines were computed, so that a change is noticed after a restart."""

    __tablename__: ClassVar[str] = "town_state"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    deadlines_by: str = text_column()
    """Digest of the files."""
    at: int = moment(required=True)
