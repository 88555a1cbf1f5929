"""One agent's part of a talk: its begin and its end. Each part gives exactly one `TalkEnded`, whatever happens to the
caller. The parts of a call add up to its talk time; waiting between two parts belongs to neither."""

from acd.engine.core import Core, milli, span
from acd.engine.model.facts import TalkEnded, TalkHow
from acd.engine.model.ids import OfferId
from acd.engine.model.page_facts import KeepingEndedWhy
from acd.engine.model.state import Agent, Call, Kept, Talk, Talked
from acd.engine.model.transitions import move_agent, move_call
from acd.engine.rules import (
    averages,
    kind_menu,
    line_faults,
    page_reload,
    recording,
    required_disposition,
    telling,
    wrapup,
)


def begin(core: Core, call: Call, agent: Agent, offer: OfferId, channel: str, how: TalkHow, at: float) -> Talk:
    """Begin a part of the talk as of `at`, but not before the end of another agent's part."""
    again = page_reload.is_again(call, agent)
    move_call(call, "talking")
    move_agent(agent, "talking")
    line_faults.forget(agent)
    line_faults.rings_again(core)
    agent.handled += not again
    began_at = at if call.talked is None else max(at, call.talked.ended_at)
    talk = Talk(offer=offer, agent=agent.profile.id, channel=channel, began_at=began_at, how=how)
    if again and call.kept is not None:
        talk.before_s = call.kept.talk_s
    recorded = recording.is_wanted(core, call)
    call.offer, call.talk = None, talk
    if call.queued is not None:
        call.queued.lined_up = ""
    kind_menu.begin(core, call)
    telling.begin(core, call, began_at)
    if not again:  # a pause of the recording goes on
        recording.talk_begins(core, call, wanted=recorded)
    page_reload.over(core, call, "back")
    return talk


def unhold(talk: Talk, at: float) -> None:
    """End the hold, if there is one."""
    if talk.hold_since is not None:
        talk.hold_s = milli(talk.hold_s + span(talk.hold_since, at))
        talk.hold_since = None


def end(core: Core, call: Call, talk: Talk, at: float, *, last: bool) -> Agent:
    """End the present agent's part as of `at`: they go into after-call work. `call.talked` has all finished parts then.
    `last`: nobody has the caller after them. The caller of this function must then set the call's phase and settle the
    agent."""
    agent = core.state.agents[talk.agent]
    after_work(core, call, agent, talk.before_s + _end_part(core, call, agent, talk, at), last=last)
    return agent


def interrupt(core: Core, call: Call, talk: Talk, at: float) -> Agent:
    """End the present part as of `at`, since the agent's page is gone: they are reserved for the caller, and have no
    after-call work yet. The caller of this function must then set the call's phase and refresh the agent."""
    agent = core.state.agents[talk.agent]
    _end_part(core, call, agent, talk, at)
    move_agent(agent, "reserved")
    return agent


def _end_part(core: Core, call: Call, agent: Agent, talk: Talk, at: float) -> float:
    """End the present agent's part. Returns its seconds."""
    if talk.over_by is not None:
        at = max(talk.began_at, min(at, talk.over_by))
    if talk.hold_since is not None:
        unhold(talk, at)
    if call.queued is not None and call.queued.kinds is not None:
        kind_menu.settle(core, call)
    talk_s = span(talk.began_at, at)
    call.talk = None
    call.rung[talk.agent] = talk.channel
    part = Talked(parts=1, talk_s=talk_s, hold_s=talk.hold_s, agent=talk.agent, leg=talk.channel, ended_at=at)
    if call.talked is None:
        call.talked = part
    else:
        add(call, part)
    if not call.attached:
        core.parted.append(call)
    core.emit(
        TalkEnded(
            at=at,
            call=call.id,
            agent=talk.agent,
            number=part.parts,
            how=talk.how,
            began_at=talk.began_at,
            talk_s=talk_s,
            hold_s=talk.hold_s,
        )
    )
    if talk.channel in agent.channels:
        agent.channels.remove(talk.channel)
    return talk_s


def after_work(core: Core, call: Call, agent: Agent, talk_s: float, *, last: bool) -> None:
    """The agent has talked to the caller for so long, and now goes into after-call work, or is idle if there is none.
    `last`: nobody has the caller after them. The caller of this function must then settle the agent."""
    state = core.state
    averages.learn(state.averages.talk, talk_s)
    if call.priority == "urgent":
        averages.learn(state.urgent_talk, talk_s)
    asks = last and required_disposition.asks(core, call, agent)
    if (state.config.wrapup_s > 0 or agent.owed or asks) and not agent.removed:
        wrapup.begin(core, agent, call.id, state.config.wrapup_s, asks=asks)
    else:
        wrapup.none(core, agent, call.id)


def keep_no_longer(core: Core, call: Call, kept: Kept, why: KeepingEndedWhy) -> Agent:
    """Keep the caller no longer for an agent whose page is gone, and who is not rung: the agent goes into after-call
    work. The caller of this function must then give the call another phase, or end it, and match the agent."""
    agent = core.state.agents[kept.agent]
    page_reload.over(core, call, why)
    after_work(core, call, agent, kept.talk_s, last=why == "caller_gone")
    core.refresh(agent)
    return agent


def add(call: Call, part: Talked) -> Talked:
    """Add a part that is over to those before it, which `part` has in it then."""
    before, call.talked = call.talked, part
    if before is not None:
        part.parts += before.parts
        part.talk_s, part.hold_s = milli(before.talk_s + part.talk_s), milli(before.hold_s + part.hold_s)
    return part
