"""Events of the calls by which citizens are told outcomes of their requests."""

from typing import Literal

from acd.engine.model.event_base import Event
from acd.engine.model.ids import CallId, NodeId, ServiceId

TalkStep = Literal[
    "hear", "agent", "wrong_number", "machine", "silence", "heard", "unsaid", "scored", "over", "no_calls"
]  # fmt: skip
"""What became of a part of an automatic call: the citizen wants to hear the outcome; wants an agent; is another person;
a machine answered, as far as that can be measured; nobody pressed a key; the words were said to their end; they
could not be said; the citizen gave a score; all is said; the citizen wants no calls about this request."""


class OutcomeCallWished(Event, tag="outcome_call_wished", frozen=True, kw_only=True):
    """The desk wants a citizen called about the outcome of their request: first an agent, then the citizen; or, if
    it is `automatic`, the citizen alone. A wish of the same name that came before is the same wish."""

    wish: str
    """Request, number of the outcome and of the try: `26-000123-3.1.2`."""
    number: str
    service: ServiceId
    language: str = "tr"
    made_at: float
    """When the desk made it, Unix seconds."""
    not_after: float | None = None
    """The citizen is not rung after this time."""
    node: NodeId = NodeId("")
    callable: str = ""
    """The line says these two: by which node, and the digits by which the citizen is called. Empty where they cannot
    be."""
    automatic: bool = False
    prompts: tuple[str, ...] = ()
    """What an automatic call says to tell the outcome, as prompts or paths of sound files."""
    whole: bool = True
    """Whether the unit's words are in it."""


class OutcomeTalked(Event, tag="outcome_talked", frozen=True, kw_only=True):
    """A part of an automatic call is over."""

    call: CallId
    step: TalkStep
    score: int = 0
    """1 to 5, if the step is `scored`."""
