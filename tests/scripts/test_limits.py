"""Limits that keep the code readable: of modules, functions, and exceptions for the tools."""

import ast
import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).parents[2]
MODULE, FUNCTION = 450, 60
"""Most lines."""
IGNORES, NOQA = 63, 34
"""Most exceptions for mypy and ruff in all files, tests included. Lower them, never raise them."""
IGNORE = re.compile(r"#\s*type:\s*ignore(\[[a-z, -]+\])?(.*)")
SUPPRESSED = re.compile(r"#\s*noqa(:\s*[A-Z0-9, ]+?)?(?=\s\s|\s*\(|\s-|$)(.*)")


def modules(*, tests: bool) -> Iterator[tuple[str, str]]:
    """Name and text of each Python file. Migrations are history, and no program."""
    listed = subprocess.run(["git", "ls-files", "-z", "*.py"], cwd=ROOT, capture_output=True, check=True, text=True)
    for name in listed.stdout.rstrip("\0").split("\0"):
        if name.startswith("storage/migrations/versions/") or (name.startswith("tests/") and not tests):
            continue
        path = ROOT / name
        if path.is_file():
            yield name, path.read_text("utf-8")


def test_no_module_is_longer_than_can_be_read() -> None:
    lengths = {name: len(text.splitlines()) for name, text in modules(tests=True)}
    assert len(lengths) > 800
    assert {name: length for name, length in lengths.items() if length > MODULE} == {}


def test_no_function_is_longer_than_a_screen() -> None:
    lengths = {
        f"{name}:{node.lineno} {node.name}": (node.end_lineno or 0) - node.lineno + 1
        for name, text in modules(tests=False)
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }
    assert len(lengths) > 2000
    assert {name: length for name, length in lengths.items() if length > FUNCTION} == {}


def exceptions(pattern: re.Pattern[str]) -> dict[str, str]:
    """The reason beside each exception, by place."""
    return {
        f"{name}:{number}": found[2].strip(" #-()")
        for name, text in modules(tests=True)
        if name != "tests/scripts/test_limits.py"
        for number, line in enumerate(text.splitlines(), 1)
        if (found := pattern.search(line))
    }


def test_exceptions_from_types_are_few_and_have_their_reason() -> None:
    found = exceptions(IGNORE)
    assert 0 < len(found) <= IGNORES
    assert [place for place, reason in found.items() if not reason] == []


def test_exceptions_from_lint_are_few_and_have_their_reason() -> None:
    found = exceptions(SUPPRESSED)
    assert 0 < len(found) <= NOQA
    assert [place for place, reason in found.items() if not reason] == []
