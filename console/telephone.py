"""Telephones in the browser: their accounts, secrets and tickets, and who may open the WebSocket to Asterisk.

A page asks for a phone and gets a secret for Asterisk (`acd.desk.phone_secrets` makes it) and a ticket for the
WebSocket, both new each time. An agent has one page at a time: the next page that asks takes the phone over. A page
whose ticket opens nothing any more asks for another by itself, and takes no phone over by that. A page that may open
its WebSocket is handed over to the relay, a process that needs the desk no more for it (docs/adr/0049-the-relay.md).
The desk knows what the relay holds, also after a restart: who signs out, or is replaced, telephones no more.
"""

import asyncio
import contextlib
import hashlib
import hmac
import math
import secrets
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Final
from weakref import WeakValueDictionary

from fastapi import APIRouter, Depends, Path, Request, Response
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import JSONResponse
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket, WebSocketDisconnect

from acd.engine.model.config import PAGE
from acd.lib.telephone_socket import AWAY, MAX_SOCKETS, REPLACED, SIGNED_OUT, SUBPROTOCOL, Page
from console import answers, views
from console import standing as standings
from console.access import standing_of
from console.local import is_from_here
from console.parameters import json_only, only
from console.phone_relay import Connection
from console.ports import ConsolePorts, UnknownAgent
from console.problems import ProblemError
from console.routing import api_router
from console.standing import Standing
from console.within import Within

SOCKET_PATH: Final = "/ws"
DEMO_PATH: Final = "/phone/line"
CONNECTION: Final = "connection"
"""The key of a WebSocket's state under which the HTTP server has put its `Connection`."""
MAX_CITIZENS: Final = 32
"""Pages of the demo's caller at once."""
TICKET_S: Final = 12 * 3600.0
RETURN_S: Final = 6.0
"""Within so many seconds a page opens the WebSocket for its new ticket, or comes back after an end of the relay: it
tries every five seconds at the latest."""

FOR_GOOD: Final = Standing()


class Phone(views.View):
    """An account of a browser phone, and where it connects. It is good until the account is given out again."""

    user: str
    secret: str
    realm: str
    line: str = Field(description="the number that callers dial")
    socket: str = Field(description="path of the WebSocket, with the ticket that opens it")


class PhoneWish(BaseModel):
    """What a page wishes that asks for a phone. An empty object takes the phone over from any other page."""

    model_config = ConfigDict(extra="forbid")

    renews: str = Field(
        "",
        max_length=200,
        description="`socket` of the account that the page has had. With it the page has another account only while no "
        "other page has the phone: it may have slept, or been without a network, while another took the phone over",
    )


@dataclass(slots=True)
class Ticket:
    """The right to open a WebSocket to Asterisk."""

    user: str
    digest: bytes
    until: float
    """Seconds of the monotonic clock."""
    standing: Standing
    """The right for which it was given out; without it nothing is forwarded."""
    most: int
    """Tickets that the account may have at once."""


