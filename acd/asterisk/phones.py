"""Combines the phones of each agent into one. Pure.

An agent has a telephone on the desk (`PJSIP/1001`) and, while their page is open in a browser, another in the page
(`PJSIP/1001-web`). The engine knows agents only: an agent can be reached while one of their phones can, and one phone
rings, the page first. The engine names the telephone's endpoint; the adapter dials the phone that the agent uses now.
"""

from collections.abc import Iterable, Mapping

import msgspec

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.event_base import DeviceState
from acd.engine.model.ids import AgentId


class AgentPhones:
    """Which phones of each agent can be reached. `phones` has the agent of every endpoint; a later endpoint of an agent
    is preferred."""

    def __init__(self, phones: Mapping[str, AgentId], there: Iterable[str] = ()) -> None:
        self._of: dict[AgentId, list[str]] = {}
        for endpoint, agent in phones.items():
            self._of.setdefault(agent, []).insert(0, endpoint)
        self._agents = dict(phones)
        self._there = set(there)

    @property
    def there(self) -> frozenset[str]:
        """The endpoints that can be reached."""
        return frozenset(self._there)

    def reset(self, there: Iterable[str]) -> None:
        """Set the endpoints that can be reached."""
        self._there = set(there)

    def knows(self, endpoint: str, state: DeviceState) -> bool:
        """Whether this state of an endpoint is known already."""
        return (endpoint in self._there) == (state == "available")

    def take(self, change: DeviceStateChanged) -> tuple[DeviceStateChanged, ...]:
        """Translate one phone's change into events about its agent; none while another phone is preferred. If the
        preferred phone is gone and another is left, the agent is away for a moment, so that a call which rang at the
        lost phone is offered anew. That the preferred phone is back is told too: a caller may be kept for it."""
        if self.knows(change.endpoint, change.state):
            return ()
        before = self._rung(change.agent)
        (self._there.add if change.state == "available" else self._there.discard)(change.endpoint)
        after = self._rung(change.agent)
        if before is None or after is None:
            return () if before == after else (change,)
        if before == change.endpoint != after and change.state == "unavailable":
            return change, msgspec.structs.replace(change, endpoint=after, state="available")
        return (change,) if before != change.endpoint == after else ()

    def dialled(self, endpoint: str) -> str:
        """The endpoint to dial for an agent with this `endpoint`. The same endpoint if no phone is known to be there:
        Asterisk then reports that."""
        agent = self._agents.get(endpoint)
        return endpoint if agent is None else self._rung(agent) or endpoint

    def _rung(self, agent: AgentId) -> str | None:
        return next((endpoint for endpoint in self._of.get(agent, ()) if endpoint in self._there), None)
