"""A browser's telephone: desks that end, and those that begin while pages are there."""

import asyncio

import pytest

from acd.lib.telephone_socket import REPLACED, SIGNED_OUT
from acd.link.relay_end import RelayEnd
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople, cookie_of
from tests.console.telephones import (
    asks_for,
    asterisk,
    close_code,
    connected,
    desk,
    is_to_ask_again,
    opened,
    phone,
    refused,
    renewed,
)
from tests.console.test_access import of_role
from tests.waiting import until

__all__ = ["desk"]


async def test_after_a_restart_of_the_desk_a_page_that_slept_is_told_of_the_other_one(desk: Desk) -> None:
    """The new desk knows no ticket but that of the open page; until it knows the open pages, it gives nobody a phone
    that only renews."""
    async with asterisk(desk):
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            first = await phone(served)
            second = await phone(served)
            page = await opened(served, second["socket"])
        desk.relay = RelayEnd(path)
        async with desk.served() as served:
            assert is_to_ask_again(await renewed(served, first["socket"]))
        async with connected(desk, path), desk.served() as served:
            assert (await renewed(served, first["socket"])).json()["key"] == "extension"
            await page.send("INVITE")
            assert await page.recv() == "INVITE"
            assert (await renewed(served, second["socket"])).status_code == 201


async def test_a_desk_that_stops_takes_no_page_away_and_the_next_one_knows_it(desk: Desk) -> None:
    async with asterisk(desk) as peer:
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            given = await phone(served)
            page = await opened(served, given["socket"])
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"
        await page.send("while no desk is there")
        assert await page.recv() == "while no desk is there"
        async with connected(desk, path), desk.served() as served:
            await page.send("again")
            assert await page.recv() == "again"
            async with opened(served, given["socket"]) as second:  # the ticket of an open page opens another one
                await second.send("OPTIONS")
                assert await second.recv() == "OPTIONS"
            await phone(served)
            assert await close_code(page) == REPLACED
            assert await refused(served, given["socket"]) == 403
        await until(lambda: peer.relay.pages == 0)


async def test_who_signs_out_while_no_desk_is_there_telephones_no_more(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = desk.people = KnownPeople()
    async with asterisk(desk):
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served, served.client() as client:
            del client.headers["authorization"]
            answer = await client.post("/api/v1/agents/1001/phone", json={}, headers=of_role("agent"))
            page = await opened(served, answer.json()["socket"])
            await page.send("REGISTER")
            assert await page.recv() == "REGISTER"
        await people.sign_out(cookie_of("agent"))
        async with connected(desk, path), desk.served():
            assert await close_code(page) == SIGNED_OUT


async def test_a_page_that_another_replaced_while_the_relay_was_unknown_is_closed(desk: Desk) -> None:
    async with asterisk(desk):
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            page = await opened(served, (await phone(served))["socket"])
        end = desk.relay = RelayEnd(path)
        async with desk.served() as served:
            second = await phone(served)  # before the new desk knows of the first page
            running = asyncio.create_task(end.run())
            assert await close_code(page) == REPLACED
            async with opened(served, second["socket"]) as page:
                await page.send("OPTIONS")
                assert await page.recv() == "OPTIONS"
            running.cancel()
            await asyncio.gather(running, return_exceptions=True)


async def test_a_page_that_is_being_closed_shuts_out_nobody_after_a_restart_of_the_desk(
    desk: Desk, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It sleeps, so it does not answer that its WebSocket is closed, and the relay waits for that for seconds. Its
    place is the next page's all the same."""
    monkeypatch.setattr("acd.relay.page.CLOSE_S", 30.0)
    async with asterisk(desk) as peer:
        assert isinstance(desk.relay, RelayEnd)
        path = desk.relay.path
        async with desk.served() as served:
            reader, asleep = await asyncio.open_connection("127.0.0.1", served.port)
            asleep.write(asks_for((await phone(served))["socket"], served.port))
            await reader.readuntil(b"\r\n\r\n")
            second = await phone(served)
            page = await opened(served, second["socket"])
            async with asyncio.timeout(60):
                frame = await reader.readexactly(4)
            assert (frame[0], int.from_bytes(frame[2:])) == (0x88, REPLACED), "the first page is told"
            assert peer.relay.pages == 2
        async with connected(desk, path) as end, desk.served() as served:
            await page.send("INVITE")
            assert await page.recv() == "INVITE"
            assert [one.user for one in end.pages.values()] == ["1001-web"]
            asleep.transport.abort()
            await until(lambda: peer.relay.pages == 1)
            await page.send("BYE")
            assert await page.recv() == "BYE"
