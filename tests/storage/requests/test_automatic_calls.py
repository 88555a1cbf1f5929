"""Automatic calls about outcomes, on both databases: what the line says of them, and what follows for the request."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.facts import CallEntered, OutcomeBegan, OutcomeCallOver, OutcomeDialled
from acd.engine.model.ids import CallId, NodeId, ServiceId
from storage.database import Database
from storage.requests.once import Once
from storage.requests.tables import AttemptRow, HistoryRow, LinkRow, TaskRow, TicketRow
from tests.storage.requests.desk import check_whole, refusal
from tests.storage.requests.outcome_desk import PAUSE_S, Line, short
from tests.tickets.life import AGENT, LEAD
from tests.tickets.towns import shipped_texts, town_with
from tickets.moves import Wish
from tickets.outcome.report import Report


@pytest.fixture
def line(database: Database) -> Line:
    return Line(database, mode="automatic")


async def rings(line: Line, wish: str) -> CallId:
    """The line rings the citizen; the call."""
    call, at = CallId(f"ast1-outcome.{wish}"), line.desk.now
    entered = CallEntered(
        at=at, call=call, node=NodeId("ast1"), channel="", number="+905321112233", name="", dialled="", arrived_at=at
    )
    await line.says(entered, OutcomeDialled(at=at, call=call, wish=wish, service=ServiceId("request")))
    return call


async def over(line: Line, call: CallId, result: Any, score: int | None = None, *, began: bool = False) -> None:
    """The call is over."""
    at, wish = line.desk.now, call.partition("outcome.")[2]
    if began:
        await line.says(OutcomeBegan(at=at, call=call, wish=wish))
    await line.says(OutcomeCallOver(at=at, call=call, wish=wish, result=result, score=score))
    await line.ends(call, "called_back" if began else "callback_failed")
    await line.outcomes.step()


async def test_the_line_is_told_what_to_say(line: Line) -> None:
    number = await line.resolved()
    (wanted,) = await line.outcomes.wanted()
    assert (wanted.automatic, wanted.number_of, wanted.outcome) == (True, number, "resolved")
    assert [part.text.count("Asfalt döküldü.") for part in wanted.words] == [1]


async def test_an_agent_s_call_has_no_words_to_be_spoken(database: Database) -> None:
    line = Line(database)
    await line.resolved()
    (wanted,) = await line.outcomes.wanted()
    assert (wanted.automatic, wanted.words) == (False, ())


async def test_told_with_a_good_score_closes_the_request(line: Line) -> None:
    number = await line.resolved()
    call = await rings(line, await line.wish())
    assert await line.outcomes.wanted() == []
    await over(line, call, "told", 5, began=True)
    assert await line.state(number) == ("closed", "automatic", 5)
    assert await line.tasks(number) == []
    assert ("call", call, "outcome") in {
        (row["kind"], row["other"], row["how"]) for row in await line.desk.rows(LinkRow, number=number)
    }
    await check_whole(line.desk, [number])


async def test_told_with_a_bad_score_is_a_person_s_task(line: Line) -> None:
    number = await line.resolved()
    await over(line, await rings(line, await line.wish()), "told", 2, began=True)
    assert await line.state(number) == ("told", "automatic", 2)
    assert await line.tasks(number) == ["low_score"]


async def test_told_without_a_score(line: Line) -> None:
    number = await line.resolved()
    await over(line, await rings(line, await line.wish()), "told", began=True)
    assert await line.state(number) == ("told", "automatic", None)


async def test_told_once_however_often_it_is_said(line: Line) -> None:
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await over(line, call, "told", 4, began=True)
    await over(line, call, "told", 1, began=True)
    line.desk.now += 10 * PAUSE_S
    await line.outcomes.step()
    assert await line.state(number) == ("closed", "automatic", 4)
    [row] = await line.desk.rows(AttemptRow, number=number)
    assert (row["result"], row["score"], row["automatic"]) == ("told", 4, True)


@pytest.mark.parametrize("result", ["no_answer", "busy", "unreachable", "voicemail", "not_there"])
async def test_a_try_that_failed_is_followed_by_another(line: Line, result: str) -> None:
    number = await line.resolved()
    await over(line, await rings(line, await line.wish()), result)
    assert await line.outcomes.wanted() == []
    line.desk.now += PAUSE_S
    await line.outcomes.step()
    (wanted,) = await line.outcomes.wanted()
    assert (short(wanted.wish), wanted.automatic) == (f"{number}.1.2", True)


@pytest.mark.parametrize("texts", [True, False])
async def test_one_who_says_by_a_key_that_they_want_no_calls_is_told_otherwise(database: Database, texts: bool) -> None:
    """It is on the request's history, once, and nobody calls about this request again."""
    line = Line(database, mode="automatic", text=texts)
    line.desk.rules = msgspec.structs.replace(line.desk.rules, texts=texts)
    number = await line.resolved()
    await over(line, await rings(line, await line.wish()), "no_calls")
    if texts:
        await line.outbox.done(await line.text())
    assert await line.state(number) == ("told", "text" if texts else "page", None)
    [ticket] = await line.desk.rows(TicketRow, number=number)
    assert ticket["contact"] == ("text" if texts else "none")
    amended = [row for row in await line.desk.rows(HistoryRow, number=number) if row["what"] == "amend"]
    assert [(row["role"], row["detail"]) for row in amended] == [("system", {"fields": ["contact"]})]
    line.desk.now += 10 * PAUSE_S
    await line.outcomes.step()
    assert await line.outcomes.wanted() == []
    assert await line.tasks(number) == []
    await check_whole(line.desk, [number])


