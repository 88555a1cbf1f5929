"""Recordings of prompts: put where the line looks for them, kept in every version, and put back."""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from acd.config.load_settings import load_settings
from acd.config.own_prompts import complete_own_prompts
from acd.config.rules import load_rules, prompts_dir
from acd.config.settings import Settings
from acd.desk.heard import Heard
from acd.desk.prompt_recordings import PromptRecordings, RecordingsElsewhere, sound_etag
from acd.lib import shipped
from agents.demo import demo_agents_toml
from agents.pins import hash_pin
from console.admin_ports import Author, FaultyChange, StaleFile, UnknownItem
from console.ports import OnlyAtTheLine, Refused, Unavailable
from ivr.catalogue import PROMPTS_DIR
from ivr.sound import measure
from ivr.speak import read_manifest
from tests.ivr.test_studio import recorded
from tests.services import missing

READ = {"state": "taken", "refused": [], "waiting": []}
RECORDING = recorded(words_s=1.0)
OTHER = recorded(words_s=1.5)


@pytest.fixture(autouse=True)
def _sox() -> None:
    if not shutil.which("sox"):
        missing("sox")


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    data = tmp_path / "data"
    (data / "asterisk" / "data" / "sounds").mkdir(parents=True)  # the private one
    (data / "agents.toml").write_text(demo_agents_toml(lambda pin: hash_pin(pin, b"0123456789abcdef")))
    (tmp_path / "cozum.toml").write_text(f'data_dir = "{data}"\n')
    return load_settings(tmp_path / "cozum.toml")


class Line:
    """Reads its files when it is asked."""

    def __init__(self) -> None:
        self.reads = 0

    async def read(self) -> Mapping[str, Any]:
        """Take it in."""
        self.reads += 1
        return READ


@pytest.fixture
def line() -> Line:
    return Line()


@pytest.fixture
def desk(settings: Settings, line: Line) -> PromptRecordings:
    return PromptRecordings(settings, have_line_read=line.read)


def audio(settings: Settings, key: str = "tr/greeting") -> bytes:
    return (prompts_dir(settings) / f"{key}.wav").read_bytes()


def by(settings: Settings, who: str = "admin", key: str = "tr/greeting") -> Author:
    return Author(who=who, why="", etag=sound_etag(audio(settings, key)))


async def test_a_recording_is_what_the_line_plays_and_the_rest_is_the_shipped(
    desk: PromptRecordings, settings: Settings, line: Line
) -> None:
    before = audio(settings)
    would = await desk.check("tr", "greeting", RECORDING)
    assert audio(settings) == before
    kept = await desk.keep("tr", "greeting", RECORDING, by(settings))
    assert prompts_dir(settings) == settings.data_dir / "prompts"
    assert audio(settings) == would
    assert (kept["version"], kept["reload"], line.reads) == (2, READ, 1)
    assert kept["seconds"] == pytest.approx(measure(prompts_dir(settings) / "tr" / "greeting.wav").duration_s, abs=0.01)
    assert kept["etag"] == sound_etag(would)
    assert audio(settings, "en/greeting") == (shipped.prompts() / "en" / "greeting.wav").read_bytes()
    assert before == (shipped.prompts() / "tr" / "greeting.wav").read_bytes(), "the shipped file is as it was"
    load_rules(settings)  # no prompt is missing


async def test_every_version_is_kept_with_its_author_and_each_can_be_put_back(
    desk: PromptRecordings, settings: Settings
) -> None:
    spoken = audio(settings)
    await desk.keep("tr", "greeting", RECORDING, by(settings))
    await desk.keep("tr", "greeting", OTHER, by(settings, "nermin"))
    told = [(one["number"], one["who"], one["holds"]) for one in await desk.versions("tr", "greeting")]
    assert told == [(3, "nermin", True), (2, "admin", False), (1, "", False)]
    assert await desk.version("tr", "greeting", 1) == spoken
    await desk.go_back("tr", "greeting", 2, by(settings))
    assert audio(settings) == await desk.version("tr", "greeting", 2)
    await desk.go_back("tr", "greeting", 1, by(settings))
    path = prompts_dir(settings) / "tr" / "greeting.wav"
    assert path.is_symlink(), "the shipped prompt follows an upgrade"
    assert "tr/greeting" not in read_manifest(prompts_dir(settings))
    assert [one["who"] for one in await desk.versions("tr", "greeting")] == ["admin", "admin", "nermin", "admin", ""]
    with pytest.raises(UnknownItem):
        await desk.version("tr", "greeting", 9)


async def test_the_same_again_is_no_version(desk: PromptRecordings, settings: Settings) -> None:
    first = await desk.keep("tr", "greeting", RECORDING, by(settings))
    again = await desk.keep("tr", "greeting", RECORDING, by(settings))
    assert first["version"] == again["version"] == 2


async def test_a_file_that_was_put_there_by_hand_is_kept_as_a_version_too(
    desk: PromptRecordings, settings: Settings
) -> None:
    await desk.keep("tr", "greeting", RECORDING, by(settings))
    path = prompts_dir(settings) / "tr" / "greeting.wav"
    path.write_bytes((shipped.prompts() / "tr" / "goodbye.wav").read_bytes())
    await desk.keep("tr", "greeting", OTHER, by(settings))
    assert [one["who"] for one in await desk.versions("tr", "greeting")] == ["admin", "", "admin", ""]


