"""Lists of requests: filters, pages, search as people write."""

import contextlib
import json
import random
from collections.abc import AsyncIterator
from typing import Any

import msgspec
import pytest
import sqlalchemy as sa

from bench.requests import NOUNS, NOW, SAID, Many
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
from tickets.find.folding import same_words, words
from tickets.number import TicketNumber
from tickets.opening import Amendment
from tickets.town.model import Priority


@pytest.fixture
def desk(database: Database) -> Desk:
    return Desk(database)


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


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("isik", True),
        ("IŞIK", True),
        ("ışık sok", True),
        ("Isik Sokak asfalt", True),
        ("TAŞI", True),
        ("asfaltlar", False),
        ("kedi", False),
        ("' OR 1=1 --", False),
        ('"*', False),
        ("esenkent", True),
    ],
)
async def test_a_search_finds_what_people_mean(desk: Desk, words: str, found: bool) -> None:
    number = (await desk.open(text="Işık Sokak'ta asfalt yok")).number
    await desk.open(text="Başka bir şey", topic="agac_budama", district="zafer")
    assert await desk.found(query=words) == ([number] if found else [])


@pytest.mark.parametrize(
    ("written", "asked"),
    [
        ("Işık Sokak", ("Işık Sk.", "isik sok", "IŞIK SOKAĞI", "ışık sokağında", "Işık Sok. asfalt")),
        ("Işık Sk. 5", ("ışık sokak", "Işık Sokağı", "isik sok.5", "Işık sokakta")),
        ("Işık Sok.", ("ışık sk", "Işık Sokak")),
        ("Işık sokağında çukur", ("ışık sk", "Işık Sokak")),
        ("Bağdat Cad.", ("bagdat cd", "Bağdat Caddesi", "bağdat cadde")),
        ("Bağdat Caddesi", ("bağdat cd.", "bagdat cad")),
        ("İnönü Mh.", ("inonu mah", "İnönü Mahallesi", "inönü mahalle")),
        ("İnönü Mahallesi", ("inonu mh.", "İnönü Mah.")),
        ("Kıbrıs Blv.", ("kibris bulvar", "Kıbrıs Bulvarı", "kıbrıs bulv.")),
        ("Kıbrıs Bulvarı", ("kibris blv", "Kıbrıs Bulv.")),
        ("Gül Apt. No 3", ("gül apartmanı", "gul apartman")),
        ("Gül Apartmanı", ("gül apt.", "GÜL APT")),
    ],
)
async def test_a_kind_of_place_is_found_short_and_long(desk: Desk, written: str, asked: tuple[str, ...]) -> None:
    number = (await desk.open(text="asfalt yok", address=written)).number
    await desk.open(text="Işıklı Bağdatlı İnönülü Kıbrıslı Güllü yer bul", topic=None, district=None)
    for query in asked:
        assert await desk.found(query=query) == [number], query
        assert await desk.found(query=query, order="due") == [number], query
        assert await desk.found(query=query, unit="fen_isleri") == [number], query
        assert await desk.found(query=f"{query} kedi") == [], query


async def test_a_word_that_begins_like_a_kind_of_place_stays_itself(desk: Desk) -> None:
    found = (await desk.open(text="Caddebostan sahili", topic=None, district=None)).number
    street = (await desk.open(text="Bağdat Cad.", topic=None, district=None)).number
    assert await desk.found(query="caddebostan") == [found]
    assert await desk.found(query="cad") == [street, found], "as long as it is typed"
    assert await desk.found(query="bagdat cadd") == [], "a beginning of a word stands for itself alone"


async def test_words_with_letters_that_do_not_fold_have_sqlite_s_short_way_too(desk: Desk) -> None:
    """They were looked up with the table of requests first: all that have the word were read for one page."""
    number = (await desk.open(text="Köpek собака", topic=None)).number
    assert await desk.found(query="собака") == [number]
    kind, _ = kind_of(Wanted(query="собака"), 0)
    assert kind.search == "vector"
    text = " ".join(page_of(kind, desk.database.engine.dialect).text.split())
    assert ("FROM ticket_search JOIN tickets" in text) == (not desk.database.is_postgres), text


async def test_another_systems_number_that_passes_as_ours_is_found(desk: Desk) -> None:
    ours = await desk.open()
    digits = ours.number.replace("-", "")
    theirs = (await desk.open(channel="cimer", external_source="cimer", external_number=digits)).number
    other = await desk.open(text="26 000002")
    assert await desk.found(query=digits) == [theirs, ours.number]
    assert await desk.found(query=digits, district="zafer") == []
    assert other.number not in await desk.found(query=digits)


async def test_a_search_finds_a_number_and_no_person(desk: Desk) -> None:
    number = (await desk.open(name="Ayşe Yılmaz")).number
    assert await desk.found(query=number) == [number]
    assert await desk.found(query=number.replace("-", "")) == [number]
    assert await desk.found(query="yılmaz") == []
    assert await desk.found(query="5321112233") == []


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


