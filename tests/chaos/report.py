"""Results as a table on the terminal and as JSON."""

import json
from collections.abc import Sequence
from pathlib import Path

from tests.chaos.run import Result

COLUMNS = (
    ("fault", "fault"),
    ("times", "times"),
    ("calls", "calls"),
    ("dropped", "dropped"),
    ("duplicated", "duplicated"),
    ("missing_rows", "missing"),
    ("wrong_rows", "wrong"),
    ("inversions", "inversions"),
    ("worst_recovery_s", "recovery s"),
    ("late", "late"),
    ("worst_lacking", "lacking"),
    ("p99_error_s", "p99 error s"),
    ("worst_error_s", "error s"),
    ("worst_cel_error_s", "beside CEL s"),
    ("load", "load"),
)
MOST_TOLD = 8


def table(results: Sequence[Result]) -> str:
    """A line a fault, under its head."""
    cells = [[title for _, title in COLUMNS]]
    cells += [[str(result.as_json()[key]) for key, _ in COLUMNS] for result in results]
    widths = [max(len(row[column]) for row in cells) for column in range(len(COLUMNS))]
    lines = []
    for row in cells:
        first, *others = zip(row, widths, strict=True)
        lines.append(f"{first[0]:<{first[1]}}  " + "  ".join(f"{cell:>{width}}" for cell, width in others))
    return "\n".join(lines)


def faults_found(result: Result) -> str:
    """What is wrong, some lines for each kind; empty if all is well."""
    verdict = result.verdict
    lines = [f"{result.fault}: {result.error}"] if result.error else []
    late = [f"serves again after {one:.2f} s, at most {result.most_s or 0:g} are promised" for one in result.late_s]
    for kind, found in (
        ("late", late),
        ("dropped", verdict.dropped),
        ("duplicated", verdict.duplicated),
        ("missing", verdict.missing),
        ("wrong", verdict.wrong),
        ("inversion", verdict.inversions),
    ):
        lines += [f"{result.fault}: {kind}: {one}" for one in found[:MOST_TOLD]]
        if len(found) > MOST_TOLD:
            lines.append(f"{result.fault}: {kind}: … and {len(found) - MOST_TOLD} more")
    return "\n".join(lines)


def write(results: Sequence[Result], path: Path) -> None:
    """Write results.json."""
    path.write_text(json.dumps([result.as_json() for result in results], indent=2) + "\n", "utf-8")
