"""Counts the calls by which citizens are told outcomes. Labels are few words: no number, no request, no name."""

from collections.abc import Callable
from typing import Any, Final, Literal, get_args

from prometheus_client import CollectorRegistry, Counter

from acd.engine.model.fact_base import OutcomeResult
from acd.engine.model.facts import CallEnded, Fact, OutcomeBegan, OutcomeCallOver, OutcomeCallRefused, OutcomeDialled
from acd.engine.model.ids import OUTCOME_MARK, CallId
from acd.engine.model.state import State

Mode = Literal["agent", "automatic"]
MODES: Final[tuple[Mode, ...]] = get_args(Mode)
_OF_AGENTS: Final = {"called_back": "answered", "callback_failed": "not_reached", "callback_cancelled": "cancelled"}
"""By the outcome of the call: what an agent's call came to. In an automatic call `answered` means that an
agent answered, whom the citizen wanted."""


class OutcomeSeries:
    """A fold of facts."""

    def __init__(self, registry: CollectorRegistry) -> None:
        self.calls = Counter(
            "cozum_outcome_calls",
            "Calls by which citizens were to be told outcomes, by who made them and what came of it.",
            ("mode", "result"),
            registry=registry,
        )
        self.told = Counter(
            "cozum_outcomes_told",
            "Citizens who began to be told an outcome by telephone.",
            ("mode",),
            registry=registry,
        )
        self.scores = Counter(
            "cozum_outcome_scores", "Scores that citizens gave outcomes in such calls.", ("mode", "score"),
            registry=registry,
        )  # fmt: skip
        for mode in MODES:
            self.told.labels(mode)
            for result in (*_OF_AGENTS.values(), "refused"):
                self.calls.labels(mode, result)
            for score in range(1, 6):
                self.scores.labels(mode, str(score))
        for result in get_args(OutcomeResult):
            self.calls.labels("automatic", result)
        self._automatic: dict[CallId, bool] = {}
        """Automatic calls that are up, and whether their result has been counted."""

        self.state: dict[type[Fact], Callable[[Any], None]] = {OutcomeDialled: self.dialled}
        self.counters: dict[type[Fact], Callable[[Any], None]] = {
            OutcomeBegan: self.began,
            OutcomeCallOver: self.over,
            OutcomeCallRefused: self.refused,
        }
        """By fact, as in `Metrics`. `ended` is for each call's end."""

    def restore(self, state: State) -> None:
        """After a restart: the automatic calls that are up."""
        self._automatic = {call.id: False for call in state.calls.values() if call.telling is not None}

    def dialled(self, fact: OutcomeDialled) -> None:
        """An automatic call begins."""
        self._automatic[fact.call] = False

    def began(self, fact: OutcomeBegan) -> None:
        """A citizen is told."""
        self.told.labels(self._mode(fact.call)).inc()

    def over(self, fact: OutcomeCallOver) -> None:
        """What came of an automatic call, just before its end."""
        self._automatic[fact.call] = True
        self.calls.labels("automatic", fact.result).inc()
        if fact.score is not None:
            self.scores.labels("automatic", str(fact.score)).inc()

    def scored(self, score: int) -> None:
        """An agent has said the citizen's score."""
        self.scores.labels("agent", str(score)).inc()

    def ended(self, fact: CallEnded) -> None:
        """Any call has ended: an agent's counts, and an automatic one whose citizen wanted an agent."""
        if OUTCOME_MARK not in fact.call or fact.callback != "outcome":
            return
        mode = self._mode(fact.call)
        if not self._automatic.pop(fact.call, False):
            self.calls.labels(mode, _OF_AGENTS.get(fact.outcome, "answered")).inc()

    def refused(self, fact: OutcomeCallRefused) -> None:
        """Nobody was rung."""
        self.calls.labels("automatic" if fact.automatic else "agent", "refused").inc()

    def _mode(self, call: CallId) -> Mode:
        return "automatic" if call in self._automatic else "agent"
