"""People and tokens from the command line, on a real database."""

import asyncio
import json
import os
import pty
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from acd.lib.passwords import verify_password
from agents.people import SCOPES, Person
from storage.database import Database
from storage.people.sessions import digest_of
from storage.people.stores import PeopleStores
from tests.acd.cli.conftest import Cozum

PASSWORD = "doğru at pil zımba"


@pytest.fixture
def users(cozum: Cozum) -> Cozum:
    """The command line beside a database with tables."""
    assert cozum("db", "upgrade").code == 0
    return cozum


def kept(data_dir: Path, user: str) -> Person:
    """Somebody as the database has them."""

    async def found() -> Person | None:
        database = Database(f"sqlite+aiosqlite:///{data_dir / 'cozum.db'}")
        try:
            stores = PeopleStores(database, lambda: 0.0, session_idle_s=60, session_s=60)
            return await stores.people.get(user)
        finally:
            await database.close()

    person = asyncio.run(found())
    assert person is not None
    return person


def told(said: Any) -> Any:
    assert (said.code, said.err) == (0, ""), said
    return json.loads(said.out)


def test_somebody_from_the_first_day_to_the_last(users: Cozum, data_dir: Path) -> None:
    said = users("users", "add", "Nermin", "--role", "lead", "--name", "Nermin Kılıç", stdin=f"{PASSWORD}\n")
    assert (said.code, said.out, said.err) == (0, "nermin: added; lead\n", "")
    assert verify_password(PASSWORD, kept(data_dir, "nermin").password_hash)
    assert kept(data_dir, "nermin").password_due
    said = users("users", "password", "nermin", "--own", stdin="another password\n")
    assert (said.code, said.out) == (0, "nermin: has a new password, and is signed out everywhere\n")
    assert verify_password("another password", kept(data_dir, "nermin").password_hash)
    assert not kept(data_dir, "nermin").password_due
    assert "own password due" not in users("users", "list").out
    assert "asked for one of their own" in users("users", "password", "nermin", stdin="another password\n").out
    assert kept(data_dir, "nermin").password_due
    assert "enabled, own password due" in users("users", "list").out
    record = told(users("users", "role", "nermin", "unit", "--unit", "fen_isleri", "--json"))
    assert (record["role"], record["unit"]) == ("unit", "fen_isleri")
    assert told(users("users", "disable", "nermin", "--json"))["enabled"] is False
    assert "disabled" in users("users", "list").out
    assert told(users("users", "enable", "nermin", "--json"))["enabled"] is True
    assert users("users", "remove", "nermin").out == "nermin: removed\n"
    assert told(users("users", "list", "--json")) == []
    audit = told(users("users", "audit", "--json"))
    assert [(one["who"], one["action"], one["about"]) for one in reversed(audit)] == [
        ("cozum", action, "nermin")
        for action in (
            *(
                "person_added",
                "password_set",
                "password_set",
                "role_set",
                "person_disabled",
                "person_enabled",
                "person_removed",
            ),
        )
    ]


def test_an_account_at_the_provider_is_forgotten(users: Cozum, data_dir: Path) -> None:
    assert users("users", "add", "nermin", "--role", "lead", stdin=f"{PASSWORD}\n").code == 0
    assert users("users", "unbind", "nermin").out == "nermin: had no account there\n"

    async def bind() -> None:
        database = Database(f"sqlite+aiosqlite:///{data_dir / 'cozum.db'}")
        try:
            stores = PeopleStores(database, lambda: 0.0, session_idle_s=60, session_s=60)
            await stores.identities.bind("https://id.example", "7", "nermin")
        finally:
            await database.close()

    asyncio.run(bind())
    assert users("users", "unbind", "Nermin").out == "nermin: the account is forgotten\n"
    said = users("users", "unbind", "nobody")
    assert (said.code, "there is nobody of this name" in said.err) == (1, True)
    audit = told(users("users", "audit", "--json"))
    assert [one["action"] for one in audit] == ["identity_unbound", "identity_unbound", "person_added"]


def test_an_agents_extension_is_their_user_name_unless_said_otherwise(users: Cozum) -> None:
    given = f"{PASSWORD}\n"
    assert told(users("users", "add", "1001", "--role", "agent", "--json", stdin=given))["extension"] == "1001"
    said = users("users", "add", "ayse", "--role", "agent", "--extension", "1001", stdin=given)
    assert (said.code, said.err) == (1, "cozum: extension = '1001': 1001 has it already\n")
    assert told(users("users", "add", "ayse", "--role", "agent", "--extension", "1002", "--json", stdin=given))
    rows = users("users", "list").out.splitlines()
    assert [row.split()[0] for row in rows[1:]] == ["1001", "ayse"]
    assert PASSWORD not in users("users", "list", "--json").out


