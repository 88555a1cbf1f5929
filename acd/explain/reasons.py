"""Why a caller was offered to this agent, or to nobody: which agents could be had and which not, and which callers
waited for the same agent. Pure; for `acd.explain.story`."""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from acd.engine.core import Core, span
from acd.engine.index.queues import is_first
from acd.engine.index.skills import Need
from acd.engine.model.facts import (
    AnyFact,
    CallEscalated,
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
from acd.engine.rules.repeat_callers import CROWD
from acd.engine.rules.urgent import held_back, suffices
from acd.explain.scene import (
    Seen,
    agents_at,
    could_take,
    freed_by,
    handed_back,
    has_session,
    is_first_at,
    is_kept,
    is_repeat_at,
    lacks,
    need_at,
    offered_to,
    preferred_at,
    resting_at,
    sent_to,
    skipped_by,
    waiting_at,
)
from acd.explain.words import Words

Line = tuple[str, dict[str, object]]
"""A key of the words, and what fills it."""

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

    def chosen(self, moment: Moment, fact: OfferMade) -> Line:
        """Why this agent."""
        state, before, agent_id = moment.state, moment.before, fact.agent
        seen = offered_to(state, before, agent_id, moment.at)
        chosen, agent = seen[agent_id], self._named(agent_id)
        idle = self._words.seconds(span(chosen.since, moment.at))
        preempted = _preempted(before)
        if sent_to(state, fact, before):
            return "offer_sent", {"agent": agent}
        if is_kept(state, fact):
            return "offer_page_back", {"agent": agent}
        if handed_back(state, moment.entry, fact):
            return "offer_handed_back", {"agent": agent}
        if preempted is not None and preempted.agent == agent_id:
            return "offer_ringing", {"agent": agent, "call": preempted.call}
        if chosen.shown == "wrapup":
            return "offer_wrapup", {"agent": agent, "idle": idle}
        if chosen.agent.profile.backup:
            return "offer_backup", {"agent": agent, "waited": self._words.seconds(fact.waited_s)}
        if chosen.fresh:
            return "offer_freed", {"agent": agent, "freed": self._say(freed_by(moment.entry.event, before, agent_id))}
        if preferred_at(state, moment.call, before)[0] == agent_id:
            return "offer_preferred", {"agent": agent}
        count = len(_free(moment, fact, seen))
        if count > 1:
            pick_up = self._words.seconds(chosen.agent.pick_up.value)
            filled = {"agent": agent, "count": count, "idle": idle, "calls": chosen.agent.handled, "pick_up": pick_up}
            quick = fact.priority == "urgent" and state.config.rules.get("urgent_pick_up_s")
            return f"offer_{'quick' if quick else state.config.strategy}", filled
        return "offer_only", {"agent": agent, "idle": idle}

    def others(self, moment: Moment, fact: OfferMade) -> list[Line]:
        """The others who were there: agents who were free too or could not be had, and callers who waited for this
        one."""
        kept_or_back = is_kept(moment.state, fact) or handed_back(moment.state, moment.entry, fact)
        if kept_or_back or sent_to(moment.state, fact, moment.before):
            return []
        seen = offered_to(moment.state, moment.before, fact.agent, moment.at)
        free = _free(moment, fact, seen)
        lines: list[Line] = []
        also = sorted((one for one in free if one != fact.agent), key=lambda one: seen[one].agent.order)
        if also:
            texts = [f"{one} ({self._words.seconds(span(seen[one].since, moment.at))})" for one in also]
            lines.append(("also_free", {"agents": ", ".join(texts)}))
        rest = {one: at for one, at in seen.items() if one != fact.agent and one not in free}
        need = need_at(moment.state, moment.call, fact.service, moment.before)
        skipped = skipped_by(moment.state, moment.call, moment.entry.event, moment.before)
        if reasons := self._reasons(moment, rest, need, fact.priority, skipped, moment.before):
            lines.append(("passed_over", {"reasons": self._words.grouped(reasons)}))
        return lines + self._rivals(moment, fact, seen[fact.agent])

    def nobody(self, moment: Moment) -> list[Line]:
        """Why a caller who waits from now was not offered at once; nothing where they were, or were let go."""
        state, facts = moment.state, moment.entry.facts
        if any(isinstance(one, OfferMade) and one.call == moment.call for one in facts[moment.place :]):
            return []
        call, fact = state.calls.get(moment.call), facts[moment.place]
        service = fact.service if isinstance(fact, CallQueued) else call.service if call is not None else None
        priority = fact.priority if isinstance(fact, CallQueued) else call.priority if call is not None else None
        for later in facts[moment.place :]:  # the queue they are in at last
            if isinstance(later, CallOverflowed) and later.call == moment.call:
                service, priority = later.to, later.priority
            elif isinstance(later, CallReleased | MessageOffered) and later.call == moment.call:
                return []
        if service is None or priority is None:
            return []
        if not has_session(call, moment.entry):
            return [] if call is not None and call.callback is not None else [("no_session", {})]
        return self.unfit(moment, service, priority)

    def unfit(self, moment: Moment, service: ServiceId, priority: str) -> list[Line]:
        """Each agent, by why they cannot take such a caller, after the whole entry."""
        facts = moment.entry.facts
        seen = agents_at(moment.state, facts)
        skipped = skipped_by(moment.state, moment.call, moment.entry.event, facts)
        need = need_at(moment.state, moment.call, service, facts)
        reasons = self._reasons(moment, seen, need, priority, skipped, facts)
        return [("nobody", {"reasons": self._words.grouped(reasons)})] if reasons else [("nobody_at_all", {})]

    def counted(self, moment: Moment, service: ServiceId) -> str:
        """What the agents do who are signed in and have the skill, after the whole entry: `7 of 9 talking, 2 paused`.
        Empty if there are none."""
        facts = moment.entry.facts
        need = need_at(moment.state, moment.call, service, facts)
        doing = Counter(
            at.shown
            for at in agents_at(moment.state, facts).values()
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

    def _reasons(
        self,
        moment: Moment,
        seen: Mapping[AgentId, Seen],
        need: Need,
        priority: str,
        skipped: Iterable[AgentId],
        before: Iterable[AnyFact],
    ) -> dict[str, list[str]]:
        """Agents who cannot be had, by reason."""
        groups: dict[str, list[str]] = {}
        passed, resting = set(skipped), resting_at(moment.state, moment.entry.event, before)
        knows, only = preferred_at(moment.state, moment.call, before)
        repeat = is_repeat_at(moment.state, moment.call, before)
        for agent_id in sorted(seen):
            at = seen[agent_id]
            lack = lacks(moment.state, at.agent, need)
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
                reason = self._say("not_backup", after=self._words.seconds(moment.state.config.backup_after_s))
            elif moment.state.regrouping:
                reason = self._say("not_regrouping")
            elif moment.state.stopping:
                reason = self._say("not_stopping")
            elif only and knows is not None and agent_id != knows:
                reason = self._say("not_preferred", agent=knows)
            elif (priority != "urgent" or repeat) and _held_back(moment, agent_id):
                reason = self._say("not_held_back_first" if repeat else "not_held_back")
            else:
                reason = self._say("not_free")
            groups.setdefault(reason, []).append(agent_id)
        return groups

    def _rivals(self, moment: Moment, fact: OfferMade, chosen: Seen) -> list[Line]:
        """Why this caller and none of the others whom the agent could have taken."""
        state, before = moment.state, moment.before
        mine = state.calls.get(moment.call)
        order = state.next_order if mine is None or mine.queued is None else mine.queued.order
        groups: dict[str, list[tuple[float, str]]] = {}
        for other in waiting_at(state, before).values():
            queued = other.queued
            if other.id == moment.call or queued is None or not other.attached:
                continue
            if lacks(state, chosen.agent, need_at(state, other.id, queued.service, before)):
                continue
            knows, alone = preferred_at(state, other.id, before)
            skipped = skipped_by(state, other.id, moment.entry.event, before)
            if fact.agent in skipped or (alone and knows != fact.agent):
                continue
            if fact.priority == "urgent" and queued.priority != "urgent":
                key = "before_urgent"
            elif fact.priority == "routine" and queued.priority == "outcome":
                key = "before_outcome"
            elif is_first_at(state, moment.call, before) and not is_first(queued):
                key = "before_put"
            elif queued.repeat and not is_repeat_at(state, moment.call, before):
                key = "before_repeat"
            else:
                key = "before_points" if queued.order < order else "before_came"
            groups.setdefault(key, []).append((span(queued.at, moment.at), other.id))
        if not groups:
            return [("alone", {"agent": fact.agent})] if chosen.fresh else []
        reasons = "; ".join(self._say(key, calls=self._waited(rivals)) for key, rivals in groups.items())
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


def _preempted(before: Iterable[AnyFact]) -> OfferEnded | None:
    """The offer from which an agent was taken."""
    return next((one for one in before if isinstance(one, OfferEnded) and one.result == "recalled"), None)


def _free(moment: Moment, fact: OfferMade, seen: Mapping[AgentId, Seen]) -> dict[AgentId, Seen]:
    """Agents who were idle and could have taken the call. An agent who came before the chosen one and is held back for
    urgent callers could not."""
    need = need_at(moment.state, moment.call, fact.service, moment.before)
    skipped = skipped_by(moment.state, moment.call, moment.entry.event, moment.before)
    others = resting_at(moment.state, moment.entry.event, moment.before) - {fact.agent}
    free = {
        one: at
        for one, at in seen.items()
        if at.shown == "ready" and could_take(moment.state, at, need, {*skipped, *others})
    }
    limited = fact.priority != "urgent" or is_repeat_at(moment.state, moment.call, moment.before)
    if limited and len(free) > 1 and not _held_back(moment, fact.agent):
        order = seen[fact.agent].agent.order
        return {one: at for one, at in free.items() if at.agent.order >= order or not _held_back(moment, one)}
    return free


def _held_back(moment: Moment, agent: AgentId) -> bool:
    core = Core(moment.state)
    core.at = moment.at
    return suffices(core, core.skills[agent]) and (held_back(core) > 0 or _crowded(moment))


def _crowded(moment: Moment) -> bool:
    """Whether there is a crowd of repeat callers, those who came by this very entry included."""
    repeats = {call.id for call in moment.state.calls.values() if call.queued is not None and call.queued.repeat}
    repeats |= {one.call for one in moment.entry.facts if isinstance(one, CallQueued | CallEscalated) and one.repeat}
    return bool(moment.state.config.first_time_agents) and len(repeats) >= CROWD
