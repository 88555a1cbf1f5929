"""Requests for the console, from the desk's database."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Mapping, Sequence
from dataclasses import asdict
from typing import Final, Literal

import msgspec

from acd.desk.answers import asked, listed
from acd.desk.behind import once_stored
from acd.desk.database import Records
from acd.desk.likenesses import as_record, near, proposals, told_of
from acd.lib.clock import clock
from agents.people import Role
from console.ports import Record, Unavailable
from console.request_ports import By, Likeness, Seer, TicketPage, TicketQuery, Upload
from storage.requests.attachments import Attachments
from storage.requests.listing import Wanted
from storage.requests.once import Once
from storage.requests.reading import Sight
from storage.requests.story import story_of
from tickets.answers import misspelt
from tickets.decisions import Decision
from tickets.failures import NoSuch, NotGranted
from tickets.files import MEDIA, FileAbout, NewFile, wrong_file
from tickets.importing import ImportedRow, ImportRow, Origin
from tickets.moves import Wish
from tickets.opening import Amendment, NewTicket
from tickets.outcome.report import Report
from tickets.privacy.masking import SIGHT, complainant_is_hidden, may_unmask, seen_by, shown_topics
from tickets.privacy.named import named_in, without_named
from tickets.public_status import PublicStatus
from tickets.refusals import Refusal
from tickets.ticket import Ticket
from tickets.town.model import Town

Class = Literal["urgent", "routine"]

SERVES_CITIZENS: Final[frozenset[Role]] = frozenset({"agent", "lead", "inbox", "admin"})
"""The roles that tell citizens their codes."""
LANGUAGE: Final = "tr"
"""The language of a clock's steps in the answer to a change."""


