"""Packets between desk and relay, and open files that go with them."""

import asyncio
import os
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from acd.link.packets import MOST_BYTES, MOST_WAITING, Packets, close_all
from tests.waiting import until


@dataclass
class Heard:
    """What one end has heard."""

    packets: list[tuple[bytes, int]] = field(default_factory=list)
    """With the number of files that came along."""
    files: list[int] = field(default_factory=list)
    ends: list[str] = field(default_factory=list)

    def on_packet(self, _: Packets, payload: bytes, files: Sequence[int]) -> None:
        self.packets.append((payload, len(files)))
        self.files += files

    def on_closed(self, _: Packets, why: str) -> None:
        self.ends.append(why)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    for one in (ours, theirs):
        one.setblocking(False)
    yield ours, theirs
    for one in (ours, theirs):
        one.close()


def open_files() -> int:
    return len(list(Path("/proc/self/fd").iterdir()))


async def test_packets_come_whole_in_order_and_with_their_file(pair: tuple[socket.socket, socket.socket]) -> None:
    heard, silent = Heard(), Heard()
    sender = Packets(pair[0], silent.on_packet, silent.on_closed)
    Packets(pair[1], heard.on_packet, heard.on_closed)
    reader, writer = os.pipe()
    sender.send(b"first")
    assert sender.send_with_files(b"second", writer)
    os.close(writer)
    sender.send(b"x" * (MOST_BYTES - 1))
    await until(lambda: len(heard.packets) == 3)
    assert heard.packets[:2] == [(b"first", 0), (b"second", 1)]
    assert len(heard.packets[2][0]) == MOST_BYTES - 1
    os.write(heard.files[0], b"through the copy")
    assert os.read(reader, 100) == b"through the copy"
    assert not os.get_inheritable(heard.files[0])
    close_all([*heard.files, reader])
    sender.close()
    await until(lambda: heard.ends == ["the other side closed the connection"])
    assert silent.ends == []


async def test_what_the_peer_does_not_read_waits_and_too_much_ends_it(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    heard, told = Heard(), Heard()
    sender = Packets(pair[0], told.on_packet, told.on_closed)
    for number in range(2000):
        sender.send(b"%d" % number)
    assert not sender.send_with_files(b"not before the others", pair[1].fileno())
    Packets(pair[1], heard.on_packet, heard.on_closed)
    await until(lambda: len(heard.packets) == 2000)
    assert [int(payload) for payload, _ in heard.packets] == list(range(2000))

    ours, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
    ours.setblocking(False)
    sender = Packets(ours, told.on_packet, told.on_closed)
    for _ in range(MOST_WAITING + 1000):
        sender.send(b"x")
    assert told.ends == ["the other side does not read"]
    assert not sender.is_open
    theirs.close()


async def test_files_of_a_packet_that_is_too_large_are_closed(pair: tuple[socket.socket, socket.socket]) -> None:
    heard = Heard()
    Packets(pair[1], heard.on_packet, heard.on_closed)
    before = open_files()
    socket.send_fds(pair[0], [b"x" * (MOST_BYTES + 1)], [pair[0].fileno()])
    await until(lambda: heard.ends == ["a packet was too large"])
    assert heard.packets == []
    await asyncio.sleep(0)
    assert open_files() == before - 1  # the reader's own socket
