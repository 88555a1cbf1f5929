"""A desk on another machine: it follows a real line through a real Redis, beside the line's own desk."""

import contextlib
from collections.abc import AsyncIterator, Iterator
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from acd.config.load_settings import load_settings
from acd.config.settings import Settings
from acd.desk.app import Desk
from acd.engine.model.events import CallAttached, ServiceChosen
from acd.engine.model.ids import CallId, ServiceId
from acd.lib.clock import clock
from acd.line.app import Line
from phones.ports import free_tcp_port
from tests.acd.desk.test_app import AGENT, NODE, Browser, a_line, not_ok, passes_by, serving, stored, until
from tests.acd.desk.test_requests import TOKEN
from tests.databases import new_name
from tests.services import Postgres, Redis, running_redis
from tests.storage.requests.desk import ROAD
from tests.tickets.towns import shipped_texts


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with running_redis(tmp_path) as server:
        yield server


@pytest.fixture
async def settings(tmp_path: Path, postgres: Postgres, redis: Redis) -> Settings:
    """Those of the line and of its own desk."""
    database = await new_name(postgres)
    town = tmp_path / "town"
    town.mkdir()
    for name, text in shipped_texts().items():
        member = 'members = [{ user = "fen", mail = "fen@example.org" }]'
        (town / name).write_text(text.replace('members = [{ user = "fen" }]', member), "utf-8")
    return settings_in(tmp_path / "here", database_url=postgres.url(database), redis_url=redis.url, town_dir=town)


@pytest.fixture
def elsewhere(settings: Settings, tmp_path: Path) -> Settings:
    """Those of the other desk. Nothing of the line is in its folder."""
    return settings_in(
        tmp_path / "elsewhere",
        follow="redis",
        database_url=settings.database_url,
        redis_url=settings.redis_url,
        town_dir=settings.town_dir,
    )


def settings_in(folder: Path, **values: Any) -> Settings:
    folder.mkdir()
    (folder / "token").write_text(TOKEN, "utf-8")
    if "follow" not in values:
        (folder / "agents.toml").write_text(AGENT, "utf-8")
    return load_settings(
        data_dir=folder, http_port=free_tcp_port(), fastagi_port=free_tcp_port(), ami_port=free_tcp_port(), **values
    )


class Both(NamedTuple):
    """The line's own desk, and the other one."""

    here: Browser
    there: Browser

    async def agree(self) -> None:
        """Wait until both show the same."""
        with contextlib.suppress(TimeoutError):
            await until(self._do_agree)
        assert await picture(self.there) == await picture(self.here)

    async def _do_agree(self) -> bool:
        return await picture(self.there) == await picture(self.here)


@pytest.fixture
async def both(settings: Settings, elsewhere: Settings) -> AsyncIterator[Both]:
    browsers = Both(Browser(settings), Browser(elsewhere))
    yield browsers
    for one in browsers:
        await one.http.aclose()


GAUGES = (
    "cozum_agents",
    "cozum_calls_waiting",
    "cozum_callbacks_waiting",
    "cozum_line_connected",
    "cozum_average_speed",
)
SHARES = ("cozum_calls_within_target_ratio", "cozum_service_level_ratio", "cozum_target_wait_seconds")


async def picture(browser: Browser) -> dict[str, Any]:
    """What a page and Prometheus see of the line, without what depends on the moment of asking."""
    seen: dict[str, Any] = {
        path: await browser.get(f"/api/v1/{path}") for path in ("agents", "queue", "callbacks", "figures")
    }
    for waiting in (*(seen["queue"] or ()), *(seen["callbacks"] or ())):
        waiting.pop("wait_s")
    told = str(await browser.get("/metrics")).splitlines()
    seen["gauges"] = sorted(line for line in told if line.startswith((*GAUGES, *SHARES)))
    checks = (await browser.get("/readyz") or {}).get("checks", [])
    # Without an Asterisk the reason changes with each try to connect.
    wanted = ("asterisk", "journal", "calls", "legs")
    return seen | {"checks": [(one["name"], one["ok"]) for one in checks if one["name"] in wanted]}


