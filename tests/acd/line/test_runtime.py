"""The runtime: journal first, then act; nothing lost when the journal fails; the same state after a restart."""

import sqlite3
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentStateRequested, DeviceStateChanged
from acd.engine.model.commands import AnyCommand, OfferCall, RunFlow
from acd.engine.model.config import EngineConfig
from acd.engine.model.events import AnyEvent, CallAttached, ConfigChanged, EngineStarted, ServiceChosen
from acd.engine.model.facts import AgentStateChanged
from acd.engine.model.ids import AgentId, CallId, NodeId, ServiceId
from acd.engine.model.journal import Entry, JournalError, decode_entry
from acd.line.runtime import LONG_REPLAY, SLICE, Runtime, recover
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal
from tests.acd.engine.line import SERVICES, profile
from tests.waiting import until

NODE, CALL, AGENT = NodeId("ast1"), CallId("ast1-1.1"), AgentId("1001")
CONFIG = EngineConfig(services=SERVICES, agents=(profile("1001"),), wrapup_s=0.05)


class FullDisk(MemoryJournal):
    """A journal that can be made to fail."""

    def __init__(self) -> None:
        super().__init__()
        self.full = False

    def append(self, entries: Sequence[Entry], bodies: Sequence[bytes] = ()) -> None:
        if self.full:
            raise JournalError("no space left on device")
        super().append(entries, bodies)


class Bench:
    """A runtime with what it dispatched, and the journal's length at that moment."""

    def __init__(self, journal: MemoryJournal | SqliteJournal, engine: Engine | None = None) -> None:
        self.journal = journal
        self.sent: list[tuple[str, AnyCommand, int]] = []
        self.told: list[Entry] = []
        self.runtime = Runtime(
            engine or Engine(),
            journal,
            clock=time.time,
            dispatch=lambda command_id, command: self.sent.append((command_id, command, journal.last_seq())),
            followers=(self.follow,),
        )

    def follow(self, entries: Sequence[Entry], bodies: Sequence[bytes]) -> None:
        assert [decode_entry(body) for body in bodies] == list(entries)
        self.told += entries

    def post(self, *events: AnyEvent) -> None:
        for event in events:
            self.runtime.post(event)

    def begin(self) -> None:
        now = time.time()
        self.post(EngineStarted(at=now), ConfigChanged(at=now, config=CONFIG))

    def call(self) -> None:
        now = time.time()
        self.post(
            CallAttached(at=now, call=CALL, node=NODE, channel="PJSIP/trunk-1"),
            ServiceChosen(at=now, call=CALL, service=ServiceId("request")),
        )

    def duty(self) -> None:
        now = time.time()
        self.post(
            DeviceStateChanged(at=now, agent=AGENT, state="available"),
            AgentStateRequested(at=now, agent=AGENT, state="ready"),
        )


async def test_every_event_is_in_the_journal_before_it_is_acted_on() -> None:
    bench = Bench(MemoryJournal())
    bench.begin()
    bench.duty()
    bench.call()
    await until(lambda: len(bench.sent) == 2)
    assert [type(command) for _, command, _ in bench.sent] == [RunFlow, OfferCall]
    for command_id, _, written in bench.sent:
        assert int(command_id.partition(".")[0]) <= written
    assert [entry.seq for entry in bench.told] == list(range(1, 7))


async def test_ask_answers_when_the_event_has_been_taken() -> None:
    bench = Bench(MemoryJournal())
    bench.begin()
    bench.post(DeviceStateChanged(at=time.time(), agent=AGENT, state="available"))
    out = await bench.runtime.ask(AgentStateRequested(at=time.time(), agent=AGENT, state="ready"))
    assert [fact.state for fact in out if isinstance(fact, AgentStateChanged)] == ["ready"]


async def test_time_never_runs_backwards() -> None:
    bench = Bench(MemoryJournal())
    bench.begin()
    bench.post(AgentStateRequested(at=1.0, agent=AGENT, state="ready"))
    await until(lambda: len(bench.told) == 3)
    times = [entry.event.at for entry in bench.told]
    assert times == sorted(times)


async def test_what_was_told_late_keeps_its_own_time() -> None:
    bench = Bench(MemoryJournal())
    bench.begin()
    now = time.time()
    bench.post(AgentStateRequested(at=now + 10, agent=AGENT, state="ready"))
    bench.post(AgentStateRequested(at=now + 7.5, late_s=1.0, agent=AGENT, state="ready"))
    await until(lambda: len(bench.told) == 4)
    assert [entry.event.late_s for entry in bench.told] == [0, 0, 0, pytest.approx(3.5, abs=0.001)]


