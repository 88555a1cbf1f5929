"""The secrets of browser phones: a digest of each, in a file that Asterisk reads when a phone signs in.

Each sign-in makes a new secret, which only the page knows. The file has its digest, as HTTP's and SIP's digest
authentication need it; the next sign-in replaces it. Nothing is reloaded in Asterisk (docs/adr/0020-browser-phones.md).
"""

import contextlib
import hashlib
import os
import secrets
import sqlite3
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger()

REALM: Final = "cozum"
SECRET_BYTES: Final = 24
WAIT_S: Final = 2.0
"""Seconds to wait for a reader; Asterisk reads one row at a time."""

_CORRUPT: Final = "SQLITE_CORRUPT"
_TABLE: Final = """CREATE TABLE IF NOT EXISTS auths (
    id TEXT PRIMARY KEY, auth_type TEXT NOT NULL, username TEXT NOT NULL, realm TEXT NOT NULL, md5_cred TEXT NOT NULL
) WITHOUT ROWID"""


class PhoneSecrets:
    """The file. Each method is a transaction of its own and blocks for about a millisecond; raises `sqlite3.Error`."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._renewed: set[str] = set()

    def prepare(self) -> None:
        """Make the file, readable by its owner only, or anew if it is damaged. What an earlier desk wrote stays until
        `forget_but`."""
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self._path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600))
        try:
            self._make_table()
        except sqlite3.DatabaseError as error:
            if not getattr(error, "sqlite_errorname", _CORRUPT).startswith((_CORRUPT, "SQLITE_NOTADB")):
                raise
            log.error("browser_phones_damaged", file=str(self._path), error=str(error), done="begun anew")
            self._begin_anew()
            self._make_table()
        self._renewed.clear()

    def _make_table(self) -> None:
        with self._open() as database:
            verdict = database.execute("PRAGMA quick_check(1)").fetchone()[0]
            if verdict != "ok":
                raise sqlite3.DatabaseError(verdict)
            database.execute(_TABLE)

    def _begin_anew(self) -> None:
        """Empty the damaged file. It stays the same file, since Asterisk may have it open. Each page that signs in
        writes its secret again."""
        self._path.with_name(f"{self._path.name}-journal").unlink(missing_ok=True)  # or it is written back
        os.truncate(self._path, 0)

    def forget_but(self, users: Collection[str]) -> None:
        """Delete the secrets of all accounts but these and those that have a secret of ours: their pages are gone."""
        kept = {*users, *self._renewed}
        with self._open() as database:
            known = [user for (user,) in database.execute("SELECT id FROM auths")]
            database.executemany("DELETE FROM auths WHERE id = ?", [(user,) for user in known if user not in kept])

    def renew(self, user: str, secret: str = "") -> str:
        """Give a browser phone's account this secret or a new one, which replaces the present one."""
        secret = secret or secrets.token_urlsafe(SECRET_BYTES)
        self._renewed.add(user)
        digest = hashlib.md5(f"{user}:{REALM}:{secret}".encode(), usedforsecurity=False).hexdigest()
        with self._open() as database:
            database.execute("INSERT OR REPLACE INTO auths VALUES (?, 'md5', ?, ?, ?)", (user, user, REALM, digest))
        return secret

    @contextlib.contextmanager
    def _open(self) -> Iterator[sqlite3.Connection]:
        database = sqlite3.connect(self._path, timeout=WAIT_S)
        try:
            database.execute("PRAGMA synchronous = OFF")  # a power cut ends the pages too
            with database:
                yield database
        finally:
            database.close()
