"""The file with what browser phones have to prove."""

import hashlib
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from acd.desk.phone_secrets import REALM, PhoneSecrets


def rows(path: Path) -> list[tuple[str, ...]]:
    """What Asterisk reads."""
    with sqlite3.connect(path) as database:
        return database.execute("SELECT id, auth_type, username, realm, md5_cred FROM auths ORDER BY id").fetchall()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "browser_phones.db"


def test_each_sign_in_has_a_secret_of_its_own_and_the_file_its_digest_alone(path: Path) -> None:
    secrets = PhoneSecrets(path)
    secrets.prepare()
    first, second = secrets.renew("1001-web"), secrets.renew("1001-web")
    assert first != second
    assert len(second) >= 32
    digest = hashlib.md5(f"1001-web:{REALM}:{second}".encode(), usedforsecurity=False).hexdigest()
    assert rows(path) == [("1001-web", "md5", "1001-web", REALM, digest)]
    assert second.encode() not in path.read_bytes()


def test_a_new_start_forgets_the_secrets_of_pages_that_are_gone(path: Path) -> None:
    PhoneSecrets(path).prepare()
    for user in ("1001-web", "1002-web", "1003-web"):
        PhoneSecrets(path).renew(user)
    secrets = PhoneSecrets(path)
    secrets.prepare()
    assert len(rows(path)) == 3  # it is not known yet whose pages are open
    secrets.renew("1003-web")
    secrets.forget_but({"1001-web"})
    assert [row[0] for row in rows(path)] == ["1001-web", "1003-web"]


def test_a_secret_may_be_given(path: Path) -> None:
    secrets = PhoneSecrets(path)
    secrets.prepare()
    assert secrets.renew("citizen", "the demo's") == "the demo's"


def test_the_file_is_its_owners_alone(path: Path) -> None:
    PhoneSecrets(path).prepare()
    assert path.stat().st_mode & 0o077 == 0


def test_a_reader_is_waited_for(path: Path) -> None:
    secrets = PhoneSecrets(path)
    secrets.prepare()
    secrets.renew("1001-web")
    with sqlite3.connect(path) as reader:
        cursor = reader.execute("SELECT * FROM auths")
        cursor.fetchone()
        cursor.close()
        secrets.renew("1001-web")


def garbage(path: Path) -> None:
    path.write_bytes(b"no database at all" * 500)


def page_lost(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[4096:] = bytes(len(content) - 4096)
    path.write_bytes(content)


@pytest.mark.parametrize("damage", [garbage, page_lost])
def test_a_damaged_file_is_begun_anew_in_its_place(path: Path, damage: Callable[[Path], None]) -> None:
    """Asterisk has it open; pages sign in again by themselves."""
    secrets = PhoneSecrets(path)
    secrets.prepare()
    for number in range(1000, 1200):
        secrets.renew(f"{number}-web")
    asterisk = sqlite3.connect(path)
    assert len(asterisk.execute("SELECT id FROM auths").fetchall()) == 200
    inode = path.stat().st_ino
    damage(path)
    path.with_name(f"{path.name}-journal").write_bytes(b"of an earlier death")
    secrets = PhoneSecrets(path)
    with capture_logs() as logs:
        secrets.prepare()
    assert [one["event"] for one in logs] == ["browser_phones_damaged"]
    assert (path.stat().st_ino, path.stat().st_mode & 0o077) == (inode, 0)
    secrets.renew("1001-web")
    assert asterisk.execute("SELECT id FROM auths").fetchall() == [("1001-web",)]
    asterisk.close()


def test_a_file_that_is_in_use_is_not_begun_anew(path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    PhoneSecrets(path).prepare()
    PhoneSecrets(path).renew("1001-web")
    monkeypatch.setattr("acd.desk.phone_secrets.WAIT_S", 0.0)
    with sqlite3.connect(path, isolation_level=None) as other:
        other.execute("BEGIN EXCLUSIVE")
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            PhoneSecrets(path).prepare()
        other.execute("ROLLBACK")
    assert [row[0] for row in rows(path)] == ["1001-web"]
