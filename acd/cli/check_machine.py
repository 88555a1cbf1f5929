"""Doctor: this machine. Python, limits, clock, folder, files, ports and the running processes."""

import ctypes
import os
import resource
import shutil
import socket
import stat
import sys
import tempfile
import time
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, requires, version
from pathlib import Path
from typing import TYPE_CHECKING

from acd.cli.backup import NOT_WHOLE
from acd.cli.finding import Finding, Findings, bad, ok, unknown, warning
from acd.cli.processes import command_of, holder_of_lock, is_free, is_open, name_of, owner_of, owners, pid_in, user_name
from acd.config.settings import Settings
from acd.lib.durations import duration
from acd.lib.secret_file import read_secret

if TYPE_CHECKING:
    from acd.supervisor.identity import Identity

OLDEST_PYTHON = (3, 11)
LEAST_FREE, GOOD_FREE = 200 * 2**20, 2 * 2**30
GOOD_FILES = 4096
ANSWER_S = 2.0
RENEW_S = 30 * 86_400.0
"""So long before its end a certificate should have been renewed: programs do it a month before."""
_MIB, _GIB = 2**20, 2**30
_TIME_ERROR = 5
_OWN_USER = 'give it a user of its own (`useradd --system --no-create-home cozum`, run_as = "cozum")'


def check_python() -> Findings:
    """The interpreter and the libraries that we need."""
    here = ".".join(str(part) for part in sys.version_info[:3])
    if sys.version_info < OLDEST_PYTHON:
        yield bad("Python", f"{here}: 3.11 or newer is needed; run `make setup`")
        return
    missing = []
    for line in requires("cozum") or ():
        name = line.partition(";")[0].split("[")[0].split(">")[0].split("=")[0].split("<")[0].strip()
        if "extra ==" in line:
            continue
        try:
            version(name)
        except PackageNotFoundError:
            missing.append(name)
    if missing:
        yield bad("Python", f"{here}, but without {', '.join(missing)}; run `make setup`")
    else:
        yield ok("Python", f"{here} in {sys.prefix}")


def check_limits() -> Findings:
    """Open files: a call needs about three."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if hard != resource.RLIM_INFINITY and hard < GOOD_FILES:
        yield warning("open files", f"at most {hard}; for a busy line set LimitNOFILE= (or ulimit -n) to {GOOD_FILES}")
    else:
        yield ok("open files", f"{soft:,}")


def check_clock(newest: float | None) -> Findings:
    """Whether the clock is right. `newest` is the time of the journal's last entry."""
    now = time.time()
    shown = datetime.fromtimestamp(now, UTC).strftime("%Y-%m-%d %H:%M:%S UTC")
    if newest is not None and now < newest - 5:
        yield bad(
            "clock",
            f"{shown} is {duration(newest - now)} before the journal's last entry: set the clock right, or wait; "
            "until they meet time goes on from that entry, a twentieth slower",
        )
    elif _synchronised() is False:
        yield warning("clock", f"{shown}, not synchronised: run chrony or systemd-timesyncd, or times drift")
    else:
        yield ok("clock", shown)


def _synchronised() -> bool | None:
    """Whether the kernel's clock follows a time server; None if it does not say."""
    try:
        state = ctypes.CDLL(None, use_errno=True).adjtimex(ctypes.create_string_buffer(512))
    except (OSError, AttributeError):
        return None
    return None if state < 0 else state != _TIME_ERROR


def check_folder(settings: Settings) -> Findings:
    """Whether data_dir can be written, and how much room it has."""
    folder = settings.data_dir.absolute()
    if (folder / NOT_WHOLE).exists():
        yield bad("data_dir", f"{folder} is a copy that `cozum backup` did not finish: bring back another one")
        return
    place = folder
    while not place.exists():
        place = place.parent
    try:
        with tempfile.TemporaryFile(dir=place):
            pass
    except OSError as error:
        yield bad(
            "data_dir",
            f"data_dir = {str(settings.data_dir)!r}: cannot write in {place}: {error.strerror}; "
            f"run as its owner ({_owner(place)}), or set another",
        )
        return
    free = shutil.disk_usage(place).free
    text = f"{folder}, {free / _GIB:,.1f} GiB free" if free >= _GIB else f"{folder}, {free // _MIB} MiB free"
    if free < LEAST_FREE:
        yield bad("data_dir", f"{text}: {LEAST_FREE // _MIB} MiB is the least; make room, or set another data_dir")
    elif free < GOOD_FREE:
        yield warning("data_dir", f"{text}: make room soon")
    elif not folder.exists():
        yield ok("data_dir", f"{text}; it is made at the first start")
    else:
        yield ok("data_dir", text)


