"""Drafts over the API: one's own, and no version is overwritten unseen."""

import time
from pathlib import Path
from types import SimpleNamespace
from typing import cast

import pytest

from acd.desk.database import Records
from acd.desk.drafts import DeskDrafts
from console.ports import Unavailable
from storage.database import Database
from storage.requests.drafts import Drafts
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople, identity
from tests.console.test_access import of_role
from tests.databases import new_database

DRAFT = {"service": "request", "text": "Çukur", "fields": {"where": "okulun önünde"}, "key": "k1"}


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    return desk


async def test_a_draft_is_kept_changed_and_destroyed(desk: Desk) -> None:
    async with desk.client(desk.app(), headers=of_role("agent")) as client:
        made = await client.put("/api/v1/drafts/ast1-9.1", json={"base": 0, "draft": DRAFT})
        assert (made.status_code, made.json()["version"], made.json()["draft"]["text"]) == (200, 1, "Çukur")
        other = await client.put("/api/v1/drafts/ast1-9.1", json={"base": 0, "draft": {**DRAFT, "text": "Lamba"}})
        assert (other.json()["version"], other.json()["draft"]["text"]) == (1, "Çukur"), "another page has written"
        (listed,) = (await client.get("/api/v1/drafts")).json()
        assert (listed["call"], listed["draft"]["fields"]) == ("ast1-9.1", {"where": "okulun önünde"})
        assert (await client.delete("/api/v1/drafts/ast1-9.1")).status_code == 204
        assert (await client.get("/api/v1/drafts")).json() == []


async def test_nobody_reads_or_destroys_anothers(desk: Desk) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        await client.put("/api/v1/drafts/c1", json={"base": 0, "draft": DRAFT}, headers=of_role("agent"))
        assert (await client.get("/api/v1/drafts", headers=of_role("lead"))).json() == []
        assert (await client.delete("/api/v1/drafts", headers=of_role("lead"))).status_code == 204
        assert len((await client.get("/api/v1/drafts", headers=of_role("agent"))).json()) == 1


async def test_one_that_is_gone_is_answered_so_and_not_kept_again(desk: Desk) -> None:
    async with desk.client(desk.app(), headers=of_role("agent")) as client:
        await client.put("/api/v1/drafts/c1", json={"base": 0, "draft": DRAFT})
        desk.drafts.kept.clear()  # the caller was erased
        answer = await client.put("/api/v1/drafts/c1", json={"base": 1, "draft": DRAFT})
        assert (answer.status_code, answer.json()["errors"][0]["key"]) == (410, "call")
        assert (await client.get("/api/v1/drafts")).json() == []


async def test_whoever_signs_out_at_any_page_leaves_no_draft(desk: Desk) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        for role in ("agent", "lead"):
            await client.put("/api/v1/drafts/c1", json={"base": 0, "draft": DRAFT}, headers=of_role(role))
        assert (await client.delete("/api/v1/session", headers=of_role("agent"))).status_code == 204
    ((user, _),) = desk.drafts.kept
    assert user == identity("lead").who


async def test_a_sign_out_ends_the_session_also_if_the_drafts_cannot_be_destroyed(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(user: str, call: str | None = None) -> None:
        raise Unavailable("the database is away")

    monkeypatch.setattr(desk.drafts, "drop", away)
    async with desk.client(desk.app(), headers={}) as client:
        left = await client.delete("/api/v1/session", headers=of_role("agent"))
        assert left.status_code == 204
        assert 'cozum-session=""' in left.headers["set-cookie"]
        assert (await client.get("/api/v1/drafts", headers=of_role("agent"))).status_code == 401


async def test_drafts_that_could_not_be_destroyed_are_never_read_again(tmp_path: Path) -> None:
    database = await new_database("sqlite", None, tmp_path)
    records = SimpleNamespace(drafts=Drafts(database, time.time))
    drafts = DeskDrafts(cast(Records, records))
    for user in ("1001", "lead"):
        assert await drafts.keep(user, "c1", 0, DRAFT)
    away = Database(f"sqlite+aiosqlite:///{tmp_path}/none.db")
    there, records.drafts = records.drafts, Drafts(away, time.time)
    with pytest.raises(Unavailable):
        await drafts.drop("1001")
    with pytest.raises(Unavailable):
        await drafts.list("1001")
    records.drafts = there
    assert await drafts.list("1001") == []
    assert await there.list("1001") == []
    assert len(await drafts.list("lead")) == 1
    for one in (database, away):
        await one.close()


async def test_what_is_too_long_or_no_draft_is_refused(desk: Desk) -> None:
    async with desk.client(desk.app(), headers=of_role("agent")) as client:
        for draft in ({**DRAFT, "text": "x" * 8001}, {**DRAFT, "password": "x"}, {"text": "Çukur"}):
            answer = await client.put("/api/v1/drafts/c1", json={"base": 0, "draft": draft})
            assert answer.status_code == 422, draft
