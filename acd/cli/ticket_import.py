"""`cozum tickets import`: requests of another system, through the running desk."""

from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from acd.cli.import_table import Line, Table, read_table, write_refused
from acd.cli.keyboard import login
from acd.cli.parts import HIDDEN, Config, Json, Numbers, note, print_json, progress, settings_of
from acd.lib.cli_error import NOT_WELL, CliError

if TYPE_CHECKING:
    from collections.abc import Callable

    from acd.client import Api

BATCH = 100
"""Rows of one transaction: the desk serves others in between, and a batch is whole or not there."""
MOST_LETTERS = 500_000
"""Letters of one batch, unless one row has more."""
TIMEOUT_S = 60.0
PERSONAL = ("caller", "name", "text", "address")
"""Columns whose values are personal."""


def import_(
    file: Annotated[
        Path,
        typer.Argument(
            metavar="FILE", help="A CSV file in UTF-8 with a line of headings; - reads it from standard input."
        ),
    ],
    check: Annotated[bool, typer.Option("--check", help="Only check; write nothing.")] = False,
    skip_faulty: Annotated[
        bool, typer.Option("--skip-faulty", help="Import the sound rows although others are faulty.")
    ] = False,
    refused: Annotated[Path | None, typer.Option("--refused", help="File for the refused rows, each with why.")] = None,
    source: Annotated[str, typer.Option("--source", help="The other system, for rows that name none: cimer.")] = "",
    service: Annotated[str, typer.Option("--service", help="The service, for rows that name none.")] = "request",
    ring_duty: Annotated[
        bool, typer.Option("--ring-duty", help="Take urgent rows too; people on duty are rung about them.")
    ] = False,
    numbers: Numbers = False,
    config: Config = None,
    as_json: Json = False,
) -> None:
    """Open requests of another system from a table.

    Each row is a request with the other system's number (reference) and the time at which it was made (opened_at),
    from which its deadline counts. Further columns are topic, text, district, address, caller, name, source, service,
    kind and information (yes: a CİMER application by law 4982, with its shorter limit). A row is imported once,
    however often the table is. One faulty row leaves all unwritten, unless --skip-faulty is given.

    Exit status 1 if rows were refused.
    """
    from acd.client import Api

    table = read_table(file)
    wish = {"source": source, "service": service, "file": table.name, "user": login(), "rings_duty": ring_duty}
    work = _Import(Api(settings_of(config), TIMEOUT_S), table, wish)
    with progress("rows", len(table.lines) * (1 if check or skip_faulty else 2)) as done:
        if check or not skip_faulty:
            work.send(done, check=True)
        if not check and (skip_faulty or not work.refused):
            work.send(done, skip_faulty=skip_faulty)
    if refused is not None:
        write_refused(
            refused, table, [(line, "; ".join(_told(table, faults, numbers=False))) for line, faults in work.refused]
        )
    _report(work, table, numbers=numbers, as_json=as_json, checked=check)
    if work.refused:
        raise typer.Exit(NOT_WELL)


Fault = dict[str, str]
"""What is wrong with a row: `key`, `value`, `allowed`."""


