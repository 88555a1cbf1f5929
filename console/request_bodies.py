"""What a client may send about requests. The core judges what it means; here it is judged by shape alone."""

import math
from datetime import date
from typing import Annotated, Any, ClassVar, Final, Literal, get_args

from pydantic import AfterValidator, AliasChoices, AwareDatetime, BaseModel, ConfigDict, Field, WithJsonSchema

from acd.engine.model.fact_base import FirstWhy
from tickets.articles import LANGUAGES, Language, Wording
from tickets.citizen_number import ALLOWED as CALLER
from tickets.decisions import Decision
from tickets.dispositions import DISPOSITIONS
from tickets.importing import SOURCE_ALLOWED
from tickets.kinds import KINDS
from tickets.moves import Wish
from tickets.opening import CONTACTS, Amendment, NewTicket
from tickets.outcome.report import Report, Reported
from tickets.states import STATES
from tickets.ticket import TellWay

LONGEST: Final = 8000
"""The most characters of a text that are read; the core allows fewer, and says how many."""

LONGEST_VALUE: Final = 1000
VALUE: Final = f"texts of at most {LONGEST_VALUE} characters, numbers, true, false or null"

Id = Annotated[str, Field(pattern=r"^[a-z0-9_]{1,64}$")]
Long = Annotated[str, Field(max_length=LONGEST)]
Short = Annotated[str, Field(max_length=500)]
Caller = Annotated[str, Field(max_length=32)]
Degrees = Annotated[float, Field(allow_inf_nan=False)]


def _value(value: object) -> object:
    if value is None or isinstance(value, bool | int):
        return value
    if isinstance(value, float) and math.isfinite(value):
        return value
    if isinstance(value, str) and len(value) <= LONGEST_VALUE:
        value.encode()  # a lone surrogate is a ValueError too
        return value
    raise ValueError(VALUE)


Value = Annotated[
    Any, AfterValidator(_value), WithJsonSchema({"type": ["string", "number", "boolean", "null"], "maxLength": 1000})
]
Fields = Annotated[dict[Annotated[str, Field(max_length=64)], Value], Field(max_length=50)]

_ID: Final = "an id of a to z, 0 to 9 and _"


class Body(BaseModel):
    """Base of what comes in: an unknown key is refused."""

    model_config = ConfigDict(extra="forbid")

    allowed: ClassVar[dict[str, Any]] = {}
    """The allowed values in words, by key."""


class NewTicketBody(Body):
    """A request to be opened. Everything but the service may be missing while the caller still talks."""

    allowed: ClassVar[dict[str, Any]] = {
        "service": _ID,
        "kind": list(KINDS),
        "topic": _ID,
        "district": _ID,
        "caller": CALLER,
        "contact": list(CONTACTS),
        "language": "a language's code, such as tr",
        "fields": VALUE,
        "external_source": SOURCE_ALLOWED,
        "external_number": "the other system's number of the request, with external_source",
        "lat": "a number from -90 to 90",
        "lon": "a number from -180 to 180",
        "received_at": "a past time with its offset, such as 2026-05-20T14:30:00+03:00",
    }

    service: Id
    kind: Id | None = None
    topic: Id | None = None
    text: Long = ""
    district: Id | None = None
    address: Short = ""
    lat: Degrees | None = None
    lon: Degrees | None = None
    caller: Caller | None = ""
    name: Short = ""
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] = "tr"
    call: Annotated[str, Field(max_length=128, pattern=r"^[^\x00]+$")] | None = None
    channel: Id = "phone"
    fields: Fields = {}
    agrees: bool = Field(False, description="the unit may learn who made a report about somebody")
    contact: Id = "call"
    follows: Annotated[str, Field(max_length=32)] | None = Field(None, description="the closed request it follows up")
    external_source: Id | None = Field(None, description="another system that knows it too, such as cimer")
    external_number: Annotated[str, Field(max_length=100)] | None = Field(None, description="its number there")
    received_at: AwareDatetime | None = Field(
        None,
        description="when a request in writing came (information, petition, cimer), if before now: its deadline counts"
        " from then",
    )

    def wish(self, service_class: Literal["urgent", "routine"] = "routine") -> NewTicket:
        """For the core."""
        received_at = None if self.received_at is None else self.received_at.timestamp()
        given = {**self.model_dump(), "caller": self.caller or "", "received_at": received_at}
        return NewTicket(**given, service_class=service_class)


