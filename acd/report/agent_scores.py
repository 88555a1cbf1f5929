"""The scores that agents passed on, beside what their telephones did: `acd.report.requests` has them by user name."""

from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import table_of
from storage.people.tables import PersonRow

people = table_of(PersonRow)

Row = dict[str, Any]


async def users_of(connection: AsyncConnection) -> dict[str, str]:
    """The user name of each extension that one person has. Where several have had one, nobody can say whose scores are
    whose."""
    query = (
        sa.select(people.c.extension, sa.func.min(people.c.user).label("user"))
        .where(people.c.extension != "")
        .group_by(people.c.extension)
        .having(sa.func.count() == 1)
    )
    return {row.extension: row.user for row in await connection.execute(query)}


def with_scores(
    agents: Sequence[Mapping[str, Any]], scores: Sequence[Mapping[str, Any]], users: Mapping[str, str]
) -> tuple[list[Row], list[Row]]:
    """The agents, each with their `user` and the scores that they passed on; and the scores of others in rows of the
    same form: of people without a telephone that day, and, without a user, of the line itself."""
    by_user = {one["agent"]: {"scored": one["scored"], "score": one["score"]} for one in scores}
    none = {"scored": 0, "score": None}
    rows = []
    for one in agents:
        user = users.get(one["extension"])
        rows.append({**one, "user": user, **(none if user is None else by_user.pop(user, none))})
    empty = dict.fromkeys(agents[0] if agents else ("extension", "name"))
    others = [{**empty, "user": user, **figures} for user, figures in by_user.items()]
    return rows, others
