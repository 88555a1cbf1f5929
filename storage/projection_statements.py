"""The statements of the projector, put together once: to do so for each batch costs more than to run them."""

from collections.abc import Callable, Iterable
from operator import itemgetter
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite

from storage.columns import table_of
from storage.tables import (
    AgentIntervalRow,
    CallEventRow,
    CallRow,
    CallWaitRow,
    CheckpointRow,
    OfferRow,
    TalkSegmentRow,
)
from storage.wait_parts import wait_queues

Row = dict[str, Any]

calls, call_events, offers = table_of(CallRow), table_of(CallEventRow), table_of(OfferRow)
intervals, segments, waits = table_of(AgentIntervalRow), table_of(TalkSegmentRow), table_of(CallWaitRow)
checkpoints = table_of(CheckpointRow)

CALLS = (
    sa.select(calls)
    .where(calls.c.id.in_(sa.bindparam("ids", expanding=True)))
    .order_by(calls.c.id)
    .with_for_update()  # erasures wait
)
"""The rows of calls, locked."""
CALL_NAMES = tuple(column.name for column in calls.columns)
OPEN_INTERVALS = sa.select(intervals).where(
    intervals.c.agent.in_(sa.bindparam("agents", expanding=True)), intervals.c.ended_at.is_(None)
)
INTERVAL_NAMES = tuple(column.name for column in intervals.columns)


def _upsert(table: sa.Table, *, postgres: bool) -> Any:
    insert = (postgresql.insert if postgres else sqlite.insert)(table)
    keys = [column.name for column in table.primary_key]
    others = {column.name: insert.excluded[column.name] for column in table.columns if column.name not in keys}
    return insert.on_conflict_do_update(index_elements=keys, set_=others)


class Statement:
    """One statement for many rows, as the driver takes it."""

    def __init__(self, statement: Any, columns: Iterable[str], dialect: sa.Dialect) -> None:
        compiled = statement.compile(dialect=dialect, column_keys=list(columns))
        self.text = str(compiled)
        self.values: Callable[[Row], tuple[Any, ...]] = itemgetter(*compiled.positiontup)
        """A row's values in the order of the statement's parameters."""


class Statements:
    """The statements for writing, made once for a database."""

    def __init__(self, dialect: sa.Dialect) -> None:
        postgres = dialect.name == "postgresql"

        def put(table: sa.Table) -> Statement:
            return Statement(_upsert(table, postgres=postgres), table.columns.keys(), dialect)

        self.put_call = put(calls)
        self.put_event = put(call_events)
        self.put_offer = put(offers)
        self.put_segment = put(segments)
        self.put_wait = put(waits)
        self.put_wait_queue = put(wait_queues)
        end_offer = ("ended_at", "result", "ring_s")
        self.end_offer = Statement(
            sa.update(offers)
            .where(offers.c.id == sa.bindparam("of"))
            .values({name: sa.bindparam(name) for name in end_offer}),
            end_offer,
            dialect,
        )
        self.end_interval = Statement(
            sa.update(intervals).where(intervals.c.id == sa.bindparam("of")).values(ended_at=sa.bindparam("ended")),
            ("ended_at",),
            dialect,
        )
        expected = ("reader", "journal", "opening", "seq")
        self.move = Statement(
            sa.update(checkpoints)
            .where(*(checkpoints.c[name] == sa.bindparam(f"from_{name}") for name in expected))
            .values(seq=sa.bindparam("to_seq"), opening=sa.bindparam("to_opening")),
            ("seq", "opening"),
            dialect,
        )
        begin_interval = [column.name for column in intervals.columns if column.name != "id"]
        self.begin_interval = Statement(sa.insert(intervals).inline(), begin_interval, dialect)
