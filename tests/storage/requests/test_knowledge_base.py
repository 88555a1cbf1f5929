"""The knowledge base in both databases: found as people type, changed by one person at a time, every version kept."""

import asyncio
from datetime import date
from typing import Any

import pytest
import sqlalchemy as sa

from storage.requests.article_tables import ArticleVersionRow
from storage.requests.knowledge_base import KnowledgeBase, Wanted, articles
from storage.requests.once import Once
from storage.requests.tables import DispositionRow
from tests.storage.requests.desk import Desk, refusal
from tests.tickets.life import AGENT, DAY, HOUR, LEAD
from tickets.articles import Wording
from tickets.failures import ChangedMeanwhile, KeyReused, NoSuch

LAMP = Wording(title="Sokak lambası yanmıyor", text="BEDAŞ 186", topic="sokak_lambasi", words="ışık direk")
TAX = Wording(title="Emlak vergisi", text="iki taksit", topic="vergi", valid_until=date(2026, 6, 1))


@pytest.fixture
def base(desk: Desk) -> KnowledgeBase:
    return KnowledgeBase(desk.database, lambda: desk.rules, lambda: desk.now)


async def titles(base: KnowledgeBase, **wanted: Any) -> list[str]:
    return [one["title"] for one in await base.list(Wanted(**wanted))]


async def test_an_article_is_found_as_people_type(base: KnowledgeBase) -> None:
    for wording in (LAMP, TAX):
        await base.add(wording, LEAD)
    for typed in ("isik", "IŞIK", "ışık", "lamba", "karanlık sok", "186"):
        assert await titles(base, query=typed) == [LAMP.title], typed
    assert await titles(base, topic="vergi") == [TAX.title]
    assert await titles(base) == [TAX.title, LAMP.title]
    for typed in ("zabıta", "'; DROP", '" OR "', "x & y | !z"):
        assert await titles(base, query=typed) == [], typed
    assert await titles(base, limit=1) == [TAX.title]


async def test_what_the_search_looks_in_follows_the_articles(base: KnowledgeBase) -> None:
    made = await base.add(LAMP, LEAD)
    await base.change(made["id"], Wording(title="Çukur", text="yol", topic="yol_cukuru"), LEAD, version=1)
    assert (await titles(base, query="isik"), await titles(base, query="cukur")) == ([], ["Çukur"])
    async with base._database.writing() as connection:
        await connection.execute(sa.delete(articles))
    assert await titles(base, query="cukur") == []


async def test_every_version_is_kept_with_its_author(base: KnowledgeBase, desk: Desk) -> None:
    made = await base.add(LAMP, LEAD)
    assert (made["version"], made["who"], made["stale"]) == (1, "lead", False)
    desk.now += HOUR
    changed = await base.change(made["id"], TAX, AGENT, version=1)
    assert (changed["version"], changed["updated_at"], changed["title"]) == (2, desk.now, TAX.title)
    again = await base.change(made["id"], TAX, LEAD, version=2)
    assert (again["version"], again["who"]) == (2, "1001"), "the same wording again is no change"
    assert await base.get(made["id"]) == changed
    versions = await base.versions(made["id"])
    assert [(one["version"], one["who"], one["title"]) for one in versions] == [
        (2, "1001", TAX.title),
        (1, "lead", LAMP.title),
    ]
    with pytest.raises(NoSuch):
        await base.versions(made["id"] + 1)
    assert await base.get(made["id"] + 1) is None


async def test_of_two_who_change_it_at_once_the_second_is_told(base: KnowledgeBase) -> None:
    made = await base.add(LAMP, LEAD)

    async def change(title: str) -> object:
        try:
            return await base.change(made["id"], Wording(title=title, text="x"), LEAD, version=1)
        except ChangedMeanwhile as error:
            return error.version

    done = await asyncio.gather(*(change(f"b{n}") for n in range(8)))
    assert sorted(one for one in done if isinstance(one, int)) == [2] * 7
    assert len(await base.versions(made["id"])) == 2
    with pytest.raises(NoSuch):
        await base.change(made["id"] + 1, TAX, LEAD, version=1)
    anew = await base.change(made["id"], TAX, LEAD, version=None)
    assert anew["version"] == 3


