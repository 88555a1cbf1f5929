"""What the line asks a desk for its callers, if no desk is there; what it answers to wishes while its disk is full."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
import structlog

from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.facts import AgentStateChanged, OutcomeCallRefused, TaskCallRefused
from acd.engine.model.ids import ServiceId
from acd.engine.model.outcome_events import OutcomeCallWished
from acd.engine.model.task_events import TaskCallWished
from acd.line.desks import MOST_STALLS, Desks
from acd.link.line_end import LineEnd, WishRefused
from tests.acd.line.test_runtime import AGENT, Bench, FullDisk
from tests.waiting import until


def never(*_: object) -> Any:
    """Nothing of the line's own is asked for here."""
    raise AssertionError


async def test_a_caller_of_whom_no_desk_tells_is_one_line_of_the_log_without_their_number(tmp_path: Path) -> None:
    desks = Desks.__new__(Desks)
    desks.link = LineEnd(tmp_path / "link", opening=never, status=never, wish=never, look=never)
    with structlog.testing.capture_logs() as said:
        assert await desks.own("05321112233") is None
        assert await desks.preferred_agent("05321112233") is None
    assert said == [
        {"event": "caller_not_looked_up", "kind": kind, "error": "no desk is connected", "log_level": "warning"}
        for kind in ("own", "preferred_agent")
    ]


async def test_without_a_desk_the_samples_of_the_loop_do_not_grow_for_ever(tmp_path: Path) -> None:
    """Twenty come each second, and a desk may be away for weeks."""
    named: Any = dict.fromkeys(
        ("engine", "runtime", "node", "refusals", "callable", "duty_digits", "take_services", "reload", "destroyed")
    )
    desks = Desks(tmp_path / "link", journal_id="", **named)
    for sample in range(2 * MOST_STALLS):
        desks.stalls_s.append(float(sample))
    assert list(desks.stalls_s) == [float(sample) for sample in range(MOST_STALLS, 2 * MOST_STALLS)]


async def test_while_the_disk_is_full_a_wish_is_done_and_the_answer_says_that_no_journal_has_it() -> None:
    journal = FullDisk()
    bench = Bench(journal)
    bench.begin()
    bench.duty()
    desks = Desks.__new__(Desks)
    desks._runtime = bench.runtime
    wish = AgentStateRequested(at=0.0, agent=AGENT, state="offline")
    journal.full = True
    granted = await desks._wish(wish)
    assert [type(fact) for fact in granted.facts] == [AgentStateChanged]
    assert not granted.journalled
    journal.full = False
    await until(lambda: bench.runtime.unwritten == 0)
    assert (await desks._wish(wish)).journalled


async def test_no_citizen_is_called_whom_a_line_that_is_killed_would_call_again() -> None:
    """A call about an outcome can wait until it is on record; callers cannot, and are served."""
    journal = FullDisk()
    bench = Bench(journal)
    bench.begin()
    await until(lambda: journal.last_seq() == 2)
    desks: Any = Desks.__new__(Desks)
    desks._runtime, desks._callable, desks._node = bench.runtime, str, SimpleNamespace(id="ast1")
    now = time.time()
    wish = OutcomeCallWished(
        at=0.0, wish="26-000123-3.1.1", number="05321112233", service=ServiceId("request"), made_at=now,
        not_after=now + 600,
    )  # fmt: skip
    journal.full = True
    bench.duty()
    await until(lambda: bench.runtime.unwritten == 2)
    with pytest.raises(WishRefused, match="no space left"):
        await desks._wish(wish)
    assert bench.runtime.unwritten == 2
    journal.full = False
    await until(lambda: bench.runtime.unwritten == 0)
    granted = await desks._wish(wish)
    assert granted.journalled
    assert [type(fact) for fact in granted.facts] == [OutcomeCallRefused], "the engine has it: there is no trunk"


async def test_no_agent_calls_a_citizen_whom_a_line_that_is_killed_would_forget() -> None:
    """The same of a call about a task: the page says that the line is away, and nobody is rung later."""
    journal = FullDisk()
    bench = Bench(journal)
    bench.begin()
    await until(lambda: journal.last_seq() == 2)
    desks: Any = Desks.__new__(Desks)
    desks._runtime, desks._callable, desks._node = bench.runtime, str, SimpleNamespace(id="ast1")
    wish = TaskCallWished(
        at=0.0, wish="26-000123-3.17.1", request="26-000123-3", task=17, agent=AGENT, number="05321112233",
        service=ServiceId("request"), not_after=time.time() + 600,
    )  # fmt: skip
    journal.full = True
    bench.duty()
    await until(lambda: bench.runtime.unwritten == 2)
    with pytest.raises(WishRefused, match="no space left"):
        await desks._wish(wish)
    journal.full = False
    await until(lambda: bench.runtime.unwritten == 0)
    granted = await desks._wish(wish)
    assert [(type(fact), fact.why) for fact in granted.facts] == [(TaskCallRefused, "off")]
