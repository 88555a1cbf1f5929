"""Looks for callers without a session in Asterisk's list of channels.

Searches that begin while a list is on its way share the next list.
"""

import asyncio
from collections.abc import Callable, Coroutine, Mapping

from acd.asterisk.ami import AmiConnection, AmiError, Message, answer_or_why
from acd.asterisk.reconcile import CHANNELS_ACTION
from acd.engine.model.commands import FindCaller
from acd.engine.model.ids import CallId


class CallerSearch:
    """`found` gets each list with the calls that were sought in it, in the order of the stream; `refuse` gets each
    command for which there is no list, and why. A list takes `lists_s` seconds at most."""

    def __init__(
        self,
        ami: AmiConnection,
        found: Callable[[list[Message], list[CallId]], None],
        refuse: Callable[[str, FindCaller, str], None],
        spawn: Callable[[Coroutine[None, None, None]], None],
        lists_s: float,
    ) -> None:
        self._ami, self._found, self._refuse, self._spawn, self._lists_s = ami, found, refuse, spawn, lists_s
        self._sought: dict[str, FindCaller] = {}
        """Callers to be looked for in the next list, by command."""
        self._looking = False

    def begin(self, command_id: str, command: FindCaller) -> None:
        """Look for a caller in the next list."""
        self._sought[command_id] = command
        if not self._looking:
            self._look()

    def _look(self) -> None:
        sought, self._sought = self._sought, {}

        def listed(channels: list[Message]) -> None:
            self._found(channels, [command.call for command in sought.values()])

        try:
            answer = self._ami.start_list(CHANNELS_ACTION, on_list=listed)
        except AmiError as error:
            self._refuse_all(sought, str(error))
            return
        self._looking = True
        self._spawn(self._watch(sought, answer))

    async def _watch(self, sought: Mapping[str, FindCaller], answer: "asyncio.Future[list[Message]]") -> None:
        try:
            channels = await answer_or_why(answer, self._lists_s)
        finally:
            self._looking = False
        if isinstance(channels, str):
            self._refuse_all(sought, channels)
        if self._sought:
            self._look()

    def _refuse_all(self, commands: Mapping[str, FindCaller], error: str) -> None:
        for command_id, command in commands.items():
            self._refuse(command_id, command, error)
