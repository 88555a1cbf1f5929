"""Requests that calls open by themselves, from what the journal says; a part of the projector's transaction.

An urgent call opens a request the moment its service is known; a caller who calls again within the hour has the open
one, and what their call opened of another kind becomes its duplicate if it turns out to be about the same. A caller for
whom a surge message was enough becomes a duplicate of the request that the message names, and is told when that is
resolved. A call whose caller asked for the state of a request, or heard it, is linked with it, and so is one in which
an agent rings the citizen about a task of it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from acd.engine.model.facts import AnyFact, KindChanged, RequestHeard, ServiceNamed, SurgeAnswered, TaskCallOrdered
from acd.engine.model.phone_numbers import number_key, spellings
from acd.engine.model.request_facts import HeardHow
from storage.columns import clean, milliseconds, table_of
from storage.numbering import next_numbers
from storage.requests.public import give_code
from storage.requests.rows import TICKET_COLUMNS, tickets, to_ticket
from storage.requests.task_calls import ABOUT_TASK
from storage.requests.units_before import units_before
from storage.requests.writes import Writes, links
from storage.tables import CallEventRow
from tickets.changes import Changed, Rules
from tickets.citizen_number import of_call
from tickets.joining import join, part
from tickets.opening import NewTicket, open_ticket
from tickets.refusals import Refusal
from tickets.routing import placed, put_right
from tickets.states import OPEN
from tickets.ticket import SYSTEM, Ticket

events = table_of(CallEventRow)

Row = dict[str, Any]
OfRequest = ServiceNamed | KindChanged | SurgeAnswered | RequestHeard | TaskCallOrdered
Subject = tuple[str, str]
"""A caller and their subject: a number as `number_key` gives it, and a service."""

_OPENED: Final = sa.select(tickets.c.call, tickets.c.service).where(
    tickets.c.call.in_(sa.bindparam("calls", expanding=True)), tickets.c.origin == "line"
)
AGAIN_S = 3600.0
"""A caller who calls again (`ServiceNamed.again`) uses their open request if it is younger than so many seconds; an
older one was about something else."""

_HEARD: Mapping[HeardHow, str] = {"number": "looked_up", "own": "looked_up", "unasked": "heard"}
"""The kind of link to a call whose caller heard of a request."""
OLD_REQUEST: Final = frozenset(_HEARD.values())
"""The kinds of link to a call that say nothing of its talk: the menu told its caller of a request from before."""


@dataclass(slots=True)
class _New:
    """A request to be opened, and the calls that have it: ids, and rows where they are known."""

    fact: ServiceNamed
    calls: list[tuple[ServiceNamed, Row | None]]


class RequestsOfCalls:
    """The requests that the entries of one batch open. A call's row learns the number of its newest one."""

    def __init__(self, rules: Rules, tell_since: float = 0.0) -> None:
        self.untold = 0
        """See `storage.requests.writes.Writes`, as for `tell_since`."""
        self._rules = rules
        self._tell_since = tell_since
        self._opened: set[tuple[str, str]] = set()
        """Calls and services that have their request."""
        self._urgent: list[_New] = []
        """In the order of their facts."""
        self._recent: dict[Subject, _New | str] = {}
        """The newest request of a caller for a service: its number, or the one that this batch opens."""
        self._recent_at: dict[Subject, float] = {}
        """When that was opened, Unix seconds."""
        self._again: list[tuple[str, ServiceNamed]] = []
        """Numbers of requests, and who called about them again."""
        self._surge: list[tuple[SurgeAnswered, Row | None]] = []
        self._heard: list[RequestHeard] = []
        self._rung: list[TaskCallOrdered] = []
        self._put_right: list[tuple[KindChanged, Row | None]] = []
        """Calls whose kind became known after they had opened or found their request."""
        self._calling_again: set[str] = set()
        """Calls of this batch whose callers had called about something urgent within the hour before."""

    async def load(self, connection: AsyncConnection, facts: Sequence[AnyFact]) -> None:
        """Read which of the calls have their requests already."""
        calls = {fact.call for fact in facts if isinstance(fact, ServiceNamed | SurgeAnswered)}
        if calls:
            found = await connection.execute(_OPENED, {"calls": list(calls)})
            self._opened = {(call, service) for call, service in found}
        again = [fact for fact in facts if isinstance(fact, ServiceNamed) and fact.opens_ticket and fact.again]
        if again:
            await self._load_recent(connection, again)

    async def _load_recent(self, connection: AsyncConnection, again: Sequence[ServiceNamed]) -> None:
        """Read the open requests that callers who call again may have."""
        callers = {clean(spelling) for fact in again for spelling in spellings(fact.number)}
        since = milliseconds(min(fact.at for fact in again) - AGAIN_S)
        query = (
            sa.select(tickets.c.number, tickets.c.caller, tickets.c.service, tickets.c.opened_at)
            .where(tickets.c.caller.in_(callers), tickets.c.is_open, tickets.c.opened_at >= since)
            .order_by(tickets.c.id)
        )
        for number, caller, service, opened_at in await connection.execute(query):
            subject = number_key(caller), service
            self._recent[subject], self._recent_at[subject] = number, opened_at / 1000

    def take(self, fact: OfRequest, call: Row | None) -> None:
        """Note a fact, with the row of its call if that is known."""
        if isinstance(fact, RequestHeard):
            self._heard.append(fact)
            return
        if isinstance(fact, TaskCallOrdered):
            self._rung.append(fact)
            if call is not None:
                call |= {"callback": "task", "callback_tries": 0, "ticket": fact.request}
            return
        if isinstance(fact, KindChanged):
            self._put_right.append((fact, call))
            return
        if isinstance(fact, ServiceNamed) and fact.again:
            self._calling_again.add(fact.call)
        if (fact.call, fact.service) in self._opened:
            return
        if isinstance(fact, SurgeAnswered):
            if fact.ticket:
                self._surge.append((fact, call))
        elif fact.opens_ticket:
            self._opened.add((fact.call, fact.service))
            self._take_urgent(fact, call)

    def _take_urgent(self, fact: ServiceNamed, call: Row | None) -> None:
        subject = number_key(fact.number), fact.service
        is_recent = fact.again and self._recent_at.get(subject, 0) >= fact.at - AGAIN_S
        recent = self._recent.get(subject) if is_recent else None
        if isinstance(recent, str):
            self._again.append((recent, fact))
            if call is not None:
                call["ticket"] = recent
        elif recent is not None:
            recent.calls.append((fact, call))
        else:
            new = _New(fact, [(fact, call)])
            self._recent[subject], self._recent_at[subject] = new, fact.at
            self._urgent.append(new)

    async def write(self, connection: AsyncConnection) -> None:
        """Number the requests in the order of their facts, and write them."""
        writes = Writes(self._rules, self._tell_since)
        by_year: dict[int, list[_New]] = {}
        codeless: list[tuple[str, float]] = []
        for new in self._urgent:
            by_year.setdefault(self._year(new.fact.at), []).append(new)
        for year, opening in by_year.items():
            numbers = await next_numbers(connection, year, len(opening))
            for number, new in zip(numbers, opening, strict=True):
                made = _opened(str(number), new.fact, self._rules)
                writes.opened(made, origin="line")
                if not made[-1].ticket.caller:  # the agent says the code in the talk
                    codeless.append((str(number), new.fact.at))
                self._again += [(str(number), fact) for fact, _ in new.calls[1:]]
                for _, call in new.calls:
                    if call is not None:
                        call["ticket"] = str(number)
        for ticket, fact in self._again:
            writes.link(ticket, "call", fact.call, "again", fact.at)
        for heard in self._heard:
            writes.link(heard.ticket, "call", heard.call, _HEARD[heard.how], heard.at)
        for rung in self._rung:
            writes.link(rung.request, "call", rung.call, ABOUT_TASK, rung.at)
        await self._flush(writes, connection)
        for coded, at in codeless:
            await give_code(connection, coded, at)
        if self._surge:
            await self._hang(connection)
        for told, call in self._put_right:
            await self._change(connection, told, call)

    async def _change(self, connection: AsyncConnection, fact: KindChanged, call: Row | None) -> None:
        """Correct the newest request that a call has opened, unless the call has opened one of that kind already: whom
        a colleague has sent to another urgent service has two, and each kind once. A caller who calls again has the
        request of before: it is corrected if its kind was untold, else it stays and this kind has one too."""
        own = await _locked(connection, tickets.c.call == fact.call, tickets.c.origin == "line")
        if any(row["service"] == fact.service and not _is_untold(row) for row in own):
            return
        used = await _locked(connection, tickets.c.number.in_(_used_again(fact.call)))
        row = next(reversed(own or [row for row in used if _is_untold(row)]), None)
        same = [row for row in used if row["service"] == fact.service]
        if row is not None:
            await self._correct(connection, fact, call, row, used)
        elif same and call is not None:  # however long ago it was opened
            call["ticket"] = same[-1]["number"]
        elif used and call is not None:
            await self._name_too(connection, fact, call)

    async def _correct(
        self, connection: AsyncConnection, fact: KindChanged, call: Row | None, row: Any, used: Sequence[Any]
    ) -> None:
        """Give a request of the call this kind. Where its caller has an open one of this kind from before, it becomes
        that one's duplicate: nobody is sent out twice. With a further kind it is a separate one again or, if it has the
        outcome of the other one by then, this kind has another one."""
        ticket, made = to_ticket(row), list[Changed]()
        before = await units_before(connection, ticket.number)
        if ticket.parent in {one["number"] for one in used}:
            parted = part(ticket, SYSTEM, fact.at, self._rules, "the caller named another kind")
            if isinstance(parted, Refusal):
                if call is not None:
                    await self._name_too(connection, fact, call)
                return
            ticket, made = parted.ticket, [parted]
        made += put_right(ticket, fact.service, fact.at, self._rules, before)
        if not made:
            return
        writes, number = Writes(self._rules, self._tell_since), ticket.number
        parent = await self._from_before(connection, fact, made[-1].ticket, used)
        if parent is not None:
            children = sa.select(sa.func.count()).where(tickets.c.parent == number)
            hanging = (await connection.execute(children)).scalar_one()
            joined = join(made[-1].ticket, parent, SYSTEM, fact.at, self._rules, children=hanging)
            if isinstance(joined, Changed):
                made.append(joined)
                number = parent.number
                writes.link(number, "call", fact.call, "again", fact.at)
        if call is not None:
            call["ticket"] = number
        writes.changed(made, row["stages"])
        await self._flush(writes, connection)

    async def _from_before(
        self, connection: AsyncConnection, fact: KindChanged, ticket: Ticket, used: Sequence[Any]
    ) -> Ticket | None:
        """The open request of this kind that the caller of a call has from before, or the one of which that is a
        duplicate; None if there is none, or the caller does not call again."""
        found = [row for row in used if row["service"] == fact.service and row["state"] in OPEN]
        if not found and ticket.caller and (fact.call in self._calling_again or await _calls_again(connection, fact)):
            found = await _locked(
                connection,
                tickets.c.caller.in_(spellings(ticket.caller)),
                tickets.c.is_open,
                tickets.c.service == fact.service,
                tickets.c.opened_at >= milliseconds(fact.at - AGAIN_S),
            )
        others = [one for one in map(to_ticket, found) if one.number != ticket.number]
        if not others or others[-1].parent is None:
            return others[-1] if others else None
        return to_ticket((await _locked(connection, tickets.c.number == others[-1].parent))[0])

    async def _name_too(self, connection: AsyncConnection, fact: KindChanged, call: Row) -> None:
        """Open a request of this kind beside the one of before, or use the one that there is of this kind, as if the
        caller had called for it."""
        named = ServiceNamed(
            at=fact.at,
            call=fact.call,
            service=fact.service,
            priority=fact.priority,
            language=call["language"],
            number=call["caller"],
            opens_ticket=True,
            again=bool(call["caller"]),
        )
        beside = RequestsOfCalls(self._rules, self._tell_since)
        await beside.load(connection, [named])
        beside.take(named, call)
        await beside.write(connection)
        self.untold += beside.untold

    async def _hang(self, connection: AsyncConnection) -> None:
        writes = Writes(self._rules, self._tell_since)
        named = {fact.ticket for fact, _ in self._surge}
        above = sa.select(tickets.c.parent).where(tickets.c.number.in_(named), tickets.c.parent.is_not(None))
        parents = named | {str(one) for one in (await connection.execute(above)).scalars()}
        query = sa.select(*TICKET_COLUMNS).where(tickets.c.number.in_(parents)).order_by(tickets.c.number)
        query = query.with_for_update()  # an outcome that comes meanwhile must reach these duplicates too
        found = {one.number: one for one in map(to_ticket, (await connection.execute(query)).mappings())}
        children = sa.select(tickets.c.parent, tickets.c.caller).where(tickets.c.parent.in_(parents))
        hanging = {(parent, number_key(caller)) for parent, caller in await connection.execute(children)}
        for fact, call in self._surge:
            parent = found.get(fact.ticket)
            if parent is None:
                continue
            writes.link(parent.number, "call", fact.call, "surge", fact.at)
            parent = found.get(parent.parent or "", parent)  # it has become a duplicate since the message was set
            caller = of_call((call or {}).get("caller") or "")
            if parent.state not in OPEN or not caller or (parent.number, number_key(caller)) in hanging:
                continue
            if await _has_own(connection, caller, parent):
                continue
            new = _like(parent, fact, caller, str((call or {}).get("language") or "tr"), self._rules)
            (number,) = await next_numbers(connection, self._year(fact.at), 1)
            hanging.add((parent.number, number_key(caller)))
            writes.opened(_hung(str(number), new, parent, fact.at, self._rules), origin="line")
        await self._flush(writes, connection)

    async def _flush(self, writes: Writes, connection: AsyncConnection) -> None:
        await writes.flush(connection)
        self.untold += writes.untold

    def _year(self, at: float) -> int:
        return datetime.fromtimestamp(at, self._rules.zone).year


