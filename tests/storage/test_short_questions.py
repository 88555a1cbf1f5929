"""Short questions to SQLite: one thread answers all that wait, and whatever goes wrong is found out by the pool."""

import asyncio
import sqlite3
import threading
from collections.abc import Callable
from pathlib import Path

import pytest
import sqlalchemy as sa

from storage.database import Database, DatabaseError
from storage.short_questions import ShortQuestions
from tests.databases import new_sqlite
from tests.waiting import until

HOURS = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 1000000000) SELECT max(i) FROM n"
THREAD = "short-questions"


async def test_a_short_question_has_rows_or_a_reason(database: Database) -> None:
    for _ in range(2):
        with pytest.raises(DatabaseError, match="tables are missing"):
            await database.ask_shortly("SELECT 1 FROM no_such_table", ())
        rows = await database.ask_shortly("SELECT 1, 'a' UNION ALL SELECT 2, 'b' ORDER BY 1", ())
        assert [tuple(row) for row in rows] == [(1, "a"), (2, "b")]
        assert await database.ask_shortly("SELECT 1 WHERE 1 = 2", ()) == []


async def test_a_question_that_is_not_short_holds_up_no_other(database: Database) -> None:
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.2):
            await database.ask_shortly(HOURS, ())
    slow = asyncio.create_task(database.ask_shortly(HOURS, ()))
    async with asyncio.timeout(30):
        for _ in range(3):
            assert [tuple(row) for row in await database.ask_shortly("SELECT 1", ())] == [(1,)]
    slow.cancel()
    await asyncio.gather(slow, return_exceptions=True)


async def test_they_need_no_connection_of_the_pool(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    taken: list[object] = []
    sa.event.listen(database.engine.sync_engine, "checkout", lambda *given: taken.append(given))
    found = await asyncio.gather(*(database.ask_shortly("SELECT :n", (n,)) for n in range(100)))
    assert found == [[(n,)] for n in range(100)]
    assert taken == []
    await database.close()


async def test_what_was_written_is_seen_and_nothing_can_be_written(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    for number in range(1, 4):
        async with database.writing() as connection:
            await connection.execute(sa.text(f"CREATE TABLE one_{number} (n INTEGER)"))
        assert await database.ask_shortly("SELECT count(*) FROM sqlite_schema WHERE name LIKE 'one_%'", ()) == [
            (number,)
        ]
    short = database._short
    assert short is not None
    assert await short.ask("INSERT INTO one_1 VALUES (1)", ()) is None
    assert await database.ask_shortly("SELECT count(*) FROM one_1", ()) == [(0,)]
    await database.close()


async def test_the_thread_is_woken_once_for_all_that_wait() -> None:
    made, asked = connections()
    questions = ShortQuestions(made)
    assert await questions.ask("SELECT 0", ()) == [(0,)]
    gate.clear()
    first = asyncio.create_task(questions.ask("SELECT held()", ()))
    await until(lambda: "SELECT held()" in asked)
    others = [asyncio.create_task(questions.ask("SELECT ?", (n,))) for n in range(20)]
    given_up = asyncio.create_task(questions.ask("SELECT 'given up'", ()))
    await asyncio.sleep(0)
    given_up.cancel()
    gate.set()
    assert await asyncio.gather(first, *others) == [[(1,)], *([(n,)] for n in range(20))]
    assert "SELECT 'given up'" not in asked
    await questions.close()


async def test_after_an_error_it_connects_again() -> None:
    made, _ = connections()
    count = []

    def connect() -> sqlite3.Connection:
        count.append(1)
        if len(count) == 2:
            raise sqlite3.OperationalError("unable to open database file")
        return made()

    questions = ShortQuestions(connect)
    assert await questions.ask("SELECT 1", ()) == [(1,)]
    assert await questions.ask("SELECT nothing", ()) is None
    assert await questions.ask("SELECT 2", ()) is None, "it could not connect"
    assert await questions.ask("SELECT 2", ()) == [(2,)]
    assert await questions.ask("SELECT ?", (2**70,)) is None, "an error that is not the driver's"
    assert await questions.ask("SELECT 3", ()) == [(3,)]
    assert await questions.ask(HOURS, ()) is None
    assert await questions.ask("SELECT 4", ()) == [(4,)]
    assert len(count) == 4, "a question that took long is no error of the connection"
    await questions.close()


async def test_no_thread_is_left(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    for _ in range(2):
        assert await database.ask_shortly("SELECT 1", ()) == [(1,)]
        assert any(thread.name == THREAD for thread in threading.enumerate())
        waits = asyncio.create_task(database.ask_shortly("SELECT 2", ()))
        await asyncio.sleep(0)
        await database.close()
        assert await waits == [(2,)]
        assert not any(thread.name == THREAD for thread in threading.enumerate())


def test_a_loop_that_ends_first_harms_nothing() -> None:
    made, asked = connections()
    died: list[object] = []
    before, threading.excepthook = threading.excepthook, died.append
    questions = ShortQuestions(made)

    async def ask() -> None:
        gate.clear()
        task = asyncio.create_task(questions.ask("SELECT held()", ()))
        await until(lambda: "SELECT held()" in asked)
        task.cancel()

    try:
        asyncio.run(ask())
        gate.set()
        asyncio.run(questions.close())
    finally:
        threading.excepthook = before
    assert died == []


gate = threading.Event()


def connections() -> tuple[Callable[[], sqlite3.Connection], list[str]]:
    """What connects to a database in memory, whose function `held()` waits for the gate; and all that is asked."""
    asked: list[str] = []

    def held() -> int:
        return int(gate.wait(30))

    def connect() -> sqlite3.Connection:
        connection = sqlite3.connect(":memory:")
        connection.create_function("held", 0, held)
        connection.set_trace_callback(asked.append)
        return connection

    return connect, asked


async def test_a_disk_that_hangs_does_not_delay_the_exit() -> None:
    comes_back, asked = threading.Event(), threading.Event()

    def connect() -> sqlite3.Connection:
        asked.set()
        comes_back.wait()
        return sqlite3.connect(":memory:")

    questions = ShortQuestions(connect)
    asking = asyncio.create_task(questions.ask("SELECT 1", ()))
    await until(asked.is_set)
    try:
        async with asyncio.timeout(20):
            await questions.close()
        assert not asking.done()
    finally:
        comes_back.set()
    assert await asking == [(1,)]
