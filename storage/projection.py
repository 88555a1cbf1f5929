"""Turns a batch of journal entries into changes of the tables. It knows no rules, only what each fact says.

A batch reads what it touches once, changes it in memory and writes it once, so its cost hardly depends on its size.
Statements are compiled once and given to the driver as they are: SQLAlchemy's work for each row costs more than the
database's own.
"""

from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter
from typing import Any

import msgspec
import sqlalchemy as sa
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.duty_facts import DutyFact
from acd.engine.model.facts import (
    AgentStateChanged,
    AnyFact,
    CallAnswered,
    CallbackMissed,
    CallbackQueued,
    CallEnded,
    CallEntered,
    CallEscalated,
    CallOverflowed,
    CallQueued,
    CallTransferred,
    KindChanged,
    LineFact,
    OfferEnded,
    OfferMade,
    OutcomeDialled,
    ServiceNamed,
    SurgeAnswered,
    TalkEnded,
    WrapupEnded,
)
from acd.engine.model.handover_facts import HandOverEnded
from acd.engine.model.journal import Entry
from acd.engine.model.monitor_facts import MonitorBegan, MonitorEnded, Notice, NoticeGiven
from acd.engine.model.recording_facts import RecordingAnnounced, RecordingFact
from acd.engine.model.talk_facts import CallTakenOver
from acd.engine.model.target import within_target
from agents.audit_actions import AuditAction
from storage.columns import clean, milliseconds, table_of
from storage.people.tables import AuditRow
from storage.recordings import RecordingFacts
from storage.requests.duty_facts import DutyFacts
from storage.requests.handover_facts import HandOverFacts
from storage.requests.of_calls import OfRequest, RequestsOfCalls
from storage.requests.outcome_facts import OutcomeFacts, concerns
from storage.tables import AgentIntervalRow, CallEventRow, CallRow, CallWaitRow, OfferRow, TalkSegmentRow
from storage.wait_parts import WaitParts, class_of, wait_queues
from tickets.changes import Rules

Row = dict[str, Any]

calls, call_events, offers = table_of(CallRow), table_of(CallEventRow), table_of(OfferRow)
audit = table_of(AuditRow)
intervals, segments, waits = table_of(AgentIntervalRow), table_of(TalkSegmentRow), table_of(CallWaitRow)
_NOT_IN_HISTORY = frozenset({"at", "call", "type", "number", "name", "person"})
_encode = msgspec.json.Encoder().encode
_NEW_CALL: Row = {column.name: None for column in calls.columns} | {"language": "tr", "hold_s": 0.0}


def _maybe_ms(at: float | None) -> int | None:
    return None if at is None else milliseconds(at)


def _seconds(duration: float | None) -> float | None:
    return None if duration is None else round(duration, 3)


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
        begin_interval = [column.name for column in intervals.columns if column.name != "id"]
        self.begin_interval = Statement(sa.insert(intervals).inline(), begin_interval, dialect)


