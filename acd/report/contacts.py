"""What became of calls: those answered at once, those that opened a request, and those of which nobody has said it."""

from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.report.statistics import HANDLED, Span
from storage.columns import milliseconds, table_of
from storage.queries import calls
from storage.requests.knowledge_base import articles
from storage.requests.of_calls import OLD_REQUEST
from storage.requests.rows import tickets
from storage.requests.tables import LinkRow
from storage.requests.tasks import dispositions
from storage.tables import TalkSegmentRow
from tickets.dispositions import RESOLVED_AT_ONCE, first_contact_resolution

Record = dict[str, Any]
MOST: Final = 200
"""The most calls of which nothing is said that are listed."""
links, segments = table_of(LinkRow), table_of(TalkSegmentRow)
_OPENED: Final = sa.or_(
    sa.exists().where(tickets.c.call == calls.c.id), sa.func.coalesce(calls.c.kept_contact, "") == "opened"
)
"""The call has opened a request, which may name it no more since its person was erased. What was said of the call
besides, before the form was saved, counts no more: each call has one result."""
_SAID: Final = sa.or_(
    sa.exists().where(dispositions.c.call == calls.c.id),
    sa.exists().where(links.c.kind == "call", links.c.other == calls.c.id, links.c.how.not_in(OLD_REQUEST)),
    _OPENED,
    calls.c.kept_contact.is_not(None),
)
"""The call has a disposition or a request. A request of which the menu told its caller is none: it says nothing of what
they then spoke about."""


async def contacts_of(connection: AsyncConnection, span: Span) -> Record:
    """Counts of the talks of a time, which are the routine calls of that time that an agent had: their dispositions,
    those that opened requests, and those answered at once by topic and by article, the most first and those without a
    topic at the end; with first-contact resolution, which is None without such calls. It rests on the share `known` of
    the `talks`. The others ended `without_a_word`."""
    given = (
        sa.select(dispositions.c.disposition, sa.func.count())
        .join(calls, calls.c.id == dispositions.c.call)
        .where(*_talks(span), ~_OPENED)
        .group_by(dispositions.c.disposition)
    )
    count = sa.func.count()
    answered = (
        sa.select(articles.c.id, articles.c.title, articles.c.topic, count)
        .join(dispositions, dispositions.c.article == articles.c.id)
        .join(calls, calls.c.id == dispositions.c.call)
        .where(*_talks(span), ~_OPENED)
        .group_by(articles.c.id, articles.c.title, articles.c.topic)
        .order_by(count.desc(), articles.c.id)
    )
    talked = sa.select(count, count.filter(sa.not_(_SAID)), count.filter(_OPENED)).where(*_talks(span))
    of_topic = (
        sa.select(dispositions.c.topic, count)
        .join(calls, calls.c.id == dispositions.c.call)
        .where(*_talks(span), ~_OPENED, dispositions.c.disposition.in_(sorted(RESOLVED_AT_ONCE)))
        .group_by(dispositions.c.topic)
        .order_by(dispositions.c.topic.is_(None), count.desc(), dispositions.c.topic)
    )
    counts = {one: int(number) for one, number in await connection.execute(given)}
    talks, silent, opening = (await connection.execute(talked)).one()
    rows = (await connection.execute(answered)).all()
    topics = (await connection.execute(of_topic)).all()
    return {
        "dispositions": dict(sorted(counts.items())),
        "opened_a_request": opening,
        "first_contact_resolution": first_contact_resolution(counts, opening),
        "talks": talks,
        "without_a_word": silent,
        "known": round((talks - silent) / talks, 6) if talks else None,
        "answered_by_topic": [{"topic": topic, "answered": n} for topic, n in topics],
        "articles": [{"id": one, "title": title, "topic": topic, "answered": n} for one, title, topic, n in rows],
    }


async def without_a_word(connection: AsyncConnection, span: Span, agent: str | None = None) -> list[Record]:
    """The calls of a time that ended without a word, the newest first, at most `MOST`: their `id`, `ended_at` (Unix
    seconds), `service`, `agent` (who had the caller last), `caller` and `language`. `agent`: only those of this one."""
    asked = _last_agent()
    names = ("id", "ended_at", "service", "caller", "language")
    query = (
        sa.select(*(calls.c[name] for name in names), asked.label("agent"))
        .where(*_talks(span), sa.not_(_SAID))
        .order_by(calls.c.entered_at.desc(), calls.c.id.desc())
        .limit(MOST)
    )
    if agent is not None:
        began = segments.c.began_at >= milliseconds(span.begin)
        had = sa.select(segments.c.call).where(segments.c.agent == agent, began)
        query = query.where(calls.c.id.in_(had), asked == agent)
    rows = (await connection.execute(query)).mappings().all()
    return [{**row, "ended_at": None if row["ended_at"] is None else row["ended_at"] / 1000} for row in rows]


async def last_talk(connection: AsyncConnection, span: Span, agent: str) -> tuple[str | None, bool, str | None]:
    """An agent's newest talk of a time: its call, and whether that is over; and the call of their newest routine talk,
    if they were the last agent who had its caller and it has no word."""
    began = segments.c.began_at >= milliseconds(span.begin)
    newest = (
        sa.select(calls.c.id, calls.c.outcome.is_not(None))
        .join(segments, segments.c.call == calls.c.id)
        .where(segments.c.agent == agent, began)
        .order_by(segments.c.began_at.desc(), segments.c.number.desc())
        .limit(1)
    )
    call, over = (await connection.execute(newest)).one_or_none() or (None, False)
    routine = newest.with_only_columns(calls.c.id).where(*_talks(span)).scalar_subquery()
    lacking = sa.select(calls.c.id).where(calls.c.id == routine, _last_agent() == agent, sa.not_(_SAID))
    return call, bool(over), (await connection.execute(lacking)).scalar_one_or_none()


def _last_agent() -> "sa.ColumnElement[str]":
    """The last agent who had the caller. The row of a call that is over names the one who answered it, and who may have
    sent its caller on."""
    parts = sa.select(segments.c.agent).where(segments.c.call == calls.c.id).order_by(segments.c.number.desc())
    return sa.func.coalesce(parts.limit(1).scalar_subquery(), calls.c.agent)


def _talks(span: Span) -> tuple[Any, ...]:
    """Routine calls that an agent had."""
    return (
        calls.c["class"] == "routine",
        calls.c.entered_at >= milliseconds(span.begin),
        calls.c.entered_at < milliseconds(span.end),
        calls.c.outcome.in_(sorted(HANDLED)),
    )
