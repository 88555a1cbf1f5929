"""Hatchling's hook: no wheel without the web desk's built pages, which git does not hold."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class PagesAreBuilt(BuildHookInterface):  # type: ignore[misc]  # hatchling is there while a wheel is built
    """Refuses to make a wheel that would serve no pages; an editable install may be made before them."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called before a build. Raises `RuntimeError`."""
        if version != "editable" and not (Path(self.root) / "console" / "static" / "wall.html").is_file():
            raise RuntimeError("console/static holds no pages: run `make web` first")
