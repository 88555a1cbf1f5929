"""What all sub-commands share: options, errors, and output: tables on a terminal, plain columns in a pipe."""

import csv
import json
import shutil
import sys
import textwrap
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal
from zoneinfo import ZoneInfo

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.config.settings import Settings


Config = Annotated[
    Path | None, typer.Option("--config", "-c", help="Settings; by default cozum.toml in this folder, if there is one.")
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON.")]
Numbers = Annotated[bool, typer.Option("--numbers", help="Show personal data too: callers' numbers and names.")]

MOMENT_S = 0.4
HIDDEN = "•••"
"""Stands for a number or name that is not shown."""


def markup() -> Literal["rich"] | None:
    """How help is drawn: with frames on a terminal, plain in a pipe."""
    return "rich" if sys.stdout.isatty() else None


def new_app(text: str) -> typer.Typer:
    """A group of sub-commands (or, with one command, that command)."""
    return typer.Typer(help=text, add_completion=False, rich_markup_mode=markup(), no_args_is_help=True)


def settings_of(config: Path | None) -> "Settings":
    """The settings. Raises `SettingsError`."""
    from acd.config.load_settings import load_settings

    return load_settings(config)


# --- output


def print_json(value: Any) -> None:
    """One JSON document."""
    print(json_text(value))


def json_text(value: Any) -> str:
    """A JSON document, for people and programs."""
    return json.dumps(value, ensure_ascii=False, indent=2)


def note(text: str) -> None:
    """A line for the person at the keyboard, beside the output."""
    print(text, file=sys.stderr)


Row = Sequence[object]


def print_table(
    headings: Sequence[str], rows: Sequence[Row], *, title: str = "", right: Sequence[str] = (), foot: Row | None = None
) -> None:
    """Rows as columns, headings first; nothing is ever cut. None shows as –, `right` names the columns of numbers.

    In a pipe a heading is one line; on a terminal it is broken at its blanks, and the columns move closer together
    where they would not fit."""
    every = [[cell_text(cell) for cell in row] for row in ([*rows, foot] if foot is not None else rows)]
    terminal = sys.stdout.isatty()
    heads = [heading.split(" ") if terminal else [heading] for heading in headings]
    widths = [
        max([len(part) for part in parts] + [len(row[place]) for row in every]) for place, parts in enumerate(heads)
    ]
    room = shutil.get_terminal_size().columns
    gap = " " if terminal and sum(widths) + 2 * len(widths) - 2 > room else "  "
    lines = _heading_lines(heads, widths)
    numeric = [heading in right for heading in headings]
    if title:
        print(strong(title))
    for line in lines:
        print(strong(_joined(line, widths, numeric, gap)))
    if terminal:
        print(dim("─" * min(room, sum(widths) + len(gap) * (len(widths) - 1))))
    for place, row in enumerate(every):
        text = _joined(row, widths, numeric, gap)
        print(strong(text) if foot is not None and place == len(every) - 1 else text)


def _heading_lines(heads: Sequence[Sequence[str]], widths: Sequence[int]) -> list[list[str]]:
    """Words of each heading on as few lines as its column is wide for, all headings ending on the last line."""
    columns: list[list[str]] = []
    for parts, width in zip(heads, widths, strict=True):
        lines: list[str] = []
        for part in parts or [""]:
            if lines and len(lines[-1]) + 1 + len(part) <= width:
                lines[-1] += f" {part}"
            else:
                lines.append(part)
        columns.append(lines)
    height = max(len(lines) for lines in columns)
    return [
        [lines[row - height + len(lines)] if row - height + len(lines) >= 0 else "" for lines in columns]
        for row in range(height)
    ]


def _joined(cells: Sequence[str], widths: Sequence[int], numeric: Sequence[bool], gap: str) -> str:
    padded = (
        cell.rjust(width) if right else cell.ljust(width)
        for cell, width, right in zip(cells, widths, numeric, strict=True)
    )
    return gap.join(padded).rstrip()


def cell_text(cell: object) -> str:
    """A cell's text."""
    if cell is None:
        return "–"
    return f"{cell:,}" if isinstance(cell, int) and not isinstance(cell, bool) else str(cell)


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
    """Show the progress of long work: on a terminal, on standard error, if it takes longer than a moment.

    `done(so_far)` moves it on."""
    if not sys.stderr.isatty():
        yield lambda _: None
        return
    from rich.console import Console
    from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeRemainingColumn

    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeRemainingColumn())
    bar = Progress(*columns, console=Console(stderr=True), transient=True)
    task = bar.add_task(text, total=total)
    began = time.monotonic()

    def done(so_far: float) -> None:
        if not bar.live.is_started:
            if time.monotonic() - began < MOMENT_S:
                return
            bar.start()
        bar.update(task, completed=so_far)

    try:
        yield done
    finally:
        bar.stop()


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


def clock_time(seconds: float | None) -> str:
    """Seconds as call centres write them: `0:42`, `13:31`, `7:05:10`."""
    if seconds is None:
        return "–"
    whole = round(seconds)
    minutes = f"{whole // 60 % 60}:{whole % 60:02d}"
    return minutes if whole < 3600 else f"{whole // 3600}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def quiet_logs() -> None:
    """Silence the logs of libraries and adapters: the command itself reports the same in better words."""
    import logging

    import structlog

    def drop(_logger: Any, _method: str, _event: Any) -> Any:
        raise structlog.DropEvent

    logging.disable(logging.CRITICAL)
    structlog.configure(processors=[drop])


def print_csv(rows: list[dict[str, Any]]) -> None:
    """Print rows as CSV, what is nested in columns of its own."""
    writer = csv.writer(sys.stdout, lineterminator="\n")
    flat = [dict(_flat(row)) for row in rows]
    if flat:
        writer.writerow(flat[0])
        writer.writerows(row.values() for row in flat)


def _flat(row: Mapping[str, Any], prefix: str = "") -> list[tuple[str, Any]]:
    found: list[tuple[str, Any]] = []
    for name, value in row.items():
        if isinstance(value, Mapping):
            found += _flat(value, f"{prefix}{name}_")
        else:
            found.append((f"{prefix}{name}", value))
    return found