@pytest.mark.parametrize(
    ("words", "code", "text"),
    [
        (["x!", "--role", "lead"], 2, "user = 'x!': 1 to 32 of"),
        (["x", "--role", "boss"], 2, "role = 'boss': agent, lead, unit, inbox, analyst, admin are allowed"),
        (["x", "--role", "unit"], 2, "unit: needed, since the role is unit"),
        (["x", "--role", "unit", "--unit", "uzay"], 2, "unit = 'uzay': the town has no such unit; allowed: "),
        (["x", "--role", "lead", "--unit", "fen_isleri"], 2, "goes with the role unit only"),
        (["x", "--role", "agent"], 2, "extension: needed"),
        (["lead", "--role", "lead"], 1, "user = 'lead': lead has it already"),
    ],
)
def test_what_is_wrong_is_named_and_nobody_is_added(users: Cozum, words: list[str], code: int, text: str) -> None:
    users("users", "add", "lead", "--role", "lead", stdin=f"{PASSWORD}\n")
    said = users("users", "add", *words, stdin=f"{PASSWORD}\n")
    assert (said.code, said.out) == (code, "")
    assert text in said.err
    assert [one["user"] for one in told(users("users", "list", "--json"))] == ["lead"]


@pytest.mark.parametrize("password", ["short", "demo-nermin", "nermin2026!", ""])
def test_a_bad_password_is_not_taken_and_not_said_again(users: Cozum, password: str) -> None:
    said = users("users", "add", "nermin", "--role", "lead", stdin=f"{password}\n")
    assert said.code == 2
    assert said.err.startswith("cozum: password: a password ")
    assert not password or password not in said.err.removeprefix("cozum: password: a password of the demo")
    assert told(users("users", "list", "--json")) == []


@pytest.mark.parametrize(
    "words", [["password"], ["disable"], ["enable"], ["remove"], ["role"]], ids=lambda words: str(words[0])
)
def test_nobody_of_this_name(users: Cozum, words: list[str]) -> None:
    said = users("users", *words, "nobody", *(["lead"] if words == ["role"] else []), stdin=f"{PASSWORD}\n")
    assert (said.code, said.out) == (1, "")
    assert "user = 'nobody': there is nobody of this name; `cozum users list` names all" in said.err


def test_tokens_are_told_once(users: Cozum, data_dir: Path) -> None:
    said = users("users", "token", "add", "crm", "--scope", "tickets", "--scope", "tickets:write", "--days", "30")
    assert said.code == 0
    secret = said.out.strip()
    assert len(secret) >= 40
    assert "not shown again" in said.err
    written = b"".join(file.read_bytes() for file in data_dir.glob("cozum.db*"))
    assert digest_of(secret).encode() in written
    assert secret.encode() not in written
    (listed,) = told(users("users", "token", "list", "--json"))
    assert (listed["name"], listed["scopes"], listed["role"]) == ("crm", ["tickets", "tickets:write"], "inbox")
    assert listed["ends_at"] is not None
    assert secret not in users("users", "token", "list").out
    again = users("users", "token", "add", "crm", "--scope", "live")
    assert (again.code, again.err) == (1, "cozum: name = 'crm': another token has it already\n")
    assert users("users", "token", "revoke", "crm").out == "crm: revoked\n"
    assert users("users", "token", "revoke", "crm").code == 1
    assert [one["action"] for one in told(users("users", "audit", "--about", "token:crm", "--json"))] == [
        "token_revoked", "token_added"
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["crm", "--scope", "all"], f"--scope = 'all': {', '.join(SCOPES)} are allowed"),
        (["CRM", "--scope", "live"], "name = 'CRM'"),
        (["crm", "--scope", "live", "--role", "boss"], "--role = 'boss'"),
        (["crm", "--scope", "live", "--role", "unit"], "--unit: goes with --role unit"),
        (["crm"], "--scope"),
    ],
)
def test_what_is_wrong_with_a_token(users: Cozum, words: list[str], text: str) -> None:
    said = users("users", "token", "add", *words)
    assert (said.code, said.out) == (2, "")
    assert text in said.err
    assert told(users("users", "token", "list", "--json")) == []


def test_on_a_terminal_the_password_is_asked_for_twice_and_not_shown(users: Cozum, data_dir: Path) -> None:
    command = [sys.executable, "-m", "acd.cli", "users", "add", "nermin", "--role", "lead"]
    root = Path(__file__).parents[3]
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        command, stdin=theirs, stdout=theirs, stderr=theirs, env=os.environ | {"PYTHONPATH": str(root)},
        cwd=data_dir, start_new_session=True,
    )  # fmt: skip
    os.close(theirs)
    seen = b""
    try:
        for prompt in (b"Password: ", b"Once more: "):
            while not seen.endswith(prompt):
                seen += os.read(ours, 1024)
            os.write(ours, f"{PASSWORD}\n".encode())
        while b"added" not in seen:
            seen += os.read(ours, 1024)
    finally:
        if process.poll() is None:
            process.wait(60)
        os.close(ours)
    assert process.returncode == 0
    assert PASSWORD not in seen.decode()
    assert verify_password(PASSWORD, kept(data_dir, "nermin").password_hash)


def test_before_there_is_a_database_it_says_how_to_get_one(cozum: Cozum) -> None:
    said = cozum("users", "list")
    assert (said.code, "cozum db upgrade" in said.err) == (1, True)
