"""Figures of requests in a time: in all, and by unit, topic and mahalle; scores also by the agent who passed them on.

Everything is counted from what never changes: openings, and rows of the history, which is only added to. A request that
is reopened loses neither its first outcome nor the score for which it came back. The database groups: a year of a large
town has some hundred rows here. `overdue` alone is of the moment at which it is asked."""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, Literal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.lib.turkish import tr_sort_key
from acd.report.statistics import Span
from storage.columns import milliseconds
from storage.requests.rows import history, tickets
from tickets.outbreaks import CHANNEL
from tickets.states import MOVES, OUTCOMES
from tickets.ticket import TellWay
from tickets.town.model import ItemKind, Town

Dimension = Literal["unit", "topic", "district", "agent"]
Language = Literal["tr", "en"]
GROUPED: Final[tuple[Dimension, ...]] = ("unit", "topic", "district")
"""What all figures are told by; scores also by `agent`."""
MOST: Final = 500
"""The most groups of a table; those with the most requests are kept."""
SCORES: Final = range(1, 6)

Names = Callable[[Dimension, str, Language], str]
"""The name of a unit, topic, mahalle or agent by its id, in a language."""
Figures = dict[str, Any]
Key = tuple[str, str | None]
"""A dimension, or `all`, and an id; None: requests without a unit, topic or mahalle, scores that the line took."""

_DAY_MS = 86_400_000
_GIVES_OUTCOME = sorted({move.name for (_, to), move in MOVES.items() if to in OUTCOMES})
_IN_VAIN: Final = frozenset[TellWay]({"attempts"})
"""Ways of telling after which nobody has been told."""
_TEXT = sa.Text()


async def requests_of(connection: AsyncConnection, span: Span, names: Names = lambda _, one, __: one) -> Figures:
    """The figures of a span, as JSON. Tables are in the order of a Turkish dictionary, a group without an id last."""
    found: dict[Key, Figures] = {}
    for query in (_opened(span), _resolved(span), _overdue(span), _told(span), _scored(span)):
        for row in (await connection.execute(query)).mappings():
            figures = found.setdefault((row["dimension"], row["id"]), {})
            figures.update({name: value for name, value in row.items() if name not in ("dimension", "id")})
    tables = {f"{one}s": _table(found, one, names, _whole) for one in GROUPED}
    return {"all": _whole(found.get(("all", None), {})), **tables, "agents": _table(found, "agent", names, _scores)}


async def told_and_scored(connection: AsyncConnection, span: Span) -> tuple[dict[str, int], dict[str, int]]:
    """How often citizens were told, by the way (`tickets.ticket.TellWay`), and how often each score was given."""
    told = _history(span, "tell", how=history.c.detail["how"].as_string()).subquery()
    scored = _history(span, "score", score=history.c.detail["score"].as_integer()).subquery()
    ways = sa.select(told.c.how, sa.func.count()).group_by(told.c.how)
    scores = dict.fromkeys(map(str, SCORES), 0)
    given = sa.select(scored.c.score, sa.func.count()).group_by(scored.c.score)
    scores |= {str(score): count for score, count in await connection.execute(given)}
    return {how or "unknown": count for how, count in await connection.execute(ways)}, scores


def town_names(town: Town) -> Names:
    """The names of a town's units, topics and mahalle; an agent's is their user name."""
    kinds: dict[Dimension, ItemKind] = {"unit": "unit", "topic": "topic", "district": "mahalle"}
    return lambda dimension, one, language: town.name(kinds[dimension], one, language) if dimension in kinds else one


# --- queries


def _within(column: sa.Column[Any], span: Span) -> tuple[sa.ColumnElement[bool], ...]:
    return column >= milliseconds(span.begin), column < milliseconds(span.end)


def _history(span: Span, *what: str, **more: sa.ColumnElement[Any]) -> sa.Select[Any]:
    """Rows of the history of these kinds, with the unit of that time."""
    joined = history.join(tickets, tickets.c.number == history.c.number)
    return (
        sa.select(history.c.unit, tickets.c.topic, tickets.c.district, *(one.label(name) for name, one in more.items()))
        .select_from(joined)
        .where(*_within(history.c.at, span), history.c.what.in_(what))
    )


def _by_each(
    rows: sa.Select[Any],
    columns: Callable[[sa.FromClause], Sequence[sa.ColumnElement[Any]]],
    dimensions: Sequence[Dimension] = GROUPED,
    ranked_by: str = "",
) -> sa.CompoundSelect[Any]:
    """These aggregates over all rows and by each dimension, of rows that are read once. With `ranked_by` a row has its
    `place` in the order of that column among the rows of its group, and their number `n`."""
    base = rows.cte("base").prefix_with("MATERIALIZED")  # else SQLite reads the rows once for each dimension
    parts = []
    for name in ("all", *dimensions):
        key: sa.ColumnElement[Any] = sa.cast(sa.null(), _TEXT) if name == "all" else base.c[name]
        ranks: list[sa.ColumnElement[Any]] = []
        if ranked_by:
            group = None if name == "all" else key
            ranks = [
                sa.func.row_number().over(partition_by=group, order_by=base.c[ranked_by]).label("place"),
                sa.func.count().over(partition_by=group).label("n"),
            ]
        own = sa.select(key.label("id"), base, *ranks).subquery(name + "s")
        parts.append(sa.select(sa.literal(name, _TEXT).label("dimension"), own.c.id, *columns(own)).group_by(own.c.id))
    return sa.union_all(*parts)


