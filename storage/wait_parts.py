"""What waits were spent on, as rows: the fold of `acd.engine.model.wait_causes`, put down with each batch.

What the fold remembers is in the tables: of a call that waits in its own row, of a queue in `wait_queues`. A reader
that was killed goes on from there, and a batch costs what it touches.
"""

from collections.abc import Iterable, Mapping
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import AnyFact, CallAnswered, CallEnded
from acd.engine.model.ids import CallId
from acd.engine.model.target import within_target
from acd.engine.model.wait_causes import OpenWait, QueueTime, WaitFold, WaitPart
from storage.columns import table_of
from storage.tables import WaitQueueRow

Row = dict[str, Any]
wait_queues = table_of(WaitQueueRow)
_QUEUES = sa.select(wait_queues.c.queue, wait_queues.c.time)
_encode = msgspec.json.Encoder().encode
_open_wait = msgspec.json.Decoder(OpenWait).decode
_queue_time = msgspec.json.Decoder(QueueTime).decode


def class_of(row: Row, now: ServiceClass | None) -> ServiceClass | None:
    """The class of a call whose row is this one until now. A citizen who was called about an outcome and talks with an
    agent waited for nobody, whoever has them after that (ADR 0031)."""
    return "outcome" if row["class"] == "outcome" and row["answered_at"] else now


class WaitParts:
    """The fold over one batch; `rows` are the parts of waits that are over by it."""

    def __init__(self, target_s: float) -> None:
        self.rows: dict[tuple[str, str, str], Row] = {}
        self._target_s = target_s
        self._fold = WaitFold()
        self._stored: dict[str, QueueTime] = {}

    async def load(self, connection: AsyncConnection, calls: Mapping[str, Row]) -> None:
        """Go on from what is in the tables; `calls` are the rows of the calls in the batch."""
        for queue, time in await connection.execute(_QUEUES):
            self._stored[queue] = _queue_time(time)
        self._fold.queues = msgspec.json.decode(_encode(self._stored), type=dict[str, QueueTime])
        for call, row in calls.items():
            if row["open_wait"] is not None:
                self._fold.calls[CallId(call)] = _open_wait(row["open_wait"])

    def take(self, fact: AnyFact, row: Row | None) -> None:
        """One more fact; `row` is its call's as it is after it."""
        parts = self._fold.take(fact)
        if parts is None or row is None or not isinstance(fact, CallAnswered | CallEnded):
            return
        if fact.priority != "outcome":  # no caller waited
            for part in parts:
                self.rows[fact.call, part.cause, part.agent] = self._row(fact, part, row)

    def _row(self, fact: CallAnswered | CallEnded, part: WaitPart, row: Row) -> Row:
        return {
            "call": fact.call,
            "cause": part.cause,
            "agent": part.agent,
            "entered_at": row["entered_at"],
            "class": fact.priority,
            "service": fact.service,
            "within_target": bool(within_target(fact, self._target_s)),
            "waited_s": part.ms / 1000,
        }

    def open_wait(self, call: str) -> str | None:
        """What is to be remembered of a call; None where it does not wait."""
        wait = self._fold.calls.get(CallId(call))
        return None if wait is None else _encode(wait).decode()

    def queues(self) -> Iterable[Row]:
        """The queues that have changed."""
        for queue, time in self._fold.queues.items():
            if self._stored.get(queue) != time:
                yield {"queue": queue, "time": _encode(time).decode()}
