"""What urgent callers get that others do not, rule by rule."""

import time
from typing import Any

import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened, DeviceStateChanged
from acd.engine.model.commands import Announce, CancelOffer, OfferCall
from acd.engine.model.config import Announcements, Service
from acd.engine.model.events import (
    CallAttached,
    ConfigChanged,
    EngineStarted,
    KeyPressed,
    LineStops,
    ServiceChosen,
    TimerFired,
)
from acd.engine.model.facts import CallEscalated, CallQueued, OfferEnded, OfferMade, ServiceNamed, WrapupEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId, TimerId
from acd.engine.model.phone_numbers import number_key
from acd.engine.model.state import Mean
from acd.engine.rules.urgent import for_backup
from tests.acd.engine.line import Line, profile


def offers(line: Line) -> list[tuple[str, str]]:
    """Agents rung by the last step's commands, with their callers."""
    return [(command.agent, command.call) for command in line.commands if isinstance(command, OfferCall)]


def numbered(line: Line, call: str, number: str, service: str) -> None:
    """A caller with a number goes to a service."""
    line.do(
        CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/trunk-{call}", number=number)
    )
    line.chooses(call, service)


# --- wrap-up recall


def in_wrapup(**rules: Any) -> Line:
    """One agent, four seconds into ten of after-call work."""
    line = Line("1001", wrapup_s=10, wrapup_recall=True, **rules)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.agent_hangs_up("r1")
    line.caller_gone("r1")
    line.passes(4)
    return line


def test_an_agent_in_after_call_work_is_offered_an_urgent_caller_only() -> None:
    line = in_wrapup()
    line.arrives("r2", "request")
    assert line.offered == {}
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}


def test_the_rest_of_the_interrupted_work_follows_the_call_and_each_call_gets_its_own_figure() -> None:
    line = in_wrapup()
    line.arrives("u1", "funeral")
    line.passes(1)
    line.answers("u1")
    line.passes(20)
    line.agent_hangs_up("u1")
    line.passes(15.9)
    assert line.shown("1001") == "wrapup"
    line.passes(0.1)
    assert line.shown("1001") == "ready"
    assert {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)} == {"u1": 10, "r1": 10}


def test_interrupted_twice_all_of_it_is_still_owed() -> None:
    line = in_wrapup()
    for call in ("u1", "u2"):
        line.arrives(call, "funeral")
        line.answers(call)
        line.agent_hangs_up(call)
        line.passes(2)
    assert {one.call: one.left_s for one in line.engine.state.agents[AgentId("1001")].owed} == {"r1": 6, "u1": 8}
    line.passes(22)
    assert {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)} == {"u2": 10, "u1": 10, "r1": 10}


def test_a_recall_that_comes_to_nothing_leads_back_to_the_work() -> None:
    line = in_wrapup(max_misses=5, retry_s=60)
    line.arrives("u1", "funeral")
    line.passes(3)
    line.fails("u1", "NOANSWER")
    assert line.shown("1001") == "wrapup"
    line.passes(5.9)
    assert line.shown("1001") == "wrapup"
    line.caller_gone("u1")
    line.passes(0.1)
    assert line.shown("1001") == "ready"
    assert {fact.call: fact.wrapup_s for fact in line.facts(WrapupEnded)} == {"r1": 10}


