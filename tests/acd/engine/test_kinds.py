"""An agent's phone rings as soon as a caller presses "urgent"; the kind comes meanwhile, late or never."""

import pytest

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened
from acd.engine.model.commands import CancelOffer, HoldCaller, OfferCall, ReleaseCall
from acd.engine.model.config import Service
from acd.engine.model.events import CallerGone, ConfigChanged, EngineStarted, KindAsked, KindSet, Transferred
from acd.engine.model.facts import CallAnswered, CallEnded, CallQueued, KindChanged, OfferEnded
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.rules.kind_menu import AGAIN_S
from tests.acd.engine.line import Line, profile
from tests.acd.engine.telling_kinds import (
    KINDS,
    MENU,
    MENU_S,
    SERVICES,
    line_of,
    presses,
    rung,
    says_urgent,
    service_of,
    sets_kind,
    tickets,
)


def test_the_phone_rings_from_the_urgent_key_while_the_menu_is_heard() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.music, offer.keys, offer.untold) == (MENU, "124", True)
    (queued,) = [one for one in line.out if isinstance(one, CallQueued)]
    assert (queued.priority, queued.at) == ("urgent", line.at), "the wait begins with the key"
    assert tickets(line) == [], "the kind may be told yet"


def test_a_key_says_the_kind_while_it_rings_and_the_ring_goes_on() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.rings("c1")
    line.passes(2.0)
    presses(line, "1")
    assert service_of(line) == "funeral"
    assert tickets(line) == [("funeral", {})]
    assert not [one for one in line.out if isinstance(one, CancelOffer | OfferCall)]
    line.answers("c1")
    line.passes(20.0)
    line.agent_hangs_up("c1")
    line.do(CallerGone(at=line.at, call=CallId("c1")))
    assert [fact.service for fact in line.history if isinstance(fact, CallEnded)] == ["funeral"]
    assert tickets(line) == [("funeral", {})], "once"


def test_one_who_does_not_take_the_kind_is_exchanged_without_a_miss() -> None:
    line = line_of((profile("1001", "ambulance"), profile("1002", "funeral")), max_misses=1)
    line.ready("1001", "1002")
    says_urgent(line)
    leg = line.leg("c1")
    line.do(AgentChannelOpened(at=line.at, agent=AgentId("1001"), channel=leg))
    line.rings("c1")
    presses(line, "1")
    assert [one.channel for one in line.out if isinstance(one, CancelOffer)] == [leg]
    assert [one.result for one in line.out if isinstance(one, OfferEnded)] == ["exchanged"]
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.agent, offer.service, offer.music, offer.keys, offer.untold) == ("1002", "funeral", "", "124", False)
    first = line.engine.state.agents[AgentId("1001")]
    assert (first.misses, first.login, first.shown) == (0, "ready", "busy"), "their phone rings still"
    line.do(AgentChannelClosed(at=line.at, agent=AgentId("1001"), channel=leg))
    assert first.shown == "ready"
    line.answers("c1")
    assert [fact.agent for fact in line.history if isinstance(fact, CallAnswered)] == ["1002"]


def test_one_whose_leg_is_not_known_yet_is_exchanged_when_it_is() -> None:
    line = line_of((profile("1001", "ambulance"), profile("1002", "funeral")))
    line.ready("1001", "1002")
    says_urgent(line)
    presses(line, "1")
    assert rung(line) == ["1001"]
    line.rings("c1")
    assert rung(line) == ["1001", "1002"]


def test_one_of_whose_phone_no_channel_was_told_takes_the_next_caller_at_once() -> None:
    line = line_of((profile("1001", "ambulance request"), profile("1002", "funeral")))
    line.ready("1001", "1002")
    says_urgent(line)
    line.arrives("c2", "request")
    presses(line, "1")
    line.rings("c1")
    assert line.offered == {"1001": "c2", "1002": "c1"}


def test_nobody_is_exchanged_for_nobody() -> None:
    """A person who answers is better than none."""
    line = line_of((profile("1001", "ambulance"), profile("1002", "request")))
    line.ready("1001", "1002")
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    assert not [one for one in line.out if isinstance(one, CancelOffer)]
    line.answers("c1")
    assert service_of(line) == "funeral"


def test_any_agent_of_an_urgent_service_will_do_until_the_kind_is_told() -> None:
    line = line_of((profile("1001", "request"), profile("1002", "doctor")))
    line.ready("1001")
    says_urgent(line)
    assert rung(line) == []
    line.ready("1002")
    assert rung(line) == ["1002"]


