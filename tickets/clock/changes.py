"""What happens to a clock: it stops, runs again, is extended, ends; and open deadlines are computed again."""

from datetime import tzinfo

import msgspec

from tickets.clock.calendar import Calendar
from tickets.clock.deadline import Clock, Extension, Stop, deadline, in_force
from tickets.clock.rules import ClockRule, StopReason
from tickets.refusals import Refusal


def stopped(clock: Clock, rule: ClockRule, at: float, why: StopReason) -> Clock:
    """The clock, stopped from `at` (Unix seconds) on, if its rule stops it for this reason."""
    if why not in rule.stops or clock.ended_at is not None or clock.stands:
        return clock
    return msgspec.structs.replace(clock, stops=(*clock.stops, Stop(since=_not_before(clock, at), why=why)))


def resumed(clock: Clock, at: float) -> Clock:
    """The clock, running again from `at` (Unix seconds) on, if it was stopped."""
    if not clock.stands:
        return clock
    last = msgspec.structs.replace(clock.stops[-1], until=_not_before(clock, at))
    return msgspec.structs.replace(clock, stops=(*clock.stops[:-1], last))


def asked_anew(clock: Clock, at: float) -> Clock:
    """The clock of a citizen whose time to answer or pay begins at `at` (Unix seconds): they are asked only then, since
    it was at a wrong number before, or are waited for once more. If it is stopped it stays so."""
    if not clock.stands:
        return clock
    before, since = clock.stops[-1], _not_before(clock, at)
    ended = msgspec.structs.replace(before, until=since)
    return msgspec.structs.replace(clock, stops=(*clock.stops[:-1], ended, Stop(since=since, why=before.why)))


def under(clock: Clock, rule: ClockRule, at: float, *, awaits: bool) -> Clock:
    """The clock by another rule. While the citizen is awaited (`awaits`) it stands or runs from `at` on as that rule
    says."""
    clock = msgspec.structs.replace(clock, rule=rule.id)
    if awaits and not clock.stands:
        return stopped(clock, rule, at, "citizen")
    return resumed(clock, at) if awaits and clock.stops[-1].why not in rule.stops else clock


def ended(clock: Clock, at: float) -> Clock:
    """The clock at its end. A stopped clock runs again at that moment, so that it has a due date."""
    return clock if clock.ended_at is not None else msgspec.structs.replace(resumed(clock, at), ended_at=at)


def reopened(clock: Clock, closed_at: float | None, at: float) -> Clock:
    """The clock, running again from `at` on. The time since `closed_at`, if it was closed, is a stop: nobody could
    work on it. Without one it runs on as if it had never ended."""
    clock = msgspec.structs.replace(clock, ended_at=None)
    if closed_at is None:
        return clock
    since = _not_before(clock, closed_at)
    return msgspec.structs.replace(clock, stops=(*clock.stops, Stop(since=since, until=max(since, at), why="closed")))


def extended(
    clock: Clock, rule: ClockRule, calendar: Calendar, zone: tzinfo, *, amount: int, reason: str, at: float
) -> Clock | Refusal:
    """The clock with `amount` more time, in what the rule counts.

    The extension must come before the limit, with a reason, and within what the rule allows in all. The caller must
    tell the citizen before the old limit (law 4982, article 11)."""
    if clock.ended_at is not None:
        return Refusal(code="too_late", key="days", value=str(amount), allowed="the request has its outcome already")
    if rule.max_extension == 0:
        basis = f" ({rule.basis})" if rule.basis else ""
        return Refusal(
            code="not_allowed", key="days", value=str(amount), allowed=f'"{rule.id}" cannot be extended{basis}'
        )
    left = rule.max_extension - sum(in_force(clock, rule))
    if not 1 <= amount <= left:
        allowed = f"1 to {left} is allowed" if left > 0 else f"all {rule.max_extension} have been given already"
        return Refusal(code="not_allowed", key="days", value=str(amount), allowed=allowed)
    if not reason.strip():
        return Refusal(
            code="missing", key="reason", value="", allowed="must say why: the citizen is told before the old limit"
        )
    before = deadline(clock, rule, calendar, zone)
    if before.overdue(at):
        return Refusal(
            code="too_late", key="days", value=str(amount), allowed=f"the limit was {before.due}; extend it before that"
        )
    extension = Extension(amount=amount, reason=reason.strip(), at=at, rule=rule.id, counts=rule.counts)
    return msgspec.structs.replace(clock, extensions=(*clock.extensions, extension))


def _not_before(clock: Clock, at: float) -> float:
    """`at`, but never before what the clock has seen: the machine's time may have been set back."""
    if not clock.stops:
        return max(at, clock.started_at)
    last = clock.stops[-1]
    return max(at, last.since if last.until is None else last.until)
