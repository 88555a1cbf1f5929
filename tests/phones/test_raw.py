"""A caller without a phone tells a call that is dropped from one that is answered late."""

import re
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from phones.raw import RawCaller


class Other:
    """The other side: answers OPTIONS, and an INVITE by these statuses, once it has answered so many OPTIONS."""

    def __init__(self, statuses: tuple[int, ...], after: int) -> None:
        self._statuses, self._after = statuses, after
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.port = int(self._socket.getsockname()[1])
        self.seen: list[str] = []
        self._thread = threading.Thread(target=self._serve)

    @contextmanager
    def serving(self) -> Iterator["Other"]:
        self._thread.start()
        try:
            yield self
        finally:
            with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as last:
                last.sendto(b"", ("127.0.0.1", self.port))
            self._thread.join()
            self._socket.close()

    def _serve(self) -> None:
        invite: tuple[bytes, tuple[str, int]] | None = None
        while True:
            message, source = self._socket.recvfrom(65535)
            if not message:
                return
            method = message.partition(b" ")[0].decode()
            self.seen.append(method)
            if method == "INVITE":
                invite = message, source
            elif method == "OPTIONS":
                self._answer(404, message, source)
            if invite and self.seen.count("OPTIONS") >= self._after:
                for status in self._statuses:
                    self._answer(status, *invite)
                invite = None

    def _answer(self, status: int, message: bytes, source: tuple[str, int]) -> None:
        head = re.findall(rb"(?m)^(?:Via|From|To|Call-ID|CSeq): .*\r$", message)
        self._socket.sendto(b"SIP/2.0 %d X\r\n" % status + b"\n".join([*head, b"\r\n"]), source)


@pytest.mark.parametrize(
    ("statuses", "after", "status", "seen"),
    [
        pytest.param((200,), 0, 200, ["INVITE", "ACK"], id="answered"),
        pytest.param((100, 403), 0, 403, ["INVITE", "ACK"], id="refused"),
        pytest.param((100, 200), 1, 200, ["INVITE", "OPTIONS", "ACK"], id="answered late"),
        pytest.param((), 0, 0, ["INVITE", "OPTIONS"], id="dropped"),
    ],
)
def test_what_becomes_of_a_call(statuses: tuple[int, ...], after: int, status: int, seen: list[str]) -> None:
    with Other(statuses, after).serving() as other, RawCaller(other.port) as caller:
        assert caller.invite_if_read() == status
    assert other.seen == seen
