"""What is not served beyond loopback."""

import os
import subprocess
import sys
from contextlib import nullcontext
from pathlib import Path

import pytest

from acd.config import exposure
from acd.config.exposure import guessable, refuse_root, remember
from acd.config.settings import Settings
from acd.engine.model.errors import BadConfig
from acd.supervisor.prepare import CannotRun, prepare
from agents.directory import Agent
from agents.pins import SALT_BYTES, hash_pin, verify_pin

OUTSIDE = "192.0.2.1"


def agent(extension: str, pin: str, password: str = "a-good-one-indeed") -> Agent:
    hashed = hash_pin(pin, extension.encode().ljust(SALT_BYTES, b"."))
    return Agent(extension=extension, name=f"Agent {extension}", pin_hash=hashed, sip_password=password)


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The PINs that were tried."""
    pins: list[str] = []

    def noted(pin: str, pin_hash: str) -> bool:
        pins.append(pin)
        return verify_pin(pin, pin_hash)

    monkeypatch.setattr(exposure, "verify_pin", noted)
    return pins


def test_a_pin_that_is_the_extension_is_refused_beyond_loopback(tmp_path: Path) -> None:
    agents = [agent("1001", "1001"), agent("1002", "7391"), agent("2003", "2003")]
    (fault,) = guessable(Settings(data_dir=tmp_path, bind_host=OUTSIDE), agents)
    assert "bind_host = '192.0.2.1': the PIN of agents 1001, 2003 in " in fault
    assert guessable(Settings(data_dir=tmp_path), agents) == []


def test_the_demo_is_refused_for_both(tmp_path: Path) -> None:
    faults = guessable(Settings(data_dir=tmp_path, bind_host=OUTSIDE), [agent("1001", "1001", "demo1001")])
    assert ["demo password" in faults[0], "the PIN of" in faults[1]] == [True, True]


def test_a_pin_is_tried_once(tmp_path: Path, tried: list[str]) -> None:
    """A start with hundreds of agents must not take seconds for it."""
    settings = Settings(data_dir=tmp_path, bind_host=OUTSIDE)
    agents = [agent("1001", "7391"), agent("1002", "7392")]
    assert guessable(settings, agents) == []
    assert tried == ["1001", "1002"]
    remember(settings, agents)
    assert (tmp_path / exposure.CHECKED).stat().st_mode & 0o077 == 0
    changed = [agents[0], agent("1002", "1002")]
    (fault,) = guessable(settings, changed)
    assert "the PIN of agents 1002" in fault
    assert tried == ["1001", "1002", "1002"]


def test_to_look_changes_nothing(tmp_path: Path, tried: list[str]) -> None:
    guessable(Settings(data_dir=tmp_path, bind_host=OUTSIDE), [agent("1001", "7391")])
    remember(Settings(data_dir=tmp_path), [agent("1001", "7391")])
    assert list(tmp_path.iterdir()) == []
    assert tried == ["1001"]


@pytest.mark.parametrize(("uid", "host", "refused"), [
    (0, OUTSIDE, True), (0, "127.0.0.1", False), (0, "localhost", False), (1000, OUTSIDE, False),
    (0, "0.0.0.0", True), (0, "::", True),
])  # fmt: skip
def test_root_serves_on_loopback_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, uid: int, host: str, refused: bool
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: uid)
    settings = Settings(data_dir=tmp_path, bind_host=host)
    with pytest.raises(BadConfig, match="root serves on loopback only") if refused else nullcontext():
        refuse_root(settings)


def test_a_start_as_root_beyond_loopback_ends_before_anything_is_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    settings = Settings(data_dir=tmp_path / "data", bind_host=OUTSIDE)
    with pytest.raises(CannotRun, match="a user of its own with run_as"):
        prepare(settings)
    assert not (tmp_path / "data").exists()


def test_the_line_alone_refuses_root_too(tmp_path: Path) -> None:
    program = (
        "import os, sys; os.geteuid = lambda: 0; "
        "from acd.line.app import run; from acd.config.settings import Settings; "
        f"sys.exit(run(Settings(data_dir={str(tmp_path / 'data')!r}, bind_host={OUTSIDE!r})))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 1
    assert done.stderr.startswith("cozum: bind_host = '192.0.2.1': root serves on loopback only")
    assert not (tmp_path / "data").exists()
