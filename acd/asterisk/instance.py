"""A private Asterisk: rendered, started, asked, stopped. It never touches the machine's own.

    spec = InstanceSpec(folder=tmp / "asterisk", sip_port=…, ws_port=…, ami_port=…, rtp_start=…, rtp_end=…,
                        fastagi="127.0.0.1:4573", ami_users=(AmiUser(name="cozum", secret="…"),),
                        agents=(AgentPhone(extension="1001", sip_password="demo1001"),))
    with AsteriskInstance(spec, ensure_asterisk()) as asterisk:     # start(); stop() at the end
        asterisk.rx("core show channels count")                     # -> what the CLI prints
        asterisk.health().problems                                  # -> () when all is well
        asterisk.reload_agents(more_agents)                         # calls that are up are not disturbed
        asterisk.cel_file                                           # Asterisk's own account of the channels (CSV)

Everything blocks; in asyncio use `asyncio.to_thread`. If the main thread starts Asterisk, the kernel kills it when this
process dies, for any reason. If another thread starts it (which may end earlier), only `stop` ends it.
"""

import contextlib
import hashlib
import os
import resource
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from types import TracebackType
from typing import Self

from acd.asterisk.conf import Paths, render
from acd.asterisk.instance_spec import AgentPhone, AmiUser, Caps, ConfError, InstanceSpec
from acd.asterisk.logfiles import MOST_BYTES, turn_over
from acd.asterisk.provision import Installation
from acd.lib.process import die_with_parent
from ivr.menu_file import SpokenMenu, write_menu
from ivr.sound import write_sound
from ivr.tones import BEEP, beep

__all__ = [
    "AgentPhone",
    "AmiUser",
    "AsteriskError",
    "AsteriskInstance",
    "Caps",
    "ConfError",
    "Health",
    "InstanceSpec",
    "PortTaken",
]

SOCKET_PATH_BYTES = 107
POLL_S = 0.02


class AsteriskError(Exception):
    """Asterisk does not work as it should. One line, with the way out."""


class PortTaken(AsteriskError):
    """Another program has a port of ours."""


@dataclass(frozen=True, slots=True)
class Health:
    """The result of the check whether Asterisk can take calls."""

    problems: tuple[str, ...] = ()

    @property
    def ok(self) -> bool:
        return not self.problems


