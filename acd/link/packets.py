"""One connection between desk and relay: whole packets, and with a packet the open files of sockets.

The kernel hands an open file from process to process with a packet (SCM_RIGHTS). asyncio's transports cannot do that,
so this reads and writes the socket itself, which is of the kind that keeps packets apart (SOCK_SEQPACKET).
"""

import asyncio
import contextlib
import os
import socket
import struct
from collections import deque
from collections.abc import Callable, Sequence
from typing import Final

MOST_BYTES: Final = 64 * 1024
"""Of one packet."""
MOST_WAITING: Final = 4096
"""Packets that may wait for a peer who does not read; with one more the connection is closed."""
_AT_ONCE: Final = 32
_MOST_FILES: Final = 4
_FILES_BYTES: Final = socket.CMSG_SPACE(_MOST_FILES * struct.calcsize("i"))


class Packets:
    """One end. `on_packet` gets each packet with its files, which are the receiver's to close, and `on_closed` the end,
    once, with a reason for a person; it is not called for `close`. Sending never waits."""

    def __init__(
        self,
        connected: socket.socket,
        on_packet: Callable[["Packets", bytes, Sequence[int]], None],
        on_closed: Callable[["Packets", str], None],
    ) -> None:
        """`connected` is not blocking, and ours from now on."""
        self._socket: socket.socket | None = connected
        self._on_packet, self._on_closed = on_packet, on_closed
        self._waiting: deque[bytes] = deque()
        self._loop = asyncio.get_running_loop()
        self._loop.add_reader(connected, self._read)

    @property
    def is_open(self) -> bool:
        """Whether the peer is connected."""
        return self._socket is not None

    def send(self, payload: bytes) -> None:
        """Send a packet, now or when the peer reads; nothing happens if the connection is gone."""
        if self._socket is None:
            return
        if not self._waiting and self._put(payload):
            return
        if len(self._waiting) >= MOST_WAITING:
            self._end("the other side does not read")
            return
        if self._socket is not None:  # `_put` may have ended it
            if not self._waiting:
                self._loop.add_writer(self._socket, self._write)
            self._waiting.append(payload)

    def send_with_files(self, payload: bytes, *files: int) -> bool:
        """Send a packet with open files, of which the peer gets copies; false if it cannot be sent now. The caller's
        own files stay open."""
        return self._socket is not None and not self._waiting and self._put(payload, files)

    def close(self) -> None:
        """Close the connection. What the peer has sent and we have not read is lost, with its files."""
        if self._socket is not None:
            self._loop.remove_reader(self._socket)
            self._loop.remove_writer(self._socket)
            self._socket.close()
            self._socket = None
            self._waiting.clear()

    def _end(self, why: str) -> None:
        if self._socket is not None:
            self.close()
            self._on_closed(self, why)

    def _put(self, payload: bytes, files: Sequence[int] = ()) -> bool:
        """Send now; false if that is not possible now."""
        assert self._socket is not None
        try:
            if files:
                socket.send_fds(self._socket, [payload], files)
            else:
                self._socket.send(payload)
        except (BlockingIOError, InterruptedError):
            return False
        except (BrokenPipeError, ConnectionResetError):
            return not files  # what the peer sent before its end is still to be read, and then the end
        except OSError as error:
            if not files:  # with a file it may be the file's fault: too many of them are on their way
                self._loop.call_soon(self._end, error.strerror or str(error))
            return False
        return True

    def _write(self) -> None:
        while self._socket is not None and self._waiting:
            if not self._put(self._waiting[0]):
                return
            self._waiting.popleft()
        if self._socket is not None:
            self._loop.remove_writer(self._socket)

    def _read(self) -> None:
        for _ in range(_AT_ONCE):  # then others have their turn
            if self._socket is None:
                return
            try:
                payload, ancillary, flags, _address = self._socket.recvmsg(
                    MOST_BYTES, _FILES_BYTES, socket.MSG_CMSG_CLOEXEC
                )
            except (BlockingIOError, InterruptedError):
                return
            except ConnectionResetError:
                continue  # told once: the peer had not read everything; what it sent comes now, and then the end
            except OSError as error:
                self._end(error.strerror or str(error))
                return
            files = _files_in(ancillary)
            if not payload or flags & socket.MSG_TRUNC:
                close_all(files)
                self._end("the other side closed the connection" if not payload else "a packet was too large")
                return
            self._on_packet(self, payload, files)


def _files_in(ancillary: Sequence[tuple[int, int, bytes]]) -> list[int]:
    """The files that came with a packet. Those for which this process has no room are not among them."""
    found: list[int] = []
    size = struct.calcsize("i")
    for level, kind, data in ancillary:
        if (level, kind) == (socket.SOL_SOCKET, socket.SCM_RIGHTS):
            whole = len(data) - len(data) % size
            found += [number for (number,) in struct.iter_unpack("i", data[:whole])]
    return found


def close_all(files: Sequence[int]) -> None:
    """Close open files."""
    for file in files:
        with contextlib.suppress(OSError):
            os.close(file)
