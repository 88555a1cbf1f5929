"""What all sub-commands share: options, errors, and output: tables on a terminal, plain columns in a pipe."""

import json
import shutil
import sys
import textwrap
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.settings import Settings

WRONG_USE, NOT_WELL = 2, 1
"""Exit statuses: what was asked for cannot be, or what was looked at is not well."""

Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings; by default cozum.toml in this folder, if there is one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Numbers = Annotated[bool, typer.Option("--numbers", help="Show personal data too: callers' numbers and names.")]

HIDDEN = "•••"
"""Stands for a number or name that is not shown."""


class CliError(Exception):
    """Ends the command with its text, a line for each fault: key, value, way out."""

    def __init__(self, text: str, code: int = NOT_WELL) -> None:
        super().__init__(text)
        self.code = code


def markup() -> Literal["rich"] | None:
    """How help is drawn: with frames on a terminal, plain in a pipe."""
    return "rich" if sys.stdout.isatty() else None


def new_app(text: str) -> typer.Typer:
    """A group of sub-commands (or, with one command, that command)."""
    return typer.Typer(help=text, add_completion=False, rich_markup_mode=markup(), no_args_is_help=True)


def settings_of(config: Path | None) -> "Settings":
    """The settings. Raises `SettingsError`."""
    from acd.settings import load_settings

    return load_settings(config)


# --- output


def print_json(value: Any) -> None:
    """One JSON document."""
    print(json.dumps(value, ensure_ascii=False, indent=2))


def note(text: str) -> None:
    """A line for the person at the keyboard, beside the output."""
    print(text, file=sys.stderr)


Row = Sequence[object]


def print_table(
    headings: Sequence[str], rows: Sequence[Row], *, title: str = "", right: Sequence[str] = (), foot: Row | None = None
) -> None:
    """Rows as a table on a terminal; in a pipe as columns two blanks apart, headings first, nothing cut.

    None shows as –. `right` names the columns of numbers."""
    texts = [[cell_text(cell) for cell in row] for row in rows]
    last = [cell_text(cell) for cell in foot] if foot is not None else None
    if sys.stdout.isatty():
        _print_rich(headings, texts, title, right, last)
    else:
        _print_plain(headings, texts, title, right, last)


def cell_text(cell: object) -> str:
    """A cell's text."""
    if cell is None:
        return "–"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


def _print_rich(
    headings: Sequence[str], rows: list[list[str]], title: str, right: Sequence[str], foot: list[str] | None
) -> None:
    from rich import box
    from rich.console import Console
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, title=title or None, title_justify="left", title_style="bold", pad_edge=False)
    table.show_footer = foot is not None
    for place, heading in enumerate(headings):
        align: Literal["left", "right"] = "right" if heading in right else "left"
        footer = Text(foot[place], style="bold") if foot else Text("")
        table.add_column(Text(heading), justify=align, overflow="fold", footer=footer)
    for row in rows:
        table.add_row(*(Text(cell) for cell in row))  # text, not markup: a caller's name may hold brackets
    Console(highlight=False).print(table)


def _print_plain(
    headings: Sequence[str], rows: list[list[str]], title: str, right: Sequence[str], foot: list[str] | None
) -> None:
    every = [list(headings), *rows, *([foot] if foot else [])]
    widths = [max(len(row[place]) for row in every) for place in range(len(headings))]
    if title:
        print(title)
    for row in every:
        cells = [
            cell.rjust(width) if heading in right else cell.ljust(width)
            for heading, cell, width in zip(headings, row, widths, strict=True)
        ]
        print("  ".join(cells).rstrip())


def marked(ok: bool) -> str:
    """✓ or ✗, coloured on a terminal."""
    mark = "✓" if ok else "✗"
    return typer.style(mark, fg="green" if ok else "red", bold=True) if sys.stdout.isatty() else mark


def dim(text: str) -> str:
    """Text of less weight, on a terminal."""
    return typer.style(text, dim=True) if sys.stdout.isatty() else text


def strong(text: str) -> str:
    """Text of more weight, on a terminal."""
    return typer.style(text, bold=True) if sys.stdout.isatty() else text


def wrapped(text: str, lead: str) -> str:
    """`lead` and text; on a terminal wrapped to its width, under each other."""
    if not sys.stdout.isatty():
        return lead + text
    return textwrap.fill(
        text,
        max(60, shutil.get_terminal_size().columns),
        initial_indent=lead,
        subsequent_indent=" " * len(lead),
        break_long_words=False,
        break_on_hyphens=False,
    )


@contextmanager
def progress(text: str, total: float | None) -> "Iterator[Callable[[float], None]]":
    """Shows how far long work is: on a terminal, on standard error. `done(so_far)` moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    with Progress(*columns, console=Console(stderr=True), transient=True) as bar:
        task = bar.add_task(text, total=total)
        yield lambda so_far: bar.update(task, completed=so_far)


# --- times


def local(at: float | None, zone: ZoneInfo) -> str:
    """A time as people on the line's clock read it: `2025-11-24 18:04:12.315`."""
    if at is None:
        return "–"
    return datetime.fromtimestamp(round(at, 3), zone).isoformat(sep=" ", timespec="milliseconds")[:23]


def rfc3339(at: float | None) -> str | None:
    """A time as the API writes it, `2025-11-24T15:04:12.315Z`."""
    if at is None:
        return None
    return datetime.fromtimestamp(round(at, 3), UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def duration(seconds: float | None) -> str:
    """Seconds for people: `3.2 s`, `4 min 05 s`, `2 h 03 min`, `3 d 4 h`."""
    if seconds is None:
        return "–"
    if seconds < 59.95:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    if whole < 3600:
        return f"{whole // 60} min {whole % 60:02d} s"
    if whole < 86_400:
        return f"{whole // 3600} h {whole % 3600 // 60:02d} min"
    return f"{whole // 86_400} d {whole % 86_400 // 3600} h"


def quiet_logs() -> None:
    """Libraries and adapters log what the command itself tells in better words."""
    import logging

    import structlog

    def drop(_logger: Any, _method: str, _event: Any) -> Any:
        raise structlog.DropEvent

    logging.disable(logging.CRITICAL)
    structlog.configure(processors=[drop])
