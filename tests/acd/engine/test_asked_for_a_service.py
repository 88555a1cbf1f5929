"""An agent asks another one as one of a service, and then hands the caller over: the caller is that service's."""

import pytest

from acd.engine.model.agent_events import AgentChannelOpened
from acd.engine.model.events import LegGone, NodeLost, NodeReconciled, SeenCall, Told, Transferred
from acd.engine.model.facts import CallTransferred, KindChanged, ServiceNamed
from acd.engine.model.ids import AgentId, NodeId, ServiceId
from acd.engine.rules import kind_menu
from tests.acd.engine.handing_on import C1, parts, talking, tells
from tests.acd.engine.line import Line
from tests.acd.engine.telling_kinds import line_of, says_urgent, tickets


def hands_over(line: Line, dialled: str, *, leg_first: bool = False) -> None:
    """1001 gives c1 to 1002, whom they have asked for this service."""
    leg, new = line.leg("c1"), "PJSIP/1002-own"
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1002"), channel=new))
    told = Transferred(at=line.at, call=C1, leg=leg, kind="attended", dialled=dialled, to_leg=new)
    gone = LegGone(at=line.at, call=C1, channel=leg, cause_code=16)
    line.out = [one for event in ((gone, told) if leg_first else (told, gone)) for one in line.do(event)]


def named(line: Line) -> list[tuple[str, str, bool]]:
    """What the line says now that the caller wants, and whether a ticket is opened for it."""
    return [(one.service, one.priority, one.opens_ticket) for one in line.out if isinstance(one, ServiceNamed)]


def is_seen(line: Line, dialled: str = "", told: tuple[Told, ...] = ()) -> None:
    """Asterisk's lists are read: c1 talks to 1002, who was asked by this code. The log has `told` the rest."""
    leg = "PJSIP/1002-own"
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            told=told,
            calls=(SeenCall(call=C1, channel="PJSIP/trunk-c1", leg=leg, talking=True, dialled=dialled),),
            available=(AgentId("1001"), AgentId("1002")),
            agent_channels={AgentId("1002"): ("PJSIP/1002-own",)},
        )
    )


@pytest.mark.parametrize("leg_first", [False, True])
def test_the_call_is_the_services_from_then_on(leg_first: bool) -> None:
    line = talking()
    line.ready("1002")
    hands_over(line, "*80", leg_first=leg_first)
    assert line.talking == {"1002": "c1"}
    assert named(line) == [("agent", "routine", False)]
    assert tells(line) == [("1001", "talk", "1002")]
    assert [fact.service for fact in line.facts(CallTransferred)] == ["agent"]
    line.passes(6)
    line.caller_gone("c1")
    record = line.outcome("c1")
    assert (record.service, record.wait_s, record.talk_s) == ("agent", 5.0, 16.0)
    assert [(agent, how) for agent, _, _, how in parts(line)] == [("1001", "answered"), ("1002", "attended")]


def test_at_an_urgent_service_the_caller_is_urgent_and_has_a_ticket() -> None:
    line = talking()
    line.ready("1002")
    hands_over(line, "*811")
    assert named(line) == [("funeral", "urgent", True)]
    line.arrives("c2", "request")
    line.comes_back("c1", line.sends("c1", "*80"), "*80")
    line.ready("1001")
    assert line.offered == {"1001": "c1"}, "who has become urgent comes before who is routine"


def test_who_was_urgent_stays_so() -> None:
    line = talking(service="funeral")
    line.ready("1002")
    hands_over(line, "*80")
    assert named(line) == [("agent", "urgent", False)]


@pytest.mark.parametrize("dialled", ["*82", "*899", "1002", ""])
def test_at_their_own_service_or_at_none_the_caller_stays_where_they_are(dialled: str) -> None:
    line = talking()
    line.ready("1002")
    hands_over(line, dialled)
    assert (line.talking, named(line)) == ({"1002": "c1"}, [])
    assert [fact.service for fact in line.facts(CallTransferred)] == ["request"]


