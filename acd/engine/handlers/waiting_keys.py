"""Keys of waiting callers: by `escalation_key` (9, as shipped) they say that it is urgent, by `callback_key` (2) that
they want to be called back, by `message_key` (3) that they leave a message. Keys of the menu are the flow's
(`ivr/flows`)."""

from acd.engine.core import Core
from acd.engine.handlers import callbacks, messages
from acd.engine.model.facts import KeyHeard
from acd.engine.model.state import Call
from acd.engine.rules import announcements, audio_messages, urgent
from acd.engine.rules.matching import match_call


def press(core: Core, call: Call, key: str) -> None:
    """A waiting caller pressed a key: it is urgent, they want to be called back, or leave a message. Other keys mean
    nothing."""
    if call.phase not in ("waiting", "offered") or call.away:
        return
    core.emit(KeyHeard(at=core.at, call=call.id, key=key))
    if call.place.hears_menu:  # it has no such key
        return
    if key == core.state.config.escalation_key and urgent.escalate(core, call):
        announcements.schedule(core, call.place)
        if call.id in core.waiting:
            match_call(core, call.place)
        elif call.offer is not None:  # the agent who rings for them must not be taken for another urgent caller
            core.refresh(core.state.agents[call.offer.agent])
    elif key == core.state.config.callback_key:
        callbacks.ask(core, call)
    elif key == audio_messages.key(core):
        messages.ask(core, call)
