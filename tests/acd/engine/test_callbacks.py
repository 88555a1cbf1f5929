"""Callbacks instead of waiting, and for urgent callers who hung up: a place without a channel."""

from typing import Any

import pytest

from acd.engine.model.commands import Announce, CallBack, CancelOffer, HoldCaller, ReleaseCall
from acd.engine.model.config import Announcements
from acd.engine.model.events import (
    CallbackCancelled,
    CallerGone,
    CallImported,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
)
from acd.engine.model.facts import CallAnswered, CallbackQueued, CallQueued, WrapupEnded
from acd.engine.model.ids import AgentId, CallId, OfferId
from acd.engine.model.target import waited_s, within_target
from tests.acd.engine.calling_back import (
    NODE,
    asks,
    busy,
    callee,
    hangs_up,
    line_of,
    parts,
    presses,
    queued,
    ringing_c1,
)
from tests.acd.engine.line import SERVICES

# --- asking for it


def test_who_asks_is_let_go_and_called_when_it_is_their_turn() -> None:
    line = busy()
    presses(line, "c1")
    assert line.commands == [
        ReleaseCall(call=CallId("c1"), reason="callback", announce="callback_confirmed", language="tr")
    ]
    hangs_up(line, "c1")
    line.passes(100)
    line.agent_hangs_up("c0")
    assert [command for command in line.commands if isinstance(command, CallBack)] == [
        CallBack(
            call=CallId("c1"), offer=OfferId("c1#1"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=15,
            answer_s=30, service=SERVICES[2].id, priority="routine", number="05320000001",
        )
    ]  # fmt: skip
    line.answers("c1")
    assert line.talking == {}
    line.passes(7)
    callee(line, "c1")
    assert line.talking == {"1001": "c1"}
    line.passes(60)
    parts(line, "c1")
    end = line.outcome("c1")
    assert (end.outcome, end.agent, end.hangup_by, end.talk_s, end.callback) == (
        "called_back",
        "1001",
        "agent",
        60,
        "asked",
    )
    assert end.wait_s == 110
    assert line.facts(CallAnswered)[-1].callback == "asked"
    assert line.facts(WrapupEnded)[-1].call == "c1"
    assert line.offered == {"1001": "c2"}


def test_the_caller_who_hangs_up_the_call_back_has_ended_it() -> None:
    line = busy(wrapup_s=5)
    asks(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(5)
    line.answers("c1")
    callee(line, "c1")
    line.do(HangupRequested(at=line.at, call=CallId("c1"), by="caller"))
    parts(line, "c1")
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("called_back", "caller")
    assert line.shown("1001") == "wrapup"


def test_those_who_hold_are_neither_overtaken_nor_starved() -> None:
    line = busy()
    asks(line, "c2")
    served = []
    line.agent_hangs_up("c0")
    for _ in range(3):
        (call,) = line.offered.values()
        served.append(call)
        line.answers(call)
        if call == "c2":
            callee(line, call)
        line.agent_hangs_up(call)
    assert served == ["c1", "c2", "c3"]


def test_who_cannot_be_called_back_is_told_so_and_waits_on() -> None:
    for line, number in ((busy(callbacks=False), "05320000009"), (busy(), "")):
        queued(line, "c9", number=number)
        presses(line, "c9")
        assert line.commands == [Announce(call=CallId("c9"), prompts=("callback_impossible",), language="tr")]
        assert "c9" in {one.call for one in line.engine.core.waiting.calls()}


def test_all_that_is_said_of_it_is_said_in_the_callers_language() -> None:
    line = busy()
    for call in ("c8", "c9"):
        queued(line, call, number="05320000009", language="en")
    presses(line, "c8")
    assert [(one.reason, one.language) for one in line.commands if isinstance(one, ReleaseCall)] == [("callback", "en")]
    presses(line, "c9")
    assert line.commands == [Announce(call=CallId("c9"), prompts=("callback_impossible",), language="en")]


def test_one_call_back_to_a_number() -> None:
    line = busy()
    queued(line, "c8", number="05320000001")
    asks(line, "c1")
    presses(line, "c8")
    assert line.commands[0] == Announce(call=CallId("c8"), prompts=("callback_impossible",), language="tr")
    assert len(line.facts(CallbackQueued)) == 1


def test_a_key_when_the_agent_rings_already_changes_nothing() -> None:
    line = busy()
    line.agent_hangs_up("c0")
    presses(line, "c1")
    assert line.offered == {"1001": "c1"}
    assert not line.facts(CallbackQueued)


def test_with_an_agent_free_at_once_they_are_called_at_once() -> None:
    line = line_of("1001")
    queued(line, "c1")
    asks(line, "c1")
    line.ready("1001")
    assert isinstance(next(one for one in line.commands if not isinstance(one, HoldCaller)), CallBack)


@pytest.mark.parametrize("hangs_up_at_all", [True, False])
def test_nobody_calls_a_phone_that_is_still_on_the_line_with_us(hangs_up_at_all: bool) -> None:
    """They hear first that they will be called back, and have their place meanwhile."""
    line = line_of("1001", ring_recall=False)
    queued(line, "c1")
    presses(line, "c1")
    line.ready("1001")
    assert line.offered == {}
    line.passes(4)
    if hangs_up_at_all:
        hangs_up(line, "c1")
    else:  # or nobody has told us of it
        line.passes(11)
    assert line.offered == {"1001": "c1"}


def test_it_is_offered_when_the_wait_is_long() -> None:
    line = line_of(callback_offer_after_s=90)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1", number="")
    queued(line, "c2")
    line.passes(2)
    assert line.facts(CallQueued)[-1].ewt_s > 90
    assert [one.prompts for one in line.history if isinstance(one, Announce)] == [("callback_offer",)]
    line.passes(600)
    assert len([one for one in line.history if isinstance(one, Announce)]) == 1


def test_it_is_offered_later_where_an_agent_rang_when_the_only_announcement_was_due() -> None:
    told = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    line = line_of(callback_offer_after_s=15, announcements=told, max_misses=1)
    queued(line, "c1")
    line.passes(19)  # at 15 s it was left to the announcement at 20 s
    line.ready("1001")
    line.passes(2)
    line.fails("c1", "BUSY")
    line.passes(30)
    assert [one.prompts for one in line.history if isinstance(one, Announce)] == [("callback_offer",)]


def test_it_is_offered_with_the_announcement_that_is_due_anyway() -> None:
    told = (Announcements(priority="routine", position=True, after_s=20, every_s=30),)
    line = line_of(callback_offer_after_s=45, announcements=told)
    queued(line, "c1")
    line.passes(120)
    said = [one.prompts for one in line.history if isinstance(one, Announce)]
    assert said[:3] == [
        ("queue_position", "digit_1"),
        ("queue_position", "digit_1", "callback_offer"),
        ("queue_position", "digit_1"),
    ]


def test_it_is_offered_with_the_announcement_before_it_up_to_twelve_seconds_early() -> None:
    told = (Announcements(priority="routine", position=True, after_s=20, every_s=0),)
    for after_s, prompts in (
        (32, ("queue_position", "digit_1", "callback_offer")),
        (33, ("queue_position", "digit_1")),
    ):
        line = line_of(callback_offer_after_s=after_s, announcements=told)
        queued(line, "c1")
        line.passes(120)
        assert next(one.prompts for one in line.history if isinstance(one, Announce)) == prompts


# --- ends


@pytest.mark.parametrize("when", ["waiting", "ringing", "put off"])
def test_it_can_be_cancelled(when: str) -> None:
    line = busy()
    asks(line, "c1")
    if when != "waiting":
        line.agent_hangs_up("c0")
        line.answers("c1")
    if when == "put off":
        callee(line, "c1", "BUSY")
    line.do(CallbackCancelled(at=line.at, call=CallId("c1")))
    assert line.outcome("c1").outcome == "callback_cancelled"
    assert when != "ringing" or any(isinstance(one, CancelOffer) for one in line.commands)
    line.passes(600)
    assert "c1" not in line.offered.values()


def test_a_talk_is_not_cancelled_and_an_ordinary_call_neither() -> None:
    line = ringing_c1()
    callee(line, "c1")
    line.do(CallbackCancelled(at=line.at, call=CallId("c1")), CallbackCancelled(at=line.at, call=CallId("c2")))
    assert line.talking == {"1001": "c1"}
    assert "c2" in line.engine.state.calls


def test_without_a_trunk_any_more_nobody_is_called_back() -> None:
    line = busy()
    asks(line, "c1")
    line.do(ConfigChanged(at=line.at, config=line_of(callbacks=False).config))
    assert line.outcome("c1").outcome == "callback_cancelled"


def test_one_who_is_called_back_no_more_before_they_have_hung_up_has_one_record() -> None:
    """They still hear that they will be called back; then their channel ends, of which a node tells."""
    line = busy()
    presses(line, "c1")
    line.do(CallbackCancelled(at=line.at, call=CallId("c1")))
    line.do(CallerGone(at=line.at, call=CallId("c1"), channel="PJSIP/trunk-c1"))
    assert (line.out, line.outcome("c1").outcome) == ([], "callback_cancelled")


# --- urgent callers who hung up


def test_an_urgent_caller_who_hangs_up_while_waiting_is_called_back_at_their_place() -> None:
    line = busy(callback_abandoned_urgent=True)
    queued(line, "u1", "funeral")
    queued(line, "u2", "funeral")
    hangs_up(line, "u1")
    assert [(fact.call, fact.reason) for fact in line.facts(CallbackQueued)] == [("u1", "abandoned")]
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "u1"}
    line.answers("u1")
    callee(line, "u1")
    parts(line, "u1")
    assert (line.outcome("u1").outcome, line.outcome("u1").callback) == ("called_back", "abandoned")


def test_hanging_up_while_it_rings_frees_the_agent_who_calls_back_at_once() -> None:
    line = line_of(callback_abandoned_urgent=True)
    line.ready("1001")
    queued(line, "u1", "funeral")
    line.caller_gone("u1")
    assert isinstance(line.commands[-1], CallBack)


def test_who_is_never_reached_has_abandoned() -> None:
    line = busy(callback_abandoned_urgent=True, callback_tries=1)
    queued(line, "u1", "funeral")
    hangs_up(line, "u1")
    line.agent_hangs_up("c0")
    line.answers("u1")
    callee(line, "u1", "NOANSWER")
    end = line.outcome("u1")
    assert (end.outcome, end.tries, end.hangup_by) == ("abandoned", 1, "caller")


def test_who_hung_up_and_is_called_back_in_vain_has_waited_until_they_hung_up() -> None:
    line = busy(callback_abandoned_urgent=True, callback_tries=1)
    queued(line, "u1", "funeral")
    line.passes(3)
    hangs_up(line, "u1")
    line.passes(894)
    line.agent_hangs_up("c0")
    line.answers("u1")
    callee(line, "u1", "NOANSWER")
    end = line.outcome("u1")
    assert (end.outcome, end.wait_s) == ("abandoned", 3.0)
    assert end.ended_at - end.arrived_at > 894
    assert (waited_s(end), within_target(end, 6.0)) == (3.0, True)


@pytest.mark.parametrize("rules", [{}, {"callback_abandoned_urgent": True}])
def test_routine_callers_and_lines_without_it_just_abandon(rules: dict[str, Any]) -> None:
    line = busy(**rules)
    call, service = ("c9", "request") if rules else ("u1", "funeral")
    queued(line, call, service)
    hangs_up(line, call)
    assert line.outcome(call).outcome == "abandoned"


def test_an_urgent_caller_who_calls_again_has_their_place_once() -> None:
    line = busy(callback_abandoned_urgent=True, redial_s=60)
    queued(line, "u1", "funeral")
    queued(line, "u2", "funeral")
    hangs_up(line, "u1")
    queued(line, "u3", "funeral", number="05320000001")
    assert "u1" in line.engine.state.calls
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "u3"}


def test_who_was_to_be_called_back_and_is_told_of_by_the_standby_later_has_one_record() -> None:
    """They waited in Asterisk's own queue while no engine was there, hung up, and called again at once."""
    line = line_of(callback_abandoned_urgent=True)
    queued(line, "u1", "funeral")
    line.do(EngineStarted(at=line.at))
    line.passes(9)
    hangs_up(line, "u1")
    queued(line, "u2", "funeral", number="05320000001")
    line.do(CallbackCancelled(at=line.at, call=CallId("u1")))
    line.do(
        CallImported(
            at=line.at, call=CallId("u1"), node=NODE, arrived_at=line.at - 9, urgent=True, queued_at=line.at - 8,
            ended_at=line.at - 1, hangup_by="caller",
        )
    )  # fmt: skip
    assert (line.out, line.outcome("u1").outcome) == ([], "abandoned")