async def test_key_7_counts_however_the_topic_has_changed(line: Line) -> None:
    """The town may have dropped the choice that the citizen answered with."""
    number = (await line.desk.open(topic="yol_su_baskini", fields={"iceride": "hayir"})).number
    await line.desk.moved(number, "accepted", "resolved", result="Izgaralar açıldı.")
    await line.outcomes.step()
    topics = shipped_texts()["topics.toml"].replace('{ id = "hayir", ', '{ id = "yok", ')
    line.desk.rules = msgspec.structs.replace(line.desk.rules, town=town_with(topics_toml=topics))
    await over(line, await rings(line, await line.wish()), "no_calls")
    assert await line.state(number) == ("told", "page", None)


@pytest.mark.parametrize(("result", "task"), [("wrong_number", "wrong_number"), ("told_in_part", "told_in_part")])
async def test_what_only_a_person_can_find_out(line: Line, result: str, task: str) -> None:
    number = await line.resolved()
    await over(line, await rings(line, await line.wish()), result)
    assert await line.tasks(number) == [task]
    line.desk.now += 10 * PAUSE_S
    await line.outcomes.step()
    assert await line.outcomes.wanted() == []


async def test_after_half_a_telling_an_agent_calls(line: Line) -> None:
    number = await line.resolved()
    await over(line, await rings(line, await line.wish()), "told_shortly", began=True)
    assert await line.outcomes.wanted() == []
    line.desk.now += 300
    await line.outcomes.step()
    (wanted,) = await line.outcomes.wanted()
    assert (short(wanted.wish), wanted.automatic) == (f"{number}.1.2", False)


async def test_an_agent_s_word_counts_before_the_line_s(line: Line) -> None:
    """The citizen heard the words and then talked to an agent, who said how it went while they talked."""
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result="told", score=3), AGENT)
    await over(line, call, "told", 1)
    assert await line.state(number) == ("closed", "call", 3)


async def led_on(line: Line) -> tuple[str, CallId]:
    """The citizen heard the words, pressed 0, and talked to agent 1001, who has after-call work; request and call."""
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await over(line, call, "told", began=True)
    assert await line.state(number) == ("told", "automatic", None)
    return number, call


@pytest.mark.parametrize(("score", "state", "tasks"), [(2, "told", ["low_score"]), (4, "closed", [])])
async def test_in_after_call_work_the_agent_passes_on_the_score(
    line: Line, score: int, state: str, tasks: list[str]
) -> None:
    number, call = await led_on(line)
    said = Report(result="told", score=score, remark="Yol yine çöktü")
    assert (await line.reports.report(call, said, AGENT, "1001"))["score"] == score
    assert await line.state(number) == (state, "automatic", score)
    assert [(row["kind"], row["why"]) for row in await line.desk.rows(TaskRow, number=number)] == [
        (kind, "Yol yine çöktü") for kind in tasks
    ]
    refused = await refusal(line.reports.report(call, Report(result="told", score=5), AGENT, "1001"))
    assert (refused.code, refused.key) == ("already_done", "score")
    assert await line.state(number) == (state, "automatic", score)
    await check_whole(line.desk, [number])


async def test_in_after_call_work_a_remark_without_a_score_is_noted(line: Line) -> None:
    number, call = await led_on(line)
    await line.reports.report(call, Report(result="told", remark="Teşekkür etti"), AGENT, "1001")
    notes = [row for row in await line.desk.rows(HistoryRow, number=number) if row["what"] == "note"]
    assert [(row["note"], row["who"], row["detail"]) for row in notes] == [
        ("Teşekkür etti", AGENT.who, {"result": "told", "outcome": 1, "attempt": 1})
    ]
    assert await line.state(number) == ("told", "automatic", None)


@pytest.mark.parametrize("score", [None, 2])
@pytest.mark.parametrize("again", [Report(result="told", remark="Teşekkür etti"), Report(result="told")])
async def test_in_after_call_work_a_report_is_taken_once_whatever_its_key(
    line: Line, again: Report, score: int | None
) -> None:
    """An agent's page that was loaded anew sends it with another key."""
    number, call = await led_on(line)
    said = Report(result="told", remark="Teşekkür etti", score=score)
    once = Once(key="1001 one", digest="one")
    await line.reports.report(call, said, AGENT, "1001", once)
    before = await line.desk.rows(HistoryRow, number=number)
    other = Once(key="1001 other", digest="one")
    refused = await refusal(line.reports.report(call, again, AGENT, "1001", other))
    assert (refused.code, refused.key) == ("already_done", "result")
    assert (await line.reports.report(call, said, AGENT, "1001", once))["repeated"]
    assert await line.desk.rows(HistoryRow, number=number) == before


