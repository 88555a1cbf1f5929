"""The phones of each agent, told as one. Pure.

An agent has a telephone on the desk (`PJSIP/1001`) and, while their page is open in a browser, another in the page
(`PJSIP/1001-web`). The engine knows agents: an agent can be reached while any of their phones can, and is rung on one
of them, the page first. What the engine calls by the telephone's endpoint is dialled where the agent is now.
"""

from collections.abc import Iterable, Mapping

import msgspec

from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.event_base import DeviceState
from acd.engine.model.ids import AgentId


class AgentPhones:
    """Which phone of an agent is there. `phones` has every endpoint's agent; of an agent's endpoints the one that comes
    later is preferred."""

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
        """These endpoints can be reached, and no others."""
        self._there = set(there)

    def knows(self, endpoint: str, state: DeviceState) -> bool:
        """Whether this is what is known of an endpoint already."""
        return (endpoint in self._there) == (state == "available")

    def take(self, change: DeviceStateChanged) -> tuple[DeviceStateChanged, ...]:
        """What one phone's change means for its agent: nothing while another phone is rung anyway. Where the phone that
        would be rung has gone and another is left, the agent is away for a moment, so that a call which rings at the
        phone that is gone is offered anew."""
        before = self._rung(change.agent)
        (self._there.add if change.state == "available" else self._there.discard)(change.endpoint)
        after = self._rung(change.agent)
        if before is None or after is None:
            return () if before == after else (change,)
        if before == change.endpoint != after and change.state == "unavailable":
            return change, msgspec.structs.replace(change, endpoint=after, state="available")
        return ()

    def dialled(self, endpoint: str) -> str:
        """The endpoint to dial for an agent whom the engine calls by `endpoint`. The same one where no phone is known
        to be there: Asterisk then says so."""
        agent = self._agents.get(endpoint)
        return endpoint if agent is None else self._rung(agent) or endpoint

    def _rung(self, agent: AgentId) -> str | None:
        return next((endpoint for endpoint in self._of.get(agent, ()) if endpoint in self._there), None)
