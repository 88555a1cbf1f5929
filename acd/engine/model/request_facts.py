"""Facts about requests that were made before."""

from typing import Literal

from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import CallId

HeardHow = Literal["number", "own", "unasked"]
"""`number`: the caller asked for it by its number. `own`: they asked for the requests of their own telephone number.
`unasked`: it is the only open one of that number, and they heard whole what the menu says of it."""


class RequestHeard(Fact, tag="request_heard", frozen=True, kw_only=True):
    """The caller asked the line for the state of a request, or heard it without asking. It may come again in the
    same call."""

    call: CallId
    ticket: str
    how: HeardHow
