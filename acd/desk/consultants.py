"""Which agent is asked when an agent consults a service before handing a caller over.

The agent is no caller's: nothing is queued and nobody is reserved. While the consultation rings, the agent's telephone
is in use, so that the line offers them nobody. Until it rings they still count as ready: an agent who was named a
moment ago is named last to the next agent who asks, who would else find them busy.
"""

import time
from collections.abc import Callable, Collection, Sequence

from acd.engine.index.skills import SkillSets, need_of
from acd.engine.model.config import EngineConfig
from console.ports import Record, Refused

NAMED_S = 5.0
"""Within so many seconds a telephone that is dialled at once is in use."""


class Consultants:
    """Chooses the agent who is asked, and remembers for five seconds whom it named."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._named: dict[str, float] = {}

    def choose(
        self, config: EngineConfig, agents: Sequence[Record], service: str, language: str, without: Collection[str]
    ) -> Record:
        """As `consultant`. Raises `Refused`."""
        now = self._clock()
        self._named = {agent: at for agent, at in self._named.items() if now - at < NAMED_S}
        chosen = consultant(config, agents, service, language, without, self._named)
        self._named[str(chosen["extension"])] = now
        return chosen


def consultant(
    config: EngineConfig,
    agents: Sequence[Record],
    service: str,
    language: str,
    without: Collection[str],
    named: Collection[str] = (),
) -> Record:
    """`extension` and `name` of a ready agent who can take the service's callers, not one of `without`: one who speaks
    the caller's language first, then as the line chooses (the file's order, or idle longest); of the backup tier if
    nobody else is ready; one of `named`, whose telephone will ring in a moment, if there is no other at all. `agents`:
    as the live view shows them. Raises `Refused`."""
    known = {str(one.id): one for one in config.services}
    if service not in known:
        raise Refused(f"there is no service {service!r}", key="service", value=service, allowed=sorted(known))
    sets = SkillSets(config.services)
    spoken = need_of(known[service], "", 0)._replace(language=language)
    need = spoken._replace(language="")  # who does not speak it can still say what is to be done
    skills = {str(one.id): sets.of(one) for one in config.agents}
    backup = {str(one.id) for one in config.agents if one.backup}
    places = {extension: place for place, extension in enumerate(skills)}

    def rank(agent: Record) -> tuple[bool, bool, bool, float, int]:
        extension = agent["extension"]
        since = 0.0 if config.strategy == "linear" else agent["since"]
        return extension in named, extension in backup, not skills[extension].takes(spoken), since, places[extension]

    able = [
        one
        for one in agents
        if one["state"] == "ready"
        and one["extension"] not in without
        and one["extension"] in skills
        and skills[one["extension"]].takes(need)
    ]
    if not able:
        raise Refused(
            f"no agent who takes {service} is ready and was not asked yet", key="service", value=service, allowed=[]
        )
    chosen = min(able, key=rank)
    return {"extension": chosen["extension"], "name": chosen["name"]}
