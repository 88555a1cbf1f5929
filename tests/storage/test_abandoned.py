"""Callers who gave up, and what became of each, on both databases."""

from typing import Any

import pytest
import sqlalchemy as sa

from storage.abandoned import abandoned, keep_became
from storage.columns import table_of
from storage.database import Database
from storage.tables import CallRow
from tests.storage.requests.desk import Desk

DAY = 1_780_000_000.0
"""When the day begins, Unix seconds."""


class Calls:
    """Calls of one day, each at so many seconds after it began."""

    def __init__(self, database: Database) -> None:
        self.database, self._desk = database, Desk(database)

    async def add(self, call: str, at: float, outcome: str | None, **values: Any) -> None:
        begun = round((DAY + at) * 1000)
        given = {
            "arrived_at": begun, "entered_at": begun, "queued_at": begun, "class": "routine", "service": "request",
            "outcome": outcome, "ended_at": None if outcome is None else begun + 20_000, "wait_s": 20.0, **values,
        }  # fmt: skip
        await self._desk.add_call(call, **given)

    async def became(self) -> dict[str, tuple[str, str | None]]:
        """By call: what became of its caller, and their next call."""
        found = await abandoned(self.database, DAY, DAY + 86_400)
        return {one.id: (one.became, one.again) for one in found}


async def test_what_became_of_each_caller_is_told(database: Database) -> None:
    calls = Calls(database)
    await calls.add("alone", 100, "abandoned", caller="05320000001")
    await calls.add("again", 200, "abandoned", caller="05320000002")
    await calls.add("again-2", 300, "abandoned", caller="+905320000002")
    await calls.add("again-3", 400, "answered", caller="00905320000002", agent="1001")
    await calls.add("abroad", 410, "answered", caller="+15320000001", agent="1001")
    await calls.add("vain", 500, "abandoned", caller="05320000003")
    await calls.add("vain-2", 600, None, caller="05320000003")
    await calls.add("hidden", 700, "abandoned", caller="")
    await calls.add("hidden-2", 710, "answered", caller="", agent="1001")
    await calls.add("back", 800, "called_back", caller="05320000004", callback="abandoned", agent="1001")
    await calls.add("lost", 900, "abandoned", caller="05320000005", callback="abandoned", callback_tries=2)
    await calls.add(
        "kept-lost",
        910,
        "abandoned",
        caller="05320000010",
        callback="abandoned",
        callback_tries=1,
        ticket="26-000002-7",
    )
    await calls.add(
        "kept-off", 920, "abandoned", caller="05320000011", callback="abandoned", callback_tries=0, ticket="26-000003-5"
    )
    await calls.add("kept", 1000, "abandoned", caller="05320000006", ticket="26-000001-9")
    await calls.add("fine", 1100, "answered", caller="05320000007", agent="1001")
    await calls.add("asked", 1200, "called_back", caller="05320000008", callback="asked", agent="1001")
    await calls.add("outcome", 1300, "abandoned", caller="05320000009", **{"class": "outcome"})
    assert await calls.became() == {
        "alone": ("nothing", None),
        "again": ("called_again", "again-3"),
        "again-2": ("called_again", "again-3"),
        "vain": ("gave_up_again", "vain-2"),
        "hidden": ("no_number", None),
        "back": ("called_back", None),
        "lost": ("not_reached", None),
        "kept-lost": ("not_reached", None),
        "kept-off": ("ticket", None),
        "kept": ("ticket", None),
    }


async def test_a_call_of_before_or_long_after_is_no_call_again(database: Database) -> None:
    calls = Calls(database)
    await calls.add("before", 100, "answered", caller="05320000001", agent="1001")
    await calls.add("late", 200, "abandoned", caller="05320000001")
    await calls.add("next day", 200 + 86_400 + 30, "answered", caller="05320000001", agent="1001")
    assert await calls.became() == {"late": ("nothing", None)}


@pytest.mark.parametrize(
    ("outcome", "agent", "became"),
    [
        ("called_back", "1001", "called_back"),
        ("called_back", None, "nothing"),  # the line itself told an outcome
        ("callback_failed", None, "nothing"),
        ("callback_cancelled", None, "nothing"),
        (None, None, "nothing"),
    ],
)
async def test_a_call_about_a_task_or_an_outcome_is_ours_and_not_theirs(
    database: Database, outcome: str | None, agent: str | None, became: str
) -> None:
    calls = Calls(database)
    await calls.add("gave up", 100, "abandoned", caller="05320000001")
    await calls.add("ours", 300, outcome, caller="05320000001", callback="task", agent=agent, **{"class": "outcome"})
    assert await calls.became() == {"gave up": (became, None)}
    await calls.add("came", 400, "answered", caller="05320000001", agent="1001")
    again = became if became == "called_back" else "called_again"
    assert await calls.became() == {"gave up": (again, "came")}


async def test_who_called_again_while_a_callback_was_due_has_called_again(database: Database) -> None:
    calls = Calls(database)
    await calls.add(
        "due", 100, "abandoned", caller="05320000001", callback="abandoned", ended_at=round((DAY + 500) * 1000)
    )
    await calls.add("came", 300, "answered", caller="05320000001", agent="1001")
    assert await calls.became() == {"due": ("called_again", "came")}


async def test_of_a_number_that_has_called_for_years_only_the_last_calls_keep_what_became_of_them(
    database: Database,
) -> None:
    """One request of a switchboard is erased, as each is one day: nobody reads all calls that it ever made."""
    calls = Calls(database)
    await calls.add("years-ago", -400 * 86_400, "abandoned", caller="05320000001")
    await calls.add("this-morning", 100, "abandoned", caller="05320000001")
    await calls.add("erased", 3_600, "answered", caller="05320000001", agent="1001")
    await calls.add("later", 7_200, "abandoned", caller="05320000001")
    rows = table_of(CallRow)
    async with database.writing() as connection:
        await keep_became(connection, ["erased"])
        kept = await connection.execute(sa.select(rows.c.id).where(rows.c.kept_became.is_not(None)))
        assert list(kept.scalars()) == ["this-morning"]
