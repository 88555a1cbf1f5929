"""Files of requests on the disk: what was said is encrypted there, and read as it was."""

from pathlib import Path

import pytest

from storage.requests.attachments import Attachments

WORDS = b"RIFF....WAVE" + bytes(range(256)) * 600


@pytest.fixture
def kept(tmp_path: Path) -> Attachments:
    return Attachments(tmp_path / "files", tmp_path / "key")


def on_disk(tmp_path: Path) -> list[Path]:
    return [one for one in (tmp_path / "files").rglob("*") if one.is_file()]


def test_what_was_said_is_encrypted_and_read_as_it_was(kept: Attachments, tmp_path: Path) -> None:
    name, digest = kept.put(WORDS, spoken=True)
    [path] = on_disk(tmp_path)
    assert path.name == name
    assert WORDS[:12] not in path.read_bytes()
    assert (path.stat().st_mode & 0o777, (tmp_path / "key").stat().st_mode & 0o777) == (0o600, 0o600)
    assert kept.get(name) == WORDS
    assert kept.put(WORDS)[1] == digest


def test_a_photo_is_kept_as_it_is_and_needs_no_key(kept: Attachments, tmp_path: Path) -> None:
    name, _ = kept.put(WORDS)
    assert on_disk(tmp_path)[0].read_bytes() == kept.get(name) == WORDS
    assert not (tmp_path / "key").exists()


def test_without_its_key_a_file_cannot_be_read_and_it_is_said_why(kept: Attachments, tmp_path: Path) -> None:
    name, _ = kept.put(WORDS, spoken=True)
    (tmp_path / "key").write_text("k" * 64)
    with pytest.raises(OSError, match="is sealed with the key"):
        kept.get(name)


def test_a_key_that_cannot_be_used_keeps_nothing(tmp_path: Path) -> None:
    (tmp_path / "key").write_text("short")
    with pytest.raises(OSError, match="a key has at least"):
        Attachments(tmp_path / "files", tmp_path / "key").put(WORDS, spoken=True)
    assert on_disk(tmp_path) == []
