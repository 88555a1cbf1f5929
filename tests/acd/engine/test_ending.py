"""How a call ends, and what goes on after it."""

from acd.engine.machine import Engine
from acd.engine.model.commands import ReleaseCall
from acd.engine.model.config import Relaxation, Service
from acd.engine.model.events import CallAttached, CallDetached, EngineStarted, LineStops
from acd.engine.model.facts import OfferEnded, TalkEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from tests.acd.engine.line import Line, profile


def restarted(line: Line) -> None:
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.ready(*(agent.id for agent in line.config.agents))


def with_number(line: Line, call: str, service: str) -> None:
    line.do(
        CallAttached(
            at=line.at,
            call=CallId(call),
            node=NodeId("ast1"),
            channel=f"PJSIP/trunk-{call}",
            number="05320000001",
            callable="05320000001",
        )
    )
    line.chooses(call, service)


def test_a_caller_who_hung_up_in_the_talk_is_not_let_go_besides() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.caller_gone("c1")
    assert not any(isinstance(one, ReleaseCall) for one in line.commands)
    assert line.outcome("c1").hangup_by == "caller"


def test_with_the_call_goes_all_that_it_waited_for() -> None:
    """A step of relaxation, an agent who knows them, the backup tier, a second try with those who let it pass."""
    services = (
        Service(id=ServiceId("request"), relax=(Relaxation(after_s=50, any_language=True),)),
        Service(id=ServiceId("funeral"), priority="urgent"),
        Service(id=ServiceId("agent")),
    )
    agents = (profile("1001", languages="tr"), profile("1002", languages="tr", backup=True))
    line = Line(agents, services, owner_first_s=30, max_misses=9)
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("r1", "request", preferred=AgentId("1001"))
    line.arrives("u1", "funeral")
    line.agent_hangs_up("c0")
    line.wishes("1001", "ready")
    line.fails("u1", "NOANSWER")
    assert set(line.timers) >= {"preferred:r1", "relax:r1", "backup:u1", "retry:u1"}
    for call in ("u1", "r1", "c0"):
        line.caller_gone(call)
    assert set(line.timers) == set(), "nothing is waited for any more"


def test_who_hangs_up_when_sent_on_has_not_given_up_waiting() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.caller_gone("c1")
    assert line.outcome("c1").outcome == "answered"
    assert line.engine.state.averages.gone.get("routine", 0) == 0


def test_the_last_one_missing_after_a_restart_hangs_up_and_the_queue_opens() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.arrives("c2", "request")
    restarted(line)
    line.attaches("c2")
    assert line.offered == {}
    line.caller_gone("c1")
    assert line.offered == {"1001": "c2"}


def test_the_last_one_missing_is_urgent_and_hangs_up_to_be_called_back() -> None:
    line = Line("1001", callbacks=True, callback_abandoned_urgent=True)
    line.arrives("r1", "request")
    with_number(line, "u1", "funeral")
    restarted(line)
    line.attaches("r1")
    assert line.offered == {}
    line.caller_gone("u1")
    assert line.offered == {"1001": "u1"}


def test_the_agent_of_an_urgent_caller_who_hung_up_looks_first_for_who_came_before() -> None:
    line = Line("1001", callbacks=True, callback_abandoned_urgent=True)
    line.arrives("u0", "funeral")
    line.do(CallDetached(at=line.at, call=CallId("u0")))
    with_number(line, "u1", "funeral")
    line.ready("1001")
    assert line.offered == {"1001": "u1"}
    line.attaches("u0")
    line.caller_gone("u1")
    assert line.offered == {"1001": "u0"}


def test_the_parts_of_a_talk_are_counted() -> None:
    line = Line("1001 1002", wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("c1", "request")
    line.answers("c1")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.answers("c1")
    line.agent_hangs_up("c1")
    assert [(fact.agent, fact.number) for fact in line.facts(TalkEnded)] == [("1001", 1), ("1002", 2)]


def test_who_was_never_answered_was_neither_held_nor_called_back() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.talk_s, end.hold_s, end.tries) == (None, 0.0, 0)


def test_what_the_line_stops_itself_is_no_agents_miss_and_what_a_caller_does_is_theirs() -> None:
    for status, result in (("NOANSWER", "lost"), ("CANCEL", "caller_gone")):
        line = Line("1001", max_misses=1)
        line.ready("1001")
        line.arrives("c1", "request")
        line.do(LineStops(at=line.at))
        line.fails("c1", status)
        assert [fact.result for fact in line.facts(OfferEnded)] == [result]
        assert line.shown("1001") == "ready"
