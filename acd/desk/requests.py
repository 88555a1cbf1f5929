"""Requests as the console asks for them, from the desk's database."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import asdict
from typing import Final, Literal, TypeVar

import msgspec

from acd.desk.database import Records
from console import request_ports
from console.ports import Record, Unavailable
from console.request_ports import By, TicketPage, TicketQuery, Upload
from storage.database import DatabaseError
from storage.requests.attachments import Attachments
from storage.requests.once import Once
from storage.requests.reading import BadCursor, Wanted
from tickets.failures import NotGranted
from tickets.files import FileAbout, NewFile, wrong_file
from tickets.moves import Wish
from tickets.opening import Amendment, NewTicket
from tickets.refusals import Refusal
from tickets.ticket import Ticket

T = TypeVar("T")
Class = Literal["urgent", "routine"]

LANGUAGE: Final = "tr"
"""Of a clock's steps after a change."""


class DeskRequests:
    """As `console.request_ports.Requests`. `services` are those of the line now, with their classes."""

    def __init__(self, records: Records, services: Callable[[], Mapping[str, Class]], attachments: Attachments) -> None:
        self._records = records
        self._services = services
        self._attachments = attachments

    async def list(self, query: TicketQuery) -> TicketPage:
        """A page of requests."""
        try:
            page = await _answer(self._records.requests.page(Wanted(**asdict(query))))
        except BadCursor as error:
            raise request_ports.BadCursor(*error.args) from None
        return TicketPage(records=page.records, next=page.next)

    async def get(self, number: str, language: str = LANGUAGE) -> Record | None:
        """One with all that belongs to it."""
        return await _answer(self._records.requests.get(number, language))

    async def open(self, new: NewTicket, by: By) -> Record:
        """A new one; the service says its class, and an urgent service its kind."""
        service_class = self._class(new.service)
        kind = new.kind or ("urgent" if service_class == "urgent" else None)
        new = msgspec.structs.replace(new, service_class=service_class, kind=kind)
        return await self._told(self._records.store.open(new, by.actor, once=_once(by)))

    async def amend(self, number: str, put: Amendment, by: By) -> Record:
        """Put fields right."""
        if put.service is not None:
            put = msgspec.structs.replace(put, service_class=self._class(put.service))
        return await self._told(self._records.store.amend(number, put, by.actor, version=by.version, once=_once(by)))

    async def move(self, number: str, wish: Wish, by: By) -> Record:
        """Move it."""
        return await self._told(self._records.store.move(number, wish, by.actor, version=by.version, once=_once(by)))

    async def note(self, number: str, text: str, by: By) -> Record:
        """Note something on it."""
        return await self._told(self._records.store.note(number, text, by.actor, version=by.version, once=_once(by)))

    async def score(self, number: str, value: int, remark: str, by: By) -> Record:
        """Its citizen's score."""
        store = self._records.store
        scored = store.score(number, value, by.actor, remark=remark, version=by.version, once=_once(by))
        return await self._told(scored)

    async def extend(self, number: str, days: int, reason: str, by: By) -> Record:
        """More time."""
        store = self._records.store
        return await self._told(store.extend(number, days, reason, by.actor, version=by.version, once=_once(by)))

    async def join(self, number: str, parent: str, by: By) -> Record:
        """A duplicate of another one."""
        store = self._records.store
        return await self._told(store.join(number, parent, by.actor, version=by.version, once=_once(by)))

    async def part(self, number: str, reason: str, by: By) -> Record:
        """No duplicate any more."""
        store = self._records.store
        return await self._told(store.part(number, reason, by.actor, version=by.version, once=_once(by)))

    async def attach(self, number: str, upload: Upload, by: By) -> Record:
        """A file to it. It is kept before the request says that it has it, and destroyed if it does not come to it."""
        refusal = wrong_file(upload.media_type, upload.about, upload.name, upload.content)
        if refusal is not None:
            raise NotGranted(refusal)
        try:
            name, digest = await asyncio.to_thread(self._attachments.put, upload.content)
        except OSError as error:
            raise Unavailable(f"files: {error.strerror}: free room in data_dir, or mend its rights") from None
        about: FileAbout = "work" if upload.about == "work" else "request"
        file = NewFile(
            id=name,
            media_type=upload.media_type,
            about=about,
            name=upload.name,
            size=len(upload.content),
            sha256=digest,
        )
        kept = False
        try:
            ticket, kept = await _answer(
                self._records.store.attach(number, file, by.actor, version=by.version, once=_once(by))
            )
        finally:
            if not kept:
                await asyncio.to_thread(self._attachments.drop, name)
        record = await self.get(ticket.number)
        if record is None:
            raise Unavailable(f"tickets: {ticket.number} was changed and cannot be read")
        return record

    async def file(self, number: str, name: str) -> tuple[Record, bytes] | None:
        """A file of it."""
        found = await _answer(self._records.requests.file(number, name))
        if found is None:
            return None
        try:
            return found, await asyncio.to_thread(self._attachments.get, name)
        except OSError as error:
            raise Unavailable(f"files: {error.strerror}: bring data_dir/files back from a copy") from None

    async def tasks(
        self, *, done: bool, kind: str | None, unit: str | None, limit: int, after: int
    ) -> Sequence[Record]:
        """What people must decide."""
        return await _answer(self._records.tasks.list(done=done, kind=kind, unit=unit, limit=limit, after=after))

    async def task_done(self, task: int, note: str, by: By) -> Record:
        """One has been decided."""
        return await _answer(self._records.tasks.done(task, by.actor, note))

    async def dispose(self, call: str, disposition: str, topic: str | None, by: By) -> Record:
        """What became of a call."""
        return await _answer(self._records.tasks.dispose(call, disposition, topic, by.actor))

    async def _told(self, change: Awaitable[Ticket]) -> Record:
        """What was changed, as it is read."""
        ticket = await _answer(change)
        record = await self.get(ticket.number)
        if record is None:
            raise Unavailable(f"tickets: {ticket.number} was changed and cannot be read")
        return record

    def _class(self, service: str) -> Class:
        services = self._services()
        if service not in services:
            allowed = f"no such service; allowed: {', '.join(services)}"
            raise NotGranted(Refusal(code="unknown", key="service", value=service, allowed=allowed))
        return services[service]


def _once(by: By) -> Once | None:
    return Once(key=by.key, digest=by.digest) if by.key else None


async def _answer(work: Awaitable[T]) -> T:
    try:
        return await work
    except DatabaseError as error:
        raise Unavailable(str(error)) from error
