"""Sealed files: what is put in comes out, no other key opens it, and no change of it goes unnoticed."""

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as some

from storage.sealed_files import CHUNK, HEADER, TAG, SealedFile, SealError, SealKey, seal

KEY = SealKey("k" * 43, "the key of the test")


def sealed(folder: Path, content: bytes, name: str = "talk.wav.sealed") -> Path:
    plain, target = folder / "talk.wav", folder / name
    plain.write_bytes(content)
    done = seal(KEY, plain, target)
    assert (done.size, done.sha256) == (len(content), hashlib.sha256(content).hexdigest())
    return target


def whole(path: Path, key: SealKey = KEY) -> bytes:
    with SealedFile(key, path) as file:
        return b"".join(file.read())


@pytest.mark.parametrize("size", [0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 3 * CHUNK, 3 * CHUNK + 7])
def test_what_is_sealed_is_read_again_and_the_plain_file_is_gone(tmp_path: Path, size: int) -> None:
    content = os.urandom(size)
    path = sealed(tmp_path, content)
    assert [one.name for one in tmp_path.iterdir()] == [path.name]
    assert path.stat().st_mode & 0o777 == 0o600
    if size > 1:  # one byte is in there by chance
        assert content[:32] not in path.read_bytes()
    with SealedFile(KEY, path) as file:
        assert file.size == size
        assert b"".join(file.read()) == content
        assert file.sha256() == hashlib.sha256(content).hexdigest()


@settings(max_examples=60, deadline=None)
@given(size=some.integers(0, 3 * CHUNK), start=some.integers(0, 3 * CHUNK), length=some.integers(0, 3 * CHUNK))
def test_any_part_is_read_by_itself(
    tmp_path_factory: pytest.TempPathFactory, size: int, start: int, length: int
) -> None:
    content = bytes(range(256)) * (size // 256 + 1)
    path = sealed(tmp_path_factory.mktemp("part"), content[:size])
    with SealedFile(KEY, path) as file:
        pieces = list(file.read(start, start + length))
        assert b"".join(pieces) == content[:size][start : start + length]
        assert all(0 < len(piece) <= CHUNK for piece in pieces)


def test_a_part_is_read_without_what_is_before_it(tmp_path: Path) -> None:
    content = os.urandom(2 * CHUNK + 5)
    path = sealed(tmp_path, content)
    written = bytearray(path.read_bytes())
    written[HEADER] ^= 1
    path.write_bytes(written)
    with SealedFile(KEY, path) as file:
        assert b"".join(file.read(CHUNK)) == content[CHUNK:]
        with pytest.raises(SealError, match=r"is not what was sealed \(from byte 0\)"):
            list(file.read(0, 1))


def cut_off(written: bytes) -> bytes:
    return written[:-1]


def without_the_last_chunk(written: bytes) -> bytes:
    return written[: HEADER + 2 * (CHUNK + TAG)]


def chunks_exchanged(written: bytes) -> bytes:
    first, second = HEADER + CHUNK + TAG, HEADER + 2 * (CHUNK + TAG)
    return written[:HEADER] + written[first:second] + written[HEADER:first] + written[second:]


def another_salt(written: bytes) -> bytes:
    return written[: HEADER - 1] + bytes([written[HEADER - 1] ^ 1]) + written[HEADER:]


def lengthened(written: bytes) -> bytes:
    return written + b"more"


@pytest.mark.parametrize("change", [cut_off, without_the_last_chunk, chunks_exchanged, another_salt, lengthened])
def test_no_change_goes_unnoticed(tmp_path: Path, change: Callable[[bytes], bytes]) -> None:
    path = sealed(tmp_path, os.urandom(2 * CHUNK + 100))
    path.write_bytes(change(path.read_bytes()))
    with pytest.raises(SealError, match="is not what was sealed"):
        whole(path)


def test_one_recording_does_not_pass_for_another(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"a threat")
    with pytest.raises(SealError, match="has another file's name"):
        whole(path.rename(tmp_path / "other.wav.sealed"))


def test_a_file_that_is_none_of_ours_and_one_that_is_not_there_are_named(tmp_path: Path) -> None:
    path = tmp_path / "talk.wav.sealed"
    with pytest.raises(SealError, match=r"talk\.wav\.sealed cannot be read: No such file"):
        whole(path)
    path.write_bytes(b"RIFF")
    with pytest.raises(SealError, match="is no sealed file of ours"):
        whole(path)


def test_another_key_opens_nothing_and_is_named(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"said in confidence")
    other = SealKey.kept_in(tmp_path / "other.key")
    with pytest.raises(SealError, match=f"sealed with the key {KEY.id.hex()}, and .*other.key holds {other.id.hex()}"):
        whole(path, other)


def test_a_key_is_made_once_and_for_us_alone(tmp_path: Path) -> None:
    path = tmp_path / "data" / "recordings.key"
    key = SealKey.kept_in(path)
    assert path.stat().st_mode & 0o777 == 0o600
    assert SealKey.kept_in(path).id == key.id
    assert key.id.hex() not in path.read_text()


@pytest.mark.parametrize(
    ("content", "said"), [("", "is empty"), ("1234", "has 4 letters"), ("ş" * 40, "cannot be used")]
)
def test_a_key_file_that_is_no_key_is_refused(tmp_path: Path, content: str, said: str) -> None:
    path = tmp_path / "recordings.key"
    path.write_text(content)
    with pytest.raises(SealError, match=said):
        SealKey.kept_in(path)


def test_a_disk_that_fails_leaves_the_plain_file_and_no_half_of_the_sealed_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    plain = tmp_path / "talk.wav"
    plain.write_bytes(b"said")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space left"):
        seal(KEY, plain, tmp_path / "talk.sealed")
    assert [one.name for one in tmp_path.iterdir()] == ["talk.wav"]
    monkeypatch.undo()
    seal(KEY, plain, tmp_path / "talk.sealed")
    assert whole(tmp_path / "talk.sealed") == b"said"


def test_a_death_between_both_files_is_made_good_by_sealing_again(tmp_path: Path) -> None:
    path = sealed(tmp_path, b"said")
    (tmp_path / "talk.wav").write_bytes(b"said")
    assert seal(KEY, tmp_path / "talk.wav", path).size == 4
    assert whole(path) == b"said"
