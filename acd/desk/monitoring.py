"""What the line answers to a lead's wish to monitor a talk, for the API."""

from collections.abc import Sequence
from typing import Final

from acd.engine.model.facts import AnyFact
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.monitor_events import MonitorWished
from acd.engine.model.monitor_facts import MONITOR_CODE, MonitorGranted, MonitorRefused, MonitorWhy
from console.ports import MonitorBy, Record, Refused, Unavailable

WORDS: Final[dict[MonitorWhy, str]] = {
    "off": "monitoring is off: set monitoring = true, and restart",
    "no_talk": "the call is in no talk now",
    "no_notice": "the caller has not heard whole that talks may be monitored, so nobody may listen",
    "own_talk": "you are the agent of this talk",
    "taken": "another lead monitors this talk",
    "no_phone": "your extension is no phone of the line: agents.toml needs it",
    "phone_busy": "your phone is in a call: hang up first",
    "too_late": "the line took the wish too late: try again",
    "no_wish": "no lead has wished for it just before",
}


def wish_of(call: str, by: MonitorBy, now: float, within_s: float) -> MonitorWished:
    """The wish as the line takes it. It is void after `within_s` seconds from `now` (Unix seconds)."""
    return MonitorWished(
        at=now,
        call=CallId(call),
        phone=AgentId(by.extension),
        person=by.who,
        role=by.role,
        mode=by.mode,
        not_after=now + within_s,
    )


def granted(call: str, facts: Sequence[AnyFact]) -> Record:
    """What the lead's phone dials, and until when. Raises `Refused` with the line's reason."""
    for fact in facts:
        if isinstance(fact, MonitorGranted):
            return {"id": call, "mode": fact.mode, "phone": fact.phone, "code": MONITOR_CODE, "until": fact.until}
        if isinstance(fact, MonitorRefused):
            raise Refused(WORDS[fact.why], key="monitor", value=fact.why)
    raise Unavailable("the line has not said whether the talk may be monitored: try again")
