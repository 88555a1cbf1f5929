"""The versions of what callers hear."""

import hashlib
from pathlib import Path

from acd.line.sound_versions import SoundVersions


def put(path: Path, content: bytes) -> None:
    """As the administrator's page puts a recording there: in one step."""
    draft = path.with_suffix(".new")
    draft.write_bytes(content)
    draft.replace(path)


def test_a_version_is_the_language_and_what_is_in_the_file(tmp_path: Path) -> None:
    folder = tmp_path / "shipped"
    (folder / "tr").mkdir(parents=True)
    sound = folder / "tr" / "privacy.wav"
    put(sound, b"before")
    now = [folder]
    version = SoundVersions(lambda: now[0])
    first = version("privacy", "tr")
    assert first == f"tr-{hashlib.sha256(b'before').hexdigest()[:16]}"
    put(sound, b"behind")
    second = version("privacy", "tr")
    assert second not in ("", first), "also while the line runs, and of the same length"
    put(sound, b"before")
    assert version("privacy", "tr") == first, "the same words are the same version"
    own = tmp_path / "own"
    (own / "tr").mkdir(parents=True)
    (own / "tr" / "privacy.wav").symlink_to(sound)
    now[0] = own
    assert version("privacy", "tr") == first, "by a link too"


def test_of_a_sound_that_cannot_be_read_nothing_is_said(tmp_path: Path) -> None:
    version = SoundVersions(lambda: tmp_path)
    assert (version("privacy", "tr"), version("privacy", "")) == ("", "")
