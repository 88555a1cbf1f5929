"""The duty ring: has people on duty rung about urgent requests, by calls of the line.

As with calls about outcomes, the steps are in the database (`storage.requests.duty`) and the calls in the line's
journal. The line knows a wish by its name, so that saying it twice does no harm."""

from typing import Final

from acd.desk.database import Records
from acd.desk.wishes import Alone, Said, Wish, look_for_ever
from acd.engine.model.duty_events import DutyRingWished, DutyRingWithdrawn
from acd.lib.clock import clock
from storage.requests.duty import DutyCalls, WantedRing

LOOK_S: Final = 0.5
"""How soon a new urgent request is noticed."""
SAY_AGAIN_S: Final = 5.0
"""The line is told of a ring again, if the database has no word of it after so long."""


class DutyRinger:
    """`wish` has the line take an event in; it raises `Unavailable`."""

    def __init__(self, records: Records, wish: Wish, ring_s: float) -> None:
        self._records = records
        self._wish = wish
        self._ring_s = ring_s
        self._said = Said(SAY_AGAIN_S)
        self._alone = Alone("duty", records.fault)
        self._withdrawn = Said(SAY_AGAIN_S)

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        await look_for_ever(self.look, every_s=LOOK_S, failing="duty_not_followed")

    async def look(self) -> None:
        """Make the steps that are due, and tell the line what it has not taken."""
        duty = self._records.duty
        await duty.step()
        await self._withdraw(duty)
        await self._want(duty)

    async def _withdraw(self, duty: DutyCalls) -> None:
        withdrawn = await duty.withdrawn()
        self._withdrawn.keep(str(one.row) for one in withdrawn)
        for one in withdrawn:
            if not self._withdrawn.is_due(str(one.row)):
                continue
            if not one.rings or await self._wish(DutyRingWithdrawn(at=clock(), request=one.request)):
                await duty.withdrew(one.row)
            else:
                self._withdrawn.note(str(one.row))

    async def _want(self, duty: DutyCalls) -> None:
        wanted = await duty.wanted()
        self._said.keep(one.wish for one in wanted)
        await self._alone.each(wanted, self._say, lambda one: one.wish)

    async def _say(self, one: WantedRing) -> None:
        if not self._said.is_due(one.wish):
            return
        await self._wish(
            DutyRingWished(
                at=clock(),
                wish=one.wish,
                request=one.request,
                number=one.phone,
                prompts=one.prompts,
                ring_s=self._ring_s,
                not_after=one.not_after,
                last=one.last,
            )
        )
        self._said.note(one.wish)


async def ring_duty(records: Records, wish: Wish, ring_s: float) -> None:
    """Have people rung, until cancelled."""
    await DutyRinger(records, wish, ring_s).run()
