"""The accounts of people on a real database, as an administrator changes them."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from acd.desk.accounts import DeskAccounts
from acd.desk.people import DeskPeople
from acd.lib.clock import clock
from acd.lib.passwords import verify_password
from agents.demo_people import OTHERS
from agents.people import Person
from console.admin_ports import UnknownItem
from console.people_ports import SignIn
from console.ports import Refused
from storage.people.stores import PeopleStores
from tests.databases import new_sqlite

UNITS = ["fen_isleri", "park_bahceler"]


@pytest.fixture
async def stores(tmp_path: Path) -> AsyncIterator[PeopleStores]:
    database = await new_sqlite(tmp_path / "cozum.db")
    yield PeopleStores(database, clock, session_idle_s=3600, session_s=43_200)
    await database.close()


@pytest.fixture
def people(stores: PeopleStores) -> DeskPeople:
    return DeskPeople(lambda: stores, demo_serves=lambda: True, secret=b"of tests only")


@pytest.fixture
def accounts(stores: PeopleStores, people: DeskPeople) -> DeskAccounts:
    return accounts_of(stores, people)


def accounts_of(stores: PeopleStores, people: DeskPeople) -> DeskAccounts:
    return DeskAccounts(lambda: stores, units=lambda: UNITS, seed=people.seed, changed=people.look_again)


def seeded(stores: PeopleStores, *demo: Person) -> DeskAccounts:
    """The accounts of a desk that has just begun, with these people of the demo."""
    return accounts_of(stores, DeskPeople(lambda: stores, demo=demo, demo_serves=lambda: True, secret=b"of tests only"))


def wish(user: str, role: str = "lead", **more: str) -> dict[str, Any]:
    return {"user": user, "role": role, "name": "", "unit": "", "extension": "", **more}


async def test_a_person_is_let_in_with_a_password_told_once(accounts: DeskAccounts, stores: PeopleStores) -> None:
    made = await accounts.add(wish("NERMİN", name="Nermin Işık"))
    assert made["user"] == "nermin"
    kept = await stores.people.get("nermin")
    assert kept is not None
    assert verify_password(made["password"], kept.password_hash)
    assert kept.password_due
    assert made["password"] not in str(await accounts.people())
    with pytest.raises(Refused, match="has it already") as taken:
        await accounts.add(wish("nermin"))
    assert taken.value.key == "user"


@pytest.mark.parametrize(
    ("wanted", "key"),
    [
        (wish("a b"), "user"),
        (wish("x", "unit"), "unit"),
        (wish("x", "unit", unit="nothing"), "unit"),
        (wish("x", "lead", unit="fen_isleri"), "unit"),
        (wish("x", "agent"), "extension"),
        (wish("x", "agent", extension="12"), "extension"),
        (wish("x", name="a\x07b"), "name"),
    ],
)
async def test_a_person_who_cannot_be_is_refused(accounts: DeskAccounts, wanted: dict[str, Any], key: str) -> None:
    with pytest.raises(Refused) as refused:
        await accounts.add(wanted)
    assert refused.value.key == key
    assert await accounts.people() == []


async def test_a_lock_a_role_and_a_password_end_the_sessions(accounts: DeskAccounts, stores: PeopleStores) -> None:
    first = await accounts.add(wish("fen", "unit", unit="fen_isleri"))

    async def signed_in() -> int:
        await stores.sessions.begin("d", "fen")
        (one,) = await accounts.people()
        assert one["sessions"] == 1
        return int(one["sessions"])

    async def sessions() -> int:
        (one,) = await accounts.people()
        return int(one["sessions"])

    await signed_in()
    assert (await accounts.change("fen", {"name": "Fen İşleri"}, by="admin"))["name"] == "Fen İşleri"
    assert await sessions() == 1
    assert not (await accounts.change("fen", {"enabled": False}, by="admin"))["enabled"]
    assert await sessions() == 0
    await accounts.change("fen", {"enabled": True}, by="admin")
    await signed_in()
    assert (await accounts.new_password("fen"))["password"] != first["password"]
    assert await sessions() == 0
    await signed_in()
    assert await accounts.end_sessions("fen") == 1
    changed = await accounts.change("fen", {"role": "inbox"}, by="admin")
    assert (changed["role"], changed["unit"]) == ("inbox", "")


async def test_a_session_that_an_administrator_has_ended_serves_no_moment_more(
    accounts: DeskAccounts, people: DeskPeople
) -> None:
    password = (await accounts.add(wish("fen", "unit", unit="fen_isleri")))["password"]
    for end in (
        lambda: accounts.change("fen", {"role": "lead"}, by="admin"),
        lambda: accounts.end_sessions("fen"),
        lambda: accounts.change("fen", {"enabled": False}, by="admin"),
    ):
        asked = SignIn(user="fen", password=password, address="127.0.0.1", is_local=True)
        session = (await people.sign_in(asked)).token
        assert await people.session(session) is not None, "looked at, and believed for some seconds"
        await end()
        assert await people.session(session) is None


async def test_an_administrator_does_not_lock_themselves_out(accounts: DeskAccounts) -> None:
    await accounts.add(wish("admin", "admin"))
    for change in ({"enabled": False}, {"role": "lead"}):
        with pytest.raises(Refused, match="lock yourself out"):
            await accounts.change("admin", change, by="admin")
    assert (await accounts.change("admin", {"name": "Ad"}, by="admin"))["enabled"]
    assert not (await accounts.change("admin", {"enabled": False}, by="other"))["enabled"]


async def test_nobody_is_changed_who_is_not_there(accounts: DeskAccounts) -> None:
    for work in (accounts.new_password("x"), accounts.end_sessions("x"), accounts.change("x", {"name": "y"}, by="a")):
        with pytest.raises(UnknownItem):
            await work


async def test_the_demos_people_are_there_before_anybody_is_added_changed_or_listed(
    stores: PeopleStores, tmp_path: Path
) -> None:
    """The desk adds them a moment after its database serves, unless there is somebody already."""
    await seeded(stores, *OTHERS).add(wish("nermin"))
    everybody = sorted([*(one.user for one in OTHERS), "nermin"])
    assert sorted(one["user"] for one in await seeded(stores).people()) == everybody
    for first in ("people", "change"):
        database = await new_sqlite(tmp_path / f"{first}.db")
        accounts = seeded(PeopleStores(database, clock, session_idle_s=3600, session_s=43_200), *OTHERS)
        if first == "change":
            assert (await accounts.change("lead", {"role": "inbox"}, by="token"))["role"] == "inbox"
        assert len(await accounts.people()) == len(OTHERS)
        await database.close()