async def waits(line: Line, call: str, service: str = "funeral") -> None:
    """A caller comes, chooses a service and waits."""
    await line.runtime.ask(CallAttached(at=clock(), call=CallId(call), node=NODE, channel=f"PJSIP/trunk-{call}"))
    await line.runtime.ask(ServiceChosen(at=clock(), call=CallId(call), service=ServiceId(service)))


async def says(browser: Browser, name: str, words: str) -> bool:
    check = await browser.check(name)
    return check is not None and words in check["detail"]


async def test_both_desks_show_the_same_line(settings: Settings, elsewhere: Settings, both: Both) -> None:
    async with serving(Desk(settings)), serving(Desk(elsewhere)), a_line(settings) as line:
        await until(lambda: both.there.is_ok("line"))
        await both.agree()
        assert await both.here.state("ready") == 200
        for number in range(5):
            await waits(line, f"u{number}", "doctor" if number % 2 else "request")
        await both.agree()
        assert len(await both.there.get("/api/v1/queue")) == 5
        assert await both.there.metric('cozum_calls_waiting{class="urgent",service="doctor"}') == "2.0"
        assert [one["extension"] for one in await both.there.get("/api/v1/agents")] == ["1001"]
        await passes_by(line, "c1")
        await until(lambda: stored(both.there, "c1"))


async def test_a_wish_to_the_line_is_refused_with_the_way_out(
    settings: Settings, elsewhere: Settings, both: Both
) -> None:
    async with serving(Desk(settings)), serving(Desk(elsewhere)), a_line(settings) as line:
        await until(lambda: both.there.is_ok("line"))
        await until(lambda: both.there.is_ok("database"))
        await waits(line, "u1")
        surge = {"services": ["request"], "text": {"tr": "Su kesintisi var."}}
        for method, path, body in (
            ("POST", "agents/1001/state", {"state": "ready"}),
            ("DELETE", "callbacks/u1", None),
            ("POST", "calls/u1/kind", {"service": "doctor"}),
            ("POST", "calls/u1/first", {"reason": "other"}),
            ("GET", "surge", None),
            ("PUT", "surge", surge),
            ("DELETE", "surge", None),
            ("POST", "agents/1001/phone", {}),
        ):
            answer = await both.there.http.request(method, f"/api/v1/{path}", json=body)
            assert answer.status_code == 409, (path, answer.text)
            assert answer.headers["content-type"] == "application/problem+json"
            assert "follow = redis" in answer.json()["detail"]
            assert "use the line's own desk" in answer.json()["detail"]
        (agent,) = await both.here.get("/api/v1/agents")
        assert agent["state"] != "ready"
        assert not (elsewhere.data_dir / "surge").exists()


async def test_the_other_desk_serves_requests_and_does_none_of_the_duties(
    settings: Settings, elsewhere: Settings, both: Both
) -> None:
    async with serving(Desk(settings)), serving(Desk(elsewhere)), a_line(settings):
        await until(lambda: both.there.is_ok("database"))
        await until(lambda: both.there.is_ok("line"))
        made = []
        for _ in range(12):  # each has a letter to its unit
            answer = await both.there.http.post("/api/v1/tickets", json=ROAD, headers={"If-Match": "*"})
            assert answer.status_code == 201, answer.text
            made.append(answer.json()["number"])

        async def letters() -> bool:
            texts = [file.read_text("utf-8") for file in settings.outgoing_dir.glob("*")]
            return all(any(number in text for text in texts) for number in made)

        await until(letters)
        assert not elsewhere.outgoing_dir.exists(), "two desks would send the same letters"
        found = await both.here.get("/api/v1/tickets")
        assert sorted(one["number"] for one in found) == sorted(made)


