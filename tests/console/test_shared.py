"""What anybody may ask for is made for all who ask meanwhile."""

import asyncio
import threading
import time
from dataclasses import replace

import httpx
import pytest

from console.api import create_app
from console.shared import Shared
from tests.console.desk import Desk
from tests.waiting import until


class Maker:
    def __init__(self) -> None:
        self.made = 0
        self.go_on = asyncio.Event()

    async def __call__(self) -> int:
        self.made += 1
        made = self.made
        await self.go_on.wait()
        return made


async def test_all_who_ask_meanwhile_get_the_next_one_and_nobody_an_older_one() -> None:
    maker = Maker()
    shared = Shared(maker, pause_s=0.0)
    first = [asyncio.create_task(shared.get()) for _ in range(100)]
    await until(lambda: maker.made)
    later = [asyncio.create_task(shared.get()) for _ in range(100)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert maker.made == 1
    maker.go_on.set()
    assert set(await asyncio.gather(*first)) == {1}
    assert set(await asyncio.gather(*later)) == {2}


async def test_it_is_made_no_more_often_than_it_may() -> None:
    maker = Maker()
    maker.go_on.set()
    shared, began = Shared(maker, pause_s=0.1), time.monotonic()
    assert [await shared.get() for _ in range(3)] == [1, 2, 3]
    assert time.monotonic() - began >= 0.2


async def test_one_who_leaves_takes_it_from_nobody() -> None:
    maker = Maker()
    shared = Shared(maker, pause_s=0.0)
    leaves, stays = (asyncio.create_task(shared.get()) for _ in range(2))
    await until(lambda: maker.made)
    leaves.cancel()
    maker.go_on.set()
    assert await stays == 1


async def test_metrics_that_hang_are_a_503_and_are_there_again() -> None:
    hangs = [False, True]

    async def measured() -> tuple[bytes, str]:
        if hangs.pop():
            await asyncio.Event().wait()
        return b"cozum_up 1\n", "text/plain"

    app = create_app(replace(Desk().ports(), metrics=measured), timeout_s=0.05)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://desk") as client:
        first = await client.get("/metrics")
        assert (first.status_code, "metrics: no answer within 0.05 s" in first.text) == (503, True)
        assert (await client.get("/metrics")).text == "cozum_up 1\n"


async def test_a_fault_is_everybodys_and_not_the_next_ones() -> None:
    faults = [ValueError("a fault")]

    async def make() -> str:
        if faults:
            raise faults.pop()
        return "made"

    shared = Shared(make, pause_s=0.0)
    assert [type(one) for one in await asyncio.gather(shared.get(), shared.get(), return_exceptions=True)] == [
        ValueError,
        ValueError,
    ]
    assert await shared.get() == "made"


async def test_a_crowd_at_the_metrics_has_them_made_once() -> None:
    desk, made = Desk(), 0
    real = desk.ports().metrics

    async def metrics() -> tuple[bytes, str]:
        nonlocal made
        made += 1
        return await real()

    app = create_app(replace(desk.ports(), metrics=metrics))
    async with desk.client(app) as client:
        answers = await asyncio.gather(*(client.get("/metrics") for _ in range(50)))
    assert {one.status_code for one in answers} == {200}
    assert made == 1


async def test_the_description_is_written_once(monkeypatch: pytest.MonkeyPatch) -> None:
    app = Desk().app()
    threads: list[threading.Thread] = []
    real = app.openapi

    def openapi() -> dict[str, object]:
        threads.append(threading.current_thread())
        return real()

    monkeypatch.setattr(app, "openapi", openapi)
    async with Desk().client(app) as client:
        answers = await asyncio.gather(*(client.get("/api/openapi.json") for _ in range(3)))
    assert answers[0].json()["info"]["title"] == "Çözüm"
    assert len({one.content for one in answers}) == 1
    assert len(threads) == 1
    assert threads != [threading.current_thread()], "it takes a second, in which the loop serves others"
