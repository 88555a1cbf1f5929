"""The captures hold RTP as RFC 3550 and RFC 4733 want it."""

import struct

from phones import media


def packets(capture: bytes) -> list[tuple[float, int, bool, int, int, bytes]]:
    """(at, payload type, marker, sequence, time stamp, body) of each packet."""
    found, offset = [], 24
    while offset < len(capture):
        seconds, micros, length, _ = struct.unpack_from("<IIII", capture, offset)
        rtp = capture[offset + 16 + 14 + 20 + 8 : offset + 16 + length]
        _, payload, sequence, stamp, _ = struct.unpack_from("!BBHII", rtp)
        found.append((seconds + micros / 1e6, payload & 0x7F, bool(payload & 0x80), sequence, stamp, rtp[12:]))
        offset += 16 + length
    return found


def test_keys_are_events_with_one_stamp_and_three_ends() -> None:
    events = [p for p in packets(media.keys("1#", nth=1, trickle_s=2)) if p[1] == media.EVENT_PAYLOAD]
    for key, code in (("1", 1), ("#", 11)):
        own = [p for p in events if p[5][0] == code]
        assert len({p[4] for p in own}) == 1, key
        assert [p[2] for p in own] == [True] + [False] * (len(own) - 1)
        assert [bool(p[5][1] & 0x80) for p in own][-3:] == [True, True, True]
    assert events[0][0] == 0.0


def test_each_press_has_stamps_and_numbers_of_its_own() -> None:
    first, second = (packets(media.keys("1", nth=n, trickle_s=600)) for n in (1, 2))
    assert not {p[4] for p in first} & {p[4] for p in second}
    assert not {p[3] for p in first} & {p[3] for p in second}


def test_speech_is_dense_and_then_a_trickle() -> None:
    times = [p[0] for p in packets(media.speech(0.1, trickle_s=3))]
    assert times == [0.0, 0.02, 0.04, 0.06, 0.08, 1.1, 2.1, 3.1]
