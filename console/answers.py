"""The API's description of error answers."""

from typing import Any, Final

from pydantic import BaseModel, ConfigDict

from console import problems
from console.views import Problem

TEXTS: Final = {
    400: "The body cannot be read: it is no UTF-8, or nested too deeply.",
    401: "Nobody is signed in, or the token is another system's.",
    403: "It is not for this role, unit or token, or a write with a session's cookie lacks its X-CSRF-Token.",
    404: "There is none.",
    409: "It cannot be as things stand now; the answer says what can.",
    410: "It was there and has been destroyed; what was written upon it is not kept.",
    412: "The request has changed since it was read: read it again, and decide anew.",
    413: "The body is too large.",
    415: "The body is not JSON.",
    416: "There is no such part of it.",
    422: "A parameter or the body is not allowed; the answer names key, value and what is.",
    428: "`If-Match` is missing.",
    429: "Too many requests, or too many without the right token; `Retry-After` says for how long.",
    503: "A part that is needed does not serve now.",
}

Described = dict[int | str, dict[str, Any]]


_NAMED: Final = 401
_REFERENCE: Final = {"schema": {"$ref": f"#/components/schemas/{Problem.__name__}"}}


def documented(*statuses: int) -> Described:
    """These errors, as FastAPI wants them.

    401, which each route has, names the model, which puts its schema among the components; the others refer to it.
    FastAPI prepares a model anew for each answer of each route: that was half of an application's start."""
    return {status: {"description": TEXTS[status], **_content(status)} for status in statuses}


def _content(status: int) -> dict[str, Any]:
    if status == _NAMED:
        return {"model": Problem, "content": {problems.MEDIA_TYPE: {}}}
    return {"content": {problems.MEDIA_TYPE: {}, "application/json": _REFERENCE}}


EVERY: Final = documented(401, 403, 422, 429, 503)
"""Errors of every route."""
BODY: Final = documented(400, 413, 415)
"""Further errors of a route with a body."""


class Nothing(BaseModel):
    """An empty object: the path says all. That it is JSON keeps other sites' forms out."""

    model_config = ConfigDict(extra="forbid")
