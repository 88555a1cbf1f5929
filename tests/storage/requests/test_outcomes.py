"""Citizens are told outcomes, on both databases: each step once, whatever dies between desk, line and database."""

from typing import Any, Literal

import msgspec
import pytest
import sqlalchemy as sa

from acd.desk.delivery import letters
from acd.engine.model.events import EntryLost
from acd.engine.model.fact_base import OutcomeRefusal
from acd.engine.model.facts import (
    AnyFact,
    CallAnswered,
    CallbackMissed,
    CallbackQueued,
    CallEnded,
    CallEntered,
    OutcomeBegan,
    OutcomeCallRefused,
    ServiceNamed,
)
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.talk_facts import CallTakenOver, TalkEnded
from acd.lib.dialable import dialable
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.privacy.person import PersonRecords
from storage.projection import Batch, Statements
from storage.requests.messages import Messages
from storage.requests.outbox import PAUSES_S, Outbox, Parcel
from storage.requests.outcome_facts import Try, of_wish
from storage.requests.outcome_reports import OutcomeReports
from storage.requests.outcome_texts import LOOK_S
from storage.requests.outcomes import Outcomes
from storage.requests.tables import AttemptRow, CodeRow, HistoryRow, LinkRow, OutboxRow, TaskRow, TicketRow
from storage.requests.unreported import LOST_S
from tests.storage.requests.desk import ROAD, Desk, check_whole, refusal
from tests.tickets.life import AGENT, DAY, HOUR, LEAD, MACHINE, MONDAY
from tickets.failures import NoSuch
from tickets.files import NewFile
from tickets.importing import ImportRow, Origin
from tickets.moves import Wish
from tickets.opening import Amendment, NewTicket
from tickets.outbreaks import CHANNEL as OUTBREAK
from tickets.outcome.hours import Hours, parse_openings
from tickets.outcome.plan import OutcomeRules
from tickets.outcome.report import Report

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


@pytest.fixture
def line(database: Database) -> Line:
    return Line(database)


async def test_a_resolved_request_is_told_by_the_agent_who_called_and_closed_by_a_good_score(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    assert of_wish(wish) == Try(number=number, outcome=1, attempt=1, opened_at=milliseconds(MONDAY + HOUR))
    assert (await line.reports.get(f"ast1-outcome.{wish}"))["state"] == "resolved"
    call = await line.queues(wish)
    assert await line.outcomes.wanted() == []
    assert (await line.reports.get(call))["words"].count("Asfalt döküldü.") == 1
    await line.tells(call)
    await line.ends(call, "called_back")
    said = await line.reports.report(call, Report(result="told", score=5, remark="Sağ olun"), AGENT)
    assert (said["number"], said["state"], said["result"], said["score"]) == (number, "closed", "told", 5)
    assert await line.state(number) == ("closed", "call", 5)
    line.desk.now += 30 * DAY
    await line.outcomes.step()
    assert await line.results(number) == ["told"]
    assert await line.tasks(number) == []
    assert ("call", call, "outcome") in {
        (row["kind"], row["other"], row["how"]) for row in await line.desk.rows(LinkRow, number=number)
    }
    await check_whole(line.desk, [number])


async def test_a_bad_score_is_a_person_s_task_and_moves_nothing(line: Line) -> None:
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result="told", score=2, remark="Yol hâlâ bozuk"), AGENT)
    assert await line.state(number) == ("told", "call", 2)
    assert await line.tasks(number) == ["low_score"]


async def test_not_reached_three_times_publishes_it_and_a_person_looks(line: Line) -> None:
    number = await line.resolved()
    for attempt in (1, 2, 3):
        wish = await line.wish()
        assert short(wish) == f"{number}.1.{attempt}"
        await line.misses(await line.queues(wish), ("NOANSWER", "BUSY", "CONGESTION")[attempt - 1])
        await line.outcomes.step()
        assert await line.outcomes.wanted() == []
        line.desk.now += PAUSE_S - 1
        await line.outcomes.step()
        assert await line.outcomes.wanted() == []
        line.desk.now += 1
        await line.outcomes.step()
    assert await line.results(number) == ["no_answer", "busy", "unreachable"]
    assert await line.state(number) == ("told", "attempts", None)
    assert await line.tasks(number) == ["not_reached"]
    assert len(await line.desk.rows(CodeRow, number=number)) == 1
    assert not await line.pending(number)


