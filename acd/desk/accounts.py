"""The accounts of people for the administrator's page: as `cozum users` changes them in a shell."""

import asyncio
import secrets
from collections.abc import Awaitable, Callable, Sequence
from typing import Any, Final

import msgspec

from acd.desk.answers import asked
from acd.lib.passwords import hash_password
from agents.people import Person, faults, user_of
from console.admin_ports import Record, UnknownItem
from console.ports import Refused
from storage.people.people import NoSuchPerson, Taken
from storage.people.stores import PeopleStores

PASSWORD_BYTES: Final = 12
CHANGEABLE: Final = ("name", "role", "unit", "extension", "enabled")


class DeskAccounts:
    """As `console.admin_ports.Accounts`. `stores` raises `Unavailable` as long as the database does not serve; `units`
    are the ids of the town's. `seed` adds the demo's people if there is nobody yet: a person who were added before them
    would keep them out for good. `changed` is told whose rights have changed, so that this desk knows at once."""

    def __init__(
        self,
        stores: Callable[[], PeopleStores],
        *,
        units: Callable[[], Sequence[str]],
        seed: Callable[[], Awaitable[None]],
        changed: Callable[[str], None],
    ) -> None:
        self._stores, self._units, self._seed, self._changed = stores, units, seed, changed

    async def people(self) -> Sequence[Record]:
        """All, by user name."""
        await self._seed()
        stores = self._stores()
        sessions = await asked(stores.sessions.counts())
        return [
            _record(person) | {"last_used": used, "sessions": sessions.get(person.user, 0)}
            for person, used in await asked(stores.people.list())
        ]

    async def add(self, wish: Record) -> Record:
        """Add a person with a first password."""
        person = Person(**{**wish, "user": user_of(str(wish["user"]))})
        self._check(person)
        password, person = await _with_password(person)
        await self._seed()
        try:
            await asked(self._stores().people.add(person))
        except Taken as error:
            raise _taken(error, wish) from None
        return {**_record(person), "password": password}

    async def change(self, user: str, wish: Record, *, by: str) -> Record:
        """Change a person."""
        before = await self._get(user)
        values = {name: wish[name] for name in CHANGEABLE if name in wish}
        if values.get("role", before.role) != "unit":
            values["unit"] = ""
        after = msgspec.structs.replace(before, **values)
        if user == by and (after.role != before.role or not after.enabled):
            key = "enabled" if not after.enabled else "role"
            raise Refused("another administrator does that: you would lock yourself out", key=key, value=wish.get(key))
        self._check(after)
        try:
            changed = await asked(self._stores().people.change(user, **values))
        except NoSuchPerson:
            raise UnknownItem("user", user) from None
        except Taken as error:
            raise _taken(error, wish) from None
        self._changed(user)
        return _record(changed)

    async def new_password(self, user: str) -> Record:
        """Give a new password."""
        password, person = await _with_password(await self._get(user))
        try:
            changed = await asked(
                self._stores().people.change(
                    user, password_hash=person.password_hash, demo=person.demo, password_due=person.password_due
                )
            )
        except NoSuchPerson:
            raise UnknownItem("user", user) from None
        self._changed(user)
        return {**_record(changed), "password": password}

    async def end_sessions(self, user: str) -> int:
        """Sign a person out everywhere."""
        await self._get(user)
        ended = await asked(self._stores().sessions.end_all(user))
        self._changed(user)
        return ended

    async def _get(self, user: str) -> Person:
        await self._seed()
        person = await asked(self._stores().people.get(user))
        if person is None:
            raise UnknownItem("user", user)
        return person

    def _check(self, person: Person) -> None:
        """Raise `Refused` with the first fault of a person."""
        for fault in faults(person):
            key = fault.partition(" ")[0].rstrip(":")
            raise Refused(fault, key=key, value=getattr(person, key, None))
        if person.unit and person.unit not in self._units():
            allowed = list(self._units())
            raise Refused(
                f"unit = {person.unit!r}: the town has no such unit", key="unit", value=person.unit, allowed=allowed
            )


async def _with_password(person: Person) -> tuple[str, Person]:
    """A random password, and the person with its hash, who is no person of the demo any more. They are asked for one of
    their own when they sign in."""
    password = secrets.token_urlsafe(PASSWORD_BYTES)
    password_hash = await asyncio.to_thread(hash_password, password)
    return password, msgspec.structs.replace(person, password_hash=password_hash, demo=False, password_due=True)


def _record(person: Person) -> dict[str, Any]:
    names = ("user", "name", "role", "unit", "extension", "enabled", "demo", "password_due")
    return {name: getattr(person, name) for name in names}


def _taken(error: Taken, wish: Record) -> Refused:
    return Refused(str(error), key=error.key, value=wish.get(error.key))
