"""Telephones in the browser: their accounts, secrets and tickets, and the WebSocket, which is forwarded to Asterisk.

A page asks for a phone and gets a secret for Asterisk and a ticket for the WebSocket, both new each time. An agent has
one page at a time: the next page that asks takes the phone over. The desk connects to Asterisk on this machine only. It
reads no SIP message, but limits their size.
"""

import asyncio
import contextlib
import hashlib
import hmac
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Annotated, Final
from urllib.parse import urlsplit

import websockets
from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import Field
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect
from websockets.asyncio.client import ClientConnection, connect

from console import answers, views
from console.access import standing_of
from console.local import is_from_here
from console.parameters import json_only, only
from console.ports import ConsolePorts, UnknownAgent
from console.problems import ProblemError
from console.routing import api_router
from console.standing import Standing
from console.within import Within

SOCKET_PATH: Final = "/ws"
DEMO_PATH: Final = "/phone/line"
SUBPROTOCOL: Final = "sip"
MAX_MESSAGE: Final = 64 * 1024
"""Bytes of one SIP message, either way; an offer of a browser is some 3 KiB."""
MAX_SOCKETS: Final = 400
MAX_CITIZENS: Final = 32
"""Pages of the demo's caller at once."""
TICKET_S: Final = 12 * 3600.0
CONNECT_S: Final = 5.0
REPLACED: Final = 4001
"""Close code: another page has taken the phone over."""
SIGNED_OUT: Final = 4002
"""Close code: the session for which the page got its phone is over."""
AWAY: Final = 1013
"""Close code: Asterisk does not answer, try again later."""

FOR_GOOD: Final = Standing()


class Phone(views.View):
    """An account of a browser phone, and where it connects. It is good until the account is given out again."""

    user: str
    secret: str
    realm: str
    line: str = Field(description="the number that callers dial")
    socket: str = Field(description="path of the WebSocket, with the ticket that opens it")


@dataclass(slots=True)
class _Ticket:
    user: str
    digest: bytes
    until: float
    standing: Standing
    """The right for which it was given out; without it nothing is forwarded."""
    sockets: set[WebSocket] = field(default_factory=set)


