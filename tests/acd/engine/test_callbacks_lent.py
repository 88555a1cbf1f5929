"""A callback whose caller calls again: its place is lent, and the callback stands still."""

import pytest

from acd.engine.model.facts import CallbackPaused, CallQueued
from acd.engine.model.ids import CallId
from tests.acd.engine.calling_back import asks, busy, callee, hangs_up, parts, presses, queued, restarted, ringing_c1
from tests.acd.engine.line import Line


def test_who_calls_again_has_the_place_and_the_callback_stands_still_meanwhile() -> None:
    line = busy()
    asks(line, "c1")
    queued(line, "c7", number="05320000001")
    assert line.facts(CallQueued)[-1].kept_from == "c1"
    assert line.facts(CallQueued)[-1].position == 1
    assert (line.facts(CallbackPaused)[-1].call, line.facts(CallbackPaused)[-1].lent_to) == ("c1", "c7")
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c7"}


@pytest.mark.parametrize("service", ["request", "funeral"])
@pytest.mark.parametrize("how", ["hangs up", "talks"])
def test_a_forged_number_cancels_nobodys_callback(service: str, how: str) -> None:
    """A person whose number somebody else sends is called back at the place they had."""
    line = busy(callback_abandoned_urgent=True)
    queued(line, "v1", service)
    hangs_up(line, "v1") if service == "funeral" else asks(line, "v1")
    queued(line, "v2", service, number="05320000001")
    if how == "hangs up":
        hangs_up(line, "v2")
        line.agent_hangs_up("c0")
    else:
        line.agent_hangs_up("c0")
        served = list(line.offered.values())
        while served[-1] != "v2":  # who came before the callback
            line.answers(served[-1])
            line.agent_hangs_up(served[-1])
            served += line.offered.values()
        line.answers("v2")
        line.passes(2)
        line.agent_hangs_up("v2")
        line.caller_gone("v2")
    before: list[str] = []
    while "v1" not in line.offered.values():
        before += line.offered.values()
        line.answers(before[-1])
        line.agent_hangs_up(before[-1])
    assert len(before) <= (1 if service == "funeral" else 3), "all who came later were served first"
    line.answers("v1")
    callee(line, "v1")
    parts(line, "v1")
    assert line.outcome("v1").outcome == "called_back"


def test_a_place_is_lent_once() -> None:
    """Otherwise a forged number would hold a callback up for ever, and everybody else with it."""
    line = busy()
    asks(line, "c1")
    queued(line, "c7", number="05320000001")
    hangs_up(line, "c7")
    queued(line, "c8", number="05320000001")
    assert line.facts(CallQueued)[-1].kept_from is None
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c1"}


def test_a_callback_stands_still_as_long_as_the_other_call_is_up_and_over_a_restart() -> None:
    line = busy()
    asks(line, "c1")
    queued(line, "c7", number="05320000001")
    line.passes(700)
    restarted(line)
    for call in ("c2", "c3", "c7"):
        line.attaches(call)
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c7"}
    line.answers("c7")
    line.passes(700)
    assert line.talking == {"1001": "c7"}
    line.agent_hangs_up("c7")
    assert line.offered == {"1001": "c2"}
    line.caller_gone("c7")
    line.answers("c2")
    line.agent_hangs_up("c2")
    assert line.offered == {"1001": "c1"}


def test_a_borrowed_place_is_given_back_before_the_agent_of_that_talk_has_the_next_caller() -> None:
    """The other caller hangs up in the talk: agent and place are free by the same event."""
    line = busy()
    asks(line, "c1")
    queued(line, "c7", number="05320000001")
    line.agent_hangs_up("c0")
    line.answers("c7")
    assert line.talking == {"1001": "c7"}
    line.caller_gone("c7")
    assert line.offered == {"1001": "c1"}


def test_a_place_that_was_lent_is_not_kept_for_a_third_call() -> None:
    """The callback has it again; two in one place would be one too many."""
    line = busy(callback_abandoned_urgent=True, redial_s=60)
    queued(line, "u1", "funeral")
    queued(line, "u2", "funeral")
    hangs_up(line, "u1")
    queued(line, "u3", "funeral", number="05320000001")
    hangs_up(line, "u3")
    queued(line, "u4", "funeral", number="05320000001")
    assert [fact.kept_from for fact in line.facts(CallQueued)[-2:]] == ["u1", None]
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "u1"}


def kept_out_until(line: Line, name: str) -> float | None:
    callback = line.engine.state.calls[CallId(name)].callback
    assert callback is not None
    return callback.until


def test_a_callback_that_was_tried_waits_as_after_a_try_when_the_other_call_is_over() -> None:
    line = ringing_c1()
    callee(line, "c1", "BUSY")
    queued(line, "c7", number="05320000001")
    line.passes(70)
    assert "c1" not in line.offered.values()
    hangs_up(line, "c7")
    assert line.facts(CallbackPaused)[-1].lent_to is None
    line.passes(59)
    assert kept_out_until(line, "c1") is not None
    line.passes(2)
    assert kept_out_until(line, "c1") is None


def test_a_first_channel_that_ends_does_not_set_a_callback_going_whose_place_is_lent() -> None:
    line = busy()
    presses(line, "c1")
    queued(line, "c7", number="05320000001")
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    assert line.offered == {"1001": "c7"}


def test_who_calls_again_about_something_urgent_or_while_an_agent_rings_for_them_queues_besides() -> None:
    line = busy()
    asks(line, "c1")
    queued(line, "u1", "funeral", number="05320000001")
    line.agent_hangs_up("c0")
    line.caller_gone("u1")
    assert line.offered == {"1001": "c1"}
    queued(line, "c7", number="05320000001")
    assert [fact.kept_from for fact in line.facts(CallQueued)[-2:]] == [None, None]
    assert line.offered == {"1001": "c1"}
