"""Talks are recorded if their class is and the caller has heard it whole; pauses are told and end with the talk."""

from typing import Any

import msgspec
import pytest

from acd.engine.model.commands import MuteRecording, OfferCall, RecordCall, RunFlow
from acd.engine.model.events import CommandFailed, ConfigChanged, EngineStarted, KeyPressed
from acd.engine.model.ids import CallId
from acd.engine.model.monitor_events import NoticeHeard
from acd.engine.model.monitor_facts import Notice, NoticeGiven
from acd.engine.model.recording_events import (
    RecordingFailed,
    RecordingMissed,
    RecordingMuted,
    RecordingNoticed,
    RecordingPauseWished,
    RecordingStored,
)
from acd.engine.model.recording_facts import (
    NotRecorded,
    RecordingBegan,
    RecordingFact,
    RecordingKept,
    RecordingLost,
    RecordingPaused,
    RecordingResumed,
)
from tests.acd.engine.calling_back import busy, callee, hangs_up, presses
from tests.acd.engine.line import Line

C1 = CallId("c1")


def recorded(which: str = "all", **rules: Any) -> Line:
    """A line that records these calls, with an agent."""
    line = Line(agents="1001 1002", recording=which, **rules)
    line.ready("1001")
    return line


def hears(line: Line, call: str = "c1") -> None:
    line.do(NoticeHeard(at=line.at, call=CallId(call), notice="recording", prompt="recording"))


def talks(line: Line, service: str = "request", *, noticed: bool = True) -> None:
    """A caller who talks."""
    line.attaches("c1")
    if noticed:
        hears(line)
    line.chooses("c1", service)
    line.answers("c1")


def said(line: Line) -> list[Any]:
    """All that was told of recordings."""
    return [one for one in line.history if isinstance(one, RecordingFact | NoticeGiven)]


def commands(line: Line, kind: type) -> list[Any]:
    return [one for one in line.history if isinstance(one, kind)]


def pauses(line: Line, paused: bool, by: Any = "desk") -> None:
    """The agent's wish, and what Asterisk makes of it."""
    line.do(RecordingPauseWished(at=line.at, call=C1, paused=paused, by=by))
    for one in [one for one in line.out if isinstance(one, MuteRecording)]:
        line.do(RecordingMuted(at=line.at, call=C1, paused=one.paused, by=one.by))


def test_asterisk_is_told_to_record_before_it_is_told_to_ring() -> None:
    line = recorded()
    talks(line)
    kinds = [type(one) for one in line.history if isinstance(one, RecordCall | OfferCall)]
    assert kinds == [RecordCall, OfferCall]
    announced = NoticeGiven(at=1000.0, call=C1, notice="recording", prompt="recording")
    assert said(line) == [announced, RecordingBegan(at=1000.0, call=C1)]


def test_without_the_notice_the_talk_is_not_recorded_and_its_row_says_why() -> None:
    line = recorded()
    talks(line, noticed=False)
    assert said(line) == [NotRecorded(at=1000.0, call=C1, why="no_notice")]
    assert commands(line, RecordCall) == []


def test_a_notice_that_comes_after_the_talk_has_begun_is_too_late() -> None:
    line = recorded()
    talks(line, noticed=False)
    hears(line)
    line.sends("c1", "1002")
    line.comes_back("c1", "PJSIP/1001-1", "1002")
    assert commands(line, RecordCall) == []
    assert len([one for one in said(line) if isinstance(one, NotRecorded)]) == 1, "told once"


def test_only_urgent_calls_are_recorded_where_that_is_set() -> None:
    line = recorded("urgent")
    talks(line)
    assert said(line) == [NoticeGiven(at=1000.0, call=C1, notice="recording", prompt="recording")]
    line = recorded("urgent")
    talks(line, "funeral")
    assert RecordingBegan(at=1000.0, call=C1) in said(line)


def test_nothing_is_recorded_or_told_where_none_is() -> None:
    line = recorded("none")
    talks(line, noticed=False)
    assert said(line) == []


def test_a_caller_who_says_in_the_queue_that_it_is_urgent_is_recorded_if_they_heard_the_notice() -> None:
    for noticed in (True, False):
        line = Line(agents="1001", recording="urgent", escalation_key="9")
        line.attaches("c1")
        if noticed:
            hears(line)
        line.chooses("c1", "request")
        line.do(KeyPressed(at=line.at, call=C1, key="9"))
        line.ready("1001")
        line.answers("c1")
        assert [type(one) for one in said(line)] == ([NoticeGiven, RecordingBegan] if noticed else [NotRecorded])