class AsteriskInstance:
    """One Asterisk under `spec.folder`, of the program `installed`."""

    def __init__(self, spec: InstanceSpec, installed: Installation) -> None:
        folder = spec.folder.absolute()
        self.spec = replace(spec, folder=folder)
        self.installed = installed
        self.paths = Paths(folder, _run_folder(folder))
        self._process: subprocess.Popen[bytes] | None = None
        self._reopening: subprocess.Popen[bytes] | None = None

    # --- life

    def start(self, timeout_s: float = 30.0) -> None:
        """Render, start and wait until Asterisk takes calls.

        Raises `PortTaken`, `ConfError`, or `AsteriskError` (with what Asterisk said last) if it is not up in time.
        """
        self._refuse_second()
        self.check_ports()
        self.render()
        with (self.paths.log / "asterisk.out").open("wb") as output:
            self._process = subprocess.Popen(
                [*self._command(), "-f"],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                cwd=self.paths.folder,
                env=_environment(),
                process_group=0,
                preexec_fn=_child_setup(follow_parent=threading.current_thread() is threading.main_thread()),
            )
        fresh = self.paths.pid.with_suffix(".new")
        fresh.write_text(f"{self._process.pid}\n", encoding="ascii")
        fresh.replace(self.paths.pid)
        try:
            self.wait_ready(timeout_s)
        except BaseException:
            self.stop(grace_s=0.0)
            raise

    def wait_ready(self, timeout_s: float = 30.0) -> None:
        """Wait until Asterisk is fully booted and answers on SIP and AMI. Raises `AsteriskError`."""
        deadline = time.monotonic() + timeout_s
        control = self.paths.run / "asterisk.ctl"
        booted = False
        problems: tuple[str, ...] = ("it does not answer on its control socket",)
        while time.monotonic() < deadline:
            if not self.is_running:
                raise AsteriskError(f"Asterisk ended with {self.returncode} at its start: {self._last_words()}")
            if not booted and control.exists():
                # The socket file exists a moment before Asterisk listens on it.
                with contextlib.suppress(AsteriskError):
                    booted = "fully booted" in self.rx("core waitfullybooted", deadline - time.monotonic())
            if booted and not (problems := self.health(timeout_s=1.0).problems):
                return
            time.sleep(POLL_S)
        raise AsteriskError(f"Asterisk is not up after {timeout_s:g} s: {'; '.join(problems)}: {self._last_words()}")

    def stop(self, grace_s: float = 5.0) -> None:
        """End Asterisk and the rest of its process group; no error if it is not running.

        It first sends `core stop now`, then SIGTERM, then SIGKILL; the first two together have `grace_s` seconds.
        """
        if self._reopening is not None:
            self._reopening.kill()
            self._reopening.wait()
            self._reopening = None
        process = self._process
        if process is not None and process.poll() is None:
            if grace_s > 0:
                with contextlib.suppress(AsteriskError):
                    self.rx("core stop now", grace_s / 2)
                if not _ends(process, grace_s / 2):
                    process.terminate()
                    _ends(process, grace_s / 2)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(process.pid, signal.SIGKILL)
            process.wait()
        self.paths.pid.unlink(missing_ok=True)
        if self.paths.run.parent != self.paths.folder:
            shutil.rmtree(self.paths.run, ignore_errors=True)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    @property
    def is_running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process is not None and self.is_running else None

    @property
    def returncode(self) -> int | None:
        """Asterisk's exit status, negative for a signal; None while it runs and before it is started."""
        return self._process.poll() if self._process is not None else None

    # --- questions and orders

    def rx(self, command: str, timeout_s: float = 10.0) -> str:
        """Run a CLI command and return its output. Raises `AsteriskError` if Asterisk does not run or does not
        answer."""
        try:
            done = subprocess.run(
                [*self._command(), "-r", "-x", command],
                capture_output=True,
                text=True,
                errors="replace",
                timeout=max(timeout_s, 0.05),
                check=False,
                env=_environment(),
            )
        except subprocess.TimeoutExpired:
            raise AsteriskError(f"Asterisk does not answer `{command}` in {timeout_s:g} s") from None
        if done.returncode != 0:
            raise AsteriskError(f"Asterisk refused `{command}`: {(done.stderr or done.stdout).strip()}")
        return done.stdout

    def health(self, timeout_s: float = 2.0) -> Health:
        """Whether the process runs, AMI shows its banner and SIP answers an OPTIONS, each within `timeout_s`."""
        if not self.is_running:
            return Health(("the process is gone",))
        problems = []
        if not ami_answers(self.spec.ami_port, timeout_s):
            problems.append(f"AMI does not answer on 127.0.0.1:{self.spec.ami_port}")
        if not sip_answers(self.spec.local_address, self.spec.sip_port, timeout_s):
            problems.append(f"SIP does not answer on {self.spec.local_address}:{self.spec.sip_port}/udp")
        return Health(tuple(problems))

    def reload_agents(
        self,
        agents: Sequence[AgentPhone],
        transfer_codes: Sequence[str] | None = None,
        standby_after_s: float | None = None,
        caps: Caps | None = None,
        menus: Sequence[SpokenMenu] | None = None,
        prompts_dir: Path | None = None,
    ) -> None:
        """Change agents' phones, transfer codes, the standby's delay, the caps, the menus and the prompts' folder; None
        leaves a value as it is. Calls and the other phones' registrations stay. Raises `ConfError`, without a change,
        or `AsteriskError`."""
        self.spec = replace(
            self.spec,
            agents=tuple(agents),
            transfer_codes=self.spec.transfer_codes if transfer_codes is None else tuple(transfer_codes),
            standby_after_s=self.spec.standby_after_s if standby_after_s is None else standby_after_s,
            caps=self.spec.caps if caps is None else caps,
            menus=self.spec.menus if menus is None else tuple(menus),
            prompts_dir=prompts_dir or self.spec.prompts_dir,
        )
        self.render()
        self.rx("module reload res_pjsip.so")
        self.rx("dialplan reload")
        self.rx("module reload res_musiconhold.so")

    # --- files

    @property
    def log_file(self) -> Path:
        return self.paths.log / "messages"

    @property
    def cel_file(self) -> Path:
        """CSV without a header: event, time (Unix seconds, µs), uniqueid, linkedid, channel, context, extension,
        application, peer, extra (JSON)."""
        return self.paths.log / "cel-custom" / "Master.csv"

    def bound_logs(self, most_bytes: int = MOST_BYTES) -> None:
        """Rotate the log files that have grown beyond `most_bytes`. Asterisk is asked to open new ones; this does not
        wait for it, so what it writes meanwhile is in the old files. Raises `OSError`."""
        if self._reopening is not None:
            if self._reopening.poll() is None:
                return
            self._reopening = None
        logs = [self.paths.log / name for name in ("messages", "security", "queue_log")]
        # Asterisk opens this one anew for each line.
        turn_over([self.cel_file], most_bytes=most_bytes)
        if turn_over(logs, most_bytes=most_bytes):
            self._reopening = subprocess.Popen(
                [*self._command(), "-r", "-x", "logger reload"],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                env=_environment(),
                process_group=0,
                preexec_fn=_child_setup(follow_parent=threading.current_thread() is threading.main_thread()),
            )

    def render(self) -> None:
        """Write the configuration and make the folders; each file is replaced whole."""
        files = render(self.spec, self.paths, self.installed)
        for name in ("etc", "log/cel-custom", "spool/cache", "spool/tmp", "db", "data/sounds", "data/agi-bin"):
            (self.paths.folder / name).mkdir(parents=True, exist_ok=True)
        self.paths.folder.chmod(0o700)
        self.paths.run.mkdir(mode=0o700, parents=True, exist_ok=True)
        if self.paths.run.parent != self.paths.folder and self.paths.run.lstat().st_uid != os.getuid():
            raise AsteriskError(
                f"{self.paths.run} belongs to another user: Asterisk's control socket goes there, since data_dir is "
                "too long a path for one; remove it, or choose a shorter data_dir"
            )
        _link(self.paths.data / "documentation", self.installed.data_dir / "documentation")
        _link(self.paths.data / "moh", self.installed.moh_dir)
        for menu in self.spec.menus:
            write_menu(self.paths.menus, menu, self.spec.prompts_dir)
        write_sound(self.paths.data / "sounds" / f"{BEEP}.wav", beep())
        for language in ("tr", "en"):
            _link(self.paths.data / "sounds" / language, self.spec.prompts_dir.absolute() / language)
        for name, text in files.items():
            fresh = self.paths.etc / f".{name}.new"
            fresh.touch(mode=0o600)
            fresh.write_text(text, encoding="utf-8")
            fresh.replace(self.paths.etc / name)

    def check_ports(self) -> None:
        """Raise `PortTaken` for the first of our ports that another program uses."""
        host = self.spec.bind
        for what, kind, address, port in (
            ("sip_port", socket.SOCK_DGRAM, host, self.spec.sip_port),
            ("ws_port", socket.SOCK_STREAM, "127.0.0.1", self.spec.ws_port),
            ("ami_port", socket.SOCK_STREAM, "127.0.0.1", self.spec.ami_port),
        ):
            refuse_taken(what, kind, address, port)

    # --- inside

    def _command(self) -> list[str]:
        return [*self.installed.command, "-C", str(self.paths.conf)]

    def _refuse_second(self) -> None:
        """Raise if the pid file names a running Asterisk of this folder. Any other pid file is stale and is
        replaced."""
        try:
            pid = int(self.paths.pid.read_text(encoding="ascii"))
            arguments = Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except (OSError, ValueError):
            arguments = []
        if os.fsencode(self.paths.conf) in arguments:
            raise AsteriskError(f"{self.paths.folder}: an Asterisk runs here already (pid {pid}); stop it first")
        (self.paths.run / "asterisk.ctl").unlink(missing_ok=True)

    def _last_words(self) -> str:
        words = []
        for file in (self.paths.log / "asterisk.out", self.log_file):
            if file.exists():
                text = file.read_text(encoding="utf-8", errors="replace")
                words += [line.strip() for line in text.splitlines() if "ERROR" in line or "Unable" in line][-2:]
        return " | ".join(words) or f"see {self.log_file}"


