"""Fairness among urgent callers: first-time callers come before repeat callers."""

import msgspec

from acd.engine.machine import Engine
from acd.engine.model.commands import CallBack, OfferCall
from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, CallImported, ConfigChanged, EngineStarted, KeyPressed
from acd.engine.model.facts import AgentStateChanged, CallEscalated, ServiceNamed
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.phone_numbers import e164
from acd.engine.model.wait_facts import CallLinedUp
from acd.engine.rules import repeat_callers
from tests.acd.engine import calling_back
from tests.acd.engine.repeats import HOUR, A, B, C, again_and_first, comes, line_of, order_of, queued, served


def test_a_numbers_calls_beyond_those_that_count_come_after_first_time_callers() -> None:
    line = again_and_first()
    assert (queued(line, "a2").repeat, queued(line, "a2").urgent_calls) == ("per_hour", 2)
    assert (queued(line, "b1").repeat, queued(line, "b1").urgent_calls) == ("", 1)
    assert order_of(line) == ["busy", "b1", "a2"]


def test_they_wait_in_a_queue_of_their_own() -> None:
    line = again_and_first()
    queues = {fact.call: fact.queue for fact in line.facts(CallLinedUp)}
    assert queues["a2"] == f"{queues['b1']}:repeat"


def test_the_agent_sees_which_urgent_call_of_their_number_it_is() -> None:
    line = line_of()
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "a2", A)
    assert [(one.call, one.urgent_calls) for one in line.history if isinstance(one, OfferCall)] == [
        ("a1", 1),
        ("a2", 2),
    ]


def test_so_does_the_agent_who_calls_them_back() -> None:
    line = line_of(callbacks=True, callback_abandoned_urgent=True)
    calling_back.queued(line, "c0", "funeral", A)
    served(line, "c0")
    comes(line, "busy", C)
    line.answers("busy")
    calling_back.queued(line, "c1", "funeral", A)
    calling_back.hangs_up(line, "c1")
    line.agent_hangs_up("busy")
    assert [(one.call, one.urgent_calls) for one in line.history if isinstance(one, CallBack)] == [("c1", 2)]


def test_while_there_are_few_of_them_whoever_is_given_the_next_caller_is_never_shown_as_idle() -> None:
    line = again_and_first()
    line.answers("busy")
    line.agent_hangs_up("busy")
    assert line.offered == {"1001": "b1"}
    assert [fact.state for fact in line.out if isinstance(fact, AgentStateChanged)] == ["ringing"]


def test_a_second_call_at_the_same_time_comes_after_first_time_callers() -> None:
    line = line_of(urgent_calls_per_hour=5)
    comes(line, "busy", C)
    comes(line, "a1", A)
    comes(line, "a2", "+90" + A[1:])  # the same number, as another trunk writes it
    comes(line, "b1", B)
    assert queued(line, "a2").repeat == "at_once"
    assert order_of(line) == ["busy", "a1", "b1", "a2"]
    comes(line, "a3", A)  # one at a time again
    assert queued(line, "a3").repeat == ""


def test_none_of_them_falls_behind_a_routine_caller() -> None:
    line = line_of()
    comes(line, "busy", C)
    line.answers("busy")
    comes(line, "r1", B, "request")
    line.passes(HOUR / 2)
    for call in ("a1", "a2", "a3"):
        comes(line, call, A)
    line.agent_hangs_up("busy")
    assert order_of(line) == ["a1", "a2", "a3", "r1"]


def test_after_an_hour_it_is_the_first_call_again() -> None:
    line = line_of()
    comes(line, "a1", A)
    served(line, "a1")
    line.passes(HOUR - 2)
    comes(line, "a2", A)
    served(line, "a2")
    assert queued(line, "a2").repeat == "per_hour"
    line.passes(2 * HOUR)
    comes(line, "a3", A)
    assert (queued(line, "a3").repeat, queued(line, "a3").urgent_calls) == ("", 1)
    line.passes(HOUR)
    comes(line, "b1", B)
    assert set(line.engine.state.urgent_calls) == {e164(B)}  # nobody is remembered for longer


def test_an_urgent_call_counts_for_an_hour_to_the_second() -> None:
    line = line_of()
    comes(line, "a1", A)
    line.caller_gone("a1")
    line.passes(HOUR - 0.5)
    comes(line, "a2", A)
    line.caller_gone("a2")
    line.passes(0.5)
    comes(line, "a3", A)
    assert [queued(line, call).urgent_calls for call in ("a1", "a2", "a3")] == [1, 2, 2]