class DeskRequests:
    """As `console.request_ports.Requests`. `services` are the line's present services with their classes; `town`
    decides who sees which personal data."""

    def __init__(
        self,
        records: Records,
        services: Callable[[], Mapping[str, Class]],
        attachments: Attachments,
        town: Callable[[], Town],
        clock: Callable[[], float] = clock,
        on_score: Callable[[int], None] = lambda _: None,
        on_disposed: Callable[[str], None] = lambda _: None,
    ) -> None:
        """`on_score` gets each score that an agent passes on after a call about an outcome, `on_disposed` each call
        that has opened a request or has its disposition."""
        self._on_score, self._on_disposed = on_score, on_disposed
        self._records = records
        self._town = town
        self._services = services
        self._attachments = attachments
        self._clock = clock

    async def list(self, query: TicketQuery, seer: Seer | None = None) -> TicketPage:
        """A page of requests."""
        return await listed(self._records.requests.page(self._wanted(query, seer), self._sight(seer)))

    async def by_district(self, query: TicketQuery, seer: Seer | None = None) -> Sequence[Record]:
        """How many open requests each mahalle has."""
        return await asked(self._records.requests.by_district(self._wanted(query, seer)))

    async def get(self, number: str, language: str = LANGUAGE, seer: Seer | None = None) -> Record | None:
        """One with all that belongs to it."""
        record = await self._read(number, language, seer)
        if record is not None and seer is not None and seer.role == "unit" and record["unit"] != seer.unit:
            raise NotGranted(_not_theirs(seer, record["unit"]))
        return record

    async def _read(self, number: str, language: str, seer: Seer | None) -> Record | None:
        if seer is None:
            return await asked(self._records.requests.get(number, language))
        hidden = False

        def seen(ticket: Ticket) -> Ticket:
            nonlocal hidden
            hidden = complainant_is_hidden(ticket, self._town(), seer.role)
            return msgspec.structs.replace(seen_by(ticket, self._town(), seer.role), follows=ticket.follows)

        record = await asked(self._records.requests.get(number, language, seen))
        if record is None:
            return None
        if hidden:  # a voice identifies a person
            voices = [one for one in record["files"] if one["kind"] == "audio" and one["about"] == "request"]
            tries = [{**one, "call": None} for one in record["tries"]]
            record |= {"calls": [], "tries": tries, "files": [one for one in record["files"] if one not in voices]}
        if hidden or SIGHT[seer.role][0] == "hidden":  # another system's number says there who it is
            record |= {"history": [_without(step, "reference") for step in record["history"]]}
        if seer.role == "unit":
            named = named_in(record)
            record = without_named(record, named if hidden else named - await self._shown(named))
        if seer.role not in SERVES_CITIZENS:
            record |= {"code": None}
        if SIGHT[seer.role][0] == "hidden":
            record |= {"history": [{**_without(step, "remark"), "note": ""} for step in record["history"]]}
        return {**record, "story": story_of(record)}  # of what they may see

    async def _shown(self, numbers: Collection[str]) -> set[str]:
        """Those of these requests of which a unit may learn who made them."""
        found, town = await asked(self._records.requests.of_numbers(numbers)), self._town()
        return {one.number for one in found if not complainant_is_hidden(one, town, "unit")}

    async def _ticket(self, number: str) -> Ticket | None:
        """A request as it is, shown to nobody."""
        found: list[Ticket] = []

        def seen(ticket: Ticket) -> Ticket:
            found.append(ticket)
            return ticket

        await asked(self._records.requests.get(number, LANGUAGE, seen))
        return found[0] if found else None

    async def public_by_number(self, number: str, digits: str) -> Record | None:
        """One as its citizen may read it."""
        return _public(await asked(self._records.public.by_number(number, digits)))

    async def public_by_code(self, code: str) -> Record | None:
        """One as its citizen may read it."""
        return _public(await asked(self._records.public.by_code(code)))

    async def citizen(self, number: str, seer: Seer | None = None) -> Record | None:
        """The citizen who made one."""
        ticket = await self._ticket(number)
        if ticket is None:
            return None
        if seer is not None:
            if seer.role == "unit" and ticket.unit != seer.unit:
                raise NotGranted(_not_theirs(seer, ticket.unit))
            if not may_unmask(ticket, self._town(), seer.role):
                allowed = "whoever made this report is not shown to this role"
                raise NotGranted(Refusal(code="not_your_role", key="role", value=seer.role, allowed=allowed))
        return {"number": ticket.number, "caller": ticket.caller, "name": ticket.name, "fields": ticket.fields}

    def _wanted(self, query: TicketQuery, seer: Seer | None) -> Wanted:
        """The filters of a list. A unit's are its own requests, and by a number it finds no complainant who is hidden
        from it."""
        wanted = Wanted(**asdict(query))
        if seer is None:
            return wanted
        wanted = msgspec.structs.replace(wanted, shown_topics=shown_topics(self._town(), seer.role))
        if seer.role != "unit":
            return wanted
        if wanted.unit not in (None, seer.unit):
            raise NotGranted(_not_theirs(seer, wanted.unit))
        return msgspec.structs.replace(wanted, unit=seer.unit)

    def _sight(self, seer: Seer | None) -> Sight | None:
        if seer is None:
            return None
        town, role = self._town(), seer.role
        return lambda ticket: seen_by(ticket, town, role)

    async def duplicates(self, like: Likeness, seer: Seer | None = None) -> Sequence[Record]:
        """Open requests that may be about the same."""
        town, told = self._town(), told_of(like, self._clock())
        if like.number:
            stored = await self._ticket(like.number)
            if stored is None:
                raise NoSuch("number", like.number)
            told = stored
        others = await asked(near(self._records.requests, told, town))
        return [as_record(one, seen, like.language) for one, seen in proposals(told, others, town, seer)]

    async def open(self, new: NewTicket, by: By) -> Record:
        """A new one; the service says its class, and an urgent service its kind."""
        self._check_names(new.topic, new.fields)
        told = await self._told(self._records.store.open(self._classed(new), by.actor, once=once_of(by)), by)
        if new.call is not None:
            self._on_disposed(new.call)
        return told

    async def import_rows(
        self, rows: Sequence[ImportRow], origin: Origin, by: By, *, skip_faulty: bool, write: bool
    ) -> Sequence[ImportedRow]:
        """Requests of another system."""
        sound: list[ImportRow] = []
        refused: dict[int, ImportedRow] = {}
        for place, row in enumerate(rows):
            try:
                sound.append(msgspec.structs.replace(row, new=self._classed(row.new)))
            except NotGranted as error:
                refused[place] = ImportedRow(line=row.line, result="refused", refused=(error.refusal,))
        write = write and (skip_faulty or not refused)
        found = await asked(
            self._records.store.import_rows(sound, by.actor, origin, skip_faulty=skip_faulty, write=write)
        )
        others = iter(found)
        return [refused.get(place) or next(others) for place in range(len(rows))]

    async def amend(self, number: str, put: Amendment, by: By) -> Record:
        """Put fields right."""
        if put.fields is not None:
            stored = await asked(self._records.requests.get(number)) if put.topic is None else None
            self._check_names(put.topic or (stored or {}).get("topic"), put.fields)
        if put.service is not None:
            put = msgspec.structs.replace(put, service_class=self._class(put.service))
        return await self._told(
            self._records.store.amend(number, put, by.actor, version=by.version, once=once_of(by)), by
        )

    async def move(self, number: str, wish: Wish, by: By) -> Record:
        """Move it."""
        return await self._told(
            self._records.store.move(number, wish, by.actor, version=by.version, once=once_of(by)), by
        )

    async def note(self, number: str, text: str, by: By) -> Record:
        """Note something on it."""
        return await self._told(
            self._records.store.note(number, text, by.actor, version=by.version, once=once_of(by)), by
        )

    async def write(self, number: str, words: str, by: By) -> Record:
        """Write to its citizen."""
        written = self._records.store.write(number, words, by.actor, version=by.version, once=once_of(by))
        return await self._told(written, by)

    async def score(self, number: str, value: int, remark: str, by: By) -> Record:
        """Its citizen's score."""
        store = self._records.store
        scored = store.score(number, value, by.actor, remark=remark, version=by.version, once=once_of(by))
        return await self._told(scored, by)

    async def extend(self, number: str, days: int, reason: str, by: By) -> Record:
        """More time."""
        store = self._records.store
        return await self._told(store.extend(number, days, reason, by.actor, version=by.version, once=once_of(by)), by)

    async def join(self, number: str, parent: str, by: By) -> Record:
        """A duplicate of another one."""
        store = self._records.store
        return await self._told(store.join(number, parent, by.actor, version=by.version, once=once_of(by)), by)

    async def part(self, number: str, reason: str, by: By) -> Record:
        """No duplicate any more."""
        store = self._records.store
        return await self._told(store.part(number, reason, by.actor, version=by.version, once=once_of(by)), by)

    async def attach(self, number: str, upload: Upload, by: By) -> Record:
        """Attach a file. It is stored before the request refers to it, and deleted if the change fails."""
        refusal = wrong_file(upload.media_type, upload.about, upload.name, upload.content)
        if refusal is not None:
            raise NotGranted(refusal)
        try:
            name, digest = await asyncio.to_thread(
                self._attachments.put, upload.content, spoken=MEDIA[upload.media_type][0] == "audio"
            )
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
            ticket, kept = await asked(
                self._records.store.attach(number, file, by.actor, version=by.version, once=once_of(by))
            )
        finally:
            if not kept:
                await asyncio.to_thread(self._attachments.drop, name)
        return await self._changed(ticket, by)

    async def file(self, number: str, name: str, seer: Seer | None = None) -> tuple[Record, bytes] | None:
        """A file of it."""
        if seer is not None:
            record = await self.get(number, LANGUAGE, seer)
            if record is None or all(one["id"] != name for one in record["files"]):
                return None
        found = await asked(self._records.requests.file(number, name))
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
        return await asked(self._records.tasks.list(done=done, kind=kind, unit=unit, limit=limit, after=after))

    async def assign_task(self, task: int, by: By, *, mine: bool) -> Record:
        """Somebody takes one, or gives it back."""
        return await asked(self._records.tasks.assign(task, by.actor, mine=mine))

    async def give_task(self, task: int, to: str, by: By) -> Record:
        """A lead gives one to a person."""
        return await asked(self._records.tasks.give(task, by.actor, to))

    async def task_workers(self) -> Sequence[Record]:
        """Who works on them."""
        return await asked(self._records.tasks.workers())

    async def task_done(
        self,
        task: int,
        note: str,
        by: By,
        decision: Decision | None = None,
        unit: str = "",
        *,
        score: int | None = None,
        remark: str = "",
    ) -> Record:
        """One has been decided. `unit` gets a request that is reopened; `score` and `remark` are of a citizen who was
        told."""
        done = self._records.tasks.done
        return await asked(done(task, by.actor, note, decision, unit, score=score, remark=remark))

    async def notices(self, *, unit: str | None, unread: bool, limit: int, before: int) -> Sequence[Record]:
        """What is new for a unit, or for the inbox."""
        whose = self._town().inbox.id if unit is None else unit
        return await asked(self._records.notices.list(whose, unread=unread, limit=limit, before=before))

    async def read_notices(self, ids: Sequence[int], by: By, *, unit: str | None) -> Sequence[Record]:
        """Somebody has read some."""
        return await asked(self._records.notices.read(ids, by.actor.who, unit))

    async def duty_alarms(self) -> Sequence[Record]:
        """Urgent requests that nobody on duty has accepted."""
        return await asked(self._records.duty.alarms())

    async def outcome_of(self, call: str) -> Record:
        """What the citizen of a call is to be told."""
        return await asked(self._records.reports.get(call))

    async def report_outcome(self, call: str, said: Report, by: By, extension: str | None = None) -> Record:
        """How it went. With an `extension` only if that agent had the call."""

        async def report() -> Record:
            return await asked(self._records.reports.report(call, said, by.actor, extension, once_of(by)))

        record = dict(await once_stored(report, ("no_such_move", "not_your_role")))
        taken = not record.pop("repeated", False) and said.score is not None and record["score"] == said.score
        if taken and said.score is not None:
            self._on_score(said.score)
        return record

    async def dispose(
        self,
        call: str,
        disposition: str,
        topic: str | None,
        by: By,
        article: int | None = None,
        request: str | None = None,
        district: str | None = None,
        extension: str | None = None,
    ) -> Record:
        """What became of a call. With an `extension` only if that agent had it."""
        dispose = self._records.tasks.dispose

        async def said() -> Record:
            return await asked(
                dispose(call, disposition, topic, by.actor, article, request, district, extension=extension)
            )

        record = await once_stored(said, ("not_your_role",))
        self._on_disposed(call)
        return record

    async def _told(self, change: Awaitable[Ticket], by: By) -> Record:
        """What was changed, as it is read."""
        return await self._changed(await asked(change), by)

    async def _changed(self, ticket: Ticket, by: By) -> Record:
        record = await self._read(ticket.number, LANGUAGE, by.seer)
        if record is None:
            raise Unavailable(f"tickets: {ticket.number} was changed and cannot be read")
        return record

    def _check_names(self, topic: str | None, fields: Mapping[str, object]) -> None:
        """Check that no answer is given to a question whose name is misspelt: nobody would read it."""
        about = self._town().topics.get(topic or "")
        refusal = None if about is None else misspelt(about, fields)
        if refusal is not None:
            raise NotGranted(refusal)

    def _classed(self, new: NewTicket) -> NewTicket:
        service_class = self._class(new.service)
        kind = new.kind or ("urgent" if service_class == "urgent" else None)
        return msgspec.structs.replace(new, service_class=service_class, kind=kind)

    def _class(self, service: str) -> Class:
        services = self._services()
        if service not in services:
            allowed = f"no such service; allowed: {', '.join(services)}"
            raise NotGranted(Refusal(code="unknown", key="service", value=service, allowed=allowed))
        return services[service]


def _without(step: Record, kept: str) -> Record:
    """A step of the history without what its detail has under this name."""
    return {**step, "detail": {name: value for name, value in step["detail"].items() if name != kept}}


def _not_theirs(seer: Seer, unit: str | None) -> Refusal:
    allowed = f"a unit sees and moves its own requests, and this is not {seer.unit}'s"
    return Refusal(code="not_your_unit", key="unit", value=unit or "", allowed=allowed)


def once_of(by: By) -> Once | None:
    """The key of a write, for the store."""
    return Once(key=by.key, digest=by.digest) if by.key else None


def _public(found: PublicStatus | None) -> Record | None:
    return None if found is None else msgspec.to_builtins(found)
