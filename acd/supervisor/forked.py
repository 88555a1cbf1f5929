"""One process of ours: forked from the supervisor, watched by its signs of life, brought back when it dies or hangs.

The supervisor has imported everything already, so that a dead process is followed by a fork and not by an
interpreter's start: it is back within some tens of milliseconds. Nothing here waits, except for the end of a process.
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
"""What a process returns when it cannot start or go on, and said why."""

GRACE_S = 10.0
FIRST_SIGN_S = 60.0
"""How long a process may take to its first sign of life: the line replays the journal."""
FORK_AGAIN_S = 1.0
LAST_WORDS_S = 0.2
"""How long a process that hangs has to say where."""
MOST_S = 1.0
"""A process that dies again and again is started once a second: callers wait for it."""
HANG_AGAIN_S = 60.0
"""A hang sooner than this after the start is one of several in a row."""

Run = Callable[[Settings, int], int]
"""What the process does: its settings, the file it gives signs of life to, its exit status."""


class Forked:
    """One process at a time. `name` is the one for people, `ends` counts its deaths and hangs."""

    def __init__(
        self, name: str, run: Run, pid_file: Path, ends: Counter[str], *, in_child: Callable[[], None] = lambda: None
    ) -> None:
        """`in_child` lets go, in the fork, of what only the supervisor has."""
        self.name = name
        self.was_ready = False
        """Set by the supervisor: from then on an `EXIT_START` is a death like any other."""
        self._run, self._pid_file, self._ends, self._in_child = run, pid_file, ends, in_child
        self._pid = 0
        self._began = 0.0
        self._due: float | None = None
        self._heartbeat: Heartbeat | None = None
        self._backoff = Backoff(most_s=MOST_S)
        self.hang_backoff = Backoff(quick_s=HANG_AGAIN_S, free=1)

    @property
    def due_in_s(self) -> float:
        """When `tend` should be called at the latest."""
        soonest = self._heartbeat.due_in_s if self._heartbeat is not None else 3600.0
        return soonest if self._due is None else max(0.0, min(soonest, self._due - time.monotonic()))

    def set_silent_s(self, silent_s: float) -> None:
        """Without a sign of life for so long it hangs; 0: nothing does."""
        if self._heartbeat is not None:
            self._heartbeat.set_silent_s(silent_s)

    def reload(self) -> None:
        """Have it read its files anew."""
        if self._pid:
            os.kill(self._pid, signal.SIGHUP)

    def tell_stopping(self) -> None:
        """Say that everything is being stopped, and that Asterisk goes first."""
        if self._pid:
            os.kill(self._pid, signal.SIGUSR1)

    def start(self, settings: Settings) -> None:
        """Fork it. Where that cannot be done now, `tend` tries again."""
        self._due = None
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # what is shared with the child stays shared: its collector does not touch it
        try:
            heartbeat = Heartbeat(settings.heartbeat_s, first_s=FIRST_SIGN_S)
            pid = os.fork()
        except OSError as error:  # no memory, no files, no more processes: Asterisk has the calls meanwhile
            say(f"the {self.name} cannot be started: {error.strerror or error}; trying again in {FORK_AGAIN_S:g} s")
            self._due = time.monotonic() + FORK_AGAIN_S
            return
        if pid == 0:
            self._in_child()
            _be_it(self._run, settings, heartbeat.handle, parent)
        heartbeat.given()
        self._pid, self._began, self._heartbeat = pid, time.monotonic(), heartbeat
        try:
            fresh = self._pid_file.with_suffix(".new")
            fresh.write_text(f"{pid}\n", encoding="ascii")
            fresh.replace(self._pid_file)
        except OSError as error:  # a full disk is no reason to let calls down
            say(f"{self._pid_file} cannot be written: {error.strerror or error}; the {self.name} is {pid}")

    def tend(self, settings: Settings) -> int | None:
        """Bring it back where it is dead or hangs, now or when it is due. An exit status if there is no use in it."""
        if self._pid:
            gone, status = os.waitpid(self._pid, os.WNOHANG)
            if not gone:
                if self._heartbeat is None or not self._heartbeat.hangs():
                    return None
                self._end_hanging(self._heartbeat)
            else:
                code = os.waitstatus_to_exitcode(status)
                lived_s = time.monotonic() - self._began
                if code == EXIT_START and not self.was_ready:
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

    def _end_hanging(self, heartbeat: Heartbeat) -> None:
        """Kill it: that closes its connections, and who waits for it looks for the next one. Beforehand it is asked to
        say where it hangs."""
        lived_s = heartbeat.lived_s
        self._ends[HUNG] += 1
        wait_s = self.hang_backoff.after(lived_s)
        say(f"the {self.name} shows no sign of life for {heartbeat.silent_s:g} s; killing it, {again(wait_s)}")
        os.kill(self._pid, signal.SIGUSR2)
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
        """End it in order; one that does not end within `GRACE_S` is killed."""
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
    """What the fork does; never returns."""
    code = 70
    try:
        os.setpgid(0, 0)  # a Ctrl-C at the terminal is the supervisor's, which then tells us
        signal.signal(signal.SIGINT, signal.default_int_handler)
        signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # until it listens
        for number in (signal.SIGTERM, signal.SIGHUP, signal.SIGCHLD):
            signal.signal(number, signal.SIG_DFL)
        die_with_parent(parent, signal.SIGKILL)
        signal.pthread_sigmask(signal.SIG_SETMASK, ())
        code = run(settings, sign)
    except SystemExit as request:
        code = request.code if isinstance(request.code, int) else int(request.code is not None)
    except KeyboardInterrupt:
        code = 0
    except BaseException:  # the fork must end here, whatever it was
        traceback.print_exc()
    finally:
        with contextlib.suppress(BaseException):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(code)
