"""What an agent says of a call about an outcome, on both databases: the result, remarks and the score."""

from typing import Any, Literal

import msgspec
import pytest

from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from acd.engine.model.talk_facts import CallTakenOver, TalkEnded
from storage.requests.tables import AttemptRow, HistoryRow, TaskRow
from tests.storage.requests.desk import check_whole, refusal
from tests.storage.requests.outcome_desk import PAUSE_S, Line
from tests.tickets.life import AGENT, LEAD
from tickets.failures import NoSuch
from tickets.moves import Wish
from tickets.outcome.report import Report


async def test_a_bad_score_is_a_person_s_task_and_moves_nothing(line: Line) -> None:
    number = await line.resolved()
    call = await line.queues(await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result="told", score=2, remark="Yol hâlâ bozuk"), AGENT)
    assert await line.state(number) == ("told", "call", 2)
    assert await line.tasks(number) == ["low_score"]


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
