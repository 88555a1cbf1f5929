"""Calls that ended while they were with the dialplan or the standby, or were to be called back, remembered so that word
of them that comes later, by the standby's spool or of the end of their first channel, is known to be old."""

from acd.engine.core import Core
from acd.engine.ids import CallId

REMEMBER_S = 3600.0
"""The spool is read within seconds of being written, or else at our start before anything else."""


def remember(core: Core, call: CallId) -> None:
    """Such a call has ended. Those whose spool must have been read by now are forgotten with it."""
    lately = [one for one in core.state.strays_ended if one[1] > core.at - REMEMBER_S]
    core.state.strays_ended = [*lately, (call, core.at)]


def on_started(core: Core) -> None:
    """However long nobody was here to read the spool, it is read only now."""
    core.state.strays_ended = [(call, core.at) for call, _ in core.state.strays_ended]


def has_ended(core: Core, call: CallId) -> bool:
    """Whether a call is known to have ended so."""
    return any(one == call for one, _ in core.state.strays_ended)
