"""Calls that are over for the console, from the desk's database."""

from dataclasses import asdict

from acd.desk.answers import asked
from acd.desk.database import Records
from console import request_ports
from console.ports import CallQuery
from console.request_ports import TicketPage
from storage.call_search import CallSearch, WantedCalls
from storage.requests.listing import BadCursor


async def list_calls(records: Records, query: CallQuery) -> TicketPage:
    """A page of them, as `console.ports.ConsolePorts.list_calls`."""
    database, _ = records.for_reports
    try:
        page = await asked(CallSearch(database).page(WantedCalls(**asdict(query))))
    except BadCursor as error:
        raise request_ports.BadCursor(*error.args) from None
    return TicketPage(records=page.records, next=page.next)