async def test_the_tries_of_an_open_request_count_on_when_its_citizen_has_asked_to_be_erased(line: Line) -> None:
    number = await line.resolved()
    people = PersonRecords(line.desk.database, lambda: line.desk.rules, lambda: line.desk.now)
    for attempt in (1, 2, 3):
        await line.misses(await line.queues(await line.wish()))
        if attempt == 2:
            assert (await people.erase("05321112233", MACHINE, "dilekçe 17")).waiting == (number,)
        await line.step_later(PAUSE_S)
    assert await line.outcomes.wanted() == [], "they are called no oftener than anybody"
    assert (await line.state(number), await line.tasks(number)) == (("told", "attempts", None), ["not_reached"])


async def test_a_talk_that_nobody_reports_on_is_a_person_s_task_and_no_second_call(line: Line) -> None:
    """An agent, the line or the desk may have died in mid-words: nobody knows how much was heard."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.outcomes.step()
    line.desk.now += line.telling.report_s - 1
    await line.outcomes.step()
    assert await line.tasks(number) == []
    line.desk.now += 1
    await line.outcomes.step()
    assert await line.tasks(number) == ["told_in_part"]
    for _ in range(20):
        line.desk.now += DAY
        await line.outcomes.step()
    assert await line.results(number) == ["told_in_part"]
    assert (await line.state(number))[0] == "resolved"
    await line.reports.report(call, Report(result="told", score=4), LEAD)
    assert await line.state(number) == ("closed", "call", 4)
    assert await line.tasks(number) == []


async def test_a_line_that_says_nothing_for_days_is_not_asked_again_where_it_had_the_wish(line: Line) -> None:
    told, lost = await line.resolved(), await line.resolved(caller="+905321112244")
    wishes = await line.wishes()
    await line.queues(wishes[0])
    line.desk.now += LOST_S + HOUR
    await line.outcomes.step()
    assert (await line.results(told), await line.tasks(told)) == (["told_in_part"], ["told_in_part"])
    assert (await line.results(lost), await line.wishes()) == (["failed", "calling"], [f"{lost}.1.2"])


@pytest.mark.parametrize(
    ("why", "result"),
    [
        ("pending", "withdrawn"),
        ("full", "withdrawn"),
        ("denied", "unreachable"),
        ("off", "failed"),
        ("too_old", "failed"),
    ],
)
async def test_what_the_line_refuses_is_tried_again_by_the_rules(line: Line, why: OutcomeRefusal, result: str) -> None:
    number = await line.resolved()
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=await line.wish(), why=why))
    assert await line.results(number) == [result]
    line.desk.now += PAUSE_S
    await line.outcomes.step()
    assert await line.wishes() == [f"{number}.1.2"]


async def test_a_full_line_gives_nobody_up(line: Line) -> None:
    number = await line.resolved()
    for _ in range(20):
        await line.says(OutcomeCallRefused(at=line.desk.now, wish=await line.wish(), why="full"))
        line.desk.now += PAUSE_S
        await line.outcomes.step()
    assert await line.wishes() == [f"{number}.1.21"]
    assert (await line.state(number))[0] == "resolved"


async def test_a_citizen_has_one_call_at_a_time(line: Line) -> None:
    first, second = await line.resolved(), await line.resolved()
    assert await line.wishes() == [f"{first}.1.1"]
    call = await line.queues(f"{first}.1.1")
    await line.tells(call)
    await line.reports.report(call, Report(result="told"), AGENT)
    line.desk.now += 10
    await line.outcomes.step()
    assert await line.wishes() == [f"{second}.1.1"]


async def test_nobody_is_called_outside_the_hours(database: Database) -> None:
    line = Line(database, hours=Hours(open=parse_openings("mon-sun holiday 09:00-12:00")))
    await line.resolved()  # three changes on Monday from 10:00, an hour each
    assert await line.outcomes.wanted() == []
    line.desk.now += 20 * HOUR  # Tuesday at 9
    await line.outcomes.step()
    (wanted,) = await line.outcomes.wanted()
    assert wanted.not_after == line.desk.now + 3 * HOUR


async def test_a_request_that_is_reopened_is_not_told(line: Line) -> None:
    """Whether the line had the wish is not known: it is told of it with its hours over, which it refuses unless it
    had it."""
    number = await line.resolved()
    wish = await line.wish()
    await line.desk.store.move(number, Wish(to="assigned", note="eksik", unit="fen_isleri"), LEAD)
    (wanted,) = await line.outcomes.wanted()
    assert (wanted.wish, wanted.not_after) == (wish, 0.0)
    assert await line.outcomes.withdrawn() == []
    call = await line.queues(wish)
    line.desk.now += 10
    (withdrawal,) = await line.outcomes.withdrawn()
    assert withdrawal.calls == (call,)
    await line.outcomes.withdrew(withdrawal)
    await line.ends(call, "callback_cancelled")
    assert await line.results(number) == ["withdrawn"]
    assert await line.outcomes.withdrawn() == []
    line.desk.now += DAY
    await line.outcomes.step()
    assert await line.outcomes.wanted() == []


async def test_a_citizen_who_is_sent_on_and_waits_for_another_service_is_a_caller_like_any_other(line: Line) -> None:
    """What the line says of their next callback was once put aside, with all else of its entry."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.says(
        CallbackQueued(
            at=line.desk.now, call=CallId(call), service=ServiceId("ambulance"), priority="urgent",
            number="+905321112233", reason="abandoned",
        )
    )  # fmt: skip
    assert await line.results(number) == ["calling"]
    await line.ends(call, "called_back")
    assert await line.pending(number)