class AmendmentBody(Body):
    """What is put right on a request; what is left out stays."""

    allowed: ClassVar[dict[str, Any]] = NewTicketBody.allowed

    service: Id | None = None
    kind: Id | None = None
    topic: Id | None = None
    text: Long | None = None
    district: Id | None = None
    address: Short | None = None
    lat: Degrees | None = None
    lon: Degrees | None = None
    caller: Caller | None = None
    name: Short | None = None
    language: Annotated[str, Field(pattern=r"^[a-z]{2}$")] | None = None
    fields: Fields | None = None
    agrees: bool | None = None
    contact: Id | None = None
    follows: Annotated[str, Field(max_length=32)] | None = Field(None, description="the closed request it follows up")

    def wish(self) -> Amendment:
        """For the core."""
        return Amendment(**self.model_dump())


class MoveBody(Body):
    """Where a request goes. `result` is what the citizen is told; where it is left out, `note` is."""

    allowed: ClassVar[dict[str, Any]] = {
        "to": list(STATES),
        "awaits": ["answer", "fee"],
        "how": list(get_args(TellWay)),
        "unit": _ID,
    }

    to: Annotated[str, Field(max_length=32)] = Field(json_schema_extra={"enum": list(STATES)})
    note: Long = ""
    unit: Annotated[str, Field(max_length=64)] = ""
    result: Long = ""
    responsible: Annotated[str, Field(max_length=200)] = ""
    awaits: Literal["answer", "fee"] = Field("answer", description="what is awaited of the citizen")
    how: TellWay | None = Field(None, description="how the citizen was told")

    def wish(self) -> Wish:
        """For the core."""
        return Wish(**self.model_dump())


class NoteBody(Body):
    """A note for the people who work on a request."""

    allowed: ClassVar[dict[str, Any]] = {"note": "a text"}

    note: Long = Field(validation_alias=AliasChoices("note", "text"))


class WrittenBody(Body):
    """What is written to the citizen."""

    allowed: ClassVar[dict[str, Any]] = {"words": "a text"}

    words: Long


class ScoreBody(Body):
    """What the citizen thinks of the outcome."""

    allowed: ClassVar[dict[str, Any]] = {"score": "1 to 5"}

    score: Annotated[int, Field(strict=True)] = Field(json_schema_extra={"minimum": 1, "maximum": 5})
    remark: Long = ""


class OutcomeBody(Body):
    """How the call to a citizen about an outcome went."""

    allowed: ClassVar[dict[str, Any]] = {
        "result": list(get_args(Reported)),
        "score": "1 to 5, with result = told",
        "number": "the number of the request whose outcome was told",
    }

    result: Reported
    score: Annotated[int, Field(strict=True)] | None = Field(None, json_schema_extra={"minimum": 1, "maximum": 5})
    remark: Long = ""
    number: Annotated[str, Field(max_length=32)] = Field(
        "", description="the request whose outcome was told; without it, the oldest outcome that waits for the caller"
    )

    def report(self) -> Report:
        """It, as the desk takes it."""
        return Report(result=self.result, score=self.score, remark=self.remark, number=self.number)


class ExtensionBody(Body):
    """More time, in what the clock counts; the citizen is told the reason."""

    allowed: ClassVar[dict[str, Any]] = {"days": "a whole number from 1", "reason": "a text"}

    days: Annotated[int, Field(strict=True)] = Field(json_schema_extra={"minimum": 1})
    reason: Long = ""


