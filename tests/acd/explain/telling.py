"""A line whose calls are told, sentence by sentence."""

from typing import Any

from acd.engine.machine import Engine
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import CallId
from acd.engine.model.journal import Entry
from acd.explain.narrator import Sentence
from acd.explain.story import Story
from acd.explain.words import Words
from acd.line.runtime import handle
from tests.acd.engine.line import Line


def entry_of(engine: Engine, event: AnyEvent, seq: int) -> Entry:
    """What the journal would hold of an event. The engine has it afterwards."""
    out, error = handle(engine, event)
    facts = tuple(one for one in out if hasattr(one, "at"))
    return Entry(seq=seq, event=event, facts=facts, error=error)  # type: ignore[arg-type]  # facts as the engine gives them


def told(line: Line, call: str, *, lang: str = "en", blind: bool = False, personal: bool = False) -> list[Sentence]:
    """A call of a line as it is told, from its events alone. `blind`: without any engine's state."""
    engine, written = Engine(), Engine()
    story = Story(CallId(call), Words("tr" if lang == "tr" else "en"), personal=personal)
    sentences: list[Sentence] = []
    for seq, event in enumerate(line.events, 1):
        entry = entry_of(written, event, seq)
        sentences += story.tell(None if blind else engine.state, entry)
        handle(engine, event)
    return sentences


def texts(line: Line, call: str, **named: Any) -> list[str]:
    """The sentences, details with a dot in front."""
    return [f"· {one.text}" if one.detail else one.text for one in told(line, call, **named)]


def after(sentences: list[str], begin: str) -> list[str]:
    """The first sentence that begins so, and the details behind it."""
    place = next(place for place, text in enumerate(sentences) if text.startswith(begin))
    rest = sentences[place + 1 :]
    end = next((n for n, text in enumerate(rest) if not text.startswith("·")), len(rest))
    return [sentences[place], *rest[:end]]


def talk(line: Line, call: str, seconds: float = 5) -> None:
    """Answered, talked, over."""
    line.answers(call)
    line.passes(seconds)
    line.agent_hangs_up(call)
    line.caller_gone(call)


def busy_with(calls: str, **rules: Any) -> Line:
    """One agent who talks, and these calls that wait; `u…` are urgent."""
    line = Line("1001", **{"wrapup_s": 10, **rules})
    line.ready("1001")
    line.arrives("first", "request")
    line.answers("first")
    for call in calls.split():
        line.passes(1)
        line.arrives(call, "funeral" if call.startswith("u") else "request")
    return line


def ends(line: Line, call: str) -> None:
    line.agent_hangs_up(call)
    line.caller_gone(call)
