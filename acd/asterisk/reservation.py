"""One agent, one caller: the engine's legs and the legs of Asterisk's own queue exclude each other.

When an engine comes back, callers are still in that queue, and neither side knows which agents the other rings. The
dialplan's context `reserve` runs on each leg before the phone rings, and at least one of two legs gives way.
"""

import re
from typing import Final

from acd.asterisk.agi_codec import UnsafeArgument
from acd.engine.model.ids import AgentId
from agents.directory import PAGE

RESERVE_CONTEXT: Final = "reserve"
_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,64}")


def phones_of(agent: AgentId, endpoint: str) -> str:
    """The context's arguments: the agent's telephone on the desk, `endpoint`, and their page in the browser."""
    desk, page = endpoint.partition("/")[2].partition("@")[0], f"{agent}{PAGE}"
    if not (_NAME.fullmatch(desk) and _NAME.fullmatch(page)):
        raise UnsafeArgument("an agent must be like 1001 and their endpoint like PJSIP/1001; correct the agents file")
    return f"{desk}^{page}"


def dial_option(agent: AgentId, endpoint: str) -> str:
    """The option of a Dial that rings this agent."""
    return f"b({RESERVE_CONTEXT}^dial^1({phones_of(agent, endpoint)}))"
