"""What happened to a call, and why this agent got this caller then, in plain sentences. Pure.

It decides nothing: it reads what the engine decided (the facts) in the light of what the engine knew (its state just
before). A replay of the journal gives both:

    story = Story(call, Words("en"))
    for entry in entries:                       # from before the call came to after it ended
        sentences += story.tell(engine.state, entry)
        engine.handle(entry.event)
"""

from acd.engine.core import span
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    CommandFailed,
    ConfigChanged,
    EngineStarted,
    NodeLost,
    NodeReconciled,
    OfferRinging,
    TimerFired,
)
from acd.engine.model.facts import (
    AgentPreferred,
    AnyFact,
    CallAnswered,
    CallbackDialled,
    CallbackMissed,
    CallbackPaused,
    CallbackQueued,
    CallbackRefused,
    CallEnded,
    CallEntered,
    CallEscalated,
    CallOverflowed,
    CallPutFirst,
    CallQueued,
    CallRejoined,
    CallRelaxed,
    CallReleased,
    CallReturned,
    CallStepped,
    CallStranded,
    CallTakenOver,
    CallTransferred,
    HoldBegan,
    HoldEnded,
    KeyHeard,
    KindChanged,
    OfferEnded,
    OfferMade,
    OutcomeBegan,
    OutcomeCallOver,
    OutcomeDialled,
    PreferenceEnded,
    RequestHeard,
    ServiceNamed,
    SurgeAnswered,
    SurgePlayed,
    TalkEnded,
    TaskCallOrdered,
    WaitAnnounced,
    WrapupEnded,
)
from acd.engine.model.handover_facts import HandOverBegan, HandOverFact
from acd.engine.model.ids import CallId
from acd.engine.model.journal import Entry
from acd.engine.model.message_facts import MessageFact
from acd.engine.model.page_facts import CallKept, KeepingEnded
from acd.engine.model.state import State
from acd.explain.fact_groups import Arrival, Callback, Talk, Wait
from acd.explain.handing_over import handed_over
from acd.explain.narrator import Narrator, Sentence
from acd.explain.reasons import Moment

UPTIME_S = 2.0
"""How exactly Asterisk tells since when it runs."""
LATE_S = 0.1
"""A line that answered longer than this before the engine had the call is worth telling."""
_CALLED = ("called_back", "callback_failed", "callback_cancelled")