async def test_facts_that_come_again_change_nothing(line: Line) -> None:
    """A database that was put back to an older state takes the journal in again."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result="told", score=5), AGENT)
    await line.queues(f"{number}.1.1")
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=f"{number}.1.1", why="pending"))
    assert await line.results(number) == ["told"]
    assert await line.state(number) == ("closed", "call", 5)


async def put_back(line: Line, number: str) -> None:
    """The database is an older copy: of the outcome's tries it has none, and the outcome waits to be told."""
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.delete(table_of(AttemptRow)))
        due = {"state": "pending", "next_at": milliseconds(line.desk.now)}
        mine = table_of(OutboxRow).c.number == number, table_of(OutboxRow).c.kind == "outcome"
        await connection.execute(sa.update(table_of(OutboxRow)).where(*mine).values(due))


@pytest.mark.parametrize("steps_first", [False, True])
async def test_whoever_was_called_after_the_copy_of_the_database_is_not_called_again(
    line: Line, steps_first: bool
) -> None:
    """What their agent said of the call is lost with the database: a person finds out."""
    number = await line.resolved()
    wish, at = await line.wish(), line.desk.now
    await put_back(line, number)
    if steps_first:
        await line.step_later(5)
        assert await line.wish() == wish, "the line drops what it knows"
    call = await line.queues(wish)
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.outcomes.step()
    assert await line.outcomes.wanted() == []
    await line.step_later(line.telling.report_s)
    assert (await line.results(number), await line.tasks(number)) == (["told_in_part"], ["told_in_part"])
    (tried,) = await line.desk.rows(AttemptRow, number=number)
    assert (tried["caller"], tried["call"]) == ("+905321112233", call)
    assert at <= tried["at"] / 1000 <= line.desk.now
    await line.step_later(LOST_S + DAY)
    assert await line.outcomes.wanted() == []


