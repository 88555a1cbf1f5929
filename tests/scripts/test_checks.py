"""What the project is checked with and built from: all of the code is looked at, and every package it uses is named."""

import ast
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path
from typing import Any

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parents[2]
PROJECT: dict[str, Any] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
NEVER_IMPORTED = {
    "adhanpy",  # prayer times: named ahead of the code that uses it
    "asyncpg",  # SQLAlchemy loads it by the name in database_url
    "greenlet",  # SQLAlchemy's asyncio stands on it
    "pydantic",  # comes with pydantic-settings and FastAPI, whose versions must agree on it
    "starlette",  # comes with FastAPI, which names the versions it works with
    "tzdata",  # zoneinfo reads it
}
OPTIONAL = {"matplotlib"}
"""Imported where a plot is asked for; the command says when it is missing."""


def python_files(*folders: str) -> list[str]:
    listed = subprocess.run(
        ["git", "ls-files", "--", *(f"{folder}/*.py" for folder in folders or (".",))],
        cwd=ROOT,
        check=True,
        capture_output=True,
        text=True,
    )
    return listed.stdout.split()


def imported(folders: list[str]) -> Iterator[str]:
    """The distributions whose modules are imported in these folders."""
    known = packages_distributions()
    for path in python_files(*folders):
        for node in ast.walk(ast.parse((ROOT / path).read_text("utf-8"))):
            if isinstance(node, ast.Import):
                modules = [alias.name for alias in node.names]
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                modules = [node.module]
            else:
                continue
            for module in modules:
                top = module.split(".")[0]
                if top not in sys.stdlib_module_names:
                    yield from (canonicalize_name(name) for name in known.get(top, []))


def named(requirements: list[str]) -> dict[str, Requirement]:
    parsed = [Requirement(text) for text in requirements]
    return {canonicalize_name(one.name): one for one in parsed}


def locked() -> dict[str, str]:
    lines = (ROOT / "requirements.lock").read_text("utf-8").splitlines()
    pins = [line.split(";")[0].rstrip(" \\").split("==") for line in lines if line[:1].isalnum()]
    return {canonicalize_name(name): version for name, version in pins}


def test_the_type_checker_is_given_every_folder_that_holds_python() -> None:
    mypy = PROJECT["tool"]["mypy"]
    assert mypy["strict"] is True
    assert {path.split("/")[0] for path in python_files()} == set(mypy["files"])


def test_the_build_server_checks_before_it_tests() -> None:
    lines = (ROOT / ".ci" / "run").read_text("utf-8").splitlines()
    assert lines[-2:] == ["make check", "exec make test"]


def test_the_packages_the_system_needs_are_those_it_imports() -> None:
    shipped = PROJECT["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]
    assert named(PROJECT["project"]["dependencies"]).keys() - NEVER_IMPORTED == (
        set(imported(shipped)) - NEVER_IMPORTED - OPTIONAL - {"cozum"}
    )


def test_what_we_reach_into_has_a_floor_and_a_cap() -> None:
    dependencies = named(PROJECT["project"]["dependencies"])
    for name in ("aiosqlite", "sqlalchemy", "uvicorn"):
        assert {one.operator for one in dependencies[name].specifier} == {">=", "<"}, name


def test_the_lock_holds_what_is_asked_for_and_names_no_index() -> None:
    pins = locked()
    project = PROJECT["project"]
    for name, requirement in named(project["dependencies"] + project["optional-dependencies"]["dev"]).items():
        assert requirement.specifier.contains(pins[name]), f"{requirement} is locked to {pins[name]}: run `make lock`"
    text = (ROOT / "requirements.lock").read_text("utf-8")
    assert "http" not in text.replace("httpcore", "").replace("httptools", "").replace("httpx", "")
    assert "--index" not in text
    assert "--find-links" not in text
