"""An agent's page went in a talk: its caller is kept for it, talks again, or waits for anyone (`rules/page_reload.py`).

The caller's channel leaves the dead leg by one action of Asterisk's, which also has the dialplan forget that the call
was answered: if the line dies while they are kept, the dialplan brings them back. The dead leg ends by that action. In
a callback the agent's channel holds the citizen's, which leaves it in the same way.
"""

from acd.engine.core import Core, happened_at, last_offer, span
from acd.engine.handlers.calls import place
from acd.engine.model.commands import Announce, BringBack, CancelOffer, HoldCaller, WatchLeg
from acd.engine.model.facts import CallReclassed, CallRejoined
from acd.engine.model.page_events import PageSilent
from acd.engine.model.page_facts import CallKept, KeepingEndedWhy
from acd.engine.model.state import Agent, Call, Kept, Offer, Talk
from acd.engine.model.transitions import move_agent, move_call
from acd.engine.rules import announcements, empty_chair, page_reload, relaxation, repeat_callers, talk
from acd.engine.rules.choice import PAGE_BACK
from acd.engine.rules.matching import wait
from acd.engine.rules.max_wait import MAX_WAIT
from acd.engine.rules.offer import TIMER as OFFER
from acd.engine.rules.offer import back_to_queue, cancel, make_offer, tell_end

# --- the page goes


def phone_gone(core: Core, agent: Agent, endpoint: str = "") -> None:
    """A phone of the agent is gone: a talk at it may have nobody there. Without an endpoint it may be any of them."""
    call = core.call_of(agent)
    match call:
        case Call(talk=Talk(channel=str(leg)), kept=None) if not endpoint or page_reload.is_of(leg, endpoint):
            _watch(core, call, leg)
        case Call(kept=Kept() as kept) if not endpoint or page_reload.is_of(kept.leg, endpoint):
            kept.back = False


def look_at_page(core: Core, agent: Agent) -> None:
    """Nothing was known of the agent's phones for a while, and they are there: the page that talked may have gone, and
    another be in its place."""
    match core.call_of(agent):
        case Call(talk=Talk(channel=str(leg)), kept=None) as call if page_reload.is_of(leg, agent.profile.page):
            _watch(core, call, leg)


def _watch(core: Core, call: Call, leg: str) -> None:
    if leg and call.hangup_by is None and page_reload.keeps_s(core) and _channel(call):
        core.emit(WatchLeg(call=call.id, node=call.node, channel=leg))


def on_silent(core: Core, event: PageSilent) -> None:
    """The page of an agent's talk is gone: keep the caller for it. A party that has hung up is let go as ever."""
    call = core.state.calls.get(event.call)
    now = None if call is None else call.talk
    if call is None or now is None or now.channel != event.channel or call.hangup_by is not None:
        return
    keeps_s = page_reload.keeps_s(core)
    if not keeps_s or core.state.stopping or not (channel := _channel(call)):
        return
    at = happened_at(core, event, now.began_at)
    agent = talk.interrupt(core, call, now, at)
    call.channel, call.attached = channel, False
    call.kept = Kept(
        agent=now.agent,
        leg=now.channel,
        since=core.at,
        until=core.at + keeps_s,
        talk_s=now.before_s + span(now.began_at, at),
        back=event.there,
    )
    move_call(call, "kept")
    _tell_kept(core, call, call.kept)
    core.emit(BringBack(call=call.id, node=call.node, channel=channel))
    endpoint = now.channel.rpartition("-")[0]
    for other in agent.channels:  # such as a consultation, whose colleague would hear silence
        if other != now.channel and page_reload.is_of(other, endpoint):
            core.emit(CancelOffer(call=call.id, offer=last_offer(call), channel=other))
    page_reload.TIMER.start(core, (call, call.kept))
    core.refresh(agent)
    if agent.removed:  # no phone of theirs can be rung any more
        give_up(core, call, call.kept, "time")


def _channel(call: Call) -> str:
    """The caller's own channel; empty if it is not known. In a callback that no agent has sent on, it is the channel
    that the agent's dialled."""
    if call.callback is None or call.attached:
        return call.channel
    return call.callback.channel


def _tell_kept(core: Core, call: Call, kept: Kept) -> None:
    core.emit(CallKept(at=core.at, call=call.id, agent=kept.agent, until=kept.until))


