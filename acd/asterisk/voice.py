"""Speaking to one channel and taking its keys: prompts by name, keys from both of their sources, music.

A prompt is the sound file `<language>/<name>` of Asterisk's sounds folder. Asterisk chooses the language's folder by
the channel's language, so a name is all that is sent.
"""

import asyncio
from collections.abc import Callable, Sequence
from typing import Final

import structlog

from acd.asterisk.agi_channel import ANY_KEY, AgiChannel, Played
from acd.asterisk.keypad import Keypad

log = structlog.get_logger(__name__)

MUSIC: Final = "default"
"""The class of music for waiting callers."""
CUT_AFTER_S: Final = 0.02
"""If AGI does not report a key so many seconds after AMI, it fell between two commands, and the prompt is stopped for
it."""


class Voice:
    """One channel's mouth and ears. Raises what `AgiChannel` raises."""

    def __init__(self, channel: AgiChannel, keypad: Keypad, language: str = "") -> None:
        self.channel = channel
        self.keypad = keypad
        self._language = language
        self._music = ""
        self._loop = asyncio.get_running_loop()
        keypad.on_key = self._on_key

    @property
    def language(self) -> str:
        """The language that is spoken."""
        return self._language

    async def set_language(self, language: str) -> None:
        """Speak this language from now on."""
        if language != self._language:
            await self.channel.set_variable("CHANNEL(language)", language)
            self._language = language

    async def start_music(self, music_class: str = "") -> None:
        """Let music of a class play, the usual one by default; nothing happens if it does."""
        wanted = music_class or MUSIC
        if self._music != wanted:
            await self.channel.set_music(True, wanted)
            self._music = wanted

    def music_ended(self) -> None:
        """Something else than this object has stopped the music."""
        self._music = ""

    async def play(self, prompts: Sequence[str], heard: Callable[[str], None] | None = None) -> list[str]:
        """Play prompts one after the other. Any key stops all of them and is kept; if a key is kept already, none is
        played. Gives those that were heard whole, and calls `heard` with each at its end: the caller may hang up before
        the last one."""
        whole: list[str] = []
        for prompt in prompts:
            if self.keypad:
                break
            self._music = ""
            self.keypad.command_begins()
            key = await self.channel.stream_file(prompt, ANY_KEY.replace(self.keypad.swallowing or " ", ""))
            if isinstance(key, str):
                await self.keypad.heard(key)
            elif key is Played.FAILED:
                await self._failed(prompt)
            elif key is Played.WHOLE:
                whole.append(prompt)
                if heard is not None:
                    heard(prompt)
        return whole

    async def announce(self, prompts: Sequence[str]) -> None:
        """Play prompts to a caller on music; the music continues after them. A key ends the announcement."""
        for prompt in prompts:
            self._music = ""
            self.keypad.command_begins()
            key = await self.channel.stream_file(prompt, ANY_KEY)
            if isinstance(key, str):
                await self.keypad.heard(key)
                break
            if key is Played.FAILED:
                await self._failed(prompt)
        await self.start_music()

    async def say(self, prompt: str) -> bool:
        """Say a prompt to its end, whatever is pressed; False if it was not heard whole."""
        self._music = ""
        self.keypad.on_key = None
        try:
            played = await self.channel.stream_file(prompt, "")
            if played is Played.FAILED:
                await self._failed(prompt)
        finally:
            self.keypad.on_key = self._on_key
        return played is Played.WHOLE

    async def say_until(self, prompt: str, keys: str) -> str | None:
        """Say a prompt to its end or until one of `keys`, which is not kept. Gives that key; empty if there was none,
        None if there is no such prompt."""
        self._music = ""
        self.keypad.on_key = None
        self.keypad.command_begins()
        try:
            key = await self.channel.stream_file(prompt, keys)
        finally:
            self.keypad.on_key = self._on_key
        if key is Played.FAILED:
            await self._failed(prompt)
            return None
        if not isinstance(key, str):
            return ""
        await self.keypad.heard(key)
        self.keypad.clear()
        return key

    async def record(self, path: str, most_s: float, silence_s: float) -> None:
        """Record what is said into `path`.wav: until `#`, a silence, or `most_s`."""
        self._music = ""
        self.keypad.on_key = None
        try:
            await self.channel.record_file(path, "#", most_s, silence_s)
        finally:
            self.keypad.on_key = self._on_key
            self.keypad.clear()

    async def gather(self, max_digits: int, timeout_s: float, terminator: str = "") -> str:
        """Take the keys kept and wait for more: until there are `max_digits`, or `terminator` (if not empty) is
        pressed, or no key comes for `timeout_s`. Gives them without the terminator; empty for none.

        A terminator that follows a full entry belongs to it, and is not kept for what comes next."""
        digits = ""
        while len(digits) < max_digits:
            key = self.keypad.take() or await self._next_key(timeout_s)
            if not key or key == terminator:
                return digits
            digits += key
        if terminator:
            self.keypad.swallow(terminator)
        return digits

    async def _next_key(self, timeout_s: float) -> str:
        deadline = self._loop.time() + timeout_s
        while not self.keypad and (left := deadline - self._loop.time()) > 0:
            self.keypad.command_begins()
            key = await self.channel.wait_for_digit(left)
            if key:
                await self.keypad.heard(key)
        return self.keypad.take()

    def _on_key(self) -> None:
        mark = self.channel.listening
        if mark is not None:
            self._loop.call_later(CUT_AFTER_S, self.channel.cut, mark)

    async def _failed(self, prompt: str) -> None:
        await self.channel.noop()  # a channel that goes down says so here
        log.error("prompt_missing", prompt=prompt, language=self._language)
