"""The desk beside a real line on one loop, without Asterisk."""

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

from acd.config.load_settings import load_settings
from acd.config.rules import load_rules
from acd.config.settings import Settings
from acd.desk.app import FIRST_LOOK_S, Desk
from acd.engine.model.events import CallAttached, CallerGone
from acd.engine.model.ids import CallId, NodeId
from acd.lib.clock import clock
from acd.line.app import Line
from phones.ports import free_ports
from storage.journal import SqliteJournal

T = TypeVar("T")
NODE = NodeId("ast1")
AGENT = """\
[[agent]]
extension = "1001"
name = "Ayşe"
sip_password = "a-good-password"
pin_hash = "$argon2id$v=19$m=8,t=1,p=1$MDEyMzQ1Njc4OWFiY2RlZg$c2VjcmV0"
"""


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "token").write_text("t" * 40, "utf-8")
    (tmp_path / "agents.toml").write_text(AGENT, "utf-8")
    http, fastagi, ami = free_ports(3)
    return load_settings(data_dir=tmp_path, http_port=http, fastagi_port=fastagi, ami_port=ami)


@contextlib.asynccontextmanager
async def serving(part: Line | Desk) -> AsyncIterator[None]:
    """Run a part; end it in order."""
    stop = asyncio.Event()
    task = asyncio.create_task(part.run(stop))
    try:
        yield
    finally:
        stop.set()
        await asyncio.wait_for(task, 60.0)


@contextlib.asynccontextmanager
async def a_line(settings: Settings) -> AsyncIterator[Line]:
    journal = SqliteJournal(settings.journal_file, settings.journal_durability)
    try:
        line = Line(settings, load_rules(settings), journal)
        async with serving(line):
            yield line
    finally:
        journal.close()


class Browser:
    """Asks the console."""

    def __init__(self, settings: Settings) -> None:
        headers = {"Authorization": "Bearer " + "t" * 40}
        base = f"http://127.0.0.1:{settings.http_port}"
        self.http = httpx.AsyncClient(base_url=base, headers=headers, timeout=30)

    async def get(self, path: str) -> Any:
        """The answer, or None while nobody listens."""
        try:
            answer = await self.http.get(path)
        except httpx.TransportError:
            return None
        return answer.text if path == "/metrics" else answer.json()

    async def check(self, name: str) -> dict[str, Any] | None:
        checks = (await self.get("/readyz") or {}).get("checks", [])
        return next((check for check in checks if check["name"] == name), None)

    async def is_ok(self, name: str) -> bool:
        check = await self.check(name)
        return check is not None and bool(check["ok"])

    async def state(self, state: str) -> int:
        return (await self.http.post("/api/v1/agents/1001/state", json={"state": state})).status_code

    async def metric(self, name: str) -> str:
        told = str(await self.get("/metrics")).splitlines()
        return next(line for line in told if line.startswith(name)).split()[-1]


@pytest.fixture
async def browser(settings: Settings) -> AsyncIterator[Browser]:
    browser = Browser(settings)
    yield browser
    await browser.http.aclose()


async def until(what: Callable[[], Awaitable[T]], within_s: float = 60.0) -> T:
    async with asyncio.timeout(within_s):
        while not (found := await what()):  # noqa: ASYNC110  there is no event for all of them
            await asyncio.sleep(0.02)
    return found


async def passes_by(line: Line, call: str) -> None:
    """A caller comes and hangs up in the menu."""
    await line.runtime.ask(CallAttached(at=clock(), call=CallId(call), node=NODE, channel=f"PJSIP/trunk-{call}"))
    await line.runtime.ask(CallerGone(at=clock(), call=CallId(call)))


IN_MENU = 'cozum_calls_total{class="none",outcome="abandoned_in_menu",service="none"}'


async def counted(browser: Browser, calls: str) -> bool:
    """Whether so many have passed by, as the metrics have it: they hear of it from the line."""
    return await browser.metric(IN_MENU) == calls


async def test_the_console_answers_nobody_before_it_knows_the_agents(settings: Settings, browser: Browser) -> None:
    began = time.monotonic()
    async with serving(Desk(settings)):
        for _ in range(20):  # time enough for a server that does not wait
            found = await browser.get("/api/v1/agents")
            assert found is None or time.monotonic() - began > FIRST_LOOK_S, "then it says what the journal has"
            await asyncio.sleep(0.02)
        async with a_line(settings):
            (agent,) = await until(lambda: browser.get("/api/v1/agents"))
            assert agent["extension"] == "1001"


async def test_a_desk_without_a_line_says_so(settings: Settings, browser: Browser) -> None:
    async with serving(Desk(settings)):
        check = await until(lambda: browser.check("line"))
        assert check is not None
        assert not check["ok"]
        assert check["detail"].startswith("away for ")
        assert await browser.state("ready") == 503


async def test_a_line_that_goes_leaves_its_last_picture(settings: Settings, browser: Browser) -> None:
    async with serving(Desk(settings)):
        async with a_line(settings) as line:
            await until(lambda: browser.is_ok("line"))
            assert await browser.state("paused") == 200
            await line.runtime.ask(CallAttached(at=clock(), call=CallId("c1"), node=NODE, channel="PJSIP/trunk-1"))
            assert await browser.metric("cozum_line_connected") == "1.0"
        await until(lambda: not_ok(browser, "line"))
        assert [agent["extension"] for agent in await browser.get("/api/v1/agents")] == ["1001"]
        assert await browser.metric("cozum_line_connected") == "0.0"
        assert await browser.state("ready") == 503


async def not_ok(browser: Browser, name: str) -> bool:
    return not await browser.is_ok(name)


