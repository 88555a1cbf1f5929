"""Whose call it is: agents write about calls that they have, or had a part in."""

from collections.abc import Awaitable, Callable

from console.ports import Record, Refused


async def check_has_had(agent: str | None, call: Record, stored: Callable[[str], Awaitable[Record | None]]) -> None:
    """Raise `Refused` unless this agent has the call, or has had it. `stored` reads a call with the parts of its talk,
    among which are those before a transfer. None: no agent asks, and anybody's call will do."""
    if agent is None or call["agent"] == agent:
        return
    kept = await stored(call["id"])
    if kept is None or agent not in (kept["agent"], *(part["agent"] for part in kept["segments"])):
        raise Refused("another agent has this call", key="call", value=call["id"])
