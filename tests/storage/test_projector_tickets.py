"""The projector: the requests that calls open, find and hear of."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from acd.engine.model.facts import AnyFact, CallEntered, RequestHeard, ServiceNamed, SurgeAnswered, SurgePlayed
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.monitor_facts import NoticeGiven
from acd.engine.model.recording_facts import RecordingAnnounced
from acd.engine.model.request_facts import HeardHow
from acd.engine.model.talk_facts import CallTakenOver
from storage.database import Database
from storage.projector import Projector
from storage.queries import CallRequest, Queries
from storage.schema import metadata
from tests.storage.projected import content, journal_of, project
from tests.storage.samples import entry, rules


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
        told = [row["detail"]["fields"] for row in held["call_events"] if "fields" in row["detail"]]
        assert told == [{"note": "a\ufffdb"}] * 5
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
