"""The records of destructions for the console, from the desk's database."""

import dataclasses

from acd.desk.answers import listed
from acd.desk.database import Records
from console.admin_ports import DestructionQuery
from console.request_ports import TicketPage
from storage.by_time import WantedRows
from storage.privacy.destruction_records import DestructionRecords


async def list_destructions(records: Records, query: DestructionQuery) -> TicketPage:
    """A page of them, as `console.ports.ConsolePorts.destructions`."""
    database, _ = records.for_reports
    return await listed(DestructionRecords(database).page(WantedRows(**dataclasses.asdict(query))))
