"""Sounds that nobody says: tones, as 8 kHz, 16 bit, mono."""

import io
import math
import wave
from array import array
from typing import Final

from ivr.sound import RATE

BEEP: Final = "cozum_beep"
"""The sound file that an agent hears before a caller to whom their phone answered by itself."""
BEEP_HZ, BEEP_S, BEEP_LEVEL = 1000.0, 0.2, 0.2
"""Short, because the caller waits for its end: nobody speaks sooner after a beep."""


def count(seconds: float) -> int:
    """Samples of so many seconds."""
    return round(seconds * RATE)


def sine(hz: float, seconds: float, level: float) -> bytes:
    """A tone; `level` is its amplitude, of full scale."""
    high = level * 32767
    tone = array("h", (round(high * math.sin(2 * math.pi * hz * n / RATE)) for n in range(count(seconds))))
    if array("h", [1]).tobytes() != b"\x01\x00":
        tone.byteswap()
    return tone.tobytes()


def as_wav(samples: bytes) -> bytes:
    """The sound file of these samples."""
    data = io.BytesIO()
    with wave.open(data, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(RATE)
        file.writeframes(samples)
    return data.getvalue()


def beep() -> bytes:
    """The sound file `BEEP`."""
    return as_wav(sine(BEEP_HZ, BEEP_S, BEEP_LEVEL))