def test_one_who_comes_back_waits_for_the_service_at_their_place() -> None:
    line = talking("1001 1002 1003")
    line.arrives("c2", "agent")
    line.ready("1002")
    assert line.offered == {"1002": "c2"}
    hands_over(line, "*80")
    line.comes_back("c1", line.sends("c1", "*80"), "*80")
    line.ready("1003")
    assert line.offered["1003"] == "c1", "before c2, who came later"


def test_the_service_is_the_kind_of_an_untold_caller() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(3.0)
    line.ready("1002")
    hands_over(line, "*811")
    line.passes(20.0)
    assert line.engine.state.calls[C1].place.service == ServiceId("funeral")
    assert (tickets(line), line.facts(KindChanged)) == ([("funeral", {})], [])


@pytest.mark.parametrize("leg_first", [False, True])
@pytest.mark.parametrize("after_s", [3.0, 30.0])
def test_the_service_that_stands_for_no_kind_is_one_when_it_is_asked(after_s: float, leg_first: bool) -> None:
    """An ambulance: untold callers wait for that service, and their request says that the kind is not known."""
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(after_s)
    line.ready("1002")
    hands_over(line, "*814", leg_first=leg_first)
    line.passes(20.0)
    left_untold = [fact.service for fact in line.facts(KindChanged)] == ["ambulance"]
    assert left_untold == (after_s > 10.0 or leg_first)
    assert [service for service, _ in tickets(line)] == ["ambulance"]
    assert not kind_menu.is_left_untold(line.engine.state.calls[C1].place)


@pytest.mark.parametrize("code", ["*811", "*82", ""])
def test_where_asterisks_lists_overtake_the_transfer_the_service_is_taken_from_it_all_the_same(code: str) -> None:
    line = talking()
    line.ready("1002")
    leg = line.leg("c1")
    is_seen(line)
    assert line.talking == {"1002": "c1"}
    told = Transferred(at=line.at, call=C1, leg=leg, kind="attended", dialled=code, to_leg="PJSIP/1002-own")
    for expected in ([("funeral", "urgent", True)] if code == "*811" else [], []):  # told twice, it says nothing new
        line.out = line.do(told)
        assert named(line) == expected
    assert line.talking == {"1002": "c1"}


@pytest.mark.parametrize("logged", [False, True])
@pytest.mark.parametrize("code", ["*811", "*82", "*899", ""])
def test_of_a_transfer_that_was_not_heard_of_asterisks_lists_tell_the_service(code: str, logged: bool) -> None:
    line = talking()
    line.ready("1002")
    line.do(NodeLost(at=line.at, node=NodeId("ast1")))
    leg = line.leg("c1")
    line.passes(9)
    gone = LegGone(at=line.at, late_s=4.0, call=C1, channel=leg, cause_code=16)
    is_seen(line, code, (gone,) if logged else ())
    assert line.talking == {"1002": "c1"}
    assert named(line) == ([("funeral", "urgent", True)] if code == "*811" else [])
    line.passes(6)
    line.caller_gone("c1")
    expected = [("1001", 15.0), ("1002", 10.0)] if logged else [("1001", 19.0), ("1002", 6.0)]
    assert [(agent, talk_s) for agent, talk_s, _, _ in parts(line)] == expected
    assert (line.outcome("c1").outcome, line.outcome("c1").hangup_by) == ("answered", "caller")


def test_a_talk_that_is_over_is_not_one_by_the_leg_that_it_was() -> None:
    line = talking()
    leg = line.leg("c1")
    line.do(LegGone(at=line.at, call=C1, channel=leg, cause_code=16))
    line.do(
        NodeReconciled(
            at=line.at,
            node=NodeId("ast1"),
            calls=(SeenCall(call=C1, channel="PJSIP/trunk-c1", leg=leg, talking=True),),
            available=(AgentId("1001"),),
        )
    )
    assert line.talking == {}