def test_each_notice_is_told_once_and_by_itself_lets_nobody_record() -> None:
    line = recorded()
    line.attaches("c1")
    twice: tuple[Notice, ...] = ("privacy", "recording", "privacy", "recording")
    for place, notice in enumerate(twice):
        line.do(NoticeHeard(at=line.at, call=C1, notice=notice, prompt=notice, version=f"tr-{place}"))
        line.passes(1)
    assert [(one.notice, one.prompt, one.version, one.at) for one in line.facts(NoticeGiven)] == [
        ("privacy", "privacy", "tr-0", 1000.0),
        ("recording", "recording", "tr-1", 1001.0),
    ]
    line = recorded()
    line.attaches("c1")
    line.do(NoticeHeard(at=line.at, call=C1, notice="privacy", prompt="privacy"))
    line.chooses("c1", "request")
    line.answers("c1")
    assert line.facts(RecordingBegan) == []


def test_what_an_older_line_wrote_of_a_notice_counts_and_nobody_knows_which_audio_it_was() -> None:
    line = recorded()
    line.attaches("c1")
    line.do(RecordingNoticed(at=line.at, call=C1, prompt="recording_short"))
    assert line.out == [NoticeGiven(at=line.at, call=C1, notice="recording", prompt="recording_short", version="")]
    line.chooses("c1", "request")
    line.answers("c1")
    assert [type(one) for one in said(line)] == [NoticeGiven, RecordingBegan]


def test_each_ring_gives_the_command_again_and_the_fact_comes_once() -> None:
    line = recorded()
    line.attaches("c1")
    hears(line)
    line.chooses("c1", "request")
    line.fails("c1", "NOANSWER")
    line.ready("1002")
    assert line.offered == {"1002": "c1"}
    assert len(commands(line, RecordCall)) == 2
    assert len([one for one in said(line) if isinstance(one, RecordingBegan)]) == 1


def test_a_caller_who_is_called_back_is_not_recorded() -> None:
    line = busy(recording="all")
    hears(line)
    presses(line, "c1")
    hangs_up(line, "c1")
    line.agent_hangs_up("c0")
    line.answers("c1")
    callee(line, "c1")
    assert line.talking == {"1001": "c1"}
    assert [(one.call, one.why) for one in said(line) if isinstance(one, NotRecorded)] == [
        ("c0", "no_notice"),
        ("c1", "callback"),
    ]


def test_a_flow_that_goes_on_after_a_restart_knows_that_the_notice_was_heard() -> None:
    line = recorded()
    line.attaches("c1")
    hears(line)
    hears(line)
    line.do(EngineStarted(at=line.at))
    line.attaches("c1")
    assert [one.noticed for one in commands(line, RunFlow)] == [False, True]
    assert len(said(line)) == 1, "heard once"


def test_a_pause_is_told_when_asterisk_does_it_and_what_is_so_already_is_not_told_again() -> None:
    line = recorded()
    talks(line)
    pauses(line, True, "key")
    pauses(line, True)
    pauses(line, False)
    assert said(line)[2:] == [
        RecordingPaused(at=1000.0, call=C1, by="key"),
        RecordingResumed(at=1000.0, call=C1, by="desk"),
    ]
    assert [one.paused for one in commands(line, MuteRecording)] == [True, True, False], "only Asterisk knows for sure"


def test_a_pause_that_asterisk_does_not_make_is_not_told() -> None:
    line = recorded()
    talks(line)
    line.do(RecordingPauseWished(at=line.at, call=C1, paused=True))
    line.do(CommandFailed(at=line.at, cause="1.0", call=C1, command="mute_recording", error="not connected"))
    assert not [one for one in said(line) if isinstance(one, RecordingPaused)]
    assert line.engine.state.calls[C1].talk is not None, "the talk goes on"


def test_nothing_is_paused_outside_a_recorded_talk() -> None:
    line = recorded()
    pauses(line, True)
    line.attaches("c1")
    hears(line)
    pauses(line, True)
    line.chooses("c1", "request")
    pauses(line, True)
    assert commands(line, MuteRecording) == []
    line = recorded()
    talks(line, noticed=False)
    pauses(line, True)
    assert commands(line, MuteRecording) == []


