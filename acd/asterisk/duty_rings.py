"""Rings people on duty, and says the request to whoever picks up: 1 accepts it, 2 declines.

The engine has the ring (`acd.engine.handlers.duty_rings`). The person's channel runs our AGI as a caller's does: if the
line dies, the dialplan brings the channel to the next one, and the person is asked again.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from typing import Final

import structlog

from acd.asterisk.agi_channel import AgiChannel, CallerHungUp
from acd.asterisk.agi_codec import Environment
from acd.asterisk.ami import AmiError, BadAction, Response
from acd.asterisk.callers import DONE
from acd.asterisk.keypad import Keypads
from acd.asterisk.manager_user import DUTY_CONTEXT
from acd.asterisk.voice import Voice
from acd.engine.model.commands import RingDuty
from acd.engine.model.duty_events import DutyEvent, DutyKeyed, DutyPickedUp, DutyRingOver
from acd.engine.model.duty_facts import DutyResult
from acd.engine.model.events import AnyEvent
from acd.engine.model.state import DutyRing
from acd.lib.dialable import dialable

log = structlog.get_logger(__name__)

DUTY_CHANNEL: Final = f"Local/ring@{DUTY_CONTEXT}/n"
RING_GRACE_S: Final = 5.0
"""Seconds after the end of the ring at which Asterisk gives it up if the dialplan has not done so."""
_WISH: Final = re.compile(r"[0-9A-Za-z-]{1,40}\.[0-9]{1,4}(\.[0-9]{1,15})?")
_EXTENSION: Final = re.compile(r"[0-9]{3,6}")

LANGUAGE: Final = "tr"
"""People on duty work for the town."""
ROUNDS: Final = 3
"""So often the request is said."""
KEY_S: Final = 4.0
ANSWERS: Final = {"1": True, "2": False}
RESULTS: Final[dict[str, DutyResult]] = {"BUSY": "busy", "CHANUNAVAIL": "unreachable", "CONGESTION": "unreachable"}
"""By the dialplan's DIALSTATUS; every other means that nobody answered."""

Originate = Callable[[str, dict[str, str]], "asyncio.Future[Response]"]
"""Has Asterisk originate a channel, by the command's id. Raises `AmiError`."""


@dataclass(frozen=True, slots=True)
class DutyPorts:
    """What these sessions need of the rest of the program."""

    post: Callable[[AnyEvent], None]
    tell: Callable[[DutyEvent], Awaitable[Sequence[object]]]
    """Has the engine take an event; returns what came of it, once it is journalled. While the journal cannot be written
    it returns as soon."""
    ring: Callable[[str], DutyRing | None]
    """A ring by its wish, while there is one."""
    originate: Originate
    clock: Callable[[], float]
    """Unix seconds."""
    has: Callable[[str], bool] = lambda prompt: True
    """Whether a prompt has been recorded or spoken: a town's own may be missing."""


def originate(command: RingDuty) -> dict[str, str]:
    """The headers of Originate. Raises `BadAction` where a text of the order could be another one."""
    if not (command.number.isascii() and command.number.isdigit() and 3 <= len(command.number) <= 15):
        raise BadAction("a number of 3 to 15 digits is allowed")
    if not _WISH.fullmatch(command.wish):
        raise BadAction(f"wish {command.wish!r} must be like 26-000123-3.1.1780473600000")
    variables = {"_NUMBER": command.number, "_ANSWER_S": str(max(1, round(command.ring_s))), "_DUTY": command.wish}
    return {
        "Channel": DUTY_CHANNEL,
        "Context": DUTY_CONTEXT,
        "Exten": "over",
        "Priority": "1",
        "Timeout": str(round((command.ring_s + RING_GRACE_S) * 1000)),
        "ChannelId": f"{command.node}-duty-{command.wish}",
        "Variable": ",".join(f"{name}={value}" for name, value in variables.items()),
        "Async": "true",
    }


def dialled(number: str) -> str:
    """The digits to dial for a person on duty: an internal extension as it is; empty if it must not be dialled."""
    return number if _EXTENSION.fullmatch(number) else dialable(number)


class DutyRings:
    """`serve` is the AGI server's session for `/duty`."""

    def __init__(self, ports: DutyPorts) -> None:
        self._ports = ports
        # AMI reports no keys of this channel, which began no call.
        self._keypads = Keypads(time.monotonic, lambda: False)
        self._tasks: set[asyncio.Task[None]] = set()

    def ring(self, command_id: str, command: RingDuty) -> None:
        """Have Asterisk ring the person. If it cannot, the ring is over."""
        try:
            answer = self._ports.originate(command_id, originate(command))
        except (AmiError, BadAction) as error:
            self._failed(command.wish, str(error))
            return
        task = asyncio.get_running_loop().create_task(self._watch(command.wish, answer))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def serve(self, channel: AgiChannel, environment: Environment) -> None:
        """Serve the person's channel or, with a status, the end of a ring that nobody answered."""
        wish, status = environment.argument(1), environment.argument(2)
        if status:
            await self._ports.tell(
                DutyRingOver(at=self._ports.clock(), wish=wish, result=RESULTS.get(status, "no_answer"))
            )
            await channel.set_variable(DONE, "1")
            return
        channel_id = environment.get("uniqueid")
        keypad = self._keypads.open(channel_id)
        try:
            await self._serve(Voice(channel, keypad, environment.get("language")), wish)
        except CallerHungUp:
            await self._ports.tell(DutyRingOver(at=self._ports.clock(), wish=wish, result="no_answer"))
            raise
        finally:
            self._keypads.close(channel_id, keypad)

    async def _serve(self, voice: Voice, wish: str) -> None:
        await self._ports.tell(DutyPickedUp(at=self._ports.clock(), wish=wish))
        ring = self._ports.ring(wish)
        if ring is None:
            await voice.say("duty_over")
        else:
            await voice.set_language(LANGUAGE)
            await voice.say(await self._answer(voice, ring))
        await voice.channel.set_variable(DONE, "1")

    async def _answer(self, voice: Voice, ring: DutyRing) -> str:
        """Say the request until the person answers; returns the prompt that confirms it."""
        for _ in range(ROUNDS):
            voice.keypad.clear()
            await voice.play(("duty_call", *filter(self._ports.has, ring.prompts), "duty_keys"))
            accepts = ANSWERS.get(await voice.gather(1, KEY_S))
            if accepts is not None:
                keyed = DutyKeyed(at=self._ports.clock(), wish=ring.wish, accepts=accepts)
                if not await self._ports.tell(keyed):
                    return "duty_over"
                return "duty_accepted" if accepts else "duty_declined"
            if self._ports.ring(ring.wish) is None:  # somebody accepted it meanwhile, or its time is over
                return "duty_over"
        await self._ports.tell(DutyRingOver(at=self._ports.clock(), wish=ring.wish, result="no_answer"))
        return "goodbye"

    def _failed(self, wish: str, error: str) -> None:
        log.warning("duty_not_rung", wish=wish, error=error)
        self._ports.post(DutyRingOver(at=self._ports.clock(), wish=wish, result="failed"))

    async def _watch(self, wish: str, answer: "asyncio.Future[Response]") -> None:
        """There is no deadline here: on a busy machine the answer is seconds late, and by then the telephone rings."""
        try:
            response = await answer
        except AmiError as error:
            self._failed(wish, str(error))
        else:
            if not response.success:
                self._failed(wish, response.message)
