"""One connection between line and desk: frames in and out, and a bound on what may wait to be sent."""

import asyncio
import time
from collections.abc import Callable
from typing import cast

import msgspec

from acd.link.frames import Frame, FrameError, Frames, Kind, frame
from acd.link.messages import Message

_encode = msgspec.json.Encoder().encode


class Channel(asyncio.Protocol):
    """One end of a connection. `on_open` is called when it is connected, `on_frame` for each frame, in order, and
    `on_closed` once at the end, with a reason for a person.

    Sending never waits. A peer that does not read is disconnected when `most_unsent` bytes wait for it: it connects
    again and begins with a snapshot, which is smaller.
    """

    def __init__(
        self,
        on_open: Callable[["Channel"], None],
        on_frame: Callable[["Channel", Frame], None],
        on_closed: Callable[["Channel", str], None],
        most_unsent: int = 32 * 1024 * 1024,
    ) -> None:
        self._on_open, self._on_frame, self._on_closed = on_open, on_frame, on_closed
        self._most_unsent = most_unsent
        self._frames = Frames()
        self._transport: asyncio.Transport | None = None
        self._why = "the other side closed the connection"
        self.heard_at = time.monotonic()
        """When something came last, seconds of `time.monotonic()`."""

    @property
    def is_open(self) -> bool:
        """Whether the peer is connected."""
        return self._transport is not None and not self._transport.is_closing()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Called by the loop."""
        self._transport = cast(asyncio.Transport, transport)  # uvloop's is one, and no subclass
        self._on_open(self)

    def data_received(self, data: bytes) -> None:
        """Called by the loop."""
        self.heard_at = time.monotonic()
        try:
            for one in self._frames.feed(data):
                self._on_frame(self, one)
        except (FrameError, msgspec.MsgspecError) as error:
            self.close(str(error))

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._transport = None
        self._on_closed(self, str(exc) if exc is not None else self._why)

    def send(self, message: Message) -> None:
        """Send a message; nothing happens if the connection is gone."""
        self.send_frame(Kind.MESSAGE, _encode(message))

    def send_frame(self, kind: Kind, payload: bytes) -> None:
        """Send a frame; nothing happens if the connection is gone."""
        if self._transport is None or self._transport.is_closing():
            return
        self._transport.write(frame(kind, payload))
        # A snapshot may be larger than the bound, so only bytes after the first write count.
        if kind is not Kind.SNAPSHOT and self._transport.get_write_buffer_size() > self._most_unsent:
            self.close("the other side does not read")

    def close(self, why: str) -> None:
        """Close the connection at once."""
        if self._transport is not None:
            self._why = why
            self._transport.abort()
