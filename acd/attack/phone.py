"""A SIP phone over UDP on a loopback address: it sends the attack's requests, and answers as it is told."""

import asyncio
import contextlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import cast

from acd.attack import sip
from acd.attack.media import Media
from acd.attack.sip import Headers, Message

FIRST_REPEAT_S = 0.5
"""UDP may lose a request: it is sent again after this long, then after twice as long, until something answers."""
FINAL_S = 3.0
"""Seconds to wait for a final response."""


@dataclass(frozen=True, slots=True)
class Answer:
    """A phone's answer to an INVITE."""

    status: int = 486
    headers: Headers = ()
    after_s: float = 0.0
    """Seconds of ringing before the answer."""
    talk_s: float | None = None
    """It hangs up after so long; None: it stays."""


BUSY = Answer(486)
PICK_UP = Answer(200, after_s=0.05)
RING = Answer(0)
"""Rings until the caller gives up."""


class Phone(asyncio.DatagramProtocol):
    """One phone. `invited` holds every INVITE that it got, without repetitions."""

    def __init__(self, server: tuple[str, int], user: str, password: str) -> None:
        self.server, self.user, self.password = server, user, password
        self.on_invite: Callable[[Message], Answer] = lambda _: BUSY
        self.invited: list[Message] = []
        self.calls: dict[str, Call] = {}
        """By Call-ID; those that came in and were picked up, and those that were dialled."""
        self.host, self.port = "", 0
        self._transport: asyncio.DatagramTransport | None = None
        self.early: dict[str, Message] = {}
        """The latest provisional response that made a dialog, by Call-ID."""
        self._waiting: dict[tuple[str, str], asyncio.Queue[Message]] = {}
        self._said: dict[str, bytes] = {}
        self._ringing: dict[str, tuple[Message, asyncio.Task[None]]] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    @classmethod
    async def opened(cls, server: tuple[str, int], host: str, user: str = "", password: str = "") -> "Phone":
        """A phone on a free port of `host`. Raises `OSError` where this machine has no such address."""
        phone = cls(server, user, password)
        loop = asyncio.get_running_loop()
        transport, _ = await loop.create_datagram_endpoint(lambda: phone, local_addr=(host, 0))
        phone.host, phone.port = transport.get_extra_info("sockname")[:2]
        return phone

    def close(self) -> None:
        """Let go of all sockets. Calls that are up are left to Asterisk."""
        for task in [task for _, task in self._ringing.values()] + list(self._tasks):
            task.cancel()
        for call in self.calls.values():
            call.close()
        if self._transport is not None:
            self._transport.close()

    @property
    def contact(self) -> str:
        return f"<sip:{self.user or 'phone'}@{self.host}:{self.port}>"

    @property
    def line(self) -> str:
        """The server as it stands in a URI."""
        return f"{self.server[0]}:{self.server[1]}"

    # --- requests

    async def register(self, *, account: str = "", headers: Headers = ()) -> int:
        """Register this phone for an account (its own by default) with its own password; the status."""
        to = f"<sip:{account or self.user}@{self.line}>"
        given = [("To", to), ("From", to), ("Expires", "120"), *headers]
        reply = await self.request("REGISTER", f"sip:{self.line}", headers=given)
        return reply.status if reply else 0

    def dial(self, target: str, *, headers: Headers = (), body: str | None = None, acknowledges: bool = True) -> "Call":
        """A call to a URI, or to a user at the server. It is begun by `Call.begin`; one that does not acknowledge the
        answer leaves the server to repeat it."""
        uri = target if ":" in target else f"sip:{target}@{self.line}"
        call = Call(self, uri, sip.token(), headers=headers, body=body)
        call.acknowledges = acknowledges
        self.calls[call.call_id] = call
        return call

    async def request(
        self, method: str, uri: str, *, headers: Headers = (), body: str = "", within_s: float = FINAL_S
    ) -> Message | None:
        """Send a request, answer one challenge if this phone has a password; the final response, None if none came."""
        own = self.own_headers(uri, headers)
        reply = await self.transaction(method, uri, [*own, ("CSeq", f"1 {method}")], body, within_s=within_s)
        if (proof := self.proof(reply, method, uri)) is None:
            return reply
        return await self.transaction(method, uri, [*own, ("CSeq", f"2 {method}"), proof], body, within_s=within_s)

    def own_headers(self, uri: str, given: Headers) -> list[tuple[str, str]]:
        """`given`, and in front of them what a request needs and they do not say."""
        said = {name.lower() for name, _ in given}
        defaults = [
            ("From", f"<sip:{self.user or 'phone'}@{self.host}>;tag={sip.token()}"),
            ("To", f"<{uri}>"),
            ("Call-ID", sip.token()),
            ("Contact", self.contact),
            ("Max-Forwards", "70"),
        ]
        tagged = [
            (name, f"{value};tag={sip.token()}" if name.lower() == "from" and ";tag=" not in value else value)
            for name, value in given
        ]
        return [*((name, value) for name, value in defaults if name.lower() not in said), *tagged]

    def proof(self, reply: Message | None, method: str, uri: str) -> tuple[str, str] | None:
        """The header that answers a challenge; None if there is none or no password."""
        if reply is None or reply.status not in (401, 407) or not self.password:
            return None
        challenge = reply.get("WWW-Authenticate") or reply.get("Proxy-Authenticate")
        name = "Authorization" if reply.status == 401 else "Proxy-Authorization"
        return name, sip.authorization(challenge, self.user, self.password, method, uri)

    async def transaction(
        self, method: str, uri: str, headers: Headers, body: str = "", *, branch: str = "", within_s: float = FINAL_S
    ) -> Message | None:
        """One request as it is given, and its final response. A refused INVITE is acknowledged here."""
        branch = branch or f"z9hG4bK{sip.token()}"
        via = ("Via", f"SIP/2.0/UDP {self.host}:{self.port};rport;branch={branch}")
        kind = [("Content-Type", "application/sdp")] if body and "Content-Type" not in dict(headers) else []
        data = sip.compose(f"{method} {uri} SIP/2.0", [via, *headers, *kind], body)
        replies: asyncio.Queue[Message] = asyncio.Queue()
        self._waiting[branch, method] = replies
        try:
            final = await self._final(data, replies, within_s)
        finally:
            del self._waiting[branch, method]
        if method == "INVITE" and final is not None and final.status >= 300:
            self._acknowledge(uri, via, headers, final)
        return final

    async def _final(self, data: bytes, replies: "asyncio.Queue[Message]", within_s: float) -> Message | None:
        repeat_s: float | None = FIRST_REPEAT_S
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(within_s):
                self.send(data)
                while True:
                    try:
                        reply = await asyncio.wait_for(replies.get(), repeat_s)
                    except TimeoutError:
                        self.send(data)
                        repeat_s = 2 * (repeat_s or FIRST_REPEAT_S)
                        continue
                    repeat_s = None
                    if reply.status >= 200:
                        return reply
                    if reply.status > 100:
                        self.early[reply.get("Call-ID")] = reply
        return None

    def _acknowledge(self, uri: str, via: tuple[str, str], headers: Headers, final: Message) -> None:
        kept = [(name, value) for name, value in headers if name.lower() in ("from", "call-id", "max-forwards")]
        number = next(value for name, value in headers if name.lower() == "cseq").split()[0]
        self.send(sip.compose(f"ACK {uri} SIP/2.0", [via, *kept, ("To", final.get("To")), ("CSeq", f"{number} ACK")]))

    def send(self, data: bytes) -> None:
        """These bytes, to the server."""
        if self._transport is not None and not self._transport.is_closing():
            self._transport.sendto(data, self.server)

    # --- what comes in

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.DatagramTransport", transport)

    def error_received(self, exc: Exception) -> None:
        """Asterisk's port is closed: a request that waits for an answer gets none."""

    def datagram_received(self, data: bytes, addr: tuple[str, int]) -> None:
        message = sip.parse(data)
        if message is None:
            return
        if message.status:
            waiting = self._waiting.get((message.branch, message.get("CSeq").rpartition(" ")[2]))
            if waiting is not None:
                waiting.put_nowait(message)
            elif message.get("CSeq").endswith("INVITE") and 200 <= message.status < 300:
                self._answered_again(message)
        elif message.branch in self._said and message.method != "ACK":
            self.send(self._said[message.branch])
        else:
            self._take(message)

    def _answered_again(self, message: Message) -> None:
        """A 200 that came twice, since our ACK was lost, or too late for the request that waited for it."""
        call = self.calls.get(message.get("Call-ID"))
        if call is not None and call.acknowledges:
            call.acknowledge(message)

    def _take(self, request: Message) -> None:
        call = self.calls.get(request.get("Call-ID"))
        if request.method == "INVITE" and request.get("Call-ID") in self._ringing:
            self.reply(request, 180)  # it was sent again: our first word came after half a second
        elif request.method == "INVITE" and call is None:
            self.invited.append(request)
            self._ring(request, self.on_invite(request))
        elif request.method == "CANCEL":
            self.reply(request, 200)
            ringing, task = self._ringing.pop(request.get("Call-ID"), (None, None))
            if ringing is not None and task is not None:
                task.cancel()
                self.reply(ringing, 487)
        elif request.method == "ACK":
            pass
        elif request.method == "INVITE" and call is not None:  # hold and the like: go on as before
            self.reply(request, 200, body=call.sdp())
        else:
            self.reply(request, 200)
            if call is not None:
                call.told(request)

    def now(self, answer: Callable[[Message], Answer]) -> None:
        """Answer what rings, and all that comes, in this way."""
        self.on_invite = answer
        for request, task in list(self._ringing.values()):
            task.cancel()
            self._ring(request, answer(request))

    def _ring(self, request: Message, answer: Answer) -> None:
        task = asyncio.create_task(self._invited(request, answer))
        self._ringing[request.get("Call-ID")] = request, task
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _invited(self, request: Message, answer: Answer) -> None:
        self.reply(request, 180)
        await asyncio.sleep(answer.after_s)
        if not answer.status:
            return
        if answer.status != 200:
            self._ringing.pop(request.get("Call-ID"), None)
            self.reply(request, answer.status, headers=answer.headers)
            return
        call = await Call.incoming(self, request)
        self._ringing.pop(request.get("Call-ID"), None)
        self.reply(request, 200, headers=answer.headers, body=call.sdp())
        if answer.talk_s is not None:
            await asyncio.sleep(answer.talk_s)
            await call.bye()

    def reply(self, request: Message, status: int, *, headers: Headers = (), body: str = "") -> None:
        """Answer a request."""
        to = request.get("To")
        if status > 100 and ";tag=" not in to:
            to += f";tag={local_tag(request)}"
        echoed = [("Via", via) for via in request.all("Via")] + [
            ("Record-Route", r) for r in request.all("Record-Route")
        ]
        echoed += [("From", request.get("From")), ("To", to), ("Call-ID", request.get("Call-ID"))]
        echoed += [("CSeq", request.get("CSeq"))]
        if not any(name == "Contact" for name, _ in headers):
            echoed.append(("Contact", self.contact))
        if body:
            echoed.append(("Content-Type", "application/sdp"))
        data = sip.compose(f"SIP/2.0 {status} {REASONS.get(status, 'Answer')}", [*echoed, *headers], body)
        if status >= 200:
            self._said[request.branch] = data
        self.send(data)


