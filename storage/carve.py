"""Recovers rows from a damaged journal: reads its pages as bytes, whatever is wrong with the rest of the file.

SQLite needs a path of whole pages from the root to a row. A row with a checksum needs no path: its bytes can be
recognised anywhere in a page. https://www.sqlite.org/fileformat2.html describes pages, cells, records and the
write-ahead log.
"""

import re
import struct
from collections.abc import Iterator
from mmap import mmap
from typing import Literal, NamedTuple

from storage import journal_sums as sums

PAGE = 4096
"""Bytes of a page of ours; SQLite's own default."""
_FIRST_HEADER = 100
_LEAF = 0x0D
_INNER, _INDEX_INNER, _INDEX_LEAF = 0x05, 0x02, 0x0A
_WAL_HEADER, _FRAME_HEADER = 32, 24
_LARGEST_RECORD = 64 * 1024 * 1024
_LONGEST_HEADER = 16
_ALIVE_EVERY = 500
_RECENT = 200
_LONGEST_PREFIX = 14
_RECORD_LIKE = re.compile(
    rb"(?s)[\x03-\x0c]\x00(?=[\x01-\x09])|.(?=[\x10-\x20][\x01-\x09][\x01-\x06](?:id|dropped|version))"
)
"""A record's header: its length, a null in place of the number, an integer; or that of a mark, known by its name."""

Value = int | bytes | str | float | None
Image = bytes | mmap


class Row(NamedTuple):
    """A whole row. `values` are the table's columns but for the checksum."""

    table: Literal["entry", "snapshot", "opening", "mark"]
    values: tuple[int | bytes | str, ...]


def carve(database: Image, log: bytes = b"") -> Iterator[Row | None]:
    """All whole rows, those of the write-ahead log first; a row may come twice. None comes in between, so that the
    caller can send heartbeats."""
    pages = _Pages(database, committed(log))
    for number in pages.numbers():
        yield from _rows_of(pages, number)
        if number % _ALIVE_EVERY == 0:
            yield None


def newest_entry(log: bytes, frames: int | None = None) -> int:
    """Number of the newest entry in a write-ahead log, or in so many first frames of it; 0 if the last pages of these
    hold none."""
    if frames is not None:
        log = log[: _WAL_HEADER + frames * (_FRAME_HEADER + PAGE)]
    recent = dict(list(committed(log).items())[-_RECENT:])
    pages = _Pages(b"", recent)
    newest = 0
    for page in recent.values():
        if page[0] == _LEAF:
            rows = (_cell(pages, page, pointer, listed=True) for pointer in _cells(page, 0) or ())
            entries = [int(row.values[0]) for row in rows if isinstance(row, Row) and row.table == "entry"]
            newest = max([newest, *entries])
    return newest


def committed(log: bytes) -> dict[int, bytes]:
    """The newest image of each page in a write-ahead log, up to the last whole transaction of its present generation;
    the page that was written last comes last. SQLite stops at the first frame whose checksum is wrong; here the frames
    behind it count too."""
    frames = [
        (*struct.unpack_from(">II8s", log, start), start + _FRAME_HEADER)
        for start in range(_WAL_HEADER, len(log) - _FRAME_HEADER - PAGE + 1, _FRAME_HEADER + PAGE)
    ]
    first = [salt for _, _, salt, _ in frames[:3]] + [bytes(log[16:24])]
    generation = max(first, key=first.count)  # one of them may be damaged
    newest: dict[int, bytes] = {}
    open_ones: dict[int, bytes] = {}
    foreign = 0
    for number, size, salt, start in frames:
        foreign = 0 if salt == generation else foreign + 1
        if foreign > 1:  # one may be a damaged header; several come from an earlier generation of the log
            break
        if foreign:
            continue
        open_ones[number] = log[start : start + PAGE]
        if size:
            for page in open_ones:
                newest.pop(page, None)
            newest |= open_ones
            open_ones = {}
    return newest


