"""Calls that are over for the console, from the desk's database."""

from dataclasses import asdict

from acd.desk.answers import listed
from acd.desk.database import Records
from console.ports import CallQuery
from console.request_ports import TicketPage
from storage.call_search import CallSearch, WantedCalls


async def list_calls(records: Records, query: CallQuery) -> TicketPage:
    """A page of them, as `console.ports.ConsolePorts.list_calls`."""
    database, _ = records.for_reports
    return await listed(CallSearch(database).page(WantedCalls(**asdict(query))))
