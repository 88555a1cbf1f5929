"""Routing: the unit or outside body of a request, by topic, mahalle and service, in words (`route`)."""

from collections.abc import Collection, Iterable

import msgspec

from tickets.changes import Changed, Rules
from tickets.effects import Effect, NotifyInbox
from tickets.moves import Wish, move
from tickets.opening import Amendment, amend
from tickets.outcome.anew import told_anew
from tickets.refusals import Refusal
from tickets.states import Role
from tickets.ticket import SYSTEM, Actor, HistoryEntry, Ticket
from tickets.town.model import Town


class Route(msgspec.Struct, frozen=True, kw_only=True):
    """Where a request goes: to a unit, an outside body, or neither, and then a person of the inbox sorts it."""

    unit: str | None = None
    body: str | None = None
    why_tr: str
    why_en: str


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """A new ticket after routing: assigned to a unit (`changed`) or left to a person, with the notices."""

    route: Route
    changed: Changed | None = None
    follows: tuple[Effect, ...] = ()


class Past(msgspec.Struct, frozen=True, kw_only=True):
    """What a ticket's history says of its units."""

    by_hand: bool = False
    """A person, not a rule, gave it to its present unit."""
    returned_by: tuple[str, ...] = ()
    """Units that gave it back."""


GIVES = ("assign", "hand_on", "reopen")
"""Moves by which a unit gets a ticket."""
TELLS_OF_UNITS = (*GIVES, "return")
"""The rows of history that `past` reads."""
_RULES: tuple[Role, ...] = ("system", "parent")


def past(history: Iterable[HistoryEntry]) -> Past:
    """What the history, oldest first, says of a ticket's units. Other rows than `TELLS_OF_UNITS` may be left out."""
    by_hand, returned_by = False, []
    for entry in history:
        if entry.what in GIVES:
            by_hand = entry.role not in _RULES
        elif entry.what == "return" and entry.detail.get("returned_by"):
            returned_by.append(str(entry.detail["returned_by"]))
    return Past(by_hand=by_hand, returned_by=tuple(returned_by))


def route(
    town: Town, *, topic: str | None, district: str | None, service: str, returned_by: Collection[str] = ()
) -> Route:
    """Where a request goes. A unit that has given the request back (`returned_by`) does not get it a second time by
    itself."""
    found = _by_topic(town, topic, district) or _by_service(town, service)
    if found.unit is not None and found.unit in returned_by:
        tr, en = town.name("unit", found.unit), town.name("unit", found.unit, "en")
        return Route(why_tr=f"{tr} geri verdi; bir görevli yönlendirir", why_en=f"{en} gave it back; a person sorts it")
    return found


def place(ticket: Ticket, at: float, rules: Rules, returned_by: Collection[str] = ()) -> Placed:
    """Assign a new ticket to its unit. If an outside body is responsible, or no rule finds a unit, a person decides: a
    rule must not send a citizen away."""
    found = route(
        rules.town, topic=ticket.topic, district=ticket.district, service=ticket.service, returned_by=returned_by
    )
    if found.unit is None:
        return Placed(route=found, follows=(NotifyInbox(number=ticket.number, about="assigned"),))
    return Placed(route=found, changed=_given(ticket, found, at, rules))


def placed(opened: Changed, rules: Rules) -> list[Changed]:
    """A new request, and its way to the unit that does it, if a rule knows one; else the inbox is told, and the history
    says why, and which outside body is responsible."""
    found = place(opened.ticket, opened.entry.at, rules)
    told = Changed(ticket=opened.ticket, entry=opened.entry, follows=(*opened.follows, *found.follows))
    return [_with_reason(told, found.route)] if found.changed is None else [told, found.changed]


def _with_reason(made: Changed, found: Route) -> Changed:
    """A change after which no rule finds a unit. A person decides, and reads in its row of history what the rule
    says."""
    detail = {**made.entry.detail, "why": {"tr": found.why_tr, "en": found.why_en}}
    if found.body is not None:
        detail["body"] = found.body
    return Changed(ticket=made.ticket, entry=msgspec.structs.replace(made.entry, detail=detail), follows=made.follows)


