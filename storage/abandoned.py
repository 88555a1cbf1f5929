"""Callers who gave up waiting, and what became of each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any, Final, Literal, get_args

import msgspec
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.phone_numbers import number_key, spellings
from storage.columns import milliseconds
from storage.database import Database
from storage.queries import CALL_COLUMNS, Call, calls, of_row

Became = Literal["called_back", "called_again", "not_reached", "ticket", "gave_up_again", "nothing", "no_number"]
"""What became of a caller who gave up, the best first. `called_back`: we reached them. `called_again`: they called
again, and an agent answered. `not_reached`: we called them in vain. `ticket`: a request keeps what they wanted.
`gave_up_again`: they called again, and no agent answered. `nothing`: none of these. `no_number`: they withheld it, so
nobody can know."""
MOST = 500
FOLLOWED_S = 86_400.0
"""So long after they gave up, a further call counts as calling again."""
LONGEST_S = 86_400.0
"""No call lasts so long from its beginning to the moment in which its caller gave up."""
_ANSWERED = frozenset({"answered", "called_back"})
_RANKS: Final[Mapping[str, int]] = {one: place for place, one in enumerate(get_args(Became))}
_GAVE_UP: Final = (
    calls.c.outcome.is_not(None),
    sa.or_(calls.c.outcome == "abandoned", calls.c.callback == "abandoned"),
    sa.func.coalesce(calls.c["class"], "") != "outcome",  # a citizen who was called waited for nobody
)


class AbandonedCall(Call, frozen=True, kw_only=True):
    """A call whose caller gave up; `again` is their next call, `again_at` when it came."""

    became: Became
    again: str | None = None
    again_at: float | None = None


async def abandoned(database: Database, begin: float, end: float) -> list[AbandonedCall]:
    """Callers who came from `begin` to before `end` (Unix seconds) and gave up, the newest first, at most `MOST`.
    Raises `storage.database.DatabaseError`."""
    query = (
        _gave_up()
        .where(calls.c.entered_at >= milliseconds(begin), calls.c.entered_at < milliseconds(end))
        .order_by(calls.c.entered_at.desc(), calls.c.id.desc())
        .limit(MOST)
    )
    async with database.explained(), database.reading() as connection:
        return await _told(connection, query)


async def keep_became(connection: AsyncConnection, ids: Collection[str]) -> None:
    """Have calls say what became of their callers who gave up: these calls, which are about to lose their numbers or
    their requests, and those that will miss one of these as the call in which their caller called again."""
    query = sa.select(calls.c.caller, calls.c.entered_at).where(calls.c.id.in_(ids), calls.c.caller != "")
    known = (await connection.execute(query)).all()
    numbers = {one for caller, _ in known for one in spellings(caller)}
    times = [at for _, at in known] or [0]
    # A switchboard's number has called for years: of its calls only those before these can miss one of them.
    first = min(times) - milliseconds(FOLLOWED_S + LONGEST_S)
    before = sa.and_(calls.c.caller.in_(numbers), calls.c.entered_at.between(first, max(times)))
    for call in await _told(connection, _gave_up().where(sa.or_(calls.c.id.in_(ids), before))):
        mine = sa.update(calls).where(calls.c.id == call.id)
        await connection.execute(mine.values(kept_became=call.became))


def _gave_up() -> "sa.Select[Any]":
    """The calls whose callers gave up."""
    return sa.select(*CALL_COLUMNS).where(*_GAVE_UP)


async def _told(connection: AsyncConnection, query: "sa.Select[Any]") -> list[AbandonedCall]:
    """The calls of a query, each with what became of its caller."""
    rows = (await connection.execute(query)).mappings().all()
    found = [of_row(Call, row) for row in rows]
    by_number = await _calls_of(connection, [call for call in found if call.caller])
    return [_followed(call, row["kept_became"], by_number) for call, row in zip(found, rows, strict=True)]


async def _calls_of(connection: AsyncConnection, given_up: Sequence[Call]) -> dict[str, list["_Later"]]:
    """The calls of the callers of these, in the time in which one may have called again."""
    if not given_up:
        return {}
    numbers = {one for call in given_up for one in spellings(call.caller)}
    first = min(call.entered_at for call in given_up)
    last = max(_since(call) for call in given_up) + FOLLOWED_S
    by_us = sa.func.coalesce(calls.c["class"], "") == "outcome"
    reached = sa.and_(calls.c.outcome == "called_back", calls.c.agent.is_not(None))
    query = sa.select(calls.c.id, calls.c.caller, calls.c.entered_at, calls.c.outcome, by_us).where(
        calls.c.caller.in_(numbers),
        calls.c.entered_at >= milliseconds(first),
        calls.c.entered_at < milliseconds(last),
        sa.or_(~by_us, reached),  # whom we called, and no agent reached, has not called again
    )
    by_number: dict[str, list[_Later]] = {}
    for call, caller, entered_at, outcome, ours in await connection.execute(query):
        by_number.setdefault(number_key(caller), []).append(_Later(call, entered_at / 1000, outcome, bool(ours)))
    return by_number


class _Later(msgspec.Struct, frozen=True):
    id: str
    at: float
    outcome: str | None
    by_us: bool
    """Whether they did not call: an agent called them, about an outcome or a task, and reached them."""


def _since(call: Call) -> float:
    """From when a further call of its caller is calling again."""
    if call.callback is not None or call.ended_at is None:  # the call ended only after the callback
        return call.entered_at
    return call.ended_at


def _followed(call: Call, kept: Became | None, by_number: Mapping[str, Iterable[_Later]]) -> AbandonedCall:
    """A call with what became of its caller; `kept` is what was known of that before something was erased."""
    since = _since(call)
    known = by_number.get(number_key(call.caller), ()) if call.caller else ()
    later = sorted(
        (one for one in known if one.id != call.id and since <= one.at < since + FOLLOWED_S), key=lambda one: one.at
    )
    after = [one for one in later if not one.by_us]
    answered = next((one for one in after if one.outcome in _ANSWERED), None)
    again = answered or (after[0] if after else None)
    became = "called_back" if len(later) > len(after) else _became(call, answered, after)
    return AbandonedCall(
        **{name: getattr(call, name) for name in Call.__struct_fields__},
        became=became if kept is None else min(kept, became, key=_RANKS.__getitem__),
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