class Batch:
    """The changes of some entries, applied in the transaction of one connection."""

    def __init__(
        self,
        connection: AsyncConnection,
        statements: Statements,
        rules: Rules,
        target_s: float,
        tell_since: float = 0.0,
    ) -> None:
        self._connection = connection
        self._target_s = target_s
        self._statements = statements
        self._calls: dict[str, Row] = {}
        self._changed: dict[str, Row] = {}
        self._events: list[Row] = []
        self._offers: dict[str, Row] = {}
        self._segments: dict[tuple[str, int], Row] = {}
        self._ended_offers: list[Row] = []
        self._open: dict[str, Row] = {}
        self._ended_intervals: list[Row] = []
        self._begun: list[Row] = []
        self._requests = RequestsOfCalls(rules, tell_since)
        self._waits = WaitParts(target_s)
        self._outcomes = OutcomeFacts(rules)
        self._duty = DutyFacts(rules)
        self._handed_over = HandOverFacts(rules)
        self._audit: list[Row] = []
        self._recordings = RecordingFacts()

    @property
    def untold(self) -> int:
        """How much of this nobody outside is told of, because it is older than `tell_since`."""
        return self._requests.untold

    async def apply(self, entries: Sequence[Entry]) -> None:
        """Read what the entries touch, change it, write it."""
        await self._load([fact for entry in entries for fact in entry.facts])
        for entry in entries:
            for index, fact in enumerate(entry.facts):
                if isinstance(fact, AgentStateChanged):
                    self._agent(fact)
                    continue
                if isinstance(fact, LineFact):
                    self._waits.take(fact, None)
                    if isinstance(fact, DutyFact):
                        self._duty.take(fact)
                    if concerns(fact):
                        self._outcomes.take(fact, None)
                    continue
                self._events.append(_event(entry.seq, index, fact.call, fact))
                known = self._call(fact.call) is not None or fact.call not in self._calls
                self._take(fact.call, fact)
                if isinstance(fact, MonitorBegan | MonitorEnded):
                    self._audit.append(_audited(fact))
                if known:
                    self._waits.take(fact, self._calls.get(fact.call))
                if isinstance(fact, OfRequest):
                    self._requests.take(fact, self._call(fact.call, ended=True))
                if concerns(fact):
                    self._outcomes.take(fact, self._call(fact.call, ended=True))
                if isinstance(fact, HandOverEnded | CallEnded):
                    self._handed_over.take(fact)
                if isinstance(fact, RecordingFact):
                    self._recordings.take(fact)
        await self._requests.write(self._connection)
        await self._outcomes.write(self._connection)
        await self._duty.write(self._connection)
        await self._handed_over.write(self._connection)
        await self._recordings.write(self._connection)
        await self._write()

    async def _load(self, facts: Sequence[AnyFact]) -> None:
        ids = {fact.call for fact in facts if not isinstance(fact, LineFact)}
        if ids:
            rows = sa.select(calls).where(calls.c.id.in_(ids)).order_by(calls.c.id).with_for_update()  # erasures wait
            self._calls = {row["id"]: dict(row) for row in (await self._connection.execute(rows)).mappings()}
        await self._waits.load(self._connection, self._calls)
        agents = {fact.agent for fact in facts if isinstance(fact, AgentStateChanged)}
        if agents:
            found = await self._connection.execute(
                sa.select(intervals).where(intervals.c.agent.in_(agents), intervals.c.ended_at.is_(None))
            )
            self._open = {row["agent"]: dict(row) for row in found.mappings()}
        await self._requests.load(self._connection, facts)

    async def _write(self) -> None:
        write = self._statements
        for call, row in self._changed.items():
            row["open_wait"] = self._waits.open_wait(call)
        work: Sequence[tuple[Statement, Iterable[Row]]] = (
            (write.put_call, self._changed.values()),
            (write.put_event, self._events),
            (write.put_offer, self._offers.values()),
            (write.put_segment, self._segments.values()),
            (write.put_wait, self._waits.rows.values()),
            (write.put_wait_queue, self._waits.queues()),
            (write.end_offer, self._ended_offers),
            (write.end_interval, self._ended_intervals),
            (write.begin_interval, self._begun),
        )
        for statement, rows in work:
            await self._put(statement, rows)
        if self._audit:
            await self._connection.execute(sa.insert(audit), self._audit)

    async def _put(self, statement: Statement, rows: Iterable[Row]) -> None:
        if values := [statement.values(row) for row in rows]:
            await self._connection.exec_driver_sql(statement.text, values)

    def _call(self, call: str, *, ended: bool = False) -> Row | None:
        """The row of a call, to be changed. None if the call's beginning is not known, or if it has ended (unless
        `ended`)."""
        row = self._calls.get(call)
        if row is not None and row["outcome"] is not None and not ended:
            return None
        if row is not None:
            self._changed[call] = row
        return row

    def _take(self, call: str, fact: AnyFact) -> None:
        match fact:
            case CallEntered():
                self._enter(fact)
            case CallEnded():
                self._end(fact)
            case OfferMade():
                self._offers[fact.offer] = {
                    "id": fact.offer,
                    "call": fact.call,
                    "agent": fact.agent,
                    "service": fact.service,
                    "class": fact.priority,
                    "made_at": milliseconds(fact.at),
                    "ended_at": None,
                    "result": None,
                    "ring_s": None,
                }
            case OfferEnded():
                self._end_offer(fact)
            case TalkEnded():
                self._segments[fact.call, fact.number] = {
                    "call": fact.call,
                    "number": fact.number,
                    "agent": fact.agent,
                    "how": fact.how,
                    "began_at": milliseconds(fact.began_at),
                    "ended_at": milliseconds(fact.at),
                    "talk_s": fact.talk_s,
                    "hold_s": fact.hold_s,
                }
            case _:
                row = self._call(call, ended=isinstance(fact, WrapupEnded | KindChanged))  # which may follow the end
                if row is not None:
                    row.update(_update(fact, row, self._target_s))

    def _enter(self, fact: CallEntered) -> None:
        row = self._calls.setdefault(fact.call, dict(_NEW_CALL))
        if row["outcome"] is not None:  # a call that has ended is never begun again
            return
        self._changed[fact.call] = row
        known = {"caller": clean(fact.number), "name": clean(fact.name), "dialled": clean(fact.dialled)}
        # Found on the line again after the journal was lost: what was known of the caller stays.
        if row["id"] is not None:
            known = {key: value or row[key] for key, value in known.items()}
        arrived_at = milliseconds(fact.arrived_at)
        row.update(id=fact.call, node=fact.node, arrived_at=arrived_at, entered_at=arrived_at, **known)

    def _end(self, fact: CallEnded) -> None:
        row = self._calls.setdefault(fact.call, dict(_NEW_CALL))
        if row["outcome"] is not None:
            return
        self._changed[fact.call] = row
        if row["within_target"] is None:  # else known since the answer, for the class that the call had then
            row["within_target"] = within_target(fact, self._target_s)
        queued_at = _maybe_ms(fact.queued_at)
        arrived_at = milliseconds(fact.arrived_at)
        row.update(
            {
                "id": fact.call,
                "node": fact.node,
                "caller": clean(fact.number) or row["caller"] or "",
                "name": clean(fact.name) or row["name"] or "",
                "dialled": clean(fact.dialled) or row["dialled"] or "",
                "service": fact.service,
                "class": class_of(row, fact.priority),
                "language": fact.language,
                "outcome": fact.outcome,
                "hangup_by": fact.hangup_by,
                "agent": fact.agent,
                "arrived_at": arrived_at,
                "queued_at": queued_at,
                "entered_at": arrived_at if queued_at is None else queued_at,
                "answered_at": _maybe_ms(fact.answered_at),
                "ended_at": milliseconds(fact.ended_at),
                "wait_s": _seconds(fact.wait_s),
                "answer_delay_s": _seconds(fact.answer_delay_s),
                "ring_s": _seconds(fact.ring_s),
                "talk_s": _seconds(fact.talk_s),
                "hold_s": _seconds(fact.hold_s),
                "callback": fact.callback,
                "callback_tries": fact.tries if fact.callback else None,
            }
        )

    def _end_offer(self, fact: OfferEnded) -> None:
        end = {"ended_at": milliseconds(fact.at), "result": fact.result, "ring_s": _seconds(fact.ring_s)}
        made = self._offers.get(fact.offer)
        if made is not None:
            made.update(end)
        else:
            self._ended_offers.append({"of": fact.offer, **end})

    def _agent(self, fact: AgentStateChanged) -> None:
        at = milliseconds(fact.at)
        before = self._open.get(fact.agent)
        if before is not None:
            before["ended_at"] = at
            if before.get("id") is not None:
                self._ended_intervals.append({"of": before["id"], "ended": at})
        begun = {
            "agent": fact.agent,
            "state": fact.state,
            "reason": clean(fact.reason),
            "call": fact.call,
            "began_at": at,
            "ended_at": None,
        }
        self._open[fact.agent] = begun
        self._begun.append(begun)


