"""What waiting callers are told: their position, and how long it will take. By class, at set times, never more than
they were told before, and never in the way of an agent: an offer cuts an announcement short.

Prompts are named, not spoken, here. Numbers are put together of `digit_1`…`digit_9`, `number_10`…`number_19` and
`number_20`, `number_30`…`number_90`, which serves Turkish and English alike.
"""

import math

from acd.engine.core import Core
from acd.engine.model.commands import Announce
from acd.engine.model.config import Announcements
from acd.engine.model.facts import WaitAnnounced
from acd.engine.model.state import Queued
from acd.engine.rules import callback_caps, estimated_wait
from acd.engine.timers import queue_timer

HIGHEST = 99
"""The highest number said; beyond it callers hear that it is more."""
TIMER = queue_timer("announce", lambda queued: queued.announce_at)
"""The next announcement."""
CALLBACK_OFFER = queue_timer("callback_offer", lambda queued: queued.offer_callback_at)
"""When a caller is told that they can be called back."""
LONGEST_MIN = 60
SOON_S = 2.0
"""A caller who is estimated to wait long is told of the callback this soon."""
AT_ONCE_S = 12.0
"""Two announcements that are due within this time are said as one, and no other begins so soon after one: it would cut
the first."""


def rules(core: Core, queued: Queued) -> Announcements | None:
    """What callers of this class are told, if anything."""
    return next((one for one in core.state.config.announcements if one.priority == queued.priority), None)


def schedule(core: Core, queued: Queued) -> None:
    """Set the times of what is told to a caller who has just come into the queue, or into another class."""
    stop(core, queued)
    if core.state.calls[queued.call].away:
        return
    told = rules(core, queued)
    if told is not None:
        queued.announce_at = max(core.at, queued.at + told.after_s)
        TIMER.start(core, queued)
    if not queued.callback_offered and _offers_callbacks(core, queued):
        after_s = core.state.config.callback_offer_after_s
        long = queued.ewt_s is not None and queued.ewt_s >= after_s
        queued.offer_callback_at = max(core.at, queued.at + (SOON_S if long else after_s))
        CALLBACK_OFFER.start(core, queued)


def _offers_callbacks(core: Core, queued: Queued) -> bool:
    """Whether the caller is told that they can be called back: never one who would be refused."""
    config = core.state.config
    if not config.callback_key or not config.callback_offer_after_s:
        return False
    return callback_caps.refusal(core, core.state.calls[queued.call], queued) is None


def stop(core: Core, queued: Queued) -> None:
    """The caller waits no more, or has no channel any more."""
    if queued.announce_at is not None:
        queued.announce_at = None
        TIMER.stop(core, queued)
    _callback_offer_over(core, queued)


def _callback_offer_over(core: Core, queued: Queued) -> None:
    if queued.offer_callback_at is not None:
        queued.offer_callback_at = None
        CALLBACK_OFFER.stop(core, queued)


def on_due(core: Core, queued: Queued) -> None:
    """It is time. One whose agent rings is told nothing, and has their turn again when it next comes."""
    told = rules(core, queued)
    if told is not None and queued.call in core.waiting:
        tell(core, queued, told)
    queued.announce_at = core.at + told.every_s if told is not None and told.every_s else None
    if queued.announce_at is not None:
        TIMER.start(core, queued)
    else:
        on_callback_offer(core, queued)  # which may have been left to this announcement


def on_callback_offer(core: Core, queued: Queued) -> None:
    """It is time to tell the caller that they can be called back: with the next announcement if that is soon, later if
    one may still be heard or their agent rings."""
    if queued.offer_callback_at is None or core.at < queued.offer_callback_at:
        return
    if queued.announce_at is not None and queued.announce_at <= core.at + AT_ONCE_S:
        return
    if queued.call not in core.waiting or (queued.told_at is not None and core.at < queued.told_at + AT_ONCE_S):
        queued.offer_callback_at = core.at + AT_ONCE_S
        CALLBACK_OFFER.start(core, queued)
        return
    say(core, queued, [])


def say(core: Core, queued: Queued, prompts: list[str]) -> None:
    """Say something, and with it that they can be called back where that is due."""
    if queued.offer_callback_at is not None and queued.offer_callback_at <= core.at + AT_ONCE_S:
        _callback_offer_over(core, queued)
        if _offers_callbacks(core, queued):  # the rules may have changed since the time was set, or a cap been reached
            queued.callback_offered = True
            prompts = [*prompts, "callback_offer"]
    if prompts:
        queued.told_at = core.at
        core.emit(Announce(call=queued.call, prompts=tuple(prompts), language=queued.language))


def tell(core: Core, queued: Queued, told: Announcements) -> None:
    """Tell a waiting caller where they stand."""
    position = 1 + sum(count for _, count in core.waiting.ahead(queued.priority, queued.order))
    seconds = estimated_wait.estimate(core, queued)
    prompts: list[str] = []
    if told.position:
        queued.told_position = min(position, queued.told_position or position)
        prompts += position_words(queued.told_position)
    if told.wait and seconds is not None:
        minutes = math.ceil(seconds / 60)
        queued.told_minutes = minutes if queued.told_minutes is None else min(minutes, queued.told_minutes)
        prompts += wait_words(queued.told_minutes)
    say(core, queued, prompts)
    if prompts:
        queued.ewt_now_s = None if seconds is None else round(core.at - queued.at + seconds, 1)
        core.emit(
            WaitAnnounced(
                at=core.at,
                call=queued.call,
                position=queued.told_position,
                minutes=queued.told_minutes,
                ewt_s=queued.ewt_now_s,
            )
        )


def position_words(position: int) -> list[str]:
    """The prompts that say a position."""
    return ["queue_position", *number_words(position)] if position <= HIGHEST else ["queue_position_many"]


def wait_words(minutes: int) -> list[str]:
    """The prompts that say how many minutes it will take."""
    if minutes <= 1:
        return ["queue_wait_short"]
    return ["queue_wait", *number_words(minutes), "queue_minutes"] if minutes <= LONGEST_MIN else ["queue_wait_long"]


def number_words(number: int) -> list[str]:
    """The prompts that say a number from 1 to 99."""
    if number < 10:
        return [f"digit_{number}"]
    if number < 20:
        return [f"number_{number}"]
    tens, ones = divmod(number, 10)
    return [f"number_{10 * tens}", *([f"digit_{ones}"] if ones else [])]
