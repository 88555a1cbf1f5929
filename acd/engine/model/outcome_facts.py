"""Facts about the calls by which citizens are told outcomes of their requests."""

from acd.engine.model.fact_base import Fact, OutcomeResult
from acd.engine.model.ids import CallId, ServiceId


class OutcomeDialled(Fact, tag="outcome_dialled", frozen=True, kw_only=True):
    """The line itself calls the citizen, without an agent: an automatic call."""

    call: CallId
    wish: str
    service: ServiceId


class OutcomeBegan(Fact, tag="outcome_began", frozen=True, kw_only=True):
    """The citizen is told the outcome from now: an agent talks to them, or the line begins to say the words. Whatever
    happens next, they are not called again about it by themselves."""

    call: CallId
    wish: str


class OutcomeCallOver(Fact, tag="outcome_call_over", frozen=True, kw_only=True):
    """What came of an automatic call, with the citizen's score. Not emitted where an agent has to say it."""

    call: CallId
    wish: str
    result: OutcomeResult
    score: int | None = None


OutcomeFact = OutcomeDialled | OutcomeBegan | OutcomeCallOver
