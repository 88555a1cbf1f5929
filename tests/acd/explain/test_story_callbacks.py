"""The telling of callbacks, transfers and calls that the line makes."""

import pytest

from acd.engine.model.config import Relaxation, Service
from acd.engine.model.events import (
    CallbackCancelled,
)
from acd.engine.model.ids import AgentId, CallId, ServiceId
from tests.acd.engine import automatic_calls
from tests.acd.engine import handing_over as handovers
from tests.acd.engine.calling_back import callee, hangs_up, line_of, parts, presses, queued
from tests.acd.engine.handing_on import talking
from tests.acd.engine.line import Line, profile
from tests.acd.engine.test_outcome_calls import O1
from tests.acd.explain.telling import after, texts


def test_a_hand_over_is_told_from_the_wish_to_its_end() -> None:
    line = talking("1001 1002", **handovers.TRUNK)
    handovers.wishes(line, agent=AgentId("1002"))
    leg = handovers.rung(line)
    line.passes(3)
    handovers.fails(line, "BUSY")
    line.comes_back("c1", leg, "")
    line.answers("c1")
    handovers.rung(line, to="iski", number="185", callable="185")
    line.passes(2)
    handovers.answered(line)
    line.passes(60)
    line.caller_gone("c1")
    told = texts(line, "c1")
    for words in (
        "not handed over to acil_112: another agent talked to the caller",
        "1001 hands the caller over to acil_112",
        "the caller has left 1001; acil_112 is rung for 25.0 s at most",
        "acil_112 was busy: the caller comes back",
        "offered to 1001, who had handed the caller over",
        "iski answered after 2.0 s: caller and iski talk",
    ):
        assert words in told, told
    begun = told.index("the caller has left 1001; acil_112 is rung for 25.0 s at most")
    assert told[begun + 1] == "· 1001 talked to the caller for 10.0 s"
    turkish = " ".join(texts(line, "c1", lang="tr"))
    assert "2,0 sn sonra yanıt verdi, arayanla konuşuyor: iski" in turkish


def test_a_transfer_is_told() -> None:
    line = Line("1001 1002", wrapup_s=10)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.ready("1002")
    line.passes(10)
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    line.passes(2)
    line.answers("c1")
    line.passes(5)
    line.caller_gone("c1")
    line.passes(20)
    told = texts(line, "c1")
    assert told[told.index("1001 sent the caller on to 1002; place and waiting time stay") :] == [
        "1001 sent the caller on to 1002; place and waiting time stay",
        "· 1001 talked to the caller for 10.0 s",
        "offered to 1002, to whom a colleague sent the caller",
        "1002's phone rings",
        "1002 talks to the caller from now",
        "1002 talked to the caller for 5.0 s",
        "ended after 15.0 s of talk; hung up by the caller",
        "1001's after-call work for this call took 10.0 s",
        "1002's after-call work for this call took 10.0 s",
    ]


def test_a_colleague_who_cannot_be_had_is_told_with_all_others() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("c1", "request")
    line.answers("c1")
    line.passes(10)
    line.wishes("1002", "paused", "meal")
    line.comes_back("c1", line.sends("c1", "1001"), "1001")
    assert after(texts(line, "c1"), "1001 could") == [
        "1001 could not be had at that moment: the caller waits at the place they had",
        "· no agent for it: talking: 1001; paused (meal): 1002",
    ]


def test_a_call_back_from_the_wish_to_the_talk() -> None:
    line = line_of(wrapup_s=5, callback_tries=2)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1")
    queued(line, "c2")
    line.passes(20)
    presses(line, "c1")
    line.passes(4)
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(5)
    line.answers("c1")
    line.passes(7)
    callee(line, "c1", "BUSY")
    line.answers("c2")
    line.passes(60)
    line.agent_hangs_up("c2")
    line.passes(5)
    line.answers("c1")
    line.passes(4)
    callee(line, "c1")
    line.passes(30)
    parts(line, "c1")
    sentences = texts(line, "c1")
    assert sentences[4:] == [
        "pressed 2 while waiting",
        "asked to be called back; the place in the queue stays",
        "· nobody is rung for them before they have hung up, or 15.0 s are over",
        "may be called back from now",
        "· no agent for it: talking: 1001",
        "offered to 1001, who had just ended after-call work",
        "· first of 2 who waited for 1001, came before c2 (29.0 s)",
        "1001's phone rings",
        "1001 has picked up, and the caller's phone rings",
        "1001 picked up to call them back, but they did not answer (7.0 s)",
        "waits again, at the place they had",
        "was not reached: busy (try 1)",
        "· is called again in 60.0 s, at the place they had; the agent is free for others",
        "may be called back from now",
        "· no agent for it: talking: 1001",
        "offered to 1001, who had just ended after-call work",
        "· meanwhile 1 other caller was offered an agent: this caller was not to be called at that moment: c2 to 1001",
        "· nobody else waited for 1001",
        "1001's phone rings",
        "1001 has picked up, and the caller's phone rings",
        "they answered their phone and talk to 1001: 105.0 s after entering the queue, "
        "105.0 s after the line's answer, 4.0 s after 1001 was rung",
        "· missed the target of 6 s by 99.0 s: nobody was free for 20.0 s (1 of 1 talking), "
        "85.0 s until they were called back",
        "was called back after 105.0 s and talked for 30.0 s; the agent hung up",
    ]
    assert after(texts(line, "c2"), "offered") == [
        "offered to 1001, who was free again after another offer came to nothing",
        "· meanwhile 1 other caller was offered an agent: had come before: c1 to 1001",
        "· nobody else waited for 1001",
    ]