def _opened(span: Span) -> sa.CompoundSelect[Any]:
    rows = sa.select(tickets.c.unit, tickets.c.topic, tickets.c.district).where(*_within(tickets.c.opened_at, span))
    return _by_each(rows, lambda _: (sa.func.count().label("opened"),))


def _resolved(span: Span) -> sa.CompoundSelect[Any]:
    """Requests whose first outcome came in the span, those in time, those of which that is known (the citizen may have
    to be told in time, and time remains), and the median of the days that it took."""
    known = sa.or_(tickets.c.resolved_in_time.is_not(None), tickets.c.due_at < milliseconds(span.now))
    rows = _history(
        span,
        *_GIVES_OUTCOME,
        took=tickets.c.resolved_at - tickets.c.opened_at,
        in_time=tickets.c.resolved_in_time,
        judged=sa.case((known, 1), else_=0),
    ).where(tickets.c.resolved_at == history.c.at)

    def columns(one: sa.FromClause) -> tuple[sa.ColumnElement[Any], ...]:
        in_the_middle = (2 * one.c.place - one.c.n).between(0, 2)
        return (
            sa.func.count().label("resolved"),
            sa.func.sum(sa.case((one.c.in_time, 1), else_=0)).label("resolved_in_time"),
            sa.func.sum(one.c.judged).label("judged"),
            sa.func.avg(sa.case((in_the_middle, one.c.took))).label("median_ms"),
        )

    return _by_each(rows, columns, ranked_by="took")


def _overdue(span: Span) -> sa.CompoundSelect[Any]:
    runs = sa.text("tickets.clock_runs")  # in the words of the partial index
    rows = sa.select(tickets.c.unit, tickets.c.topic, tickets.c.district).where(
        runs, tickets.c.due_at < milliseconds(span.now)
    )
    return _by_each(rows, lambda _: (sa.func.count().label("overdue"),))


def _told(span: Span) -> sa.CompoundSelect[Any]:
    """How often citizens were told. Nobody has heard what was tried in vain, and the request of an outbreak has no
    citizen: its duplicates have them."""
    how = sa.func.coalesce(history.c.detail["how"].as_string(), "")
    rows = _history(span, "tell").where(how.not_in(sorted(_IN_VAIN)), tickets.c.channel != CHANNEL)
    return _by_each(rows, lambda _: (sa.func.count().label("told"),))


def _scored(span: Span) -> sa.CompoundSelect[Any]:
    who = sa.case((history.c.role != "system", history.c.who))
    rows = _history(span, "score", score=history.c.detail["score"].as_integer(), agent=who)
    return _by_each(
        rows,
        lambda one: (sa.func.count().label("scored"), sa.func.sum(one.c.score).label("points")),
        (*GROUPED, "agent"),
    )


# --- records


def _whole(found: Mapping[str, Any]) -> Figures:
    resolved, in_time, judged, median_ms = (
        found.get("resolved", 0),
        int(found.get("resolved_in_time", 0)),
        int(found.get("judged", 0)),
        found.get("median_ms"),
    )
    return {
        "opened": found.get("opened", 0),
        "resolved": resolved,
        "resolved_in_time": in_time,
        "in_time": round(in_time / judged, 6) if judged else None,
        "median_days": None if median_ms is None else round(float(median_ms) / _DAY_MS, 2),
        "overdue": found.get("overdue", 0),
        "told": found.get("told", 0),
        **_scores(found),
    }


def _scores(found: Mapping[str, Any]) -> Figures:
    scored = found.get("scored", 0)
    return {"scored": scored, "score": round(float(found["points"]) / scored, 2) if scored else None}


def _table(
    found: Mapping[Key, Figures], dimension: Dimension, names: Names, record: Callable[[Mapping[str, Any]], Figures]
) -> list[Figures]:
    rows: list[Figures] = [
        {
            dimension: one,
            "name": None if one is None else names(dimension, one, "tr"),
            "name_en": None if one is None else names(dimension, one, "en"),
            **record(figures),
        }
        for (own, one), figures in found.items()
        if own == dimension
    ]
    if len(rows) > MOST:
        rows = sorted(rows, key=weight, reverse=True)[:MOST]
    return sorted(rows, key=lambda row: (row["name"] is None, tr_sort_key(row["name"] or ""), row[dimension] or ""))


def weight(row: Mapping[str, Any]) -> int:
    """How much a group has to say: the requests that it had to do with."""
    return int(sum(row.get(name, 0) for name in ("opened", "resolved", "overdue", "told", "scored")))
