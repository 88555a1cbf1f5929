"""Keeps the standby alive, for a supervisor that also keeps other processes alive: nothing here blocks."""

import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from acd.lib.backoff import Backoff
from acd.lib.heartbeat import Heartbeat

SILENT_S = 10.0
"""Seconds without a heartbeat after which the standby hangs and is killed."""
BACKLOG = 1024


class StandbyKeeper:
    """Keeps one standby. We keep its port open, so that a caller who comes while it is dead waits and is not
    refused."""

    def __init__(
        self,
        data_dir: Path,
        port: int,
        say: Callable[[str], None],
        *,
        secret: str = "",
        silent_s: float = SILENT_S,
        errors: int | None = None,
    ) -> None:
        """`secret`: by which the standby recognises our requests; empty: the one in `data_dir`. `errors` takes its
        standard error; by default ours."""
        self._data_dir = data_dir
        self._secret = secret
        self._port = port
        self._say = say
        self._silent_s = silent_s
        self._errors = errors
        self._listener: socket.socket | None = None
        self._process: subprocess.Popen[bytes] | None = None
        self._heartbeat: Heartbeat | None = None
        self._began = 0.0
        self._backoff = Backoff()
        self._due: float | None = None

    @property
    def pid(self) -> int | None:
        """The process id of the running standby."""
        return self._process.pid if self._process is not None else None

    @property
    def due_in_s(self) -> float:
        """When `tend` should be called at the latest."""
        soonest = self._silent_s / 4
        return soonest if self._due is None else max(0.0, min(soonest, self._due - time.monotonic()))

    def start(self) -> None:
        """Open the port and start the standby. Raises `OSError` if the port cannot be opened."""
        self._listener = socket.create_server(("127.0.0.1", self._port), backlog=BACKLOG)
        self._start()

    def tend(self) -> None:
        """Check whether the standby lives, and restart it if not, now or when that is due."""
        process = self._process
        if process is not None:
            if process.poll() is None and self._heartbeat is not None and self._heartbeat.hangs():
                self._say(f"the standby shows no sign of life for {self._silent_s:g} s; killing it")
                process.kill()
                process.wait()
            if process.poll() is not None:
                lived_s = time.monotonic() - self._began
                wait_s = self._backoff.after(lived_s)
                self._say(f"the standby ended ({process.returncode}) after {lived_s:.1f} s; again in {wait_s:.1f} s")
                self._forget()
                self._due = time.monotonic() + wait_s
        if self._due is not None and time.monotonic() >= self._due:
            self._start()

    def stop(self) -> None:
        """End the standby and close the port."""
        if self._process is not None:
            self._process.kill()  # its records are on disk, and nothing else of it matters
            self._process.wait()
            self._forget()
        self.close()

    def close(self) -> None:
        """Close the port, in a fork that must not keep it."""
        if self._listener is not None:
            self._listener.close()
            self._listener = None

    def _start(self) -> None:
        self._due = None
        heartbeat: Heartbeat | None = None
        try:
            heartbeat = Heartbeat(self._silent_s)
            self._process = self._popen(heartbeat.handle)
        except OSError as error:  # no memory, files or processes left: the rest goes on
            if heartbeat is not None:
                heartbeat.close()
            wait_s = self._backoff.after(0.0) or 0.25
            self._say(f"the standby cannot be started ({error.strerror or error}); again in {wait_s:.1f} s")
            self._due = time.monotonic() + wait_s
            return
        heartbeat.given()
        self._heartbeat, self._began = heartbeat, time.monotonic()

    def _popen(self, beat: int) -> subprocess.Popen[bytes]:
        assert self._listener is not None
        handle = self._listener.fileno()
        return subprocess.Popen(
            [
                sys.executable, "-m", "acd.standby", "--data-dir", str(self._data_dir), "--listener", str(handle),
                "--beat", str(beat), "--parent", str(os.getpid()),
            ],
            stdin=subprocess.DEVNULL,
            stderr=self._errors,
            # Not on the command line, which every user can read.
            env={**os.environ, "COZUM_AGI_SECRET": self._secret},
            pass_fds=(handle, beat),
            process_group=0,
        )  # fmt: skip

    def _forget(self) -> None:
        if self._heartbeat is not None:
            self._heartbeat.close()
        self._process = self._heartbeat = None