@pytest.mark.parametrize(("after_s", "service"), [(9.9, "doctor"), (10.1, "ambulance")])
def test_a_key_counts_until_the_talk_is_ten_seconds_old(after_s: float, service: str) -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    assert tickets(line) == []
    line.passes(after_s)
    presses(line, "2")
    assert service_of(line) == service
    line.passes(10.0)
    assert tickets(line) == [(service, {} if service == "doctor" else {"kind": "untold"})]


def test_who_says_no_kind_in_a_short_talk_has_a_request_all_the_same() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(3.0)
    line.agent_hangs_up("c1")
    assert tickets(line) == [("ambulance", {"kind": "untold"})]


def test_who_waits_hears_the_menu_and_then_music_and_a_key_counts_later_too() -> None:
    line = line_of()
    says_urgent(line)
    assert [one.music for one in line.out if isinstance(one, HoldCaller)] == [MENU]
    line.passes(MENU_S + 0.1)
    assert [one.music for one in line.out if isinstance(one, HoldCaller)] == [""]
    line.ready("1001")
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.music, offer.keys, offer.untold) == ("", "124", True)
    presses(line, "4")
    assert tickets(line) == [("ambulance", {})]


def test_a_key_ends_the_menu_of_one_who_waits() -> None:
    line = line_of()
    says_urgent(line)
    presses(line, "1")
    assert [one.music for one in line.out if isinstance(one, HoldCaller)] == [""]
    line.passes(MENU_S + 1)
    assert not [one for one in line.out if isinstance(one, HoldCaller)]


def test_the_key_that_said_the_kind_says_nothing_else_when_it_is_pressed_twice() -> None:
    line = line_of(callbacks=True, callback_key="2")
    line.attaches("c1")
    line.engine.state.calls[CallId("c1")].callable = "05321112233"
    line.do(
        KindAsked(at=line.at, call=CallId("c1"), service=ServiceId("ambulance"), kinds=KINDS, music=MENU, menu_s=MENU_S)
    )
    presses(line, "2")
    assert service_of(line) == "doctor"
    presses(line, "2")
    assert line.engine.state.calls[CallId("c1")].callback is None
    line.passes(AGAIN_S)
    presses(line, "2")
    back = line.engine.state.calls[CallId("c1")].callback
    assert back is not None
    assert back.reason == "asked"


def test_a_key_that_the_menu_does_not_have_changes_nothing() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    presses(line, "8")
    assert line.engine.state.calls[CallId("c1")].untold


def test_who_hangs_up_in_the_menu_has_no_request_and_frees_the_agent() -> None:
    line = line_of(callbacks=True, callback_abandoned_urgent=True)
    line.ready("1001")
    says_urgent(line)
    line.engine.state.calls[CallId("c1")].callable = "05321112233"
    line.rings("c1")
    line.passes(1.0)
    line.do(CallerGone(at=line.at, call=CallId("c1")))
    (ended,) = [one for one in line.out if isinstance(one, CallEnded)]
    assert (ended.outcome, ended.priority, ended.wait_s) == ("abandoned", "urgent", 1.0)
    assert tickets(line) == []
    assert line.engine.state.agents[AgentId("1001")].shown == "ready"


def test_who_hangs_up_after_the_menu_has_a_request() -> None:
    line = line_of()
    says_urgent(line)
    line.passes(MENU_S + 1)
    line.do(CallerGone(at=line.at, call=CallId("c1")))
    assert tickets(line) == [("ambulance", {"kind": "untold"})]


def test_an_urgent_caller_who_is_let_go_has_a_request_first() -> None:
    services = (
        *SERVICES[:2],
        Service(id=ServiceId("ambulance"), priority="urgent", opens_ticket=True, max_wait_s=20.0),
    )
    line = Line("1001", (*services, *SERVICES[3:]))
    says_urgent(line)
    line.passes(21.0)
    assert [one for one in line.history if isinstance(one, ReleaseCall)]
    assert tickets(line) == [("ambulance", {"kind": "untold"})]


def test_the_phone_of_the_next_agent_rings_with_the_menu_going_on() -> None:
    line = line_of()
    line.ready("1001", "1002")
    says_urgent(line)
    line.passes(2.0)
    line.fails("c1", "BUSY")
    (offer,) = [one for one in line.out if isinstance(one, OfferCall)]
    assert (offer.agent, offer.music) == ("1002", MENU)


