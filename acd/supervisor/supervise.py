"""`make run`: a private Asterisk, the daemon and the standby, each brought back when it dies or hangs, none left over.

One synchronous process without threads, which has imported everything already: a dead daemon is followed by a fork and
not by an interpreter's start, so the line has its engine again within some tens of milliseconds.
"""

import argparse
import contextlib
import gc
import http.client
import json
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Callable, Sequence
from pathlib import Path

from acd.asterisk.conf import ConfError
from acd.asterisk.instance import AsteriskError, AsteriskInstance, refuse_taken
from acd.asterisk.mirror import ProvisionError
from acd.asterisk.provision import ensure_asterisk
from acd.backoff import Backoff
from acd.engine.errors import BadConfig
from acd.lives import DIED, HUNG, ended
from acd.process import die_with_parent, parent_was_interrupted
from acd.pulse import Pulse
from acd.reread import reread
from acd.rules import load_rules
from acd.settings import Settings, SettingsError, load_settings
from acd.supervisor.identity import become, wanted_identity
from acd.supervisor.prepare import (
    CannotRun,
    asterisk_spec,
    caps,
    hold_folder,
    phones,
    prepare,
    reached_at,
    transfer_codes,
    unusable,
)
from acd.supervisor.standby_keeper import StandbyKeeper

EXIT_CONFIG = 2
"""What we return where nothing was started."""
EXIT_START = 1
"""What the daemon returns when it cannot start or go on, and said why. Before it was ever ready this ends us too."""

DAEMON_GRACE_S = 10.0
FIRST_SIGN_S = 60.0
"""How long a daemon may take to its first sign of life: it replays the journal."""
FORK_AGAIN_S = 1.0
LAST_WORDS_S = 0.2
"""How long a daemon that hangs has to say where."""
HANG_AGAIN_S = 60.0
"""A hang sooner than this after the start is one of several in a row."""
READY_HINT_S = 15.0
LOOK_S = 0.05
ASK_S = 0.5
LOGS_S = 5.0
"""How often the sizes of Asterisk's log files are looked at."""

Daemon = Callable[[Settings, int], int]
"""The daemon: what it is set to, the file it gives signs of life to, its exit status."""


def say(text: str) -> None:
    """A line for whoever started us; a closed pipe is no reason to let the line down."""
    with contextlib.suppress(OSError):
        print(f"cozum: {text}", flush=True)


# --- while it runs


