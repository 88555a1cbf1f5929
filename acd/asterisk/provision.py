"""Find an Asterisk to run, or make one.

The host's own Asterisk serves if it is version 20 or newer. Otherwise a root folder of our own is filled from the
host's package mirror: `apt-get` fetches Asterisk and all it needs against an empty package database, and `dpkg-deb`
unpacks it. Nothing is installed, no maintainer script runs, and no privilege is needed. The binary in such a folder is
started by the folder's own dynamic loader (`ld.so --library-path`), not by chroot: it sees the host's paths, so
configuration, sounds and runtime folders lie wherever the caller wants them, and Asterisk may run without root.
"""

import contextlib
import fcntl
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

OLDEST = 20
"""The oldest major version that serves: the one Ubuntu 24.04 has."""

PACKAGES = ("asterisk", "asterisk-moh-opsound-wav")
ROOM_BYTES = 900 * 1024 * 1024
"""What the packages take while they are fetched and unpacked, with some to spare."""

DEFAULT_ROOT = Path(".cache/asterisk/root")

Progress = Callable[[str], None]


class ProvisionError(Exception):
    """This machine cannot give us an Asterisk. The text is one line and names the way out."""


@dataclass(frozen=True, slots=True)
class Installation:
    """An Asterisk that can be started."""

    command: tuple[str, ...]
    """What to run; options follow."""
    version: tuple[int, ...]
    modules_dir: Path
    data_dir: Path
    """Holds `documentation` and `moh`."""

    @property
    def moh_dir(self) -> Path:
        return self.data_dir / "moh"


def _silent(_: str) -> None:
    pass


def ensure_asterisk(root: Path = DEFAULT_ROOT, *, progress: Progress = _silent, use_host: bool = True) -> Installation:
    """The host's Asterisk, or else the one in `root`, which is made if it is not there.

    `progress` is given one line before each long step. Raises `ProvisionError`.
    """
    if use_host and (found := find_host_asterisk()) is not None:
        return found
    root = root.absolute()
    if (found := open_root(root)) is not None:
        return found
    root.parent.mkdir(parents=True, exist_ok=True)
    with _locked(root.parent / f"{root.name}.lock", progress):
        if (found := open_root(root)) is not None:  # made by another process while we waited
            return found
        make_root(root, progress=progress)
    if (found := open_root(root)) is None:
        raise ProvisionError(f"{root}: the Asterisk unpacked there does not start; remove the folder and try again")
    return found


# --- what is there already


def find_host_asterisk() -> Installation | None:
    """The host's own Asterisk where it is new enough and its modules are found; it is only read, never touched."""
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
    """The Asterisk in a root folder, if there is a whole one."""
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
    return Installation(command, version, modules, usr / "share/asterisk") if version else None


def _module_dirs(usr: Path) -> list[Path]:
    return [
        *sorted(usr.glob("lib/*-linux-gnu*/asterisk/modules")),
        usr / "lib/asterisk/modules",
        usr / "lib64/asterisk/modules",
    ]


def _first_with(folders: list[Path], name: str) -> Path | None:
    return next((folder for folder in folders if (folder / name).exists()), None)


def parse_version(text: str) -> tuple[int, ...] | None:
    """`Asterisk 22.10.1+dfsg…` -> (22, 10, 1); None for anything else (such as a certified or development build)."""
    found = re.match(r"Asterisk (?:certified/)?(\d+)\.(\d+)(?:\.(\d+))?", text)
    return tuple(int(part) for part in found.groups() if part) if found else None


def _version(command: tuple[str, ...]) -> tuple[int, ...] | None:
    try:
        done = subprocess.run([*command, "-V"], capture_output=True, text=True, timeout=30, check=False)
    except (OSError, subprocess.TimeoutExpired):
        return None
    return parse_version(done.stdout)


# --- a root folder of our own


@dataclass(frozen=True, slots=True)
class Source:
    """One package source of the host: where it is, and the further deb822 fields that say how to trust it."""

    uris: tuple[str, ...]
    suites: tuple[str, ...]
    trust: tuple[tuple[str, str], ...] = ()


TRUST_FIELDS = {"signed-by", "trusted", "check-valid-until", "check-date", "allow-insecure"}