def still_there(core: Core, call: Call, leg: str) -> bool:
    """Whether the caller is still on the dead leg: the command was lost. It is repeated."""
    if not page_reload.is_dead(call, leg) or call.attached:
        return False
    core.emit(BringBack(call=call.id, node=call.node, channel=call.channel))
    return True


# --- the page comes back


def arrive(core: Core, call: Call, kept: Kept, channel: str) -> None:
    """The caller's channel is with us: from the dead leg, or again after the line's death."""
    if call.orphaned:
        core.emit(CallRejoined(at=core.at, call=call.id))
    call.attached, call.orphaned, call.channel = True, False, channel
    if kept.back:
        _ring(core, call, kept)
    else:
        _hold(core, call, kept)


def _hold(core: Core, call: Call, kept: Kept) -> None:
    """Play music to the caller, and tell them once what has happened. The ring of the page cuts that short."""
    core.emit(HoldCaller(call=call.id, language=call.language))
    if not kept.told:
        kept.told = True
        core.emit(Announce(call=call.id, prompts=(page_reload.RECONNECTING,), language=call.language))


def phone_back(core: Core, agent: Agent, endpoint: str = "") -> None:
    """A phone of the agent is there: ring it for the caller who is kept for them, if it is the one they talked at."""
    call = core.call_of(agent)
    kept = None if call is None or call.phase != "kept" else call.kept
    if call is None or kept is None or (endpoint and not page_reload.is_of(kept.leg, endpoint)):
        return
    kept.back = True
    if call.attached:
        _ring(core, call, kept)


def _ring(core: Core, call: Call, kept: Kept) -> None:
    """Ring the agent: nobody else is asked, and no caller comes before."""
    agent = core.state.agents[kept.agent]
    _wait_anew(core, call)
    move_agent(agent, "idle")
    agent.call = None
    make_offer(core, call.place, agent, PAGE_BACK, reconnects=True)


def _wait_anew(core: Core, call: Call) -> None:
    """The caller, who is in no queue now, waits from now on as their service says."""
    queued = call.place
    repeat_callers.vouch(core, queued)
    if queued.priority == "outcome":  # they hold the line
        queued.priority = "routine"
        core.emit(CallReclassed(at=core.at, call=call.id, service=queued.service, priority=queued.priority))
    queued.moved_at, queued.relaxed = core.at, 0
    place(core, call, queued, core.service(queued.service))
    announcements.schedule(core, queued)


def gone_again(core: Core, call: Call, offer: Offer) -> bool:
    """The page went while it rang for a caller who is kept for it. Returns whether they are kept on."""
    kept = call.kept
    if kept is None or core.at >= kept.until or not offer.reconnects:
        return False
    agent = core.state.agents[offer.agent]
    cancel(core, call, offer)
    OFFER.stop(core, (call, offer))
    empty_chair.stop(core, call, offer)
    MAX_WAIT.stop(core, call)
    relaxation.stop(core, call.place)
    announcements.stop(core, call.place)
    call.offer, kept.back, kept.since = None, False, core.at
    call.rung[offer.agent] = offer.channel
    if not call.attached:
        core.parted.append(call)
    tell_end(core, call, offer, "lost")
    if offer.channel in agent.channels:
        agent.channels.remove(offer.channel)
    move_call(call, "kept")
    _tell_kept(core, call, kept)
    if call.attached:
        _hold(core, call, kept)
    core.refresh(agent)
    return True


# --- it does not


def on_due(core: Core, subject: tuple[Call, Kept]) -> None:
    """The page did not come back in time. If it rings, it rings on."""
    call, kept = subject
    if call.phase == "kept":
        give_up(core, call, kept, "time")


def signed_out(core: Core, agent: Agent) -> None:
    """The agent has signed out: a caller who is kept for them waits for anyone."""
    call = core.call_of(agent)
    if call is not None and call.phase == "kept" and call.kept is not None:
        give_up(core, call, call.kept, "signed_out")


def give_up(core: Core, call: Call, kept: Kept, why: KeepingEndedWhy) -> None:
    """The caller waits for anyone, at the place they had; the agent goes into after-call work, and may be taken out of
    it for a caller who came before."""
    agent = talk.keep_no_longer(core, call, kept, why)
    _wait_anew(core, call)
    back_to_queue(core, call)
    wait(core, call, freed=agent)
    core.drop_removed(agent)
