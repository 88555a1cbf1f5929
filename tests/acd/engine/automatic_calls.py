"""Calls in which the line itself tells an outcome, as the scripts tell them."""

from typing import Any

from acd.engine.model.commands import TellOutcome
from acd.engine.model.events import CallAttached, CallDetached, CalleeAnswered, CallerGone
from acd.engine.model.facts import OutcomeCallOver
from acd.engine.model.ids import CallId
from acd.engine.model.outcome_events import OutcomeTalked
from tests.acd.engine.calling_back import NODE, line_of
from tests.acd.engine.line import Line
from tests.acd.engine.test_outcome_calls import O1, WISH, wishes

WORDS = ("outcome_resolved", "/words/1")
CHANNEL = "PJSIP/outgoing-1"


def rung(line: Line | None = None, **more: Any) -> Line:
    """A citizen's phone rings, by the line alone."""
    line = line or line_of()
    assert wishes(line, automatic=True, prompts=WORDS, **more) == O1
    return line


def attaches(line: Line) -> None:
    line.do(CallAttached(at=line.at, call=CallId(O1), node=NODE, channel=CHANNEL))


def picked_up(line: Line | None = None, **more: Any) -> Line:
    """The citizen has picked up, and is asked for a key."""
    line = rung(line, **more)
    line.passes(4)
    line.do(CalleeAnswered(at=line.at, call=CallId(O1), channel=CHANNEL))
    attaches(line)
    return line


def talked(line: Line, step: Any, score: int = 0) -> None:
    line.do(OutcomeTalked(at=line.at, call=CallId(O1), step=step, score=score))


def told(line: Line | None = None, **more: Any) -> Line:
    """The citizen has heard the words to their end."""
    line = picked_up(line, **more)
    talked(line, "hear")
    talked(line, "heard")
    return line


def gone(line: Line) -> None:
    """The citizen's channel ends."""
    line.do(CallDetached(at=line.at, call=CallId(O1)))
    line.do(CallerGone(at=line.at, call=CallId(O1), called_back=True))


def over(line: Line) -> tuple[str, int | None]:
    """What came of the call."""
    [fact] = line.facts(OutcomeCallOver)
    assert (fact.call, fact.wish) == (O1, WISH)
    assert O1 not in line.engine.state.calls
    return fact.result, fact.score


def part(name: Any, prompts: tuple[str, ...] = ()) -> TellOutcome:
    return TellOutcome(call=CallId(O1), wish=WISH, part=name, prompts=prompts)


def ready_line(**rules: Any) -> Line:
    line = line_of(**rules)
    line.ready("1001")
    return line
