"""People's accounts at OpenID Connect providers, each bound to one person here."""

import sqlalchemy as sa

from agents.people import Person
from storage.columns import clean
from storage.people.base import Store
from storage.people.people import PERSON_COLUMNS, NoSuchPerson, Taken, identities, people, to_person


class Identities(Store):
    """The bindings of one database. `issuer` and `subject` are the provider's."""

    async def find(self, issuer: str, subject: str) -> Person | None:
        """The person to whom this account is bound, enabled or not; None: it is bound to nobody."""
        query = (
            sa.select(*PERSON_COLUMNS)
            .select_from(identities.join(people, people.c.user == identities.c.user))
            .where(identities.c.issuer == clean(issuer), identities.c.subject == clean(subject))
        )
        async with self._reading() as connection:
            row = (await connection.execute(query)).mappings().one_or_none()
        return None if row is None else to_person(row)

    async def bind(self, issuer: str, subject: str, user: str) -> None:
        """Bind an account to a person, for good. Raises `NoSuchPerson`, and `Taken` if the person has another account
        there."""
        row = {"issuer": clean(issuer), "subject": clean(subject), "user": user, "bound_at": self._now()}
        there = sa.select(identities.c.subject).where(identities.c.issuer == row["issuer"], identities.c.user == user)
        async with self._writing() as connection:
            if (await connection.execute(sa.select(people.c.user).where(people.c.user == user))).first() is None:
                raise NoSuchPerson(user)
            if (await connection.execute(there)).first() is not None:
                raise Taken("user", user, "another account of the provider")
            await connection.execute(sa.insert(identities), row)

    async def unbind(self, user: str) -> int:
        """Forget a person's accounts elsewhere; returns how many there were."""
        async with self._writing() as connection:
            return (await connection.execute(sa.delete(identities).where(identities.c.user == user))).rowcount
