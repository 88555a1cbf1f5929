"""What the desk and the reports ask the database. Answers have the API's field names once encoded (`class`, not
`priority`); times in them are Unix seconds to the millisecond, durations seconds."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache, lru_cache
from typing import Any, TypeVar

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import spellings
from storage.columns import milliseconds, table_of
from storage.compiled import Compiled, given_of, one_of
from storage.database import Database
from storage.recordings import Recording, recordings
from storage.recordings import of_row as recording_of
from storage.requests.tables import LinkRow, TicketRow
from storage.tables import AgentIntervalRow, CallEventRow, CallRow, CallWaitRow, OfferRow, TalkSegmentRow

calls, call_events, offers = table_of(CallRow), table_of(CallEventRow), table_of(OfferRow)
waits, links = table_of(CallWaitRow), table_of(LinkRow)
intervals, tickets, segments = table_of(AgentIntervalRow), table_of(TicketRow), table_of(TalkSegmentRow)

CALLBACK_S = 7 * 86_400.0
"""A caller who came longer ago is called back no more."""

_OPENED = sa.select(sa.func.max(tickets.c.number)).where(tickets.c.call == calls.c.id).scalar_subquery()
"""The newest request that a person opened in a call; what the line opened is in the call's own row."""
CALL_COLUMNS = tuple(
    sa.func.coalesce(column, _OPENED).label("ticket") if column.name == "ticket" else column for column in calls.columns
)
"""The columns of a `Call`."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """A call; `outcome` and `ended_at` are None while it is up."""

    id: str
    node: str
    caller: str
    name: str
    dialled: str
    service: str | None
    priority: str | None = msgspec.field(name="class")
    language: str
    outcome: str | None
    agent: str | None
    arrived_at: float
    queued_at: float | None
    entered_at: float
    answered_at: float | None
    ended_at: float | None
    wait_s: float | None
    answer_delay_s: float | None
    within_target: bool | None
    ring_s: float | None
    talk_s: float | None
    hold_s: float | None
    wrapup_s: float | None
    hangup_by: str | None
    ticket: str | None
    callback: str | None = None
    callback_tries: int | None = None
    privacy_notice_ms: int | None = None
    recording_notice_ms: int | None = None
    monitoring_notice_ms: int | None = None
    privacy_notice_version: str | None = None
    recording_notice_version: str | None = None
    monitoring_notice_version: str | None = None


class CallEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a call; what belongs to it is in `data`."""

    at: float
    type: str
    data: dict[str, Any]


class TalkSegment(msgspec.Struct, frozen=True, kw_only=True):
    """One agent's part of a talk; `talk_s` includes `hold_s`."""

    agent: str
    how: str
    began_at: float
    ended_at: float
    talk_s: float
    hold_s: float


class CallRequest(msgspec.Struct, frozen=True, kw_only=True):
    """A request that a call is linked with; `how` as in `storage.requests.tables.LinkRow`."""

    number: str
    how: str
    at: float


class CallWait(msgspec.Struct, frozen=True, kw_only=True):
    """So long a call waited for one cause; `agent` is empty where it was no agent's phone."""

    cause: str
    agent: str
    waited_s: float


class CallHistory(Call, frozen=True, kw_only=True):
    """A call, each agent's part of its talk, what its wait was spent on, and all that happened to it, oldest first."""

    segments: tuple[TalkSegment, ...]
    waits: tuple[CallWait, ...]
    history: tuple[CallEvent, ...]
    recording: Recording | None = None
    tickets: tuple[CallRequest, ...] = ()


class AgentInterval(msgspec.Struct, frozen=True, kw_only=True):
    """A time an agent spent in one state; `ended_at` is None for the present one."""

    agent: str
    state: str
    reason: str
    call: str | None
    began_at: float
    ended_at: float | None


S = TypeVar("S", bound=msgspec.Struct)


def as_record(struct: msgspec.Struct) -> dict[str, Any]:
    """A struct as the mapping the console shows: keys as in the API."""
    record: dict[str, Any] = msgspec.to_builtins(struct)
    return record


