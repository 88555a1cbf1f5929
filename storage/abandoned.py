"""Callers who gave up waiting, and what became of each."""

from collections.abc import Iterable, Mapping
from typing import Literal

import msgspec
import sqlalchemy as sa

from acd.engine.model.phone_numbers import number_key, spellings
from storage.columns import milliseconds
from storage.database import Database
from storage.queries import CALL_COLUMNS, Call, calls, of_row

Became = Literal["called_back", "called_again", "ticket", "not_reached", "gave_up_again", "no_number", "nothing"]
"""What became of a caller who gave up. `called_back`: we reached them. `called_again`: they called again and an agent
answered. `not_reached`: we called them in vain. `ticket`: a request keeps what they wanted. `gave_up_again`: they
called again, and no agent answered. `no_number`: they withheld it, so nobody can know. `nothing`: none of these."""
MOST = 500
FOLLOWED_S = 86_400.0
"""So long after they gave up, a further call counts as calling again."""
_ANSWERED = frozenset({"answered", "called_back"})


class AbandonedCall(Call, frozen=True, kw_only=True):
    """A call whose caller gave up; `again` is their next call, `again_at` when it came."""

    became: Became
    again: str | None = None
    again_at: float | None = None


async def abandoned(database: Database, begin: float, end: float) -> list[AbandonedCall]:
    """Callers who came from `begin` to before `end` (Unix seconds) and gave up, the newest first, at most `MOST`.
    Raises `storage.database.DatabaseError`."""
    gave_up = sa.or_(calls.c.outcome == "abandoned", calls.c.callback == "abandoned")
    waited = sa.func.coalesce(calls.c["class"], "") != "outcome"  # a citizen who was called waited for nobody
    query = (
        sa.select(*CALL_COLUMNS)
        .where(
            calls.c.entered_at >= milliseconds(begin),
            calls.c.entered_at < milliseconds(end),
            calls.c.outcome.is_not(None),
            gave_up,
            waited,
        )
        .order_by(calls.c.entered_at.desc(), calls.c.id.desc())
        .limit(MOST)
    )
    async with database.explained(), database.reading() as connection:
        found = [of_row(Call, row) for row in (await connection.execute(query)).mappings()]
        numbers = {one for call in found if call.caller for one in spellings(call.caller)}
        later = sa.select(calls.c.id, calls.c.caller, calls.c.entered_at, calls.c.outcome).where(
            calls.c.caller.in_(numbers),
            calls.c.entered_at >= milliseconds(begin),
            calls.c.entered_at < milliseconds(end + FOLLOWED_S),
        )
        rows = (await connection.execute(later)).all() if numbers else ()
    by_number: dict[str, list[_Later]] = {}
    for call, caller, entered_at, outcome in rows:
        by_number.setdefault(number_key(caller), []).append(_Later(call, entered_at / 1000, outcome))
    return [_told(call, by_number) for call in found]


class _Later(msgspec.Struct, frozen=True):
    id: str
    at: float
    outcome: str | None


def _told(call: Call, by_number: Mapping[str, Iterable[_Later]]) -> AbandonedCall:
    since = call.ended_at if call.ended_at is not None else call.entered_at
    if call.callback is not None:  # the call ended only after the callback
        since = call.entered_at
    known = by_number.get(number_key(call.caller), ()) if call.caller else ()
    after = sorted(
        (one for one in known if one.id != call.id and since <= one.at < since + FOLLOWED_S), key=lambda one: one.at
    )
    answered = next((one for one in after if one.outcome in _ANSWERED), None)
    again = answered or (after[0] if after else None)
    return AbandonedCall(
        **{name: getattr(call, name) for name in Call.__struct_fields__},
        became=_became(call, answered, after),
        again=None if again is None else again.id,
        again_at=None if again is None else again.at,
    )


def _became(call: Call, answered: _Later | None, after: list[_Later]) -> Became:
    if call.outcome == "called_back":
        return "called_back"
    if answered is not None:
        return "called_again"
    if (
        call.callback == "abandoned" and call.callback_tries
    ):  # said before the request: an urgent call has one, whatever we did
        return "not_reached"
    if call.ticket:
        return "ticket"
    if after:
        return "gave_up_again"
    return "nothing" if call.caller else "no_number"