def test_an_agent_who_asked_for_a_pause_is_left_to_their_work() -> None:
    line = Line("1001", wrapup_s=10, wrapup_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.wishes("1001", "paused", "break")
    line.agent_hangs_up("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {}


def test_who_hangs_up_while_an_urgent_caller_waits_has_them_at_once() -> None:
    line = Line("1001", wrapup_s=10, wrapup_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.arrives("u1", "ambulance")
    line.agent_hangs_up("r1")
    assert line.offered == {"1001": "u1"}


def test_an_idle_agent_is_rung_before_one_in_after_call_work() -> None:
    line = Line("1001 1002", wrapup_s=10, wrapup_recall=True)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.answers("r1")
    line.agent_hangs_up("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1002": "u1"}


def test_an_agent_in_after_call_work_is_never_offered_a_routine_caller_though_an_urgent_one_waits_for_others() -> None:
    line = Line((profile("1001", "request"),), wrapup_s=10, wrapup_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.answers("r1")
    line.arrives("u1", "funeral")
    line.arrives("r2", "request")
    line.agent_hangs_up("r1")
    assert (line.offered, line.shown("1001")) == ({}, "wrapup")


# --- ring recall


def ringing(**rules: Any) -> Line:
    """One agent whose phone rings for a routine caller."""
    line = Line("1001", ring_recall=True, wrapup_s=0, **rules)
    line.ready("1001")
    line.arrives("r1", "request")
    line.passes(2)
    leg = line.leg("r1")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel=leg))
    line.rings("r1")
    return line


def test_an_agent_ringing_for_a_routine_caller_is_taken_for_an_urgent_one() -> None:
    line = ringing()
    leg = line.leg("r1")
    line.arrives("u1", "funeral")
    assert CancelOffer(call=CallId("r1"), offer=OfferId("r1#1"), channel=leg) in line.commands
    assert offers(line) == [], "the phone still rings for the other"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel=leg))
    assert offers(line) == [("1001", "u1")]
    assert [(fact.call, fact.result) for fact in line.facts(OfferEnded)] == [("r1", "recalled")]
    line.answers("u1")
    line.agent_hangs_up("u1")
    assert line.offered == {"1001": "r1"}, "the routine caller has kept their place and was not let pass by anyone"


def test_a_ring_that_is_not_seen_to_stop_does_not_hold_the_urgent_caller_up() -> None:
    line = ringing()
    line.arrives("u1", "funeral")
    line.passes(0.4)
    assert offers(line) == []
    line.passes(0.1)
    assert offers(line) == [("1001", "u1")]


def test_a_ring_is_taken_as_soon_as_it_is_known_to_be_one() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1"}, "Asterisk has not told of a leg that could be hung up"
    line.rings("r1")
    assert line.offered == {"1001": "u1"}


def test_of_several_rings_one_that_is_known_is_taken() -> None:
    line = Line("1001 1002", ring_recall=True)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    line.rings("r1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1", "1002": "r2"}, "Asterisk has not told of the later ring"


def test_an_agent_ringing_for_an_urgent_caller_is_left_alone() -> None:
    line = Line("1001", ring_recall=True)
    line.ready("1001")
    line.arrives("u1", "funeral")
    line.rings("u1")
    line.arrives("u2", "ambulance")
    assert line.offered == {"1001": "u1"}


def test_an_urgent_caller_who_hangs_up_before_the_ring_gives_the_agent_back() -> None:
    line = ringing()
    line.arrives("u1", "funeral")
    line.caller_gone("u1")
    assert line.offered == {"1001": "r1"}


def test_a_restart_in_between_rings_the_agent_all_the_same() -> None:
    line = ringing()
    line.arrives("u1", "funeral")
    line.engine = Engine.restore(line.engine.snapshot())
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.passes(0.5)
    assert offers(line) == [("1001", "u1")]


# --- headroom


def test_reserved_agents_are_for_urgent_callers() -> None:
    line = Line("1001 1002", reserve=1, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1001": "r1"}
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1", "1002": "u1"}


def test_who_can_take_no_urgent_caller_is_not_held_back_for_them() -> None:
    agents = (profile("1001"), profile("1002", "request"), profile("1003", "request funeral"))
    line = Line(agents, reserve=1, wrapup_s=0)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    assert line.offered == {"1002": "r1"}, "1001 is the only one for urgent callers, though idle longer"
    line.arrives("r2", "request")
    line.arrives("r3", "agent")
    assert line.offered == {"1002": "r1"}
    line.answers("r1")
    line.agent_hangs_up("r1")
    assert line.offered == {"1002": "r2"}, "idle again, and no more held back than before"
    line.ready("1003")
    assert line.offered == {"1002": "r2", "1001": "r3"}, "another is there for urgent callers"


def test_who_speaks_one_language_only_is_held_back_for_those_who_speak_it() -> None:
    line = Line((profile("1001", languages="tr"), profile("1002", languages="en")), reserve=1)
    line.ready("1001")
    line.arrives("r1", "request")
    assert line.offered == {}
    line.ready("1002")
    assert line.offered == {"1001": "r1"}


def test_one_idle_agent_more_frees_another_though_nobody_waits_for_the_first_in_line() -> None:
    agents = (profile("1001", "agent funeral"), profile("1002", "request funeral"))
    line = Line(agents, reserve=1, strategy="linear")
    line.ready("1002")
    line.arrives("r1", "request")
    assert line.offered == {}
    line.ready("1001")
    assert line.offered == {"1002": "r1"}


def test_one_idle_agent_more_frees_whoever_has_not_let_the_caller_pass() -> None:
    line = Line("1001 1002", reserve=1, wrapup_s=0, strategy="linear", skip_s=60, max_misses=5)
    line.ready("1001", "1002")
    line.arrives("r1", "request")
    assert line.offered == {"1001": "r1"}
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="unavailable"))
    assert line.offered == {}, "the only one idle is held back"
    line.do(DeviceStateChanged(at=line.at, agent=AgentId("1001"), state="available"))
    assert line.offered == {"1002": "r1"}, "1001 is first in line, and has just let them pass"


