"""A caller's message over a real socket: what is said, what is recorded, and what is made of it."""

import dataclasses
import shutil
from collections.abc import AsyncIterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.message_talk import SILENCE_S
from acd.engine.model.commands import TakeMessage
from acd.engine.model.events import CallDetached
from acd.engine.model.ids import CallId
from acd.engine.model.message_events import MessageTalked
from ivr.catalogue import load_catalogues
from ivr.tones import BEEP, as_wav, sine
from tests.acd.asterisk.caller_sessions import CALL, Desk
from tests.acd.asterisk.peer import Channel
from tests.waiting import until


class Talk(Desk):
    """A session whose caller may leave a message of at least two seconds."""

    def __init__(self, folder: Path) -> None:
        super().__init__()
        self.path = folder / "messages" / f"{CALL}.wav"
        self.taken: Mapping[str, str] = {"number": "26-000123-3"}
        self.asked: list[CallId] = []
        ports = self.directory.ports
        self.directory.ports = dataclasses.replace(
            ports,
            messages=folder / "messages",
            message_taken=self._message_taken,
        )

    async def _message_taken(self, call: CallId) -> Mapping[str, str]:
        self.asked.append(call)
        return self.taken

    async def take(self, callerid: str = "05321112233") -> Channel:
        """The command, to a caller whose recordings last until the test ends them."""
        channel = await self.caller(callerid=callerid)
        channel.holds = True
        command = TakeMessage(call=CALL, prompts=("message_how",), most_s=30.0, least_s=2.0, language="tr")
        assert self.directory.deliver(command, "7.1")
        return channel

    async def records(self, channel: Channel, prompt: str = "message_how") -> None:
        """The prompt is said, the tone is heard, the recording runs."""
        await channel.plays(prompt)
        channel.prompt_ends()
        await channel.plays(BEEP)
        channel.prompt_ends()
        await until(lambda: channel.recording, "the recording")

    def says(self, seconds: float, level: float = 0.5) -> None:
        """What Asterisk has written so far: so much sound."""
        self.path.write_bytes(as_wav(sine(440, seconds, level)))

    async def steps(self, *wanted: str) -> list[Any]:
        await until(lambda: len(self.of(MessageTalked)) >= len(wanted), f"{wanted}; there are {self.events}")
        found = self.of(MessageTalked)
        assert [one.step for one in found] == list(wanted)
        assert {(one.call, one.cause) for one in found} == {(CALL, "7.1")}
        return found


@pytest.fixture
async def talk(tmp_path: Path) -> AsyncIterator[Talk]:
    talk = Talk(tmp_path)
    await talk.server.start()
    yield talk
    await talk.server.stop()


async def test_a_message_is_recorded_measured_and_its_number_said(talk: Talk) -> None:
    channel = await talk.take()
    await talk.records(channel)
    talk.says(3.0)
    channel.record_ends()
    await channel.plays("message_kept")
    channel.prompt_ends()
    for prompt in ("ticket_number", *(f"digit_{digit}" for digit in "260001233")):
        await channel.plays(prompt)
        channel.prompt_ends()
    _, kept, _ = await talk.steps("began", "kept", "said")
    assert kept.spoken_s == 3.0
    assert talk.asked == [CALL]
    assert channel.recorded == [str(talk.path).removesuffix(".wav")]
    [line] = [one.split() for one in channel.commands if one.startswith("RECORD")]
    assert [part.strip('"') for part in line[3:]] == ["wav", "#", "30000", f"s={SILENCE_S:g}"]


@pytest.mark.parametrize(
    ("taken", "caller", "prompt"),
    [
        ({}, "05321112233", "message_number_later"),
        ({}, "anonymous", "message_number_withheld"),
        ({"added": "1"}, "05321112233", "message_added"),
    ],
)
async def test_without_a_number_of_their_own_the_caller_hears_what_follows(
    talk: Talk, taken: Mapping[str, str], caller: str, prompt: str
) -> None:
    talk.taken = taken
    channel = await talk.take(caller)
    await talk.records(channel)
    talk.says(3.0)
    channel.record_ends()
    await channel.plays("message_kept")
    channel.prompt_ends()
    await channel.plays(prompt)
    channel.prompt_ends()
    await talk.steps("began", "kept", "said")


