"""Each invariant can fail: a line is in order, something in it is bent, and the check says what."""

from collections.abc import Callable

import pytest

from acd.engine import invariants
from acd.engine.model.commands import Announce, CallBack
from acd.engine.model.config import Relaxation, Service
from acd.engine.model.errors import EngineBug
from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from acd.engine.model.state import Agent, Call, DutyRing, Preference, Wrapup
from acd.engine.rules import relaxation
from acd.engine.rules.page_reload import RECONNECTING
from tests.acd.engine.line import Line, profile


def line_of() -> Line:
    """1001 rings for r1, 1002 talks to t1, u1 (urgent), r2 and r3 wait; 1003 is off duty."""
    line = Line("1001 1002 1003")
    line.ready("1002")
    line.arrives("t1", "request")
    line.answers("t1")
    line.ready("1001")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    line.arrives("r3", "request")
    line.arrives("u1", "funeral")
    return line


def call(line: Line, name: str) -> Call:
    return line.engine.state.calls[CallId(name)]


def agent(line: Line, name: str) -> Agent:
    return line.engine.state.agents[AgentId(name)]


def two_for_one(line: Line) -> None:
    talk = call(line, "t1").talk
    assert talk is not None
    talk.agent = AgentId("1001")


def on_duty_now(line: Line) -> None:
    one = agent(line, "1003")
    one.login, one.reachable = "ready", True


def idle_now(line: Line) -> None:
    on_duty_now(line)
    line.engine.core.refresh(agent(line, "1003"))


WORK = Wrapup(call=CallId("t1"), since=1000.0, until=1010.0)


def works_after_another(line: Line) -> None:
    line.agent_hangs_up("t1")
    one = agent(line, "1002")
    one.activity, one.call, one.wrapup = "wrapup", CallId("r2"), WORK


def rung(line: Line, other: str, request: str, *, known: bool = True) -> None:
    """7102 rings about 26-1, and another telephone about a request; one may be the other."""
    rings = [("w1", "7102", "26-1"), ("w2", other, request)]
    for wish, number, about in rings:
        ring = DutyRing(wish=wish, request=about, number=number, prompts=(), until=2000.0, last=False)
        line.engine.state.duty_rings[wish] = ring
        if known:
            line.engine.state.duty_wishes[wish] = 1000.0


BENDS: list[tuple[Callable[[Line], object], str]] = [
    (two_for_one, "agent 1001 is in r1 and in t1|agent 1001 is in t1 and in r1"),
    (lambda line: line.engine.core.leave_queue(call(line, "r2")), "call r2: phase waiting, attached True, but in"),
    (lambda line: setattr(call(line, "r1"), "offer", None), "call r1: phase offered and offer None"),
    (lambda line: setattr(call(line, "r2"), "queued", None), "call r2: phase waiting but never queued"),
    (
        lambda line: setattr(call(line, "u1").place, "preferred", Preference(agent=AgentId("1001"), until=2000.0)),
        "call u1: urgent, and kept for 1001",
    ),
    (lambda line: setattr(call(line, "r2"), "language", "en"), "call r2, which speaks en: Queued"),
    (lambda line: setattr(call(line, "r2"), "unqueued", call(line, "r1").queued), "call r2, which speaks tr: Queued"),
    (lambda line: setattr(call(line, "r2").place, "call", "r3"), "call r2, which speaks tr: Queued|r3 waits while"),
    (lambda line: setattr(call(line, "t1"), "talk", None), "call t1: phase talking and talk None"),
    (lambda line: setattr(call(line, "t1"), "answered", None), "call t1: talks or has talked, but was never answered"),
    (
        lambda line: setattr(agent(line, "1001"), "call", CallId("t1")),
        "agent 1001: reserved on t1, but that call says r1",
    ),
    (lambda line: setattr(agent(line, "1001"), "activity", "idle"), "agent 1001: idle, but call r1 is theirs"),
    (lambda line: setattr(agent(line, "1003"), "call", CallId("r2")), "agent 1003: idle and call r2"),
    (lambda line: setattr(agent(line, "1003"), "wrapup", WORK), "agent 1003: idle, and after-call work Wrapup"),
    (works_after_another, "agent 1002: works after t1, and has call r2"),
    (on_duty_now, "agent 1003: belongs into idle, is in None"),
    (idle_now, "call r2 waits while agent 1003 is ready"),
    (lambda line: line.engine.core.over.append(call(line, "r2")), "1 calls are over, but not ended"),
    (lambda line: line.engine.core.callbacks.update({"0532": CallId("r2")}), "called are {} and {}, known are"),
    (lambda line: setattr(call(line, "u1").place, "urgent_calls", 1), "urgent calls are {'': {'u1'}}, counted are {}"),
    (lambda line: setattr(line.engine.core.waiting, "urgent", 0), "callers wait, the queue counts"),
    (
        lambda line: setattr(call(line, "r2").place, "lined_up", ""),
        "call r2: waits in 'request:1:tr:routine', told was ''",
    ),
    (lambda line: line.engine.state.wait_reasons.clear(), "waits for busy, told was None"),
    (lambda line: rung(line, "7101", "26-1"), "duty rings: one request has several"),
    (lambda line: rung(line, "7102", "26-2"), "duty rings: one number has several"),
    (lambda line: rung(line, "7101", "26-2", known=False), "not all of their wishes are known"),
]