def test_headroom_follows_the_urgent_load_and_goes_with_it() -> None:
    line = Line("1001 1002 1003 1004 1005", headroom=1, headroom_from=5, wrapup_s=0)
    line.ready("1001", "1002", "1003", "1004", "1005")
    for n in range(5):
        line.arrives(f"r{n}", "request")
    assert len(line.offered) == 5, "no urgent calls, no headroom"
    for n in range(5):
        line.answers(f"r{n}")
        line.agent_hangs_up(f"r{n}")
    for n in range(4):
        line.arrives(f"u{n}", "funeral")
        line.answers(f"u{n}")
    line.passes(300)
    for n in range(4):
        line.agent_hangs_up(f"u{n}")
    for n in range(5):
        line.arrives(f"s{n}", "request")
    assert len(line.offered) == 4, "one held back"
    for n in range(4):
        line.answers(f"s{n}")
    line.passes(2000)
    assert any(fact.call == "s4" for fact in line.facts(OfferMade)), "the load has gone, and the timer looked again"


def test_headroom_counts_after_call_work_as_it_is_done_not_as_it_is_allowed() -> None:
    agents = "1001 1002 1003 1004 1005"
    line = Line(agents, headroom=1, headroom_from=5, wrapup_s=3600)
    line.ready(*agents.split())
    for n in range(4):
        line.arrives(f"u{n}", "funeral")
        line.answers(f"u{n}")
    line.passes(50)
    for n in range(4):
        line.agent_hangs_up(f"u{n}")
    line.passes(10)
    line.ready(*agents.split())  # which ends their work
    for n in range(5):
        line.arrives(f"r{n}", "request")
    assert len(line.offered) == 5, "60 s a call at four calls in a quarter of an hour are no load of an agent's"
    for n in range(5):
        line.answers(f"r{n}")
    line.passes(1)
    for n in range(5):
        line.agent_hangs_up(f"r{n}")
    line.passes(600)  # of after-call work
    line.ready(*agents.split())
    for n in range(4):
        line.arrives(f"v{n}", "funeral")
        line.caller_gone(f"v{n}")
    for n in range(5):
        line.arrives(f"s{n}", "request")
    assert len(line.offered) == 4, "one held back: the work took ten minutes"


def test_with_few_on_duty_nobody_is_held_back() -> None:
    line = Line("1001 1002", headroom=2, headroom_from=3, wrapup_s=0)
    line.ready("1001", "1002")
    line.engine.state.urgent_rate, line.engine.state.urgent_rate_at = 1.0, line.at
    line.engine.state.urgent_talk = Mean(value=100.0, count=1)
    line.arrives("r1", "request")
    line.arrives("r2", "request")
    assert line.offered == {"1001": "r1", "1002": "r2"}


def test_when_headroom_lapses_it_is_the_turn_of_who_came_first() -> None:
    line = Line("1001 1002", headroom=1, headroom_from=1, wrapup_s=0)
    line.engine.state.urgent_talk = Mean(value=451.0, count=1)  # with one urgent caller half an erlang, for 2 s
    line.ready("1001", "1002")
    line.arrives("u1", "funeral")
    line.arrives("r1", "request")
    assert line.offered == {"1001": "u1"}
    line.passes(3)
    line.arrives("r2", "request")
    assert line.offered == {"1001": "u1", "1002": "r1"}


