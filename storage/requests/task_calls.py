"""Calls by which agents ring citizens about tasks: what came of the last one.

The line's journal is the truth about them. The projector links each with its request (`of_calls`); its id names the
task."""

from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.ids import TASK_MARK
from acd.engine.model.phone_numbers import number_key, spellings
from storage.columns import milliseconds, table_of
from storage.requests.tables import AttemptRow, LinkRow
from storage.tables import CallEventRow, CallRow
from tickets.task_calls import TaskCallResult

links, attempts = table_of(LinkRow), table_of(AttemptRow)
calls, events = table_of(CallRow), table_of(CallEventRow)

Record = dict[str, Any]

ABOUT_TASK: Final = "task"
"""The kind of link to such a call."""

_MISSED: Final[Mapping[str, TaskCallResult]] = {
    "NOANSWER": "no_answer",
    "BUSY": "busy",
    "CONGESTION": "unreachable",
    "CHANUNAVAIL": "unreachable",
}
"""By Asterisk's word."""


async def is_wrong(connection: AsyncConnection, number: str, caller: str) -> bool:
    """Whether the present number of a request's citizen was found to be another person's."""
    query = sa.select(attempts.c.caller).where(attempts.c.number == number, attempts.c.result == "wrong_number")
    return any(number_key(one) == number_key(caller) for one in (await connection.execute(query)).scalars())


async def rung_at(connection: AsyncConnection, caller: str, since: float) -> tuple[float, ...]:
    """When the citizen's telephone was called about any task since then, oldest first (Unix seconds); not a call that
    is up, which the line knows of. A call whose agent did not pick up has rung nobody."""
    rang = sa.or_(calls.c.answered_at.is_not(None), calls.c.outcome.in_(("called_back", "callback_failed")))
    mine = (calls.c.caller.in_(spellings(caller)), calls.c.entered_at > milliseconds(since), calls.c.callback == "task")
    query = sa.select(calls.c.entered_at).where(*mine, rang).order_by(calls.c.entered_at)
    return tuple(at / 1000 for at in (await connection.execute(query)).scalars())


async def last_calls(connection: AsyncConnection, numbers: Collection[str]) -> dict[int, Record]:
    """The last call about each task of these requests, by task: `id`, `at`, `agent` (None if that is not known any
    more) and `result`."""
    if not numbers:
        return {}
    query = (
        sa.select(links.c.other, links.c.at, calls.c.outcome, calls.c.answered_at)
        .select_from(links.outerjoin(calls, calls.c.id == links.c.other))
        .where(links.c.number.in_(numbers), links.c.kind == "call", links.c.how == ABOUT_TASK)
        .order_by(links.c.at, links.c.other)
    )
    found = {_task_of(row.other): row for row in await connection.execute(query)}
    told = await _told(connection, [row.other for row in found.values()])
    return {
        task: {
            "id": row.other,
            "at": row.at / 1000,
            "agent": told.get(row.other, {}).get("agent"),
            "result": _result(row.outcome, row.answered_at, told.get(row.other, {}).get("status")),
        }
        for task, row in found.items()
    }


def _task_of(call: str) -> int:
    """The task that the id of a call names."""
    return int(call.partition(TASK_MARK)[2].split(".")[1])


async def _told(connection: AsyncConnection, ids: Sequence[str]) -> dict[str, Record]:
    """By call, whose it is (`agent`) and how its citizen's telephone answered, if it did not (`status`)."""
    if not ids:
        return {}
    wanted = {"task_call_ordered": "agent", "callback_missed": "status"}
    query = sa.select(events.c.call, events.c.type, events.c.detail)
    query = query.where(events.c.call.in_(ids), events.c.type.in_(wanted))
    told: dict[str, Record] = {}
    for call, kind, detail in await connection.execute(query):
        told.setdefault(call, {})[wanted[kind]] = detail.get(wanted[kind])
    return told


def _result(outcome: str | None, answered_at: int | None, status: str | None) -> TaskCallResult:
    if outcome is None:
        return "ringing" if answered_at is None else "talking"
    if answered_at is not None or outcome == "called_back":  # who was reached may end otherwise, once sent on
        return "reached"
    return _MISSED.get(status or "", "unknown") if outcome == "callback_failed" else "not_made"
