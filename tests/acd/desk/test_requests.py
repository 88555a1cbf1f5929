"""A whole desk and its requests: what is opened over the API is told to its unit, and to whoever types its number."""

import asyncio
import contextlib
from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest

from acd.config.load_settings import load_settings
from acd.config.settings import Settings
from acd.desk.app import Desk
from acd.desk.database import Records
from acd.desk.requests import DeskRequests
from acd.desk.town_files import ticket_rules, town_of
from console.ports import Record
from console.request_ports import By
from phones.ports import free_tcp_port
from storage.requests.attachments import Attachments
from storage.requests.once import Once
from tests.acd.desk.test_app import until
from tests.storage.requests.desk import ROAD
from tests.tickets.towns import shipped_texts
from tickets.failures import NotGranted
from tickets.outcome.plan import OutcomeRules
from tickets.outcome.report import Report
from tickets.refusals import Refusal
from tickets.ticket import Actor
from tickets.town.model import Town

TOKEN = "t" * 40


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A desk whose roads are done by somebody with a mail."""
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "token").write_text(TOKEN, "utf-8")
    town = tmp_path / "town"
    town.mkdir()
    for name, text in shipped_texts().items():
        member = 'members = [{ user = "fen", mail = "fen@example.org" }]'
        (town / name).write_text(text.replace('members = [{ user = "fen" }]', member), "utf-8")
    return load_settings(data_dir=tmp_path / "data", town_dir=town, http_port=free_tcp_port())


@contextlib.asynccontextmanager
async def served(settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a running desk whose database serves."""
    stop = asyncio.Event()
    running = asyncio.create_task(Desk(settings).run(stop))
    base = f"http://127.0.0.1:{settings.http_port}/api/v1/"
    try:
        headers = {"Authorization": f"Bearer {TOKEN}"}
        async with httpx.AsyncClient(base_url=base, headers=headers, timeout=30) as client:
            async with asyncio.timeout(60):
                while not await _serves(client):
                    assert not running.done()
                    await asyncio.sleep(0.05)
            yield client
    finally:
        stop.set()
        await running


async def _serves(client: httpx.AsyncClient) -> bool:
    try:
        return (await client.get("tickets")).status_code == 200
    except httpx.TransportError:
        return False


async def post(client: httpx.AsyncClient, path: str, **body: Any) -> dict[str, Any]:
    answer = await client.post(path, json=body, headers={"If-Match": "*"})
    assert answer.is_success, answer.text
    found: dict[str, Any] = answer.json()
    return found


async def file_of(settings: Settings, words: str) -> str:
    """A letter with these words, once it is there."""
    async with asyncio.timeout(60):
        while True:
            folder = settings.outgoing_dir
            for file in sorted(folder.iterdir()) if folder.is_dir() else ():
                if words in (text := file.read_text("utf-8")):
                    return text
            await asyncio.sleep(0.05)


async def test_a_unit_hears_of_its_request_and_the_caller_of_its_state(settings: Settings) -> None:
    async with served(settings) as client:
        ticket = await post(client, "tickets", **ROAD)
        number = ticket["number"]
        assert (ticket["state"], ticket["unit"]) == ("assigned", "fen_isleri")
        letter = await file_of(settings, f"{number}: biriminize geldi")
        assert letter.startswith("To: fen@example.org")
        assert "1112233" not in letter
        parent, child = ticket, await post(client, "tickets", **ROAD)
        await post(client, f"tickets/{child['number']}/duplicate-of", number=number)
        await post(client, f"tickets/{number}/moves", to="in_progress")
        await post(client, f"tickets/{number}/moves", to="resolved", result="Asfalt döküldü.")

        async def followed() -> dict[str, Any] | None:
            record: dict[str, Any] = (await client.get(f"tickets/{child['number']}")).json()
            return record if record["state"] == "resolved" else None

        found = await until(followed)
        assert found is not None
        assert (found["words"], found["parent"]) == ("Asfalt döküldü.", parent["number"])


async def test_whoever_types_a_number_hears_its_state_and_date_as_they_are_now(settings: Settings) -> None:
    rules = ticket_rules(settings, town_of(settings))
    records = Records(settings, lambda: rules, OutcomeRules)
    async with served(settings) as client:
        following = asyncio.create_task(records.run(settings.journal_file))
        try:
            ticket = await post(client, "tickets", **ROAD)
            typed = ticket["number"].replace("-", "")

            async def opened() -> bool:
                return records.opened

            await until(opened)
            due = ticket["due_at"][:10]
            told = await records.ticket_state(typed)
            assert told is not None
            assert told["state"] == "assigned"
            assert told["due"] >= due, "the date is the line's, not Greenwich's"
            await post(client, f"tickets/{typed}/moves", to="waiting_citizen", result="Hangi sokak?")
            assert await records.ticket_state(typed) == {"state": "waiting_citizen", "number": ticket["number"]}
            await post(client, f"tickets/{typed}/moves", to="resolved", result="Tamam.")
            done = await records.ticket_state(typed)
            assert done is not None
            assert (done["state"], "due" in done, len(done["done"])) == ("resolved", False, 10)
            assert await records.ticket_state("260000019") is None or typed == "260000019"
        finally:
            following.cancel()
            await asyncio.gather(following, return_exceptions=True)
            await records.close(settings.journal_file)


class Reports:
    """Refuses a report so often, as one who had not the call."""

    def __init__(self, refusals: int, stored: int | None = 2) -> None:
        self.left, self.stored = refusals, stored

    async def report(self, call: str, said: Report, actor: Actor, extension: str | None, once: Once | None) -> Record:
        if not self.left:
            record = {"call": call, "score": self.stored if said.score is not None else None}
            return {**record, **({"repeated": True} if once is not None else {})}
        self.left -= 1
        raise NotGranted(
            Refusal(code="not_your_role", key="result", value=said.result, allowed="the agent who has the call")
        )


def with_reports(reports: Reports) -> DeskRequests:
    parts = cast(Records, SimpleNamespace(reports=reports))
    return DeskRequests(parts, dict, cast(Attachments, None), lambda: cast(Town, None))


async def test_an_agent_may_say_how_a_call_went_before_the_database_knows_that_they_have_it() -> None:
    by = By(actor=Actor(role="agent", who="1001"))
    told = await with_reports(Reports(3)).report_outcome("ast1-1.1", Report(result="told"), by, "1001")
    assert told == {"call": "ast1-1.1", "score": None}


@pytest.mark.parametrize(("stored", "counts"), [(2, [2]), (None, [])])
async def test_a_score_that_is_stored_is_counted_once_however_often_it_is_sent(
    stored: int | None, counts: list[int]
) -> None:
    counted: list[int] = []
    parts = cast(Records, SimpleNamespace(reports=Reports(0, stored)))
    desk = DeskRequests(parts, dict, cast(Attachments, None), lambda: cast(Town, None), on_score=counted.append)
    by = By(actor=Actor(role="agent", who="1001"))
    said = Report(result="told", score=2)
    for author in (by, replace(by, key="k", digest="d")):
        assert await desk.report_outcome("ast1-1.1", said, author) == {"call": "ast1-1.1", "score": stored}
    assert counted == counts


async def test_who_never_had_the_call_is_refused_once_the_database_may_not_be_behind_any_more(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("acd.desk.behind.BEHIND_S", 0.15)
    reports = Reports(1000)
    with pytest.raises(NotGranted):
        await with_reports(reports).report_outcome(
            "ast1-1.1", Report(result="told"), By(actor=Actor(role="agent", who="1002")), "1002"
        )
    assert 0 < 1000 - reports.left < 5
