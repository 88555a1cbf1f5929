"""Fairness among urgent callers: first-time callers come before repeat callers.

Anybody can press "urgent", and an autodialler does so all day. So an urgent call is a *repeat call* if its number has
another urgent call up, or had `urgent_calls_per_hour` of them within the last hour already. Callers without a number
count together, as one number with a limit of its own. A switchboard's calls are never repeat calls: many people share
its number.

A repeat caller comes after every first-time urgent caller and before every routine caller: their place in the queue
(`Queued.order`) lies behind `LATER`. Nobody is refused. If many repeat callers are on the line at once, the last idle
agents are kept for first-time callers: otherwise the repeat callers would keep every agent busy, whatever their places.
"""

from acd.engine.core import Core
from acd.engine.model.facts import RepeatWhy
from acd.engine.model.phone_numbers import e164
from acd.engine.model.state import Call, Queued

WINDOW_S = 3600.0
SWEEP_S = 60.0
"""Seconds between two removals of times older than the window."""
LATER = 2**40
"""Added to the place of a repeat caller. There are never so many places."""
WITHHELD = ""
"""Stands for the number of all callers without one."""

CROWD = 3
CROWD_SHARE = 4
"""Repeat callers are a crowd if there are `CROWD` of them or more, and one for each `CROWD_SHARE` agents on duty."""


def count(core: Core, call: Call, queued: Queued) -> None:
    """The caller has pressed "urgent": count the call and check whether it is a repeat call.

    Call it once for each call, before the call gets its place."""
    config, number = core.state.config, e164(call.number)
    if not config.urgent_calls_per_hour or queued.urgent_calls:
        return
    _sweep(core)
    since = core.at - WINDOW_S
    times = [at for at in core.state.urgent_calls.get(number, ()) if at > since]
    core.state.urgent_calls[number] = [*times, core.at]
    queued.urgent_calls = len(times) + 1
    if number not in config.switchboards:
        queued.repeat = _why(core, call, queued.urgent_calls)
    core.counted.add(call, queued)


def _why(core: Core, call: Call, urgent_calls: int) -> RepeatWhy:
    config = core.state.config
    if e164(call.number) == WITHHELD:
        return "withheld" if urgent_calls > config.urgent_calls_withheld else ""
    if core.counted.has_other(call):
        return "at_once"
    return "per_hour" if urgent_calls > config.urgent_calls_per_hour else ""


def place(queued: Queued, order: int) -> int:
    """The caller's place in a class, from the place that they had or would have as a first-time caller."""
    return order % LATER + (LATER if queued.repeat else 0)


def known(core: Core, call: Call, queued: Queued) -> int:
    """The number's urgent calls within the hour, including this one; 0 if the number identifies no caller: a withheld
    number, or a switchboard's."""
    if not queued.urgent_calls:  # of most calls: spares reading their number
        return 0
    number = e164(call.number)
    return 0 if number == WITHHELD or number in core.state.config.switchboards else queued.urgent_calls


def has_called(core: Core, call: Call, queued: Queued) -> bool:
    """Whether the caller is known to have called about something urgent within the last hour."""
    return known(core, call, queued) > 1


def vouch(core: Core, queued: Queued) -> None:
    """The caller is no repeat caller any more: an agent has talked to them and transfers them."""
    if queued.repeat:
        queued.repeat, queued.order = "", queued.order % LATER
        core.counted.repeats.discard(queued.call)


def wanted(core: Core) -> int:
    """How many idle agents are to be kept for first-time urgent callers: none without a crowd of repeat callers, and
    never the only agent on duty."""
    crowd, on_duty = len(core.counted.repeats), len(core.staffing)
    if crowd < CROWD or crowd * CROWD_SHARE < on_duty:
        return 0
    return max(0, min(core.state.config.first_time_agents, on_duty - 1))


def kept(core: Core) -> int:
    """How many idle agents are kept for first-time urgent callers in this turn.

    A smaller number counts only from the end of a turn on (`matching.after_turn`), so that earlier callers are matched
    first."""
    core.kept = max(core.kept, wanted(core))
    return core.kept


def is_limited(core: Core, queued: Queued) -> bool:
    """Whether a caller belongs to a crowd of repeat callers: they get only idle agents, and not the last ones."""
    return bool(queued.repeat) and kept(core) > 0


def _sweep(core: Core) -> None:
    """Forget calls of more than an hour ago, now and then."""
    state = core.state
    if core.at < state.urgent_calls_swept_at + SWEEP_S:
        return
    since = core.at - WINDOW_S
    state.urgent_calls_swept_at = core.at
    state.urgent_calls = {number: times for number, times in state.urgent_calls.items() if times[-1] > since}
