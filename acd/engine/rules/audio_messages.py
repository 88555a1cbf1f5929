"""Messages of callers for whom no agent is free: they speak after a tone, and a person hears it later.

A routine caller may ask for it by a key while waiting. A routine caller who is about to be released unserved is asked
once to leave a message: the longest wait is over, the service is closed, or nobody is on duty. An urgent caller is
never asked, because nobody hears a message at once. `handlers/messages.py` leads the caller through it.
"""

from typing import Annotated, Final

import msgspec

from acd.engine.core import Core
from acd.engine.model.commands import TakeMessage
from acd.engine.model.message_facts import MessageOffered, MessageOver, MessageResult, MessageWhy
from acd.engine.model.state import Call, Message
from acd.engine.model.transitions import move_call
from acd.engine.rules import emergency_places, message_caps
from acd.engine.rules.declared import Declared, RuleSettings, settings_of


class AudioMessages(RuleSettings, frozen=True, kw_only=True):
    """The settings of this rule."""

    message_s: Annotated[
        float,
        msgspec.Meta(
            ge=0,
            le=300,
            description="the longest message that a routine caller may leave for whom no agent is free, in seconds; "
            "somebody must hear the messages in the inbox; 0: none is taken",
        ),
    ] = 0.0
    message_least_s: Annotated[
        float,
        msgspec.Meta(ge=0.5, le=30, description="a message that is shorter, from its first sound to its last, is none"),
    ] = 2.0
    message_key: Annotated[
        int,
        msgspec.Meta(ge=0, le=9, description="the key by which a waiting caller leaves a message; the prompts say it"),
    ] = 3


RULE: Declared = Declared(
    settings=AudioMessages,
    words={
        "en": {
            "message_asked": "asked to leave a message: is in no queue meanwhile; the place stays",
            "message_timed_out": "has waited as long as the service allows: may leave a message",
            "message_closed": "the service is closed: may leave a message",
            "message_no_agents": "nobody is on duty for it: may leave a message",
            "message_left": "left a message of {spoken}",
            "message_left_unmeasured": "left a message: hung up while speaking",
            "message_none": "left no message: nothing, or too little, was said",
            "message_failed": "could leave no message: the line could not record it (is the disk full?)",
        },
        "tr": {
            "message_asked": "mesaj bırakmak istedi: bu sırada hiçbir kuyrukta değil, sırası korunuyor",
            "message_timed_out": "hizmetin izin verdiği süre boyunca bekledi: mesaj bırakabilir",
            "message_closed": "hizmet kapalı: mesaj bırakabilir",
            "message_no_agents": "bu hizmet için görevde kimse yok: mesaj bırakabilir",
            "message_left": "{spoken} süren bir mesaj bıraktı",
            "message_left_unmeasured": "mesaj bıraktı: konuşurken kapattı",
            "message_none": "mesaj bırakmadı: hiçbir şey söylemedi ya da çok az konuştu",
            "message_failed": "mesaj bırakamadı: kaydedilemedi (disk dolu mu?)",
        },
    },
)

HOW: Final = "message_how"
INSTEAD: Final = "message_instead"
OFFER: Final = "message_offer"
"""Prompts: how a message is left; that one may be left; by which key."""


def key(core: Core) -> str:
    """The key by which a waiting caller leaves a message; empty if none is taken."""
    settings = settings_of(core, AudioMessages)
    return str(int(settings.message_key)) if settings.message_s else ""


def possible(core: Core, call: Call) -> bool:
    """Whether this caller may leave a message, if no limit is reached (`message_caps`). Not while only the places for
    emergencies are left: whoever speaks uses one."""
    return (
        bool(settings_of(core, AudioMessages).message_s)
        and call.priority == "routine"
        and call.attached
        and call.callback is None
        and call.telling is None
        and not core.state.stopping
        and not emergency_places.is_full(core)
    )


def begin(core: Core, call: Call, why: MessageWhy, prompts: tuple[str, ...]) -> None:
    """Ask the caller, who must be in no queue now, to speak after the tone. `prompts` are said first."""
    message = call.message = Message(why=why, asked_at=core.at)
    message_caps.count(core, call)
    move_call(call, "message")
    core.emit(MessageOffered(at=core.at, call=call.id, why=why))
    take(core, call, message, prompts)


def take(core: Core, call: Call, message: Message, prompts: tuple[str, ...] = ()) -> None:
    """Have the message taken, now or again after the caller's session broke."""
    settings = settings_of(core, AudioMessages)
    message.least_s = settings.message_least_s
    message.most_s = settings.message_s or message.least_s  # switched off while the caller spoke
    core.emit(
        TakeMessage(
            call=call.id,
            prompts=(*prompts, HOW),
            most_s=message.most_s,
            least_s=message.least_s,
            language=call.language,
        )
    )


def is_left(core: Core, message: Message, at: float) -> bool:
    """Whether there is a message of a caller who is gone at `at`: one is kept; or nobody can say, since their session
    was lost, and they were recorded for long enough."""
    least_s = settings_of(core, AudioMessages).message_least_s if message.least_s is None else message.least_s
    return message.kept or (message.began_at is not None and at - message.began_at >= least_s)


def recorded_s(core: Core, message: Message) -> float:
    """For how long Asterisk may record what the caller says."""
    return settings_of(core, AudioMessages).message_s if message.most_s is None else message.most_s


def hung_up(call: Call, at: float) -> bool:
    """The channel of a caller is gone. Returns whether the call's end waits for what their session says of the message:
    whoever hangs up while speaking has ended it."""
    message = call.message
    if message is None or call.phase != "message" or not call.attached or message.began_at is None or message.kept:
        return False
    message.gone_at = at
    return True


def interrupted(core: Core, call: Call) -> None:
    """The caller got something else while they could leave a message: the standby has them, or an agent."""
    message = call.message
    if message is not None and call.phase == "message":
        over(core, call, message, "left" if message.kept else "none")
        message.gone_at = None


def over(core: Core, call: Call, message: Message, result: MessageResult, spoken_s: float = 0.0) -> None:
    """The caller speaks no more."""
    if message.result is None:
        message.result = result
        if result != "left":
            message_caps.give_back(core, call, message.asked_at)
        core.emit(MessageOver(at=core.at, call=call.id, result=result, spoken_s=round(spoken_s, 3)))
