"""The judge of `make chaos` finds each kind of fault, and nothing where there is none."""

from typing import Any

import pytest

from bench.stack import CelRow
from phones import Leg, Message
from tests.chaos.crowd import Dialled
from tests.chaos.judge import Records, Verdict, inversions, judge, on_line, overlaps, settled

T = 1_795_684_992.0
CALL = "ast1-1795684992.1"
NUMBER = "05320000001"


def caller(ended_by: str = "line", ended_at: float | None = T + 5, final: int = 200) -> Dialled:
    answered = T if final == 200 else None
    leg = Leg("1-1@x", "4440411", False, T - 0.1, answered_at=answered, final=final)
    leg.ended_at, leg.ended_by = ended_at, ended_by  # type: ignore[assignment]  # None is what the case is about
    return Dialled(NUMBER, leg, urgent=False)


def agent(began: float = 2.0, ended: float = 5.0, user: str = "1001") -> Leg:
    leg = Leg("a", user, True, T + began - 0.2, answered_at=T + began, final=200)
    leg.ended_at, leg.ended_by = T + ended, "phone"
    return leg


def row(**changes: Any) -> dict[str, Any]:
    plain = {
        "id": CALL, "caller": NUMBER, "class": "routine", "outcome": "answered", "agent": "1001", "hangup_by": "agent",
        "queued_at": ms(1.0), "answered_at": ms(2.0), "ended_at": ms(5.0),
    }  # fmt: skip
    return {**plain, **changes}


def ms(seconds: float) -> int:
    return round((T + seconds) * 1000)


def segment(began: float = 2.0, ended: float = 5.0, call: str = CALL, agent: str = "1001") -> dict[str, Any]:
    return {"call": call, "number": 1, "agent": agent, "how": "answered",
            "began_at": ms(began), "ended_at": ms(ended)}  # fmt: skip


def cel(ended: float = 5.0) -> list[CelRow]:
    def one(event: str, at: float, uniqueid: str, channel: str) -> CelRow:
        return CelRow(event, T + at, uniqueid, CALL, channel, "hotline", "", "", "", {})

    return [
        one("ANSWER", 2.0, "ast1-2", "PJSIP/1001-00000002"),
        one("HANGUP", ended, "ast1-2", "PJSIP/1001-00000002"),
        one("HANGUP", ended, CALL, "PJSIP/trunk-00000001"),
    ]


def verdict(
    who: Dialled | None = None,
    legs: list[Leg] | None = None,
    rows: list[dict[str, Any]] | None = None,
    parts: list[dict[str, Any]] | None = None,
    log: list[CelRow] | None = None,
) -> Verdict:
    records = Records([row()] if rows is None else rows, [segment()] if parts is None else parts, [])
    return judge([who or caller()], [agent()] if legs is None else legs, records, cel() if log is None else log)


def test_a_call_that_all_agree_on() -> None:
    found = verdict()
    assert found.ok
    assert found.calls == 1
    assert found.worst_error_s == pytest.approx(0.0, abs=0.001)


def test_a_call_without_a_row_is_missing() -> None:
    assert verdict(rows=[], parts=[]).missing


def test_a_call_with_two_rows_is_duplicated() -> None:
    assert verdict(rows=[row(), row(id="other")]).duplicated


@pytest.mark.parametrize(
    ("rows", "parts", "word"),
    [
        ([row(outcome=None, ended_at=None)], None, "is open"),
        ([row(ended_at=ms(6.0))], None, "end: +1.000"),
        (None, [segment(ended=6.0)], "talk's end: +1.000"),
        (None, [segment(began=1.0)], "talk's begin: -1.000"),
        ([row(agent="1002")], None, "agent 1002"),
        (None, [segment(agent="1002")], "no phone of 1002"),
        ([row(outcome="abandoned", agent=None)], [], "CEL has ['1001']"),
        ([row(outcome="abandoned")], None, "outcome abandoned with 1 talks"),
    ],
)
def test_a_row_that_differs_from_the_phones_is_wrong(
    rows: list[dict[str, Any]] | None, parts: list[dict[str, Any]] | None, word: str
) -> None:
    found = verdict(rows=rows, parts=parts)
    assert any(word in one for one in found.wrong), found.wrong


def test_a_talk_that_no_row_has_is_wrong() -> None:
    found = verdict(legs=[agent(), agent(7.0, 9.0)])
    assert any("is in no row" in one for one in found.wrong)


@pytest.mark.parametrize(("acknowledged_s", "ended_s", "lost"), [(9.0, 9.1, False), (9.0, 9.4, True), (7.0, 7.4, True)])
def test_an_answer_that_asterisk_read_when_the_caller_had_left_is_no_talk(
    acknowledged_s: float, ended_s: float, lost: bool
) -> None:
    late = agent(7.0, ended_s)
    late.ended_by = "line"
    acknowledged(late, "ACK", "ACK sip:1001@127.0.0.1 SIP/2.0", acknowledged_s)
    assert bool(verdict(legs=[agent(), late]).wrong) is lost


