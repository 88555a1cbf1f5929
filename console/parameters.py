"""Parameters of requests, and the errors for wrong ones."""

import re
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Annotated, Any, Final, get_args

from fastapi import Query, Request
from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, WithJsonSchema

from acd.engine.model.config import ServiceClass
from acd.engine.model.event_base import AgentWish
from acd.engine.model.facts import Outcome
from agents.people import USER_ALLOWED
from agents.presence import CHOOSABLE, reason_fault
from console.problems import ProblemError, brief, item
from tickets.dispositions import Disposition
from tickets.kinds import KINDS
from tickets.states import TicketState

MAX_LIMIT: Final = 1000
SINCE: Final = "an RFC 3339 time with an offset, such as 2025-11-24T08:00:00Z or 2025-11-24T11:00:00%2B03:00"

ALLOWED: Final[dict[tuple[str, str], Any]] = {
    ("query", "limit"): f"a whole number from 1 to {MAX_LIMIT}",
    ("query", "since"): SINCE,
    ("query", "until"): SINCE,
    ("query", "class"): list(get_args(ServiceClass)),
    ("query", "outcome"): list(get_args(Outcome)),
    ("query", "disposition"): list(get_args(Disposition)),
    ("query", "service"): "a service's id, such as funeral",
    ("query", "agent"): "an agent's extension, such as 1001",
    ("query", "state"): list(get_args(TicketState)),
    ("query", "kind"): list(KINDS),
    ("query", "order"): ["newest", "due"],
    ("query", "open"): ["true", "false"],
    ("query", "overdue"): ["true", "false"],
    ("query", "done"): ["true", "false"],
    ("query", "unit"): "a unit's id, such as fen_isleri",
    ("query", "topic"): "a topic's id, such as yol_cukuru",
    ("query", "district"): "a mahalle's id, such as esenkent",
    ("query", "caller"): "a telephone number, such as +905321112233",
    ("query", "cursor"): "what `Link` of the page before says",
    ("query", "language"): ["tr", "en"],
    ("query", "who"): f"a user, or token: and a program's name; {USER_ALLOWED}",
    ("query", "about"): "an id, such as 26-000123-3 or a user",
    ("body", "state"): list(get_args(AgentWish)),
    ("body", "services"): "a list of routine services, such as request",
    ("body", "until"): "an RFC 3339 time with an offset, such as 2025-11-24T08:00:00Z, or null",
    ("body", "prompt"): "the name of a prompt, such as queue_all_busy",
    ("body", "reason"): list(CHOOSABLE),
}

_DIGITS = re.compile(r"[0-9]{1,9}")
_RFC3339 = re.compile(
    r"[0-9]{4}-[0-9]{2}-[0-9]{2}[Tt ][0-9]{2}:[0-9]{2}:[0-9]{2}(\.[0-9]+)?([Zz]|[+-][0-9]{2}:[0-9]{2})"
)
_SPACE_FOR_PLUS = re.compile(r" (?=[0-9]{2}:[0-9]{2}$)")


def since_seconds(text: object) -> float:
    """Unix seconds of an RFC 3339 time. A `+` that a URL turned into a space is understood.

    Raises `ValueError`: a time without an offset would mean another moment on another machine."""
    if not isinstance(text, str):
        raise ValueError(SINCE)  # noqa: TRY004 (pydantic turns ValueError alone into an answer)
    repaired = _SPACE_FOR_PLUS.sub("+", text)
    if not _RFC3339.fullmatch(repaired):
        raise ValueError(SINCE)
    try:
        return datetime.fromisoformat(repaired.upper()).timestamp()
    except (ValueError, OverflowError):
        raise ValueError(SINCE) from None


def _plain_number(text: object) -> object:
    if isinstance(text, str) and not _DIGITS.fullmatch(text):
        raise ValueError(ALLOWED["query", "limit"])
    return text


Limit = Annotated[int, Query(ge=1, le=MAX_LIMIT), BeforeValidator(_plain_number)]
ByTime = Annotated[str, Query(max_length=32, pattern=r"^([0-9]{1,15}-[0-9]{1,9})?$")]
"""The cursor of a list by time."""
Since = Annotated[
    float | None,
    Query(description=SINCE),
    BeforeValidator(since_seconds),
    WithJsonSchema({"anyOf": [{"type": "string", "format": "date-time"}, {"type": "null"}]}),
]


