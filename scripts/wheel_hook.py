"""Hatchling's hook: a wheel holds what a clone has for running, though not all of it lies in a package or in git."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class WhatRunningNeeds(BuildHookInterface):  # type: ignore[misc]  # hatchling is there while a wheel is built
    """Puts Asterisk's configuration and the prompts into the package `acd` (`acd/lib/shipped.py` finds them there), and
    refuses to make a wheel that would serve no pages. An editable install uses the clone's files, and may be made
    before the pages."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build. Raises `RuntimeError`."""
        if version == "editable":
            return
        if not (Path(self.root) / "console" / "static" / "wall.html").is_file():
            raise RuntimeError("console/static holds no pages: run `make web` first")
        build_data["force_include"]["asterisk-conf"] = "acd/asterisk-conf"
