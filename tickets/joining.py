"""Duplicates: a ticket joined under another one gets its outcome, and its citizen is told of it once.

A joined ticket keeps its own state, clock and citizen. Nobody works on it separately. When the parent has an outcome,
each of its children gets the same outcome in the same words, and each of their citizens is told. When the parent is
reopened, the children whose citizens do not know the outcome yet, or were not reached with it, wait with it; the others
stay as they are. When the parent is withdrawn, its children become separate tickets again."""

import msgspec

from acd.engine.model.phone_numbers import number_key
from tickets.changes import Changed, Rules, changed, refuse
from tickets.effects import ChildrenFollow, Effect, NotifyInbox, NotifyUnit, OutcomeSettled, RingDuty, StopRinging
from tickets.find.addresses import other_streets
from tickets.moves import Wish, is_unheard, move
from tickets.refusals import Refusal
from tickets.states import OPEN, OUTCOMES, Role
from tickets.ticket import Actor, Ticket
from tickets.town.shapes import metres_between

NEAR_M = 250.0
"""Metres; points with a larger distance are different places."""
_MAY_JOIN: tuple[Role, ...] = ("agent", "unit", "lead", "inbox", "admin", "system")


def join(
    child: Ticket, parent: Ticket, actor: Actor, at: float, rules: Rules, *, children: int = 0
) -> Changed | Refusal:
    """Join a ticket under another one as its duplicate. `children` is the number of duplicates of `child` itself."""
    refusal = _cannot_join(child, parent, actor, children, rules)
    if refusal is not None:
        return refusal
    follows: tuple[Effect, ...] = (ChildrenFollow(number=parent.number),) if parent.outcome is not None else ()
    if rules.presses(child) and child.state == "assigned" and parent.state not in ("new", "assigned"):
        follows = (*follows, StopRinging(number=child.number, by=actor.who))
    return changed(
        child, actor, at, rules, "join", {"parent": parent.number}, follows=follows, detail={"parent": parent.number}
    )


def part(child: Ticket, actor: Actor, at: float, rules: Rules, reason: str) -> Changed | Refusal:
    """Make a duplicate a separate ticket again, before it has an outcome."""
    if child.parent is None:
        return refuse("already_done", "parent", None, "the ticket is joined to no other")
    if actor.role not in _MAY_JOIN:
        return refuse("not_your_role", "parent", child.parent, f"is not for the role {actor.role}")
    if actor.role == "unit" and actor.unit != child.unit:
        return refuse("not_your_unit", "unit", actor.unit, f"the ticket is with {child.unit or 'no unit'}")
    if child.state not in OPEN:
        return refuse("too_late", "parent", child.parent, "the ticket has its outcome already; reopen it instead")
    if not reason.strip():
        return refuse("missing", "note", None, "must say why the two are not the same")
    return _left(child, actor, at, rules, reason.strip(), _waits_again(child, rules))


CASE = frozenset({"topic", "kind", "district", "lat", "lon", "fields"})
"""What makes two tickets one case, besides an address that names another street."""


def follow(
    child: Ticket, parent: Ticket, actor: Actor, at: float, rules: Rules, *, corrected: bool = False
) -> tuple[Changed, ...]:
    """The changes of a child after its parent has changed; `actor` changed the parent. `corrected`: one of `CASE` was
    put right on the child since it was joined. None if the child is as it should be, so a repetition changes
    nothing."""
    if child.parent != parent.number:
        return ()
    waits = child.state in OUTCOMES or (child.state == "told" and is_unheard(child.told_how, child.score))
    if parent.outcome is None:
        if parent.state == "closed":
            return _parted(child, parent, at, rules)
        return (_back(child, parent, actor, at, rules),) if waits else ()
    if child.state in OPEN:
        return (_settled(child, parent, at, rules, corrected=corrected),)
    if waits and (child.outcome, child.words) != (parent.outcome, parent.words):
        back = _back(child, parent, actor, at, rules)
        return back, _settled(back.ticket, parent, at, rules, corrected=corrected)
    return ()


def same_place(one: Ticket, two: Ticket) -> bool:
    """Whether two tickets are about one place: near each other if both have a point, else in one mahalle where their
    addresses do not name other streets. A ticket without a place shares no place."""
    if one.lat is not None and one.lon is not None and two.lat is not None and two.lon is not None:
        return metres_between(one.lat, one.lon, two.lat, two.lon) <= NEAR_M
    if one.district is None or one.district != two.district:
        return False
    return not other_streets(one.address, two.address, one.district)


def _cannot_join(child: Ticket, parent: Ticket, actor: Actor, children: int, rules: Rules) -> Refusal | None:
    number = parent.number
    if actor.role not in _MAY_JOIN:
        return refuse("not_your_role", "number", number, f"joining is not for the role {actor.role}")
    if actor.role == "unit" and (child.unit != actor.unit or parent.unit != actor.unit):
        return refuse("not_your_unit", "number", number, "both tickets must be with your unit")
    if child.number == number:
        return refuse("not_allowed", "number", number, "a ticket cannot be a duplicate of itself")
    if child.parent is not None:
        return refuse("already_done", "number", number, f"the ticket is joined to {child.parent} already")
    if parent.parent is not None:
        return refuse("not_allowed", "number", number, f"is a duplicate itself; join to {parent.parent}")
    if children:
        return refuse("not_allowed", "number", number, f"{children} duplicates hang on the ticket; join {number} to it")
    if child.state not in OPEN:
        return refuse("too_late", "number", number, f"a ticket that is {child.state} can be joined to none")
    if _has_own_answer(child, parent, rules):
        return refuse("not_allowed", "number", number, "a request for information has an answer of its own")
    other = None if _calls_again(child, parent, actor) else _is_other_case(child, parent, actor)
    if other is not None:
        return other
    if parent.state == "closed" or (parent.outcome_at is not None and child.opened_at > parent.outcome_at):
        return refuse("too_late", "number", number, "had its outcome before this ticket came: it is a new case")
    return None