async def _locked(connection: AsyncConnection, *where: Any) -> list[Any]:
    """Rows of requests, the oldest first, which nobody else changes until the transaction ends."""
    query = sa.select(*TICKET_COLUMNS, tickets.c.stages).where(*where).order_by(tickets.c.id).with_for_update()
    return list((await connection.execute(query)).mappings())


def _used_again(call: str) -> Any:
    """The numbers of the requests from before that a call has, since its caller calls again."""
    return sa.select(links.c.number).where(links.c.kind == "call", links.c.other == call, links.c.how == "again")


async def _calls_again(connection: AsyncConnection, fact: KindChanged) -> bool:
    """Whether the stored history of a call says that its caller had called about something urgent before."""
    named = events.c.call == fact.call, events.c.type == "service_named"
    details = (await connection.execute(sa.select(events.c.detail).where(*named))).scalars()
    return any(detail.get("again") for detail in details)


def _is_untold(row: Any) -> bool:
    """Whether the kind of an urgent call's request is not known; once the request is closed, none is asked for."""
    return row["state"] in OPEN and row["fields"].get("kind") == "untold"


def _opened(number: str, fact: ServiceNamed, rules: Rules) -> list[Changed]:
    """The request of an urgent call: opened and assigned to its unit."""
    new = NewTicket(
        service=fact.service,
        service_class="urgent" if fact.priority == "urgent" else "routine",
        kind="urgent" if fact.priority == "urgent" else None,
        caller=of_call(fact.number),
        language=fact.language,
        call=fact.call,
        fields=clean(fact.fields),
    )
    opened = open_ticket(number, new, SYSTEM, fact.at, rules)
    assert isinstance(opened, Changed), opened
    return placed(opened, rules)