async def test_a_journal_that_fails_does_not_stop_the_line_and_loses_nothing() -> None:
    journal = FullDisk()
    bench = Bench(journal)
    bench.begin()
    await until(lambda: journal.last_seq() == 2)
    journal.full = True
    bench.duty()
    bench.call()
    await until(lambda: len(bench.sent) == 2)
    assert "no space left" in bench.runtime.journal_error
    assert (bench.runtime.unwritten, journal.last_seq()) == (4, 2)
    journal.full = False
    await until(lambda: journal.last_seq() == 6)
    assert (bench.runtime.unwritten, bench.runtime.journal_error) == (0, "")
    assert recover(journal).snapshot() == bench.runtime.engine.snapshot()


class Slow(FullDisk):
    """A journal that counts what each transaction takes."""

    def __init__(self) -> None:
        super().__init__()
        self.taken: list[int] = []
        self.meanwhile: Callable[[], None] | None = None
        """What happens once, behind the next slice."""

    def append(self, entries: Sequence[Entry], bodies: Sequence[bytes] = ()) -> None:
        super().append(entries, bodies)
        self.taken.append(len(entries))
        happens, self.meanwhile = self.meanwhile, None
        if happens is not None:
            happens()


async def test_after_a_long_full_disk_the_line_writes_in_slices_and_serves_meanwhile() -> None:
    """All in one turn, hours of entries would keep the loop from its heartbeat, and the supervisor would kill it."""
    journal = Slow()
    bench = Bench(journal)
    bench.begin()
    await until(lambda: journal.last_seq() == 2)
    journal.full = True
    waiting = 3 * SLICE
    bench.post(*(DeviceStateChanged(at=time.time(), agent=AGENT, state="available") for _ in range(waiting)))
    await until(lambda: bench.runtime.unwritten == waiting)
    with capture_logs() as logs:
        journal.meanwhile = lambda: bench.post(DeviceStateChanged(at=time.time(), agent=AGENT, state="unavailable"))
        journal.full, journal.taken = False, []
        await until(lambda: bool(journal.taken) and bench.runtime.settled)
    assert max(journal.taken) <= SLICE
    assert sum(journal.taken) == waiting + 1
    assert bench.runtime.journal_error == ""
    assert [one["written"] for one in logs if one["event"] == "journal_recovered"] == [waiting + 1]
    assert recover(journal).snapshot() == bench.runtime.engine.snapshot()


@pytest.mark.parametrize("full", [False, True])
async def test_a_stop_writes_all_that_waits_unless_the_journal_fails_still(full: bool) -> None:
    journal = FullDisk()
    bench = Bench(journal)
    bench.begin()
    await until(lambda: journal.last_seq() == 2)
    journal.full = True
    bench.post(*(DeviceStateChanged(at=time.time(), agent=AGENT, state="available") for _ in range(2 * SLICE)))
    await until(lambda: bench.runtime.unwritten == 2 * SLICE)
    journal.full = full
    bench.runtime.close()
    assert (bench.runtime.unwritten, journal.last_seq()) == ((2 * SLICE, 2) if full else (0, 2 * SLICE + 2))


async def test_timers_fire_and_can_be_taken_back() -> None:
    bench = Bench(MemoryJournal())
    bench.begin()
    bench.duty()
    bench.call()
    await until(lambda: len(bench.sent) == 2)
    from acd.engine.model.events import LegGone, OfferAnswered, OfferRinging

    leg = "PJSIP/1001-1"
    bench.post(
        OfferRinging(at=time.time(), call=CALL, channel=leg),
        OfferAnswered(at=time.time(), call=CALL, channel=leg),
        LegGone(at=time.time(), call=CALL, channel=leg),
    )
    await until(lambda: bench.runtime.engine.state.agents[AGENT].shown == "ready")
    ended = [entry for entry in bench.told if type(entry.event).__name__ == "TimerFired"]
    assert [entry.event.timer for entry in ended] == ["wrapup:1001"]  # type: ignore[union-attr]  # these are timers


async def test_an_event_the_engine_fails_at_stops_nobody_else(caplog: pytest.LogCaptureFixture) -> None:
    bench = Bench(MemoryJournal())
    bench.begin()
    from acd.engine.model.events import TimerFired
    from acd.engine.model.ids import TimerId

    bench.post(TimerFired(at=time.time(), timer=TimerId("nobody:knows")))
    bench.duty()
    await until(lambda: len(bench.told) == 5)
    assert "nobody here asks" in bench.told[2].error
    assert bench.runtime.engine.state.agents[AGENT].shown == "ready"
    assert recover(bench.journal).snapshot() == bench.runtime.engine.snapshot()


