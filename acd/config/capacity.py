"""How many calls the line accepts at once.

Each channel has a pair of RTP ports. A call has its pair before the dialplan can refuse it, and an agent's phone needs
a pair for its leg. When the pairs run out, no agent can be rung. So the cap on calls from the trunk leaves a pair for
every agent, and some spare pairs for calls that are being refused. Few ports lower the cap; they never stop the start.

A caller who comes when all these places are taken is asked whether the call is urgent, and is released if not. A few of
the spare pairs are for that; a caller who comes when these are taken too hears busy.
"""

from dataclasses import dataclass

from acd.config.settings import Settings

SPARE_SHARE = 10
"""One pair in so many is spare, for calls that are being refused. A refusal takes some milliseconds."""
LEAST_SPARE = 2
ASKED_SHARE = 3
"""One spare pair in so many is for a caller above the cap, who is only asked whether the call is urgent. If there are
more agents than pairs for them, such a caller may also need an agent's leg: two pairs of three."""
EMERGENCY_SHARE = 10
"""One place in so many is kept for callers who have not been asked yet whether the call is urgent."""
LEAST_EMERGENCY = 3
WITHHELD_SHARE = 4
"""All callers without a number together may use one place in so many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capacity:
    """How many calls the line accepts. All fields but `per_second` count calls at once."""

    pairs: int
    """Pairs of RTP ports."""
    agents: int
    calls: int
    """The cap on calls from the trunk."""
    asked: int
    """So many callers above the cap, who are only asked whether the call is urgent. An urgent caller stays."""
    calls_by_ports: int
    """The cap that the ports allow; never less than `calls`."""
    emergency: int
    """Places of `calls` that queueing routine callers leave free."""
    per_number: int
    """Calls from one number; listed switchboards have no such cap."""
    withheld: int
    """Calls without a number, all together."""
    per_second: int
    """New calls in one second."""


def capacity(settings: Settings, agents: int) -> Capacity:
    """The capacity with these settings and so many agents."""
    pairs = settings.rtp_end // 2 - (settings.rtp_start + 1) // 2 + 1
    spare = max(LEAST_SPARE, pairs // SPARE_SHARE)
    left = pairs - spare
    # An agent has a leg only while a caller has a place, so with more agents than callers half of the pairs are enough.
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
