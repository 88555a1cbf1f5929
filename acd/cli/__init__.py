"""The command line: `cozum --help`."""

from acd.cli.main import main

__all__ = ["main"]
