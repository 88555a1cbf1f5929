"""Automatic calls about outcomes: the line itself rings a citizen and tells them, without an agent.

The citizen hears who calls, and nothing of the request before they have pressed a key: whoever picks up may be another
person. `OutcomeBegan` is in the journal before the first word is said, so no death of a process leads to a second
telling. What came of the call is told once, at its end.
"""

from acd.engine.core import Core
from acd.engine.model.event_base import DialStatus
from acd.engine.model.fact_base import Outcome, OutcomeResult
from acd.engine.model.facts import OutcomeBegan, OutcomeCallOver
from acd.engine.model.state import Call, Released, Telling
from acd.engine.model.transitions import move_call
from acd.engine.rules.declared import Declared
from acd.engine.timers import part_timer

TIMER = part_timer("telling", lambda call: call.telling, lambda telling: telling.until)
"""When the citizen's channel has not come to us, and will not."""

_STATUSES: dict[DialStatus, OutcomeResult] = {"NOANSWER": "no_answer", "CANCEL": "no_answer", "BUSY": "busy"}
"""By Dial's word. With the others the citizen's phone did not ring."""
BUSY = 17
"""Q.850 cause of a SIP 486."""


def begin(core: Core, call: Call, at: float) -> None:
    """The citizen is told from now or since `at`, if they are not told already."""
    telling, callback = call.telling, call.callback
    if telling is not None and callback is not None and not telling.began:
        telling.began = True
        core.emit(OutcomeBegan(at=at, call=call.id, wish=callback.wish))


def give_up(
    core: Core, call: Call, telling: Telling, result: OutcomeResult | None, outcome: Outcome = "callback_failed"
) -> None:
    """End the call of a citizen who was not reached. Without a result the desk had taken the call back."""
    if call.phase == "leaving":  # by an earlier part of the same event
        return
    telling.result = result
    call.released = Released(outcome=outcome, at=core.at)
    move_call(call, "leaving")
    core.over.append(call)


def not_reached(core: Core, call: Call, telling: Telling, status: DialStatus) -> None:
    """The citizen did not pick up, or their phone was not reached."""
    give_up(core, call, telling, _STATUSES.get(status, "unreachable"))


def lost(core: Core, call: Call, telling: Telling, cause_code: int) -> None:
    """The citizen's channel is gone before it came to us. If they had picked up, that is our fault."""
    give_up(core, call, telling, "failed" if telling.picked_up else "busy" if cause_code == BUSY else "no_answer")


def on_due(core: Core, subject: tuple[Call, Telling]) -> None:
    """No event came about the citizen's channel for longer than a phone can ring."""
    lost(core, *subject, 0)


def tell_end(core: Core, call: Call) -> None:
    """Emit what came of an automatic call that is over. An agent who talked to the citizen says it otherwise."""
    telling, callback = call.telling, call.callback
    if telling is None or callback is None:
        return
    result = _result(call, telling)
    if result is not None:
        core.emit(OutcomeCallOver(at=core.at, call=call.id, wish=callback.wish, result=result, score=telling.score))


def _result(call: Call, telling: Telling) -> OutcomeResult | None:
    if telling.heard:
        return "told" if telling.whole else "told_shortly"
    if call.answered is not None:
        return None
    if telling.began:
        return "told_in_part"
    return telling.result if call.away or telling.result is not None else "not_there"


RULE: Declared = Declared(timers={TIMER: on_due})
