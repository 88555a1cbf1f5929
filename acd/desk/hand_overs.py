"""Hand-overs of callers to outside bodies and to people on duty, for the API: the list, and the wish to the line."""

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from acd.config.settings import Settings
from acd.desk.seen_line import SeenLine
from acd.engine.model.facts import AnyFact
from acd.engine.model.handover_facts import HandOverOrdered, HandOverRefused, HandOverWhy
from acd.lib.clock import clock
from console.ports import HandOverBy, Record, Refused, Unavailable
from tickets.handover import Target, target, targets
from tickets.town.model import Town

NO_TRUNK: Final = "there is no outgoing trunk: set callback_trunk, and restart"
WORDS: Final[dict[HandOverWhy, str]] = {
    "off": NO_TRUNK,
    "no_talk": "no agent talks to this caller now",
    "not_yours": "another agent has this call",
    "no_leg": "the line does not know your phone's channel: transfer by the phone, or try again",
    "under_way": "the caller is being handed over already",
    "number": "the target's number in the town's files must not be dialled",
    "too_late": "the line took the wish too late: try again",
}


class HandOvers:
    """The targets of the town's files, and the wish that a caller is handed over to one of them."""

    def __init__(
        self, settings: Settings, line: SeenLine, town: Callable[[], Town], clock: Callable[[], float] = clock
    ) -> None:
        """Without an outgoing trunk nobody is handed over."""
        self._line, self._town, self._clock = line, town, clock
        self._zone, self._trunk = ZoneInfo(settings.timezone), bool(settings.callback_trunk)

    def list(self) -> Sequence[Record]:
        """Everybody to whom a caller may be handed over now."""
        if not self._trunk:
            return ()
        return [
            {"target": one.key, "kind": one.kind, "name": {"tr": one.tr, "en": one.en}, "phone": one.phone}
            for one in targets(self._town(), self._local())
        ]

    async def order(self, call: str, key: str, by: HandOverBy) -> Record:
        """Have the line hand a caller over."""
        if not self._trunk:
            raise Refused(NO_TRUNK, key="target", value=key, allowed=[])
        to = target(self._town(), key, self._local())
        if to is None:
            allowed = [str(one["target"]) for one in self.list()]
            raise Refused(f"there is no target {key!r} now", key="target", value=key, allowed=allowed)
        await self._line.hand_over(call, to, by)
        return {"id": call, "target": to.key, "name": {"tr": to.tr, "en": to.en}}

    def _local(self) -> datetime:
        return datetime.fromtimestamp(self._clock(), self._zone).replace(tzinfo=None)


def check_ordered(to: Target, facts: Sequence[AnyFact]) -> None:
    """Raise `Refused` with the line's reason, or `Unavailable`, unless the line has ordered it."""
    for fact in facts:
        if isinstance(fact, HandOverRefused):
            raise Refused(WORDS[fact.why], key="hand_over", value=fact.why)
        if isinstance(fact, HandOverOrdered):
            return
    raise Unavailable(f"the line has not said whether it hands the caller over to {to.key}: try again")
