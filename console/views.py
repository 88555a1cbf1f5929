"""What the API shows, field by field. Records of the ports are checked against these before they go out."""

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, Final, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, TypeAdapter, WithJsonSchema

from acd.engine.model.config import AutoAnswer, ServiceClass
from acd.engine.model.facts import AgentState, CallbackReason, Outcome
from acd.engine.model.monitor_facts import MonitorMode
from console.ports import Record
from tickets.dispositions import Disposition
from tickets.refusals import RefusalCode

SLICE: Final = 100
"""The most records that are turned into JSON in one turn of the desk's loop: its live pages go on between two turns."""


def rfc3339(value: object) -> str | None:
    """A time as RFC 3339 in UTC with milliseconds, `2025-11-24T20:05:09.120Z`; from Unix seconds or a datetime.

    A datetime without a zone is UTC, as databases without zones give it back."""
    if value is None or isinstance(value, str):
        return value
    if isinstance(value, datetime):
        moment = value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)
    elif isinstance(value, int | float):
        moment = datetime.fromtimestamp(round(value, 3), UTC)
    else:
        raise TypeError(f"a time is Unix seconds or a datetime, not {type(value).__name__}")
    return moment.isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _seconds(value: object) -> object:
    return round(value, 3) if isinstance(value, float) else value


Time = Annotated[str, BeforeValidator(rfc3339), WithJsonSchema({"type": "string", "format": "date-time"})]
Seconds = Annotated[float, BeforeValidator(_seconds), Field(ge=0)]


class View(BaseModel):
    """Base of what goes out: a record may hold more than is shown."""

    model_config = ConfigDict(extra="ignore", populate_by_name=True, frozen=True)


TARGET_AT: Final = (
    "when their wait is over target_wait_s: a routine caller's counts from the queue, an urgent one's from the line's "
    "answer, and that of a caller who waits again after a talk from the first time; null for a citizen who is called "
    "about an outcome"
)
RecordingState = Literal["recording", "kept", "none", "lost", "destroyed"]
_VERSION = "which version of that notice it was: language and first digits of the SHA-256 of its audio"
_HEARD = "milliseconds into the call when they had heard whole {}; null: they had not, or it is not known yet"


class Call(View):
    """A call. Waits run from the queue's entry to the answer, or to the end where nobody answered; durations are
    seconds."""

    id: str
    caller: str
    service: str | None = None
    priority: ServiceClass | None = Field(None, alias="class")
    outcome: Outcome | None = Field(None, description="null while the call is up")
    agent: str | None = None
    entered_at: Time = Field(description="into the queue, or onto the line where they never queued")
    queued_at: Time | None = None
    answered_at: Time | None = None
    ended_at: Time | None = None
    wait_s: Seconds | None = None
    answer_delay_s: Seconds | None = Field(None, description="from the line's answer to the agent's, the menu included")
    within_target: bool | None = Field(
        None,
        description="met target_wait_s: the wait of a routine call, the answer delay of an urgent one, or given up "
        "before; null until it is answered or over, and where it never waited",
    )
    ring_s: Seconds | None = None
    talk_s: Seconds | None = Field(None, description="hold included")
    hold_s: Seconds | None = None
    wrapup_s: Seconds | None = None
    hangup_by: Literal["caller", "agent", "system", "unknown"] | None = None
    node: str | None = None
    language: str | None = None
    ticket: str | None = Field(None, description="number of the ticket it opened, or that a surge message told of")
    callback: CallbackReason | None = Field(None, description="why the caller was to be called back")
    callback_tries: int | None = Field(None, description="how often they were called and not reached")
    privacy_notice_ms: int | None = Field(None, description=_HEARD.format("where the privacy notice is"))
    recording_notice_ms: int | None = Field(None, description=_HEARD.format("that the talk is recorded"))
    monitoring_notice_ms: int | None = Field(None, description=_HEARD.format("that the talk may be monitored"))
    privacy_notice_version: str | None = Field(None, description=_VERSION)
    recording_notice_version: str | None = Field(None, description=_VERSION)
    monitoring_notice_version: str | None = Field(None, description=_VERSION)


class ListedCall(Call):
    """A call of a list, with what came of it."""

    disposition: Disposition | None = Field(
        None, description="what an agent has said came of it; null where it opened a request, or nobody has said it"
    )
    score: int | None = Field(
        None, description="1 to 5, the citizen's of the request that it opened or whose outcome it told"
    )
    recorded: RecordingState | None = Field(None, description="`state` of its recording; null: it was not to be")


