"""A manager connection that keeps the bytes as they came: what a decoder of ours would make of them is not asked."""

import socket
import threading
from types import TracebackType
from typing import Self

from acd.asterisk.instance import AmiUser

WITNESS = AmiUser(name="witness", secret="of-everything-there-is", read=("all",), events=())
"""One who is told everything."""
ALL_EVENTS = {"manager.conf": "[general](+)\ndisabledevents =\n"}
"""`InstanceSpec.extra` with which Asterisk tells of what ours keeps to itself, too."""


class RawAmi:
    """Logged in as the witness, reading in a thread until closed."""

    def __init__(self, port: int, user: AmiUser = WITNESS) -> None:
        self._socket = socket.create_connection(("127.0.0.1", port), timeout=10)
        self._bytes = bytearray()
        self._lock = threading.Lock()
        login = f"Action: Login\r\nUsername: {user.name}\r\nSecret: {user.secret}\r\n\r\n"
        self._socket.sendall(login.encode())
        self._socket.settimeout(None)
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        while data := self._socket.recv(65536):
            with self._lock:
                self._bytes += data

    @property
    def stream(self) -> bytes:
        """All that came so far, without what is not whole yet."""
        with self._lock:
            return bytes(self._bytes[: self._bytes.rfind(b"\r\n\r\n") + 4])

    def blocks(self) -> list[list[bytes]]:
        """The lines of each message so far, the greeting left out."""
        return [block.split(b"\r\n") for block in self.stream.partition(b"\r\n")[2].split(b"\r\n\r\n") if block]

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join()
        self._socket.close()
