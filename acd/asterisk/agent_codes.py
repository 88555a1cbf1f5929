"""Sign-in, sign-out, pause and return by an agent's own phone (`*45`, `*46`, `*47`, `*48`).

The SIP endpoint of the channel identifies the agent: the phone proved it with its password. The caller id is mere text
and is not used. The PIN proves that it is the agent, and not somebody else at their desk.
"""

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Final

import structlog

from acd.asterisk.agi_channel import AgiChannel
from acd.asterisk.agi_codec import Environment, PeerError
from acd.asterisk.keypad import Keypads
from acd.asterisk.voice import Voice
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.event_base import AgentWish
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId
from agents.pins import MAX_DIGITS, Attempts, LockRule, after_attempt
from agents.presence import pause_reason_by_key

log = structlog.get_logger(__name__)

PROMPTS: Final = {
    "agent_enter_pin": "Your PIN, please, then the hash key.",
    "agent_wrong_pin": "That PIN is wrong.",
    "agent_locked": "Too many wrong PINs; try again later.",
    "agent_unknown": "This phone belongs to no agent.",
    "agent_pause_reason": "Why: 1 break, 2 meal, 3 prayer, 4 training.",
    "agent_signed_in": "You are signed in.",
    "agent_signed_out": "You are signed out.",
    "agent_paused": "You are paused.",
    "agent_ready": "You are ready for calls again.",
}
"""The prompts that these sessions play, and the words of each."""

WISHES: Final[dict[str, tuple[AgentWish, str]]] = {
    "login": ("ready", "agent_signed_in"),
    "logout": ("offline", "agent_signed_out"),
    "pause": ("paused", "agent_paused"),
    "ready": ("ready", "agent_ready"),
}
"""By the last part of the AGI path: the wanted state, and the prompt that confirms it."""

TRIES: Final = 3
KEY_S: Final = 5.0
"""Seconds for the next digit of a PIN, or for a reason."""
OTHER_REASON: Final = "other"


@dataclass(frozen=True, slots=True)
class AgentCodePorts:
    """What these sessions need of the rest of the program."""

    post: Callable[[AnyEvent], None]
    clock: Callable[[], float]
    """Unix seconds."""
    agent_of: Callable[[str], AgentId | None]
    """The agent whose endpoint (`PJSIP/1001`) this is."""
    right_pin: Callable[[AgentId, str], Awaitable[bool]]
    """Whether it is the agent's PIN. Hashing is slow, so it runs in a worker thread."""
    language: str = "tr"
    lock_rule: LockRule = LockRule()


class AgentCodes:
    """`serve` is the AGI server's session for `/agent/`. `keypads` are those AMI's keys go to."""

    def __init__(self, ports: AgentCodePorts, keypads: Keypads) -> None:
        self._ports = ports
        self._keypads = keypads
        self._attempts: dict[AgentId, Attempts] = {}

    async def serve(self, channel: AgiChannel, environment: Environment) -> None:
        """Serve one call of an agent's phone to one of the codes."""
        wish = WISHES.get(environment.path.rpartition("/")[2])
        if wish is None:
            raise PeerError("no such agent code")
        channel_id = environment.get("uniqueid")
        keypad = self._keypads.open(channel_id)
        try:
            await channel.answer()  # keys that are pressed from now on are not lost
            voice = Voice(channel, keypad, environment.get("language"))
            await voice.set_language(self._ports.language)
            await self._serve(voice, endpoint_of(environment.get("channel")), *wish)
        finally:
            self._keypads.close(channel_id, keypad)

    async def _serve(self, voice: Voice, endpoint: str, state: AgentWish, confirmation: str) -> None:
        agent = self._ports.agent_of(endpoint)
        if agent is None:
            log.warning("agent_code_from_unknown_phone", endpoint=endpoint)
            await voice.say("agent_unknown")
            return
        if not await self._proved(voice, agent):
            return
        reason = OTHER_REASON if state == "paused" else ""
        try:
            if state == "paused":
                reason = await self._reason(voice)
        finally:  # an agent who hangs up instead of giving a reason is paused too
            self._ports.post(
                AgentStateRequested(at=self._ports.clock(), agent=agent, state=state, reason=reason, source="phone")
            )
        await voice.say(confirmation)

    async def _proved(self, voice: Voice, agent: AgentId) -> bool:
        """Ask for the PIN, up to three times. Too many wrong ones, in this call and those before, lock for a while."""
        for _ in range(TRIES):
            if self._attempts.get(agent, Attempts()).locked(self._ports.clock()):
                log.warning("agent_pin_locked", agent=agent)
                await voice.say("agent_locked")
                return False
            await voice.play(("agent_enter_pin",))
            pin = await voice.gather(MAX_DIGITS, KEY_S, "#")
            if pin:
                right = pin.isdecimal() and await self._ports.right_pin(agent, pin)
                attempts = self._attempts.get(agent, Attempts())
                self._attempts[agent] = after_attempt(
                    attempts, right=right, at=self._ports.clock(), rule=self._ports.lock_rule
                )
                if right and not attempts.locked(self._ports.clock()):
                    return True
                log.warning("agent_pin_refused", agent=agent)
            voice.keypad.clear()
            await voice.play(("agent_wrong_pin",))
        return False

    async def _reason(self, voice: Voice) -> str:
        await voice.play(("agent_pause_reason",))
        reason = pause_reason_by_key(await voice.gather(1, KEY_S))
        return OTHER_REASON if reason is None else reason.id


_CHANNEL: Final = re.compile(r"(PJSIP/[A-Za-z0-9_.-]{1,64})-[0-9a-f]{8}")


def endpoint_of(channel: str) -> str:
    """The endpoint of a SIP channel: `PJSIP/1001` of `PJSIP/1001-0000002a`; empty for any other channel."""
    match = _CHANNEL.fullmatch(channel)
    return match[1] if match else ""
