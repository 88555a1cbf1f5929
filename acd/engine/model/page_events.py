"""Events of agents' pages in the browser."""

from acd.engine.model.event_base import Event
from acd.engine.model.ids import CallId


class PageSilent(Event, tag="page_silent", frozen=True, kw_only=True):
    """A page whose registration had ended sends no sound in the talk any more, since `late_s` seconds ago: it was
    reloaded or closed."""

    call: CallId
    channel: str
    """The agent's leg."""
    there: bool = False
    """Whether the page is registered again."""
