"""`python -m acd.supervisor.supervise`, as tests run it."""

import http.server
import os
import signal
import subprocess
import sys
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from bench.stack import free_rtp_range, until
from phones.ports import free_ports
from tests.acd.asterisk.private import processes_of

ROOT = Path(__file__).resolve().parents[3]
SUPERVISE = (sys.executable, "-m", "acd.supervisor.supervise")


class Running:
    """One `python -m acd.supervisor.supervise` in a folder of its own."""

    def __init__(self, folder: Path, command: Sequence[str] = SUPERVISE, **settings: object) -> None:
        self.data = folder / "data"
        sip, ws, ami, fastagi, standby, http_port = free_ports(6)
        rtp_start, rtp_end = free_rtp_range(100)
        values: dict[str, object] = {
            "data_dir": self.data,
            "sip_port": sip,
            "ws_port": ws,
            "ami_port": ami,
            "fastagi_port": fastagi,
            "standby_port": standby,
            "http_port": http_port,
            "rtp_start": rtp_start,
            "rtp_end": rtp_end,
        }
        self.settings = {**values, **settings}
        self.data = Path(str(self.settings["data_dir"]))
        self.output = folder / "output"
        self.command = command
        self.process: subprocess.Popen[str] | None = None

    def start(self) -> "Running":
        environment = {key: value for key, value in os.environ.items() if not key.startswith("COZUM_")}
        environment |= {f"COZUM_{key.upper()}": str(value) for key, value in self.settings.items()}
        self.output.parent.mkdir(parents=True, exist_ok=True)
        with self.output.open("w") as output:
            self.process = subprocess.Popen(
                self.command,
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                text=True,
                start_new_session=True,
            )
        return self

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    def said(self) -> str:
        return self.output.read_text("utf-8", "replace")

    def ready(self) -> bool:
        return self.answers("/readyz")

    def answers(self, path: str) -> bool:
        assert self.process is not None
        assert self.process.poll() is None, self.said()
        connection = http.client.HTTPConnection("127.0.0.1", int(str(self.settings["http_port"])), timeout=10)
        try:
            connection.request("GET", path)
            return connection.getresponse().status == 200
        except OSError:
            return False
        finally:
            connection.close()

    def get(self, path: str) -> str:
        """What it answers."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.settings['http_port']}{path}", timeout=30) as answer:
            return str(answer.read().decode())

    def daemon(self) -> int:
        return int((self.data / "cozum.pid").read_text() or 0)

    def asterisk(self) -> int:
        return int((self.data / "asterisk/asterisk.pid").read_text())

    def wait(self, within_s: float = 60.0) -> int:
        assert self.process is not None
        return self.process.wait(within_s)

    def end(self) -> None:
        if self.process is not None and self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.wait()
            except subprocess.TimeoutExpired:
                self.process.kill()
                self.process.wait()


def alive(pid: int) -> bool:
    """Whether there is such a process, and it is not just waiting to be buried."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    system = Running(tmp_path)
    try:
        system.start()
        until("ready", system.ready, 60)
        yield system
    finally:
        system.end()


def another(pid_file: Path, before: set[str]) -> bool:
    """Whether a pid file names a process that was not there before."""
    return pid_file.read_text() not in before


def says(system: Running, words: str) -> bool:
    """Whether it has said this."""
    return words in system.said()


def content(path: Path) -> bytes:
    try:
        return path.read_bytes()
    except OSError:
        return b""


def refused(system: Running) -> str:
    """What it says, having started nothing."""
    system.start()
    assert system.wait() == 2
    assert processes_of(system.data) == []
    (line,) = [one for one in system.said().splitlines() if "runs as root" not in one]
    return line
