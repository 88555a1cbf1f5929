"""What leaves the desk: text messages, questions to citizens among them."""

import json
from pathlib import Path
from typing import Any

import pytest
import structlog

from acd.config.settings import Settings
from acd.desk.town_files import outcome_rules
from storage.database import Database
from storage.requests.outcomes import Outcomes
from storage.requests.tables import OutboxRow, TaskRow
from tests.acd.desk.receivers import Received, database, desk_of, http, post_of, received, sent, smtp
from tickets.opening import Amendment
from tickets.ticket import Actor

__all__ = ["database", "http", "received", "smtp"]


async def test_a_file_tells_nobody_so_a_person_asks_the_citizen(database: Database, tmp_path: Path) -> None:
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path)
    number = (await desk.open()).number
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    await sent(post, outbox)
    assert [row["about"] for row in await desk.rows(OutboxRow, kind="text")] == ["receipt"]
    (task,) = await desk.rows(TaskRow)
    assert (task["kind"], task["why"]) == ("tell_citizen", "Hangi sokak?")
    assert not outcome_rules(Settings(data_dir=tmp_path / "data"), desk.rules.town).text


async def test_a_question_that_waits_when_the_gateway_is_taken_away_is_a_person_s(
    database: Database, tmp_path: Path, http: str
) -> None:
    desk = desk_of(database)
    post_of(desk, tmp_path, text_gateway="http", text_url=f"{http}/sms")
    number = (await desk.open()).number
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    post, outbox = post_of(desk, tmp_path)
    await sent(post, outbox)
    assert {row["about"]: row["state"] for row in await desk.rows(OutboxRow, kind="text")} == {
        "receipt": "done",
        "question": "failed",
    }
    (task,) = await desk.rows(TaskRow)
    assert task["kind"] == "tell_citizen"


@pytest.mark.parametrize(("status", "state"), [(200, "told"), (503, "resolved"), (410, "resolved")])
async def test_an_outcome_is_told_when_the_gateway_has_taken_it(
    database: Database, tmp_path: Path, http: str, received: Received, status: int, state: str
) -> None:
    """A gateway that refuses for good leaves it to a person, one that is busy is asked again."""
    received.status = status
    desk = desk_of(database)
    gateway: dict[str, Any] = {"text_gateway": "http", "text_url": f"{http}/sms", "outcome_call": "off"}
    post, outbox = post_of(desk, tmp_path, **gateway)
    telling = outcome_rules(Settings(data_dir=tmp_path / "data", **gateway), desk.rules.town)
    outcomes = Outcomes(database, lambda: desk.rules, lambda: telling, lambda: desk.now)
    number = (await desk.open()).number
    await desk.moved(number, "accepted", "resolved", result="Asfalt döküldü.")
    await outcomes.step()
    assert (await desk.queries.get(number) or {})["state"] == "resolved"
    await sent(post, outbox)
    assert any("Asfalt döküldü." in json.loads(body)["text"] for _, _, body in received.posts)
    record = await desk.queries.get(number) or {}
    assert (record["state"], record["told_how"]) == (state, "text" if state == "told" else None)
    assert [row["kind"] for row in await desk.rows(TaskRow)] == (["outcome"] if status == 410 else [])


@pytest.mark.parametrize("caller", ["+902121112233", ""])
async def test_no_receipt_is_made_for_a_citizen_without_a_mobile_number(
    database: Database, tmp_path: Path, caller: str
) -> None:
    desk = desk_of(database)
    post_of(desk, tmp_path)
    await desk.open(caller=caller)
    assert await desk.rows(OutboxRow, kind="text") == []


async def test_a_text_that_waits_for_a_number_that_is_never_called_does_not_leave(
    database: Database, tmp_path: Path, http: str, received: Received
) -> None:
    desk = desk_of(database)
    gateway: dict[str, Any] = {"text_gateway": "http", "text_url": f"{http}/sms"}
    post_of(desk, tmp_path, **gateway)
    number = (await desk.open()).number
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    post, outbox = post_of(desk, tmp_path, **gateway, callback_denied=("+90532",))
    await sent(post, outbox)
    assert received.posts == []
    rows = await desk.rows(OutboxRow, kind="text")
    assert [(row["about"], row["state"]) for row in rows] == [("receipt", "failed"), ("question", "failed")]
    (task,) = await desk.rows(TaskRow)
    assert task["kind"] == "tell_citizen"


