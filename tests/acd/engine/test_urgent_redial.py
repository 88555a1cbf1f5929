"""An urgent caller who calls again has the place they had."""

import pytest

from acd.engine.model.events import KeyPressed
from acd.engine.model.facts import CallEscalated, CallQueued
from acd.engine.model.ids import CallId
from acd.engine.model.phone_numbers import number_key
from tests.acd.engine.line import Line
from tests.acd.engine.urgent_lines import numbered


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