def refuse_taken(setting: str, kind: socket.SocketKind, host: str, port: int) -> None:
    """Raises `PortTaken`, which names the setting, if `host:port` cannot be bound."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:  # as servers do, so that closing connections do not count
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise PortTaken(
                f"{setting} = {port}: {host}:{port} cannot be had ({error.strerror}); set another or free it"
            ) from None


def ami_answers(port: int, timeout_s: float) -> bool:
    """Whether a manager interface greets us on this loopback port."""
    try:
        with socket.create_connection(("127.0.0.1", port), timeout_s) as connection:
            connection.settimeout(timeout_s)
            return connection.recv(64).startswith(b"Asterisk Call Manager")
    except OSError:
        return False


def sip_answers(host: str, port: int, timeout_s: float) -> bool:
    """Whether a SIP peer answers an OPTIONS there, with any status."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        probe.settimeout(timeout_s)
        try:
            probe.connect((host, port))
            own = probe.getsockname()
            token = secrets.token_hex(8)
            probe.send(
                f"OPTIONS sip:health@{host}:{port} SIP/2.0\r\n"
                f"Via: SIP/2.0/UDP {own[0]}:{own[1]};branch=z9hG4bK{token}\r\n"
                f"From: <sip:health@{own[0]}>;tag={token}\r\nTo: <sip:health@{host}>\r\n"
                f"Call-ID: {token}\r\nCSeq: 1 OPTIONS\r\nMax-Forwards: 1\r\nContent-Length: 0\r\n\r\n".encode()
            )
            return probe.recv(2048).startswith(b"SIP/2.0 ")
        except OSError:
            return False


