"""The callers who were offered agents while another caller waited, with the reasons. Pure; for `acd.explain.story`."""

from typing import Final

from acd.engine.model.fact_base import ChosenBy
from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import CallId
from acd.engine.model.journal import Entry
from acd.engine.model.state import State
from acd.engine.rules.choice import lead
from acd.explain.reasons import Line, some
from acd.explain.scene import is_lined_up, lacks, need_at, preferred_at, skipped_by
from acd.explain.words import Words

OF_ONE: Final[dict[ChosenBy, str]] = {
    "own": "them_own",
    "sent": "them_sent",
    "page_back": "them_kept",
    "handed_back": "them_handed_back",
}
"""Why a caller who was meant for one agent did not take the agent from another caller, by the reason of the offer."""


class Meanwhile:
    """Notes the offers to others during one wait, and tells them at its end."""

    def __init__(self, call: CallId, words: Words) -> None:
        self._call, self._words = call, words
        self._others: dict[str, list[str]] = {}

    def note(self, fact: OfferMade, state: State | None, entry: Entry, place: int) -> None:
        """Another caller was offered an agent."""
        mine = state.calls.get(self._call) if state is not None else None
        if mine is not None and mine.phase in ("leaving", "talking"):  # let go, or sent on by the very agent just now
            return
        key = self._why(fact, state, entry, place)
        self._others.setdefault(key, []).append(self._words.say("to_agent", call=fact.call, agent=fact.agent))

    def _why(self, fact: OfferMade, state: State | None, entry: Entry, told: int) -> str:
        mine = state.calls.get(self._call) if state is not None else None
        if state is None or mine is None:
            return "them_other"
        chosen = None if fact.why is None else fact.why.chosen
        if chosen is not None and chosen in OF_ONE:
            return OF_ONE[chosen]
        if not is_lined_up(state, self._call, entry.facts):
            return "them_parked" if mine.away else "them_detached"
        before, agent, place = entry.facts[:told], state.agents.get(fact.agent), mine.queued
        if agent is not None and mine.service is not None:
            lack = lacks(state, agent, need_at(state, mine.id, mine.service, before))
            if lack:
                return f"them_{lack}"
        if fact.agent in skipped_by(state, self._call, entry.event, before):
            return "them_skipped"
        order = state.next_order if place is None else place.order
        led = "points" if mine.priority is None else lead(fact.priority, fact.order, mine.priority, order)
        if led == "class":
            return "them_urgent" if fact.priority == "urgent" else "them_on_the_line"
        if led in ("put", "first_time"):
            return f"them_{led}"
        knows, alone = preferred_at(state, self._call, before)
        if alone and knows != fact.agent:
            return "them_preferred"
        if chosen == "backup" and not (place is not None and place.backup_open):
            return "them_backup"
        if led == "came":
            return "them_came"
        return "them_points" if fact.priority != "urgent" and mine.priority != "urgent" else "them_other"

    def told(self) -> list[Line]:
        """Once the wait is over: all of them. Then none are noted."""
        if not self._others:
            return []
        count = sum(len(calls) for calls in self._others.values())
        reasons = "; ".join(self._words.say(key, calls=some(self._words, calls)) for key, calls in self._others.items())
        self._others = {}
        callers = self._words.say("callers_one" if count == 1 else "callers_many")
        return [("overtaken", {"count": count, "callers": callers, "reasons": reasons})]
