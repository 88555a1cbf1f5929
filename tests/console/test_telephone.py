"""A browser's telephone: who is given one, and the WebSocket, which the relay passes on to Asterisk, here an echo."""

import asyncio
from pathlib import Path
from typing import Any

import httpx
import pytest
import websockets
from websockets.asyncio.client import connect

from acd.lib.telephone_socket import AWAY, MAX_MESSAGE, SIGNED_OUT
from console import standing
from console.telephone import MAX_CITIZENS, Tickets
from tests.console.desk import Desk
from tests.console.known_people import KnownPeople
from tests.console.telephones import asks_for, asterisk, certified, close_code, desk, opened, phone, refused, relay
from tests.console.test_access import of_role
from tests.console.tokens import AUTH
from tests.waiting import until

__all__ = ["desk"]


async def test_messages_are_passed_on_both_ways_and_either_end_ends_both(desk: Desk) -> None:
    async with asterisk(desk) as peer, desk.served() as served:
        given = await phone(served)
        assert (given["user"], given["secret"], given["line"]) == ("1001-web", "secret-1", "4440411")
        async with opened(served, given["socket"]) as page:
            assert page.subprotocol == "sip"
            for message in ("REGISTER sip:cozum SIP/2.0", "ğüşıöç", "x" * (MAX_MESSAGE - 10)):
                await page.send(message)
                assert await page.recv() == message
            assert (peer.open, peer.subprotocols) == (1, ["sip"])
        await until(lambda: peer.open == 0)
        async with opened(served, given["socket"]) as page:  # the same page, again
            await page.send("bye")
            assert await close_code(page) is not None
        await until(lambda: peer.open == 0)


@pytest.mark.parametrize(
    ("path", "more"),
    [
        ("/ws", {}),
        ("/ws?ticket=guess", {}),
        ("{socket}", {"origin": "https://elsewhere.example"}),
        ("{socket}", {"origin": None}),
        ("{socket}", {"origin": "http://["}),
        ("{socket}", {"subprotocols": ["mqtt"]}),
        ("{socket}", {"subprotocols": None}),
    ],
)
async def test_a_stranger_reaches_no_asterisk(desk: Desk, path: str, more: dict[str, Any]) -> None:
    async with asterisk(desk) as peer, desk.served() as served:
        given = await phone(served)
        assert await refused(served, path.format(socket=given["socket"]), **more) == 403
        assert peer.subprotocols == []


async def test_elsewhere_there_is_no_websocket(desk: Desk) -> None:
    async with desk.served() as served:
        assert await refused(served, "/wall") == 200  # answered as a plain request
        assert await refused(served, "/api/v1/live") == 401