def _run_folder(folder: Path) -> Path:
    run = folder / "run"
    if len(os.fsencode(run / "asterisk.ctl")) <= SOCKET_PATH_BYTES:
        return run
    name = f"cozum-{os.getuid()}-{hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]}"
    elsewhere = Path(tempfile.gettempdir()) / name  # by TMPDIR, which may be long as well
    if len(os.fsencode(elsewhere / "asterisk.ctl")) <= SOCKET_PATH_BYTES:
        return elsewhere
    return Path("/tmp") / name  # noqa: S108 - its owner is checked before it is used


def _environment() -> dict[str, str]:
    """The part of our environment for Asterisk: nothing that could change which libraries it loads."""
    kept = {key: os.environ[key] for key in ("PATH", "TZ", "TMPDIR") if key in os.environ}
    # At its start Asterisk looks up this machine's name; a dead name server may delay that by a second, not twenty.
    return {"LANG": "C.UTF-8", "HOME": "/nonexistent", "RES_OPTIONS": "timeout:1 attempts:1", **kept}


def _child_setup(*, follow_parent: bool) -> Callable[[], None]:
    parent = os.getpid()

    def setup() -> None:
        _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
        resource.setrlimit(
            resource.RLIMIT_NOFILE, (min(most, 65536) if most != resource.RLIM_INFINITY else 65536, most)
        )
        signal.pthread_sigmask(signal.SIG_SETMASK, ())  # a supervisor has some blocked, and the mask is inherited
        if follow_parent:
            die_with_parent(parent, signal.SIGKILL)

    return setup


def _ends(process: subprocess.Popen[bytes], within_s: float) -> bool:
    try:
        process.wait(within_s)
    except subprocess.TimeoutExpired:
        return False
    return True


def _link(link: Path, target: Path) -> None:
    if link.is_symlink() and Path(os.readlink(link)) == target:
        return
    fresh = link.with_name(f".{link.name}.new")
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(target)
    fresh.replace(link)  # at no moment is there none: a running Asterisk plays from it