REASONS = {180: "Ringing", 200: "OK", 302: "Moved Temporarily", 486: "Busy Here", 487: "Request Terminated"}


def local_tag(request: Message) -> str:
    """Our tag in the dialog that a request would begin: the same each time it is asked for."""
    return f"at{request.branch[-10:]}"


class Call:
    """One call of a phone, dialled or taken."""

    def __init__(self, phone: Phone, uri: str, call_id: str, *, headers: Headers = (), body: str | None = None) -> None:
        self.phone, self.uri, self.call_id = phone, uri, call_id
        self.media: Media | None = None
        self.ended = asyncio.Event()
        self.notified: list[Message] = []
        """NOTIFYs that came: how a REFER went."""
        self.status = 0
        """The final status of our INVITE; 0 while there is none."""
        self.acknowledges = True
        self._answer: Message | None = None
        self._body = body
        self._own = phone.own_headers(uri, [*headers, ("Call-ID", call_id)])
        self._cseq = 1
        self._branch = f"z9hG4bK{sip.token()}"
        self._remote = uri

    @classmethod
    async def incoming(cls, phone: Phone, invite: Message) -> "Call":
        """The call that an INVITE to us begins, once it is picked up."""
        call = cls(phone, sip.address(invite.get("Contact")), invite.get("Call-ID"))
        local = f"{invite.get('To')};tag={local_tag(invite)}"
        call._own = [("From", local), ("To", invite.get("From")), ("Call-ID", call.call_id), ("Max-Forwards", "70")]
        call._own.append(("Contact", phone.contact))
        call.status = 200
        phone.calls[call.call_id] = call
        call.media = await Media.opened(phone.host)
        call._listen_to(invite)
        return call

    @property
    def up(self) -> bool:
        return self.status == 200 and not self.ended.is_set()

    @property
    def tags(self) -> tuple[str, str]:
        """The server's tag and ours; while it rings, that of the dialog it has then."""
        own = dict(self._own)
        early = self.phone.early.get(self.call_id)
        theirs = sip.parameter(own["To"], "tag") or (sip.parameter(early.get("To"), "tag") if early else "")
        return theirs, sip.parameter(own["From"], "tag")

    @property
    def replaces(self) -> str:
        """The Replaces header with which the owner of this call lets another call take its place."""
        return f"{self.call_id};to-tag={self.tags[0]};from-tag={self.tags[1]}"

    def sdp(self) -> str:
        """Our side's audio."""
        return sip.sdp(self.phone.host, self.media.port if self.media else 9)

    async def begin(self, within_s: float = FINAL_S) -> int:
        """Send the INVITE, with a password if one is asked for; the final status, 0 if none came in time."""
        self.media = await Media.opened(self.phone.host)
        body = self.sdp() if self._body is None else self._body
        reply = await self._invite(body, within_s)
        if (proof := self.phone.proof(reply, "INVITE", self.uri)) is not None:
            self._cseq += 1
            self._branch = f"z9hG4bK{sip.token()}"
            self._own.append(proof)
            reply = await self._invite(body, within_s)
        if reply is None:
            return 0
        self.status = reply.status
        if 200 <= reply.status < 300:
            self._own = [(name, reply.get("To") if name == "To" else value) for name, value in self._own]
            self._remote = sip.address(reply.get("Contact")) or self.uri
            self._answer = reply
            if self.acknowledges:
                self.acknowledge(reply)
            self._listen_to(reply)
        return reply.status

    async def _invite(self, body: str, within_s: float) -> Message | None:
        headers = [*self._own, ("CSeq", f"{self._cseq} INVITE")]
        return await self.phone.transaction("INVITE", self.uri, headers, body, branch=self._branch, within_s=within_s)

    def acknowledge(self, reply: Message) -> None:
        """ACK a 200."""
        via = ("Via", f"SIP/2.0/UDP {self.phone.host}:{self.phone.port};rport;branch=z9hG4bK{sip.token()}")
        kept = [(name, value) for name, value in self._own if name in ("From", "Call-ID", "Max-Forwards")]
        number = reply.get("CSeq").split()[0]
        uri = sip.address(reply.get("Contact")) or self.uri
        self.phone.send(
            sip.compose(f"ACK {uri} SIP/2.0", [via, *kept, ("To", reply.get("To")), ("CSeq", f"{number} ACK")])
        )

    async def request(self, method: str, headers: Headers = (), body: str = "", within_s: float = 2.0) -> int:
        """A request within the call; its status."""
        self._cseq += 1
        names = ("From", "To", "Call-ID", "Max-Forwards", "Contact")
        kept = [(name, value) for name, value in self._own if name in names]
        given = [*kept, ("CSeq", f"{self._cseq} {method}"), *headers]
        reply = await self.phone.transaction(method, self._remote, given, body, within_s=within_s)
        return reply.status if reply else 0

    async def refer(self, target: str, headers: Headers = ()) -> int:
        """Send the other side on to a URI; the status."""
        return await self.request("REFER", [("Refer-To", f"<{target}>"), ("Referred-By", self.phone.contact), *headers])

    async def bye(self, headers: Headers = ()) -> None:
        """End it, if it is up."""
        if self.up:
            self.ended.set()
            if self._answer is not None and not self.acknowledges:
                self.acknowledge(self._answer)
            await self.request("BYE", headers)
        self.close()

    async def cancel(self, headers: Headers = ()) -> None:
        """Give up an INVITE that has no final response."""
        kept = [(name, value) for name, value in self._own if name in ("From", "To", "Call-ID", "Max-Forwards")]
        given = [*kept, ("CSeq", f"{self._cseq} CANCEL"), *headers]
        await self.phone.transaction("CANCEL", self.uri, given, branch=self._branch, within_s=1.0)

    async def press(self, keys: str) -> None:
        """Press keys."""
        if self.media is not None:
            await self.media.press(keys)

    def told(self, request: Message) -> None:
        """The other side says something within the call."""
        if request.method == "BYE":
            self.ended.set()
            self.close()
        elif request.method == "NOTIFY":
            self.notified.append(request)

    def close(self) -> None:
        if self.media is not None:
            self.media.close()

    def _listen_to(self, message: Message) -> None:
        if self.media is not None:
            self.media.towards = sip.media_address(message.body)
            self.media.silence()
