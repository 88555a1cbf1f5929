"""`/api/v1/tickets/import`: requests of another system, row by row of its table."""

from collections.abc import Sequence
from typing import Annotated, Any, ClassVar, Final
from zoneinfo import ZoneInfo

import msgspec
from fastapi import APIRouter, Depends, Request, Response
from pydantic import Field, ValidationError

from console import views
from console.access import identity_of, note_about
from console.answers import BODY, documented
from console.parameters import json_only, only
from console.ports import ConsolePorts
from console.request_bodies import Body, Id, NewTicketBody
from console.requests import Within, author_of, json_of
from console.routing import api_router
from console.views import View
from tickets.changes import LONGEST_TEXT, refuse
from tickets.citizen_number import held
from tickets.importing import (
    COLUMNS,
    TIME_ALLOWED,
    YES_ALLOWED,
    ImportedRow,
    ImportResult,
    ImportRow,
    Names,
    Origin,
    read_time,
    wrong_reference,
    wrong_source,
)
from tickets.kinds import KINDS
from tickets.refusals import Refusal
from tickets.town.model import Town
from tickets.yes_no import read_yes

MOST_ROWS: Final = 500
_PAST_OPENING: Final = ("source", "reference", "opened_at", "information")
"""Columns that say where and when or become a field, and are no part of a request by their own names."""
_ALLOWED: Final[dict[str, str]] = {
    "topic": "the id or the name of a topic of the town (topics.toml)",
    "district": "the id or the name of a mahalle of the town (mahalle.toml)",
    "service": "the id of a service, such as request",
    "kind": ", ".join(KINDS),
    "caller": str(NewTicketBody.allowed["caller"]),
    "text": f"a text of at most {LONGEST_TEXT} characters",
    "address": "a text of at most 500 characters",
    "name": "a text of at most 500 characters",
}


class Row(Body):
    """A row of a table: its line, and its values by column as they were written."""

    allowed: ClassVar[dict[str, Any]] = {"values": f"texts by column; columns are {', '.join(COLUMNS)}"}

    line: Annotated[int, Field(strict=True, ge=0)] = 0
    values: dict[Annotated[str, Field(max_length=32)], str]


class ImportBody(Body):
    """Rows of a table of another system's requests."""

    allowed: ClassVar[dict[str, Any]] = {
        "rows": f"1 to {MOST_ROWS} rows, each a line and its values by column: {', '.join(COLUMNS)}",
        "service": "a service's id, such as request",
    }

    rows: Annotated[list[Row], Field(min_length=1, max_length=MOST_ROWS)]
    source: str = Field("", max_length=64, description="of rows that name none")
    service: Id = Field("request", description="of rows that name none")
    file: str = Field("", max_length=200, description="the table's name, for the history")
    user: str = Field("", max_length=64, description="who imports, where the machine's token does; for the history")
    check: bool = Field(False, description="judge the rows and write nothing")
    skip_faulty: bool = Field(False, description="write the sound rows although others are faulty")
    rings_duty: bool = Field(False, description="urgent rows are taken too, and somebody on duty is rung about them")


class Fault(View):
    """What is wrong with a row."""

    key: str
    value: str
    allowed: str


class RowResult(View):
    """What became of a row. `not_written`: it is sound, and nothing was to be written."""

    line: int
    result: ImportResult
    number: str | None = None
    refused: list[Fault] = []


