"""Compile the modules that decide: `python -m scripts.compile [--check]`.

mypyc makes C of typed Python, and gcc makes extension modules of it, in `.cache/compiled`
(`acd/lib/compiled_modules.py` imports them). The engine decides half as fast again with them
(docs/adr/0057-a-compiled-engine.md). If they are of these sources already, nothing is done. `--check` only says by its
exit status whether they are.

Modules that declare structs stay as they are: msgspec reads a field's type when the class is made, and mypyc tells it
less than the source does.
"""

import argparse
import ast
import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path

from acd.lib.compiled_modules import FOLDER, MANIFEST, ROOT, digest, fresh, manifest

ROOMS = ("acd/engine/handlers", "acd/engine/index", "acd/engine/rules")
MODULES = (
    "acd/asterisk/agi_codec.py",
    "acd/asterisk/callerid.py",
    "acd/asterisk/translate.py",
    "acd/asterisk/wire.py",
    "acd/engine/core.py",
    "acd/engine/machine.py",
    "acd/engine/model/transitions.py",
    "acd/engine/timers.py",
    "acd/lib/clock.py",
    "acd/line/runtime.py",
    "acd/link/frames.py",
)
PLAIN_BASES = ("NamedTuple", "Protocol", "Generic", "dict")
"""Of classes that mypyc compiles as they are meant."""


class CannotCompile(Exception):
    """With what mypyc or the compiler said."""


def declares_structs(source: Path) -> bool:
    """Whether a module has a class that is not a plain one."""
    classes = [node for node in ast.walk(ast.parse(source.read_text("utf-8"))) if isinstance(node, ast.ClassDef)]
    return any(
        one.keywords or any(ast.unparse(base).partition("[")[0] not in PLAIN_BASES for base in one.bases)
        for one in classes
    )


def to_compile(root: Path = ROOT) -> list[str]:
    """The sources that are compiled, relative to the clone, in a fixed order."""
    found = [*MODULES]
    for room in ROOMS:
        found += [
            str(path.relative_to(root))
            for path in sorted((root / room).glob("*.py"))
            if path.name != "__init__.py" and not declares_structs(path)
        ]
    return found


def _imported(source: Path, root: Path) -> Iterator[Path]:
    """The modules of ours that a module imports by name."""
    for node in ast.walk(ast.parse(source.read_text("utf-8"))):
        if isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
        elif isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        else:
            continue
        for name in names:
            path = root.joinpath(*name.split(".")).with_suffix(".py")
            if path.is_file():
                yield path


def what_counts(root: Path = ROOT) -> list[str]:
    """All sources that the compiled modules are made of: the listed ones and what they import, directly or not. A
    constant or a function's types may be built into the modules that import it."""
    seen = {root / name for name in to_compile(root)}
    left = list(seen)
    while left:
        new = set(_imported(left.pop(), root)) - seen
        seen |= new
        left += new
    return sorted(str(path.relative_to(root)) for path in seen)


def build(names: Sequence[str], into: Path) -> None:
    """Compile these sources into a folder. Raises `CannotCompile`, also where mypyc would do something else than
    Python: it makes a list of what a generator expression gives, at once."""
    from mypyc.build import mypycify
    from setuptools import setup

    os.environ["CFLAGS"] = f"{os.environ.get('CFLAGS', '')} -w"
    said = io.StringIO()
    with tempfile.TemporaryDirectory(prefix="cozum-compile-") as between:
        try:
            # More than -O1 takes gcc three times as long and decides no faster (measured; docs/adr/0057).
            with contextlib.redirect_stdout(said):
                modules = mypycify(
                    ["--config-file=pyproject.toml", *names],
                    opt_level="1", debug_level="0", target_dir=between, group_name="cozum",
                )  # fmt: skip
            if "warning: " in said.getvalue():
                raise CannotCompile(f"mypyc would compile something else than is meant:\n{said.getvalue()}")
            with contextlib.chdir(between):  # where there is no pyproject.toml, which is not about these
                setup(
                    name="cozum-compiled", packages=[], ext_modules=modules,
                    script_args=["--quiet", "build_ext", f"--build-lib={into.absolute()}", "--build-temp=objects"],
                )  # fmt: skip
        except SystemExit as error:
            raise CannotCompile(f"the engine cannot be compiled: {said.getvalue() or error}") from error


def compile_all() -> None:
    """Compile, and put the result in the place of an older one. Raises `CannotCompile` or `OSError`."""
    sources = {name: digest(ROOT / name) for name in what_counts()}
    folder = ROOT / FOLDER
    new = folder.with_name(f"{folder.name}.new")
    shutil.rmtree(new, ignore_errors=True)
    build(to_compile(), new)
    modules = {
        str(file.relative_to(new)).partition(".")[0].replace(os.sep, "."): str(file.relative_to(new))
        for file in sorted(new.rglob("*.so"))
    }
    (new / MANIFEST).write_text(manifest(sources, modules), "utf-8")
    shutil.rmtree(folder, ignore_errors=True)
    new.rename(folder)


def is_current() -> bool:
    """Whether all that is listed is compiled, of the sources as they are."""
    listed = {name.removesuffix(".py").replace("/", ".") for name in to_compile()}
    return listed <= set(fresh())


def main(arguments: Sequence[str] | None = None) -> int:
    """The command."""
    parser = argparse.ArgumentParser(prog="python -m scripts.compile", description="compile the engine")
    parser.add_argument("--check", action="store_true", help="compile nothing; 0 if all is compiled, 1 if not")
    options = parser.parse_args(arguments)
    os.chdir(ROOT)
    if is_current():
        return 0
    if options.check:
        return 1
    try:
        compile_all()
    except CannotCompile as error:
        print(f"compile: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
