"""A desk and a line by which citizens are told outcomes."""

from typing import Any, Literal

from acd.engine.model.events import EntryLost
from acd.engine.model.facts import (
    AnyFact,
    CallAnswered,
    CallbackMissed,
    CallbackQueued,
    CallEnded,
    CallEntered,
    OutcomeBegan,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.journal import Entry
from storage.database import Database
from storage.projection import Batch
from storage.projection_statements import Statements
from storage.requests.outbox import Outbox, Parcel
from storage.requests.outcome_reports import OutcomeReports
from storage.requests.outcomes import Outcomes
from storage.requests.tables import AttemptRow, OutboxRow, TaskRow
from tests.storage.requests.desk import Desk
from tickets.outcome.hours import Hours, parse_openings
from tickets.outcome.plan import OutcomeRules

ALWAYS = Hours(open=parse_openings("mon-sun holiday 00:00-24:00"))
PAUSE_S = 7200.0


def short(wish: str) -> str:
    """The name of a wish without the time of its request."""
    return wish.rpartition(".")[0]


class Line:
    """A desk, and a line whose facts a test says."""

    def __init__(self, database: Database, **telling: Any) -> None:
        self.desk = Desk(database)
        self.telling = OutcomeRules(**{"hours": ALWAYS, "pause_s": PAUSE_S, **telling})
        clock = lambda: self.desk.now  # noqa: E731 - the same for both
        self.outcomes = Outcomes(database, lambda: self.desk.rules, lambda: self.telling, clock)
        self.reports = OutcomeReports(database, lambda: self.desk.rules, clock)
        self.outbox = Outbox(database, lambda: self.desk.rules, clock)
        self._seq = 0

    async def resolved(self, **values: Any) -> str:
        """A road whose outcome is there, and has been looked at; the request's number."""
        number = (await self.desk.open(**values)).number
        await self.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
        await self.outcomes.step()
        return number

    async def wish(self) -> str:
        """The one wish that the line is to hear of."""
        (wanted,) = await self.outcomes.wanted()
        return wanted.wish

    async def wishes(self) -> list[str]:
        """The wishes that the line is to hear of, without the times of their requests."""
        return [short(one.wish) for one in await self.outcomes.wanted()]

    async def says(self, *facts: AnyFact) -> None:
        """The line's journal comes into the database."""
        self._seq += 1
        entry = Entry(seq=self._seq, event=EntryLost(at=self.desk.now), facts=facts)
        database = self.desk.database
        async with database.writing() as connection:
            statements = Statements(database.engine.dialect)
            await Batch(connection, statements, self.desk.rules, 6.0).apply([entry])

    async def queues(self, wish: str) -> str:
        """The line has taken the wish; its call."""
        call, at = CallId(f"ast1-outcome.{wish}"), self.desk.now
        common: dict[str, Any] = {"call": call, "number": "+905321112233"}
        await self.says(
            CallEntered(at=at, node=NodeId("ast1"), channel="", name="", dialled="", arrived_at=at, **common),
            CallbackQueued(
                at=at, service=ServiceId("request"), priority="outcome", reason="outcome", wish=wish, **common
            ),
        )
        return call

    async def tells(self, call: str) -> None:
        """The citizen picks up: agent 1001 tells them."""
        at, name = self.desk.now, CallId(call)
        await self.says(
            OutcomeBegan(at=at, call=name, wish=call.partition("outcome.")[2]),
            CallAnswered(
                at=at, call=name, offer=OfferId(f"{call}#1"), agent=AgentId("1001"), service=ServiceId("request"),
                priority="outcome", wait_s=9.0, answer_delay_s=9.0, ring_s=2.0, callback="outcome",
            ),
        )  # fmt: skip

    async def ends(self, call: str, outcome: Literal["called_back", "callback_failed", "callback_cancelled"]) -> None:
        at = self.desk.now
        end = CallEnded(
            at=at, call=CallId(call), node=NodeId("ast1"), number="+905321112233", name="", dialled="",
            service=ServiceId("request"), priority="outcome", language="tr", outcome=outcome, hangup_by="caller",
            arrived_at=at - 60, ended_at=at, callback="outcome", wait_s=9.0,
            agent=AgentId("1001") if outcome == "called_back" else None,
        )  # fmt: skip
        await self.says(end)

    async def misses(self, call: str, status: str = "NOANSWER") -> None:
        await self.says(CallbackMissed(at=self.desk.now, call=CallId(call), tries=1, status=status))
        await self.ends(call, "callback_failed")

    async def state(self, number: str) -> tuple[str, str | None, int | None]:
        record = await self.desk.queries.get(number)
        assert record is not None
        return record["state"], record["told_how"], record["score"]

    async def results(self, number: str) -> list[str]:
        return [row["result"] for row in await self.desk.rows(AttemptRow, number=number)]

    async def tasks(self, number: str) -> list[str]:
        return [row["kind"] for row in await self.desk.rows(TaskRow, number=number) if row["done_at"] is None]

    async def texts(self, number: str) -> list[str]:
        """The states of the text messages with its outcomes."""
        rows = await self.desk.rows(OutboxRow, number=number, kind="text", about="outcome")
        return [row["state"] for row in rows]

    async def told_of_texts(self, number: str) -> list[tuple[float, str, Any]]:
        """What the request's story says of text messages."""
        record = await self.desk.queries.get(number)
        assert record is not None
        return [(one["at"], one["what"], one["detail"]) for one in record["story"] if one["kind"] == "text"]

    async def text(self) -> Parcel:
        """The text message with an outcome, as its sender gets it."""
        (parcel,) = [one for one in await self.outbox.take(("text",)) if one.about == "outcome"]
        return parcel

    async def step_later(self, seconds: float) -> None:
        self.desk.now += seconds
        await self.outcomes.step()

    async def pending(self, number: str) -> bool:
        rows = await self.desk.rows(OutboxRow, number=number, kind="outcome")
        return any(row["state"] == "pending" for row in rows)
