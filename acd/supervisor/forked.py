"""One process of ours: forked from the supervisor, watched by its heartbeat, restarted when it dies or hangs.

The supervisor has imported everything already, so a restart is a fork and not the start of an interpreter: it takes
some tens of milliseconds. Only the end of a process blocks.
"""

import contextlib
import gc
import os
import signal
import sys
import time
import traceback
from collections import Counter
from collections.abc import Callable
from pathlib import Path

from acd.config.settings import Settings
from acd.lib.backoff import Backoff
from acd.lib.heartbeat import Heartbeat
from acd.lib.process import die_with_parent
from acd.lib.restart_counts import DIED, HUNG
from acd.supervisor.say import again, ended, say

EXIT_START = 1
"""Exit status of a process that cannot start or go on, and has said why."""

GRACE_S = 10.0
FIRST_SIGN_S = 60.0
"""Seconds that a process may take to its first heartbeat: the line replays the journal."""
FORK_AGAIN_S = 1.0
LAST_WORDS_S = 0.2
"""Seconds for a hanging process to print its stacks, from when it has the signal."""
SIGNAL_MOST_S = 0.8
"""Most seconds until it has the signal: on a busy machine it may not run at once."""
MOST_S = 1.0
"""Longest pause before a restart, in seconds: callers wait for the process."""
QUICK_S = 1.0
"""A process that lived longer has served: the next one starts at once, however often that happens."""
HANG_AGAIN_S = 60.0
"""A hang within so many seconds after the start counts as one of several in a row."""

Run = Callable[[Settings, int], int]
"""The process's work: takes its settings and the heartbeat's file, returns its exit status."""


