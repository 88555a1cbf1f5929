"""Compiled modules are used as long as their sources are as they were."""

from importlib.util import find_spec
from pathlib import Path

import pytest

from acd.lib.compiled_modules import FOLDER, MANIFEST, Finder, digest, fresh, manifest

NAME = "acd.engine.core"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A clone with one source, and what was compiled of it."""
    (tmp_path / "acd").mkdir()
    source = tmp_path / "acd" / "core.py"
    source.write_text("ONE = 1\n")
    folder = tmp_path / FOLDER
    folder.mkdir(parents=True)
    (folder / "core.so").write_bytes(b"")
    (folder / MANIFEST).write_text(manifest({"acd/core.py": digest(source)}, {NAME: "core.so"}))
    return tmp_path


def test_what_was_compiled_of_these_sources_is_found(clone: Path) -> None:
    assert fresh(clone) == {NAME: clone / FOLDER / "core.so"}
    spec = Finder(clone).find_spec(NAME)
    assert spec is not None
    assert spec.origin == str(clone / FOLDER / "core.so")
    assert Finder(clone).find_spec("acd.engine.rules") is None, "not compiled: its source is imported"


@pytest.mark.parametrize("text", ["ONE = 2\n", None], ids=["changed", "gone"])
def test_a_source_that_is_another_one_is_imported_itself(clone: Path, text: str | None) -> None:
    source = clone / "acd" / "core.py"
    source.unlink() if text is None else source.write_text(text)
    assert fresh(clone) == {}
    assert Finder(clone).find_spec(NAME) is None


@pytest.mark.parametrize(
    "text", ["", "{", "[]", "{}", '{"python": "other", "sources": {}, "modules": {"x": "y"}}', None]
)
def test_a_manifest_that_tells_nothing_is_none(clone: Path, text: str | None) -> None:
    path = clone / FOLDER / MANIFEST
    path.unlink() if text is None else path.write_text(text)
    assert fresh(clone) == {}


def test_what_is_not_the_engines_asks_for_no_look_at_the_sources(clone: Path) -> None:
    finder = Finder(clone)
    assert finder.find_spec("acd.desk.app") is None
    (clone / FOLDER / MANIFEST).unlink()
    assert finder.find_spec(NAME) is None


def test_tests_import_the_sources() -> None:
    spec = find_spec(NAME)
    assert spec is not None
    assert str(spec.origin).endswith("core.py")
