"""Sessions of browsers and tokens of programs. The database has only their digests."""

import hashlib
from collections.abc import Callable, Mapping, Sequence
from typing import Final

import msgspec
import sqlalchemy as sa

from agents.people import Person, Token
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.people.base import Store
from storage.people.people import PERSON_COLUMNS, Taken, people, to_person
from storage.people.tables import SessionRow, TokenRow

sessions, tokens = table_of(SessionRow), table_of(TokenRow)

MOST: Final = 20
"""The most sessions of a person at once; a further one ends the oldest."""
TOKEN_USED_EVERY_MS: Final = 3_600_000


def digest_of(secret: str) -> str:
    """The digest of a cookie or token. The secret is random and long, so one round of SHA-256 is enough."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).hexdigest()


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A valid session. `ends_at` is its end, however much it is used; `used_at` is its last known use. Unix seconds.
    Unused for `idle_s` it is over, too."""

    person: Person
    ends_at: float
    used_at: float
    idle_s: float
    origin: str
    """The digest with which it began."""
    way: str = ""
    """`openid`, or empty: by a password."""

    def is_over(self, now: float, used_at: float) -> bool:
        """Whether it has ended by its age or, if `used_at` was its last use, by silence."""
        return self.ends_at <= now or max(self.used_at, used_at) <= now - self.idle_s


