"""Which role sees a citizen's number and name on a ticket.

Numbers are masked for everybody. A person who needs one unmasks it, and the shell records that. A unit does not learn
who made a report about somebody (ihbar, `hidden` of the topic), unless that person agrees: no number, no name, and no
call, since a recording has a voice."""

from collections.abc import Mapping
from typing import Any, Literal

import msgspec

from tickets.ticket import Ticket
from tickets.town.model import Town

Viewer = Literal["agent", "lead", "unit", "inbox", "analyst", "admin", "wall"]
Sight = Literal["masked", "hidden"]

MASK = "•••"
"""Stands for what is not shown."""
_LAST_DIGITS = 2
_SHORTEST = 7
"""A number with fewer digits is masked completely: two digits would reveal too much."""

SIGHT: Mapping[Viewer, tuple[Sight, bool]] = {
    "agent": ("masked", True),
    "lead": ("masked", True),
    "unit": ("masked", True),
    "inbox": ("masked", True),
    "analyst": ("hidden", False),
    "admin": ("masked", True),
    "wall": ("hidden", False),
}
"""How a role sees a citizen, and whether it may unmask the number; each unmasking is recorded."""


def mask_number(number: str) -> str:
    """A number with its last two digits: `••• 33`. Empty stays empty: a withheld number is no secret."""
    digits = [letter for letter in number if letter.isdigit()]
    if not number:
        return ""
    return f"{MASK} {''.join(digits[-_LAST_DIGITS:])}" if len(digits) >= _SHORTEST else MASK


def complainant_is_hidden(ticket: Ticket, town: Town, viewer: Viewer) -> bool:
    """Whether this viewer must not learn who made the report. A topic that no longer exists counts as hidden, to keep
    the promise to the caller."""
    if viewer != "unit" or ticket.agrees or ticket.topic is None:
        return False
    topic = town.topics.get(ticket.topic)
    return topic is None or topic.hidden


def shown_topics(town: Town, viewer: Viewer) -> tuple[str, ...] | None:
    """The topics whose complainants this viewer may know without their consent; None: all, also those that no longer
    exist. The rule of `complainant_is_hidden`, for a search in the database."""
    return tuple(sorted(topic.id for topic in town.topics.values() if not topic.hidden)) if viewer == "unit" else None


def may_unmask(ticket: Ticket, town: Town, viewer: Viewer) -> bool:
    """Whether the viewer may see the whole number. The shell records who did, when, and of which ticket."""
    return SIGHT[viewer][1] and not complainant_is_hidden(ticket, town, viewer)


def seen_by(ticket: Ticket, town: Town, viewer: Viewer, *, unmasked: bool = False, own_call: bool = False) -> Ticket:
    """The ticket as a viewer sees it; a unit not the one that it follows, which may be of a citizen who is hidden from
    it. `unmasked`: they have asked for the number, and it was recorded; `own_call`: an
    agent who is talking to this citizen sees the number that is on their telephone anyway."""
    if (unmasked or (own_call and viewer == "agent")) and may_unmask(ticket, town, viewer):
        return ticket
    hidden = complainant_is_hidden(ticket, town, viewer)
    sight = "hidden" if hidden else SIGHT[viewer][0]
    if viewer == "unit":
        ticket = msgspec.structs.replace(ticket, follows=None)
    if sight == "masked":
        return msgspec.structs.replace(
            ticket, caller=mask_number(ticket.caller), fields=_without_personal(ticket, town)
        )
    return msgspec.structs.replace(
        ticket,
        caller=MASK if ticket.caller else "",
        name=MASK if ticket.name else "",
        call=None if hidden else ticket.call,
        external_number=None,
        fields=_without_personal(ticket, town),
        remark="" if viewer in ("analyst", "wall") else ticket.remark,
        text="" if viewer in ("analyst", "wall") else ticket.text,
        address="" if viewer in ("analyst", "wall") else ticket.address,
    )


def personal_answers(ticket: Ticket, town: Town) -> frozenset[str]:
    """The questions whose answers on a ticket say who somebody is: all of a topic that no longer exists."""
    if ticket.topic is None:
        return frozenset()
    topic = town.topics.get(ticket.topic)
    return frozenset(ticket.fields if topic is None else (one.id for one in topic.questions if one.personal))


def _without_personal(ticket: Ticket, town: Town) -> dict[str, Any]:
    """The answers, with those masked that say who somebody is."""
    personal = personal_answers(ticket, town)
    return {name: MASK if name in personal and value else value for name, value in ticket.fields.items()}