async def test_a_report_while_the_citizen_talks_is_the_only_one_of_its_call(line: Line) -> None:
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await line.reports.report(call, Report(result="told"), AGENT)
    await over(line, call, "told")
    refused = await refusal(line.reports.report(call, Report(result="told", remark="Teşekkür etti"), AGENT, "1001"))
    assert (refused.code, refused.key) == ("already_done", "result")
    assert "note" not in [row["what"] for row in await line.desk.rows(HistoryRow, number=number)]


async def test_a_note_of_an_earlier_try_is_no_report_of_the_next(line: Line) -> None:
    """It was reported late, by the agent of a talk that nobody had said anything of."""
    number = await line.resolved()
    first = await line.queues(await line.wish())
    await line.tells(first)
    await line.ends(first, "called_back")
    await line.step_later(line.telling.report_s)
    await line.desk.store.move(number, Wish(to="told", how="call"), LEAD)
    await line.reports.report(first, Report(result="told", remark="Söylendi"), AGENT, "1001")
    assert (await line.results(number)) == ["told"]
    await line.desk.moved(number, "assigned", "accepted", "resolved", result="Bu kez oldu.")
    await line.outcomes.step()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await over(line, call, "told", began=True)
    await line.reports.report(call, Report(result="told", remark="Memnun"), AGENT, "1001")
    notes = [row["note"] for row in await line.desk.rows(HistoryRow, number=number) if row["what"] == "note"]
    assert notes == ["Söylendi", "Memnun"]


async def test_in_after_call_work_nothing_else_is_said_of_one_who_heard_the_words(line: Line) -> None:
    _, call = await led_on(line)
    refused = await refusal(line.reports.report(call, Report(result="wrong_number"), AGENT, "1001"))
    assert (refused.code, refused.key) == ("already_done", "result")
    assert (await refusal(line.reports.report(call, Report(result="told"), AGENT, "1002"))).code == "not_your_role"


async def test_a_score_by_a_key_is_kept_where_the_report_comes_first(line: Line) -> None:
    """The line has said what came of the call, and the step after it is still to be made."""
    number = await line.resolved()
    wish = await line.wish()
    call = await rings(line, wish)
    await line.tells(call)
    await line.says(OutcomeCallOver(at=line.desk.now, call=call, wish=wish, result="told", score=2))
    await line.reports.report(call, Report(result="told"), AGENT, "1001")
    assert await line.state(number) == ("told", "call", 2)
    assert await line.tasks(number) == ["low_score"]


@pytest.mark.parametrize(("score", "state", "tasks"), [(1, "told", ["low_score"]), (5, "closed", [])])
async def test_a_score_by_a_key_counts_where_a_person_says_meanwhile_that_it_is_told(
    line: Line, score: int, state: str, tasks: list[str]
) -> None:
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await line.desk.store.move(number, Wish(to="told", how="call"), LEAD)
    await over(line, call, "told", score)
    assert await line.state(number) == (state, "call", score)
    assert await line.tasks(number) == tasks
    await check_whole(line.desk, [number])


async def test_a_score_by_a_key_counts_for_no_later_outcome(line: Line) -> None:
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await line.desk.store.move(number, Wish(to="told", how="call"), LEAD)
    await line.desk.store.move(number, Wish(to="assigned", note="Yine çukur"), LEAD)
    await line.desk.moved(number, "accepted", "resolved", result="Bu kez oldu.")
    await line.desk.store.move(number, Wish(to="told", how="call"), LEAD)
    await over(line, call, "told", 1)
    assert await line.state(number) == ("told", "call", None)
    assert await line.tasks(number) == []


async def test_an_agent_to_whom_the_citizen_was_led_says_how_it_went(line: Line) -> None:
    number = await line.resolved()
    call = await rings(line, await line.wish())
    await line.tells(call)
    await line.ends(call, "called_back")
    await line.outcomes.step()
    assert await line.results(number) == ["calling"]
    line.desk.now += line.telling.report_s
    await line.outcomes.step()
    assert await line.tasks(number) == ["told_in_part"]


async def test_so_many_are_called_at_once(line: Line) -> None:
    line.telling = type(line.telling)(mode="automatic", hours=line.telling.hours, at_once=1)
    await line.resolved(caller="+905321112233")
    second = await line.resolved(caller="+905321112244")
    (wanted,) = await line.outcomes.wanted()
    call = await rings(line, wanted.wish)
    await over(line, call, "told", began=True)
    line.desk.now += 5
    await line.outcomes.step()
    (wanted,) = await line.outcomes.wanted()
    assert wanted.number_of == second


async def test_a_remark_belongs_to_a_call_that_is_over(line: Line) -> None:
    number = await line.resolved()
    wish = await line.wish()
    call = await rings(line, wish)
    assert await line.outcomes.ended_call(wish) is None
    await over(line, call, "told", 5, began=True)
    assert await line.outcomes.ended_call(wish) == number
    for other in ("", "x", f"{number}.1.9", f"{number}.x.1"):
        assert await line.outcomes.ended_call(other) is None
