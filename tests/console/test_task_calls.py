"""Calls to citizens about tasks over the API: who may, what is refused, and that the number is never the page's."""

from datetime import UTC, datetime
from typing import Any, cast

import httpx
import msgspec
import pytest

from acd.desk.database import Records
from acd.desk.seen_line import SeenLine
from acd.desk.task_calls import WITHIN_S, WORDS, TaskCalls, call_wished, ordered
from acd.engine.model.facts import AnyFact, CallReturned, TaskCallOrdered, TaskCallRefused
from acd.engine.model.ids import AgentId, CallId
from console.ports import Refused, Unavailable
from storage.database import DatabaseError
from tests.console.desk import Desk
from tests.console.known_people import EXTENSION, KnownPeople
from tests.console.test_access import of_role
from tests.tickets.life import INBOX, RULES
from tickets.outcome.plan import OutcomeRules
from tickets.task_calls import ToCall
from tickets.ticket import Actor

PATH = "/api/v1/tasks/17/call"
CALL = "ast1-task.26-000123-3.17.1"
DAY = datetime(2026, 6, 1, 7, 0, tzinfo=UTC).timestamp()  # a Monday, ten in Turkey
NIGHT = datetime(2026, 6, 1, 22, 0, tzinfo=UTC).timestamp()
CITIZEN = ToCall(
    task=17,
    number="26-000123-3",
    caller="+905321112233",
    is_wrong=False,
    contact="call",
    language="tr",
    service="request",
    is_urgent=False,
)


@pytest.fixture
def desk(people: KnownPeople) -> Desk:
    desk = Desk()
    desk.people = people
    return desk


def problem(answer: httpx.Response) -> tuple[Any, ...]:
    body = answer.json()
    return answer.status_code, answer.headers["content-type"], body["key"], body["value"]


async def test_a_lead_with_a_telephone_calls_and_the_second_who_presses_is_told(
    desk: Desk, people: KnownPeople
) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        answer = await client.post(PATH, json={}, headers=of_role("lead"))
        assert (answer.status_code, answer.json()) == (202, {"id": CALL, "task": 17, "agent": EXTENSION})
        again = await client.post(PATH, json={}, headers=of_role("lead"))
        assert problem(again) == (409, "application/problem+json", "call", "under_way")
    assert desk.called == [(17, "lead", EXTENSION)]
    assert people.notes == [("lead", "task_called", "17")]


async def test_without_a_telephone_nobody_calls(desk: Desk) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        for role in ("inbox", "admin"):
            answer = await client.post(PATH, json={}, headers=of_role(role))
            assert problem(answer) == (409, "application/problem+json", "call", "no_extension")
    async with desk.client(desk.app()) as client:  # the machine has none either
        assert problem(await client.post(PATH, json={}))[0] == 409
    assert desk.called == []


@pytest.mark.parametrize("role", ["agent", "unit", "analyst"])
async def test_who_does_not_work_on_tasks_calls_nobody(desk: Desk, role: str) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        assert (await client.post(PATH, json={}, headers=of_role(role))).status_code == 403
    assert desk.called == []


@pytest.mark.parametrize("body", [{"number": "+905321112233"}, {"agent": "1002"}, {"caller": ""}, []])
async def test_a_page_names_no_number_and_no_telephone(desk: Desk, body: Any) -> None:
    async with desk.client(desk.app(), headers={}) as client:
        assert (await client.post(PATH, json=body, headers=of_role("lead"))).status_code == 422
        assert (await client.post("/api/v1/tasks/404/call", json={}, headers=of_role("lead"))).status_code == 404
    assert desk.called == []


async def test_a_line_that_is_away_is_said(desk: Desk) -> None:
    desk.broken = Unavailable("the line is away: it does not answer")
    async with desk.client(desk.app(), headers={}) as client:
        answer = await client.post(PATH, json={}, headers=of_role("lead"))
    assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
    assert "the line is away" in answer.json()["detail"]


# --- the desk


class FewTasks:
    """A database with one task, and a line that calls its citizen."""

    def __init__(self, citizen: ToCall = CITIZEN) -> None:
        self.citizen = citizen
        self.tasks = self
        self.calls: list[tuple[ToCall, str]] = []
        self.taken: list[tuple[int, Actor]] = []
        self.refuses = self.is_away = False
        self.at = 0.0

    async def to_call(self, task: int, actor: Actor) -> ToCall:
        assert (task, actor) == (17, INBOX)
        return self.citizen

    async def call_about(self, citizen: ToCall, extension: str, not_after: float) -> str:
        assert 0 < not_after - self.at <= WITHIN_S
        assert self.taken == [], "the line has not said yes"
        if self.refuses:
            raise Refused(WORDS["offline"], key="call", value="offline")
        self.calls.append((citizen, extension))
        return CALL

    async def called(self, task: int, actor: Actor) -> None:
        if self.is_away:
            raise DatabaseError("away")
        self.taken.append((task, actor))