def amended(
    ticket: Ticket, amendment: Amendment, actor: Actor, at: float, rules: Rules, before: Past
) -> list[Changed] | Refusal:
    """The ticket with corrected fields and, if its topic, place or service is another one now, its way to the unit that
    does that; with another number, or of one who wants to be told after all, an outcome that nobody has heard waits to
    be told anew. `before` is what its history says.

    A ticket that a unit has accepted stays with it, and so does one that a person gave to its unit. A duplicate goes
    where its parent is. If an outside body is responsible or no rule finds a unit, it stays where it is: the unit that
    has it, or the inbox, decides."""
    made = amend(ticket, amendment, actor, at, rules)
    if isinstance(made, Refusal):
        return made
    found = _routed_again(ticket, made.ticket, rules, before)
    if found is not None and found.unit is None:
        return [_with_reason(made, found)]
    if found is not None and found.unit != made.ticket.unit:
        return [made, _given(made.ticket, found, at, rules)]
    anew = told_anew(ticket, made.ticket, actor, at, rules)
    return [made] if anew is None else [made, anew]


def put_right(ticket: Ticket, service: str, at: float, rules: Rules, before: Past) -> list[Changed]:
    """Correct the request of an urgent call whose kind is known only now, as `amended` does. Nothing happens to a
    request that may not be changed any more."""
    fields = {name: value for name, value in ticket.fields.items() if name != "kind"}
    made = amended(ticket, Amendment(service=service, fields=fields), SYSTEM, at, rules, before)
    return [] if isinstance(made, Refusal) else made


def _routed_again(old: Ticket, ticket: Ticket, rules: Rules, before: Past) -> Route | None:
    """Where a corrected ticket goes; None if no rule is asked."""
    if (old.topic, old.district, old.service) == (ticket.topic, ticket.district, ticket.service):
        return None
    if ticket.parent is not None or ticket.state not in ("new", "assigned"):
        return None
    if ticket.state == "assigned" and before.by_hand:
        return None
    return route(
        rules.town,
        topic=ticket.topic,
        district=ticket.district,
        service=ticket.service,
        returned_by=before.returned_by,
    )


def _given(ticket: Ticket, found: Route, at: float, rules: Rules) -> Changed:
    """The ticket's move to the unit that a rule has found."""
    made = move(ticket, Wish(to="assigned", unit=found.unit or "", note=found.why_en), SYSTEM, at, rules)
    assert isinstance(made, Changed), made
    return made


def _by_topic(town: Town, topic_id: str | None, district: str | None) -> Route | None:
    topic = town.topics.get(topic_id or "")
    if topic is None:
        return None
    elsewhere = topic.elsewhere.get(district or "")
    if elsewhere is not None and district is not None:
        mahalle = town.name("mahalle", district)
        return _to(town, elsewhere, f"{topic.tr}, {mahalle} mahallesi için", f"{topic.en} in {mahalle}")
    return _to(town, topic.unit or topic.body, f"konusu {topic.tr}", f"its topic is {topic.en}")


def _by_service(town: Town, service: str) -> Route:
    for unit in town.units.values():
        if service in unit.services and not unit.inbox:
            return _to(town, unit.id, f"hizmet {service}", f"service {service}")
    return Route(why_tr="konusu belli değil; bir görevli yönlendirir", why_en="no topic yet; a person sorts it")


def _to(town: Town, who: str, why_tr: str, why_en: str) -> Route:
    if who in town.units:
        unit = town.units[who]
        return Route(unit=who, why_tr=f"{unit.tr}: {why_tr}", why_en=f"{unit.en}: {why_en}")
    body = town.bodies[who]
    return Route(body=who, why_tr=f"{body.tr}: {why_tr}", why_en=f"{body.en}: {why_en}")
