"""Lists of requests: filters, pages and their order, and the indexes behind them."""

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bench.requests import NOW, Many
from storage import migrate
from storage.columns import milliseconds, table_of
from storage.compiled import Compiled
from storage.database import Database
from storage.recordings import RecordingRow
from storage.requests.listing import BadCursor, Order, Wanted, kind_of, listing, page_of
from storage.requests.tables import LinkRow, TicketRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import AGENT, DAY, HOUR, MACHINE, RULES
from tickets.files import NewFile
from tickets.number import TicketNumber
from tickets.opening import Amendment
from tickets.town.model import Priority


async def test_every_filter_finds_what_it_says_and_nothing_else(desk: Desk) -> None:
    road = (await desk.open()).number
    urgent = (
        await desk.open(service="funeral", service_class="urgent", kind="urgent", topic=None, caller="05447778899")
    ).number
    moved = (await desk.open(district="zafer")).number
    await desk.moved(moved, "in_progress", "resolved")
    assert await desk.found() == [moved, urgent, road]
    assert await desk.found(state="resolved") == [moved]
    assert await desk.found(service="funeral") == [urgent]
    assert await desk.found(kind="urgent") == [urgent]
    assert await desk.found(topic="asfalt_talebi") == [moved, road]
    assert await desk.found(district="zafer") == [moved]
    assert await desk.found(unit="fen_isleri") == [moved, road]
    assert await desk.found(is_open=False) == [moved]
    assert await desk.found(caller="+90 544 777 88 99") == [urgent]
    assert await desk.found(unit="fen_isleri", is_open=True, district="esenkent") == [road]
    assert await desk.found(since=(await desk.queries.get(moved) or {})["opened_at"]) == [moved]
    assert await desk.found(unit="nobody") == []


async def test_a_number_finds_no_report_of_a_topic_that_is_not_shown(desk: Desk) -> None:
    plain = (await desk.open()).number
    hidden = (await desk.open(topic="gurultu")).number
    agreed = (await desk.open(topic="gurultu", agrees=True)).number
    unplaced = (await desk.open(topic=None)).number
    caller = "0532 111 22 33"
    shown = ("asfalt_talebi",)
    assert await desk.found(caller=caller) == [unplaced, agreed, hidden, plain]
    assert await desk.found(caller=caller, shown_topics=shown) == [unplaced, agreed, plain]
    assert await desk.found(caller=caller, shown_topics=()) == [unplaced, agreed]
    assert await desk.found(caller=caller, query="asfalt", shown_topics=shown) == [unplaced, agreed, plain]
    assert await desk.found(shown_topics=shown) == [unplaced, agreed, hidden, plain], "a list tells of no complainant"


async def test_overdue_is_past_the_limit_while_the_clock_runs(desk: Desk) -> None:
    late, waits, done = [(await desk.open()).number for _ in range(3)]
    await desk.moved(waits, "waiting_citizen")
    await desk.moved(done, "in_progress", "resolved")
    assert await desk.found(overdue=True) == []
    desk.now += 60 * DAY
    assert await desk.found(overdue=True) == [late]
    assert await desk.found(overdue=False) == [done, waits]
    page = await desk.queries.page(Wanted())
    assert {one["number"]: one["overdue"] for one in page.records} == {late: True, waits: False, done: False}


@pytest.mark.parametrize("order", ["newest", "due"])
async def test_pages_together_are_the_whole_list_once(desk: Desk, order: Order) -> None:
    for place in range(11):
        priority: Priority = "high" if place % 3 == 1 else "normal"
        number = await of_priority(desk, priority, district="zafer" if place % 2 else "esenkent")
        if place % 4 == 0:
            await desk.moved(number, "waiting_citizen")
        desk.now += HOUR * (place % 3) * 24
    whole = await desk.found(order=order)
    assert len(whole) == 11
    found, cursor = [], ""
    while True:
        page = await desk.queries.page(Wanted(limit=4, cursor=cursor, order=order))
        found += [one["number"] for one in page.records]
        if not page.next:
            break
        cursor = page.next
        if len(found) == 4:
            await desk.open()  # what comes meanwhile moves nothing
    assert [number for number in found if number in whole] == whole
    assert len(found) == len(set(found))


async def test_the_board_of_a_unit_begins_with_what_is_due_first(desk: Desk) -> None:
    later = (await desk.open()).number
    waits = (await desk.open()).number
    await desk.moved(waits, "waiting_citizen")
    sooner = (await desk.open(topic=None, district=None)).number
    await desk.moved(sooner, "assigned")
    board = await desk.found(unit="fen_isleri", is_open=True, order="due")
    assert board == [sooner, later, waits]


