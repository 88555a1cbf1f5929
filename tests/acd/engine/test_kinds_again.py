"""A caller presses another key of the menu of kinds: the last key counts, until the talk is ten seconds old."""

import pytest

from acd.engine.machine import Engine
from acd.engine.model.commands import Announce, HoldCaller
from acd.engine.model.config import Service
from acd.engine.model.events import CallAttached, KindAsked, NodeLost
from acd.engine.model.facts import CallbackQueued, KeyHeard, ServiceNamed
from acd.engine.model.ids import CallId, NodeId, ServiceId
from acd.engine.rules.kind_menu import AGAIN_S
from tests.acd.engine.line import Line
from tests.acd.engine.telling_kinds import (
    KINDS,
    MENU,
    MENU_S,
    ONE_EACH,
    SERVICES,
    changes,
    line_of,
    presses,
    says_urgent,
    service_of,
    sets_kind,
    tickets,
)

C1 = CallId("c1")


def asked_with_callback(line: Line) -> None:
    """A caller who can be called back says that it is urgent."""
    line.do(
        CallAttached(at=line.at, call=C1, node=NodeId("ast1"), channel="PJSIP/trunk-c1", callable="05321112233"),
        KindAsked(at=line.at, call=C1, service=ServiceId("ambulance"), kinds=KINDS, music=MENU, menu_s=MENU_S),
    )


# --- which key counts


def test_the_last_key_counts_while_the_phone_rings_and_the_request_is_opened_once() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.rings("c1")
    presses(line, "1")
    line.passes(6.0)
    presses(line, "2")
    assert service_of(line) == "doctor"
    assert (tickets(line), changes(line)) == ([("funeral", {})], [("doctor", "2")])
    assert [fact.key for fact in line.facts(KeyHeard)] == ["1", "2"]
    assert line.offered == {"1001": "c1"}, "they take both"
    line.answers("c1")
    line.passes(20.0)
    line.agent_hangs_up("c1")
    line.caller_gone("c1")
    assert line.outcome("c1").service == "doctor"
    assert len(tickets(line)) == 1


@pytest.mark.parametrize(("after_s", "service"), [(9.9, "doctor"), (10.1, "funeral")])
def test_it_counts_until_the_talk_is_ten_seconds_old(after_s: float, service: str) -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    line.answers("c1")
    line.passes(after_s)
    presses(line, "2")
    assert service_of(line) == service
    assert changes(line) == ([("doctor", "2")] if service == "doctor" else [])


def test_it_counts_of_a_caller_for_whom_nobody_is_free() -> None:
    line = line_of(ONE_EACH)
    says_urgent(line)
    presses(line, "1")
    line.passes(60.0)
    presses(line, "4")
    assert (service_of(line), changes(line)) == ("ambulance", [("ambulance", "4")])
    line.ready("1002")
    assert line.offered == {}
    line.ready("1001")
    assert line.offered == {"1001": "c1"}


def test_it_finds_the_agent_who_was_free_for_that_kind_all_along() -> None:
    line = line_of(ONE_EACH)
    says_urgent(line)
    presses(line, "1")
    line.ready("1003")
    presses(line, "2")
    assert line.offered == {"1003": "c1"}


@pytest.mark.parametrize("phase", ["waits", "rings", "talks"])
def test_the_same_kind_again_changes_nothing(phase: str) -> None:
    line = line_of()
    if phase != "waits":
        line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    if phase == "talks":
        line.answers("c1")
    for _ in range(5):
        line.passes(1.0)
        presses(line, "1")
        assert line.out == []
    assert (tickets(line), changes(line)) == ([("funeral", {})], [])


def test_another_key_of_the_same_kind_changes_nothing() -> None:
    line = line_of()
    line.attaches("c1")
    kinds = {"1": ServiceId("funeral"), "7": ServiceId("funeral")}
    line.do(KindAsked(at=line.at, call=C1, service=ServiceId("ambulance"), kinds=kinds, music=MENU, menu_s=MENU_S))
    presses(line, "1")
    presses(line, "7")
    assert (line.out, changes(line)) == ([], [])


@pytest.mark.parametrize("key", ["0", "9", "#", "8"])
def test_a_key_that_the_menu_does_not_have_changes_no_kind(key: str) -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    presses(line, key)
    line.answers("c1")
    presses(line, key)
    assert (service_of(line), changes(line), len(tickets(line))) == ("funeral", [], 1)


