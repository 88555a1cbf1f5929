"""The list of attacks, and the report of a result."""

import ast
from pathlib import Path

import acd.attack
from acd.attack.attack import Outcome
from acd.attack.run import attacks
from acd.cli.attack import as_check, finding, verdict

FOLDER = Path(acd.attack.__file__).parent


def test_every_module_of_plays_is_an_attack() -> None:
    modules = [file.stem for file in (FOLDER / "plays").glob("*.py") if file.stem != "__init__"]
    found = attacks()
    assert len(found) == len(modules)
    assert len({one.name for one in found}) == len(found)
    assert all(len(one.name) <= 12 and one.what for one in found)
    ends = [one.ends_engine for one in found]
    assert ends == sorted(ends), "those that end the engine come last"


def test_it_is_shipped_so_it_imports_no_tools_of_tests() -> None:
    for file in FOLDER.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_text("utf-8"))):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            assert not {name.partition(".")[0] for name in names} & {"bench", "tests", "pytest", "httpx", "psutil"}, (
                file
            )


def test_what_is_told() -> None:
    clean = Outcome("REFER", "sending on", tried=4)
    assert finding(clean).verdict == "ok"
    assert finding(clean).text == "4 tries: sending on: nothing left, nothing moved"
    found = Outcome("REFER", "sending on", tried=4, left=["a", "b", "c", "d"], moved=["e"])
    assert finding(found).verdict == "bad"
    assert finding(found).text == "4 tries: sending on: left: a, b, c and 1 more; moved: e"
    assert as_check(finding(found), found)["left"] == ["a", "b", "c", "d"]
    assert verdict(0, 15).startswith("safe as far as 15 attacks can tell")
    assert verdict(2, 15) == "not safe: 2 of 15 attacks came to something"


def test_what_could_not_be_tried_is_not_clean() -> None:
    outcome = Outcome("REFER", "sending on", unplayed=["the phone of 1001 could not register (0)"])
    assert not outcome.is_clean
    assert finding(outcome).verdict == "bad"
    assert "not tried: the phone of 1001" in finding(outcome).text
