"""AMI events about calls without a session: only the line's calls get journal entries."""

import os
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.config.load_settings import load_settings
from acd.config.rules import load_rules
from acd.engine.model.events import (
    CallerGone,
    ConfigChanged,
    EngineStarted,
    HangupRequested,
    NodeLost,
    OfferAnswered,
    OfferRinging,
)
from acd.engine.model.facts import CallEnded
from acd.engine.model.ids import CallId, NodeId
from acd.lib.clock import clock
from acd.line.app import Line
from acd.standby.spool import Record, write
from storage.journal import SqliteJournal
from tests.acd.cli.conftest import agents_file

CALL = CallId("ast1-1.1")
LEG = "PJSIP/1001-00000007"


@pytest.fixture
async def line(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Line]:
    """A line that is not started: it listens to nobody."""
    for name in [name for name in os.environ if name.startswith("COZUM_")]:
        monkeypatch.delenv(name)
    agents_file(tmp_path)
    settings = load_settings(None, data_dir=tmp_path)
    one = Line(settings, load_rules(settings), SqliteJournal(settings.journal_file))
    one.runtime.post(EngineStarted(at=clock()))
    one.runtime.post(ConfigChanged(at=clock(), config=one.rules.config))
    yield one
    one.runtime.close()


async def hears(line: Line, *events: OfferRinging | OfferAnswered | HangupRequested | CallerGone) -> None:
    for event in events:
        line._post_seen(event)
    await line.runtime.ask(NodeLost(at=clock(), node=NodeId("ast1")))


async def test_who_is_answered_in_asterisks_queue_before_we_read_that_they_wait_there_talks(line: Line) -> None:
    now = clock()
    write(line.settings.spool_dir, Record(call=CALL, arrived_at=now - 20, queued_at=now - 2, urgent=False))
    answered = OfferAnswered(at=clock(), call=CALL, channel=LEG)
    await hears(line, answered, HangupRequested(at=clock(), call=CALL, by="agent", channel=LEG))
    call = line.engine.state.calls[CALL]
    assert call.answered is not None
    assert (call.answered.agent, call.phase, call.hangup_by) == ("1001", "leaving", "agent")


async def test_nor_is_an_answer_lost_that_comes_while_we_read_that_they_wait_there(line: Line) -> None:
    now = clock()
    write(line.settings.spool_dir, Record(call=CALL, arrived_at=now - 20, queued_at=now - 2, urgent=False))
    line.spooled.take_all()  # posted, and not in the engine yet
    await hears(line, OfferAnswered(at=clock(), call=CALL, channel=LEG))
    talk = line.engine.state.calls[CALL].talk
    assert talk is not None
    assert talk.agent == "1001"


async def test_a_talk_in_asterisks_queue_of_whose_answer_we_did_not_hear_was_one(line: Line) -> None:
    now = clock()
    waiting = Record(call=CALL, arrived_at=now - 20, queued_at=now - 12, urgent=False)
    write(line.settings.spool_dir, waiting)
    line.spooled.take_all()
    await hears(line)
    over = replace(waiting, answered_at=now - 6, agent="PJSIP/1001", ended_at=now - 1, hangup_by="agent")
    write(line.settings.spool_dir, over)
    await hears(line, CallerGone(at=clock(), call=CALL, channel="PJSIP/trunk-1"))
    (end,) = (fact for entry in line.journal.read(0) for fact in entry.facts if isinstance(fact, CallEnded))
    assert (end.outcome, end.agent, end.talk_s, end.hangup_by) == ("answered", "1001", 5, "agent")


async def test_what_agents_talk_of_among_themselves_is_no_entry(line: Line) -> None:
    await hears(line, OfferAnswered(at=clock(), call=CALL, channel=LEG))
    assert not [entry for entry in line.journal.read(0) if isinstance(entry.event, OfferAnswered)]


@pytest.mark.parametrize("kind", [OfferRinging, OfferAnswered])
async def test_a_phone_that_rings_for_a_task_call_that_is_over_is_heard_of(
    line: Line, kind: type[OfferRinging | OfferAnswered]
) -> None:
    """The engine stops it."""
    event = kind(at=clock(), call=CallId("ast1-task.26-000123-3.17.1"), channel=LEG)
    await hears(line, event)
    assert [entry.event for entry in line.journal.read(0) if isinstance(entry.event, kind)] == [event]
