"""The projector: every fact in the database, in its order, whatever an entry or the journal is like."""

import asyncio
from pathlib import Path

import msgspec
import pytest
import sqlalchemy as sa

from acd.engine.model.facts import AgentStateChanged, AnyFact, CallEnded, CallEntered, WrapupEnded
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded
from storage.database import Database
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal
from storage.projector import Projector
from tests.databases import new_database
from tests.services import Postgres
from tests.storage.projected import content, empty, journal_of, project, running
from tests.storage.samples import Story, entry, rules
from tests.waiting import until


async def test_both_databases_hold_the_same(tmp_path: Path, postgres: Postgres) -> None:
    story = Story(4711).tell(1500)
    held = []
    for kind in ("sqlite", "postgres"):
        database = await new_database(kind, postgres, tmp_path)
        await project(database, journal_of(story))
        held.append(await content(database))
        await database.close()
    assert held[0] == held[1]
    assert {name for name, rows in held[0].items() if rows} == {
        *("calls", "call_events", "call_waits", "offers", "talk_segments", "agent_intervals"),
        *("tickets", "ticket_codes", "ticket_counters", "ticket_history", "ticket_links", "outbox", "notices"),
    }


async def test_the_rows_say_what_the_story_says(database: Database) -> None:
    story = Story(99)
    told = story.tell(1200)
    await project(database, journal_of(told))
    held = await content(database)
    rows = {row["id"]: row for row in held["calls"]}
    ended = {fact.call: fact for one in told for fact in one.facts if isinstance(fact, CallEnded)}
    wrapups = {fact.call: fact.wrapup_s for one in told for fact in one.facts if isinstance(fact, WrapupEnded)}
    assert len(rows) == story.came
    assert {call for call, row in rows.items() if row["outcome"] is not None} == set(ended)
    for call, fact in ended.items():
        row = rows[call]
        assert row["outcome"] == fact.outcome
        assert row["hangup_by"] == fact.hangup_by
        assert row["caller"] == fact.number
        assert row["name"] == fact.name.replace("\x00", "\ufffd")
        assert row["ended_at"] == round(fact.ended_at * 1000)
        assert row["entered_at"] == round((fact.queued_at or fact.arrived_at) * 1000)
        for name in ("wait_s", "answer_delay_s", "ring_s", "talk_s", "hold_s"):
            value = getattr(fact, name)
            assert row[name] == (None if value is None else round(value, 3))
        assert row["wrapup_s"] == (round(wrapups[call], 3) if call in wrapups else None)
    for call, kept in story.calls.items():
        if call not in ended:
            row = rows[call]
            assert (row["service"], row["class"], row["agent"]) == (kept.service, kept.priority, kept.agent)
            assert row["ended_at"] is None
    history = [fact for one in told for fact in one.facts if not isinstance(fact, AgentStateChanged)]
    assert len(held["call_events"]) == len(history)
    for row in held["call_events"]:
        assert not {"number", "name", "call", "at"} & set(row["detail"])
    spans: dict[str, list[tuple[int, int | None]]] = {}
    for row in held["agent_intervals"]:
        spans.setdefault(row["agent"], []).append((row["began_at"], row["ended_at"]))
    for agent, found in spans.items():
        found.sort(key=lambda span: (span[0], span[1] is None, span[1]))
        assert [end for _, end in found[:-1]] == [begin for begin, _ in found[1:]], agent
        assert found[-1] == (round(story.agents[AgentId(agent)][2] * 1000), None)


async def test_it_follows_and_is_woken(database: Database) -> None:
    story, journal = Story(5), MemoryJournal()
    projector = Projector(journal, database, gap_s=0.0, rules=rules)
    async with running(projector):
        for _ in range(30):
            journal.append(story.tell(5))
            projector.notify()
            await until(lambda: projector.lag_events == 0, "it has caught up")
    followed = await content(database)
    await empty(database)
    await project(database, journal)
    assert await content(database) == followed


async def test_two_projectors_of_one_journal_do_not_do_it_twice(database: Database) -> None:
    story = Story(6).tell(400)
    journal = journal_of(story)
    await project(database, journal)
    expected = await content(database)
    await empty(database)
    projectors = [Projector(journal, database, batch=7, rules=rules) for _ in range(3)]
    await asyncio.gather(*(projector.catch_up() for projector in projectors))
    assert await content(database) == expected


async def test_what_cannot_be_stored_is_put_aside_and_the_rest_goes_on(
    database: Database, caplog: pytest.LogCaptureFixture
) -> None:
    story = Story(10)
    told = story.tell(60)
    bad = [
        CallEntered(
            at=1e300, call=CallId("bad"), node=NodeId("ast1"), channel="c", number="05329998877", name="", dialled="",
            arrived_at=1e300,
        )
    ]  # fmt: skip
    journal = journal_of([*told, entry(story.seq + 1, story.at, bad)])
    story.seq += 1
    rest = story.tell(60)
    journal.append(rest)
    projector = await project(database, journal)
    assert projector.skipped == 1
    assert projector.stored_seq == story.seq
    held = await content(database)
    assert [row["seq"] for row in held["skipped_entries"]] == [rest[0].seq - 1]
    assert len(held["calls"]) == story.came
    assert "05329998877" not in caplog.text
    assert "05329998877" not in str(held["skipped_entries"])
    again = await project(database, journal)
    assert again.skipped == 0
    assert await content(database) == held


