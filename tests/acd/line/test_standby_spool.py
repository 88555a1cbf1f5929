"""From the spool to the journal: each call once, wherever this process is killed between."""

from pathlib import Path
from typing import Any

import pytest

from acd.engine.model.config import AgentProfile, EngineConfig, Service
from acd.engine.model.events import AnyEvent, CallImported, ConfigChanged, EngineStarted, NodeLost
from acd.engine.model.facts import AgentStateChanged, CallEnded
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.journal import Entry, JournalError
from acd.line.runtime import Runtime, recover
from acd.line.standby_members import MembersFile
from acd.line.standby_spool import Spooled
from acd.standby import members, spool
from acd.standby.spool import Record
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal

NOW = 1_795_566_600.0
CONFIG = EngineConfig(
    services=(Service(id=ServiceId("agent")),),
    agents=tuple(
        AgentProfile(id=AgentId(f"{n}"), name=f"A {n}", endpoint=f"PJSIP/{n}", node=NodeId("ast1"), backup=n == 1003)
        for n in (1001, 1002, 1003)
    ),
)


class Line:
    """The part of the daemon that matters here."""

    def __init__(self, folder: Path, journal: Any = None) -> None:
        self.folder = folder / "spool"
        self.journal = journal or SqliteJournal(folder / "journal.db")
        self.runtime = Runtime(
            recover(self.journal), self.journal, clock=lambda: NOW, dispatch=lambda command_id, command: None
        )
        self.spooled = Spooled(
            self.folder,
            post=self.runtime.post,
            settled=lambda: self.runtime.settled,
            agent_of=lambda endpoint: AgentId("1001") if endpoint == "PJSIP/1001" else None,
            node=NodeId("ast1"),
            clock=lambda: NOW,
            log_file=folder / "Master.csv",
        )
        self.runtime.post(EngineStarted(at=NOW))
        self.runtime.post(ConfigChanged(at=NOW, config=CONFIG))

    async def turn(self) -> None:
        await self.runtime.ask(NodeLost(at=NOW, node=NodeId("ast1")))

    def events(self) -> list[AnyEvent]:
        return [entry.event for entry in self.journal.read(0) if isinstance(entry.event, CallImported)]

    def ends(self) -> list[str]:
        return [fact.call for entry in self.journal.read(0) for fact in entry.facts if isinstance(fact, CallEnded)]


def ended(call: str = "ast1-1.1", **known: Any) -> Record:
    return Record(call=call, arrived_at=NOW - 60, queued_at=NOW - 50, urgent=True, ended_at=NOW - 40, **known)


def waiting(call: str = "ast1-1.1", after_s: float = 0) -> Record:
    """A caller who comes later finishes the question sooner."""
    return Record(call=call, arrived_at=NOW - 60 + after_s, queued_at=NOW - 50 - after_s, urgent=False)


async def test_a_record_is_an_event_and_then_gone(tmp_path: Path) -> None:
    line = Line(tmp_path)
    path = spool.write(line.folder, ended(answered_at=NOW - 45, agent="PJSIP/1001", hangup_by="agent"))
    line.spooled.take_all()
    line.spooled.settle()
    assert path.exists()  # not in the journal yet
    await line.turn()
    line.spooled.settle()
    assert not path.exists()
    (event,) = line.events()
    assert isinstance(event, CallImported)
    assert (event.agent, event.answered_at, event.node, event.urgent) == ("1001", NOW - 45, "ast1", True)
    assert line.ends() == ["ast1-1.1"]


@pytest.mark.parametrize(("logged", "answered"), [(True, NOW - 42.5), (False, NOW - 40)])
async def test_an_agent_who_hung_up_at_once_has_answered_as_the_channel_log_says(
    tmp_path: Path, logged: bool, answered: float
) -> None:
    """The dialplan has no time then; that the agent is named says that they answered."""
    line = Line(tmp_path)
    rows = [
        f'"ANSWER","{NOW - 44}","ast1-1.1","ast1-1.1","PJSIP/trunk-1","hotline","","","",""',
        f'"ANSWER","{NOW - 43}","ast1-1.2","ast1-1.1","PJSIP/1002-1","agents","","","",""',
        f'"ANSWER","{NOW - 42.5}","ast1-1.3","ast1-1.1","PJSIP/1001-1","agents","","","",""',
        f'"ANSWER","{NOW - 41}","ast1-1.5","ast1-1.4","PJSIP/1001-2","agents","","","",""',
    ]
    if logged:
        (tmp_path / "Master.csv").write_text("\n".join(rows) + "\n", "utf-8")
    spool.write(line.folder, ended(agent="PJSIP/1001", hangup_by="agent"))
    line.spooled.take_all()
    await line.turn()
    (event,) = line.events()
    assert isinstance(event, CallImported)
    assert event.answered_at == answered
    (end,) = [fact for entry in line.journal.read(0) for fact in entry.facts if isinstance(fact, CallEnded)]
    assert (end.outcome, end.agent, end.answered_at) == ("answered", "1001", answered)