def parse_deb822(text: str) -> list[Source]:
    """Sources of a `.sources` file; stanzas that are disabled or have no packages (deb-src) are left out."""
    sources = []
    for stanza in re.split(r"\n\s*\n", text):
        fields: dict[str, str] = {}
        name = ""
        for line in stanza.splitlines():
            if line.startswith("#"):
                continue
            if line[:1] in (" ", "\t"):
                fields[name] = f"{fields.get(name, '')}\n{line}"
            elif ":" in line:
                name, _, value = line.partition(":")
                name = name.strip().lower()
                fields[name] = value.strip()
        if "deb" not in fields.get("types", "").split() or fields.get("enabled", "yes").lower() in ("no", "false"):
            continue
        trust = tuple((key, value) for key, value in fields.items() if key in TRUST_FIELDS)
        sources.append(Source(tuple(fields.get("uris", "").split()), tuple(fields.get("suites", "").split()), trust))
    return sources


def parse_one_line(text: str) -> list[Source]:
    """Sources of a `sources.list`: `deb [signed-by=… trusted=yes] URI SUITE COMPONENT…`."""
    sources = []
    for line in text.splitlines():
        found = re.match(r"\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)", line)
        if not found:
            continue
        options = (option.partition("=") for option in (found[1] or "").split())
        trust = tuple((key.lower(), value) for key, _, value in options if key.lower() in TRUST_FIELDS)
        sources.append(Source((found[2],), (found[3],), trust))
    return sources


def host_sources(apt_dir: Path = Path("/etc/apt")) -> list[Source]:
    """Every package source the host's apt is told of."""
    sources: list[Source] = []
    for file in [apt_dir / "sources.list", *sorted((apt_dir / "sources.list.d").glob("*"))]:
        if file.is_file() and file.suffix in (".list", ".sources"):
            text = file.read_text(encoding="utf-8", errors="replace")
            sources += parse_deb822(text) if file.suffix == ".sources" else parse_one_line(text)
    return sources


def os_release(text: str) -> dict[str, str]:
    """The fields of /etc/os-release."""
    pairs = (line.partition("=") for line in text.splitlines() if "=" in line)
    return {key.strip(): value.strip().strip("\"'") for key, _, value in pairs}


def choose_source(release: dict[str, str], sources: list[Source], keyrings: Path = Path("/usr/share/keyrings")) -> str:
    """The deb822 stanza to fetch Asterisk by: Debian unstable (Debian's releases have none), or Ubuntu's own release
    with universe, from the mirror that the host itself uses. Raises `ProvisionError`."""
    kind, codename = release.get("ID", ""), release.get("VERSION_CODENAME", "")
    if kind == "ubuntu":
        wanted, suites, components = codename, f"{codename} {codename}-updates", "main universe"
    elif kind == "debian":
        wanted, suites, components = codename, "sid", "main"
    else:
        raise ProvisionError(
            f"no Asterisk {OLDEST} or newer here, and on {kind or 'this system'} we cannot fetch one "
            "(Debian and Ubuntu we can): install asterisk and see that it is on PATH"
        )
    for source in sources:
        uris = [uri for uri in source.uris if re.match(r"(https?|mirror\+https?)://", uri)]
        named = {suite.split("/")[0] for suite in source.suites}
        if not uris or not named & {wanted, "stable", "sid", "unstable", "testing"}:
            continue
        trust = dict(source.trust)
        keyring = next(iter(sorted(keyrings.glob(f"{kind}-archive-keyring.*"))), None)
        if "signed-by" not in trust and keyring is not None:
            trust["signed-by"] = str(keyring)
        fields = {"Types": "deb", "URIs": " ".join(uris), "Suites": suites, "Components": components} | trust
        return "".join(f"{key}: {value}\n" for key, value in fields.items())
    raise ProvisionError(
        f"no Asterisk {OLDEST} or newer here, and apt has no http(s) mirror of {kind} {codename} to fetch one from: "
        "install asterisk, or give /etc/apt a mirror"
    )


