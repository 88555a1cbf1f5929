"""A restart: timers, callers who come back, and calls that Asterisk or the standby may have meanwhile."""

from acd.engine.machine import Engine
from acd.engine.model.agent_events import SurgeRequested
from acd.engine.model.config import Announcements, Relaxation, Service
from acd.engine.model.events import (
    CallAttached,
    CallImported,
    EngineStarted,
    KeyPressed,
    NodeReconciled,
    SeenCall,
    TimerFired,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId, TimerId
from acd.engine.model.state import Mean
from acd.engine.rules.unheld import LOOK_S
from tests.acd.engine.line import Line, profile

C1, AST1 = CallId("c1"), NodeId("ast1")
REQUEST, FUNERAL, AGENT = ServiceId("request"), ServiceId("funeral"), ServiceId("agent")


def starts_again(line: Line) -> None:
    """Timers lived in the old process."""
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))


def test_a_restart_asks_for_every_timer_anew() -> None:
    services = (
        Service(id=REQUEST, max_wait_s=600, relax=(Relaxation(after_s=60, any_language=True),)),
        Service(id=FUNERAL, priority="urgent"),
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
        announcements=(Announcements(priority="routine", position=True),),
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
    starts_again(line)
    assert line.timers.pop("regroup:all") == line.at + line.config.regroup_s
    looked_for = {timer: line.timers.pop(timer) for timer in list(line.timers) if timer.startswith("stranded:")}
    assert looked_for == {
        f"stranded:{call}": line.at + LOOK_S for call in ("u1", "lone")
    }  # c1 rings, c2 is called back
    assert line.timers == before


def test_timers_of_calls_start_again_in_the_order_of_the_queue() -> None:
    """The timer that was started first fires first, where several are due at once."""
    services = (Service(id=REQUEST, max_wait_s=600), Service(id=FUNERAL, priority="urgent"), Service(id=AGENT))
    line = Line("1001", services)
    for call in ("c2", "c3", "c1"):
        line.arrives(call, "request")
    starts_again(line)
    started = [timer.partition(":")[2] for timer in line.timers if timer.startswith("maxwait:")]
    assert started == ["c2", "c3", "c1"]


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
    assert {timer.partition(":")[0] for timer in before} == {"preferred", "wrapup"}
    starts_again(line)
    line.timers.pop("regroup:all")
    line.timers.pop("stranded:c1")
    assert line.timers == before


def test_the_longest_wait_is_timed_for_who_waits_or_rings_and_for_nobody_who_talks() -> None:
    line = Line("1001 1002", (Service(id=REQUEST, max_wait_s=600), Service(id=AGENT)))
    line.ready("1001", "1002")
    line.arrives("talks", "request")
    line.answers("talks")
    line.arrives("rings", "request")
    line.arrives("waits", "request")
    line.passes(5)
    starts_again(line)
    timed = {timer: due for timer, due in line.timers.items() if timer.startswith("maxwait:")}
    assert timed == {"maxwait:rings": 1600, "maxwait:waits": 1600}


def test_a_longest_wait_that_ended_during_the_restart_is_over_when_the_caller_is_back() -> None:
    line = Line("1001", (Service(id=REQUEST, max_wait_s=60), Service(id=AGENT)), rules={"message_s": 60.0})
    line.arrives("c1", "request")
    line.passes(55)
    line.at += 6
    starts_again(line)
    line.passes(0.1)
    assert (line.commands, line.engine.state.regrouping) == ([], [C1])
    line.attaches("c1")
    line.passes(0)
    assert [type(one).__name__ for one in line.commands] == ["TakeMessage"]
    assert line.engine.state.regrouping == []


def test_a_backup_tier_that_is_open_to_a_caller_is_not_waited_for_again() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=30)
    line.arrives("u1", "funeral")
    line.passes(30)
    starts_again(line)
    assert "backup:u1" not in line.timers
    line.attaches("u1")
    line.ready("1009")
    assert line.offered == {"1009": "u1"}


# --- who is waited for after a restart


def test_after_a_second_restart_its_own_time_is_waited() -> None:
    line = Line("1001", regroup_s=2)
    line.arrives("c1", "request")
    line.ready("1001")
    line.fails("c1", "NOANSWER")
    line.do(EngineStarted(at=line.at))
    line.passes(1.5)
    line.do(EngineStarted(at=line.at))
    line.arrives("c2", "request")
    line.at += 0.5
    line.do(TimerFired(at=line.at, timer=TimerId("regroup:all")))  # as the first asked for it
    assert line.offered == {}
    line.passes(1.5)
    assert line.offered == {"1001": "c2"}


def test_who_is_found_in_a_talk_is_waited_for_no_more() -> None:
    line = Line("1001 1002")
    line.arrives("c1", "request")
    line.do(EngineStarted(at=line.at))
    line.ready("1002")
    line.arrives("c2", "request")
    assert line.offered == {}
    calls = (
        SeenCall(call=C1, channel="PJSIP/trunk-c1", leg="PJSIP/1001-7", talking=True),
        SeenCall(call=CallId("c2"), channel="PJSIP/trunk-c2"),
    )
    available = (AgentId("1001"), AgentId("1002"))
    line.do(NodeReconciled(at=line.at, node=AST1, calls=calls, available=available))
    assert (line.talking, line.offered) == ({"1001": "c1"}, {"1002": "c2"})
    assert "regroup:all" not in line.timers


def test_who_is_to_be_called_back_and_is_kept_waiting_by_headroom_alone_is_looked_at_again() -> None:
    """They have no channel to come back with, and nobody else is waited for."""
    line = Line("1001", headroom=1, headroom_from=1, callbacks=True, callback_key="2", wrapup_s=0)
    line.engine.state.urgent_talk = Mean(value=451.0, count=1)  # with one urgent caller half an erlang, for 2 s
    line.arrives("u1", "funeral")
    line.caller_gone("u1")
    line.do(CallAttached(at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1", callable="05320000001"))
    line.chooses("c1", "request")
    line.do(KeyPressed(at=line.at, call=C1, key="2"))
    line.caller_gone("c1")
    line.ready("1001")
    assert line.offered == {}
    starts_again(line)
    line.passes(10)
    assert line.offered == {"1001": "c1"}


def test_the_end_of_a_call_that_the_standby_may_have_had_is_told_once() -> None:
    line = Line("1001")
    line.arrives("c1", "request")
    starts_again(line)
    line.caller_gone("c1")
    told = CallImported(
        at=line.at, call=C1, node=AST1, channel="PJSIP/trunk-c1", number="0532",
        arrived_at=line.at - 30, ended_at=line.at, hangup_by="caller",
    )  # fmt: skip
    assert line.do(told) == []
    assert line.outcome("c1").outcome == "abandoned"
