"""Rules for every request, before any route sees it: headers, limits of bodies and of rates."""

import asyncio
import math
import re
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from console import problems
from console.rates import Rates

MAX_BODY: Final = 64 * 1024
"""The most bytes of a request's body. The API's largest has a few thousand."""
MAX_FILE: Final = 8 * 1024 * 1024
"""The most bytes of a file: a photo of a telephone's camera and a little more, a configuration file, a minute of
sound, or rows of a table that are imported."""
_FILES: Final = re.compile(
    r"/api/v1/(?:tickets/[^/]{1,64}/files|tickets/import"
    r"|(?:config/[a-z]{1,16}|prompts/(?:tr|en)/[a-z0-9_]{1,64})(?:/check)?)"
)

SECURITY_HEADERS: Final = {
    "content-security-policy": "default-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "permissions-policy": "camera=(), geolocation=(), microphone=()",
    "referrer-policy": "no-referrer",
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
}
"""Headers of every answer that sets no others. A page may do more, and has its own headers (`console.page`)."""


class SecurityHeaders:
    """Adds the headers above to every answer, and forbids caches to keep one that does not say otherwise."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                headers = MutableHeaders(scope=message)
                for name, value in SECURITY_HEADERS.items():
                    headers.setdefault(name, value)
                headers.setdefault("cache-control", "no-store")
                if scope["scheme"] == "https":
                    headers.setdefault("strict-transport-security", "max-age=31536000")
            await send(message)

        await self.app(scope, receive, send_with_headers)


class RateLimit:
    """Answers 429 to a client who asks more often than `rates` allows."""

    def __init__(self, app: ASGIApp, *, rates: Rates, refused: Callable[[str], None]) -> None:
        self.app = app
        self.rates = rates
        self.refused = refused

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] in ("http", "websocket") and (wait_s := self.rates.take(client_of(scope))):
            self.refused("too_many")
            if scope["type"] == "http":
                await too_many(wait_s, "too many requests from this address")(scope, receive, send)
            else:
                await send({"type": "websocket.close", "code": 1008})
            return
        await self.app(scope, receive, send)


def client_of(scope: Scope) -> str:
    """The client's address; empty where the server does not know it."""
    client = scope.get("client")
    return str(client[0]) if client else ""


def too_many(wait_s: float, why: str) -> Response:
    """The answer 429, with the seconds to wait."""
    seconds = max(1, math.ceil(wait_s))
    body = problems.problem(429, f"{why}; try again in {seconds} s")
    return problems.response(429, body, {"retry-after": str(seconds)})


def body_limit(path: str) -> int:
    """The most bytes of a request's body for this path."""
    return MAX_FILE if _FILES.fullmatch(path) else MAX_BODY


class BodyLimit:
    """Answers 413 to a body of more than `limit` bytes (by default those of `body_limit`), and closes the connection
    rather than read the rest."""

    def __init__(self, app: ASGIApp, *, limit: int | None = None) -> None:
        self.app = app
        self.limit = limit

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        limit = body_limit(scope["path"]) if self.limit is None else self.limit
        announced = Headers(scope=scope).get("content-length")
        if announced is not None and announced.isdecimal() and int(announced[:20]) > limit:
            await self._refuse(scope, receive, send, limit)
            return
        received = 0
        started = False

        async def receive_counted() -> Message:
            nonlocal received
            message = await receive()
            received += len(message.get("body", b""))
            if received > limit:
                raise _TooLarge
            return message

        async def send_noted(message: Message) -> None:
            nonlocal started
            started = True
            await send(message)

        try:
            await self.app(scope, receive_counted, send_noted)
        except _TooLarge:
            if not started:
                await self._refuse(scope, receive, send, limit)

    async def _refuse(self, scope: Scope, receive: Receive, send: Send, limit: int) -> None:
        detail = f"the body is too large: at most {limit} bytes"
        response = problems.response(413, problems.problem(413, detail), {"connection": "close"})
        await response(scope, receive, send)


class WholeRequest:
    """Ends no answer before the request's body has arrived, or `limit` bytes of it (by default twice the allowed size),
    or `linger_s` seconds have passed.

    A client that is refused early (401, 404, 405, 413) may still be writing the body. If we close with bytes unread,
    the kernel resets the connection, and the client never sees the answer."""

    def __init__(self, app: ASGIApp, *, limit: int | None = None, linger_s: float = 1.0) -> None:
        self.app = app
        self.limit = limit
        self.linger_s = linger_s

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        headers = Headers(scope=scope) if scope["type"] == "http" else Headers()
        has_body = "content-length" in headers or "transfer-encoding" in headers
        if not has_body or "expect" in headers:  # a client that asked first does not write after a refusal
            await self.app(scope, receive, send)
            return
        ended = False

        async def receive_noted() -> Message:
            nonlocal ended
            message = await receive()
            ended = not message.get("more_body", False)
            return message

        async def drain() -> None:
            left = 2 * body_limit(scope["path"]) if self.limit is None else self.limit
            while not ended and left > 0:
                left -= len((await receive_noted()).get("body", b""))

        async def send_last_after_body(message: Message) -> None:
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                with suppress(TimeoutError):
                    async with asyncio.timeout(self.linger_s):
                        await drain()
            await send(message)

        await self.app(scope, receive_noted, send_last_after_body)


class _TooLarge(BaseException):
    """The body went over the limit. Not an `Exception`, so that no handler on the way turns it into a 400."""