async def test_a_missed_call_after_the_copy_of_the_database_counts_as_a_try(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    await put_back(line, number)
    await line.misses(await line.queues(wish))
    await line.outcomes.step()
    assert (await line.results(number), await line.outcomes.wanted()) == (["no_answer"], [])
    await line.step_later(PAUSE_S)
    assert await line.wishes() == [f"{number}.1.2"]


async def test_a_call_that_the_line_refused_after_the_copy_of_the_database_counts_as_a_try(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    await put_back(line, number)
    await line.says(OutcomeCallRefused(at=line.desk.now, wish=wish, why="full"))
    assert await line.results(number) == ["withdrawn"]
    await line.step_later(PAUSE_S)
    assert await line.wishes() == [f"{number}.1.2"], "the line would drop the name of the first"


async def test_the_next_try_has_a_number_behind_all_that_came_back(line: Line) -> None:
    number = await line.resolved()
    third = (await line.wish()).replace(f"{number}.1.1.", f"{number}.1.3.")
    await put_back(line, number)
    await line.misses(await line.queues(third))
    await line.step_later(PAUSE_S)
    assert await line.wishes() == [f"{number}.1.4"]


@pytest.mark.parametrize("automatic", [False, True])
@pytest.mark.parametrize("is_lost", [False, True])
async def test_a_try_that_nobody_reports_on_keeps_no_other_for_ever(
    database: Database, automatic: bool, is_lost: bool
) -> None:
    """It is of an outcome that an older copy of the database does not have."""
    line = Line(database, mode="automatic" if automatic else "agent", at_once=1)
    tried = {"outcome": 1, "attempt": 1, "caller": "+905330000000" if automatic else "+905321112233"}
    began = line.desk.now - (LOST_S if is_lost else HOUR)
    row = {**tried, "at": milliseconds(began), "result": "calling", "call": "gone", "automatic": automatic}
    number = (await line.desk.open(caller="")).number
    async with database.writing() as connection:
        await connection.execute(sa.insert(table_of(AttemptRow)), {**row, "number": number})
    later = await line.resolved()
    assert await line.wishes() == ([f"{later}.1.1"] if is_lost else [])


async def test_the_facts_of_a_request_that_the_copy_lacks_are_of_no_other_with_its_number(line: Line) -> None:
    """Its number is given out again: the new request's wishes have other names, which the line does not know."""
    number = await line.resolved()
    before = f"{number}.1.1.{milliseconds(MONDAY) - 1}"
    assert await line.wish() != before
    await line.tells(await line.queues(before))
    assert (await line.results(number), await line.wishes()) == (["calling"], [f"{number}.1.1"])
    assert [row["how"] for row in await line.desk.rows(LinkRow, number=number)] == []


async def test_the_facts_of_a_name_without_a_time_are_taken_in(line: Line) -> None:
    """The journal may have them from a version before."""
    number = await line.resolved()
    await line.tells(await line.queues(f"{number}.1.1"))
    assert await line.outcomes.wanted() == []


@pytest.mark.parametrize(
    ("said", "result", "state"),
    [
        (Report(result="not_there"), "not_there", "resolved"),
        (Report(result="voicemail"), "voicemail", "resolved"),
        (Report(result="declined"), "declined", "told"),
        (Report(result="wrong_number"), "wrong_number", "resolved"),
        (Report(result="no_calls"), "no_calls", "told"),
    ],
)
async def test_an_agent_says_what_became_of_a_call(line: Line, said: Report, result: str, state: str) -> None:
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, said, AGENT)
    await line.outcomes.step()
    assert (await line.results(number), (await line.state(number))[0]) == ([result], state)
    line.desk.now += PAUSE_S
    await line.outcomes.step()
    again = await line.wishes()
    assert again == ([f"{number}.1.2"] if said.result in ("not_there", "voicemail") else [])
    assert await line.tasks(number) == (["wrong_number"] if said.result == "wrong_number" else [])


@pytest.mark.parametrize("result", ["not_there", "voicemail", "wrong_number", "no_calls"])
async def test_a_remark_on_a_call_that_told_nothing_is_noted(
    line: Line, result: Literal["not_there", "voicemail", "wrong_number", "no_calls"]
) -> None:
    """It is the reason of the task where one follows."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result=result, remark=" Taşınmış, yeni numarası bizde yok "), AGENT)
    await line.outcomes.step()
    noted = [row for row in await line.desk.rows(HistoryRow, number=number) if row["what"] == "note"]
    assert [(row["note"], row["who"], row["detail"]) for row in noted] == [
        ("Taşınmış, yeni numarası bizde yok", AGENT.who, {"result": result, "outcome": 1, "attempt": 1})
    ]
    tasks = [(row["kind"], row["why"]) for row in await line.desk.rows(TaskRow, number=number)]
    assert tasks == ([(result, "Taşınmış, yeni numarası bizde yok")] if result == "wrong_number" else [])
    await check_whole(line.desk, [number])


async def test_whoever_looks_after_the_last_try_reads_what_was_said_in_each(line: Line) -> None:
    number = await line.resolved()
    for remark in ("Akşam evde", "", "Kızı açtı"):
        call = await line.queues(await line.wish())
        await line.tells(call)
        await line.reports.report(call, Report(result="not_there", remark=remark), AGENT)
        await line.step_later(PAUSE_S)
    assert [(row["kind"], row["why"]) for row in await line.desk.rows(TaskRow, number=number)] == [
        ("not_reached", "Akşam evde\nKızı açtı")
    ]


async def told_otherwise(line: Line) -> tuple[str, str]:
    """An agent tells the citizen, and somebody else has the request told before the agent says so; request and call."""
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.desk.store.move(number, Wish(to="told", how="call"), LEAD)
    return number, call


@pytest.mark.parametrize(("score", "state", "tasks"), [(1, "told", ["low_score"]), (5, "closed", [])])
async def test_a_score_of_an_outcome_that_was_told_meanwhile_is_taken(
    line: Line, score: int, state: str, tasks: list[str]
) -> None:
    number, call = await told_otherwise(line)
    said = await line.reports.report(call, Report(result="told", score=score), AGENT)
    assert (said["state"], said["score"], said["result"]) == (state, score, "told")
    assert await line.tasks(number) == tasks
    await check_whole(line.desk, [number])


async def test_a_second_score_of_an_outcome_is_refused(line: Line) -> None:
    number, call = await told_otherwise(line)
    await line.desk.store.score(number, 5, LEAD)
    refused = await refusal(line.reports.report(call, Report(result="told", score=1), AGENT))
    assert (refused.code, refused.key) == ("already_done", "score")
    assert await line.results(number) == ["calling"], "nothing of the report was taken"
    assert await line.state(number) == ("closed", "call", 5)


async def test_a_score_of_a_request_that_was_reopened_meanwhile_is_refused_and_the_rest_is_taken(line: Line) -> None:
    number, call = await told_otherwise(line)
    await line.desk.moved(number, "assigned")
    refused = await refusal(line.reports.report(call, Report(result="told", score=1), AGENT))
    assert (refused.code, refused.key) == ("stale", "score")
    await line.reports.report(call, Report(result="told", remark="Memnun değil"), AGENT)
    assert (await line.results(number), await line.state(number)) == (["told"], ("assigned", None, None))
    noted = [row["note"] for row in await line.desk.rows(HistoryRow, number=number) if row["what"] == "note"]
    assert noted == ["Memnun değil"]


async def test_a_try_whose_report_was_refused_as_stale_is_open_no_longer_than_any_other(line: Line) -> None:
    """Its citizen's number counts as being called until then. The agent may still say it, without the score."""
    number, call = await told_otherwise(line)
    await line.ends(call, "called_back")
    await line.desk.moved(number, "assigned")
    told = Report(result="told", score=1)
    assert (await refusal(line.reports.report(call, told, AGENT))).code == "stale"
    await line.desk.moved(number, "accepted", "resolved", result="Bu kez oldu.")
    await line.step_later(line.telling.report_s)
    rows = await line.desk.rows(AttemptRow, number=number)
    assert [(row["outcome"], row["result"]) for row in rows] == [(1, "told_in_part"), (2, "calling")]
    assert await line.wishes() == [f"{number}.2.1"]
    await line.reports.report(call, Report(result="told", remark="Memnun değil"), AGENT)
    assert await line.results(number) == ["told", "calling"]


async def test_a_try_of_an_outcome_that_was_told_otherwise_is_settled_without_a_report(line: Line) -> None:
    number, call = await told_otherwise(line)
    await line.step_later(line.telling.report_s)
    assert await line.results(number) == ["calling"], "they talk still"
    await line.ends(call, "called_back")
    await line.outcomes.step()
    assert await line.results(number) == ["calling"], "their agent may be about to say it"
    await line.step_later(line.telling.report_s)
    assert (await line.results(number), await line.tasks(number)) == (["told_in_part"], [])


async def test_what_cannot_be_said_of_a_call_is_refused(line: Line) -> None:
    await line.resolved()
    call = await line.queues(await line.wish())
    told = Report(result="told")
    assert (await refusal(line.reports.report(call, told, AGENT))).code == "no_such_move"
    await line.tells(call)
    assert (await refusal(line.reports.report(call, told, AGENT, "1002"))).code == "not_your_role"
    assert (await refusal(line.reports.report(call, Report(result="declined", score=3), AGENT))).key == "score"
    await line.reports.report(call, told, AGENT, "1001")
    assert (await refusal(line.reports.report(call, told, AGENT))).code == "already_done"
    for none in ("ast1-outcome.26-999999-9.1.1", "ast1-outcome.", "ast1-1764.1", "ast1-outcome.26-000001-9.x.1"):
        with pytest.raises(NoSuch):
            await line.reports.get(none)
    with pytest.raises(NoSuch):
        await line.reports.report("1764.1", told, AGENT)


@pytest.mark.parametrize("agent", ["1001", "1002"])
@pytest.mark.parametrize("is_over", [False, True])
async def test_each_agent_of_a_transferred_call_may_say_how_it_went(line: Line, agent: str, is_over: bool) -> None:
    """The call's row names the one who has it, and the one who answered it first when it is over."""
    number = await line.resolved()
    call = CallId(await line.queues(await line.wish()))
    await line.tells(call)
    at = line.desk.now + 60
    common: dict[str, Any] = {"how": "blind", "call": call, "at": at}
    first = TalkEnded(**common, agent=AgentId("1001"), number=1, began_at=at - 60, talk_s=60.0, hold_s=0.0)
    second = CallTakenOver(
        **common, offer=OfferId(f"{call}#2"), agent=AgentId("1002"), service=ServiceId("request"), priority="outcome"
    )
    await line.says(first, second)
    if is_over:
        await line.says(msgspec.structs.replace(first, agent=AgentId("1002"), number=2, began_at=at))
        await line.ends(call, "called_back")
    told = Report(result="told")
    assert (await refusal(line.reports.report(call, told, AGENT, "1003"))).code == "not_your_role"
    await line.reports.report(call, told, AGENT, agent)
    assert (await line.state(number))[:2] == ("told", "call")


async def test_without_a_trunk_a_person_tells(database: Database) -> None:
    line = Line(database, calls=False)
    number = await line.resolved()
    assert await line.tasks(number) == ["outcome"]
    assert (await line.state(number))[0] == "resolved"
    assert not await line.pending(number)


async def test_a_citizen_who_gave_no_number_reads_it_by_a_code(line: Line) -> None:
    number = await line.resolved(caller="")
    assert await line.state(number) == ("told", "page", None)
    assert len(await line.desk.rows(CodeRow, number=number)) == 1


async def withheld(line: Line, *, answered: bool) -> str:
    """The request of an urgent caller who withholds their number, with its outcome."""
    at, call, service = line.desk.now, CallId("ast1-1.1"), ServiceId("funeral")
    await line.says(
        CallEntered(
            at=at, call=call, node=NodeId("ast1"), channel="c", number="anonymous", name="", dialled="", arrived_at=at
        ),
        ServiceNamed(
            at=at, call=call, service=service, priority="urgent", language="tr", number="anonymous", opens_ticket=True
        ),
    )
    if answered:
        await line.says(
            CallAnswered(
                at=at, call=call, offer=OfferId("ast1-1.1#1"), agent=AgentId("1001"), service=service,
                priority="urgent", wait_s=5.0, answer_delay_s=5.0, ring_s=2.0,
            )
        )  # fmt: skip
    ((opened),) = await line.desk.rows(TicketRow, origin="line")
    number = str(opened["number"])
    record = await line.desk.queries.get(number)
    assert record is not None
    assert record["code"], "the agent reads it in the talk"
    await line.desk.moved(number, "accepted", "resolved", result="Cenaze aracı gönderildi.")
    await line.outcomes.step()
    after = await line.desk.queries.get(number)
    assert after is not None
    assert after["code"] == record["code"]
    return number


async def test_an_urgent_caller_without_a_number_has_a_code_from_the_beginning(line: Line) -> None:
    number = await withheld(line, answered=True)
    assert await line.state(number) == ("told", "page", None)
    assert await line.tasks(number) == []


async def test_whoever_has_heard_no_code_does_not_count_as_told(line: Line) -> None:
    """They hung up before anybody could say it, and nobody can call them: a person decides."""
    number = await withheld(line, answered=False)
    assert (await line.state(number))[0] == "resolved"
    assert await line.tasks(number) == ["outcome"]
    assert not await line.pending(number)


async def ended_untold(line: Line, number: str) -> None:
    """The request has an outcome that no person has said to its citizen: that is a person's task."""
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert ((await line.state(number))[0], await line.tasks(number)) == ("resolved", ["outcome"])


async def test_an_import_without_a_number_does_not_count_as_told(line: Line) -> None:
    """Its citizen wrote to another system: nobody has talked with them, so nobody has said them the code."""
    new = NewTicket(**{**ROAD, "caller": "", "kind": "cimer", "channel": "cimer"})
    row = ImportRow(line=2, new=new, opened_at=line.desk.now, source="cimer", reference="C-1")
    (one,) = await line.desk.store.import_rows([row], LEAD, Origin(), skip_faulty=False)
    assert one.number is not None
    assert len(await line.desk.rows(CodeRow, number=one.number)) == 1
    await ended_untold(line, one.number)


async def test_a_message_of_a_withheld_caller_does_not_count_as_told(line: Line) -> None:
    """The line says the number of their request, and no code."""
    messages = Messages(line.desk.database, lambda: line.desk.rules, lambda: line.desk.now)
    name, size, sha256 = "a" * 32, 32_044, "0" * 64
    file = NewFile(id=name, media_type="audio/wav", about="request", name="message.wav", size=size, sha256=sha256)
    taken = await messages.take(NewTicket(service="request", caller="", call="ast1-1.1", language="tr"), file)
    await line.desk.tasks.done((await line.desk.tasks.list(kind="hear_message"))[0]["id"], LEAD, "dinledim")
    await line.desk.moved(taken.ticket.number, "assigned")
    await ended_untold(line, taken.ticket.number)


async def test_the_parent_of_an_outbreak_has_no_citizen_and_is_settled(line: Line) -> None:
    number = (await line.desk.open(LEAD, caller="", channel=OUTBREAK)).number
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert await line.state(number) == ("told", "page", None)


async def test_a_code_that_is_made_with_the_outcome_tells_nobody(line: Line) -> None:
    """A request of an earlier version, or whose number was taken away: nobody can have told its code."""
    number = (await line.desk.open(caller="")).number
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.delete(table_of(CodeRow)))
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert ((await line.state(number))[0], await line.tasks(number)) == ("resolved", ["outcome"])
    assert len(await line.desk.rows(CodeRow, number=number)) == 1
    await line.desk.moved(number, "assigned", note="eksik", unit="")
    await line.desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await line.outcomes.step()
    assert (await line.state(number))[0] == "resolved", "neither does it at the next outcome"


