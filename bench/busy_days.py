"""Days of a busy line in a database: calls with their waits, offers, talks, and the agents' states."""

from datetime import date
from typing import Any, Final

import sqlalchemy as sa

from bench.side import COZUM
from storage.columns import milliseconds, table_of
from storage.database import Database
from storage.migrate import upgrade
from storage.tables import AgentIntervalRow, CallRow, CallWaitRow, OfferRow, TalkSegmentRow

DAY: Final = date(2026, 3, 2)
MIDNIGHT: Final = 1_772_398_800.0
"""Of that day in Istanbul, Unix seconds. The other days follow it."""
DAY_S: Final = 86_400
STAFF: Final = 40
TALK_S: Final = 90.0
RING_S: Final = 1.0
SHIFT_S: Final = 1800
"""So long an agent is ready, and then pauses."""
CHUNK: Final = 2000


async def fill(url: str, calls: int, days: int) -> None:
    """Put days of so many calls into an empty database: most of them routine, some urgent, some given up."""
    database = Database(url)
    try:
        await upgrade(database)
        for first in range(0, calls * days, CHUNK):
            places = range(first, min(calls * days, first + CHUNK))
            made = [_call(place, calls) for place in places]
            answered = [call for call in made if call["agent"] is not None]
            async with database.writing() as connection:
                await connection.execute(sa.insert(table_of(CallRow)), made)
                waits = [one for call in made for one in _waits(call)]
                await connection.execute(sa.insert(table_of(CallWaitRow)), waits)
                await connection.execute(sa.insert(table_of(OfferRow)), [_offer(call) for call in answered])
                await connection.execute(sa.insert(table_of(TalkSegmentRow)), [_talk(call) for call in answered])
        async with database.writing() as connection:
            intervals = [one for agent in range(STAFF) for one in _intervals(agent, days)]
            await connection.execute(sa.insert(table_of(AgentIntervalRow)), intervals)
    finally:
        await database.close()


def _call(place: int, calls: int) -> dict[str, Any]:
    day, nth = divmod(place, calls)
    at = milliseconds(MIDNIGHT + DAY_S * day + (DAY_S - 400) * nth / calls)
    wait_s = 1.0 + place % 12
    given_up = place % 25 == 0
    return {
        "id": f"busy-{place}",
        "node": "bench",
        "caller": f"+90532{place:07}",
        "name": "",
        "dialled": COZUM,
        "language": "tr",
        "service": "ambulance" if place % 12 == 0 else "request",
        "class": "urgent" if place % 12 == 0 else "routine",
        "outcome": "abandoned" if given_up else "answered",
        "agent": None if given_up else str(1001 + place % STAFF),
        "arrived_at": at,
        "queued_at": at,
        "entered_at": at,
        "answered_at": None if given_up else at + milliseconds(wait_s),
        "ended_at": at + milliseconds(wait_s + (0 if given_up else TALK_S)),
        "wait_s": wait_s,
        "within_target": not given_up and wait_s <= 6,
        "talk_s": None if given_up else TALK_S,
        "hold_s": None if given_up else 0.0,
    }


def _waits(call: dict[str, Any]) -> list[dict[str, Any]]:
    """All agents talked, and then one's phone rang."""
    alike = {
        "call": call["id"],
        "entered_at": call["entered_at"],
        "class": call["class"],
        "service": call["service"],
        "within_target": call["within_target"],
    }
    busy = {**alike, "cause": "busy", "agent": "", "waited_s": call["wait_s"]}
    if call["agent"] is None or call["wait_s"] <= RING_S:
        return [busy]
    rang = {**alike, "cause": "pick_up", "agent": call["agent"], "waited_s": RING_S}
    return [{**busy, "waited_s": call["wait_s"] - RING_S}, rang]


def _offer(call: dict[str, Any]) -> dict[str, Any]:
    return {
        "id": f"{call['id']}-1",
        "call": call["id"],
        "agent": call["agent"],
        "service": call["service"],
        "class": call["class"],
        "made_at": call["answered_at"] - milliseconds(RING_S),
        "ended_at": call["answered_at"],
        "result": "answered",
        "ring_s": RING_S,
    }


def _talk(call: dict[str, Any]) -> dict[str, Any]:
    return {
        "call": call["id"],
        "number": 1,
        "agent": call["agent"],
        "how": "answered",
        "began_at": call["answered_at"],
        "ended_at": call["ended_at"],
        "talk_s": TALK_S,
        "hold_s": 0.0,
    }


def _intervals(agent: int, days: int) -> list[dict[str, Any]]:
    """An agent's states, by turns idle and paused."""
    return [
        {
            "agent": str(1001 + agent),
            "state": ("idle", "paused")[nth % 2],
            "reason": "",
            "call": None,
            "began_at": milliseconds(MIDNIGHT + SHIFT_S * nth),
            "ended_at": milliseconds(MIDNIGHT + SHIFT_S * (nth + 1)),
        }
        for nth in range(DAY_S * days // SHIFT_S)
    ]
