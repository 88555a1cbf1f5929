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
from acd.engine.model.state import Call
from acd.engine.rules import callback_caps, estimated_wait
from acd.engine.timers import call_timer

HIGHEST = 99
"""The highest number said; beyond it callers hear that it is more."""
TIMER = call_timer("announce", lambda _, call: call.announce_at)
"""The next announcement."""
CALLBACK_OFFER = call_timer("callback_offer", lambda _, call: call.offer_callback_at)
"""When a caller is told that they can be called back."""
LONGEST_MIN = 60
SOON_S = 2.0
"""A caller who is estimated to wait long is told of the callback this soon."""
AT_ONCE_S = 12.0
"""Two announcements that are due within this time are said as one, and no other begins so soon after one: it would cut
the first."""


def rules(core: Core, call: Call) -> Announcements | None:
    """What callers of this class are told, if anything."""
    return next((one for one in core.state.config.announcements if one.priority == call.priority), None)


def schedule(core: Core, call: Call) -> None:
    """Set the times of what is told to a caller who has just come into the queue, or into another class."""
    stop(core, call)
    if call.away:
        return
    assert call.queued_at is not None
    told = rules(core, call)
    if told is not None:
        call.announce_at = max(core.at, call.queued_at + told.after_s)
        TIMER.start(core, call)
    if not call.callback_offered and _offers_callbacks(core, call):
        after_s = core.state.config.callback_offer_after_s
        long = call.ewt_s is not None and call.ewt_s >= after_s
        call.offer_callback_at = max(core.at, call.queued_at + (SOON_S if long else after_s))
        CALLBACK_OFFER.start(core, call)


def _offers_callbacks(core: Core, call: Call) -> bool:
    """Whether the caller is told that they can be called back: never one who would be refused."""
    config = core.state.config
    if not config.callback_key or not config.callback_offer_after_s:
        return False
    return callback_caps.refusal(core, call) is None


def stop(core: Core, call: Call) -> None:
    """The caller waits no more, or has no channel any more."""
    if call.announce_at is not None:
        call.announce_at = None
        TIMER.stop(core, call)
    _callback_offer_over(core, call)


def _callback_offer_over(core: Core, call: Call) -> None:
    if call.offer_callback_at is not None:
        call.offer_callback_at = None
        CALLBACK_OFFER.stop(core, call)


def on_due(core: Core, call: Call) -> None:
    """It is time. One whose agent rings is told nothing, and has their turn again when it next comes."""
    told = rules(core, call)
    if told is not None and call in core.waiting:
        tell(core, call, told)
    call.announce_at = core.at + told.every_s if told is not None and told.every_s else None
    if call.announce_at is not None:
        TIMER.start(core, call)
    else:
        on_callback_offer(core, call)  # which may have been left to this announcement


def on_callback_offer(core: Core, call: Call) -> None:
    """It is time to tell the caller that they can be called back: with the next announcement if that is soon, later if
    one may still be heard or their agent rings."""
    if call.offer_callback_at is None or core.at < call.offer_callback_at:
        return
    if call.announce_at is not None and call.announce_at <= core.at + AT_ONCE_S:
        return
    if call not in core.waiting or (call.told_at is not None and core.at < call.told_at + AT_ONCE_S):
        call.offer_callback_at = core.at + AT_ONCE_S
        CALLBACK_OFFER.start(core, call)
        return
    say(core, call, [])


def say(core: Core, call: Call, prompts: list[str]) -> None:
    """Say something, and with it that they can be called back where that is due."""
    if call.offer_callback_at is not None and call.offer_callback_at <= core.at + AT_ONCE_S:
        _callback_offer_over(core, call)
        if _offers_callbacks(core, call):  # the rules may have changed since the time was set, or a cap been reached
            call.callback_offered = True
            prompts = [*prompts, "callback_offer"]
    if prompts:
        call.told_at = core.at
        core.emit(Announce(call=call.id, prompts=tuple(prompts), language=call.language))


def tell(core: Core, call: Call, told: Announcements) -> None:
    """Tell a waiting caller where they stand."""
    assert call.priority is not None
    assert call.queued_at is not None
    position = 1 + sum(count for _, count in core.waiting.ahead(call.priority, call.order))
    seconds = estimated_wait.estimate(core, call)
    prompts: list[str] = []
    if told.position:
        call.told_position = min(position, call.told_position or position)
        prompts += position_words(call.told_position)
    if told.wait and seconds is not None:
        minutes = math.ceil(seconds / 60)
        call.told_minutes = minutes if call.told_minutes is None else min(minutes, call.told_minutes)
        prompts += wait_words(call.told_minutes)
    say(core, call, prompts)
    if prompts:
        call.ewt_now_s = None if seconds is None else round(core.at - call.queued_at + seconds, 1)
        core.emit(
            WaitAnnounced(
                at=core.at,
                call=call.id,
                position=call.told_position,
                minutes=call.told_minutes,
                ewt_s=call.ewt_now_s,
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
