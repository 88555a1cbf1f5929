"""Requests for the console: lists, one request with its history, and every change.

Changes raise `tickets.failures.NotGranted`, `NoSuch`, `ChangedMeanwhile` or `KeyReused`, and every function
`console.ports.Unavailable`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from agents.people import Role
from tickets.articles import Wording
from tickets.decisions import Decision
from tickets.importing import ImportedRow, ImportRow, Origin
from tickets.moves import Wish
from tickets.opening import Amendment, NewTicket
from tickets.outcome.report import Report
from tickets.ticket import Actor

Record = Mapping[str, Any]


class BadCursor(ValueError):
    """This cursor comes from no list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketQuery:
    """Which requests; None and empty leave a filter out. `since` is Unix seconds."""

    limit: int = 100
    cursor: str = ""
    order: Literal["newest", "due"] = "newest"
    since: float | None = None
    state: str | None = None
    unit: str | None = None
    service: str | None = None
    topic: str | None = None
    district: str | None = None
    kind: str | None = None
    is_open: bool | None = None
    overdue: bool | None = None
    parent: str | None = None
    caller: str = ""
    query: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class TicketPage:
    """A page of a list; `next` is the cursor of the one behind it, empty if there is none."""

    records: Sequence[Record]
    next: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Seer:
    """For whom requests are read: a role sees numbers masked or not at all, and a unit its own requests."""

    role: Role
    unit: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class By:
    """The author of a change, which version they have seen (None: whichever), and their key for this write with the
    digest of what it asks for (empty: it has none). `seer` is for whom the answer is; None: it is whole."""

    actor: Actor
    seer: Seer | None = None
    version: int | None = None
    key: str = ""
    digest: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Likeness:
    """What a caller tells of, as far as it is known: other requests may be about the same. With a `number`, the request
    that has it, as it is stored."""

    number: str = ""
    topic: str = ""
    district: str = ""
    address: str = ""
    text: str = ""
    lat: float | None = None
    lon: float | None = None
    caller: str = ""
    language: Literal["tr", "en"] = "tr"


@dataclass(frozen=True, slots=True, kw_only=True)
class Upload:
    """A file as it was sent."""

    media_type: str
    about: str
    name: str
    content: bytes


