"""A waiting caller says by a key that it is urgent."""

from acd.engine.model.commands import Announce
from acd.engine.model.config import Announcements, Service
from acd.engine.model.events import CallAttached, ConfigChanged, EngineStarted, KeyPressed, LineStops
from acd.engine.model.facts import CallEscalated, ServiceNamed
from acd.engine.model.ids import CallId, NodeId, ServiceId
from acd.engine.model.phone_numbers import number_key
from tests.acd.engine.line import Line, profile
from tests.acd.engine.urgent_lines import numbered, ringing


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