class _Import:
    """The rows of a table on their way to the desk."""

    def __init__(self, api: "Api", table: Table, wish: dict[str, Any]) -> None:
        self._api = api
        self._wish = wish
        self._own = _own_faults(table, str(wish["source"]))
        self._table = table
        self.refused: list[tuple[Line, list[Fault]]] = []
        self.opened: list[dict[str, Any]] = []
        """`line`, `reference` and `number` of each request that was opened."""
        self.already = 0
        """Rows that had been imported before."""
        self._sent = 0

    def send(self, done: "Callable[[float], None]", *, check: bool = False, skip_faulty: bool = False) -> None:
        """Have all rows checked or, without `check`, written, in batches. Unless `skip_faulty` is set, a batch with a
        faulty row is the last one. Raises `CliError`."""
        from acd.client import ApiError

        self.refused, self.opened, self.already = [], [], 0
        found = {at: [fault] for at, fault in self._own.items()}
        for batch in _batches([line for line in self._table.lines if line.line not in self._own]):
            rows = [{"line": line.line, "values": _values(line)} for line in batch]
            try:
                results = self._api.post(
                    "tickets/import", self._wish | {"rows": rows, "check": check, "skip_faulty": skip_faulty}
                )
            except ApiError as error:
                if check or not self.opened:
                    raise
                rest = f"{len(self.opened)} requests are imported; the same command again imports the others"
                raise CliError(f"{error}; {rest}") from None
            for line, one in zip(batch, results, strict=True):
                if one["result"] == "opened":
                    reference = line.values.get("reference")
                    self.opened.append({"line": line.line, "reference": reference, "number": one["number"]})
                self.already += one["result"] == "already"
                if one["refused"]:
                    found[line.line] = one["refused"]
            self._sent += len(batch)
            done(self._sent)
            if not check and not skip_faulty and any(one["refused"] for one in results):
                break
        self.refused = [(line, found[line.line]) for line in self._table.lines if line.line in found]


def _own_faults(table: Table, source: str) -> dict[int, Fault]:
    """By line: rows with the wrong number of cells, and rows whose request an earlier row has already."""
    found: dict[int, Fault] = {}
    first: dict[tuple[str, str], int] = {}
    for line in table.lines:
        reference = line.values.get("reference", "")
        if line.fault:
            found[line.line] = {"key": "row", "value": "", "allowed": line.fault}
        elif reference:
            before = first.setdefault((line.values.get("source") or source, reference), line.line)
            if before != line.line:
                found[line.line] = {"key": "reference", "value": reference, "allowed": f"line {before} has it already"}
    return found


def _batches(lines: Sequence[Line]) -> Iterator[list[Line]]:
    batch: list[Line] = []
    size = 0
    for line in lines:
        length = sum(map(len, line.values.values()))
        if batch and (len(batch) == BATCH or size + length > MOST_LETTERS):
            yield batch
            batch, size = [], 0
        batch.append(line)
        size += length
    if batch:
        yield batch


def _values(line: Line) -> dict[str, str]:
    return {name: value for name, value in line.values.items() if value}


def _told(table: Table, faults: Sequence[Fault], *, numbers: bool) -> Iterator[str]:
    """What is wrong with a row, by the headings of its table."""
    for fault in faults:
        value = _shown(fault, numbers=numbers)
        heading = table.heading(fault["key"])
        yield f"{heading} = {value}: {fault['allowed']}" if value else f"{heading}: {fault['allowed']}"


def _shown(fault: Fault, *, numbers: bool) -> str:
    """The refused value, unless it is personal."""
    return HIDDEN if fault["value"] and fault["key"] in PERSONAL and not numbers else fault["value"]


def _report(work: _Import, table: Table, *, numbers: bool, as_json: bool, checked: bool) -> None:
    """The refused rows, and how many came to what."""
    rows, refused, opened = len(table.lines), len(work.refused), len(work.opened)
    if as_json:
        told = [
            {"line": line.line, **fault, "value": _shown(fault, numbers=numbers)}
            for line, faults in work.refused
            for fault in faults
        ]
        print_json({"rows": rows, "opened": opened, "already": work.already, "refused": told, "requests": work.opened})
        return
    for line, faults in work.refused:
        for text in _told(table, faults, numbers=numbers):
            note(f"line {line.line}: {text}")
    sound = rows - refused - work.already
    counts = [f"{opened:,} opened"] if opened or not (checked or refused) else [f"{sound:,} sound"]
    counts += [f"{work.already:,} imported before", f"{refused:,} refused"]
    print(
        f"{rows:,} rows: {', '.join(counts)}" + ("" if opened or not (checked or refused) else "; nothing was written")
    )
