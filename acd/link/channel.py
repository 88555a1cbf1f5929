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

    Sending never waits. A peer that does not read is disconnected when `most_unsent` bytes wait for it behind the
    opening: it connects again and begins with a snapshot. The opening, whose last frame is the snapshot, may have any
    size.
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
        self._behind = 0
        """Bytes written so far behind the opening."""
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
        try:
            for one in self._frames.feed(data):
                self._on_frame(self, one)
        except (FrameError, msgspec.MsgspecError) as error:
            self.close(str(error))
        self.heard_at = time.monotonic()  # after the frames: a large snapshot takes seconds to read

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the loop."""
        self._transport = None
        self._on_closed(self, str(exc) if exc is not None else self._why)

    def send(self, message: Message) -> None:
        """Send a message; nothing happens if the connection is gone."""
        self.send_frame(Kind.MESSAGE, _encode(message))

    def send_frame(self, kind: Kind, payload: bytes, *, opening: bool = False) -> None:
        """Send a frame; nothing happens if the connection is gone. `opening`: it belongs to the opening, and does not
        count as unsent. Raises `ValueError` for a payload over `frames.MAX_PAYLOAD`."""
        if self._transport is None or self._transport.is_closing():
            return
        content = frame(kind, payload)
        self._transport.write(content)
        if opening:
            return
        self._behind += len(content)
        # Bytes leave in order: of those that wait, the newest are the ones behind the opening.
        if min(self._transport.get_write_buffer_size(), self._behind) > self._most_unsent:
            self.close("the other side does not read")

    def close(self, why: str, *, after_sending: bool = False) -> None:
        """Close the connection, at once or when the other side has been sent everything."""
        if self._transport is None:
            return
        self._why = why
        if after_sending:
            self._transport.close()
        else:
            self._transport.abort()
