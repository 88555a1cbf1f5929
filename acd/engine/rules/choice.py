"""What the engine says of a choice when it makes it: why this agent, and why this caller before another one.

The choice itself is made in `matching`. The fact of an offer has the reason (`OfferMade`), so that no reader works it
out anew."""

from typing import Final, Literal

from acd.engine.core import Core, span
from acd.engine.index.queues import RANK
from acd.engine.model.config import ServiceClass
from acd.engine.model.state import Agent
from acd.engine.model.talk_facts import Choice
from acd.engine.rules.repeat_callers import LATER

OWN: Final = Choice("own")
SENT: Final = Choice("sent")
PAGE_BACK: Final = Choice("page_back")
HANDED_BACK: Final = Choice("handed_back")
RINGING: Final = Choice("ringing")
BACKUP: Final = Choice("backup")
FREED: Final = Choice("freed")
FOR_AGENT: Final = frozenset(why.chosen for why in (OWN, SENT, PAGE_BACK, HANDED_BACK))
"""By these reasons the caller is for this agent and no other one."""


def from_wrapup(core: Core, agent: Agent) -> Choice:
    """The agent is taken from after-call work."""
    return Choice("wrapup", span(agent.shown_since, core.at))


Lead = Literal["class", "put", "first_time", "came", "points"]
"""In what a caller is before another one: in the class; put first by the shift lead; no repeat caller; the earlier
place; more points."""


def lead(priority: ServiceClass, order: int, other: ServiceClass, other_order: int) -> Lead:
    """In what a caller who was offered an agent was before another one who could have had the agent; each of them by
    class and place. They are compared in the order in which `Waiting.best_for` does it."""
    if RANK[priority] < RANK[other]:
        return "class"
    if order < 0 <= other_order:
        return "put"
    if priority == "urgent" and order < LATER <= other_order:
        return "first_time"
    return "came" if order < other_order else "points"
