"""The line under attack: what `make run` starts, in a folder of its own, on ports of its own, with agents of its own.

Nothing of the user's running system is touched: every folder, port, address, secret and list of the settings is
replaced; what remains of the user's are the rules, such as how many calls a number may have. Times that only make an
attack wait are short.
"""

import asyncio
import json
import os
import secrets
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any, Self

from acd.asterisk.instance import AsteriskError, AsteriskInstance
from acd.asterisk.instance_spec import AmiUser, ConfError
from acd.asterisk.provision import DEFAULT_ROOT, Installation, find_host_asterisk, open_root
from acd.client import Api, ApiError
from acd.config.settings import Settings
from acd.lib.process import die_with_parent
from acd.supervisor.prepare import CannotRun, asterisk_spec, prepare
from acd.supervisor.standby_keeper import StandbyKeeper
from agents.pins import SALT_BYTES, hash_pin

TRUNK_HOST = "127.0.0.2"
"""The trunk's address. The phones have 127.0.0.1, so the two are as far apart as they are on a real network."""
STRANGER_HOST = "127.0.0.3"
"""An address that is neither the trunk's nor a registered phone's."""
WITNESS = "witness"
AGENTS = tuple(str(1001 + place) for place in range(8))
OFF_DUTY = "1009"
"""An agent whose phone is registered and who never signs in: nothing may ever ring it."""
RTP_PORTS = 120
FIRST_PORT, LAST_PORT = 21_000, 32_000
READY_S = 20.0
OVER_S = 5.0


class CannotAttack(Exception):
    """The private line does not come up, so nothing could be tried. One line, with the way out."""


def private_settings(theirs: Settings, folder: Path) -> Settings:
    """The user's settings with every folder, port, address and secret replaced by one of our own."""
    sip, ws, ami, fastagi, standby, http, provider = free_ports(7)
    rtp_start = free_rtp_range(RTP_PORTS)
    fields = Settings.model_fields
    ours: dict[str, Any] = {
        **{name: "127.0.0.1" for name in fields if name.endswith("_host")},
        **{name: secrets.token_urlsafe(24) for name in fields if name.endswith("_secret")},
        **{name: None for name, field in fields.items() if field.annotation == (Path | None)},
        "node": "attack",
        "run_as": "",
        "data_dir": folder / "data",
        "sip_port": sip,
        "ws_port": ws,
        "ami_port": ami,
        "ami_user": "cozum",
        "fastagi_port": fastagi,
        "standby_port": standby,
        "http_port": http,
        "rtp_start": rtp_start,
        "rtp_end": rtp_start + RTP_PORTS - 1,
        "trunk_hosts": (TRUNK_HOST,),
        "database_url": "",
        "redis_url": "",
        "follow": "socket",
        "agents_file": folder / "agents.toml",
        "demo": False,
        "callback_trunk": f"127.0.0.1:{provider}",
        "duty_ring_s": 0,  # an urgent caller has the town's people on duty rung; here every call out is one too many
        "callback_key": "2",
        "callback_ring_s": 5.0,
        "ring_s": 3.0,
        "private_ring_s": 3.0,
        "wrapup_s": 0.0,
        "qualify_s": 60.0,
        "regroup_s": 0.5,
        "standby_after_s": 1.0,
        "log_level": "info",
    }
    return theirs.model_copy(update=ours)  # not made anew: the environment would win over what we replace