def test_a_line_in_order_breaks_no_rule() -> None:
    invariants.check(line_of().engine)


@pytest.mark.parametrize(("bend", "said"), BENDS)
def test_what_is_bent_is_told(bend: Callable[[Line], object], said: str) -> None:
    line = line_of()
    bend(line)
    with pytest.raises(EngineBug, match=said):
        invariants.check(line.engine)


def offer(line: Line, name: str) -> OfferMade:
    one = call(line, name)
    assert one.priority is not None
    return OfferMade(
        at=line.at,
        call=one.id,
        offer=OfferId("x#1"),
        agent=AgentId("1003"),
        service=one.service or ServiceId(""),
        priority=one.priority,
        waited_s=0,
    )


def test_an_inversion_and_a_queue_jumper_are_told() -> None:
    line = line_of()
    invariants.check(line.engine, [offer(line, "u1")])
    with pytest.raises(EngineBug, match="1003 was offered r2 while urgent u1 waits"):
        invariants.check(line.engine, [offer(line, "r2")])
    line.caller_gone("u1")
    invariants.check(line.engine, [offer(line, "r2")])
    with pytest.raises(EngineBug, match="1003 was offered r3 while r2 was before them"):
        invariants.check(line.engine, [offer(line, "r3")])


SPOKEN = (
    Service(id=ServiceId("funeral"), priority="urgent", relax=(Relaxation(after_s=8, any_language=True),)),
    Service(id=ServiceId("agent")),
)


def test_a_step_that_is_waited_for_in_vain_is_told() -> None:
    line = Line((profile("1001", languages="tr"), profile("1002", languages="en")), SPOKEN)
    line.arrives("u1", "funeral", language="en")
    line.ready("1002")
    line.arrives("u2", "funeral", language="en")
    line.wishes("1002", "offline")
    agent(line, "1001").login, agent(line, "1001").reachable = "ready", True
    line.engine.core.count_staffing(agent(line, "1001"))
    with pytest.raises(EngineBug, match="call u1: waits in vain for 1 steps of relaxation"):
        invariants.check(line.engine)


def test_a_routine_caller_before_an_urgent_one_who_waits_in_vain_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    line = Line((profile("1001", languages="tr"), profile("1002", languages="tr")), SPOKEN)
    line.arrives("u1", "funeral", language="en")
    line.arrives("r1", "agent")
    with monkeypatch.context() as patched:
        patched.setattr(relaxation, "catch_up", lambda core: setattr(core, "staff_changed", False))
        patched.setattr(invariants, "_check_call", lambda engine, call: None)  # which tells the same of u1 itself
        with pytest.raises(EngineBug, match="agent 1001 was offered r1 while urgent u1 waits"):
            line.ready("1001")


def test_words_for_who_cannot_hear_them_are_told() -> None:
    line = line_of()
    with pytest.raises(EngineBug, match="call t1 is told where it stands, but it does not wait"):
        invariants.check(line.engine, [Announce(call=CallId("t1"), prompts=("queue_position",), language="tr")])
    told = Announce(call=CallId("t1"), prompts=(RECONNECTING,), language="tr")
    with pytest.raises(EngineBug, match="call t1 is told where it stands, but it does not wait"):
        invariants.check(line.engine, [told])
    back = CallBack(
        call=CallId("r2"),
        offer=OfferId("r2#1"),
        agent=AgentId("1003"),
        endpoint="PJSIP/1003",
        ring_s=15,
        answer_s=30,
        service=ServiceId("request"),
        priority="routine",
        number="0532",
    )
    with pytest.raises(EngineBug, match="call r2, away False, but CallBack"):
        invariants.check(line.engine, [back])
