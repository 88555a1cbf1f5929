"""Opens a ticket, corrects it, and adds notes. Calls open theirs by `storage.requests.of_calls`, people by
`acd.desk.requests`."""

from collections.abc import Collection, Iterator, Mapping
from typing import Any, Literal

import msgspec

from acd.engine.model.phone_numbers import number_key
from tickets.answers import wrong_answer
from tickets.changes import Changed, Rules, changed, refuse, too_long
from tickets.citizen_number import held
from tickets.clock.changes import asked_anew, under
from tickets.clock.deadline import Clock, deadline, in_force
from tickets.clock.rules import BOUND_BY_LAW
from tickets.effects import (
    CallsUnwanted,
    DeadlineChanged,
    Effect,
    NumberChanged,
    RingDuty,
    StopRinging,
    TasksOver,
    TellCitizen,
)
from tickets.in_writing import PAPER, TELEPHONE, spoken_application
from tickets.kinds import KINDS, Kind
from tickets.privacy.masking import MASK, complainant_is_hidden, personal_answers
from tickets.refusals import Refusal
from tickets.states import OPEN, OUTCOMES
from tickets.ticket import Actor, Contact, HistoryEntry, Ticket

OLDEST_S = 365 * 86_400.0
"""So long ago a request in writing may have come that is opened by hand."""
CONTACTS: tuple[Contact, ...] = ("call", "text", "none")


class NewTicket(msgspec.Struct, frozen=True, kw_only=True):
    """The values with which a ticket is opened. All but the service may be missing while the caller still talks."""

    service: str
    service_class: Literal["urgent", "routine"] = "routine"
    kind: str | None = None
    """None: that of the topic, or `request`."""
    topic: str | None = None
    text: str = ""
    district: str | None = None
    address: str = ""
    lat: float | None = None
    lon: float | None = None
    caller: str = ""
    name: str = ""
    language: str = "tr"
    call: str | None = None
    channel: str = "phone"
    fields: dict[str, Any] = {}
    agrees: bool = False
    contact: str = "call"
    follows: str | None = None
    external_source: str | None = None
    external_number: str | None = None
    """The other system that knows the request too, and its number there: both or none."""
    received_at: float | None = None
    """When a request came that is made in writing (Unix seconds), if that was before it is opened: the deadline counts
    from then."""


class Amendment(msgspec.Struct, frozen=True, kw_only=True):
    """Corrections of a ticket; None leaves a field as it is. `service` changes if a caller gives the kind of an urgent
    call only after the ticket was opened."""

    service: str | None = None
    service_class: Literal["urgent", "routine"] | None = None
    kind: str | None = None
    topic: str | None = None
    text: str | None = None
    district: str | None = None
    address: str | None = None
    lat: float | None = None
    lon: float | None = None
    caller: str | None = None
    name: str | None = None
    language: str | None = None
    fields: dict[str, Any] | None = None
    agrees: bool | None = None
    contact: str | None = None
    follows: str | None = None
    """The request that an urgent call is about may be known only after the line has opened the ticket."""


