"""Facts of the messages that callers leave when no agent is free for them."""

from typing import Literal

from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import CallId

MessageWhy = Literal["asked", "timed_out", "closed", "no_agents"]
"""Why a caller may leave a message: by a key while waiting; or the line would have released them with this outcome."""
MessageResult = Literal["left", "none", "failed"]
"""`left`: there is a message. `none`: nothing, or too little, was said. `failed`: it could not be recorded."""
MessageRefusal = Literal["per_number", "per_hour", "withheld"]
"""Why a caller may leave no message: too many of the number; too many of all; too many of callers without a number."""


class MessageOffered(Fact, tag="message_offered", frozen=True, kw_only=True):
    """The caller is asked to speak after a tone. They are in no queue meanwhile, and keep their place if they had
    one."""

    call: CallId
    why: MessageWhy


class MessageOver(Fact, tag="message_over", frozen=True, kw_only=True):
    """What came of it: once for each `MessageOffered`."""

    call: CallId
    result: MessageResult
    spoken_s: float = 0.0
    """Seconds from the first sound to the last; 0 where only the time says that there is a message."""


class MessageRefused(Fact, tag="message_refused", frozen=True, kw_only=True):
    """The caller may leave no message, which they asked for, or could have left instead of being released."""

    call: CallId
    why: MessageRefusal


MessageFact = MessageOffered | MessageOver | MessageRefused