@cache
def _plan(cls: type[msgspec.Struct]) -> tuple[tuple[str, str, bool], ...]:
    """Name and column of each field, and whether it is a time."""
    fields = msgspec.structs.fields(cls)
    return tuple((field.name, field.encode_name, field.name == "at" or field.name.endswith("_at")) for field in fields)


def of_row(cls: type[S], row: sa.RowMapping, **more: Any) -> S:
    """A struct of this class from a row with its columns; `more` gives fields that are no columns."""
    values: dict[str, Any] = more
    for name, column, is_time in _plan(cls):
        if name not in values:
            value = row[column]
            values[name] = value / 1000 if is_time and value is not None else value
    return cls(**values)


@lru_cache(maxsize=20)
def _preferred(spelt: int, dialect: sa.Dialect, *, spoken: bool) -> Compiled:
    """The agent of the newest open request of a number that is spelt in so many ways; or else, if `spoken`, who spoke
    with it last. Each caller is looked up, and to put the statement together takes longer than to run it."""
    one: Any = sa.literal_column("1")
    owner = (
        sa.select(calls.c.agent)
        .join(tickets, tickets.c.call == calls.c.id)
        .where(one_of(tickets.c.caller, "caller", spelt), tickets.c.closed_at.is_(None), calls.c.agent.is_not(None))
        .order_by(tickets.c.opened_at.desc(), tickets.c.number.desc())
        .limit(one)
    )
    since = sa.bindparam("since", type_=sa.BigInteger)
    last = (
        sa.select(calls.c.agent)
        .where(one_of(calls.c.caller, "caller", spelt), calls.c.agent.is_not(None), calls.c.entered_at >= since)
        .order_by(calls.c.entered_at.desc(), calls.c.id.desc())
        .limit(one)
    )
    either = sa.func.coalesce(owner.scalar_subquery(), last.scalar_subquery()) if spoken else owner.scalar_subquery()
    return Compiled(sa.select(either.label("agent")), dialect)


@lru_cache(maxsize=4)
def _opened_in(dialect: sa.Dialect) -> Compiled:
    """The newest request of a call."""
    of_call = tickets.c.call == sa.bindparam("of_call", type_=sa.Text)
    newest = sa.select(tickets.c.number).where(of_call).order_by(tickets.c.id.desc())
    return Compiled(newest.limit(sa.literal_column("1")), dialect)