async def test_whoever_has_heard_another_one_changes_nothing(desk: PromptRecordings, settings: Settings) -> None:
    seen = by(settings)
    await desk.keep("tr", "greeting", RECORDING, seen)
    now = audio(settings)
    with pytest.raises(StaleFile) as error:
        await desk.keep("tr", "greeting", OTHER, seen)
    assert error.value.etag == sound_etag(now)
    assert audio(settings) == now


async def test_what_is_no_recording_is_refused_with_key_value_and_way_out(
    desk: PromptRecordings, settings: Settings, line: Line
) -> None:
    for silent in (recorded(level_db=-80, noise_db=-80), b"RIFF"):
        with pytest.raises(FaultyChange) as error:
            await desk.keep("tr", "greeting", silent, by(settings))
        (fault,) = error.value.faults
        assert fault["key"] in ("level_db", "body")
        assert fault["allowed"]
    with pytest.raises(UnknownItem):
        await desk.keep("tr", "no_such_prompt", RECORDING, by(settings))
    with pytest.raises(UnknownItem):
        await desk.check("de", "greeting", RECORDING)
    assert line.reads == 0
    assert not (settings.data_dir / "prompts").exists()
    assert not settings.versions_dir.exists()


async def test_a_folder_of_the_towns_own_is_written_to(tmp_path: Path, line: Line, settings: Settings) -> None:
    folder = tmp_path / "sounds"
    shutil.copytree(shipped.prompts(), folder)
    own = settings.model_copy(update={"prompts_dir": folder})
    desk = PromptRecordings(own, have_line_read=line.read)
    await desk.keep("tr", "greeting", RECORDING, by(own))
    assert audio(own) == (folder / "tr" / "greeting.wav").read_bytes()
    assert read_manifest(folder)["tr/greeting"].source == "studio"
    assert not (own.data_dir / "prompts").exists()
    await desk.go_back("tr", "greeting", 1, by(own))
    assert not (folder / "tr" / "greeting.wav").is_symlink()


async def test_an_asterisk_of_ones_own_must_say_from_where_it_plays(desk: PromptRecordings, settings: Settings) -> None:
    shutil.rmtree(settings.data_dir / "asterisk")
    with pytest.raises(Refused) as error:
        await desk.keep("tr", "greeting", RECORDING, by(settings))
    assert (error.value.key, error.value.allowed) == ("prompts_dir", "the folder that Asterisk plays from")
    assert not (settings.data_dir / "prompts").exists()


@pytest.mark.skipif(os.geteuid() == 0, reason="root writes everywhere")
async def test_a_folder_that_cannot_be_written_is_named(desk: PromptRecordings, settings: Settings) -> None:
    settings.data_dir.chmod(0o500)
    with pytest.raises(Unavailable, match="Permission denied"):
        await desk.keep("tr", "greeting", RECORDING, by(settings))
    settings.data_dir.chmod(0o700)


async def test_the_list_says_what_is_recorded_and_of_which_text(
    desk: PromptRecordings, settings: Settings, tmp_path: Path
) -> None:
    await desk.keep("tr", "greeting", RECORDING, by(settings))

    async def spoken(settings: Settings) -> dict[str, Mapping[str, Any]]:
        (greeting,) = [one for one in await Heard(settings).prompts() if one["name"] == "greeting"]
        return {one["language"]: one for one in greeting["spoken"]}

    found = await spoken(settings)
    assert (found["tr"]["recorded"], found["tr"]["text_changed"]) == (True, False)
    assert (found["en"]["recorded"], found["en"]["text_changed"]) == (False, False)
    assert found["tr"]["etag"] == sound_etag(audio(settings))
    folder = tmp_path / "texts"
    shutil.copytree(settings.data_dir / "prompts", folder, symlinks=True)
    text = (PROMPTS_DIR / "tr.toml").read_text("utf-8")
    (folder / "tr.toml").write_text(text.replace("Çözüm hattı.", "Belediye hattı."))
    other = settings.model_copy(update={"prompts_dir": folder})
    assert (await spoken(other))["tr"]["text_changed"] is True


async def test_an_upgrade_brings_further_prompts_and_takes_none_that_was_recorded(
    desk: PromptRecordings, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    await desk.keep("tr", "greeting", RECORDING, by(settings))
    mine = audio(settings)
    fresh = tmp_path / "fresh"
    shutil.copytree(shipped.prompts(), fresh)
    (fresh / "tr" / "brand_new.wav").write_bytes(mine)
    (fresh / "tr" / "goodbye.wav").unlink()
    monkeypatch.setattr(shipped, "prompts", lambda: fresh)
    complete_own_prompts(settings)
    folder = settings.data_dir / "prompts" / "tr"
    assert audio(settings) == mine
    assert (folder / "brand_new.wav").resolve() == fresh / "tr" / "brand_new.wav"
    assert (folder / "connecting.wav").resolve() == fresh / "tr" / "connecting.wav"
    assert not (folder / "goodbye.wav").is_symlink()


def test_without_a_recording_there_is_no_folder_to_complete(settings: Settings) -> None:
    complete_own_prompts(settings)
    assert not (settings.data_dir / "prompts").exists()
    assert prompts_dir(settings) == shipped.prompts()


async def test_elsewhere_there_is_nothing_to_record() -> None:
    desk = RecordingsElsewhere()
    author = Author(who="admin", why="", etag="")
    for asked in (
        desk.check("tr", "greeting", b""),
        desk.keep("tr", "greeting", b"", author),
        desk.versions("tr", "greeting"),
        desk.version("tr", "greeting", 1),
        desk.go_back("tr", "greeting", 1, author),
    ):
        with pytest.raises(OnlyAtTheLine, match="use the line's own desk"):
            await asked
