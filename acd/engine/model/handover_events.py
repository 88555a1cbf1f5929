"""Events of a hand-over: the desk's wish, and what Asterisk says of the outside telephone."""

from acd.engine.model.event_base import DialStatus, Event
from acd.engine.model.ids import AgentId, CallId


class HandOverWished(Event, tag="hand_over_wished", frozen=True, kw_only=True):
    """The desk wishes that a talking caller is handed over to a target of the town's files."""

    call: CallId
    to: str
    """The target's name there."""
    number: str
    """Its telephone number, as the town's files have it."""
    callable: str = ""
    """The digits to dial, which the line sets; empty if the number must not be dialled."""
    agent: AgentId | None = None
    """The only agent who may hand this caller over: the one who wishes it. None: any, since a lead wishes it."""
    person: str = ""
    not_after: float
    """Unix seconds after which the desk has given up."""


class OutsideAnswered(Event, tag="outside_answered", frozen=True, kw_only=True):
    """The target's telephone was answered: caller and target talk."""

    call: CallId


class OutsideFailed(Event, tag="outside_failed", frozen=True, kw_only=True):
    """The target's telephone was not answered; the dialplan brings the caller back. CANCEL: the caller hung up."""

    call: CallId
    status: DialStatus


HandOverEvent = HandOverWished | OutsideAnswered | OutsideFailed