def test_a_number_is_remembered_for_an_hour_and_no_longer() -> None:
    line = line_of()
    comes(line, "a1", A)
    line.passes(HOUR - 60)
    comes(line, "b1", B)
    line.passes(60)
    comes(line, "c1", C)
    assert set(line.engine.state.urgent_calls) == {e164(B), e164(C)}


def test_callers_without_a_number_count_together() -> None:
    line = line_of()
    comes(line, "busy", C)
    for n, number in enumerate(("", "anonymous", "", "restricted")):
        comes(line, f"w{n}", number)
    comes(line, "b1", B)
    assert [queued(line, f"w{n}").repeat for n in range(4)] == ["", "", "withheld", "withheld"]
    assert order_of(line) == ["busy", "w0", "w1", "b1", "w2", "w3"]


def test_a_number_abroad_with_the_same_last_digits_is_another_caller() -> None:
    line = line_of()
    comes(line, "c1", "05321110001")
    comes(line, "c2", "+15321110001")
    comes(line, "c3", "+90 532 111 00 01")
    assert [queued(line, call).repeat for call in ("c1", "c2", "c3")] == ["", "", "at_once"]


def test_a_switchboards_calls_are_first_calls() -> None:
    line = line_of(switchboards=frozenset({A[1:]}))
    comes(line, "busy", C)
    for n in range(3):
        comes(line, f"a{n}", A)
    comes(line, "b1", B)
    assert order_of(line) == ["busy", "a0", "a1", "a2", "b1"]
    assert not any(fact.again for fact in line.facts(ServiceNamed))  # nor are they about the same


def test_without_the_rule_all_are_alike() -> None:
    line = line_of(urgent_calls_per_hour=0)
    comes(line, "busy", C)
    for n in range(3):
        comes(line, f"a{n}", A)
    comes(line, "b1", B)
    assert order_of(line) == ["busy", "a0", "a1", "a2", "b1"]
    assert queued(line, "a2").urgent_calls == 0


def test_who_says_by_a_key_that_it_is_urgent_is_counted_too() -> None:
    line = line_of(escalation_key="9")
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "busy", C)
    comes(line, "a2", A, "request")
    comes(line, "b1", B, "request")
    for call in ("a2", "b1"):
        line.do(KeyPressed(at=line.at, call=CallId(call), key="9"))
    told = {fact.call: (fact.urgent_calls, fact.repeat) for fact in line.facts(CallEscalated)}
    assert told == {"a2": (2, "per_hour"), "b1": (1, "")}
    assert order_of(line) == ["busy", "b1", "a2"]


def test_who_becomes_a_repeat_caller_within_the_line_leaves_nothing_behind_in_it() -> None:
    line = line_of(escalation_key="9")
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "busy", C)
    for call, number in (("r1", B), ("a2", A), ("r2", "05321110009")):
        comes(line, call, number, "request")
    line.do(KeyPressed(at=line.at, call=CallId("a2"), key="9"))
    assert order_of(line) == ["busy", "a2", "r1", "r2"]


def test_who_calls_again_has_their_place_but_not_before_first_time_callers() -> None:
    line = line_of(redial_s=300.0)
    comes(line, "busy", C)
    comes(line, "a1", A)
    comes(line, "b1", B)
    line.caller_gone("a1")
    comes(line, "a2", A)
    assert queued(line, "a2").kept_from == "a1"
    assert order_of(line) == ["busy", "b1", "a2"]


def test_a_redial_that_still_counts_as_first_has_the_place_it_had() -> None:
    line = line_of(redial_s=300.0, urgent_calls_per_hour=2)
    comes(line, "busy", C)
    comes(line, "a1", A)
    comes(line, "b1", B)
    line.caller_gone("a1")
    comes(line, "a2", A)
    assert order_of(line) == ["busy", "a2", "b1"]


def test_whom_an_agent_sends_on_is_no_repeat_caller_any_more() -> None:
    line = line_of("1001 1002")
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "busy", C)
    comes(line, "a2", A)
    line.answers("busy")
    line.answers("a2")
    comes(line, "b1", B)
    leg = line.sends("a2", "*8")
    line.comes_back("a2", leg, "*8")
    place = line.engine.state.calls[CallId("a2")].place
    assert (place.repeat, place.order < repeat_callers.LATER) == ("", True)
    assert not line.engine.core.counted.repeats


