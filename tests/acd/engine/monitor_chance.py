"""Events of monitoring by chance: few phones and channels, so that they meet."""

import random
from typing import get_args

from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.monitor_events import MonitorDialled, MonitorEvent, MonitorOver, MonitorWished, NoticeHeard
from acd.engine.model.monitor_facts import MonitorMode, Notice


def monitor_event(rng: random.Random, at: float, call: CallId, agent: AgentId, leg: str) -> MonitorEvent:
    """One of them."""
    channel = rng.choice(("PJSIP/own", "PJSIP/ear", leg))
    wished = MonitorWished(
        at=at,
        call=call,
        phone=agent,
        person="sef",
        role="lead",
        mode=rng.choice(get_args(MonitorMode)),
        not_after=at + rng.choice((-1.0, 4.0, 4.0)),
    )
    dialled = MonitorDialled(at=at, phone=agent, channel=channel)
    over = MonitorOver(at=at, phone=agent, channel=channel)
    heard = NoticeHeard(at=at, call=call, notice=rng.choice(get_args(Notice)))
    return rng.choice((heard, wished, wished, dialled, dialled, over))