def _owner(path: Path) -> str:
    try:
        return path.owner()
    except KeyError:
        return f"uid {path.stat().st_uid}"


def check_user(settings: Settings) -> Findings:
    """The user the line runs as, or would: not root, where the host allows it."""
    from acd.asterisk.provision import DEFAULT_ROOT, find_host_asterisk, open_root
    from acd.config.exposure import refuse_root
    from acd.engine.model.errors import BadConfig
    from acd.supervisor.identity import check_reach, wanted_identity
    from acd.supervisor.prepare import CannotRun

    pid = line_pid(settings)
    if pid is not None:
        if owner_of(pid) == 0:
            yield warning("user", f"the line (pid {pid}) runs as root: {_OWN_USER}, and start it again")
        else:
            yield ok("user", f"the line runs as {user_name(owner_of(pid))}")
        return
    try:
        identity = wanted_identity(settings)
    except CannotRun as error:
        yield bad("user", str(error))
        return
    if identity is None:
        try:
            refuse_root(settings)
        except BadConfig as error:
            yield bad("user", str(error))
            return
        if os.geteuid() == 0:
            yield warning("user", f"a start from here runs as root: {_OWN_USER}")
        else:
            yield ok("user", f"a start from here runs as {user_name(os.geteuid())}")
        return
    try:
        check_reach(identity, settings, find_host_asterisk() or open_root(DEFAULT_ROOT.absolute()))
    except CannotRun as error:
        yield bad("user", str(error))
    else:
        yield ok("user", f"started by root, it runs as {identity.name}")


def check_secrets(settings: Settings) -> Findings:
    """Files that only our user may read."""
    for name, file, made in (
        ("token", settings.token_file, True),
        ("ami_secret", settings.ami_secret_file, not settings.ami_secret),
        ("agi_secret", settings.agi_secret_file, not settings.agi_secret),
        ("agents", settings.agents_path, False),
    ):
        if not file.exists():
            if made:
                yield unknown(name, f"{file}: made at the first start")
            continue
        mode = stat.S_IMODE(file.stat().st_mode)
        if made and (fault := _secret_fault(file)):
            yield bad(name, fault)
        elif mode & 0o077:
            text = f"{file} has mode {mode:o}, others can read it: run `chmod 600 {file}`"
            yield bad(name, text) if made else warning(name, text)
        elif made:
            yield ok(name, f"{file}, mode {mode:o}")


def _secret_fault(file: Path) -> str:
    """Why a start cannot use a file with a secret; empty if it can. Raises `PermissionError`."""
    try:
        read_secret(file)
    except PermissionError:
        raise
    except OSError as error:
        return str(error)
    return ""


def check_rules(settings: Settings) -> Findings:
    """Agents, services, flow and prompts, as the line will read them."""
    from acd.config.rules import load_rules
    from acd.engine.model.errors import BadConfig

    if settings.demo and settings.agents_file is None and not settings.agents_path.exists():
        yield unknown("rules", f"{settings.agents_path}: ten demo agents are written at the first `make run`")
        return
    try:
        rules = load_rules(settings)
    except BadConfig as error:
        for line in str(error).splitlines():
            yield bad("rules", line)
        return
    yield ok(
        "rules",
        f"{len(rules.agents)} agents, {len(rules.config.services)} services, flow {rules.flow.name} "
        f"({', '.join(rules.flow.languages)}), all prompts there",
    )
    if not rules.flow.when_full:
        yield warning(
            "rules",
            f"flow {rules.flow.name} has no when_full: while the line is full but for emergencies, callers hear the "
            "whole menu before they are let go; name a step that asks only whether it is urgent",
        )
    yield check_capacity(settings, len(rules.agents))


