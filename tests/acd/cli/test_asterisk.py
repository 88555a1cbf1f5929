"""`cozum asterisk`: the report on the serving Asterisk. A real update: tests/integration/test_update.py."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from acd.asterisk.provision import RECORD, Installation
from acd.asterisk.release import TRIED, told
from acd.cli import check_asterisk

from .conftest import Cozum


def installed(folder: Path, version: tuple[int, ...], package: str = "") -> Installation:
    """One in a root folder, of which only the file's time and the record count."""
    folder.mkdir(exist_ok=True)
    (folder / "asterisk").touch()
    if package:
        (folder / RECORD).write_text(json.dumps({"package": package, "unpacked_at": 1_764_000_000}))
    return Installation((str(folder / "asterisk"),), version, folder, folder, folder)


def here(monkeypatch: pytest.MonkeyPatch, found: Installation | None, *, own: bool = False) -> None:
    if own and found is not None:
        found = replace(found, root=None)
    for module in ("acd.asterisk.provision", "acd.cli.check_asterisk"):
        monkeypatch.setattr(f"{module}.find_host_asterisk", lambda: found if own else None)
        monkeypatch.setattr(f"{module}.open_root", lambda folder: found if folder.name == "root" else None)


def test_what_serves(cozum: Cozum, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here(monkeypatch, installed(tmp_path / "root", TRIED, "1:x-1"))
    said = cozum("asterisk", "show")
    assert said.code == 0
    assert said.out.startswith(f"Asterisk {told(TRIED)} (1:x-1; built ")
    assert "unpacked 2025-11-24)" in said.out
    shown = json.loads(cozum("asterisk", "show", "--json").out)
    assert (shown["version"], shown["package"], shown["own"]) == (told(TRIED), "1:x-1", False)
    assert (shown["remarks"], shown["previous"]) == ([], None)


def test_one_that_nobody_tried_is_remarked(cozum: Cozum, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here(monkeypatch, installed(tmp_path / "root", (TRIED[0], 99, 0)))
    assert f"! not tried: {told(TRIED)} was" in cozum("asterisk", "show").out


def test_where_there_is_none_the_way_out_is_told(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    here(monkeypatch, None)
    said = cozum("asterisk", "show")
    assert (said.code, said.err) == (1, "cozum: there is no Asterisk here yet: `make setup` fetches one\n")


def test_the_machines_own_is_left_to_the_machine(cozum: Cozum, monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    here(monkeypatch, installed(tmp_path / "usr", (20, 6, 0)), own=True)
    said = cozum("asterisk", "update")
    assert said.code == 1
    assert "this machine's own Asterisk: update it by the system's packages" in said.err


def test_doctor_tells_release_and_age(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    found = installed(tmp_path / "root", TRIED, "1:x-1")
    here(monkeypatch, found)
    built = found.release.built_at
    assert built is not None
    [well] = check_asterisk.check_release(built + 3 * 86_400)
    assert well.verdict == "ok"
    assert "3 days ago" in well.text
    [old] = check_asterisk.check_release(built + 300 * 86_400)
    assert old.verdict == "warning"
    assert "300 days old" in old.text
    assert old.text.endswith("; `cozum asterisk update` tries the newest")
    here(monkeypatch, None)
    [none] = check_asterisk.check_release(built)
    assert none.verdict == "unknown"
