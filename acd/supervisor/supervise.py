"""`make run` and `cozum run`: line, desk, relay, standby and, for `make run`, a private Asterisk. Each is restarted
when it dies or hangs (how, and how soon: `forked`), and none is left over at the end.

One synchronous process without threads, so that it can fork.
"""

import argparse
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

from acd.asterisk.instance import AsteriskError, AsteriskInstance, refuse_taken
from acd.asterisk.instance_spec import ConfError
from acd.asterisk.mirror import ProvisionError
from acd.asterisk.provision import ensure_asterisk
from acd.config.exposure import remember
from acd.config.https import local_connection, reached_at
from acd.config.load_settings import load_settings
from acd.config.reload import reload_settings
from acd.config.rules import load_rules, prompts_dir
from acd.config.settings import Settings, SettingsError
from acd.engine.model.errors import BadConfig
from acd.lib.process import die_with_parent, parent_was_interrupted
from acd.lib.restart_counts import desks_ended, ended, relays_ended
from acd.lib.secret_file import secret_in
from acd.supervisor.asterisk_keeper import AsteriskKeeper
from acd.supervisor.forked import Forked, Run
from acd.supervisor.identity import become, wanted_identity
from acd.supervisor.last_good import DeskRun, LastGood, LineRun
from acd.supervisor.prepare import (
    CannotRun,
    asterisk_spec,
    caps,
    hold_folder,
    phones,
    prepare,
    transfer_codes,
)
from acd.supervisor.say import say
from acd.supervisor.standby_keeper import StandbyKeeper

EXIT_CONFIG = 2
"""Exit status if nothing was started."""
READY_HINT_S = 15.0
LOOK_S, LATE_LOOK_S = 0.05, 1.0
"""Seconds between two looks whether the system is ready: at first, and after `READY_HINT_S`."""
ASK_S = 0.5
MOST_S = 5.0


