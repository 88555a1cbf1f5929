"""Errors as people and programs can read them: RFC 9457 problem details with the key, the value and what is allowed."""

import json
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, Final

from starlette.responses import Response

MEDIA_TYPE: Final = "application/problem+json"
MAX_VALUE: Final = 200
"""The most characters of a refused value in the answer."""
TOO_DEEP: Final = "…"
"""Stands for a value that is nested too deep to be written: it could be read when less of our own was under way."""


class ProblemError(Exception):
    """A request that cannot be served, for a reason its sender can do something about."""

    def __init__(
        self,
        status: int,
        detail: str,
        *,
        key: str | None = None,
        value: Any = None,
        allowed: Any = None,
        headers: Mapping[str, str] | None = None,
        code: str | None = None,
    ) -> None:
        """`code` names the kind of refusal, so that a page says it in its own language."""
        super().__init__(detail)
        self.status = status
        self.headers = dict(headers or {})
        self.body = problem(status, detail, [item(detail, key, value, allowed)] if key is not None else ())
        if code is not None:
            self.body["code"] = code


def problem_with(status: int, detail: str, items: Sequence[dict[str, Any]]) -> ProblemError:
    """A problem with several things that are wrong."""
    error = ProblemError(status, detail)
    error.body = problem(status, detail, items)
    return error


def item(detail: str, key: str, value: Any, allowed: Any = None) -> dict[str, Any]:
    """One thing that is wrong with a request."""
    return {"key": key, "value": _shown(value), "allowed": allowed, "detail": detail}


def problem(status: int, detail: str, items: Sequence[Mapping[str, Any]] = ()) -> dict[str, Any]:
    """The body. Its top level repeats the first error, so that simple clients need not read `errors`."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
    }
    if items:
        body |= {name: items[0][name] for name in ("key", "value", "allowed")}
        body["errors"] = list(items)
    return body


def encode(body: Mapping[str, Any]) -> bytes:
    """The body as it goes out."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), default=str).encode("utf-8", "replace")


def response(status: int, body: Mapping[str, Any], headers: Mapping[str, str] | None = None) -> Response:
    """The whole answer."""
    return Response(encode(body), status, headers, MEDIA_TYPE)


def brief(value: Any) -> str:
    """A refused value for a line of text: as Python writes it, cut."""
    try:
        return f"{value!r:.100}"
    except RecursionError:
        return TOO_DEEP


def _shown(value: Any) -> Any:
    if isinstance(value, float) and not math.isfinite(value):
        return str(value)  # which JSON has not
    if value is None or isinstance(value, bool | int | float):
        return value
    try:
        text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    except RecursionError:
        return TOO_DEEP
    return text if len(text) <= MAX_VALUE else text[: MAX_VALUE - 1] + "…"