class Step(View):
    """Something that happened to a call. What else belongs to it is in `data`."""

    at: Time
    type: str
    data: dict[str, Any] = {}


class TalkSegment(View):
    """One agent's part of a talk. The parts of a call add up to its talk."""

    agent: str
    how: Literal["answered", "blind", "attended", "reload"] = Field(
        "answered",
        description="out of the queue; after a transfer: sent on, or told of the caller first; or again, when "
        "their page had gone in the talk",
    )
    began_at: Time
    ended_at: Time
    talk_s: Seconds = Field(description="hold included")
    hold_s: Seconds = 0.0


class Recording(View):
    """What there is of a call's recording."""

    state: RecordingState = Field(
        description="`recording`: until the call is over and its file encrypted; `none`: the talk is not recorded"
    )
    why: Literal["", "no_notice", "callback", "refused", "no_file"] = Field(
        "",
        description="why there is none: the caller did not hear the notice to its end; the line called them; "
        "Asterisk did not begin; it wrote nothing",
    )
    began_at: Time
    sha256: str = Field("", description="of the sound file")
    size: int | None = None
    seconds: Seconds | None = None
    missing_s: Seconds | None = Field(None, description="by so much it is shorter than the talk")
    pauses: int = 0
    kept_at: Time | None = None
    destroyed_at: Time | None = None


class CallRecording(View):
    """Whether a talk is recorded now."""

    id: str
    recording: Literal["", "on", "paused"]


class CallRequest(View):
    """A request that a call has to do with."""

    number: str
    how: str = Field(
        description="opened, again (the same caller once more), surge, outcome (to tell it), asked (about it), "
        "looked_up (they asked the line for its state), heard (the line said it unasked), task (an agent rang them "
        "about a task), or message or left (they left a message)"
    )
    at: Time


class Sentence(View):
    """One thing that happened to a call, in words."""

    at: Time
    text: str
    detail: bool = Field(False, description="it belongs to the sentence before it")


class CallWithHistory(Call):
    """A call, each agent's part of its talk, and all that happened to it, oldest first."""

    segments: list[TalkSegment] = []
    history: list[Step] = []
    recording: Recording | None = Field(None, description="null for a call that was not to be recorded")
    tickets: list[CallRequest] = Field([], description="the requests that it is linked with, in order")
    why: list[Sentence] | None = Field(
        None, description="what happened and why, in sentences of the `language` that was asked for; null without"
    )


class Agent(View):
    """An agent, and what they do now."""

    extension: str
    name: str
    state: AgentState
    reason: str = ""
    since: Time | None = Field(None, description="when this state began")
    until: Time | None = Field(None, description="when after-call work is over by itself")
    pending: Literal["", "paused", "offline"] = Field(
        "", description="what they have asked for and will be when the present call is over"
    )
    pending_reason: str = ""
    auto_answer: AutoAnswer = Field("no", description="the calls for which their phone is asked to answer by itself")
    monitored: MonitorMode | None = Field(None, description="how a shift lead monitors their talk now")
    recording: Literal["", "on", "paused"] = Field(
        "", description="whether their talk is recorded now; empty: it is not, or they do not talk"
    )
    keeps: bool = Field(
        False, description="their page went in the talk, and the caller hears music until it is back, for some seconds"
    )
    call: str | None = None
    service: str | None = None
    priority: ServiceClass | None = Field(None, alias="class")


class Waiting(View):
    """A caller in the queue. `state` is `ringing` while `agent`'s phone rings for them."""

    id: str
    caller: str
    service: str
    priority: ServiceClass = Field(alias="class")
    position: int = Field(ge=1)
    queued_at: Time
    target_at: Time | None = Field(None, description=TARGET_AT)
    wait_s: Seconds
    ewt_s: Seconds | None = Field(None, description="the whole wait as it was estimated; null if nobody is on duty")
    state: Literal["waiting", "ringing"] = "waiting"
    agent: str | None = None
    urgent_calls: int = Field(
        0, ge=0, description="urgent calls of this number within the last hour, this one included; 0: not counted"
    )
    repeat: bool = Field(False, description="comes after first-time urgent callers")
    first: bool = Field(False, description="the shift lead put them before all others of the class")
    callback: CallbackReason | None = Field(None, description="has hung up and is to be called back")


