"""Çözüm's processes and the engine: the line, the desk and what starts and watches them (docs/architecture.md)."""

from acd.lib import compiled_modules

compiled_modules.prefer()
