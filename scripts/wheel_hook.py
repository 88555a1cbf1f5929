"""Hatchling's hook: a wheel holds what a clone has for running, though not all of it lies in a package or in git."""

import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WhatRunningNeeds(BuildHookInterface):  # type: ignore[misc]  # hatchling is there while a wheel is built
    """Puts Asterisk's configuration and the prompts into the package `acd` (`acd/lib/shipped.py` finds them there), and
    refuses to make a wheel that would serve no pages. An editable install uses the clone's files, and may be made
    before the pages.

    Where the clone's engine is compiled, the wheel holds it so too, and is for this Python and system only."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build. Raises `RuntimeError`."""
        if version == "editable":
            return
        if not (Path(self.root) / "console" / "static" / "wall.html").is_file():
            raise RuntimeError("console/static holds no pages: run `make web` first")
        build_data["force_include"]["asterisk-conf"] = "acd/asterisk-conf"
        sys.path.insert(0, self.root)
        from acd.lib import compiled_modules

        compiled = compiled_modules.fresh(Path(self.root))
        for file in compiled.values():
            build_data["force_include"][str(file)] = str(file.relative_to(Path(self.root) / compiled_modules.FOLDER))
        if compiled:
            build_data.update(pure_python=False, infer_tag=True)
