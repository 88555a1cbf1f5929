"""What an own desk does where a disposition is required of routine talks (`acd/engine/rules/required_disposition.py`).

It tells the line which calls have their word, and refuses `ready` to an agent at the page whose last routine talk has
none. A line or a database that does not answer keeps nobody: the call then stays in the list of those that are asked
for.
"""

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from typing import Final, NamedTuple

import structlog

from acd.desk.behind import AGAIN_S
from acd.engine.model.ids import CallId
from acd.engine.model.request_events import CallDisposed
from acd.lib.clock import clock
from console.ports import Record, Refused, Unavailable

log = structlog.get_logger(__name__)

LOOK_S: Final = 2.0
"""Seconds within which the database says what an agent's last talk lacks."""
IDLE: Final = frozenset({"wrapup", "paused", "offline"})
"""States in which ready changes something. An agent in none of them is ready, or will be after their call."""


class LastTalk(NamedTuple):
    """What the database has of an agent's last talks."""

    call: str | None
    """Their newest one."""
    over: bool
    """Whether that call is over."""
    lacks: str | None
    """Their newest routine one, if nobody had its caller after them and it has no word."""


class RequiredDisposition:
    """Call it on the desk's loop. `rules` are the settings of the line's rules, `agent` and `call` its live view,
    `last_talk` asks the database, `keep` has the line take a wish in, and `request` has it change an agent's state."""

    def __init__(
        self,
        rules: Callable[[], Mapping[str, float | bool]],
        agent: Callable[[str], Record | None],
        call: Callable[[str], Record | None],
        last_talk: Callable[[str], Awaitable[LastTalk]],
        keep: Callable[[CallDisposed], Awaitable[bool]],
        request: Callable[[str, str, str, bool], Awaitable[Record]],
    ) -> None:
        self._rules, self._agent, self._call, self._last_talk = rules, agent, call, last_talk
        self._keep, self._request = keep, request
        self._tasks: set[asyncio.Task[None]] = set()

    async def request_agent_state(self, extension: str, state: str, reason: str, at_page: bool) -> Record:
        """Have the line change an agent's state. Raises `Refused` for their own `ready` at the page while a word is
        missing: a program, and a lead for them, may be acting for an agent who works by telephone alone."""
        call = await self._lacking(extension) if state == "ready" and at_page and self._is_required() else None
        if call is not None:
            detail = f"your last routine talk, {call}, has neither a request nor a disposition: say it first"
            allowed = f"a request with call = {call}, or POST calls/{call}/disposition; paused, offline; *48 by phone"
            raise Refused(detail, key="disposition", value=call, allowed=allowed)
        return await self._request(extension, state, reason, at_page)

    def said(self, call: str) -> None:
        """A call has its word: after-call work need not wait for it. A line that is away is not told later: the agent
        then says themselves that they are ready."""
        if self._is_required():
            task = asyncio.get_running_loop().create_task(self._tell(call))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    def _is_required(self) -> bool:
        return bool(self._rules().get("disposition_required"))

    async def _tell(self, call: str) -> None:
        try:
            await self._keep(CallDisposed(at=clock(), call=CallId(call)))
        except Unavailable as error:
            log.warning("line_not_told_of_disposition", call=call, error=str(error))

    async def _lacking(self, extension: str) -> str | None:
        """The call that lacks a word. The line knows of the end of a talk a moment before the database does."""
        agent = self._agent(extension)
        if agent is None or agent["state"] not in IDLE:
            return None
        present = agent["call"] if agent["state"] == "wrapup" else None
        try:
            async with asyncio.timeout(LOOK_S):
                while True:
                    last = await self._last_talk(extension)
                    if present is None or (last.call == present and (last.over or self._call(present) is not None)):
                        return last.lacks  # a call that goes on has its caller with somebody else
                    await asyncio.sleep(AGAIN_S)
        except (TimeoutError, Unavailable) as error:
            log.warning("last_talk_unknown", agent=extension, error=str(error))
            return None
