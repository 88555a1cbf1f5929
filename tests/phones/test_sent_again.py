"""A busy Asterisk sends an INVITE again whose answer it has not read yet: the phone goes on with the call."""

import contextlib
import re
import shutil
import socket
import threading
from pathlib import Path

from bench.stack import until
from phones import Agent, Login, Phones
from phones.citizen import Citizen
from phones.ports import free_udp_port
from phones.raw import RawCaller
from tests.services import missing


class Exchange:
    """Registers a phone and calls it, as far as one call needs that."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self._socket.settimeout(10)
        self.port = int(self._socket.getsockname()[1])

    def register(self) -> None:
        """Take the phone's REGISTER, once it has a password."""
        asks = b'WWW-Authenticate: Digest realm="line",nonce="1",algorithm=MD5'
        for status, more in ((b"401 Unauthorized", [asks]), (b"200 OK", [])):
            request, self._phone = self._socket.recvfrom(65535)
            self._answer(request, status, *more)

    def accept(self, request: bytes) -> None:
        """Answer a request of the phone's."""
        self._answer(request, b"200 OK")

    def _answer(self, request: bytes, status: bytes, *more: bytes) -> None:
        kept = re.findall(rb"^(?:Via|From|To|Call-ID|CSeq|Contact):[^\r]*", request, re.MULTILINE)
        self._send(b"SIP/2.0 " + status, *kept, *more)

    def send(self, method: str, *more: str, to: str = "") -> None:
        """A request of the call."""
        host = f"127.0.0.1:{self.port}"
        self._send(
            f"{method} sip:1001@{self._phone[0]}:{self._phone[1]} SIP/2.0".encode(),
            f"Via: SIP/2.0/UDP {host};branch=z9hG4bK-{'ack' if method == 'ACK' else 'one'}".encode(),
            f"From: <sip:line@{host}>;tag=1".encode(),
            f"To: {to or f'<sip:1001@{host}>'}".encode(),
            b"Call-ID: one",
            f"CSeq: 1 {method}".encode(),
            f"Contact: <sip:{host}>".encode(),
            b"Max-Forwards: 70",
            *(text.encode() for text in more),
        )

    def _send(self, *lines: bytes) -> None:
        self._socket.sendto(b"\r\n".join((*lines, b"Content-Length: 0", b"", b"")), self._phone)

    def next(self, begin: bytes) -> bytes:
        """The phone's next message, which begins so; one that was sent again is passed over."""
        while not (message := self._socket.recv(65535)).startswith(begin):
            assert message.startswith((b"SIP/2.0 180", b"SIP/2.0 200", b"INVITE")), message
        return message

    def close(self) -> None:
        self._socket.close()


def test_a_call_whose_invite_comes_again_after_the_answer_goes_on(tmp_path: Path) -> None:
    if shutil.which("sipp") is None:
        missing("sipp")
    exchange = Exchange()
    registrar = threading.Thread(target=exchange.register)
    registrar.start()
    with Phones("127.0.0.1", exchange.port, tmp_path) as phones:
        staff = phones.staff([Login("1001", "x")], Agent(answer_after_s=0.2, talk_s=0.3))
        registrar.join()
        exchange.send("INVITE")
        exchange.next(b"SIP/2.0 180")
        answer = exchange.next(b"SIP/2.0 200")
        exchange.send("INVITE")
        to = re.search(rb"^To:\s*([^\r]*)", answer, re.MULTILINE)
        assert to is not None
        exchange.send("ACK", to=to[1].decode())
        over = exchange.next(b"BYE")
        assert b";tag=1" in over.partition(b"To:")[2].partition(b"\r\n")[0]
        assert [leg.answered_at is not None for leg in staff.legs() if leg.incoming] == [True]
    exchange.close()


def test_a_call_whose_invite_comes_again_before_the_answer_is_one_call(tmp_path: Path) -> None:
    """A busy phone says nothing for so long that it is asked twice."""
    if shutil.which("sipp") is None:
        missing("sipp")
    port = free_udp_port()
    with Citizen(tmp_path / "citizen", port, Agent(answer_after_s=None)) as citizen:
        with RawCaller(port, target=b"sip:112@127.0.0.1") as caller:

            def has_come_twice() -> bool:
                with contextlib.suppress(ConnectionError):  # it does not listen yet
                    caller.invite(within_s=0.1)
                return sum(one.method == "INVITE" and one.status is None for one in citizen.process.messages()) > 1

            until("the INVITE has come twice", has_come_twice, 60)
        assert citizen.called() == ["sip:112@127.0.0.1"]
