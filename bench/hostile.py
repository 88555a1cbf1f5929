"""Clients that are half open, silent, endless or send garbage: what the internet does to any port."""

import contextlib
import os
import socket
import threading
import time
from collections.abc import Callable
from typing import Self

Attack = Callable[[socket.socket], None]


def silent(connection: socket.socket) -> None:
    """Says nothing and stays."""


def half_open(connection: socket.socket) -> None:
    """Begins, closes its sending side and stays."""
    connection.sendall(b"agi_network: yes\nagi_request: agi://x/call\n")
    connection.shutdown(socket.SHUT_WR)


def cut_off(connection: socket.socket) -> None:
    """Begins and is gone with a reset."""
    connection.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nagi_")
    connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    connection.close()


def endless_line(connection: socket.socket) -> None:
    """One line without an end."""
    with contextlib.suppress(OSError):
        for _ in range(200):
            connection.sendall(b"a" * 65536)


def endless_headers(connection: socket.socket) -> None:
    """Headers without an end."""
    with contextlib.suppress(OSError):
        connection.sendall(b"GET / HTTP/1.1\r\n")
        for n in range(20_000):
            connection.sendall(b"agi_x%d: %s\n" % (n, b"y" * 100))


def garbage(connection: socket.socket) -> None:
    """Random bytes, NULs among them."""
    with contextlib.suppress(OSError):
        for _ in range(20):
            connection.sendall(os.urandom(10_000) + b"\0\r\n\r\n\n\n")


def dripping(connection: socket.socket) -> None:
    """One byte now and then."""
    with contextlib.suppress(OSError):
        for byte in b"agi_network: yes\nGET / HTTP/1.1\r\n":
            connection.sendall(bytes([byte]))
            time.sleep(0.1)


ATTACKS = (silent, half_open, cut_off, endless_line, endless_headers, garbage, dripping)


class Attackers:
    """Each attack from several connections at once on a port, again and again until the end."""

    def __init__(self, port: int, each: int = 6) -> None:
        self.port, self.each = port, each
        self.connections = 0
        self._over = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_on, args=(attack,)) for attack in ATTACKS for _ in range(each)
        ]

    def _keep_on(self, attack: Attack) -> None:
        while not self._over.is_set():
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", self.port), 2) as connection:
                self.connections += 1
                connection.settimeout(2)
                attack(connection)
                self._over.wait(0.5)

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._over.set()
        for thread in self._threads:
            thread.join()
