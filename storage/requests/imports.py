"""Imports requests of another system: rows in one transaction, each once by its source and reference."""

from collections.abc import Sequence
from datetime import datetime

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.numbering import next_numbers
from storage.requests.erasing import erased_of
from storage.requests.public import give_code
from storage.requests.rows import tickets
from storage.requests.writes import Writes
from tickets.changes import Changed, Rules, refuse
from tickets.importing import ImportedRow, ImportRow, Origin, import_ticket
from tickets.number import TicketNumber
from tickets.refusals import Refusal
from tickets.ticket import Actor


async def judge_rows(
    connection: AsyncConnection, rows: Sequence[ImportRow], actor: Actor, at: float, rules: Rules, origin: Origin
) -> list[ImportedRow]:
    """What would become of rows; nothing is written."""
    anyone = str(TicketNumber(year=datetime.fromtimestamp(at, rules.zone).year % 100, sequence=1))
    before, found = await _imported(connection, rows), []
    for row in rows:
        done = _known(row, before) or _refused(row, import_ticket(anyone, row, actor, at, rules, origin))
        found.append(done or ImportedRow(line=row.line, result="not_written"))
        before.setdefault(row.external, row)
    return found


async def import_rows(
    connection: AsyncConnection,
    rows: Sequence[ImportRow],
    actor: Actor,
    at: float,
    rules: Rules,
    origin: Origin,
    *,
    skip_faulty: bool,
) -> list[ImportedRow]:
    """Open the requests of rows that were not imported before. Unless `skip_faulty` is set, one faulty row leaves all
    unwritten."""
    year = datetime.fromtimestamp(at, rules.zone).year
    await next_numbers(connection, year, 0)  # others who import wait here, and then find what we have written
    judged = await judge_rows(connection, rows, actor, at, rules, origin)
    sound = [place for place, one in enumerate(judged) if one.result == "not_written"]
    if not sound or (not skip_faulty and any(one.refused for one in judged)):
        return judged
    writes, done, unreached = Writes(rules), list(judged), []
    for number, place in zip(await next_numbers(connection, year, len(sound)), sound, strict=True):
        changes = import_ticket(str(number), rows[place], actor, at, rules, origin)
        assert isinstance(changes, list), changes
        writes.opened(changes, origin="import")
        done[place] = ImportedRow(line=rows[place].line, result="opened", number=str(number))
        if not changes[-1].ticket.caller:
            unreached.append(str(number))
    await writes.flush(connection)
    for without in unreached:  # whoever gave no number reads it by a code
        await give_code(connection, without, at)
    return done


Before = dict[tuple[str, str], "str | ImportRow | None"]
"""The numbers of requests that were imported, None for one that is erased since; and earlier rows of these."""


async def _imported(connection: AsyncConnection, rows: Sequence[ImportRow]) -> Before:
    references: dict[str, list[str]] = {}
    for row in rows:
        references.setdefault(row.source, []).append(row.reference)
    found: Before = {}
    for source, theirs in references.items():
        query = sa.select(tickets.c.external_number, tickets.c.number).where(
            tickets.c.external_source == source, tickets.c.external_number.in_(theirs)
        )
        found |= {(source, reference): number for reference, number in await connection.execute(query)}
    gone = await erased_of(connection, {row.external for row in rows})
    return dict.fromkeys(gone) | found


def _known(row: ImportRow, before: Before) -> ImportedRow | None:
    """What became of a row whose request was imported before, or that an earlier row names too."""
    if row.external not in before:
        return None
    match before[row.external]:
        case ImportRow() as earlier:
            return _refused(
                row, refuse("not_allowed", "reference", row.reference, f"line {earlier.line} has it already")
            )
        case number:
            return ImportedRow(line=row.line, result="already", number=number)


def _refused(row: ImportRow, made: list[Changed] | Refusal) -> ImportedRow | None:
    return ImportedRow(line=row.line, result="refused", refused=(made,)) if isinstance(made, Refusal) else None
