"""The course of a caller's message (`rules/audio_messages.py`): asked for, spoken, kept; or not, and the caller waits
again at their place or is released.

A recording is on the disk before the engine hears of it, so no death of a process loses a message that was ended. A
caller whose session was lost in mid-sentence is not searched for before the recording is over by itself.
"""

from acd.engine.core import Core
from acd.engine.handlers.calls import place, release
from acd.engine.handlers.ending import end_spoken, pause_waiting
from acd.engine.model.commands import Announce
from acd.engine.model.message_events import MessageTalked
from acd.engine.model.state import Call, Message
from acd.engine.rules import announcements, audio_messages, callback_caps, message_caps
from acd.engine.rules.matching import wait
from acd.engine.rules.offer import back_to_queue


def ask(core: Core, call: Call) -> None:
    """A waiting caller wants to leave a message. One who may not waits on; one whom a limit concerns hears so."""
    if call.id not in core.waiting or not audio_messages.possible(core, call):
        return
    refusal = message_caps.refuses(core, call)
    if refusal is not None:
        core.emit(Announce(call=call.id, prompts=message_caps.PROMPTS[refusal], language=call.language))
        return
    pause_waiting(core, call, call.place)
    audio_messages.begin(core, call, "asked", ())


def arrive(core: Core, call: Call, message: Message) -> None:
    """The caller's channel is here again after a restart. What they had said by then is on the disk."""
    if message.kept:
        release(core, call, "message_left", prompt="message_kept")
    else:
        audio_messages.take(core, call, message)


def on_talked(core: Core, event: MessageTalked) -> None:
    """A part of it is over."""
    call = core.state.calls.get(event.call)
    message = None if call is None else call.message
    if call is None or message is None or call.phase != "message":
        return
    match event.step:
        case "began":
            message.began_at = core.at
        case "kept":
            message.kept = True
            audio_messages.over(core, call, message, "left", event.spoken_s)
            end_spoken(core, call)
        case "said" if message.kept:
            release(core, call, "message_left", prompt="goodbye")
        case "none" | "failed" if not message.kept:
            message.began_at = None
            audio_messages.over(core, call, message, "failed" if event.step == "failed" else "none")
            if not end_spoken(core, call):
                _without(core, call, message)
        case _:
            pass


def _without(core: Core, call: Call, message: Message) -> None:
    """There is no message: the caller waits again, or is released as they would have been without one.

    A caller who could not leave one because of the line gets another wait in place of it."""
    failed = message.result == "failed"
    if call.queued is None or not (message.why == "asked" or (failed and message.why == "timed_out")):
        assert message.why != "asked", "a caller who asks for it waits"
        release(core, call, message.why, prompt="goodbye")
        return
    queued = call.queued
    if message.why == "timed_out":
        queued.moved_at = core.at
    back_to_queue(core, call)
    place(core, call, queued, core.service(queued.service))
    announcements.schedule(core, queued)
    wait(core, call)
    if call.id in core.waiting:
        callback = core.state.config.callback_key and callback_caps.refusal(core, call, queued) is None
        prompt = "callback_offer" if failed and callback else "queue_all_busy"
        core.emit(Announce(call=call.id, prompts=(prompt,), language=call.language))
