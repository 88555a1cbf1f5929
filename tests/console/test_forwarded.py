"""Whose address a request has that comes through a proxy: what a proxy of ours says counts, and nothing else."""

import httpx
import pytest
from starlette.datastructures import Address
from starlette.requests import HTTPConnection
from starlette.types import Message, Receive, Scope, Send

from acd.lib.networks import network
from console.forwarded import Forwarded, client_behind
from console.rates import Rate
from tests.console.desk import Desk

TRUSTED = [network("127.0.0.1"), network("10.0.0.0/24"), network("2001:db8::/64")]


@pytest.mark.parametrize(
    ("peer", "given", "client"),
    [
        ("203.0.113.7", [], "203.0.113.7"),
        ("203.0.113.7", ["192.0.2.1"], "203.0.113.7"),  # from elsewhere
        ("203.0.113.7", ["192.0.2.1, 10.0.0.1"], "203.0.113.7"),
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["192.0.2.1"], "192.0.2.1"),
        ("127.0.0.1", ["6.6.6.6, 192.0.2.1"], "192.0.2.1"),  # what the client sent itself stands to the left
        ("127.0.0.1", ["6.6.6.6", "192.0.2.1"], "192.0.2.1"),  # in headers of their own, too
        ("127.0.0.1", ["127.0.0.1, 192.0.2.1, 10.0.0.3"], "192.0.2.1"),  # a second proxy of ours
        ("127.0.0.1", ["192.0.2.1, 10.0.1.3"], "10.0.1.3"),  # one that is not ours
        ("127.0.0.1", ["10.0.0.3"], "10.0.0.3"),
        ("127.0.0.1", ["192.0.2.1, unknown"], "127.0.0.1"),  # behind what is no address nothing is known
        ("127.0.0.1", ["192.0.2.1, ,10.0.0.3"], "10.0.0.3"),
        ("127.0.0.1", ["192.0.2.1:4711"], "192.0.2.1"),
        ("2001:db8::9", ["[2001:db8:1::1]:4711"], "2001:db8:1::1"),
        ("::ffff:127.0.0.1", ["2001:db8:1::1"], "2001:db8:1::1"),
        ("127.0.0.1", [", ".join(["192.0.2.1"] + ["10.0.0.3"] * 1000)], "10.0.0.3"),
        ("", ["192.0.2.1"], ""),
        ("testclient", ["192.0.2.1"], "testclient"),
    ],
)
def test_the_client_is_the_right_most_that_is_no_proxy_of_ours(peer: str, given: list[str], client: str) -> None:
    assert client_behind(peer, given, TRUSTED) == client


async def test_nothing_is_believed_unless_proxies_are_named() -> None:
    desk = Desk()
    app = desk.app(rate=Rate(burst=2, per_s=0.0001))
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as asking:
        headers = [{"x-forwarded-for": f"192.0.2.{place}"} for place in range(3)]
        codes = [(await asking.get("/healthz", headers=one)).status_code for one in headers]
    assert codes == [200, 200, 429]


async def test_each_client_behind_a_proxy_has_a_rate_of_its_own() -> None:
    desk = Desk()
    app = desk.app(rate=Rate(burst=2, per_s=0.0001), trusted_proxies=["127.0.0.1"])
    transport = httpx.ASGITransport(app, client=("127.0.0.1", 1))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as asking:
        one, two = {"x-forwarded-for": "6.6.6.6, 192.0.2.1"}, {"x-forwarded-for": "192.0.2.2"}
        codes = [(await asking.get("/healthz", headers=headers)).status_code for headers in (one, one, one, two)]
    assert codes == [200, 200, 429, 200]


async def test_whatever_asks_for_the_address_is_given_it() -> None:
    """Requests and WebSockets; the port stays the proxy's."""
    seen: list[Address | None] = []

    async def noted(scope: Scope, receive: Receive, send: Send) -> None:
        seen.append(HTTPConnection(scope).client)

    async def nothing() -> Message:
        return {}

    async def nowhere(_: Message) -> None:
        return

    for kind in ("http", "websocket"):
        headers = [(b"x-forwarded-for", b"192.0.2.1")]
        scope: Scope = {"type": kind, "client": ("127.0.0.1", 7), "headers": headers}
        await Forwarded(noted, trusted=["127.0.0.1"])(scope, nothing, nowhere)
    assert seen == [("192.0.2.1", 7)] * 2