class Line:
    """Asterisk, daemon and standby of the attack; a context manager. `folder` is removed at the end.

    The Asterisk is the one that would serve, or `installed`. Raises `CannotAttack`."""

    def __init__(self, theirs: Settings, installed: Installation | None = None) -> None:
        self._installed = installed or _installed()
        self.folder = Path(tempfile.mkdtemp(prefix="cozum-attack-"))
        self.settings = private_settings(theirs, self.folder)
        self.passwords = {extension: secrets.token_hex(8) for extension in (*AGENTS, OFF_DUTY)}
        self.witness_secret = secrets.token_urlsafe(24)
        self.api = Api(self.settings, timeout_s=3.0)
        self._asterisk: AsteriskInstance | None = None
        self._line: subprocess.Popen[bytes] | None = None
        self._others: list[subprocess.Popen[bytes]] = []
        """The desk, and the relay of telephones in browsers."""
        self._standby = StandbyKeeper(
            self.settings.data_dir,
            self.settings.standby_port,
            lambda _: None,
            secret=self.settings.agi_secret,
            errors=subprocess.DEVNULL,
        )

    @property
    def sip(self) -> tuple[str, int]:
        """Where Asterisk takes SIP."""
        return "127.0.0.1", self.settings.sip_port

    @property
    def log_file(self) -> Path:
        """What the daemon logs."""
        return self.folder / "daemon.log"

    @property
    def asterisk(self) -> AsteriskInstance:
        assert self._asterisk is not None
        return self._asterisk

    def __enter__(self) -> Self:
        try:
            self._start()
        except BaseException:
            self.__exit__()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        self.end_engine()
        for other in self._others:
            _end(other)
        self._standby.stop()
        if self._asterisk is not None:
            self._asterisk.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def _start(self) -> None:
        settings = self.settings
        _write(self.folder / "agents.toml", agents_toml(self.passwords))
        try:
            rules = prepare(settings)
            spec = asterisk_spec(settings, rules)
            classes = {"read": ("all",), "write": ("reporting", "system")}
            witness = AmiUser(name=WITNESS, secret=self.witness_secret, events=(), **classes)
            self._asterisk = AsteriskInstance(replace(spec, ami_users=(*spec.ami_users, witness)), self._installed)
            self._asterisk.start()
            self._standby.start()
        except (CannotRun, ConfError, AsteriskError, OSError) as error:
            raise CannotAttack(f"the private line does not start: {error}") from None
        self._line = self._process("line")
        self._others += [self._process("desk"), self._process("relay")]

    def _process(self, name: str) -> subprocess.Popen[bytes]:
        parent = os.getpid()
        with self.log_file.open("ab") as output:
            return subprocess.Popen(
                [sys.executable, "-m", "acd.cli", name],
                cwd=self.folder,
                env=environment(self.settings),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                process_group=0,
                preexec_fn=lambda: die_with_parent(parent, signal.SIGKILL),
            )

    async def wait_ready(self) -> None:
        """Wait until the line can be served. Raises `CannotAttack`."""
        deadline = asyncio.get_running_loop().time() + READY_S
        reason = "no word"
        while asyncio.get_running_loop().time() < deadline:
            if any(one is None or one.poll() is not None for one in (self._line, *self._others)):
                break
            try:
                ready, checks = await asyncio.to_thread(self.api.ready)
            except ApiError as error:
                reason = str(error)
            else:
                if ready:
                    return
                reason = "; ".join(f"{one['name']}: {one['detail']}" for one in checks if not one["ok"])
            await asyncio.sleep(0.05)
        last = self.log_file.read_text("utf-8", "replace").strip().splitlines()
        raise CannotAttack(f"the private line is not ready: {reason}; it said last: {last[-1] if last else '–'}")

    @property
    def has_engine(self) -> bool:
        """Whether the line was not ended by an attack that ends it."""
        return self._line is not None

    def end_engine(self) -> None:
        """End the line, so that the standby has the callers."""
        line, self._line = self._line, None
        if line is not None:
            _end(line)


def environment(settings: Settings) -> dict[str, str]:
    """Our environment with these settings and no others of Çözüm's."""
    ours = {key: value for key, value in os.environ.items() if not key.startswith("COZUM_")}
    for key, value in settings.model_dump(mode="json").items():
        if value is not None and value != Settings.model_fields[key].default:
            ours[f"COZUM_{key.upper()}"] = value if isinstance(value, str) else json.dumps(value)
    return ours


def agents_toml(passwords: Mapping[str, str]) -> str:
    """An `agents.toml` of these agents. Their PINs are none that anybody knows."""
    pin_hash = hash_pin(str(secrets.randbelow(10**8)), secrets.token_bytes(SALT_BYTES))
    return "\n".join(
        f'[[agent]]\nextension = "{extension}"\nname = "{extension}"\nsip_password = "{password}"\n'
        f'pin_hash = "{pin_hash}"\n'
        for extension, password in passwords.items()
    )


def _installed() -> Installation:
    """An Asterisk that is here already: an attack fetches none. Raises `CannotAttack`."""
    found = find_host_asterisk() or open_root(DEFAULT_ROOT.absolute())
    if found is None:
        raise CannotAttack("there is no Asterisk here to try it on: `make setup` fetches one")
    return found


def free_ports(count: int) -> tuple[int, ...]:
    """Distinct loopback ports that are free for TCP and UDP, below those that the system hands out by itself."""
    found: list[int] = []
    for _ in range(10_000):
        port = FIRST_PORT + secrets.randbelow(LAST_PORT - FIRST_PORT)
        if port not in found and all(_is_free(kind, port) for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)):
            found.append(port)
            if len(found) == count:
                return tuple(found)
    raise CannotAttack(f"there are no free ports between {FIRST_PORT} and {LAST_PORT} of 127.0.0.1")


def free_rtp_range(ports: int) -> int:
    """The first of so many free UDP ports in a row."""
    for _ in range(1000):
        start = FIRST_PORT + 2 * secrets.randbelow((LAST_PORT - FIRST_PORT - ports) // 2)
        if all(_is_free(socket.SOCK_DGRAM, port) for port in range(start, start + ports)):
            return start
    raise CannotAttack(f"there are no {ports} free UDP ports in a row between {FIRST_PORT} and {LAST_PORT}")


def _is_free(kind: socket.SocketKind, port: int) -> bool:
    with socket.socket(socket.AF_INET, kind) as probe:
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
        return True


def _write(file: Path, text: str) -> None:
    file.touch(mode=0o600)
    file.write_text(text, encoding="utf-8")


def _end(process: subprocess.Popen[bytes]) -> None:
    """End a process in good order, or kill it."""
    process.terminate()
    try:
        process.wait(OVER_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
