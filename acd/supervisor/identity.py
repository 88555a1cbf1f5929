"""The user as which the system runs: if root starts it with `run_as` set, it becomes that user before anything begins.

Supervisor, line, desk, relay, standby and Asterisk all become that user. None of them needs root, so none can become
root again. Before that, we check that the user can reach all files, and give them the data folder.
"""

import contextlib
import os
import stat
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from acd.asterisk.conf import TEMPLATES
from acd.asterisk.provision import Installation
from acd.config.rules import prompts_dir
from acd.config.run_as import wanted_user
from acd.config.settings import Settings, SettingsError
from acd.lib import shipped
from acd.supervisor.prepare import CannotRun
from tickets.town.load import NEEDED, OPTIONAL

MARKS = ("token", "supervisor.lock", "journal.db")
"""Files by which a data folder is recognised as ours. Only such a folder, or an empty one, is given to the user."""


@dataclass(frozen=True, slots=True)
class Identity:
    """A user of this machine."""

    name: str
    uid: int
    gid: int
    home: str


def wanted_identity(settings: Settings) -> Identity | None:
    """The user to become; None if the user stays the same. Raises `CannotRun` if that is not possible."""
    try:
        entry = wanted_user(settings)
    except SettingsError as error:
        raise CannotRun(str(error)) from None
    if entry is None or entry.pw_uid == os.geteuid():
        return None
    name = settings.run_as
    if os.geteuid() != 0:
        raise CannotRun(f"run_as = {name!r}: only root becomes another user; start as root or as {name}")
    return Identity(name, entry.pw_uid, entry.pw_gid, entry.pw_dir)


def needed_paths(settings: Settings, installed: Installation | None) -> Iterator[tuple[Path, int]]:
    """Paths that the system's user must reach, with the needed access (`os.R_OK`, `os.X_OK`); without those in the data
    folder, which the user is given."""
    given = settings.data_dir.absolute()
    for path, mode in _paths(settings, installed):
        if not path.absolute().is_relative_to(given):
            yield path, mode


def _paths(settings: Settings, installed: Installation | None) -> Iterator[tuple[Path, int]]:
    yield Path(sys.executable), os.R_OK | os.X_OK
    yield Path(__file__), os.R_OK
    yield TEMPLATES / "asterisk.conf", os.R_OK
    yield prompts_dir(settings), os.R_OK | os.X_OK
    yield shipped.prompts(), os.R_OK | os.X_OK  # own prompts are links to it
    if installed is not None:
        yield Path(installed.command[0]), os.R_OK | os.X_OK
        yield Path(installed.command[-1]), os.R_OK
        yield installed.modules_dir, os.R_OK | os.X_OK
    if settings.town_path is not None:
        yield settings.town_path, os.R_OK | os.X_OK
    for file in _files_to_read(settings):
        if file is not None and file.exists():
            yield file, os.R_OK


def _files_to_read(settings: Settings) -> Iterator[Path | None]:
    """Files without which a start is refused, as far as they are set."""
    if (source := settings.source) is not None:
        yield source.file or Path("cozum.toml")
    yield from (settings.agents_path, settings.services_path, settings.numbers_path, settings.flow_path)
    yield from (settings.https_cert, settings.https_key)
    if settings.smtp_server:
        yield settings.smtp_password_file
    if settings.text_gateway == "http":
        yield settings.text_token_file
    if settings.town_path is not None:
        yield from (settings.town_path / name for name in (*NEEDED, *OPTIONAL))


def out_of_reach(identity: Identity, needed: Iterable[tuple[Path, int]]) -> Path | None:
    """The first path that the user cannot reach: the folder that they cannot enter, or the file itself."""
    paths = [(path.absolute(), mode) for path, mode in needed]

    def barred() -> bytes:
        return next((os.fsencode(_barred(path, mode)) for path, mode in paths if not os.access(path, mode)), b"")

    found = asked_as(identity, barred)
    return Path(os.fsdecode(found)) if found else None


def asked_as(identity: Identity, question: Callable[[], bytes]) -> bytes:
    """The answer to a question that a process of its own asks as this user, which only root can start. `?` if the
    question fails."""
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        found = b"?"
        try:
            os.close(reader)
            _drop(identity)
            found = question()
        finally:
            with contextlib.suppress(OSError):
                os.write(writer, found)
            os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        answer = pipe.read()
    os.waitpid(child, 0)
    return answer


def _barred(path: Path, mode: int) -> Path:
    """The outermost folder on the path that we cannot enter; the path itself if we can enter all."""
    for target in (path, path.resolve()):  # the path of a link, and the path of its target
        for folder in reversed(target.parents):
            if not os.access(folder, os.X_OK):
                return folder
    return path


def check_reach(identity: Identity, settings: Settings, installed: Installation | None) -> None:
    """Raise `CannotRun` if the user cannot reach the system's files."""
    barred = out_of_reach(identity, needed_paths(settings, installed))
    if barred is None:
        return
    if barred.is_file():
        raise CannotRun(
            f"run_as = {identity.name!r}: {identity.name} cannot read {barred}: give it to them or to their group"
        )
    raise CannotRun(
        f"run_as = {identity.name!r}: {identity.name} cannot reach {barred}: move what is there to a folder that "
        f"they can (such as /opt), or let them through (`chmod o+x`)"
    )


def become(identity: Identity, settings: Settings, installed: Installation | None) -> None:
    """Give the data folder to this user and become them for good. Raises `CannotRun`; we then stay root."""
    check_reach(identity, settings, installed)
    _hand_over(identity, settings.data_dir)
    barred = out_of_reach(identity, [(settings.data_dir, os.R_OK | os.W_OK | os.X_OK)])
    if barred is not None:
        raise CannotRun(f"data_dir = {str(settings.data_dir)!r}: {identity.name} cannot write there ({barred})")
    _drop(identity)
    os.environ.update(HOME=identity.home, USER=identity.name, LOGNAME=identity.name)


def _hand_over(identity: Identity, folder: Path) -> None:
    """Give the data folder to the user, with files that a command of root left in it."""
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
    """Give away only root's own files, and never through a link: the folder's owner may have made the link."""
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