async def test_whoever_knows_how_skips_it_by_a_key(talk: Talk) -> None:
    channel = await talk.take()
    await channel.plays("message_how")
    talk.press(channel, "1")
    await channel.plays(BEEP)


async def test_too_short_a_message_is_asked_for_once_more_and_then_there_is_none(talk: Talk) -> None:
    channel = await talk.take()
    await talk.records(channel)
    talk.says(0.5)
    channel.record_ends()
    await talk.records(channel, "message_short")
    channel.record_ends()
    await talk.steps("began", "began", "none")
    assert not talk.path.exists()
    assert channel.played == ["message_how", BEEP, "message_short", BEEP]


async def test_a_quiet_line_that_hisses_is_no_message(talk: Talk) -> None:
    channel = await talk.take()
    await talk.records(channel)
    talk.says(20.0, level=0.005)
    channel.record_ends()
    await channel.plays("message_short")


@pytest.mark.parametrize(("seconds", "step"), [(3.0, "kept"), (0.5, "none")])
async def test_whoever_hangs_up_has_left_what_is_on_the_disk(talk: Talk, seconds: float, step: str) -> None:
    channel = await talk.take()
    await talk.records(channel)
    talk.says(seconds)
    await channel.hang_up()
    await talk.event(CallDetached)
    _, last = await talk.steps("began", step)
    assert last.spoken_s == seconds
    assert talk.events.index(last) < talk.events.index(talk.of(CallDetached)[0])


async def test_whoever_hangs_up_before_the_tone_has_left_none(talk: Talk) -> None:
    channel = await talk.take()
    await channel.plays("message_how")
    await channel.hang_up()
    await talk.event(CallDetached)
    assert talk.of(MessageTalked) == []


async def test_a_recording_of_a_session_that_died_is_not_asked_for_again(talk: Talk) -> None:
    talk.path.parent.mkdir()
    talk.says(4.0)
    channel = await talk.take()
    await channel.plays("message_kept")
    assert channel.recorded == []
    [kept] = await talk.steps("kept")
    assert kept.spoken_s == 4.0


# --- faults


async def test_a_full_disk_is_told_before_the_tone(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**6))
    channel = await talk.take()
    await channel.plays("message_impossible")
    channel.prompt_ends()
    await talk.steps("failed")
    assert channel.recorded == []


async def test_a_file_that_cannot_be_written_is_told(talk: Talk) -> None:
    channel = await talk.take()
    channel.holds, channel.writes = False, False
    await channel.plays("message_how")
    channel.prompt_ends()
    await channel.plays(BEEP)
    channel.prompt_ends()
    await channel.plays("message_impossible")
    channel.prompt_ends()
    await talk.steps("began", "failed")


async def test_a_folder_that_cannot_be_made_is_told(talk: Talk) -> None:
    talk.path.parent.write_text("")
    channel = await talk.take()
    await channel.plays("message_impossible")


async def test_a_disk_that_became_full_meanwhile_is_told(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> None:
    channel = await talk.take()
    await talk.records(channel)
    talk.says(1.0)
    monkeypatch.setattr(shutil, "disk_usage", lambda _: shutil._ntuple_diskusage(10**12, 10**12, 10**6))
    channel.record_ends()
    await channel.plays("message_impossible")


def test_where_no_number_is_said_nothing_is_promised() -> None:
    """Nobody would call later to tell it; the caller hears how the request is found."""
    said = load_catalogues(None)
    assert "numarasız" in said["tr"]["message_number_later"].text
    assert "without it" in said["en"]["message_number_later"].text
    for language, promise in (("tr", "daha sonra"), ("en", "later")):
        assert promise not in said[language]["message_number_later"].text
    assert "bu telefondan" not in said["tr"]["message_number_withheld"].text.casefold()
    assert "this telephone" not in said["en"]["message_number_withheld"].text
