"""Prompts are known by their samples."""

import struct
import wave
from pathlib import Path

from bench.capture import Rtp
from bench.voice import decode, first_of, first_word, heard, last_of, lasts_s


def test_mu_law() -> None:
    assert decode(b"\xff\x7f\x00\x80") == [0, 0, -32124, 32124]


def test_the_first_packet_of_a_prompt_is_found_among_others(tmp_path: Path) -> None:
    ramp = [(n * 37) % 16000 - 8000 for n in range(1600)]
    sound = tmp_path / "prompt.wav"
    with wave.open(str(sound), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(struct.pack(f"<{len(ramp)}h", *ramp))
    assert lasts_s(sound) == 0.2

    def packet(at: float, samples: list[int]) -> Rtp:
        values = decode(bytes(range(256)))
        body = bytes(min(range(256), key=[abs(value - sample) for value in values].__getitem__) for sample in samples)
        return Rtp(at, 10000, 7200, 0, False, 0, 1, body)

    silence, other = [0] * 160, [3000 if n % 20 < 10 else -3000 for n in range(160)]
    packets = [packet(1.0, silence), packet(1.02, other), packet(1.04, ramp[:160]), packet(1.06, ramp[160:320])]
    assert first_word(packets) == 1.02
    assert first_of(packets, sound) == 1.04

    again = [packet(1.08 + 0.02 * n, ramp[160 * n : 160 * (n + 1)]) for n in range(10)]
    sounds = {"prompt": sound}
    assert heard([*packets, *again, packet(1.3, other)], sounds) == [(1.08, "prompt")], "once cut, once to its end"
    assert heard([*packets, *again[:7]], sounds) == []

    assert last_of([*packets, *again, packet(1.3, other)], sound, look_s=0.04) == 1.26
    assert last_of([*packets, *again[:7]], sound, look_s=0.04) is None, "cut"
