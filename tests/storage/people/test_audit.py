"""The audit is read page by page, newest first, by who, what and about what, on both databases."""

from collections.abc import Mapping
from typing import Any

import pytest
import sqlalchemy as sa

from storage.by_time import statement
from storage.database import Database
from storage.people.audit import Audit, AuditEntry, WantedEntries, audit, conditions
from storage.requests.listing import BadCursor


@pytest.fixture
def store(database: Database) -> Audit:
    return Audit(database, lambda: 0.0)


async def put(store: Audit, *ats: float, **values: Any) -> None:
    """An entry of each time (Unix seconds), about its own time unless another thing is said."""
    given = {"who": "lead", "role": "lead", "action": "ticket_seen", **values}
    for at in ats:
        await store.add([AuditEntry(**{"at": at, "about": f"{at:g}", **given})])


async def read(store: Audit, **wanted: Any) -> list[str]:
    return [str(one["about"]) for one in (await store.page(WantedEntries(**wanted))).records]


async def test_the_newest_is_first_by_its_time_and_not_by_when_it_was_written(store: Audit) -> None:
    await put(store, 100, 300, 200)
    await put(store, 200, about="later written")
    assert await read(store) == ["300", "later written", "200", "100"]


async def test_pages_are_whole_while_entries_are_added(store: Audit) -> None:
    await put(store, 1, 2, 3, 4, 5)
    first = await store.page(WantedEntries(limit=2))
    await put(store, 6)
    second = await store.page(WantedEntries(limit=2, cursor=first.next))
    third = await store.page(WantedEntries(limit=2, cursor=second.next))
    assert [[one["about"] for one in page.records] for page in (first, second, third)] == [
        ["5", "4"],
        ["3", "2"],
        ["1"],
    ]
    assert third.next == ""


async def test_each_filter_leaves_what_it_names(store: Audit) -> None:
    await put(store, 1, 2, 3)
    await put(store, 4, who="nermin", role="inbox")
    await put(store, 5, action="unmasked")
    await put(store, 6, who="nermin", action="unmasked")
    assert await read(store, who="nermin") == ["6", "4"]
    assert await read(store, who=" NERMİN ") == ["6", "4"], "as the name is kept"
    assert await read(store, what="unmasked") == ["6", "5"]
    assert await read(store, about="2") == ["2"]
    assert await read(store, who="nermin", what="unmasked", about="6") == ["6"]
    assert await read(store, who="nermin", about="5") == []


async def test_a_span_has_its_begin_and_not_its_end(store: Audit) -> None:
    await put(store, 1, 2, 3)
    assert await read(store, since=1, until=3) == ["2", "1"]
    assert await read(store, since=2.001) == ["3"]
    assert await read(store, until=1) == []


@pytest.mark.parametrize("cursor", ["x", "-", "1", "1-", "1-9999999999", "9" * 30 + "-1"])
async def test_a_cursor_that_no_page_gave_is_refused(store: Audit, cursor: str) -> None:
    with pytest.raises(BadCursor):
        await store.page(WantedEntries(cursor=cursor))


@pytest.mark.parametrize("limit", [0, 100_001])
async def test_a_limit_out_of_bounds_is_refused(store: Audit, limit: int) -> None:
    with pytest.raises(ValueError, match=f"limit = {limit}: 1 to 100000 is allowed"):
        await store.page(WantedEntries(limit=limit))


@pytest.fixture
async def filled(database: Database) -> Database:
    """A database with many entries, which knows of their number: two things are rare."""
    rows = [
        {"at": n, "who": f"u{n % 7}", "role": "lead", "action": "ticket_seen", "about": f"c{n % 500}", "detail": {}}
        for n in range(20_000)
    ]
    for rare in rows[:2]:
        rare["action"] = "unmasked"
    async with database.writing() as connection:
        await connection.execute(sa.insert(audit), rows)
        await connection.execute(sa.text("ANALYZE audit"))
    return database


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        ({}, "ix_audit_at"),
        ({"since": 5.0, "until": 15.0}, "ix_audit_at"),
        ({"cursor": "10000-10001"}, "ix_audit_at"),
        ({"who": "u1"}, "ix_audit_who"),
        ({"who": "u1", "cursor": "10000-10001"}, "ix_audit_who"),
        ({"about": "c1"}, "ix_audit_about"),
        ({"what": "unmasked"}, "ix_audit_action"),
        ({"who": "u1", "what": "unmasked"}, "ix_audit_who_action"),
        ({"who": "nobody", "what": "ticket_seen"}, "ix_audit_who_action"),
        ({"who": "u1", "what": "ticket_seen", "about": "nothing"}, "ix_audit_about"),
        ({"what": "unmasked", "until": 15.0}, "ix_audit_action"),
    ],
)
async def test_as_many_entries_are_read_as_a_page_has(filled: Database, wanted: Mapping[str, Any], index: str) -> None:
    """However many there are: an index gives them in the order of the page."""
    asked = WantedEntries(**{"limit": 10, **wanted})
    async with filled.asking() as connection:
        query = statement(audit, asked, *conditions(asked))
        text = query.compile(dialect=connection.dialect, compile_kwargs={"literal_binds": True})
        if filled.is_postgres:  # which may well leave the index of a frequent person aside
            ((plan,),) = (await connection.exec_driver_sql(f"EXPLAIN (ANALYZE, FORMAT JSON) {text}")).all()
            assert entries_read(plan[0]["Plan"]) <= 200, plan
        else:
            rows = await connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {text}")
            said = "\n".join(str(row[-1]) for row in rows)
            assert index in said, said
            assert "B-TREE" not in said, said


def entries_read(node: Mapping[str, Any]) -> int:
    """How many the scans of a plan have read, also those that were left out."""
    below = sum(entries_read(one) for one in node.get("Plans", ()))
    if "Scan" not in node["Node Type"]:
        return below
    return below + int(node["Actual Rows"]) + int(node.get("Rows Removed by Filter", 0))
