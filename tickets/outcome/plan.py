"""What happens next so that a citizen learns the outcome: call, text, publish, or let a person decide.

Pure: it is given all that was tried and says the next step. The shell keeps the attempts, with the ticket and the
number of the outcome as their id, and makes each step once."""

from collections.abc import Collection, Sequence
from datetime import tzinfo
from typing import Literal

import msgspec

from tickets.clock.calendar import Calendar
from tickets.deliveries import is_mobile
from tickets.effects import TaskKind
from tickets.outcome.hours import SHIPPED, Hours, next_allowed
from tickets.states import OUTCOMES
from tickets.ticket import TellWay, Ticket

Mode = Literal["agent", "automatic", "off"]
AttemptResult = Literal[
    "calling",
    "told",
    "told_in_part",
    "told_shortly",
    "no_answer",
    "busy",
    "unreachable",
    "voicemail",
    "not_there",
    "wrong_number",
    "declined",
    "no_calls",
    "failed",
    "withdrawn",
]
"""`told_in_part`: the words had begun when the call or the program ended. `told_shortly`: the line could only say that
there is an outcome. `voicemail`: nothing is said to a machine.
`not_there`: somebody else answered, the number is right. `wrong_number`: the number is another person's. `no_calls`:
they want no calls. `failed`: our own fault; it counts for no try. `withdrawn`: taken back before the citizen rang."""

RESULTS: dict[AttemptResult, str] = {
    "calling": "a call is under way; whoever started it must say how it ended, after a restart too",
    "told": "the words were heard; nothing more is done",
    "told_in_part": "a person decides; the citizen is never called a second time by itself",
    "told_shortly": "no try; a text message tells the rest, or an agent who calls after a short pause",
    "no_answer": "a try; again after the pause",
    "busy": "a try; again after the pause",
    "unreachable": "a try; again after the pause",
    "voicemail": "a try; again after the pause",
    "not_there": "a try; again after the pause",
    "wrong_number": "the number is called no more; a person finds the right one, which is called anew; the outcome is "
    "published for its code meanwhile",
    "declined": "the citizen does not want to hear it; that is told enough",
    "no_calls": "nobody calls about it any more; a text message or the public page tells",
    "failed": "no try; again after a short pause, a few times",
    "withdrawn": "no try; again after a short pause, in the hours of calls",
}
"""What follows from each result."""

_TRIES: frozenset[AttemptResult] = frozenset({"no_answer", "busy", "unreachable", "voicemail", "not_there"})
_REACHED: frozenset[AttemptResult] = frozenset({"calling", "told", "told_in_part", "declined"})
"""Results that count for every number of the citizen: they may have heard the words."""
_SHORT_PAUSE_S = 300.0
_MOST_FAILURES = 5


class OutcomeRules(msgspec.Struct, frozen=True, kw_only=True):
    """How citizens are told. `mode`: an agent has the outcome on screen and then the citizen is rung; or the line rings
    and says it; or nobody is called."""

    mode: Mode = "agent"
    tries: int = 3
    pause_s: float = 4 * 3600.0
    hours: Hours = SHIPPED
    calls: bool = True
    """There is a trunk to call by; without one a person tells."""
    at_once: int = 2
    """So many automatic calls are up at once."""
    report_s: float = 300.0
    """So long after the talk its agent may say how it went; then a person finds out."""
    text: bool = False
    """A gateway for text messages is set: a citizen with a mobile number who is not reached or not called gets a
    text."""
    denied: tuple[str, ...] = ()
    """See `tickets.changes.Rules`."""
    task_calls: int = 5
    """So often people may call a number about tasks within a day, by `tickets.task_calls`; 0: as often as they like."""


class Attempt(msgspec.Struct, frozen=True, kw_only=True):
    """A call to the citizen at `at` (Unix seconds)."""

    at: float
    number: str
    result: AttemptResult
    automatic: bool = False
    """The line called without an agent."""


class Call(msgspec.Struct, frozen=True, kw_only=True):
    """Call this number, not before `at`. `why` says what keeps it from being now."""

    number: str
    at: float
    automatic: bool
    why: Literal["", "pause", "hours", "quiet", "prayer", "number_in_use"] = ""


class Text(msgspec.Struct, frozen=True, kw_only=True):
    """Send a text message, not before `at`; the ticket is told, by `text`, once the gateway has taken it. If it never
    does, a person decides."""

    number: str
    at: float


class Settle(msgspec.Struct, frozen=True, kw_only=True):
    """Move the ticket to `told` in this way. `publish`: for its code, on the public page. `task`: for a person."""

    how: TellWay
    publish: bool = False
    task: TaskKind | None = None