def check_desk_files(settings: Settings) -> Findings:
    """The town's files, the hours for outcomes, the certificate and the secrets, as the desk will read them."""
    from acd.desk.start_check import start_faults

    faults = start_faults(settings)
    for fault in faults:
        yield bad("desk files", fault)
    if not faults:
        with_tls = " and certificate" if settings.https_cert is not None else ""
        yield ok("desk files", f"{settings.town_path or 'the shipped town'}: the desk can read its files{with_tls}")


def check_certificate(settings: Settings, now: float) -> Findings:
    """How long the certificate still serves. One that cannot be read is told by `check_desk_files`."""
    if settings.https_cert is None:
        return
    from acd.config.https import ends_at

    try:
        left_s = ends_at(settings.https_cert) - now
    except (OSError, ValueError):
        return
    what, way_out = f"https_cert = {str(settings.https_cert)!r}", "renew it; the desk takes the new file up by itself"
    if left_s <= 0:
        yield bad("certificate", f"{what} has expired, and browsers refuse the desk: {way_out}")
    elif left_s < RENEW_S:
        yield warning("certificate", f"{what} expires in {duration(left_s)}: {way_out}")
    else:
        yield ok("certificate", f"{what} serves for {duration(left_s)} more")


def check_capacity(settings: Settings, agents: int) -> Finding:
    """How many calls the line accepts at once, and whether the RTP ports allow the settings."""
    from acd.config.capacity import capacity

    most = capacity(settings, agents)
    ports = f"{most.pairs:,} pairs of RTP ports and {agents} agents"
    if settings.max_calls > most.calls_by_ports:
        return warning(
            "calls",
            f"max_calls = {settings.max_calls}: {ports} allow {most.calls_by_ports}, and more are refused; "
            "widen rtp_start to rtp_end",
        )
    if most.calls < agents:
        return warning(
            "calls",
            f"at most {most.calls} at once, fewer than there are agents: {ports}; widen rtp_start to rtp_end"
            if settings.max_calls != most.calls
            else f"max_calls = {settings.max_calls}: fewer than there are agents ({agents})",
        )
    return ok(
        "calls",
        f"at most {most.calls:,} at once with {ports}, {most.emergency} of these places for emergencies, "
        f"and {most.asked} more who are only asked whether it is urgent; "
        f"{most.per_number} of one number, {most.withheld} without a number, {most.per_second} new ones a second",
    )


def line_pid(settings: Settings) -> int | None:
    """The line that serves from our data_dir, if one runs: the process that holds the journal."""
    lock = settings.journal_file.with_name(settings.journal_file.name + ".lock")
    return holder_of_lock(lock)


def desk_pid(settings: Settings) -> int | None:
    """The desk that serves from our data_dir, if one runs, with or without a supervisor: the process that holds its
    place."""
    return holder_of_lock(settings.desk_lock_file)


def asterisk_pid(settings: Settings) -> int | None:
    """The private Asterisk of our data_dir, if it runs."""
    folder = settings.data_dir.absolute() / "asterisk"
    return pid_in(folder / "asterisk.pid", running=str(folder))


