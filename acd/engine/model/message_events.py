"""Events of the messages that callers leave when no agent is free for them."""

from typing import Literal

from acd.engine.model.event_base import Event
from acd.engine.model.ids import CallId

MessageStep = Literal["began", "kept", "said", "none", "failed"]
"""What became of a part of it. `began`: the tone was heard, and what is said is recorded from now. `kept`: the message
is on the disk. `said`: the caller has heard what follows from it. `none`: nothing, or too little, was said. `failed`:
it could not be recorded."""


class MessageTalked(Event, tag="message_talked", frozen=True, kw_only=True):
    """A part of a caller's message is over."""

    call: CallId
    step: MessageStep
    spoken_s: float = 0.0
    """Seconds from the first sound to the last; 0 if no message is kept."""
