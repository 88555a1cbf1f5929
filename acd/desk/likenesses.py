"""Which open requests may be about the same as one that is told of, or stored: what the core ranks, from the tables."""

from collections.abc import Iterator, Sequence
from typing import Final

import msgspec

from acd.engine.model.phone_numbers import number_key
from console.ports import Record
from console.request_ports import Likeness, Seer
from storage.requests.reading import RequestQueries
from tickets.clock.deadline import Clock
from tickets.duplicates import WINDOW_DAYS, Candidate, propose
from tickets.privacy.masking import seen_by
from tickets.ticket import Ticket
from tickets.town.model import Town

WINDOW_S: Final = WINDOW_DAYS * 86_400.0


def told_of(like: Likeness, now: float) -> Ticket:
    """What is told of, as if it were opened now."""
    return Ticket(
        number="",
        service="",
        topic=like.topic or None,
        district=like.district or None,
        address=like.address,
        lat=like.lat,
        lon=like.lon,
        text=like.text,
        caller=like.caller,
        clock=Clock(rule="", started_at=now),
        opened_at=now,
        updated_at=now,
    )


async def near(requests: RequestQueries, told: Ticket, town: Town) -> Sequence[Ticket]:
    """Those of the same group of topics that are near in time and place."""
    topic = town.topics.get(told.topic or "")
    if topic is None:
        return ()
    group = [one.id for one in town.topics.values() if one.group == topic.group]
    point = None if told.lat is None or told.lon is None else (told.lat, told.lon)
    return await requests.near(group, told.district, point, (told.opened_at - WINDOW_S, told.opened_at + WINDOW_S))


def proposals(
    told: Ticket, others: Sequence[Ticket], town: Town, seer: Seer | None
) -> Iterator[tuple[Candidate, Ticket]]:
    """What is proposed, best first, each with the request that was found, as the seer may see it. Numbers are compared
    however they are written."""
    by_number = {other.number: other for other in others}
    keyed = [msgspec.structs.replace(one, caller=number_key(one.caller)) for one in (told, *others)]
    for one in propose(keyed[0], keyed[1:], town):
        found = by_number[one.found]
        yield one, found if seer is None else seen_by(found, town, seer.role)


def as_record(one: Candidate, seen: Ticket, language: str) -> Record:
    """A proposal with the fields of `console.duplicates.Duplicate`."""
    return {
        "number": one.number,
        "score": one.score,
        "same_topic": one.same_topic,
        "same_caller": one.same_caller,
        "why": one.why_en if language == "en" else one.why_tr,
        "state": seen.state,
        "opened_at": seen.opened_at,
        "text": seen.text,
        "address": seen.address,
    }