def check_ports(settings: Settings) -> Findings:
    """Check that each port is free, or used by the process that should use it."""
    local = settings.ami_host in ("localhost", "127.0.0.1", "::1", settings.bind_host)
    host, http_host = ("127.0.0.1" if one == "localhost" else one for one in (settings.bind_host, settings.http_host))
    ours = {"line": line_pid(settings), "desk": desk_pid(settings)}
    tcp, udp = socket.SOCK_STREAM, socket.SOCK_DGRAM
    places = [
        ("HTTP", "http_port", tcp, http_host, "desk"),
        ("FastAGI", "fastagi_port", tcp, "127.0.0.1", "line"),
        ("Standby", "standby_port", tcp, "127.0.0.1", "acd.standby"),
    ]
    if local:
        places += [
            ("SIP", "sip_port", udp, host, "asterisk"),
            ("WebSocket", "ws_port", tcp, "127.0.0.1", "asterisk"),
            ("AMI", "ami_port", tcp, "127.0.0.1", "asterisk"),
        ]
    told, faults, becomes = [], [], _user_to_become(settings)
    for what, key, kind, address, wanted in places:
        port = getattr(settings, key)
        try:
            if is_free(kind, address, port):
                if becomes is not None and not _is_free_for(becomes, kind, address, port):
                    faults.append(_not_allowed(key, port, becomes.name))
                else:
                    told.append(f"{what} {port} free")
                continue
        except OSError as error:
            name = "http_host" if key == "http_port" else "bind_host"
            faults.append(bad("ports", f"{name} = {address!r}: {error.strerror}; an address of this machine"))
            break
        if not is_open(kind, port):
            faults.append(_not_allowed(key, port, user_name(os.geteuid())))
            continue
        pids = owners(kind, port)
        if ours[wanted] in pids if wanted in ours else any(wanted in command_of(pid) for pid in pids):
            told.append(f"{what} {port} ours")
        else:
            who = ", ".join(name_of(pid) for pid in pids) or "a process of another user"
            way_out = "stop that, or set another port"
            if wanted == "asterisk" and not pids:
                told.append(f"{what} {port} taken")  # an Asterisk with a user of its own; the AMI check tells
            else:
                faults.append(bad("ports", f"{key} = {port}: taken by {who}; {way_out}"))
    if settings.rtp_start <= settings.sip_port <= settings.rtp_end:
        text = (
            f"sip_port = {settings.sip_port}: lies within rtp_start to rtp_end, where voices travel; move one of them"
        )
        faults.append(bad("ports", text))
    yield from faults
    if told and not faults:
        yield ok("ports", ", ".join(told))


def _user_to_become(settings: Settings) -> "Identity | None":
    """The user that a start from here would become; None if the user stays, or cannot change: `check_user` tells."""
    from acd.supervisor.identity import wanted_identity
    from acd.supervisor.prepare import CannotRun

    try:
        return wanted_identity(settings)
    except CannotRun:
        return None


def _is_free_for(identity: "Identity", kind: socket.SocketKind, host: str, port: int) -> bool:
    """Whether this user could bind a port that root can."""
    from acd.supervisor.identity import asked_as

    return asked_as(identity, lambda: b"free" if is_free(kind, host, port) else b"") == b"free"


def _not_allowed(key: str, port: int, user: str) -> Finding:
    """A port that is free, and not for the user."""
    text = f"{key} = {port}: free, but {user} may not listen there (root may below 1024)"
    return bad("ports", f"{text}: set another, and have a proxy or the firewall lead to it")


def check_line_and_desk(settings: Settings) -> Findings:
    """Whether line and desk run, and their readiness."""
    from acd.client import Api, ApiError

    pid = line_pid(settings)
    api = Api(settings, timeout_s=ANSWER_S)
    try:
        ready, checks = api.ready()
    except ApiError as error:
        if pid is None:
            yield unknown("line", "not running; `make run` or `cozum run` starts it")
        else:
            yield ok("line", f"pid {pid} holds the journal")
            yield bad("desk", f"does not answer: {error}")
        return
    if pid is None and desk_pid(settings) is None:
        text = (
            f"{api.address} answers, but not from data_dir = {str(settings.data_dir)!r}: correct data_dir or http_port"
        )
        yield bad("desk", text)
        return
    who = f"pid {pid}" if pid is not None else "not running"
    if ready:
        yield ok("line", f"{who} is ready, {api.address}")
        for check in checks:
            if check.get("detail"):
                yield warning("line", f"{check.get('name')}: {check['detail']}")
        return
    for check in checks:
        if not check.get("ok"):
            yield bad("line", f"{who} is not ready: {check.get('name')}: {check.get('detail') or 'no reason'}")


def check_desk_alone(settings: Settings) -> Findings:
    """Whether a desk that follows the line of another machine runs, and its readiness."""
    from acd.client import Api, ApiError

    api = Api(settings, timeout_s=ANSWER_S)
    try:
        ready, checks = api.ready()
    except ApiError as error:
        yield unknown("desk", f"not running; `cozum desk` starts it ({error})")
        return
    if ready:
        yield ok("desk", f"is ready, {api.address}")
    for check in checks:
        if not check.get("ok"):
            yield bad("desk", f"is not ready: {check.get('name')}: {check.get('detail') or 'no reason'}")
