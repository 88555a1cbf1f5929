"""Addresses: which networks are too wide for a SIP trunk, which are one client, and how this machine reaches itself."""

import ipaddress
from typing import Final
from urllib.parse import urlsplit

WIDEST: Final = {4: 8, 6: 32}
"""The shortest prefix of a network that may be a trunk's, by IP version: all of 10.0.0.0/8, or one provider's IPv6."""

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def network(text: str) -> Network:
    """The network or single address that a text names. Raises `ValueError`."""
    return ipaddress.ip_network(text, strict=True)


def is_too_wide(one: Network) -> bool:
    """Whether a network is too wide for a trunk: everybody in it may call without a password."""
    return one.prefixlen < WIDEST[one.version]


def has_a_port(url: str) -> bool:
    """Whether a URL names a port that there can be, or none."""
    try:
        return urlsplit(url).port != 0
    except ValueError:
        return False


def holds_loopback(one: Network) -> bool:
    """Whether this network contains loopback, from which phones on this machine call."""
    return any(one.version == home.version and home in one for home in _LOOPBACK)


WILDCARDS: Final = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104  nothing is bound here
"""Names for all addresses of this machine, each with the one at which it reaches itself."""


def reached_at(bind: str) -> str:
    """Return the address at which this machine reaches a server that is bound to `bind`."""
    return "127.0.0.1" if bind == "localhost" else WILDCARDS.get(bind, bind)


def client_of(address: str) -> str:
    """The client of an address, for limits: in IPv6 a whole /64, since one client gets that."""
    if ":" not in address:
        return address
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 64), strict=False))
    except ValueError:
        return address


def site_of(address: str) -> str:
    """The /48 of an IPv6 address, the most that one client gets for little: it has 65,536 of `client_of`. Empty for
    any other address."""
    if ":" not in address:
        return ""
    try:
        return str(ipaddress.ip_network((address.partition("%")[0], 48), strict=False))
    except ValueError:
        return ""


_LOOPBACK: Final = (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1"))
