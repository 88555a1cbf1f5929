"""A flood: INVITEs at a steady rate over one UDP socket, by callers who never answer anything."""

import contextlib
import re
import secrets
import socket
import time
from collections import Counter
from collections.abc import Callable
from types import TracebackType
from typing import Self

_STATUS = re.compile(rb"SIP/2\.0 (\d{3})")
_CALL_ID = re.compile(rb"(?im)^Call-ID: *(\S+)")
_SDP = (
    b"v=0\r\no=flood 1 1 IN IP4 127.0.0.1\r\ns=-\r\nc=IN IP4 127.0.0.1\r\nt=0 0\r\n"
    b"m=audio 9 RTP/AVP 0 96\r\na=rtpmap:0 PCMU/8000\r\na=rtpmap:96 telephone-event/8000\r\n"
)


class Flood:
    """Calls that are begun and left alone: no ACK, no BYE, no sound. `port` is a SIP port of loopback.

    `answers` holds the first final status of each call that got one; it is read by `listen` alone."""

    def __init__(self, port: int, number_of: Callable[[int], str] = lambda n: f"0533{n:07d}") -> None:
        """`number_of` gives the caller's number of the n-th call."""
        self.answers: dict[bytes, int] = {}
        self._number_of = number_of
        self._sent = 0
        self._token = secrets.token_hex(4)
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.connect(("127.0.0.1", port))
        self._own = self._socket.getsockname()[1]

    def send(self, count: int, per_s: float) -> None:
        """Begin so many calls, evenly spread; takes `count / per_s` seconds."""
        began = time.monotonic()
        for n in range(count):
            late = began + n / per_s - time.monotonic()
            self.listen(max(0.0, late))
            with contextlib.suppress(ConnectionError):
                self._socket.send(self._invite())

    def listen(self, for_s: float) -> None:
        """Read what is answered, for so long."""
        deadline = time.monotonic() + for_s
        while (left := deadline - time.monotonic()) > 0:
            self._socket.settimeout(left)
            with contextlib.suppress(TimeoutError, ConnectionError):
                message = self._socket.recv(65535)
                status, call_id = _STATUS.match(message), _CALL_ID.search(message)
                if status and call_id and int(status[1]) >= 200:
                    self.answers.setdefault(call_id[1], int(status[1]))

    def statuses(self) -> Counter[int]:
        """How many calls were answered by each final status."""
        return Counter(self.answers.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.close()

    def _invite(self) -> bytes:
        self._sent += 1
        name, number = f"{self._token}-{self._sent}", self._number_of(self._sent)
        head = (
            f"INVITE sip:4440411@127.0.0.1 SIP/2.0\r\n"
            f"Via: SIP/2.0/UDP 127.0.0.1:{self._own};rport;branch=z9hG4bK{name}\r\n"
            f"From: <sip:{number}@127.0.0.1>;tag={name}\r\nTo: <sip:4440411@127.0.0.1>\r\n"
            f"Call-ID: {name}\r\nCSeq: 1 INVITE\r\nMax-Forwards: 70\r\n"
            f"Contact: <sip:{number}@127.0.0.1:{self._own}>\r\n"
            f"Content-Type: application/sdp\r\nContent-Length: {len(_SDP)}\r\n\r\n"
        )
        return head.encode() + _SDP
