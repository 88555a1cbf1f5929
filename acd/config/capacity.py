"""How many calls the line takes at once.

Each channel has a pair of RTP ports. A call has its pair before the dialplan can refuse it, and an agent's phone needs
one for its leg. When the pairs run out, no agent can be rung, whoever waits. So the calls from the trunk are capped
below what leaves every agent a leg, with some pairs to spare for calls that are just being refused. Few ports lower the
cap; they never stop the start.

A caller who comes when all those places are taken is asked whether it is urgent, and let go otherwise. A few of the
spare pairs are for that; a caller who comes when these are taken too hears busy.
"""

from dataclasses import dataclass

from acd.config.settings import Settings

SPARE_SHARE = 10
"""One pair in so many is left to calls that are just being refused. A refusal takes some milliseconds."""
LEAST_SPARE = 2
ASKED_SHARE = 3
"""One of so many pairs to spare is for a caller above the cap, who is only asked whether it is urgent. Where there are
more agents than pairs for them, such a caller may have an agent's leg besides: two pairs of three."""
EMERGENCY_SHARE = 10
"""One place in so many is kept for callers who have not been asked yet whether it is urgent."""
LEAST_EMERGENCY = 3
WITHHELD_SHARE = 4
"""All callers without a number together may have one place in so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """What the line takes. All but `per_second` count calls that are up at once."""

    pairs: int
    """Pairs of RTP ports."""
    agents: int
    calls: int
    """Calls from the trunk."""
    asked: int
    """So many more callers, who are only asked whether it is urgent. A caller who says so stays."""
    calls_by_ports: int
    """The same as far as the ports go; less than `calls` never is."""
    emergency: int
    """Of `calls`, the places that routine callers who queue leave free."""
    per_number: int
    """Calls of one number; switchboards that are listed have no such cap."""
    withheld: int
    """Calls without a number, all together."""
    per_second: int
    """New calls in one second."""


def capacity(settings: Settings, agents: int) -> Capacity:
    """What the line takes with these settings and so many agents."""
    pairs = settings.rtp_end // 2 - (settings.rtp_start + 1) // 2 + 1
    spare = max(LEAST_SPARE, pairs // SPARE_SHARE)
    left = pairs - spare
    # An agent has a leg only while a caller has a place: with more agents than callers half of the pairs are enough.
    by_ports = max(1, left - agents, left // 2)
    calls = min(by_ports, settings.max_calls or by_ports)
    emergency = settings.emergency_places or max(LEAST_EMERGENCY, calls // EMERGENCY_SHARE)
    return Capacity(
        pairs=pairs,
        agents=agents,
        calls=calls,
        calls_by_ports=by_ports,
        asked=spare // ASKED_SHARE,
        emergency=min(emergency, calls // 2),
        per_number=min(calls, settings.max_calls_per_number),
        withheld=min(calls, settings.max_calls_withheld or max(1, calls // WITHHELD_SHARE)),
        per_second=settings.max_calls_per_second,
    )
