"""Blocked numbers, and numbers with points."""

import re

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from acd.engine.model.commands import ReleaseCall
from acd.engine.model.config import EngineConfig, Service
from acd.engine.model.events import CallAttached, FlowFinished, KeyPressed
from acd.engine.model.facts import CallQueued, ServiceNamed
from acd.engine.model.ids import CallId, NodeId, ServiceId
from acd.engine.model.phone_numbers import bare, e164, known, number_key, spellings
from acd.engine.model.state import State
from tests.acd.engine.line import Line


def calls(line: Line, call: str, number: str, service: str) -> None:
    """A caller with a number goes to a service."""
    line.do(
        CallAttached(at=line.at, call=CallId(call), node=NodeId("ast1"), channel=f"PJSIP/trunk-{call}", number=number)
    )
    line.chooses(call, service)


@pytest.mark.parametrize("word", ["", "anonymous", "Anonymous", "UNKNOWN", "restricted", "asterisk", "numara-gizli"])
def test_a_word_in_place_of_a_number_is_none(word: str) -> None:
    assert known(word) == ""


@pytest.mark.parametrize("number", ["05321234567", "+905321234567", "1001", "anonymous1", "ali"])
def test_a_number_is_known(number: str) -> None:
    assert known(number) == number


def test_a_number_is_looked_for_in_every_way_it_may_have_been_written() -> None:
    ways = {"05321234567", "5321234567", "+905321234567", "905321234567", "00905321234567"}
    odd = {"+9005321234567", "9005321234567", "009005321234567", "0905321234567"}
    for written in (*ways, *odd, "0532 123 45 67", "+90 (0) 532 123 45 67", "(0532) 123-45-67"):
        assert set(spellings(written)) == ways | odd
    assert spellings("0532 123 45 67")[0] == "05321234567"
    assert spellings("1001") == ("1001",)
    assert "+904440411" in spellings("444 04 11")
    assert spellings("anonymous") == ("anonymous",)
    assert spellings("") == ("",)


@pytest.mark.parametrize("abroad", ["+1 212 555 1234", "0012125551234", "12125551234", "+49 212 5551234"])
def test_a_number_of_another_country_is_not_ours_with_the_same_last_digits(abroad: str) -> None:
    assert bare(abroad)[-10:] == bare("0212 555 12 34")[-10:]
    assert not set(spellings(abroad)) & set(spellings("0212 555 12 34"))
    assert number_key(abroad) != number_key("0212 555 12 34")


@given(st.from_regex(r"(\+|00|\+90|0090)?0{0,4}[0-9]{1,14}", fullmatch=True))
def test_the_form_of_a_number_is_its_own_form(written: str) -> None:
    """A snapshot that is restored again and again has the same numbers."""
    assert number_key(number_key(written)) == number_key(written)


WRITTEN = st.one_of(
    st.from_regex(r"(\+|00)?[1-9][0-9]{6,14}", fullmatch=True),
    st.from_regex(r"(0|90|\+90|0090|\+900|090)?[1-9][0-9]{9}", fullmatch=True),
    st.from_regex(r"\+?[0-9]{1,17}", fullmatch=True),
)


@given(WRITTEN, WRITTEN)
def test_the_ways_of_a_number_are_its_own(one: str, other: str) -> None:
    assert one in spellings(one)
    assert all(e164(way) == e164(one) for way in spellings(one))
    assert bool(set(spellings(one)) & set(spellings(other))) <= (number_key(one) == number_key(other))


@given(st.from_regex(r"[1-9][0-9]{9}", fullmatch=True), st.data())
def test_a_look_up_misses_no_way_of_writing(ten: str, data: st.DataObject) -> None:
    ways = st.sampled_from(["{}", "0{}", "90{}", "+90{}", "0090{}", "+900{}", "090{}"])
    stored, asked = (data.draw(ways).format(ten) for _ in range(2))
    assert stored in spellings(asked)


@given(st.text(max_size=30))
def test_what_is_looked_for_is_what_was_asked_or_a_number(text: str) -> None:
    assert re.fullmatch(r"(\+?[0-9]+)?", bare(text), re.ASCII)
    assert spellings(text)
    assert number_key(text) or not text


def test_a_blocked_caller_is_told_so_and_let_go() -> None:
    line = Line("1001", blocked=frozenset({"5321234567"}))
    line.ready("1001")
    calls(line, "c1", "+905321234567", "request")
    assert line.commands == [ReleaseCall(call=CallId("c1"), reason="rejected", announce="queue_goodbye_blocked")]
    line.caller_gone("c1")
    end = line.outcome("c1")
    assert (end.outcome, end.wait_s, end.service, end.hangup_by) == ("rejected", None, "request", "system")
    assert [fact.opens_ticket for fact in line.facts(ServiceNamed)] == [False]