async def test_a_new_journal_file_is_read_from_its_beginning(database: Database, tmp_path: Path) -> None:
    for number, steps in enumerate((300, 40)):
        journal = SqliteJournal(tmp_path / f"journal{number}.db")
        journal.append(Story(100 + number).tell(steps))
        projector = Projector(journal, database, rules=rules)
        assert await projector.catch_up() == journal.last_seq()
        journal.close()
    came = 0
    for number, steps in enumerate((300, 40)):
        story = Story(100 + number)
        story.tell(steps)
        came += story.came
    assert len((await content(database))["calls"]) == came


async def test_entries_that_a_power_cut_took_from_the_journal_do_not_hide_those_that_follow(
    database: Database, tmp_path: Path
) -> None:
    path = tmp_path / "journal.db"
    story = Story(200)
    journal = SqliteJournal(path)
    journal.append(story.tell(200))
    await Projector(journal, database, rules=rules).catch_up()
    kept = journal.last_seq() - 50
    journal._connection.execute("DELETE FROM entry WHERE seq > ?", (kept,))
    journal.close()
    journal = SqliteJournal(path)
    after = Story(201, first=kept + 1)
    after.agents = {AgentId(name): ("ready", "", after.at, None) for name in ("1001", "1002", "1003", "1004")}
    journal.append(after.tell(80))
    assert await Projector(journal, database, rules=rules).catch_up() == journal.last_seq()
    calls = {row["id"] for row in (await content(database))["calls"]}
    entered = {fact.call for one in after.entries for fact in one.facts if isinstance(fact, CallEntered)}
    assert entered
    assert entered <= calls
    journal.close()


async def test_a_journal_brought_back_from_a_copy_hides_no_entry_that_follows(
    database: Database, tmp_path: Path
) -> None:
    """The copy is of an opening before the last one, and its next opening comes as often as that one did."""
    path, now = tmp_path / "journal.db", 1_795_000_000.0
    story = Story(210)
    journal = SqliteJournal(path, wall=lambda: now)
    journal.append(story.tell(120))
    journal.close()
    copy, kept = path.read_bytes(), story.seq
    now += 86_400
    journal = SqliteJournal(path, wall=lambda: now)
    journal.append(story.tell(60))
    await Projector(journal, database, rules=rules).catch_up()
    journal.close()
    path.write_bytes(copy)
    now += 3600
    journal = SqliteJournal(path, wall=lambda: now)
    after = Story(211, first=kept + 1)
    after.agents = {AgentId(name): ("ready", "", after.at, None) for name in ("1001", "1002", "1003", "1004")}
    journal.append(after.tell(90))
    assert await Projector(journal, database, rules=rules).catch_up() == journal.last_seq()
    calls = {row["id"] for row in (await content(database))["calls"]}
    entered = {fact.call for one in after.entries for fact in one.facts if isinstance(fact, CallEntered)}
    assert entered
    assert entered <= calls
    journal.close()


async def test_events_without_facts_cost_no_transaction(database: Database) -> None:
    journal = MemoryJournal()
    projector = Projector(journal, database, rules=rules)
    journal.append(Story(1).tell(5))
    await projector.catch_up()
    stored = projector.stored_seq
    journal.append([entry(seq) for seq in range(stored + 1, stored + 500)])
    await projector.catch_up()
    assert (projector.seq, projector.stored_seq) == (stored + 499, stored)
    journal.append([entry(seq) for seq in range(stored + 500, stored + 1500)])
    await projector.catch_up()
    assert projector.stored_seq >= stored + 1000  # but the journal's retention is not held up for ever


async def test_each_monitoring_is_in_the_audit_once_and_who_it_was_is_not_in_the_calls_history(
    database: Database,
) -> None:
    call, at = CallId("ast1-77.1"), 1_764_000_000.0
    known = {"call": call, "phone": "1003", "person": "sef", "role": "lead", "mode": "barge", "agent": "1001"}
    entered = CallEntered(
        at=at, call=call, node=NodeId("ast1"), channel="c", number="", name="", dialled="444", arrived_at=at
    )
    facts: list[AnyFact] = [
        entered,
        msgspec.convert({"type": "monitor_began", "at": at, "leg": "PJSIP/1001-00000001", **known}, MonitorBegan),
        msgspec.convert({"type": "monitor_ended", "at": at + 2, "lasted_s": 2.0, **known}, MonitorEnded),
    ]
    journal = journal_of([entry(1, at=at, facts=facts)])
    await project(database, journal)
    await project(database, journal)  # which begins behind it
    async with database.reading() as connection:
        rows = (await connection.execute(sa.text("SELECT who, role, action, about FROM audit ORDER BY id"))).all()
        history = (await connection.execute(sa.text("SELECT detail FROM call_events"))).scalars().all()
    assert [tuple(row) for row in rows] == [
        ("sef", "lead", "monitor_began", call),
        ("sef", "lead", "monitor_ended", call),
    ]
    assert len(history) == 3
    assert "sef" not in str(history)
