"""What the desk's parts need of the line, wherever it runs: `own_line` (this machine) and `remote_line` give it."""

import asyncio
from collections.abc import Coroutine, Sequence
from typing import Any, Literal, Protocol

from acd.engine.model.fact_base import FirstWhy
from console.ports import Check, HandOverBy, MonitorBy, Record
from storage.view import View
from tickets.handover import Target
from tickets.task_calls import ToCall


class SeenLine(Protocol):
    """The line, as a desk sees it. The wishes raise what `console.ports.ConsolePorts` says of them."""

    @property
    def live(self) -> View:
        """The live view."""

    @property
    def known(self) -> asyncio.Event:
        """Set once services and agents are known."""

    @property
    def written_seq(self) -> int:
        """The newest entry that the journal has, as far as that is known."""

    def begin_without_the_line(self) -> None:
        """Show the last state that can be had without the line."""

    def works(self) -> dict[str, Coroutine[Any, Any, Any]]:
        """The tasks that follow the line and serve it, by name."""

    def services(self) -> dict[str, Literal["urgent", "routine"]]:
        """The line's services with their classes."""

    def transfer_codes(self) -> dict[str, str]:
        """By service, the digits behind `*8` with which an agent's phone sends a caller there; only services with
        some."""

    def statistics(self) -> Record:
        """The windows' service statistics."""

    def checks(self) -> Sequence[Check]:
        """The line's part of readiness, and that of the live store."""

    def measure(self) -> None:
        """Bring the metrics about the line up to date, for a scrape."""

    def check_agent(self, extension: str) -> None:
        """Raise unless there is this agent, who may have a phone in the browser from this desk."""

    async def request_agent_state(self, extension: str, state: str, reason: str, at_page: bool) -> Record:
        """Have the line change an agent's state."""

    async def cancel_callback(self, call: str) -> None:
        """Have the line call a caller back no more."""

    async def set_kind(self, call: str, service: str, agent: str | None) -> Record:
        """Tell the line what an urgent call is about. An `agent` must have the call, or have had it."""

    async def put_first(self, call: str, reason: FirstWhy) -> Record:
        """Have the line put a waiting caller first."""

    async def hand_over(self, call: str, to: Target, by: HandOverBy) -> None:
        """Have the line hand a caller over to a target, and wait until they have left the talk."""

    async def call_about(self, citizen: ToCall, extension: str, not_after: float) -> str:
        """Have the line ring an agent, and then the citizen of a task, unless it is later by then; the call."""

    async def consultant(self, call: str, service: str, without: Sequence[str]) -> Record:
        """A ready agent of a service, whom the agent of this call may ask about it."""

    async def monitor(self, call: str, by: MonitorBy) -> Record:
        """Have the line let a lead's phone monitor a talk."""

    async def pause_recording(self, call: str, paused: bool, agent: str | None) -> Record:
        """Have the recording of a talk paused, or go on."""

    async def get_agent_services(self, extension: str) -> Record:
        """The services that an agent takes now."""

    async def set_agent_services(self, extension: str, services: Sequence[str]) -> Record:
        """Have an agent take other services until the line reads its rules anew."""

    async def get_surge(self) -> Record | None:
        """The surge message there is."""

    async def set_surge(self, wish: Record) -> Record:
        """Set a surge message."""

    async def clear_surge(self) -> Record | None:
        """Withdraw the surge message."""