def _reason(reason: object) -> object:
    """None is as good as no reason."""
    fault = reason_fault(reason) if isinstance(reason, str) else ""
    if fault:
        raise ValueError(fault)
    return "" if reason is None else reason


PauseReason = Annotated[
    str,
    BeforeValidator(_reason),
    WithJsonSchema({"anyOf": [{"type": "string", "enum": ["", *CHOOSABLE]}, {"type": "null"}]}),
]


class AgentStateWish(BaseModel):
    """What an agent wishes to be from now."""

    model_config = ConfigDict(extra="forbid")

    state: AgentWish
    reason: PauseReason = Field(
        "", description="why they pause; `missed_calls` and `empty_chair` are given by the line alone"
    )


def only(*names: str) -> Callable[[Request], None]:
    """A dependency that refuses query parameters the route does not know, and those given twice: a misspelt filter
    must not look like a result."""

    async def check(request: Request) -> None:
        seen: set[str] = set()
        for name, value in request.query_params.multi_items():
            if name not in names:
                detail = f"there is no query parameter {name[:64]!r} here"
                raise ProblemError(422, detail, key=name[:64], value=value, allowed=list(names))
            if name in seen:
                raise ProblemError(422, f"{name}: given more than once", key=name, value=value, allowed="once")
            seen.add(name)

    return check  # type: ignore[return-value]  # FastAPI takes a coroutine function


async def json_only(request: Request) -> None:
    """A dependency that refuses a body which does not say that it is JSON (forms of other sites cannot say so)."""
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind != "application/json":
        detail = "the body must be JSON: send 'Content-Type: application/json'"
        raise ProblemError(415, detail, key="content-type", value=kind, allowed="application/json")


def body_of(request: Request) -> type[BaseModel] | None:
    """The model of the body that a request's route takes."""
    field = getattr(request.scope.get("route"), "body_field", None)
    model = getattr(getattr(field, "field_info", None), "annotation", None)
    return model if isinstance(model, type) and issubclass(model, BaseModel) else None


def items(errors: Sequence[Any], body: type[BaseModel] | None) -> list[dict[str, Any]]:
    """What FastAPI found wrong, in our words; `body` is the model of the body."""
    return [_item(error, body) for error in errors]


def _item(error: dict[str, Any], model: type[BaseModel] | None) -> dict[str, Any]:
    where, *rest = error["loc"]
    kind = error["type"]
    body_keys = [] if model is None else list(model.model_fields)
    an_object = f"an object with {', '.join(body_keys)}"
    if kind == "json_invalid":
        return item(f"the body is not JSON: {error['ctx']['error']} at character {rest[0]}", "body", None, an_object)
    if where == "body" and not rest and kind == "value_error":
        return item(str(error["ctx"]["error"]), "body", None, list(body_keys))
    if where == "body" and not rest:
        return item("the body is missing or not an object", "body", None, an_object)
    key = ".".join(str(part) for part in rest)
    of_body = getattr(model, "allowed", None) if where == "body" else None
    allowed = ALLOWED.get((where, key)) if of_body is None else of_body.get(str(rest[0]))
    if kind == "literal_error" and where == "query":  # one name may have other words at another route
        allowed = re.findall(r"'([^']*)'", error["ctx"]["expected"])
    if kind == "missing":
        return item(f"{key}: missing", key, None, allowed)
    if kind == "extra_forbidden":
        return item(f"{key}: unknown", key, error.get("input"), list(body_keys))
    value = error.get("input")
    if key in ("password", "old_password"):
        return item(f"{key}: {error['msg']}", key, None, error["msg"])
    if kind == "value_error" and (where, key) == ("body", "reason") and of_body is None:
        return item(f"{key}: {brief(value)}: {error['ctx']['error']}", key, value, allowed)
    detail = f"{key}: {brief(value)} is not allowed" if allowed is not None else f"{key}: {error['msg']}"
    return item(detail, key, value, error["msg"] if allowed is None else allowed)
