"""What a citizen is told of an outcome: the town's template with the unit's words in it."""

from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Literal

from tickets.ticket import Ticket
from tickets.town.model import Town
from tickets.town.words import FIELD, Way

Language = Literal["tr", "en"]
LONGEST_TEXT_MESSAGE = 600
"""Characters: four parts of a long text message in Turkish letters, and a little."""

_MONTHS_TR = (
    *("ocak", "şubat", "mart", "nisan", "mayıs", "haziran", "temmuz", "ağustos", "eylül", "ekim", "kasım", "aralık"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def say(ticket: Ticket, way: Way, town: Town, zone: tzinfo, language: str = "") -> str:
    """What the citizen is told of the ticket's outcome; in the ticket's language, if no other is asked for.

    The ticket must have an outcome."""
    assert ticket.outcome is not None
    spoken: Language = "en" if (language or ticket.language) == "en" else "tr"
    template = town.words.get((ticket.outcome, way, ticket.topic or "")) or town.words[ticket.outcome, way, ""]
    values = _values(ticket, town, zone, spoken)
    text = FIELD.sub(lambda field: values[field[1]], template.en if spoken == "en" else template.tr)
    text = " ".join(text.split())
    return text if way == "call" or len(text) <= LONGEST_TEXT_MESSAGE else f"{text[: LONGEST_TEXT_MESSAGE - 1]}…"


def _values(ticket: Ticket, town: Town, zone: tzinfo, language: Language) -> dict[str, str]:
    body = town.bodies.get(ticket.responsible or "")
    reach = "" if body is None else body.reach_en if language == "en" else body.reach_tr
    opened = datetime.fromtimestamp(ticket.opened_at, zone)
    months = _MONTHS_EN if language == "en" else _MONTHS_TR
    return {
        "number": ticket.number,
        "date": f"{opened.day} {months[opened.month - 1]}",
        "topic": town.name("topic", ticket.topic, language) if ticket.topic else _OTHERWISE[language],
        "mahalle": town.name("mahalle", ticket.district, language) if ticket.district else "",
        "unit": town.name("unit", ticket.unit, language) if ticket.unit else town.name("unit", town.inbox.id, language),
        "words": ticket.words if ticket.words.endswith((".", "!", "?", "…")) else f"{ticket.words}.",
        "responsible": town.name("body", ticket.responsible, language) if ticket.responsible else "",
        "reach": "" if reach and reach in ticket.words else reach,
    }


_OTHERWISE: Mapping[Language, str] = {"tr": "ilettiğiniz konu", "en": "what you told us"}
"""Stands for the topic of a ticket that has none."""
