"""Phones that answer by themselves, and the empty chair before one.

A phone that is asked to answer by itself may do so at an empty desk, and the caller would speak to nobody. So its
answer counts only when the agent has been heard: they spoke, pressed a key, put the caller on hold or sent them on.
Until then the offer goes on. If they are not heard in time, the caller waits again, at the place they had, and the
agent is set aside. `handlers/empty_chair.py` does the work.
"""

from typing import Annotated, Final

import msgspec

from acd.engine.core import Core
from acd.engine.model.state import Agent, Call, Offer, Queued
from acd.engine.rules.declared import Declared, RuleSettings, settings_of
from acd.engine.timers import offer_timer


class EmptyChair(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    empty_chair_s: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=60,
            description="an agent whose phone answered by itself and who is not heard for so many seconds is set "
            "aside, and the caller waits again; 0: never",
        ),
    ] = 0.0


RULE: Declared = Declared(
    settings=EmptyChair,
    shipped={"empty_chair_s": 6.0},
    words={
        "en": {
            "auto_answer": "the phone is asked to answer by itself",
            "empty_chair": "{agent}'s phone answered by itself, and nobody spoke or pressed a key, {ring} after the "
            "offer: the caller is taken back, and {agent} is set aside",
        },
        "tr": {
            "auto_answer": "telefondan kendiliğinden açması istenir",
            "empty_chair": "{agent}: telefonu kendiliğinden açıldı, sunulduktan {ring} sonra hâlâ kimse konuşmamış, "
            "tuşa basmamıştı; arayan geri alınır, görevli kenara alınır",
        },
    },
)

TIMER = offer_timer("empty_chair", lambda offer: offer.speaks_by)
"""The agent whose phone answered by itself has not been heard."""
REASON: Final = "empty_chair"
"""Pause reason of an agent who was set aside for it."""


def answers_itself(core: Core, call: Call, queued: Queued, agent: Agent) -> bool:
    """Whether the agent's phone is asked to answer by itself. Not in a callback, where the agent is to read first whom
    they call; not for a caller who has met an empty chair, which happens to nobody twice; and not while Asterisk's
    events do not arrive: nobody would notice the empty chair."""
    wish = agent.profile.auto_answer
    if wish == "no" or (wish == "urgent" and queued.priority != "urgent"):
        return False
    if call.away or call.empty_chair:
        return False
    unseen = not core.is_connected(call.node)
    return not (unseen and settings_of(core, EmptyChair).empty_chair_s)


def begin(core: Core, offer: Offer) -> None:
    """The agent's phone is about to ring: keep for how long its agent is given to be heard, since a reload judges no
    offer of before. One who had the caller a moment ago, and listens to them, need not be heard."""
    if offer.auto_answer and not offer.reconnects:
        offer.hear_s = settings_of(core, EmptyChair).empty_chair_s


def stop(core: Core, call: Call, offer: Offer) -> None:
    """Wait no longer for the agent to be heard."""
    if offer.speaks_by is not None:
        TIMER.stop(core, (call, offer))
