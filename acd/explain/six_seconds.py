"""Whether a call met the target, and where the time went if it did not: as far as its own facts tell. Pure."""

from acd.engine.core import span
from acd.engine.model.facts import CallAnswered, CallEnded, OfferEnded
from acd.engine.model.target import waited_s, within_target
from acd.explain.reasons import Line
from acd.explain.words import Words

LEAST_S = 0.05
"""A part shorter than this is not told: it would be a 0.0 beside the others."""


class Target:
    """Tells one call. It notes the offers that came to nothing, for their ringing is a part of the wait."""

    def __init__(self, target_s: float, words: Words) -> None:
        self._target_s = target_s
        self._words = words
        self._vain_s = 0.0

    def note(self, fact: OfferEnded) -> None:
        """An offer is over."""
        if fact.result != "answered":
            self._vain_s += fact.ring_s

    def told(self, fact: CallAnswered | CallEnded) -> list[Line]:
        """Met or missed; nothing of a call that never waited. The parts add up to what the target is held against."""
        met, waited = within_target(fact, self._target_s), waited_s(fact)
        if met is None or waited is None:
            return []
        target = f"{self._target_s:g}"
        if met:
            return [("target_met" if isinstance(fact, CallAnswered) else "target_given_up", {"target": target})]
        over = self._words.seconds(max(0.0, waited - self._target_s))
        return [("target_missed", {"target": target, "over": over, "parts": ", ".join(self._parts(fact, waited))})]

    def _parts(self, fact: CallAnswered | CallEnded, waited: float) -> list[str]:
        wait = min(fact.wait_s or 0.0, waited)
        ring = min(fact.ring_s or 0.0, wait) if isinstance(fact, CallAnswered) else 0.0
        vain = min(self._vain_s, wait - ring)
        parts = {
            "part_menu": span(wait, waited),
            "part_queue": span(ring + vain, wait),
            "part_vain": vain,
            "part_pick_up": ring,
        }
        return [self._words.say(key, part=self._words.seconds(part)) for key, part in parts.items() if part >= LEAST_S]
