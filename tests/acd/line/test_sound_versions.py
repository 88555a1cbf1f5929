"""The versions of what callers hear."""

import asyncio
import hashlib
import shutil
from pathlib import Path

from acd.asterisk.flow_runner import NOTICES
from acd.config.notices import KeptNotices
from acd.config.settings import Settings
from acd.lib import shipped
from acd.line.sound_versions import SoundVersions, notice_versions
from tests.waiting import until


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


def notices(folder: Path) -> list[tuple[str, str]]:
    return [(one.prompt, one.version) for one in KeptNotices(folder).read() if one.language == "tr"]


async def test_the_present_notices_are_kept_at_the_start_and_another_when_it_is_heard(tmp_path: Path) -> None:
    shutil.copytree(shipped.prompts(), tmp_path / "own")
    settings = Settings(data_dir=tmp_path / "data", prompts_dir=tmp_path / "own")
    versions = await asyncio.to_thread(notice_versions, lambda: settings, lambda: 5.0)
    kept = notices(settings.notices_dir)
    assert sorted(prompt for prompt, _ in kept) == sorted(NOTICES)
    before = versions("privacy", "tr")
    assert ("privacy", before) in kept
    put(tmp_path / "own" / "tr" / "privacy.wav", b"another")
    heard = versions("privacy", "tr")
    await until(lambda: ("privacy", heard) in notices(settings.notices_dir), "it is kept, off the loop")
    assert heard != before
    assert KeptNotices(settings.notices_dir).sound(heard).read_bytes() == b"another"
