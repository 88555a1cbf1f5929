"""Heartbeats: bytes through a pipe, from a process to the one that watches it and kills it when it hangs.

A stopped process, or one with a blocked loop, still accepts connections (the kernel does) and answers none: only its
own loop can show that it lives. A service manager that asks for it (`WatchdogSec=` of systemd) gets the same by its own
protocol.
"""

import asyncio
import contextlib
import os
import socket
import time
from collections.abc import Callable

BEAT_S = 0.25
"""Seconds between two heartbeats."""
NOTIFY = "NOTIFY_SOCKET"
"""The environment variable with the address at which a service manager listens."""


class Heartbeat:
    """The watching end, for a process about to be started, which gets `handle`. Nothing here blocks.

    `silent_s` seconds without a heartbeat are a hang; 0 switches that off. The first one may take `first_s` seconds.
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
        self._came = False
        self._patience_s = silent_s if first_s is None else max(first_s, silent_s)

    def set_silent_s(self, silent_s: float) -> None:
        """Change the bound."""
        self._patience_s = max(silent_s, self._patience_s if self.lived_s == 0 else 0.0)
        self.silent_s = silent_s

    @property
    def due_in_s(self) -> float:
        """Seconds after which `hangs` should be called at the latest."""
        return self.silent_s / 4 if self.silent_s else 3600.0

    @property
    def lived_s(self) -> float:
        """Seconds from the beginning to the last heartbeat."""
        return self._heard - self._began

    def hangs(self) -> bool:
        """Whether there was no heartbeat for too long. Time in which we ourselves did not look, because the machine or
        we were stopped, does not count."""
        now, before = self._clock(), self._looked
        self._looked = now
        if self._read():
            self._heard, self._patience_s = now, self.silent_s
        elif now - before > self.silent_s / 2:
            self._heard += now - before
        return bool(self.silent_s) and now - self._heard > self._patience_s

    def ever(self) -> bool:
        """Whether there was any heartbeat, seen already or not."""
        return self._read() or self._came

    def _read(self) -> bool:
        try:
            came = bool(os.read(self._mine, 4096))
        except BlockingIOError:
            return False
        self._came = self._came or came
        return came

    def given(self) -> None:
        """Close our copy of the other process's end, once it has its own."""
        if self.handle >= 0:
            os.close(self.handle)
            self.handle = -1

    def close(self) -> None:
        """Close both ends."""
        self.given()
        os.close(self._mine)


async def beat(handle: int | None, every_s: float = BEAT_S) -> None:
    """Send heartbeats from the running loop, until cancelled: by `handle`, or to a listening service manager if there
    is no `handle`."""
    if handle is None and not os.environ.get(NOTIFY):
        return
    give = heartbeat_sender(handle)
    while True:
        give()
        await asyncio.sleep(every_s)


def heartbeat_sender(handle: int | None) -> Callable[[], None]:
    """A function that sends one heartbeat; it does nothing if nobody wants any."""
    address = os.environ.get(NOTIFY, "")
    if handle is not None:
        return _writer(handle)
    return _notifier(address) if address else lambda: None


def _writer(handle: int) -> Callable[[], None]:
    def give() -> None:
        with contextlib.suppress(OSError):  # the pipe is full because nobody reads it
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
