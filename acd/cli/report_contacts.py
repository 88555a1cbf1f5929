"""The part of `cozum report` about what became of calls: requests, answers at once, and the articles that gave them."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from acd.cli.parts import print_table

if TYPE_CHECKING:
    from sqlalchemy.ext.asyncio import AsyncConnection

    from acd.report.statistics import Span

Contacts = dict[str, Any]
SHOWN = 10
"""The most articles that are printed."""


async def contacts_of(connection: "AsyncConnection", span: "Span") -> Contacts:
    """Counts of a time: dispositions given in it, calls that opened requests in it, and calls answered by each article,
    the most useful first; with first-contact resolution, which is None without such calls. It rests on the share
    `known` of the `talks`: routine calls of that time that an agent had. The others ended `without_a_word`."""
    import sqlalchemy as sa

    from acd.report.statistics import HANDLED
    from storage.columns import milliseconds, table_of
    from storage.queries import calls
    from storage.requests.knowledge_base import articles
    from storage.requests.rows import tickets
    from storage.requests.tables import LinkRow
    from storage.requests.tasks import dispositions
    from tickets.dispositions import first_contact_resolution

    low, high = milliseconds(span.begin), milliseconds(span.end)
    within = (dispositions.c.at >= low, dispositions.c.at < high)
    given = sa.select(dispositions.c.disposition, sa.func.count()).where(*within).group_by(dispositions.c.disposition)
    opened = sa.select(sa.func.count(tickets.c.call.distinct())).where(
        tickets.c.opened_at >= low, tickets.c.opened_at < high
    )
    count = sa.func.count()
    answered = (
        sa.select(articles.c.id, articles.c.title, articles.c.topic, count)
        .join(dispositions, dispositions.c.article == articles.c.id)
        .where(*within)
        .group_by(articles.c.id, articles.c.title, articles.c.topic)
        .order_by(count.desc(), articles.c.id)
    )
    links = table_of(LinkRow)
    words = (
        sa.exists().where(dispositions.c.call == calls.c.id),
        sa.exists().where(links.c.kind == "call", links.c.other == calls.c.id),
        sa.exists().where(tickets.c.call == calls.c.id),
    )
    talked = sa.select(count, count.filter(sa.not_(sa.or_(*words)))).where(
        calls.c["class"] == "routine",
        calls.c.entered_at >= low,
        calls.c.entered_at < high,
        calls.c.outcome.in_(sorted(HANDLED)),
    )
    counts = {one: int(number) for one, number in await connection.execute(given)}
    opening = int((await connection.execute(opened)).scalar_one())
    talks, silent = (await connection.execute(talked)).one()
    rows = (await connection.execute(answered)).all()
    return {
        "dispositions": dict(sorted(counts.items())),
        "opened_a_request": opening,
        "first_contact_resolution": first_contact_resolution(counts, opening),
        "talks": talks,
        "without_a_word": silent,
        "known": round((talks - silent) / talks, 6) if talks else None,
        "articles": [{"id": one, "title": title, "topic": topic, "answered": n} for one, title, topic, n in rows],
    }


def print_contacts(contacts: Mapping[str, Any]) -> None:
    """Print them, if there are any."""
    share, given = contacts["first_contact_resolution"], contacts["dispositions"]
    if share is not None:
        print()
        print(
            f"resolved at first contact: {share * 100:.1f}% ({given.get('answered', 0):,} answered at once, "
            f"{contacts['opened_a_request']:,} calls opened a request)"
        )
    if contacts["talks"]:
        if share is None:
            print()
        print(
            f"ended without a word: {contacts['without_a_word']:,} of {contacts['talks']:,} routine calls that an "
            f"agent had; what became of {contacts['known'] * 100:.1f}% is known"
        )
    rows = [(one["answered"], one["title"], one["topic"]) for one in contacts["articles"][:SHOWN]]
    if rows:
        print()
        print_table(("calls", "answered by the article", "topic"), rows, right=("calls",))