class CallKind(View):
    """What an urgent call is about, as it is known now."""

    id: str
    service: str
    priority: ServiceClass = Field(alias="class")


class PutFirst(View):
    """A waiting caller who comes before all others of the class."""

    id: str
    service: str
    priority: ServiceClass = Field(alias="class")


class Callback(View):
    """Somebody who is to be called: a caller who has hung up and `asked` for it, or `abandoned` an urgent call; a
    citizen who is told an `outcome`, or whom an agent calls about a `task`."""

    id: str
    caller: str
    service: str
    priority: ServiceClass = Field(alias="class")
    reason: CallbackReason
    asked_at: Time
    queued_at: Time
    wait_s: Seconds
    tries: int = Field(0, ge=0, description="how often they were called and not reached")
    again_at: Time | None = Field(None, description="the next try; null: as soon as it is their turn")
    state: Literal["waiting", "ringing"] = "waiting"
    agent: str | None = None


class Group(View):
    """Calls that left the queue within a window."""

    offered: int
    answered: int
    abandoned: int
    called_back: int = Field(description="reached later, having hung up by wish or while waiting")
    other: int
    asa_s: float | None = Field(description="average speed of answer; null where nobody was answered")
    within_target: float | None = Field(
        None, description="share of the answered and abandoned that met target_wait_s; null where there are none"
    )
    service_level: dict[str, float | None] = Field(
        description="by formula: answered (within T / answered), answered_or_abandoned ((answered + abandoned within T)"
        " / (answered + abandoned)), offered (answered within T / offered)"
    )


class Figures(View):
    """How the line does, over the last five minutes (`5m`), the hour (`1h`) and the local day (`day`)."""

    service_level_s: float = Field(description="T of the service level")
    target_wait_s: float = Field(description="how soon a caller should speak to a person")
    cut: bool = Field(False, description="a window holds fewer calls than came; its figures are of the newest")
    windows: dict[str, dict[Literal["all", "urgent", "routine"], Group]]


class ProblemItem(BaseModel):
    """One thing that is wrong with a request."""

    key: str
    value: Any = None
    allowed: Any = None
    detail: str


class Problem(BaseModel):
    """RFC 9457 problem details. `key`, `value` and `allowed` are those of the first of `errors`."""

    type: str
    title: str
    status: int
    detail: str
    key: str | None = None
    value: Any = None
    allowed: Any = None
    errors: list[ProblemItem] | None = None
    code: RefusalCode | None = Field(
        None, description="the kind of refusal, where a request or a call is refused a change"
    )


CALL_FIELDS: Final = tuple(field.alias or name for name, field in Call.model_fields.items())

_history_fields = frozenset({"at", "type", "data"})


def step(record: Record) -> dict[str, Any]:
    """A record of a call's history, with everything but `at` and `type` gathered in `data`."""
    data = {name: value for name, value in record.items() if name not in _history_fields}
    return {"at": record["at"], "type": record["type"], "data": data | dict(record.get("data") or {})}


def waiting(record: Record, now: float) -> dict[str, Any]:
    """A caller in the queue, with how long they wait at `now` (Unix seconds)."""
    return {**record, "wait_s": max(0.0, now - float(record["queued_at"]))}


def mask(number: str | None) -> str:
    """A masked number: its last two digits, and these only if it has at least seven."""
    digits = [character for character in number or "" if character in "0123456789"]
    return "••• " + "".join(digits[-2:]) if len(digits) >= 7 else "•••"


async def to_json(model: type[View], records: Sequence[Record]) -> bytes:
    """Records as a JSON array of `model`; long ones are made in slices of `SLICE`."""
    adapter = _adapter(model)
    parts: list[bytes] = []
    for begin in range(0, len(records), SLICE):
        views = adapter.validate_python(records[begin : begin + SLICE])
        parts.append(adapter.dump_json(views, by_alias=True)[1:-1])
        if begin + SLICE < len(records):
            await asyncio.sleep(0)
    return b"[" + b",".join(parts) + b"]"


def one(model: type[View], record: Record) -> bytes:
    """One record as JSON of `model`."""
    return model.model_validate(record).model_dump_json(by_alias=True).encode()


_adapters: dict[type[View], TypeAdapter[list[View]]] = {}


def _adapter(model: type[View]) -> TypeAdapter[list[View]]:
    if model not in _adapters:
        _adapters[model] = TypeAdapter(list[model])  # type: ignore[valid-type]  # a type made at run time
    return _adapters[model]