@pytest.mark.parametrize("service", ["funeral", "doctor"])
@pytest.mark.parametrize("talks", [False, True])
def test_what_an_agent_has_set_stays(talks: bool, service: str) -> None:
    """Also where they have confirmed what the caller pressed."""
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    if talks:
        line.answers("c1")
    sets_kind(line, service)
    before = changes(line)
    presses(line, "4")
    assert (service_of(line), changes(line)) == (service, before)


def test_no_key_counts_in_the_talk_with_a_second_agent() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    line.answers("c1")
    line.passes(2.0)
    line.ready("1002")
    line.comes_back("c1", line.sends("c1", "1002"), "1002")
    presses(line, "2")
    line.answers("c1")
    presses(line, "2")
    assert (service_of(line), changes(line)) == ("funeral", [])


def test_no_key_counts_once_the_request_was_opened_without_a_kind() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(10.5)
    presses(line, "2")
    assert (tickets(line), changes(line)) == ([("ambulance", {"kind": "untold"})], [])


def test_it_counts_after_a_restart() -> None:
    line = line_of()
    line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    line.engine = Engine.restore(line.engine.snapshot())
    presses(line, "2")
    assert (service_of(line), changes(line)) == ("doctor", [("doctor", "2")])


@pytest.mark.parametrize("menu_ends", [False, True])
def test_a_caller_whose_ami_goes_away_in_the_menu_talks_to_an_agent_who_says_the_kind(menu_ends: bool) -> None:
    """No key of theirs is told of meanwhile."""
    line = line_of()
    says_urgent(line)
    line.do(NodeLost(at=line.at, node=NodeId("ast1")))
    if menu_ends:
        line.passes(MENU_S + 1)
    line.ready("1001")
    assert line.offered == {"1001": "c1"}
    line.passes(5.0)
    line.returns("c1", "ANSWER")  # the session tells of it
    assert tickets(line) == [("ambulance", {"kind": "untold"})]
    line.caller_gone("c1")
    assert line.outcome("c1").outcome == "answered"
    sets_kind(line, "doctor")
    assert changes(line) == [("doctor", "")]


# --- the request


def lists(*opening: str) -> tuple[Service, ...]:
    """The usual services, of which only these open a request."""
    return tuple(
        Service(id=one.id, priority=one.priority, opens_ticket=one.id in opening, transfer_code=one.transfer_code)
        for one in SERVICES
    )


def test_where_the_first_kind_opens_no_request_the_second_does() -> None:
    line = Line("1001", lists("doctor", "ambulance"))
    says_urgent(line)
    presses(line, "1")
    assert tickets(line) == []
    presses(line, "2")
    presses(line, "4")
    assert (tickets(line), changes(line)) == ([("doctor", {})], [("ambulance", "4")])


def test_where_the_second_kind_opens_none_the_request_of_the_first_is_corrected() -> None:
    line = Line("1001", lists("funeral", "ambulance"))
    says_urgent(line)
    presses(line, "1")
    presses(line, "2")
    presses(line, "4")
    assert (tickets(line), changes(line)) == ([("funeral", {})], [("doctor", "2"), ("ambulance", "4")])


@pytest.mark.parametrize("asked", [True, False])
def test_where_the_first_kind_opens_no_request_the_one_that_an_agent_sets_does(asked: bool) -> None:
    """Also of a caller who chose that kind without the menu of kinds."""
    line = Line("1001", lists("doctor", "ambulance"))
    if asked:
        says_urgent(line)
        presses(line, "1")
    else:
        line.arrives("c1", "funeral")
    assert tickets(line) == []
    sets_kind(line, "doctor")
    sets_kind(line, "ambulance")
    assert (tickets(line), changes(line)) == ([("doctor", {})], [("ambulance", "")])


def test_where_no_request_stands_for_an_untold_kind_the_one_that_an_agent_sets_opens_one() -> None:
    line = Line("1001", lists("doctor"))
    line.ready("1001")
    says_urgent(line)
    line.answers("c1")
    line.passes(15.0)
    assert tickets(line) == []
    sets_kind(line, "funeral")
    sets_kind(line, "doctor")
    assert (tickets(line), changes(line)) == ([("doctor", {})], [("funeral", "")])


def test_a_restart_forgets_no_request_that_is_still_to_be_opened() -> None:
    line = Line("1001", lists("doctor"))
    says_urgent(line)
    presses(line, "1")
    line.engine = Engine.restore(line.engine.snapshot())
    sets_kind(line, "doctor")
    assert (tickets(line), changes(line)) == ([("doctor", {})], [])