async def test_above_the_hourly_cap_texts_leave_later_and_none_is_lost(
    database: Database, tmp_path: Path, http: str, received: Received
) -> None:
    """A desk that was restarted knows what has left; what a person writes leaves at once."""
    desk = desk_of(database)
    gateway: dict[str, Any] = {"text_gateway": "http", "text_url": f"{http}/sms", "texts_per_hour": 3}
    post, outbox = post_of(desk, tmp_path, **gateway)
    numbers = [(await desk.open()).number for _ in range(5)]
    await desk.store.write(numbers[4], "Ekip yolda.", Actor(role="inbox", who="inbox"))

    def told() -> list[str]:
        return sorted(json.loads(body)["text"].rpartition(" ")[2].rstrip(".") for _, _, body in received.posts)

    with structlog.testing.capture_logs() as logs:
        for _ in range(3):
            await sent(post, outbox)
    assert told() == [*numbers[:3], "yolda"]
    assert [one["texts_per_hour"] for one in logs if one["event"] == "texts_put_off"] == [3]
    post, outbox = post_of(desk, tmp_path, **gateway)
    desk.now += 3599
    await sent(post, outbox)
    assert told() == [*numbers[:3], "yolda"]
    desk.now += 1
    await sent(post, outbox)
    assert told() == [*numbers, "yolda"]
    assert {row["state"] for row in await desk.rows(OutboxRow, kind="text")} == {"done"}


async def test_a_question_that_no_text_message_can_bring_is_a_person_s(
    database: Database, tmp_path: Path, http: str, received: Received
) -> None:
    received.status = 410
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path, text_gateway="http", text_url=f"{http}/sms")
    number = (await desk.open()).number
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    await sent(post, outbox)
    texts = [json.loads(body)["text"] for _, _, body in received.posts]
    assert f"{number} numaralı başvurunuz için: Hangi sokak?" in texts
    (task,) = await desk.rows(TaskRow)
    assert (task["number"], task["kind"]) == (number, "tell_citizen")


async def test_a_question_to_one_who_wants_no_messages_meanwhile_is_a_person_s(
    database: Database, tmp_path: Path, http: str, received: Received
) -> None:
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path, text_gateway="http", text_url=f"{http}/sms")
    number = (await desk.open()).number
    await sent(post, outbox)
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    await desk.store.amend(number, Amendment(contact="none"), Actor(role="inbox", who="inbox"))
    await sent(post, outbox)
    assert len(received.posts) == 1, "the receipt"
    (task,) = await desk.rows(TaskRow)
    assert (task["kind"], task["why"]) == ("tell_citizen", "question: the citizen wants no text messages")


async def test_what_is_no_longer_so_is_not_sent(
    database: Database, tmp_path: Path, http: str, received: Received
) -> None:
    desk = desk_of(database, f"{http}/hook")
    post, outbox = post_of(desk, tmp_path, text_gateway="http", text_url=f"{http}/sms")
    number = (await desk.open()).number
    await desk.moved(number, "waiting_citizen", result="Hangi sokak?")
    await desk.moved(number, "in_progress")
    await desk.moved(number, "assigned", unit="zabita")
    await sent(post, outbox)
    assert [path for path, _, _ in received.posts] == ["/sms"]
    assert "alındı" in json.loads(received.posts[0][2])["text"]
    assert {row["state"] for row in await desk.rows(OutboxRow, kind="webhook")} == {"dropped"}


async def test_a_question_that_waits_to_be_sent_is_not_asked_twice(
    database: Database, tmp_path: Path, http: str, received: Received
) -> None:
    desk = desk_of(database)
    post, outbox = post_of(desk, tmp_path, text_gateway="http", text_url=f"{http}/sms")
    number = (await desk.open()).number
    for question in ("Hangi sokak?", "Kaç numara?"):
        await desk.moved(number, "waiting_citizen", result=question)
        await desk.moved(number, "in_progress")
    await desk.moved(number, "assigned", unit="zabita")
    await desk.moved(number, "waiting_citizen", result="Hangi saat?")
    await sent(post, outbox)
    texts = [json.loads(body)["text"] for _, _, body in received.posts]
    asked_once = [f"{number} numaralı başvurunuz için: Hangi saat?", f"Başvurunuz alındı. Numarası: {number}."]
    assert sorted(texts) == asked_once, "two messages that are due leave at the same time"


async def test_a_text_message_may_be_a_mail(database: Database, tmp_path: Path, smtp: str, received: Received) -> None:
    desk = desk_of(database)
    post, outbox = post_of(
        desk, tmp_path, smtp_server=smtp, smtp_tls="none", text_gateway="smtp", text_domain="sms.example"
    )
    await desk.open(caller="0532 111 22 33")
    await sent(post, outbox)
    assert sorted(to[0] for to, _ in received.mails) == ["905321112233@sms.example", "fen@example.org"]
