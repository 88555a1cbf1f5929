"""A folder has one relay: a second one would take its socket away."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.config.settings import Settings
from acd.lib.folder_lock import take_lock

PROGRAM = (
    "import sys, pathlib; from acd.config.settings import Settings; from acd.relay.app import run; "
    "sys.exit(run(Settings(data_dir=pathlib.Path(sys.argv[1]))))"
)


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """One that serves."""
    with subprocess.Popen(
        (sys.executable, "-c", PROGRAM, str(tmp_path)), stderr=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stderr is not None
        try:
            assert "relay_started" in process.stderr.readline()
            yield process
        finally:
            process.send_signal(signal.SIGTERM)
            process.communicate(timeout=60)


def reaches(path: Path) -> bool:
    """Whether a desk would find a relay there."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_SEQPACKET) as desk:
        try:
            desk.connect(str(path))
        except OSError:
            return False
    return True


def test_a_second_relay_is_refused_and_the_first_keeps_its_socket(relay: subprocess.Popen[str], tmp_path: Path) -> None:
    second = subprocess.run(
        (sys.executable, "-c", PROGRAM, str(tmp_path)), capture_output=True, text=True, timeout=60, check=False
    )
    assert second.returncode == 1
    assert second.stderr == (
        f"cozum: data_dir = {str(tmp_path)!r} has a relay already (pid {relay.pid}): stop that one, or set another "
        "data_dir\n"
    )
    assert reaches(tmp_path / "relay.sock")
    assert relay.poll() is None


def test_the_place_of_a_killed_relay_is_free(relay: subprocess.Popen[str], tmp_path: Path) -> None:
    relay.kill()
    relay.wait(60)
    os.close(take_lock(Settings(data_dir=tmp_path).relay_lock_file))
