"""A checksum for each row of the journal, so that a flipped bit is noticed and a whole row is recognised.

CRC-32 of the row's bytes; the start value is computed from the other columns, differently for each table.
"""

from zlib import crc32

import msgspec

from acd.engine.model.journal import Entry

_MASK = 0xFFFFFFFF
_A, _B, _C = 0x9E3779B1, 0x85EBCA77, 0xC2B2AE3D  # odd, so that one flipped bit of a column changes the beginning
_decode = msgspec.json.Decoder(Entry).decode


def entry(seq: int, format_: int, at_ms: int, body: bytes) -> int:
    """The checksum of an entry."""
    return crc32(body, (seq * _A + at_ms * _B + format_ * _C) & _MASK)


def snapshot(seq: int, format_: int, state: bytes) -> int:
    """The checksum of a snapshot."""
    return crc32(state, (seq * _A + format_ * _C + 1) & _MASK)


def opening(number: int, seq: int, journal: int) -> int:
    """The checksum of an opening."""
    return crc32(b"%d %d %d" % (number, seq, journal), 2)


def mark(name: str, value: int) -> int:
    """The checksum of a mark."""
    return crc32(b"%b %d" % (name.encode(), value), 3)


def is_entry(seq: int, body: bytes) -> bool:
    """Whether the body of a row without a checksum can be read, and belongs to this row."""
    try:
        return _decode(body).seq == seq
    except (msgspec.DecodeError, UnicodeDecodeError):
        return False
