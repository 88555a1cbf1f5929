"""What `make check` and the build server look at: all of the code, not a part of it."""

import subprocess
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_type_checker_is_given_every_folder_that_holds_python() -> None:
    mypy = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["mypy"]
    tracked = subprocess.run(
        ["git", "ls-files", "--", "*.py"], cwd=ROOT, check=True, capture_output=True, text=True
    ).stdout.split()
    assert mypy["strict"] is True
    assert {path.split("/")[0] for path in tracked} == set(mypy["files"])


def test_the_build_server_checks_before_it_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-2:] == ["make check", "exec make test"]
