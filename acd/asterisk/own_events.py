"""The events that our own dialplan sends to the manager, by `UserEvent`."""

from acd.asterisk.channel_names import AmiEvent
from acd.lib.refused_calls import REFUSALS, Refusal

REFUSED_EVENT = "CozumRefused"
"""The dialplan's own event for a call above a cap."""
LISTENS_EVENT = "CozumListens"
"""The dialplan's own event for an agent's leg on which Asterisk listens whether somebody speaks."""


def refusal_of(event: AmiEvent) -> Refusal | None:
    """The reason for which the dialplan refused a call before its answer, if the event is about that. `Why` is the
    dialplan's own word; no part of it comes from the caller."""
    if event.get("Event") != "UserEvent" or event.get("UserEvent") != REFUSED_EVENT:
        return None
    return REFUSALS.get(event.get("Why", ""))


def listens_on(event: AmiEvent) -> str:
    """The agent's leg on which Asterisk listens from now on, if the event is about that; else empty."""
    if event.get("Event") != "UserEvent" or event.get("UserEvent") != LISTENS_EVENT:
        return ""
    return event.get("Channel", "")
