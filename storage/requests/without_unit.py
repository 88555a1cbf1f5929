"""Urgent requests that are with no unit, so that nobody is rung about them: what the lead has an alarm of."""

from collections.abc import Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from storage.columns import milliseconds
from storage.requests.due_rows import BATCH
from storage.requests.duty_facts import rings
from storage.requests.present_rules import goes_by
from storage.requests.rows import TICKET_COLUMNS, history, tickets, to_ticket
from tickets.changes import Rules
from tickets.routing import route

Record = dict[str, Any]

MOST = 20 * BATCH
"""Looked through at once."""
NAMED = (tickets.c.number, tickets.c.unit, tickets.c.service, tickets.c.topic)
RUNG = sa.select(sa.func.count()).where(rings.c.number == tickets.c.number).scalar_subquery()
"""How often telephones rang for a request."""


async def without_unit(connection: AsyncConnection, rules: Rules, at: float) -> list[Record]:
    """What must be accepted within minutes and is with no unit at `at` (Unix seconds): no rule found one, or the unit
    has given it back. What an outside body does is decided, and is nobody's to accept: it is here from the end of those
    minutes on, if nobody has passed it on by then: neither the request nor its caller."""
    found = []
    for row in (await connection.execute(_open(rules))).mappings():
        ticket = to_ticket(row)
        if not rules.presses(ticket):
            continue
        one = {name: row[name] for name in ("number", "unit", "service", "topic", "rung", "since", "over")}
        body = route(rules.town, topic=ticket.topic, district=ticket.district, service=ticket.service).body
        minutes = rules.clock_rule(ticket).accept_minutes or 0
        if body is not None:
            one |= {"body": body, "since": row["since"] + minutes * 60_000}
        if body is None or one["since"] <= milliseconds(at):
            found.append(one)
    talked = await _handed_over(connection, [one["number"] for one in found if "body" in one])
    return [one for one in found if (one["number"], one.get("body")) not in talked][:BATCH]


def _open(rules: Rules) -> Any:
    """The newest, should there be many: the oldest are known. More are looked through than are told, since what is a
    body's waits for its minutes, and must hide nobody else. A duplicate is its parent's, an import another
    system's."""
    presses = sa.or_(tickets.c["class"] == "urgent", goes_by(rules, lambda one: one.accept_minutes is not None))
    came = (history.c.number == tickets.c.number, history.c.after == "new", history.c.before.is_distinct_from("new"))
    since = sa.select(sa.func.max(history.c.at)).where(*came).scalar_subquery()
    own = (RUNG.label("rung"), since.label("since"), sa.true().label("over"))
    return (
        sa.select(*TICKET_COLUMNS, *own)
        .where(tickets.c.state == "new", tickets.c.parent.is_(None), tickets.c.external_source.is_(None), presses)
        .order_by(tickets.c.id.desc())
        .limit(MOST)
    )


async def _handed_over(connection: AsyncConnection, numbers: Sequence[str]) -> set[tuple[str, str]]:
    """The requests among these whose callers have talked to a body, to which an agent has handed them over; and which
    body that was."""
    rows = (history.c.number.in_(numbers), history.c.what == "hand_over")
    found = await connection.execute(sa.select(history.c.number, history.c.detail).where(*rows))
    return {(number, detail["to"]) for number, detail in found if detail.get("result") == "answered"}
