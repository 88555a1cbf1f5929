"""Announcements to waiting callers: their position and how long it will take. By class and at set times; the numbers
never rise; an offer interrupts an announcement, so that no agent waits for it.

Prompts are only named here. Numbers are composed of `digit_1`…`digit_9`, `number_10`…`number_19` and `number_20`,
`number_30`…`number_90`, which serves Turkish and English alike.
"""

import math

from acd.engine.core import Core
from acd.engine.model.commands import Announce
from acd.engine.model.config import Announcements
from acd.engine.model.facts import WaitAnnounced
from acd.engine.model.state import Queued
from acd.engine.rules import audio_messages, callback_caps, estimated_wait, message_caps
from acd.engine.rules.declared import Declared
from acd.engine.timers import queue_timer

HIGHEST = 99
"""The highest number that is spoken; above it callers hear that it is more."""
TIMER = queue_timer("announce", lambda queued: None if queued.hears_menu else queued.announce_at)
"""The next announcement. The menu of kinds is not spoken over; `resume` starts the timer when it is over."""
CALLBACK_OFFER = queue_timer("callback_offer", lambda queued: None if queued.hears_menu else queued.offer_callback_at)
"""The time at which a caller is offered a callback."""
LONGEST_MIN = 60
SOON_S = 2.0
"""Seconds after which a caller with a long estimated wait is offered a callback."""
AT_ONCE_S = 12.0
"""Two announcements that are due within so many seconds become one. None begins so soon after another, because it would
cut it short."""


def rules(core: Core, queued: Queued) -> Announcements | None:
    """The announcements for callers of this class, if there are any."""
    return next((one for one in core.state.config.announcements if one.priority == queued.priority), None)


def schedule(core: Core, queued: Queued) -> None:
    """Set the times of announcements for a caller who has just entered the queue, or another class."""
    stop(core, queued)
    if core.state.calls[queued.call].away:
        return
    told = rules(core, queued)
    if told is not None:
        queued.announce_at = max(core.at, queued.at + told.after_s)
        TIMER.start(core, queued)
    if not queued.callback_offered and _offered(core, queued):
        after_s = core.state.config.callback_offer_after_s
        long = queued.ewt_s is not None and queued.ewt_s >= after_s
        queued.offer_callback_at = max(core.at, queued.at + (SOON_S if long else after_s))
        CALLBACK_OFFER.start(core, queued)


def resume(core: Core, queued: Queued) -> None:
    """The menu of kinds is over: what was due meanwhile is due now."""
    TIMER.start(core, queued)
    CALLBACK_OFFER.start(core, queued)


def _is_taken(core: Core, queued: Queued) -> bool:
    """Whether the key that asks for a callback gives the kind of the caller's urgent call, as long as that is not
    known."""
    return queued.untold and queued.kinds is not None and core.state.config.callback_key in queued.kinds.services


def _offered(core: Core, queued: Queued) -> list[str]:
    """What the caller is offered instead of waiting, as prompts: a callback, a message. Never what would be refused."""
    config, call = core.state.config, core.state.calls[queued.call]
    if not config.callback_offer_after_s:
        return []
    callback = config.callback_key and callback_caps.refusal(core, call, queued) is None
    message = audio_messages.key(core) and audio_messages.possible(core, call) and not message_caps.refusal(core, call)
    return [*(["callback_offer"] if callback else []), *([audio_messages.OFFER] if message else [])]


def stop(core: Core, queued: Queued) -> None:
    """Stop announcements: the caller does not wait any more, or has no channel."""
    if queued.announce_at is not None:
        queued.announce_at = None
        TIMER.stop(core, queued)
    _callback_offer_over(core, queued)


def _callback_offer_over(core: Core, queued: Queued) -> None:
    if queued.offer_callback_at is not None:
        queued.offer_callback_at = None
        CALLBACK_OFFER.stop(core, queued)


def on_due(core: Core, queued: Queued) -> None:
    """An announcement is due. A caller whose agent rings hears nothing now; their next announcement comes as usual."""
    told = rules(core, queued)
    if told is not None and queued.call in core.waiting:
        tell(core, queued, told)
    queued.announce_at = core.at + told.every_s if told is not None and told.every_s else None
    if queued.announce_at is not None:
        TIMER.start(core, queued)
    else:
        on_callback_offer(core, queued)  # the offer of a callback may have waited for this announcement


def on_callback_offer(core: Core, queued: Queued) -> None:
    """The offer of a callback is due. It comes with the next announcement if that is soon, and later if an announcement
    may still be playing, an agent rings, or its key has another meaning for this caller."""
    if queued.offer_callback_at is None or core.at < queued.offer_callback_at:
        return
    if queued.announce_at is not None and queued.announce_at <= core.at + AT_ONCE_S:
        return
    playing = queued.told_at is not None and core.at < queued.told_at + AT_ONCE_S
    if queued.call not in core.waiting or playing or _is_taken(core, queued):
        queued.offer_callback_at = core.at + AT_ONCE_S
        CALLBACK_OFFER.start(core, queued)
        return
    say(core, queued, [])


def say(core: Core, queued: Queued, prompts: list[str]) -> None:
    """Play prompts, with the offer of a callback if that is due."""
    due = queued.offer_callback_at is not None and queued.offer_callback_at <= core.at + AT_ONCE_S
    if due and not _is_taken(core, queued):
        _callback_offer_over(core, queued)
        # Since the time was set the rules may have changed, or a cap may have been reached.
        offered = _offered(core, queued)
        if offered:
            queued.callback_offered = True
            prompts = [*prompts, *offered]
    if prompts:
        queued.told_at = core.at
        core.emit(Announce(call=queued.call, prompts=tuple(prompts), language=queued.language))


def tell(core: Core, queued: Queued, told: Announcements) -> None:
    """Announce position and wait to a waiting caller."""
    position = 1 + sum(count for _, count in core.waiting.ahead(queued.priority, queued.order))
    seconds = estimated_wait.estimate(core, queued)
    prompts: list[str] = []
    if told.position:
        queued.told_position = min(position, queued.told_position or position)
        prompts = position_words(queued.told_position)
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


RULE: Declared = Declared(timers={CALLBACK_OFFER: on_callback_offer, TIMER: on_due})