class Queries:
    """Questions to one database. Raises `storage.database.DatabaseError` if it does not answer."""

    def __init__(self, database: Database) -> None:
        self._database = database

    @asynccontextmanager
    async def _reading(self) -> AsyncIterator[AsyncConnection]:
        async with self._database.explained(), self._database.reading() as connection:
            yield connection

    async def get_call(self, call: str) -> CallHistory | None:
        """One call with its history, or None."""
        async with self._reading() as connection:
            row = (
                (await connection.execute(sa.select(*CALL_COLUMNS).where(calls.c.id == call))).mappings().one_or_none()
            )
            if row is None:
                return None
            steps = await connection.execute(
                sa.select(call_events.c.at, call_events.c.type, call_events.c.detail)
                .where(call_events.c.call == call)
                .order_by(call_events.c.at, call_events.c.seq, call_events.c.index)
            )
            history = tuple(CallEvent(at=at / 1000, type=kind, data=detail) for at, kind, detail in steps)
            parts = await connection.execute(
                sa.select(segments).where(segments.c.call == call).order_by(segments.c.number)
            )
            talks = tuple(of_row(TalkSegment, part) for part in parts.mappings())
            found = await connection.execute(sa.select(recordings).where(recordings.c.call == call))
            kept = found.mappings().one_or_none()
            recording = None if kept is None else recording_of(kept)
            linked = await connection.execute(
                sa.select(links.c.number, links.c.how, links.c.at)
                .where(links.c.kind == "call", links.c.other == call)
                .order_by(links.c.at, links.c.number)
            )
            about = tuple(of_row(CallRequest, one) for one in linked.mappings())
            spent = await connection.execute(sa.select(waits).where(waits.c.call == call))
            causes = tuple(of_row(CallWait, one) for one in spent.mappings())
            more = {"segments": talks, "waits": causes, "history": history, "recording": recording, "tickets": about}
            return of_row(CallHistory, row, **more)

    async def opened_in(self, call: str) -> str | None:
        """The number of the newest request that was opened in a call, by the line or by a person; None for none."""
        rows = await _opened_in(self._database.engine.dialect).asked_shortly(self._database, {"of_call": call})
        return rows[0]["number"] if rows else None

    async def preferred_agent(self, caller: str, since: float | None) -> str | None:
        """The agent who answered the call of the caller's newest open ticket, or else spoke with them last, since
        `since` (Unix seconds; None: that does not count); whichever way the trunk wrote the caller's number then."""
        if not caller:
            return None
        spelt = spellings(caller)
        asked = given_of("caller", spelt)
        if since is not None:
            asked["since"] = milliseconds(since)
        statement = _preferred(len(spelt), self._database.engine.dialect, spoken=since is not None)
        (row,) = await statement.asked_shortly(self._database, asked)
        found: str | None = row["agent"]
        return found

    async def agent_intervals(self, begin: float, end: float, agent: str | None = None) -> list[AgentInterval]:
        """Intervals that touch the span from `begin` to before `end` (Unix seconds), by agent and time."""
        query = (
            sa.select(intervals)
            .where(
                intervals.c.began_at < milliseconds(end),
                sa.or_(intervals.c.ended_at.is_(None), intervals.c.ended_at > milliseconds(begin)),
            )
            .order_by(intervals.c.agent, intervals.c.began_at, intervals.c.id)
        )
        if agent is not None:
            query = query.where(intervals.c.agent == agent)
        async with self._reading() as connection:
            return [of_row(AgentInterval, row) for row in (await connection.execute(query)).mappings()]

    async def wait_causes(self, begin: float, end: float) -> list[dict[str, Any]]:
        """What the calls that came from `begin` to before `end` (Unix seconds) waited for, added up."""
        hour = (waits.c.entered_at // 3_600_000).label("hour")
        alike = (waits.c.cause, waits.c.agent, waits.c.service, waits.c["class"], waits.c.within_target)
        query = (
            sa.select(
                *alike[:3],
                waits.c["class"].label("priority"),
                waits.c.within_target,
                hour,
                sa.func.count().label("parts"),
                sa.func.sum(waits.c.waited_s).label("waited_s"),
            )
            .where(waits.c.entered_at >= milliseconds(begin), waits.c.entered_at < milliseconds(end))
            .group_by(*alike, hour)
        )
        async with self._reading() as connection:
            return [dict(row) for row in (await connection.execute(query)).mappings()]

    async def waits_untold(self, begin: float, end: float) -> int:
        """How many callers of this time waited and have no causes: they are from before these were kept. A citizen who
        is called about an outcome waits for nobody, and has none."""
        told = sa.exists().where(waits.c.call == calls.c.id)
        query = sa.select(sa.func.count()).where(
            calls.c.entered_at >= milliseconds(begin),
            calls.c.entered_at < milliseconds(end),
            calls.c.wait_s > 0,
            calls.c.outcome.is_not(None),
            sa.func.coalesce(calls.c["class"], "") != "outcome",
            ~told,
        )
        async with self._reading() as connection:
            return int((await connection.execute(query)).scalar_one())

    async def pick_ups(self, begin: float, end: float) -> list[tuple[str, float, int]]:
        """How long agents' phones rang until they were picked up: agent, seconds to the tenth, how often. Not of
        callers who were called back: there the ring is theirs too."""
        tenths = sa.func.round(offers.c.ring_s * 10)
        called_back = sa.select(calls.c.id).where(
            calls.c.callback.is_not(None), calls.c.entered_at >= milliseconds(begin - CALLBACK_S)
        )
        query = (
            sa.select(offers.c.agent, tenths, sa.func.count())
            .where(
                offers.c.made_at >= milliseconds(begin),
                offers.c.made_at < milliseconds(end),
                offers.c.result == "answered",
                offers.c.call.not_in(called_back),
            )
            .group_by(offers.c.agent, tenths)
        )
        async with self._reading() as connection:
            return [(agent, float(ring) / 10, times) for agent, ring, times in await connection.execute(query)]