async def test_a_follower_that_fails_stops_nobody_else() -> None:
    told: list[Entry] = []

    def broken(entries: Sequence[Entry], bodies: Sequence[bytes]) -> None:
        raise RuntimeError("broken")

    def follow(entries: Sequence[Entry], bodies: Sequence[bytes]) -> None:
        told.extend(entries)

    runtime = Runtime(
        Engine(), MemoryJournal(), clock=time.time, dispatch=lambda _, __: None, followers=(broken, follow)
    )
    runtime.post(EngineStarted(at=time.time()))
    await until(lambda: len(told) == 1)


@pytest.mark.parametrize("snapshot", [False, True])
async def test_after_a_restart_the_state_is_the_same(tmp_path: Path, snapshot: bool) -> None:
    journal = SqliteJournal(tmp_path / "journal.db")
    bench = Bench(journal)
    bench.begin()
    bench.duty()
    await until(lambda: len(bench.told) == 4)
    if snapshot:
        bench.runtime.snapshot()
    bench.call()
    await until(lambda: len(bench.sent) == 2)
    state = bench.runtime.engine.snapshot()
    journal.close()
    again = SqliteJournal(tmp_path / "journal.db")
    assert recover(again).snapshot() == state
    again.close()


@pytest.mark.parametrize("damaged", [1, 2, 3])
async def test_a_snapshot_that_cannot_be_read_costs_time_and_nothing_else(tmp_path: Path, damaged: int) -> None:
    """The older ones of three serve; without any, all entries do."""
    journal = SqliteJournal(tmp_path / "journal.db")
    bench = Bench(journal)
    for step in (bench.begin, bench.duty, bench.call):
        step()
        await until(lambda: bench.runtime.settled)
        bench.runtime.snapshot()
    state = bench.runtime.engine.snapshot()
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        raw.execute(
            "UPDATE snapshot SET crc = NULL, state = CAST('{\"calls\": nothing' AS BLOB) WHERE seq IN "
            "(SELECT seq FROM snapshot ORDER BY seq DESC LIMIT ?)",
            (damaged,),
        )
    raw.close()
    again = SqliteJournal(tmp_path / "journal.db")
    with capture_logs() as logs:
        assert recover(again).snapshot() == state
    assert [line["event"] for line in logs] == ["snapshot_unreadable"] * damaged
    again.close()


async def test_without_any_snapshot_and_without_the_beginning_the_line_begins_empty_and_says_so(tmp_path: Path) -> None:
    journal = SqliteJournal(tmp_path / "journal.db")
    bench = Bench(journal)
    bench.begin()
    await until(lambda: bench.runtime.settled)
    bench.runtime.snapshot()
    assert journal.drop(time.time() + 10, [2]) == 1
    journal.close()
    with sqlite3.connect(tmp_path / "journal.db") as raw:
        raw.execute("UPDATE snapshot SET crc = NULL, state = CAST('' AS BLOB)")
    raw.close()
    again = SqliteJournal(tmp_path / "journal.db")
    with capture_logs() as logs:
        engine = recover(again)
    assert [line["event"] for line in logs] == ["snapshot_unreadable", "state_lost"]
    assert engine.snapshot() == Engine().snapshot()
    again.close()


async def test_a_long_replay_gives_signs_of_life(tmp_path: Path) -> None:
    """The supervisor would take it for a hang, and kill each line before it serves."""
    journal = MemoryJournal()
    now = time.time()
    journal.append([Entry(seq=seq, event=EngineStarted(at=now), facts=()) for seq in range(1, 3501)])
    signs: list[int] = []
    recover(journal, lambda: signs.append(1))
    assert len(signs) == 4


async def test_a_line_that_is_killed_again_and_again_never_replays_much() -> None:
    journal = MemoryJournal()
    replayed: list[int] = []
    for _ in range(8):
        saved = journal.latest_snapshot()
        replayed.append(journal.last_seq() - (saved.seq if saved else 0))
        bench = Bench(journal, recover(journal))
        bench.begin()
        now = time.time()
        bench.post(*(DeviceStateChanged(at=now, agent=AGENT, state="available") for _ in range(LONG_REPLAY // 2)))
        last = await bench.runtime.ask(DeviceStateChanged(at=now, agent=AGENT, state="unavailable"))
        assert last is not None  # and then it is killed: nothing is closed
    assert journal.last_seq() > 3 * LONG_REPLAY
    assert max(replayed) < 2 * LONG_REPLAY


async def test_closing_writes_what_is_in_the_inbox_and_a_snapshot() -> None:
    journal = MemoryJournal()
    bench = Bench(journal)
    bench.begin()
    bench.runtime.close()
    assert journal.last_seq() == 2
    saved = journal.latest_snapshot()
    assert saved is not None
    assert Engine.restore(saved.state).state.config == CONFIG
