"""The database's answers, for the console: it knows only that a part is away, not which database error says so."""

from collections.abc import Awaitable
from typing import TypeVar

from console import request_ports
from console.ports import Unavailable
from console.request_ports import TicketPage
from storage.database import DatabaseError
from storage.requests.listing import BadCursor
from storage.requests.reading import Page

T = TypeVar("T")


async def asked(work: Awaitable[T]) -> T:
    """The database's answer. Raises `Unavailable` where there is none."""
    try:
        return await work
    except DatabaseError as error:
        raise Unavailable(str(error)) from error


async def listed(work: Awaitable[Page]) -> TicketPage:
    """A part of a list. Raises `console.request_ports.BadCursor` or `Unavailable`."""
    try:
        page = await asked(work)
    except BadCursor as error:
        raise request_ports.BadCursor(*error.args) from None
    return TicketPage(records=page.records, next=page.next)
