"""The desk: all that reads the journal, on a thread and a loop of its own, beside the line's.

The line hands it the entries as they are written; nothing the desk does can hold the line up. What goes the other way
(an agent's state asked for over HTTP) is posted to the line's loop.
"""

import asyncio
import contextlib
import threading
import time
from collections import deque
from collections.abc import Sequence
from concurrent.futures import Future
from importlib.metadata import version
from typing import Protocol, cast
from zoneinfo import ZoneInfo

import structlog
import uvloop

from acd.asterisk.node import AsteriskNode
from acd.desk.database import Records
from acd.desk.surge_messages import SurgeMessages
from acd.engine.events import AgentStateRequested, AgentWish, CallbackCancelled, ConfigChanged
from acd.engine.facts import CallEnded
from acd.engine.ids import AgentId, CallId
from acd.engine.log import Entry, JournalError
from acd.engine.machine import Engine
from acd.keyfile import secret_in
from acd.line.runtime import Runtime
from acd.lives import ended
from acd.metrics import Metrics, render, sample_stalls
from acd.refusals import Refusals
from acd.settings import Settings
from acd.times import clock
from console.api import create_app
from console.auth import token_check
from console.ports import Check, ConsolePorts, Record, Unavailable, UnknownAgent, UnknownCallback
from console.server import BindError, HttpServer
from storage.journal import JournalReader
from storage.live import LiveView
from storage.live_redis import RedisPublisher

log = structlog.get_logger()

STOP_S = 5.0
GATHER_S = 0.05
"""How long entries gather before the desk looks at them: each time it does, it takes the interpreter from the line."""
KNOWN_FOR_S = 30 * 86_400.0
"""An agent knows a caller they spoke with for so long, and one with an open ticket as long as it is open."""


class StartError(Exception):
    """A part could not start or go on. One line, with the way out."""


class ReadLine(Protocol):
    """What the desk reads of the line, and the inbox it posts to."""

    @property
    def engine(self) -> Engine:
        """Looked at while the desk is made, on the line's thread."""

    @property
    def runtime(self) -> Runtime:
        """For its figures and its inbox."""

    @property
    def node(self) -> AsteriskNode:
        """Whether Asterisk is there."""

    @property
    def refusals(self) -> Refusals:
        """Calls that were too many."""