def test_an_urgent_one_who_hung_up_and_calls_again_before_they_are_called() -> None:
    line = line_of(callback_abandoned_urgent=True)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "u1", "funeral")
    line.passes(9)
    hangs_up(line, "u1")
    line.passes(9)
    queued(line, "u2", "funeral", "05320000001")
    assert texts(line, "u1")[-3:] == [
        "hung up an urgent call while waiting: is called back from the place they had",
        "· no agent for it: talking: 1001",
        "called again: nobody is rung for them before that call, u2, is over",
    ]
    line.passes(600)
    assert texts(line, "u1")[-1].startswith("called again"), "that it is looked at now and then is no news"
    hangs_up(line, "u2")
    assert texts(line, "u1")[-2:] == ["may be called back from now", "· no agent for it: talking: 1001"]


def test_a_callback_that_was_tried_before_they_called_again() -> None:
    line = line_of(wrapup_s=5, callback_retry_s=60)
    line.ready("1001")
    queued(line, "c0")
    line.answers("c0")
    queued(line, "c1")
    presses(line, "c1")
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.passes(5)
    line.answers("c1")
    callee(line, "c1", "BUSY")
    queued(line, "c7", number="05320000001")
    hangs_up(line, "c7")
    assert texts(line, "c1")[-1] == "their other call is over: is called again in 60.0 s, at the place they had"


def test_who_is_not_called_back_and_why() -> None:
    line = line_of(callback_denied=("+90392",))
    queued(line, "c1", number="03921234567")
    presses(line, "c1")
    assert texts(line, "c1")[-1] == (
        "asked to be called back, and is not: the number is in a range that is never called"
    )
    line = line_of(callback_abandoned_urgent=True, callbacks_per_number=1)
    for call in ("u1", "u2"):
        queued(line, call, "funeral", number="05320000001")
        hangs_up(line, call)
        line.do(CallbackCancelled(at=line.at, call=CallId(call)))
    assert texts(line, "u2")[-3:] == [
        "hung up an urgent call while waiting, and is not called back: "
        "the number has had its callbacks within 24 hours",
        "the caller hung up after waiting 0.00 s",
        "· hung up before the target of 6 s was over",
    ]


@pytest.mark.parametrize("vain", [True, False])
def test_why_less_is_asked_of_the_agent(vain: bool) -> None:
    relax = (Relaxation(after_s=20, level=1, any_language=True),)
    services = (Service(id=ServiceId("request"), min_level=2, relax=relax),)
    agents = (profile("1001", "request:2", languages="tr"), profile("1002", "request:1", languages="tr"))
    line = Line(agents, services, default_service=ServiceId("request"))
    line.ready("1002")
    if not vain:
        line.ready("1001")
        line.arrives("c0", "request")
        line.answers("c0")
    line.arrives("c1", "request")
    line.passes(20)
    begin = "nobody on duty can do more, so less" if vain else "has waited long enough that less"
    (told_so,) = [one for one in texts(line, "c1") if "level 1" in one]
    assert told_so.startswith(begin)
    assert told_so.endswith("at once: level 1, any language" if vain else "from now: level 1, any language")


def test_an_automatic_call_is_told_to_its_score() -> None:
    line = automatic_calls.told()
    automatic_calls.talked(line, "scored", 2)
    automatic_calls.talked(line, "over")
    automatic_calls.gone(line)
    said = texts(line, O1)
    assert after(said, "a citizen is to be told the outcome")[0].endswith("the line rings them")
    assert "pressed a key to hear it: the words begin, and count as told" in said
    assert after(said, "heard the words")[1] == "· gives the outcome 2 of 5"
