"""Brings the messages that callers left, which Asterisk recorded, to their requests.

A recording is named by its call. It is taken when the line asks for the number of its request, while the caller is
still there, or else when the call is over. It is destroyed when the database has its message, so a death in between
loses none and takes none twice."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from acd.config.settings import Settings
from acd.desk.database import Records
from acd.desk.wishes import Alone, look_for_ever
from acd.lib.clock import clock
from console.ports import Record, Unavailable
from ivr.sound import pcm_of, spoken_s
from ivr.tones import as_wav
from storage.requests.attachments import Attachments
from tickets.citizen_number import of_call
from tickets.files import NewFile
from tickets.messages import NAME
from tickets.opening import NewTicket

log = structlog.get_logger(__name__)

LOOK_S: Final = 2.0
LOST_S: Final = 7 * 86_400.0
"""A recording of a call that the database has not heard of for so long is destroyed."""


class CallersMessages:
    """Recordings in `messages_dir`; their calls are looked up with `live`, and in the database."""

    def __init__(
        self,
        settings: Settings,
        records: Records,
        attachments: Attachments,
        live: Callable[[str], Record | None],
    ) -> None:
        self._folder, self._records, self._attachments = settings.messages_dir, records, attachments
        self._live, self._least_s = live, settings.model_dump()["message_least_s"]
        self._turn = asyncio.Lock()
        self._alone = Alone("messages", records.fault)

    async def run(self) -> None:
        """Take messages, until cancelled."""
        await look_for_ever(self.look, every_s=LOOK_S, failing="messages_not_looked_for")

    async def look(self) -> None:
        """Take what is there and over. Raises `Unavailable` and `DatabaseError`: the messages wait."""
        await self._alone.each(await asyncio.to_thread(self._all), self._look_at, lambda path: path.stem)

    async def answer(self, call: str) -> dict[str, str] | None:
        """Take the message that a caller has just left, and return what the caller may hear of it.

        `number`: the number of the request that the message has opened. `added`: the message belongs to an open request
        of the same telephone number; the number of that request is not said, since anybody may call from that
        telephone. None: there is no message. Raises `Unavailable` and `DatabaseError`."""
        async with self._turn:
            return await self._take(self._folder / f"{call}.wav", call)

    async def _look_at(self, path: Path) -> None:
        is_over = await self._records.messages.is_over(path.stem)
        if is_over:
            async with self._turn:
                await self._take(path, path.stem)
            await asyncio.to_thread(path.unlink, True)
        elif is_over is None and await asyncio.to_thread(age_s, path) > LOST_S:
            log.error("message_of_unknown_call", call=path.stem)
            await asyncio.to_thread(path.unlink, True)

    async def _take(self, path: Path, call: str) -> dict[str, str] | None:
        if await asyncio.to_thread(spoken_s, path) < self._least_s:
            return None
        found = self._live(call) or await self._records.get_call(call)
        if found is None or found["service"] is None:
            return None
        new = NewTicket(
            service=found["service"],
            caller=of_call(found["caller"] or ""),
            language=found["language"] or "tr",
            call=call,
        )
        content = await asyncio.to_thread(lambda: as_wav(pcm_of(path)))
        try:
            name, digest = await asyncio.to_thread(self._attachments.put, content, spoken=True)
        except OSError as error:
            raise Unavailable(f"files: {error.strerror}: free room in data_dir, or mend its rights") from None
        file = NewFile(id=name, media_type="audio/wav", about="request", name=NAME, size=len(content), sha256=digest)
        kept = False
        try:
            taken = await self._records.messages.take(new, file)
            kept = taken.kept
        finally:
            if not kept:
                await asyncio.to_thread(self._attachments.drop, name)
        log.info("message_taken", call=call, ticket=taken.ticket.number)
        await asyncio.to_thread(path.unlink, True)
        return {"number": taken.ticket.number} if taken.own else {"added": "1"}

    def _all(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.wav"))
        except OSError:
            return []


def age_s(path: Path) -> float:
    """Seconds since a file was written; 0 if it is gone."""
    try:
        return clock() - path.stat().st_mtime
    except OSError:
        return 0.0