def test_an_answer_that_asterisk_never_acknowledged_is_a_talk() -> None:
    never = agent(7.0, 7.4)
    never.ended_by = "line"
    assert verdict(legs=[agent(), never]).wrong


def test_an_end_that_differs_from_asterisks_log_is_wrong() -> None:
    assert any("beside CEL" in one for one in verdict(log=cel(ended=6.0)).wrong)


def test_an_end_that_asterisk_logs_later_is_right_if_the_phone_says_so() -> None:
    early = row(ended_at=ms(4.0), outcome="abandoned", agent=None, answered_at=None)
    gone = cel(ended=5.0)[2:]
    assert verdict(caller("phone", ended_at=T + 4), legs=[], rows=[early], parts=[], log=gone).ok
    assert verdict(caller("phone", ended_at=T + 5), legs=[], rows=[early], parts=[], log=gone).wrong


def test_a_talk_that_differs_from_asterisks_log_is_wrong() -> None:
    parts, legs = [segment(ended=5.6)], [agent(ended=5.6)]
    late = verdict(caller(ended_at=T + 5.6), legs=legs, rows=[row(ended_at=ms(5.6))], parts=parts, log=cel(ended=5.0))
    assert any("talk's end +0.600 s beside CEL" in one for one in late.wrong), late.wrong


@pytest.mark.parametrize(("at", "right"), [(4.4, False), (5.0, True), (6.0, False), (7.0, True), (7.6, False)])
def test_a_talk_ends_when_asterisk_lets_the_agent_leave_the_caller_or_hangs_up(at: float, right: bool) -> None:
    left = [CelRow("BRIDGE_EXIT", T + 5.0, "ast1-2", CALL, "PJSIP/1001-00000002", "hotline", "", "", "", {})]
    answered, *over = cel(ended=7.0)
    records = Records([row(ended_at=ms(7.0))], [segment(ended=at)], [])
    found = judge([caller(ended_at=T + 7.0)], [agent(ended=at)], records, [answered, *left, *over])
    assert any("beside CEL" in one for one in found.wrong) is not right, found.wrong


def test_where_asterisk_is_late_a_time_may_be_that_far_from_the_phones_but_not_from_asterisks_own() -> None:
    records = Records([row()], [segment()], [])
    late = caller(ended_at=T + 3.5), agent(began=1.0, ended=3.5)
    assert judge([late[0]], [late[1]], records, cel(), near_s=2.0).ok
    assert judge([late[0]], [late[1]], records, cel()).wrong
    assert judge([late[0]], [late[1]], records, cel(ended=3.5), near_s=2.0).wrong


def acknowledged(leg: Leg, method: str, line: str, after_s: float) -> None:
    """Asterisk's word for what the phone did came so late."""
    leg.messages.append(Message(T + after_s, False, leg.call_id, 1, method, line))


def test_on_a_shared_machine_what_a_phone_did_may_be_noticed_until_it_was_acknowledged() -> None:
    leg = agent(began=1.0, ended=4.0)
    acknowledged(leg, "ACK", "ACK sip:1001@127.0.0.1 SIP/2.0", 2.1)
    records = Records([row()], [segment()], [])
    assert judge([caller()], [leg], records, cel(), shared=True).wrong, "nothing says that its hang-up was read late"
    acknowledged(leg, "BYE", "SIP/2.0 200 OK", 4.9)
    found = judge([caller()], [leg], records, cel(), shared=True)
    assert found.ok, found.wrong
    assert found.worst_error_s == pytest.approx(0.1, abs=0.001)
    assert judge([caller()], [leg], records, cel()).wrong, "alone on a machine nothing is late"


def test_on_a_shared_machine_a_row_lies_between_the_phones_message_and_its_acknowledgement() -> None:
    who = caller("phone", ended_at=T + 3.0)
    acknowledged(who.leg, "BYE", "SIP/2.0 200 OK", 3.4)
    for at, right in ((2.4, False), (2.6, True), (3.8, True), (4.0, False)):
        gone = row(ended_at=ms(at), outcome="abandoned", agent=None, answered_at=None)
        assert judge([who], [], Records([gone], [], []), cel(ended=4.0)[2:], shared=True).ok is right, at


def test_on_a_shared_machine_a_phone_may_notice_late_that_the_line_has_hung_up() -> None:
    late = caller(ended_at=T + 7.0)
    records = Records([row()], [segment()], [])
    assert judge([late], [agent()], records, cel(), shared=True).ok
    assert judge([late], [agent()], records, cel()).wrong
    early = Records([row(ended_at=ms(4.0))], [segment()], [])
    assert judge([late], [agent()], early, cel(), shared=True).wrong


