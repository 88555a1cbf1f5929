"""What of the engine is compiled, and what mypyc must not be given."""

import subprocess
import sys
from importlib import import_module
from pathlib import Path

import msgspec
import pytest

from acd.lib.compiled_modules import BEFORE
from bench.stack import ROOT
from scripts.compile import declares_structs, to_compile, what_counts


def test_what_decides_is_compiled() -> None:
    listed = set(to_compile())
    assert {"acd/engine/machine.py", "acd/engine/index/queues.py", "acd/engine/rules/matching.py"} <= listed
    handlers = {f"acd/engine/handlers/{path.name}" for path in (ROOT / "acd/engine/handlers").glob("[!_]*.py")}
    assert handlers <= listed
    assert not [name for name in listed if not name.replace("/", ".").startswith(BEFORE)], "nobody would look"


def test_modules_with_structs_stay_sources() -> None:
    assert declares_structs(ROOT / "acd/engine/rules/empty_chair.py")
    for name in to_compile():
        module = import_module(name.removesuffix(".py").replace("/", "."))
        own = [one for one in vars(module).values() if isinstance(one, type) and one.__module__ == module.__name__]
        assert not [one for one in own if issubclass(one, msgspec.Struct)], name


def test_a_module_that_a_compiled_one_imports_counts() -> None:
    counted = what_counts()
    assert set(to_compile()) < set(counted)
    assert "acd/engine/model/state.py" in counted
    assert "acd/engine/rules/empty_chair.py" in counted


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("def f(n: int) -> set[int]:\n    return set(iter(one for one in range(n)))\n", "generator comprehension"),
        ("def f(n: int) -> str:\n    return n\n", "Incompatible return value"),
    ],
    ids=["a generator would be read whole", "a type that is wrong"],
)
def test_what_would_be_something_else_is_refused(text: str, why: str, tmp_path: Path) -> None:
    (tmp_path / "pyproject.toml").write_text("[tool.mypy]\nstrict = true\n")
    (tmp_path / "odd.py").write_text(text)
    asked = "from pathlib import Path\nfrom scripts.compile import *\nbuild(['odd.py'], Path('out'))"
    told = subprocess.run(
        [sys.executable, "-c", f"import sys; sys.path.insert(0, {str(ROOT)!r})\n{asked}"],
        cwd=tmp_path, capture_output=True, text=True, check=False, timeout=120,
    )  # fmt: skip
    assert "CannotCompile" in told.stderr
    assert why in told.stderr
    assert not list(tmp_path.rglob("*.so"))
