"""The standby's records of calls, one file each: `<call>.waiting.json` when a caller was asked and goes into the queue,
`<call>.ended.json` when their call is over.

A file is one line of JSON with everything that is known by then, and exists completely or not at all. Its reader
removes it. This module needs only the standard library.
"""

import contextlib
import json
import os
import re
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final, Literal

Kind = Literal["waiting", "ended"]
KINDS: Final[tuple[Kind, ...]] = ("waiting", "ended")
FORMAT: Final = 1
BAD: Final = "bad"
"""Folder below the spool for what cannot be read."""
MOST_BYTES: Final = 8192
_CALL: Final = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9_.-]{0,127}")
_FILE: Final = re.compile(rf"({_CALL.pattern})\.(waiting|ended)\.json")


class BadRecord(ValueError):
    """A file of the spool is not one of ours. The text names it and says what is wrong."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Record:
    """A call, as far as it is known. Times are Unix seconds; None: it did not happen."""

    call: str
    channel: str = ""
    number: str = ""
    name: str = ""
    dialled: str = ""
    arrived_at: float
    urgent: bool | None = None
    """The caller's answer; None if they were not asked."""
    queued_at: float | None = None
    answered_at: float | None = None
    agent: str = ""
    """The agent who answered, as Asterisk dials them: `PJSIP/1001`."""
    ended_at: float | None = None
    hangup_by: Literal["caller", "agent", "unknown"] = "unknown"

    @property
    def kind(self) -> Kind:
        return "waiting" if self.ended_at is None else "ended"


def is_call_id(text: str) -> bool:
    """Whether a text can be a call's id and the beginning of a file's name."""
    return _CALL.fullmatch(text) is not None


def _name(call: str, kind: Kind) -> str:
    return f"{call}.{kind}.json"


def path_of(folder: Path, call: str, kind: Kind) -> Path:
    """Where a record of a call is kept."""
    return folder / _name(call, kind)


def of_call(folder: Path, call: str) -> list[Path]:
    """The existing records of a call, whose id must be valid. Called for every new caller, who waits for it: so a
    `Path` is made only for existing files."""
    names = (f"{folder}/{_name(call, kind)}" for kind in KINDS)
    return [Path(name) for name in names if os.path.exists(name)]


def write(folder: Path, record: Record) -> Path:
    """Write a record, so that it survives a kill at any moment, and a power cut after this returns. It replaces a
    record of the same call and kind. Raises `OSError`, leaving nothing behind, and `ValueError` for an invalid id."""
    if not is_call_id(record.call):
        raise ValueError(f"call = {record.call!r}: not a call's id")
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    path = path_of(folder, record.call, record.kind)
    fresh = folder / f".{path.name}.{os.getpid()}.new"
    line = json.dumps({"format": FORMAT, **asdict(record)}, ensure_ascii=False) + "\n"
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_CLOEXEC, 0o600)
    try:
        try:
            _write_all(handle, line.encode())
            os.fsync(handle)
        finally:
            os.close(handle)
        fresh.replace(path)
        _sync_folder(folder)
    except OSError:
        with contextlib.suppress(OSError):
            fresh.unlink()
        raise
    return path


def _write_all(handle: int, data: bytes) -> None:
    while data:
        data = data[os.write(handle, data) :]


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def files(folder: Path) -> Iterator[tuple[str, Kind, Path]]:
    """Call, kind and path of all unread records; none if there is no spool."""
    try:
        entries = list(os.scandir(folder))
    except FileNotFoundError:
        return
    for entry in entries:
        found = _FILE.fullmatch(entry.name)
        if found is not None:
            yield found[1], "waiting" if found[2] == "waiting" else "ended", Path(entry.path)


def read(path: Path) -> Record:
    """The record in a file. Raises `BadRecord`, or `OSError` if the file cannot be read."""
    with path.open("rb") as file:
        data = file.read(MOST_BYTES + 1)
    if len(data) > MOST_BYTES:
        raise BadRecord(f"{path.name}: longer than {MOST_BYTES} bytes")
    try:
        record = _record(json.loads(data))
    except (ValueError, TypeError, KeyError) as error:
        raise BadRecord(f"{path.name}: {error}") from None
    if path.name != path_of(path.parent, record.call, record.kind).name:
        raise BadRecord(f"{path.name}: is about another call, {record.call}")
    return record


def _record(fields: Any) -> Record:
    if not isinstance(fields, dict) or fields.pop("format", None) != FORMAT:
        raise ValueError(f"not of format {FORMAT}")
    record = Record(**fields)
    texts = (record.call, record.channel, record.number, record.name, record.dialled, record.agent)
    times = (record.queued_at, record.answered_at, record.ended_at)
    if not all(isinstance(text, str) for text in texts) or not is_call_id(record.call):
        raise ValueError("a text is not one, or the call's id is none")
    if not _is_time(record.arrived_at) or not all(time is None or _is_time(time) for time in times):
        raise ValueError("a time is none")
    if record.urgent not in (None, True, False) or record.hangup_by not in ("caller", "agent", "unknown"):
        raise ValueError("urgent or hangup_by is none that there can be")
    return record


def _is_time(value: object) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and 0 < value < 1e11


def set_aside(path: Path) -> None:
    """Move a file that cannot be read to `bad/`, for a person to check."""
    folder = path.parent / BAD
    folder.mkdir(mode=0o700, exist_ok=True)
    path.replace(folder / path.name)