class DuplicateBody(Body):
    """The request that this one is a duplicate of; null makes it one of its own again, with the reason in `note`."""

    allowed: ClassVar[dict[str, Any]] = {"number": "the number of a request, or null"}

    number: Annotated[str, Field(max_length=32)] | None
    note: Long = ""


class TaskAssignedBody(Body):
    """Whether the person takes the task, or gives it back; or to whom they give it."""

    allowed: ClassVar[dict[str, Any]] = {"mine": ["true", "false"], "to": "a user of GET tasks/workers"}

    mine: bool = True
    to: Annotated[str, Field(min_length=1, max_length=32)] | None = Field(
        None, description="the person who is to do it; `mine` says nothing then"
    )


class TaskDoneBody(Body):
    """What was done, and what was decided where the request waits for it."""

    allowed: ClassVar[dict[str, Any]] = {
        "note": "a text",
        "decision": list(get_args(Decision)),
        "unit": _ID,
        "score": "1 to 5, with decision = told",
        "remark": "a text, with decision = told",
    }

    note: Long = ""
    unit: Annotated[str, Field(max_length=64)] = Field(
        "", description="the unit that gets a request that is reopened; needed if no unit has had it"
    )
    decision: Decision | None = Field(
        None,
        description="told: the citizen knows the outcome; not_told: nobody can tell them, it is published for its code;"
        " closed: it stays as it is; reopened: back to the unit, with the note as the reason",
    )
    score: Annotated[int, Field(strict=True)] | None = Field(
        None, description="the citizen's, with told", json_schema_extra={"minimum": 1, "maximum": 5}
    )
    remark: Annotated[str, Field(max_length=LONGEST)] = Field("", description="what the citizen said, with told")


class KindBody(Body):
    """What an urgent call is about."""

    allowed: ClassVar[dict[str, Any]] = {"service": "the id of an urgent service"}

    service: Id


class FirstBody(Body):
    """Why a caller is put first."""

    allowed: ClassVar[dict[str, Any]] = {"reason": list(get_args(FirstWhy))}

    reason: FirstWhy


class ArticleBody(Body):
    """An article as its author writes it: plain text, in which an empty line ends a paragraph, `- ` begins an item of a
    list and `**` encloses strong words."""

    allowed: ClassVar[dict[str, Any]] = {
        "language": list(LANGUAGES),
        "topic": "a topic's id, or null",
        "valid_until": "a date, such as 2027-01-31, or null",
    }

    title: Short
    text: Long
    topic: Id | None = None
    language: Language = "tr"
    words: Short = Field("", description="other words that people use for it")
    valid_until: date | None = Field(None, description="the last day on which it is true")
    withdrawn: bool = Field(False, description="it is neither offered nor found any more")

    def wording(self) -> Wording:
        """For the core."""
        return Wording(**self.model_dump())


class NewArticleBody(ArticleBody):
    """A new article."""

    key: Id | None = Field(None, description="its id in the file that it comes from; no two articles have the same")

    def wording(self) -> Wording:
        """For the core."""
        return Wording(**self.model_dump(exclude={"key"}))


class PauseBody(Body):
    """Whether a recording has silence from now on."""

    allowed: ClassVar[dict[str, Any]] = {"paused": [True, False]}

    paused: Annotated[bool, Field(strict=True)]


class DispositionBody(Body):
    """What became of a call that opened no request."""

    allowed: ClassVar[dict[str, Any]] = {
        "disposition": list(DISPOSITIONS),
        "topic": _ID,
        "article": "an article's id, or null",
        "number": "a request's number, with disposition = existing, or null",
        "district": _ID,
    }

    disposition: Annotated[str, Field(max_length=32)] = Field(json_schema_extra={"enum": list(DISPOSITIONS)})
    topic: Id | None = None
    article: Annotated[int, Field(strict=True, ge=0, lt=2**31)] | None = Field(
        None, description="the article that answered the call"
    )
    number: Annotated[str, Field(max_length=32)] | None = Field(
        None, description="the open request that the caller asked about"
    )
    district: Id | None = Field(None, description="the mahalle that the caller told of")
