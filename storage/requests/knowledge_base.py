"""The knowledge base of a database: articles with all their versions, and their search.

A change is one transaction: the row in `articles` with one version more, and that version in `article_versions`."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import clean, milliseconds, table_of
from storage.database import Database
from storage.requests import once as keys
from storage.requests.article_tables import ArticleRow, ArticleVersionRow
from storage.requests.once import Once
from storage.requests.search import having_words
from tickets.articles import Article, Wording, folded_article, is_stale, ranked, written
from tickets.changes import Rules
from tickets.failures import ChangedMeanwhile, NoSuch, NotGranted
from tickets.refusals import Refusal
from tickets.ticket import Actor

articles, versions = table_of(ArticleRow), table_of(ArticleVersionRow)

Record = dict[str, Any]

MOST: Final = 1000
"""Articles that are read to be ranked; a knowledge base has some hundred."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """The filters of a list. None and empty leave a filter out."""

    query: str = ""
    topic: str | None = None
    language: str | None = None
    """Articles in this language come before others; it leaves none out."""
    stale: bool | None = None
    withdrawn: bool = False
    limit: int = 100


class KnowledgeBase:
    """The articles of one database. Changes raise `tickets.failures.NotGranted`, `NoSuch`, `ChangedMeanwhile` or
    `KeyReused`, and all methods `storage.database.DatabaseError`; then nothing has changed."""

    def __init__(self, database: Database, rules: Callable[[], Rules], clock: Callable[[], float]) -> None:
        self._database = database
        self._rules = rules
        self._clock = clock
        self._turns = asyncio.Semaphore(2 if database.is_postgres else 1)

    async def list(self, wanted: Wanted) -> Sequence[Record]:
        """Articles, in the order of `tickets.articles.ranked`."""
        query = sa.select(articles).where(articles.c.withdrawn.is_(wanted.withdrawn)).limit(MOST)
        if wanted.query:
            found_by = having_words(wanted.query, articles, "article_search", postgres=self._database.is_postgres)
            query = query.where(found_by)
        if wanted.topic is not None:
            query = query.where(articles.c.topic == wanted.topic)
        async with self._database.explained(), self._database.reading() as connection:
            rows = (await connection.execute(query.order_by(articles.c.updated_at.desc()))).mappings().all()
        today = self._today()
        found = [one for one in map(to_article, rows) if wanted.stale in (None, is_stale(one.wording, today))]
        return [_record(one, today) for one in ranked(found, wanted.query, wanted.language, today)[: wanted.limit]]

    async def get(self, article: int) -> Record | None:
        """One article, withdrawn or not."""
        async with self._database.explained(), self._database.reading() as connection:
            found = await read_article(connection, article)
        return None if found is None else _record(found, self._today())

    async def versions(self, article: int) -> Sequence[Record]:
        """All versions of an article, the newest first. Raises `NoSuch`."""
        query = sa.select(versions).where(versions.c.id == article).order_by(versions.c.version.desc())
        async with self._database.explained(), self._database.reading() as connection:
            rows = (await connection.execute(query)).mappings().all()
        if not rows:
            raise NoSuch("article", article)
        return [{**row, "updated_at": row["updated_at"] / 1000} for row in rows]

    async def add(self, wording: Wording, actor: Actor, *, key: str | None = None, once: Once | None = None) -> Record:
        """Add an article. A `key` that another article has is refused."""
        async with self._writing() as connection:
            at = self._clock()
            if once is not None and (made := await keys.taken(connection, once, at)) is not None:
                before = await read_article(connection, int(made))
                assert before is not None, made
                return _record(before, self._today())
            if key is not None and key in await _keys(connection):
                raise NotGranted(
                    Refusal(code="already_done", key="key", value=key, allowed="another article has it already")
                )
            article = await self._insert(connection, self._kept(wording), actor, at, key)
            if once is not None:
                await keys.came_to(connection, once, str(article.id))
        return _record(article, self._today())

    async def change(
        self, article: int, wording: Wording, actor: Actor, *, version: int | None, once: Once | None = None
    ) -> Record:
        """Replace the wording of an article that has this version; None: whichever it has. The same wording again
        changes nothing."""
        async with self._writing() as connection:
            before = await read_article(connection, article, lock=True)
            if before is None:
                raise NoSuch("article", article)
            if once is not None:
                if await keys.taken(connection, once, self._clock()) is not None:
                    return _record(before, self._today())
                await keys.came_to(connection, once, str(article))
            if version is not None and version != before.version:
                raise ChangedMeanwhile(f"article {article}", before.version)
            kept = self._kept(wording, before.wording)
            if kept == before.wording:
                return _record(before, self._today())
            after = msgspec.structs.replace(
                before,
                wording=kept,
                version=before.version + 1,
                updated_at=max(self._clock(), before.updated_at),
                role=actor.role,
                who=actor.who,
            )
            row = self._row(after)
            await connection.execute(sa.update(articles).where(articles.c.id == article).values(row))
            await _keep_version(connection, article, row)
        return _record(after, self._today())

    async def seed(self, wordings: Mapping[str, Wording], actor: Actor) -> int:
        """Add those whose key no article has, and return how many. An article that people changed or withdrew stays
        as it is."""
        async with self._writing() as connection:
            known = await _keys(connection)
            new = [(key, wording) for key, wording in wordings.items() if key not in known]
            at = self._clock()
            for key, wording in new:
                await self._insert(connection, self._kept(wording), actor, at, key)
        return len(new)

    async def _insert(
        self, connection: AsyncConnection, wording: Wording, actor: Actor, at: float, key: str | None
    ) -> Article:
        made = Article(id=0, key=key, updated_at=at, role=actor.role, who=actor.who, wording=wording)
        row = self._row(made)
        number = (await connection.execute(sa.insert(articles).values(row).returning(articles.c.id))).scalar_one()
        await _keep_version(connection, number, row)
        return msgspec.structs.replace(made, id=number)

    def _kept(self, wording: Wording, before: Wording | None = None) -> Wording:
        kept = written(wording, self._rules().town, before)
        if isinstance(kept, Refusal):
            raise NotGranted(kept)
        return kept

    def _row(self, article: Article) -> Record:
        wording = article.wording
        until = wording.valid_until
        row = msgspec.structs.asdict(wording) | {
            "key": article.key,
            "version": article.version,
            "updated_at": milliseconds(article.updated_at),
            "role": article.role,
            "who": article.who,
            "valid_until": None if until is None else until.isoformat(),
            "folded": folded_article(wording, self._rules().town),
        }
        return {name: clean(value) for name, value in row.items()}

    def _today(self) -> date:
        return datetime.fromtimestamp(self._clock(), self._rules().zone).date()

    @contextlib.asynccontextmanager
    async def _writing(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._turns, self._database.writing() as connection:
            yield connection


async def read_article(connection: AsyncConnection, article: int, *, lock: bool = False) -> Article | None:
    """An article by its id; with `lock` its row is locked until the transaction ends."""
    query = sa.select(articles).where(articles.c.id == article)
    row = (await connection.execute(query.with_for_update() if lock else query)).mappings().one_or_none()
    return None if row is None else to_article(row)


def to_article(row: Any) -> Article:
    """The article of a row."""
    wording = {name: row[name] for name in Wording.__struct_fields__}
    return Article(
        id=row["id"],
        key=row["key"],
        version=row["version"],
        updated_at=row["updated_at"] / 1000,
        role=row["role"],
        who=row["who"],
        wording=msgspec.convert(wording, Wording),
    )


def _record(article: Article, today: date) -> Record:
    own = {name: getattr(article, name) for name in ("id", "key", "version", "updated_at", "role", "who")}
    return own | msgspec.structs.asdict(article.wording) | {"stale": is_stale(article.wording, today)}


async def _keys(connection: AsyncConnection) -> frozenset[str]:
    found = await connection.execute(sa.select(articles.c.key).where(articles.c.key.is_not(None)))
    return frozenset(found.scalars())


async def _keep_version(connection: AsyncConnection, article: int, row: Record) -> None:
    kept = {name: value for name, value in row.items() if name in versions.c}
    await connection.execute(sa.insert(versions).values(kept | {"id": article}))