async def of_priority(desk: Desk, priority: Priority, **values: Any) -> str:
    """A request whose topic has a priority."""
    town = RULES.town
    topic = msgspec.structs.replace(town.topics["asfalt_talebi"], priority=priority)
    town = msgspec.structs.replace(town, topics={**town.topics, topic.id: topic})
    desk.rules = msgspec.structs.replace(RULES, town=town)
    return (await desk.open(**values)).number


async def test_of_requests_due_on_one_day_the_urgent_ones_come_first_and_then_by_priority(desk: Desk) -> None:
    """They stood by the time of their opening: what the topic's priority says came last on the day it was due."""
    normal, low, high = [await of_priority(desk, one) for one in ("normal", "low", "high")]
    later = await of_priority(desk, "normal")
    urgent = await of_priority(desk, "low", service_class="urgent")
    due = {one["due_at"] for one in await desk.rows(TicketRow)}
    assert len(due) == 1, "all of them on one day"
    desk.now += 3 * DAY
    after = await of_priority(desk, "high")
    board = await desk.found(unit="fen_isleri", is_open=True, order="due")
    assert board == [urgent, high, normal, later, low, after]
    assert await desk.found(query="asfalt", order="due") == board
    for number in (normal, high, low, urgent):
        await desk.moved(number, "waiting_citizen")
    assert await desk.found(unit="fen_isleri", is_open=True, order="due") == [later, after, urgent, high, normal, low]
    topics = desk.rules.town.topics
    other = msgspec.structs.replace(topics["asfalt_talebi"], id="other", priority="high")
    town = msgspec.structs.replace(desk.rules.town, topics={**topics, "other": other})
    desk.rules = msgspec.structs.replace(desk.rules, town=town)
    await desk.store.amend(low, Amendment(topic="other"), MACHINE)
    found = await desk.found(unit="fen_isleri", is_open=True, order="due")
    assert found == [later, after, urgent, low, high, normal], "another topic is another priority"


async def test_what_was_there_before_has_its_place_by_priority_after_the_upgrade(desk: Desk) -> None:
    numbers = [await of_priority(desk, one) for one in ("low", "normal", "high")]
    numbers.append(await of_priority(desk, "normal", service_class="urgent"))
    async with desk.database.writing() as connection:
        await connection.run_sync(migrate.downgrade, "0028")
    await migrate.upgrade(desk.database)
    assert {row["number"]: row["rank"] for row in await desk.rows(TicketRow)} == dict(
        zip(numbers, (3, 2, 1, 0), strict=True)
    )


async def test_the_index_of_a_units_board_gives_its_order(desk: Desk) -> None:
    """Nothing is read of a unit's requests but the page, and nothing sorted."""
    await Many(4000, seed=3).fill(desk.database)
    kind, given = kind_of(Wanted(unit="fen_isleri", is_open=True, order="due", limit=20), NOW)
    dialect = desk.database.engine.dialect
    ids = Compiled(listing(kind, postgres=desk.database.is_postgres), dialect)
    async with desk.database.reading() as connection:
        if desk.database.is_postgres:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN " if desk.database.is_postgres else "EXPLAIN QUERY PLAN "
        rows = (await connection.exec_driver_sql(explain + ids.text, ids.values(given))).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    assert "ix_tickets_board" in plan
    assert not any(word in plan for word in ("Sort", "B-TREE")), plan


async def test_the_mahalle_of_open_requests_are_counted_with_what_is_overdue(desk: Desk) -> None:
    for district in ("esenkent", "esenkent", "zafer", None):
        await desk.open(district=district, topic="asfalt_talebi" if district else None)
    waits, done = [(await desk.open(district="zafer")).number for _ in range(2)]
    await desk.moved(waits, "waiting_citizen")
    await desk.moved(done, "in_progress", "resolved")
    desk.now += 60 * DAY
    counted = {one["district"]: (one["open"], one["overdue"]) for one in await desk.queries.by_district(Wanted())}
    assert counted == {"esenkent": (2, 2), "zafer": (2, 1), None: (1, 1)}
    late = await desk.queries.by_district(Wanted(unit="fen_isleri", overdue=True, limit=1))
    assert {one["district"]: one["open"] for one in late} == {"esenkent": 2, "zafer": 1}


NO_CURSORS = ("x", "!", "MQ==x", "LTE", "999999999999999999999999999999")


