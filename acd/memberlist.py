"""Keeps the list of who may answer while no engine is there: agents signed in as ready, as the engine last knew."""

from collections.abc import Sequence
from pathlib import Path

import structlog

from acd.engine.events import AgentStateRequested, ConfigChanged, EngineStarted
from acd.engine.facts import AgentStateChanged
from acd.engine.log import Entry
from acd.engine.machine import Engine
from acd.standby import members

log = structlog.get_logger()


class MembersFile:
    """Written when it changes, and only then."""

    def __init__(self, data_dir: Path) -> None:
        self._path = members.path_in(data_dir)
        self._written: members.Members | None = None

    def follow(self, entries: Sequence[Entry], engine: Engine) -> None:
        """Look whether any of these entries has changed who is signed in."""
        if not any(_concerns(entry) for entry in entries):
            return
        now = {
            agent.profile.endpoint: _penalty(backup=agent.profile.backup) if agent.login == "ready" else None
            for _, agent in sorted(engine.state.agents.items())
            if not agent.removed
        }
        if now == self._written:
            return
        try:
            members.write(self._path, now)
        except OSError as error:
            log.warning("standby_members_not_written", error=error.strerror or str(error))
        else:
            self._written = now


def _concerns(entry: Entry) -> bool:
    if isinstance(entry.event, AgentStateRequested | ConfigChanged | EngineStarted):
        return True  # one who signs out in a talk does so without a fact
    return any(isinstance(fact, AgentStateChanged) and fact.state == "paused" for fact in entry.facts)


def _penalty(*, backup: bool) -> int:
    return members.BACKUP if backup else members.REGULAR
