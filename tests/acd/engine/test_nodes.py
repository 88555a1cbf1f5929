"""Starting again, and setting right what is believed against what Asterisk says."""

from acd.engine.config import Announcements, Relaxation, Service
from acd.engine.events import CallAttached, EngineStarted, KeyPressed, NodeReconciled, SeenCall, SurgeRequested
from acd.engine.facts import CallAnswered, CallEntered
from acd.engine.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.machine import Engine

from .line import Line, profile

C1, AST1 = CallId("c1"), NodeId("ast1")
REQUEST, FUNERAL, AGENT = ServiceId("request"), ServiceId("funeral"), ServiceId("agent")


def test_a_restart_asks_for_every_timer_anew() -> None:
    services = (
        Service(id=REQUEST, max_wait_s=600, relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=FUNERAL, klass="urgent"),
        Service(id=ServiceId("lonely"), leave_empty="release"),
        Service(id=AGENT),
    )
    agents = (
        profile("1001", "request funeral agent"),
        profile("1002", "funeral", backup=True),
        profile("1003", "agent"),
        profile("1004", "agent"),
    )
    line = Line(
        agents, services, backup_after_s=300, owner_first_s=20, max_misses=9, wrapup_s=30, ring_recall=True,
        callbacks=True, callback_key="2", callback_offer_after_s=100, empty_grace_s=50,
        announcements=(Announcements(klass="routine", position=True),),
    )  # fmt: skip
    line.do(SurgeRequested(at=line.at, services=(AGENT,), prompts={"tr": "x"}, until=line.at + 900))
    line.ready("1001")
    line.arrives("c0", "request")
    line.answers("c0")
    line.arrives("u1", "funeral")
    line.agent_hangs_up("c0")
    line.passes(30)
    line.fails("u1", "NOANSWER")
    line.caller_gone("c0")
    line.arrives("lone", "lonely")
    for call in ("c1", "c2"):
        line.do(CallAttached(at=line.at, call=CallId(call), node=AST1, channel=f"PJSIP/{call}", callable=f"053{call}"))
        line.chooses(call, "request", preferred=AgentId("1001") if call == "c1" else None)
    line.do(KeyPressed(at=line.at, call=CallId("c2"), key="2"))
    line.passes(1)
    before = dict(line.timers)
    assert {timer.partition(":")[0] for timer in before} >= {
        "announce", "backup", "callback", "callback_offer", "empty", "maxwait", "offer", "relax", "retry", "surge",
    }  # fmt: skip
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    assert line.timers.pop("regroup:all") == line.at + line.config.regroup_s
    assert line.timers == before


def test_after_call_work_and_who_is_waited_for_alone_are_timed_over_a_restart() -> None:
    line = Line("1001 1002", wrapup_s=30, owner_first_s=20, wrapup_recall=True)
    line.ready("1001", "1002")
    for call in ("a", "b"):
        line.arrives(call, "request")
        line.answers(call)
    line.arrives("c1", "request", preferred=AgentId("1002"))
    line.agent_hangs_up("a")
    line.caller_gone("a")
    before = {timer: due for timer, due in line.timers.items() if not timer.startswith("maxwait")}
    assert {timer.partition(":")[0] for timer in before} == {"owner", "wrapup"}
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.timers.pop("regroup:all")
    assert line.timers == before


def seen_talking(line: Line, answered_at: float | None, call: str = "c1") -> None:
    leg = "PJSIP/1001-7"
    seen = SeenCall(call=CallId(call), channel=f"PJSIP/trunk-{call}", leg=leg, talking=True, answered_at=answered_at)
    channels: dict[AgentId, tuple[str, ...]] = {AgentId("1001"): (leg,)}
    available = (AgentId("1001"),)
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=available, agent_channels=channels))


def test_a_talk_that_is_found_began_when_asterisk_says_but_not_before_the_wait_nor_in_the_future() -> None:
    for answered_at, since in ((1012.0, 1012.0), (990.0, 1010.0), (2000.0, 1020.0), (None, 1020.0)):
        line = Line("1001")
        line.passes(10)
        line.arrives("c1", "request")
        line.passes(10)
        line.do(EngineStarted(at=line.at))
        seen_talking(line, answered_at)
        assert line.talking == {"1001": "c1"}
        assert [fact.at for fact in line.facts(CallAnswered)] == [since]


def test_a_talk_nobody_knew_of_began_when_asterisk_says_and_waited_for_nothing() -> None:
    for answered_at, since in ((990.0, 990.0), (2000.0, 1000.0), (None, 1000.0)):
        line = Line("1001")
        seen_talking(line, answered_at)
        assert [fact.at for fact in line.facts(CallAnswered)] == [since]
        line.passes(10)
        line.do(NodeReconciled(at=line.at, node=AST1, available=(AgentId("1001"),)))
        end = line.outcome("c1")
        assert (end.outcome, end.service, end.wait_s, end.arrived_at) == ("answered", "agent", 0, since)
        assert (end.talk_s, end.hangup_by, len(line.facts(CallEntered))) == (1010 - since, "unknown", 1)


def test_a_talk_that_is_seen_no_more_is_over_though_the_caller_is_there() -> None:
    line = Line("1001", wrapup_s=0)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.passes(5)
    seen = SeenCall(call=C1, channel="PJSIP/trunk-c1")
    line.do(NodeReconciled(at=line.at, node=AST1, calls=(seen,), available=(AgentId("1001"),)))
    assert (line.talking, line.shown("1001")) == ({}, "ready")
    line.caller_gone("c1")
    assert (line.outcome("c1").talk_s, line.outcome("c1").hangup_by) == (5, "unknown")


def test_word_of_one_node_says_nothing_of_another() -> None:
    line = Line("1001")
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.arrives("c2", "request")
    line.do(EngineStarted(at=line.at))
    line.do(NodeReconciled(at=line.at, node=NodeId("ast2")))
    assert (line.talking, sorted(line.engine.state.calls)) == ({"1001": "c1"}, ["c1", "c2"])
    assert line.engine.state.agents[AgentId("1001")].reachable
