"""Finds an Asterisk to run, or unpacks one.

The host's own Asterisk is used if it is version 20 or newer. Otherwise we fill a root folder of our own from the host's
package mirror: `apt-get` fetches Asterisk and its dependencies against an empty package database, and `dpkg-deb`
unpacks them. Nothing is installed, no maintainer script runs, and no privilege is needed. The folder's own dynamic
loader (`ld.so --library-path`) starts the binary, without chroot. Asterisk therefore sees the host's paths:
configuration, sounds and runtime folders may be anywhere, and it can run without root.
"""

import contextlib
import fcntl
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from acd.asterisk.mirror import Mirror, Progress, ProvisionError, choose_source, host_sources, os_release, run
from acd.asterisk.release import (
    OLDEST,
    TRIED,
    NoRelease,
    Release,
    Version,
    build_time,
    choose,
    told,
    upstream,
)

MUSIC = "asterisk-moh-opsound-wav"
RECORD = "cozum-release.json"
"""In a root folder of ours: the package that was unpacked, and when."""
ROOM_BYTES = 900 * 1024 * 1024
"""Bytes that the packages need while they are fetched and unpacked, with a reserve."""

DEFAULT_ROOT = Path(".cache/asterisk/root")


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be started."""

    command: tuple[str, ...]
    """What to run; options follow."""
    version: Version
    modules_dir: Path
    data_dir: Path
    """Holds `documentation` and `moh`."""

    root: Path | None = None
    """The root folder of ours that it is in; None for the host's own."""

    @property
    def moh_dir(self) -> Path:
        return self.data_dir / "moh"

    @property
    def release(self) -> Release:
        """Its release, as far as it is known."""
        record: dict[str, object] = {}
        if self.root is not None:
            with contextlib.suppress(OSError, ValueError):
                record = json.loads((self.root / RECORD).read_text("utf-8"))
        package, unpacked = record.get("package"), record.get("unpacked_at")
        return Release(
            version=self.version,
            package=package if isinstance(package, str) else "",
            built_at=build_time(Path(self.command[-1])),
            unpacked_at=unpacked if isinstance(unpacked, int | float) else None,
        )


def _silent(_: str) -> None:
    pass


def ensure_asterisk(root: Path = DEFAULT_ROOT, *, progress: Progress = _silent, use_host: bool = True) -> Installation:
    """The host's Asterisk, or else the one in `root`, which is filled if it is empty.

    `progress` is given one line before each long step. Raises `ProvisionError`.
    """
    if use_host and (found := find_host_asterisk()) is not None:
        return found
    root = root.absolute()
    if (found := open_root(root)) is not None:
        return found
    root.parent.mkdir(parents=True, exist_ok=True)
    with locked(root, progress):
        if (found := open_root(root)) is not None:  # another process made it while we waited
            return found
        make_root(root, progress=progress)
    if (found := open_root(root)) is None:
        raise ProvisionError(f"{root}: the Asterisk unpacked there does not start; remove the folder and try again")
    return found


# --- what is there already


