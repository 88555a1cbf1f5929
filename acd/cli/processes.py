"""Which process uses a port, and which is our line, from Linux's /proc."""

import contextlib
import os
import pwd
import re
import socket
from collections.abc import Iterator
from pathlib import Path

_LISTENING = "0A"
_PROC = Path("/proc")


def holder_of_lock(file: Path) -> int | None:
    """The process that holds a lock on a file, found without touching the lock; None if nobody does."""
    try:
        wanted = file.stat()
        locks = (_PROC / "locks").read_text("ascii")
    except OSError:
        return None
    identity = f"{os.major(wanted.st_dev):02x}:{os.minor(wanted.st_dev):02x}:{wanted.st_ino}"
    for line in locks.splitlines():
        fields = line.split()
        if "->" not in fields and len(fields) > 5 and fields[5] == identity and int(fields[4]) > 0:
            return int(fields[4])
    return None


def pid_in(file: Path, *, running: str) -> int | None:
    """The process that a pid file names, if it lives and has `running` in its command line."""
    try:
        pid = int(file.read_text("ascii"))
    except (OSError, ValueError):
        return None
    return pid if running in command_of(pid) else None


def command_of(pid: int) -> str:
    """A process's command line, empty if there is none."""
    try:
        return (_PROC / str(pid) / "cmdline").read_bytes().replace(b"\0", b" ").decode("utf-8", "replace").strip()
    except OSError:
        return ""


def name_of(pid: int) -> str:
    """`nginx (pid 123)`."""
    try:
        name = (_PROC / str(pid) / "comm").read_text("utf-8").strip()
    except OSError:
        name = "process"
    return f"{name} (pid {pid})"


def owner_of(pid: int) -> int | None:
    """The user id a process runs as; None if it is gone."""
    try:
        status = (_PROC / str(pid) / "status").read_text("ascii", "replace")
    except OSError:
        return None
    found = re.search(r"^Uid:\s*\d+\s+(\d+)", status, re.MULTILINE)
    return int(found[1]) if found else None


def user_name(uid: int | None) -> str:
    """`cozum`, or the number of a user without a name."""
    if uid is None:
        return "nobody we can see"
    try:
        return pwd.getpwuid(uid).pw_name
    except KeyError:
        return f"user {uid}"


def is_free(kind: socket.SocketKind, host: str, port: int) -> bool:
    """Whether we could bind this port now. Raises `OSError` where the address is not this machine's."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, kind) as probe:
        if kind == socket.SOCK_STREAM:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            if isinstance(error, socket.gaierror) or error.errno not in (13, 98):
                raise
            return False
    return True


def is_open(kind: socket.SocketKind, port: int) -> bool:
    """Whether any process has this port open for others."""
    return any(_inodes(kind, port))


def owners(kind: socket.SocketKind, port: int) -> list[int]:
    """Processes that have this port open for others, as far as we may see."""
    inodes = set(_inodes(kind, port))
    found: list[int] = []
    if not inodes:
        return found
    for folder in _PROC.iterdir():
        if not folder.name.isdigit():
            continue
        with contextlib.suppress(OSError):
            for descriptor in (folder / "fd").iterdir():
                with contextlib.suppress(OSError):
                    if os.readlink(descriptor) in inodes:
                        found.append(int(folder.name))
                        break
    return sorted(found)


def _inodes(kind: socket.SocketKind, port: int) -> Iterator[str]:
    name = "tcp" if kind == socket.SOCK_STREAM else "udp"
    for table in (name, f"{name}6"):
        try:
            lines = (_PROC / "net" / table).read_text("ascii").splitlines()[1:]
        except OSError:
            continue
        for line in lines:
            fields = line.split()
            if int(fields[1].rpartition(":")[2], 16) == port and (name == "udp" or fields[3] == _LISTENING):
                yield f"socket:[{fields[9]}]"
