"""Frames on the socket between line and desk. Pure: bytes in, frames out.

A frame is four bytes of length (big-endian, kind included), one byte of kind, then the payload.
"""

from enum import IntEnum
from typing import NamedTuple

HEADER_BYTES = 5
MAX_PAYLOAD = 256 * 1024 * 1024
"""The largest payload. A snapshot of 100,000 waiting calls has about 100 MB; a larger one is not ours."""


class Kind(IntEnum):
    """The type of the payload."""

    MESSAGE = 1
    """A message of `acd.link.messages`, as JSON."""
    SNAPSHOT = 2
    """The engine's state as `Engine.snapshot()` gives it."""
    ENTRIES = 3
    """Journal entries with the bytes of the journal, one per line."""


class FrameError(Exception):
    """The peer sent something that is no frame of ours. Close the connection."""


class Frame(NamedTuple):
    """One frame that arrived."""

    kind: Kind
    payload: bytes


def frame(kind: Kind, payload: bytes) -> bytes:
    """The bytes of a frame. Raises `ValueError` for a payload over `MAX_PAYLOAD`."""
    if len(payload) > MAX_PAYLOAD:
        raise ValueError(f"a payload of {len(payload)} bytes; at most {MAX_PAYLOAD} are allowed")
    return (len(payload) + 1).to_bytes(4, "big") + bytes((kind,)) + payload


class Frames:
    """Cuts a stream into frames, however the reads fell."""

    def __init__(self) -> None:
        self._buffer = bytearray()

    def feed(self, data: bytes) -> list[Frame]:
        """Take bytes and return the frames that are complete now. Raises `FrameError`."""
        buffer = self._buffer
        buffer += data
        found: list[Frame] = []
        start = 0
        while len(buffer) - start >= HEADER_BYTES:
            length = int.from_bytes(buffer[start : start + 4], "big")
            if not 1 <= length <= MAX_PAYLOAD + 1:
                raise FrameError(f"a frame of {length} bytes; 1 to {MAX_PAYLOAD + 1} are allowed")
            end = start + 4 + length
            if len(buffer) < end:
                break
            try:
                kind = Kind(buffer[start + 4])
            except ValueError:
                raise FrameError(f"a frame of kind {buffer[start + 4]}; {[*map(int, Kind)]} are allowed") from None
            found.append(Frame(kind, bytes(buffer[start + HEADER_BYTES : end])))
            start = end
        del buffer[:start]
        return found
