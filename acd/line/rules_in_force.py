"""The rules that count now: those of the files, with the services that a shift lead gave an agent for the shift.

Such services last until the agent signs out, also over a reload and a start of the line. The agents' file stays as it
is. The journal has who was given other services, in the configuration of its last `ConfigChanged`
(`AgentProfile.for_shift`).
"""

from collections.abc import Callable, Sequence

from acd.config.rules import Rules
from acd.engine.model.config import AgentProfile, EngineConfig
from acd.engine.model.events import ConfigChanged
from acd.engine.model.facts import AgentStateChanged
from acd.engine.model.ids import AgentId
from acd.engine.model.journal import Entry
from acd.lib.clock import clock
from acd.line.opening_hours import APART_S, in_step
from acd.link.messages import AgentServicesWished


class RulesInForce:
    """Keeps them. `rules` are those that count now."""

    def __init__(self, rules: Rules, before: EngineConfig, post: Callable[[ConfigChanged], None]) -> None:
        """`rules` as the files have them; `before` is the configuration until now; `post` gives the engine another."""
        self._post = post
        self._filed: dict[AgentId, AgentProfile] = {}
        self.rules = self._read(rules, before)

    def begin(self, timezone: str) -> None:
        """Give the engine the first configuration."""
        moved = clock.ahead_s >= APART_S  # the journal has moved our time since the rules were read
        self._take(in_step(self.rules, timezone) if moved else self.rules)

    def read_anew(self, rules: Rules) -> None:
        """Take the rules of files that were read anew. Agents keep what they were given, as far as there still are
        such services."""
        self._take(self._read(rules, self.rules.config))

    def take_hours(self, rules: Rules) -> None:
        """Take the same rules with hours that reach further."""
        self._take(rules)

    def give_services(self, wish: AgentServicesWished) -> ConfigChanged:
        """Give an agent other services: the event that says so. Raises `BadConfig`."""
        self.rules = self.rules.with_services(wish.agent, wish.services)
        return ConfigChanged(at=clock(), config=self.rules.config)

    def follow(self, entries: Sequence[Entry]) -> None:
        """Agents who have signed out take what the file says again."""
        for entry in entries:
            for fact in entry.facts:
                if type(fact) is AgentStateChanged and fact.state == "offline":
                    self._signed_out(fact.agent)

    def _signed_out(self, agent: AgentId) -> None:
        now = next((profile for profile in self.rules.config.agents if profile.id == agent), None)
        if now is not None and now.for_shift:
            self._take(self.rules.with_profile(self._filed[agent]))

    def _take(self, rules: Rules) -> None:
        self.rules = rules
        self._post(ConfigChanged(at=clock(), config=rules.config))

    def _read(self, rules: Rules, before: EngineConfig) -> Rules:
        self._filed = {profile.id: profile for profile in rules.config.agents}
        known = {service.id for service in rules.config.services}
        for profile in before.agents:
            left = (profile.services | profile.skills.keys()) & known
            if profile.for_shift and left and profile.id in self._filed:
                rules = rules.with_services(profile.id, left)
        return rules
