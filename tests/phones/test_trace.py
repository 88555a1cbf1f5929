"""Legs are put together from what sipp recorded."""

from pathlib import Path

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
