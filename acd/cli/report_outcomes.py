"""The part of `cozum report` about the way back: calls about outcomes, how citizens were told, and their scores."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from acd.cli.parts import print_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from acd.report.statistics import Span

MODES = (("agent", False), ("automatic", True))

Outcomes = dict[str, Any]


async def outcomes_of(connection: "AsyncConnection", span: "Span") -> Outcomes:
    """Counts of a time: tries that began in it by mode and result, how often citizens were told in it by the way, and
    the scores that they gave in it."""
    import sqlalchemy as sa

    from acd.report.requests import told_and_scored
    from storage.columns import milliseconds
    from storage.requests.outcome_facts import attempts

    low, high = milliseconds(span.begin), milliseconds(span.end)
    tried = (
        sa.select(attempts.c.automatic, attempts.c.result, sa.func.count())
        .where(attempts.c.at >= low, attempts.c.at < high)
        .group_by(attempts.c.automatic, attempts.c.result)
    )
    calls: dict[str, dict[str, int]] = {mode: {} for mode, _ in MODES}
    for automatic, result, count in await connection.execute(tried):
        calls["automatic" if automatic else "agent"][result] = count
    ways, scores = await told_and_scored(connection, span)
    return {
        "calls": {mode: dict(sorted(found.items())) for mode, found in calls.items()},
        "told": dict(sorted(ways.items())),
        "scores": scores,
    }


def print_outcomes(outcomes: Mapping[str, Any]) -> None:
    """Print them, if there are any."""
    calls, told, scores = outcomes["calls"], outcomes["told"], outcomes["scores"]
    if any(calls.values()):
        results = sorted({result for found in calls.values() for result in found})
        rows = [(one, *(calls[mode].get(one, 0) for mode, _ in MODES)) for one in results]
        print()
        print_table(("calls about outcomes", "by an agent", "automatic"), rows, right=("by an agent", "automatic"))
    if told:
        print()
        print("told: " + ", ".join(f"{how} {count:,}" for how, count in told.items()))
    if any(scores.values()):
        given = sum(scores.values())
        mean = sum(int(score) * count for score, count in scores.items()) / given
        print("scores: " + ", ".join(f"{score}: {count:,}" for score, count in scores.items()) + f"; mean {mean:.1f}")
