"""The table of drafts. `storage.requests.drafts` alone writes it."""

from typing import Any, ClassVar

from sqlalchemy import JSON, Index
from sqlmodel import Field, SQLModel

from storage.columns import moment
from storage.columns import text as text_column


class DraftRow(SQLModel, table=True):
    """A request that an agent is taking down in a call and has not saved. It has what the citizen tells."""

    __tablename__: ClassVar[str] = "drafts"
    __table_args__ = (Index("ix_drafts_at", "at"), Index("ix_drafts_call", "call"))

    user: str = text_column(primary_key=True)
    """The person who writes it, who alone reads it."""
    call: str = text_column(primary_key=True)
    version: int
    at: int = moment(required=True)
    """When it was last changed."""
    draft: dict[str, Any] = Field(default_factory=dict, sa_type=JSON)