def _is_other_case(child: Ticket, parent: Ticket, actor: Actor) -> Refusal | None:
    """The refusal if two tickets are about different matters or places."""
    number = parent.number
    if not _of_one_service(child, parent, actor):
        for bare in (child, parent):
            if bare.topic is None:
                allowed = f"{bare.number} has no topic: say what it is about, then join"
                return refuse("not_allowed", "number", number, allowed)
        if child.topic != parent.topic:
            return refuse("not_allowed", "number", number, f"is about {parent.topic}, not about {child.topic}")
    if not same_place(child, parent):
        return refuse(
            "other_place",
            "number",
            number,
            "is about another place; duplicates are never joined across places. Put the address or the point right",
        )
    return None


def _calls_again(child: Ticket, parent: Ticket, actor: Actor) -> bool:
    """Whether a rule joins an urgent ticket to the one that its caller has for the same service. It says neither what
    nor where by itself: it is about what that one is about."""
    urgent = child.service_class == "urgent" == parent.service_class and child.service == parent.service
    bare = child.topic is None and child.district is None and child.lat is None and not child.address
    caller = number_key(child.caller)
    return actor.role == "system" and urgent and bare and caller != "" and caller == number_key(parent.caller)


def _of_one_service(child: Ticket, parent: Ticket, actor: Actor) -> bool:
    """Whether two tickets without a topic are about one matter all the same: an urgent service says what it is about,
    and callers whom a surge message answered wait for what it is about."""
    if child.topic is not None or parent.topic is not None:
        return False
    urgent = child.service_class == "urgent" == parent.service_class
    return actor.role == "system" or (urgent and child.service == parent.service)


def _has_own_answer(child: Ticket, parent: Ticket, rules: Rules) -> bool:
    """Whether one of the two asks for information, which is an answer to nobody else."""
    return any(rules.asks_information(one.kind, one.topic, one.fields) for one in (child, parent))


def _settled(child: Ticket, parent: Ticket, at: float, rules: Rules, *, corrected: bool) -> Changed:
    """The child after the outcome of its parent, which answers it too, unless the child was corrected to another case:
    then it is a separate ticket, and a person sees to it. What is put right on the parent is right for all of it."""
    alike = child.topic == parent.topic and same_place(child, parent) and not _has_own_answer(child, parent, rules)
    if alike or not corrected:
        return _ended_like(child, parent, at, rules)
    why = "a correction has made it another case than the parent, whose outcome is no answer to it"
    follows = (NotifyInbox(number=child.number, about="returned"), *_waits_again(child, rules))
    return _left(child, Actor(role="parent", who=parent.number), at, rules, why, follows)


def _ended_like(child: Ticket, parent: Ticket, at: float, rules: Rules) -> Changed:
    """The child with the outcome of its parent."""
    assert parent.outcome is not None
    wish = Wish(
        to=parent.outcome,
        result=parent.words,
        unit=parent.unit or "",
        responsible=parent.responsible or "",
        photos=1,  # the parent has what the topic asks for
    )
    made = move(child, wish, Actor(role="parent", who=parent.number), at, rules)
    assert isinstance(made, Changed), made
    return made


def _back(child: Ticket, parent: Ticket, actor: Actor, at: float, rules: Rules) -> Changed:
    """The child open again and still joined: it waits for the next outcome of its parent."""
    values = {
        "state": "assigned",
        "unit": parent.unit or child.unit,
        "outcome": None,
        "outcome_at": None,
        "words": "",
        "responsible": None,
        "told_at": None,
        "told_how": None,
        "reopened": child.reopened + 1,
        "clock": msgspec.structs.replace(child.clock, ended_at=None),
    }
    settled = OutcomeSettled(number=child.number, outcome=child.outcomes, by=actor.who)
    detail = {"parent": parent.number}
    return changed(
        child, actor, at, rules, "reopen", values, note="the parent was reopened", follows=(settled,), detail=detail
    )


def _parted(child: Ticket, parent: Ticket, at: float, rules: Rules) -> tuple[Changed, ...]:
    if child.state not in OPEN:
        return ()
    follows = (NotifyInbox(number=child.number, about="returned"), *_waits_again(child, rules))
    actor = Actor(role="parent", who=parent.number)
    return (_left(child, actor, at, rules, "the parent was withdrawn", follows),)


def _left(child: Ticket, actor: Actor, at: float, rules: Rules, note: str, follows: tuple[Effect, ...]) -> Changed:
    """The child as a separate ticket."""
    detail = {"parent": child.parent}
    return changed(child, actor, at, rules, "leave", {"parent": None}, note=note, follows=follows, detail=detail)


def _waits_again(child: Ticket, rules: Rules) -> tuple[Effect, ...]:
    """Tell the unit of a ticket that waits for it, as when it was assigned: the ticket must be worked on by itself."""
    if child.state != "assigned" or child.unit is None:
        return ()
    told = NotifyUnit(number=child.number, unit=child.unit, about="assigned")
    return (told, RingDuty(number=child.number, unit=child.unit)) if rules.presses(child) else (told,)