async def test_what_is_withdrawn_is_not_offered_and_comes_back(base: KnowledgeBase) -> None:
    made = await base.add(LAMP, LEAD)
    gone = Wording(title=LAMP.title, text=LAMP.text, topic=LAMP.topic, words=LAMP.words, withdrawn=True)
    await base.change(made["id"], gone, LEAD, version=1)
    assert (await titles(base), await titles(base, query="isik"), await titles(base, topic="sokak_lambasi")) == (
        [],
        [],
        [],
    )
    assert await titles(base, withdrawn=True) == [LAMP.title]
    await base.change(made["id"], LAMP, LEAD, version=2)
    assert await titles(base, query="isik") == [LAMP.title]


async def test_an_old_article_is_still_found_and_shown_as_old(base: KnowledgeBase, desk: Desk) -> None:
    await base.add(TAX, LEAD)
    assert (await base.list(Wanted(stale=True)), await titles(base, stale=False)) == ([], [TAX.title])
    desk.now += DAY
    (found,) = await base.list(Wanted(query="vergi"))
    assert (found["stale"], found["valid_until"]) == (True, date(2026, 6, 1))
    assert (await titles(base, stale=True), await titles(base, stale=False)) == ([TAX.title], [])


async def test_a_write_that_comes_again_is_made_once(base: KnowledgeBase) -> None:
    once = Once(key="lead:a", digest="1")
    first = await base.add(LAMP, LEAD, once=once)
    assert await base.add(LAMP, LEAD, once=once) == first
    assert await titles(base) == [LAMP.title]
    with pytest.raises(KeyReused):
        await base.add(TAX, LEAD, once=Once(key="lead:a", digest="2"))
    put = Once(key="lead:b", digest="3")
    await base.change(first["id"], TAX, LEAD, version=1, once=put)
    assert (await base.change(first["id"], TAX, LEAD, version=1, once=put))["version"] == 2


async def test_a_file_adds_what_is_not_there_and_leaves_what_people_wrote(base: KnowledgeBase, desk: Desk) -> None:
    assert await base.seed({"lamp": LAMP}, LEAD) == 1
    (found,) = await base.list(Wanted())
    await base.change(found["id"], TAX, LEAD, version=1)
    assert await base.seed({"lamp": LAMP, "tax": TAX}, LEAD) == 1
    assert await titles(base) == [TAX.title, TAX.title]
    assert len(await desk.rows(ArticleVersionRow)) == 3
    said = await refusal(base.add(LAMP, LEAD, key="lamp"))
    assert (said.code, said.key) == ("already_done", "key")


async def test_a_call_answered_by_an_article(base: KnowledgeBase, desk: Desk) -> None:
    made = await base.add(LAMP, LEAD)
    await desk.add_call("ast1-1.1")
    done = await desk.tasks.dispose("ast1-1.1", "answered", None, AGENT, made["id"])
    assert (done["disposition"], done["topic"], done["article"]) == ("answered", "sokak_lambasi", made["id"])
    (row,) = await desk.rows(DispositionRow)
    assert (row["article"], row["topic"], row["who"]) == (made["id"], "sokak_lambasi", "1001")
    other = await desk.tasks.dispose("ast1-1.1", "answered", "vergi", AGENT, made["id"])
    assert other["topic"] == "vergi", "the topic that the agent chose counts"
    assert (await refusal(desk.tasks.dispose("ast1-1.1", "wrong_number", None, AGENT, made["id"]))).key == "article"
    unknown = await refusal(desk.tasks.dispose("ast1-1.1", "answered", None, AGENT, 99))
    assert (unknown.code, unknown.key, unknown.value) == ("unknown", "article", "99")
    (row,) = await desk.rows(DispositionRow)
    assert row["topic"] == "vergi"
