"""Measures of prompt audio. Levels are dBFS, times seconds."""

import math
import sys
import wave
from array import array
from itertools import pairwise
from pathlib import Path
from typing import Final

import msgspec

RATE = 8000
NOT_A_WAV: Final = (wave.Error, EOFError, RuntimeError)
"""What `wave` raises for a file that is none; the last, without words, where a chunk says a length that it has not."""
_FRAME = 80  # 10 ms
_STEP = RATE // 10
LOUD = 328
"""Peak, of 32,768, of what counts as sound in a recording: -40 dBFS."""
_QUIET_DB = -45.0
"""A frame this far below the loudest one is silence."""


class NotAPrompt(ValueError):
    """An audio file that Asterisk would not play as it is. The text says what is wrong with it."""


class Measure(msgspec.Struct, frozen=True, kw_only=True):
    """The measures of a prompt."""

    duration_s: float
    leading_s: float
    """Silence before the first sound."""
    trailing_s: float
    pause_s: float
    """The longest silence between two sounds."""
    level_db: float
    """RMS of the frames that are not silent."""
    peak_db: float


def measure(path: Path) -> Measure:
    """Measure a prompt. Raises `NotAPrompt` unless it is 8 kHz mono 16-bit PCM in a wav file and has sound in it."""
    try:
        with wave.open(str(path), "rb") as file:
            kind = (file.getframerate(), file.getnchannels(), file.getsampwidth())
            data = file.readframes(file.getnframes())
    except (OSError, *NOT_A_WAV) as error:
        raise NotAPrompt(f"{path}: {error}") from error
    if kind != (RATE, 1, 2):
        raise NotAPrompt(
            f"{path}: {kind[0]} Hz, {kind[1]} channels, {8 * kind[2]} bits; 8000 Hz, 1, 16 bits are needed"
        )
    samples = array("h", data)
    if sys.byteorder == "big":
        samples.byteswap()
    powers = [
        sum(sample * sample for sample in samples[start : start + _FRAME]) / _FRAME
        for start in range(0, len(samples) - _FRAME + 1, _FRAME)
    ]
    floor = max(powers, default=0.0) * 10 ** (_QUIET_DB / 10)
    loud = [place for place, power in enumerate(powers) if power > floor]
    if not loud:
        raise NotAPrompt(f"{path}: there is no sound in it")
    return Measure(
        duration_s=len(samples) / RATE,
        leading_s=loud[0] * _FRAME / RATE,
        trailing_s=(len(powers) - 1 - loud[-1]) * _FRAME / RATE,
        pause_s=max((after - before - 1 for before, after in pairwise(loud)), default=0) * _FRAME / RATE,
        level_db=_db(math.sqrt(sum(powers[place] for place in loud) / len(loud))),
        peak_db=_db(max(abs(sample) for sample in samples)),
    )


def spoken_s(path: Path) -> float:
    """Seconds from the first sound to the last in a recording of a telephone, 8 kHz mono 16-bit PCM; 0 if there is no
    sound, or no file.

    Sound is louder than what a quiet line hisses (`LOUD`). The header's lengths do not count: Asterisk writes them when
    it closes the file, which a death prevents. Needs little time also for minutes, since the line measures."""
    samples = array("h", pcm_of(path))
    if sys.byteorder == "big":
        samples.byteswap()
    starts = range(0, len(samples) - _STEP + 1, _STEP)
    loud = [place for place in starts if max(part := samples[place : place + _STEP]) >= LOUD or min(part) <= -LOUD]
    return (loud[-1] - loud[0] + _STEP) / RATE if loud else 0.0


def pcm_of(path: Path) -> bytes:
    """The samples of such a recording, whatever its header says of their number; empty if there is no such file."""
    try:
        return pcm_in(path.read_bytes())
    except OSError:
        return b""


def pcm_in(content: bytes) -> bytes:
    """The samples in the content of such a recording."""
    place = content.find(b"data", 12, 4096)
    if content[:4] != b"RIFF" or content[8:12] != b"WAVE" or place < 0:
        return b""
    data = content[place + 8 :]
    return data[: len(data) // 2 * 2]


def seconds_in(content: bytes) -> float:
    """How long the content of a prompt plays."""
    return len(pcm_in(content)) / (2 * RATE)


def _db(amplitude: float) -> float:
    return round(20 * math.log10(max(amplitude, 1e-9) / 32768), 2)


def write_sound(path: Path, data: bytes) -> None:
    """Replace a sound file that Asterisk may be playing: a caller who hears the old one goes on hearing it. The new one
    is made in the folder above, since a class of music plays whatever its folder has."""
    fresh = path.parent.parent / f".{path.stem}.new"
    fresh.write_bytes(data)
    fresh.replace(path)
