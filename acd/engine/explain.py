"""What happened to a call, and why this agent got this caller then, in plain sentences. Pure.

It decides nothing: it reads what the engine decided (the facts) in the light of what the engine knew (its state just
before). A replay of the journal gives both:

    story = Story(call, Words("en"))
    for entry in entries:                       # from before the call came to after it ended
        sentences += story.tell(engine.state, entry)
        engine.handle(entry.event)
"""

from collections.abc import Callable, Iterable, Mapping

import msgspec

from acd.engine.core import Core, span
from acd.engine.events import (
    AnyEvent,
    CallDetached,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    NodeLost,
    NodeReconciled,
    OfferRinging,
    TimerFired,
)
from acd.engine.explain_scene import (
    Seen,
    agents_at,
    could_take,
    freed_by,
    has_session,
    lacks,
    need_at,
    owner_at,
    sent_to,
    skipped_by,
    waiting_at,
)
from acd.engine.explain_words import Words
from acd.engine.facts import (
    AnyFact,
    CallAnswered,
    CallbackDialled,
    CallbackMissed,
    CallbackQueued,
    CallEnded,
    CallEntered,
    CallEscalated,
    CallOverflowed,
    CallQueued,
    CallRejoined,
    CallRelaxed,
    CallReleased,
    CallReturned,
    CallStepped,
    CallTakenOver,
    CallTransferred,
    HoldBegan,
    HoldEnded,
    KeyHeard,
    OfferEnded,
    OfferMade,
    OwnerMissed,
    OwnerPreferred,
    ServiceNamed,
    SurgeAnswered,
    SurgePlayed,
    TalkEnded,
    WaitAnnounced,
    WrapupEnded,
)
from acd.engine.ids import AgentId, CallId
from acd.engine.log import Entry
from acd.engine.skills import Need
from acd.engine.state import State
from acd.engine.urgent import held_back

LATE_S = 0.1
"""A line that answered longer than this before the engine had the call is worth telling."""


class Sentence(msgspec.Struct, frozen=True, kw_only=True):
    """One thing to tell. A `detail` belongs to the sentence before it."""

    at: float
    kind: str
    text: str
    detail: bool = False


