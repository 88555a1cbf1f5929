"""The story of a request: all that happened about it, in one order; and what belongs to it besides its own rows, which
is tries to tell its citizen, text messages, rings of people on duty, and tasks."""

from collections.abc import Iterator
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.requests.tables import AttemptRow, DutyRingRow, OutboxRow, TaskRow

attempts, rings, tasks, outbox = (table_of(one) for one in (AttemptRow, DutyRingRow, TaskRow, OutboxRow))

Record = dict[str, Any]


def story_of(record: Record) -> list[Record]:
    """What happened about a request, oldest first, with the fields of `console.request_views.StoryStep`. It is made of
    the lists of `RequestQueries.get`, and tells no more than they do: make it anew where some of them are masked."""
    return sorted(_happened(record), key=lambda one: float(one["at"]))


def _happened(record: Record) -> Iterator[Record]:
    for call in record["calls"]:
        kept = {name: call[name] for name in ("recorded", "recording_sha256") if call[name]}
        yield _step(call["at"], "call", call["how"], who=call["agent"] or "", id=call["id"], detail=kept)
    for row in record["history"]:
        who = " ".join(part for part in (row["role"], row["who"]) if part)
        named = {name: row[name] for name in ("unit", "note", "words", "detail")}
        yield _step(row["at"], "history", row["what"], who=who, **named)
    for file in record["files"]:
        detail = {name: file[name] for name in ("about", "media_type", "size")}
        yield _step(file["at"], "file", file["kind"], id=file["id"], detail=detail)
    for one in record["tries"]:
        detail = {"outcome": one["outcome"], "automatic": one["automatic"]}
        yield _step(one["at"], "try", one["result"], id=one["call"] or "", detail=detail)
    for text in record["texts"]:
        yield _step(text["at"], "text", text["result"], detail={"about": text["about"]})
    for ring in record["rings"]:
        yield _step(ring["at"], "ring", ring["result"], who=ring["person"], unit=ring["unit"])
    for task in record["tasks"]:
        yield _step(task["opened_at"], "task", task["kind"], id=str(task["id"]))
        if task["done_at"] is not None:
            yield _step(task["done_at"], "task_done", task["kind"], who=task["done_by"], id=str(task["id"]))
    for one in record["followed_by"]:
        yield _step(one["at"], "followed", "opened", id=one["number"])
    for one in record["joins"]:
        yield _step(one["at"], "duplicate", one["what"], who=one["who"], id=one["number"])


def _step(at: float, kind: str, what: str, **more: Any) -> Record:
    plain: Record = {"who": "", "unit": None, "note": "", "words": "", "id": "", "detail": {}}
    return {"at": at, "kind": kind, "what": what, **plain, **more}


async def tries_of(connection: AsyncConnection, number: str) -> list[Record]:
    """The calls by which the citizen was to be told, oldest first; `outcome` counts the request's outcomes from 1."""
    names = ("outcome", "at", "began_at", "ended_at", "result", "automatic", "call")
    return await _rows(connection, attempts, names, number, attempts.c.outcome, attempts.c.attempt)


async def texts_of(connection: AsyncConnection, number: str) -> list[Record]:
    """The text messages to the citizen that left or were given up, oldest first."""
    over = (outbox.c.kind == "text", outbox.c.state.in_(("done", "failed")), outbox.c.done_at.is_not(None))
    query = sa.select(outbox.c.done_at, outbox.c.about, outbox.c.state).where(outbox.c.number == number, *over)
    found = await connection.execute(query.order_by(outbox.c.done_at, outbox.c.id))
    return [
        {"at": at / 1000, "about": about, "result": "sent" if state == "done" else "failed"}
        for at, about, state in found
    ]


async def rings_of(connection: AsyncConnection, number: str) -> list[Record]:
    """The rings of people on duty, oldest first. Their telephones are left out."""
    names = ("at", "unit", "person", "result", "heard_at", "ended_at")
    return await _rows(connection, rings, names, number, rings.c.ring)


async def tasks_of(connection: AsyncConnection, number: str) -> list[Record]:
    """What a person had or has to decide about it, oldest first."""
    names = ("id", "kind", "opened_at", "assigned_to", "done_at", "done_by")
    return await _rows(connection, tasks, names, number, tasks.c.id)


async def _rows(
    connection: AsyncConnection, table: sa.Table, names: tuple[str, ...], number: str, *order: Any
) -> list[Record]:
    query = sa.select(*(table.c[name] for name in names)).where(table.c.number == number).order_by(*order)
    return [
        {name: row[name] / 1000 if _is_time(name) and row[name] is not None else row[name] for name in names}
        for row in (await connection.execute(query)).mappings()
    ]


def _is_time(name: str) -> bool:
    return name == "at" or name.endswith("_at")