class Forked:
    """Keeps one process at a time. `name` is for people, `ends` counts deaths and hangs."""

    def __init__(
        self, name: str, run: Run, pid_file: Path, ends: Counter[str], *, in_child: Callable[[], None] = lambda: None
    ) -> None:
        """`in_child` closes, in the fork, what only the supervisor may have."""
        self.name = name
        self._starts = 0
        self._run, self._pid_file, self._ends, self._in_child = run, pid_file, ends, in_child
        self._pid = 0
        self._began = 0.0
        self._due: float | None = None
        self._heartbeat: Heartbeat | None = None
        self._backoff = Backoff(quick_s=QUICK_S, most_s=MOST_S)
        self.hang_backoff = Backoff(quick_s=HANG_AGAIN_S, free=1)

    @property
    def due_in_s(self) -> float:
        """When `tend` should be called at the latest."""
        soonest = self._heartbeat.due_in_s if self._heartbeat is not None else 3600.0
        return soonest if self._due is None else max(0.0, min(soonest, self._due - time.monotonic()))

    def set_silent_s(self, silent_s: float) -> None:
        """Set the seconds without a heartbeat after which the process hangs; 0 switches this off."""
        if self._heartbeat is not None:
            self._heartbeat.set_silent_s(silent_s)

    def reload(self) -> None:
        """Have the process reload its files."""
        if self._pid:
            os.kill(self._pid, signal.SIGHUP)

    def tell_stopping(self) -> None:
        """Tell the process that the whole system stops, Asterisk first."""
        if self._pid:
            os.kill(self._pid, signal.SIGUSR1)

    def start(self, settings: Settings) -> None:
        """Fork the process. If that fails now, `tend` tries again."""
        self._due = None
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # the child's garbage collector leaves these objects alone, so their memory stays shared
        heartbeat: Heartbeat | None = None
        try:
            heartbeat = Heartbeat(settings.heartbeat_s, first_s=FIRST_SIGN_S)
            pid = os.fork()
        except OSError as error:  # no memory, files or processes left: Asterisk keeps the calls meanwhile
            if heartbeat is not None:
                heartbeat.close()
            say(f"the {self.name} cannot be started: {error.strerror or error}; trying again in {FORK_AGAIN_S:g} s")
            self._due = time.monotonic() + FORK_AGAIN_S
            return
        if pid == 0:
            self._in_child()
            _be_it(self._run, settings, heartbeat.handle, parent)
        heartbeat.given()
        self._starts += 1
        self._pid, self._began, self._heartbeat = pid, time.monotonic(), heartbeat
        try:
            fresh = self._pid_file.with_suffix(".new")
            fresh.write_text(f"{pid}\n", encoding="ascii")
            fresh.replace(self._pid_file)
        except OSError as error:  # a full disk must not stop the line
            say(f"{self._pid_file} cannot be written: {error.strerror or error}; the {self.name} is {pid}")

    def tend(self, settings: Settings) -> int | None:
        """Restart the process if it is dead or hangs, now or when that is due. Returns an exit status if a restart is
        useless."""
        if self._pid:
            gone, status = os.waitpid(self._pid, os.WNOHANG)
            if not gone:
                if self._heartbeat is None or not self._heartbeat.hangs():
                    return None
                self._end_hanging(self._heartbeat)
            else:
                code = os.waitstatus_to_exitcode(status)
                lived_s = time.monotonic() - self._began
                if code == EXIT_START and self._never_served():
                    self._pid = 0
                    return code
                wait_s = self._backoff.after(lived_s)
                self._ends[DIED] += 1
                say(f"the {self.name} {ended(code)} after {lived_s:.1f} s; {again(wait_s)}")
                self._due = time.monotonic() + wait_s
            self._bury()
        if self._due is not None and time.monotonic() >= self._due:
            self.start(settings)
        return None

    def _never_served(self) -> bool:
        """Whether this was the first process and ended before a heartbeat: the operator has just started the system,
        and can read what is wrong. Later there are calls, which must not end because a file or the database is bad."""
        return self._starts == 1 and (self._heartbeat is None or not self._heartbeat.ever())

    def _end_hanging(self, heartbeat: Heartbeat) -> None:
        """Kill the process, which closes its connections, so that Asterisk's dialplan looks for the next one. Before
        that it is asked to print its stacks."""
        lived_s = heartbeat.lived_s
        self._ends[HUNG] += 1
        wait_s = self.hang_backoff.after(lived_s)
        say(f"the {self.name} shows no sign of life for {heartbeat.silent_s:g} s; killing it, {again(wait_s)}")
        os.kill(self._pid, signal.SIGUSR2)
        until = time.monotonic() + SIGNAL_MOST_S
        while _awaits_signal(self._pid) and time.monotonic() < until:
            time.sleep(0.02)
        time.sleep(LAST_WORDS_S)
        self._kill(self._pid)
        self._due = time.monotonic() + wait_s

    @staticmethod
    def _kill(pid: int) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(pid, signal.SIGKILL)
        os.waitpid(pid, 0)

    def _bury(self) -> None:
        self._pid = 0
        if self._heartbeat is not None:
            self._heartbeat.close()
            self._heartbeat = None

    def stop(self) -> None:
        """End the process in order; kill it if it does not end within `GRACE_S`."""
        if self._pid:
            pid = self._pid
            self._bury()
            deadline = time.monotonic() + GRACE_S
            os.kill(pid, signal.SIGTERM)
            while os.waitpid(pid, os.WNOHANG) == (0, 0):
                left = deadline - time.monotonic()
                if left <= 0:
                    say(f"the {self.name} does not stop within {GRACE_S:g} s; killing it")
                    self._kill(pid)
                    break
                signal.sigtimedwait((signal.SIGCHLD,), left)
        self._pid_file.unlink(missing_ok=True)


def _be_it(run: Run, settings: Settings, sign: int, parent: int) -> None:
    """The work of the fork; never returns."""
    code = 70
    try:
        os.setpgid(0, 0)  # Ctrl-C at the terminal is for the supervisor, which then signals us
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until the process handles the signal itself
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent, signal.SIGKILL)
        # A start replays the journal, for seconds. A reload meanwhile must neither end it nor be forgotten: it may have
        # read the files before they changed. `acd.lib.serving` lets the signal in once it can reload.
        signal.pthread_sigmask(signal.SIG_SETMASK, {signal.SIGHUP})
        code = run(settings, sign)
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else int(request.code is not None)
    except KeyboardInterrupt:
        code = 0
    except BaseException:  # the fork must end here after any error
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)


def _awaits_signal(pid: int) -> bool:
    """Whether a process that runs or sleeps has not been given its SIGUSR2 yet. One that is stopped is given none."""
    try:
        lines = Path(f"/proc/{pid}/status").read_text("ascii", "replace").splitlines()
    except OSError:
        return False
    status = dict(line.split(":\t", 1) for line in lines if ":\t" in line)
    if status.get("State", "T")[:1] in "TtZX":
        return False
    return bool(int(status.get("ShdPnd", "0"), 16) >> (signal.SIGUSR2 - 1) & 1)
