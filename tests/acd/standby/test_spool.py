"""The spool's files: whole or not there."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from acd.standby import members, spool
from acd.standby.spool import BadRecord, Record

CALL = "ast1-1795566540.3"
RECORD = Record(call=CALL, number="05321112233", name="Şükrü Öz", arrived_at=1795566540.5, urgent=True)


def test_what_is_written_is_read(tmp_path: Path) -> None:
    folder = tmp_path / "spool"
    ended = Record(call=CALL, arrived_at=1795566540.5, ended_at=1795566560.0, hangup_by="agent", agent="PJSIP/1001")
    paths = [spool.write(folder, RECORD), spool.write(folder, ended)]
    assert [spool.read(path) for path in paths] == [RECORD, ended]
    assert sorted(spool.files(folder)) == [(CALL, "ended", paths[1]), (CALL, "waiting", paths[0])]
    assert folder.stat().st_mode & 0o777 == 0o700
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in paths)
    assert all(path.read_bytes().count(b"\n") == 1 for path in paths)


@pytest.mark.parametrize("call", ["", "../x", "a/b", ".hidden", "a" * 129, "a\nb"])
def test_a_call_that_is_none_is_never_a_files_name(tmp_path: Path, call: str) -> None:
    with pytest.raises(ValueError, match="not a call's id"):
        spool.write(tmp_path, Record(call=call, arrived_at=1795566540.5))
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(
    "change",
    [
        {"format": 2}, {"call": "other"}, {"arrived_at": "now"}, {"arrived_at": True}, {"arrived_at": float("inf")},
        {"urgent": "yes"}, {"agent": 1001}, {"hangup_by": "nobody"}, {"more": 1}, {"ended_at": -1},
    ],
)  # fmt: skip
def test_what_is_none_of_ours_is_refused_by_name(tmp_path: Path, change: dict[str, object]) -> None:
    path = spool.write(tmp_path, RECORD)
    path.write_text(json.dumps({**json.loads(path.read_text()), **change}))
    with pytest.raises(BadRecord, match=rf"^{CALL}\.waiting\.json: "):
        spool.read(path)


@pytest.mark.parametrize("data", [b"", b"{", b"[]", b"null", b"\xff\xfe", b" " * 10_000, b'{"format": 1}'])
def test_garbage_is_refused(tmp_path: Path, data: bytes) -> None:
    path = spool.path_of(tmp_path, CALL, "waiting")
    path.write_bytes(data)
    with pytest.raises(BadRecord):
        spool.read(path)
    spool.set_aside(path)
    assert list(spool.files(tmp_path)) == []
    assert (tmp_path / spool.BAD / path.name).read_bytes() == data


def test_a_disk_that_is_full_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        spool.write(tmp_path, RECORD)
    assert list(tmp_path.iterdir()) == []


WRITING = """
import sys
from pathlib import Path
from acd.standby.spool import Record, write
for n in range(10**6):
    write(Path(sys.argv[1]), Record(call=f"ast1-{n % 50}.1", name="x" * (n % 4000), arrived_at=1795566540.5))
    print(n, flush=True)
"""


def test_a_kill_at_any_moment_leaves_whole_records(tmp_path: Path) -> None:
    for turn in range(12):
        written = 2 + 3 * turn
        with subprocess.Popen(
            [sys.executable, "-c", WRITING, str(tmp_path)], stdout=subprocess.PIPE, text=True
        ) as writer:
            assert writer.stdout is not None
            for n in range(written):
                assert writer.stdout.readline() == f"{n}\n"
            signal.sigtimedwait((), 0.0001 * turn)  # another moment of a write each time; none is waited for
            writer.kill()
        found = [path for _, _, path in spool.files(tmp_path)]
        assert len(found) >= written
        for path in found:
            spool.read(path)


# --- who may answer


def test_members_are_kept_and_a_list_that_is_none_is_nobody(tmp_path: Path) -> None:
    path = members.path_in(tmp_path)
    assert members.read(path) == {}
    wanted = {"PJSIP/1001": members.REGULAR, "PJSIP/1002": None, "PJSIP/1003": members.BACKUP}
    members.write(path, wanted)
    assert members.read(path) == wanted
    assert path.stat().st_mode & 0o777 == 0o600
    path.write_text('{"PJSIP/1001": 7, "Local/0900@trunk,x": 1, "PJSIP/1002": 1}')
    assert members.read(path) == {"PJSIP/1001": None, "PJSIP/1002": 1}
    for text in ("", "[]", "{", "null"):
        path.write_text(text)
        assert members.read(path) == {}
