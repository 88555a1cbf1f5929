"""The audit for the console, from the desk's database."""

import dataclasses

from acd.desk.answers import listed
from acd.desk.database import Records
from console.admin_ports import AuditQuery
from console.request_ports import TicketPage
from storage.people.audit import WantedEntries


async def list_audit(records: Records, query: AuditQuery) -> TicketPage:
    """A page of it, as `console.ports.ConsolePorts.audit`."""
    return await listed(records.people.audit.page(WantedEntries(**dataclasses.asdict(query))))
