"""`cozum users audit --sought`: the people who looked for a citizen."""

import asyncio
import json
from pathlib import Path

import pytest

from acd.lib.secret_file import secret_in
from storage.database import Database
from storage.people.audit import Audit, AuditEntry
from tests.acd.cli.conftest import Cozum
from tickets.privacy.sought import Sought, sought_key

NUMBER = "05321112233"


@pytest.fixture
def users(cozum: Cozum, data_dir: Path) -> Cozum:
    """The command line beside a database in which somebody has looked for two citizens."""
    assert cozum("db", "upgrade").code == 0
    by = Sought(sought_key(secret_in(data_dir / "browsers_secret").encode()))

    async def add() -> None:
        database = Database(f"sqlite+aiosqlite:///{data_dir / 'cozum.db'}")
        try:
            filters = {"unit": "fen_isleri"}
            detail = {"caller": "••• 33", "filters": filters, "shown": 3, "more": True}
            none = {"shown": 0}
            number, words = by.by_text(NUMBER), by.by_text("Ayşe Yılmaz")
            await Audit(database, lambda: 0.0).add([
                AuditEntry(at=1.0, who="lead", role="lead", action="tickets_searched", about=number, detail=detail),
                AuditEntry(at=2.0, who="inbox", role="inbox", action="tickets_searched", about=words, detail=none),
                AuditEntry(at=3.0, who="inbox", role="inbox", action="signed_in", about="inbox"),
            ])  # fmt: skip
        finally:
            await database.close()

    asyncio.run(add())
    return cozum


def test_who_looked_for_a_number_or_for_words(users: Cozum) -> None:
    for sought, who in (
        (NUMBER, "lead"),
        ("+90 (532) 111 22 33", "lead"),
        ("yılmaz ayşe", "inbox"),
        ("0532 1112234", ""),
    ):
        said = users("users", "audit", "--sought", sought, "--json")
        assert (said.code, said.err) == (0, "")
        assert [one["who"] for one in json.loads(said.out)] == ([who] if who else []), sought


def test_a_look_is_told_in_words_of_both_languages_and_without_the_number(users: Cozum) -> None:
    for language, words in (
        ("en", "number ••• 33; unit fen_isleri; 3 shown; there are more"),
        ("tr", "numara ••• 33; birim fen_isleri; 3 kayıt gösterildi; devamı var"),
    ):
        said = users("users", "audit", "--language", language)
        assert words in said.out
        assert NUMBER not in said.out


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (["--sought", NUMBER, "--about", "x"], "--sought: give it or --about"),
        (["--sought", "…"], "--sought: a telephone number, or words, are allowed"),
        (["--language", "de"], "--language = 'de': en, tr are allowed"),
    ],
)
def test_what_is_wrong_is_named(users: Cozum, words: list[str], told: str) -> None:
    said = users("users", "audit", *words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err


def test_without_the_desks_key_nobody_is_said_to_have_looked(users: Cozum, data_dir: Path) -> None:
    """A key that is made here would find nobody, and be one that the desk may not read."""
    (data_dir / "browsers_secret").unlink()
    said = users("users", "audit", "--sought", NUMBER)
    assert said.code == 1
    assert "browsers_secret" in said.err
    assert "where the desk runs" in said.err
    assert not (data_dir / "browsers_secret").exists()
