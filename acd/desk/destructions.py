"""The records of destructions for the console, from the desk's database."""

from acd.desk.answers import asked
from acd.desk.database import Records
from console import request_ports
from console.admin_ports import DestructionQuery
from console.request_ports import TicketPage
from storage.privacy.destruction_records import DestructionRecords, WantedRecords
from storage.requests.listing import BadCursor


async def list_destructions(records: Records, query: DestructionQuery) -> TicketPage:
    """A page of them, as `console.ports.ConsolePorts.destructions`."""
    database, _ = records.for_reports
    wanted = WantedRecords(limit=query.limit, cursor=query.cursor, since=query.since, until=query.until)
    try:
        page = await asked(DestructionRecords(database).page(wanted))
    except BadCursor as error:
        raise request_ports.BadCursor(*error.args) from None
    return TicketPage(records=page.records, next=page.next)