def find_host_asterisk() -> Installation | None:
    """The host's own Asterisk if it is new enough and its modules are found; nothing of it is changed."""
    binary = shutil.which("asterisk", path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin:/usr/local/sbin")
    if binary is None:
        return None
    version = _version((binary,))
    if version is None or version[0] < OLDEST:
        return None
    modules = _first_with(_module_dirs(Path("/usr")) + _module_dirs(Path("/usr/local")), "chan_pjsip.so")
    data = _first_with([Path("/usr/share/asterisk"), Path("/var/lib/asterisk")], "documentation")
    if modules is None or data is None:
        return None
    return Installation((binary,), version, modules, data)


def open_root(root: Path) -> Installation | None:
    """The Asterisk in a root folder, if it is complete."""
    usr = root / "usr"
    binary = usr / "sbin/asterisk"
    loader = next(iter(sorted([*root.glob("usr/lib*/ld-linux-*.so.*"), *root.glob("lib*/ld-linux-*.so.*")])), None)
    modules = _first_with(_module_dirs(usr), "chan_pjsip.so")
    if loader is None or modules is None or not binary.exists():
        return None
    libraries = {folder.resolve() for pattern in ("usr/lib", "lib") for folder in root.glob(f"{pattern}/*-linux-gnu*")}
    path = ":".join(str(folder) for folder in sorted(libraries))
    command = (str(loader), "--argv0", "asterisk", "--library-path", path, str(binary))
    version = _version(command)
    return Installation(command, version, modules, usr / "share/asterisk", root) if version else None


def _module_dirs(usr: Path) -> list[Path]:
    return [
        *sorted(usr.glob("lib/*-linux-gnu*/asterisk/modules")),
        usr / "lib/asterisk/modules",
        usr / "lib64/asterisk/modules",
    ]


def _first_with(folders: list[Path], name: str) -> Path | None:
    return next((folder for folder in folders if (folder / name).exists()), None)


def parse_version(text: str) -> Version | None:
    """`Asterisk 22.10.1+dfsg…` -> (22, 10, 1); None for anything else (such as a certified or development build)."""
    found = re.match(r"Asterisk (?:certified/)?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups() if part) if found else None


def _version(command: tuple[str, ...]) -> Version | None:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout)


# --- a root folder of our own


def make_root(root: Path, *, progress: Progress = _silent, newer_than: Release | None = None) -> bool:
    """Fill `root` from the host's mirror, all or nothing: the work is done in another folder, which is renamed at the
    end.

    With `newer_than` it fetches the newest release, unless that is the given package. Returns whether `root` was
    filled. Raises `ProvisionError`."""
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise ProvisionError(f"no Asterisk {OLDEST} or newer here, and no {missing[0]} to fetch one: install asterisk")
    host = _host_release()
    stanza = choose_source(host, host_sources())
    root.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root.parent).free
    if free < ROOM_BYTES:
        raise ProvisionError(
            f"{root.parent}: {free // 2**20} MiB free, fetching Asterisk takes {ROOM_BYTES // 2**20}: make room there"
        )
    # Left by a run that was killed; the lock shows that it has ended.
    for leftover in root.parent.glob(f"{root.name}.part-*"):
        shutil.rmtree(leftover, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f"{root.name}.part-", dir=root.parent))
    try:
        mirror = Mirror(work / "apt", stanza, progress)
        package = _choose(mirror.versions("asterisk"), host, newest=newer_than is not None)
        version = upstream(package)
        if newer_than is not None and (package == newer_than.package or (version or ()) < newer_than.version):
            return False
        if version is not None and version != TRIED:
            progress(f"Asterisk {told(version)} is what the mirror has; {told(TRIED)} is the one that was tried")
        packages = mirror.fetch(f"asterisk={package}", MUSIC)
        progress(f"unpacking {len(packages)} packages")
        target = work / "root"
        target.mkdir()
        for file in packages:
            # base-files first: it makes the link /lib -> usr/lib, through which the other packages are unpacked.
            run(["dpkg-deb", "--extract", str(file), str(target)], f"{file.name} cannot be unpacked")
        if open_root(target) is None:
            raise ProvisionError(f"the Asterisk from the mirror does not run on this {platform.machine()} kernel")
        record = {"package": package, "unpacked_at": round(time.time())}
        (target / RECORD).write_text(json.dumps(record) + "\n", "utf-8")
        if root.exists():  # `open_root` has found that the folder has no complete Asterisk
            root.rename(work / "old")
        target.rename(root)
    finally:
        shutil.rmtree(work, ignore_errors=True)
    return True


def _choose(available: list[str], host: dict[str, str], *, newest: bool) -> str:
    """The package to fetch. Ubuntu's is that of its own release, whose security fixes come with it."""
    if host.get("ID") != "debian":
        if not available:
            raise ProvisionError("the package mirror has no Asterisk (is Ubuntu's universe there?): install asterisk")
        return available[0]
    try:
        return choose(available, newest=newest)
    except NoRelease as error:
        raise ProvisionError(str(error)) from None


def _host_release() -> dict[str, str]:
    file = Path("/etc/os-release")
    return os_release(file.read_text(encoding="utf-8")) if file.exists() else {}


@contextlib.contextmanager
def locked(root: Path, progress: Progress = _silent) -> Iterator[None]:
    """Hold a root folder's lock: of two processes that provision at once one works and the other waits."""
    with (root.parent / f"{root.name}.lock").open("w") as handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            progress("another process is fetching Asterisk; waiting for it")
            fcntl.flock(handle, fcntl.LOCK_EX)
        yield


def main() -> int:
    """`python -m acd.asterisk.provision`: what set-up runs."""
    terse = "asterisk: {}".format
    try:
        ensure_asterisk(progress=lambda line: print(terse(line), flush=True))
    except ProvisionError as error:
        print(terse(error), file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
