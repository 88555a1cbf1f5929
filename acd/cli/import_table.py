"""Tables of another system's requests: CSV files as spreadsheets and programs write them."""

import csv
import io
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from acd.lib.cli_error import WRONG_USE, CliError
from tickets.importing import COLUMNS, NEEDED, column_of

SEPARATORS = (",", ";", "\t")
WHY = "refused"
"""The column of a file of refused rows that says why; a table that is imported may have it."""


@dataclass(frozen=True, slots=True)
class Line:
    """A row with the line on which it begins. `fault` says what is wrong with its shape; empty: nothing."""

    line: int
    cells: tuple[str, ...]
    values: Mapping[str, str]
    fault: str = ""


@dataclass(frozen=True, slots=True)
class Table:
    """A table as it was read. `headings` are the file's own words, `columns` what they mean."""

    name: str
    separator: str
    headings: tuple[str, ...]
    columns: tuple[str, ...]
    lines: tuple[Line, ...]

    def heading(self, column: str) -> str:
        """The file's own word for a column, or its name where the file has none."""
        return self.headings[self.columns.index(column)] if column in self.columns else column


def read_table(file: Path) -> Table:
    """The table of a file; `-` is standard input. Raises `CliError` for a file that is no such table."""
    stdin = str(file) == "-"
    name = "standard input" if stdin else file.name
    try:
        content = sys.stdin.buffer.read() if stdin else file.read_bytes()
    except OSError as error:
        raise CliError(f"{file}: {error.strerror}", WRONG_USE) from None
    text = _text(content, name)
    first, _, rest = text.partition("\n")
    said = first.strip().removeprefix("sep=") if first.startswith("sep=") else ""
    if said:  # spreadsheets write so which separator follows
        text = rest
    rows = _rows(text, said or _separator(text), name, 1 + bool(said))
    head = next(rows, None)
    if head is None:
        raise CliError(f"{name}: empty; {_ALLOWED}", WRONG_USE)
    columns = _columns([cell.strip() for cell in head[1]], name)
    return Table(
        name="" if stdin else name,
        separator=said or _separator(text),
        headings=tuple(cell.strip() for cell in head[1]),
        columns=columns,
        lines=tuple(_line(at, cells, columns) for at, cells in rows if any(cell.strip() for cell in cells)),
    )


def write_refused(file: Path, table: Table, refused: Sequence[tuple[Line, str]]) -> None:
    """Write refused rows as they were read, each with why; the file can be put right and imported again."""
    kept = [place for place, column in enumerate(table.columns) if column != WHY]
    out = io.StringIO()
    writer = csv.writer(out, delimiter=table.separator, lineterminator="\r\n")
    writer.writerow([*(table.headings[place] for place in kept), WHY])
    for line, why in refused:
        cells = [line.cells[place] if place < len(line.cells) else "" for place in kept]
        writer.writerow([*cells, *line.cells[len(table.columns) :], why])
    try:
        # Callers' numbers are in it. Spreadsheets know UTF-8 by its mark.
        file.touch(mode=0o600)
        file.write_text("\ufeff" + out.getvalue(), "utf-8", newline="")
    except OSError as error:
        raise CliError(f"--refused = {str(file)!r}: {error.strerror}", WRONG_USE) from None


_ALLOWED = f"a CSV file in UTF-8 is allowed whose first line names its columns: {', '.join(COLUMNS)}"


def _text(content: bytes, name: str) -> str:
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content.count(b"\n", 0, error.start) + 1
        raise CliError(f"{name}, line {line}: not UTF-8: save it as “CSV UTF-8”", WRONG_USE) from None


def _separator(text: str) -> str:
    """The separator by which the first line has the most columns that are known."""
    first = next(iter(text.splitlines()), "")
    known = {
        one: sum(column_of(cell) is not None for cell in next(csv.reader([first], delimiter=one), ()))
        for one in SEPARATORS
    }
    return max(SEPARATORS, key=lambda one: known[one])


def _rows(text: str, separator: str, name: str, first: int) -> Iterator[tuple[int, list[str]]]:
    """Rows with the line of the file on which each begins."""
    try:
        reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
        begins = first
        for cells in reader:
            yield begins, cells
            begins = first + reader.line_num
    except csv.Error as error:
        raise CliError(f"{name}, line {begins}: {error}; {_ALLOWED}", WRONG_USE) from None
    except TypeError:
        raise CliError(f"{name}: sep={separator}: one of , ; and a tab is allowed", WRONG_USE) from None


def _columns(headings: Sequence[str], name: str) -> tuple[str, ...]:
    found: list[str] = []
    for heading in headings:
        column = WHY if heading == WHY else column_of(heading)
        if column is None:
            raise CliError(f"{name}: column {heading!r}: no such column; {', '.join(COLUMNS)} are allowed", WRONG_USE)
        if column in found:
            raise CliError(f"{name}: column {heading!r}: {column} is there twice", WRONG_USE)
        found.append(column)
    for column in NEEDED:
        if column not in found:
            raise CliError(
                f"{name}: column {column}: missing; it may be called {', '.join(COLUMNS[column])}", WRONG_USE
            )
    return tuple(found)


def _line(at: int, cells: Sequence[str], columns: Sequence[str]) -> Line:
    values = {name: cell.strip() for name, cell in zip(columns, cells, strict=False) if name != WHY}
    fault = "" if len(cells) == len(columns) else f"{len(columns)} cells are allowed, one a column; it has {len(cells)}"
    return Line(at, tuple(cells), values, fault)
