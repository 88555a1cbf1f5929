"""Real servers for the bench and the tests: a PostgreSQL cluster and a Redis, each on a free port of loopback, in a
folder of its own, ended by its pid."""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from phones.ports import free_tcp_port

DEADLINE_S = 30.0


class ServerMissing(Exception):
    """A program, or the user it must run as, is not installed."""


class ServerFailed(Exception):
    """A server ended, or did not answer in time."""


@dataclass(frozen=True, slots=True)
class Postgres:
    """A running cluster; `superuser` may create databases."""

    port: int
    superuser: str
    data: Path
    """The cluster's folder."""

    def url(self, database: str = "postgres") -> str:
        """SQLAlchemy's address of a database."""
        return f"postgresql+asyncpg://{self.superuser}@127.0.0.1:{self.port}/{database}"


class Redis:
    """A Redis server that a test may stop, freeze and start again."""

    def __init__(self, folder: Path, program: str) -> None:
        self.port = free_tcp_port()
        self._folder = folder
        self._program = program
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Address of database 0."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start and wait until it answers."""
        log = (self._folder / "redis.log").open("ab")
        with log:
            self._process = subprocess.Popen(
                [
                    *(self._program, "--port", str(self.port), "--bind", "127.0.0.1", "--dir", str(self._folder)),
                    *("--save", "", "--appendonly", "no", "--daemonize", "no"),
                ],
                stdout=log,
                stderr=log,
            )
        process = self._process
        await_condition(lambda: _redis_answers(self.port), "redis-server to answer", lambda: process.poll() is None)

    def stop(self, sig: signal.Signals = signal.SIGKILL) -> None:
        """End it, at once if not told otherwise. No error if it does not run."""
        if self._process is not None:
            self._process.send_signal(sig)
            self._process.wait(DEADLINE_S)
            self._process = None

    def freeze(self) -> None:
        """Let it hang: its socket stays open and says nothing."""
        assert self._process is not None
        self._process.send_signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Let it go on."""
        assert self._process is not None
        self._process.send_signal(signal.SIGCONT)


def await_condition(
    true: Callable[[], bool], what: str, alive: Callable[[], bool] = lambda: True, deadline_s: float = DEADLINE_S
) -> None:
    """Wait, without an event loop, until `true()`. Raises `ServerFailed` at the deadline, or when the thing waited for
    is dead."""
    until = time.monotonic() + deadline_s
    while not true():
        if not alive():
            raise ServerFailed(f"ended while waiting for {what}")
        if time.monotonic() > until:
            raise ServerFailed(f"waited {deadline_s} s in vain for {what}")
        time.sleep(0.01)


def _redis_answers(port: int) -> bool:
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=1) as probe:
            probe.sendall(b"PING\r\n")
            return probe.recv(16).startswith(b"+PONG")
    except OSError:
        return False


def postgres_programs() -> Path | None:
    """The folder of PostgreSQL's programs, the newest version's; None if there is none."""
    found = shutil.which("initdb")
    if found is not None:
        return Path(found).resolve().parent
    folders = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    return folders[-1].parent if folders else None


def _owner() -> int | None:
    """The user who must own a cluster's files; None: whoever runs this."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_uid
    except KeyError:
        raise ServerMissing("a user `postgres` is not there (root may not run PostgreSQL)") from None


@contextmanager
def running_postgres(folder: Path, *, shared_buffers: str = "16MB") -> Iterator[Postgres]:
    """A fresh cluster, which logs to `folder`. Root may not run one, so it is then the `postgres` user's, who cannot
    reach pytest's folders: the cluster has one of its own. Raises `ServerMissing` where PostgreSQL is not installed."""
    programs, owner = postgres_programs(), _owner()
    if programs is None:
        raise ServerMissing("PostgreSQL is not installed")
    folder.mkdir(exist_ok=True)
    data, log = Path(tempfile.mkdtemp(prefix="cozum-postgres-")), folder / "postgres.log"
    if owner is not None:
        os.chown(data, owner, -1)
    port = free_tcp_port()

    def run_as_owner(*arguments: str) -> list[str]:
        return ["runuser", "-u", "postgres", "--", *arguments] if owner is not None else list(arguments)

    with log.open("wb") as output:
        subprocess.run(
            run_as_owner(
                *(str(programs / "initdb"), "-D", str(data), "-U", "cozum", "-A", "trust", "-E", "UTF8"),
                *("--locale=C.UTF-8", "--no-sync"),
            ),
            check=True,
            stdout=output,
            stderr=output,
            cwd="/",
            timeout=120,
        )
        server = subprocess.Popen(
            run_as_owner(
                *(str(programs / "postgres"), "-D", str(data), "-p", str(port), "-k", ""),
                *("-c", "listen_addresses=127.0.0.1", "-c", "fsync=off", "-c", f"shared_buffers={shared_buffers}"),
                *("-c", "max_connections=40", "-c", "full_page_writes=off"),
            ),
            stdout=output,
            stderr=output,
            cwd="/",
        )
        pid_file = data / "postmaster.pid"
        try:
            ready = [str(programs / "pg_isready"), "-q", "-h", "127.0.0.1", "-p", str(port), "-U", "cozum"]
            await_condition(
                lambda: subprocess.run(ready, check=False).returncode == 0,
                "PostgreSQL to answer",
                lambda: server.poll() is None,
            )
            yield Postgres(port=port, superuser="cozum", data=data)
        finally:
            # At once, since nobody reads it again: a shutdown in order writes all of it to the disk.
            if pid_file.exists():  # runuser is between us and it, and passes SIGQUIT on to nobody
                os.kill(int(pid_file.read_text().split()[0]), signal.SIGQUIT)
            else:
                server.terminate()
            server.wait(DEADLINE_S)
            await_condition(lambda: not pid_file.exists(), "PostgreSQL to end")  # one that a test started anew
            shutil.rmtree(data)


@contextmanager
def running_redis(folder: Path) -> Iterator[Redis]:
    """A fresh Redis (or Valkey) server. Raises `ServerMissing` where neither is installed."""
    program = shutil.which("redis-server") or shutil.which("valkey-server")
    if program is None:
        raise ServerMissing("redis-server is not installed")
    server = Redis(folder, program)
    server.start()
    try:
        yield server
    finally:
        server.stop()
