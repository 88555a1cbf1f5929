"""The line's target: how soon a caller should speak to a person, and which calls met it.

A routine caller's clock runs from the queue's entry, an urgent one's from the line's answer: the menu is part of their
wait. One who hangs up before the target is not one whom the line has failed.
"""

from typing import Final

from acd.engine.model.facts import CallAnswered, CallEnded

TARGET_S: Final = 6.0
"""The setting `target_wait_s`, where nobody says otherwise."""


def waited_s(fact: CallAnswered | CallEnded) -> float | None:
    """Seconds that the target is held against: to the answer, or to the end of who was not answered. None where the
    call never waited: nobody who is called about an outcome does."""
    if fact.priority == "outcome":
        return None
    if fact.priority != "urgent":
        return fact.wait_s
    if fact.answer_delay_s is not None or fact.wait_s is None:
        return fact.answer_delay_s
    return None if isinstance(fact, CallAnswered) else round(max(0.0, fact.ended_at - fact.arrived_at), 3)


def within_target(fact: CallAnswered | CallEnded, target_s: float) -> bool | None:
    """Whether a call met the target: answered within it, or given up before it. None where the call never waited.

    Whom the line lets go unserved was failed however soon. The class is the one at the answer; of a call that was
    answered, ask the fact that says so: a transfer may change the class afterwards."""
    waited = waited_s(fact)
    if waited is None:
        return None
    if isinstance(fact, CallAnswered) or fact.answered_at is not None:
        return waited <= target_s
    return fact.outcome == "abandoned" and waited < target_s
