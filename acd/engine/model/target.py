"""The line's target: how soon a caller should speak to a person, and which calls met it.

A routine caller's wait counts from entering the queue, an urgent caller's from the line's answer: the menu is part of
it. A caller who hangs up before the target is no failure of the line.
"""

from typing import Final

from acd.engine.model.config import ServiceClass
from acd.engine.model.facts import CallAnswered, CallEnded

TARGET_S: Final = 6.0
"""The default of the setting `target_wait_s`, in seconds."""


def counts_from(priority: ServiceClass | None, arrived_at: float, queued_at: float | None) -> float | None:
    """From when the wait of a caller counts that is compared with the target. None if they have not waited yet, and for
    a citizen who is called about an outcome."""
    if priority == "outcome" or queued_at is None:
        return None
    return arrived_at if priority == "urgent" else queued_at


def waited_s(fact: CallAnswered | CallEnded) -> float | None:
    """Seconds that are compared with the target: to the answer, or to the end of an unanswered call. A caller who hung
    up and was called back in vain had waited until they hung up; the call ends much later. None if the call never
    waited, and for a citizen who is called about an outcome."""
    if fact.priority == "outcome":
        return None
    if fact.priority != "urgent":
        return fact.wait_s
    if fact.answer_delay_s is not None or fact.wait_s is None:
        return fact.answer_delay_s
    if isinstance(fact, CallAnswered):
        return None
    over_at = fact.ended_at
    if fact.callback == "abandoned" and fact.queued_at is not None:
        over_at = fact.queued_at + fact.wait_s
    return round(max(0.0, over_at - fact.arrived_at), 3)


def within_target(fact: CallAnswered | CallEnded, target_s: float) -> bool | None:
    """Whether a call met the target: answered within it, or given up before it. None if the call never waited.

    A caller whom the line releases unserved did not meet it, however soon that was. Give the class at the answer, from
    the fact of the answer: a transfer may change the class later."""
    waited = waited_s(fact)
    if waited is None:
        return None
    if isinstance(fact, CallAnswered) or fact.answered_at is not None:
        return waited <= target_s
    return fact.outcome == "abandoned" and waited < target_s
