"""What a phone sends: speech and keys, as captures that sipp plays.

sipp's own `play_dtmf` is silent for 0.8 s before its first key, which no measurement of an answer to a key can use, and
repeats its RTP time stamps at each call. A capture made here begins with the key itself. sipp rewrites the addresses of
a capture and keeps its RTP.

Each capture ends in a trickle, one packet of silence a second, so that Asterisk's RTP time-outs see a phone that lives
at a fraction of the cost of full speech.
"""

import io
import struct
from collections.abc import Iterator, Sequence

FRAME_S = 0.02
FRAME = 160
"""Samples of a frame at 8 kHz."""
KEY_S = 0.1
KEY_FRAMES = round(KEY_S / FRAME_S)
GAP_S = 0.1
EVENT_PAYLOAD = 96
CALLED_PAYLOAD = 101
"""Of a phone that is called: what Asterisk offers."""
SSRC = 0x0C0511E5
KEYS = "0123456789*#ABCD"


def keys_last_s(keys: str) -> float:
    """How long it takes to press `keys`."""
    return len(keys) * (KEY_S + GAP_S)


def speech(s: float = 0.5, trickle_s: int = 600) -> bytes:
    """A capture of silence in µ-law, dense for `s` seconds and a trickle after that."""
    frames = round(s / FRAME_S)
    packets = [(n * FRAME_S, _rtp(0, n, n * FRAME, b"\xff" * FRAME)) for n in range(frames)]
    return _pcap([*packets, *_trickle(frames, s, trickle_s, 0)])


def noise(s: float, nth: int = 0, trickle_s: int = 600) -> bytes:
    """A capture of a loud tone of 1 kHz for `s` seconds: somebody who speaks without a pause. `nth` is as in `keys`."""
    frames, first, stamp = round(s / FRAME_S), 2000 * nth, 8000 * 1000 * nth
    tone = bytes((0x9E, 0x8B, 0x80, 0x8B, 0x1E, 0x0B, 0x00, 0x0B)) * (FRAME // 8)
    packets = [(n * FRAME_S, _rtp(0, first + n, stamp + n * FRAME, tone)) for n in range(frames)]
    return _pcap([*packets, *_trickle(first + frames, s, trickle_s, stamp)])


def keys(
    keys: str,
    nth: int,
    trickle_s: int = 600,
    payload: int = EVENT_PAYLOAD,
    before: Sequence[tuple[int, str]] = (),
) -> bytes:
    """A capture of RFC 4733 events for `keys`. `nth` counts a call's presses from 1, so that each has RTP sequence
    numbers and time stamps of its own: Asterisk takes an event of the same stamp for a repetition.

    `before`: the call's presses before this one, as (nth, keys). It begins with the end of each of their events once
    more, since sipp stops a capture when the next one begins. On a busy machine that cut a key before its end had been
    sent, and Asterisk took the next one, of the same digit, for the rest of it. An end that was heard is a
    repetition."""
    packets: list[tuple[float, bytes]] = []
    sequence = 2000 * nth
    for earlier, pressed in before:
        for position, key in enumerate(pressed):
            packets.append(
                (0.0, _rtp(payload, sequence, _stamp(earlier, position), _event(key, KEY_FRAMES, over=True)))
            )
            sequence += 1
    for position, key in enumerate(keys):
        at, stamp = position * (KEY_S + GAP_S), _stamp(nth, position)
        for n in range(1, KEY_FRAMES + 1):
            packets.append((at + (n - 1) * FRAME_S, _rtp(payload, sequence, stamp, _event(key, n), first=n == 1)))
            sequence += 1
        for n in range(3):
            packets.append((at + KEY_S + n * 0.001, _rtp(payload, sequence, stamp, _event(key, KEY_FRAMES, over=True))))
            sequence += 1
    return _pcap([*packets, *_trickle(sequence, keys_last_s(keys), trickle_s, _stamp(nth))])


def _stamp(nth: int, position: int = 0) -> int:
    """The time stamp of a key, or of the press that it belongs to."""
    return 8000 * 1000 * nth + round(position * (KEY_S + GAP_S) * 8000)


def _event(key: str, frames: int, *, over: bool = False) -> bytes:
    """The event of a key that has lasted for so many frames."""
    return struct.pack("!BBH", KEYS.index(key), (0x80 if over else 0) | 10, frames * FRAME)


def _trickle(sequence: int, after_s: float, for_s: int, stamp: int) -> Iterator[tuple[float, bytes]]:
    for n in range(for_s):
        at = after_s + n + 1
        yield at, _rtp(0, sequence + n, stamp + round(at * 8000), b"\xff" * FRAME)


def _rtp(payload: int, sequence: int, stamp: int, body: bytes, *, first: bool = False) -> bytes:
    return struct.pack("!BBHII", 0x80, payload | (0x80 if first else 0), sequence & 0xFFFF, stamp, SSRC) + body


def _pcap(packets: list[tuple[float, bytes]]) -> bytes:
    out = io.BytesIO()
    out.write(struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 1))
    here = b"\x7f\0\0\1"
    for n, (at, rtp) in enumerate(packets):
        udp = struct.pack("!HHHH", 6000, 6000, 8 + len(rtp), 0) + rtp
        ip = struct.pack("!BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), n & 0xFFFF, 0, 64, 17, 0, here, here) + udp
        frame = b"\0" * 12 + b"\x08\x00" + ip
        micros = round(at * 1_000_000)
        out.write(struct.pack("<IIII", micros // 1_000_000, micros % 1_000_000, len(frame), len(frame)) + frame)
    return out.getvalue()
