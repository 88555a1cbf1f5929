"""Which releases of Asterisk may serve: the tested one, the oldest that is fetched, and the age of a build.

Change only this module when another release has been tested (`cozum asterisk update` tries a newer one on one machine;
`make test` tests it for the project).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

Version = tuple[int, ...]

OLDEST = 20
"""The oldest major version of a host's own Asterisk that may serve: the version of Ubuntu 24.04."""
TRIED: Version = (22, 10, 1)
"""The release that all of Çözüm's tests are run against."""
FLOOR: Version = (22, 8, 2)
"""The oldest release that is fetched from Debian unstable: earlier ones lack the fixes of CVE-2026-23738 to 23741."""
STALE_DAYS = 180
"""Days after which a build is reported as old: a series gets security fixes every two or three months."""

_DAY_S = 86_400


class NoRelease(Exception):
    """A mirror has no release that may be fetched. One line, with the way out."""


@dataclass(frozen=True, slots=True)
class Release:
    """The release of an Asterisk on disk, as far as it is known."""

    version: Version
    package: str = ""
    """Its Debian version; empty if it was not recorded."""
    built_at: float | None = None
    """Time of its package's build, Unix seconds; for one compiled here, time of the compilation."""
    unpacked_at: float | None = None
    """Unix seconds: when we unpacked it; None for the host's own."""

    @property
    def told(self) -> str:
        """`22.10.1`."""
        return told(self.version)


def told(version: Version) -> str:
    """`22.10.1` of `(22, 10, 1)`."""
    return ".".join(str(part) for part in version)


def upstream(package: str) -> Version | None:
    """The release in a Debian version: (22, 10, 1) of `1:22.10.1+dfsg+~cs6.17-1`. None for a release candidate."""
    found = re.match(r"(?:\d+:)?(\d+)\.(\d+)\.(\d+)(?!\d)(?!~+rc)", package)
    return tuple(int(part) for part in found.groups()) if found else None


def choose(available: Sequence[str], *, newest: bool) -> str:
    """The Debian version to fetch of those that a mirror of Debian unstable has: the release that was tried, or else
    the newest of its series that is not older than `FLOOR`. `newest`: the newest even where the tried one is there.

    Raises `NoRelease`."""
    known = {package: version for package in available if (version := upstream(package)) is not None}
    fit = [package for package, version in known.items() if version[0] == TRIED[0] and version >= FLOOR]
    if not fit:
        there = ", ".join(sorted({told(version) for version in known.values()})) or "none"
        raise NoRelease(
            f"the package mirror has Asterisk {there}; {told(FLOOR)} or a newer {TRIED[0]} is needed: install an "
            f"Asterisk {OLDEST} or newer yourself, or give apt a mirror that has {told(TRIED)}"
        )
    if not newest and (tried := [package for package in fit if known[package] == TRIED]):
        return tried[0]
    return max(fit, key=lambda package: known[package])


def age_days(release: Release, now: float) -> int | None:
    """Whole days since the build, or since it was unpacked if the build's date is not known."""
    since = release.built_at if release.built_at is not None else release.unpacked_at
    return None if since is None else max(0, int((now - since) // _DAY_S))


def remarks(release: Release, now: float) -> list[str]:
    """Remarks for the operator: that a release is old, or was not tested."""
    found = []
    if release.version[0] == TRIED[0] and release.version < TRIED:
        found.append(f"older than {told(TRIED)}, which was tried")
    elif release.version != TRIED:
        found.append(f"not tried: {told(TRIED)} was")
    days = age_days(release, now)
    if days is not None and days > STALE_DAYS:
        found.append(f"{days} days old, and security fixes come every two or three months")
    return found


def build_time(binary: Path) -> float | None:
    """When a program was built: packages keep the time in the file. None if there is no such file."""
    try:
        return binary.stat().st_mtime
    except OSError:
        return None


def date_of(at: float) -> str:
    """The day of a time, `2026-07-20`."""
    return datetime.fromtimestamp(at, UTC).date().isoformat()
