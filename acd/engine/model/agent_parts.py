"""The optional parts of an agent: present after-call work, and what is owed of earlier work."""

import msgspec

from acd.engine.model.ids import CallId


class Wrapup(msgspec.Struct, kw_only=True, gc=False):
    """The present after-call work of an agent, with owed work."""

    call: CallId
    since: float
    until: float
    """When it is over by itself; later if it `asks`."""
    worked_s: float = 0.0
    """Done for this call before it was interrupted."""
    asks: bool = False
    """Whether it goes on until the call has a request or a disposition, or the agent says that they are ready."""
    said_at: float = 0.0
    """When the call had it."""


class Owed(msgspec.Struct, kw_only=True, gc=False):
    """After-call work that an urgent call interrupted: `worked_s` done, `left_s` to do."""

    call: CallId
    worked_s: float
    left_s: float
    asks: bool = False
    """As in `Wrapup`."""
