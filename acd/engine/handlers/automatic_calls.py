"""Automatic calls about outcomes: the line rings the citizen, tells them, and takes a score (`rules/telling.py`).

Each part of the talk is a command, and its result an event. So a part that a restart interrupts begins again
(`arrive`), except the words: a citizen who may have heard some of them is told that a person will call.
"""

from acd.engine.core import Core
from acd.engine.handlers.calls import enter, place_for, refuse, release, settle
from acd.engine.model.commands import RingCitizen, TalkPart, TellOutcome
from acd.engine.model.fact_base import OutcomeResult
from acd.engine.model.facts import CallReclassed, CallRejoined, OutcomeDialled
from acd.engine.model.outcome_events import OutcomeCallWished, OutcomeTalked
from acd.engine.model.state import Call, Callback, Named, Telling
from acd.engine.rules import admission, announcements, telling
from acd.engine.rules.entry_facts import tell_named
from acd.engine.rules.matching import wait

FRONT = 1_000_000.0
"""Points of a citizen who was called and wants an agent: they come before all who called."""
_ENDS: dict[str, tuple[OutcomeResult, str]] = {
    "wrong_number": ("wrong_number", "outcome_sorry"),
    "no_calls": ("no_calls", "outcome_no_calls"),
    "machine": ("voicemail", ""),
    "silence": ("voicemail", ""),
}
"""Steps that end the call before the words, with the result and the last prompt."""


def ring(core: Core, call: Call, event: OutcomeCallWished) -> None:
    """Ring the citizen."""
    config = core.state.config
    service = core.service(event.service)
    call.attached, call.unqueued = False, Named(service=service.id, priority="outcome")
    tell_named(core, call, call.unqueued, opens_ticket=False)
    until = core.at + config.callback_ring_s + config.offer_grace_s
    call.callback = Callback(reason="outcome", asked_at=core.at, wish=event.wish)
    call.telling = Telling(prompts=event.prompts, whole=event.whole, until=until)
    core.outcome_calls[call.callable] = call.id
    core.emit(OutcomeDialled(at=core.at, call=call.id, wish=event.wish, service=service.id))
    core.emit(RingCitizen(call=call.id, node=call.node, number=call.callable, answer_s=config.callback_ring_s))
    telling.TIMER.start(core, (call, call.telling))


def arrive(core: Core, call: Call, callback: Callback, told: Telling, channel: str) -> None:
    """The citizen's channel is here, for the first time or after a restart."""
    call.attached, call.orphaned, call.channel = True, False, channel
    if not callback.reached:
        callback.reached = True
        telling.TIMER.stop(core, (call, told))
        told.until = None
        _talk(core, call, callback, "ask")
        return
    core.emit(CallRejoined(at=core.at, call=call.id))
    if told.score is not None:
        _talk(core, call, callback, "remark")
    elif told.heard:
        _score(core, call, callback, told)
    elif told.began:
        release(core, call, "called_back", prompt="outcome_interrupted")
    else:
        _talk(core, call, callback, "ask")


def on_talked(core: Core, event: OutcomeTalked) -> None:
    """A part of the talk is over."""
    call = core.state.calls.get(event.call)
    told, callback = (None, None) if call is None else (call.telling, call.callback)
    if call is None or told is None or callback is None or call.phase != "flow" or call.away:
        return
    match event.step:
        case "agent":
            _to_agent(core, call)
        case "hear" if not told.began:
            telling.begin(core, call, core.at)
            _talk(core, call, callback, "words")
        case "heard" if told.began:
            told.heard = True
            _score(core, call, callback, told)
        case "unsaid" if not told.heard:
            release(core, call, "called_back", prompt="outcome_interrupted")
        case "scored" if told.heard and told.score is None and 1 <= event.score <= 5:
            told.score = event.score
            _talk(core, call, callback, "remark")
        case "over" if told.heard:
            release(core, call, "called_back", prompt="outcome_goodbye")
        case "wrong_number" | "no_calls" | "machine" | "silence" if not told.began:
            told.result, prompt = _ENDS[event.step]
            release(core, call, "called_back", prompt=prompt)


def _score(core: Core, call: Call, callback: Callback, told: Telling) -> None:
    """The words were said. A citizen who has not heard those of the unit is asked nothing yet."""
    if told.whole:
        _talk(core, call, callback, "score")
    else:
        release(core, call, "called_back", prompt="outcome_goodbye")


def _talk(core: Core, call: Call, callback: Callback, part: TalkPart) -> None:
    prompts = call.telling.prompts if call.telling is not None and part == "words" else ()
    core.emit(TellOutcome(call=call.id, wish=callback.wish, part=part, prompts=prompts, language=call.language))


def _to_agent(core: Core, call: Call) -> None:
    """The citizen wants an agent: they hold the line from now, before all others of their class."""
    named = call.unqueued
    assert named is not None, "the service of an automatic call is known"
    service = core.service(named.service)
    queued = place_for(core, call, service, "routine", core.at)
    queued.points = FRONT
    no = admission.refused(core, queued, service)
    if no is not None and no.to is None:
        refuse(core, call, service, no.why)
        return
    core.emit(CallReclassed(at=core.at, call=call.id, service=queued.service, priority=queued.priority))
    enter(core, call, queued, None)
    if settle(core, call, queued, service):
        announcements.schedule(core, queued)
        wait(core, call)
