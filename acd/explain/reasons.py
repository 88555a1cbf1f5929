"""Why a caller was offered to this agent, or to nobody: which agents could be had and which not, and which callers
waited for the same agent. Pure; for `acd.explain.story`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, get_args

from acd.engine.core import span
from acd.engine.model.fact_base import ChosenBy
from acd.engine.model.facts import (
    AnyFact,
    CallOverflowed,
    CallQueued,
    CallReleased,
    OfferEnded,
    OfferMade,
)
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.message_facts import MessageOffered
from acd.engine.model.state import State
from acd.engine.model.talk_facts import Choice
from acd.engine.rules.choice import Lead, lead
from acd.explain.scene import (
    Seen,
    agents_at,
    freed_by,
    is_lined_up,
    is_repeat_at,
    lacks,
    need_at,
    preferred_at,
    resting_at,
    skipped_by,
    waiting_at,
    waits_for,
)
from acd.explain.words import Words

Line = tuple[str, dict[str, object]]
"""A key of the words, and what fills it."""

FOR_ONE: Final = frozenset[ChosenBy](("own", "sent", "page_back", "handed_back"))
"""Reasons by which the caller was meant for one agent: nobody else was looked for."""
LEADS: Final = ("before_urgent", "before_outcome", *(f"before_{how}" for how in get_args(Lead) if how != "class"))
"""In what a caller may be before others, in the order of the telling."""
NAMED = 5
"""So many callers are named; of the rest their number is told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Moment:
    """A decision about a call: the state before its entry, the entry, and how many of the entry's facts came before."""

    call: CallId
    state: State
    entry: Entry
    place: int

    @property
    def at(self) -> float:
        """When it was."""
        return self.entry.event.at

    @property
    def before(self) -> tuple[AnyFact, ...]:
        """The entry's facts before it."""
        return self.entry.facts[: self.place]


