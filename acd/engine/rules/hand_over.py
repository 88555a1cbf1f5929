"""A caller who is handed over to an outside telephone: until when it rings, and the end of each hand-over, once."""

from typing import Annotated, Final

import msgspec

from acd.engine.core import Core, span
from acd.engine.model.call_parts import Handover
from acd.engine.model.handover_facts import HandOverEnded, HandOverResult
from acd.engine.model.state import Call
from acd.engine.rules.declared import Declared, RuleSettings
from acd.engine.timers import part_timer

ORDER_S: Final = 5.0
"""Seconds within which Asterisk takes the caller out of the talk."""
LATE_S: Final = 30.0
"""The same for a caller whose session is gone: they may have left the talk, and AMI may be so far behind."""
GRACE_S: Final = 5.0
"""Seconds after the end of the ring within which the caller is back."""
LOOK_S: Final = 1.5
"""Seconds between two searches for a caller who is not back in time."""


class HandOvers(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    handover_ring_s: Annotated[
        float,
        msgspec.Meta(
            ge=5,
            le=120,
            description="how long an outside telephone rings to which an agent hands a caller over, before the caller "
            "is back with the agent or at their place (needs callback_trunk)",
        ),
    ] = 25.0


RULE: Declared = Declared(
    settings=HandOvers,
    words={
        "en": {
            "handover_ordered": "{by} hands the caller over to {to}",
            "handover_refused": "not handed over to {to}: {why}",
            "handover_why_off": "there is no outgoing trunk",
            "handover_why_no_talk": "no agent talked to the caller",
            "handover_why_not_yours": "another agent talked to the caller",
            "handover_why_no_leg": "the agent's call was not known",
            "handover_why_under_way": "they were being handed over already",
            "handover_why_number": "its telephone number must not be dialled",
            "handover_why_too_late": "the line took the wish too late",
            "handover_began": "the caller has left {by}; {to} is rung for {within} at most",
            "handover_answered": "{to} answered after {rang}: caller and {to} talk",
            "handover_busy": "{to} was busy: the caller comes back",
            "handover_no_answer": "{to} did not answer in {rang}: the caller comes back",
            "handover_unreachable": "{to} could not be reached: the caller comes back",
            "handover_caller_gone": "the caller hung up after {rang}, before {to} answered",
            "handover_failed": "nothing was heard of {to} in {rang}: the caller comes back",
            "offer_handed_back": "offered to {agent}, who had handed the caller over",
            "handover_not_made": "Asterisk did not take the caller out of the talk, which goes on",
        },
        "tr": {
            "handover_ordered": "{by} arayanı dışarıya bağlıyor: {to}",
            "handover_refused": "bağlanmadı ({to}): {why}",
            "handover_why_off": "dış hat yok",
            "handover_why_no_talk": "arayanla konuşan görevli yoktu",
            "handover_why_not_yours": "arayanla başka bir görevli konuşuyordu",
            "handover_why_no_leg": "görevlinin bağlantısı bilinmiyordu",
            "handover_why_under_way": "zaten bağlanıyordu",
            "handover_why_number": "numarası çevrilemez",
            "handover_why_too_late": "istek santrale geç ulaştı",
            "handover_began": "arayan görüşmeden ayrıldı ({by}); en çok {within} çalıyor: {to}",
            "handover_answered": "{rang} sonra yanıt verdi, arayanla konuşuyor: {to}",
            "handover_busy": "meşguldü, arayan geri geliyor: {to}",
            "handover_no_answer": "{rang} içinde yanıt vermedi, arayan geri geliyor: {to}",
            "handover_unreachable": "ulaşılamadı, arayan geri geliyor: {to}",
            "handover_caller_gone": "yanıttan önce, {rang} sonra arayan kapattı: {to}",
            "handover_failed": "{rang} içinde haber alınamadı, arayan geri geliyor: {to}",
            "offer_handed_back": "sunulduğu: arayanı dışarıya bağlamış olan {agent}",
            "handover_not_made": "Asterisk arayanı görüşmeden ayırmadı; görüşme sürüyor",
        },
    },
)

TIMER = part_timer("handover", lambda call: call.handover, lambda handover: handover.until)
"""Asterisk has not taken the caller out of the talk in time, or has not brought them back."""


def over(core: Core, call: Call, handover: Handover, result: HandOverResult, at: float | None = None) -> None:
    """Tell the end of a hand-over, unless it was told before. `at`: when it was, if it was before now."""
    if handover.result:
        return
    handover.result = result
    began_at = handover.ordered_at if handover.began_at is None else handover.began_at
    rang_s = span(began_at, core.at if at is None else at)
    core.emit(HandOverEnded(at=core.at, call=call.id, to=handover.to, by=handover.by, result=result, rang_s=rang_s))


def drop(core: Core, call: Call, result: HandOverResult) -> None:
    """Forget the hand-over of a call, if there is one; its end is told."""
    handover = call.handover
    if handover is None:
        return
    over(core, call, handover, result)
    TIMER.stop(core, (call, handover))
    call.handover = None
