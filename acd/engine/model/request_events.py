"""Events about requests that were made before: a caller asks for one in the menu, or hears of it there."""

from acd.engine.model.event_base import Event
from acd.engine.model.ids import CallId
from acd.engine.model.request_facts import HeardHow


class RequestTold(Event, tag="request_told", frozen=True, kw_only=True):
    """The line has told a caller the state of a request, or begins to."""

    call: CallId
    ticket: str
    how: HeardHow
