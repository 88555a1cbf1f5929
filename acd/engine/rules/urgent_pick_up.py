"""Quick phones for urgent callers: of the idle agents, those who pick up soon come first.

The agent who is idle longest may be the one whose phone rings for nine seconds. For an urgent caller, agents who pick
up within a second or so of the quickest are equals, and of these the one idle longest is rung; the others wait for
routine calls. What counts is how long an agent's phone has rung lately (`averages.pick_up_s`).
"""

from typing import Annotated

import msgspec

from acd.engine.core import Core
from acd.engine.index.skills import Need
from acd.engine.model.state import Agent, Queued
from acd.engine.rules.averages import pick_up_s
from acd.engine.rules.declared import Declared, RuleSettings, settings_of


class UrgentPickUp(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    urgent_pick_up_s: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=60,
            description="of idle agents, an urgent caller has the one idle longest of those who pick up within so many "
            "seconds of the quickest; 0: as strategy says",
        ),
    ] = 0.0


RULE: Declared = Declared(
    settings=UrgentPickUp,
    shipped={"urgent_pick_up_s": 1.0},
    words={
        "en": {"offer_quick": "offered to {agent}, idle longest ({idle}) of those of {count} free who pick up soonest"},
        "tr": {
            "offer_quick": "sunulduğu: {agent}; boştaki {count} görevliden telefonunu en çabuk açanlar içinde en uzun "
            "süredir boşta olan ({idle})"
        },
    },
)


def counts_for(core: Core, queued: Queued) -> bool:
    """Whether the agents who pick up soonest come first for this caller."""
    return queued.priority == "urgent" and settings_of(core, UrgentPickUp).urgent_pick_up_s > 0


def first_for(core: Core, queued: Queued, need: Need) -> Agent | None:
    """The idle agent a caller should have among those who can take them and have not let them pass."""
    if not counts_for(core, queued):
        return core.idle.first_for(queued, need)
    within_s = settings_of(core, UrgentPickUp).urgent_pick_up_s
    suited = [
        (agent, pick_up_s(core, agent))
        for skills, agents in core.idle.lines()
        if skills.takes(need)
        for agent in agents
        if agent.profile.id not in queued.skipped
    ]
    if not suited:
        return None
    longest_s = min(ring_s for _, ring_s in suited) + within_s
    return min((agent for agent, ring_s in suited if ring_s <= longest_s), key=lambda agent: agent.order)
