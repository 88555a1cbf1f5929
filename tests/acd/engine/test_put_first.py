"""The shift lead puts a waiting caller first: before all others of the class, and never before a higher class."""

from typing import Any

import msgspec

from acd.engine.machine import Engine
from acd.engine.model.agent_events import FirstPlaceWished
from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, ConfigChanged, KeyPressed
from acd.engine.model.facts import CallLinedUp, CallPutFirst, PreferenceEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.calling_back import line_of
from tests.acd.engine.line import SERVICES, Line, profile
from tests.acd.engine.test_outcome_calls import wishes


def puts_first(line: Line, call: str, reason: Any = "promised") -> None:
    """The shift lead's wish."""
    line.do(FirstPlaceWished(at=line.at, call=CallId(call), reason=reason))


def order_of(line: Line, agent: str = "1001") -> list[str]:
    """Callers in the order in which an agent serves them from now on."""
    if line.shown(agent) != "ready" and agent not in line.offered:
        line.ready(agent)
    order = []
    while agent in line.offered:
        order.append(line.offered[agent])
        line.answers(order[-1])
        line.agent_hangs_up(order[-1])
        line.caller_gone(order[-1])
    return order


def waiting(*calls: tuple[str, str], **rules: Any) -> Line:
    """A line with nobody on duty, and callers who came a second apart."""
    line = Line("1001", wrapup_s=0, **rules)
    for call, service in calls:
        line.arrives(call, service)
        line.passes(1)
    return line


def test_a_caller_who_is_put_first_comes_before_the_others_of_the_class_and_after_urgent_ones() -> None:
    line = waiting(("r1", "request"), ("r2", "agent"), ("r3", "request"))
    puts_first(line, "r3", "vulnerable")
    line.arrives("u1", "funeral")
    told = [(fact.call, fact.service, fact.priority, fact.reason) for fact in line.facts(CallPutFirst)]
    assert told == [("r3", "request", "routine", "vulnerable")]
    assert order_of(line) == ["u1", "r3", "r1", "r2"]


def test_new_rules_are_told_of_whoever_was_put_first_before_the_others() -> None:
    line = waiting(("r1", "request"), ("r2", "request"))
    puts_first(line, "r2")
    harder = tuple(msgspec.structs.replace(one, min_level=2) for one in line.config.services)
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, services=harder)))
    queue = "request:2:tr:routine"
    assert [(one.call, one.queue) for one in line.out if isinstance(one, CallLinedUp)] == [("r2", queue), ("r1", queue)]


def test_no_points_and_no_ageing_come_before_it() -> None:
    services = (*SERVICES[:2], Service(id=ServiceId("request")), Service(id=ServiceId("agent"), ageing=50.0))
    line = Line("1001", services, wrapup_s=0, vip={"5321112233": 9000.0})
    line.do(
        CallAttached(
            at=line.at, call=CallId("vip"), node=NodeId("ast1"), channel="PJSIP/trunk-vip", number="05321112233"
        )
    )
    line.chooses("vip", "request")
    line.arrives("old", "agent")
    line.passes(3000)
    line.arrives("r1", "request")
    puts_first(line, "r1")
    assert order_of(line) == ["r1", "old", "vip"]


def test_among_themselves_they_come_as_ever() -> None:
    line = waiting(("r1", "request"), ("r2", "request"), ("r3", "request"), ("r4", "request"))
    puts_first(line, "r4")
    puts_first(line, "r3")
    assert order_of(line) == ["r3", "r4", "r1", "r2"]


def test_an_urgent_caller_comes_before_the_urgent_ones_and_is_no_repeat_caller_any_more() -> None:
    line = Line("1001", wrapup_s=0, urgent_calls_per_hour=1)
    for call, number in (("u1", "05321110001"), ("u2", "05321110002"), ("again", "05321110001")):
        line.do(
            CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/{call}", number=number)
        )
        line.chooses(call, "funeral")
    place = line.engine.state.calls[CallId("again")].place
    assert place.repeat
    puts_first(line, "again")
    assert not place.repeat
    assert [fact.priority for fact in line.facts(CallPutFirst)] == ["urgent"]
    assert order_of(line) == ["again", "u1", "u2"]


def test_who_then_says_that_it_is_urgent_has_their_own_place_among_urgent_callers() -> None:
    line = waiting(("r1", "request"), ("u1", "funeral"), ("r2", "request"), ("u2", "funeral"), escalation_key="9")
    puts_first(line, "r2")
    line.do(KeyPressed(at=line.at, call=CallId("r2"), key="9"))
    assert order_of(line) == ["u1", "r2", "u2", "r1"]


def test_who_overflows_to_an_urgent_service_has_their_own_place_there() -> None:
    request = Service(id=ServiceId("request"), max_wait_s=20, overflow_to=ServiceId("funeral"))
    services = (*SERVICES[:2], request, SERVICES[3])
    line = Line("1001", services, wrapup_s=0)
    line.arrives("u1", "funeral")
    line.arrives("r1", "request")
    puts_first(line, "r1")
    line.arrives("u2", "funeral")
    line.passes(20)
    assert order_of(line) == ["u1", "r1", "u2"]


