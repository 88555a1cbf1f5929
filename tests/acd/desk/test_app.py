"""The desk on its own thread, with a line whose parts are real but for Asterisk's connection."""

import asyncio
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.asterisk.node import AsteriskNode
from acd.desk.app import Desk
from acd.engine.config import AgentProfile, EngineConfig, Service
from acd.engine.events import ConfigChanged, EngineStarted
from acd.engine.ids import AgentId, NodeId, ServiceId
from acd.engine.machine import Engine
from acd.line.runtime import Runtime
from acd.refusals import Refusals
from acd.settings import Settings
from acd.times import clock
from storage.journal import SqliteJournal
from tests.services import free_port

NODE = NodeId("ast1")
CONFIG = EngineConfig(
    services=(Service(id=ServiceId("agent")),),
    agents=(AgentProfile(id=AgentId("1001"), name="Ayşe", endpoint="PJSIP/1001", node=NODE),),
)


class Line:
    """What the desk reads of a line."""

    def __init__(self, settings: Settings) -> None:
        self.engine = Engine()
        self.journal = SqliteJournal(settings.journal_file, settings.journal_durability)
        self.runtime = Runtime(
            self.engine,
            self.journal,
            clock=clock,
            dispatch=lambda command_id, command: None,
            followers=(lambda entries: self.desk.follow(entries),),
        )
        self.node = cast(AsteriskNode, SimpleNamespace(connected=False, last_error="there is none"))
        self.refusals = Refusals(clock)
        self.desk = Desk(settings, self)


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    (tmp_path / "token").write_text("t" * 40, "utf-8")
    return Settings(data_dir=tmp_path, http_port=free_port())


async def _agents(client: httpx.AsyncClient) -> list[dict[str, Any]] | None:
    try:
        answer = await client.get("/api/v1/agents")
    except httpx.TransportError:
        return None
    return cast(list[dict[str, Any]], answer.json())


async def _stored(client: httpx.AsyncClient) -> bool:
    """Whether the database serves."""
    checks = (await client.get("/readyz")).json()["checks"]
    return any(check["name"] == "database" and check["ok"] for check in checks)


async def test_the_console_answers_nobody_before_it_knows_the_agents(settings: Settings) -> None:
    line = Line(settings)
    headers = {"Authorization": "Bearer " + "t" * 40}
    async with httpx.AsyncClient(base_url=f"http://127.0.0.1:{settings.http_port}", headers=headers) as client:
        line.desk.start()
        try:
            for _ in range(20):  # time enough for a server that does not wait
                assert await _agents(client) is None
                await asyncio.sleep(0.02)
            await line.runtime.ask(EngineStarted(at=clock()))
            await line.runtime.ask(ConfigChanged(at=clock(), config=CONFIG))
            async with asyncio.timeout(20):
                while (answer := await _agents(client)) is None:  # noqa: ASYNC110 - a port tells nobody that it is open
                    await asyncio.sleep(0.02)
                while not await _stored(client):  # noqa: ASYNC110 - a start that is broken off is another matter
                    await asyncio.sleep(0.02)
        finally:
            line.runtime.close()
            line.desk.stop()
            line.journal.close()
        assert [agent["extension"] for agent in answer] == ["1001"]


async def test_a_desk_that_is_told_nothing_stops_all_the_same(settings: Settings) -> None:
    line = Line(settings)
    line.desk.start()
    line.runtime.close()
    line.desk.stop()
    line.journal.close()
    await asyncio.wait_for(line.desk.watch(), 1.0)