async def test_what_happened_while_the_desk_was_away_is_counted_once(settings: Settings, browser: Browser) -> None:
    async with serving(Desk(settings)):
        async with a_line(settings) as line:
            await until(lambda: browser.is_ok("line"))
            await passes_by(line, "c1")
        await until(lambda: not_ok(browser, "line"))
        journal = SqliteJournal(settings.journal_file, settings.journal_durability)
        alone = Line(settings, load_rules(settings), journal)  # writes, and nobody follows
        await passes_by(alone, "c2")
        alone.runtime.close()
        journal.close()
        async with a_line(settings) as line:
            await until(lambda: browser.is_ok("line"))
            await passes_by(line, "c3")
            await until(lambda: counted(browser, "3.0"))


async def test_a_desk_that_starts_without_the_line_shows_how_things_stood(settings: Settings, browser: Browser) -> None:
    async with a_line(settings) as line:
        await passes_by(line, "c1")
    async with serving(Desk(settings)):
        (agent,) = await until(lambda: browser.get("/api/v1/agents"))
        assert agent["extension"] == "1001"
        assert await browser.metric(IN_MENU) == "0.0", "it was before this process"
        async with a_line(settings) as line:
            await until(lambda: browser.is_ok("line"))
            await passes_by(line, "c2")
            await until(lambda: counted(browser, "1.0"))


async def stored(browser: Browser, *calls: str) -> bool:
    """Whether these calls are in the database, and no others."""
    found = await browser.get("/api/v1/calls")
    return isinstance(found, list) and [call["id"] for call in found] == [*calls]


async def test_another_journal_is_followed_from_its_beginning(settings: Settings, browser: Browser) -> None:
    async with serving(Desk(settings)):
        async with a_line(settings) as line:
            await passes_by(line, "c1")
            await until(lambda: stored(browser, "c1"))
        await until(lambda: not_ok(browser, "line"))
        for path in settings.data_dir.glob("journal.db*"):
            path.unlink()
        async with a_line(settings) as line:
            await until(lambda: browser.is_ok("line"))
            await passes_by(line, "c9")
            await until(lambda: stored(browser, "c9", "c1"))


async def is_unknown(line: Line, number: str) -> bool:
    """Whether a desk says that there is no such ticket."""
    return await line.desks.look_up("ticket", number) is None


async def test_the_line_looks_up_tickets_and_knows_when_nobody_can(settings: Settings, browser: Browser) -> None:
    async with a_line(settings) as line:
        assert await line.desks.look_up("ticket", "26-000001-2") == {}, "no desk"
        async with serving(Desk(settings)):
            await until(lambda: browser.is_ok("database"))
            await until(lambda: is_unknown(line, "26-000001-2"))  # a desk that is slow is none


async def test_the_line_asks_for_the_requests_of_a_callers_number(settings: Settings, browser: Browser) -> None:
    async with a_line(settings) as line:
        assert await line.desks.own("05321112233") is None, "no desk"
        async with serving(Desk(settings)):
            await until(lambda: browser.is_ok("database"))
            assert await line.desks.own("05321112233") is None
            road = {"service": "request", "topic": "asfalt_talebi", "text": "Işık Sokak", "caller": "+905321112233"}
            made = await browser.http.post("/api/v1/tickets", json=road)
            assert made.status_code == 201
            found = await until(lambda: line.desks.own("05321112233"))
            assert found is not None
            assert found.pop("number1") == made.json()["number"]
            due = found.pop("due1")
            assert found == {"count": "1", "group1": "yol", "unit1": "fen_isleri", "state1": "assigned"}
            assert date.fromisoformat(due) > datetime.now(UTC).date()


async def test_what_the_line_wrote_last_is_stored_before_the_desk_ends(settings: Settings, browser: Browser) -> None:
    async with serving(Desk(settings)), a_line(settings) as line:
        await until(lambda: browser.is_ok("database"))
        await passes_by(line, "c1")
    with sqlite3.connect(settings.data_dir / "cozum.db") as database:
        assert database.execute("SELECT id FROM calls").fetchall() == [("c1",)]


async def test_a_change_of_a_file_is_read_by_the_line_and_by_the_desk(settings: Settings, browser: Browser) -> None:
    async with serving(Desk(settings)), a_line(settings) as line:
        await until(lambda: browser.get("/api/v1/agents"))

        async def save(name: str, body: dict[str, Any]) -> dict[str, Any]:
            etag = (await browser.http.get(f"/api/v1/config/{name}")).headers["etag"]
            headers = {"if-match": etag}
            answer = await browser.http.put(f"/api/v1/config/{name}", json=body, headers=headers, timeout=30)
            assert answer.status_code == 200, answer.text
            told: dict[str, Any] = answer.json()
            return told

        week = {"path": ["hours", "office", "week"], "value": {"mon": "09:00-12:00"}}
        told = await save(
            "services", {"edits": [week, {"path": ["service", "information", "hours"], "value": "office"}]}
        )
        assert told["reload"] == {"state": "taken", "refused": [], "waiting": []}
        assert [one.id for one in line.rules.config.schedules] == ["office"]
        units = (await browser.get("/api/v1/config/units"))["text"]
        assert "Fen İşleri" in units
        await save("units", {"text": units.replace("Fen İşleri", "Fen ve Yapı İşleri")})
        town = await browser.get("/api/v1/town")
        assert "Fen ve Yapı İşleri" in str(town["units"])
        settings.agents_path.write_text(AGENT.replace("1001", "x"), "utf-8")
        line.reload()

        async def refused() -> list[str]:
            overview = await browser.get("/api/v1/config")
            found: list[str] = overview["reload"]["refused"]
            return found

        (fault,) = await until(refused)
        assert "agent.0.extension" in fault
