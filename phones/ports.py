"""Ports for what a test, a measurement or the demo starts."""

import itertools
import os
import secrets
import socket

_from, _to = (int(port) for port in os.environ.get("TESTS_PORTS", "12000-20000").split("-"))
"""Runs of tests at the same time have different ones."""
_PORTS = (_to - _from) // int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
_FIRST = _from + int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")) * _PORTS
_places = itertools.count(secrets.randbelow(_PORTS))
MEDIA = 4
"""Ports in a row that sipp may open for the sound of its calls."""


class PortsError(Exception):
    """There is no free port."""


def free_ports(count: int) -> tuple[int, ...]:
    """Distinct ports that are free for TCP and UDP, below the system's own choice of ports, so that nobody is handed
    one of them by chance between now and its use. Each of several test processes has a part of them to itself, and
    comes to a port again only after all others of its part."""
    found: list[int] = []
    for _ in range(_PORTS):
        port = _next()
        if is_free(socket.SOCK_STREAM, port) and is_free(socket.SOCK_DGRAM, port):
            found.append(port)
            if len(found) == count:
                return tuple(found)
    raise PortsError(f"there are no free ports between {_FIRST} and {_FIRST + _PORTS}")


def free_tcp_port() -> int:
    """A loopback port that nobody listens on now; see `free_ports`."""
    return free_ports(1)[0]


def free_udp_port(*, even: bool = False) -> int:
    """A loopback port that nobody uses now; see `free_ports`. With `even`, the first of `MEDIA` free ones in a row."""
    if not even:
        return free_ports(1)[0]
    row: list[int] = []
    for _ in range(_PORTS):
        port = _next()
        free = is_free(socket.SOCK_DGRAM, port)
        if free and row and port == row[-1] + 1:
            row.append(port)
        else:
            row = [port] if free and port % 2 == 0 else []
        if len(row) == MEDIA:
            return row[0]
    raise PortsError(f"there are no {MEDIA} free ports in a row between {_FIRST} and {_FIRST + _PORTS}")


def is_free(kind: socket.SocketKind, port: int) -> bool:
    """Whether nobody has a loopback port for TCP (`SOCK_STREAM`) or UDP (`SOCK_DGRAM`)."""
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _next() -> int:
    return _FIRST + next(_places) % _PORTS
