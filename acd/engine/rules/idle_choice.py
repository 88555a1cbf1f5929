"""Why an idle agent is chosen for a caller, and which other idle agents could have been. The choice itself is made in
`matching`.

Asked once an offer, from what the line-up of idle agents knows: it costs the number of skill sets, never that of
agents."""

from functools import partial
from typing import Final

from acd.engine.core import Core, span
from acd.engine.index.skills import Skills
from acd.engine.model.fact_base import ChosenBy
from acd.engine.model.state import Agent, Queued
from acd.engine.model.talk_facts import Choice
from acd.engine.rules import repeat_callers, urgent

NAMED: Final = 5
"""So many of the other agents are named in the fact of an offer."""


def choice(core: Core, queued: Queued, agent: Agent, why: ChosenBy | None = None, *, strategy: ChosenBy) -> Choice:
    """The choice of this agent, who is listed as idle, for a caller who is not offered yet. `why`: the reason if it is
    neither that nobody else was free nor the `strategy`."""
    idle_s, preferred = span(agent.shown_since, core.at), queued.preferred
    if preferred is not None and preferred.until is not None:  # nobody else could have had them
        why = why or "preferred"
        return Choice(why, _by(why, agent, idle_s), free=1)
    need, idle = core.need(queued), core.idle
    sizes = [(skills, count) for skills, count in idle.sizes() if skills.takes(need)]
    sizes += [(core.skills[one], -1) for one in set(queued.skipped) if one in idle and core.skills[one].takes(need)]
    free, held, among = sum(count for _, count in sizes), 0, None
    if _holds_back(core, queued):
        held = sum(count for skills, count in sizes if urgent.suffices(core, skills))
        among = partial(_can_take_no_urgent, core)
    free -= held
    others = idle.firsts(need, NAMED, (agent.profile.id, *queued.skipped), among) if free > 1 else ()
    why = why or (strategy if free > 1 else "only")
    return Choice(why, _by(why, agent, idle_s), free, others, held)


def _by(why: ChosenBy, agent: Agent, idle_s: float) -> float:
    """The number by which the agent was chosen."""
    match why:
        case "least_calls":
            return float(agent.handled)
        case "quickest":
            return agent.picks_up_s
        case "only" | "longest_idle" | "quick" | "not_held":
            return idle_s
        case _:
            return 0.0


def _holds_back(core: Core, queued: Queued) -> bool:
    """Whether the agents who can take urgent callers are held back from this one now."""
    if queued.priority == "urgent" and not repeat_callers.is_limited(core, queued):
        return False
    return urgent.holds_back(core) and not urgent.any_spare(core)


def _can_take_no_urgent(core: Core, skills: Skills) -> bool:
    return not urgent.suffices(core, skills)