def test_whom_a_colleague_has_sent_to_a_kind_with_a_request_has_no_second_one_by_their_agent() -> None:
    line = Line("1001", lists("doctor", "ambulance"))
    line.ready("1001")
    says_urgent(line)
    presses(line, "1")
    line.answers("c1")
    line.comes_back("c1", line.sends("c1", "*812"), "*812")
    sets_kind(line, "ambulance")
    assert (tickets(line), changes(line)) == ([("doctor", {})], [("ambulance", "")])


# --- who waits: the callback's key, music, announcements


def test_the_callbacks_key_is_a_kind_for_three_seconds_after_each_key() -> None:
    line = line_of(callbacks=True, callback_key="2")
    asked_with_callback(line)
    presses(line, "1")
    line.passes(AGAIN_S - 0.1)
    presses(line, "4")
    line.passes(AGAIN_S - 0.1)
    presses(line, "2")
    assert (service_of(line), line.facts(CallbackQueued)) == ("doctor", [])
    line.passes(AGAIN_S)
    presses(line, "2")
    assert [fact.reason for fact in line.facts(CallbackQueued)] == ["asked"]
    assert service_of(line) == "doctor"


def test_it_asks_for_a_callback_after_that_and_says_no_kind() -> None:
    line = line_of(callbacks=True, callback_key="2")
    asked_with_callback(line)
    presses(line, "1")
    line.passes(AGAIN_S)
    presses(line, "2")
    assert [fact.reason for fact in line.facts(CallbackQueued)] == ["asked"]
    assert (service_of(line), changes(line)) == ("funeral", [])


def test_it_is_a_kind_while_a_phone_rings_when_it_asks_for_nothing() -> None:
    line = line_of(callbacks=True, callback_key="2")
    line.ready("1001")
    asked_with_callback(line)
    presses(line, "1")
    line.passes(6.0)
    presses(line, "2")
    assert (service_of(line), line.facts(CallbackQueued)) == ("doctor", [])


def test_a_callee_says_no_kind() -> None:
    line = line_of(callbacks=True, callback_key="2", wrapup_s=0)
    asked_with_callback(line)
    presses(line, "1")
    line.passes(AGAIN_S)
    presses(line, "2")
    presses(line, "4")
    assert (service_of(line), changes(line)) == ("funeral", [])


@pytest.mark.parametrize("by_agent", [False, True])
def test_another_kind_cuts_no_music_that_plays_already(by_agent: bool) -> None:
    line = line_of()
    says_urgent(line)
    presses(line, "1")
    if by_agent:
        sets_kind(line, "doctor")
    else:
        presses(line, "2")
    assert service_of(line) == "doctor"
    heard = [one for one in line.history if isinstance(one, HoldCaller | Announce)]
    assert [one.music for one in heard if isinstance(one, HoldCaller)] == [MENU, ""]
    assert len(heard) == 2


def test_a_kind_that_an_agent_sets_in_the_menu_ends_it() -> None:
    line = line_of()
    says_urgent(line)
    sets_kind(line, "doctor")
    assert [one.music for one in line.history if isinstance(one, HoldCaller)] == [MENU, ""]


def test_a_caller_waits_as_long_as_the_last_kind_allows() -> None:
    services = (
        Service(id=ServiceId("ambulance"), priority="urgent", max_wait_s=30.0, overflow_to=ServiceId("funeral")),
        Service(id=ServiceId("doctor"), priority="urgent", max_wait_s=60.0, overflow_to=ServiceId("funeral")),
        Service(id=ServiceId("funeral"), priority="urgent"),
        Service(id=ServiceId("agent")),
    )
    line = Line("1001", services)
    says_urgent(line)
    presses(line, "1")
    assert "maxwait:c1" not in line.timers
    presses(line, "2")
    assert line.timers.get("maxwait:c1") == 1060.0
    line.passes(60.0)
    assert service_of(line) == "funeral", "nobody came, so the caller was moved"
    presses(line, "4")
    assert service_of(line) == "funeral", "a key does not undo that"


def test_a_kind_that_was_named_is_not_named_again() -> None:
    line = line_of()
    says_urgent(line)
    presses(line, "1")
    presses(line, "2")
    assert [fact.service for fact in line.facts(ServiceNamed)] == ["ambulance", "funeral"]
