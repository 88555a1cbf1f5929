"""Events of monitoring: a shift lead wishes to hear a talk, and their phone dials the code for it."""

from acd.engine.model.event_base import Event
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.monitor_facts import MonitorMode, Notice


class NoticeHeard(Event, tag="notice_heard", frozen=True, kw_only=True):
    """The caller has heard a notice to its end."""

    call: CallId
    notice: Notice = "monitoring"
    prompt: str = ""
    """By which it was said; empty in journals of a line that knew no other notice."""
    version: str = ""
    """Which version of the prompt's audio that was, as `NoticeGiven` has it."""


class MonitorWished(Event, tag="monitor_wished", frozen=True, kw_only=True):
    """A shift lead wishes to hear a talk by their phone. The desk has checked the person's role and extension."""

    call: CallId
    phone: AgentId
    """The lead's extension."""
    person: str
    role: str
    mode: MonitorMode
    not_after: float
    """The desk has given the wish up by this time, Unix seconds."""


class MonitorDialled(Event, tag="monitor_dialled", frozen=True, kw_only=True):
    """A phone has dialled the code."""

    phone: AgentId
    channel: str


class MonitorOver(Event, tag="monitor_over", frozen=True, kw_only=True):
    """Asterisk has ended the monitoring, or could not begin it."""

    phone: AgentId
    channel: str


MonitorEvent = NoticeHeard | MonitorWished | MonitorDialled | MonitorOver
