"""`make test` runs all tests, in four parts, and fails if a part does."""

import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PASSES, FAILS, NO_TESTS = 0, 1, 5
OTHER = "def test_other(): assert {other}\n"
ALONE = "@__import__('pytest').mark.alone\ndef test_alone(): assert {alone}\n"
LISTENS = "@__import__('pytest').mark.listens\ndef test_listens(): assert {listens}\n"
COMPUTES = "@__import__('pytest').mark.computes\ndef test_computes(): assert {computes}\n"


@pytest.mark.parametrize(
    ("code", "exits"),
    [
        (ALONE, PASSES),
        ("", NO_TESTS),
        (OTHER.replace("{other}", "False") + ALONE, FAILS),
        (OTHER + ALONE.replace("{alone}", "False"), FAILS),
        (COMPUTES, PASSES),
        (COMPUTES.replace("{computes}", "False") + OTHER + ALONE, FAILS),
        (LISTENS, PASSES),
        (LISTENS.replace("{listens}", "False") + OTHER + ALONE, FAILS),
    ],
    ids=[
        *("alone only", "none", "one fails", "alone fails", "computes only", "what computes fails"),
        *("listens only", "what listens fails"),
    ],
)
def test_a_part_without_tests_is_no_failure_and_any_other_is(code: str, exits: int, tmp_path: Path) -> None:
    for part in ("{other}", "{alone}", "{computes}", "{listens}"):
        code = code.replace(part, "True")
    (tmp_path / "test_it.py").write_text(code, "utf-8")
    command: list[str | Path] = [
        ROOT / "scripts/tests",
        "-q",
        "-c",
        ROOT / "pyproject.toml",
        "--rootdir",
        tmp_path,
        "-n",
        "0",
        tmp_path,
    ]
    done = subprocess.run(command, capture_output=True, check=False, text=True)
    assert done.returncode == exits, done.stdout + done.stderr
