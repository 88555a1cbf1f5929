"""Makes a prompt of a recording from a browser: checks it, cuts off what was recorded before and after the words, and
brings it to the level of the other prompts.

A browser's microphone gives more than a studio does: noise of the room, a key's click, a hum. So the words are found
relative to the noise, and not by a fixed level as in spoken prompts (`ivr.speak`)."""

import io
import math
import sys
import tempfile
import wave
from array import array
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from ivr.sound import NOT_A_WAV, RATE
from ivr.speak import levelled, run_tool
from ivr.tones import as_wav

if TYPE_CHECKING:
    Samples = array[int]
else:  # an array takes no parameters before Python 3.12
    Samples = array

LONGEST_S: Final = 60.0
LEAST_S: Final = 0.2
RATES: Final = range(8_000, 96_001)
SILENT_DB: Final = -45.0
"""A recording whose loudest 10 ms are below this (dBFS) has no words: a microphone that is off or far away."""
CLIPPED_S: Final = 0.005
"""A recording with more time than this at the highest sample is distorted, which no later gain repairs."""

_FRAME: Final = RATE // 100
_ROOM_DB: Final = 3.0
"""Taken off before the filters, so that these do not clip."""
_OVER_NOISE_DB, _LEAST_BELOW_DB, _MOST_BELOW_DB = 10.0, 20.0, 40.0
"""Words are so much over the noise, but this is looked for only so far below the loudest sound."""
_AROUND, _OF_THEM = 5, 3
"""Words last: so many of the frames around must be loud. A click has two."""
_BEFORE, _AFTER = 5, 8
"""Frames that stay before the first word and after the last: soft sounds such as f and s."""


class BadRecording(Exception):
    """A recording that cannot become a prompt: which property, what it is, and what is allowed."""

    def __init__(self, text: str, *, key: str, value: Any, allowed: str) -> None:
        super().__init__(text)
        self.key, self.value, self.allowed = key, value, allowed


def prepared(recording: bytes) -> bytes:
    """The prompt's audio (WAV, 8 kHz, 16 bit, mono) of a recording (WAV, 16-bit PCM). The same recording gives the same
    bytes. Raises `BadRecording`, or `ivr.speak.SpeakError`."""
    rate, channels, samples = _read(recording)
    clipped_s = (samples.count(32767) + samples.count(-32768)) / (rate * channels)
    if clipped_s > CLIPPED_S:
        raise BadRecording(
            f"clipped: {1000 * clipped_s:.0f} ms of the recording are as loud as can be, which sounds distorted: "
            "record it again, farther from the microphone or with less gain",
            key="clipped_ms",
            value=round(1000 * clipped_s),
            allowed=f"at most {1000 * CLIPPED_S:.0f}",
        )
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        _write(folder / "raw.wav", rate, channels, samples)
        run_tool(
            "sox", "-R", "-D", str(folder / "raw.wav"), "-b", "16", "-c", "1", str(folder / "mono.wav"),
            "gain", f"-{_ROOM_DB}", "rate", "-h", str(RATE), "highpass", "80",
        )  # fmt: skip
        words = _words(_samples(folder / "mono.wav"))
        (folder / "words.wav").write_bytes(as_wav(_bytes(_louder(words))))
        return levelled(folder / "words.wav")


def _read(recording: bytes) -> tuple[int, int, Samples]:
    """Rate, channels and samples."""
    allowed = "a WAV file of 16-bit PCM, one or two channels, 8,000 to 96,000 Hz"
    try:
        with wave.open(io.BytesIO(recording), "rb") as file:
            bits, channels, rate = 8 * file.getsampwidth(), file.getnchannels(), file.getframerate()
            data = file.readframes(file.getnframes())
    except NOT_A_WAV as error:
        raise BadRecording(f"body: no WAV file: {error}", key="body", value=str(error), allowed=allowed) from None
    for key, value, right in (
        ("bits", bits, bits == 16), ("channels", channels, channels in (1, 2)), ("rate", rate, rate in RATES),
    ):  # fmt: skip
        if not right:
            raise BadRecording(f"{key}: {value}: {allowed} is needed", key=key, value=value, allowed=allowed)
    samples = array("h", data[: len(data) // (2 * channels) * 2 * channels])
    if sys.byteorder == "big":
        samples.byteswap()
    seconds = len(samples) / channels / rate
    if not LEAST_S <= seconds <= LONGEST_S:
        allowed = f"{LEAST_S:g} to {LONGEST_S:g} seconds"
        text = f"seconds: {seconds:.1f}: {allowed} are allowed"
        raise BadRecording(text, key="seconds", value=round(seconds, 1), allowed=allowed)
    return rate, channels, samples


def _words(samples: Samples) -> Samples:
    """Without what is before the first word and after the last."""
    levels = [_level_db(samples[start : start + _FRAME]) for start in range(0, len(samples) - _FRAME + 1, _FRAME)]
    loudest = max(levels)
    if loudest + _ROOM_DB < SILENT_DB:
        raise _silent(loudest + _ROOM_DB)
    noise = sorted(levels)[len(levels) // 10]
    least = min(max(noise + _OVER_NOISE_DB, loudest - _MOST_BELOW_DB), loudest - _LEAST_BELOW_DB)
    loud = [level >= least for level in levels]
    first, last = _first_lasting(loud), _first_lasting(loud[::-1])
    if first is None or last is None:
        raise _silent(noise + _ROOM_DB)
    begin = max(0, first - _BEFORE) * _FRAME
    end = (len(levels) - max(0, last - _AFTER)) * _FRAME
    return samples[begin:end]


def _silent(level_db: float) -> BadRecording:
    level_db = max(level_db, -100.0)
    return BadRecording(
        f"silent: nothing is heard but {level_db:.0f} dBFS: is the right microphone chosen, and on? Speak closer to it",
        key="level_db",
        value=round(level_db),
        allowed=f"words, at {SILENT_DB:.0f} dBFS or more",
    )


def _first_lasting(loud: Sequence[bool]) -> int | None:
    """The first frame of sound that lasts."""
    return next((n for n, one in enumerate(loud) if one and sum(loud[n : n + _AROUND]) >= _OF_THEM), None)


def _louder(samples: Samples) -> Samples:
    """As loud as it may be: what levels the prompts looks for silence below a fixed level."""
    factor = 0.7 * 32767 / max(1, max(samples), -min(samples))
    return array("h", [round(factor * sample) for sample in samples])


def _level_db(frame: Samples) -> float:
    power = sum(sample * sample for sample in frame) / len(frame)
    return 10 * math.log10(max(power, 1e-3) / 32768**2)


def _samples(path: Path) -> Samples:
    with wave.open(str(path), "rb") as file:
        samples = array("h", file.readframes(file.getnframes()))
    if sys.byteorder == "big":
        samples.byteswap()
    return samples


def _bytes(samples: Samples) -> bytes:
    if sys.byteorder == "big":
        samples = array("h", samples)
        samples.byteswap()
    return samples.tobytes()


def _write(path: Path, rate: int, channels: int, samples: Samples) -> None:
    with wave.open(str(path), "wb") as file:
        file.setparams((channels, 2, rate, 0, "NONE", ""))
        file.writeframes(_bytes(samples))