class Tickets:
    """Tickets, each the right to open a WebSocket to Asterisk. A ticket also serves a page that reconnects, until it is
    replaced."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tickets: list[_Ticket] = []

    def issue(self, user: str, standing: Standing = FOR_GOOD, *, most: int = 1) -> tuple[str, list[WebSocket]]:
        """Issue a ticket for an account; returns it with the sockets of the tickets that it replaces. An account has
        `most` at once."""
        now = self._clock()
        self._tickets = [one for one in self._tickets if one.until > now]
        same = [one for one in self._tickets if one.user == user]
        replaced = same[: max(0, len(same) - most + 1)]
        self._tickets = [one for one in self._tickets if one not in replaced]
        text = secrets.token_urlsafe(24)
        self._tickets.append(_Ticket(user, _digest(text), now + TICKET_S, standing))
        return text, [socket for one in replaced for socket in one.sockets]

    def find(self, text: str) -> _Ticket | None:
        """The ticket, if it is valid now. Each is compared in constant time."""
        digest, now = _digest(text), self._clock()
        found = [one for one in self._tickets if hmac.compare_digest(one.digest, digest)]
        return found[0] if found and found[0].until > now else None

    @property
    def sockets(self) -> int:
        """How many are open."""
        return sum(len(one.sockets) for one in self._tickets)


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


class Telephones:
    """The routes, and what they share."""

    def __init__(self, ports: ConsolePorts, within: Within, timeout_s: float) -> None:
        self._ports = ports
        self._within = within
        self._timeout_s = timeout_s
        self._tickets = Tickets()

    def api(self) -> APIRouter:
        """What needs the token."""
        routes = api_router()

        @routes.post(
            "/agents/{extension}/phone",
            status_code=201,
            response_model=Phone,
            responses=answers.documented(404, 409) | answers.BODY,
            dependencies=[Depends(only()), Depends(json_only)],
        )
        async def open_phone(
            request: Request, extension: Annotated[str, Path(max_length=32)], _: answers.Nothing
        ) -> Response:
            """Give an agent's page its phone: an account with a new secret. A page that had it is shut out."""
            try:
                answer = self._within(self._timeout_s, "telephone", self._ports.open_phone(extension))
                user, secret = await answer
            except UnknownAgent:
                known = [str(agent["extension"]) for agent in self._ports.live.agents()]
                detail = f"there is no agent {extension!r}"
                raise ProblemError(404, detail, key="extension", value=extension, allowed=known) from None
            return await self._give(user, secret, standing_of(request))

        return routes

    def routes(self) -> list[Route | WebSocketRoute]:
        """The WebSocket and, in the demo, the caller's phone."""
        found: list[Route | WebSocketRoute] = [WebSocketRoute(SOCKET_PATH, self._relay)]
        if self._ports.demo_phone is not None:
            found.append(Route(DEMO_PATH, self._open_demo, methods=["POST"]))
        return found

    async def _open_demo(self, request: Request) -> Response:
        """Give a page the phone of the demo's caller. It needs no token, so the page must be this machine's own: a page
        from elsewhere can neither read the answer nor, by a name that points here, ask as ours."""
        if not is_from_here(request):
            raise ProblemError(403, f"the demo's phone is for this machine: open {DEMO_PATH.rpartition('/')[0]} there")
        await json_only(request)
        assert self._ports.demo_phone is not None
        user, secret = await self._within(self._timeout_s, "telephone", self._ports.demo_phone())
        return await self._give(user, secret, most=MAX_CITIZENS)

    async def _give(self, user: str, secret: str, standing: Standing = FOR_GOOD, *, most: int = 1) -> Response:
        ticket, replaced = self._tickets.issue(user, standing, most=most)
        for socket in replaced:
            await _close(socket, REPLACED, "another page has the phone now")
        phone = Phone(
            user=user,
            secret=secret,
            realm=self._ports.realm,
            line=self._ports.line,
            socket=f"{SOCKET_PATH}?ticket={ticket}",
        )
        return JSONResponse(phone.model_dump(mode="json"), 201)

    # --- the WebSocket

    async def _relay(self, page: WebSocket) -> None:
        """Forward messages both ways until one side ends. A refusal is an HTTP 403, before the WebSocket begins."""
        ticket = self._tickets.find(page.query_params.get("ticket", ""))
        refused = (
            ticket is None
            or not _same_origin(page)
            or SUBPROTOCOL not in page.scope["subprotocols"]
            or self._tickets.sockets >= MAX_SOCKETS
            or not await ticket.standing.holds()
        )
        if refused or ticket is None:
            await page.close(1008)
            return
        ticket.sockets.add(page)
        try:
            await self._relay_open(page, ticket.standing)
        finally:
            ticket.sockets.discard(page)

    async def _relay_open(self, page: WebSocket, standing: Standing) -> None:
        await page.accept(SUBPROTOCOL)
        try:
            asterisk = await connect(
                f"ws://127.0.0.1:{self._ports.telephone_port}/ws",
                subprotocols=[websockets.Subprotocol(SUBPROTOCOL)],
                compression=None,
                max_size=MAX_MESSAGE,
                open_timeout=CONNECT_S,
                close_timeout=1.0,
                ping_interval=None,
                proxy=None,
            )
        except (OSError, TimeoutError, websockets.WebSocketException):
            await _close(page, AWAY, "Asterisk does not answer")
            return
        over = asyncio.create_task(standing.over())
        ways = {over, *(asyncio.create_task(one) for one in (_to_asterisk(page, asterisk), _to_page(asterisk, page)))}
        try:
            await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for way in ways:
                way.cancel()
            await asyncio.gather(*ways, return_exceptions=True)
            with contextlib.suppress(OSError, TimeoutError, websockets.WebSocketException):
                await asterisk.close()
            await _close(page, SIGNED_OUT if over.done() and not over.cancelled() else AWAY)


async def _close(page: WebSocket, code: int, reason: str = "") -> None:
    """Close a page's socket, which may be closing or gone already."""
    with contextlib.suppress(RuntimeError, WebSocketDisconnect):
        await page.close(code, reason)


async def _to_asterisk(page: WebSocket, asterisk: ClientConnection) -> None:
    with contextlib.suppress(WebSocketDisconnect, websockets.ConnectionClosed):
        while True:
            message = await page.receive()
            if message["type"] == "websocket.disconnect":
                return
            text = message.get("text")
            await asterisk.send(text if text is not None else message["bytes"])


async def _to_page(asterisk: ClientConnection, page: WebSocket) -> None:
    with contextlib.suppress(WebSocketDisconnect, websockets.ConnectionClosed):
        async for message in asterisk:
            if isinstance(message, str):
                await page.send_text(message)
            else:
                await page.send_bytes(message)


def _same_origin(page: WebSocket) -> bool:
    """Whether the page that opens the WebSocket is ours: browsers say whose it is, and pages cannot change it."""
    origin = urlsplit(page.headers.get("origin", ""))
    return origin.scheme in ("http", "https") and origin.netloc == page.headers.get("host")
