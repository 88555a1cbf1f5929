"""Whether a call met the target, and what each part of its wait was spent on if it did not. Pure.

The parts are those of `acd.engine.model.wait_causes`, as in `cozum report --why`: a call and its day never disagree.
"""

from typing import Final

from acd.engine.model.facts import (
    AnyFact,
    CallAnswered,
    CallEnded,
    CallLinedUp,
    CallOverflowed,
    CallQueued,
    CallReclassed,
    CallTransferred,
    KindChanged,
    ServiceNamed,
    WaitReason,
)
from acd.engine.model.ids import AgentId, CallId, ServiceId
from acd.engine.model.journal import Entry
from acd.engine.model.state import State
from acd.engine.model.target import waited_s, within_target
from acd.engine.model.wait_causes import QueueTime, WaitCause, WaitFold, WaitPart
from acd.explain.reasons import Line, Moment, Why
from acd.explain.words import Words

LEAST_MS: Final = 50
"""A part shorter than this is not told: it would be a 0.0 beside the others."""
_COUNTED: Final[frozenset[WaitCause]] = frozenset({"busy", "skills", "phones"})
"""Causes of which it is told what the agents did who could have taken the call."""
_IN_VAIN: Final = frozenset({"abandoned", "timed_out", "no_agents"})
"""Outcomes of callers who waited and spoke to nobody."""


class Target:
    """Tells one call. Give it every fact from the call's first on, those of the queues too."""

    def __init__(self, call: CallId, target_s: float, words: Words, why: Why) -> None:
        self._call, self._target_s, self._words, self._why = call, target_s, words, why
        self._fold: WaitFold | None = None
        self._service: ServiceId | None = None
        self._agents: dict[WaitCause, str] = {}
        """By cause, what the agents did when the call began to wait for it."""
        self.parts: tuple[WaitPart, ...] = ()
        """What the wait was spent on, once it is over."""

    def take(self, fact: AnyFact, state: State | None, entry: Entry) -> None:
        """One more fact; `state` is the engine's just before its entry, None if it is not known."""
        if self._fold is None:
            self._fold = _begun(state, entry.event.at)
        if isinstance(fact, WaitReason):
            self._fold.take(fact)
        elif getattr(fact, "call", None) == self._call:
            match fact:
                case ServiceNamed() | CallQueued() | CallReclassed() | CallTransferred() | KindChanged():
                    self._service = fact.service
                case CallOverflowed():
                    self._service = fact.to
                case _:
                    pass
            self.parts = self._fold.take(fact) or self.parts
        if state is not None and isinstance(fact, WaitReason | CallLinedUp):
            self._count(self._fold, state, entry)

    def _count(self, fold: WaitFold, state: State, entry: Entry) -> None:
        wait = fold.calls.get(self._call)
        if wait is None or not wait.queue or self._service is None:
            return
        cause = fold.queues[wait.queue].why
        if cause in _COUNTED and cause not in self._agents:
            moment = Moment(call=self._call, state=state, entry=entry, place=len(entry.facts))
            self._agents[cause] = self._why.counted(moment, self._service)

    def told(self, fact: CallAnswered | CallEnded) -> list[Line]:
        """Met or missed, once a call. The parts add up to what the target is held against. Nothing is told of a call
        that never waited, was let go before the target was over, or ended while nobody saw how."""
        if isinstance(fact, CallEnded) and (fact.outcome not in _IN_VAIN or fact.hangup_by == "unknown"):
            return []
        met, waited = within_target(fact, self._target_s), waited_s(fact)
        if met is None or waited is None or (not met and waited < self._target_s):
            return []
        target = f"{self._target_s:g}"
        if met:
            return [("target_met" if isinstance(fact, CallAnswered) else "target_given_up", {"target": target})]
        over = self._words.seconds(waited - self._target_s)
        parts = [self._part(part, fact.agent) for part in self.parts if part.ms >= LEAST_MS]
        return [("target_missed", {"target": target, "over": over, "parts": ", ".join(parts)})]

    def _part(self, part: WaitPart, answered_by: AgentId | None) -> str:
        key = f"part_{part.cause}"
        if part.cause == "pick_up" and part.agent != answered_by:
            key = "part_rang"
        elif part.cause == "phones" and part.agent:
            key = "part_phone"
        agents = self._agents.get(part.cause, "")
        text = self._words.say(key, part=self._words.seconds(part.ms / 1000), agent=part.agent)
        return f"{text} ({agents})" if agents and not part.agent else text


def _begun(state: State | None, at: float) -> WaitFold:
    """The fold as it is before the call's first fact: what each queue waits for was told before."""
    fold = WaitFold()
    if state is not None:
        since = round(at * 1000)
        fold.queues = {queue: QueueTime(why=why, since=since) for queue, why in state.wait_reasons.items()}
    return fold
