"""AMI, read from a raw socket: a witness that shares no code with the daemon it watches.

A text that a caller wrote must not end a header. Lines are therefore cut at every CR and every LF, alone or together:
stricter than any client reads, so nothing that any client could mistake is missed."""

import asyncio
import contextlib
import re
from typing import Self

Block = tuple[tuple[str, str], ...]
"""One event or answer: its headers in order."""

LONGEST_S = 5.0
NOTHING = ("No Contacts found",)
"""The error by which Asterisk says that a list is empty."""


class Witness:
    """One connection of one manager user, and all that it was told."""

    def __init__(self, port: int, user: str, secret: str) -> None:
        self._port, self._user, self._secret = port, user, secret
        self.blocks: list[Block] = []
        self._asked = 0
        self._answers: dict[str, asyncio.Future[Block]] = {}
        self._lists: dict[str, list[Block]] = {}
        self._task: asyncio.Task[None] | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def __aenter__(self) -> Self:
        reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        await reader.readline()  # the greeting
        self._task = asyncio.create_task(self._read(reader))
        await self.ask("Login", Username=self._user, Secret=self._secret)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._task is not None:
            self._task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._task
        if self._writer is not None:
            self._writer.close()

    async def _read(self, reader: asyncio.StreamReader) -> None:
        text = ""
        while data := await reader.read(65536):
            text += data.decode("latin-1")
            *whole, text = text.split("\r\n\r\n")
            for one in whole:
                self._take(block(one))

    def _take(self, told: Block) -> None:
        self.blocks.append(told)
        headers = dict(told)
        action = headers.get("ActionID", "")
        answer = self._answers.get(action)
        if answer is None or answer.done():
            return
        listing = headers.get("EventList", "").lower()
        if listing == "complete" or ("Response" in headers and listing != "start"):
            answer.set_result(told)
        elif "Event" in headers:
            self._lists.setdefault(action, []).append(told)

    async def ask(self, action: str, **headers: str) -> list[dict[str, str]]:
        """Send an action; the items of its list (none for one that has no list).

        Raises `TimeoutError`, and `OSError` where Asterisk refuses."""
        self._asked += 1
        number = f"witness{self._asked}"
        lines = [f"Action: {action}", f"ActionID: {number}", *(f"{name}: {value}" for name, value in headers.items())]
        assert self._writer is not None
        answer = self._answers[number] = asyncio.get_running_loop().create_future()
        self._writer.write(("\r\n".join(lines) + "\r\n\r\n").encode("latin-1"))
        async with asyncio.timeout(LONGEST_S):
            told = dict(await answer)
        del self._answers[number]
        if told.get("Response") == "Error" and told.get("Message") not in NOTHING:
            raise OSError(f"Asterisk refuses the witness {action}: {told.get('Message')}")
        return [dict(one) for one in self._lists.pop(number, [])]

    def events(self, since: int, *names: str) -> list[dict[str, str]]:
        """Events of these names that were told after the first `since` blocks."""
        return [told for one in self.blocks[since:] if (told := dict(one)).get("Event") in names]

    def has_line(self, since: int, name: str, value: str) -> bool:
        """Whether a header stands on a line of its own in anything told after the first `since` blocks."""
        return any((name, value) in one for one in self.blocks[since:])

    async def channels(self) -> list[str]:
        """The channels there are now."""
        return [one.get("Channel", "") for one in await self.ask("CoreShowChannels")]


def block(text: str) -> Block:
    """The headers of a block, with every line end taken for one."""
    pairs = (line.partition(":") for line in re.split(r"[\r\n]+", text) if ":" in line)
    return tuple((name, value.removeprefix(" ")) for name, _, value in pairs)
