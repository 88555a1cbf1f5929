"""A record's times are held against what the phones and Asterisk saw: one that is wrong is found, and a witness who is
late is no fault of the record."""

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from bench.stack import CelRow
from phones import Leg
from tests.integration import moments
from tests.integration.moments import AmiTimes

T = 1_795_684_992.0
CALL, CHANNEL = "ast1-1795684992.1", "ast1-1795684992.2"
LATE_S = 3.0


def at(seconds: float) -> str:
    return datetime.fromtimestamp(T + seconds, UTC).isoformat(timespec="milliseconds")


def record(**changes: Any) -> dict[str, Any]:
    """Dials at 0, waits from 2, is offered at 5 to a phone that answers at 6; the agent hangs up at 9."""
    plain = {
        "id": CALL, "agent": "1001", "hangup_by": "agent", "entered_at": at(2), "queued_at": at(2),
        "answered_at": at(6), "ended_at": at(9), "wait_s": 4.0, "ring_s": 1.0, "answer_delay_s": 6.0, "talk_s": 3.0,
    }  # fmt: skip
    return plain | changes


def abandoned(**changes: Any) -> dict[str, Any]:
    """Gives up at 9."""
    none = dict.fromkeys(("agent", "answered_at", "ring_s", "answer_delay_s", "talk_s"))
    return record(**none, wait_s=7.0, hangup_by="caller") | changes


def in_menu(**changes: Any) -> dict[str, Any]:
    return abandoned(queued_at=None, entered_at=at(0), wait_s=None) | changes


def leg(incoming: bool, user: str, invited: float, answered: float, ended: float, by: str) -> Leg:
    one = Leg("1-1@x", user, incoming, T + invited, answered_at=T + answered, final=200, ended_at=T + ended)
    one.ended_by = "phone" if by == "phone" else "line"
    return one


def caller(by: str = "line", answered: float = 0.0, ended: float = 9.0, invited: float = -0.01) -> Leg:
    return leg(False, "4440411", invited, answered, ended, by)


def agent(by: str = "phone", invited: float = 5.0, answered: float = 6.0, ended: float = 9.0) -> Leg:
    return leg(True, "1001", invited, answered, ended, by)


def cel() -> list[CelRow]:
    def one(event: str, seconds: float, uniqueid: str, channel: str) -> CelRow:
        return CelRow(event, T + seconds, uniqueid, CALL, channel, "hotline", "", "", "", {})

    mine, theirs = (CALL, "PJSIP/trunk-00000001"), (CHANNEL, "PJSIP/1001-00000002")
    return [
        one("CHAN_START", 0, *mine), one("ANSWER", 0, *mine), one("CHAN_START", 5, *theirs), one("ANSWER", 6, *theirs),
        one("HANGUP", 9, *theirs), one("HANGUP", 9, *mine),
    ]  # fmt: skip


def ami(late_s: float = 0.0) -> AmiTimes:
    return AmiTimes({CHANNEL: T + 6 + late_s}, {CALL: T + 9 + late_s, CHANNEL: T + 9 + late_s})


def hold(
    row: dict[str, Any], caller: Leg, agents: list[Leg], rows: list[CelRow], told: AmiTimes, offered: float = 5.0
) -> None:
    moments.hold(row, caller, agents, rows, told, None if row["answered_at"] is None else T + offered)


@pytest.mark.parametrize(
    ("row", "by"),
    [(record(), "line"), (record(hangup_by="caller"), "phone"), (abandoned(), "phone"), (in_menu(), "phone")],
)
def test_what_happened_so_is_recorded_so(row: dict[str, Any], by: str) -> None:
    hold(row, caller(by), [agent("line" if by == "phone" else "phone")], cel(), ami())


@pytest.mark.parametrize("by_s", [-0.5, 0.5])
@pytest.mark.parametrize(
    ("row", "seconds"),
    [
        *((record(), field) for field in ("wait_s", "answer_delay_s", "talk_s")),
        (abandoned(), "wait_s"),
    ],
)
def test_a_duration_that_is_too_long_or_short_is_found(row: dict[str, Any], seconds: str, by_s: float) -> None:
    with pytest.raises(AssertionError):
        hold(row | {seconds: row[seconds] + by_s}, caller(), [agent()], cel(), ami())


@pytest.mark.parametrize("ring_s", [0.5, 4.5])
def test_a_ring_that_is_shorter_or_much_longer_than_the_phones_is_found(ring_s: float) -> None:
    row = record(ring_s=ring_s, wait_s=5.0, entered_at=at(1), queued_at=at(1))
    with pytest.raises(AssertionError, match="ring_s is"):
        hold(row, caller(), [agent()], cel(), ami(), offered=6 - ring_s)


@pytest.mark.parametrize("by_s", [-0.01, 0.01, 2.0])
def test_a_ring_that_did_not_begin_with_the_offer_is_found(by_s: float) -> None:
    with pytest.raises(AssertionError, match="the offer was"):
        hold(record(ring_s=1 + by_s), caller(), [agent()], cel(), ami())


