"""The root: quick, and every mistake one line."""

import errno
import subprocess
import sys
import time
from pathlib import Path

import pytest

from acd.cli.main import COMMANDS, main
from tests.acd.cli.conftest import ROOT, Cozum, Records

HEAVY = ("storage", "sqlalchemy", "pydantic", "fastapi", "panoramisk", "acd.engine", "structlog", "msgspec")


def test_help_names_every_command(cozum: Cozum) -> None:
    said = cozum("--help")
    assert said.code == 0
    for name in ("run", "doctor", "simulate", "plan", "report", "agents", "tickets", "journal", "db"):
        assert f"\n  {name} " in said.out
    assert "…" not in said.out
    assert "..." not in said.out.replace("[ARGS]...", "")


@pytest.mark.alone  # it measures the start of a process
def test_help_imports_nothing_it_does_not_need() -> None:
    code = (
        "import sys\nfrom acd.cli.main import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([name for name in sys.modules if name.startswith(" + repr(HEAVY) + ")], file=sys.stderr)"
    )
    began = time.perf_counter()
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    took_s = time.perf_counter() - began
    assert done.stderr.strip() == "[]"
    assert took_s < 3.0  # 0.07 s on an idle machine


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(cozum: Cozum, name: str) -> None:
    said = cozum(name, "--help")
    assert said.code == 0
    assert f"Usage: cozum {name}" in said.out


def test_version(cozum: Cozum) -> None:
    said = cozum("--version")
    assert (said.code, said.out.count(".")) == (0, 2)


@pytest.mark.parametrize(
    ("words", "text"),
    [
        (["agnts"], "cozum: No such command 'agnts'. Did you mean 'agents'?; see `cozum --help`"),
        (["report", "--dya", "x"], "cozum report: No such option"),
        (["agents", "state"], "cozum agents state: Missing argument 'EXTENSION'; see `cozum agents state --help`"),
        (["journal", "show", "--limit", "many"], "cozum journal show: --limit = 'many': "),
        (["report", "--config", "nowhere.toml"], "cozum: nowhere.toml: no such file"),
        (["simulate", "--policy", "magic"], "cozum simulate: "),
    ],
)
def test_wrong_use_is_one_line_and_status_2(cozum: Cozum, words: list[str], text: str) -> None:
    said = cozum(*words)
    assert said.code == 2
    assert said.out == ""
    assert said.err.startswith(text)
    assert said.err.count("\n") == 1


@pytest.mark.parametrize("words", [(), ("agents",), ("journal",), ("db",), ("tickets",)])
def test_without_a_command_the_help_and_status_2(cozum: Cozum, words: tuple[str, ...]) -> None:
    said = cozum(*words)
    assert said.code == 2
    assert f"Usage: {' '.join(('cozum', *words))} " in said.out


def test_every_bad_setting_has_its_line(cozum: Cozum, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COZUM_SIP_PORT", "99999")
    monkeypatch.setenv("COZUM_RING_S", "long")
    said = cozum("report")
    assert said.code == 2
    assert "environment COZUM_SIP_PORT: sip_port = '99999'" in said.err
    assert "environment COZUM_RING_S: ring_s = 'long'" in said.err
    assert said.err.count("\n") == 2


def test_a_reader_who_has_seen_enough_ends_it_quietly(records: Records) -> None:
    show = subprocess.Popen(
        [sys.executable, "-m", "acd.cli", "journal", "show", "--limit", "5000", "--json"],
        cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
    )  # fmt: skip
    assert show.stdout is not None
    assert show.stderr is not None
    show.stdout.close()
    assert show.stderr.read() == b""
    assert show.wait(60) == 0
    show.stderr.close()


def test_a_fault_of_our_own_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch, data_dir: Path) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setattr("acd.cli.db.settings_of", broken)
    with pytest.raises(RuntimeError, match="a bug"):
        main(["db", "current"])


def test_a_file_of_another_user_is_named(
    cozum: Cozum, records: Records, data_dir: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user who does not own data_dir reads what to do, and sees no traceback."""
    exists = Path.exists

    def refused(path: Path) -> bool:
        if data_dir in path.parents:
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return exists(path)

    monkeypatch.setattr(Path, "exists", refused)
    for words in (("report",), ("doctor",), ("backup", data_dir.parent / "copy")):
        said = cozum(*words)
        assert said.code == 1, words
        told = said.out + said.err
        assert f"{data_dir}/" in told, words
        assert "Permission denied" in told, words


def test_simulate_and_plan_are_there(cozum: Cozum) -> None:
    said = cozum("simulate", "--calls", "200", "--json")
    assert said.code == 0
    assert '"answered": 200' in said.out
