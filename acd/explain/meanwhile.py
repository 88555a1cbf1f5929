"""The callers who were offered agents while another caller waited, with the reasons. Pure; for `acd.explain.story`."""

from acd.engine.model.facts import OfferMade
from acd.engine.model.ids import CallId
from acd.engine.model.journal import Entry
from acd.engine.model.state import State
from acd.engine.rules.repeat_callers import LATER
from acd.explain.reasons import Line, some
from acd.explain.scene import (
    handed_back,
    has_session,
    is_first_at,
    is_kept,
    is_repeat_at,
    lacks,
    need_at,
    preferred_at,
    sent_to,
    skipped_by,
)
from acd.explain.words import Words


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
        before = entry.facts[:told]
        other, agent = state.calls.get(fact.call), state.agents.get(fact.agent)
        lack = ""
        if agent is not None and mine.service is not None:
            lack = lacks(state, agent, need_at(state, mine.id, mine.service, before))
        knows, alone = preferred_at(state, self._call, before)
        if sent_to(state, fact, before):
            return "them_sent"
        if is_kept(state, fact):
            return "them_kept"
        if handed_back(state, entry, fact):
            return "them_handed_back"
        if not has_session(mine, entry):
            return "them_parked" if mine.away else "them_detached"
        if lack:
            return f"them_{lack}"
        if fact.agent in skipped_by(state, self._call, entry.event, before):
            return "them_skipped"
        if fact.priority == "urgent" and mine.priority != "urgent":
            return "them_urgent"
        if fact.priority == "routine" and mine.priority == "outcome":
            return "them_on_the_line"
        place = mine.queued
        if is_first_at(state, fact.call, before) and not is_first_at(state, mine.id, before):
            return "them_put"
        if (
            place is not None
            and place.repeat
            and fact.priority == "urgent"
            and not is_repeat_at(state, fact.call, before)
        ):
            return "them_first_time"
        if alone and knows != fact.agent:
            return "them_preferred"
        if agent is not None and agent.profile.backup and not (place is not None and place.backup_open):
            return "them_backup"
        if place is not None and other is not None and other.queued is not None:
            theirs, own = other.queued.order, max(place.order, place.order % LATER)
            if (theirs if is_repeat_at(state, other.id, before) else theirs % LATER) < own:
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