def test_who_overflows_to_another_routine_service_stays_first() -> None:
    services = (*SERVICES, Service(id=ServiceId("late"), max_wait_s=20, overflow_to=ServiceId("agent")))
    line = Line("1001", services, wrapup_s=0)
    line.arrives("r1", "agent")
    line.arrives("r2", "late")
    puts_first(line, "r2")
    line.passes(20)
    assert order_of(line) == ["r2", "r1"]


def test_who_is_sent_on_to_an_urgent_service_has_their_own_place_there() -> None:
    services = tuple(
        Service(id=one.id, priority=one.priority, opens_ticket=one.opens_ticket, transfer_code="2")
        if one.id == "funeral"
        else one
        for one in SERVICES
    )
    line = Line("1001", services, wrapup_s=0)
    line.arrives("u1", "ambulance")
    line.arrives("r1", "request")
    puts_first(line, "r1")
    line.ready("1001")
    line.answers("u1")
    line.agent_hangs_up("u1")
    line.caller_gone("u1")
    assert line.offered == {"1001": "r1"}
    line.answers("r1")
    leg = line.sends("r1", "*82")
    assert line.engine.state.calls[CallId("r1")].place.order > 0
    line.comes_back("r1", leg, "*82")
    assert line.engine.state.calls[CallId("r1")].priority == "urgent"


def test_who_is_sent_on_in_the_same_class_stays_first() -> None:
    line = waiting(("r1", "request"), ("r2", "request"))
    puts_first(line, "r2")
    line.ready("1001")
    line.answers("r2")
    line.sends("r2", "nowhere")
    assert line.engine.state.calls[CallId("r2")].place.order < 0


def test_a_caller_who_rings_is_first_if_nobody_picks_up() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    puts_first(line, "r2")
    puts_first(line, "r1")
    assert [fact.call for fact in line.facts(CallPutFirst)] == ["r2", "r1"]
    assert line.offered == {"1001": "r1"}
    line.fails("r1", "NOANSWER")
    assert line.offered == {"1001": "r2"}
    line.ready("1002")
    assert line.offered == {"1001": "r2", "1002": "r1"}


def test_it_is_done_once_and_only_for_who_waits() -> None:
    line = waiting(("r1", "request"), ("r2", "request"))
    puts_first(line, "nobody")
    line.attaches("menu")
    puts_first(line, "menu")
    puts_first(line, "r2")
    puts_first(line, "r2")
    line.ready("1001")
    line.answers("r2")
    puts_first(line, "r2")
    assert [fact.call for fact in line.facts(CallPutFirst)] == ["r2"]
    line.agent_hangs_up("r2")
    puts_first(line, "r2")
    assert [fact.call for fact in line.facts(CallPutFirst)] == ["r2"]


def test_a_caller_who_waits_for_one_agent_alone_waits_for_anybody() -> None:
    line = Line("1001 1002", wrapup_s=0, owner_first_s=60)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.ready("1002")
    line.arrives("r2", "request", preferred=AgentId("1001"))
    assert line.offered == {}
    puts_first(line, "r2")
    assert [(fact.agent, fact.why) for fact in line.facts(PreferenceEnded)] == [("1001", "first")]
    assert line.offered == {"1002": "r2"}


def test_a_repeat_caller_of_a_crowd_has_an_agent_who_was_kept_for_others() -> None:
    line = Line("1001 1002", wrapup_s=0, urgent_calls_per_hour=1, first_time_agents=1)
    for call in ("u1", "u2", "u3", "u4", "u5"):
        channel = f"PJSIP/trunk-{call}"
        line.do(CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=channel, number="05321110001"))
        line.chooses(call, "funeral")
    line.ready("1001", "1002")
    assert line.offered == {"1001": "u1"}
    puts_first(line, "u4")
    assert line.offered == {"1001": "u1", "1002": "u4"}


def test_it_outlives_a_restart() -> None:
    line = waiting(("r1", "request"), ("r2", "request"), ("r3", "agent"))
    puts_first(line, "r3")
    line.engine = Engine.restore(line.engine.snapshot())
    assert order_of(line) == ["r3", "r1", "r2"]


def test_only_agents_who_can_take_the_caller_do() -> None:
    line = Line((profile("1001", "request"), profile("1002", "agent")), wrapup_s=0)
    line.arrives("r1", "request")
    line.arrives("r2", "agent")
    line.arrives("r3", "agent")
    puts_first(line, "r3")
    line.ready("1001")
    assert line.offered == {"1001": "r1"}
    line.ready("1002")
    assert line.offered == {"1001": "r1", "1002": "r3"}


def test_a_citizen_who_is_called_about_an_outcome_is_never_put_first() -> None:
    line = line_of()
    first, second = wishes(line), wishes(line, "26-000124-1.1.1", "05329998878")
    puts_first(line, second)
    assert line.facts(CallPutFirst) == []
    line.ready("1001")
    assert line.offered == {"1001": first}


def test_whose_service_becomes_urgent_has_their_own_place_there() -> None:
    line = waiting(("u1", "funeral"), ("r1", "request"), ("r2", "agent"), ("u2", "funeral"))
    puts_first(line, "r1")
    puts_first(line, "r2")
    services = tuple(
        msgspec.structs.replace(one, priority="urgent") if one.id == "request" else one for one in SERVICES
    )
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, services=services)))
    assert order_of(line) == ["u1", "r1", "u2", "r2"]
