"""The part of `cozum report` about requests: opened, resolved and in time, overdue, told and scored, by unit, topic and
mahalle."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from acd.cli.parts import note, print_table

if TYPE_CHECKING:
    from acd.config.settings import Settings
    from acd.report.requests import Names

DIMENSIONS = ("unit", "topic", "district")
HEADINGS = ("opened", "resolved", "in time", "median days", "overdue", "told", "scored", "score")
SHOWN = 12
"""The most groups of a table that are printed beside others; `--by` prints all."""


def names_of(settings: "Settings") -> "Names":
    """Names of units, topics and mahalle by id. Ids alone if the town's files cannot be read, which is no reason to
    have no report."""
    from acd.desk.town_files import town_of
    from acd.engine.model.errors import BadConfig
    from acd.report.requests import town_names

    try:
        town = town_of(settings)
    except (BadConfig, ValueError, OSError):
        return lambda _, one, __: one
    return town_names(town)


def print_requests(requests: Mapping[str, Any], by: str | None = None) -> None:
    """Print them, if there are any: each table shortly, or one (`by`) whole."""
    from acd.report.requests import weight

    if by is not None:
        _print_groups(requests[f"{by}s"], requests["all"], by)
        return
    if not weight(requests["all"]):
        return
    for name in DIMENSIONS:
        rows: Sequence[Mapping[str, Any]] = requests[f"{name}s"]
        heaviest = sorted(rows, key=weight, reverse=True)[:SHOWN]
        print()
        _print_groups([row for row in rows if row in heaviest], requests["all"], name)
        if len(rows) > SHOWN:
            note(f"cozum: {len(rows) - SHOWN:,} more have fewer requests; --by {name} has all")
    print_scores(requests["agents"])


def print_scores(agents: Sequence[Mapping[str, Any]]) -> None:
    """Print the scores by whoever passed them on, if there are any."""
    if agents:
        given = [(one["agent"] or "the line itself", one["scored"], f"{one['score']:.2f}") for one in agents]
        print()
        print_table(("scores passed on by", "scored", "score"), given, right=("scored", "score"))


def _print_groups(rows: Sequence[Mapping[str, Any]], whole: Mapping[str, Any], name: str) -> None:
    table = [(row["name"] or f"without a {name}", *_cells(row)) for row in rows]
    print_table((name, *HEADINGS), table, right=HEADINGS, foot=("all", *_cells(whole)))


def _cells(row: Mapping[str, Any]) -> tuple[object, ...]:
    share, days, score = row["in_time"], row["median_days"], row["score"]
    return (
        row["opened"],
        row["resolved"],
        None if share is None else f"{share * 100:.1f}%",
        None if days is None else f"{days:.1f}",
        row["overdue"],
        row["told"],
        row["scored"],
        None if score is None else f"{score:.2f}",
    )
