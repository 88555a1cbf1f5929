"""Events about requests, and about the desk, which has them."""

from acd.engine.model.event_base import Event
from acd.engine.model.ids import CallId
from acd.engine.model.request_facts import HeardHow


class RequestTold(Event, tag="request_told", frozen=True, kw_only=True):
    """The line has told a caller the state of a request that was made before, or begins to."""

    call: CallId
    ticket: str
    how: HeardHow


class CallDisposed(Event, tag="call_disposed", frozen=True, kw_only=True):
    """A call has opened a request, or a person has said its disposition. It may be over long since."""

    call: CallId


class DeskSeen(Event, tag="desk_seen", frozen=True, kw_only=True):
    """A desk has connected to the line, or the last one is gone."""

    connected: bool


RequestEvent = RequestTold | CallDisposed | DeskSeen
