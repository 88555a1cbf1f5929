"""The database's answers, for the console: it knows only that a part is away, not which database error says so."""

from collections.abc import Awaitable
from typing import TypeVar

from console.ports import Unavailable
from storage.database import DatabaseError

T = TypeVar("T")


async def asked(work: Awaitable[T]) -> T:
    """The database's answer. Raises `Unavailable` where there is none."""
    try:
        return await work
    except DatabaseError as error:
        raise Unavailable(str(error)) from error