class Story:
    """Tells one call. Give it every entry from the call's first to its last, in order."""

    def __init__(
        self, call: CallId, words: Words, *, personal: bool = False, label: Callable[[str], str] = str
    ) -> None:
        """`personal`: with the caller's number and name, and agents' names. `label` names a service."""
        self.call = call
        self.over = False
        """Nothing more will happen to this call."""
        self._words, self._say = words, words.say
        self._personal = personal
        self._label = label
        self._waits = False
        self._on_line = False
        self._ended = False
        self._agent: AgentId | None = None
        self._part: TalkEnded | None = None
        """The first agent's part of the talk, until it is known whether they sent the caller on."""
        self._overtaken: dict[str, list[CallId]] = {}
        self._names: dict[AgentId, str] = {}
        self._out: list[Sentence] = []
        self._at = 0.0

    def tell(self, state: State | None, entry: Entry) -> list[Sentence]:
        """What an entry means for the call; `state` is the engine's just before it, None if it is not known."""
        self._out, self._at = [], entry.event.at
        if self._personal and state is not None and (self._on_line or not self._names):
            self._names = {one: agent.profile.name for one, agent in state.agents.items()}
        if self._on_line:
            self._of_event(entry.event, state)
        for place, fact in enumerate(entry.facts):
            if isinstance(fact, OfferMade) and fact.call != self.call:
                if self._waits:
                    self._count_other(fact, state, entry, place)
            elif getattr(fact, "call", None) == self.call:
                self._of_fact(fact, state, entry, place)
        return self._out

    def _add(self, kind: str, **values: object) -> None:
        self._out.append(Sentence(at=self._at, kind=kind, text=self._say(kind, **values)))

    def _detail(self, kind: str, **values: object) -> None:
        self._out.append(Sentence(at=self._at, kind=kind, text=self._say(kind, **values), detail=True))

    def _named(self, agent: AgentId) -> str:
        name = self._names.get(agent, "")
        return self._say("agent_named", extension=agent, name=name) if name else self._say("agent", extension=agent)

    # --- events that bring out no fact of the call, but matter to it

    def _of_event(self, event: AnyEvent, state: State | None) -> None:
        match event:
            case EngineStarted():
                self._add("engine_started")
            case NodeLost():
                self._add("node_lost")
            case NodeReconciled():
                self._add("reconciled")
            case ConfigChanged():
                self._add("config")
            case CallDetached(call=self.call) if self._waits:
                call = state.calls.get(self.call) if state is not None else None
                if call is None or call.attached:  # of one who was sent on it is as it must be
                    self._add("detached")
            case OfferRinging(call=self.call) if self._agent is not None:
                self._add("ringing", agent=self._named(self._agent))
            case CommandFailed(call=self.call):
                self._add("command_failed", command=event.command, error=event.error)
            case TimerFired():
                self._of_timer(event, state)
            case _:
                pass

    def _of_timer(self, event: TimerFired, state: State | None) -> None:
        kind, _, subject = event.timer.partition(":")
        call = state.calls.get(self.call) if state is not None else None
        if subject != self.call or call is None:
            return
        if kind == "retry" and call.retry_at is not None and event.at >= call.retry_at:
            self._add("retry")
        elif kind == "backup" and call.backup_at is not None and event.at >= call.backup_at:
            self._add("backup_due")

    # --- facts of the call

    def _of_fact(self, fact: AnyFact, state: State | None, entry: Entry, place: int) -> None:
        match fact:
            case CallEntered():
                self._on_line = True
                if self._personal and fact.number:
                    self._add("entered_from", node=fact.node, caller=f"{fact.number} {fact.name}".strip())
                else:
                    self._add("entered", node=fact.node)
                if (ago_s := span(fact.arrived_at, fact.at)) >= LATE_S:
                    self._detail("line_answered", ago=self._words.seconds(ago_s))
            case CallStepped():
                if fact.key:
                    self._add("stepped_key", digit=fact.key, step=fact.step)
                else:
                    self._add("stepped", step=fact.step)
            case ServiceNamed():
                self._add("named", service=self._label(fact.service), klass=self._say(fact.klass))
                if fact.opens_ticket:
                    self._detail("ticket")
            case CallQueued():
                self._waits = True
                self._add("queued", position=fact.position)
                if fact.kept_from is not None:
                    self._detail("kept", call=fact.kept_from)
                self._no_agent(state, entry, place)
            case CallReturned():
                self._waits = True
                self._add("returned")
                self._no_agent(state, entry, place)
            case CallOverflowed():
                service, to = self._label(fact.service), self._label(fact.to)
                self._add(f"overflowed_{fact.why}", service=service, to=to, klass=self._say(fact.klass))
            case CallRejoined():
                self._add("rejoined")
            case KeyHeard():
                self._add("key", digit=fact.key)
            case CallRelaxed():
                language = self._say("spoken", language=fact.language) if fact.language else self._say("spoken_any")
                self._add("relaxed", level=fact.level, language=language)
            case SurgePlayed():
                key = "surge_played_ticket" if fact.ticket else "surge_played"
                self._add(key, service=self._label(fact.service), ticket=fact.ticket)
            case SurgeAnswered():
                self._add("surge_answered")
            case OwnerPreferred():
                key = "owner_alone" if fact.for_s else "owner_idle"
                self._add(key, agent=self._named(fact.agent), first=self._words.seconds(fact.for_s))
            case OwnerMissed():
                self._add(f"owner_{fact.why}", agent=self._named(fact.agent))
            case WaitAnnounced():
                self._add(
                    "announced", position=fact.position or "–", minutes="–" if fact.minutes is None else fact.minutes
                )
            case CallbackQueued():
                self._add(f"callback_{fact.reason}")
            case CallbackDialled():
                self._add("callback_dialled", agent=self._named(fact.agent))
            case CallbackMissed():
                self._add("callback_missed", count=fact.tries)
            case CallEscalated():
                self._add("escalated", times=fact.times)
            case OfferMade():
                self._offered(fact, state, entry, place)
            case OfferEnded():
                if fact.result != "answered":
                    self._add(fact.result, agent=self._named(fact.agent), ring=self._words.seconds(fact.ring_s))
                self._agent = None
            case CallAnswered():
                self._agent, self._waits = fact.agent, False
                self._add(
                    "answered",
                    agent=self._named(fact.agent),
                    wait=self._words.seconds(fact.wait_s),
                    delay=self._words.seconds(fact.answer_delay_s),
                    ring=self._words.seconds(fact.ring_s),
                )
            case CallTransferred():
                self._waits = fact.to != "talk"
                to = self._named(fact.agent) if fact.agent is not None else self._label(fact.service)
                self._add(f"transferred_{fact.to}", by=self._named(fact.by), to=to)
                if self._part is not None:
                    self._tell_part(self._part)
                    self._part = None
            case CallTakenOver():
                self._agent, self._waits = fact.agent, False
                self._add("taken_over", agent=self._named(fact.agent))
            case TalkEnded():
                self._part = fact if fact.number == 1 else None
                if fact.number > 1:  # the one part of a call that was not sent on is told with its end
                    self._tell_part(fact)
            case HoldBegan():
                self._add("held")
            case HoldEnded():
                self._add("unheld")
            case CallEnded():
                self._of_end(fact)
            case WrapupEnded():
                self._add("wrapup", agent=self._named(fact.agent), wrapup=self._words.seconds(fact.wrapup_s))
                if fact.agent == self._agent:
                    self._agent, self.over = None, self._ended
            case _:
                pass

    def _tell_part(self, fact: TalkEnded) -> None:
        talk, hold = self._words.seconds(fact.talk_s), self._words.seconds(fact.hold_s)
        self._detail("talked", agent=self._named(fact.agent), talk=talk, hold=hold)

    def _of_end(self, fact: CallEnded) -> None:
        wait = self._words.seconds(fact.wait_s or 0.0)
        key = f"ended_{fact.outcome}"
        if fact.outcome == "abandoned" and fact.hangup_by == "unknown":
            key = "ended_unknown"
        talk, by = self._words.seconds(fact.talk_s or 0.0), self._say(f"by_{fact.hangup_by}")
        self._add(key, wait=wait, talk=talk, by=by)
        self._tell_others()
        self._on_line, self._waits, self._ended = False, False, True
        self.over = fact.outcome not in ("answered", "called_back") or self._agent is None

    # --- why

    def _offered(self, fact: OfferMade, state: State | None, entry: Entry, place: int) -> None:
        self._waits, self._agent = False, fact.agent
        agent, waited = self._named(fact.agent), self._words.seconds(fact.waited_s)
        known = state.agents.get(fact.agent) if state is not None else None
        if state is None or known is None or known.removed:  # or is listed again by this very entry
            self._add("offer_plain", agent=agent, waited=waited)
            self._tell_others()
            return
        before = entry.facts[:place]
        seen = agents_at(state, before)
        chosen = seen[fact.agent]
        skipped = skipped_by(state, self.call, entry.event, before)
        need = need_at(state, self.call, fact.service, before)
        free = {one: at for one, at in seen.items() if at.shown == "ready" and could_take(at, need, skipped)}
        idle = self._words.seconds(span(chosen.since, self._at))
        handled = chosen.agent.handled
        robbed = next((one for one in before if isinstance(one, OfferEnded) and one.result == "recalled"), None)
        if sent_to(state, fact, before):
            self._add("offer_sent", agent=agent)
            self._tell_others()
            return
        if robbed is not None and robbed.agent == fact.agent:
            self._add("offer_ringing", agent=agent, call=robbed.call)
        elif chosen.shown == "wrapup":
            self._add("offer_wrapup", agent=agent, idle=idle)
        elif chosen.agent.profile.backup:
            self._add("offer_backup", agent=agent, waited=waited)
        elif chosen.fresh:
            self._add("offer_freed", agent=agent, freed=self._say(freed_by(entry.event, before, fact.agent)))
        elif owner_at(state, self.call, before)[0] == fact.agent:
            self._add("offer_owner", agent=agent)
        elif len(free) > 1:
            self._add(f"offer_{state.config.strategy}", agent=agent, count=len(free), idle=idle, calls=handled)
        else:
            self._add("offer_only", agent=agent, idle=idle)
        self._tell_others()
        self._alternatives(fact, seen, free, skipped, state, need, before)
        self._rivals(fact, chosen, state, entry.event, before)

    def _alternatives(
        self,
        fact: OfferMade,
        seen: Mapping[AgentId, Seen],
        free: Mapping[AgentId, Seen],
        skipped: Iterable[AgentId],
        state: State,
        need: Need,
        before: Iterable[AnyFact],
    ) -> None:
        others = sorted((one for one in free if one != fact.agent), key=lambda one: seen[one].agent.order)
        if others:
            texts = [f"{one} ({self._words.seconds(span(seen[one].since, self._at))})" for one in others]
            self._detail("also_free", agents=", ".join(texts))
        rest = {one: at for one, at in seen.items() if one != fact.agent and one not in free}
        reasons = self._reasons(rest, need, fact.klass, skipped, state, before)
        if reasons:
            self._detail("passed_over", reasons=self._words.grouped(reasons))

    def _no_agent(self, state: State | None, entry: Entry, place: int) -> None:
        """Why a caller who waits from now was not offered at once."""
        if state is None or any(isinstance(one, OfferMade) and one.call == self.call for one in entry.facts[place:]):
            return
        call, fact = state.calls.get(self.call), entry.facts[place]
        service = fact.service if isinstance(fact, CallQueued) else call.service if call is not None else None
        klass = fact.klass if isinstance(fact, CallQueued) else call.klass if call is not None else None
        for later in entry.facts[place:]:  # the queue they are in at last
            if isinstance(later, CallOverflowed) and later.call == self.call:
                service, klass = later.to, later.klass
            elif isinstance(later, CallReleased) and later.call == self.call:
                return
        if service is None or klass is None:
            return
        if not has_session(call, entry):
            self._detail("no_session")
            return
        seen = agents_at(state, entry.facts)
        skipped = skipped_by(state, self.call, entry.event, entry.facts)
        need = need_at(state, self.call, service, entry.facts)
        reasons = self._reasons(seen, need, klass, skipped, state, entry.facts)
        if reasons:
            self._detail("nobody", reasons=self._words.grouped(reasons))
        else:
            self._detail("nobody_at_all")

    def _reasons(
        self,
        seen: Mapping[AgentId, Seen],
        need: Need,
        klass: str,
        skipped: Iterable[AgentId],
        state: State,
        before: Iterable[AnyFact],
    ) -> dict[str, list[str]]:
        """Agents who cannot be had, by reason."""
        groups: dict[str, list[str]] = {}
        passed = set(skipped)
        knows, only = owner_at(state, self.call, before)
        alone = knows if only else None
        for agent_id in sorted(seen):
            at = seen[agent_id]
            lack = lacks(at.agent, need)
            if at.shown == "paused":
                pause = self._words.pause(at.reason)
                reason = self._say("not_paused", reason=pause) if pause else self._say("not_paused_plain")
            elif at.shown != "ready":
                reason = self._say(f"not_{at.shown}")
            elif lack:
                reason = self._say(
                    f"not_{lack}", service=self._label(need.service), level=need.level, language=need.language
                )
            elif agent_id in passed:
                reason = self._say("not_skipped")
            elif at.agent.profile.backup:
                reason = self._say("not_backup", after=self._words.seconds(state.config.backup_after_s))
            elif state.regrouping:
                reason = self._say("not_regrouping")
            elif alone is not None and agent_id != alone:
                reason = self._say("not_owner", agent=alone)
            elif klass == "routine" and self._held_back(state):
                reason = self._say("not_held_back")
            else:
                reason = self._say("not_free")
            groups.setdefault(reason, []).append(agent_id)
        return groups

    def _held_back(self, state: State) -> int:
        core = Core(state)
        core.at = self._at
        return held_back(core)

    def _rivals(
        self, fact: OfferMade, chosen: Seen, state: State, event: AnyEvent, before: tuple[AnyFact, ...]
    ) -> None:
        """Why this caller and none of the others whom the agent could have taken."""
        mine = state.calls.get(self.call)
        order = mine.order if mine is not None and mine.order else state.next_order
        groups: dict[str, int] = {}
        for other in waiting_at(state, before).values():
            if other.id == self.call or other.queued_at is None or other.service is None or not other.attached:
                continue
            if lacks(chosen.agent, need_at(state, other.id, other.service, before)):
                continue
            knows, alone = owner_at(state, other.id, before)
            if fact.agent in skipped_by(state, other.id, event, before) or (alone and knows != fact.agent):
                continue
            if fact.klass == "urgent" and other.klass != "urgent":
                key = "before_urgent"
            else:
                key = "before_points" if other.order < order else "before_came"
            groups[key] = groups.get(key, 0) + 1
        if groups:
            reasons = "; ".join(self._say(key, count=count) for key, count in groups.items())
            self._detail("first", agent=fact.agent, count=sum(groups.values()) + 1, reasons=reasons)
        elif chosen.fresh:
            self._detail("alone", agent=fact.agent)

    def _count_other(self, fact: OfferMade, state: State | None, entry: Entry, place: int) -> None:
        """Another caller was offered an agent while this one waits: note why."""
        key = "them_other"
        mine = state.calls.get(self.call) if state is not None else None
        if mine is not None and mine.phase in ("leaving", "talking"):  # let go, or sent on by the very agent just now
            return
        if state is not None and mine is not None:
            other, agent = state.calls.get(fact.call), state.agents.get(fact.agent)
            lack = ""
            if agent is not None and mine.service is not None:
                lack = lacks(agent, need_at(state, mine.id, mine.service, entry.facts[:place]))
            skipped = skipped_by(state, self.call, entry.event, entry.facts[:place])
            knows, alone = owner_at(state, self.call, entry.facts[:place])
            if sent_to(state, fact, entry.facts[:place]):
                key = "them_sent"
            elif not has_session(mine, entry):
                key = "them_detached"
            elif lack:
                key = f"them_{lack}"
            elif fact.agent in skipped:
                key = "them_skipped"
            elif fact.klass == "urgent" and mine.klass != "urgent":
                key = "them_urgent"
            elif alone and knows != fact.agent:
                key = "them_owner"
            elif agent is not None and agent.profile.backup and not mine.backup_open:
                key = "them_backup"
            elif other is not None and other.order and other.order < mine.order:
                key = "them_came"
            elif fact.klass != "urgent" and mine.klass != "urgent":
                key = "them_points"
        self._overtaken.setdefault(key, []).append(fact.call)

    def _tell_others(self) -> None:
        """Once a wait is over: who was offered an agent meanwhile."""
        if self._overtaken:
            count = sum(len(calls) for calls in self._overtaken.values())
            reasons = "; ".join(self._say(key, count=len(calls)) for key, calls in self._overtaken.items())
            callers = self._say("callers_one" if count == 1 else "callers_many")
            self._detail("overtaken", count=count, callers=callers, reasons=reasons)
            self._overtaken = {}