def task_calls(few: FewTasks, at: float = DAY) -> TaskCalls:
    records, line = cast(Records, few), cast(SeenLine, few)
    few.at = at
    return TaskCalls(records, line, lambda: RULES, OutcomeRules, lambda: at)


async def test_the_citizen_is_called_at_the_number_of_the_request() -> None:
    few = FewTasks()
    told = await task_calls(few).order(17, INBOX, "1001")
    assert told == {"id": CALL, "task": 17, "agent": "1001"}
    assert (few.calls, few.taken) == ([(CITIZEN, "1001")], [(17, INBOX)])
    wish = call_wished(CITIZEN, "1001", 1764025361.042, 1764025365.0)
    assert (wish.wish, wish.number, wish.agent) == ("26-000123-3.17.1764025361042", "+905321112233", "1001")
    assert wish.not_after == 1764025365.0


async def test_a_press_that_the_line_refuses_leaves_the_task_as_it_was() -> None:
    few = FewTasks()
    few.refuses = True
    with pytest.raises(Refused):
        await task_calls(few).order(17, INBOX, "1001")
    assert (few.calls, few.taken) == ([], [])


async def test_whose_telephone_rings_is_told_so_also_if_the_database_is_away_by_then() -> None:
    few = FewTasks()
    few.is_away = True
    assert (await task_calls(few).order(17, INBOX, "1001"))["id"] == CALL


async def test_nobody_is_called_at_night_but_about_something_urgent() -> None:
    few = FewTasks()
    with pytest.raises(Refused) as error:
        await task_calls(few, NIGHT).order(17, INBOX, "1001")
    refused = error.value
    assert (refused.key, refused.value, refused.allowed) == ("call", "hours", "2026-06-02T09:00+03:00")
    assert few.calls == []
    urgent = FewTasks(msgspec.structs.replace(CITIZEN, is_urgent=True))
    assert (await task_calls(urgent, NIGHT).order(17, INBOX, "1001"))["id"] == CALL


@pytest.mark.parametrize(
    ("values", "why"),
    [({"caller": ""}, "no_number"), ({"contact": "none"}, "no_calls"), ({"is_wrong": True}, "wrong_number")],
)
async def test_who_must_not_be_called_is_not(values: Any, why: str) -> None:
    few = FewTasks(msgspec.structs.replace(CITIZEN, **values))
    with pytest.raises(Refused) as error:
        await task_calls(few).order(17, INBOX, "1001")
    assert (error.value.key, error.value.value, few.calls) == ("call", why, [])


async def test_a_citizen_who_was_called_often_today_is_not_called_again() -> None:
    often = msgspec.structs.replace(CITIZEN, rung_at=tuple(DAY - 3600.0 * hours for hours in (5, 4, 3, 2, 1)))
    few = FewTasks(often)
    with pytest.raises(Refused, match="task_calls_per_number") as error:
        await task_calls(few).order(17, INBOX, "1001")
    assert (error.value.value, error.value.allowed) == ("often", "2026-06-02T09:00+03:00")
    assert few.calls == []
    urgent = FewTasks(msgspec.structs.replace(often, is_urgent=True))
    assert (await task_calls(urgent).order(17, INBOX, "1001"))["id"] == CALL


async def test_without_an_extension_the_task_stays_whose_it_is() -> None:
    few = FewTasks()
    with pytest.raises(Refused) as error:
        await task_calls(few).order(17, INBOX, "")
    assert (error.value.value, few.calls) == ("no_extension", [])


def test_the_line_s_word_is_the_answer() -> None:
    call, agent = CallId(CALL), AgentId("1001")
    began = TaskCallOrdered(at=1.0, call=call, wish="w", request="26-000123-3", task=17, agent=agent)
    assert ordered([CallReturned(at=1.0, call=call), began]) == CALL
    for why, words in WORDS.items():
        with pytest.raises(Refused, match=words[:20]) as error:
            ordered([TaskCallRefused(at=1.0, wish="w", agent=agent, why=why)])
        assert (error.value.key, error.value.value) == ("call", why)
    nothing: list[AnyFact] = []
    with pytest.raises(Unavailable):
        ordered(nothing)