# --- the backup tier


def test_without_a_backup_tier_nothing_is_waited_for() -> None:
    line = Line("1001", backup_after_s=5)
    line.arrives("u1", "funeral")
    assert line.timers == {}


def test_the_backup_tier_is_rung_for_urgent_callers_after_a_time() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=30)
    line.ready("1009")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    line.passes(29.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1009": "u1"}
    line.answers("u1")
    line.agent_hangs_up("u1")
    line.passes(10)
    assert line.offered == {}, "never a routine caller"


def test_an_agent_of_the_backup_tier_who_comes_late_gets_whoever_waits_for_them() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5)
    line.arrives("u1", "funeral")
    line.passes(6)
    line.ready("1009")
    assert line.offered == {"1009": "u1"}


def test_a_caller_who_comes_back_from_the_backup_tier_gets_an_idle_agent_of_the_first_tier() -> None:
    """The freed agent of the backup tier is matched before the caller: they must not be rung again meanwhile."""
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=5)
    line.ready("1009")
    line.arrives("u1", "funeral")
    line.passes(5)
    assert line.offered == {"1009": "u1"}
    line.ready("1001")
    line.attaches("u1")
    assert line.offered == {"1001": "u1"}


@pytest.mark.parametrize("backup", [True, False])
def test_an_agent_whose_caller_goes_to_an_idle_one_is_matched_again(backup: bool) -> None:
    agents = (profile("1001", "funeral"), profile("1009", backup=backup))
    line = Line(agents, backup_after_s=5, wrapup_s=60, wrapup_recall=True)
    line.ready("1009")
    if not backup:
        line.arrives("c1", "request")
        line.answers("c1")
        line.agent_hangs_up("c1")
    line.arrives("u1", "funeral")
    line.arrives("u2", "ambulance")
    line.passes(5)
    assert line.offered == {"1009": "u1"}
    line.ready("1001")
    line.attaches("u1")
    assert line.offered == {"1001": "u1", "1009": "u2"}


def test_a_caller_who_comes_back_from_after_call_work_gets_an_idle_agent() -> None:
    """The agent goes on with their work, which is not interrupted again for the same caller meanwhile."""
    line = Line("1001 1002", wrapup_s=60, wrapup_recall=True)
    line.ready("1001")
    line.arrives("c1", "request")
    line.answers("c1")
    line.agent_hangs_up("c1")
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "u1"}
    line.ready("1002")
    line.attaches("u1")
    assert line.offered == {"1002": "u1"}
    assert line.shown("1001") == "wrapup"


def test_of_those_who_waited_long_enough_the_backup_tier_gets_whom_it_can_take_and_has_not_let_pass() -> None:
    agents = (profile("1001"), profile("1008", "funeral", backup=True), profile("1009", backup=True))
    line = Line(agents, backup_after_s=5, wrapup_s=0, skip_s=100, max_misses=5)
    line.arrives("a", "ambulance")
    line.passes(1)
    line.arrives("f1", "funeral")
    line.passes(5)
    line.arrives("f2", "funeral")
    line.ready("1008")
    assert line.offered == {"1008": "f1"}, "an ambulance is not theirs to send"
    line.fails("f1", "NOANSWER")
    assert line.offered == {}, "they let f1 pass, and f2 has not waited long enough"
    line.passes(5)
    assert line.offered == {"1008": "f2"}
    line.ready("1009")
    assert line.offered == {"1008": "f2", "1009": "a"}
    line.answers("a")
    line.agent_hangs_up("a")
    assert line.offered == {"1008": "f2", "1009": "f1"}


def test_a_restart_during_the_talk_does_not_forget_the_backup_tier_for_who_is_handed_on() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=30, wrapup_s=60)
    line.ready("1001", "1009")
    line.arrives("u1", "funeral")
    line.answers("u1")
    line.timers.clear()
    line.do(EngineStarted(at=line.at))
    line.comes_back("u1", line.sends("u1", "*99"), "*99")
    line.passes(29)
    assert line.offered == {}
    line.passes(1)
    assert line.offered == {"1009": "u1"}


