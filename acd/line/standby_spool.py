"""Reads the standby's records into the journal: each call once, however often this process is killed.

A file is removed after the journal has its event. If the line is killed between the two, it reads the file again, and
the engine recognises the repetition.
"""

import asyncio
from collections.abc import Callable
from pathlib import Path

import structlog

from acd.asterisk import channel_log
from acd.engine.model.events import AnyEvent, CallImported
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.standby import spool
from acd.standby.spool import BadRecord, Record

log = structlog.get_logger()

EVERY_S = 1.0


class Spooled:
    """The spool of this node. It is read on the loop, because it is empty except for minutes in a year."""

    def __init__(
        self,
        folder: Path,
        *,
        post: Callable[[AnyEvent], None],
        settled: Callable[[], bool],
        agent_of: Callable[[str], AgentId | None],
        node: NodeId,
        clock: Callable[[], float],
        callable: Callable[[str], str] = lambda number: "",
        log_file: Path | None = None,
    ) -> None:
        """`settled`: whether every posted event is in the journal. `callable`: the digits to dial for a callback of a
        number; empty if it cannot be called back. `log_file`: Asterisk's channel log."""
        self._folder = folder
        self._post = post
        self._settled = settled
        self._agent_of = agent_of
        self._node = node
        self._clock = clock
        self._callable = callable
        self._log_file = log_file
        self._posted: set[Path] = set()
        self._failed = ""

    async def run(self) -> None:
        """Read new files, for ever."""
        while True:
            self.settle()
            self.take_all()
            await asyncio.sleep(EVERY_S)

    def take_all(self, *, regroup: bool = False) -> None:
        """Post an event for each call with a record. `regroup`: waiting callers are on their way back."""
        found: dict[str, list[Path]] = {}
        try:
            for call, _, path in spool.files(self._folder):
                if path not in self._posted:
                    found.setdefault(call, []).append(path)
        except OSError as error:
            self._complain(f"{self._folder}: {error.strerror or error}")
            return
        self._take(found, regroup=regroup)

    def take(self, call: CallId) -> bool:
        """Read the records of an unknown caller, which the standby may just have written. Returns whether there are
        any."""
        if not spool.is_call_id(call):
            return False
        there = [path for path in spool.of_call(self._folder, call) if path not in self._posted]
        return self._take({str(call): there}, regroup=False) if there else False

    def settle(self) -> None:
        """Remove the files whose events are in the journal."""
        if not self._posted or not self._settled():
            return
        for path in list(self._posted):
            try:
                path.unlink(missing_ok=True)
            except OSError as error:
                self._complain(f"{path}: {error.strerror or error}")
            else:
                self._posted.discard(path)

    def _take(self, found: dict[str, list[Path]], *, regroup: bool) -> bool:
        records: list[Record] = []
        for paths in found.values():
            read = [record for record in (self._read(path) for path in paths) if record is not None]
            if read:  # the record of a call's end has everything
                records.append(max(read, key=lambda record: record.ended_at or 0.0))
        records.sort(key=lambda record: (record.arrived_at, record.call))  # in the order of the standby's queue
        for record in records:
            self._post(self._event(record, regroup=regroup))
        if records:
            log.info("spool_read", calls=len(records))
        return bool(records)

    def _read(self, path: Path) -> Record | None:
        try:
            record = spool.read(path)
        except BadRecord as error:
            log.error("spool_file_set_aside", error=str(error))
            try:
                spool.set_aside(path)
            except OSError as failure:
                self._complain(f"{path}: {failure.strerror or failure}")
                self._posted.add(path)  # must be removed: it would be read again and again
            return None
        except FileNotFoundError:
            return None
        except OSError as error:
            self._complain(f"{path}: {error.strerror or error}")
            return None
        self._posted.add(path)
        return record

    def _answered_at(self, record: Record) -> float | None:
        """When the agent answered. The channel log also has agents who hung up within a moment, which the dialplan
        misses."""
        if record.answered_at is not None or not record.agent or record.ended_at is None:
            return record.answered_at
        try:
            since = record.queued_at or record.arrived_at
            rows = None if self._log_file is None else channel_log.read_since(self._log_file, since)
        except OSError as error:
            self._complain(f"{self._log_file}: {error.strerror or error}")
            rows = None
        return channel_log.answered_at(rows or (), record.call, record.agent) or record.ended_at

    def _event(self, record: Record, *, regroup: bool) -> CallImported:
        agent = self._agent_of(record.agent) if record.agent else None
        if record.agent and agent is None:  # no longer in the list of agents
            agent = AgentId(record.agent.rpartition("/")[2])
        name, dash, _ = record.call.rpartition("-")
        return CallImported(
            at=self._clock(),
            call=CallId(record.call),
            node=NodeId(name) if dash and name else self._node,
            channel=record.channel,
            number=record.number,
            callable=self._callable(record.number) if record.number else "",
            name=record.name,
            dialled=record.dialled,
            arrived_at=record.arrived_at,
            urgent=record.urgent,
            queued_at=record.queued_at,
            answered_at=self._answered_at(record),
            agent=agent,
            ended_at=record.ended_at,
            hangup_by=record.hangup_by,
            regroup=regroup and record.kind == "waiting",
        )

    def _complain(self, error: str) -> None:
        """Say it once, not once a second."""
        if error != self._failed:
            self._failed = error
            log.warning("spool_failed", error=error)
