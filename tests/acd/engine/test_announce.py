"""Announcements to waiting callers: when, and in which words."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.commands import Announce, HoldCaller, OfferCall
from acd.engine.model.config import Announcements
from acd.engine.model.events import CallAttached, ConfigChanged, EngineStarted, KeyPressed
from acd.engine.model.facts import CallQueued, WaitAnnounced
from acd.engine.model.ids import CallId, NodeId
from acd.engine.rules.announcements import AT_ONCE_S, number_words, position_words, wait_words
from tests.acd.engine.line import Line

BOTH = (
    Announcements(priority="urgent", position=True, after_s=5, every_s=0),
    Announcements(priority="routine", position=True, wait=True, after_s=20, every_s=30),
)


def busy(waiting: int, announcements: tuple[Announcements, ...] = BOTH, **rules: Any) -> Line:
    """One agent, whose talks take two minutes, is in one; callers w0, w1, … come a second apart."""
    line = Line("1001", wrapup_s=0, announcements=announcements, **rules)
    line.ready("1001")
    line.arrives("past", "request")
    line.answers("past")
    line.passes(120)
    line.agent_hangs_up("past")
    line.caller_gone("past")
    line.arrives("c1", "request")
    line.answers("c1")
    for n in range(waiting):
        line.arrives(f"w{n}", "request")
        line.passes(1)
    return line


def waits(line: Line) -> None:
    """w0, whose number can be dialled, waits."""
    line.do(CallAttached(at=line.at, call=CallId("w0"), node=NodeId("ast1"), channel="PJSIP/t", callable="05320000001"))
    line.chooses("w0", "request")


def said(line: Line, call: str) -> list[tuple[str, ...]]:
    """What a caller was told so far."""
    return [item.prompts for item in line.history if isinstance(item, Announce) and item.call == call]


def test_told_at_set_times_where_they_stand_and_how_long_it_takes() -> None:
    line = busy(2)
    line.passes(17.9)
    assert said(line, "w0") == []
    line.passes(0.1)
    assert said(line, "w0") == [("queue_position", "digit_1", "queue_wait", "digit_2", "queue_minutes")]
    line.passes(1)
    assert said(line, "w1") == [("queue_position", "digit_2", "queue_wait", "digit_4", "queue_minutes")]
    line.passes(29)
    assert len(said(line, "w0")) == 2


def test_nobody_is_told_anything_unless_it_is_set() -> None:
    line = busy(1, ())
    line.passes(600)
    assert said(line, "w0") == []


def test_what_was_told_never_rises() -> None:
    line = busy(2)
    line.passes(19)
    for n in range(3):
        line.arrives(f"u{n}", "request")
        line.do(KeyPressed(at=line.at, call=CallId(f"u{n}"), key="9"))
        line.arrives(f"urgent{n}", "funeral")
    line.passes(30)
    told = [fact for fact in line.facts(WaitAnnounced) if fact.call == "w1"]
    assert [(fact.position, fact.minutes) for fact in told] == [(2, 4), (2, 4)]
    assert told[1].ewt_s > told[0].ewt_s


def test_one_whose_agent_rings_is_told_nothing_and_later_has_their_turn() -> None:
    line = busy(1, retry_s=300)
    line.passes(10)
    line.agent_hangs_up("c1")
    assert line.offered == {"1001": "w0"}
    line.passes(9)
    assert said(line, "w0") == []
    line.fails("w0", "NOANSWER")
    line.passes(30)
    assert len(said(line, "w0")) == 1


def test_an_offer_takes_no_notice_of_an_announcement() -> None:
    line = busy(1)
    line.passes(19)
    assert said(line, "w0")
    line.agent_hangs_up("c1")
    assert next(type(command) for command in line.commands) is OfferCall


def test_answered_or_gone_they_are_told_no_more() -> None:
    line = busy(2)
    line.agent_hangs_up("c1")
    line.answers("w0")
    line.caller_gone("w1")
    line.passes(300)
    assert said(line, "w0") == said(line, "w1") == []
    assert not [timer for timer in line.timers if timer.startswith("announce")]


def test_each_class_has_its_own_rules_and_who_escalates_goes_by_the_other() -> None:
    line = busy(1, escalation_key="9")
    line.do(KeyPressed(at=line.at, call=CallId("w0"), key="9"))
    line.passes(4)
    assert said(line, "w0") == [("queue_position", "digit_1")]
    line.passes(300)
    assert len(said(line, "w0")) == 1


def test_where_there_is_no_second_announcement_there_is_none_and_its_time_is_forgotten() -> None:
    once = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    line = busy(1, once)
    line.passes(600)
    assert said(line, "w0") == [("queue_position", "digit_1")]
    assert line.engine.state.calls[CallId("w0")].place.announce_at is None


def test_rules_that_tell_nothing_any_more_count_from_the_next_announcement() -> None:
    line = busy(1)
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, announcements=())))
    line.passes(600)
    assert said(line, "w0") == []
    assert not [timer for timer in line.timers if timer.startswith("announce")]


def test_all_is_told_in_the_callers_language_and_the_estimate_with_it() -> None:
    line = busy(0)
    line.arrives("w0", "request", language="en")
    line.passes(20)
    assert [one.language for one in line.commands if isinstance(one, Announce)] == ["en"]
    [told] = line.facts(WaitAnnounced)
    assert told.ewt_s == 100


def test_the_estimate_is_told_to_a_tenth_of_a_second() -> None:
    line = busy(1, (Announcements(priority="routine", position=True, after_s=20.27),))
    line.passes(30)
    [told] = line.facts(WaitAnnounced)
    assert told.ewt_s == 100.3, "80 s from now, after 20.27"


def test_a_long_wait_is_told_to_the_minute() -> None:
    """Ten are ahead: 21.3 minutes, which are not 21."""
    line = busy(11)
    line.passes(20)
    assert said(line, "w10")[0][-3:] == ("number_20", "digit_2", "queue_minutes")


def test_a_call_back_is_not_offered_into_an_announcement() -> None:
    """Callbacks are switched on while the caller hears it, and then they say that it is urgent."""
    once = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    line = Line("1001", announcements=once, escalation_key="9", callback_key="2")
    waits(line)
    line.passes(22)
    new = msgspec.structs.replace(line.config, callbacks=True, callback_offer_after_s=15)
    line.do(ConfigChanged(at=line.at, config=new))
    line.do(KeyPressed(at=line.at, call=CallId("w0"), key="9"))
    line.passes(11.9)
    assert said(line, "w0") == [("queue_position", "digit_1")]
    line.passes(0.1)
    assert said(line, "w0") == [("queue_position", "digit_1"), ("callback_offer",)]


def test_a_call_back_is_offered_as_soon_as_an_announcement_is_over() -> None:
    once = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    line = Line("1001", announcements=once, escalation_key="9", callback_key="2")
    waits(line)
    line.passes(20 + AT_ONCE_S)
    new = msgspec.structs.replace(line.config, callbacks=True, callback_offer_after_s=15)
    line.do(ConfigChanged(at=line.at, config=new))
    line.do(KeyPressed(at=line.at, call=CallId("w0"), key="9"))
    line.passes(0)
    assert said(line, "w0") == [("queue_position", "digit_1"), ("callback_offer",)]


@pytest.mark.parametrize(("later_s", "at_once"), [(AT_ONCE_S, True), (AT_ONCE_S + 0.5, False)])
def test_an_announcement_says_what_would_be_said_soon_after_it(later_s: float, at_once: bool) -> None:
    once = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    line = Line("1001", announcements=once, callbacks=True, callback_key="2", callback_offer_after_s=20 + later_s)
    waits(line)
    line.passes(20)
    assert said(line, "w0") == [("queue_position", "digit_1", *(["callback_offer"] if at_once else []))]
    line.passes(60)
    assert ("callback_offer" in said(line, "w0")[-1], len(said(line, "w0"))) == (True, 1 if at_once else 2)


@pytest.mark.parametrize(("later_s", "told"), [(AT_ONCE_S, 0), (AT_ONCE_S + 0.5, 1)])
def test_the_offer_of_a_call_back_waits_for_an_announcement_that_comes_soon(later_s: float, told: int) -> None:
    once = (Announcements(priority="routine", position=True, after_s=15 + later_s, every_s=0),)
    line = Line("1001", announcements=once, callbacks=True, callback_key="2", callback_offer_after_s=15)
    waits(line)
    line.passes(15)
    assert said(line, "w0") == [("callback_offer",)] * told
    line.passes(later_s)
    assert said(line, "w0")[-1] == ("queue_position", "digit_1", *(() if told else ("callback_offer",)))


def test_a_wait_of_just_the_time_after_which_a_call_back_is_offered_is_long() -> None:
    line = busy(0, (), callbacks=True, callback_key="2", callback_offer_after_s=80)
    waits(line)
    assert line.facts(CallQueued)[-1].ewt_s == 80
    line.passes(2)
    assert said(line, "w0") == [("callback_offer",)]


def test_a_call_back_is_offered_once_whatever_becomes_of_the_caller() -> None:
    line = Line("1001", escalation_key="9", callbacks=True, callback_key="2", callback_offer_after_s=15)
    waits(line)
    line.passes(20)
    line.do(KeyPressed(at=line.at, call=CallId("w0"), key="9"))
    line.passes(60)
    assert said(line, "w0") == [("callback_offer",)]


def test_call_backs_that_are_switched_off_are_offered_to_nobody_any_more() -> None:
    line = Line("1001", callbacks=True, callback_key="2", callback_offer_after_s=15)
    waits(line)
    line.passes(10)
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, callbacks=False)))
    line.passes(60)
    assert said(line, "w0") == []


def test_an_offer_left_to_an_announcement_that_will_not_come_is_not_waited_for() -> None:
    """It was due just before the announcement. Then callbacks are switched off, and the caller is urgent, who are told
    nothing."""
    routine = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    line = Line("1001", announcements=routine, escalation_key="9", callbacks=True, callback_key="2",
                callback_offer_after_s=15)  # fmt: skip
    waits(line)
    line.passes(16)
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, callbacks=False)))
    line.do(KeyPressed(at=line.at, call=CallId("w0"), key="9"))
    place = line.engine.state.calls[CallId("w0")].place
    assert (place.announce_at, place.offer_callback_at) == (None, None)
    line.passes(60)
    assert said(line, "w0") == []


def test_urgent_callers_are_ahead_of_a_routine_one_though_they_came_later() -> None:
    line = busy(1)
    line.arrives("u1", "funeral")
    line.arrives("u2", "funeral")
    line.passes(19)
    assert said(line, "w0")[0][:2] == ("queue_position", "digit_3")


def test_with_nobody_on_duty_only_the_position_is_told() -> None:
    line = Line("1001", announcements=BOTH)
    line.arrives("w0", "request")
    line.passes(20)
    assert said(line, "w0") == [("queue_position", "digit_1")]


def test_a_restart_keeps_the_time_and_what_was_told() -> None:
    line = busy(2)
    line.passes(19)
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert "announce:w1" in line.timers
    line.attaches("w1")
    assert any(isinstance(command, HoldCaller) for command in line.commands)
    line.caller_gone("w0")
    line.passes(31)
    assert said(line, "w1")[-1] == ("queue_position", "digit_1", "queue_wait", "digit_2", "queue_minutes")


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (1, "digit_1"),
        (10, "number_10"),
        (19, "number_19"),
        (20, "number_20"),
        (21, "number_20 digit_1"),
        (99, "number_90 digit_9"),
    ],
)
def test_numbers_in_words(number: int, words: str) -> None:
    assert number_words(number) == words.split()


def test_long_waits_and_high_positions_are_not_told_to_the_minute() -> None:
    assert wait_words(0) == wait_words(1) == ["queue_wait_short"]
    assert wait_words(60) == ["queue_wait", "number_60", "queue_minutes"]
    assert wait_words(61) == ["queue_wait_long"]
    assert position_words(99) == ["queue_position", "number_90", "digit_9"]
    assert position_words(100) == ["queue_position_many"]
