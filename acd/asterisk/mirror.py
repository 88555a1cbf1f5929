"""Finds the host's package mirror, and fetches packages from it without touching the host's apt."""

import os
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from acd.asterisk.release import OLDEST

Progress = Callable[[str], None]


class ProvisionError(Exception):
    """This machine cannot give us an Asterisk. The text is one line and names the way out."""


@dataclass(frozen=True, slots=True)
class Source:
    """One package source of the host: its address, and the deb822 fields that say how to trust it."""

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
    """Every package source of the host's apt."""
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


class Mirror:
    """The host's package mirror, read into a private apt state below `apt`; the host's apt is not touched."""

    def __init__(self, apt: Path, stanza: str, progress: Progress) -> None:
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
            # As root, apt otherwise drops its rights and cannot write to a folder below ours.
            "APT::Sandbox::User": "root",
            "APT::Install-Recommends": "false",
            # A mirror may be a frozen copy, with a signed but old index.
            "Acquire::Check-Valid-Until": "false",
            "Acquire::Languages": "none",
            "Acquire::Retries": "2",
            "Acquire::http::Timeout": "30",
        }
        self._apt, self._progress = apt, progress
        self._options = [part for key, value in options.items() for part in ("-o", f"{key}={value}")]
        progress("reading the mirror's package index")
        self._get("--error-on=any", "update", failing="the package mirror cannot be read (network? apt's sources?)")

    def versions(self, package: str) -> list[str]:
        """The versions that the mirror has, the newest first."""
        text = run(["apt-cache", *self._options, "madison", package], "the package index cannot be searched")
        return [fields[1].strip() for line in text.splitlines() if len(fields := line.split("|")) > 1]

    def fetch(self, *packages: str) -> list[Path]:
        """Fetch packages and their dependencies; returns the files in the order of unpacking."""
        self._progress("fetching Asterisk and what it needs")
        self._get("--download-only", "install", *packages, failing="the package mirror does not give us Asterisk")
        files = (self._apt / "archives").glob("*.deb")
        return sorted(files, key=lambda file: (not file.name.startswith("base-files_"), file.name))

    def _get(self, *arguments: str, failing: str) -> None:
        run(["apt-get", "-q", "-y", *self._options, *arguments], failing)


def run(command: list[str], failing: str) -> str:
    """Run a program and return its output. Raises `ProvisionError`."""
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
    return done.stdout
