"""Text and audio must not part; studio recordings are kept."""

import shutil
from pathlib import Path

import pytest

from ivr.catalogue import Catalogue, Prompt, Voice, load_catalogues
from ivr.sound import measure
from ivr.speak import (
    SOUNDS,
    longer_by,
    main,
    problems,
    read_manifest,
    speak_all,
    spoken_lengths,
    take_recording,
)
from tests.ivr.test_sound import tone
from tests.services import missing

TR = Voice(voice="tr")


def one_prompt(text: str = "Merhaba.", voice: Voice = TR) -> dict[str, Catalogue]:
    return {"tr": {"hello": Prompt(text=text, voice=voice)}}


def test_the_committed_audio_is_that_of_the_texts() -> None:
    assert problems(load_catalogues(), SOUNDS) == []


def test_the_check_passes_from_the_command_line() -> None:
    assert main(["--check"]) == 0


@pytest.fixture
def voice() -> None:
    for program in ("espeak-ng", "sox"):
        if not shutil.which(program):
            missing(program)


@pytest.fixture
def sounds(tmp_path: Path) -> Path:
    """A folder with one prompt, taken in as a recording: needs no voice."""
    if not shutil.which("sox"):
        missing("sox")
    recording = tone(tmp_path / "raw.wav", before_s=0.3, tone_s=0.5, after_s=0.3, level_db=-30, rate=48000)
    folder = tmp_path / "sounds"
    take_recording(one_prompt(), folder, "tr/hello", recording)
    return folder


def test_a_recording_is_trimmed_levelled_and_marked(sounds: Path) -> None:
    one = measure(sounds / "tr" / "hello.wav")
    assert one.leading_s <= 0.02
    assert one.level_db == pytest.approx(-20, abs=0.5)
    assert one.duration_s == pytest.approx(0.58, abs=0.05)
    assert read_manifest(sounds)["tr/hello"].source == "studio"
    assert problems(one_prompt(), sounds) == []


def test_a_changed_text_is_noticed(sounds: Path) -> None:
    assert problems(one_prompt("Günaydın."), sounds) == ["tr/hello: the text has changed since it was recorded"]


def test_changed_lost_and_idle_audio_is_noticed(sounds: Path) -> None:
    path = sounds / "tr" / "hello.wav"
    data = path.read_bytes()
    path.write_bytes(data[:-2])
    assert "tr/hello: the audio is not the one that was recorded" in problems(one_prompt(), sounds)[0]
    path.unlink()
    assert problems(one_prompt(), sounds) == ["tr/hello: the audio file is missing"]
    path.write_bytes(data)
    (sounds / "tr" / "idle.wav").write_bytes(data)
    assert problems(one_prompt(), sounds) == ["tr/idle: an audio file without a text"]


def test_a_prompt_never_made_is_noticed(tmp_path: Path) -> None:
    assert problems(one_prompt(), tmp_path) == ["tr/hello: was never made"]


def test_a_recording_is_never_spoken_over_unless_forced(sounds: Path) -> None:
    assert speak_all(one_prompt(), sounds, again=True) == []
    assert speak_all(one_prompt("Günaydın."), sounds, again=True) == []
    assert problems(one_prompt("Günaydın."), sounds), "it stays wrong until it is recorded again"


@pytest.mark.usefixtures("voice")
def test_force_speaks_over_a_recording_of_an_old_text(sounds: Path) -> None:
    assert speak_all(one_prompt("Günaydın."), sounds, force=True) == ["tr/hello"]
    assert read_manifest(sounds)["tr/hello"].source == "espeak-ng"
    assert problems(one_prompt("Günaydın."), sounds) == []


@pytest.mark.usefixtures("voice")
def test_only_what_changed_is_spoken_and_always_the_same(tmp_path: Path) -> None:
    assert speak_all(one_prompt(), tmp_path) == ["tr/hello"]
    before = (tmp_path / "tr" / "hello.wav").read_bytes()
    assert speak_all(one_prompt(), tmp_path) == []
    assert speak_all(one_prompt(), tmp_path, again=True) == ["tr/hello"]
    assert (tmp_path / "tr" / "hello.wav").read_bytes() == before
    slower = one_prompt(voice=Voice(voice="tr", speed=120))
    assert problems(slower, tmp_path) == ["tr/hello: the voice has changed since it was spoken"]
    assert speak_all(slower, tmp_path) == ["tr/hello"]
    assert measure(tmp_path / "tr" / "hello.wav").level_db == pytest.approx(-20, abs=0.5)


@pytest.mark.usefixtures("voice")
def test_audio_whose_text_is_gone_is_removed(tmp_path: Path) -> None:
    speak_all(one_prompt(), tmp_path)
    speak_all({"tr": {}}, tmp_path)
    assert not (tmp_path / "tr" / "hello.wav").exists()
    assert read_manifest(tmp_path) == {}


def test_a_recording_knows_how_long_the_spoken_prompt_is(sounds: Path, tmp_path: Path) -> None:
    """Also the recording that replaces a recording. A town's folder has the shipped prompt for comparison."""
    assert spoken_lengths(sounds) == {}, "no such prompt is shipped"
    town, shipped = tmp_path / "town", load_catalogues()
    long, short = (
        tone(tmp_path / f"{tone_s}.wav", before_s=0.1, tone_s=tone_s, after_s=0.1, level_db=-20, rate=8000)
        for tone_s in (2.5, 0.5)
    )
    was = measure(SOUNDS / "tr" / "option_urgent.wav").duration_s
    for recording in (long, short, long):
        take_recording(shipped, town, "tr/option_urgent", recording)
        assert spoken_lengths(town) == {"tr/option_urgent": pytest.approx(was, abs=0.001)}
        assert bool(longer_by(town)) is (recording == long)
