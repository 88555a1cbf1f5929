"""The tables of the knowledge base. `storage.requests.knowledge_base` alone writes them."""

from typing import ClassVar

from sqlalchemy import Index, UniqueConstraint
from sqlmodel import Field, SQLModel

from storage.columns import maybe_text, moment
from storage.columns import text as text_column


class ArticleRow(SQLModel, table=True):
    """An article of the knowledge base as it is now; see `tickets.articles`. It has no personal data of citizens."""

    __tablename__: ClassVar[str] = "articles"
    __table_args__ = (UniqueConstraint("key", name="uq_articles_key"), Index("ix_articles_topic", "topic"))

    id: int | None = Field(default=None, primary_key=True)
    key: str | None = maybe_text()
    """Its id in the file from which it was imported."""
    version: int = 1
    updated_at: int = moment(required=True)
    role: str = text_column()
    who: str = text_column("")
    topic: str | None = maybe_text()
    language: str = text_column()
    title: str = text_column()
    text: str = text_column()
    words: str = text_column("")
    valid_until: str | None = maybe_text()
    """A date, as ISO 8601 writes it."""
    withdrawn: bool = False
    folded: str = text_column("")
    """The searched text. `article_search` follows it by itself; the migration makes it."""


class ArticleVersionRow(SQLModel, table=True):
    """A version of an article. Rows are only added, without gaps in `version`."""

    __tablename__: ClassVar[str] = "article_versions"

    id: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    version: int = Field(primary_key=True, sa_column_kwargs={"autoincrement": False})
    updated_at: int = moment(required=True)
    role: str = text_column()
    who: str = text_column("")
    topic: str | None = maybe_text()
    language: str = text_column()
    title: str = text_column()
    text: str = text_column()
    words: str = text_column("")
    valid_until: str | None = maybe_text()
    withdrawn: bool = False
