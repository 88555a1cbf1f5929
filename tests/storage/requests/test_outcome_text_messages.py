"""A text message tells the outcome where nobody is called, on both databases: once, and only if it was taken."""

from acd.desk.delivery import letters
from storage.columns import milliseconds
from storage.database import Database
from storage.requests.outbox import PAUSES_S
from storage.requests.outcome_texts import LOOK_S
from storage.requests.tables import CodeRow, HistoryRow
from tests.storage.requests.outcome_desk import Line
from tests.tickets.life import MACHINE
from tickets.opening import Amendment


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
