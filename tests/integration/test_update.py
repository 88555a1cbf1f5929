"""An Asterisk is tried before it serves: a private line of it takes a call, and one that cannot is refused."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from acd.asterisk.mirror import ProvisionError
from acd.asterisk.provision import Installation, ensure_asterisk
from acd.attack.trial import try_call
from acd.config.settings import Settings
from tests.acd.asterisk.private import processes_of

PATIENT_S = 120.0
"""A busy machine may need so long to start a line and let it take a call; whoever updates waits for less."""


@pytest.fixture
def temporary(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Where the trial's folder is made; empty and without processes afterwards."""
    folder = tmp_path / "tmp"
    folder.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(folder))
    monkeypatch.setattr("acd.attack.line.READY_S", PATIENT_S)
    monkeypatch.setattr("acd.attack.trial.WITHIN_S", PATIENT_S)
    yield folder
    assert list(folder.iterdir()) == []
    assert processes_of(folder) == []


def test_one_that_takes_a_call_passes(temporary: Path) -> None:
    try_call(Settings(), ensure_asterisk())


@pytest.mark.parametrize(
    ("module", "words"),
    [("res_agi.so", "this Asterisk has no res_agi.so"), ("app_dial.so", "this Asterisk has no app_dial.so")],
)
def test_one_that_lacks_a_module_is_refused(temporary: Path, tmp_path: Path, module: str, words: str) -> None:
    with pytest.raises(ProvisionError, match=f"the trial failed: .*{words}"):
        try_call(Settings(), without(ensure_asterisk(), tmp_path / "modules", module))


def test_one_whose_calls_are_not_answered_is_refused(temporary: Path, tmp_path: Path) -> None:
    """It starts, and its phones cannot be rung: a module is there by name only."""
    crippled = without(ensure_asterisk(), tmp_path / "modules", "app_dial.so")
    (crippled.modules_dir / "app_dial.so").write_bytes(b"no module")
    with pytest.raises(ProvisionError, match=r"the trial failed: .* talks with a caller"):
        try_call(Settings(), crippled)


def without(installed: Installation, folder: Path, module: str) -> Installation:
    """The same Asterisk with a folder of modules that lacks one."""
    folder.mkdir()
    for file in installed.modules_dir.iterdir():
        if file.name != module:
            (folder / file.name).symlink_to(file)
    return replace(installed, modules_dir=folder)
