"""Facts of monitoring: a shift lead hears a talk, whispers to its agent, or speaks with both."""

from typing import Final, Literal

from acd.engine.model.fact_base import Fact
from acd.engine.model.ids import AgentId, CallId

MONITOR_CODE: Final = "*49"
"""What the lead's phone dials."""
MonitorMode = Literal["listen", "whisper", "barge"]
"""`listen`: the lead hears both, and nobody hears the lead. `whisper`: the agent hears the lead too. `barge`: both hear
the lead."""
Notice = Literal["privacy", "recording", "monitoring"]
"""`privacy`: where the notice of the data protection law (6698) is. `recording`: the talk is recorded. `monitoring`: it
may be monitored."""
MonitorWhy = Literal[
    "off", "no_talk", "no_notice", "own_talk", "taken", "no_phone", "phone_busy", "too_late", "no_wish"
]
"""Why a talk is not monitored. `off`: the line has no monitoring. `no_talk`: the call is in no talk now. `no_notice`:
the caller has not heard whole that talks may be monitored. `own_talk`: the lead is its agent. `taken`: another lead
monitors it. `no_phone`: the lead's extension is no phone of the line. `phone_busy`: that phone is in a call.
`too_late`: the wish came too late. `no_wish`: the phone dialled the code, and no lead has wished for it just before."""


class NoticeGiven(Fact, tag="notice_given", frozen=True, kw_only=True):
    """The caller has heard a notice to its end, at this time. Once for each notice of a call."""

    call: CallId
    notice: Notice = "monitoring"
    prompt: str = ""
    version: str = ""
    """Language and digest of the audio that was played, `tr-1f0c…`: another text or recording has another one. Empty
    where the line could not tell, and in journals from before."""


class MonitorGranted(Fact, tag="monitor_granted", frozen=True, kw_only=True):
    """The phone may dial the code once, until a time, and hears this call then."""

    call: CallId
    phone: AgentId
    person: str
    mode: MonitorMode
    until: float


class MonitorRefused(Fact, tag="monitor_refused", frozen=True, kw_only=True):
    """A wish or a dialled code came to nothing. Nobody hears anything."""

    phone: AgentId
    why: MonitorWhy
    call: CallId | None = None
    person: str = ""


class MonitorBegan(Fact, tag="monitor_began", frozen=True, kw_only=True):
    """A lead's phone hears a talk from now on."""

    call: CallId
    phone: AgentId
    person: str
    role: str
    mode: MonitorMode
    agent: AgentId
    """The agent who is heard."""
    leg: str
    """The channel of that agent's phone."""


class MonitorEnded(Fact, tag="monitor_ended", frozen=True, kw_only=True):
    """The lead's phone hears nothing any more."""

    call: CallId
    phone: AgentId
    person: str
    role: str
    mode: MonitorMode
    agent: AgentId
    lasted_s: float


MonitorFact = NoticeGiven | MonitorBegan | MonitorEnded
"""Those of a call. The other two belong to a lead's phone."""
