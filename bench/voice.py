"""What a caller hears: µ-law packets, and which prompt they are of."""

import wave
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path

from bench.capture import Rtp

FRAME = 160
AUDIBLE = 400
"""Mean amplitude (of 32,767) from which a frame is heard."""


def _decoded(byte: int) -> int:
    inverted = ~byte & 0xFF
    magnitude = (((inverted & 0x0F) << 3) + 0x84) << ((inverted & 0x70) >> 4)
    return 0x84 - magnitude if inverted & 0x80 else magnitude - 0x84


_TABLE = tuple(_decoded(byte) for byte in range(256))


def decode(payload: bytes) -> list[int]:
    """The samples of a µ-law payload."""
    return [_TABLE[byte] for byte in payload]


def is_audible(samples: Sequence[int]) -> bool:
    """Whether a frame is more than silence."""
    return bool(samples) and sum(map(abs, samples)) / len(samples) >= AUDIBLE


@cache
def frames_of(sound: Path) -> tuple[tuple[int, ...], ...]:
    """The 20 ms frames of a sound file (8 kHz, 16 bit, mono)."""
    with wave.open(str(sound)) as file:
        if (file.getframerate(), file.getsampwidth(), file.getnchannels()) != (8000, 2, 1):
            raise ValueError(f"{sound}: 8 kHz, 16 bit, mono is expected")
        raw = file.readframes(file.getnframes())
    samples = [int.from_bytes(raw[n : n + 2], "little", signed=True) for n in range(0, len(raw), 2)]
    return tuple(tuple(samples[n : n + FRAME]) for n in range(0, len(samples) - FRAME + 1, FRAME))


def lasts_s(sound: Path) -> float:
    """How long a sound file plays."""
    with wave.open(str(sound)) as file:
        frames, rate = file.getnframes(), file.getframerate()
    return float(frames / rate)


def is_of(payload: bytes, frame: Sequence[int]) -> bool:
    """Whether a packet is this frame of a sound, as µ-law changes it."""
    samples = decode(payload)
    if len(samples) != len(frame):
        return False
    wrong = sum(abs(heard - meant) for heard, meant in zip(samples, frame, strict=True))
    return wrong <= 0.06 * sum(map(abs, frame)) + 8 * len(frame)


def first_word(packets: Sequence[Rtp]) -> float | None:
    """When the first audible packet came."""
    return next((packet.at for packet in packets if is_audible(decode(packet.body))), None)


def first_of(packets: Sequence[Rtp], sound: Path, look_s: float = 0.4) -> float | None:
    """When the first audible frame of a sound came; only its first `look_s` are looked for."""
    frames = [frame for frame in frames_of(sound)[: round(look_s / 0.02)] if is_audible(frame)]
    return next((packet.at for packet in packets if any(is_of(packet.body, frame) for frame in frames)), None)


def last_of(packets: Sequence[Rtp], sound: Path, look_s: float = 0.4) -> float | None:
    """When the last audible frame of a sound came; only its last `look_s` are looked for."""
    frames = [frame for frame in frames_of(sound)[-round(look_s / 0.02) :] if is_audible(frame)]
    return next((packet.at for packet in reversed(packets) if any(is_of(packet.body, frame) for frame in frames)), None)


def heard(packets: Sequence[Rtp], sounds: Mapping[str, Path], share: float = 0.8) -> list[tuple[float, str]]:
    """Which of these sounds were played to their end, and when each began, in order. `packets` are of one stream."""
    bodies = [packet.body for packet in packets]
    found: list[tuple[float, str]] = []
    for name, sound in sounds.items():
        frames = frames_of(sound)
        audible = [n for n, frame in enumerate(frames) if is_audible(frame)]
        if not audible:
            continue
        first = audible[0]
        for place, body in enumerate(bodies):
            if place + audible[-1] - first >= len(bodies) or not is_of(body, frames[first]):
                continue
            same = sum(is_of(bodies[place + n - first], frames[n]) for n in audible)
            if same >= share * len(audible):
                found.append((packets[place].at, name))
    return sorted(found)
