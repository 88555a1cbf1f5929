"""Measures of prompt audio, on sounds whose measures are known."""

import math
import wave
from array import array
from pathlib import Path

import pytest

from ivr.sound import RATE, NotAPrompt, measure, pcm_of, spoken_s
from ivr.tones import as_wav, sine


def tone(path: Path, *, before_s: float, tone_s: float, after_s: float, level_db: float, rate: int = 8000) -> Path:
    amplitude = 32768 * 10 ** (level_db / 20) * math.sqrt(2)
    samples = [0] * round(before_s * rate)
    samples += [round(amplitude * math.sin(2 * math.pi * 500 * n / rate)) for n in range(round(tone_s * rate))]
    samples += [0] * round(after_s * rate)
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, rate, 0, "NONE", ""))
        file.writeframes(array("h", samples).tobytes())
    return path


def test_a_tone_measures_what_it_was_made_with(tmp_path: Path) -> None:
    one = measure(tone(tmp_path / "a.wav", before_s=0.1, tone_s=0.5, after_s=0.2, level_db=-20))
    assert one.duration_s == pytest.approx(0.8)
    assert one.leading_s == pytest.approx(0.1)
    assert one.trailing_s == pytest.approx(0.2)
    assert one.pause_s == 0
    assert one.level_db == pytest.approx(-20, abs=0.1)
    assert one.peak_db == pytest.approx(-17, abs=0.1)


def test_the_longest_pause_is_between_two_sounds(tmp_path: Path) -> None:
    parts = [tone(tmp_path / f"{n}.wav", before_s=0.1 * n, tone_s=0.2, after_s=0.1, level_db=-20) for n in (0, 1, 3)]
    frames = []
    for part in parts:
        with wave.open(str(part)) as file:
            frames.append(file.readframes(file.getnframes()))
    with wave.open(str(tmp_path / "all.wav"), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(b"".join(frames))
    one = measure(tmp_path / "all.wav")
    assert one.pause_s == pytest.approx(0.4, abs=0.011)
    assert one.leading_s == 0
    assert one.trailing_s == pytest.approx(0.1, abs=0.011)


def test_silence_the_wrong_rate_and_no_audio_are_refused(tmp_path: Path) -> None:
    with pytest.raises(NotAPrompt, match="no sound"):
        measure(tone(tmp_path / "a.wav", before_s=0.5, tone_s=0, after_s=0, level_db=-20))
    with pytest.raises(NotAPrompt, match="8000 Hz"):
        measure(tone(tmp_path / "b.wav", before_s=0, tone_s=0.5, after_s=0, level_db=-20, rate=16000))
    (tmp_path / "c.wav").write_bytes(b"RIFF")
    with pytest.raises(NotAPrompt):
        measure(tmp_path / "c.wav")
    with pytest.raises(NotAPrompt):
        measure(tmp_path / "none.wav")
    (tmp_path / "d.wav").write_bytes(as_wav(b"\1\2" * RATE).replace(b"fmt \x10", b"fmt \x12"))
    with pytest.raises(NotAPrompt):
        measure(tmp_path / "d.wav")


def test_what_is_spoken_lies_between_the_first_sound_and_the_last(tmp_path: Path) -> None:
    path = tmp_path / "said.wav"
    quiet, loud = bytes(2 * RATE), sine(440, 1.0, 0.3)
    path.write_bytes(as_wav(quiet + loud + quiet + loud + quiet))
    assert spoken_s(path) == 3.0
    path.write_bytes(as_wav(quiet))
    assert spoken_s(path) == 0.0
    assert spoken_s(tmp_path / "none.wav") == 0.0
    path.write_bytes(b"no sound")
    assert (spoken_s(path), pcm_of(path)) == (0.0, b"")


def test_lengths_that_nobody_has_written_into_the_header_do_not_count(tmp_path: Path) -> None:
    path, loud = tmp_path / "cut.wav", sine(440, 1.0, 0.3)
    content = bytearray(as_wav(loud))
    content[4:8] = content[40:44] = bytes(4)
    path.write_bytes(bytes(content) + b"\1")
    assert (spoken_s(path), pcm_of(path)) == (1.0, loud)