class AskPerson(msgspec.Struct, frozen=True, kw_only=True):
    """A person decides; nothing is done by itself until then."""

    task: TaskKind
    publish: bool = False


class Wait(msgspec.Struct, frozen=True, kw_only=True):
    """A call is under way, or there is nothing to tell."""


Step = Call | Text | Settle | AskPerson | Wait


def next_step(
    ticket: Ticket,
    attempts: Sequence[Attempt],
    at: float,
    rules: OutcomeRules,
    calendar: Calendar,
    zone: tzinfo,
    *,
    in_use: Collection[str] = (),
    has_code: bool = True,
) -> Step:
    """The next step at `at` (Unix seconds). `attempts` are those of this outcome, oldest first; `in_use` are the
    numbers that are being called. Tries are counted anew for another number of the citizen. `has_code`: a citizen
    without a number may have been told the code of the public page; if not, nobody can read what is published there."""
    if ticket.state not in OUTCOMES:
        return Wait()
    attempts = [one for one in attempts if one.number == ticket.caller or one.result in _REACHED]
    last = attempts[-1].result if attempts else None
    ended = None if last is None else _ended(attempts[-1])
    if ended is not None:
        return ended
    if not ticket.caller and not has_code:
        return AskPerson(task="outcome", publish=True)
    if not ticket.caller or ticket.contact == "none":
        return Settle(how="page", publish=True)
    if rules.mode == "off" or ticket.contact == "text":
        return _text_or(Settle(how="page", publish=True), ticket, at, rules, calendar, zone)
    if last == "told_shortly" and _takes_text(ticket, rules):
        return _text_or(Wait(), ticket, at, rules, calendar, zone)
    if not rules.calls:
        return _text_or(AskPerson(task="outcome", publish=True), ticket, at, rules, calendar, zone)
    if sum(one.result in _TRIES for one in attempts) >= rules.tries or _failures(attempts) >= _MOST_FAILURES:
        given_up = Settle(how="attempts", publish=True, task="not_reached")
        return _text_or(given_up, ticket, at, rules, calendar, zone)
    return _call(ticket, attempts, at, rules, calendar, zone, in_use)


def _ended(attempt: Attempt) -> Step | None:
    """The step after a result that ends the attempts."""
    last = attempt.result
    if last == "calling":
        return Wait()
    if last == "told":
        return Settle(how="automatic" if attempt.automatic else "call")
    if last == "declined":
        return Settle(how="declined")
    if last == "told_in_part":
        return AskPerson(task="told_in_part")
    if last == "wrong_number":
        return AskPerson(task="wrong_number", publish=True)
    return None


def _call(
    ticket: Ticket,
    attempts: Sequence[Attempt],
    at: float,
    rules: OutcomeRules,
    calendar: Calendar,
    zone: tzinfo,
    in_use: Collection[str],
) -> Step:
    automatic = rules.mode == "automatic" and all(one.result != "told_shortly" for one in attempts)
    earliest = at
    if attempts:
        soon = attempts[-1].result in ("failed", "withdrawn", "told_shortly")
        pause = min(_SHORT_PAUSE_S, rules.pause_s) if soon else rules.pause_s
        earliest = max(at, attempts[-1].at + pause)
    allowed = next_allowed(earliest, rules.hours, calendar, zone)
    if allowed is None:
        return _text_or(Settle(how="page", publish=True, task="not_reached"), ticket, at, rules, calendar, zone)
    moment, why = allowed
    if moment > at:
        return Call(number=ticket.caller, at=moment, automatic=automatic, why=why or "pause")
    if ticket.caller in in_use:
        return Call(number=ticket.caller, at=at, automatic=automatic, why="number_in_use")
    return Call(number=ticket.caller, at=at, automatic=automatic)


def _text_or(otherwise: Step, ticket: Ticket, at: float, rules: OutcomeRules, calendar: Calendar, zone: tzinfo) -> Step:
    """A text in the hours of calls, where a gateway is set and the citizen's number can get one: nobody reads a text to
    a landline, so it must not count as told."""
    allowed = next_allowed(at, rules.hours, calendar, zone) if _takes_text(ticket, rules) else None
    return otherwise if allowed is None else Text(number=ticket.caller, at=allowed[0])


def _takes_text(ticket: Ticket, rules: OutcomeRules) -> bool:
    return rules.text and is_mobile(ticket.caller, rules.denied)


def _failures(attempts: Sequence[Attempt]) -> int:
    return sum(one.result == "failed" for one in attempts)
