"""What each second of a wait was spent on: a fold of facts, for every reader that asks.

A wait runs as the target sees it: from the queue's entry to the answer, or to the end of a caller who was not answered;
an urgent caller's from the line's answer, so that the menu is part of it. Each millisecond of it has one cause, and the
parts add up to the wait. Whatever the facts do not tell is `unknown`, never left out and never guessed.

The fold is small: of each queue how long it has waited for what so far, of each call that waits its present cause and
what it had of the others. Both are plain data, so that a reader can put them down and go on from there.
"""

from typing import Final, Literal

import msgspec

from acd.engine.model.fact_base import OfferResult
from acd.engine.model.facts import (
    AnyFact,
    CallAnswered,
    CallbackQueued,
    CallEnded,
    CallLinedUp,
    CallQueued,
    CallReleased,
    OfferEnded,
    OfferMade,
    WaitReason,
)
from acd.engine.model.ids import CallId
from acd.engine.model.message_facts import MessageOffered, MessageOver
from acd.engine.model.target import waited_s

WaitCause = Literal[
    "menu",
    "no_agents",
    "phones",
    "skills",
    "busy",
    "backup",
    "held_back",
    "let_pass",
    "preferred",
    "pick_up",
    "no_answer",
    "urgent_first",
    "message",
    "outage",
    "callback",
    "unknown",
]
"""`menu`: an urgent caller heard the menu. `no_agents` to `preferred`: as in `WaitWhy`. `phones`: besides, an agent's
phone was forwarded or could not be reached. `pick_up`: a phone rang until it was picked up or the caller gave up.
`no_answer`: a phone rang, and its agent did not pick up, or did not speak. `urgent_first`: the agent was taken for an
urgent caller. `message`: the caller could leave a message, and left none. `outage`: Asterisk, the line or the caller's
session was away. `callback`: the caller had hung up and was to be called back. `unknown`: the facts do not tell."""

Cause = tuple[WaitCause, str]
"""A cause, and the agent whose phone it was; empty where it was none's."""

_OF_RESULT: Final[dict[OfferResult, WaitCause]] = {
    "answered": "pick_up",
    "caller_gone": "pick_up",
    "no_answer": "no_answer",
    "busy": "no_answer",
    "declined": "no_answer",
    "withdrawn": "no_answer",
    "empty_chair": "no_answer",
    "forwarded": "phones",
    "unreachable": "phones",
    "recalled": "urgent_first",
    "exchanged": "skills",
    "lost": "outage",
    "no_leg": "outage",
    "engaged": "outage",
    "unreached": "callback",
}
_LOST: Final = frozenset({"lost", "no_leg", "engaged", "caller_gone"})
"""Results after which the caller's session or the way to the phones may be gone."""
_OF_PHONES: Final = frozenset({"pick_up", "no_answer", "phones"})
"""Causes that are of one agent."""


_Moves = CallLinedUp | OfferMade | OfferEnded | CallbackQueued | CallReleased | MessageOffered | MessageOver
"""After these a caller who waits waits for something else."""


class QueueTime(msgspec.Struct, kw_only=True):
    """For how long a queue has waited for what."""

    why: WaitCause = "unknown"
    since: int = 0
    """Unix milliseconds, as all times here."""
    sums: dict[WaitCause, int] = {}

    def until(self, at: int) -> dict[WaitCause, int]:
        """The sums as they are at a time; the present cause is the last, those of before in order."""
        sums = {**self.sums}
        known = sums.pop(self.why, 0)
        return {**sums, self.why: known + max(0, at - self.since)}


class OpenWait(msgspec.Struct, kw_only=True):
    """A call that waits: what it waits for, since when, and what it has waited for before."""

    since: int
    cause: WaitCause = "unknown"
    agent: str = ""
    queue: str = ""
    """The queue it is in, whose causes are its own; `before` is what that queue had waited for when it came."""
    before: dict[WaitCause, int] = {}
    parts: list[tuple[WaitCause, str, int]] = []
    """In order, the latest last; each cause and agent once."""
    called_back: bool = False


class WaitPart(msgspec.Struct, frozen=True, kw_only=True):
    """So long a call waited for one cause."""

    cause: WaitCause
    agent: str
    ms: int


