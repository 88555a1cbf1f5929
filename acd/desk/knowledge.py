"""The knowledge base for the console, from the desk's database; and the articles of the town's file."""

import asyncio
from collections.abc import Sequence
from dataclasses import asdict
from importlib.resources import files
from pathlib import Path
from typing import Final

import structlog

from acd.config.settings import Settings
from acd.desk.answers import asked
from acd.desk.database import Records
from acd.desk.requests import once_of
from acd.engine.model.errors import BadConfig
from console.ports import Record, Unavailable
from console.request_ports import ArticleQuery, By
from storage.database import DatabaseError
from storage.requests.knowledge_base import Wanted
from tickets.article_file import NAME, read_articles
from tickets.articles import Wording
from tickets.ticket import SYSTEM
from tickets.town.model import Town

log = structlog.get_logger()

RETRY_S: Final = 2.0


class DeskArticles:
    """As `console.request_ports.Articles`."""

    def __init__(self, records: Records) -> None:
        self._records = records

    async def list(self, query: ArticleQuery) -> Sequence[Record]:
        """Articles, those that serve best first."""
        return await asked(self._records.articles.list(Wanted(**asdict(query))))

    async def get(self, article: int) -> Record | None:
        """One by its id."""
        return await asked(self._records.articles.get(article))

    async def versions(self, article: int) -> Sequence[Record]:
        """All its versions, the newest first."""
        return await asked(self._records.articles.versions(article))

    async def add(self, wording: Wording, by: By, key: str | None = None) -> Record:
        """A new one."""
        return await asked(self._records.articles.add(wording, by.actor, key=key, once=once_of(by)))

    async def change(self, article: int, wording: Wording, by: By) -> Record:
        """Another wording."""
        changed = self._records.articles.change(article, wording, by.actor, version=by.version, once=once_of(by))
        return await asked(changed)


def articles_text(settings: Settings, file: Path | None = None) -> tuple[str, str]:
    """Name and text of a file of articles: the given one, else the town's own. Raises `BadConfig`."""
    folder = settings.town_path
    found = file or (files("tickets") / "data" / NAME if folder is None else folder / NAME)
    try:
        return (str(found) if file else NAME), found.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise BadConfig(f"{found}: cannot be read: {error}") from None


async def keep_demo_articles(records: Records, settings: Settings, town: Town) -> None:
    """Add the articles of the town's file that the demo's database lacks, once it serves; then wait to be cancelled. A
    file with a fault adds nothing."""
    try:
        name, text = articles_text(settings)
        wordings = read_articles(text, town, name)
    except BadConfig as error:
        log.warning("demo_articles_not_read", error=str(error))
        wordings = {}
    while wordings:
        try:
            made = await records.articles.seed(wordings, SYSTEM)
        except (Unavailable, DatabaseError):  # other parts report the database's state
            await asyncio.sleep(RETRY_S)
            continue
        if made:
            log.info("demo_articles_made", articles=made)
        break
    await asyncio.Event().wait()
