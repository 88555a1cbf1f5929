"""Finding an Asterisk and choosing where to fetch one. That a fetched one runs is shown by test_instance."""

import subprocess
import sys
from pathlib import Path

import pytest

from acd.asterisk.mirror import (
    ProvisionError,
    Source,
    choose_source,
    host_sources,
    os_release,
    parse_deb822,
    parse_one_line,
)
from acd.asterisk.provision import (
    ensure_asterisk,
    find_host_asterisk,
    make_root,
    open_root,
    parse_version,
)
from acd.asterisk.release import OLDEST

DEB822 = """\
# the machine's own folder
Types: deb
URIs: file:/usr/share/packages
Suites: ./
Trusted: yes

Types: deb deb-src
URIs: http://mirror.invalid/debian
Suites: trixie trixie-updates
Components: main
Signed-By:
 -----BEGIN PGP PUBLIC KEY BLOCK-----
 .
 abc

Types: deb
Enabled: no
URIs: http://off.invalid/debian
Suites: trixie

Types: deb-src
URIs: http://sources.invalid/debian
Suites: trixie
"""

ONE_LINE = """\
# deb http://commented.invalid/ubuntu noble main
deb [arch=amd64 signed-by=/usr/share/keyrings/own.gpg] https://mirror.invalid/ubuntu noble main restricted
deb-src https://mirror.invalid/ubuntu noble main
deb cdrom:[Ubuntu]/ noble main
"""

DEBIAN = {"ID": "debian", "VERSION_CODENAME": "trixie"}
UBUNTU = {"ID": "ubuntu", "VERSION_CODENAME": "noble"}


def test_versions() -> None:
    assert parse_version("Asterisk 22.10.1+dfsg+~cs6.17\n") == (22, 10, 1)
    assert parse_version("Asterisk 20.6.0~dfsg+~cs6.13\n") == (20, 6, 0)
    assert parse_version("Asterisk certified/20.7-cert2\n") == (20, 7)
    assert parse_version("Asterisk GIT-master-abc\n") is None
    assert parse_version("") is None


def test_sources_of_both_formats_are_read(tmp_path: Path) -> None:
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list").write_text(ONE_LINE)
    (tmp_path / "sources.list.d/debian.sources").write_text(DEB822)
    (tmp_path / "sources.list.d/debian.sources.save").write_text("Types: deb\nURIs: http://old.invalid\nSuites: x\n")
    uris = [uri for source in host_sources(tmp_path) for uri in source.uris]
    assert uris == [
        "https://mirror.invalid/ubuntu",
        "cdrom:[Ubuntu]/",
        "file:/usr/share/packages",
        "http://mirror.invalid/debian",
    ]


def test_trust_is_kept_as_the_host_has_it() -> None:
    (source, _) = parse_one_line(ONE_LINE)
    assert source.trust == (("signed-by", "/usr/share/keyrings/own.gpg"),)
    (_, source) = parse_deb822(DEB822)
    assert dict(source.trust)["signed-by"].splitlines()[1:] == [
        " -----BEGIN PGP PUBLIC KEY BLOCK-----",
        " .",
        " abc",
    ]


def test_debian_fetches_from_unstable_and_never_from_a_folder(tmp_path: Path) -> None:
    stanza = choose_source(DEBIAN, parse_deb822(DEB822), tmp_path)
    assert "URIs: http://mirror.invalid/debian\nSuites: sid\nComponents: main\nsigned-by:" in stanza
    assert "file:" not in stanza


def test_ubuntu_fetches_from_its_own_release_with_universe(tmp_path: Path) -> None:
    (tmp_path / "ubuntu-archive-keyring.gpg").touch()
    sources = [Source(("http://other.invalid/ppa",), ("jammy",)), Source(("http://mirror.invalid/ubuntu",), ("noble",))]
    assert choose_source(UBUNTU, sources, tmp_path) == (
        "Types: deb\nURIs: http://mirror.invalid/ubuntu\nSuites: noble noble-updates\nComponents: main universe\n"
        f"signed-by: {tmp_path}/ubuntu-archive-keyring.gpg\n"
    )


@pytest.mark.parametrize(
    ("release", "sources", "way_out"),
    [
        ({"ID": "arch"}, [], "install asterisk and see that it is on PATH"),
        ({}, [], "install asterisk"),
        (DEBIAN, [], "give /etc/apt a mirror"),
        (DEBIAN, [Source(("file:/srv",), ("trixie",))], "give /etc/apt a mirror"),
    ],
)
def test_where_nothing_can_be_fetched_one_line_names_the_way_out(
    release: dict[str, str], sources: list[Source], way_out: str
) -> None:
    with pytest.raises(ProvisionError) as caught:
        choose_source(release, sources)
    assert way_out in str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_mirror_that_does_not_answer_leaves_nothing_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    stanza = "Types: deb\nURIs: http://127.0.0.1:9/debian\nSuites: sid\nComponents: main\nTrusted: yes\n"
    monkeypatch.setattr("acd.asterisk.provision.choose_source", lambda *_: stanza)
    with pytest.raises(ProvisionError, match=r"mirror cannot be read .*E: ") as caught:
        make_root(tmp_path / "root")
    assert "\n" not in str(caught.value)
    assert list(tmp_path.iterdir()) == []


def test_half_a_root_is_none(tmp_path: Path) -> None:
    (tmp_path / "usr/sbin").mkdir(parents=True)
    (tmp_path / "usr/sbin/asterisk").touch()
    assert open_root(tmp_path) is None


def _host_program(folder: Path, version: str) -> None:
    program = folder / "asterisk"
    program.write_text(f"#!/bin/sh\necho 'Asterisk {version}'\n")
    program.chmod(0o755)


def test_an_old_asterisk_of_the_host_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    _host_program(tmp_path, "18.10.0")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert find_host_asterisk() is None


def test_os_release() -> None:
    assert os_release('ID=debian\nVERSION_CODENAME="trixie"\n\n# x\n') == DEBIAN


def test_there_is_an_asterisk_here_and_a_second_look_finds_the_same() -> None:
    found = ensure_asterisk()
    assert found.version[0] >= OLDEST
    assert (found.modules_dir / "chan_pjsip.so").exists()
    assert ensure_asterisk() == found


def test_set_up_is_silent_when_there_is_nothing_to_do() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "acd.asterisk.provision"], capture_output=True, text=True, timeout=60, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
