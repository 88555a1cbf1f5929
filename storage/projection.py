"""Turns a batch of journal entries into changes of the tables. It knows no rules, only what each fact says.

A batch reads what it touches once, changes it in memory and writes it once, so its cost hardly depends on its size.
Statements are compiled once and given to the driver as they are: SQLAlchemy's work for each row costs more than the
database's own.
"""

from collections.abc import Iterable, Sequence
from typing import Any, Final, cast, get_args

import msgspec
import sqlalchemy as sa
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
from storage.projection_statements import (
    CALL_NAMES,
    CALLS,
    INTERVAL_NAMES,
    OPEN_INTERVALS,
    Row,
    Statement,
    Statements,
)
from storage.recordings import RecordingFacts
from storage.requests.duty_facts import DutyFacts
from storage.requests.handover_facts import HandOverFacts
from storage.requests.of_calls import OfRequest, RequestsOfCalls
from storage.requests.outcome_facts import OutcomeFacts, Told, concerns
from storage.wait_parts import WaitParts, class_of
from tickets.changes import Rules

audit = table_of(AuditRow)
_NOT_IN_HISTORY = frozenset({"at", "call", "type", "number", "name", "person"})
_encode = msgspec.json.Encoder().encode
_NEW_CALL: Row = dict.fromkeys(CALL_NAMES) | {"language": "tr", "hold_s": 0.0}
# Kinds of facts, since to ask `isinstance` for each member of a union costs microseconds a fact.
_OF_LINE: Final = frozenset(get_args(LineFact))
_OF_DUTY: Final = frozenset(get_args(DutyFact))
_OF_REQUEST: Final = frozenset(get_args(OfRequest))
_OF_OUTCOME: Final = frozenset(get_args(Told))
_OF_RECORDING: Final = frozenset(get_args(RecordingFact))
_NUL: Final = b"\\u0000"
"""As JSON has it."""


def _maybe_ms(at: float | None) -> int | None:
    return None if at is None else milliseconds(at)


def _seconds(duration: float | None) -> float | None:
    return None if duration is None else round(duration, 3)


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
                kind = type(fact)
                if kind in _OF_LINE:
                    self._waits.take(fact, None)
                    if kind in _OF_DUTY:
                        self._duty.take(cast(DutyFact, fact))
                    if kind in _OF_OUTCOME:
                        self._outcomes.take(fact, None)
                else:
                    self._take_of_call(entry.seq, index, fact)
        await self._requests.write(self._connection)
        await self._outcomes.write(self._connection)
        await self._duty.write(self._connection)
        await self._handed_over.write(self._connection)
        await self._recordings.write(self._connection)
        await self._write()

    def _take_of_call(self, seq: int, index: int, fact: Any) -> None:
        kind, call = type(fact), fact.call
        self._events.append(_event(seq, index, call, fact))
        known = self._call(call) is not None or call not in self._calls
        self._take(call, fact)
        if kind is MonitorBegan or kind is MonitorEnded:
            self._audit.append(_audited(fact))
        if known:
            self._waits.take(fact, self._calls.get(call))
        if kind in _OF_REQUEST:
            self._requests.take(cast(OfRequest, fact), self._call(call, ended=True))
        if kind in _OF_OUTCOME and concerns(fact):
            self._outcomes.take(fact, self._call(call, ended=True))
        if kind is HandOverEnded or kind is CallEnded:
            self._handed_over.take(fact)
        if kind in _OF_RECORDING:
            self._recordings.take(cast(RecordingFact, fact))

    async def _load(self, facts: Sequence[AnyFact]) -> None:
        ids = {fact.call for fact in cast(Sequence[Any], facts) if type(fact) not in _OF_LINE}
        if ids:
            found = (await self._connection.execute(CALLS, {"ids": list(ids)})).all()
            rows = [dict(zip(CALL_NAMES, row, strict=True)) for row in found]
            self._calls = {row["id"]: row for row in rows}
        await self._waits.load(self._connection, self._calls)
        agents = {fact.agent for fact in facts if isinstance(fact, AgentStateChanged)}
        if agents:
            found = (await self._connection.execute(OPEN_INTERVALS, {"agents": list(agents)})).all()
            spans = [dict(zip(INTERVAL_NAMES, row, strict=True)) for row in found]
            self._open = {span["agent"]: span for span in spans}
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


def _event(seq: int, index: int, call: str, fact: AnyFact) -> Row:
    fields = msgspec.to_builtins(fact)
    detail = {
        ("class" if key == "priority" else key): value
        for key, value in fields.items()
        if value is not None and key not in _NOT_IN_HISTORY
    }
    text = _encode(detail)
    if _NUL in text:
        text = _encode(clean(detail))
    return {
        "call": call,
        "seq": seq,
        "index": index,
        "at": milliseconds(fact.at),
        "type": fields["type"],
        "detail": text.decode(),
    }
