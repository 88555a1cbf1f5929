"""Limits of callers' messages, so that nobody fills the inbox or the disk with them.

A number leaves at most `messages_per_number` messages within 24 hours, and all callers together leave
`messages_per_hour` within 60 minutes: a caller's number is text that the caller chose, so a crowd of forged numbers is
stopped only by what counts all. Each message has a longest time (`message_s`), so these two bound the disk, too.

Callers without a number are not counted as one: they are many people, of whom the sixth would be refused for what
five strangers did. Nor may one person who hides their number use up what all have. So callers without a number together
leave at most half of the messages of an hour. A switchboard's number is that of many people, too: only the hour's limit
concerns them.

A message counts from the moment at which the caller is asked to speak, so that many calls at once get no more. It does
not count when nothing was left. An urgent caller is never asked for a message, so no limit concerns them.
"""

from bisect import bisect_right
from typing import Annotated

import msgspec

from acd.engine.core import Core
from acd.engine.model.message_facts import MessageRefusal, MessageRefused
from acd.engine.model.phone_numbers import e164
from acd.engine.model.state import Call
from acd.engine.rules.declared import Declared, RuleSettings, settings_of

DAY_S = 86_400.0
HOUR_S = 3600.0


class MessageCaps(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    messages_per_number: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=1000,
            description="most messages that are left from one number within 24 hours; withheld numbers and "
            "switchboards have no such limit; 0: no limit",
        ),
    ] = 0
    messages_per_hour: Annotated[
        int,
        msgspec.Meta(
            ge=0,
            le=100_000,
            description="most messages that all callers leave in an hour, callers without a number at most half of "
            "them; 0: no limit",
        ),
    ] = 0


RULE: Declared = Declared(
    settings=MessageCaps,
    words={
        "en": {
            "message_refused_per_number": "may leave no message: the number has left its messages within 24 hours",
            "message_refused_per_hour": "may leave no message: there were as many within the hour as there may be",
            "message_refused_withheld": "may leave no message: callers without a number have left their half of the "
            "hour's messages",
        },
        "tr": {
            "message_refused_per_number": "mesaj bırakamıyor: bu numaranın 24 saatlik mesaj hakkı doldu",
            "message_refused_per_hour": "mesaj bırakamıyor: bir saat içinde bırakılabilecek mesajlar doldu",
            "message_refused_withheld": "mesaj bırakamıyor: numarasını gizleyenler bir saatlik mesajların yarısını "
            "bıraktı",
        },
    },
    shipped={"messages_per_number": 5, "messages_per_hour": 120},
)

PROMPTS: dict[MessageRefusal, tuple[str, ...]] = {
    "per_number": ("message_enough",),
    "per_hour": ("message_impossible", "queue_all_busy"),
    "withheld": ("message_impossible", "queue_all_busy"),
}
"""What a waiting caller hears who asks for a message and may leave none."""


def refusal(core: Core, call: Call) -> MessageRefusal | None:
    """Why this caller may leave no message now; None if they may."""
    settings, state = settings_of(core, MessageCaps), core.state
    number = e164(call.number)
    own = state.messages_by_number.get(number, [])
    one_caller = bool(number) and number not in state.config.switchboards
    if one_caller and _is_used_up(own, core.at - DAY_S, settings.messages_per_number):
        return "per_number"
    hourly = settings.messages_per_hour
    if _is_used_up(state.messages_lately, core.at - HOUR_S, hourly):
        return "per_hour"
    if not number and _is_used_up(own, core.at - HOUR_S, (hourly + 1) // 2):
        return "withheld"
    return None


def refuses(core: Core, call: Call) -> MessageRefusal | None:
    """As `refusal`, of a caller who would leave one now: the reason is put on record."""
    why = refusal(core, call)
    if why is not None:
        core.emit(MessageRefused(at=core.at, call=call.id, why=why))
    return why


def count(core: Core, call: Call) -> None:
    """Count a message that begins now."""
    state, number = core.state, e164(call.number)
    state.messages_lately = [*_since(state.messages_lately, core.at - HOUR_S), core.at]
    if core.at >= state.messages_swept_at + HOUR_S:
        since = core.at - DAY_S
        state.messages_swept_at = core.at
        state.messages_by_number = {one: at for one, at in state.messages_by_number.items() if at[-1] > since}
    day = state.messages_by_number.get(number, [])
    state.messages_by_number[number] = [*_since(day, core.at - (DAY_S if number else HOUR_S)), core.at]


def give_back(core: Core, call: Call, at: float) -> None:
    """Nothing was left by the caller who was asked to speak at this time."""
    state, number = core.state, e164(call.number)
    if at in state.messages_lately:
        state.messages_lately.remove(at)
    day = state.messages_by_number.get(number, [])
    if at in day:
        day.remove(at)
    if not day:
        state.messages_by_number.pop(number, None)


def _is_used_up(times: list[float], since: float, most: int) -> bool:
    return bool(most) and len(times) - bisect_right(times, since) >= most


def _since(times: list[float], since: float) -> list[float]:
    return times[bisect_right(times, since) :]
