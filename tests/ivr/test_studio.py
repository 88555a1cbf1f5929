"""Recordings from a browser become prompts, by measures of synthetic sound."""

import io
import math
import random
import shutil
import wave
from array import array
from pathlib import Path

import pytest

from ivr.sound import measure
from ivr.speak import LEVEL_DB
from ivr.studio import LONGEST_S, BadRecording, prepared
from tests.services import missing


@pytest.fixture(autouse=True)
def _sox() -> None:
    if not shutil.which("sox"):
        missing("sox")


def noise(seconds: float, level_db: float, rate: int) -> list[float]:
    """The room: white, the same each time."""
    chance = random.Random(7)
    high = 10 ** (level_db / 20) * math.sqrt(3)
    return [chance.uniform(-high, high) for _ in range(round(seconds * rate))]


def words(seconds: float, level_db: float, rate: int) -> list[float]:
    """Syllables of 200 ms with gaps of 50, each a tone; the level is that of a syllable."""
    high = 10 ** (level_db / 20) * math.sqrt(2)
    return [
        high * math.sin(2 * math.pi * 600 * n / rate) if n / rate % 0.25 < 0.2 else 0.0
        for n in range(round(seconds * rate))
    ]


def recorded(
    *,
    before_s: float = 1.0,
    words_s: float = 2.0,
    after_s: float = 1.5,
    level_db: float = -30.0,
    noise_db: float = -65.0,
    rate: int = 48_000,
    channels: int = 1,
) -> bytes:
    """As a browser records: words in the noise of a room."""
    silence = [0.0] * round(before_s * rate)
    sound = silence + words(words_s, level_db, rate) + [0.0] * round(after_s * rate)
    room = noise(len(sound) / rate, noise_db, rate)
    return wav([one + other for one, other in zip(sound, room, strict=False)], rate, channels)


def wav(samples: list[float], rate: int = 48_000, channels: int = 1, bits: int = 16) -> bytes:
    """The file of samples from -1 to 1."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setparams((channels, bits // 8, rate, 0, "NONE", ""))
        held = [max(-32768, min(32767, round(32768 * one))) for one in samples]
        pcm = array("h", [one for one in held for _ in range(channels)]).tobytes()
        file.writeframes(pcm if bits == 16 else bytes(len(samples) * channels * bits // 8))
    return data.getvalue()


@pytest.mark.parametrize("level_db", [-40.0, -30.0, -12.0])
@pytest.mark.parametrize("noise_db", [-90.0, -65.0])
def test_a_recording_is_trimmed_and_levelled_in_a_quiet_room_and_in_another(
    level_db: float, noise_db: float, tmp_path: Path
) -> None:
    path = tmp_path / "prompt.wav"
    path.write_bytes(prepared(recorded(level_db=level_db, noise_db=noise_db)))
    one = measure(path)
    assert one.level_db == pytest.approx(LEVEL_DB, abs=0.5)
    assert one.peak_db <= -1
    # Two seconds, the last 50 ms of them a gap; up to 50 ms stay before and 80 after, and 80 are added.
    assert 1.95 <= one.duration_s <= 2.3


@pytest.mark.parametrize("rate", [8_000, 16_000, 44_100, 48_000])
@pytest.mark.parametrize("channels", [1, 2])
def test_every_rate_and_both_kinds_of_microphone_become_what_asterisk_plays(
    rate: int, channels: int, tmp_path: Path
) -> None:
    path = tmp_path / "prompt.wav"
    path.write_bytes(prepared(recorded(rate=rate, channels=channels)))
    assert 1.95 <= measure(path).duration_s <= 2.3  # which refuses all but 8 kHz, mono, 16 bits


def test_a_click_of_the_mouse_is_no_word(tmp_path: Path) -> None:
    rate = 48_000
    samples = [0.0] * (5 * rate)
    samples[rate // 2 : rate // 2 + 480] = [0.4, -0.4] * 240  # 10 ms
    samples[2 * rate : 3 * rate] = words(1.0, -20, rate)
    path = tmp_path / "prompt.wav"
    path.write_bytes(prepared(wav(samples)))
    assert measure(path).duration_s < 1.3


def test_the_same_recording_gives_the_same_bytes() -> None:
    recording = recorded()
    assert prepared(recording) == prepared(recording)


def refused(recording: bytes) -> BadRecording:
    with pytest.raises(BadRecording) as error:
        prepared(recording)
    assert error.value.key in str(error.value) or str(error.value).startswith(("silent", "clipped"))
    return error.value


def test_silence_is_refused_with_its_level() -> None:
    error = refused(wav(noise(2.0, -70, 48_000)))
    assert (error.key, error.allowed) == ("level_db", "words, at -45 dBFS or more")
    assert -85 <= error.value <= -65
    assert refused(wav([0.0] * 48_000)).value == -100


def test_noise_without_words_is_no_prompt_even_if_loud_clicks_are_in_it() -> None:
    samples = noise(2.0, -70, 48_000)
    samples[48_000 : 48_000 + 480] = [0.5, -0.5] * 240
    assert refused(wav(samples)).key == "level_db"


def test_a_distorted_recording_is_refused_with_its_time() -> None:
    error = refused(recorded(level_db=3.0))
    assert (error.key, error.allowed) == ("clipped_ms", "at most 5")
    assert error.value > 100


def test_a_loud_recording_that_is_not_distorted_is_taken() -> None:
    prepared(recorded(level_db=-4.0))


@pytest.mark.parametrize(
    ("recording", "key"),
    [
        (b"", "body"),
        (b"RIFF", "body"),
        (b"OggS" + bytes(100), "body"),
        (wav([0.1, -0.1] * 9600).replace(b"fmt \x10", b"fmt \x12"), "body"),
        (wav([0.0] * 9600, bits=24), "bits"),
        (wav([0.0] * 9600, channels=3), "channels"),
        (wav([0.0] * 9600, rate=4_000), "rate"),
        (wav([0.1, -0.1] * 100), "seconds"),
        (wav([0.1, -0.1] * round(4_000 * (LONGEST_S + 1)), rate=8_000), "seconds"),
    ],
)
def test_what_is_no_recording_is_refused_by_key(recording: bytes, key: str) -> None:
    error = refused(recording)
    assert error.key == key
    assert error.allowed


def test_a_header_that_promises_more_than_there_is_is_not_believed() -> None:
    whole = recorded()
    cut = whole[: len(whole) * 3 // 4]
    assert len(prepared(cut)) < len(whole)
