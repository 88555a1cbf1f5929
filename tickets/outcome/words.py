"""What a citizen is told of an outcome: the town's template with the unit's words in it."""

import re
from collections.abc import Mapping
from datetime import datetime, tzinfo
from typing import Literal

import msgspec

from tickets.ticket import Ticket
from tickets.town.model import Town
from tickets.town.words import FIELD, Way

Language = Literal["tr", "en"]
LONGEST_TEXT_MESSAGE = 600
"""Characters: four parts of a long text message in Turkish letters, and a little."""
LEAST_WORDS = 60
"""Characters of the unit's words that a shortened text message has at least."""
_PLAIN = "{number}: {words} {reach} {more}"
"""The template of a shortened text message whose own leaves no room for the words."""


class Spoken(msgspec.Struct, frozen=True):
    """A part of what an automatic call says, and the language of the voice that says it."""

    language: Language
    text: str


_MONTHS_TR = (
    *("Ocak", "Şubat", "Mart", "Nisan", "Mayıs", "Haziran", "Temmuz", "Ağustos", "Eylül", "Ekim", "Kasım", "Aralık"),
)
_MONTHS_EN = (
    *("January", "February", "March", "April", "May", "June", "July"),
    *("August", "September", "October", "November", "December"),
)


def say(ticket: Ticket, way: Way, town: Town, zone: tzinfo, language: str = "") -> str:
    """What the citizen is told of the ticket's outcome; in the ticket's language, if no other is asked for. A text
    message that is too long has the beginning of the unit's words, and says where the whole is read.

    The ticket must have an outcome."""
    spoken = _language(ticket, language)
    values = _values(ticket, town, zone, spoken)
    pattern = _pattern(ticket, way, town, spoken)
    text = _filled(pattern, values)
    if way == "call" or len(text) <= LONGEST_TEXT_MESSAGE:
        return text
    return _shortened(pattern, values, _reach(ticket, town, spoken), town.more.en if spoken == "en" else town.more.tr)


def parts(ticket: Ticket, town: Town, zone: tzinfo) -> tuple[Spoken, ...]:
    """What an automatic call says of the ticket's outcome, in order. A unit writes Turkish: to a citizen whose language
    is another, a Turkish voice says the unit's words, as one that reads them by the rules of English is not understood.

    The ticket must have an outcome."""
    language = _language(ticket)
    if language == "tr":
        return (Spoken("tr", say(ticket, "call", town, zone)),)
    values = _values(ticket, town, zone, language)
    found: list[Spoken] = []
    for piece in re.split(r"(\{words\})", _pattern(ticket, "call", town, language)):
        text = _filled(piece, values)
        if any(letter.isalnum() for letter in text):  # a voice says nothing of a full stop, or of quotes
            found.append(Spoken("tr" if piece == "{words}" else language, text))
    return tuple(found)


def _language(ticket: Ticket, language: str = "") -> Language:
    return "en" if (language or ticket.language) == "en" else "tr"


def _pattern(ticket: Ticket, way: Way, town: Town, language: Language) -> str:
    assert ticket.outcome is not None
    template = town.words.get((ticket.outcome, way, ticket.topic or "")) or town.words[ticket.outcome, way, ""]
    return template.en if language == "en" else template.tr


def _filled(pattern: str, values: Mapping[str, str]) -> str:
    return " ".join(FIELD.sub(lambda field: values[field[1]], pattern).split())


def _shortened(pattern: str, values: Mapping[str, str], reach: str, more: str) -> str:
    """A text message with as many of the unit's words as fit in. How the body is reached is never cut, though it may
    stand in the words; nor is where the whole is read."""
    words = values["words"].replace(reach, "") if reach else values["words"]
    values = {**values, "reach": reach, "more": more}
    pattern = f"{pattern if '{reach}' in pattern else f'{pattern} {{reach}}'} {{more}}"
    if _room(pattern, values) < LEAST_WORDS:
        pattern = _PLAIN
    cut = words[: _room(pattern, values)]
    cut = (cut.rpartition(" ")[0] or cut).rstrip(" ,;:-")
    return _filled(pattern, {**values, "words": f"{cut}…"})


def _room(pattern: str, values: Mapping[str, str]) -> int:
    return LONGEST_TEXT_MESSAGE - len(_filled(pattern, {**values, "words": "…"}))


def _values(ticket: Ticket, town: Town, zone: tzinfo, language: Language) -> dict[str, str]:
    reach = _reach(ticket, town, language)
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


def _reach(ticket: Ticket, town: Town, language: Language) -> str:
    """How the responsible body is reached."""
    body = town.bodies.get(ticket.responsible or "")
    return "" if body is None else body.reach_en if language == "en" else body.reach_tr


_OTHERWISE: Mapping[Language, str] = {"tr": "ilettiğiniz konu", "en": "what you told us"}
"""Stands for the topic of a ticket that has none."""
