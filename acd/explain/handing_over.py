"""A hand-over in words: the caller is handed over to an outside telephone, or comes back."""

from collections.abc import Callable

from acd.engine.model.handover_facts import (
    HandOverBegan,
    HandOverEnded,
    HandOverFact,
    HandOverOrdered,
    HandOverRefused,
)
from acd.engine.model.ids import AgentId
from acd.explain.words import Words


def handed_over(
    fact: HandOverFact, words: Words, named: Callable[[AgentId], str], to: str
) -> tuple[str, dict[str, object]]:
    """A key of the words, and what fills it. `named` names an agent, `to` says to whom the caller is handed over."""
    match fact:
        case HandOverRefused():
            return "handover_refused", {"to": to, "why": words.say(f"handover_why_{fact.why}")}
        case HandOverOrdered():
            return "handover_ordered", {"by": named(fact.by), "to": to}
        case HandOverBegan():
            within = words.seconds(fact.within_s)
            return "handover_began", {"by": named(fact.by), "to": to, "within": within}
        case HandOverEnded():
            return f"handover_{fact.result}", {"to": to, "rang": words.seconds(fact.rang_s)}