def router(ports: ConsolePorts, within: Any, timeout_s: float) -> APIRouter:
    """The routes."""
    routes = api_router()
    answer = Within(within, timeout_s)

    @routes.post(
        "/tickets/import",
        response_model=list[RowResult],
        responses={**documented(403), **BODY},
        dependencies=[Depends(only()), Depends(json_only)],
    )
    async def import_tickets(request: Request, body: ImportBody) -> Response:
        """Open requests of another system, each once by its source and reference; the same rows sent again open
        nothing twice. Unless `skip_faulty` is set, one faulty row leaves all unwritten."""
        user = body.user if identity_of(request).kind == "machine" else ""
        origin = Origin(file=body.file, user=user, rings_duty=body.rings_duty)
        town, zone = ports.town(), ZoneInfo(ports.timezone)
        names = Names(town)
        read = [_read(row, body, town, names, zone) for row in body.rows]
        sound = [one for one in read if isinstance(one, ImportRow)]
        write = not body.check and (body.skip_faulty or len(sound) == len(read))
        judged: Sequence[ImportedRow] = ()
        if sound:
            by = await author_of(request, None, None)
            work = ports.requests.import_rows(sound, origin, by, skip_faulty=body.skip_faulty, write=write)
            judged = await answer("tickets", work)
        done = _whole(read, judged)
        counts = {name: sum(one.result == name for one in done) for name in ("opened", "already", "refused")}
        note_about(request, body.source, **counts)
        return json_of(await views.to_json(RowResult, [_shown(one) for one in done]))

    return routes


def _read(row: Row, body: ImportBody, town: Town, names: Names, zone: ZoneInfo) -> ImportRow | ImportedRow:
    """A row, or that it is faulty."""
    given = {name: value.strip() for name, value in row.values.items() if value.strip()}
    unknown = [
        refuse("unknown", name, None, f"no such column; {', '.join(COLUMNS)} are")
        for name in sorted(given.keys() - COLUMNS)
    ]
    source, reference = given.get("source", body.source), given.get("reference", "")
    opened_at = read_time(given.get("opened_at", ""), zone)
    faults = [*unknown, *(one for one in (wrong_source(source), wrong_reference(reference)) if one is not None)]
    if opened_at is None:
        written = given.get("opened_at")
        faults.append(refuse("missing" if written is None else "not_allowed", "opened_at", written, TIME_ALLOWED))
    information = read_yes(given.get("information", "no"))
    if information is None:
        faults.append(refuse("not_allowed", "information", given["information"], YES_ALLOWED))
    values: dict[str, Any] = {
        name: value for name, value in given.items() if name in COLUMNS and name not in _PAST_OPENING
    }
    for name, known, ids in (
        ("topic", names.topic, town.topics),
        ("district", names.district, town.mahalle),
        ("kind", names.kind, KINDS),
    ):
        if name not in values:
            continue
        values[name] = known(given[name])
        if values[name] not in ids:
            faults.append(refuse("unknown", name, values.pop(name), f"{_ALLOWED[name]} is allowed"))
    caller = held(values.get("caller", ""))
    if isinstance(caller, Refusal):
        faults.append(caller)
        del values["caller"]
    if information:
        values["fields"] = {"information": True}
    try:
        new = NewTicketBody.model_validate({"service": body.service, **values}).wish()
    except ValidationError as error:
        faults += [_fault(one) for one in error.errors()]
        return ImportedRow(line=row.line, result="refused", refused=tuple(faults))
    topic = town.topics.get(new.topic or "")
    kind = new.kind or (topic.kind if topic else "request")
    if information and kind not in ("cimer", "information"):
        allowed = "yes is for the kinds cimer and information only: give the row one of these kinds"
        faults.append(refuse("not_allowed", "information", given["information"], allowed))
    if faults or opened_at is None:
        return ImportedRow(line=row.line, result="refused", refused=tuple(faults))
    new = msgspec.structs.replace(new, channel=source)
    return ImportRow(line=row.line, new=new, opened_at=opened_at, source=source, reference=reference)


def _fault(error: Any) -> Refusal:
    """What is wrong with the shape of a value."""
    key = str(error["loc"][0])
    return refuse("not_allowed", key, error["input"], f"{_ALLOWED.get(key, error['msg'])} is allowed")


def _whole(read: Sequence[ImportRow | ImportedRow], judged: Sequence[ImportedRow]) -> list[ImportedRow]:
    """What became of all rows, in their order; those that could not be read are in `read`."""
    others = iter(judged)
    return [one if isinstance(one, ImportedRow) else next(others) for one in read]


def _shown(one: ImportedRow) -> dict[str, Any]:
    return {
        "line": one.line,
        "result": one.result,
        "number": one.number,
        "refused": [{"key": fault.key, "value": fault.value, "allowed": fault.allowed} for fault in one.refused],
    }
