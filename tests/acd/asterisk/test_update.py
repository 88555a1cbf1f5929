"""A newer Asterisk takes the place of the present one only after its trial, and the present one can be had again.

Mirrors are folders of small packages of our own, read by the real apt: what is unpacked is a program that only says its
version. `tests/integration/test_update.py` tries a real one.
"""

import subprocess
from pathlib import Path

import pytest

from acd.asterisk.mirror import ProvisionError
from acd.asterisk.provision import Installation, ensure_asterisk, make_root, open_root
from acd.asterisk.release import FLOOR, TRIED, told
from acd.asterisk.update import go_back, previous_of, update

PINNED = f"1:{told(TRIED)}+dfsg-1"
NEXT = (TRIED[0], TRIED[1] + 1, 0)
NEWER = f"1:{told(NEXT)}+dfsg-1"
CONTROL = """\
Package: {name}
Version: {version}
Architecture: all
Maintainer: Nobody <nobody@example.invalid>
Description: for a test
"""


class Packages:
    """A package mirror: a folder, served to apt as `copy:` but otherwise as any mirror is."""

    def __init__(self, folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        self.folder = folder
        self.folder.mkdir()
        stanza = f"Types: deb\nURIs: copy:{folder}\nSuites: ./\nTrusted: yes\n"
        monkeypatch.setattr("acd.asterisk.provision.choose_source", lambda *_: stanza)
        monkeypatch.setattr("acd.asterisk.provision._host_release", lambda: {"ID": "debian"})
        self._files: list[tuple[str, str, Path]] = []
        self.add("asterisk-moh-opsound-wav", "1")

    def add(self, name: str, version: str) -> None:
        """Have the mirror offer one more package. The Asterisk in it says its version, and no more."""
        work = self.folder / f"{name}_{len(self._files)}"
        (work / "DEBIAN").mkdir(parents=True)
        (work / "DEBIAN/control").write_text(CONTROL.format(name=name, version=version))
        if name == "asterisk":
            release = version.partition(":")[2].partition("+")[0]
            modules = work / "usr/lib/x86_64-linux-gnu/asterisk/modules"
            modules.mkdir(parents=True)
            (modules / "chan_pjsip.so").touch()
            (work / "usr/sbin").mkdir(parents=True)
            (work / "usr/sbin/asterisk").write_text("")
            loader = work / "usr/lib64/ld-linux-test.so.2"
            loader.parent.mkdir(parents=True)
            loader.write_text(f"#!/bin/sh\necho 'Asterisk {release}+dfsg'\n")
            loader.chmod(0o755)
        file = self.folder / f"{name}_{len(self._files)}.deb"
        subprocess.run(["dpkg-deb", "--build", "--root-owner-group", "-Znone", str(work), str(file)], check=True,
                       capture_output=True)  # fmt: skip
        self._files.append((name, version, file))
        self._index()

    def remove(self, version: str) -> None:
        """Have it offer that package no more."""
        self._files = [one for one in self._files if one[1] != version]
        self._index()

    def _index(self) -> None:
        import hashlib

        entries = [
            CONTROL.format(name=name, version=version)
            + f"Filename: ./{file.name}\nSize: {file.stat().st_size}\n"
            + f"SHA256: {hashlib.sha256(file.read_bytes()).hexdigest()}\n"
            for name, version, file in self._files
        ]
        (self.folder / "Packages").write_text("\n".join(entries))


@pytest.fixture
def packages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Packages:
    monkeypatch.setattr("acd.asterisk.provision.find_host_asterisk", lambda: None)
    return Packages(tmp_path / "mirror", monkeypatch)


@pytest.fixture
def root(tmp_path: Path) -> Path:
    return tmp_path / "cache/root"


def package_in(root: Path) -> str:
    found = open_root(root)
    return found.release.package if found else ""


def well(_: Installation) -> None:
    """A trial that goes well."""


def test_the_tried_release_is_fetched_though_the_mirror_has_a_newer_one(packages: Packages, root: Path) -> None:
    packages.add("asterisk", NEWER)
    packages.add("asterisk", PINNED)
    told_of: list[str] = []
    found = ensure_asterisk(root, progress=told_of.append)
    assert (found.version, found.release.package) == (TRIED, PINNED)
    assert found.release.unpacked_at is not None
    assert not [line for line in told_of if "was tried" in line]


def test_without_it_the_newest_of_the_series_is_fetched_and_that_is_said(packages: Packages, root: Path) -> None:
    packages.add("asterisk", NEWER)
    packages.add("asterisk", f"1:{TRIED[0] + 1}.0.0+dfsg-1")
    told_of: list[str] = []
    assert ensure_asterisk(root, progress=told_of.append).version == NEXT
    said = f"Asterisk {told(NEXT)} is what the mirror has; {told(TRIED)} is the one that was tried"
    assert said in told_of


def test_one_that_is_too_old_is_not_fetched_and_leaves_nothing_behind(packages: Packages, root: Path) -> None:
    packages.add("asterisk", f"1:{TRIED[0]}.1.0+dfsg-1")
    with pytest.raises(ProvisionError, match=rf"has Asterisk {TRIED[0]}\.1\.0; {told(FLOOR)} or a newer"):
        make_root(root)
    assert not root.exists()


def test_an_update_takes_the_newest_after_its_trial_and_keeps_the_one_before(packages: Packages, root: Path) -> None:
    packages.add("asterisk", PINNED)
    ensure_asterisk(root)
    packages.add("asterisk", NEWER)
    tried: list[tuple[int, ...]] = []

    def trial(installed: Installation) -> None:
        assert package_in(root) == PINNED, "the present one serves until the trial is over"
        tried.append(installed.version)

    found = update(root, trial, lambda _: None)
    assert found is not None
    assert (found.version, tried) == (NEXT, [NEXT])
    assert (package_in(root), package_in(previous_of(root))) == (NEWER, PINNED)
    assert go_back(root).version == TRIED
    assert (package_in(root), package_in(previous_of(root))) == (PINNED, NEWER)
    assert sorted(one.name for one in root.parent.iterdir()) == ["root", "root.lock", "root.previous"]


def test_a_trial_that_fails_changes_nothing(packages: Packages, root: Path) -> None:
    packages.add("asterisk", PINNED)
    ensure_asterisk(root)
    packages.add("asterisk", NEWER)

    def trial(_: Installation) -> None:
        raise ProvisionError("the trial failed: no call was answered")

    with pytest.raises(ProvisionError, match="no call was answered"):
        update(root, trial, lambda _: None)
    assert package_in(root) == PINNED
    assert sorted(one.name for one in root.parent.iterdir()) == ["root", "root.lock"]


def test_where_there_is_no_newer_one_nothing_is_fetched_and_none_is_older(packages: Packages, root: Path) -> None:
    packages.add("asterisk", NEWER)
    ensure_asterisk(root)
    fetched: list[str] = []
    assert update(root, well, fetched.append) is None
    packages.add("asterisk", PINNED)
    packages.remove(NEWER)
    assert update(root, well, fetched.append) is None
    assert fetched == ["reading the mirror's package index"] * 2
    assert package_in(root) == NEWER


def test_without_one_before_there_is_no_way_back(packages: Packages, root: Path) -> None:
    packages.add("asterisk", PINNED)
    ensure_asterisk(root)
    with pytest.raises(ProvisionError, match="no Asterisk to go back to"):
        go_back(root)
    assert package_in(root) == PINNED


def test_an_update_before_any_was_unpacked_is_told(root: Path) -> None:
    root.parent.mkdir(parents=True)
    with pytest.raises(ProvisionError, match="`make setup` fetches one"):
        update(root, well, lambda _: None)
