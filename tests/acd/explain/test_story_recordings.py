"""The recording of a talk, as `cozum journal why` tells it."""

import pytest

from acd.engine.machine import Engine
from acd.engine.model.ids import CallId
from acd.engine.model.recording_events import RecordingFailed, RecordingMissed, RecordingStored
from acd.explain.narrator import STORED_S
from acd.explain.story import Story
from acd.explain.words import Words
from acd.line.runtime import handle
from tests.acd.engine.calling_back import busy, callee, hangs_up, presses
from tests.acd.engine.line import Line
from tests.acd.engine.test_recording import C1, hears, pauses, recorded, talks
from tests.acd.explain.telling import entry_of, told


def texts(line: Line, call: str = "c1", *, lang: str = "en") -> list[str]:
    """What is told of the recording."""
    told_of = told(line, call, lang=lang)
    return [one.text for one in told_of if one.kind.startswith(("notice", "recording", "not_recorded"))]


def stored(line: Line, *, missing_s: float = 0.0) -> None:
    line.do(RecordingStored(at=line.at, call=C1, sha256="ab", size=80_058, seconds=10.0, missing_s=missing_s))


def is_over(line: Line) -> bool:
    """Whether the story waits for nothing more."""
    engine, written = Engine(), Engine()
    story = Story(C1, Words("en"))
    for seq, event in enumerate(line.events, 1):
        story.tell(engine.state, entry_of(written, event, seq))
        handle(engine, event)
    return story.over


def test_a_recorded_talk_is_told_from_the_notice_to_the_file() -> None:
    line = recorded(wrapup_s=0)
    talks(line)
    pauses(line, True)
    pauses(line, False, "key")
    pauses(line, True, "key")
    line.ready("1002")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.answers("c1")
    pauses(line, False, "line")
    pauses(line, True)
    pauses(line, False)
    line.caller_gone("c1")
    assert not is_over(line)
    line.passes(4)
    stored(line)
    stored(line)
    assert texts(line) == [
        "has heard whole that the talk is recorded, 0.00 s after the call came",
        "the talk will be recorded from its first word",
        "the recording was paused, at the desk or by a program",
        "the agent let the recording go on, by a key of the telephone",
        "the agent paused the recording, by a key of the telephone",
        "the recording goes on, since another agent has the caller",
        "the recording was paused, at the desk or by a program",
        "the recording goes on, at the desk's or a program's wish",
        "the recording is encrypted and stored: 10.0 s",
    ]
    assert is_over(line)


@pytest.mark.parametrize("lang", ["en", "tr"])
def test_a_part_that_is_missing_is_told(lang: str) -> None:
    line = recorded()
    talks(line)
    line.caller_gone("c1")
    stored(line, missing_s=2.5)
    assert ("2.5" if lang == "en" else "2,5") in texts(line, lang=lang)[-1]


def test_why_a_talk_is_not_recorded_is_told() -> None:
    line = recorded()
    talks(line, noticed=False)
    assert texts(line) == ["the talk is not recorded: the caller had not heard whole that it would be"]
    line = busy(recording="all")
    hears(line)
    presses(line, "c1")
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.answers("c1")
    callee(line, "c1")
    assert texts(line)[1:] == ["the talk is not recorded: the line called them, and no notice was said"]


def test_a_recording_that_is_lost_is_told_with_its_reason() -> None:
    line = recorded()
    line.attaches("c1")
    hears(line)
    line.chooses("c1", "request")
    line.do(RecordingFailed(at=line.at, call=C1))
    assert texts(line)[-1] == "is not recorded: Asterisk did not begin to"
    line = recorded()
    talks(line)
    line.caller_gone("c1")
    line.do(RecordingMissed(at=line.at, call=C1, why="no_file"))
    assert texts(line)[-1] == "there is no recording: Asterisk wrote nothing, its disk was full or away"


def test_the_story_does_not_wait_for_a_recording_for_ever() -> None:
    line = recorded(wrapup_s=0)
    talks(line)
    line.caller_gone("c1")
    line.passes(STORED_S - 1)
    line.arrives("c2", "request")
    assert not is_over(line)
    line.passes(1)
    line.arrives("c3", "request")
    assert is_over(line)


def test_a_caller_with_whom_nobody_talked_has_no_recording_to_wait_for() -> None:
    line = recorded()
    line.attaches("c1")
    hears(line)
    line.chooses("c1", "request")
    line.caller_gone("c1")
    assert texts(line)[-1] == "the talk will be recorded from its first word"
    assert is_over(line)
    assert CallId("c1") not in line.engine.state.calls