class _Pages:
    """Pages by number, counted from 1; a half one at the end is filled up with zeros."""

    def __init__(self, database: Image, newer: dict[int, bytes]) -> None:
        self._database = database
        self._newer = newer

    def numbers(self) -> Iterator[int]:
        yield from sorted(self._newer)
        for number in range(1, -(-len(self._database) // PAGE) + 1):
            if number not in self._newer:
                yield number

    def get(self, number: int) -> bytes:
        """A page's bytes; empty if there is no such page."""
        if number in self._newer:
            return self._newer[number]
        page = self._database[(number - 1) * PAGE : number * PAGE] if number else b""
        return page.ljust(PAGE, b"\0") if page else b""


def _rows_of(pages: _Pages, number: int) -> Iterator[Row]:
    """The rows of a page: first by its list of cells; if that is inconsistent, by a search of every byte."""
    page = pages.get(number)
    start = _FIRST_HEADER if number == 1 else 0
    pointers = _cells(page, start)
    if pointers is not None:
        found = [_cell(pages, page, pointer, listed=True) for pointer in pointers]
        yield from (row for row in found if isinstance(row, Row))
        if None not in found:
            return
    for offset in _candidates(page):
        row = _cell(pages, page, offset, listed=False)
        if isinstance(row, Row):
            yield row


def _candidates(page: bytes) -> Iterator[int]:
    """Offsets in a page at which a row may begin: some bytes before something that looks like a record."""
    for found in _RECORD_LIKE.finditer(page):
        yield from range(max(0, found.start() - _LONGEST_PREFIX), found.start() - 1)


def _cells(page: bytes, start: int) -> tuple[int, ...] | None:
    """Offsets of the rows of a page; empty for an inner page or a page of an index. None if its header is invalid."""
    kind, _, count, content = struct.unpack_from(">BHHH", page, start)
    header = 12 if kind in (_INNER, _INDEX_INNER) else 8
    end = start + header + 2 * count
    if kind not in (_LEAF, _INNER, _INDEX_INNER, _INDEX_LEAF) or end > (content or 65536) or end > PAGE:
        return None
    pointers = struct.unpack_from(f">{count}H", page, start + header)
    if kind == _LEAF:
        return tuple(pointers)
    return () if all(end <= pointer < PAGE for pointer in pointers) else None


def _cell(pages: _Pages, page: bytes, offset: int, *, listed: bool) -> Row | bool | None:
    """The row at an offset; True for a whole row of another table; None if there is no row."""
    try:
        size, at = _varint(page, offset)
        number, at = _varint(page, at)
        if not 4 <= size <= _LARGEST_RECORD:
            return None
        payload = _payload(pages, page, at, size)
        values = _record(payload) if payload is not None else None
    except (IndexError, struct.error, UnicodeDecodeError):
        return None
    if values is None:
        return None
    return _summed(number, values) or _unsummed(number, values, listed=listed)


def _summed(number: int, values: list[Value]) -> Row | None:
    match values:
        case [None, int(format_), int(at_ms), bytes(body), int(crc)]:
            right, row = sums.entry(number, format_, at_ms, body), Row("entry", (number, format_, at_ms, body))
        case [None, int(format_), bytes(state), int(crc)]:
            right, row = sums.snapshot(number, format_, state), Row("snapshot", (number, format_, state))
        case [None, int(seq), int(journal), int(crc)]:
            right, row = sums.opening(number, seq, journal), Row("opening", (number, seq, journal))
        case [str(name), int(value), int(crc)]:
            right, row = sums.mark(name, value), Row("mark", (name, value))
        case _:
            return None
    return row if crc == right else None


def _unsummed(number: int, values: list[Value], *, listed: bool) -> Row | bool | None:
    """A row without a checksum, from an earlier version. An entry proves itself; any other row must be where a page's
    list says."""
    match values:
        case [None, int(format_), int(at_ms), bytes(body)] if sums.is_entry(number, body):
            return Row("entry", (number, format_, at_ms, body))
        case _ if not listed:
            return None
        case [None, int(format_), bytes(state)]:
            return Row("snapshot", (number, format_, state))
        case [None, int(seq)]:
            return Row("opening", (number, seq, 0))
        case [("id" | "dropped") as name, int(value)]:
            return Row("mark", (name, value))
        case ["table" | "index" | "checkpoints", *_]:
            return True
    return None


def _payload(pages: _Pages, page: bytes, at: int, size: int) -> bytes | None:
    """The bytes of a record, from its page and those that it goes on in."""
    most, least = PAGE - 35, (PAGE - 12) * 32 // 255 - 23
    if size <= most:
        return page[at : at + size] if at + size <= PAGE else None
    local = least + (size - least) % (PAGE - 4)
    if local > most:
        local = least
    if at + local + 4 > PAGE or page[at] > _LONGEST_HEADER:
        return None
    parts, left = [page[at : at + local]], size - local
    (following,) = struct.unpack_from(">I", page, at + local)
    while left > 0:
        image = pages.get(following)
        if not image:
            return None
        parts.append(image[4 : 4 + min(left, PAGE - 4)])
        left -= PAGE - 4
        (following,) = struct.unpack_from(">I", image)
    return b"".join(parts)


def _record(payload: bytes) -> list[Value] | None:
    """The values of a record; None if it belongs to none of our tables."""
    header, at = _varint(payload, 0)
    if not 2 <= header <= min(_LONGEST_HEADER, len(payload)):
        return None
    kinds: list[int] = []
    while at < header:
        kind, at = _varint(payload, at)
        kinds.append(kind)
    values: list[Value] = []
    for kind in kinds:
        size = (0, 1, 2, 3, 4, 6, 8, 8, 0, 0, -1, -1)[kind] if kind < 12 else (kind - 12) // 2
        if size < 0 or at + size > len(payload):
            return None
        values.append(_value(kind, payload[at : at + size]))
        at += size
    return values if at == len(payload) else None


def _value(kind: int, part: bytes) -> Value:
    if kind == 0:
        return None
    if kind in (8, 9):
        return kind - 8
    if kind < 7:
        return int.from_bytes(part, "big", signed=True)
    if kind == 7:
        return float(struct.unpack(">d", part)[0])
    return part.decode() if kind % 2 else bytes(part)


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(at, at + 8):
        byte = data[place]
        value = (value << 7) | (byte & 0x7F)
        if byte < 0x80:
            return value, place + 1
    return (value << 8) | data[at + 8], at + 9
