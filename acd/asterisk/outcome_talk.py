"""The talk of an automatic call: asks the citizen for a key, says the outcome, takes a score and a spoken remark.

The order is fixed and no flow of the town's, because the law is in it: whoever picks up hears who calls, and nothing of
the request before they have pressed a key. The words are a command of their own, which the engine gives when "told" is
in the journal.

A machine is recognised by its length alone (Asterisk's AMD): one that speaks for `greeting_s` without a pause. A short
greeting, or silence, is answered by the question for a key, which no machine answers.
"""

import re
from typing import Final

import structlog

from acd.asterisk.agi_channel import CommandRefused
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.voice import Voice
from acd.engine.model.commands import TellOutcome
from acd.engine.model.ids import CallId
from acd.engine.model.outcome_events import OutcomeTalked, TalkStep

log = structlog.get_logger(__name__)

KEY_S: Final = 5.0
"""Seconds after a question within which a key may come."""
ROUNDS: Final = 2
"""So often a question is asked."""
ASKED: Final[dict[str, TalkStep]] = {"1": "hear", "7": "no_calls", "9": "wrong_number", "0": "agent"}
AGENT: Final = "0"
SCORES: Final = "12345"
SILENCE_S: Final = 4.0
"""A remark is over after so long a silence."""
TOO_LONG: Final = ("LONGGREETING", "MAXWORDLENGTH")
"""AMD's causes that are a matter of length. The others guess, and do not count."""
_WISH: Final = re.compile(r"[0-9A-Za-z.-]{1,60}")


class OutcomeTalk:
    """One part of one call. Raises what `AgiChannel` raises."""

    def __init__(self, call: CallId, voice: Voice, ports: CallerPorts) -> None:
        self._call, self._voice, self._ports, self._limits = call, voice, ports, ports.outcome_talk
        self._cause = ""

    async def run(self, command: TellOutcome, cause: str) -> None:
        """Do the part; `cause` is the command's id."""
        self._cause = cause
        await self._voice.set_language(command.language)
        self._voice.keypad.clear()
        match command.part:
            case "ask":
                await self._ask()
            case "words":
                await self._words(command.prompts)
            case "score":
                await self._score()
            case "remark":
                await self._remark(command.wish)

    def _post(self, step: TalkStep, score: int = 0) -> None:
        at = self._ports.clock()
        self._ports.post(OutcomeTalked(at=at, cause=self._cause, call=self._call, step=step, score=score))

    async def _ask(self) -> None:
        if await self._is_machine():
            self._post("machine")
            return
        for _ in range(ROUNDS):
            await self._voice.play(("outcome_who", "outcome_keys"))
            step = ASKED.get(await self._voice.gather(1, KEY_S))
            if step is not None:
                self._post(step)
                return
        self._post("silence")

    async def _words(self, prompts: tuple[str, ...]) -> None:
        """Say them whole; only the agent's key interrupts. One that cannot be said is no telling."""
        for prompt in prompts:
            key = await self._voice.say_until(prompt, AGENT)
            if key is None or key:
                self._post("agent" if key else "unsaid")
                return
        self._post("heard")

    async def _score(self) -> None:
        for _ in range(ROUNDS):
            await self._voice.play(("outcome_score",))
            key = await self._voice.gather(1, KEY_S)
            if key == AGENT:
                self._post("agent")
                return
            if key and key in SCORES:
                self._post("scored", int(key))
                return
        self._post("over")

    async def _remark(self, wish: str) -> None:
        """Record it, once. Without a disk there is none, and the call goes on."""
        folder = self._limits.remarks
        if folder is not None and self._limits.remark_s and _WISH.fullmatch(wish):
            try:
                folder.mkdir(mode=0o700, exist_ok=True)
                path = folder.absolute() / wish
                if not path.with_suffix(f"{path.suffix}.wav").exists():
                    await self._voice.say("outcome_remark")
                    await self._voice.record(str(path), self._limits.remark_s, SILENCE_S)
            except (OSError, CommandRefused) as error:
                log.warning("remark_not_recorded", error=str(error))
        self._post("over")

    async def _is_machine(self) -> bool:
        """Whether the greeting is longer than people greet. Asterisk listens until a pause follows it, or for some
        seconds of silence."""
        if not self._limits.greeting_s:
            return False
        greeting = str(round(self._limits.greeting_s * 1000))
        whole = str(round(self._limits.greeting_s * 1000) + 5000)
        try:
            # Silence before, greeting, silence after, all, shortest word, pause between words, most words, threshold,
            # longest word.
            await self._voice.channel.exec("AMD", "2000", greeting, "800", whole, "100", "50", "1000", "256", greeting)
            cause = await self._voice.channel.get_variable("AMDCAUSE")
        except CommandRefused as error:
            log.warning("machines_not_recognised", error=str(error))
            return False
        return (cause or "").partition("-")[0] in TOO_LONG