def _audited(fact: MonitorBegan | MonitorEnded) -> Row:
    """The audit's row of a begin or an end."""
    detail: Row = {"mode": fact.mode, "phone": fact.phone, "agent": fact.agent}
    if isinstance(fact, MonitorEnded):
        detail["lasted_s"] = fact.lasted_s
    action: AuditAction = "monitor_began" if isinstance(fact, MonitorBegan) else "monitor_ended"
    return {
        "at": milliseconds(fact.at),
        "who": fact.person,
        "role": fact.role,
        "action": action,
        "about": fact.call,
        "detail": detail,
    }


def _update(fact: AnyFact, row: Row, target_s: float) -> Row:
    """Change the call's row by a fact during the call."""
    match fact:
        case ServiceNamed():
            return {"service": fact.service, "class": class_of(row, fact.priority), "language": fact.language}
        case KindChanged():
            return {"service": fact.service, "class": fact.priority}
        case CallQueued():
            at = milliseconds(fact.at)
            return {"queued_at": at, "entered_at": at, "service": fact.service, "class": fact.priority}
        case CallbackQueued():
            return {"callback": fact.reason, "callback_tries": 0}
        case OutcomeDialled():
            return {"callback": "outcome", "callback_tries": 0}
        case CallbackMissed():
            return {"callback_tries": fact.tries}
        case CallTransferred():
            return {"service": fact.service, "class": class_of(row, fact.priority)}
        case CallEscalated():
            return {"class": fact.priority}
        case SurgeAnswered() if fact.ticket:
            return {"ticket": fact.ticket}
        case CallOverflowed():
            return {"service": fact.to, "class": class_of(row, fact.priority)}
        case CallTakenOver():
            return {"agent": fact.agent}
        case CallAnswered():
            changes = {
                "service": fact.service,
                "class": fact.priority,
                "agent": fact.agent,
                "answered_at": milliseconds(fact.at),
                "wait_s": _seconds(fact.wait_s),
                "answer_delay_s": _seconds(fact.answer_delay_s),
                "within_target": within_target(fact, target_s),
                "ring_s": _seconds(fact.ring_s),
            }
            if row["queued_at"] is None:  # found talking after a restart
                queued_at = milliseconds(fact.at - fact.wait_s)
                changes |= {"queued_at": queued_at, "entered_at": queued_at}
            return changes
        case NoticeGiven():
            return _heard(fact.notice, fact.at, row, fact.version)
        case RecordingAnnounced():
            return _heard("recording", fact.at, row, "")
        case WrapupEnded():
            return {"wrapup_s": _seconds((row["wrapup_s"] or 0.0) + fact.wrapup_s)}  # of all its agents
        case _:
            return {}


def _heard(notice: Notice, at: float, row: Row, version: str) -> Row:
    """When the notice was heard first, and which version."""
    name = f"{notice}_notice"
    heard: Row = {f"{name}_ms": milliseconds(at) - row["arrived_at"], f"{name}_version": version or None}
    return {} if row[f"{name}_ms"] is not None else heard


def _json(value: Any) -> str:
    return _encode(value).decode()


def _event(seq: int, index: int, call: str, fact: AnyFact) -> Row:
    fields = msgspec.to_builtins(fact)
    detail = {
        ("class" if key == "priority" else key): clean(value)
        for key, value in fields.items()
        if key not in _NOT_IN_HISTORY and value is not None
    }
    return {
        "call": call,
        "seq": seq,
        "index": index,
        "at": milliseconds(fact.at),
        "type": fields["type"],
        "detail": _json(detail),
    }
