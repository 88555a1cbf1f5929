"""The client's address where a proxy stands before the desk.

A proxy that is trusted appends to `X-Forwarded-For` the address from which it was asked. What stands to the left of
that was sent by the client, who may send anything. The client is therefore the right-most address that is no trusted
proxy's. A header that comes from elsewhere changes nothing."""

import ipaddress
from collections.abc import Sequence
from typing import Final

from starlette.datastructures import Headers
from starlette.types import ASGIApp, Receive, Scope, Send

from acd.lib.networks import Network, network

HEADER: Final = "x-forwarded-for"
MOST: Final = 20
"""The most addresses of a header that are looked at: more proxies stand in no row."""


class Forwarded:
    """Puts the client's own address into the scope of a request that comes through one of the `trusted` proxies."""

    def __init__(self, app: ASGIApp, *, trusted: Sequence[str]) -> None:
        self.app = app
        self.trusted = tuple(network(one) for one in trusted)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        peer = scope.get("client")
        if peer and scope["type"] in ("http", "websocket") and self.trusted:
            given = Headers(scope=scope).getlist(HEADER)
            scope = {**scope, "client": (client_behind(str(peer[0]), given, self.trusted), peer[1])}
        await self.app(scope, receive, send)


def client_behind(peer: str, given: Sequence[str], trusted: Sequence[Network]) -> str:
    """The client's address: `peer`'s, unless that is a trusted proxy. `given` are the values of the header, in their
    order. A row that ends in trusted proxies alone, or in what is no address, leaves the last proxy that is known."""
    last = _address(peer)
    if last is None or not _is_of(last, trusted):
        return peer
    row = ",".join(given).split(",")
    for one in reversed(row[-MOST:]):
        address = _address(one)
        if address is None:
            return str(last)
        last = address
        if not _is_of(last, trusted):
            return str(last)
    return str(last)


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """An address as proxies write it: also with a port, and an IPv6 address in brackets."""
    text = text.strip()
    if text.startswith("["):
        text = text[1:].partition("]")[0]
    elif text.count(":") == 1:
        text = text.partition(":")[0]
    try:
        found = ipaddress.ip_address(text.partition("%")[0])
    except ValueError:
        return None
    mapped = getattr(found, "ipv4_mapped", None)
    return mapped or found


def _is_of(address: ipaddress.IPv4Address | ipaddress.IPv6Address, networks: Sequence[Network]) -> bool:
    return any(address.version == one.version and address in one for one in networks)