def test_a_caller_whom_the_line_hangs_up_on_is_dropped() -> None:
    abandoned = row(outcome="abandoned", agent=None, answered_at=None, hangup_by="unknown")
    assert verdict(legs=[], rows=[abandoned], parts=[], log=cel()[2:]).dropped
    assert not verdict(caller("phone"), legs=[], rows=[abandoned], parts=[], log=cel()[2:]).dropped


def test_a_caller_whom_nobody_lets_go_is_dropped() -> None:
    assert verdict(caller(ended_at=None)).dropped


def test_a_caller_whom_the_line_does_not_answer_is_dropped() -> None:
    found = verdict(caller(final=503), rows=[], parts=[], legs=[], log=[])
    assert (found.calls, len(found.dropped)) == (0, 1)


def test_a_caller_who_is_told_that_the_line_is_busy_is_dropped_unless_that_is_fair() -> None:
    records = Records([], [], [])
    assert judge([caller(final=486)], [], records, []).dropped
    assert not judge([caller(final=486)], [], records, [], busy_is_fair=True).dropped
    assert judge([caller(final=503)], [], records, [], busy_is_fair=True).dropped


def test_a_talk_with_a_stranger_is_one_that_the_agents_phone_knows() -> None:
    stranger = row(id="other", caller="0533")
    talk = segment(7.0, 9.0, call="other")
    assert verdict(rows=[row(), stranger], parts=[segment(), talk], legs=[agent(), agent(7.0, 9.0)]).ok
    assert verdict(rows=[row(), stranger], parts=[segment(), talk]).wrong


def test_a_strangers_row_that_is_open_is_wrong() -> None:
    stranger = row(id="other", caller="0533")
    assert verdict(rows=[row(), stranger]).ok
    assert verdict(rows=[row(), row(id="other", caller="0533", outcome=None, ended_at=None)]).wrong


STRANGER = "ast1-1795684999.7"


def strangers_cel(*events: str) -> list[CelRow]:
    return [CelRow(one, T + 6, STRANGER, STRANGER, "PJSIP/trunk-00000007", "hotline", "", "", "", {}) for one in events]


def test_who_was_answered_and_not_let_go_is_on_the_line() -> None:
    assert on_line(strangers_cel("CHAN_START")) == set(), "refused: never answered"
    assert on_line([*cel(), *strangers_cel("ANSWER")]) == {STRANGER}
    assert on_line([*cel(), *strangers_cel("ANSWER", "HANGUP")]) == set()


def test_nothing_is_judged_before_it_is_over_and_stored() -> None:
    callers, legs, calls = [caller()], [agent()], [row()]
    assert settled(callers, legs, calls, cel())
    assert not settled(callers, legs, [], cel()), "no row yet"
    assert not settled(callers, legs, [row(outcome=None)], cel()), "the row is open yet"
    talks = agent(7.0)
    talks.ended_at = None
    assert not settled(callers, [*legs, talks], calls, cel()), "an agent talks"


def test_a_strangers_call_has_to_be_over_and_stored_too() -> None:
    callers, legs, calls, log = [caller()], [agent()], [row()], [*cel(), *strangers_cel("ANSWER", "HANGUP")]
    stranger = row(id=STRANGER, caller="0533")
    assert settled(callers, legs, [*calls, stranger], log)
    assert not settled(callers, legs, calls, log), "the agent's talk with them would be in no row"
    assert not settled(callers, legs, [*calls, row(id=STRANGER, caller="0533", outcome=None)], log)
    assert not settled(callers, legs, [*calls, stranger], [*cel(), *strangers_cel("ANSWER")]), "may yet get an agent"


def test_two_talks_of_one_agent_at_a_time_overlap() -> None:
    assert overlaps([segment(2.0, 5.0), segment(4.0, 6.0, call="other")])
    assert not overlaps([segment(2.0, 5.0), segment(5.0, 6.0, call="other")])
    assert not overlaps([segment(2.0, 5.0), segment(4.0, 6.0, call="other", agent="1002")])


def offer(call: str, priority: str, made: float, ended: float | None, agent: str = "1001") -> dict[str, Any]:
    over = None if ended is None else ms(ended)
    return {"call": call, "class": priority, "agent": agent, "made_at": ms(made), "ended_at": over}


def test_a_routine_offer_while_an_urgent_caller_waits_is_an_inversion() -> None:
    urgent = row(id="urgent", **{"class": "urgent"}, queued_at=ms(1.0), answered_at=ms(5.0), ended_at=ms(9.0))
    rows = [urgent, row(id="routine")]
    routine = offer("routine", "routine", 3.0, 3.2)
    assert inversions(Records(rows, [], [routine]))
    assert not inversions(Records(rows, [], [routine, offer("urgent", "urgent", 2.9, 3.5, "1002")]))
    assert not inversions(Records(rows, [], [routine, offer("urgent", "urgent", 2.0, 2.5)]))  # missed by that agent
    assert not inversions(Records(rows, [], [offer("routine", "routine", 6.0, 6.2)]))
