"""A shorter ring for urgent callers while another agent is idle: an agent who does not answer costs them less time.

Without another agent the phone rings for the usual time: giving up would only lose the ring.
"""

from typing import Annotated

import msgspec

from acd.engine.core import Core
from acd.engine.model.facts import OfferMade
from acd.engine.model.state import Agent, Queued
from acd.engine.rules.declared import Declared, RuleSettings, Told, settings_of


class UrgentRing(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    urgent_ring_s: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=300,
            description="how long a phone rings for an urgent caller while another agent is idle; 0: as ring_s",
        ),
    ] = 0.0


def _rings_shortly(fact: OfferMade) -> Told | None:
    return None if fact.rings_s is None else Told("rings_shortly", seconds={"ring": fact.rings_s})


RULE: Declared = Declared(
    settings=UrgentRing,
    words={
        "en": {"rings_shortly": "rings for {ring} at most: another agent is idle"},
        "tr": {"rings_shortly": "en çok {ring} çalıyor: başka bir görevli boşta"},
    },
    tells={OfferMade: _rings_shortly},
)


def ring_s(core: Core, queued: Queued, agent: Agent) -> float:
    """Seconds for which the agent's phone rings for this caller."""
    usual_s = core.state.config.ring_s
    if queued.priority != "urgent":
        return usual_s
    shorter_s = settings_of(core, UrgentRing).urgent_ring_s
    return shorter_s if 0 < shorter_s < usual_s and _another(core, queued, agent) else usual_s


def _another(core: Core, queued: Queued, agent: Agent) -> bool:
    """Whether another idle agent could take the caller."""
    return bool(core.idle.firsts(core.need(queued), 1, (agent.profile.id, *queued.skipped)))