class Story(Narrator):
    """Tells one call. Give it every entry from the call's first to its last, in order."""

    def tell(self, state: State | None, entry: Entry) -> list[Sentence]:
        """What an entry means for the call; `state` is the engine's just before it, None if it is not known."""
        self._out, self._at = [], entry.event.at
        if self._personal and state is not None and (self._on_line or not self._names):
            self._names = {one: agent.profile.name for one, agent in state.agents.items()}
        if self._on_line:
            self._of_event(entry.event, state)
        for place, fact in enumerate(entry.facts):
            self._target.take(fact, state, entry)
            if isinstance(fact, OfferMade) and fact.call != self.call:
                if self._waits:
                    self._meanwhile.note(fact, state, entry, place)
                else:
                    self._interrupted(fact, state, entry.facts[:place])
            elif getattr(fact, "call", None) == self.call:
                said = len(self._out)
                self._of_fact(fact, state, entry, place)
                self._by_rules(fact, under=len(self._out) > said)
        if isinstance(entry.event, CallAttached) and entry.event.call == self.call and entry.event.transfer_leg:
            self._came_back(state, entry)
        return self._out

    # --- events that bring out no fact of the call, but matter to it

    def _of_event(self, event: AnyEvent, state: State | None) -> None:
        match event:
            case EngineStarted():
                self._add("engine_started")
            case NodeLost():
                self._add("node_lost")
            case NodeReconciled():
                self._add("restarted" if self._is_older(event) else "reconciled")
            case ConfigChanged():
                self._add("config")
            case CallDetached(call=self.call, lost=True) if self._waits:
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
        queued = None if call is None else call.queued
        if subject != self.call or queued is None:
            return
        if kind == "retry" and queued.retry_at is not None and event.at >= queued.retry_at:
            self._add("retry")
        elif kind == "backup" and queued.backup_at is not None and event.at >= queued.backup_at:
            self._add("backup_due")

    # --- facts of the call

    def _of_fact(self, fact: AnyFact, state: State | None, entry: Entry, place: int) -> None:
        if isinstance(fact, Arrival):
            self._of_arrival(fact, entry)
        elif isinstance(fact, Wait):
            self._of_wait(fact, state, entry, place)
        elif isinstance(fact, Callback):
            self._of_callback(fact, state, entry, place)
        elif isinstance(fact, MessageFact):
            self._of_message(fact)
        elif isinstance(fact, Talk):
            self._of_talk(fact, state, entry, place)
        else:
            self._of_listening(fact)

    def _of_arrival(self, fact: AnyFact, entry: Entry) -> None:
        """The caller came and went through the menu."""
        match fact:
            case CallEntered():
                self._on_line, self._node, self._came_at = True, fact.node, fact.arrived_at
                if self._personal and fact.number:
                    self._add("entered_from", node=fact.node, caller=f"{fact.number} {fact.name}".strip())
                else:
                    self._add("entered", node=fact.node)
                if fact.full:
                    self._detail("entered_full")
                if (ago_s := span(fact.arrived_at, fact.at)) >= LATE_S:
                    self._detail("line_answered", ago=self._words.seconds(ago_s))
            case CallStepped():
                if fact.key:
                    self._add("stepped_key", digit=fact.key, step=self._step(fact))
                else:
                    self._add("stepped", step=self._step(fact))
            case ServiceNamed():
                if fact.asked:
                    self._add("kind_asked")
                elif fact.fields.get("kind") == "untold":
                    self._add("kind_untold", service=self._label(fact.service))
                elif not self._sent_on(entry):  # which tells it
                    self._add("named", service=self._label(fact.service), priority=self._say(fact.priority))
                if fact.opens_ticket:
                    self._detail("ticket_again" if fact.again else "ticket")
            case RequestHeard():
                self._add(f"request_{fact.how}", ticket=fact.ticket)
            case KindChanged():
                self._add("kind_changed_key" if fact.key else "kind_changed", service=self._label(fact.service))

    def _of_wait(self, fact: AnyFact, state: State | None, entry: Entry, place: int) -> None:
        """The caller waits, and what is said and decided meanwhile."""
        match fact:
            case CallQueued():
                self._waits = True
                self._add("queued", position=fact.position)
                if fact.kept_from is not None:
                    self._detail("kept", call=fact.kept_from)
                self._repeat(fact)
                self._nobody(state, entry, place)
            case CallReturned():
                self._waits, self._talks = True, False
                self._add("returned")
                if not any(isinstance(one, OfferEnded) and one.result == "empty_chair" for one in entry.facts[:place]):
                    self._nobody(state, entry, place)  # else they are on their way back, and nobody is looked for
            case CallReleased():
                self._released(fact, state, entry, place)
            case CallOverflowed():
                service, to = self._label(fact.service), self._label(fact.to)
                self._add(f"overflowed_{fact.why}", service=service, to=to, priority=self._say(fact.priority))
            case CallRejoined():
                self._add("rejoined")
            case CallStranded():
                self._add("stranded", unheld=self._words.seconds(fact.unheld_s))
            case KeyHeard():
                self._add("key_in_talk" if self._talks else "key", digit=fact.key)
            case CallRelaxed():
                due = isinstance(entry.event, TimerFired) and entry.event.timer == f"relax:{self.call}"
                key = "relaxed_due" if due else "relaxed_vain"
                self._add(key, level=fact.level, language=self._spoken(fact))
            case SurgePlayed():
                key = "surge_played_ticket" if fact.ticket else "surge_played"
                self._add(key, service=self._label(fact.service), ticket=fact.ticket)
            case SurgeAnswered():
                self._add("surge_answered")
            case AgentPreferred():
                key = "preferred_alone" if fact.for_s else "preferred_idle"
                self._add(key, agent=self._named(fact.agent), first=self._words.seconds(fact.for_s))
            case PreferenceEnded():
                self._add(f"preferred_{fact.why}", agent=self._named(fact.agent))
            case WaitAnnounced():
                self._add("announced", what=self._announced(fact))
            case CallEscalated():
                self._add("escalated", times=fact.times)
                self._repeat(fact)
            case CallPutFirst():
                self._add("put_first", priority=self._say(fact.priority), why=self._say(f"put_{fact.reason}"))

    def _of_callback(self, fact: AnyFact, state: State | None, entry: Entry, place: int) -> None:
        """The caller is to be called back."""
        match fact:
            case CallbackQueued():
                self._waits = True
                self._add(f"callback_{fact.reason}")
                if fact.reason == "abandoned":
                    self._nobody(state, entry, place)
            case TaskCallOrdered():
                self._add("task_call", agent=self._named(fact.agent), request=fact.request, task=fact.task)
            case OutcomeDialled():
                self._automatic = True
                self._add("outcome_dialled")
            case OutcomeBegan() if self._automatic:
                self._add("outcome_words")
            case OutcomeBegan():
                self._detail("outcome_began")
            case OutcomeCallOver():
                self._over(fact)
            case CallbackPaused(until=None):
                self._add("callback_due")
                self._nobody(state, entry, place)
            case CallbackRefused():
                self._add(f"callback_refused_{fact.wish}", why=self._say(f"refused_{fact.why}"))
            case CallbackPaused(lent_to=str(other)) if not isinstance(entry.event, TimerFired):
                self._add("callback_lent", call=other)
            case CallbackPaused(lent_to=None, until=float(until)):
                if not any(isinstance(one, CallbackMissed) and one.call == self.call for one in entry.facts):
                    if any(isinstance(one, CallEnded) and one.call != self.call for one in entry.facts):
                        self._add("callback_given_back", within=self._in(until))
                        return
                    asked = any(isinstance(one, CallbackQueued) for one in entry.facts)
                    self._detail("callback_hangs_up" if asked else "callback_put_off", within=self._in(until))
            case CallbackDialled():
                self._add("callback_dialled", agent=self._named(fact.agent))
            case CallbackMissed():
                status = fact.status if f"dial_{fact.status}" in self._words else "CONGESTION"
                self._add("callback_missed", status=self._say(f"dial_{status}"), count=fact.tries)
                if fact.again_at is None:
                    self._detail("callback_no_more")
                else:
                    self._detail("callback_again", within=self._in(fact.again_at))

    def _over(self, fact: OutcomeCallOver) -> None:
        """What came of an automatic call."""
        self._add(f"outcome_{fact.result}")
        if fact.score is not None:
            self._detail("outcome_score", score=fact.score)

    def _of_talk(self, fact: AnyFact, state: State | None, entry: Entry, place: int) -> None:
        """An agent is offered the call, talks, and is done with it."""
        match fact:
            case OfferMade():
                self._offered(fact, state, entry, place)
            case OfferEnded():
                if fact.result == "recalled" and (taken := self._taken_for(fact, entry)) is not None:
                    ring = self._words.seconds(fact.ring_s)
                    self._add("recalled_for", agent=self._named(fact.agent), ring=ring, call=taken)
                elif fact.result != "answered":
                    self._add(fact.result, agent=self._named(fact.agent), ring=self._words.seconds(fact.ring_s))
                self._agent = None
            case CallAnswered():
                self._agent, self._waits, self._talks = fact.agent, False, True
                self._add(
                    "answered_back" if fact.callback else "answered",
                    agent=self._named(fact.agent),
                    wait=self._words.seconds(fact.wait_s),
                    delay=self._words.seconds(fact.answer_delay_s),
                    ring=self._words.seconds(fact.ring_s),
                )
                self._details(self._target.told(fact))
            case CallTransferred():
                self._talks = fact.to == "talk"
                self._waits = not self._talks
                to = self._named(fact.agent) if fact.agent is not None else self._label(fact.service)
                self._add(f"transferred_{fact.to}", by=self._named(fact.by), to=to)
                self._end_part()
            case _ if isinstance(fact, HandOverFact):
                key, values = handed_over(fact, self._words, self._named, self._outside(fact.to))
                self._add(key, **values)
                if isinstance(fact, HandOverBegan):
                    self._end_part()
            case CallTakenOver():
                self._agent, self._waits, self._talks = fact.agent, False, True
                if fact.how != "reload":
                    self._add("taken_over", agent=self._named(fact.agent))
            case CallKept() | KeepingEnded():
                self._of_page(fact)
            case TalkEnded():
                self._part = fact if fact.number == 1 else None
                if fact.number > 1:  # the one part of a call that was not sent on is told with its end
                    self._tell_part(fact)
            case HoldBegan():
                self._add("held")
            case HoldEnded():
                self._add("unheld")
            case CallEnded():
                self._of_end(fact, entry)
            case WrapupEnded():
                if fact.wrapup_s:
                    self._add("wrapup", agent=self._named(fact.agent), wrapup=self._words.seconds(fact.wrapup_s))
                if fact.agent == self._agent:
                    self._agent, self._done = None, self._ended_at is not None

    def _announced(self, fact: WaitAnnounced) -> str:
        """What a caller was told of their wait: the position, the minutes, or both."""
        told = [] if fact.position is None else [self._say("told_position", position=fact.position)]
        if fact.minutes is not None:
            told.append(self._words.minutes(fact.minutes))
        return ", ".join(told)

    def _is_older(self, event: AnyEvent) -> bool:
        """Whether Asterisk was started after the call came. It tells that in whole seconds."""
        if not isinstance(event, NodeReconciled) or event.up_since is None or self._node != event.node:
            return False
        return event.up_since > self._came_at + UPTIME_S

    def _of_end(self, fact: CallEnded, entry: Entry) -> None:
        wait = self._words.seconds(fact.wait_s or 0.0)
        key = f"ended_{fact.outcome}"
        if fact.outcome == "abandoned" and fact.hangup_by == "unknown":
            key = "ended_restarted" if self._is_older(entry.event) else "ended_unknown"
        elif fact.callback == "abandoned" and fact.outcome == "abandoned":
            key = "ended_not_reached"
        elif fact.callback in ("outcome", "task") and fact.outcome in _CALLED:
            key = f"ended_{fact.callback}_{fact.outcome}"
        later = next((one for one in entry.facts if isinstance(one, CallQueued) and one.kept_from == self.call), None)
        if later is not None:
            self._add("called_again", call=later.call)
        talk, by = self._words.seconds(fact.talk_s or 0.0), self._say(f"by_{fact.hangup_by}")
        if fact.hangup_by == "unknown" and self._is_older(entry.event):
            by = self._say("by_restart")
        self._add(key, wait=wait, talk=talk, by=by)
        self._details(self._target.told(fact))
        self._details(self._meanwhile.told())
        self._on_line, self._waits, self._ended_at = False, False, fact.at
        talked = fact.outcome in ("answered", "called_back")
        self._done, self._recorded = not talked or self._agent is None, self._recorded and talked

    def _interrupted(self, fact: OfferMade, state: State | None, before: tuple[AnyFact, ...]) -> None:
        """An urgent caller has the agent in the middle of after-call work for this call."""
        agent = state.agents.get(fact.agent) if state is not None else None
        if any(isinstance(one, WrapupEnded) and one.call == self.call for one in before):
            return
        if agent is not None and agent.activity == "wrapup" and agent.call == self.call:
            self._add("interrupted", agent=self._named(fact.agent), call=fact.call)

    def _came_back(self, state: State | None, entry: Entry) -> None:
        """One who was sent on waits, and is not offered at once."""
        call = state.calls.get(self.call) if state is not None else None
        offered = any(isinstance(one, OfferMade) and one.call == self.call for one in entry.facts)
        was_there = any(isinstance(one, CallRejoined) and one.call == self.call for one in entry.facts)
        if state is None or call is None or call.service is None or call.away or not self._waits:
            return
        if offered or was_there:
            return
        sent = [one for one in entry.facts if isinstance(one, CallTransferred) and one.call == self.call]
        wanted = sent[-1].agent if sent else None if call.sent_on is None else call.sent_on.to
        service = sent[-1].service if sent else call.service
        if wanted is not None:
            self._add("not_had", agent=self._named(wanted))
        moment = Moment(call=self.call, state=state, entry=entry, place=len(entry.facts))
        self._details(self._why.unfit(moment, service))

    def _sent_on(self, entry: Entry) -> bool:
        return any(isinstance(one, CallTransferred) and one.call == self.call for one in entry.facts)

    def _taken_for(self, fact: OfferEnded, entry: Entry) -> CallId | None:
        """The urgent call for which an agent was taken from this one."""
        made = (one for one in entry.facts if isinstance(one, OfferMade) and one.agent == fact.agent)
        return next((one.call for one in made), None)

    # --- why

    def _offered(self, fact: OfferMade, state: State | None, entry: Entry, place: int) -> None:
        self._waits, self._talks, self._agent = False, False, fact.agent
        kind, values = self._why.chosen(fact, entry, place)
        self._add(kind, **values)
        if fact.auto_answer:
            self._detail("auto_answer")
        self._details(self._meanwhile.told())
        if state is None:
            self._details([] if fact.why is None else self._why.also_free(fact.why, {}))
        else:
            moment = Moment(call=self.call, state=state, entry=entry, place=place)
            self._details(self._why.others(moment, fact))

    def _nobody(self, state: State | None, entry: Entry, place: int) -> None:
        if state is not None:
            self._details(self._why.nobody(Moment(call=self.call, state=state, entry=entry, place=place)))

    def _released(self, fact: CallReleased, state: State | None, entry: Entry, place: int) -> None:
        """Why a caller is not let into a queue, or out of it."""
        call = state.calls.get(self.call) if state is not None else None
        named = next(
            (one for one in entry.facts[:place] if isinstance(one, ServiceNamed) and one.call == self.call), None
        )
        moved = [one.to for one in entry.facts[:place] if isinstance(one, CallOverflowed) and one.call == self.call]
        service = (
            moved[-1] if moved else named.service if named is not None else call.service if call is not None else None
        )
        if fact.outcome not in ("closed", "line_full", "no_agents", "rejected", "timed_out") or service is None:
            return
        self._add(f"released_{fact.outcome}", service=self._label(service))
        # Who could leave a message in place of waiting was let go when nobody could be had: by now somebody may.
        if fact.outcome == "no_agents" and state is not None and (call is None or call.message is None):
            moment = Moment(call=self.call, state=state, entry=entry, place=place)
            self._details(self._why.unfit(moment, service))
