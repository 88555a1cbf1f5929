"""Which agents may write about a call."""

from typing import Any

import pytest

from acd.desk.call_agents import check_has_had
from console.ports import Refused

CALL = {"id": "ast1-1.1", "agent": "1002"}


async def stored(call: str) -> dict[str, Any] | None:
    """A call that 1001 has sent on to 1002."""
    return {"id": call, "agent": "1002", "segments": [{"agent": "1001"}]}


async def nothing(_: str) -> None:
    """The database does not know the call yet."""


@pytest.mark.parametrize("agent", [None, "1001", "1002"])
async def test_who_had_a_part_in_a_call_has_had_it(agent: str | None) -> None:
    await check_has_had(agent, CALL, stored)
    if agent != "1001":
        await check_has_had(agent, CALL, nothing)


@pytest.mark.parametrize("agent", ["", "1003"])
async def test_another_agent_has_not(agent: str) -> None:
    for known in (stored, nothing):
        with pytest.raises(Refused, match="another agent has this call"):
            await check_has_had(agent, CALL, known)
