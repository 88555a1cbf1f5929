"""The engine's modules, compiled: where a clone holds them, they are imported instead of their sources.

`python -m scripts.compile` compiles the modules it lists into `.cache/compiled`, with a manifest of the sources that it
read. They are used only if each of these sources is as it was and this is the Python they were made for; else the
sources are imported, which do the same more slowly. So whoever changes a source runs what they wrote. A wheel holds the
compiled modules beside the sources, where Python itself prefers them.
"""

import hashlib
import json
import sys
import sysconfig
from collections.abc import Mapping, Sequence
from importlib.abc import MetaPathFinder
from importlib.machinery import ModuleSpec
from importlib.util import spec_from_file_location
from pathlib import Path
from types import ModuleType

ROOT = Path(__file__).resolve().parents[2]
FOLDER = Path(".cache") / "compiled"
"""Below the clone."""
MANIFEST = "manifest.json"
BEFORE = ("acd.asterisk.", "acd.engine.", "acd.lib.clock", "acd.line.", "acd.link.")
"""Compiled modules begin so. Until one is asked for, nobody looks at the sources."""


def manifest(sources: Mapping[str, str], modules: Mapping[str, str]) -> str:
    """The text of a manifest: the digest of each source whose change makes the compiled modules stale, by its path in
    the clone, and the file of each module, by its path beside the manifest."""
    return json.dumps({"python": this_python(), "sources": dict(sources), "modules": dict(modules)}, indent=1)


def this_python() -> str:
    """The name of this Python's binary interface."""
    return str(sysconfig.get_config_var("SOABI"))


def digest(source: Path) -> str:
    """Of a source's bytes. Raises `OSError`."""
    return hashlib.blake2b(source.read_bytes(), digest_size=16).hexdigest()


def fresh(root: Path = ROOT) -> dict[str, Path]:
    """The files of the compiled modules by name; none if there are none or they are not of these sources."""
    folder = root / FOLDER
    try:
        known = json.loads((folder / MANIFEST).read_text("utf-8"))
        if known["python"] != this_python():
            return {}
        if any(digest(root / name) != was for name, was in known["sources"].items()):
            return {}
        return {name: folder / file for name, file in known["modules"].items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError):  # none, half a one, or none of ours
        return {}


class Finder(MetaPathFinder):
    """Finds compiled modules. The sources are looked at when the first module of the engine is imported, so that a
    command that needs no engine does not pay for it."""

    def __init__(self, root: Path = ROOT) -> None:
        self._root = root
        self._modules: dict[str, Path] | None = None

    def find_spec(
        self, fullname: str, path: Sequence[str] | None = None, target: ModuleType | None = None
    ) -> ModuleSpec | None:
        """As Python's import system asks."""
        if self._modules is None:
            if not fullname.startswith(BEFORE):
                return None
            self._modules = fresh(self._root)
        file = self._modules.get(fullname)
        return None if file is None else spec_from_file_location(fullname, file)


def prefer() -> None:
    """Import compiled modules from now on, where there are fresh ones."""
    if (ROOT / FOLDER).is_dir() and not any(isinstance(finder, Finder) for finder in sys.meta_path):
        sys.meta_path.insert(0, Finder())


def leave() -> None:
    """Import the sources from now on."""
    sys.meta_path[:] = [finder for finder in sys.meta_path if not isinstance(finder, Finder)]