class Desk:
    """The line's handle on the desk. Methods are for the line's thread, unless they say otherwise."""

    def __init__(self, settings: Settings, line: ReadLine) -> None:
        self._settings = settings
        self._line = line
        self._line_loop = asyncio.get_running_loop()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._stopping: asyncio.Event | None = None
        self._over: Future[None] = Future()
        self._begun = threading.Event()
        self._knows_rules = asyncio.Event()
        """For the desk's thread: the line has told which services and agents there are."""
        self._gathered: deque[Entry] = deque()
        self._woken = False
        """Whether the desk knows that there are some, or soon will; it says otherwise before it takes them."""
        self._thread = threading.Thread(target=self._run, name="desk", daemon=True)
        self._metrics = Metrics(
            clock=clock,
            zone=ZoneInfo(settings.timezone),
            service_level_s=settings.service_level_s,
            version=version("cozum"),
        )
        self._metrics.set_ends(ended)
        # What the thread begins with is copied here, on the line's thread, where the engine does not move meanwhile.
        self._seq_at_start = line.runtime.seq
        self._live = LiveView.of(line.engine.state, self._seq_at_start, clock())
        self._metrics.restore(line.engine.state)
        self._records = Records(settings)
        self._surge = SurgeMessages(
            settings, line.engine, line.runtime, self._line_loop, get_ticket=self._records.get_ticket
        )
        self._publisher: RedisPublisher | None = None

    # --- on the line's thread

    def start(self) -> None:
        """Start the thread and wait until it takes entries; all else of its start goes on beside the line's."""
        self._thread.start()
        self._begun.wait()

    def stop(self) -> None:
        """End the thread, at most `STOP_S` from now."""
        if self._loop is not None and self._stopping is not None and not self._over.done():
            self._loop.call_soon_threadsafe(self._stopping.set)
        if self._thread.ident is not None:
            self._thread.join(STOP_S)

    async def watch(self) -> None:
        """Comes back when the desk is over, and raises what it failed by: `StartError` among others."""
        await asyncio.shield(asyncio.wrap_future(self._over))  # who stops watching does not end what was watched

    def follow(self, entries: Sequence[Entry]) -> None:
        """Take in what the runtime has written."""
        if self._over.done():
            return
        self._gathered.extend(entries)
        if not self._woken and self._loop is not None:
            self._woken = True
            self._line_loop.call_later(GATHER_S, self._wake)

    def _wake(self) -> None:
        """Have the desk take what has gathered. It is the line that waits for that: a thread that is woken takes
        the interpreter from it, and at once would be the very moment in which an agent is to be rung."""
        if self._loop is not None:
            with contextlib.suppress(RuntimeError):  # the desk is over
                self._loop.call_soon_threadsafe(self._take)

    @property
    def stored_seq(self) -> int:
        """Entries up to this one are in the database for good."""
        return self._records.stored_seq

    async def sample_stalls(self) -> None:
        """Measure how late the line's loop is, until cancelled."""
        loop = self._loop
        assert loop is not None

        def observe(late_s: float) -> None:
            loop.call_soon_threadsafe(self._metrics.observe_stall, late_s)

        await sample_stalls(observe)

    async def look_up(self, kind: str, value: str) -> dict[str, str] | None:
        """What a flow asks for: `ticket` by its number. None if there is no such ticket; nothing known of it, `{}`,
        where the database does not answer."""
        if self._loop is None or kind != "ticket":
            return {}
        asked = asyncio.run_coroutine_threadsafe(self._records.ticket_state(value), self._loop)
        try:
            return await asyncio.wrap_future(asked)
        except Unavailable as error:
            log.warning("ticket_not_looked_up", error=str(error))
            return {}

    async def knows(self, caller: str) -> AgentId | None:
        """The agent who knows a caller."""
        if self._loop is None:
            return None
        asked = self._records.knows(caller, clock() - KNOWN_FOR_S)
        found = await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(asked, self._loop))
        return None if found is None else AgentId(found)

    # --- on the desk's thread

    def _run(self) -> None:
        try:
            uvloop.run(self._serve())
        except BaseException as error:
            self._begun.set()
            self._over.set_exception(error)
        else:
            self._over.set_result(None)

    async def _serve(self) -> None:
        self._loop, self._stopping = asyncio.get_running_loop(), asyncio.Event()
        self._begun.set()
        app = create_app(self._ports())
        server = HttpServer(app, refused=self._metrics.count_http_refused)
        stopping = asyncio.create_task(self._stopping.wait())
        # Who asked before would be told that there are no agents.
        knowing = asyncio.create_task(self._knows_rules.wait())
        await asyncio.wait((knowing, stopping), return_when=asyncio.FIRST_COMPLETED)
        if self._stopping.is_set():
            knowing.cancel()
            return
        try:
            await server.start(self._settings.bind_host, self._settings.http_port)
        except BindError as error:
            raise StartError(str(error.strerror or error)) from None
        records = asyncio.create_task(self._records.run(self._settings.journal_file), name="records")
        publishing = asyncio.create_task(self._publish(), name="publish")
        remembering = asyncio.create_task(self._remember(), name="remember")
        try:
            done, _ = await asyncio.wait((records, stopping), return_when=asyncio.FIRST_COMPLETED)
            if records in done:
                records.result()
        finally:
            app.state.live.close()
            await server.stop()
            tasks = (records, publishing, remembering, stopping)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._records.close()

    def _take(self) -> None:
        """Take what has gathered."""
        self._woken, gathered = False, self._gathered
        while gathered:
            entry = gathered.popleft()
            self._metrics.fold(entry)
            self._live.apply(entry)
            if isinstance(entry.event, ConfigChanged):
                self._knows_rules.set()
        self._records.notify()

    async def _publish(self) -> None:
        """Show the live view to other processes, where a Redis is set for it."""
        if self._settings.redis_url:
            self._publisher = RedisPublisher(self._settings.redis_url, self._live, epoch=str(time.time_ns()))
            await self._publisher.run()

    async def _remember(self) -> None:
        """Fill the windows again with what an earlier process saw today, a piece at a time."""
        try:
            with JournalReader(self._settings.journal_file) as reader:
                after = reader.seq_before(self._metrics.replay_from())
                while after < self._seq_at_start:
                    entries = [one for one in reader.read(after, 200) if one.seq <= self._seq_at_start]
                    if not entries:
                        return
                    self._metrics.replay(entries)
                    after = entries[-1].seq
                    await asyncio.sleep(0)
        except JournalError as error:
            log.warning("windows_not_filled", error=str(error))

    # --- what the console asks

    def _ports(self) -> ConsolePorts:
        records = self._records
        return ConsolePorts(
            list_calls=records.list_calls,
            get_call=records.get_call,
            list_tickets=records.list_tickets,
            get_ticket=records.get_ticket,
            live=self._live,
            figures=self._metrics.figures,
            request_agent_state=self._request_agent_state,
            cancel_callback=self._cancel_callback,
            get_surge=self._surge.get,
            set_surge=self._surge.set,
            clear_surge=self._surge.clear,
            checks=self._checks,
            metrics=self._exposition,
            check_token=token_check(secret_in(self._settings.token_file)),
            clock=clock,
            version=version("cozum"),
            timezone=self._settings.timezone,
        )

    async def _request_agent_state(self, extension: str, state: str, reason: str) -> Record:
        agent = AgentId(extension)
        if self._live.agent(extension) is None:
            raise UnknownAgent(extension)
        event = AgentStateRequested(at=clock(), agent=agent, state=cast(AgentWish, state), reason=reason, source="api")
        asked = asyncio.run_coroutine_threadsafe(self._line.runtime.ask(event), self._line_loop)
        await asyncio.wrap_future(asked)
        self._take()
        record = self._live.agent(extension)
        if record is None:
            raise UnknownAgent(extension)
        return record

    async def _cancel_callback(self, call: str) -> None:
        self._take()
        if not any(one["id"] == call for one in self._live.callbacks()):
            raise UnknownCallback(call)
        event = CallbackCancelled(at=clock(), call=CallId(call))
        asked = asyncio.run_coroutine_threadsafe(self._line.runtime.ask(event), self._line_loop)
        if not any(isinstance(one, CallEnded) for one in await asyncio.wrap_future(asked)):
            raise UnknownCallback(call)  # they have been reached meanwhile

    async def _checks(self) -> Sequence[Check]:
        line = self._line
        return (
            Check(
                name="asterisk",
                ok=line.node.connected,
                detail=line.node.last_error or ("" if line.node.connected else "not reconciled yet"),
            ),
            Check(name="journal", ok=not line.runtime.journal_error, detail=line.runtime.journal_error),
            # Those who are on the line are served: who turns calls away is full, not unfit.
            Check(name="calls", ok=True, detail=line.refusals.lately()),
            *self._live_store_check(),
            *self._records.checks(line.runtime.seq - line.runtime.unwritten),
        )

    def _live_store_check(self) -> Sequence[Check]:
        if not self._settings.redis_url:
            return ()
        publisher = self._publisher
        connected = publisher is not None and publisher.connected
        return (Check(name="live_store", ok=connected, detail="" if publisher is None else publisher.error),)

    async def _exposition(self) -> tuple[bytes, str]:
        self._take()
        line, metrics = self._line, self._metrics
        written = line.runtime.seq - line.runtime.unwritten
        metrics.set_calls_refused(line.refusals.totals)
        metrics.set_ami_connected(line.node.id, line.node.connected)
        metrics.set_journal(
            last_seq=line.runtime.seq, unwritten=line.runtime.unwritten, size_bytes=_size(self._settings)
        )
        metrics.set_reader_lag("live", max(0, line.runtime.seq - self._live.seq))
        metrics.set_reader_lag("projector", max(0, written - self._records.seq))
        metrics.set_reader_lag_s("projector", self._records.lag_s)
        return await render(metrics.registry)


def _size(settings: Settings) -> int:
    """Bytes of the journal's files."""
    journal = settings.journal_file
    return sum(path.stat().st_size for path in journal.parent.glob(journal.name + "*") if path.is_file())
