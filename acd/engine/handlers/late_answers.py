"""Answers that AMI reports after AGI has reported the end of the Dial, or after the time for the ring is up.

On a busy machine AMI can be seconds behind FastAGI. AGI says that a Dial is over, and whether it was answered, but not
when; and if the caller hung up, not even whether. So such an offer is kept until AMI reports the answer, or the end of
the caller's channel: AMI has the times, and misses no event while the connection lasts. Nobody rings meanwhile, and the
agent gets no other caller. A Dial that has not returned though its time is up is a talk that AMI has not reported yet.
Where AMI never tells of an answer, the talk begins as late as it can have begun, and nothing is learnt of the ring.

If the connection has not lasted since the offer was made, AGI's report alone decides.
"""

from acd.engine.core import Core
from acd.engine.handlers import empty_chair, offers
from acd.engine.model.commands import FindCaller, ReleaseCall
from acd.engine.model.events import CallerFound, OfferReturned
from acd.engine.model.state import Call, Offer
from acd.engine.rules.offer import TIMER, cancel

LATE_S = 30.0
"""Seconds by which AMI may be behind AGI. After that AGI's report decides."""
ASK_S = 10.0
"""A Dial that lasts longer than it can ring, by so many seconds, is looked for in Asterisk's list of channels."""
AGAIN_S = 5.0
"""It is looked at again after so many seconds."""


def may_come(core: Core, call: Call, offer: Offer) -> bool:
    """Whether Asterisk's events about this offer are still to come, each of them."""
    since = core.state.connected_since.get(call.node)
    return since is not None and since <= offer.made_at and not core.state.stopping


def is_awaited(core: Core, call: Call, offer: Offer, event: OfferReturned) -> bool:
    """Whether AMI must say first what came of an offer whose Dial is over: the agent has answered, or may have."""
    if call.away or not may_come(core, call, offer):
        return False
    return event.unsure or (event.status == "ANSWER" and not empty_chair.is_unheard(core, call, offer, event.status))


def keep(core: Core, call: Call, offer: Offer, event: OfferReturned) -> None:
    """The Dial is over, and the agent has answered, or may have: wait for AMI to say when. The caller does not wait for
    that: they have hung up, or are released."""
    offer.returned_at, offer.returned, offer.cause_code = core.at, event.status, offer.cause_code or event.cause_code
    if offer.speaks_by is None:
        offer.expires_at = core.at + LATE_S
        TIMER.start(core, (call, offer))
    if event.unsure:
        call.attached = False  # the channel ends next; if not, they attach again
    else:
        core.emit(ReleaseCall(call=call.id, reason="talk_ended", language=call.language, offer=offer.id))
    core.refresh(core.state.agents[offer.agent])


def settle(core: Core, call: Call, offer: Offer) -> None:
    """AMI has not told of an answer: end a kept offer by what AGI reported."""
    if empty_chair.is_unheard(core, call, offer, offer.returned):
        empty_chair.returned(core, call, offer, offer.returned)
    else:
        offers.returned(core, call, offer, offer.returned, offer.cause_code, forwarded=False)


def believe(core: Core, call: Call) -> None:
    """The caller is here again, or was with the standby. If AGI has reported an answer, there was one, though AMI has
    not told of it: the talk was over when its Dial was, and the caller, who was to be released, is offered to nobody.
    """
    offer = call.offer
    if offer is not None and offer.returned == "ANSWER":
        offers.end_talk(core, call, offers.answer(core, call, offer), release=False, at=offer.returned_at)


def goes_on(core: Core, call: Call, offer: Offer) -> bool:
    """Whether an offer goes on though its time is up: the caller's session has not reported the end of its Dial, which
    can last so long only as a talk."""
    return call.attached and not call.away and may_come(core, call, offer)


def look_later(core: Core, call: Call, offer: Offer) -> None:
    """Wait for AMI to tell of that talk, and let no rule take the phone from it meanwhile. If AMI does not tell for
    long, ask Asterisk."""
    offer.overdue = True
    core.refresh(core.state.agents[offer.agent])
    if core.at >= offer.made_at + offer.ring_s + core.state.config.offer_grace_s + ASK_S:
        offer.sought = True
        core.emit(FindCaller(call=call.id, node=call.node))
    offer.expires_at = core.at + AGAIN_S
    TIMER.start(core, (call, offer))


def on_found(core: Core, call: Call, offer: Offer, event: CallerFound) -> None:
    """Asterisk's answer to that question: the two talk, or the offer is over. It does not say since when they talk."""
    if event.place == "talking" and offers.is_leg(core, offer, event.leg):
        offers.answer(core, call, offer, event.leg)
    else:
        cancel(core, call, offer)
        offers.fail(core, call, offer, "CANCEL" if event.place == "gone" else "NOANSWER", forwarded=False)
