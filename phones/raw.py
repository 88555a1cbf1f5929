"""A caller who sends whatever bytes a test likes: for SIP that no phone would make."""

import contextlib
import re
import secrets
import socket
import time
from types import TracebackType
from typing import Self

HEADERS = {
    b"Max-Forwards": b"70",
    b"From": b"<sip:05320000000@127.0.0.1>",
    b"To": b"<sip:4440411@127.0.0.1>",
    b"Contact": b"<sip:05320000000@127.0.0.1:%PORT%>",
    b"User-Agent": b"raw",
}


class RawCaller:
    """One call over UDP from `source` to a SIP port of loopback, without sound. Headers are given as they are to be on
    the wire; `call_id` in place of a random one."""

    def __init__(
        self, port: int, target: bytes = b"sip:4440411@127.0.0.1", source: bytes = b"127.0.0.1", **headers: bytes
    ) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((source.decode(), 0))
        self._socket.connect(("127.0.0.1", port))
        self._port = str(self._socket.getsockname()[1]).encode()
        self._target = target
        token = secrets.token_hex(8).encode()
        self._call_id = headers.pop("call_id", token)
        self._tag = b";tag=" + token
        self._branch = b"z9hG4bK" + token
        given = {name.replace("_", "-").title().encode(): value for name, value in headers.items()}
        self._headers = HEADERS | given
        self._to = self._headers[b"To"]
        self._source, self._heard = source, False

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def invite(self, within_s: float = 30.0) -> int:
        """Call; the final status, 0 if there is none in time: what is no SIP is not answered."""
        sdp = (
            b"v=0\r\no=raw 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
            b"m=audio 9 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\n"
        )
        self._send(b"INVITE", 1, sdp)
        return self._answer(within_s)

    def invite_if_read(self) -> int:
        """Call; the final status, 0 if the other side drops the call. A busy machine may be late with its first word.
        It reads in order but answers from several threads: it has dropped the call if it answers a later request and,
        within a second more, says nothing of this."""
        status = self.invite(within_s=1.0)
        if not status and not self._heard:
            with RawCaller(self._socket.getpeername()[1], source=self._source) as later:
                if not later.ask():
                    raise TimeoutError("the other side answers nothing")
            status = self._answer(within_s=1.0)
        return status or (self._answer(within_s=30.0) if self._heard else 0)

    def ask(self, within_s: float = 30.0) -> int:
        """OPTIONS; its status."""
        self._send(b"OPTIONS", 1)
        return self._final(within_s)

    def hang_up(self, within_s: float = 30.0) -> int:
        """BYE; its status."""
        self._send(b"BYE", 2)
        return self._final(within_s)

    def _answer(self, within_s: float) -> int:
        status = self._final(within_s)
        if status:
            self._send(b"ACK", 1)
        return status

    def _send(self, method: bytes, cseq: int, body: bytes = b"") -> None:
        headers = {
            **self._headers,
            b"Via": b"SIP/2.0/UDP 127.0.0.1:%PORT%;rport;branch=" + self._branch + method,
            b"From": self._headers[b"From"] + self._tag,
            b"To": self._to,
            b"Call-ID": self._call_id,
            b"CSeq": b"%d " % cseq + method,
            b"Content-Length": b"%d" % len(body),
        }
        if body:
            headers[b"Content-Type"] = b"application/sdp"
        head = method + b" " + self._target + b" SIP/2.0\r\n"
        lines = b"".join(name + b": " + value + b"\r\n" for name, value in headers.items())
        self._socket.send((head + lines + b"\r\n").replace(b"%PORT%", self._port) + body)

    def _final(self, within_s: float) -> int:
        deadline = time.monotonic() + within_s
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            with contextlib.suppress(TimeoutError, ConnectionError):
                message = self._socket.recv(65535)
                status = re.match(rb"SIP/2\.0 ([1-6])\d\d", message)
                self._heard = self._heard or status is not None
                if status and status[1] != b"1":
                    to = re.search(rb"(?im)^To: *(.*)\r$", message)
                    self._to = to[1] if to else self._to
                    return int(status[0][-3:])
        return 0