@pytest.mark.parametrize("abroad", ["+15321234567", "0015321234567", "15321234567"])
def test_a_blocked_number_with_the_same_last_digits_blocks_nobody_abroad(abroad: str) -> None:
    line = Line("1001", blocked=frozenset({"5321234567"}), vip={"5321234567": 60.0})
    line.ready("1001")
    calls(line, "c1", abroad, "request")
    assert line.offered == {"1001": "c1"}
    assert line.engine.state.calls[CallId("c1")].place.points == 0.0


def test_the_lists_of_an_older_version_mean_the_same_numbers() -> None:
    old = b'{"blocked": ["5321234567"], "vip": {"5327654321": 60.0}, "switchboards": ["2125550000"]}'
    config = msgspec.json.decode(old, type=EngineConfig)
    assert config.blocked == {"+905321234567"}
    assert config.vip == {"+905327654321": 60.0}
    assert config.switchboards == {"+902125550000"}
    assert msgspec.json.decode(msgspec.json.encode(config), type=EngineConfig) == config
    state = msgspec.json.decode(b'{"urgent_calls": {"5321234567": [1.0], "": [2.0]}}', type=State)
    assert state.urgent_calls == {"+905321234567": [1.0], "": [2.0]}


@pytest.mark.parametrize(("earlier", "later"), [("+905321234567", "05321234567"), ("05321234567", "+905321234567")])
def test_what_an_older_version_knew_of_one_number_by_two_ways_is_kept_together(earlier: str, later: str) -> None:
    old = {
        "urgent_calls": {later: [1.0, 4.0], earlier: [2.0]},
        "left": {
            later: {"call": "c2", "order": 2, "at": 9.0},
            earlier: {"call": "c1", "order": 1, "at": 3.0},
        },
    }
    state = msgspec.json.decode(msgspec.json.encode(old), type=State)
    assert state.urgent_calls == {"+905321234567": [1.0, 2.0, 4.0]}
    assert [left.call for left in state.left.values()] == [CallId("c2")]


def test_what_is_urgent_is_never_blocked() -> None:
    line = Line("1001", blocked=frozenset({"5321234567"}))
    line.ready("1001")
    calls(line, "u1", "05321234567", "funeral")
    assert line.offered == {"1001": "u1"}


def test_a_blocked_caller_may_hear_what_the_menu_says() -> None:
    line = Line("1001", blocked=frozenset({"5321234567"}))
    line.do(CallAttached(at=line.at, call=CallId("c1"), node=NodeId("ast1"), channel="x", number="05321234567"))
    line.do(FlowFinished(at=line.at, call=CallId("c1")))
    line.caller_gone("c1")
    assert line.outcome("c1").outcome == "self_served"


def test_nobody_without_a_number_is_blocked() -> None:
    line = Line("1001", blocked=frozenset({""}))
    line.ready("1001")
    calls(line, "c1", "anonymous", "request")
    assert line.offered == {"1001": "c1"}


def test_points_are_a_head_start_and_no_more() -> None:
    line = Line("1001", vip={"5321234567": 60.0}, wrapup_s=0)
    calls(line, "long", "05550000001", "request")
    line.passes(61)
    calls(line, "short", "05550000002", "request")
    calls(line, "vip", "05321234567", "request")
    assert [fact.points for fact in line.facts(CallQueued)] == [0, 0, 60]
    line.ready("1001")
    order = []
    for _ in range(3):
        [call] = line.offered.values()
        order.append(call)
        line.answers(call)
        line.agent_hangs_up(call)
    assert order == ["long", "vip", "short"]


def test_points_count_across_services_and_with_ageing() -> None:
    services = (Service(id=ServiceId("request"), ageing=2.0), Service(id=ServiceId("agent")))
    line = Line("1001", services, vip={"5321234567": 60.0}, wrapup_s=0)
    calls(line, "r1", "05550000001", "request")
    line.passes(29)
    calls(line, "vip", "05321234567", "agent")
    line.ready("1001")
    assert line.offered == {"1001": "vip"}, "60 points against 58"


def test_urgent_callers_are_first_come_first_served_whoever_they_are() -> None:
    line = Line("1001", vip={"5321234567": 600.0}, escalation_key="9")
    calls(line, "u1", "05550000001", "funeral")
    calls(line, "u2", "05321234567", "funeral")
    calls(line, "r3", "05321234567", "request")
    line.do(KeyPressed(at=line.at, call=CallId("r3"), key="9"))
    line.ready("1001")
    assert line.offered == {"1001": "u1"}


def test_the_points_a_caller_comes_with_are_told_but_of_an_urgent_one() -> None:
    line = Line("1001", vip={"5321234567": 60.0})
    calls(line, "r1", "05321234567", "request")
    calls(line, "u1", "05321234567", "funeral")
    assert [(fact.call, fact.points) for fact in line.facts(CallQueued)] == [("r1", 60), ("u1", 0)]
