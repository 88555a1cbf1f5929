"""Remembers ended calls, so that late events about them never begin them again.

A late event is a connection for a channel that hung up before we accepted it, or the end of a call that the standby or
the channel log reports a second time.
"""

from acd.engine.core import Core
from acd.engine.model.ids import CallId
from acd.engine.model.state import EndedLately

SPOOL_S = 3600.0
"""Seconds for which a call of the standby is remembered. The line reads the spool within seconds, or at its start
before anything else."""
LATELY_S = 30.0
"""Any other call is remembered for one to two times so many seconds: no connection waits longer to be accepted."""


def remember(core: Core, call: CallId, *, spooled: bool) -> None:
    """Remember that a call has ended. `spooled`: the standby may report it as well."""
    state = core.state
    if spooled:
        lately = [one for one in state.orphans_ended if one[1] > core.at - SPOOL_S]
        state.orphans_ended = [*lately, (call, core.at)]
        return
    ended = state.ended_lately
    if core.at >= ended.since + LATELY_S:
        quiet = core.at >= ended.since + 2 * LATELY_S
        ended.before, ended.calls, ended.since = set() if quiet else ended.calls, set(), core.at
    ended.calls.add(call)


def on_started(core: Core) -> None:
    """Keep all remembered calls for their full time again, however long the engine was away: the spool and the log are
    read only now."""
    state = core.state
    state.orphans_ended = [(call, core.at) for call, _ in state.orphans_ended]
    lately = state.ended_lately
    state.ended_lately = EndedLately(since=core.at, calls=lately.calls | lately.before)


def has_ended(core: Core, call: CallId) -> bool:
    """Whether a call is known to have ended."""
    lately = core.state.ended_lately
    return call in lately.calls or call in lately.before or any(one == call for one, _ in core.state.orphans_ended)