def _like(parent: Ticket, fact: SurgeAnswered, caller: str, language: str, rules: Rules) -> NewTicket:
    """The request of a caller whom a surge message answered: about the same as its parent."""
    return NewTicket(
        service=fact.service,
        kind=parent.kind,
        topic=parent.topic if parent.topic in rules.town.topics else None,
        district=parent.district if parent.district in rules.town.mahalle else None,
        lat=parent.lat,
        lon=parent.lon,
        caller=caller,
        language=language,
        call=fact.call,
        channel="surge",
    )


def _hung(number: str, new: NewTicket, parent: Ticket, at: float, rules: Rules) -> list[Changed]:
    """A request under its parent. If that can have no duplicates any more (it was changed after the message was set), a
    request of its own: its caller has heard that they will be told."""
    opened = open_ticket(number, new, SYSTEM, at, rules)
    assert isinstance(opened, Changed), opened
    joined = join(opened.ticket, parent, SYSTEM, at, rules)
    return [opened, joined] if isinstance(joined, Changed) else placed(opened, rules)


async def _has_own(connection: AsyncConnection, caller: str, parent: Ticket) -> bool:
    """Whether a caller has an open request of their own about the same, by a surge message: one is enough."""
    query = sa.select(tickets.c.number).where(
        tickets.c.caller.in_(spellings(caller)),
        tickets.c.is_open,
        tickets.c.channel == "surge",
        tickets.c.topic == parent.topic,
        tickets.c.parent.is_(None),
    )
    return (await connection.execute(query.limit(1))).first() is not None
