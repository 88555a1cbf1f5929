"""One agent's part of a talk: it begins, and it ends. Whatever becomes of the caller, each part is told once, by
`TalkEnded`, and the parts of a call add up to its talk: what is waited between two of them is in neither."""

from acd.engine.core import Core, milli, span
from acd.engine.model.facts import TalkEnded, TalkHow
from acd.engine.model.ids import OfferId
from acd.engine.model.state import Agent, Call, Talk, Talked
from acd.engine.model.transitions import move_agent, move_call
from acd.engine.rules import averages, kind_menu, line_faults, wrapup


def begin(core: Core, call: Call, agent: Agent, offer: OfferId, channel: str, how: TalkHow, at: float) -> Talk:
    """The agent talks to the caller, and has talked since `at`, but not before another's part was over."""
    move_call(call, "talking")
    move_agent(agent, "talking")
    line_faults.forget(agent)
    agent.handled += 1
    began_at = at if call.talked is None else max(at, call.talked.ended_at)
    talk = Talk(offer=offer, agent=agent.profile.id, channel=channel, began_at=began_at, how=how)
    call.offer, call.talk = None, talk
    if call.queued is not None:
        call.queued.lined_up = ""
    kind_menu.begin(core, call)
    return talk


def unhold(talk: Talk, at: float) -> None:
    """The caller is on hold no more, if they were."""
    if talk.hold_since is not None:
        talk.hold_s = milli(talk.hold_s + span(talk.hold_since, at))
        talk.hold_since = None


def end(core: Core, call: Call, talk: Talk, at: float) -> tuple[Agent, Talked]:
    """The present agent's part is over, since `at`: they go into after-call work. The caller's phase is for others to
    see to, and so is to show the agent as they are now and to offer them the next caller."""
    agent = core.state.agents[talk.agent]
    unhold(talk, at)
    kind_menu.settle(core, call)
    talk_s = span(talk.began_at, at)
    call.talk = None
    talked = add(
        call, Talked(parts=1, talk_s=talk_s, hold_s=talk.hold_s, agent=talk.agent, leg=talk.channel, ended_at=at)
    )
    if not call.attached:
        core.parted.append(call)
    core.emit(
        TalkEnded(
            at=at,
            call=call.id,
            agent=talk.agent,
            number=talked.parts,
            how=talk.how,
            began_at=talk.began_at,
            talk_s=talk_s,
            hold_s=talk.hold_s,
        )
    )
    if talk.channel in agent.channels:
        agent.channels.remove(talk.channel)
    averages.talked(core, talk_s)
    if call.priority == "urgent":
        averages.learn(core.state.urgent_talk, talk_s)
    if (core.state.config.wrapup_s > 0 or agent.owed) and not agent.removed:
        wrapup.begin(core, agent, call.id, core.state.config.wrapup_s)
    else:
        wrapup.none(core, agent, call.id)
    return agent, talked


def add(call: Call, part: Talked) -> Talked:
    """Add a part that is over to those before it."""
    before, call.talked = call.talked, part
    if before is not None:
        part.parts += before.parts
        part.talk_s, part.hold_s = milli(before.talk_s + part.talk_s), milli(before.hold_s + part.hold_s)
    return part
