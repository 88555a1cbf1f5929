"""Which calls met the target, at its edges."""

import pytest

from acd.engine.model.config import ServiceClass
from acd.engine.model.fact_base import CallbackReason
from acd.engine.model.facts import CallAnswered, CallEnded, Outcome
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.target import counts_from, waited_s, within_target
from tests.acd.engine.line import Line


def answered(priority: ServiceClass, wait_s: float, delay_s: float) -> CallAnswered:
    return CallAnswered(
        at=100.0, call=CallId("c"), offer=OfferId("c#1"), agent=AgentId("1001"), service=ServiceId("s"),
        priority=priority,
        wait_s=wait_s, answer_delay_s=delay_s, ring_s=1.0,
    )  # fmt: skip


def ended(
    priority: ServiceClass | None,
    outcome: Outcome,
    *,
    wait_s: float | None,
    up_s: float,
    delay_s: float | None = None,
    callback: CallbackReason | None = None,
) -> CallEnded:
    return CallEnded(
        at=100.0, call=CallId("c"), node=NodeId("ast1"), number="", name="", dialled="", service=None,
        priority=priority,
        language="tr", outcome=outcome, hangup_by="caller", arrived_at=1795565612.4, ended_at=1795565612.4 + up_s,
        queued_at=None if wait_s is None else 1795565613.0, wait_s=wait_s, answer_delay_s=delay_s,
        answered_at=None if delay_s is None else 1795565612.4 + delay_s, callback=callback,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("fact", "waited", "met"),
    [
        (answered("routine", 6.0, 31.0), 6.0, True),
        (answered("routine", 6.001, 31.0), 6.001, False),
        (answered("urgent", 2.0, 6.0), 6.0, True),
        (answered("urgent", 0.5, 6.001), 6.001, False),
        (ended("routine", "answered", wait_s=5.9, up_s=90, delay_s=30), 5.9, True),
        (ended("urgent", "answered", wait_s=5.9, up_s=90, delay_s=7.7), 7.7, False),
        (ended("routine", "called_back", wait_s=900, up_s=990, delay_s=930), 900, False),
        (ended("routine", "abandoned", wait_s=5.999, up_s=40), 5.999, True),
        (ended("routine", "abandoned", wait_s=6.0, up_s=40), 6.0, False),
        (ended("urgent", "abandoned", wait_s=0.2, up_s=5.999), 5.999, True),
        (ended("urgent", "abandoned", wait_s=0.2, up_s=6.0), 6.0, False),
        (ended("urgent", "abandoned", wait_s=0.2, up_s=0.4), 0.4, True),
        (ended("urgent", "abandoned", wait_s=0.2, up_s=0.4004), 0.4, True),
        (ended("urgent", "abandoned", wait_s=3.0, up_s=897, callback="abandoned"), 3.6, True),
        (ended("urgent", "abandoned", wait_s=5.4, up_s=897, callback="abandoned"), 6.0, False),
        (ended("routine", "timed_out", wait_s=1.0, up_s=40), 1.0, False),
        (ended("urgent", "timed_out", wait_s=1.0, up_s=3), 3.0, False),
        (ended("routine", "abandoned_in_menu", wait_s=None, up_s=3), None, None),
        (ended("urgent", "abandoned_in_menu", wait_s=None, up_s=3), None, None),
        (ended(None, "self_served", wait_s=None, up_s=30), None, None),
    ],
)
def test_a_call_meets_the_target_by_its_own_clock(
    fact: CallAnswered | CallEnded, waited: float | None, met: bool | None
) -> None:
    assert waited_s(fact) == waited
    assert within_target(fact, 6.0) is met


@pytest.mark.parametrize(
    ("priority", "queued_at", "since"),
    [
        ("urgent", 107.0, 100.0),
        ("routine", 107.0, 107.0),
        ("outcome", 107.0, None),
        ("urgent", None, None),
        ("routine", None, None),
        (None, 107.0, 107.0),
        (None, None, None),
    ],
)
def test_an_urgent_caller_waits_from_the_answer_of_the_line_and_others_from_the_queue(
    priority: ServiceClass | None, queued_at: float | None, since: float | None
) -> None:
    assert counts_from(priority, 100.0, queued_at) == since


@pytest.mark.parametrize(("service", "since"), [("funeral", 1000.0), ("request", 1005.0)])
def test_while_they_talk_the_state_says_from_when_their_wait_counted(service: str, since: float) -> None:
    line = Line("1001")
    line.ready("1001")
    line.attaches("c1")
    line.passes(5)
    line.chooses("c1", service)
    line.passes(2)
    line.answers("c1")
    answered = line.engine.state.calls[CallId("c1")].answered
    assert answered is not None
    assert answered.counted_from == since
