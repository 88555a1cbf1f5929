"""Ranks tickets that may be about the same matter as a new one, with the reasons in words.

A proposal only: a person joins (`tickets.joining`). Tickets about different places are never proposed. The score is the
sum of four shares: the topic, the distance, the time between them, and the similarity of the words."""

from collections.abc import Iterable

import msgspec
from rapidfuzz import fuzz

from tickets.find.folding import fold
from tickets.joining import NEAR_M, same_place
from tickets.states import OPEN
from tickets.ticket import Ticket
from tickets.town.model import Town
from tickets.town.shapes import metres_between

TOPIC, PLACE, TIME, TEXT = 0.30, 0.30, 0.15, 0.25
"""Weights of the shares; together 1."""
OTHER_TOPIC = 0.4
"""The topic's share where two tickets have different topics of one group."""
WINDOW_DAYS = 14.0
LEAST_SCORE = 0.7
_UNKNOWN = 0.5
"""The share of words or addresses if one of the two has none."""
_DAY_S = 86_400.0


class Candidate(msgspec.Struct, frozen=True, kw_only=True):
    """A ticket that may be about the same matter. `number` is the one to join under: the parent, if the found ticket is
    a duplicate itself. `same_topic` is false if the topic must be corrected before they can be joined."""

    number: str
    found: str
    score: float
    same_topic: bool
    same_caller: bool
    metres: float | None
    why_tr: tuple[str, ...]
    why_en: tuple[str, ...]


def propose(ticket: Ticket, others: Iterable[Ticket], town: Town, *, limit: int = 5) -> list[Candidate]:
    """The tickets that may be about the same matter, best first, each parent once. `others` are the shell's finds by
    group of topics, mahalle and time; unsuitable ones are left out here."""
    best: dict[str, Candidate] = {}
    for other in others:
        one = _compare(ticket, other, town)
        if one is None or one.number == ticket.number:  # a duplicate of the ticket itself
            continue
        if one.number not in best or one.score > best[one.number].score:
            best[one.number] = one
    return sorted(best.values(), key=lambda one: (-one.score, one.number))[:limit]


def _compare(ticket: Ticket, other: Ticket, town: Town) -> Candidate | None:
    if other.number == ticket.number or other.state not in OPEN or not same_place(ticket, other):
        return None
    topic = _topic_share(ticket, other, town)
    days = abs(ticket.opened_at - other.opened_at) / _DAY_S
    if topic is None or days > WINDOW_DAYS:
        return None
    metres, place = _place_share(ticket, other)
    text = _likeness(ticket.text, other.text)
    score = TOPIC * topic + PLACE * place + TIME * (1 - days / WINDOW_DAYS) + TEXT * text
    if score < LEAST_SCORE:
        return None
    why_tr, why_en = _why(ticket, other, town, metres, days, text)
    return Candidate(
        number=other.parent or other.number,
        found=other.number,
        score=round(score, 3),
        same_topic=ticket.topic == other.topic,
        same_caller=bool(ticket.caller) and ticket.caller == other.caller,
        metres=None if metres is None else round(metres),
        why_tr=why_tr,
        why_en=why_en,
    )


def _topic_share(ticket: Ticket, other: Ticket, town: Town) -> float | None:
    """1 for the same topic, less for two topics of one group, None for others or if a topic is missing."""
    if ticket.topic is None or other.topic is None:
        return None
    if ticket.topic == other.topic:
        return 1.0
    one, two = town.topics.get(ticket.topic), town.topics.get(other.topic)
    return OTHER_TOPIC if one is not None and two is not None and one.group == two.group else None


def _place_share(ticket: Ticket, other: Ticket) -> tuple[float | None, float]:
    """Metres between the points, if both have one; and 1 for the same spot down to 0.3 for the same mahalle alone.
    Addresses that name other streets never come here."""
    if ticket.lat is not None and ticket.lon is not None and other.lat is not None and other.lon is not None:
        metres = metres_between(ticket.lat, ticket.lon, other.lat, other.lon)
        return metres, 1.0 - 0.7 * metres / NEAR_M
    return None, 0.3 + 0.7 * _likeness(ticket.address, other.address)


def _likeness(one: str, two: str) -> float:
    """The similarity of two texts, 0 to 1, in any order of their words."""
    left, right = fold(one), fold(two)
    if not left or not right:
        return _UNKNOWN
    return fuzz.token_set_ratio(left, right) / 100


def _why(
    ticket: Ticket, other: Ticket, town: Town, metres: float | None, days: float, text: float
) -> tuple[tuple[str, ...], tuple[str, ...]]:
    topic = other.topic or ""
    same = ticket.topic == other.topic
    tr = [f"konusu {'aynı' if same else 'yakın'}: {town.name('topic', topic)}"]
    en = [f"{'same' if same else 'near'} topic: {town.name('topic', topic, 'en')}"]
    if metres is not None:
        tr.append(f"{metres:.0f} m uzakta")
        en.append(f"{metres:.0f} m away")
    elif other.district is not None:
        tr.append(f"aynı mahalle: {town.name('mahalle', other.district)}")
        en.append(f"same mahalle: {town.name('mahalle', other.district)}")
    hours = days * 24
    tr.append(f"{days:.0f} gün arayla" if hours >= 48 else f"{hours:.0f} saat arayla")
    en.append(f"{days:.0f} days apart" if hours >= 48 else f"{hours:.0f} hours apart")
    if ticket.text and other.text:
        tr.append(f"anlatım %{100 * text:.0f} benzer")
        en.append(f"words {100 * text:.0f}% alike")
    if ticket.caller and ticket.caller == other.caller:
        tr.append("aynı numaradan")
        en.append("from the same number")
    return tuple(tr), tuple(en)
