"""A browser's telephone: of an agent's pages one has it."""

import asyncio
import threading

import pytest

from acd.lib.telephone_socket import REPLACED
from acd.link.relay_end import RelayEnd
from acd.relay.relay import Relay
from tests.console.desk import Desk
from tests.console.telephones import (
    Later,
    asterisk,
    close_code,
    desk,
    is_to_ask_again,
    later,
    opened,
    phone,
    refused,
    relay,
    renewed,
)
from tests.console.tokens import AUTH
from tests.waiting import until

__all__ = ["desk", "later"]


async def test_the_next_page_takes_the_phone_over(desk: Desk) -> None:
    async with asterisk(desk), desk.served() as served:
        first = await phone(served)
        async with opened(served, first["socket"]) as page:
            second = await phone(served)
            assert second["secret"] != first["secret"]
            assert await close_code(page) == REPLACED
        assert await refused(served, first["socket"]) == 403
        async with opened(served, second["socket"]) as page:
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"


async def test_a_page_that_slept_takes_the_phone_back_from_no_other_page(desk: Desk) -> None:
    """It was not told that it is replaced, and finds its ticket spent when it wakes; the other page's agent talks."""
    async with asterisk(desk), desk.served() as served:
        first = await phone(served)
        asleep = await opened(served, first["socket"])
        asleep.transport.abort()
        second = await phone(served)
        assert await refused(served, first["socket"]) == 403
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
            answer = await renewed(served, first["socket"])
            assert (answer.status_code, answer.json()["key"]) == (409, "extension")
            await page.send("INVITE")
            assert await page.recv() == "INVITE", "its talk goes on"
            assert desk.secrets == 2, "its secret is good still"


async def test_a_page_that_slept_waits_for_one_that_is_about_to_open_its_websocket(desk: Desk, later: Later) -> None:
    """The other page has its account and no WebSocket yet. To be refused for good would shut it out."""
    async with asterisk(desk), desk.served() as served:
        first = await phone(served)
        later.seconds += 60.0
        second = await phone(served)
        assert is_to_ask_again(await renewed(served, first["socket"]))
        assert desk.secrets == 2, "the other one's secret is good still"
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
            assert (await renewed(served, first["socket"])).json()["key"] == "extension"
        await until(lambda: desk.relay is not None and not desk.relay.pages, "it is gone")
        later.seconds += 60.0
        assert (await renewed(served, first["socket"])).status_code == 201, "the other one does not come"


async def test_a_page_that_slept_waits_for_those_of_a_relay_that_has_ended(desk: Desk, later: Later) -> None:
    """They come back after some seconds, and their talks go on."""
    async with relay(desk) as before, desk.served() as served:
        assert isinstance(desk.relay, RelayEnd)
        first, second = await phone(served), await phone(served)
        later.seconds += 60.0
        await before.stop()
        await until(lambda: desk.relay is not None and not desk.relay.is_there)
        now = Relay(desk.relay.path, 1, lambda: None)
        now.start()
        try:
            await until(lambda: desk.relay is not None and desk.relay.is_there)
            assert is_to_ask_again(await renewed(served, first["socket"]))
            assert (await renewed(served, second["socket"])).status_code == 201, "whose it is waits for nobody"
        finally:
            await now.stop()


async def test_a_page_renews_its_account_while_no_other_has_the_phone(desk: Desk, later: Later) -> None:
    """A relay that has not noticed that the page is gone holds its old WebSocket still: the page is no other one."""
    async with asterisk(desk) as peer, desk.served() as served:
        first = await phone(served)
        async with opened(served, first["socket"]) as page:
            answer = await renewed(served, first["socket"])
            assert answer.status_code == 201, answer.text
            assert await close_code(page) == REPLACED
        await until(lambda: peer.relay.pages == 0)
        for unknown in (first["socket"], "/ws?ticket=of-an-earlier-desk", "/ws", "no path", "//[", "//\N{ACCOUNT OF}"):
            later.seconds += 60.0
            assert (await renewed(served, unknown)).status_code == 201, unknown


async def test_a_page_that_has_been_open_for_longer_than_its_ticket_has_the_phone_still(
    desk: Desk, later: Later
) -> None:
    """Sessions may last for days. Another agent's page asks for its phone meanwhile."""
    desk.add_agent("1002")
    async with asterisk(desk), desk.served() as served:
        first, second = await phone(served), await phone(served)
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
            later.seconds += 13 * 3600.0
            await phone(served, "1002")
            assert (await renewed(served, first["socket"])).json()["key"] == "extension"
            await page.send("INVITE")
            assert await page.recv() == "INVITE", "its talk goes on"


async def test_of_two_pages_that_ask_at_once_one_has_ticket_and_secret(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The secrets are written by threads, which may end in another order than that in which they have written."""
    written, ended = asyncio.Event(), asyncio.Event()
    open_phone = desk._open_phone

    async def first_is_late(extension: str) -> tuple[str, str]:
        given = await open_phone(extension)
        if given[1] == "secret-1":
            written.set()
            await ended.wait()
        return given

    monkeypatch.setattr(desk, "_open_phone", first_is_late)
    async with asterisk(desk), desk.served() as served:
        early = asyncio.create_task(phone(served))
        await written.wait()
        late = asyncio.create_task(phone(served))
        await asyncio.wait((late,), timeout=0.2)  # it overtakes the first if it may
        ended.set()
        first, second = await asyncio.gather(early, late)
        assert second["secret"] == f"secret-{desk.secrets}"
        assert await refused(served, first["socket"]) == 403
        async with opened(served, second["socket"]) as page:
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"


async def test_while_an_earlier_secret_may_still_be_written_nobody_is_given_another(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A thread goes on when nobody waits for it any more."""
    file: list[str] = []
    begun, may_end = threading.Event(), threading.Event()

    def write(secret: str) -> tuple[str, str]:
        begun.set()
        assert may_end.wait(30)
        file.append(secret)
        return "1001-web", secret

    async def open_phone(extension: str) -> tuple[str, str]:
        desk.secrets += 1
        return await asyncio.to_thread(write, f"secret-{desk.secrets}")

    monkeypatch.setattr(desk, "_open_phone", open_phone)
    async with asterisk(desk), desk.served(timeout_s=0.1) as served, served.client() as client:
        try:
            for _ in range(2):
                answer = await client.post("/api/v1/agents/1001/phone", headers=AUTH, json={})
                assert answer.status_code == 503
                assert begun.wait(30), "a thread writes the first one"
            assert desk.secrets == 1, "the second one is not begun"
        finally:
            may_end.set()
        await until(lambda: file == ["secret-1"])
    async with desk.served() as served:
        assert (await phone(served))["secret"] == file[-1] == "secret-2"


async def test_an_agents_page_does_not_wait_for_the_secret_of_another_ones(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    desk.add_agent("1002")
    asked, ended = asyncio.Event(), asyncio.Event()
    open_phone = desk._open_phone

    async def first_is_late(extension: str) -> tuple[str, str]:
        if extension == "1001":
            asked.set()
            await ended.wait()
        return await open_phone(extension)

    monkeypatch.setattr(desk, "_open_phone", first_is_late)
    async with desk.served() as served:
        early = asyncio.create_task(phone(served))
        await asked.wait()
        await phone(served, "1002")
        assert not early.done()
        ended.set()
        await early


async def test_another_agents_page_is_left_alone(desk: Desk) -> None:
    desk.add_agent("1002")
    async with asterisk(desk), desk.served() as served:
        first = await phone(served, "1001")
        async with opened(served, first["socket"]) as page:
            await phone(served, "1002")
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"