class Supervisor:
    """Keeps one Asterisk, one daemon and one standby alive until told to stop."""

    SIGNALS = (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(
        self,
        settings: Settings,
        daemon: Daemon,
        asterisk: AsteriskInstance,
        told_otherwise: Callable[[], bool] | None = None,
    ) -> None:
        """`told_otherwise` is asked twice a second whether to stop for a reason that sends us no signal."""
        self._told_otherwise = told_otherwise
        self.settings = settings
        self._run_daemon = daemon
        self.asterisk = asterisk
        self.standby = StandbyKeeper(settings.data_dir, settings.standby_port, say)
        self._logs_seen = 0.0
        self._pid = 0
        self._began = 0.0
        self._daemon_backoff = Backoff()
        self._daemon_due: float | None = None
        self._pulse: Pulse | None = None
        # A second one in a row: the next is held back until the standby has the callers.
        self._hang_backoff = Backoff(quick_s=HANG_AGAIN_S, free=1)
        self._take(settings)
        self._asterisk_began = 0.0
        self._asterisk_backoff = Backoff()
        self._asterisk_due: float | None = None
        self._told_ready = False
        self._told_late = False
        self._first = time.monotonic()
        self._terminal = _has_terminal()

    def run(self) -> int:
        """Start all and keep them until SIGINT or SIGTERM; the exit status of it all.

        Raises `CannotRun` if they cannot be started the first time."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self.SIGNALS)
        try:
            self._first_asterisk()
            self._first_standby()
            self._fork()
            return self._keep()
        finally:
            self._stop_daemon()
            self.asterisk.stop()
            self.standby.stop()
            self.settings.pid_file.unlink(missing_ok=True)
            signal.sigtimedwait(self.SIGNALS, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

    def _first_asterisk(self) -> None:
        try:
            self.asterisk.start()
        except OSError as error:
            raise unusable(self.settings.data_dir, error) from None
        except (AsteriskError, ConfError) as error:
            raise CannotRun(str(error)) from None
        self._asterisk_began = time.monotonic()

    def _first_standby(self) -> None:
        try:
            self.standby.start()
        except OSError as error:
            raise CannotRun(
                f"standby_port = {self.settings.standby_port}: {error.strerror or error}; free it or choose another"
            ) from None

    def _keep(self) -> int:
        while True:
            got = signal.sigtimedwait(self.SIGNALS, self._wait_s())
            number = got.si_signo if got else 0
            if number in (signal.SIGINT, signal.SIGTERM) or (self._told_otherwise and self._told_otherwise()):
                say("stopping")
                return 0
            if number == signal.SIGHUP:
                if self._terminal and not _has_terminal():
                    return 0
                self._reload()
            if (status := self._tend_daemon()) is not None:
                return status
            self._tend_asterisk()
            self.standby.tend()
            if not self._told_ready:
                self._look_whether_ready()

    def _wait_s(self) -> float:
        now = time.monotonic()
        dues = [due - now for due in (self._daemon_due, self._asterisk_due) if due is not None]
        dues += [self.standby.due_in_s, LOGS_S]
        if self._pulse is not None:
            dues.append(self._pulse.due_in_s)
        if not self._told_ready:
            dues.append(LOOK_S)
        if self._told_otherwise:
            dues.append(ASK_S)
        return max(0.0, min(dues))

    def _reload(self) -> None:
        """New agents get their phones; then the daemon reads its files again. Bad files change nothing. What became of
        settings is told here, and what became of the rest by the daemon."""
        try:
            settings, taken, waiting = reread(self.settings)
            rules = load_rules(settings)
            self.asterisk.reload_agents(
                phones(rules), transfer_codes(rules), settings.standby_after_s, caps(settings, rules)
            )
        except (SettingsError, BadConfig, ConfError, AsteriskError, OSError) as error:
            say(f"not reloaded, the old rules stay: {error}")
        else:
            self._take(settings)
            if taken or waiting:
                told = [f"taken: {', '.join(taken)}"] if taken else []
                told += [f"needs a restart: {', '.join(waiting)}"] if waiting else []
                say(f"settings {'; '.join(told)}")
        if self._pid:
            os.kill(self._pid, signal.SIGHUP)

    def _take(self, settings: Settings) -> None:
        """Go by these from now on."""
        self.settings = settings
        self._hang_backoff.base_s = (settings.standby_after_s + 5.0) / 2
        self._hang_backoff.most_s = settings.standby_after_s + 60.0
        if self._pulse is not None:
            self._pulse.set_silent_s(settings.heartbeat_s)

    # --- the daemon

    def _fork(self) -> None:
        self._daemon_due = None
        parent = os.getpid()
        sys.stdout.flush()
        sys.stderr.flush()
        gc.freeze()  # what is shared with the child stays shared: its collector does not touch it
        try:
            pulse = Pulse(self.settings.heartbeat_s, first_s=FIRST_SIGN_S)
            pid = os.fork()
        except OSError as error:  # no memory, no files, no more processes: Asterisk has the calls meanwhile
            say(f"the daemon cannot be started: {error.strerror or error}; trying again in {FORK_AGAIN_S:g} s")
            self._daemon_due = time.monotonic() + FORK_AGAIN_S
            return
        if pid == 0:
            self.standby.close()
            _be_the_daemon(self._run_daemon, self.settings, pulse.handle, parent)
        pulse.given()
        self._pid, self._began, self._pulse = pid, time.monotonic(), pulse
        try:
            fresh = self.settings.pid_file.with_suffix(".new")
            fresh.write_text(f"{pid}\n", encoding="ascii")
            fresh.replace(self.settings.pid_file)
        except OSError as error:  # a full disk is no reason to let calls down
            say(f"{self.settings.pid_file} cannot be written: {error.strerror or error}; the daemon is {pid}")

    def _tend_daemon(self) -> int | None:
        """Bring a dead daemon back, now or when it is due. An exit status if there is no use in it."""
        if self._pid:
            gone, status = os.waitpid(self._pid, os.WNOHANG)
            if not gone:
                if self._pulse is None or not self._pulse.hangs():
                    return None
                self._end_hanging(self._pulse)
            else:
                code = os.waitstatus_to_exitcode(status)
                lived_s = time.monotonic() - self._began
                if code == EXIT_START and not self._told_ready:
                    self._pid = 0
                    return code
                wait_s = self._daemon_backoff.after(lived_s)
                ended[DIED] += 1
                say(f"the daemon {_ended(code)} after {lived_s:.1f} s; {_again(wait_s)}")
                self._daemon_due = time.monotonic() + wait_s
            self._bury()
        if self._daemon_due is not None and time.monotonic() >= self._daemon_due:
            self._fork()
        return None

    def _end_hanging(self, pulse: Pulse) -> None:
        """Kill a daemon that shows no sign of life: that closes its callers' connections, and the dialplan looks for
        the next one. Beforehand it is asked to say where it hangs."""
        lived_s = pulse.lived_s
        ended[HUNG] += 1
        wait_s = self._hang_backoff.after(lived_s)
        say(f"the daemon shows no sign of life for {pulse.silent_s:g} s; killing it, {_again(wait_s)}")
        os.kill(self._pid, signal.SIGUSR2)
        time.sleep(LAST_WORDS_S)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        self._daemon_due = time.monotonic() + wait_s

    def _bury(self) -> None:
        """The daemon is gone."""
        self._pid = 0
        if self._pulse is not None:
            self._pulse.close()
            self._pulse = None

    def _stop_daemon(self) -> None:
        if not self._pid:
            return
        pid = self._pid
        self._bury()
        deadline = time.monotonic() + DAEMON_GRACE_S
        os.kill(pid, signal.SIGTERM)
        while os.waitpid(pid, os.WNOHANG) == (0, 0):
            left = deadline - time.monotonic()
            if left <= 0:
                say(f"the daemon does not stop within {DAEMON_GRACE_S:g} s; killing it")
                with contextlib.suppress(ProcessLookupError):
                    os.killpg(pid, signal.SIGKILL)
                os.waitpid(pid, 0)
                return
            signal.sigtimedwait((signal.SIGCHLD,), left)

    # --- Asterisk

    def _tend_asterisk(self) -> None:
        if self._asterisk_due is None and not self.asterisk.is_running:
            code = self.asterisk.returncode
            lived_s = time.monotonic() - self._asterisk_began
            wait_s = self._asterisk_backoff.after(lived_s)
            how = _ended(code) if code is not None else "did not come up"
            say(f"Asterisk {how} after {lived_s:.1f} s; {_again(wait_s)}")
            self._asterisk_due = time.monotonic() + wait_s
        if self._asterisk_due is not None and time.monotonic() >= self._asterisk_due:
            self._asterisk_due = None
            self._asterisk_began = time.monotonic()
            try:
                self.asterisk.start()
            except (AsteriskError, ConfError, OSError) as error:
                say(str(error))
        elif time.monotonic() - self._logs_seen >= LOGS_S:
            self._logs_seen = time.monotonic()
            try:
                self.asterisk.bound_logs()
            except OSError as error:
                say(f"Asterisk's logs cannot be turned over: {error}")

    # --- telling

    def _look_whether_ready(self) -> None:
        said = _readiness(reached_at(self.settings.bind_host).strip("[]"), self.settings.http_port)
        if said == "":
            self._told_ready = True
            say(f"ready in {time.monotonic() - self._first:.1f} s. Ctrl-C stops it all.")
            if not self._told_late:
                self._tell()
        elif not self._told_late and time.monotonic() - self._first > READY_HINT_S:
            self._told_late = True
            say(f"not ready after {READY_HINT_S:g} s: {said}. It goes on trying; Ctrl-C stops it all.")
            self._tell()

    def _tell(self) -> None:
        settings, host = self.settings, reached_at(self.settings.bind_host)
        agents = self.asterisk.spec.agents
        names = f"{agents[0].extension}-{agents[-1].extension}" if agents else "none"
        demo = bool(agents) and agents[0].sip_password == f"demo{agents[0].extension}"
        known = f" (SIP password demo{names[:4]}…, PIN {names[:4]}…; *45 signs in)" if demo else ""
        for what, where in (
            ("console", f"http://{host}:{settings.http_port}/"),
            ("token", str(settings.token_file)),
            ("line", f"sip:{self.asterisk.spec.line}@{host}:{settings.sip_port}"),
            ("agents", f"{names} at {host}:{settings.sip_port}{known}"),
        ):
            say(f"  {what:8} {where}")


def _be_the_daemon(run: Daemon, settings: Settings, sign: int, parent: int) -> None:
    """What the fork does; never returns."""
    code = 70
    try:
        os.setpgid(0, 0)  # a Ctrl-C at the terminal is the supervisor's, which then tells us
        signal.signal(signal.SIGINT, signal.default_int_handler)
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


def _readiness(host: str, port: int) -> str:
    """Empty if `/readyz` says yes, else what is wrong."""
    connection = http.client.HTTPConnection(host, port, timeout=0.5)
    try:
        connection.request("GET", "/readyz")
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"http://{host}:{port}/readyz: {error}"
    finally:
        connection.close()
    if answer.status == 200:
        return ""
    try:
        return "; ".join(f"{one['name']}: {one['detail']}" for one in json.loads(body)["checks"] if not one["ok"])
    except (ValueError, LookupError, TypeError):
        return f"http://{host}:{port}/readyz: {answer.status} {body}"


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


def _ended(code: int) -> str:
    return f"was killed by {signal.Signals(-code).name}" if code < 0 else f"ended with {code}"


def _again(wait_s: float) -> str:
    return "starting it again" if wait_s == 0 else f"starting it again in {wait_s:.1f} s"


# --- the command


def supervise(
    settings: Settings,
    daemon: Daemon,
    told_otherwise: Callable[[], bool] | None = None,
    prepared: Callable[[], None] | None = None,
) -> int:
    """Bring the system up and keep it up until SIGINT or SIGTERM, or until `told_otherwise`; the exit status.

    `prepared` is called once we are who we will be. What cannot be done is said in one line, and `EXIT_CONFIG`
    returned."""
    try:
        if (identity := wanted_identity(settings)) is not None:
            become(identity, settings, ensure_asterisk(progress=say))
        elif os.geteuid() == 0:
            say("runs as root: give it a user of its own with run_as (docs/security.md)")
        if prepared is not None:
            prepared()
        rules = prepare(settings)
        handle = hold_folder(settings.data_dir)
        try:
            host = settings.bind_host
            refuse_taken("HTTP", socket.SOCK_STREAM, host, settings.http_port)
            refuse_taken("FastAGI", socket.SOCK_STREAM, "127.0.0.1", settings.fastagi_port)
            refuse_taken("Standby", socket.SOCK_STREAM, "127.0.0.1", settings.standby_port)
            installed = ensure_asterisk(progress=say)
            asterisk = AsteriskInstance(asterisk_spec(settings, rules), installed)
            asterisk.check_ports()
            return Supervisor(settings, daemon, asterisk, told_otherwise).run()
        finally:
            os.close(handle)
    except (CannotRun, ProvisionError, AsteriskError, ConfError) as error:
        print(f"cozum: {error}", file=sys.stderr)
        return EXIT_CONFIG


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None) -> int:
    """`python -m acd.supervisor.supervise`."""
    parser = argparse.ArgumentParser(prog="cozum run", description="run the whole system on this machine")
    parser.add_argument("--config", type=Path, help="settings (default: cozum.toml here, if there is one)")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the process that started this one ends"
    )
    options = parser.parse_args(arguments)
    told_otherwise = parent_was_interrupted() if options.die_with_parent else None
    parent = os.getppid()

    def follow_parent() -> None:
        """Again once we are another user: the kernel forgets it then."""
        if options.die_with_parent:
            die_with_parent(parent, signal.SIGTERM)

    follow_parent()
    signal.signal(signal.SIGTERM, _interrupt)
    try:
        settings = load_settings(options.config)
    except SettingsError as error:
        print(f"cozum: {error}", file=sys.stderr)
        return EXIT_CONFIG
    try:
        from acd.line.app import run

        return supervise(settings, run, told_otherwise, follow_parent)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
