"""The line of another machine, as a desk without a socket to it sees it: through Redis and the common database.

Such a desk shows. It stores no entries, since the line's own desk does, and it has no way to ask anything of the line.
"""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Final, Literal, NoReturn

from acd.config.settings import Settings
from acd.desk.town_files import services_of
from acd.engine.model.fact_base import FirstWhy
from acd.engine.model.ids import AgentId
from acd.lib.clock import clock
from acd.metrics import Metrics
from acd.metrics.gauges import Waiting
from console.ports import Check, HandOverBy, MonitorBy, OnlyAtTheLine, Record, Sound
from storage.live_redis import RedisReader
from storage.requests.attachments import Attachments
from storage.view import View
from tickets.handover import Target
from tickets.task_calls import ToCall

WAY_OUT: Final = "this desk follows the line of another machine (follow = redis) and cannot {}: use the line's own desk"


class RemoteLine:
    """As `acd.desk.seen_line.SeenLine`. Call all methods on the desk's loop."""

    written_seq = 0
    """The journal is on the other machine."""

    def __init__(self, settings: Settings, metrics: Metrics) -> None:
        self._settings, self._metrics = settings, metrics
        self._reader = RedisReader(settings.redis_url, target_s=settings.target_wait_s)
        self._known = asyncio.Event()
        self._end = self._reader.subscribe(self._known.set)

    @property
    def live(self) -> View:
        """The live view."""
        return self._reader

    @property
    def known(self) -> asyncio.Event:
        """Set once services and agents are known."""
        return self._known

    def begin_without_the_line(self) -> None:
        """Nothing to show: what Redis has of an earlier time is shown already."""

    def works(self) -> dict[str, Coroutine[Any, Any, Any]]:
        """The task that follows the line."""
        return {"line": self._reader.run()}

    def services(self) -> dict[str, Literal["urgent", "routine"]]:
        """The line's services with their classes; those of the file until the line's own desk has sent them."""
        report = self._reader.report
        if report is not None and report.services:
            return report.services
        return {str(service.id): service.priority for service in services_of(self._settings.services_path)}

    def transfer_codes(self) -> dict[str, str]:
        """None: an agent's phone is not opened from this desk."""
        return {}

    def statistics(self) -> Record:
        """The windows' service statistics, as the line's own desk has counted them."""
        report = self._reader.report
        return report.statistics if report is not None and report.statistics else self._metrics.statistics()

    # --- wishes

    def check_agent(self, extension: str) -> None:
        """Refuse: a phone in the browser has its account on the line's machine."""
        _refuse("open an agent's phone")

    async def request_agent_state(self, extension: str, state: str, reason: str, at_page: bool) -> Record:
        """Refuse."""
        _refuse("change an agent's state")

    async def cancel_callback(self, call: str) -> None:
        """Refuse."""
        _refuse("cancel a callback")

    async def set_kind(self, call: str, service: str, agent: str | None) -> Record:
        """Refuse."""
        _refuse("set a call's kind")

    async def put_first(self, call: str, reason: FirstWhy) -> Record:
        """Refuse."""
        _refuse("put a caller first")

    async def hand_over(self, call: str, to: Target, by: HandOverBy) -> None:
        """Refuse."""
        _refuse("hand a caller over")

    async def call_about(self, citizen: ToCall, extension: str, not_after: float) -> str:
        """Refuse."""
        _refuse("call a citizen")

    async def consultant(self, call: str, service: str, without: Sequence[str]) -> Record:
        """Refuse: the live view does not have agents' services."""
        _refuse("choose an agent of a service")

    async def monitor(self, call: str, by: MonitorBy) -> Record:
        """Refuse."""
        _refuse("let a phone monitor a talk")

    async def pause_recording(self, call: str, paused: bool, agent: str | None) -> Record:
        """Refuse."""
        _refuse("pause a recording")

    async def get_agent_services(self, extension: str) -> Record:
        """Refuse: the live view does not have them."""
        _refuse("show an agent's services")

    async def set_agent_services(self, extension: str, services: Sequence[str]) -> Record:
        """Refuse."""
        _refuse("change an agent's services")

    async def get_surge(self) -> Record | None:
        """Refuse: the message is in no entry, so that only the line knows it."""
        _refuse("show the surge message")

    async def set_surge(self, wish: Record) -> Record:
        """Refuse, before anything is spoken into files."""
        _refuse("set a surge message")

    async def clear_surge(self) -> Record | None:
        """Refuse."""
        _refuse("withdraw the surge message")

    # --- how the line is

    def checks(self) -> Sequence[Check]:
        """The line's part of readiness, and that of the live store."""
        reader, report = self._reader, self._reader.report
        live_store = Check(name="live_store", ok=reader.connected, detail=reader.error)
        if report is None:
            detail = reader.error or "the desk that publishes has not said how the line is: is it of this version?"
            return (Check(name="line", ok=False, detail=detail), live_store)
        if not reader.connected:
            age_s = max(0.0, clock() - report.as_of)
            detail = f"away for {age_s:.0f} s ({reader.error}); what is shown is as old"
            return (Check(name="line", ok=False, detail=detail), live_store)
        told = (Check(name=name, ok=ok, detail=detail) for name, ok, detail in report.checks)
        return (*told, live_store)

    def measure(self) -> None:
        """Bring the metrics about the line up to date, for a scrape."""
        queue, services = self.live.queue(), self.services()
        self._metrics.show(
            waiting=[Waiting(one["service"], one["class"], one["queued_at"]) for one in queue if not one["callback"]],
            callbacks=[one["class"] for one in self.live.callbacks()],
            agents={AgentId(one["extension"]): one["state"] for one in self.live.agents()},
            services=services,
            statistics=self.statistics(),
        )
        self._metrics.set_line_connected(all(check.ok for check in self.checks() if check.name == "line"))


class FilesElsewhere(Attachments):
    """Files of requests, which are in the `data_dir` of the line's own desk."""

    def put(self, content: bytes, *, spoken: bool = False) -> NoReturn:
        """Refuse."""
        _refuse("store a request's file")

    def get(self, name: str) -> NoReturn:
        """Refuse."""
        _refuse("read a request's file")


async def no_sound(call: str) -> Sound:
    """Refuse: recordings are on the line's machine."""
    _refuse("play a recording")


def _refuse(what: str) -> NoReturn:
    raise OnlyAtTheLine(WAY_OUT.format(what))