def open_ticket(number: str, new: NewTicket, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The ticket with this number, opened at `at` (Unix seconds), with its first row of history."""
    topic = rules.town.topics.get(new.topic or "")
    kind = new.kind or (topic.kind if topic else "request")
    district = new.district or _district_at(new.lat, new.lon, rules)
    refusal = _wrong(new, kind, rules) or _wrong_person(new.contact, new.text) or _wrong_moment(new, kind, at)
    refusal = refusal or _spoken(new, kind, rules)
    if refusal is not None:
        return refusal
    caller = held(new.caller)
    if isinstance(caller, Refusal):
        return caller
    known = _kind(kind)
    rule = rules.rule_for(known, new.topic, new.fields)
    since = at if new.received_at is None else new.received_at
    clock = Clock(rule=rule.id, started_at=since)
    due_at = deadline(clock, rule, rules.town.calendar, rules.zone).due_at
    ticket = Ticket(
        number=number,
        service=new.service,
        service_class=new.service_class,
        kind=known,
        topic=new.topic,
        priority=topic.priority if topic else "high" if new.service_class == "urgent" else "normal",
        district=district,
        address=new.address,
        lat=new.lat,
        lon=new.lon,
        text=new.text,
        channel=PAPER if new.channel == TELEPHONE and new.received_at is not None else new.channel,
        language=new.language,
        caller=caller,
        name=new.name,
        call=new.call,
        fields=new.fields,
        agrees=new.agrees,
        contact=_contact(new.contact),
        clock=clock,
        due_at=due_at,
        opened_at=since,
        updated_at=at,
        follows=new.follows,
        external_source=new.external_source,
        external_number=new.external_number,
    )
    told = {
        "follows": new.follows,
        "source": new.external_source,
        "reference": new.external_number,
        "received_at": new.received_at,
    }
    detail = {name: value for name, value in told.items() if value}
    entry = HistoryEntry(
        number=number, version=1, at=at, role=actor.role, who=actor.who, what="open", after="new", detail=detail
    )
    return Changed(ticket=ticket, entry=entry, follows=(DeadlineChanged(number=number, due_at=due_at),))


def amend(ticket: Ticket, amendment: Amendment, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The ticket with corrected fields. Another kind or topic may bring another clock, which keeps its start. A point
    decides the mahalle where there is none; another number is told an outcome that has yet to be told, and asked what
    the citizen has yet to answer, and told why it takes longer. Whoever now wants no calls is told the outcome
    otherwise."""
    if ticket.state == "closed":
        return refuse("too_late", "state", ticket.state, "a closed ticket is not changed any more")
    if actor.role == "unit" and actor.unit != ticket.unit:
        return refuse("not_your_unit", "unit", actor.unit, f"the ticket is with {ticket.unit or 'no unit'}")
    values = {name: value for name, value in msgspec.structs.asdict(amendment).items() if value is not None}
    if amendment.follows == ticket.number:
        return refuse("not_allowed", "follows", ticket.number, "a ticket cannot follow up itself")
    reveals = _reveals(ticket, values, actor, rules)
    if reveals is not None:
        return reveals
    if amendment.caller not in (None, ticket.caller):
        caller = held(amendment.caller or "")
        if isinstance(caller, Refusal):
            return caller
        values["caller"] = caller
    if amendment.fields is not None:
        values["fields"] = _corrected(ticket, amendment.fields, rules)
    if {"lat", "lon"} & values.keys() and ticket.district is None and amendment.district is None:
        point = (values.get("lat", ticket.lat), values.get("lon", ticket.lon))
        values |= {"district": _district_at(*point, rules)}
    values = {name: value for name, value in values.items() if getattr(ticket, name) != value}
    after = msgspec.structs.replace(ticket, **values)
    given = _of_the_change(ticket, after, values.keys(), rules)
    refusal = _wrong(given, given.kind, rules) or _wrong_person(given.contact, given.text)
    if refusal is None and {"kind", "topic"} & values.keys() and ticket.call and ticket.channel == TELEPHONE:
        written = "one that came in writing is a request of its own, with its channel, such as paper"
        if ticket.external_source is None and spoken_application(ticket.kind, ticket.topic, rules, written="") is None:
            refusal = spoken_application(after.kind, after.topic, rules, written=written)
    if refusal is not None:
        return refusal
    if {"kind", "topic"} & values.keys() or _asks_otherwise(ticket, after, rules):
        if ticket.state not in OPEN:
            return refuse("too_late", "topic", values.get("topic"), "the ticket has its outcome already")
        topic = rules.town.topics.get(after.topic or "")
        rule, since = rules.rule_for(after.kind, after.topic, after.fields), max(at, ticket.updated_at)
        values["clock"] = under(ticket.clock, rule, since, awaits=ticket.state == "waiting_citizen")
        values["priority"] = topic.priority if topic else ticket.priority
    if ticket.state == "waiting_citizen" and _is_another(ticket, after):
        values["clock"] = asked_anew(values.get("clock", ticket.clock), max(at, ticket.updated_at))
    detail: dict[str, Any] = {"fields": sorted(set(values) - {"clock", "priority"})}
    if "clock" in values:
        detail |= _extension_left(ticket, values["clock"], rules)
    follows = (
        *_rings(ticket, msgspec.structs.replace(ticket, **values), actor, rules),
        *_reaches(ticket, msgspec.structs.replace(ticket, **values), actor, rules),
    )
    return changed(ticket, actor, at, rules, "amend", values, follows=follows, detail=detail)


def _reaches(before: Ticket, after: Ticket, actor: Actor, rules: Rules) -> Iterator[Effect]:
    """What a correction by `actor` changes of the ways to the citizen: the outcome or the question that they wait for,
    and why it takes longer, go to the number that they have now."""
    number = after.number
    if after.state in OUTCOMES and before.caller != after.caller:
        yield NumberChanged(number=number, outcome=after.outcomes, by=actor.who)
    elif after.state in OUTCOMES and before.contact == "call" != after.contact:
        yield CallsUnwanted(number=number, outcome=after.outcomes)
    elif after.state == "told" and before.contact != after.contact == "none":  # they read it, if they want to know it
        yield TasksOver(number=number, kinds=("not_reached",), by=actor.who)
    elif after.state in OPEN and _is_another(before, after):
        counts = in_force(after.clock, rules.clock_rule(after))
        for extension, amount in zip(after.clock.extensions, counts, strict=True):
            if amount:
                yield TellCitizen(number=number, about="extension", words=extension.reason, again=True, by=actor.who)
        if after.state == "waiting_citizen":
            yield TellCitizen(number=number, about="question", words=after.words, again=True, by=actor.who)
            yield TasksOver(number=number, kinds=("not_answered",), by=actor.who)


def _is_another(before: Ticket, after: Ticket) -> bool:
    """Whether the citizen has another telephone number now, however the two are written."""
    return number_key(before.caller) != number_key(after.caller)


def _corrected(ticket: Ticket, given: Mapping[str, Any], rules: Rules) -> dict[str, Any]:
    """The fields after a correction. A personal answer that comes back masked stays: whoever corrects another one has
    not seen it. `information` is no answer of the citizen's, but of the ticket's import."""
    masked = {name for name in personal_answers(ticket, rules.town) & ticket.fields.keys() if given.get(name) == MASK}
    of_import = {"information"} & ticket.fields.keys() - given.keys()
    return {**given, **{name: ticket.fields[name] for name in masked | of_import}}


def _extension_left(ticket: Ticket, clock: Clock, rules: Rules) -> dict[str, Any]:
    """What the history says if another clock allows less of the extensions that were given."""
    before = rules.clock_rule(ticket)
    after = rules.clock_rule(msgspec.structs.replace(ticket, clock=clock))
    given, counts = sum(in_force(ticket.clock, before)), sum(in_force(clock, after))
    return {"extension": {"given": given, "counts": counts}} if counts != given else {}


def _of_the_change(before: Ticket, after: Ticket, changes: Collection[str], rules: Rules) -> Ticket:
    """The ticket with no more than what a change must answer for: a reload may have taken away the topic, the mahalle
    or the choice that was right when it was entered. Another topic asks for all answers, another answer for itself."""
    topic, fields = after.topic, after.fields
    if "topic" not in changes:
        topic = _known(topic, rules)
        fields = {name: value for name, value in fields.items() if before.fields.get(name) != value}
    unchanged: dict[str, Any] = {}
    if "district" not in changes:
        unchanged["district"] = None
    if not {"lat", "lon"} & set(changes):
        unchanged |= {"lat": None, "lon": None}
    if "text" not in changes:
        unchanged["text"] = ""
    return msgspec.structs.replace(after, topic=topic, fields=fields, **unchanged)


def _rings(before: Ticket, after: Ticket, actor: Actor, rules: Rules) -> tuple[Effect, ...]:
    """The duty ring of a ticket that waits for its unit begins when a correction makes it urgent, and ends when one
    makes it urgent no more."""
    if after.state != "assigned" or after.unit is None or rules.presses(before) == rules.presses(after):
        return ()
    if not rules.presses(after):
        return (StopRinging(number=after.number, by=actor.who),)
    return () if after.parent is not None else (RingDuty(number=after.number, unit=after.unit, by=actor.who),)


def _reveals(ticket: Ticket, values: dict[str, Any], actor: Actor, rules: Rules) -> Refusal | None:
    """The refusal of a correction by which a unit would learn who made a report. Another topic or the consent would
    show the complainant; the history of a number, a name or personal answers would tell whether a guess was right."""
    if actor.role != "unit" or not complainant_is_hidden(ticket, rules.town, "unit"):
        return None
    kept = {"agrees", "caller", "name"}
    if personal_answers(ticket, rules.town) & ticket.fields.keys():
        kept.add("fields")
    if "topic" in values and not complainant_is_hidden(
        msgspec.structs.replace(ticket, topic=values["topic"]), rules.town, "unit"
    ):
        kept.add("topic")
    key = next((name for name in values if name in kept), None)
    if key is None:
        return None
    return refuse(
        "not_your_role", key, None, "a report's complainant is hidden from units; ask the inbox to change this"
    )


def note(ticket: Ticket, text: str, actor: Actor, at: float, rules: Rules) -> Changed | Refusal:
    """The ticket with a note for the people who work on it."""
    if not text.strip():
        return refuse("missing", "note", None, "must say something")
    if actor.role == "unit" and actor.unit != ticket.unit:
        return refuse("not_your_unit", "unit", actor.unit, f"the ticket is with {ticket.unit or 'no unit'}")
    return too_long("note", text) or changed(ticket, actor, at, rules, "note", {}, note=text.strip())


def give_task(ticket: Ticket, task: str, to: str, actor: Actor, at: float, rules: Rules) -> Changed:
    """The ticket whose task, of this kind, was given to somebody."""
    return changed(ticket, actor, at, rules, "give_task", {}, detail={"task": task, "to": to})


def _wrong(given: NewTicket | Ticket, kind: str, rules: Rules) -> Refusal | None:
    """The refusal if a field names something that the town does not have, or answers a question wrongly."""
    town = rules.town
    if kind not in KINDS:
        return refuse("unknown", "kind", kind, f"{', '.join(KINDS)} are allowed")
    if given.topic is not None and given.topic not in town.topics:
        return refuse("unknown", "topic", given.topic, "no such topic; `topics.toml` of the town has them")
    if given.district is not None and given.district not in town.mahalle:
        return refuse("unknown", "district", given.district, f"no such mahalle; allowed: {', '.join(town.mahalle)}")
    if (given.lat is None) != (given.lon is None):
        return refuse("missing", "lat" if given.lat is None else "lon", None, "a point needs both lat and lon")
    if given.lat is not None and given.lon is not None and not (-90 <= given.lat <= 90 and -180 <= given.lon <= 180):
        return refuse("not_allowed", "lat", f"{given.lat}, {given.lon}", "lat -90 to 90, lon -180 to 180 is allowed")
    if given.topic is None:
        return None
    return wrong_answer(town.topics[given.topic], given.fields)


def _wrong_person(contact: str, text: str) -> Refusal | None:
    if contact not in CONTACTS:
        return refuse("unknown", "contact", contact, f"{', '.join(CONTACTS)} are allowed")
    return too_long("text", text)


def _wrong_moment(new: NewTicket, kind: str, at: float) -> Refusal | None:
    """The refusal of the time at which a request came."""
    if new.received_at is None:
        return None
    if kind not in BOUND_BY_LAW:
        allowed = f"is for requests in writing: {', '.join(sorted(BOUND_BY_LAW))}"
        return refuse("not_allowed", "received_at", new.received_at, allowed)
    if not at - OLDEST_S <= new.received_at <= at:
        return refuse("not_allowed", "received_at", new.received_at, "a time of the last 365 days is allowed")
    return None


def _spoken(new: NewTicket, kind: str, rules: Rules) -> Refusal | None:
    """The refusal of an application for information that was made in a call and that nothing says to be in writing."""
    if not new.call or new.channel != TELEPHONE or new.received_at is not None or new.external_source is not None:
        return None
    written = "if it came in writing, give its channel, such as paper or email"
    return spoken_application(kind, new.topic, rules, written=written)


def _asks_otherwise(before: Ticket, after: Ticket, rules: Rules) -> bool:
    """Whether a correction of the fields makes it an application for information, or none any more."""
    one, two = (rules.asks_information(ticket.kind, ticket.topic, ticket.fields) for ticket in (before, after))
    return one != two


def _district_at(lat: float | None, lon: float | None, rules: Rules) -> str | None:
    """The mahalle of a point; the nearest one, if the point lies just outside."""
    if lat is None or lon is None:
        return None
    found = rules.town.shapes.nearest(lat, lon)
    return found[0] if found else None


def _known(topic: str | None, rules: Rules) -> str | None:
    return topic if topic in rules.town.topics else None


def _kind(text: str) -> Kind:
    return next(kind for kind in KINDS if kind == text)


def _contact(text: str) -> Contact:
    return next(contact for contact in CONTACTS if contact == text)
