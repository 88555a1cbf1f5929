"""One agent's part of a talk: it begins, and it ends. Whatever becomes of the caller, each part is told once, by
`TalkEnded`, and the parts of a call add up to its talk: what is waited between two of them is in neither."""

from acd.engine.core import Core, milli, span
from acd.engine.model.facts import TalkEnded, TalkHow
from acd.engine.model.state import Agent, Call
from acd.engine.model.transitions import move_agent, move_call
from acd.engine.rules import averages, line_faults, wrapup


def begin(call: Call, agent: Agent, how: TalkHow, at: float) -> None:
    """The agent of the call's offer talks to the caller, and has talked since `at`, but not before another's part was
    over."""
    move_call(call, "talking")
    move_agent(agent, "talking")
    line_faults.forget(agent)
    agent.handled += 1
    call.talk_from = at if call.parted_at is None else max(at, call.parted_at)
    call.talk_how, call.held_before_s = how, call.hold_s


def unhold(call: Call, at: float) -> None:
    """The caller is on hold no more, if they were."""
    if call.hold_since is not None:
        call.hold_s = milli(call.hold_s + span(call.hold_since, at))
        call.hold_since = None


def end(core: Core, call: Call, at: float) -> Agent:
    """The present agent's part is over, since `at`: they go into after-call work. The caller's phase is for others to
    see to, and so is to show the agent as they are now and to offer them the next caller."""
    offer = call.offer
    assert offer is not None
    agent = core.state.agents[offer.agent]
    unhold(call, at)
    began_at = call.talk_from if call.talk_from is not None else call.answered_at
    assert began_at is not None
    talk_s = span(began_at, at)
    call.talks, call.talk_s = call.talks + 1, milli(call.talk_s + talk_s)
    call.talk_from, call.offer = None, None
    if not call.attached:
        core.parted.append(call)
    call.last_leg, call.last_agent, call.parted_at = offer.channel, agent.profile.id, at
    core.emit(
        TalkEnded(
            at=at,
            call=call.id,
            agent=agent.profile.id,
            number=call.talks,
            how=call.talk_how,
            began_at=began_at,
            talk_s=talk_s,
            hold_s=milli(call.hold_s - call.held_before_s),
        )
    )
    if offer.channel in agent.channels:
        agent.channels.remove(offer.channel)
    averages.talked(core, talk_s)
    if call.priority == "urgent":
        averages.learn(core.state.urgent_talk, talk_s)
    if (core.state.config.wrapup_s > 0 or agent.owed) and not agent.removed:
        wrapup.begin(core, agent, core.state.config.wrapup_s)
    else:
        wrapup.none(core, agent)
    return agent