async def test_where_nobody_is_called_a_text_message_tells(database: Database) -> None:
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    assert await line.texts(number) == ["pending"]
    assert (await line.state(number))[0] == "resolved", "nobody has taken it yet"
    await line.step_later(LOOK_S)
    assert await line.texts(number) == ["pending"], "one is enough"
    at = line.desk.now
    parcel = await line.text()
    await line.outbox.done(parcel)
    await line.outbox.done(parcel)
    assert await line.state(number) == ("told", "text", None)
    assert await line.told_of_texts(number) == [(at, "sent", {"about": "outcome"})]
    told = [row for row in await line.desk.rows(HistoryRow, number=number) if row["what"] == "tell"]
    assert [row["at"] for row in told] == [milliseconds(at)]
    assert not await line.pending(number)


async def test_a_text_message_that_nobody_takes_tells_nobody(database: Database) -> None:
    """It is tried again for a day, and is then a person's, who has the outcome to say."""
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    for tries in range(len(PAUSES_S) + 1):
        parcel = await line.text()
        given_up = line.desk.now
        assert await line.told_of_texts(number) == []
        await line.outbox.failed(parcel, "sms.example answered 503")
        await line.step_later(13 * 3600.0)
        assert await line.tasks(number) == (["outcome"] if tries == len(PAUSES_S) else [])
    assert (await line.state(number))[0] == "resolved"
    assert await line.texts(number) == ["failed"]
    assert await line.told_of_texts(number) == [(given_up, "failed", {"about": "outcome"})]
    assert not await line.pending(number)
    assert len(await line.desk.rows(CodeRow, number=number)) == 1, "they can read it meanwhile"
    await line.desk.moved(number, "told", how="call")
    assert (await line.state(number))[0] == "told"


