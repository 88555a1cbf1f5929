"""Draws `docs/cli.md`: every command of `cozum` with its arguments and options, from the program itself."""

from collections.abc import Iterator
from inspect import cleandoc
from pathlib import Path
from typing import Any, get_args

from acd.cli.main import COMMANDS, _loaded


def commands() -> Iterator[tuple[str, Any]]:
    """Every command by the words it is called with, in the order of `cozum --help`."""
    for name in COMMANDS:
        yield from _below(name, _loaded(name))


def _below(words: str, command: Any) -> Iterator[tuple[str, Any]]:
    if not hasattr(command, "commands"):
        yield words, command
        return
    for name, one in command.commands.items():
        if not one.hidden:
            yield from _below(f"{words} {name}", one)


def sections() -> Iterator[str]:
    """The document's parts, a heading for each command."""
    group = ""
    for words, command in commands():
        first = words.partition(" ")[0]
        if first != group:
            group = first
            yield f"## cozum {group}"
            if first != words:
                yield COMMANDS[first][1]
        if first != words:
            yield f"### cozum {words}"
        yield _text(command.help or COMMANDS[first][1])
        rows = [row for one in command.params if (row := _row(one)) is not None]
        if rows:
            yield "\n".join(["| | |", "|---|---|", *(f"| {name} | {text} |" for name, text in rows)])


def _row(parameter: Any) -> tuple[str, str] | None:
    """An argument or option and what it means; None for those that every command has."""
    if parameter.name in ("help", "config") or getattr(parameter, "hidden", False):
        return None
    said = " ".join((getattr(parameter, "help", None) or "").split())
    if parameter.param_type_name == "argument":
        name = f"`{parameter.metavar or parameter.name.upper()}`"
    else:
        name = ", ".join(f"`{one}`" for one in (*parameter.opts, *parameter.secondary_opts))
        if not parameter.is_flag:
            name += f" *{_kind(parameter)}*"
    if parameter.required:
        said = f"{said} Needed.".strip()
    elif parameter.param_type_name == "option" and not parameter.is_flag and _is_plain(parameter.default):
        said = f"{said} By default `{parameter.default}`.".strip()
    return name.replace("|", "\\|"), said.replace("|", "\\|")


def _is_plain(default: object) -> bool:
    return isinstance(default, str | int | float) and not isinstance(default, bool) and default != ""


def _kind(parameter: Any) -> str:
    kind = parameter.type_descriptor.annotation
    kinds = [one for one in get_args(kind) or (kind,) if one is not type(None)]
    if any(not isinstance(one, type) for one in kinds):
        return "/".join(str(one) for one in kinds)
    return {int: "number", float: "number", Path: "path"}.get(kinds[0], "text")


def _text(text: str) -> str:
    """The help as paragraphs, a line each."""
    return "\n\n".join(" ".join(part.split()) for part in cleandoc(text).replace("\b", "").split("\n\n"))
