"""Calls about tasks that are refused: people who may not ring a citizen, and citizens who are not rung."""

from typing import Any

import pytest

from acd.engine.model.events import LineStops, NodeLost, NodeReconciled
from acd.engine.model.fact_base import TaskCallRefusal
from acd.engine.model.ids import AgentId, ServiceId
from acd.engine.model.outcome_events import OutcomeCallWished
from tests.acd.engine.calling_back import NODE, callee, line_of, parts, queued
from tests.acd.engine.task_calls import DIGITS, REQUEST, T1, ready, refused, wishes


def test_two_who_press_at_once_are_one_call() -> None:
    line = ready("1001 1002")
    wishes(line, "1")
    wishes(line, "2", agent="1002")
    assert (refused(line), line.offered) == (["under_way"], {"1001": T1})
    line.answers(T1)
    callee(line, T1)
    wishes(line, "3", agent="1002")
    assert refused(line) == ["under_way"] * 2
    parts(line, T1)
    wishes(line, "4", agent="1002")
    assert line.offered == {"1002": f"ast1-task.{REQUEST}.17.4"}


def test_a_citizen_has_one_call_at_a_time() -> None:
    line = ready("1001 1002")
    wishes(line)
    wishes(line, agent="1002", task=18)
    assert refused(line) == ["pending"]
    line.do(
        OutcomeCallWished(
            at=line.at, wish="26-000124-1.1.1", number="+905329998877", service=ServiceId("request"), made_at=line.at,
            node=NODE, callable=DIGITS,
        )
    )  # fmt: skip
    assert line.offered == {"1001": T1}


def test_a_citizen_who_is_on_the_line_is_not_called() -> None:
    line = ready("1001 1002")
    queued(line, "c1", number=DIGITS)
    wishes(line, agent="1002")
    assert refused(line) == ["pending"]


def test_a_citizen_who_calls_while_they_are_called_holds_the_line() -> None:
    line = ready("1001 1002")
    wishes(line)
    queued(line, "c1", number=DIGITS)
    assert line.offered == {"1001": T1, "1002": "c1"}


@pytest.mark.parametrize(
    ("rules", "more", "why"),
    [
        ({"callbacks": False}, {}, "off"),
        ({}, {"callable": ""}, "no_number"),
        ({"callback_denied": ("+9053",)}, {}, "denied"),
        ({}, {"agent": "1009"}, "no_agent"),
        ({}, {"not_after": 999.0}, "too_late"),
    ],
)
def test_nobody_is_rung_where_it_cannot_be(rules: Any, more: Any, why: TaskCallRefusal) -> None:
    line = ready(**rules)
    wishes(line, **more)
    assert (refused(line), line.offered, line.commands) == ([why], {}, [])
    assert line.engine.state.calls == {}


def test_a_wish_counts_to_its_last_moment() -> None:
    line = ready()
    wishes(line, not_after=line.at)
    assert (refused(line), line.offered) == ([], {"1001": T1})


def test_an_agent_who_cannot_be_rung_is_told_why() -> None:
    line = line_of("1001")
    wishes(line, "1")
    line.wishes("1001", "paused")
    wishes(line, "2")
    line.ready("1001")
    queued(line, "c1")
    wishes(line, "3")
    line.answers("c1")
    wishes(line, "4")
    assert refused(line) == ["offline", "phone", "busy", "busy"]


def test_a_line_that_stops_and_one_without_asterisk_take_no_wish() -> None:
    line = ready()
    line.do(NodeLost(at=line.at, node=NODE))
    wishes(line, "1")
    line.do(NodeReconciled(at=line.at, node=NODE, available=(AgentId("1001"),)), LineStops(at=line.at))
    wishes(line, "2")
    assert refused(line) == ["not_connected", "stopping"]


def test_a_wish_that_comes_again_rings_nobody() -> None:
    line = ready()
    wishes(line)
    line.answers(T1)
    callee(line, T1, "BUSY")
    wishes(line)
    assert (refused(line), line.offered) == (["too_late"], {})