async def test_whoever_is_told_meanwhile_gets_no_text_message(database: Database) -> None:
    """Not even if the gateway takes it in the same moment: they are told once."""
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    parcel = await line.text()
    await line.desk.moved(number, "told", how="in_call")
    assert await line.texts(number) == ["dropped"]
    await line.outbox.done(parcel)
    assert await line.state(number) == ("told", "in_call", None)
    assert await line.texts(number) == ["dropped"]


async def test_one_who_wants_no_text_message_any_more_reads_the_outcome(database: Database) -> None:
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    await line.desk.store.amend(number, Amendment(contact="none"), MACHINE)
    parcel = await line.text()
    assert letters.needless(parcel, line.desk.rules)
    await line.outbox.done(parcel, needless=True)
    assert (await line.state(number))[0] == "resolved"
    await line.step_later(LOOK_S)
    assert await line.state(number) == ("told", "page", None)


async def test_a_text_message_about_an_earlier_outcome_tells_nothing_of_the_next(database: Database) -> None:
    line = Line(database, mode="off", text=True)
    number = await line.resolved()
    parcel = await line.text()
    await line.desk.moved(number, "assigned")
    await line.desk.moved(number, "accepted", "resolved", result="Bu kez oldu.")
    await line.outbox.done(parcel)
    assert (await line.state(number))[0] == "resolved"
    await line.step_later(0)
    assert await line.texts(number) == ["dropped", "pending"]


