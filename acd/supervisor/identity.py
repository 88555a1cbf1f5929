"""The user the system runs as: started as root with `run_as` set, it becomes that user before anything of it begins.

All of it does: supervisor, daemon, standby and Asterisk. Nothing that serves the line needs root, so no process of it
keeps the way back. What the user must reach is looked at beforehand, and the data folder is handed over.
"""

import contextlib
import os
import pwd
import stat
import sys
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from acd.asterisk.conf import TEMPLATES
from acd.asterisk.provision import Installation
from acd.config.rules import prompts_dir
from acd.config.settings import Settings
from acd.supervisor.prepare import CannotRun

MARKS = ("token", "supervisor.lock", "journal.db")
"""What a data folder of ours holds: only such a one, or an empty one, is handed over."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of this machine."""

    name: str
    uid: int
    gid: int
    home: str


def wanted_identity(settings: Settings) -> Identity | None:
    """The user to become; None where we are to stay who we are. Raises `CannotRun` where that cannot be."""
    name = settings.run_as
    if not name:
        return None
    try:
        entry = pwd.getpwnam(name)
    except KeyError:
        raise CannotRun(
            f"run_as = {name!r}: there is no such user; make one: "
            f"useradd --system --no-create-home --shell /usr/sbin/nologin {name}"
        ) from None
    if entry.pw_uid == os.geteuid():
        return None
    if os.geteuid() != 0:
        raise CannotRun(f"run_as = {name!r}: only root becomes another user; start as root or as {name}")
    return Identity(name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def needed_paths(settings: Settings, installed: Installation | None) -> Iterator[tuple[Path, int]]:
    """What whoever runs the system must reach, and how (`os.R_OK`, `os.X_OK`); the data folder not among it."""
    yield Path(sys.executable), os.R_OK | os.X_OK
    yield Path(__file__), os.R_OK
    yield TEMPLATES / "asterisk.conf", os.R_OK
    yield prompts_dir(settings), os.R_OK | os.X_OK
    if installed is not None:
        yield Path(installed.command[0]), os.R_OK | os.X_OK
        yield Path(installed.command[-1]), os.R_OK
        yield installed.modules_dir, os.R_OK | os.X_OK
    given = (settings.agents_file, settings.services_file, settings.numbers_file, settings.flow_file)
    source = settings.source
    for file in (*given, (source.file or Path("cozum.toml")) if source is not None else None):
        if file is not None and file.exists():
            yield file, os.R_OK


def out_of_reach(identity: Identity, needed: Iterable[tuple[Path, int]]) -> Path | None:
    """The first of these that the user cannot reach: the folder that bars the way, or the file itself. Asked as that
    user, in a process of its own; only root can."""
    paths = [(path.absolute(), mode) for path, mode in needed]
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        found = b"?"
        try:
            os.close(reader)
            _drop(identity)
            found = next((os.fsencode(_barred(path, mode)) for path, mode in paths if not os.access(path, mode)), b"")
        finally:
            with contextlib.suppress(OSError):
                os.write(writer, found)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return Path(os.fsdecode(answer)) if answer else None


def _barred(path: Path, mode: int) -> Path:
    """The outermost folder on the way that does not let us through; the path itself where all do."""
    for target in (path, path.resolve()):  # a link's own way, and that of what it leads to
        for folder in reversed(target.parents):
            if not os.access(folder, os.X_OK):
                return folder
    return path


def check_reach(identity: Identity, settings: Settings, installed: Installation | None) -> None:
    """Raises `CannotRun` where the user cannot reach what the system is made of."""
    barred = out_of_reach(identity, needed_paths(settings, installed))
    if barred is not None:
        raise CannotRun(
            f"run_as = {identity.name!r}: {identity.name} cannot reach {barred}: move what is there to a folder that "
            f"they can (such as /opt), or let them through (`chmod o+x`)"
        )


def become(identity: Identity, settings: Settings, installed: Installation | None) -> None:
    """Hand the data folder over and be this user from now on, for good. Raises `CannotRun`; we then stay root."""
    check_reach(identity, settings, installed)
    _hand_over(identity, settings.data_dir)
    barred = out_of_reach(identity, [(settings.data_dir, os.R_OK | os.W_OK | os.X_OK)])
    if barred is not None:
        raise CannotRun(f"data_dir = {str(settings.data_dir)!r}: {identity.name} cannot write there ({barred})")
    _drop(identity)
    os.environ.update(HOME=identity.home, USER=identity.name, LOGNAME=identity.name)


def _hand_over(identity: Identity, folder: Path) -> None:
    """Make the data folder the user's, and what root left in it: a command that root ran leaves files behind."""
    try:
        if not folder.exists():
            folder.mkdir(parents=True, mode=0o700)
        elif folder.stat().st_uid == 0 and any(folder.iterdir()) and not any((folder / one).exists() for one in MARKS):
            raise CannotRun(
                f"data_dir = {str(folder)!r}: is root's and holds something else; set a folder of its own, or give it "
                f"to {identity.name} yourself"
            )
        _give(identity, folder)
    except OSError as error:
        raise CannotRun(f"data_dir = {str(folder)!r}: cannot be given to {identity.name}: {error.strerror}") from None


def _give(identity: Identity, folder: Path) -> None:
    """Root's own only, and never through a link: the folder's owner may have put one there."""
    for _, folders, files, handle in os.fwalk(folder, follow_symlinks=False):
        for name in (".", *folders, *files):
            found = os.stat(name, dir_fd=handle, follow_symlinks=False)
            linked = found.st_nlink > 1 and not stat.S_ISDIR(found.st_mode)
            if found.st_uid == 0 and not linked:
                os.chown(name, identity.uid, identity.gid, dir_fd=handle, follow_symlinks=False)


def _drop(identity: Identity) -> None:
    os.initgroups(identity.name, identity.gid)
    os.setresgid(identity.gid, identity.gid, identity.gid)
    os.setresuid(identity.uid, identity.uid, identity.uid)
