"""The way back: has citizens told the outcomes of their requests, by calls of the line.

The steps are in the database (`storage.requests.outcomes`), the calls in the line's journal. Here the one is told of
the other, again and again until it is done: the line knows a wish by its name, so that saying it twice does no harm."""

from typing import Final

from acd.desk.database import Records
from acd.desk.outcome_words import OutcomeWords
from acd.desk.wishes import Alone, Said, Wish, look_for_ever
from acd.engine.model.events import CallbackCancelled
from acd.engine.model.ids import CallId, ServiceId
from acd.engine.model.outcome_events import OutcomeCallWished
from acd.lib.clock import clock
from storage.requests.outcomes import Outcomes, Wanted

LOOK_S: Final = 1.0
"""How soon a new outcome is noticed."""
SAY_AGAIN_S: Final = 30.0
"""The line is told of a wish again, if the database has no word of its call after so long."""


class OutcomeCalls:
    """`wish` has the line take an event in; it raises `Unavailable`."""

    def __init__(self, records: Records, wish: Wish, words: OutcomeWords) -> None:
        self._records = records
        self._wish = wish
        self._words = words
        self._said = Said(SAY_AGAIN_S)
        self._alone = Alone("outcomes", records.fault)
        self._withdrawn = Said(SAY_AGAIN_S)

    async def run(self) -> None:
        """Do what is due, until cancelled."""
        await look_for_ever(self.look, every_s=LOOK_S, failing="outcomes_not_told")

    async def look(self) -> None:
        """Make the steps that are due, and tell the line what it has not taken."""
        outcomes = self._records.outcomes
        await outcomes.step()
        await self._withdraw(outcomes)
        await self._want(outcomes)

    async def _want(self, outcomes: Outcomes) -> None:
        wanted = await outcomes.wanted()
        self._said.keep(one.wish for one in wanted)
        await self._alone.each(wanted, self._say, lambda one: one.wish)

    async def _say(self, one: Wanted) -> None:
        if one.not_after and not self._said.is_due(one.wish):
            return
        prompts, whole = await self._spoken(one)
        await self._wish(
            OutcomeCallWished(
                at=clock(),
                wish=one.wish,
                number=one.number,
                service=ServiceId(one.service),
                language=one.language,
                made_at=one.made_at,
                not_after=one.not_after,
                automatic=one.automatic,
                prompts=prompts,
                whole=whole,
            )
        )
        self._said.note(one.wish)

    async def _spoken(self, one: Wanted) -> tuple[tuple[str, ...], bool]:
        """What the line says in an automatic call, which is made before it rings."""
        if not one.automatic or not one.not_after:
            return (), True
        return await self._words.prompts(one.number_of, one.outcome, one.words)

    async def _withdraw(self, outcomes: Outcomes) -> None:
        withdrawn = await outcomes.withdrawn()
        self._withdrawn.keep(str(one.row) for one in withdrawn)
        for one in withdrawn:
            if not self._withdrawn.is_due(str(one.row)):
                continue
            if all([await self._wish(CallbackCancelled(at=clock(), call=CallId(call))) for call in one.calls]):
                await outcomes.withdrew(one)
            else:
                self._withdrawn.note(str(one.row))


async def tell_outcomes(records: Records, wish: Wish, words: OutcomeWords) -> None:
    """Have citizens told, until cancelled."""
    await OutcomeCalls(records, wish, words).run()