@pytest.mark.parametrize(
    "limits", [{"max_wait_s": 10}, {"join_empty": "overflow"}, {"leave_empty": "overflow"}, {"max_waiting": 1}]
)
def test_a_caller_who_becomes_urgent_by_overflow_reaches_the_backup_tier_and_counts_as_load(
    limits: dict[str, Any],
) -> None:
    funeral = Service(id=ServiceId("funeral"), priority="urgent")
    request = Service(id=ServiceId("request"), overflow_to=funeral.id, **limits)
    agents = (profile("1001"), profile("1009", backup=True))
    line = Line(agents, (funeral, request, Service(id=ServiceId("agent"))), backup_after_s=30)
    line.arrives("r0", "request")
    line.arrives("r1", "request")
    line.ready("1009")
    line.passes(29.9)
    assert line.engine.state.urgent_rate > 0
    assert line.offered == {}
    line.passes(0.1)
    assert len(line.offered) == 1


def test_finding_a_caller_for_the_backup_tier_costs_the_same_however_many_wait() -> None:
    def seconds(waiting: int) -> float:
        line = Line((profile("1001"), profile("1009", backup=True)), backup_after_s=0)
        for n in range(waiting):
            call = CallId(f"c{n}")
            line.engine.handle(CallAttached(at=line.at, call=call, node=NodeId("ast1"), channel=f"PJSIP/trunk-{n}"))
            service = ServiceId("funeral" if n % 2 else "request")
            line.engine.handle(ServiceChosen(at=line.at, call=call, service=service))
            line.engine.handle(TimerFired(at=line.at, timer=TimerId(f"backup:{call}")))
        agent = line.engine.state.agents[AgentId("1009")]
        took = []
        for _ in range(50):
            began = time.perf_counter()
            found = for_backup(line.engine.core, agent)
            took.append(time.perf_counter() - began)
            assert found is not None
            assert found.call == "c1"
        return min(took)

    assert seconds(10_000) < 5 * seconds(10)


# --- escalation


def test_a_waiting_caller_who_says_it_is_urgent_goes_before_all_routine_ones_and_is_counted() -> None:
    line = Line("1001", escalation_key="9", wrapup_s=0)
    for n in range(3):
        numbered(line, f"r{n}", f"0532{n}", "request")
    line.do(KeyPressed(at=line.at, call=CallId("r2"), key="9"))
    line.do(KeyPressed(at=line.at, call=CallId("r2"), key="9"))
    line.ready("1001")
    assert line.offered == {"1001": "r2"}
    line.answers("r2")
    line.caller_gone("r2")
    assert line.outcome("r2").priority == "urgent"
    numbered(line, "again", "05322", "request")
    line.do(KeyPressed(at=line.at, call=CallId("again"), key="9"))
    assert [(fact.call, fact.times) for fact in line.facts(CallEscalated)] == [("r2", 1), ("again", 2)]