@pytest.mark.parametrize(
    ("order", "cursor"),
    # "MS4yLjM" is a deadline, a rank and a number: no cursor of the newest, a good one by deadline.
    [
        ("newest", "MS4yLjM"),
        ("due", "MS4y"),
        ("due", "MS4uMw"),
        ("due", "MS4yMi4z"),
        *((order, cursor) for order in ("newest", "due") for cursor in NO_CURSORS),
    ],
)
async def test_a_cursor_that_no_list_gave_is_refused(desk: Desk, cursor: str, order: Order) -> None:
    with pytest.raises(BadCursor):
        await desk.queries.page(Wanted(cursor=cursor, order=order))


@pytest.mark.parametrize(
    ("wanted", "index"),
    [
        (Wanted(query="kapı12"), "ticket_search"),
        (Wanted(overdue=True), "ix_tickets_running"),
        (Wanted(overdue=True, unit="fen_isleri"), "ix_tickets_unit_running"),
        (Wanted(unit="fen_isleri", is_open=True, order="due"), "ix_tickets_board"),
    ],
    ids=["search", "overdue", "overdue of a unit", "board"],
)
async def test_a_page_is_found_by_the_index_that_is_for_it(desk: Desk, wanted: Wanted, index: str) -> None:
    """In the order of the page alone, a rare word took three seconds among 200,000 requests."""
    await Many(4000, seed=3).fill(desk.database)
    kind, given = kind_of(wanted, NOW)
    statement = page_of(kind, desk.database.engine.dialect)
    async with desk.database.reading() as connection:
        if desk.database.is_postgres:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")  # these are few; many are meant
        explain = "EXPLAIN " if desk.database.is_postgres else "EXPLAIN QUERY PLAN "
        rows = (await connection.exec_driver_sql(explain + statement.text, statement.values(given))).all()
    assert index in "\n".join(str(row[-1]) for row in rows)


@pytest.mark.parametrize("more", [{}, {"unit": "fen_isleri"}, {"state": "closed"}])
async def test_a_number_is_looked_for_by_its_indexes_alone(desk: Desk, more: dict[str, Any]) -> None:
    """Not among all of a unit or a state, though another system's number may pass as one of ours."""
    await Many(4000, seed=3).fill(desk.database)
    kind, given = kind_of(Wanted(query=str(TicketNumber(year=26, sequence=12)), **more), NOW)
    statement = page_of(kind, desk.database.engine.dialect)
    async with desk.database.reading() as connection:
        if desk.database.is_postgres:
            await connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
        explain = "EXPLAIN " if desk.database.is_postgres else "EXPLAIN QUERY PLAN "
        rows = (await connection.exec_driver_sql(explain + statement.text, statement.values(given))).all()
    plan = "\n".join(str(row[-1]) for row in rows)
    assert ("BitmapOr" if desk.database.is_postgres else "MULTI-INDEX OR") in plan, plan


