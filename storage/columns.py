"""How the tables keep times, durations and texts: the types of columns. The columns are in `storage.tables`.

A time (`…_at`) is Unix time in whole milliseconds, as an integer: exact, sortable and the same on SQLite, which has no
type for times, and PostgreSQL. A duration (`…_s`) is seconds. Texts have no length limit."""

from typing import Any

from sqlalchemy import BigInteger, Column, Double, Table, Text
from sqlmodel import Field, SQLModel

metadata = SQLModel.metadata


def moment(*, required: bool = False, primary_key: bool = False) -> Any:
    """A time."""
    return Field(
        default=None if not required else ...,
        primary_key=primary_key,
        sa_type=BigInteger,  # a SQLite integer is as big as it needs to be
        sa_column_kwargs={"nullable": not required},
    )


def seconds() -> Any:
    """A duration that may be unknown."""
    return Field(default=None, sa_type=Double)


def text(default: str | None = None, *, primary_key: bool = False) -> Any:
    """A text that is always there; `default` is for new rows."""
    if default is None:
        return Field(primary_key=primary_key, sa_type=Text)
    return Field(default=default, primary_key=primary_key, sa_type=Text)


def maybe_text() -> Any:
    """A text, or null."""
    return Field(default=None, sa_type=Text)


def named(name: str, *, nullable: bool = False) -> Any:
    """A text column whose name is reserved in Python."""
    return Field(sa_column=Column(name, Text, nullable=nullable))


def table_of(model: type[SQLModel]) -> Table:
    """The table behind a model, for statements over many rows."""
    return metadata.tables[str(model.__tablename__)]


def milliseconds(at: float) -> int:
    """Unix seconds as the tables keep them."""
    return round(at * 1000)


def clean(value: Any) -> Any:
    """Text that both databases can store: PostgreSQL allows no NUL. Nothing else is changed."""
    if isinstance(value, str):
        return value.replace("\x00", "\ufffd") if "\x00" in value else value
    if isinstance(value, dict):
        return {clean(key): clean(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [clean(one) for one in value]
    return value