def test_an_agent_says_the_kind() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(5.0)
    line.do(KindSet(at=line.at, call=CallId("c1"), service=ServiceId("doctor")))
    assert tickets(line) == [("doctor", {})]
    line.do(KindSet(at=line.at, call=CallId("c1"), service=ServiceId("funeral")))
    assert [one.service for one in line.out if isinstance(one, KindChanged)] == ["funeral"]
    line.agent_hangs_up("c1")
    line.do(CallerGone(at=line.at, call=CallId("c1")))
    line.do(KindSet(at=line.at, call=CallId("c1"), service=ServiceId("doctor")))
    assert [one.service for one in line.out if isinstance(one, KindChanged)] == ["doctor"]
    line.do(KindSet(at=line.at, call=CallId("c1"), service=ServiceId("nothing")))
    assert line.out == []


def test_an_agent_confirms_the_service_that_stands_for_an_untold_kind() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(15.0)
    sets_kind(line, "ambulance")
    assert [one.service for one in line.out if isinstance(one, KindChanged)] == ["ambulance"]
    sets_kind(line, "ambulance")
    assert line.out == []
    assert tickets(line) == [("ambulance", {"kind": "untold"})]


@pytest.mark.parametrize("leg_first", [False, True])
@pytest.mark.parametrize("after_s", [3.0, 15.0])
def test_an_untold_caller_who_is_sent_on_to_an_urgent_service_has_one_request(after_s: float, leg_first: bool) -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(after_s)
    if leg_first:
        leg = line.leg("c1")
        line.agent_hangs_up("c1")
        line.do(Transferred(at=line.at, call=CallId("c1"), leg=leg, kind="blind", dialled="*811"))
    else:
        leg = line.sends("c1", "*811")
    line.comes_back("c1", leg, "*811")
    line.passes(20.0)
    changed = [one.service for one in line.history if isinstance(one, KindChanged)]
    if after_s > 10 or leg_first:
        assert (tickets(line), changed) == ([("ambulance", {"kind": "untold"})], ["funeral"])
    else:
        assert (tickets(line), changed) == ([("funeral", {})], [])
    assert service_of(line) == "funeral"


def test_an_untold_caller_who_is_sent_on_to_a_routine_service_keeps_the_request_without_a_kind() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(3.0)
    line.comes_back("c1", line.sends("c1", "*82"), "*82")
    assert tickets(line) == [("ambulance", {"kind": "untold"})]
    assert not line.facts(KindChanged)


def test_a_caller_whose_kind_is_known_has_a_second_request_at_another_urgent_service() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(15.0)
    sets_kind(line, "doctor")
    line.comes_back("c1", line.sends("c1", "*811"), "*811")
    assert tickets(line) == [("ambulance", {"kind": "untold"}), ("funeral", {})]
    assert [one.service for one in line.facts(KindChanged)] == ["doctor"]


def test_an_agent_changes_the_kind_of_a_caller_who_waits() -> None:
    line = line_of((profile("1001", "funeral"), profile("1002", "doctor")))
    says_urgent(line)
    presses(line, "1")
    line.do(KindSet(at=line.at, call=CallId("c1"), service=ServiceId("doctor")))
    assert [one.service for one in line.out if isinstance(one, KindChanged)] == ["doctor"]
    line.ready("1001")
    assert rung(line) == []
    line.ready("1002")
    assert rung(line) == ["1002"]


def test_an_agent_says_no_kind_of_a_caller_who_has_not_chosen() -> None:
    line = line_of()
    line.attaches("c1")
    line.do(KindSet(at=line.at, call=CallId("c1"), service=ServiceId("doctor")))
    assert line.out == []


def test_a_restart_in_the_menu_leads_on_from_there() -> None:
    line = line_of()
    says_urgent(line)
    line.passes(2.0)
    line.engine = Engine.restore(line.engine.snapshot())
    line.do(EngineStarted(at=line.at), ConfigChanged(at=line.at, config=line.config))
    line.attaches("c1")
    assert [one.music for one in line.out if isinstance(one, HoldCaller)] == [MENU]
    line.passes(MENU_S)
    assert [one.music for one in line.out if isinstance(one, HoldCaller)] == [""]
    presses(line, "1")
    assert tickets(line) == [("funeral", {})]


def test_a_service_that_is_not_urgent_stands_for_no_untold_kind() -> None:
    line = line_of()
    line.attaches("c1")
    line.do(
        KindAsked(at=line.at, call=CallId("c1"), service=ServiceId("request"), kinds=KINDS, music=MENU, menu_s=MENU_S)
    )
    assert not line.engine.state.calls[CallId("c1")].untold
