"""The story of a request tells what happened for as long as the request is there, on both databases."""

from typing import Any

from storage.requests.outbox import KEPT_S, Outbox
from storage.requests.tables import LinkRow, OutboxRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import AGENT, MACHINE, RULES
from tickets.changes import Rules
from tickets.privacy.erasure import PARTS
from tickets.ticket import Actor


async def story(desk: Desk, number: str, kind: str) -> list[dict[str, Any]]:
    """The steps of this kind in a request's story."""
    record = await desk.queries.get(number)
    assert record is not None
    return [step for step in record["story"] if step["kind"] == kind]


async def test_a_text_message_stays_in_the_story_without_its_words(desk: Desk) -> None:
    """Its row was deleted after 30 days, and the story forgot that the citizen had been written to."""
    desk.rules = Rules(town=RULES.town, zone=RULES.zone, texts=True)
    outbox = Outbox(desk.database, lambda: desk.rules, lambda: desk.now)
    number = (await desk.open()).number
    await desk.store.write(number, "Ayşe Hanım, ekip yolda", Actor(role="inbox", who="inbox"))
    for parcel in await outbox.take(("text", "mail")):
        await outbox.done(parcel)
    told = await story(desk, number, "text")
    sent = [(step["what"], step["detail"]["about"]) for step in told]
    assert sorted(sent) == [("sent", "receipt"), ("sent", "written")]
    desk.now += KEPT_S + 3600
    for _ in range(2):
        await outbox.forget()
        assert await story(desk, number, "text") == told
    rows = await desk.rows(OutboxRow, number=number, state="done")
    assert [(row["kind"], row["payload"], row["to"]) for row in rows] == [("text", {}, "")] * 2


async def test_a_text_message_that_could_not_be_sent_loses_its_words_and_number_too(desk: Desk) -> None:
    desk.rules = Rules(town=RULES.town, zone=RULES.zone, texts=True)
    outbox = Outbox(desk.database, lambda: desk.rules, lambda: desk.now)
    number = (await desk.open()).number
    await desk.store.write(number, "Ayşe Hanım, ekip yolda", Actor(role="inbox", who="inbox"))
    for parcel in await outbox.take(("text",)):
        await outbox.failed(parcel, "no such number", lasting=True)
    assert any(row["payload"] for row in await desk.rows(OutboxRow, number=number, state="failed"))
    desk.now += KEPT_S + 3600
    await outbox.forget()
    rows = await desk.rows(OutboxRow, number=number, state="failed")
    assert [(row["payload"], row["to"]) for row in rows] == [({}, "")] * 2


async def test_a_parent_tells_when_duplicates_came_and_went(desk: Desk) -> None:
    parent, first, second = [(await desk.open()).number for _ in range(3)]
    await desk.store.join(first, parent, AGENT)
    await desk.store.join(second, parent, MACHINE)
    await desk.store.part(first, "Başka çukur: Ayşe söyledi", AGENT)
    told = await story(desk, parent, "duplicate")
    assert [(step["id"], step["what"]) for step in told] == [(first, "joined"), (second, "joined"), (first, "left")]
    assert [step["at"] for step in told] == sorted(step["at"] for step in told)
    assert {step["who"].split()[0] for step in told} == {"agent", "admin"}
    assert "Ayşe" not in str(told), "why it left is in its own history"
    assert await story(desk, first, "duplicate") == []
    other = (await desk.open()).number
    await desk.store.join(first, other, AGENT)
    assert await story(desk, parent, "duplicate") == told, "where it went then is not this story"
    assert [step["what"] for step in await story(desk, other, "duplicate")] == ["joined"]


async def test_a_duplicate_stays_in_its_parents_story_when_its_person_is_erased(desk: Desk) -> None:
    parent, child = [(await desk.open()).number for _ in range(2)]
    await desk.store.join(child, parent, AGENT)
    await desk.store.part(child, "Başka çukur", AGENT)
    told = await story(desk, parent, "duplicate")
    await desk.moved(child, "in_progress", "resolved", "told", "closed")

    async def also(connection: object) -> None:
        return None

    await desk.store.erase(child, MACHINE, "asked", tuple(PARTS), also)
    assert await story(desk, parent, "duplicate") == told
    assert [row["kind"] for row in await desk.rows(LinkRow, number=child)] == ["parent"]