def make_root(root: Path, *, progress: Progress = _silent) -> None:
    """Fill `root` from the host's mirror, all or nothing: the work is done beside it and renamed at the end.

    Raises `ProvisionError`."""
    missing = [tool for tool in ("apt-get", "dpkg-deb") if shutil.which(tool) is None]
    if missing:
        raise ProvisionError(f"no Asterisk {OLDEST} or newer here, and no {missing[0]} to fetch one: install asterisk")
    stanza = choose_source(_host_release(), host_sources())
    root.parent.mkdir(parents=True, exist_ok=True)
    free = shutil.disk_usage(root.parent).free
    if free < ROOM_BYTES:
        raise ProvisionError(
            f"{root.parent}: {free // 2**20} MiB free, fetching Asterisk takes {ROOM_BYTES // 2**20}: make room there"
        )
    for leftover in root.parent.glob(f"{root.name}.part-*"):  # of a run that was killed; the lock says that it is over
        shutil.rmtree(leftover, ignore_errors=True)
    work = Path(tempfile.mkdtemp(prefix=f"{root.name}.part-", dir=root.parent))
    try:
        packages = _fetch(work / "apt", stanza, progress)
        progress(f"unpacking {len(packages)} packages")
        target = work / "root"
        target.mkdir()
        # base-files first: it brings /lib -> usr/lib, which the others' files must follow.
        for package in sorted(packages, key=lambda file: (not file.name.startswith("base-files_"), file.name)):
            _run(["dpkg-deb", "--extract", str(package), str(target)], f"{package.name} cannot be unpacked")
        if open_root(target) is None:
            raise ProvisionError(f"the Asterisk from the mirror does not run on this {platform.machine()} kernel")
        if root.exists():  # what is there is not a whole Asterisk: `open_root` said so
            root.rename(work / "old")
        target.rename(root)
    finally:
        shutil.rmtree(work, ignore_errors=True)


def _host_release() -> dict[str, str]:
    file = Path("/etc/os-release")
    return os_release(file.read_text(encoding="utf-8")) if file.exists() else {}


def _fetch(apt: Path, stanza: str, progress: Progress) -> list[Path]:
    """Fetch the packages and all they need into a private apt state below `apt`; the host's apt is not touched."""
    for folder in ("lists/partial", "archives/partial", "preferences.d", "sources.list.d"):
        (apt / folder).mkdir(parents=True)
    (apt / "sources.list.d/mirror.sources").write_text(stanza, encoding="utf-8")
    (apt / "status").touch()
    options = {
        "Dir::State": apt,
        "Dir::State::lists": apt / "lists",
        "Dir::State::status": apt / "status",
        "Dir::Cache": apt,
        "Dir::Cache::archives": apt / "archives",
        "Dir::Etc::sourcelist": "/dev/null",
        "Dir::Etc::sourceparts": apt / "sources.list.d",
        "Dir::Etc::preferences": "/dev/null",
        "Dir::Etc::preferencesparts": apt / "preferences.d",
        # Otherwise apt, as root, gives up its rights and cannot write to a folder below ours.
        "APT::Sandbox::User": "root",
        "APT::Install-Recommends": "false",
        # A mirror may be a frozen copy: its index is signed, only old.
        "Acquire::Check-Valid-Until": "false",
        "Acquire::Languages": "none",
        "Acquire::Retries": "2",
        "Acquire::http::Timeout": "30",
    }
    apt_get = ["apt-get", "-q", "-y", *(part for key, value in options.items() for part in ("-o", f"{key}={value}"))]
    progress("reading the mirror's package index")
    _run([*apt_get, "--error-on=any", "update"], "the package mirror cannot be read (network? apt's sources?)")
    progress("fetching Asterisk and what it needs")
    _run([*apt_get, "--download-only", "install", *PACKAGES], "the package mirror does not give us Asterisk")
    return sorted((apt / "archives").glob("*.deb"))


def _run(command: list[str], failing: str) -> None:
    done = subprocess.run(
        command,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        check=False,
        env={**os.environ, "LC_ALL": "C.UTF-8", "DEBIAN_FRONTEND": "noninteractive"},
    )
    if done.returncode != 0:
        lines = [line.strip() for line in (done.stderr or done.stdout).splitlines() if line.strip()]
        said = next((line for line in lines if line.startswith("E:")), lines[-1] if lines else "no word")
        raise ProvisionError(f"{failing}: {said}")


@contextlib.contextmanager
def _locked(file: Path, progress: Progress) -> Iterator[None]:
    """Hold an advisory lock: of two processes that provision at once one works and the other waits."""
    with file.open("w") as handle:
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