async def test_killed_between_journal_and_removal_it_counts_once(tmp_path: Path) -> None:
    line = Line(tmp_path)
    path = spool.write(line.folder, ended())
    line.spooled.take_all()
    await line.turn()
    line.journal.close()  # and here it is killed
    for _ in range(2):
        line = Line(tmp_path)
        line.spooled.take_all(regroup=True)
        await line.turn()
        assert path.exists()
        assert line.ends() == ["ast1-1.1"]
        line.journal.close()
    line = Line(tmp_path)
    line.spooled.take_all(regroup=True)
    await line.turn()
    line.spooled.settle()
    assert not path.exists()
    assert line.ends() == ["ast1-1.1"]


async def test_killed_before_the_journal_had_it_it_is_read_again(tmp_path: Path) -> None:
    line = Line(tmp_path)
    spool.write(line.folder, ended())
    line.spooled.take_all()
    line.journal.close()  # killed with the event in the inbox
    line = Line(tmp_path)
    line.spooled.take_all(regroup=True)
    await line.turn()
    assert line.ends() == ["ast1-1.1"]


async def test_a_journal_that_cannot_be_written_keeps_the_file(tmp_path: Path) -> None:
    class Full(MemoryJournal):
        full = False

        def append(self, entries: Any, bodies: Any = ()) -> None:
            if self.full:
                raise JournalError("no space")
            super().append(entries, bodies)

    journal = Full()
    line = Line(tmp_path, journal)
    await line.turn()
    journal.full = True
    path = spool.write(line.folder, ended())
    line.spooled.take_all()
    await line.turn()
    line.spooled.settle()
    assert path.exists()
    journal.full = False
    line.runtime._write_again()
    line.spooled.settle()
    assert not path.exists()
    line.runtime.close()


async def test_the_end_tells_all_and_takes_both_files(tmp_path: Path) -> None:
    line = Line(tmp_path)
    spool.write(line.folder, waiting())
    spool.write(line.folder, ended())
    line.spooled.take_all()
    await line.turn()
    line.spooled.settle()
    assert list(line.folder.glob("*.json")) == []
    assert len(line.events()) == 1
    assert line.ends() == ["ast1-1.1"]


async def test_callers_who_wait_are_taken_over_in_the_order_they_came(tmp_path: Path) -> None:
    line = Line(tmp_path)
    for call, after_s in (("ast1-1.9", 1.0), ("ast1-1.1", 3.0), ("ast1-1.5", 2.0)):
        spool.write(line.folder, waiting(call, after_s))
    line.spooled.take_all(regroup=True)
    await line.turn()
    calls = sorted(line.runtime.engine.state.calls.values(), key=lambda call: call.place.order)
    assert [call.id for call in calls] == ["ast1-1.9", "ast1-1.5", "ast1-1.1"]
    assert line.runtime.engine.state.regrouping == ["ast1-1.9", "ast1-1.5", "ast1-1.1"]


async def test_one_call_is_looked_up_when_it_comes_back(tmp_path: Path) -> None:
    line = Line(tmp_path)
    line.spooled.take(CallId("ast1-1.1"))
    line.spooled.take(CallId("../../x"))
    spool.write(line.folder, waiting())
    line.spooled.take(CallId("ast1-1.1"))
    line.spooled.take(CallId("ast1-1.1"))
    line.spooled.take_all()
    await line.turn()
    assert len(line.events()) == 1


async def test_a_file_that_is_none_is_set_aside_and_holds_up_no_other(tmp_path: Path) -> None:
    line = Line(tmp_path)
    spool.write(line.folder, ended())
    bad = spool.path_of(line.folder, "ast1-1.2", "ended")
    bad.write_text("{")
    line.spooled.take_all()
    await line.turn()
    assert line.ends() == ["ast1-1.1"]
    assert not bad.exists()
    assert (line.folder / spool.BAD / bad.name).read_text() == "{"


# --- who may answer


@pytest.mark.parametrize("login", ["paused", "offline"])
async def test_who_is_signed_in_is_on_the_list(tmp_path: Path, login: Any) -> None:
    from acd.engine.model.agent_events import AgentStateRequested

    line = Line(tmp_path)
    await line.turn()
    kept = MembersFile(tmp_path)
    path = members.path_in(tmp_path)

    def do(event: AnyEvent) -> None:
        out = [item for item in line.runtime.engine.handle(event) if isinstance(item, AgentStateChanged)]
        kept.follow([Entry(seq=1, event=event, facts=tuple(out))], line.runtime.engine)

    for agent in ("1001", "1003"):
        do(AgentStateRequested(at=NOW, agent=AgentId(agent), state="ready"))
    assert members.read(path) == {
        "PJSIP/1001": members.REGULAR, "PJSIP/1001-web": members.REGULAR, "PJSIP/1002": None, "PJSIP/1002-web": None,
        "PJSIP/1003": members.BACKUP, "PJSIP/1003-web": members.BACKUP,
    }  # fmt: skip
    before = path.stat().st_mtime_ns
    do(AgentStateRequested(at=NOW, agent=AgentId("1001"), state="ready"))
    assert path.stat().st_mtime_ns == before
    do(AgentStateRequested(at=NOW, agent=AgentId("1001"), state=login))
    assert members.read(path)["PJSIP/1001"] is None