class Sessions(Store):
    """The sessions of one database. A session ends if it is not used for `idle_s` seconds, and in any case after
    `lasts_s`."""

    def __init__(self, database: Database, clock: Callable[[], float], *, idle_s: float, lasts_s: float) -> None:
        super().__init__(database, clock)
        self._idle_ms = milliseconds(idle_s)
        self._lasts_ms = milliseconds(lasts_s)

    async def begin(self, digest: str, user: str, *, instead_of: str = "", way: str = "") -> float:
        """Begin a session, which replaces the browser's earlier one; returns its end, Unix seconds."""
        now = self._now()
        ends_at = now + self._lasts_ms
        row = {"digest": digest, "user": user, "made_at": now, "used_at": now, "ends_at": ends_at}
        row |= {"origin": digest, "way": way}
        async with self._writing() as connection:
            await connection.execute(sa.delete(sessions).where(sessions.c.digest == instead_of))
            await connection.execute(sa.insert(sessions), row)
            newest = sa.select(sessions.c.digest).where(sessions.c.user == user)
            newest = newest.order_by(sessions.c.made_at.desc(), sessions.c.digest).limit(MOST)
            kept = (await connection.execute(newest)).scalars().all()
            await connection.execute(sa.delete(sessions).where(sessions.c.user == user, sessions.c.digest.not_in(kept)))
        return ends_at / 1000

    async def find(self, digest: str, *, used_at: float = 0.0) -> Session | None:
        """The session, if it is valid and its person is enabled. `used_at` is a use that may not be recorded yet: a
        session that was used while the database was away has not been silent."""
        now = self._now()
        silent_since = now - self._idle_ms
        unrecorded = milliseconds(used_at) > silent_since
        query = (
            sa.select(*PERSON_COLUMNS, *(sessions.c[name] for name in ("used_at", "ends_at", "origin", "way")))
            .select_from(sessions.join(people, people.c.user == sessions.c.user))
            .where(
                sessions.c.digest == digest,
                sessions.c.ends_at > now,
                sa.true() if unrecorded else sessions.c.used_at > silent_since,
                people.c.enabled,
            )
        )
        async with self._reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        return Session(
            person=to_person(row),
            ends_at=row["ends_at"] / 1000,
            used_at=max(row["used_at"] / 1000, used_at),
            idle_s=self._idle_ms / 1000,
            origin=row["origin"],
            way=row["way"],
        )

    async def present(self, origin: str) -> str | None:
        """The present digest of the session that began with this one; None: it has ended."""
        async with self._reading() as connection:
            return (await connection.execute(sa.select(sessions.c.digest).where(sessions.c.origin == origin))).scalar()

    async def used(self, uses: Mapping[str, float]) -> None:
        """Record the last use of each of these sessions; one that another desk has recorded later stays."""
        rows = [
            {"of": digest, "at": milliseconds(at)} for digest, at in sorted(uses.items())
        ]  # so two desks lock alike
        if rows:
            at = sa.bindparam("at", type_=sessions.c.used_at.type)
            update = sa.update(sessions).where(sessions.c.digest == sa.bindparam("of"), sessions.c.used_at < at)
            async with self._writing() as connection:
                await connection.execute(update.values(used_at=at), rows)

    async def end(self, digest: str) -> None:
        """End a session, if it exists."""
        async with self._writing() as connection:
            await connection.execute(sa.delete(sessions).where(sessions.c.digest == digest))

    async def end_all(self, user: str) -> int:
        """End all sessions of a person; returns how many there were."""
        async with self._writing() as connection:
            return (await connection.execute(sa.delete(sessions).where(sessions.c.user == user))).rowcount

    async def counts(self) -> dict[str, int]:
        """The number of valid sessions of each person who has any."""
        now = self._now()
        query = (
            sa.select(sessions.c.user, sa.func.count())
            .where(sessions.c.ends_at > now, sessions.c.used_at > now - self._idle_ms)
            .group_by(sessions.c.user)
        )
        async with self._reading() as connection:
            return {row[0]: row[1] for row in await connection.execute(query)}

    async def forget(self) -> None:
        """Delete sessions that have ended by their age. One that looks silent stays till then: a desk may know of a use
        that it could not record while the database was away."""
        async with self._writing() as connection:
            await connection.execute(sa.delete(sessions).where(sessions.c.ends_at <= self._now()))


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A token in a list; times are Unix seconds."""

    token: Token
    made_at: float
    used_at: float | None


class Tokens(Store):
    """The tokens of one database."""

    async def add(self, token: Token, digest: str) -> None:
        """Add a token. Raises `Taken`."""
        row = {
            "name": token.name,
            "digest": digest,
            "scopes": list(token.scopes),
            "role": token.role,
            "unit": token.unit,
            "made_at": self._now(),
            "ends_at": None if token.ends_at is None else milliseconds(token.ends_at),
        }
        async with self._writing() as connection:
            there = sa.select(tokens.c.name).where(tokens.c.name == token.name)
            if (await connection.execute(there)).first() is not None:
                raise Taken("name", token.name, "another token")
            await connection.execute(sa.insert(tokens), row)

    async def find(self, digest: str) -> Token | None:
        """The token, if it is valid."""
        now = self._now()
        good = sa.or_(tokens.c.ends_at.is_(None), tokens.c.ends_at > now)
        query = sa.select(tokens).where(tokens.c.digest == digest, good)
        async with self._reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        if row is None:
            return None
        if row["used_at"] is None or now - row["used_at"] >= TOKEN_USED_EVERY_MS:
            async with self._writing() as connection:
                await connection.execute(sa.update(tokens).where(tokens.c.digest == digest).values(used_at=now))
        return _to_token(row)

    async def list(self) -> Sequence[Listed]:
        """All tokens by name, also those that have ended."""
        async with self._reading() as connection:
            rows = (await connection.execute(sa.select(tokens).order_by(tokens.c.name))).mappings()
            return [
                Listed(token=_to_token(row), made_at=row["made_at"] / 1000, used_at=_seconds(row["used_at"]))
                for row in rows
            ]

    async def revoke(self, name: str) -> bool:
        """Remove a token; returns whether it existed."""
        async with self._writing() as connection:
            return (await connection.execute(sa.delete(tokens).where(tokens.c.name == name))).rowcount == 1


def _to_token(row: sa.RowMapping) -> Token:
    return Token(
        name=row["name"],
        scopes=tuple(row["scopes"]),
        role=row["role"],
        unit=row["unit"],
        ends_at=_seconds(row["ends_at"]),
    )


def _seconds(at: int | None) -> float | None:
    return None if at is None else at / 1000
