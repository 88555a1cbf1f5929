"""`cozum destructions` over a real database."""

import asyncio
import json
import sqlite3
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from storage.database import Database
from storage.privacy.person import PersonRecords
from tests.acd.cli.conftest import Cozum
from tests.storage.requests.desk import Desk
from tickets.ticket import Actor

RULE = "Acil başvurular için bir yıl"
ASKED = "Kanun 6698 m. 7: ilgili kişinin talebi"
NIGHT = datetime(2025, 11, 24, 0, 10, tzinfo=UTC)
"""03:10 in Istanbul."""
DAY_MS = 86_400_000


@pytest.fixture
def nights(cozum: Cozum, data_dir: Path) -> Cozum:
    """The command line beside a database with two records of a night and one of the next day."""
    assert cozum("db", "upgrade").code == 0
    at = round(NIGHT.timestamp() * 1000)
    rows = [
        (at, "ticket_person", "urgent", 1234, at - 365 * DAY_MS, None, RULE, None),
        (at, "journal", "", 90, at - 90 * DAY_MS, at - 91 * DAY_MS, "Arıza incelemesi için üç ay", None),
        (at + DAY_MS, "recording", "", 2, None, None, ASKED, 3),
    ]
    with sqlite3.connect(data_dir / "cozum.db") as database:
        database.executemany(
            "INSERT INTO destructions (at, what, kind, count, older_than, newer_than, basis, erasure) "
            "VALUES (?, ?, ?, ?, ?, ?, ?, ?)",
            rows,
        )
    return cozum


def test_the_records_are_a_table_newest_first(nights: Cozum) -> None:
    said = nights("destructions")
    assert (said.code, said.err) == (0, "")
    head, *rows = (row.split("  ") for row in said.out.splitlines())
    cells = [[cell.strip() for cell in row if cell.strip()] for row in rows]
    assert [one.strip() for one in head if one.strip()] == [
        *("destroyed", "what", "kind", "count", "newer than", "older than", "by", "basis"),
    ]
    assert cells == [
        ["2025-11-25 03:10", "recording", "–", "2", "–", "–", "erasure 3", ASKED],
        ["2025-11-24 03:10", "journal", "–", "90", "2025-08-25 03:10", "2025-08-26 03:10", "rule",
         "Arıza incelemesi için üç ay"],
        ["2025-11-24 03:10", "ticket_person", "urgent", "1,234", "–", "2024-11-24 03:10", "rule, 365 days", RULE],
    ]  # fmt: skip


def test_json_has_the_fields_of_the_api(nights: Cozum) -> None:
    (one,) = json.loads(nights("destructions", "--limit", 1, "--json").out)
    assert one == {
        "id": 3, "at": "2025-11-25T00:10:00.000Z", "what": "recording", "kind": None, "count": 2, "newer_than": None,
        "older_than": None, "days": None, "basis": ASKED, "erasure": 3,
    }  # fmt: skip


def test_a_span_of_days_is_taken_whole_and_a_limit_is_told(nights: Cozum) -> None:
    found = json.loads(nights("destructions", "--since", "2025-11-24", "--until", "2025-11-24", "--json").out)
    assert [one["what"] for one in found] == ["journal", "ticket_person"]
    said = nights("destructions", "--limit", "2")
    assert (len(said.out.splitlines()), said.err) == (3, "cozum: the newest 2; --limit shows more\n")


def test_nothing_is_told_as_nothing(cozum: Cozum, nights: Cozum) -> None:
    said = nights("destructions", "--since", "2025-12-01")
    assert (said.code, said.err) == (0, "cozum: nothing was destroyed then\n")
    assert nights("destructions", "--since", "2025-12-01", "--json").out == "[]\n"


def wait(data_dir: Path, *days: float) -> list[str]:
    """Have an erasure wait for so many days, each for an open request; the numbers of these."""

    async def asked() -> list[str]:
        desk = Desk(Database(f"sqlite+aiosqlite:///{data_dir}/cozum.db"))
        people = PersonRecords(desk.database, lambda: desk.rules, lambda: desk.now)
        numbers = []
        for nth, ago in enumerate(days):
            desk.now = time.time() - ago * 86_400
            numbers.append((await desk.open(caller=f"+90532111000{nth}")).number)
            await people.erase(f"+90532111000{nth}", Actor(role="admin", who="cozum"), "dilekçe 17")
        await desk.database.close()
        return numbers

    return asyncio.run(asked())


def test_erasures_that_wait_are_told_of_and_listed(nights: Cozum, data_dir: Path) -> None:
    assert nights("destructions", "--waiting").err == "cozum: no erasure waits\n"
    numbers = wait(data_dir, 26.5, 2.5)
    assert "erasures that wait until a request is closed: 2; --waiting lists them" in nights("destructions").err
    said = nights("destructions", "--waiting")
    _, *rows = ([cell.strip() for cell in row.split("  ") if cell.strip()] for row in said.out.splitlines())
    assert [(row[0], row[2], *row[4:]) for row in rows] == [
        ("1", "26", "cozum", "dilekçe 17", numbers[0]),
        ("2", "2", "cozum", "dilekçe 17", numbers[1]),
    ]
    found = json.loads(nights("destructions", "--waiting", "--json").out)
    assert [(one["id"], one["requests"]) for one in found] == [(1, numbers[:1]), (2, numbers[1:])]
    asked, until = (datetime.fromisoformat(found[0][name]) for name in ("at", "until"))
    assert (until - asked).days == 30
    assert nights("destructions", "--waiting", "--since", "today").code == 2


@pytest.mark.parametrize(
    ("days", "verdict", "text"),
    [
        ((), "ok", "nobody who asked to be erased waits for it"),
        ((3.5,), "warning", "1 waits until requests are closed ({numbers}), the oldest for 3 of the 30 days"),
        ((25.5, 3.5), "bad", "2 wait until requests are closed ({numbers}), the oldest for 25 of the 30 days"),
    ],
)
def test_the_doctor_is_red_before_the_laws_limit(
    nights: Cozum, data_dir: Path, days: tuple[float, ...], verdict: str, text: str
) -> None:
    told = text.format(numbers=", ".join(wait(data_dir, *days)))
    (found,) = [one for one in json.loads(nights("doctor", "--json").out)["checks"] if one["name"] == "erasures"]
    assert (found["verdict"], told in found["text"]) == (verdict, True), found


def test_before_the_first_night_there_is_nothing(cozum: Cozum) -> None:
    assert cozum("db", "upgrade").code == 0
    assert cozum("destructions").err == "cozum: nothing was destroyed yet\n"


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["--since", "may"], "--since = 'may': 2025-11-24, today, yesterday, or a time such as 2025-11-24T18:00 is"),
        (["--until", "9999-12-31"], "--until = '9999-12-31': a year from 1970 to 2999 is allowed"),
        (["--until", "2025-13-01"], "--until = '2025-13-01': 2025-11-24, today"),
        (
            ["--since", "2025-11-24", "--until", "2025-11-23"],
            "--until = 2025-11-23: must be after --since = 2025-11-24",
        ),
        (["--limit", "0"], "--limit = '0'"),
    ],
)
def test_wrong_use_names_key_value_and_what_is_allowed(cozum: Cozum, words: list[str], text: str) -> None:
    said = cozum("destructions", *words)
    assert (said.code, said.out) == (2, "")
    assert text in said.err


def test_without_a_database_the_way_out_is_told(cozum: Cozum) -> None:
    said = cozum("destructions")
    assert said.code == 1
    assert "there is none yet; the desk makes it, or `cozum db upgrade`" in said.err
