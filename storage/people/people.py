"""People in the database. A person who loses a right here loses their sessions in the same transaction."""

from collections.abc import Sequence
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from agents.people import Person
from storage.columns import clean, table_of
from storage.people.base import Store
from storage.people.tables import IdentityRow, PersonRow, SessionRow
from storage.requests.draft_tables import DraftRow

people, sessions, identities = table_of(PersonRow), table_of(SessionRow), table_of(IdentityRow)
drafts = table_of(DraftRow)
PERSON_COLUMNS = tuple(people.c[name] for name in Person.__struct_fields__)


class Taken(ValueError):
    """Another person has this user name or extension already. `key` says which."""

    def __init__(self, key: str, value: str, by: str) -> None:
        super().__init__(f"{key} = {value!r}: {by} has it already")
        self.key = key


class NoSuchPerson(LookupError):
    """There is no person with this user name."""


class PasswordChanged(Exception):
    """The password is not any more the one that was checked."""


class SessionEnded(Exception):
    """The session by which a person changes their password has ended meanwhile."""


def to_person(row: Any) -> Person:
    """A row as a person."""
    return Person(**{name: row[name] for name in Person.__struct_fields__})


class People(Store):
    """The people of one database."""

    async def list(self) -> Sequence[tuple[Person, float | None]]:
        """All people by user name, each with the last use of a session (Unix seconds), if it is known."""
        last = (
            sa.select(sessions.c.user, sa.func.max(sessions.c.used_at).label("last"))
            .group_by(sessions.c.user)
            .subquery()
        )
        query = (
            sa.select(*PERSON_COLUMNS, last.c.last)
            .select_from(people.outerjoin(last, last.c.user == people.c.user))
            .order_by(people.c.user)
        )
        async with self._reading() as connection:
            rows = (await connection.execute(query)).mappings()
            return [(to_person(row), None if row["last"] is None else row["last"] / 1000) for row in rows]

    async def get(self, user: str) -> Person | None:
        """A person by user name; None if there is none."""
        async with self._reading() as connection:
            return await _read(connection, user)

    async def add(self, person: Person) -> None:
        """Add a person. Raises `Taken`."""
        async with self._writing() as connection:
            if await _read(connection, person.user) is not None:
                raise Taken("user", person.user, person.user)
            await _check_extension(connection, person)
            await connection.execute(sa.insert(people), self._row(person))

    async def change(self, user: str, **values: Any) -> Person:
        """Change a person and return them. A new password, role or unit, or disabling them, ends their sessions. Raises
        `NoSuchPerson` or `Taken`."""
        async with self._writing() as connection:
            before = await _read(connection, user)
            if before is None:
                raise NoSuchPerson(user)
            after = msgspec.structs.replace(before, **{name: clean(value) for name, value in values.items()})
            if (after.extension, after.enabled) != (before.extension, before.enabled):
                await _check_extension(connection, after)
            row = msgspec.structs.asdict(after)
            if after.password_hash != before.password_hash:
                row["password_at"] = self._now()
            await connection.execute(sa.update(people).where(people.c.user == user).values(row))
            if after != msgspec.structs.replace(before, name=after.name):
                await connection.execute(sa.delete(sessions).where(sessions.c.user == user))
            return after

    async def change_own_password(self, before: Person, password_hash: str, *, session: str, renewed: str) -> Person:
        """Give a person the password that they have chosen, and return them. Their other sessions end; the one with the
        digest `session` goes on with the digest `renewed`. Raises `PasswordChanged` or `SessionEnded`."""
        values = {"password_hash": password_hash, "password_at": self._now(), "password_due": False, "demo": False}
        async with self._writing() as connection:
            same = (people.c.user == before.user, people.c.password_hash == before.password_hash)
            if (await connection.execute(sa.update(people).where(*same).values(values))).rowcount != 1:
                raise PasswordChanged
            theirs = sessions.c.user == before.user
            await connection.execute(sa.delete(sessions).where(theirs, sessions.c.digest != session))
            goes_on = sa.update(sessions).where(theirs, sessions.c.digest == session)
            if (await connection.execute(goes_on.values(digest=renewed, used_at=self._now()))).rowcount != 1:
                raise SessionEnded
            after = await _read(connection, before.user)
            assert after is not None
            return after

    async def remove(self, user: str) -> None:
        """Remove a person; whoever gets the name next is not let in by this one's accounts elsewhere, and reads no
        draft of theirs. Raises `NoSuchPerson`."""
        async with self._writing() as connection:
            if (await connection.execute(sa.delete(people).where(people.c.user == user))).rowcount == 0:
                raise NoSuchPerson(user)
            for table in (sessions, identities, drafts):
                await connection.execute(sa.delete(table).where(table.c.user == user))

    async def seed(self, found: Sequence[Person]) -> bool:
        """Add these people if there is nobody yet; returns whether they were added."""
        async with self._writing() as connection:
            count = await connection.execute(sa.select(sa.func.count()).select_from(people))
            if count.scalar_one() or not found:
                return False
            await connection.execute(sa.insert(people), [self._row(person) for person in found])
            return True

    def _row(self, person: Person) -> dict[str, Any]:
        now = self._now()
        row = {name: clean(value) for name, value in msgspec.structs.asdict(person).items()}
        return {**row, "made_at": now, "password_at": now if person.password_hash else None}


async def _read(connection: AsyncConnection, user: str) -> Person | None:
    query = sa.select(*PERSON_COLUMNS).where(people.c.user == clean(user))
    row = (await connection.execute(query)).mappings().one_or_none()
    return None if row is None else to_person(row)


async def _check_extension(connection: AsyncConnection, person: Person) -> None:
    """Check that no other person has this extension: two people with one extension could set each other's state. The
    demo's lead shares one with an agent from the beginning, and both can be changed nevertheless."""
    if not person.extension or not person.enabled:
        return
    query = sa.select(people.c.user).where(
        people.c.extension == person.extension, people.c.user != person.user, people.c.enabled
    )
    if (other := (await connection.execute(query)).scalar()) is not None:
        raise Taken("extension", person.extension, other)
