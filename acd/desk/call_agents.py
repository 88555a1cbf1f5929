"""Whose call it is: agents write about calls that they have, or had a part in."""

import asyncio
import time
from collections.abc import Awaitable, Callable

from acd.desk import behind
from console.ports import Record, Refused


async def check_has_had(agent: str | None, call: Record, stored: Callable[[str], Awaitable[Record | None]]) -> None:
    """Raise `Refused` unless this agent has the call, or has had it. `stored` reads a call with the parts of its talk,
    among which are those before a transfer; it may be behind the line by `BEHIND_S`. None: no agent asks, and
    anybody's call will do."""
    if agent is None or call["agent"] == agent:
        return
    deadline = time.monotonic() + behind.BEHIND_S
    while True:
        kept = await stored(call["id"])
        if kept is not None and agent in (kept["agent"], *(part["agent"] for part in kept["segments"])):
            return
        if time.monotonic() > deadline:
            raise Refused("another agent has this call", key="call", value=call["id"])
        await asyncio.sleep(behind.AGAIN_S)