@pytest.mark.parametrize("by_s", [-0.5, 0.5])
@pytest.mark.parametrize("row", [record(), record(hangup_by="caller"), abandoned(), in_menu()])
def test_an_end_that_is_too_early_or_late_is_found(row: dict[str, Any], by_s: float) -> None:
    talk_s = None if row["talk_s"] is None else row["talk_s"] + min(by_s, 0)
    waited_s = None if row["wait_s"] is None or row["talk_s"] is not None else row["wait_s"] + by_s
    changed = row | {"ended_at": at(9 + by_s), "talk_s": talk_s, "wait_s": waited_s or row["wait_s"]}
    with pytest.raises(AssertionError, match="ended_at"):
        hold(changed, caller("phone"), [agent()], cel(), ami())


@pytest.mark.parametrize("by_s", [-0.5, 0.5])
def test_an_answer_that_is_too_early_or_late_is_found(by_s: float) -> None:
    changes = {"answered_at": at(6 + by_s), "wait_s": 4 + by_s, "answer_delay_s": 6 + by_s, "talk_s": 3 - by_s}
    with pytest.raises(AssertionError, match="answered_at"):
        hold(record(**changes), caller(), [agent()], cel(), ami())


@pytest.mark.parametrize("seconds", [-0.5, 5.5])
def test_a_wait_that_begins_before_the_call_or_after_the_offer_is_found(seconds: float) -> None:
    row = record(entered_at=at(seconds), queued_at=at(seconds), wait_s=6 - seconds)
    with pytest.raises(AssertionError, match="queued_at"):
        hold(row, caller(), [agent()], cel(), ami())


@pytest.mark.parametrize("seconds", [-0.5, 0.5])
def test_an_arrival_at_another_time_is_found(seconds: float) -> None:
    with pytest.raises(AssertionError, match="arrival"):
        hold(in_menu(entered_at=at(seconds)), caller("phone"), [], cel(), ami())


def test_a_caller_who_left_before_their_session_began_came_when_they_left() -> None:
    hold(in_menu(entered_at=at(9)), caller("phone"), [], cel(), ami())


def test_an_abandoned_call_has_no_talk() -> None:
    with pytest.raises(AssertionError):
        hold(abandoned(talk_s=1.0), caller("phone"), [], cel(), ami())


def test_the_talk_of_an_agent_who_hangs_up_is_not_the_good_bye() -> None:
    late = [row for row in cel() if row.uniqueid == CHANNEL or row.event != "HANGUP"]
    late.append(CelRow("HANGUP", T + 12, CALL, CALL, "PJSIP/trunk-00000001", "hotline", "", "", "", {}))
    ends = AmiTimes({CHANNEL: T + 6}, {CHANNEL: T + 9, CALL: T + 12})
    hold(record(ended_at=at(12)), caller(ended=12.0), [agent()], late, ends)
    with pytest.raises(AssertionError, match="the talk's end"):
        hold(record(ended_at=at(12), talk_s=6.0), caller(ended=12.0), [agent()], late, ends)


def test_a_phone_that_hears_of_all_late_is_no_fault() -> None:
    hold(record(), caller(answered=LATE_S, ended=9 + LATE_S), [agent(invited=5.9)], cel(), ami())
    heard = agent("line", invited=5.9, ended=9 + LATE_S)
    hold(record(hangup_by="caller"), caller("phone", answered=LATE_S), [heard], cel(), ami())


@pytest.mark.parametrize("row", [record(), record(hangup_by="caller"), abandoned(), in_menu()])
def test_a_phone_that_notes_late_what_it_has_sent_is_no_fault(row: dict[str, Any]) -> None:
    by_caller = row["hangup_by"] == "caller"
    called = caller("phone" if by_caller else "line", answered=LATE_S, ended=9 + LATE_S, invited=LATE_S)
    hold(row, called, [agent("line" if by_caller else "phone", answered=6 + LATE_S, ended=9 + LATE_S)], cel(), ami())


def test_asterisk_that_logs_late_what_a_phone_had_sent_is_no_fault() -> None:
    late = [replace(one, at=one.at + LATE_S) if one.event == "ANSWER" else one for one in cel()]
    hold(record(), caller(), [agent()], late, ami())


def test_asterisk_that_tells_late_is_no_fault() -> None:
    """The line knows what Asterisk tells it: its times are as late."""
    late = {"answered_at": at(6 + LATE_S), "wait_s": 4 + LATE_S, "answer_delay_s": 6 + LATE_S, "ring_s": 1 + LATE_S}
    hold(record(**late, ended_at=at(9 + LATE_S), talk_s=3.0), caller(), [agent()], cel(), ami(LATE_S))


def test_an_offer_that_is_slow_on_its_way_to_the_phone_is_no_fault() -> None:
    hold(record(ring_s=3.0), caller(), [agent()], cel(), ami(), offered=3.0)