class Supervisor:
    """Keeps one line, one desk, one relay, one standby and at most one Asterisk alive until a stop."""

    SIGNALS = (signal.SIGCHLD, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)

    def __init__(
        self,
        settings: Settings,
        line: LineRun,
        desk: DeskRun,
        relay: Run,
        asterisk: AsteriskInstance | None,
        last: LastGood,
        told_otherwise: Callable[[], bool] | None = None,
    ) -> None:
        """`last`: what was read of the files for this start. `told_otherwise` is called twice a second; it returns
        whether to stop for a reason without a signal."""
        self._told_otherwise = told_otherwise
        self.settings = settings
        self.last = last
        self.asterisk = AsteriskKeeper(asterisk) if asterisk is not None else None
        self.standby = StandbyKeeper(settings.data_dir, settings.standby_port, say, secret=settings.agi_secret)
        self.line = Forked(
            "line",
            lambda settings, sign: line(settings, sign, self.last.rules),
            settings.pid_file,
            ended,
            in_child=self.standby.close,
        )
        self.desk = Forked(
            "desk",
            lambda settings, sign: desk(settings, sign, self.last.town),
            settings.desk_pid_file,
            desks_ended,
            in_child=self.standby.close,
        )
        self.relay = Forked("relay", relay, settings.relay_pid_file, relays_ended, in_child=self.standby.close)
        self._ours = (self.line, self.relay, self.desk)
        self._take(settings)
        self._told_ready = False
        self._told_late = False
        self._look_due = 0.0
        self._first = time.monotonic()
        self._terminal = _has_terminal()

    def run(self) -> int:
        """Start all and keep them alive until SIGINT or SIGTERM; returns the exit status.

        Raises `CannotRun` if they cannot be started the first time."""
        before = signal.pthread_sigmask(signal.SIG_BLOCK, self.SIGNALS)
        try:
            if self.asterisk is not None:
                self.asterisk.start()
            self._first_standby()
            for process in self._ours:
                process.start(self.settings)
            return self._keep()
        finally:
            if self.asterisk is not None:  # before the line, which then sees the end of each call
                self.line.tell_stopping()
                self.asterisk.stop()
            self.line.stop()
            self.standby.stop()
            self.desk.stop()  # after them, so that it can store what they wrote
            self.relay.stop()
            signal.sigtimedwait(self.SIGNALS, 0)
            signal.pthread_sigmask(signal.SIG_SETMASK, before)

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
            for process in self._ours:
                if (status := process.tend(self.settings)) is not None:
                    return status
            if self.asterisk is not None:
                self.asterisk.tend()
            self.standby.tend()
            if not self._told_ready and time.monotonic() >= self._look_due:
                self._look_whether_ready()

    def _wait_s(self) -> float:
        dues = [*(process.due_in_s for process in self._ours), self.standby.due_in_s, MOST_S]
        if self.asterisk is not None:
            dues.append(self.asterisk.due_in_s)
        if not self._told_ready:
            dues.append(self._look_due - time.monotonic())
        if self._told_otherwise:
            dues.append(ASK_S)
        return max(0.0, min(dues))

    def _reload(self) -> None:
        """Give new agents their phones, then have line and desk reload their files. Bad files change nothing. We report
        on the settings, the line on the rest."""
        try:
            settings, taken, waiting = reload_settings(self.settings)
            rules = load_rules(settings)
            remember(settings, rules.agents)
            if self.asterisk is not None:
                self.asterisk.asterisk.reload_agents(
                    phones(rules),
                    transfer_codes(rules),
                    settings.standby_after_s,
                    caps(settings, rules),
                    rules.menus,
                    prompts_dir(settings),
                )
        except (SettingsError, BadConfig, ConfError, AsteriskError, OSError) as error:
            say(f"not reloaded, the old rules stay: {error}")
        except Exception as error:  # whatever a file makes of a reload, the calls go on
            traceback.print_exc()
            say(f"not reloaded, the old rules stay: our fault: {type(error).__name__}: {error}")
        else:
            self._take(settings)
            self.last.rules = rules
            if taken or waiting:
                told = [f"taken: {', '.join(taken)}"] if taken else []
                told += [f"needs a restart: {', '.join(waiting)}"] if waiting else []
                say(f"settings {'; '.join(told)}")
        self.last.read_town(self.settings)
        self.line.reload()
        self.desk.reload()

    def _take(self, settings: Settings) -> None:
        """Use these settings from now on."""
        self.settings = settings
        # After a second hang in a row the next line starts only when the standby serves the callers.
        self.line.hang_backoff.base_s = (settings.standby_after_s + 5.0) / 2
        self.line.hang_backoff.most_s = settings.standby_after_s + 60.0
        for process in self._ours:
            process.set_silent_s(settings.heartbeat_s)

    # --- telling

    def _look_whether_ready(self) -> None:
        said = _readiness(self.settings)
        if said == "":
            self._told_ready = True
            say(f"ready in {time.monotonic() - self._first:.1f} s. Ctrl-C stops it all.")
            if not self._told_late:
                self._tell()
        elif not self._told_late and time.monotonic() - self._first > READY_HINT_S:
            self._told_late = True
            say(f"not ready after {READY_HINT_S:g} s: {said}. It goes on trying; Ctrl-C stops it all.")
            self._tell()
        self._look_due = time.monotonic() + (LATE_LOOK_S if self._told_late else LOOK_S)

    def _tell(self) -> None:
        settings, host = self.settings, reached_at(self.settings.http_host)
        places = [("console", f"{settings.scheme}://{host}:{settings.http_port}/"), ("token", str(settings.token_file))]
        if self.asterisk is not None:
            spec = self.asterisk.asterisk.spec
            agents = spec.agents
            names = f"{agents[0].extension}-{agents[-1].extension}" if agents else "none"
            demo = bool(agents) and agents[0].sip_password == f"demo{agents[0].extension}"
            known = f" (SIP password demo{names[:4]}…, PIN {names[:4]}…; *45 signs in)" if demo else ""
            sip = f"{reached_at(settings.bind_host)}:{settings.sip_port}"
            places += [("line", f"sip:{spec.line}@{sip}"), ("agents", f"{names} at {sip}{known}")]
            if settings.demo_caller and demo:
                places.append(
                    ("people", f"sign in as {names[:4]} (demo{names[:4]}), lead (demo-lead), fen, inbox, admin")
                )
            if settings.demo_caller:
                places.append(
                    ("caller", f"{settings.scheme}://{host}:{settings.http_port}/phone (a browser that calls the line)")
                )
        for what, where in places:
            say(f"  {what:8} {where}")


