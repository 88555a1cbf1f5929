"""Routing: the unit or outside body of a request, by topic, mahalle and service, with the reason in words."""

from collections.abc import Collection

import msgspec

from tickets.changes import Changed, Rules
from tickets.effects import Effect, NotifyInbox
from tickets.moves import Wish, move
from tickets.opening import Amendment, amend
from tickets.ticket import SYSTEM, Ticket
from tickets.town.model import Body, Town


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
    made = move(ticket, Wish(to="assigned", unit=found.unit, note=found.why_en), SYSTEM, at, rules)
    assert isinstance(made, Changed), made
    return Placed(route=found, changed=made)


def placed(opened: Changed, rules: Rules) -> list[Changed]:
    """A new request, and its way to the unit that does it, if a rule knows one; else the inbox is told."""
    found = place(opened.ticket, opened.entry.at, rules)
    told = Changed(ticket=opened.ticket, entry=opened.entry, follows=(*opened.follows, *found.follows))
    return [told] if found.changed is None else [told, found.changed]


def put_right(ticket: Ticket, service: str, at: float, rules: Rules) -> list[Changed]:
    """Correct the request of an urgent call whose kind is known only now: give it `service` and that service's unit, if
    no unit has begun. Nothing happens to a request that may not be changed any more."""
    fields = {name: value for name, value in ticket.fields.items() if name != "kind"}
    amended = amend(ticket, Amendment(service=service, fields=fields), SYSTEM, at, rules)
    if not isinstance(amended, Changed):
        return []
    found = route(rules.town, topic=ticket.topic, district=ticket.district, service=service)
    if found.unit is None or found.unit == ticket.unit or ticket.state not in ("new", "assigned"):
        return [amended]
    moved = move(amended.ticket, Wish(to="assigned", unit=found.unit, note=found.why_en), SYSTEM, at, rules)
    return [amended, moved] if isinstance(moved, Changed) else [amended]


def sent_on(town: Town, body_id: str, language: str = "tr") -> Wish:
    """The move to `not_ours`, filled in for a body of the town: who is responsible, and how to reach it."""
    body = town.bodies[body_id]
    return Wish(to="not_ours", responsible=body.id, result=_sent_on_words(body, language))


def _sent_on_words(body: Body, language: str) -> str:
    if language == "en":
        return f"{body.en} is responsible for this. {body.reach_en}"
    return f"Bu konuda görevli kurum: {body.tr}. {body.reach_tr}"


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
