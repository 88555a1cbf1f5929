"""Messages of callers come to a request of their own or to the caller's open one, once, with a person's task."""

from typing import Any

import pytest
import sqlalchemy as sa

from storage.columns import table_of
from storage.database import Database
from storage.requests.messages import Messages
from storage.requests.tables import CodeRow
from tests.storage.requests.desk import Desk
from tests.tickets.life import MACHINE
from tickets.files import MOST, NewFile
from tickets.opening import NewTicket

CALLER = "05321112233"


class Inbox(Desk):
    """A desk that takes messages."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self.messages = Messages(database, lambda: self.rules, self._clock)

    async def leaves(self, call: str = "ast1-1.1", caller: str = CALLER, name: str = "a" * 32) -> Any:
        new = NewTicket(service="request", caller=caller, call=call, language="tr")
        return await self.messages.take(new, file(name))

    async def hears(self) -> list[tuple[str, str]]:
        return [(one["number"], one["kind"]) for one in await self.tasks.list(kind="hear_message")]


def file(name: str) -> NewFile:
    return NewFile(id=name, media_type="audio/wav", about="request", name="message.wav", size=32_044, sha256="0" * 64)


@pytest.fixture
def inbox(database: Database) -> Inbox:
    return Inbox(database)


async def test_a_message_opens_a_request_without_topic_and_unit(inbox: Inbox) -> None:
    taken = await inbox.leaves()
    ticket = taken.ticket
    assert (taken.kept, taken.own) == (True, True)
    assert (ticket.state, ticket.topic, ticket.unit, ticket.caller, ticket.call) == (
        "new", None, None, CALLER, "ast1-1.1",
    )  # fmt: skip
    whole = await inbox.queries.get(ticket.number)
    assert whole is not None
    assert [(one["kind"], one["media_type"]) for one in whole["files"]] == [("audio", "audio/wav")]
    assert [step["what"] for step in whole["history"]] == ["file", "open"] or [
        step["what"] for step in whole["history"]
    ] == ["open", "file"]
    assert [(one["id"], one["how"]) for one in whole["calls"]] == [("ast1-1.1", "opened")]
    assert await inbox.hears() == [(ticket.number, "hear_message")]


async def test_a_message_is_taken_once_however_often_it_comes(inbox: Inbox) -> None:
    first = await inbox.leaves()
    again = await inbox.leaves(name="b" * 32)
    assert (again.ticket.number, again.kept, again.own) == (first.ticket.number, False, True)
    assert await inbox.messages.number_of("ast1-1.1") == first.ticket.number
    assert len(await inbox.hears()) == 1


async def test_it_hangs_on_the_only_open_request_of_its_number(inbox: Inbox) -> None:
    theirs = await inbox.open()
    taken = await inbox.leaves()
    assert (taken.ticket.number, taken.kept, taken.own) == (theirs.number, True, False)
    assert taken.ticket.unit == theirs.unit
    whole = await inbox.queries.get(theirs.number)
    assert whole is not None
    assert ("ast1-1.1", "message") in [(one["id"], one["how"]) for one in whole["calls"]]
    assert await inbox.hears() == [(theirs.number, "hear_message")]
    again = await inbox.leaves("ast1-1.2", name="b" * 32)
    assert again.ticket.number == theirs.number
    assert len(await inbox.hears()) == 1, "one open task is enough: its person hears both"


async def test_of_several_it_hangs_on_none(inbox: Inbox) -> None:
    await inbox.open()
    await inbox.open(topic="agac_budama")
    assert (await inbox.leaves()).own


@pytest.mark.parametrize("topic", ["gurultu"])
async def test_it_hangs_on_no_request_of_which_the_line_may_not_speak(inbox: Inbox, topic: str) -> None:
    await inbox.open(topic=topic)
    assert (await inbox.leaves()).own


async def test_it_hangs_on_none_that_is_over_or_another_number_s(inbox: Inbox) -> None:
    over = await inbox.open()
    await inbox.moved(over.number, "accepted", "resolved", result="Asfaltlandı.")
    await inbox.open(caller="05329998877")
    assert (await inbox.leaves()).own


async def test_a_request_with_too_many_files_gets_no_more(inbox: Inbox) -> None:
    theirs = await inbox.open()
    for place in range(MOST):
        await inbox.store.attach(theirs.number, file(f"{place:032}"), MACHINE)
    assert (await inbox.leaves()).own


async def test_whoever_gave_no_number_gets_a_code(inbox: Inbox) -> None:
    await inbox.open(caller="")
    taken = await inbox.leaves(caller="")
    assert taken.own
    codes = table_of(CodeRow)
    async with inbox.database.reading() as connection:
        found = (await connection.execute(sa.select(codes.c.number))).scalars().all()
    assert taken.ticket.number in found


async def test_a_call_that_is_not_known_is_not_said_to_be_over(inbox: Inbox) -> None:
    assert await inbox.messages.is_over("ast1-9.9") is None
    assert await inbox.messages.number_of("ast1-9.9") is None


async def test_it_hangs_on_the_only_request_of_a_typed_number_whoever_else_has_the_same_digits(inbox: Inbox) -> None:
    for _ in range(2):
        await inbox.open(caller="+1 212 555 1234")
    theirs = await inbox.open(caller="(0212) 555 12 34")
    taken = await inbox.leaves(caller="+902125551234")
    assert (taken.ticket.number, taken.own) == (theirs.number, False)
