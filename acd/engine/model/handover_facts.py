"""Facts of a hand-over: an agent sends a caller to an outside body or to a person on duty, by the outgoing trunk."""

from typing import Final, Literal

from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import AgentId, CallId

HANDOVER: Final = "handover"
"""The extension by which Asterisk reports that a caller was handed over. No phone can dial it."""
HandOverWhy = Literal["off", "no_talk", "not_yours", "no_leg", "under_way", "number", "too_late"]
"""Why a caller is not handed over. `off`: there is no outgoing trunk. `no_talk`: no agent talks to the caller.
`not_yours`: another agent does. `no_leg`: the agent's channel is not known. `under_way`: they are being handed over.
`number`: the target's number must not be dialled. `too_late`: the wish came too late."""
HandOverResult = Literal["answered", "busy", "no_answer", "unreachable", "caller_gone", "failed", "not_made"]
"""What came of a hand-over. `failed`: nothing was heard of it. `not_made`: Asterisk did not let the caller leave the
talk, which goes on. Unless the target answered or the caller is gone, the caller is back."""


class HandOverRefused(Fact, tag="hand_over_refused", frozen=True, kw_only=True):
    """A wish came to nothing; the talk goes on."""

    call: CallId
    to: str
    why: HandOverWhy
    person: str = ""


class HandOverOrdered(Fact, tag="hand_over_ordered", frozen=True, kw_only=True):
    """Asterisk is told to hand the caller over. `to` is the target's name in the town's files; `person` wished it."""

    call: CallId
    to: str
    by: AgentId
    person: str = ""


class HandOverBegan(Fact, tag="hand_over_began", frozen=True, kw_only=True):
    """The caller has left the agent, and the target is rung for `within_s` seconds at most."""

    call: CallId
    to: str
    by: AgentId
    within_s: float


class HandOverEnded(Fact, tag="hand_over_ended", frozen=True, kw_only=True):
    """The target talks to the caller from now, or does not. `rang_s`: since it began, or since the order."""

    call: CallId
    to: str
    by: AgentId
    result: HandOverResult
    rang_s: float


HandOverFact = HandOverRefused | HandOverOrdered | HandOverBegan | HandOverEnded