def test_the_next_agents_part_of_the_talk_is_recorded_again() -> None:
    line = recorded()
    talks(line)
    pauses(line, True)
    line.ready("1002")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.answers("c1")
    (last,) = [one for one in line.out if isinstance(one, MuteRecording)]
    assert (last.paused, last.channel) == (False, "PJSIP/trunk-c1")
    line.do(RecordingMuted(at=line.at, call=C1, paused=False))
    assert said(line)[-1] == RecordingResumed(at=1000.0, call=C1, by="line")


def test_the_next_agents_part_is_recorded_though_asterisk_has_not_told_of_the_pause() -> None:
    """The connection was lost before the answer: the pause may have been made."""
    line = recorded()
    talks(line)
    pause = RecordingPauseWished(at=line.at, call=C1, paused=True, by="desk")
    line.do(pause, CommandFailed(at=line.at, call=C1, command="mute_recording", error="connection lost"))
    line.ready("1002")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    line.answers("c1")
    assert [one.paused for one in line.out if isinstance(one, MuteRecording)] == [False]


def test_where_asterisk_does_not_record_it_is_told_once_and_the_call_goes_on() -> None:
    line = recorded()
    line.attaches("c1")
    hears(line)
    line.chooses("c1", "request")
    for _ in range(2):
        line.do(RecordingFailed(at=line.at, call=C1))
    line.answers("c1")
    assert [one for one in said(line) if isinstance(one, RecordingLost)] == [
        RecordingLost(at=1000.0, call=C1, why="refused")
    ]
    assert line.engine.state.calls[C1].talk is not None
    pauses(line, True)
    assert commands(line, MuteRecording) == []


def test_a_file_that_the_desk_misses_while_the_call_is_on_is_recorded_no_more() -> None:
    line = recorded()
    talks(line)
    line.do(RecordingMissed(at=line.at, call=C1, why="no_file"))
    pauses(line, True)
    line.ready("1002")
    leg = line.sends("c1", "1002")
    line.comes_back("c1", leg, "1002")
    assert line.offered == {"1002": "c1"}
    assert [type(one) for one in line.history if isinstance(one, RecordCall | MuteRecording)] == [RecordCall]


def test_what_the_desk_made_of_the_file_is_told_after_the_call_too() -> None:
    line = recorded()
    talks(line)
    line.caller_gone("c1")
    line.do(RecordingStored(at=line.at, call=C1, sha256="ab", size=8058, seconds=1.0))
    line.do(RecordingMissed(at=line.at, call=C1, why="no_file"))
    line.do(RecordingFailed(at=line.at, call=C1), RecordingNoticed(at=line.at, call=C1, prompt="recording"))
    line.do(RecordingMuted(at=line.at, call=C1, paused=True))
    assert said(line)[2:] == [
        RecordingKept(at=1000.0, call=C1, sha256="ab", size=8058, seconds=1.0),
        RecordingLost(at=1000.0, call=C1, why="no_file"),
    ]


def reloads(line: Line, **rules: Any) -> None:
    line.do(ConfigChanged(at=line.at, config=msgspec.structs.replace(line.config, **rules)))


@pytest.mark.parametrize("noticed", [True, False])
def test_a_talk_whose_phone_rang_while_nothing_was_recorded_was_not_to_be(*, noticed: bool) -> None:
    """A reload in the ring, or before AMI, which is late, tells of the answer."""
    line = recorded("none")
    line.attaches("c1")
    if noticed:
        hears(line)
    line.chooses("c1", "request")
    reloads(line, recording="all")
    line.answers("c1")
    assert [one for one in said(line) if not isinstance(one, NoticeGiven)] == []
    assert commands(line, RecordCall) == []


def test_a_talk_that_was_to_be_recorded_as_its_phone_rang_says_why_it_is_not() -> None:
    line = recorded("all")
    line.attaches("c1")
    line.chooses("c1", "request")
    reloads(line, recording="none")
    line.answers("c1")
    assert said(line) == [NotRecorded(at=1000.0, call=C1, why="no_notice")]


def test_the_next_ring_is_by_the_rules_that_were_reloaded() -> None:
    line = recorded("none")
    line.attaches("c1")
    hears(line)
    line.chooses("c1", "request")
    reloads(line, recording="all")
    line.fails("c1", "NOANSWER")
    line.ready("1002")
    line.answers("c1")
    assert RecordingBegan(at=1000.0, call=C1) in said(line)
    assert len(commands(line, RecordCall)) == 1
