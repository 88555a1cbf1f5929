"""The captures hold RTP as RFC 3550 and RFC 4733 want it."""

import struct
from collections.abc import Iterable

import pytest

from phones import Caller, OnWord, Press, Step, Wait, media, scenario

Packet = tuple[float, int, bool, int, int, bytes]
"""(at, payload type, marker, sequence, time stamp, body)."""


def packets(capture: bytes) -> list[Packet]:
    """What it holds."""
    found, offset = [], 24
    while offset < len(capture):
        seconds, micros, length, _ = struct.unpack_from("<IIII", capture, offset)
        rtp = capture[offset + 16 + 14 + 20 + 8 : offset + 16 + length]
        _, payload, sequence, stamp, _ = struct.unpack_from("!BBHII", rtp)
        found.append((seconds + micros / 1e6, payload & 0x7F, bool(payload & 0x80), sequence, stamp, rtp[12:]))
        offset += 16 + length
    return found


def heard(sent: Iterable[Packet]) -> str:
    """The keys that Asterisk makes of it: a digit begins, goes on and ends, and an end without a begin is a digit too;
    what has a stamp that is not newer than the last end's is a repetition (`process_dtmf_rfc2833`)."""
    keys, last_end = "", -1
    for _, payload, _, _, stamp, body in sent:
        if payload == media.EVENT_PAYLOAD and body[1] & 0x80 and stamp > last_end:
            keys, last_end = keys + media.KEYS[body[0]], stamp
    return keys


def captures(*steps: Step) -> list[list[Packet]]:
    """What a caller of these steps sends, one after the other: the captures of their keys."""
    taken: list[bytes] = []

    def keep(capture: bytes) -> str:
        taken.append(capture)
        return str(len(taken))

    scenario.caller(Caller(steps=steps, speaks=False), keep)
    return [packets(one) for one in taken]


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


@pytest.mark.parametrize("sent", [0, 1, 5, 6, 8, 600])
@pytest.mark.parametrize("then", [Press("1"), Press("2"), OnWord(("1",))])
def test_a_key_whose_end_was_cut_by_the_next_one_is_a_key_nevertheless(sent: int, then: Press | OnWord) -> None:
    """sipp stops a capture as the next one begins, and a busy machine may have sent next to nothing of it by then."""
    first, second = captures(Wait(0.3), Press("1"), Wait(0.3), then)
    assert heard([*first[:sent], *second]) == ("12" if then == Press("2") else "11")


def test_of_several_keys_and_several_presses_each_is_told_once_whichever_were_cut() -> None:
    first, second, third = captures(Press("11"), Press("1"), Wait(0.1), Press("1"))
    for of_first in range(len(first)):
        for of_second in (0, 1, 5, 9, len(second)):
            assert heard([*first[:of_first], *second[:of_second], *third]) == "1111"
    numbers = [packet[3] for packet in (*first[:10], *second[:10], *third[:10])]
    assert numbers == sorted(set(numbers))
