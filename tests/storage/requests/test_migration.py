"""Tickets of before requests become requests, and nothing that was known of them is lost."""

import sqlalchemy as sa

from storage import migrate
from storage.database import Database
from storage.requests.rows import to_ticket
from storage.requests.search import found_by
from storage.schema import metadata

OLD = sa.text(
    "INSERT INTO tickets (number, year, sequence, service, class, state, caller, language, district, call,"
    " opened_at, updated_at, closed_at, fields) VALUES (:number, 26, :sequence, :service, :class, :state,"
    " '05321112233', 'en', NULL, :call, 1780000000123, 1780000000123, NULL, '{\"kind\": \"untold\"}')"
)


async def test_old_tickets_become_requests(database: Database) -> None:
    async with database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0004")
    async with database.writing() as connection:
        for sequence, service_class, state in (
            (1, "urgent", "new"),
            (2, "routine", "waiting"),
            (3, "routine", "rejected"),
        ):
            row = {
                "number": f"26-{sequence:06d}-0",
                "sequence": sequence,
                "service": "ambulance" if service_class == "urgent" else "request",
                "class": service_class,
                "state": state,
                "call": f"ast1-{sequence}",
            }
            await connection.execute(OLD, row)
    await migrate.upgrade(database)
    tickets, history = metadata.tables["tickets"], metadata.tables["ticket_history"]
    async with database.reading() as connection:
        rows = (await connection.execute(sa.select(tickets).order_by(tickets.c.number))).mappings().all()
        lines = (await connection.execute(sa.select(history).order_by(history.c.number))).mappings().all()
        links = (await connection.execute(sa.select(metadata.tables["ticket_links"]))).all()
    found = [to_ticket(row) for row in rows]
    assert [(one.kind, one.state, one.service_class, one.priority) for one in found] == [
        ("urgent", "new", "urgent", "high"),
        ("request", "waiting_citizen", "routine", "normal"),
        ("request", "refused", "routine", "normal"),
    ]
    assert {(one.caller, one.language, one.opened_at, one.version) for one in found} == {
        ("05321112233", "en", 1780000000.123, 1)
    }
    assert found[0].fields == {"kind": "untold"}
    assert found[0].clock.ended_at == found[0].opened_at, "no deadline: thousands would be overdue at once"
    assert [row["watch_at"] for row in rows] == [None] * 3
    assert [(line["version"], line["what"], line["after"]) for line in lines] == [
        (1, "open", "new"),
        (1, "open", "waiting_citizen"),
        (1, "open", "refused"),
    ]
    assert len(links) == 3


async def test_what_the_search_looks_in_follows_the_requests(database: Database) -> None:
    async with database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0004")
    async with database.writing() as connection:
        row = {"number": "26-000001-9", "sequence": 1, "service": "a", "class": "urgent", "state": "new", "call": "a"}
        await connection.execute(OLD, row)
    await migrate.upgrade(database)
    tickets = metadata.tables["tickets"]

    async def found(words: str) -> int:
        query = sa.select(sa.func.count()).where(found_by(words, tickets, postgres=database.is_postgres))
        async with database.reading() as connection:
            return int((await connection.execute(query.select_from(tickets))).scalar_one())

    assert await found("lamba") == 0
    async with database.writing() as connection:
        await connection.execute(sa.update(tickets).values(folded="sokak lambasi yanmiyor isik yok"))
    assert [
        await found(words) for words in ("lamba", "IŞIK", "ışık yok", "isik var", "26-000001-9", "26 000001 9")
    ] == [*(1, 1, 1, 0, 1, 1)]
    async with database.writing() as connection:
        await connection.execute(sa.update(tickets).values(folded="cukur"))
    assert [await found(words) for words in ("lamba", "çukur", "ÇUKURLAR", "", "'; DROP", "a & b | !c", '" OR "')] == [
        *(0, 1, 0, 0, 0, 0, 0)
    ]
    async with database.writing() as connection:
        await connection.execute(sa.delete(tickets))
    assert await found("cukur") == 0
