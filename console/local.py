"""Whether a request comes from this machine, as far as that can be known."""

import contextlib
import ipaddress
from typing import Final

from starlette.requests import HTTPConnection

HERE: Final = ("localhost", "127.0.0.1", "[::1]")
"""Names of this machine for itself. The demo serves only these, whatever a name server says."""

FORWARDED: Final = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers of a proxy: a client that comes through one may be anywhere."""


def is_from_here(request: HTTPConnection) -> bool:
    """Whether the request is from this machine: with its own name, without a proxy, and from loopback."""
    if any(name in request.headers for name in FORWARDED):
        return False
    host = request.headers.get("host", "")  # a client's text, which need not be one
    name = host if host in HERE else host.rpartition(":")[0]
    return name in HERE and _is_loopback(request.client.host if request.client else "")


def _is_loopback(address: str) -> bool:
    with contextlib.suppress(ValueError):
        return ipaddress.ip_address(address).is_loopback
    return False
