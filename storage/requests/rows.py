"""Converts between `tickets.ticket` and its tables."""

from collections.abc import Mapping
from typing import Any

import msgspec
import sqlalchemy as sa

from storage.columns import clean, milliseconds, table_of
from storage.requests.search import folded_text
from storage.requests.tables import HistoryRow, TicketRow
from tickets.changes import Rules
from tickets.files import MEDIA, NewFile
from tickets.number import TicketNumber
from tickets.states import OPEN
from tickets.ticket import Actor, HistoryEntry, Ticket
from tickets.town.model import Priority
from tickets.watching import next_look

Row = dict[str, Any]

tickets, history = table_of(TicketRow), table_of(HistoryRow)

_SEQUENCES = 10**9
_URGENT = 0
_RANKS: Mapping[Priority, int] = {"high": 1, "normal": 2, "low": 3}
_TICKET_FIELDS = tuple((field.name, field.encode_name) for field in msgspec.structs.fields(Ticket))
_ENTRY_FIELDS = tuple(field.name for field in msgspec.structs.fields(HistoryEntry))


def number_id(number: TicketNumber) -> int:
    """A number as one integer, in the order of opening."""
    return number.year * _SEQUENCES + number.sequence


def ticket_row(ticket: Ticket, rules: Rules, stages: tuple[str, ...] = ()) -> Row:
    """The columns of a ticket. `stages` are the warnings already given for its present deadline."""
    row: Row = {}
    for name, column in _TICKET_FIELDS:
        value = getattr(ticket, name)
        if name.endswith("_at"):
            row[column] = None if value is None else milliseconds(value)
        elif name == "clock":
            row[column] = msgspec.to_builtins(value)
        else:
            row[column] = clean(value)
    look = next_look(ticket, rules, stages)
    row |= {
        "is_open": ticket.state in OPEN,
        "rank": _URGENT if ticket.service_class == "urgent" else _RANKS[ticket.priority],
        "clock_runs": ticket.clock.ended_at is None and not ticket.clock.stands,
        "folded": folded_text(ticket, rules.town),
        "stages": list(stages),
        "watch_at": None if look is None else milliseconds(look),
    }
    return row


def file_row(ticket: Ticket, file: NewFile, actor: Actor, at: float) -> Row:
    """The row of a file that is attached to a ticket at `at`."""
    return {
        "id": file.id,
        "number": ticket.number,
        "kind": MEDIA[file.media_type][0],
        "about": file.about,
        "outcomes": ticket.outcomes,
        "name": clean(file.name),
        "media_type": file.media_type,
        "size": file.size,
        "sha256": file.sha256,
        "at": milliseconds(at),
        "role": actor.role,
        "who": actor.who,
    }


def new_row(ticket: Ticket, rules: Rules, *, origin: str, stages: tuple[str, ...] = ()) -> Row:
    """The whole row of a new ticket."""
    number = TicketNumber.parse(ticket.number)
    return {
        **ticket_row(ticket, rules, stages),
        "id": number_id(number),
        "year": number.year,
        "sequence": number.sequence,
        "origin": origin,
        "erase_asked": None,
        "person_erased_at": None,
        "text_erased_at": None,
    }


def to_ticket(row: Any) -> Ticket:
    """The ticket of a row (`sa.RowMapping`)."""
    return msgspec.convert(
        {
            column: row[column] / 1000 if name.endswith("_at") and row[column] is not None else row[column]
            for name, column in _TICKET_FIELDS
        },
        Ticket,
    )


def entry_row(entry: HistoryEntry) -> Row:
    """The row of a history entry."""
    row: Row = {name: clean(getattr(entry, name)) for name in _ENTRY_FIELDS}
    row["at"] = milliseconds(entry.at)
    return row


def to_entry(row: Any) -> HistoryEntry:
    """The history entry of a row."""
    return msgspec.convert({**{name: row[name] for name in _ENTRY_FIELDS}, "at": row["at"] / 1000}, HistoryEntry)


TICKET_COLUMNS: tuple[sa.Column[Any], ...] = tuple(tickets.c[column] for _, column in _TICKET_FIELDS)
"""The columns that `to_ticket` needs."""