async def test_files_of_requests_are_refused_with_the_way_out(
    settings: Settings, elsewhere: Settings, both: Both
) -> None:
    async with serving(Desk(settings)), serving(Desk(elsewhere)), a_line(settings):
        await until(lambda: both.here.is_ok("database"))
        await until(lambda: both.there.is_ok("database"))
        ticket = (await both.here.http.post("/api/v1/tickets", json=ROAD, headers={"If-Match": "*"})).json()
        photo = b"\xff\xd8\xff\xe0" + b"\0" * 64
        path, headers = f"/api/v1/tickets/{ticket['number']}/files", {"If-Match": "*", "content-type": "image/jpeg"}
        answer = await both.there.http.post(path, content=photo, headers=headers)
        assert answer.status_code == 409, answer.text
        assert "use the line's own desk" in answer.json()["detail"]
        kept = await both.here.http.post(path, content=photo, headers=headers)
        assert kept.is_success, kept.text
        name = kept.json()["files"][0]["id"]
        assert (await both.there.http.get(f"{path}/{name}")).status_code == 409
        assert (await both.here.http.get(f"{path}/{name}")).content == photo
        assert not elsewhere.files_dir.exists()


async def test_a_line_that_goes_is_away_on_both_desks_and_comes_back_on_both(
    settings: Settings, elsewhere: Settings, both: Both
) -> None:
    async with serving(Desk(settings)), serving(Desk(elsewhere)):
        async with a_line(settings) as line:
            await waits(line, "u1")
            await until(lambda: both.there.is_ok("line"))
            await both.agree()
        for browser in both:
            await until(partial(says, browser, "line", "what is shown is as old"))
            assert [one["id"] for one in await browser.get("/api/v1/queue")] == ["u1"]
            assert await browser.metric("cozum_line_connected") == "0.0"
        async with a_line(settings):
            for browser in both:
                await until(partial(browser.is_ok, "line"))
            await both.agree()


async def test_a_publisher_that_goes_leaves_the_last_picture_with_its_age(
    settings: Settings, elsewhere: Settings, both: Both
) -> None:
    async with a_line(settings) as line:
        async with serving(Desk(settings)):
            await until(lambda: both.here.is_ok("line"))
            await waits(line, "u1")
            async with serving(Desk(elsewhere)):
                await until(lambda: both.there.is_ok("line"))
                await both.agree()
                figures = await both.there.get("/api/v1/figures")
        async with serving(Desk(elsewhere)):  # it starts while nobody publishes, or before Redis knows that
            await until(lambda: says(both.there, "line", "what is shown is as old"))
            check = await both.there.check("line")
            assert check is not None
            assert not check["ok"]
            assert [one["id"] for one in await both.there.get("/api/v1/queue")] == ["u1"]
            assert await both.there.get("/api/v1/figures") == figures
            async with serving(Desk(settings)):
                await until(lambda: both.there.is_ok("line"))
                await both.agree()


async def test_redis_goes_and_comes_back(settings: Settings, elsewhere: Settings, both: Both, redis: Redis) -> None:
    async with serving(Desk(settings)), serving(Desk(elsewhere)), a_line(settings) as line:
        await until(lambda: both.there.is_ok("line"))
        await waits(line, "u1")
        await both.agree()
        redis.stop()
        await until(lambda: says(both.there, "line", "what is shown is as old"))
        await until(lambda: not_ok(both.here, "live_store"))
        assert await both.here.is_ok("line"), "the line's own desk needs no Redis"
        await waits(line, "u2")
        assert [one["id"] for one in await both.there.get("/api/v1/queue")] == ["u1"]
        redis.start()
        await until(lambda: both.there.is_ok("line"))
        await both.agree()
        assert len(await both.there.get("/api/v1/queue")) == 2


async def test_a_desk_that_comes_first_waits_for_the_lines_own(
    settings: Settings, elsewhere: Settings, both: Both
) -> None:
    async with serving(Desk(elsewhere)):
        await until(lambda: says(both.there, "line", "no desk has published there yet"))
        await until(lambda: says(both.there, "database", "has no tables"))
        assert (await both.there.http.get("/readyz")).status_code == 503
        assert (await both.there.http.get("/api/v1/tickets")).status_code == 503
        async with serving(Desk(settings)), a_line(settings):
            await until(lambda: both.there.is_ok("line"))
            await until(lambda: both.there.is_ok("database"))
            await both.agree()
