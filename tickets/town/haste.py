"""Topics that cannot wait, and their clocks. A priority alone makes nobody come sooner: the clock does."""

from tickets.clock.rules import ClockRules, clock_for
from tickets.town.model import Topic, Town


def counts_days(topic: Topic, clocks: ClockRules) -> bool:
    """Whether a topic of priority high has a clock that counts days."""
    return topic.priority == "high" and clock_for(clocks, topic.kind, topic.clock).counts != "minutes"


def high_in_days(town: Town) -> list[str]:
    """Those topics, without the ones whose file says why days are soon enough."""
    return [one.id for one in town.topics.values() if counts_days(one, town.clocks) and not one.why_days]
