"""Monitoring: a shift lead hears a talk, whispers to its agent, or speaks with both.

The lead wishes it at the desk, for one call and their own phone. The phone then dials the code within `DIAL_S` seconds,
once: without such a wish the code is refused, whoever dials it. The caller must have heard whole that talks may be
monitored. A phone that monitors makes no other call, so that nobody can be transferred to what it hears. Monitoring
ends with the agent's part of the talk; each begin and each end is a fact.
"""

from collections.abc import Collection, Mapping

from acd.engine.core import Core, span
from acd.engine.model.commands import EndMonitor
from acd.engine.model.ids import AgentId, CallId, NodeId
from acd.engine.model.monitor_events import MonitorDialled, MonitorOver, MonitorWished, NoticeHeard
from acd.engine.model.monitor_facts import (
    MonitorBegan,
    MonitorEnded,
    MonitorGranted,
    MonitorRefused,
    MonitorWhy,
    Notice,
    NoticeGiven,
)
from acd.engine.model.recording_events import RecordingNoticed
from acd.engine.model.state import Monitor, MonitorWish
from acd.engine.rules import page_reload

DIAL_S = 15.0
"""Seconds within which the lead's phone dials the code."""


def on_notice(core: Core, event: NoticeHeard) -> None:
    """Remember that the caller knows of it, and tell it once."""
    _noticed(core, event.call, event.notice, event.prompt, event.version)


def on_recording_noticed(core: Core, event: RecordingNoticed) -> None:
    """The same, as older lines said it of a recording."""
    _noticed(core, event.call, "recording", event.prompt)


def _noticed(core: Core, call_id: CallId, notice: Notice, prompt: str, version: str = "") -> None:
    call = core.state.calls.get(call_id)
    if call is None:
        return
    match notice:
        case "monitoring" if not call.noticed:
            call.noticed = True
        case "recording" if call.noticed_at is None:
            call.noticed_at = core.at
        case "privacy" if call.privacy_at is None:
            call.privacy_at = core.at
        case _:
            return
    core.emit(NoticeGiven(at=core.at, call=call.id, notice=notice, prompt=prompt, version=version))


def on_wished(core: Core, event: MonitorWished) -> None:
    """Let the lead's phone dial the code once. An earlier wish for that phone is replaced."""
    core.state.monitor_wishes.pop(event.phone, None)
    why = "too_late" if event.not_after <= core.at else _refusal(core, event.call, event.phone, "")
    if why is not None:
        refused = MonitorRefused(at=core.at, phone=event.phone, why=why, call=event.call, person=event.person)
        core.emit(refused)
        return
    wish = MonitorWish(call=event.call, person=event.person, role=event.role, mode=event.mode, until=core.at + DIAL_S)
    core.state.monitor_wishes[event.phone] = wish
    core.emit(
        MonitorGranted(
            at=core.at, call=wish.call, phone=event.phone, person=wish.person, mode=wish.mode, until=wish.until
        )
    )


def on_dialled(core: Core, event: MonitorDialled) -> None:
    """Begin, if a lead has wished for it. The wish is used up, also by a refusal."""
    wish = core.state.monitor_wishes.pop(event.phone, None)
    if wish is None or core.at > wish.until:
        core.emit(MonitorRefused(at=core.at, phone=event.phone, why="no_wish"))
        return
    why = _refusal(core, wish.call, event.phone, event.channel)
    if why is not None:
        core.emit(MonitorRefused(at=core.at, phone=event.phone, why=why, call=wish.call, person=wish.person))
        return
    talk = core.state.calls[wish.call].talk
    assert talk is not None, "_refusal has looked"
    core.state.monitors[event.phone] = Monitor(
        call=wish.call,
        person=wish.person,
        role=wish.role,
        mode=wish.mode,
        channel=event.channel,
        agent=talk.agent,
        began_at=core.at,
    )
    core.emit(
        MonitorBegan(
            at=core.at,
            call=wish.call,
            phone=event.phone,
            person=wish.person,
            role=wish.role,
            mode=wish.mode,
            agent=talk.agent,
            leg=talk.channel,
        )
    )


def on_over(core: Core, event: MonitorOver) -> None:
    """Asterisk has ended it."""
    over(core, event.phone, event.channel)


def opened(core: Core, phone: AgentId, channel: str) -> None:
    """A phone that monitors begins another call: the monitoring ends, so that the two cannot be joined."""
    monitor = core.state.monitors.get(phone)
    if monitor is not None and channel != monitor.channel:
        core.emit(EndMonitor(phone=phone, channel=monitor.channel))


def phone_gone(core: Core, phone: AgentId, endpoint: str) -> None:
    """A telephone that monitors is gone, such as a page that was closed, which says no goodbye: nobody hears the talk
    any more, and its agent must not be shown an ear. Without an endpoint it may be any of the phone's."""
    monitor = core.state.monitors.get(phone)
    if monitor is not None and (not endpoint or page_reload.is_of(monitor.channel, endpoint)):
        core.emit(EndMonitor(phone=phone, channel=monitor.channel))


def correct(core: Core, node: NodeId, seen: Mapping[AgentId, Collection[str]]) -> None:
    """End what Asterisk does not list. What it lists without a session of ours is ended by the adapter. `seen`: the
    channels of each phone of this node."""
    for phone in sorted(core.state.monitors):
        agent, channel = core.state.agents.get(phone), core.state.monitors[phone].channel
        is_of_node = agent is None or agent.profile.node == node
        if is_of_node and channel not in seen.get(phone, ()):
            over(core, phone, channel)


def _refusal(core: Core, call_id: CallId, phone: AgentId, channel: str) -> MonitorWhy | None:
    """Why this phone may not monitor this call now; None if it may. `channel` is the phone's own one of the code."""
    state = core.state
    call, agent = state.calls.get(call_id), state.agents.get(phone)
    if not state.config.monitoring:
        return "off"
    if call is None or call.talk is None or not call.talk.channel:
        return "no_talk"
    if not call.noticed:
        return "no_notice"
    if call.talk.agent == phone:
        return "own_talk"
    if agent is None:
        return "no_phone"
    if phone in state.monitors or any(one != channel for one in agent.channels):
        return "phone_busy"
    if any(one.call == call_id for one in state.monitors.values()):
        return "taken"
    return None


def over(core: Core, phone: AgentId, channel: str) -> None:
    """This channel of the phone is gone: if it monitored a talk, that is over."""
    monitor = core.state.monitors.get(phone)
    if monitor is None or monitor.channel != channel:
        return
    del core.state.monitors[phone]
    core.emit(
        MonitorEnded(
            at=core.at,
            call=monitor.call,
            phone=phone,
            person=monitor.person,
            role=monitor.role,
            mode=monitor.mode,
            agent=monitor.agent,
            lasted_s=span(monitor.began_at, core.at),
        )
    )