async def test_pages_that_are_torn_away_are_no_fault_and_the_next_one_has_the_phone(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    """The desk closes a socket whose page has gone, which uvicorn answers with an exception of its own."""
    async with asterisk(desk) as peer, desk.served() as served:
        for _ in range(20):
            given = await phone(served)
            page = await opened(served, given["socket"])
            page.transport.abort()
        await phone(served)
        await until(lambda: peer.open == 0, "all are gone")
    assert [record.getMessage() for record in caplog.records if record.levelname == "ERROR"] == []


async def test_a_message_that_is_too_long_ends_the_socket(desk: Desk) -> None:
    async with asterisk(desk) as peer, desk.served() as served:
        given = await phone(served)
        async with opened(served, given["socket"]) as page:
            await page.send("x" * (MAX_MESSAGE + 1))
            assert await close_code(page) == 1009
        await until(lambda: peer.open == 0)


async def test_without_asterisk_a_page_is_told_to_come_again(desk: Desk) -> None:
    async with relay(desk), desk.served() as served:
        given = await phone(served)
        async with opened(served, given["socket"]) as page:
            assert await close_code(page) == AWAY


async def test_without_the_relay_a_page_is_told_to_come_again(desk: Desk) -> None:
    async with desk.served() as served:
        given = await phone(served)
        async with opened(served, given["socket"]) as page:
            assert await close_code(page) == AWAY
        assert await refused(served, "/ws?ticket=guess") == 403


async def test_what_comes_behind_the_request_is_not_lost(desk: Desk) -> None:
    """No browser sends a message before it has the answer; the bytes may come in one piece with the request."""
    async with asterisk(desk), desk.served() as served:
        given = await phone(served)
        reader, writer = await asyncio.open_connection("127.0.0.1", served.port)
        writer.write(asks_for(given["socket"], served.port) + b"\x81\x85\0\0\0\0early")
        async with asyncio.timeout(60):
            answer = await reader.readuntil(b"\r\n\r\n")
            assert answer.startswith(b"HTTP/1.1 101 ")
            assert b"s3pPLMBiTxaQ9kYGzzhZRbK+xOo=" in answer
            assert await reader.readexactly(7) == b"\x81\x05early"
        writer.close()


async def test_by_tls_with_a_relay_without_certificate_the_desks_end_is_the_pages(desk: Desk, tmp_path: Path) -> None:
    tls, trusting = certified(tmp_path)
    async with asterisk(desk) as peer:
        async with desk.served(tls=tls) as served:
            async with httpx.AsyncClient(base_url=f"https://localhost:{served.port}", verify=trusting) as client:
                given = (await client.post("/api/v1/agents/1001/phone", headers=AUTH, json={})).json()

            def opened_by_tls() -> connect:
                return connect(
                    f"wss://localhost:{served.port}{given['socket']}", ssl=trusting, proxy=None,
                    subprotocols=[websockets.Subprotocol("sip")],
                    origin=websockets.Origin(f"https://localhost:{served.port}"),
                )  # fmt: skip

            async with opened_by_tls() as page:
                for message in ("REGISTER", "x" * (MAX_MESSAGE - 10)):
                    await page.send(message)
                    assert await page.recv() == message
            await until(lambda: peer.open == 0)
            page = await opened_by_tls()
            await page.send("OPTIONS")
            assert await page.recv() == "OPTIONS"
        assert await close_code(page) is not None
        await until(lambda: peer.relay.pages == 0)


async def test_an_agent_there_is_not_has_no_phone(desk: Desk) -> None:
    async with desk.client() as client:
        answer = await client.post("/api/v1/agents/1999/phone", json={})
        assert (answer.status_code, answer.json()["allowed"]) == (404, ["1001"])
        assert (
            await client.post("/api/v1/agents/1001/phone", headers={"authorization": ""}, json={})
        ).status_code == 401
        assert (await client.post("/api/v1/agents/1001/phone", content=b"x")).status_code == 415


async def test_the_demos_caller_is_for_pages_of_this_machine(desk: Desk) -> None:
    async with asterisk(desk), desk.served() as served, served.client() as client:
        answer = await client.post("/phone/line", json={})
        assert (answer.status_code, answer.json()["user"]) == (201, "citizen")
        async with opened(served, answer.json()["socket"]) as page:
            await page.send("INVITE")
            assert await page.recv() == "INVITE"
        for host in ("elsewhere.example", "elsewhere.example:8080", "127.0.0.1.elsewhere.example:80", ""):
            assert (await client.post("/phone/line", json={}, headers={"host": host})).status_code in (400, 403)
        for header in ("forwarded", "via", "x-forwarded-for", "x-real-ip"):
            assert (await client.post("/phone/line", json={}, headers={header: "198.51.100.7"})).status_code == 403
        assert (await client.post("/phone/line", content=b"{}")).status_code == 415  # as a form of another site


def test_a_ticket_ends_with_its_time_and_with_the_next_one() -> None:
    now = 0.0
    tickets = Tickets(lambda: now)
    first = tickets.issue("1001-web")
    second = tickets.issue("1001-web")
    assert tickets.find(first) is None
    assert tickets.find(second) is not None
    assert tickets.find("") is None
    now = 12 * 3600.0
    assert tickets.find(second) is None
    many = [tickets.issue("citizen", most=MAX_CITIZENS) for _ in range(MAX_CITIZENS + 1)]
    assert [tickets.find(one) is not None for one in many] == [False] + [True] * MAX_CITIZENS


async def test_who_is_signed_out_telephones_no_more(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LOOK_AGAIN_S", 0.05)
    people = KnownPeople()
    desk.people = people
    async with asterisk(desk) as peer, desk.served() as served:
        async with served.client() as client:
            del client.headers["authorization"]
            path = "/api/v1/agents/1001/phone"
            answer = await client.post(path, json={}, headers=of_role("agent"))
            assert answer.status_code == 201, answer.text
            socket = answer.json()["socket"]
            async with opened(served, socket) as page:
                await page.send("REGISTER")
                assert await page.recv() == "REGISTER"
                out = await client.delete("/api/v1/session", headers=of_role("agent"))
                assert out.status_code == 204
                assert await close_code(page) == SIGNED_OUT
        await until(lambda: peer.open == 0)
        assert await refused(served, socket) == 403  # nor by the ticket that the page still has


async def test_a_live_stream_ends_with_its_session(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(standing, "LOOK_AGAIN_S", 0.05)
    desk.people = KnownPeople()
    async with desk.served() as served, served.client() as client:
        del client.headers["authorization"]
        async with client.stream("GET", "/api/v1/live", headers=of_role("lead")) as answer, asyncio.timeout(30):
            assert answer.status_code == 200
            lines = answer.aiter_lines()
            while not (await anext(lines)).startswith("data:"):
                pass
            assert (await client.delete("/api/v1/session", headers=of_role("lead"))).status_code == 204
            while True:
                desk.add_waiting(f"ast1-{len(desk.queue_records)}.1")
                desk.changed()
                try:
                    await anext(lines)
                except StopAsyncIteration:
                    break