async def test_so_many_calls_wait_at_once_and_no_more(line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("storage.requests.outcomes.MOST", 2)
    numbers = [await line.resolved(caller=f"+9053211122{n}0") for n in range(4)]
    assert await line.wishes() == [f"{number}.1.1" for number in numbers[:2]]
    await line.misses(await line.queues(f"{numbers[0]}.1.1"))
    line.desk.now += 10
    await line.outcomes.step()
    assert len(await line.outcomes.wanted()) == 2


async def test_a_step_changes_nothing_that_another_has_made(line: Line) -> None:
    """Two desks look at once: the second finds the row done."""
    number = await line.resolved()
    (row,) = await line.desk.rows(OutboxRow, number=number, kind="outcome")
    table = table_of(OutboxRow)
    async with line.desk.database.writing() as connection:
        await connection.execute(sa.update(table).where(table.c.id == row["id"]).values(next_at=0))
    await line.outcomes.step()
    assert await line.results(number) == ["calling"]
    assert await line.wishes() == [f"{number}.1.1"]


@pytest.mark.parametrize("written", ["(0532) 111 22 33", "0532/1112233", "0532 111 22 33"])
async def test_a_typed_number_is_called(line: Line, written: str) -> None:
    await line.resolved(caller=written)
    (wanted,) = await line.outcomes.wanted()
    assert dialable(wanted.number) == "05321112233"


async def test_a_number_is_called_once_at_a_time_however_it_is_written(line: Line) -> None:
    first = await line.resolved(caller="0532 111 22 33")
    await line.resolved(caller="+905321112233")
    assert await line.wishes() == [f"{first}.1.1"]


async def test_the_outcome_of_a_typed_number_is_told_to_its_caller_and_to_nobody_else(line: Line) -> None:
    number = await line.resolved(caller="0212 555 12 34")
    await line.desk.add_call("abroad", caller="+12125551234", agent="1001")
    await line.desk.add_call("own", caller="+902125551234", agent="1001")
    told = Report(result="told", score=5)
    with pytest.raises(NoSuch):
        await line.reports.get("abroad")
    with pytest.raises(NoSuch):
        await line.reports.report("abroad", told, AGENT, "1001")
    assert (await line.reports.get("own"))["number"] == number
    assert (await line.reports.report("own", told, AGENT, "1001"))["state"] == "closed"
