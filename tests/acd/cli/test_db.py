"""The database's tables: seen, made, checked, filled again."""

import asyncio
import json
import sqlite3
from pathlib import Path

import pytest

from storage.database import Database
from storage.journal import JournalReader, SqliteJournal
from storage.migrate import head
from storage.projector import Projector
from tests.acd.cli.conftest import Cozum, Records
from tests.storage.samples import rules


def test_from_nothing_to_tables(cozum: Cozum, data_dir: Path) -> None:
    for words in (("current",), ("check",)):
        said = cozum("db", *words)
        assert said.code == 1
        assert "there is none yet" in said.err
    assert cozum("db", "upgrade").out == f"no tables → {head()}\n"
    assert cozum("db", "upgrade").out == f"{head()} already\n"
    assert cozum("db", "current").out == f"{head()}, the one this program needs\n"
    assert json.loads(cozum("db", "current", "--json").out) == {"revision": head(), "needed": head(), "current": True}
    said = cozum("db", "check")
    assert said.code == 0
    assert said.out.endswith("well\n")


def test_tables_of_a_newer_program(cozum: Cozum, data_dir: Path) -> None:
    cozum("db", "upgrade")
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute("UPDATE alembic_version SET version_num = '9999'")
    for words in (("check",), ("upgrade",)):
        said = cozum("db", *words)
        assert said.code == 1
        assert "made by a newer one" in said.err
        assert said.err.count("\n") == 1
    assert json.loads(cozum("db", "check", "--json").out)["ok"] is False


def test_a_server_that_is_away(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_DATABASE_URL", "postgresql+asyncpg://cozum:hunter2@127.0.0.1:1/cozum")
    said = cozum("db", "check")
    assert said.code == 1
    assert "is the server at 127.0.0.1:1 up and reachable?" in said.err
    assert "hunter2" not in said.err
    assert said.err.count("\n") == 1


def test_rebuild_fills_a_lost_database_again(cozum: Cozum, records: Records, data_dir: Path) -> None:
    said = cozum("db", "rebuild")
    assert (said.code, said.out) == (0, f"{records.last} entries taken in\n")
    with sqlite3.connect(data_dir / "cozum.db") as database:
        assert database.execute("SELECT count(*), count(outcome) FROM calls").fetchone() == (4, 3)
        leaving = database.execute("SELECT state, count(*) FROM outbox GROUP BY state").fetchall()
    assert [state for state, _ in leaving] == ["dropped"]
    assert f"{leaving[0][1]} text messages, mails, webhooks and duty rings of these tickets are not sent" in said.err
    said = cozum("db", "rebuild")
    assert said.code == 1
    assert "is not empty (4 calls)" in said.err


def test_rebuild_not_while_a_daemon_runs(cozum: Cozum, records: Records) -> None:
    journal = SqliteJournal(records.file)
    try:
        said = cozum("db", "rebuild")
    finally:
        journal.close()
    assert said.code == 1
    assert "the line runs (pid " in said.err


def test_rebuild_from_a_journal_whose_beginning_is_gone_only_if_asked_to(
    cozum: Cozum, records: Records, data_dir: Path
) -> None:
    journal = SqliteJournal(records.file)
    assert journal.drop(older_than=1e9, readers_at=[20]) == 20
    journal.close()
    said = cozum("db", "rebuild")
    assert said.code == 1
    assert "the journal begins at entry 21: bring back a copy" in said.err
    assert said.err.count("\n") == 1
    assert cozum("db", "rebuild", "--partial").out == f"{records.last - 20} entries taken in\n"
    with sqlite3.connect(data_dir / "cozum.db") as database:
        ended = {row[0] for row in database.execute("SELECT id FROM calls WHERE outcome IS NOT NULL")}
        assert ended == set(records.calls[:3])  # an end says all that is in a call's row
        assert database.execute("SELECT seq FROM checkpoints").fetchone() == (records.last,)


def test_rebuild_after_a_desk_has_looked_for_its_place_in_the_rest_of_a_journal(
    cozum: Cozum, records: Records, data_dir: Path
) -> None:
    """A desk that is started on an empty database notes where it stands, and waits for entries that are gone."""
    journal = SqliteJournal(records.file)
    journal.drop(older_than=1e9, readers_at=[20])
    cozum("db", "upgrade")
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute("INSERT INTO checkpoints VALUES ('projector', ?, ?, 0)", (journal.id, journal.opening()))
    journal.close()
    assert cozum("db", "rebuild", "--partial").out == f"{records.last - 20} entries taken in\n"


def test_a_database_older_than_the_journal_s_beginning_goes_on_behind_the_gap(
    cozum: Cozum, records: Records, data_dir: Path
) -> None:
    cozum("db", "upgrade")
    journal = SqliteJournal(records.file)
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.execute("INSERT INTO checkpoints VALUES ('projector', ?, ?, 12)", (journal.id, journal.opening()))
    said = cozum("db", "continue")
    assert (said.code, said.out) == (1, "")
    assert "there is no gap" in said.err
    journal.drop(older_than=1e9, readers_at=[20])
    assert cozum("db", "continue").out == "entries 13 to 20 are skipped; the desk goes on from entry 21\n"
    journal.close()

    async def goes_on() -> int:
        database = Database(f"sqlite:///{data_dir / 'cozum.db'}")
        try:
            with JournalReader(records.file) as reader:
                return await Projector(reader, database, rules=rules).catch_up()
        finally:
            await database.close()

    assert asyncio.run(goes_on()) == records.last
    with sqlite3.connect(data_dir / "cozum.db") as database:
        ended = {row[0] for row in database.execute("SELECT id FROM calls WHERE outcome IS NOT NULL")}
    assert ended == set(records.calls[:3])
    assert cozum("db", "continue").code == 1
