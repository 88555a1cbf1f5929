"""`make run` as root with `run_as`, for real: no process of it is root, and it serves, comes back and ends as ever."""

import contextlib
import http.client
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest

from bench.stack import ROOT, Stack, free_rtp_range, until
from phones.ports import free_ports
from tests.integration.other_user import USER, OutOfReach, reachable


def start_command() -> list[str]:
    """How to start the supervisor so that the user can reach its interpreter."""
    try:
        return reachable([sys.executable, "-m", "acd.supervisor.supervise", "--die-with-parent"])
    except OutOfReach as error:
        pytest.skip(str(error))


class System:
    """One that was started as root, in a folder below /tmp."""

    def __init__(self, folder: Path) -> None:
        sip, ws, ami, fastagi, standby, self.http_port = free_ports(6)
        rtp_start, rtp_end = free_rtp_range(100)
        self.data = folder / "data"
        self.output = folder / "output"
        self.settings: dict[str, object] = {
            "run_as": USER.pw_name, "data_dir": self.data, "sip_port": sip, "ws_port": ws, "ami_port": ami,
            "fastagi_port": fastagi, "standby_port": standby, "http_port": self.http_port, "rtp_start": rtp_start,
            "rtp_end": rtp_end,
        }  # fmt: skip
        self.process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        with self.output.open("wb") as output:
            self.process = subprocess.Popen(
                start_command(), cwd=ROOT, env=Stack.environment(self.settings), stdin=subprocess.DEVNULL,
                stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        until("it is ready", self.is_ready, 60, say=lambda: self.output.read_text())

    def stop(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            family = self.family(process)
            process.send_signal(signal.SIGINT)
            process.wait(60)
            _, left = psutil.wait_procs(family, timeout=30)
            assert not left

    def is_ready(self) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.output.read_text()
        connection = http.client.HTTPConnection("127.0.0.1", self.http_port, timeout=2)
        try:
            connection.request("GET", "/readyz")
            answer = connection.getresponse()
            return answer.status == 200 and bool(json.loads(answer.read())["ready"])
        except OSError:
            return False
        finally:
            connection.close()

    def family(self, process: subprocess.Popen[bytes] | None = None) -> list[psutil.Process]:
        process = process or self.process
        assert process is not None
        return [psutil.Process(process.pid), *psutil.Process(process.pid).children(recursive=True)]

    def daemon_pid(self) -> int:
        return int((self.data / "cozum.pid").read_text())

    @property
    def daemon(self) -> psutil.Process:
        return psutil.Process(self.daemon_pid())


@pytest.fixture
def system() -> Iterator[System]:
    if os.geteuid() != 0:
        pytest.skip("only root becomes another user")
    folder = Path(tempfile.mkdtemp(prefix="cozum-run-as-", dir="/tmp"))
    folder.chmod(0o755)
    system = System(folder)
    try:
        yield system
    finally:
        system.stop()
        shutil.rmtree(folder)


def test_no_process_is_root_and_a_killed_daemon_comes_back_as_that_user(system: System) -> None:
    system.start()
    family = system.family()
    names = {name for one in family for name in one.cmdline() if "asterisk" in name or "acd." in name}
    assert any(name.endswith("asterisk") for name in names), names
    assert any("standby" in name for name in names), names
    for one in family:
        assert one.uids() == (USER.pw_uid,) * 3, (one.cmdline(), one.uids())
        assert one.gids() == (USER.pw_gid,) * 3
        status = Path(f"/proc/{one.pid}/status").read_text()
        assert "CapEff:\t0000000000000000" in status, one.cmdline()
    for file in [system.data, *system.data.rglob("*")]:
        with contextlib.suppress(FileNotFoundError):  # those that are written anew all the time
            assert file.lstat().st_uid == USER.pw_uid, file
    assert system.data.stat().st_mode & 0o777 == 0o700
    before = system.daemon
    before.kill()
    until("another daemon serves", lambda: system.daemon_pid() != before.pid and system.is_ready(), 60)
    assert system.daemon.uids() == (USER.pw_uid,) * 3


def test_what_root_left_in_the_folder_does_not_hinder_the_next_start(system: System) -> None:
    system.start()
    system.stop()
    (system.data / "spool").mkdir(exist_ok=True)
    for name in ("journal.db-wal", "cozum.db-wal", "spool"):
        (system.data / name).touch(mode=0o600)
        os.chown(system.data / name, 0, 0)
    for name in ("token", "agents.toml", "asterisk/etc/manager.conf", "."):  # as if root had served until now
        os.chown(system.data / name, 0, 0)
    system.start()
    assert {(system.data / name).stat().st_uid for name in ("token", "agents.toml", ".")} == {USER.pw_uid}


@pytest.mark.alone  # it measures how soon all of it has ended
def test_it_ends_when_whoever_started_it_is_killed(system: System) -> None:
    """make, that is: the kernel forgets what was asked of it when a process becomes another user."""
    command = [sys.executable, "-c", "import subprocess, sys, time; subprocess.Popen(sys.argv[1:]); time.sleep(600)"]
    with system.output.open("wb") as output:
        system.process = subprocess.Popen(
            [*command, *start_command()], cwd=ROOT, env=Stack.environment(system.settings), stdin=subprocess.DEVNULL,
            stdout=output, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    process, system.process = system.process, system.process
    until("it is ready", system.is_ready, 60, say=lambda: system.output.read_text())
    family = system.family()[1:]
    assert len(family) >= 4
    system.process = None
    process.kill()
    process.wait()
    began = time.monotonic()
    _, left = psutil.wait_procs(family, timeout=15)
    assert not left, [one.cmdline() for one in left]
    assert time.monotonic() - began < 15