class Why:
    """Gives the reasons. `label` names a service, `named` an agent."""

    def __init__(self, words: Words, label: Callable[[str], str], named: Callable[[AgentId], str]) -> None:
        self._words, self._say, self._label, self._named = words, words.say, label, named

    def chosen(self, fact: OfferMade, entry: Entry, place: int) -> Line:
        """Why this agent, as the engine said; `place` is that of the fact in its entry."""
        agent, why = self._named(fact.agent), fact.why
        if why is None:
            return "offer_plain", {"agent": agent, "waited": self._words.seconds(fact.waited_s)}
        before, filled = entry.facts[:place], {"agent": agent, "count": why.free}
        match why.chosen:
            case "backup":
                filled["waited"] = self._words.seconds(fact.waited_s)
            case "ringing":
                taken_from = preempted(before, fact.agent)
                if taken_from is None:  # only this call's own facts are known
                    return "offer_from_ring", filled
                filled["call"] = taken_from
            case "freed":
                filled["freed"] = self._say(freed_by(entry.event, before, fact.agent))
            case "least_calls":
                filled["calls"] = round(why.by)
            case _:
                filled["idle"] = filled["pick_up"] = self._words.seconds(why.by)
        return f"offer_{why.chosen}", filled

    def also_free(self, why: Choice, idle_s: Mapping[AgentId, float]) -> list[Line]:
        """The other idle agents who could have had the caller; `idle_s`: for how long, as far as it is known."""
        if not why.others:
            return []
        texts = [f"{one} ({self._words.seconds(idle_s[one])})" if one in idle_s else one for one in why.others]
        if more := why.free - 1 - len(why.others):
            texts.append(self._say("more", count=more))
        return [("also_free", {"agents": ", ".join(texts)})]

    def others(self, moment: Moment, fact: OfferMade) -> list[Line]:
        """The others who were there: agents who were free too or could not be had, and callers who waited for this
        one."""
        why = fact.why
        if why is None or why.chosen in FOR_ONE:
            return []
        seen = agents_at(moment.state, moment.before)
        lines = self.also_free(why, {one: span(at.since, moment.at) for one, at in seen.items()})
        rest = {one: at for one, at in seen.items() if one != fact.agent and one not in why.others}
        groups, left = self._reasons(moment, rest, fact.service, moment.before)
        unnamed = max(0, why.free - 1 - len(why.others))
        if why.held and left:
            held = self._held(moment, moment.before)
            groups[held] = [self._say("more", count=why.held)] if unnamed else left
        elif len(left) > unnamed:
            groups[self._say("not_free")] = left
        if groups:
            lines.append(("passed_over", {"reasons": self._words.grouped(groups)}))
        return lines + self._rivals(moment, fact, freed=why.chosen == "freed")

    def nobody(self, moment: Moment) -> list[Line]:
        """Why a caller who waits from now was not offered at once; nothing where they were, or were let go."""
        state, facts = moment.state, moment.entry.facts
        if any(isinstance(one, OfferMade) and one.call == moment.call for one in facts[moment.place :]):
            return []
        call, fact = state.calls.get(moment.call), facts[moment.place]
        service = fact.service if isinstance(fact, CallQueued) else call.service if call is not None else None
        for later in facts[moment.place :]:  # the queue they are in at last
            if isinstance(later, CallOverflowed) and later.call == moment.call:
                service = later.to
            elif isinstance(later, CallReleased | MessageOffered) and later.call == moment.call:
                return []
        if service is None:
            return []
        if not is_lined_up(moment.state, moment.call, facts):
            return [] if call is not None and call.callback is not None else [("no_session", {})]
        return self.unfit(moment, service)

    def unfit(self, moment: Moment, service: ServiceId) -> list[Line]:
        """Each agent, by why they cannot take such a caller, after the whole entry."""
        facts = moment.entry.facts
        groups, left = self._reasons(moment, agents_at(moment.state, facts), service, facts)
        if left:
            held = waits_for(moment.state, moment.call, facts) in ("held_back", "let_pass", "preferred")
            groups[self._held(moment, facts) if held else self._say("not_free")] = left
        return [("nobody", {"reasons": self._words.grouped(groups)})] if groups else [("nobody_at_all", {})]

    def counted(self, moment: Moment, service: ServiceId) -> str:
        """What the agents do who are signed in and have the skill, after the whole entry: `7 of 9 talking, 2 paused`.
        Empty if there are none."""
        facts = moment.entry.facts
        need = need_at(moment.state, moment.call, service, facts)
        seen = agents_at(moment.state, facts)  # of a restored engine in another order
        doing = Counter(
            at.shown
            for at in (seen[agent_id] for agent_id in sorted(seen))
            if at.shown != "offline" and not at.agent.profile.backup and not lacks(moment.state, at.agent, need)
        )
        total = doing.total()
        texts = [
            self._say(
                "doing_more" if place else "doing",
                count=count,
                total=total,
                state=self._say("not_paused_plain" if shown == "paused" else f"not_{shown}"),
            )
            for place, (shown, count) in enumerate(one for one in doing.most_common() if one[0] != "ready")
        ]
        return ", ".join(texts)

    def _held(self, moment: Moment, before: Iterable[AnyFact]) -> str:
        repeat = is_repeat_at(moment.state, moment.call, before)
        return self._say("not_held_back_first" if repeat else "not_held_back")

    def _reasons(
        self, moment: Moment, seen: Mapping[AgentId, Seen], service: ServiceId, before: Sequence[AnyFact]
    ) -> tuple[dict[str, list[str]], list[str]]:
        """Agents who cannot be had, by reason; and those who are idle and could take the caller."""
        groups: dict[str, list[str]] = {}
        left: list[str] = []
        state, need = moment.state, need_at(moment.state, moment.call, service, before)
        passed = set(skipped_by(state, moment.call, moment.entry.event, before))
        resting = resting_at(state, moment.entry.event, before)
        knows, only = preferred_at(state, moment.call, before)
        for agent_id in sorted(seen):
            at = seen[agent_id]
            lack = lacks(state, at.agent, need)
            if at.shown == "paused":
                pause = self._words.pause(at.reason)
                reason = self._say("not_paused", reason=pause) if pause else self._say("not_paused_plain")
            elif at.shown != "ready":
                reason = self._say(f"not_{at.shown}")
            elif lack:
                language = self._words.language_name(need.language)
                reason = self._say(
                    f"not_{lack}", service=self._label(need.service), level=need.level, language=language
                )
            elif agent_id in passed:
                reason = self._say("not_skipped")
            elif agent_id in resting:
                reason = self._say("not_resting")
            elif at.agent.profile.backup:
                reason = self._say("not_backup", after=self._words.seconds(state.config.backup_after_s))
            elif state.regrouping:
                reason = self._say("not_regrouping")
            elif state.stopping:
                reason = self._say("not_stopping")
            elif only and knows is not None and agent_id != knows:
                reason = self._say("not_preferred", agent=knows)
            else:
                left.append(agent_id)
                continue
            groups.setdefault(reason, []).append(agent_id)
        return groups, left

    def _rivals(self, moment: Moment, fact: OfferMade, *, freed: bool) -> list[Line]:
        """Why this caller and none of the others whom the agent could have taken."""
        state, before, agent = moment.state, moment.before, moment.state.agents.get(fact.agent)
        groups: dict[str, list[tuple[float, str]]] = {}
        for other in waiting_at(state, before).values() if agent is not None else ():
            queued = other.queued
            if other.id == moment.call or queued is None or not other.attached or agent is None:
                continue
            if lacks(state, agent, need_at(state, other.id, queued.service, before)):
                continue
            knows, alone = preferred_at(state, other.id, before)
            skipped = skipped_by(state, other.id, moment.entry.event, before)
            if fact.agent in skipped or (alone and knows != fact.agent):
                continue
            key = f"before_{lead(fact.priority, fact.order, queued.priority, queued.order)}"
            if key == "before_class":
                key = "before_urgent" if fact.priority == "urgent" else "before_outcome"
            groups.setdefault(key, []).append((span(queued.at, moment.at), other.id))
        if not groups:
            return [("alone", {"agent": fact.agent})] if freed else []
        reasons = "; ".join(self._say(key, calls=self._waited(groups[key])) for key in LEADS if key in groups)
        count = sum(len(rivals) for rivals in groups.values()) + 1
        return [("first", {"agent": fact.agent, "count": count, "reasons": reasons})]

    def _waited(self, rivals: Sequence[tuple[float, str]]) -> str:
        """Callers and how long they had waited, the longest first."""
        longest = sorted(rivals, key=lambda one: (-one[0], one[1]))
        return some(self._words, [f"{call} ({self._words.seconds(waited)})" for waited, call in longest])


def some(words: Words, names: Sequence[str]) -> str:
    """The first few, and how many more."""
    more = [words.say("more", count=len(names) - NAMED)] if len(names) > NAMED else []
    return ", ".join([*names[:NAMED], *more])


def preempted(before: Iterable[AnyFact], agent: AgentId) -> CallId | None:
    """The call from whose ring an agent was taken."""
    ends = (one for one in before if isinstance(one, OfferEnded) and one.agent == agent and one.result == "recalled")
    return next((one.call for one in ends), None)
