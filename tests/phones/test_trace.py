"""Legs are put together from what sipp recorded."""

from pathlib import Path

import pytest

from phones import legs_of, read_messages

RECORD = "".join(
    f"2026-11-24\t12:00:00.0\t{at}\t{way}\t{call}\tCSeq:{cseq}\t{line}\n"
    for at, way, call, cseq, line in (
        (1.0, "S", "1-77@127.0.0.1", "1 REGISTER", "REGISTER sip:127.0.0.1:5060 SIP/2.0"),
        (2.0, "R", "abc", "7 INVITE", "INVITE sip:1001@127.0.0.1:7000 SIP/2.0"),
        (2.1, "S", "abc", "7 INVITE", "SIP/2.0 180 Ringing"),
        (2.5, "S", "abc", "7 INVITE", "SIP/2.0 200 OK"),
        (2.6, "R", "abc", "7 ACK", "ACK sip:127.0.0.1:7000 SIP/2.0"),
        (4.0, "S", "abc", "2 BYE", "BYE sip:asterisk@127.0.0.1 SIP/2.0"),
        (4.1, "R", "abc", "2 BYE", "SIP/2.0 200 OK"),
        (5.0, "R", "def", "8 INVITE", "INVITE sip:1002@127.0.0.1:7000 SIP/2.0"),
        (5.1, "R", "def", "8 CANCEL", "CANCEL sip:1002@127.0.0.1:7000 SIP/2.0"),
        (5.2, "S", "def", "8 CANCEL", "SIP/2.0 200 OK"),
        (5.3, "S", "def", "8 INVITE", "SIP/2.0 487 Request Terminated"),
    )
)


def test_legs(tmp_path: Path) -> None:
    record = tmp_path / "messages"
    record.write_text(RECORD + "2026-11-24\t12:00:09")  # sipp is writing the next line
    talked, cancelled = legs_of(read_messages(record))
    assert (talked.user, talked.incoming, talked.final, talked.ended_by) == ("1001", True, 200, "phone")
    assert (talked.invited_at, talked.ringing_at, talked.answered_at, talked.ended_at) == (2.0, 2.1, 2.5, 4.0)
    assert (cancelled.user, cancelled.final, cancelled.cancelled_at, cancelled.ended_at) == ("1002", 487, 5.1, None)


def test_no_record_yet(tmp_path: Path) -> None:
    assert read_messages(tmp_path / "messages") == []


CALLED = (
    ("R", "7 INVITE", "INVITE sip:1001@127.0.0.1:7000 SIP/2.0"),
    ("S", "7 INVITE", "SIP/2.0 200 OK"),
    ("R", "7 ACK", "ACK sip:127.0.0.1:7000 SIP/2.0"),
)
HELD = (
    ("S", "2 INVITE", "INVITE sip:line@127.0.0.1:5060 SIP/2.0"),
    ("R", "2 INVITE", "SIP/2.0 200 OK"),
    ("S", "2 ACK", "ACK sip:line@127.0.0.1:5060 SIP/2.0"),
)
ASKED = (
    ("S", "1 INVITE", "INVITE sip:1002@127.0.0.1:5060 SIP/2.0"),
    ("R", "1 INVITE", "SIP/2.0 401 Unauthorized"),
    ("S", "1 ACK", "ACK sip:1002@127.0.0.1:5060 SIP/2.0"),
    ("S", "2 INVITE", "INVITE sip:1002@127.0.0.1:5060 SIP/2.0"),
    ("R", "2 INVITE", "SIP/2.0 200 OK"),
    ("S", "2 ACK", "ACK sip:1002@127.0.0.1:5060 SIP/2.0"),
)
SENT_ON = (
    ("S", "3 REFER", "REFER sip:line@127.0.0.1:5060 SIP/2.0"),
    ("R", "3 REFER", "SIP/2.0 202 Accepted"),
)


@pytest.mark.parametrize(
    ("so_far", "may"),
    [
        (CALLED[:2], False),
        (CALLED, True),
        ((*CALLED, HELD[0]), False),
        ((*CALLED, *HELD[:2]), False),
        ((*CALLED, *HELD), True),
        ((*CALLED, *HELD, *ASKED[:1]), False),
        ((*CALLED, *HELD, *ASKED[:4]), False),
        ((*CALLED, *HELD, *ASKED[:5]), False),
        ((*CALLED, *HELD, *ASKED), True),
        ((*CALLED, *HELD, *ASKED, *SENT_ON[:1]), False),
        ((*CALLED, *HELD, *ASKED, *SENT_ON), True),
    ],
)
def test_a_phone_that_waits_for_an_answer_misses_the_word_to_go_on(
    tmp_path: Path, so_far: tuple[tuple[str, str, str], ...], may: bool
) -> None:
    record = tmp_path / "messages"
    record.write_text("".join(f"d\tt\t1.0\t{way}\tabc\tCSeq:{cseq}\t{line}\n" for way, cseq, line in so_far))
    (leg,) = legs_of(read_messages(record))
    assert leg.may_go_on == may
