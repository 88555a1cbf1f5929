"""Figures of requests for the console: of so many days, with the town's names."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import cast
from zoneinfo import ZoneInfo

import pytest
import sqlalchemy as sa

from acd.config.load_settings import load_settings
from acd.desk import day_figures
from acd.desk.database import Records
from acd.desk.day_figures import FRESH_S, DayFigures
from acd.lib.clock import clock
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.queries import Queries
from storage.tables import TalkSegmentRow
from tests.databases import new_sqlite
from tests.storage.requests.desk import Desk
from tests.tickets.life import AGENT, DAY, LEAD
from tests.tickets.towns import TOWN
from tests.time_zones import noon


async def add_talks(database: Database, call: str, *agents: str, began_at: float) -> None:
    """The parts of a call's talk, one after the other."""
    at = milliseconds(began_at)
    own = {"call": call, "how": "answered", "began_at": at, "ended_at": at + 1000, "talk_s": 1.0, "hold_s": 0.0}
    rows = [{**own, "number": number, "agent": agent} for number, agent in enumerate(agents, 1)]
    async with database.writing() as connection:
        await connection.execute(sa.insert(table_of(TalkSegmentRow)), rows)


async def test_requests_of_some_days_with_the_towns_names(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    desk = Desk(database)
    for _ in range(3):
        await desk.open()
        last = datetime.fromtimestamp(desk.now, UTC).date()
        desk.now += DAY
    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    figures = DayFigures(load_settings(data_dir=tmp_path), records, dict, lambda: TOWN)
    for days, opened in ((1, 1), (2, 2), (366, 3)):
        found = await figures.of_requests(last, days)
        assert found["all"]["opened"] == opened
        (unit,) = found["units"]
        assert (unit["unit"], unit["name"], unit["opened"]) == ("fen_isleri", TOWN.name("unit", "fen_isleri"), opened)
        assert found["to"] - found["from"] == days * DAY
    assert (await figures.of_requests(date(2020, 1, 1), 1))["all"]["opened"] == 0
    await database.close()


async def test_a_call_is_without_a_word_until_it_has_a_result_or_a_request(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    now = clock()
    today = datetime.fromtimestamp(now, ZoneInfo(zone := noon())).date()
    rows = [
        ("a", "routine", "answered", "1001"),
        ("b", "routine", "called_back", "1001"),
        ("c", "routine", "answered", "1002"),
        ("gave-up", "routine", "abandoned", None),
        ("urgent", "urgent", "answered", "1001"),
    ]
    desk = Desk(database)
    desk.now = now
    for nth, (call, priority, outcome, agent) in enumerate(rows):
        at = milliseconds(now - nth)
        values = {"class": priority, "outcome": outcome, "agent": agent, "ended_at": milliseconds(now)}
        await desk.add_call(call, **values, arrived_at=at, entered_at=at)
        if agent is not None:
            await add_talks(database, call, agent, began_at=now - nth)
    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    settings = load_settings(data_dir=tmp_path, timezone=zone)
    figures = DayFigures(settings, records, dict, lambda: TOWN)
    assert [one["id"] for one in await figures.without_a_word("1001")] == ["a", "b"]
    await desk.tasks.dispose("a", "answered", None, AGENT)
    assert [one["id"] for one in await figures.without_a_word("1001")] == ["b"]
    await desk.open(call="b")
    assert await figures.without_a_word("1001") == []
    day = await figures.contacts(today)
    assert (day["talks"], day["without_a_word"], [one["id"] for one in day["silent"]]) == (3, 1, ["c"])
    assert day["silent"][0]["ended_at"] == milliseconds(now) / 1000
    await database.close()


async def test_the_last_agent_who_had_a_caller_is_asked_for_two_weeks(tmp_path: Path) -> None:
    """The row of a call that is over names the one who answered it; whoever sent its caller on does not know."""
    database = await new_sqlite(tmp_path / "cozum.db")
    now = clock()
    desk = Desk(database)
    desk.now = now
    for call, days in (("sent-on", 0), ("days-off", 13), ("long-ago", 15)):
        at = milliseconds(now - days * DAY - 60)
        values = {"class": "routine", "outcome": "answered", "agent": "1001", "ended_at": at}
        await desk.add_call(call, **values, arrived_at=at, entered_at=at)
        await add_talks(database, call, "1001", *(["1002"] if call == "sent-on" else []), began_at=now - days * DAY)
    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    figures = DayFigures(load_settings(data_dir=tmp_path, timezone="UTC"), records, dict, lambda: TOWN)
    for agent, asked in (("1001", ["days-off"]), ("1002", ["sent-on"])):
        found = await figures.without_a_word(agent)
        assert ([one["id"] for one in found], {one["agent"] for one in found}) == (asked, {agent})
    day = await figures.contacts(datetime.fromtimestamp(now - 60, UTC).date())
    assert [(one["id"], one["agent"]) for one in day["silent"]] == [("sent-on", "1002")]
    await database.close()


async def test_what_is_said_of_a_call_of_yesterday_is_seen_as_soon_as_of_one_of_today(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    now, zone = clock(), noon()
    monkeypatch.setattr(day_figures, "clock", lambda: now)
    yesterday = datetime.fromtimestamp(now, ZoneInfo(zone)).date() - timedelta(days=1)
    desk, at = Desk(database), milliseconds(now - DAY)
    await desk.add_call(
        "a", **{"class": "routine"}, outcome="answered", agent="1001", arrived_at=at, entered_at=at, ended_at=at
    )
    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    figures = DayFigures(load_settings(data_dir=tmp_path, timezone=zone), records, dict, lambda: TOWN)
    assert (await figures.contacts(yesterday))["without_a_word"] == 1
    await desk.tasks.dispose("a", "answered", None, LEAD)
    now += FRESH_S
    day = await figures.contacts(yesterday)
    assert (day["without_a_word"], day["silent"], day["first_contact_resolution"]) == (0, [], 1.0)
    await database.close()


async def test_first_contact_resolution_is_of_the_talks_of_the_day(tmp_path: Path) -> None:
    """A request of an urgent call or of a caller who gave up is no second contact, and what is said today of a call of
    yesterday is of yesterday."""
    database = await new_sqlite(tmp_path / "cozum.db")
    now = clock()
    today = datetime.fromtimestamp(now, ZoneInfo(zone := noon())).date()
    desk = Desk(database)
    desk.now = now
    for call, priority, outcome, ago_s in (
        ("answered", "routine", "answered", 0),
        ("opened", "routine", "answered", 0),
        ("urgent", "urgent", "answered", 0),
        ("urgent-opened", "urgent", "answered", 0),
        ("gave-up", "routine", "abandoned", 0),
        ("yesterday", "routine", "answered", DAY),
        ("yesterday-opened", "routine", "answered", DAY),
    ):
        at = milliseconds(now - ago_s)
        await desk.add_call(call, **{"class": priority}, outcome=outcome, agent="1001", arrived_at=at, entered_at=at)
    for call in ("answered", "urgent", "yesterday"):
        await desk.tasks.dispose(call, "answered", None, AGENT)
    await desk.tasks.dispose("opened", "answered", None, AGENT)  # and the form is saved afterwards
    await desk.tasks.dispose("yesterday-opened", "transferred", None, AGENT)
    for call in ("opened", "urgent-opened", "gave-up", "yesterday-opened"):
        await desk.open(call=call)
    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    figures = DayFigures(load_settings(data_dir=tmp_path, timezone=zone), records, dict, lambda: TOWN)
    for day in (today, today - timedelta(days=1)):
        found = await figures.contacts(day)
        assert (found["talks"], found["dispositions"], found["opened_a_request"]) == (2, {"answered": 1}, 1)
        assert found["first_contact_resolution"] == 0.5
    await database.close()


async def test_the_last_routine_talk_of_an_agent_lacks_its_word_until_it_is_said(tmp_path: Path) -> None:
    database = await new_sqlite(tmp_path / "cozum.db")
    desk = Desk(database)
    desk.now = now = clock()

    async def add(call: str, priority: str, outcome: str | None, began_at: float, *agents: str) -> None:
        at = milliseconds(began_at)
        values = {"class": priority, "outcome": outcome, "agent": agents[0], "ended_at": at if outcome else None}
        await desk.add_call(call, **values, arrived_at=at, entered_at=at)
        await add_talks(database, call, *agents, began_at=began_at)

    records = cast(Records, SimpleNamespace(for_reports=(database, Queries(database))))
    figures = DayFigures(load_settings(data_dir=tmp_path), records, dict, lambda: TOWN)
    assert await figures.last_talk("1001") == (None, False, None)
    await add("old", "routine", "answered", now - 90, "1001")
    await add("a", "routine", "answered", now - 60, "1001")
    assert await figures.last_talk("1001") == ("a", True, "a")
    await add("urgent", "urgent", "answered", now - 50, "1001")
    assert await figures.last_talk("1001") == ("urgent", True, "a")
    await desk.tasks.dispose("a", "answered", None, AGENT)
    assert await figures.last_talk("1001") == ("urgent", True, None), "only the last one is asked for here"
    await add("sent on", "routine", "answered", now - 40, "1001", "1002")
    assert await figures.last_talk("1001") == ("sent on", True, None)
    assert await figures.last_talk("1002") == ("sent on", True, "sent on")
    await add("on the line", "routine", None, now - 30, "1001")
    assert (await figures.last_talk("1001"))[:2] == ("on the line", False)
    await database.close()
