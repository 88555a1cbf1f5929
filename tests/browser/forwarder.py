"""The network between a page and the desk: one that a test can have lose every packet, and find again."""

import contextlib
import socket
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

READ = 65_536


class Forwarder:
    """Takes TCP connections at a loopback port of its own and passes what they carry on to another, both ways. After
    `cut` nothing passes, and neither side is told: no end, no reset. After `mend` all comes that was on its way, as
    TCP sends again what was lost."""

    def __init__(self, port: int) -> None:
        self._to = ("127.0.0.1", port)
        self._flows = threading.Event()
        self._flows.set()
        self._ends = False
        self._door = socket.create_server(("127.0.0.1", 0))
        self._sockets = [self._door]
        self._threads: list[threading.Thread] = []
        self._run(self._accept)

    @property
    def port(self) -> int:
        """Where it listens."""
        return int(self._door.getsockname()[1])

    def cut(self) -> None:
        """Lose every packet from now on."""
        self._flows.clear()

    def mend(self) -> None:
        """Lose none any more."""
        self._flows.set()

    def close(self) -> None:
        """End all connections."""
        self._ends = True
        self.mend()
        for one in self._sockets:
            with contextlib.suppress(OSError):
                one.shutdown(socket.SHUT_RDWR)  # wakes whoever waits for it
            one.close()
        for thread in self._threads:
            thread.join(5.0)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _run(self, work: Callable[..., None], *about: socket.socket) -> None:
        thread = threading.Thread(target=work, args=about, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):  # the door was closed
            while True:
                near, _ = self._door.accept()
                self._sockets.append(near)
                self._run(self._connect, near)

    def _connect(self, near: socket.socket) -> None:
        self._flows.wait()
        if self._ends:
            return
        try:
            far = socket.create_connection(self._to)
        except OSError:
            near.close()
            return
        self._sockets.append(far)
        self._run(self._pass, far, near)
        self._pass(near, far)

    def _pass(self, source: socket.socket, to: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := source.recv(READ):
                self._flows.wait()
                to.sendall(data)
        self._flows.wait()
        with contextlib.suppress(OSError):
            to.shutdown(socket.SHUT_WR)
