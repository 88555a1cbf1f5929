"""Which process uses a port and which has a lock, with real ones."""

import os
import socket
import subprocess
import sys
from pathlib import Path

from acd.cli.processes import command_of, holder_of_lock, is_free, name_of, owners, pid_in
from storage.journal import SqliteJournal


def test_a_port_that_is_ours() -> None:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as server:
            server.bind(("127.0.0.1", 0))
            port = server.getsockname()[1]
            if kind == socket.SOCK_STREAM:
                server.listen()
            assert not is_free(kind, "127.0.0.1", port)
            assert os.getpid() in owners(kind, port)
        assert is_free(kind, "127.0.0.1", port)
        assert owners(kind, port) == []


def test_a_connection_from_a_port_does_not_own_it() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server, socket.create_connection(server.getsockname()) as client:
        assert owners(socket.SOCK_STREAM, client.getsockname()[1]) == []


def test_another_process_is_named() -> None:
    code = (
        "import socket, sys; server = socket.create_server(('127.0.0.1', 0)); "
        "print(server.getsockname()[1], flush=True); sys.stdin.read()"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
        assert other.stdout is not None
        assert other.stdin is not None
        port = int(other.stdout.readline())
        assert owners(socket.SOCK_STREAM, port) == [other.pid]
        assert name_of(other.pid).endswith(f"(pid {other.pid})")
        assert "create_server" in command_of(other.pid)
        other.stdin.close()


def test_who_holds_the_journal(tmp_path: Path) -> None:
    lock = tmp_path / "journal.db.lock"
    assert holder_of_lock(lock) is None
    journal = SqliteJournal(tmp_path / "journal.db")
    assert holder_of_lock(lock) == os.getpid()
    journal.close()
    assert holder_of_lock(lock) is None


def test_a_pid_file(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    assert pid_in(file, running="python") is None
    file.write_text("what", "ascii")
    assert pid_in(file, running="python") is None
    file.write_text(f"{os.getpid()}\n", "ascii")
    assert pid_in(file, running="py") == os.getpid()
    assert pid_in(file, running="asterisk -f -C nowhere") is None