class Requests(Protocol):
    """Requests. What is changed comes back as `get` tells it. Where a `Seer` is given, a request of another unit is
    `NotGranted` to a unit, and the rest is masked as its role needs; None sees all."""

    async def list(self, query: TicketQuery, seer: Seer | None = None) -> TicketPage:
        """A page of requests. Raises `BadCursor`."""

    async def by_district(self, query: TicketQuery, seer: Seer | None = None) -> Sequence[Record]:
        """How many open requests each mahalle has: `district` (None without one), `open`, `overdue`."""

    async def get(self, number: str, language: str, seer: Seer | None = None) -> Record | None:
        """One by its number as written or typed, with `history`, `calls`, `files`, `children`, `moves` and `clock`,
        whose steps are in this language."""

    async def public_by_number(self, number: str, digits: str) -> Record | None:
        """One as its citizen may read it, by its number and the last four digits of their telephone."""

    async def public_by_code(self, code: str) -> Record | None:
        """One as its citizen may read it, by its code."""

    async def citizen(self, number: str, seer: Seer | None = None) -> Record | None:
        """The citizen who made one, unmasked: `number`, `caller`, `name`, `fields`."""

    async def duplicates(self, like: Likeness, seer: Seer | None = None) -> Sequence[Record]:
        """Open requests that may be about the same, best first: `number`, `score`, `same_topic`, `same_caller`, `why`,
        `state`, `opened_at`, `text`, `address`."""

    async def open(self, new: NewTicket, by: By) -> Record:
        """A new one."""

    async def import_rows(
        self, rows: Sequence[ImportRow], origin: Origin, by: By, *, skip_faulty: bool, write: bool
    ) -> Sequence[ImportedRow]:
        """Requests of another system, each once; what became of each row, in their order. Unless `skip_faulty` is set,
        one faulty row leaves all unwritten; without `write` nothing is written."""

    async def amend(self, number: str, put: Amendment, by: By) -> Record:
        """Put fields right."""

    async def move(self, number: str, wish: Wish, by: By) -> Record:
        """Move it."""

    async def note(self, number: str, text: str, by: By) -> Record:
        """Note something on it."""

    async def write(self, number: str, words: str, by: By) -> Record:
        """Write to its citizen, by a text message."""

    async def score(self, number: str, value: int, remark: str, by: By) -> Record:
        """Its citizen's score."""

    async def extend(self, number: str, days: int, reason: str, by: By) -> Record:
        """More time."""

    async def join(self, number: str, parent: str, by: By) -> Record:
        """A duplicate of another one."""

    async def part(self, number: str, reason: str, by: By) -> Record:
        """No duplicate any more."""

    async def attach(self, number: str, upload: Upload, by: By) -> Record:
        """A file to it."""

    async def file(self, number: str, name: str, seer: Seer | None = None) -> tuple[Record, bytes] | None:
        """A file of it: `media_type`, `name`, and its content."""

    async def tasks(
        self, *, done: bool, kind: str | None, unit: str | None, limit: int, after: int
    ) -> Sequence[Record]:
        """What people must decide."""

    async def assign_task(self, task: int, by: By, *, mine: bool) -> Record:
        """Somebody takes one, or gives it back."""

    async def give_task(self, task: int, to: str, by: By) -> Record:
        """A lead gives one to a person who works on tasks."""

    async def task_workers(self) -> Sequence[Record]:
        """The people who work on tasks: `user`, `name` and `role`."""

    async def task_done(
        self,
        task: int,
        note: str,
        by: By,
        decision: Decision | None = None,
        unit: str = "",
        *,
        score: int | None = None,
        remark: str = "",
    ) -> Record:
        """One has been decided. `unit` gets a request that is reopened; `score` and `remark` are of a citizen who was
        told."""

    async def notices(self, *, unit: str | None, unread: bool, limit: int, before: int) -> Sequence[Record]:
        """What is new for a unit, newest first; None: for the town's inbox."""

    async def read_notices(self, ids: Sequence[int], by: By, *, unit: str | None) -> Sequence[Record]:
        """Somebody has read some, of this unit alone; None: of any. They come back."""

    async def duty_alarms(self) -> Sequence[Record]:
        """Urgent requests that nobody on duty has accepted, with the fields of `console.notices.DutyAlarm`."""

    async def outcome_of(self, call: str) -> Record:
        """What the citizen of a call is to be told. Raises `NoSuch` where it is no such call."""

    async def report_outcome(self, call: str, said: Report, by: By, extension: str | None = None) -> Record:
        """How it went. With an `extension` only if that agent had the call."""

    async def dispose(
        self,
        call: str,
        disposition: str,
        topic: str | None,
        by: By,
        article: int | None = None,
        request: str | None = None,
        district: str | None = None,
        extension: str | None = None,
    ) -> Record:
        """What became of a call that opened no request; `article` answered it, or it was about the open `request`, or
        about something in the mahalle `district`. With an `extension` only if that agent had the call."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ArticleQuery:
    """Which articles; None and empty leave a filter out, and `language` only says which come first."""

    query: str = ""
    topic: str | None = None
    language: str | None = None
    stale: bool | None = None
    withdrawn: bool = False
    limit: int = 100


class Articles(Protocol):
    """The knowledge base. Articles have the fields of `console.knowledge.ArticleView`."""

    async def list(self, query: ArticleQuery) -> Sequence[Record]:
        """Articles, those that serve best first."""

    async def get(self, article: int) -> Record | None:
        """One by its id."""

    async def versions(self, article: int) -> Sequence[Record]:
        """All its versions, the newest first."""

    async def add(self, wording: Wording, by: By, key: str | None = None) -> Record:
        """A new one."""

    async def change(self, article: int, wording: Wording, by: By) -> Record:
        """Another wording."""


class Drafts(Protocol):
    """Requests that are being taken down, each its writer's alone, with the fields of `console.drafts.KeptDraft`. All
    raise `Unavailable`."""

    async def list(self, user: str) -> Sequence[Record]:
        """A person's drafts, the oldest change first."""

    async def keep(self, user: str, call: str, base: int, draft: Mapping[str, Any]) -> Record | None:
        """Keep a draft as the next version after `base`; the kept one, which is another if somebody else's page has
        written since. None: version `base` is gone, and nothing is kept."""

    async def drop(self, user: str, call: str | None = None) -> None:
        """Destroy the draft of a call, or all of the person's."""