@contextlib.asynccontextmanager
async def questions(database: Database) -> AsyncIterator[list[str]]:
    """All that the database is asked meanwhile on a connection that is used again, transactions too."""
    asked: list[str] = []
    async with database.engine.connect() as connection:
        driver: Any = (await connection.get_raw_connection()).driver_connection
    if not database.is_postgres:
        await driver.set_trace_callback(lambda text: None if text.startswith("--") else asked.append(text))
        yield asked
        await driver.set_trace_callback(None)
        return

    def note(query: Any) -> None:
        asked.append(query.query)

    def note_statement(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        asked.append(statement)

    driver.add_query_logger(note)  # of what is not prepared: BEGIN, ROLLBACK, and the question whether it answers
    sa.event.listen(database.engine.sync_engine, "before_cursor_execute", note_statement)
    yield asked
    sa.event.remove(database.engine.sync_engine, "before_cursor_execute", note_statement)
    driver.remove_query_logger(note)


@pytest.mark.parametrize(
    "wanted",
    [
        Wanted(),
        Wanted(topic="asfalt_talebi", district="esenkent", is_open=True),
        Wanted(unit="fen_isleri", is_open=True, order="due"),
        Wanted(unit="fen_isleri", overdue=True),
        Wanted(query="kapı12"),
        Wanted(query="asfalt yok", unit="fen_isleri"),
        Wanted(query="asfalt", order="due"),
        Wanted(caller="0532 111 22 33", shown_topics=("asfalt_talebi",)),
    ],
    ids=["list", "filters", "board", "overdue", "rare word", "words in a unit", "words by deadline", "caller"],
)
async def test_a_page_asks_the_database_once(desk: Desk, wanted: Wanted) -> None:
    """It was asked eight times for a search: beside callers each of these waits for its turn of a processor."""
    await desk.open()
    for limit in (1, 50):
        asked_for = msgspec.structs.replace(wanted, limit=limit)
        await desk.queries.page(asked_for)
        async with questions(desk.database) as asked:
            await desk.queries.page(asked_for)
        assert len(asked) == 1, asked


async def test_the_mahalle_are_counted_by_one_question(desk: Desk) -> None:
    await desk.open()
    await desk.queries.by_district(Wanted())
    async with questions(desk.database) as asked:
        await desk.queries.by_district(Wanted(query="asfalt", cursor="x"))
    assert len(asked) == 1, asked


async def test_a_request_tells_what_still_has_to_be_asked(desk: Desk) -> None:
    number = (await desk.open(topic="yol_cukuru", district=None)).number
    assert (await desk.queries.get(number) or {})["missing"] == ["yeri", "district"]
    await desk.store.amend(number, Amendment(fields={"yeri": "köşede"}, district="esenkent"), MACHINE)
    hidden = await desk.queries.get(number, seen=lambda ticket: msgspec.structs.replace(ticket, fields={}))
    assert (hidden or {})["missing"] == [], "of the request, whatever is shown of it"
    closed = (await desk.open(topic="yol_cukuru", district=None)).number
    await desk.moved(closed, "refused")
    assert (await desk.queries.get(closed) or {})["missing"] == [], "nobody works on it any more"


async def test_the_story_has_all_that_happened_in_one_order(desk: Desk) -> None:
    await desk.add_call("first", ended_at=milliseconds(desk.now), outcome="answered", agent="1001")
    number = (await desk.open(call="first")).number
    file = NewFile(id="f1", media_type="image/jpeg", about="request", name="a.jpg", size=4, sha256="0")
    await desk.store.attach(number, file, MACHINE)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    (task,) = await desk.tasks.list()
    desk.now += 60
    await desk.tasks.done(task["id"], AGENT)
    record = await desk.queries.get(number)
    assert record is not None
    story = record["story"]
    assert [one["at"] for one in story] == sorted(one["at"] for one in story)
    lists = sum(len(record[name]) for name in ("history", "calls", "files", "tries", "texts", "rings", "tasks"))
    assert len(story) == lists + 1, "a task has its end too"
    assert [(one["kind"], one["what"], one["who"]) for one in story if one["kind"] != "history"] == [
        ("call", "opened", "1001"),
        ("file", "photo", ""),
        ("task", "tell_citizen", ""),
        ("task_done", "tell_citizen", "1001"),
    ]
    (asked,) = [one for one in story if one["what"] == "ask"]
    assert (asked["words"], asked["unit"], asked["who"]) == ("Hangi sokak?", "fen_isleri", "admin token")


async def test_each_talk_says_whether_its_recording_is_kept(desk: Desk) -> None:
    """In the list of calls and in the story; nothing is said of a talk that was not to be recorded."""
    number = (await desk.open()).number
    rows = {"kept": ("kept", "ab" * 32), "gone": ("destroyed", "cd" * 32), "silent": ("none", "")}
    async with desk.database.writing() as connection:
        for call in (*rows, "plain"):
            link = {"number": number, "kind": "call", "other": call, "how": "asked", "at": milliseconds(desk.now)}
            await connection.execute(sa.insert(table_of(LinkRow)), link)
        for call, (state, sha256) in rows.items():
            row = {"call": call, "state": state, "why": "", "began_at": 1, "sha256": sha256, "pauses": 0}
            await connection.execute(sa.insert(table_of(RecordingRow)), row)
    for call in (*rows, "plain"):
        await desk.add_call(call, talk_s=60.0)
    record = await desk.queries.get(number)
    assert record is not None
    found = {one["id"]: (one["recorded"], one["recording_sha256"]) for one in record["calls"]}
    assert found == {**rows, "plain": (None, "")}
    told = {one["id"]: one["detail"] for one in record["story"] if one["kind"] == "call"}
    assert told == {
        "kept": {"recorded": "kept", "recording_sha256": "ab" * 32},
        "gone": {"recorded": "destroyed", "recording_sha256": "cd" * 32},
        "silent": {"recorded": "none"},
        "plain": {},
    }


async def test_a_list_by_a_number_has_what_was_typed_and_nobody_elses(desk: Desk) -> None:
    typed = (await desk.open(caller="0212 555 12 34")).number
    abroad = (await desk.open(caller="+1 (212) 555-1234")).number
    for written in ("02125551234", "0212/555 12 34", "+90 212 555 12 34"):
        assert await desk.found(caller=written) == [typed]
    assert await desk.found(caller="001 212 555 1234") == [abroad]
    assert await desk.found(caller="--") == []
