"""Signs of life: bytes through a pipe, from a process to the one that watches over it and ends it when it hangs.

A process that is stopped, or whose loop is held up, still accepts connections (the kernel does) and answers none: that
it lives only its own loop can tell. A service manager that wants to know (`WatchdogSec=` of systemd) is told the same
by its own protocol.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable

BEAT_S = 0.25
"""How often a sign of life is given."""
NOTIFY = "NOTIFY_SOCKET"
"""Where a service manager listens, by the name of the environment that it gives."""


class Heartbeat:
    """The watching end, for a process about to be started; its own end is `handle`. Nothing here waits.

    `silent_s` without a sign of life is a hang; 0: nothing is. The first sign may take `first_s`.
    """

    def __init__(
        self, silent_s: float, *, first_s: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.silent_s = silent_s
        self._clock = clock
        self._mine, self.handle = os.pipe()
        for one in (self._mine, self.handle):
            os.set_blocking(one, False)
        self._began = self._heard = self._looked = clock()
        self._patience_s = silent_s if first_s is None else max(first_s, silent_s)

    def set_silent_s(self, silent_s: float) -> None:
        """Another bound from now on."""
        self._patience_s = max(silent_s, self._patience_s if self.lived_s == 0 else 0.0)
        self.silent_s = silent_s

    @property
    def due_in_s(self) -> float:
        """When `hangs` should be asked at the latest."""
        return self.silent_s / 4 if self.silent_s else 3600.0

    @property
    def lived_s(self) -> float:
        """From the beginning to the last sign of life."""
        return self._heard - self._began

    def hangs(self) -> bool:
        """Whether there has been no sign of life for too long. A time in which we did not look ourselves, since the
        machine or we stood still, is not held against the other."""
        now, before = self._clock(), self._looked
        self._looked = now
        if self._read():
            self._heard, self._patience_s = now, self.silent_s
        elif now - before > self.silent_s / 2:
            self._heard += now - before
        return bool(self.silent_s) and now - self._heard > self._patience_s

    def _read(self) -> bool:
        try:
            return bool(os.read(self._mine, 4096))
        except BlockingIOError:
            return False

    def given(self) -> None:
        """The other process has its end: ours of it is closed, once."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def close(self) -> None:
        """Both ends."""
        self.given()
        os.close(self._mine)


async def beat(handle: int | None, every_s: float = BEAT_S) -> None:
    """Show from the running loop that it runs, until cancelled: by `handle`, or to the service manager if there is one
    that listens and no `handle`."""
    if handle is None and not os.environ.get(NOTIFY):
        return
    give = heartbeat_sender(handle)
    while True:
        give()
        await asyncio.sleep(every_s)


def heartbeat_sender(handle: int | None) -> Callable[[], None]:
    """What gives one sign of life; to nobody, if there is nobody who wants any."""
    address = os.environ.get(NOTIFY, "")
    if handle is not None:
        return _writer(handle)
    return _notifier(address) if address else lambda: None


def _writer(handle: int) -> Callable[[], None]:
    def give() -> None:
        with contextlib.suppress(OSError):  # full, since nobody looks: then nobody minds
            os.write(handle, b".")

    return give


def _notifier(address: str) -> Callable[[], None]:
    manager = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM | socket.SOCK_CLOEXEC)
    manager.setblocking(False)
    where = "\0" + address[1:] if address.startswith("@") else address

    def give() -> None:
        with contextlib.suppress(OSError):
            manager.sendto(b"READY=1\nWATCHDOG=1", where)

    return give
