"""Tones."""

from pathlib import Path

import pytest

from ivr.sound import measure
from ivr.tones import BEEP_S, as_wav, beep, sine


def test_the_beep_is_short_and_softer_than_speech_is_loud(tmp_path: Path) -> None:
    (tmp_path / "beep.wav").write_bytes(beep())
    one = measure(tmp_path / "beep.wav")
    assert one.duration_s == pytest.approx(BEEP_S, abs=0.001)
    assert BEEP_S <= 0.2, "the caller waits for it"
    assert -25 < one.level_db < -10


def test_a_tone_has_its_length_and_its_level(tmp_path: Path) -> None:
    (tmp_path / "tone.wav").write_bytes(as_wav(sine(440.0, 1.0, 0.5)))
    one = measure(tmp_path / "tone.wav")
    assert one.duration_s == 1.0
    assert one.peak_db == pytest.approx(-6.0, abs=0.1)