class WaitFold:
    """Takes facts in order and gives the parts of each wait that is over. `queues` and `calls` are all it remembers."""

    def __init__(self) -> None:
        self.queues: dict[str, QueueTime] = {}
        self.calls: dict[CallId, OpenWait] = {}

    def take(self, fact: AnyFact) -> tuple[WaitPart, ...] | None:
        """One more fact; the parts, if by it a call's wait is over that counts. They are told once a call."""
        match fact:
            case WaitReason():
                queue = self.queues.setdefault(fact.queue, QueueTime(since=_ms(fact.at)))
                queue.sums, queue.why, queue.since = queue.until(_ms(fact.at)), fact.why, _ms(fact.at)
            case CallQueued():
                self.calls[fact.call] = OpenWait(since=_ms(fact.at), cause=self._in_no_queue())
            case CallAnswered():
                return self._over(fact)
            case CallEnded():
                if fact.answered_at is None:
                    return self._over(fact)
                self.calls.pop(fact.call, None)
            case (
                CallLinedUp() | OfferMade() | OfferEnded() | CallbackQueued()
                | CallReleased() | MessageOffered() | MessageOver()
            ):  # fmt: skip
                wait = self.calls.get(fact.call)
                if wait is not None and not wait.called_back:
                    self._move(wait, fact)
        return None

    def _move(self, wait: OpenWait, fact: _Moves) -> None:
        at = _ms(fact.at)
        match fact:
            case CallLinedUp():
                self._close(wait, at)
                if fact.queue:
                    wait.queue = fact.queue
                    wait.before = self.queues.setdefault(fact.queue, QueueTime(since=at)).until(at)
                else:
                    wait.cause = "outage"
            case OfferMade():
                self._close(wait, at)
                wait.cause, wait.agent = "pick_up", fact.agent
            case OfferEnded():
                if wait.agent:
                    wait.cause = _OF_RESULT[fact.result]
                    wait.agent = fact.agent if wait.cause in _OF_PHONES else ""
                self._close(wait, at)
                wait.cause = "outage" if fact.result in _LOST else self._in_no_queue()
            case CallbackQueued():
                self._close(wait, at)
                wait.cause, wait.called_back = "callback", True
            case MessageOffered():
                self._close(wait, at)
                wait.cause = "message"
            case MessageOver() if fact.result != "left":
                self._close(wait, at)
                wait.cause = self._in_no_queue()
            case MessageOver():
                pass
            case CallReleased():
                self._close(wait, at)

    def _in_no_queue(self) -> WaitCause:
        """What a caller waits for who is neither offered nor, as far as was told, in a queue: for their session to come
        back. Journals of before did not tell of queues."""
        return "outage" if self.queues else "unknown"

    def _close(self, wait: OpenWait, at: int) -> None:
        """Put down what was waited for until now. What is waited for next is not known before it is told."""
        if wait.queue:
            queue = self.queues.setdefault(wait.queue, QueueTime(since=wait.since))
            for why, ms in queue.until(at).items():
                _add(wait, why, "", ms - wait.before.get(why, 0))
        else:
            _add(wait, wait.cause, wait.agent, at - wait.since)
        wait.since, wait.cause, wait.agent, wait.queue, wait.before = max(at, wait.since), "unknown", "", "", {}

    def _over(self, fact: CallAnswered | CallEnded) -> tuple[WaitPart, ...] | None:
        wait, total_s = self.calls.pop(fact.call, None), waited_s(fact)
        if total_s is None or fact.wait_s is None:
            return None
        queued = round(fact.wait_s * 1000)
        begun = _ms(fact.at) - queued
        if isinstance(fact, CallEnded):
            begun = _ms(fact.queued_at if fact.queued_at is not None else fact.ended_at - fact.wait_s)
        if wait is None:  # found talking: no engine saw them wait
            wait = OpenWait(since=begun, cause="outage")
        self._close(wait, begun + queued)
        parts = _fitted(wait.parts, queued)
        menu = max(0, round(total_s * 1000) - queued)
        return (*([WaitPart(cause="menu", agent="", ms=menu)] if menu else []), *parts)


def _add(wait: OpenWait, cause: WaitCause, agent: str, ms: int) -> None:
    if ms <= 0:
        return
    for index, (known, whose, before) in enumerate(wait.parts):
        if (known, whose) == (cause, agent):
            del wait.parts[index]
            ms += before
            break
    wait.parts.append((cause, agent, ms))


def _fitted(parts: list[tuple[WaitCause, str, int]], total: int) -> list[WaitPart]:
    """The parts as a sum of `total`. An answer may be told late: what came after it is none of the wait, so the latest
    parts are cut first. Time before the first fact is not known."""
    fitted: list[WaitPart] = []
    unknown, left = total - sum(ms for *_, ms in parts), total
    for cause, agent, ms in parts:
        taken = min(ms, left)
        left -= taken
        if taken:
            fitted.append(WaitPart(cause=cause, agent=agent, ms=taken))
    if unknown > 0:
        fitted = [*(one for one in fitted if one.cause != "unknown"), *_unknown(fitted, unknown)]
    return fitted


def _unknown(parts: list[WaitPart], ms: int) -> list[WaitPart]:
    known = sum(one.ms for one in parts if one.cause == "unknown")
    return [WaitPart(cause="unknown", agent="", ms=known + ms)]


def _ms(at: float) -> int:
    return round(at * 1000)
