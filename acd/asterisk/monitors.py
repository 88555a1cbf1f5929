"""Lets a shift lead's phone monitor a talk: the phone dials the code, the engine says which talk, Asterisk's ChanSpy
lets it hear.

The dialplan has no ChanSpy: this session runs it, and only with the channel that the engine names. The option `u` takes
the channel by its whole name, so that neither `*` nor digits lead to another one: `*`, and `#` behind digits, end it.
No key changes the mode or leaves for an extension (options `d`, `c`, `x` and `X` are not given). `E` and `S` end it
with the agent's leg.

ChanSpy outlives this process, since Asterisk does not look at the AGI connection meanwhile. Each time that Asterisk
lists its channels, at a start too, `sweep` therefore hangs up every one that monitors without a session of ours.
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from acd.asterisk.agent_codes import endpoint_of
from acd.asterisk.agi_channel import AgiChannel, CommandRefused
from acd.asterisk.agi_codec import Environment
from acd.asterisk.ami import AmiError, BadAction, Response
from acd.asterisk.channel_names import AmiEvent
from acd.asterisk.keypad import Keypads
from acd.asterisk.voice import Voice
from acd.engine.model.commands import EndMonitor
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId
from acd.engine.model.monitor_events import MonitorDialled, MonitorOver
from acd.engine.model.monitor_facts import MonitorBegan, MonitorMode, MonitorRefused

log = structlog.get_logger(__name__)

APPLICATION: Final = "ChanSpy"
NORMAL: Final = "16"
"""Q.850 cause of an ordinary end."""
OPTIONS: Final[dict[MonitorMode, str]] = {"listen": "quES", "whisper": "quESw", "barge": "quESB"}
PROMPTS: Final = {"monitor_refused": "Nobody has wished this phone to monitor a talk."}
"""The prompt that these sessions play, beside those of the agents' codes, and its words."""


@dataclass(frozen=True, slots=True)
class MonitorPorts:
    """What these sessions need of the rest of the program."""

    post: Callable[[AnyEvent], None]
    tell: Callable[[AnyEvent], Awaitable[Sequence[object]]]
    """Has the engine take an event; returns what came of it, once it is journalled. While the journal cannot be written
    it returns as soon."""
    ask: Callable[[str, dict[str, str]], "asyncio.Future[Response]"]
    """Has Asterisk do something. Raises `AmiError`, also by the future, and `BadAction`."""
    clock: Callable[[], float]
    """Unix seconds."""
    agent_of: Callable[[str], AgentId | None]
    """The agent whose endpoint (`PJSIP/1001`) this is."""
    language: str = "tr"


class Monitors:
    """`serve` is the AGI server's session for `/monitor`."""

    def __init__(self, ports: MonitorPorts, keypads: Keypads) -> None:
        self._ports = ports
        self._keypads = keypads
        self._served: set[str] = set()
        """Channels of leads' phones that have a session of ours."""

    async def serve(self, channel: AgiChannel, environment: Environment) -> None:
        """Serve one phone that has dialled the code."""
        name, channel_id = environment.get("channel"), environment.get("uniqueid")
        phone = self._ports.agent_of(endpoint_of(name))
        keypad = self._keypads.open(channel_id)
        self._served.add(name)
        try:
            voice = Voice(channel, keypad, environment.get("language"))
            await voice.set_language(self._ports.language)
            if phone is None:
                log.warning("monitor_from_unknown_phone")
                await voice.say("agent_unknown")
            elif not await self._monitored(channel, phone, name):
                await voice.say("monitor_refused")
        finally:
            self._served.discard(name)
            self._keypads.close(channel_id, keypad)

    async def _monitored(self, channel: AgiChannel, phone: AgentId, name: str) -> bool:
        """Monitor until the talk or the phone's call is over; False if it could not begin."""
        facts = await self._ports.tell(MonitorDialled(at=self._ports.clock(), phone=phone, channel=name))
        began = next((one for one in facts if isinstance(one, MonitorBegan)), None)
        if began is None:
            why = next((one.why for one in facts if isinstance(one, MonitorRefused)), "failed")
            log.warning("monitor_refused", phone=phone, why=why)
            return False
        try:
            await channel.exec(APPLICATION, began.leg, OPTIONS[began.mode])
        except CommandRefused:
            log.exception("monitor_failed", phone=phone)
            return False
        finally:
            self._ports.post(MonitorOver(at=self._ports.clock(), phone=phone, channel=name))
        return True

    def end(self, command: EndMonitor) -> None:
        """Carry out the engine's order."""
        self._hang_up(command.channel)

    def sweep(self, channels: Iterable[AmiEvent]) -> None:
        """Hang up what monitors without a session of ours. `channels` are entries of CoreShowChannels."""
        for entry in channels:
            name = entry.get("Channel", "")
            if entry.get("Application") == APPLICATION and name and name not in self._served:
                log.warning("monitor_without_session", endpoint=endpoint_of(name))
                self._hang_up(name)

    def _hang_up(self, channel: str) -> None:
        """Hang up a channel by its whole name: Asterisk takes a name that begins with a slash for a pattern."""
        if "/" not in channel or channel.startswith("/"):
            return
        try:
            answer = self._ports.ask("Hangup", {"Channel": channel, "Cause": NORMAL})
        except (AmiError, BadAction) as error:
            log.warning("monitor_not_ended", error=str(error))
        else:
            answer.add_done_callback(_note_failure)


def _note_failure(answer: "asyncio.Future[Response]") -> None:
    if not answer.cancelled() and (error := answer.exception()) is not None:
        log.warning("monitor_not_ended", error=str(error))
