"""The projector: every fact in the database exactly once, whatever dies on the way."""

import asyncio
import os
import random
import signal
import sys
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import msgspec
import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.facts import (
    AgentStateChanged,
    AnyFact,
    CallEnded,
    CallEntered,
    RequestHeard,
    ServiceNamed,
    SurgeAnswered,
    SurgePlayed,
    WrapupEnded,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded, NoticeGiven
from acd.engine.model.recording_facts import RecordingAnnounced
from acd.engine.model.request_facts import HeardHow
from acd.engine.model.talk_facts import CallTakenOver
from storage.database import Database
from storage.journal import SqliteJournal
from storage.journal_memory import MemoryJournal
from storage.migrate import upgrade
from storage.projector import Projector
from storage.queries import CallRequest, Queries
from storage.schema import metadata
from tests.databases import new_database
from tests.services import Postgres
from tests.storage.samples import Story, entry, rules
from tests.waiting import until

COUNTED = {"checkpoints"}
SURROGATES = {
    **dict.fromkeys(("agent_intervals", "skipped_entries", "outbox", "tasks", "notices"), "id"),
    "ticket_codes": "code",  # drawn by chance
}


async def content(database: Database) -> dict[str, list[dict[str, Any]]]:
    """All there is, but for where the projector stands and numbers that mean nothing."""
    found: dict[str, list[dict[str, Any]]] = {}
    async with database.reading() as connection:
        for name, table in metadata.tables.items():
            if name not in COUNTED:
                rows = [dict(row) for row in (await connection.execute(sa.select(table))).mappings()]
                for row in rows:
                    row.pop(SURROGATES.get(name, ""), None)
                found[name] = sorted(rows, key=repr)
    return found


async def empty(database: Database) -> None:
    async with database.writing() as connection:
        for table in metadata.tables.values():
            if table.name == "ticket_history":
                await empty_history(connection, postgres=database.is_postgres)
            elif table.name != "audit":  # which can only grow; no story here has a fact that is written there
                await connection.execute(sa.delete(table))


async def empty_history(connection: AsyncConnection, *, postgres: bool) -> None:
    """The database refuses this: its triggers are away meanwhile."""
    delete = "DELETE FROM ticket_history"
    if postgres:
        guarded = "ALTER TABLE ticket_history {} TRIGGER USER"
        statements = [guarded.format("DISABLE"), delete, guarded.format("ENABLE")]
    else:
        query = "SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'history_no_%'"
        triggers = (await connection.execute(sa.text(query))).all()
        statements = [*(f"DROP TRIGGER {name}" for name, _ in triggers), delete, *(sql for _, sql in triggers)]
    for statement in statements:
        await connection.execute(sa.text(statement))


def journal_of(story: Sequence[Entry]) -> MemoryJournal:
    journal = MemoryJournal()
    journal.append(story)
    return journal


class Crash(BaseException):
    """As kill -9: nothing handles it."""


class Burning:
    """A connection each of whose statements may be the last."""

    def __init__(self, connection: AsyncConnection, burn: Callable[[], None]) -> None:
        self._connection = connection
        self.dialect = connection.dialect
        self._burn = burn

    async def execute(self, *arguments: Any, **named: Any) -> Any:
        self._burn()
        return await self._connection.execute(*arguments, **named)

    async def exec_driver_sql(self, *arguments: Any, **named: Any) -> Any:
        self._burn()
        return await self._connection.exec_driver_sql(*arguments, **named)


class Crashing(Database):
    """A database whose user dies at a chosen statement, or just before or after the commit."""

    fuse: int | None = None

    def burn(self) -> None:
        if self.fuse is not None:
            self.fuse -= 1
            if self.fuse < 0:
                self.fuse = None
                raise Crash

    @asynccontextmanager
    async def writing(self) -> AsyncIterator[AsyncConnection]:
        async with super().writing() as connection:
            yield cast(AsyncConnection, Burning(connection, self.burn))
            self.burn()
        self.burn()


async def project(database: Database, journal: MemoryJournal, **options: Any) -> Projector:
    projector = Projector(journal, database, rules=rules, **options)
    await projector.catch_up()
    return projector


SLOW = settings(
    deadline=None,
    derandomize=True,
    max_examples=20,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@SLOW
@given(seed=st.integers(0, 2**32), steps=st.integers(1, 120), data=st.data())
def test_crashes_leave_no_trace(database_url: str, seed: int, steps: int, data: st.DataObject) -> None:
    fuses = data.draw(st.lists(st.integers(0, 25), max_size=6))
    batches = data.draw(st.lists(st.integers(1, 60), min_size=1, max_size=7))

    async def compare() -> None:
        story = Story(seed).tell(steps)
        journal = journal_of(story)
        database = Crashing(database_url)
        try:
            await empty(database)
            await project(database, journal)
            expected = await content(database)
            await empty(database)
            for number, fuse in enumerate(fuses):
                database.fuse = fuse
                try:
                    await project(database, journal, batch=batches[number % len(batches)])
                except Crash:
                    continue
            database.fuse = None
            projector = await project(database, journal, batch=batches[-1])
            assert projector.seq == len(story)
            assert projector.skipped == 0
            assert await content(database) == expected
        finally:
            await database.close()

    asyncio.run(compare())


@pytest.fixture(params=["sqlite", "postgres"])
def database_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    cluster: Postgres | None = request.getfixturevalue("postgres") if request.param == "postgres" else None

    async def make() -> str:
        database = await new_database(request.param, cluster, tmp_path)
        await database.close()
        return database.url.render_as_string(hide_password=False)

    return asyncio.run(make())


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


class TestTickets:
    def urgent(self, seq: int, call: str, at: float, service: str = "funeral", opens: bool = True) -> Entry:
        facts: list[AnyFact] = [
            CallEntered(
                at=at, call=CallId(call), node=NodeId("ast1"), channel="c", number="0532", name="", dialled="",
                arrived_at=at,
            ),
            ServiceNamed(
                at=at, call=CallId(call), service=ServiceId(service), priority="urgent", language="tr", number="0532",
                opens_ticket=opens, fields={"note": "a\x00b"},
            ),
        ]  # fmt: skip
        return entry(seq, at, facts)

    async def test_one_a_call_and_service(self, database: Database) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
        journal = journal_of(
            [
                self.urgent(1, "a", at),
                self.urgent(2, "a", at + 1),
                self.urgent(3, "a", at + 2, service="doctor"),
                self.urgent(4, "b", at + 3),
                self.urgent(5, "c", at + 3, opens=False),
            ]
        )
        await project(database, journal, batch=1)
        held = await content(database)
        assert [(row["number"], row["call"], row["service"], row["state"]) for row in held["tickets"]] == [
            ("26-000001-9", "a", "funeral", "assigned"),
            ("26-000002-4", "a", "doctor", "assigned"),
            ("26-000003-5", "b", "funeral", "assigned"),
        ]
        assert held["tickets"][0]["fields"] == {"note": "a\ufffdb"}
        assert {row["id"]: row["ticket"] for row in held["calls"]} == {
            "a": "26-000002-4",
            "b": "26-000003-5",
            "c": None,
        }

    @pytest.mark.parametrize("batch", [1, 2, 100])
    async def test_a_caller_who_calls_again_has_their_open_ticket(self, database: Database, batch: int) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()

        def calls(seq: int, call: str, after_s: float, number: str, *, again: bool, service: str = "funeral") -> Entry:
            (entered, named) = self.urgent(seq, call, at + after_s, service).facts
            assert isinstance(named, ServiceNamed)
            named = msgspec.structs.replace(named, number=number, again=again)
            return entry(seq, at + after_s, [msgspec.structs.replace(entered, number=number), named])

        mine, as_another_trunk_writes_it = "05321112233", "+905321112233"
        journal = journal_of(
            [
                calls(1, "a1", 0, mine, again=False),
                calls(2, "a2", 60, as_another_trunk_writes_it, again=True),
                calls(3, "a2", 70, as_another_trunk_writes_it, again=True),  # told twice
                calls(4, "b1", 80, "05329998877", again=False),
                calls(5, "a3", 90, mine, again=True, service="doctor"),  # about something else
                calls(6, "a4", 3500, mine, again=True),
                calls(7, "a5", 3700, mine, again=True),  # that ticket is old by now
                calls(8, "a6", 3800, mine, again=True),
            ]
        )
        await project(database, journal, batch=batch)
        held = await content(database)
        assert [(row["call"], row["service"]) for row in held["tickets"]] == [
            ("a1", "funeral"), ("b1", "funeral"), ("a3", "doctor"), ("a5", "funeral"),
        ]  # fmt: skip
        first, _, doctor, later = (row["number"] for row in held["tickets"])
        assert {row["id"]: row["ticket"] for row in held["calls"] if row["id"][0] == "a"} == {
            "a1": first, "a2": first, "a3": doctor, "a4": first, "a5": later, "a6": later,
        }  # fmt: skip

    @pytest.mark.parametrize("batch", [1, 100])
    async def test_a_caller_abroad_has_no_ticket_of_the_same_last_digits(self, database: Database, batch: int) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
        story = []
        for seq, (call, number) in enumerate({"a1": "02125551234", "a2": "+12125551234"}.items(), 1):
            (entered, named) = self.urgent(seq, call, at + seq).facts
            assert isinstance(named, ServiceNamed)
            named = msgspec.structs.replace(named, number=number, again=seq > 1)
            story.append(entry(seq, at + seq, [msgspec.structs.replace(entered, number=number), named]))
        await project(database, journal_of(story), batch=batch)
        held = (await content(database))["tickets"]
        assert [(row["call"], row["caller"]) for row in held] == [("a1", "02125551234"), ("a2", "+12125551234")]

    @pytest.mark.parametrize("number", ["ali.veli_1", "*100#", "5" * 40])
    async def test_a_sip_user_is_no_number_of_a_request(self, database: Database, number: str) -> None:
        (entered, named) = self.urgent(1, "a1", datetime(2026, 5, 1, tzinfo=UTC).timestamp()).facts
        facts = [msgspec.structs.replace(entered, number=number), msgspec.structs.replace(named, number=number)]
        await project(database, journal_of([entry(1, entered.at, facts)]))
        held = await content(database)
        assert [(row["caller"], row["call"]) for row in held["tickets"]] == [("", "a1")]
        assert [row["caller"] for row in held["calls"]] == [number]

    async def test_a_ticket_that_has_its_outcome_is_not_used_again(self, database: Database) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
        journal = journal_of([self.urgent(1, "a1", at)])
        await project(database, journal)
        async with database.writing() as connection:
            await connection.execute(sa.text("UPDATE tickets SET state = 'closed', is_open = false, closed_at = 1"))
        (entered, named) = self.urgent(2, "a2", at + 60).facts
        assert isinstance(named, ServiceNamed)
        journal.append([entry(2, at + 60, [entered, msgspec.structs.replace(named, again=True)])])
        await project(database, journal)
        assert [row["call"] for row in (await content(database))["tickets"]] == ["a1", "a2"]

    async def test_a_caller_whom_a_surge_message_answered_belongs_to_its_ticket(self, database: Database) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()

        def hears(seq: int, call: str, ticket: str, *, answered: bool) -> Entry:
            about = {"at": at, "call": CallId(call), "surge": "surge-1", "service": ServiceId("request")}
            facts: list[AnyFact] = [*self.urgent(seq, call, at, opens=False).facts[:1]]
            facts.append(SurgePlayed(**about, ticket=ticket))  # type: ignore[arg-type]  # fields by name
            facts += [SurgeAnswered(**about, ticket=ticket)] if answered else []  # type: ignore[arg-type]  # fields by name
            return entry(seq, at, facts)

        one = "26-000001-9"
        journal = journal_of(
            [
                self.urgent(1, "opens it", at),
                hears(2, "answered", one, answered=True),
                hears(3, "wants an agent", one, answered=False),
                hears(4, "of no ticket", "", answered=True),
            ]
        )
        await project(database, journal)
        held = await content(database)
        assert {row["id"]: row["ticket"] for row in held["calls"]} == {
            "opens it": one,
            "answered": one,
            "wants an agent": None,
            "of no ticket": None,
        }
        children = [row for row in held["tickets"] if row["number"] != one]
        assert [(row["call"], row["parent"]) for row in children] == [("answered", None)], "it has no place to hang on"

    async def test_whoever_a_surge_message_answered_hangs_on_its_request(self, database: Database) -> None:
        at = datetime(2026, 5, 1, 9, tzinfo=UTC).timestamp()
        await project(database, journal_of([self.urgent(1, "opens it", at)]))
        async with database.writing() as connection:  # the lead says where it is
            await connection.execute(sa.update(metadata.tables["tickets"]).values(district="esenkent"))
        parent = "26-000001-9"

        def hears(seq: int, call: str, number: str) -> Entry:
            about = {"call": CallId(call), "surge": "surge-1", "service": ServiceId("request"), "ticket": parent}
            known = self.urgent(seq, call, at, opens=False).facts[0]
            assert isinstance(known, CallEntered)
            facts: list[AnyFact] = [msgspec.structs.replace(known, number=number), SurgeAnswered(at=at + seq, **about)]  # type: ignore[arg-type]  # fields by name
            return entry(seq, at + seq, facts)

        journal = journal_of(
            [
                self.urgent(1, "opens it", at),
                hears(2, "one", "05321112233"),
                hears(3, "calls again", "+905321112233"),
                hears(4, "withheld", "anonymous"),
                hears(5, "two", "05321112244"),
            ]
        )
        await project(database, journal, batch=3)
        held = await content(database)
        children = [row for row in held["tickets"] if row["number"] != parent]
        assert [(row["call"], row["caller"], row["parent"], row["district"]) for row in children] == [
            ("one", "05321112233", parent, "esenkent"),
            ("two", "05321112244", parent, "esenkent"),
        ]
        assert [(row["what"], row["version"]) for row in held["ticket_history"] if row["number"] != parent] == [
            *[("open", 1), ("join", 2)] * 2
        ]
        assert {row["other"] for row in held["ticket_links"] if row["how"] == "surge"} == {
            *("one", "calls again", "withheld", "two"),
        }

    @pytest.mark.parametrize("what", ["duplicate", "no place"])
    async def test_no_caller_is_dropped_if_the_request_of_a_surge_message_has_changed(
        self, database: Database, what: str
    ) -> None:
        at = datetime(2026, 5, 1, 9, tzinfo=UTC).timestamp()
        await project(database, journal_of([self.urgent(1, "root", at), self.urgent(2, "named", at)]))
        root, named = "26-000001-9", "26-000002-4"
        tickets = metadata.tables["tickets"]
        async with database.writing() as connection:
            found = set((await connection.execute(sa.select(tickets.c.number))).scalars())
            assert found == {root, named}
            if what == "duplicate":
                await connection.execute(sa.update(tickets).values(district="esenkent"))
                joined = sa.update(tickets).where(tickets.c.number == named).values(parent=root)
                await connection.execute(joined)

        def hears(seq: int, call: str) -> Entry:
            about: dict[str, Any] = {"surge": "surge-1", "service": ServiceId("request"), "ticket": named}
            known = self.urgent(seq, call, at, opens=False).facts[0]
            assert isinstance(known, CallEntered)
            facts: list[AnyFact] = [msgspec.structs.replace(known, number="05321112233")]
            facts.append(SurgeAnswered(at=at + seq, call=CallId(call), **about))
            return entry(seq, at + seq, facts)

        before = [self.urgent(1, "root", at), self.urgent(2, "named", at)]
        await project(database, journal_of([*before, hears(3, "one"), hears(4, "again")]), batch=1)
        held = await content(database)
        (child,) = [row for row in held["tickets"] if row["channel"] == "surge"]
        assert (child["caller"], child["parent"]) == ("05321112233", root if what == "duplicate" else None)
        if what == "no place":
            assert child["state"] in ("new", "assigned")

    async def test_a_call_whose_caller_hears_of_a_request_is_linked_with_it(self, database: Database) -> None:
        """Once, by what came first, and found from both ends."""
        at = datetime(2026, 5, 1, 9, tzinfo=UTC).timestamp()
        number = "26-000001-9"

        def hears(seq: int, call: str, *hows: HeardHow) -> Entry:
            told = [RequestHeard(at=at + seq, call=CallId(call), ticket=number, how=how) for how in hows]
            return entry(seq, at + seq, [*self.urgent(seq, call, at, opens=False).facts[:1], *told])

        journal = journal_of(
            [
                self.urgent(1, "opens it", at),
                hears(2, "asks", "number", "own"),
                hears(3, "hears", "unasked"),
            ]
        )
        await project(database, journal)
        links = (await content(database))["ticket_links"]
        assert {row["other"]: (row["number"], row["how"]) for row in links} == {
            "opens it": (number, "opened"),
            "asks": (number, "looked_up"),
            "hears": (number, "heard"),
        }
        call = await Queries(database).get_call("asks")
        assert call is not None
        assert call.tickets == (CallRequest(number=number, how="looked_up", at=at + 2),)
        assert [(one.type, one.data["ticket"]) for one in call.history if one.type == "request_heard"] == [
            ("request_heard", number)
        ] * 2
        assert call.ticket is None, "it has opened none"

    async def test_a_calls_row_says_when_each_notice_was_heard(self, database: Database) -> None:
        """The first time, and which version of it, also where an older line wrote it; null if it was not."""
        at = datetime(2026, 5, 1, 9, tzinfo=UTC).timestamp()
        call = CallId("one")
        entered = self.urgent(1, call, at, opens=False).facts[0]
        assert isinstance(entered, CallEntered)
        arrived = entered.arrived_at
        facts: list[AnyFact] = [
            entered,
            NoticeGiven(at=arrived + 4.321, call=call, notice="privacy", prompt="privacy", version="tr-1"),
            NoticeGiven(at=arrived + 6.0, call=call, notice="privacy", prompt="privacy", version="tr-2"),
            RecordingAnnounced(at=arrived + 5.5, call=call, prompt="recording"),
        ]
        await project(database, journal_of([entry(1, at, facts)]))
        (row,) = (await content(database))["calls"]
        assert {name: row[f"{name}_notice_ms"] for name in ("privacy", "recording", "monitoring")} == {
            "privacy": 4321,
            "recording": 5500,
            "monitoring": None,
        }
        assert {name: row[f"{name}_notice_version"] for name in ("privacy", "recording", "monitoring")} == {
            "privacy": "tr-1",
            "recording": None,
            "monitoring": None,
        }

    async def test_a_calls_row_says_who_has_a_transferred_caller(self, database: Database) -> None:
        """During the talk, too: the second agent says what became of the call."""
        at = datetime(2026, 5, 1, 9, tzinfo=UTC).timestamp()
        call = CallId("one")
        taken = CallTakenOver(
            at=at + 60, call=call, offer=OfferId("one#2"), agent=AgentId("1002"), service=ServiceId("funeral"),
            priority="urgent", how="blind",
        )  # fmt: skip
        await project(database, journal_of([entry(1, at, [*self.urgent(1, call, at).facts, taken])]))
        (row,) = (await content(database))["calls"]
        assert (row["agent"], row["outcome"]) == ("1002", None)

    async def test_an_urgent_call_goes_to_its_unit_and_rings_the_duty(self, database: Database) -> None:
        at = datetime(2026, 5, 1, 0, 0, tzinfo=UTC).timestamp()
        await project(database, journal_of([self.urgent(1, "a", at)]))
        held = await content(database)
        (ticket,) = held["tickets"]
        assert (ticket["unit"], ticket["kind"], ticket["version"]) == ("mezarliklar", "urgent", 2)
        assert ticket["due_at"] - ticket["opened_at"] == 240 * 60_000
        assert ticket["watch_at"] - ticket["opened_at"] == 10 * 60_000 + 1, "nobody has accepted it by then"
        assert [(row["what"], row["role"]) for row in held["ticket_history"]] == [
            ("open", "system"),
            ("assign", "system"),
        ]
        assert [(row["kind"], row["about"], row["state"]) for row in held["outbox"]] == [
            ("line", "ring_duty", "pending")
        ]
        assert [(row["unit"], row["about"]) for row in held["notices"]] == [("mezarliklar", "assigned")]
        assert held["ticket_links"] == [
            {"number": ticket["number"], "kind": "call", "other": "a", "how": "opened", "at": round(at * 1000)}
        ]

    async def test_the_year_begins_at_local_midnight(self, database: Database) -> None:
        midnight = datetime(2025, 12, 31, 21, 0, tzinfo=UTC).timestamp()  # in Istanbul
        journal = journal_of([self.urgent(1, "a", midnight - 0.001), self.urgent(2, "b", midnight)])
        await project(database, journal)
        numbers = [row["number"] for row in (await content(database))["tickets"]]
        assert [number[:9] for number in numbers] == ["25-000001", "26-000001"]

    async def test_two_projectors_of_two_journals_never_give_a_number_twice(self, database: Database) -> None:
        at = datetime(2026, 5, 1, tzinfo=UTC).timestamp()
        projectors = []
        for name in ("ast1", "ast2"):
            journal = journal_of([self.urgent(seq, f"{name}-{seq}", at + seq) for seq in range(1, 41)])
            projectors.append(Projector(journal, database, reader=name, batch=3, rules=rules))
        await asyncio.gather(*(projector.catch_up() for projector in projectors))
        sequences = [row["sequence"] for row in (await content(database))["tickets"]]
        assert sorted(sequences) == list(range(1, 81))


@asynccontextmanager
async def running(projector: Projector) -> AsyncIterator[None]:
    task = asyncio.create_task(projector.run())
    try:
        yield
        assert not task.done(), "run() ended by itself"
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


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


async def test_a_postgres_that_goes_away_only_delays_it(postgres: Postgres, tmp_path: Path) -> None:
    database = await new_database("postgres", postgres, tmp_path)
    story, journal = Story(7), MemoryJournal()
    name = database.url.database
    admin = Database(postgres.url())
    projector = Projector(journal, database, gap_s=0.0, retry_s=(0.01, 0.05), rules=rules)

    async def command(text: str) -> None:
        async with admin.engine.connect() as connection:
            await connection.execution_options(isolation_level="AUTOCOMMIT")
            await connection.exec_driver_sql(text)

    dice = random.Random(1)
    async with running(projector):
        for round_ in range(12):
            journal.append(story.tell(40))
            projector.notify()
            if round_ % 3 == 0:
                await command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false")
            for _ in range(dice.randrange(20)):
                await asyncio.sleep(0)
            await command(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'")
            if round_ % 3 == 0:
                journal.append(story.tell(20))
                projector.notify()
                await until(lambda: bool(projector.error), "it has noticed")
                assert projector.lag_events > 0
                await command(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true")
        await until(lambda: projector.lag_events == 0, "it has caught up")
        assert projector.error == ""
        assert projector.skipped == 0
    followed = await content(database)
    await empty(database)
    await project(database, journal)
    assert await content(database) == followed
    await admin.close()
    await database.close()


async def test_a_locked_sqlite_only_delays_it(tmp_path: Path) -> None:
    database = await new_database("sqlite", None, tmp_path)
    story, journal = Story(8), MemoryJournal()
    projector = Projector(journal, database, gap_s=0.0, retry_s=(0.01, 0.05), rules=rules)
    async with running(projector):
        async with database.writing():
            lag = len(told := story.tell(40))
            journal.append(told)
            projector.notify()
            loop = asyncio.get_running_loop()
            slowest, before = 0.0, loop.time()
            for _ in range(100):
                await asyncio.sleep(0.001)
                slowest, before = max(slowest, loop.time() - before), loop.time()
            assert projector.lag_events == lag
        await until(lambda: projector.lag_events == 0, "it has caught up")
        assert slowest < 2.0  # who blocked on the lock would be away for the whole busy timeout
    await database.close()


async def test_missing_tables_are_waited_for(tmp_path: Path) -> None:
    database = Database(f"sqlite:///{tmp_path / 'cozum.db'}")
    journal = journal_of(Story(9).tell(30))
    projector = Projector(journal, database, retry_s=(0.01, 0.05), rules=rules)
    async with running(projector):
        await until(lambda: "cozum db upgrade" in projector.error, "it says what is missing")
        await upgrade(database)
        await until(lambda: projector.lag_events == 0, "it has caught up")
    await database.close()


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


CHILD = """
import asyncio, sys
from storage.database import Database
from storage.journal import JournalReader
from storage.projector import Projector
from tests.storage.samples import rules

async def main():
    projector = Projector(JournalReader(sys.argv[1]), Database(sys.argv[2]), batch=5, gap_s=0.0, rules=rules)
    task = asyncio.create_task(projector.run())
    while projector.seq < int(sys.argv[3]):
        print(projector.stored_seq, flush=True)
        await asyncio.sleep(0.001)
    print("done", flush=True)

asyncio.run(main())
"""


async def test_kill_9_at_any_moment(database: Database, tmp_path: Path) -> None:
    story = Story(300).tell(400)
    path = tmp_path / "journal.db"
    journal = SqliteJournal(path)
    journal.append(story)
    await project(database, journal_of(story))
    expected = await content(database)
    await empty(database)
    url = database.url.render_as_string(hide_password=False)
    dice = random.Random(3)
    root = Path(__file__).parents[2]
    kills = 0
    while True:
        child = await asyncio.create_subprocess_exec(
            *(sys.executable, "-c", CHILD, str(path), url, str(len(story))), stdout=asyncio.subprocess.PIPE, cwd=root
        )
        assert child.stdout is not None
        lines = 0
        until_line = 10**9 if kills >= 4 else dice.randrange(2, 30)
        async with asyncio.timeout(30):
            while (line := await child.stdout.readline()) and lines < until_line and line != b"done\n":
                lines += 1
        if line == b"done\n" or not line:
            await child.wait()
            break
        os.kill(child.pid, signal.SIGKILL)
        await child.wait()
        kills += 1
    assert child.returncode == 0
    assert kills > 0
    assert await content(database) == expected
    journal.close()


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
