"""Keeps the list of agents who may answer while no engine runs: those signed in as ready, as the engine last knew."""

import asyncio
import time
from collections.abc import Sequence
from pathlib import Path

import structlog

from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.events import ConfigChanged, EngineStarted
from acd.engine.model.facts import AgentStateChanged
from acd.engine.model.journal import Entry
from acd.standby import members

log = structlog.get_logger()


RETRY_S = 1.0
SAY_AGAIN_S = 60.0
_CONCERNING = frozenset((AgentStateRequested, ConfigChanged, EngineStarted))


class MembersFile:
    """Writes the file only when it changes. If that fails (the disk is full), it tries again until it succeeds."""

    def __init__(self, data_dir: Path, retry_s: float = RETRY_S) -> None:
        self._path = members.path_in(data_dir)
        self._written: members.Members | None = None
        self._wanted: members.Members | None = None
        self._retry_s = retry_s
        self._failed = ""
        self._say_at = 0.0

    async def run(self) -> None:
        """Try again, for ever, to write what could not be written."""
        while True:
            await asyncio.sleep(self._retry_s)
            if self._failed:
                self._write()

    def follow(self, entries: Sequence[Entry], engine: Engine) -> None:
        """Check whether these entries change which agents are signed in."""
        if not any(_concerns(entry) for entry in entries):
            return
        self._wanted = {
            endpoint: _penalty(backup=agent.profile.backup) if agent.login == "ready" else None
            for _, agent in sorted(engine.state.agents.items())
            if not agent.removed
            for endpoint in (agent.profile.endpoint, agent.profile.page)
        }
        if not self._failed:
            self._write()

    def _write(self) -> None:
        if self._wanted is None or self._wanted == self._written:
            self._failed = ""
            return
        try:
            members.write(self._path, self._wanted)
        except OSError as error:
            reason = error.strerror or str(error)
            if time.monotonic() >= self._say_at:  # not for each try: the log may be on the same disk
                self._say_at = time.monotonic() + SAY_AGAIN_S
                log.warning("standby_members_not_written", error=reason)
            self._failed = reason
        else:
            self._written, self._failed = self._wanted, ""


def _concerns(entry: Entry) -> bool:
    if type(entry.event) in _CONCERNING:
        return True  # an agent who signs out during a talk causes no fact
    return any(type(fact) is AgentStateChanged and fact.state == "paused" for fact in entry.facts)


def _penalty(*, backup: bool) -> int:
    return members.BACKUP if backup else members.REGULAR
