"""Outbreaks for the shift lead: what is proposed, and a parent request for one that is accepted."""

import asyncio
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import msgspec

from acd.desk.answers import asked
from acd.desk.database import Records
from console.ports import Record, Refused
from storage.requests.outbreaks import Parent
from tickets.changes import Rules
from tickets.failures import NotGranted
from tickets.outbreaks import Outbreak, message_of
from tickets.ticket import Actor


class OutbreakWatch:
    """As `console.ports.OutbreakPorts`. `services` are the line's services with their classes."""

    def __init__(self, records: Records, rules: Callable[[], Rules], services: Callable[[], Mapping[str, str]]) -> None:
        self._records, self._rules, self._services = records, rules, services
        self._turns = asyncio.Lock()

    async def list(self) -> Sequence[Record]:
        """Proposals, the least likely to be chance first; then the open parents."""
        found, parents = await self._look()
        return [*map(self._proposal, found), *map(self._parent, parents)]

    async def accept(self, topic: str, mahalle: str, actor: Actor) -> Record:
        """Open the parent, or take the one that is open, and join the requests of these callers to it. What was joined
        stays joined if this is cut short; the same wish goes on from there. Raises `Refused`."""
        async with self._turns:  # two leads who accept at once get the same parent
            found, parents = await self._look()
            parent = next((one for one in parents if (one.topic, one.mahalle) == (topic, mahalle)), None)
            if parent is None:
                outbreak = next((one for one in found if (one.topic, one.mahalle) == (topic, mahalle)), None)
                if outbreak is None:
                    allowed = [f"{one.topic} {one.mahalle}" for one in found]
                    detail = f"no outbreak of {topic} in {mahalle} is seen now"
                    raise Refused(detail, key="topic", value=topic, allowed=allowed)
                new = outbreak.parent
                service = self._service(new.service)
                await asked(self._records.store.open(msgspec.structs.replace(new, service=service), actor))
                _, parents = await self._look()
                parent = next(one for one in parents if (one.topic, one.mahalle) == (topic, mahalle))
            left = []
            for number in parent.loose:
                try:
                    await asked(self._records.store.join(number, parent.number, actor))
                except NotGranted:  # it has its own answer, or was joined or closed meanwhile
                    left.append(number)
            joined = parent.joined + len(parent.loose) - len(left)
            return self._parent(msgspec.structs.replace(parent, joined=joined, loose=tuple(left)))

    async def _look(self) -> tuple[Sequence[Outbreak], Sequence[Parent]]:
        return await asked(self._records.outbreaks.look())

    def _service(self, wanted: str) -> str:
        """The service of a parent: the wanted one, or the first routine one of a line that has no such service."""
        services = self._services()
        return wanted if wanted in services else next((one for one in services if services[one] == "routine"), wanted)

    def _proposal(self, one: Outbreak) -> Record:
        return {
            **self._named(one.topic, one.mahalle),
            "since": one.since,
            "callers": one.figures.callers,
            "expected": one.figures.expected,
            "p": one.figures.p,
            "tickets": len(one.tickets),
            "why": {"tr": one.why_tr, "en": one.why_en},
        }

    def _parent(self, one: Parent) -> Record:
        return {**self._named(one.topic, one.mahalle), "since": one.opened_at, "tickets": one.joined} | {
            "parent": one.number,
            "loose": len(one.loose),
        }

    def _named(self, topic: str, mahalle: str) -> dict[str, Any]:
        town = self._rules().town
        known = town.topics.get(topic)
        names = {"tr": topic, "en": topic} if known is None else {"tr": known.tr, "en": known.en}
        return {
            "topic": topic,
            "district": mahalle,
            "topic_name": names,
            "district_name": town.name("mahalle", mahalle),
            "message": None if known is None else message_of(known, mahalle, town),
        }
