"""Brings citizens' spoken remarks, which Asterisk recorded in automatic calls, to their requests.

A recording is named by its call's wish. It is attached when the call is over, under a key of its own, and then
destroyed; a death between the two attaches nothing twice. One whose call the database does not know, or never saw end,
is destroyed after seven days, as callers' messages are (`acd.desk.messages`)."""

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, Final

import structlog

from acd.desk.database import Records
from acd.desk.messages import LOST_S, age_s
from acd.desk.wishes import Alone, look_for_ever
from console.ports import Unavailable
from console.request_ports import By, Upload
from ivr.sound import NotAPrompt, measure
from storage.requests.faults import Fault, reraise
from storage.requests.outcomes import Outcomes
from tickets.failures import NoSuch, NotGranted
from tickets.ticket import SYSTEM

log = structlog.get_logger(__name__)

LOOK_S: Final = 2.0
NAME: Final = "remark.wav"

Attach = Callable[[str, Upload, By], Awaitable[Any]]


class OutcomeRemarks:
    """Recordings in `folder`; `attach` attaches a file to a request."""

    def __init__(self, folder: Path, attach: Attach, fault: Fault = reraise) -> None:
        self._folder, self._attach = folder, attach
        self._alone = Alone("remarks", fault)

    async def run(self, records: Records) -> None:
        """Attach remarks, until cancelled."""
        await look_for_ever(lambda: self.take(records.outcomes), every_s=LOOK_S, failing="remarks_not_looked_for")

    async def take(self, outcomes: Outcomes) -> None:
        """Attach what is there and over. Raises `Unavailable` and `DatabaseError`: try again."""

        async def look_at(path: Path) -> None:
            number = await outcomes.ended_call(path.stem)
            if number is not None:
                await self._take(path, number)
            elif await asyncio.to_thread(age_s, path) > LOST_S:
                log.error("remark_of_unknown_call", call=path.stem)
                await asyncio.to_thread(path.unlink, True)

        await self._alone.each(await asyncio.to_thread(self._all), look_at, lambda path: path.stem)

    def _all(self) -> list[Path]:
        try:
            return sorted(self._folder.glob("*.wav"))
        except OSError:
            return []

    async def _take(self, path: Path, number: str) -> None:
        try:
            content = await asyncio.to_thread(_heard, path)
            if content is not None:
                upload = Upload(media_type="audio/wav", about="request", name=NAME, content=content)
                await self._attach(number, upload, By(actor=SYSTEM, key=f"remark/{path.stem}", digest=path.stem))
            await asyncio.to_thread(path.unlink, True)
        except (NotGranted, NoSuch) as error:  # the request is erased, or has too many files
            log.warning("remark_dropped", ticket=number, error=str(error))
            await asyncio.to_thread(path.unlink, True)
        except (OSError, Unavailable) as error:
            log.warning("remark_waits", ticket=number, error=str(error))


def _heard(path: Path) -> bytes | None:
    """The content of a recording; None if nothing is heard in it. Raises `OSError`."""
    try:
        measure(path)
    except NotAPrompt:
        return None
    return path.read_bytes()