def test_the_standbys_callers_are_counted() -> None:
    line = line_of()
    comes(line, "a1", A)
    served(line, "a1")
    line.do(
        CallImported(at=line.at, call=CallId("a2"), node=NodeId("ast1"), channel="PJSIP/trunk-a2", number=A,
                     arrived_at=line.at - 9, urgent=True, queued_at=line.at - 5)
    )  # fmt: skip
    assert (queued(line, "a2").repeat, queued(line, "a2").urgent_calls) == ("per_hour", 2)


def test_the_backup_tier_is_rung_for_first_time_callers_first() -> None:
    line = line_of("1001", backup_after_s=5.0)
    line.do(
        ConfigChanged(
            at=line.at,
            config=msgspec.structs.replace(
                line.config,
                agents=(*line.config.agents, msgspec.structs.replace(line.config.agents[0], id=AgentId("1006"),
                                                                     endpoint="PJSIP/1006", backup=True)),
            ),
        )
    )  # fmt: skip
    comes(line, "busy", C)
    line.answers("busy")
    comes(line, "a1", A)
    comes(line, "a2", A)
    comes(line, "b1", B)
    line.passes(6)
    line.ready("1006")
    assert line.offered["1006"] == "a1"
    served(line, "a1")
    assert line.offered["1006"] == "b1"


def test_the_ticket_of_who_calls_again_is_used_again() -> None:
    line = line_of(urgent_calls_per_hour=3)
    for n, number in enumerate((A, A, "", "", B)):
        comes(line, f"c{n}", number)
        served(line, f"c{n}")
    named = {fact.call: (fact.opens_ticket, fact.again) for fact in line.facts(ServiceNamed)}
    assert named == {
        "c0": (True, False),
        "c1": (True, True),
        "c2": (True, False),
        "c3": (True, False),  # whoever has no number may be anybody
        "c4": (True, False),
    }


def test_places_survive_a_restart() -> None:
    line = line_of(regroup_s=2.0)
    comes(line, "busy", C)
    line.answers("busy")
    for call, number in (("a1", A), ("a2", A), ("b1", B)):
        comes(line, call, number)
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at))
    for call, number in (("a2", A), ("b1", B), ("a1", A)):
        channel = f"PJSIP/trunk-{call}"
        line.do(CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=channel, number=number))
    line.agent_hangs_up("busy")
    assert order_of(line) == ["a1", "b1", "a2"]
    comes(line, "a3", A)
    assert queued(line, "a3").urgent_calls == 3


def test_that_a_call_is_about_the_same_is_told_by_a_transfer_and_of_the_standbys_callers_too() -> None:
    services = (
        Service(id=ServiceId("funeral"), priority="urgent", transfer_code="1"),
        Service(id=ServiceId("ambulance"), priority="urgent", transfer_code="2"),
        Service(id=ServiceId("agent")),
    )
    line = line_of(urgent_calls_per_hour=9, services=services)
    comes(line, "a1", A)
    served(line, "a1")
    comes(line, "a2", A)
    line.answers("a2")
    line.sends("a2", "*82")
    line.do(
        CallImported(at=line.at, call=CallId("a3"), node=NodeId("ast1"), channel="PJSIP/trunk-a3", number=A,
                     arrived_at=line.at - 9, urgent=True, queued_at=line.at - 5)
    )  # fmt: skip
    told = [(fact.call, fact.service, fact.again) for fact in line.facts(ServiceNamed)]
    assert told == [
        ("a1", "funeral", False),
        ("a2", "funeral", True),
        ("a2", "ambulance", True),
        ("a3", "agent", True),
    ]


def test_who_is_to_be_called_back_holds_no_line() -> None:
    line = line_of(urgent_calls_per_hour=9, callbacks=True, callback_abandoned_urgent=True)
    comes(line, "busy", C)
    for call in ("a1", "a2"):
        channel = f"PJSIP/trunk-{call}"
        line.do(CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=channel, number=A, callable=A))
        line.chooses(call, "funeral")
        line.caller_gone(call)
    assert line.engine.state.calls[CallId("a1")].away
    assert (queued(line, "a2").repeat, queued(line, "a2").urgent_calls) == ("", 2)


def test_a_call_of_exactly_an_hour_ago_counts_no_more() -> None:
    line = line_of()
    comes(line, "a1", A)
    served(line, "a1", 10.0)
    line.passes(HOUR - 10.0)
    comes(line, "a2", A)
    assert queued(line, "a2").urgent_calls == 1
