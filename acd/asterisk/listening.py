"""Legs on which Asterisk listens whether an agent is there, until they are heard. Pure.

The dialplan says for which legs it listens; for all others an answer is an answer. What is not known, after a lost
connection, counts as not listened to.
"""

import msgspec

from acd.engine.model.agent_events import AgentChannelClosed
from acd.engine.model.events import AgentHeard, AnyEvent, LegGone, OfferAnswered


class Listening:
    """Marks the answers on such legs, and lets each leg's first sign of the agent through."""

    def __init__(self) -> None:
        self._legs: set[str] = set()

    def begin(self, leg: str) -> None:
        """Asterisk listens on a leg from now on."""
        self._legs.add(leg)

    def clear(self) -> None:
        """The connection is lost: what was heard since is not known."""
        self._legs.clear()

    def take(self, event: AnyEvent) -> AnyEvent | None:
        """The event as the engine is to have it; None if it is of no interest."""
        if not self._legs:
            return None if type(event) is AgentHeard else event
        if isinstance(event, OfferAnswered) and event.channel in self._legs:
            return msgspec.structs.replace(event, listens=True)
        if isinstance(event, AgentHeard):
            if event.channel not in self._legs:
                return None
            self._legs.discard(event.channel)
        elif isinstance(event, LegGone | AgentChannelClosed):
            self._legs.discard(event.channel)
        return event
