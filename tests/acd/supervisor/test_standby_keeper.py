"""The standby's keeper: the standby is killed or hangs, and its port stays open meanwhile."""

import errno
import os
import signal
import socket
import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from acd.supervisor.standby_keeper import StandbyKeeper
from bench.stack import until
from phones.ports import free_tcp_port

SECRET = "the-secret-of-the-dialplan"


def ask(port: int) -> str:
    """The end of a call put down: what the standby first says to it."""
    with socket.create_connection(("127.0.0.1", port), 60) as connection:
        arguments = f"agi_arg_1: {SECRET}\nagi_arg_2: 1795566540492\n"
        connection.sendall(f"agi_network_script: ended\nagi_uniqueid: ast1-1.1\n{arguments}\n".encode())
        return connection.recv(100).decode()


class Kept:
    def __init__(self, folder: Path, silent_s: float = 10.0) -> None:
        self.said: list[str] = []
        self.port = free_tcp_port()
        self.keeper = StandbyKeeper(folder, self.port, self.said.append, secret=SECRET, silent_s=silent_s)
        self.keeper.start()

    def tend(self, what: str, condition: Callable[[], bool], within_s: float = 60.0) -> None:
        def tended() -> bool:
            self.keeper.tend()
            return condition()

        until(what, tended, within_s, say=lambda: self.said)


@pytest.fixture
def kept(tmp_path: Path) -> Iterator[Kept]:
    kept = Kept(tmp_path, silent_s=2.5)
    try:
        ask(kept.port)  # on a busy machine it may take longer to start than it may be silent
        yield kept
    finally:
        kept.keeper.stop()


def test_killed_it_is_back_and_a_call_meanwhile_waits_for_it(kept: Kept) -> None:
    assert ask(kept.port).startswith('SET VARIABLE "SPOOLED"')
    before = kept.keeper.pid
    os.kill(before or 0, signal.SIGKILL)
    until("it is dead", lambda: Path(f"/proc/{before}/stat").read_text().split()[2] == "Z", 60)
    answers: list[str] = []
    caller = threading.Thread(target=lambda: answers.append(ask(kept.port)))
    caller.start()
    kept.tend("another one", lambda: kept.keeper.pid not in (before, None))
    caller.join(60)
    assert answers[0].startswith('SET VARIABLE "SPOOLED"')
    assert kept.said[0].startswith("the standby ended (-9) after ")


def test_one_that_hangs_is_killed(kept: Kept) -> None:
    before = kept.keeper.pid
    os.kill(before or 0, signal.SIGSTOP)
    kept.tend("another one", lambda: kept.keeper.pid not in (before, None))
    assert "no sign of life" in kept.said[0]
    assert ask(kept.port).startswith('SET VARIABLE "SPOOLED"')


def test_one_that_lives_is_left_alone(kept: Kept) -> None:
    before, until_then = kept.keeper.pid, time.monotonic() + 4
    kept.tend("some time has passed", lambda: time.monotonic() > until_then)
    assert kept.keeper.pid == before
    assert kept.said == []


def test_without_free_files_it_is_tried_again_and_the_rest_goes_on(kept: Kept, monkeypatch: pytest.MonkeyPatch) -> None:
    """The supervisor keeps all other processes, too: an error of one must not end it."""

    def none_left() -> tuple[int, int]:
        raise OSError(errno.EMFILE, "Too many open files")

    before = kept.keeper.pid
    with monkeypatch.context() as patched:
        patched.setattr(os, "pipe", none_left)
        os.kill(before or 0, signal.SIGKILL)
        kept.tend("it says so", lambda: any("Too many open files" in one for one in kept.said))
    kept.tend("another one", lambda: kept.keeper.pid not in (before, None))
    assert ask(kept.port).startswith('SET VARIABLE "SPOOLED"')


def test_it_gives_the_port_back(tmp_path: Path) -> None:
    kept = Kept(tmp_path)
    kept.keeper.stop()
    with socket.create_server(("127.0.0.1", kept.port)), pytest.raises(OSError, match="in use"):
        StandbyKeeper(tmp_path, kept.port, print).start()
