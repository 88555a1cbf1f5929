"""A citizen with several requests under one parent hears their common outcome in one call.

The requests of a parent get the same outcome in the same words. Whoever made two of them would be rung, and asked for a
score, once for each."""

from collections.abc import Iterable

import msgspec

from tickets.outcome.plan import AttemptResult
from tickets.states import OUTCOMES
from tickets.ticket import TellWay, Ticket

_SPOKEN: frozenset[TellWay] = frozenset({"call", "automatic", "in_call", "declined"})
_MAY_BE_SPOKEN: frozenset[AttemptResult] = frozenset({"told", "told_in_part", "declined"})


class Relative(msgspec.Struct, frozen=True, kw_only=True):
    """Another request of the same citizen in the family of a parent, and how the last call about its outcome ended."""

    ticket: Ticket
    last: AttemptResult | None = None

    @property
    def is_told(self) -> bool:
        """Whether a call has told the citizen its outcome; else a person or the next step says so."""
        return self.ticket.state not in OUTCOMES


def told_with(ticket: Ticket, parent: Ticket, relatives: Iterable[Relative]) -> Relative | None:
    """The relative by which the citizen of a ticket has heard, or may have heard, its outcome; None if they are told
    by the ticket itself. `parent` may be the ticket, or one of the relatives too.

    The same words of an earlier round, before the parent was reopened, do not count, nor do words that were said before
    the ticket itself was reopened."""
    if parent.outcome_at is None:
        return None
    heard = [
        one
        for one in relatives
        if (one.ticket.outcome, one.ticket.words) == (ticket.outcome, ticket.words)
        and one.ticket.outcome_at is not None
        and one.ticket.outcome_at >= parent.outcome_at
        and (_was_told(one.ticket, ticket) if one.is_told else one.last in _MAY_BE_SPOKEN)
    ]
    return min(heard, key=lambda one: not one.is_told, default=None)


def _was_told(relative: Ticket, ticket: Ticket) -> bool:
    """Whether a call told the outcome of a relative after the ticket had it, or while it had none yet."""
    if relative.told_how not in _SPOKEN or relative.told_at is None or ticket.outcome_at is None:
        return False
    return relative.told_at >= ticket.outcome_at or ticket.outcomes == 1