def _readiness(settings: Settings) -> str:
    """Empty if `/readyz` answers 200, else the fault."""
    host = reached_at(settings.http_host).strip("[]")
    url = f"{settings.scheme}://{host}:{settings.http_port}/readyz"
    try:
        connection = local_connection(settings, host, 0.5)
    except OSError as error:  # errors of ssl too
        return f"https_cert = {str(settings.https_cert)!r}: {error.strerror or error}"
    try:
        connection.request("GET", "/readyz", headers={"Authorization": f"Bearer {secret_in(settings.token_file)}"})
        answer = connection.getresponse()
        body = answer.read(2000).decode("utf-8", "replace")
    except (OSError, http.client.HTTPException) as error:
        return f"{url}: {error}"
    finally:
        connection.close()
    if answer.status == 200:
        return ""
    try:
        return "; ".join(f"{one['name']}: {one['detail']}" for one in json.loads(body)["checks"] if not one["ok"])
    except (ValueError, LookupError, TypeError):
        return f"{url}: {answer.status} {body}"


def _has_terminal() -> bool:
    try:
        os.close(os.open("/dev/tty", os.O_RDWR | os.O_NOCTTY))
    except OSError:
        return False
    return True


# --- the command


def supervise(
    settings: Settings,
    line: LineRun,
    desk: DeskRun,
    relay: Run,
    told_otherwise: Callable[[], bool] | None = None,
    prepared: Callable[[], None] | None = None,
    *,
    private_asterisk: bool = True,
) -> int:
    """Start the system and keep it running until SIGINT or SIGTERM, or until `told_otherwise`; returns the exit status.

    `prepared` is called after we have become the user of `run_as`. A failure is one line on standard error and the
    status `EXIT_CONFIG`."""
    try:
        if (identity := wanted_identity(settings)) is not None:
            become(identity, settings, ensure_asterisk(progress=say) if private_asterisk else None)
        elif os.geteuid() == 0:
            say("runs as root: give it a user of its own with run_as (docs/security.md)")
        if prepared is not None:
            prepared()
        rules = prepare(settings)
        last = LastGood(settings, rules)
        handle = hold_folder(settings.data_dir)
        try:
            refuse_taken("http_port", socket.SOCK_STREAM, settings.http_host, settings.http_port)
            refuse_taken("fastagi_port", socket.SOCK_STREAM, "127.0.0.1", settings.fastagi_port)
            refuse_taken("standby_port", socket.SOCK_STREAM, "127.0.0.1", settings.standby_port)
            asterisk = None
            if private_asterisk:
                asterisk = AsteriskInstance(asterisk_spec(settings, rules), ensure_asterisk(progress=say))
                asterisk.check_ports()
            return Supervisor(settings, line, desk, relay, asterisk, last, told_otherwise).run()
        finally:
            os.close(handle)
    except (CannotRun, ProvisionError, AsteriskError, ConfError) as error:
        print(f"cozum: {error}", file=sys.stderr)
        return EXIT_CONFIG


def _interrupt(*_: object) -> None:
    raise KeyboardInterrupt


def main(arguments: Sequence[str] | None = None, *, private_asterisk: bool = True) -> int:
    """`python -m acd.supervisor.supervise`, and `cozum run`."""
    parser = argparse.ArgumentParser(prog="cozum run", description="run the whole system on this machine")
    parser.add_argument("--config", type=Path, help="settings (default: cozum.toml here, if there is one)")
    parser.add_argument(
        "--die-with-parent", action="store_true", help="end when the process that started this one ends"
    )
    options = parser.parse_args(arguments)
    told_otherwise = parent_was_interrupted() if options.die_with_parent else None
    parent = os.getppid()

    def follow_parent() -> None:
        """Ask the kernel to end us with our parent; to be repeated after a change of the user, when the kernel forgets
        it."""
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
        from acd.desk.app import run as desk
        from acd.line.app import run as line
        from acd.relay.app import run as relay

        return supervise(settings, line, desk, relay, told_otherwise, follow_parent, private_asterisk=private_asterisk)
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main())