class Tickets:
    """Tickets, each the right to open a WebSocket to Asterisk. A ticket also serves a page that reconnects, until it is
    replaced."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._tickets: list[Ticket] = []

    def issue(self, user: str, standing: Standing = FOR_GOOD, *, most: int = 1) -> str:
        """Issue a ticket for an account, which has `most` at once; it replaces the oldest. Others that have ended stay:
        a page may be open by one, since a session may be longer."""
        now = self._clock()
        self._tickets = [one for one in self._tickets if one.user != user or one.until > now]
        same = [one for one in self._tickets if one.user == user]
        replaced = same[: max(0, len(same) - most + 1)]
        self._tickets = [one for one in self._tickets if one not in replaced]
        text = secrets.token_urlsafe(24)
        self._tickets.append(Ticket(user, _digest(text), now + TICKET_S, standing, most))
        return text

    def restore(self, page: Page, standing: Standing) -> bool:
        """Take the ticket of an open page, which an earlier desk has issued. False: it is replaced."""
        if self.serves(page):
            return True
        if sum(one.user == page.user for one in self._tickets) >= page.most:
            return False
        digest = bytes.fromhex(page.digest)
        self._tickets.insert(0, Ticket(page.user, digest, page.until, standing, page.most))
        return True

    def serves(self, page: Page) -> bool:
        """Whether the ticket by which a page was opened has not been replaced; it may have ended."""
        return any(one.digest.hex() == page.digest for one in self._tickets)

    def others(self, user: str, digest: str) -> list[Ticket]:
        """Those of the account but the one with this digest. One that has ended counts: its page may renew it."""
        return [one for one in self._tickets if one.user == user and one.digest.hex() != digest]

    def find(self, text: str) -> Ticket | None:
        """The ticket, if it is valid now. Each is compared in constant time."""
        digest, now = _digest(text), self._clock()
        found = [one for one in self._tickets if hmac.compare_digest(one.digest, digest)]
        return found[0] if found and found[0].until > now else None


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode("utf-8", "surrogateescape")).digest()


class Telephones:
    """The routes, and what they share."""

    def __init__(
        self, ports: ConsolePorts, within: Within, timeout_s: float, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._ports = ports
        self._within = within
        self._timeout_s = timeout_s
        self._clock = clock
        self._tickets = Tickets(clock)
        self._learned_at = -math.inf
        """When the relay has last told of its pages, or was gone."""
        self._giving: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()
        """By extension: an agent's accounts are given one by one. By one page's ticket and the other's secret nobody
        telephones."""
        self._looking = asyncio.Event()

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
            request: Request, extension: Annotated[str, Path(max_length=32)], wish: PhoneWish
        ) -> Response:
            """Give an agent's page its phone: an account with a new secret. A page that had it is shut out."""
            return await self._open_phone(extension, wish.renews, standing_of(request))

        return routes

    def routes(self) -> list[Route | WebSocketRoute]:
        """The WebSocket and, in the demo, the caller's phone."""
        found: list[Route | WebSocketRoute] = [WebSocketRoute(SOCKET_PATH, self._open)]
        if self._ports.demo_phone is not None:
            found.append(Route(DEMO_PATH, self._open_demo, methods=["POST"]))
        return found

    async def _open_phone(self, extension: str, renews: str, standing: Standing) -> Response:
        lock = self._giving.setdefault(extension, asyncio.Lock())
        await self._within(self._timeout_s, "telephone", lock.acquire())
        writing: asyncio.Future[tuple[str, str]] | None = None
        try:
            if renews and self._is_elsewhere(f"{extension}{PAGE}", renews):
                raise ProblemError(409, "another page has the phone now", key="extension", value=extension)
            writing = asyncio.ensure_future(self._ports.open_phone(extension))
            user, secret = await self._within(self._timeout_s, "telephone", asyncio.shield(writing))
            return self._give(user, secret, standing)
        except UnknownAgent:
            known = [str(agent["extension"]) for agent in self._ports.live.agents()]
            detail = f"there is no agent {extension!r}"
            raise ProblemError(404, detail, key="extension", value=extension, allowed=known) from None
        finally:
            if writing is None or writing.done():
                lock.release()
            else:  # a thread cannot be stopped: until it has ended it may write its secret over the next one's
                writing.add_done_callback(lambda _: lock.release())

    async def _open_demo(self, request: Request) -> Response:
        """Give a page the phone of the demo's caller. It needs no token, so the page must be this machine's own: a page
        from elsewhere can neither read the answer nor, by a name that points here, ask as ours."""
        if not is_from_here(request):
            raise ProblemError(403, f"the demo's phone is for this machine: open {DEMO_PATH.rpartition('/')[0]} there")
        await json_only(request)
        assert self._ports.demo_phone is not None
        user, secret = await self._within(self._timeout_s, "telephone", self._ports.demo_phone())
        return self._give(user, secret, most=MAX_CITIZENS)

    def _give(self, user: str, secret: str, standing: Standing = FOR_GOOD, *, most: int = 1) -> Response:
        ticket = self._tickets.issue(user, standing, most=most)
        self._shut_out(user)
        phone = Phone(
            user=user,
            secret=secret,
            realm=self._ports.realm,
            line=self._ports.line,
            socket=f"{SOCKET_PATH}?ticket={ticket}",
        )
        return JSONResponse(phone.model_dump(mode="json"), 201)

    # --- the WebSocket

    async def _open(self, page: WebSocket) -> None:
        """Hand the page's connection over to the relay. A refusal is an HTTP 403, before the WebSocket begins; a page
        that may open it, while the relay is away, is told to come again."""
        relay = self._ports.relay
        ticket = self._tickets.find(page.query_params.get("ticket", ""))
        refused = (
            ticket is None
            or not _same_origin(page)
            or SUBPROTOCOL not in page.scope["subprotocols"]
            or (relay is not None and len(relay.pages) >= MAX_SOCKETS)
            or not await ticket.standing.holds()
        )
        if refused or ticket is None:
            await page.close(1008)
        elif not await self._hand_over(page, ticket):
            await page.accept(SUBPROTOCOL)
            with contextlib.suppress(RuntimeError, WebSocketDisconnect):  # it may be gone already
                await page.close(AWAY, "the relay does not answer")

    async def _hand_over(self, page: WebSocket, ticket: Ticket) -> bool:
        relay = self._ports.relay
        if relay is None or not relay.is_there:
            return False
        connection: Connection = page.scope["state"][CONNECTION]
        if connection.ends_here and relay.speaks_tls:
            return False  # it was accepted while the relay was away; the page's next connection outlives us
        told = Page(
            id=secrets.token_hex(12),
            user=ticket.user,
            digest=ticket.digest.hex(),
            until=ticket.until,
            most=ticket.most,
            right=ticket.standing.key,
        )
        try:
            handle = connection.handle()
        except OSError:  # no more files
            return False
        taken = True
        try:
            taken = await relay.take(told, handle, connection.key, connection.early)
        finally:
            connection.leave(taken=taken)
        self._shut_out(ticket.user)  # another page may have taken the phone over meanwhile
        return taken

    def _shut_out(self, user: str) -> None:
        """Have the account's pages closed whose tickets have been replaced."""
        relay = self._ports.relay
        if relay is None:
            return
        pages = [page for page in relay.pages.values() if page.user == user and not self._tickets.serves(page)]
        if pages:
            relay.close([page.id for page in pages], REPLACED, "another page has the phone now")

    def _is_elsewhere(self, user: str, socket: str) -> bool:
        """Whether another page than the one with this `socket` has the account's phone. Raises
        `ProblemError` about `renews` as long as that is not known: a page that slept must not shut out the one at which
        its agent talks, nor one that is about to open its WebSocket."""
        relay = self._ports.relay
        if relay is None:
            return False
        if not relay.is_there:
            raise ProblemError(409, "the relay has not said which pages are open: ask again", key="renews")
        own = _digest(socket.rpartition("ticket=")[2]).hex()  # text of a page's, so nothing that must be a URL
        pages = [page for page in relay.pages.values() if page.user == user and page.digest != own]
        if any(self._tickets.serves(page) for page in pages):
            return True
        issued = [one.until - TICKET_S for one in self._tickets.others(user, own)]
        if issued and max(*issued, self._learned_at) > self._clock() - RETURN_S:
            raise ProblemError(409, "the page that has the phone may be about to connect: ask again", key="renews")
        return False

    # --- what the relay holds

    def _learn(self) -> None:
        """The relay has told of its pages: this desk or an earlier one had admitted them."""
        relay = self._ports.relay
        assert relay is not None
        self._learned_at = self._clock()
        for page in list(relay.pages.values()):
            if not self._tickets.restore(page, self._right_of(page)):
                self._shut_out(page.user)
        self._looking.set()

    async def watch(self) -> None:
        """Close the pages of people who have signed out, are disabled or have no session any more, until cancelled."""
        relay = self._ports.relay
        if relay is not None:
            relay.on_change(self._learn)
            self._learn()
        while True:
            for page in list(relay.pages.values()) if relay is not None else ():
                if not await self._right_of(page).holds():
                    assert relay is not None
                    relay.close([page.id], SIGNED_OUT, "the session is over")
            self._looking.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(standings.LOOK_AGAIN_S):
                    await self._looking.wait()

    def _right_of(self, page: Page) -> Standing:
        return Standing(page.right, self._ports.people.holds)


def _same_origin(page: WebSocket) -> bool:
    """Whether the page that opens the WebSocket is ours: browsers say whose it is, and pages cannot change it."""
    host = page.headers.get("host")
    return bool(host) and page.headers.get("origin") in (f"http://{host}", f"https://{host}")