async def test_a_search_finds_old_requests_behind_new_ones(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """PostgreSQL searches the newest first, and all if these do not fill a page."""
    monkeypatch.setattr("storage.requests.listing.PROBED", 3)
    monkeypatch.setattr("storage.requests.listing.NEWEST", 6)
    with_word = [(await desk.open(text="rögar" if place % 4 == 0 else "çukur")).number for place in range(12)][::4]
    pages, cursor = [], ""
    while True:
        page = await desk.queries.page(Wanted(query="rogar", limit=1, cursor=cursor))
        pages.append([one["number"] for one in page.records])
        cursor = page.next
        if not cursor:
            break
    assert pages == [[number] for number in reversed(with_word)]
    holes = await desk.queries.page(Wanted(query="çukur", limit=2))
    assert len(holes.records) == 2
    assert holes.next


async def test_a_page_of_a_common_word_is_looked_for_among_the_newest_alone(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A word that a third of 200,000 requests have took 293 ms, since far more were read than a page has."""
    monkeypatch.setattr("storage.requests.listing.PROBED", 2)
    monkeypatch.setattr("storage.requests.listing.NEWEST", 6)
    texts = ["rögar", *["çukur"] * 4, "kanal", *["çukur", "asfalt"] * 3]
    numbers = [(await desk.open(text=text, topic="agac_budama")).number for text in texts]
    for word, by_index in {"çukur": False, "kanal": True, "rögar": True, "yoktur": True, "agac": False}.items():
        every = [number for number, text in zip(numbers, texts, strict=True) if word in ("agac", text)][::-1]
        page = await desk.queries.page(Wanted(query=word, limit=1))
        assert [one["number"] for one in page.records] == every[:1], word
        assert bool(page.next) == (len(every) > 1), word
        assert await desk.found(query=word) == every, word
        assert await desk.found(query=word, order="due", limit=20) == every[::-1], word
        if desk.database.is_postgres:
            assert await searches_all(desk.database, Wanted(query=word, limit=1)) is by_index, word


async def searches_all(database: Database, wanted: Wanted) -> bool:
    """Whether PostgreSQL looked for the words of a page by their index, among all requests."""
    kind, given = kind_of(wanted, NOW)
    statement = page_of(kind, database.engine.dialect)
    explain = f"EXPLAIN (ANALYZE, FORMAT JSON) {statement.text}"
    async with database.asking() as connection:
        ((plan,),) = (await connection.exec_driver_sql(explain, statement.values(given))).all()
    steps = [json.loads(plan)[0]["Plan"] if isinstance(plan, str) else plan[0]["Plan"]]
    for step in steps:
        steps += step.get("Plans", ())
    return any(
        step["Node Type"] == "Result" and step["Actual Loops"] and "<=" in filtered(step) for step in steps
    ) and any(
        step.get("Relation Name") == "tickets" and "to_tsquery" in filtered(step) and step["Actual Loops"]
        for step in steps
    )


def filtered(step: dict[str, Any]) -> str:
    """The conditions of a step of a plan."""
    return " ".join(str(value) for name, value in step.items() if name.endswith(("Cond", "Filter")))


async def test_a_search_finds_every_request_that_has_all_words_newest_first(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By whichever way: among the newest, of a unit or of all, or by the index of words without those too common."""
    many = Many(1500, seed=4)
    await many.fill(desk.database)
    rows = sorted(await desk.rows(TicketRow), key=lambda row: -row["id"])
    draw = random.Random(5)
    units = [*dict.fromkeys(row["unit"] for row in rows if row["unit"]), None]
    for _ in range(60):
        monkeypatch.setattr("storage.requests.listing.PROBED", probed := draw.choice((4, 20, 100)))
        monkeypatch.setattr("storage.requests.listing.NEWEST", probed * draw.choice((2, 8)))
        monkeypatch.setattr("storage.requests.listing.SPAN", draw.choice((50, 700, 5000)))
        monkeypatch.setattr("storage.requests.listing.COMMON", draw.choice((1, 15)))
        monkeypatch.setattr("storage.requests.listing.LOOKED_UP", draw.choice((1, 3)))
        query = " ".join(
            draw.sample(
                (*NOUNS, *SAID, "ka", "kapı", "Sk", "Apt", many.rare(draw.randrange(1500))), draw.randrange(1, 6)
            )
        )
        unit, is_open = draw.choice(units), draw.choice((None, None, True, False))
        wanted = Wanted(query=query, unit=unit, is_open=is_open, limit=draw.choice((1, 5, 60)))
        asked = words(query)
        expected = [
            row["number"]
            for row in rows
            if (unit is None or row["unit"] == unit)
            and is_open in (None, row["is_open"])
            and all(
                any(word.startswith(one) or word in same_words(one) for word in row["folded"].split()) for one in asked
            )
        ]
        found: list[str] = []
        for _ in range(4):
            page = await desk.queries.page(wanted)
            found += [one["number"] for one in page.records]
            if not page.next:
                break
            wanted = msgspec.structs.replace(wanted, cursor=page.next)
        assert found == expected[: len(found)], wanted
        assert page.next or len(found) == len(expected), wanted


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