def test_who_says_by_a_key_that_it_is_urgent_has_a_ticket_at_once() -> None:
    line = Line("1001", escalation_key="9")
    line.arrives("r1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    named = line.facts(ServiceNamed)
    assert [(fact.service, fact.priority, fact.opens_ticket) for fact in named] == [
        ("request", "routine", False),
        ("request", "urgent", True),
    ]


def test_escalations_are_counted_for_a_month_and_then_no_number_is_kept() -> None:
    line = Line("1001", escalation_key="9")
    for n, (number, days) in enumerate((("05321", 29), ("05321", 2), ("05321", 31), ("05322", 0))):
        numbered(line, f"r{n}", number, "request")
        line.do(KeyPressed(at=line.at, call=CallId(f"r{n}"), key="9"))
        line.caller_gone(f"r{n}")
        line.passes(days * 86_400)
    assert [fact.times for fact in line.facts(CallEscalated)] == [1, 2, 2, 1], "the first was 31 days before the third"
    assert list(line.engine.state.escalations) == [number_key("05322")]


def test_who_is_urgent_already_is_told_nothing_anew_by_a_nine_and_an_anonymous_one_is_no_repeater() -> None:
    told = (Announcements(priority="urgent", position=True, after_s=5, every_s=0),)
    line = Line("1001", escalation_key="9", announcements=told)
    line.arrives("r1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    assert [(fact.number, fact.times) for fact in line.facts(CallEscalated)] == [("", 1)]
    line.passes(6)
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    line.passes(60)
    assert sum(isinstance(item, Announce) for item in line.history) == 1


def test_who_is_urgent_by_their_own_word_waits_behind_who_was_before() -> None:
    line = Line("1001", escalation_key="9")
    line.arrives("r1", "request")
    line.arrives("u1", "funeral")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    line.ready("1001")
    assert line.offered == {"1001": "r1"}, "first come, first served among the urgent"


def test_an_escalated_caller_who_rings_already_is_not_robbed_of_the_agent() -> None:
    line = ringing(escalation_key="9")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    line.arrives("u1", "funeral")
    assert line.offered == {"1001": "r1"}


def test_without_the_setting_a_nine_is_only_noted() -> None:
    line = Line("1001")
    line.arrives("r1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    assert line.engine.state.calls[CallId("r1")].priority == "routine"


def test_who_said_that_it_is_urgent_reaches_the_backup_tier_and_counts_as_urgent_load() -> None:
    line = Line((profile("1001"), profile("1009", backup=True)), escalation_key="9", backup_after_s=30)
    line.ready("1009")
    line.arrives("r1", "request")
    line.passes(20)
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    assert line.engine.state.urgent_rate > 0
    line.passes(9.9)
    assert line.offered == {}
    line.passes(0.1)
    assert line.offered == {"1009": "r1"}


def test_a_routine_services_longest_wait_releases_nobody_who_said_that_it_is_urgent() -> None:
    services = (
        Service(id=ServiceId("funeral"), priority="urgent"),
        Service(id=ServiceId("request"), max_wait_s=60),
        Service(id=ServiceId("agent")),
    )
    line = Line("1001", services, escalation_key="9")
    line.arrives("r1", "request")
    line.passes(55)
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    line.passes(3600)
    line.ready("1001")
    assert line.offered == {"1001": "r1"}


def test_who_is_called_back_is_not_forgotten_when_the_line_stops_and_starts() -> None:
    line = Line("1001", callbacks=True, callback_abandoned_urgent=True, regroup_s=10)
    line.do(
        CallAttached(at=line.at, call=CallId("u1"), node=NodeId("ast1"), channel="PJSIP/trunk-u1", callable="05321")
    )
    line.chooses("u1", "funeral")
    line.caller_gone("u1")
    line.do(LineStops(at=line.at))
    line.ready("1001")
    assert line.offered == {}
    line.do(EngineStarted(at=line.at))
    assert line.offered == {"1001": "u1"}


# --- redial


def test_an_urgent_caller_who_calls_again_has_the_place_they_had() -> None:
    line = Line("1001", redial_s=300)
    numbered(line, "a", "05321", "funeral")
    numbered(line, "b", "05322", "funeral")
    line.caller_gone("a")
    line.passes(60)
    numbered(line, "c", "05323", "funeral")
    numbered(line, "a2", "05321", "ambulance")
    queued = {fact.call: (fact.position, fact.kept_from) for fact in line.facts(CallQueued)}
    assert queued["a2"] == (1, "a")
    line.ready("1001")
    assert line.offered == {"1001": "a2"}


def test_a_place_is_had_again_only_once() -> None:
    line = Line("1001", redial_s=300)
    numbered(line, "a", "05321", "funeral")
    line.caller_gone("a")
    numbered(line, "b", "05322", "funeral")
    for call in ("a2", "a3"):
        numbered(line, call, "05321", "funeral")
    queued = {fact.call: (fact.position, fact.kept_from) for fact in line.facts(CallQueued)}
    assert (queued["a2"], queued["a3"]) == ((1, "a"), (3, None))


def test_an_escalation_is_counted_for_a_month_to_the_second() -> None:
    line = Line("1001", escalation_key="9")
    for n, wait_s in enumerate((30 * 86_400 - 0.5, 0.5, 0)):
        numbered(line, f"r{n}", "05321", "request")
        line.do(KeyPressed(at=line.at, call=CallId(f"r{n}"), key="9"))
        line.caller_gone(f"r{n}")
        line.passes(wait_s)
    assert [fact.times for fact in line.facts(CallEscalated)] == [1, 2, 2]


def test_a_number_is_remembered_for_a_month_and_no_longer() -> None:
    line = Line("1001", escalation_key="9")
    for call, number, wait_s in (("r1", "05321", 30 * 86_400), ("r2", "05322", 0)):
        numbered(line, call, number, "request")
        line.do(KeyPressed(at=line.at, call=CallId(call), key="9"))
        line.caller_gone(call)
        line.passes(wait_s)
    assert list(line.engine.state.escalations) == [number_key("05322")]


def test_places_of_several_are_kept_each_to_its_last_moment() -> None:
    line = Line("1001", redial_s=300)
    for n in (1, 2):
        numbered(line, f"a{n}", f"0532{n}", "funeral")
        line.caller_gone(f"a{n}")
    numbered(line, "b", "05329", "funeral")
    line.passes(300)
    numbered(line, "c2", "05322", "funeral")
    numbered(line, "c1", "05321", "funeral")
    assert [fact.kept_from for fact in line.facts(CallQueued)] == [None, None, None, "a2", "a1"]


def test_whoever_hangs_up_in_the_last_moment_of_a_place_does_not_cost_it() -> None:
    line = Line("1001", redial_s=300)
    for call in ("a", "b"):
        numbered(line, call, f"0532{call == 'b':d}", "funeral")
    line.caller_gone("a")
    line.passes(300)
    line.caller_gone("b")
    numbered(line, "a2", "05320", "funeral")
    assert line.facts(CallQueued)[-1].kept_from == "a"


def test_the_place_is_kept_for_a_while_only() -> None:
    line = Line("1001", redial_s=300)
    numbered(line, "a", "05321", "funeral")
    line.caller_gone("a")
    line.passes(301)
    numbered(line, "b", "05322", "funeral")
    numbered(line, "a2", "05321", "funeral")
    line.ready("1001")
    assert line.offered == {"1001": "b"}


def test_no_number_is_kept_for_longer_than_its_place() -> None:
    line = Line("1001", redial_s=300)
    for number in ("05321", "05322"):
        numbered(line, number, number, "funeral")
        line.caller_gone(number)
        line.passes(301)
    assert list(line.engine.state.left) == [number_key("05322")]


def test_routine_and_anonymous_callers_have_no_place_kept() -> None:
    line = Line("1001", redial_s=300)
    numbered(line, "r", "05321", "request")
    numbered(line, "u", "", "funeral")
    line.caller_gone("r")
    line.caller_gone("u")
    assert line.engine.state.left == {}


@pytest.mark.parametrize("word", ["anonymous", "Anonymous", "unknown", "asterisk", "withheld", "numara-gizli"])
def test_two_callers_whose_numbers_are_withheld_are_two_callers(word: str) -> None:
    line = Line("1001", redial_s=300, escalation_key="9")
    numbered(line, "u1", word, "funeral")
    line.caller_gone("u1")
    numbered(line, "r1", "05321", "funeral")
    numbered(line, "u2", word, "funeral")
    queued = {fact.call: (fact.position, fact.kept_from, fact.number) for fact in line.facts(CallQueued)}
    assert queued["u2"] == (2, None, "")
    for call in ("e1", "e2"):
        numbered(line, call, word, "request")
        line.do(KeyPressed(at=line.at, call=CallId(call), key="9"))
    assert [fact.times for fact in line.facts(CallEscalated)] == [1, 1]
    assert (line.engine.state.left, line.engine.state.escalations) == ({}, {})


def test_who_said_that_it_is_urgent_stays_so_over_an_overflow_and_a_reload() -> None:
    services = (
        Service(id=ServiceId("request"), max_wait_s=20, overflow_to=ServiceId("agent")),
        Service(id=ServiceId("agent")),
    )
    line = Line("1001", services, escalation_key="9")
    line.arrives("r1", "request")
    line.do(KeyPressed(at=line.at, call=CallId("r1"), key="9"))
    line.passes(20)
    line.do(ConfigChanged(at=line.at, config=line.config))
    call = line.engine.state.calls[CallId("r1")]
    assert (call.service, call.priority) == ("agent", "urgent")
