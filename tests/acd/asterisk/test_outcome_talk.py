"""The talk of an automatic call over a real socket: what is said in which order, which keys count, and what is not."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.caller_ports import TalkLimits
from acd.engine.model.commands import TalkPart, TellOutcome
from acd.engine.model.outcome_events import OutcomeTalked
from tests.acd.asterisk.caller_sessions import CALL, Desk
from tests.waiting import until

WISH = "26-000123-3.1.1"


class Talk(Desk):
    """A session, and the commands of an automatic call."""

    def limit(self, **limits: Any) -> None:
        ports = self.directory.ports
        self.directory.ports = dataclasses.replace(ports, outcome_talk=TalkLimits(**limits))

    def tell(self, part: TalkPart, *prompts: str, wish: str = WISH) -> None:
        command = TellOutcome(call=CALL, wish=wish, part=part, prompts=prompts, language="tr")
        assert self.directory.deliver(command, "7.1")

    async def step(self) -> tuple[str, int]:
        """What became of the part."""
        event = await self.event(OutcomeTalked)
        assert (event.call, event.cause) == (CALL, "7.1")
        return event.step, event.score


@pytest.fixture
async def talk() -> AsyncIterator[Talk]:
    talk = Talk()
    await talk.server.start()
    yield talk
    await talk.server.stop()


# --- asking for a key


@pytest.mark.parametrize(("key", "step"), [("1", "hear"), ("7", "no_calls"), ("9", "wrong_number"), ("0", "agent")])
async def test_who_calls_is_said_and_a_key_is_asked_for(talk: Talk, key: str, step: str) -> None:
    channel = await talk.caller()
    talk.tell("ask")
    await channel.plays("outcome_who")
    channel.prompt_ends()
    await channel.plays("outcome_keys")
    talk.press(channel, key)
    assert await talk.step() == (step, 0)
    assert channel.played == ["outcome_who", "outcome_keys"]


async def test_another_key_is_asked_again_and_then_nobody_is_there(talk: Talk) -> None:
    channel = await talk.caller()
    talk.tell("ask")
    for _ in range(2):
        await channel.plays("outcome_who")
        talk.press(channel, "5")
    assert await talk.step() == ("silence", 0)
    assert channel.played == ["outcome_who"] * 2


async def test_a_key_of_before_the_question_counts_for_nothing(talk: Talk) -> None:
    channel = await talk.caller()
    talk.press(channel, "1")
    talk.tell("ask")
    await channel.plays("outcome_who")
    assert talk.of(OutcomeTalked) == []


@pytest.mark.parametrize("cause", ["LONGGREETING-3500-3500", "MAXWORDLENGTH-3500"])
async def test_a_greeting_that_is_too_long_is_a_machine_that_hears_nothing(talk: Talk, cause: str) -> None:
    talk.limit(greeting_s=3.5)
    channel = await talk.caller()
    channel.variables["AMDCAUSE"] = cause
    talk.tell("ask")
    assert await talk.step() == ("machine", 0)
    assert channel.played == []
    assert 'EXEC AMD "2000,3500,800,8500,100,50,1000,256,3500"' in [line.strip() for line in channel.commands]


@pytest.mark.parametrize("cause", ["HUMAN-800-800", "INITIALSILENCE-2000-2000", "TOOLONG-8500", "MAXWORDS-5-5", ""])
async def test_what_asterisk_guesses_otherwise_is_asked_for_a_key(talk: Talk, cause: str) -> None:
    talk.limit(greeting_s=3.5)
    channel = await talk.caller()
    channel.variables["AMDCAUSE"] = cause
    talk.tell("ask")
    await channel.plays("outcome_who")


async def test_an_asterisk_that_cannot_measure_asks_for_a_key(talk: Talk) -> None:
    talk.limit(greeting_s=3.5)
    channel = await talk.caller()
    talk.tell("ask")
    await channel.plays("outcome_who")


async def test_where_no_machine_is_looked_for_none_is(talk: Talk) -> None:
    channel = await talk.caller()
    talk.tell("ask")
    await channel.plays("outcome_who")
    assert not [line for line in channel.commands if "AMD" in line]


# --- the words


async def test_the_words_are_said_whole(talk: Talk) -> None:
    channel = await talk.caller()
    talk.tell("words", "outcome_number", "digit_2", "/words/1")
    await channel.plays("outcome_number")
    assert not channel.key("5"), "only the agent's key interrupts"
    channel.prompt_ends()
    await channel.plays("digit_2")
    channel.prompt_ends()
    await channel.plays("/words/1")
    assert talk.of(OutcomeTalked) == []
    channel.prompt_ends()
    assert await talk.step() == ("heard", 0)


async def test_a_key_for_an_agent_interrupts_them(talk: Talk) -> None:
    channel = await talk.caller()
    talk.tell("words", "outcome_number", "/words/1")
    await channel.plays("outcome_number")
    talk.press(channel, "0")
    assert await talk.step() == ("agent", 0)
    assert channel.played == ["outcome_number"]


async def test_words_that_are_not_there_were_not_heard(talk: Talk) -> None:
    channel = await talk.caller()
    channel.missing.add("/words/1")
    talk.tell("words", "outcome_number", "/words/1", "outcome_later")
    await channel.plays("outcome_number")
    channel.prompt_ends()
    assert await talk.step() == ("unsaid", 0)
    assert "outcome_later" not in channel.played


# --- score and remark


@pytest.mark.parametrize("key", ["1", "5"])
async def test_a_score_is_a_key(talk: Talk, key: str) -> None:
    channel = await talk.caller()
    talk.tell("score")
    await channel.plays("outcome_score")
    talk.press(channel, key)
    assert await talk.step() == ("scored", int(key))


async def test_instead_of_a_score_an_agent(talk: Talk) -> None:
    channel = await talk.caller()
    talk.tell("score")
    await channel.plays("outcome_score")
    talk.press(channel, "0")
    assert await talk.step() == ("agent", 0)


async def test_no_score_in_two_rounds_is_none(talk: Talk) -> None:
    channel = await talk.caller()
    talk.tell("score")
    for key in ("6", "*"):
        await channel.plays("outcome_score")
        talk.press(channel, key)
    assert await talk.step() == ("over", 0)


async def test_a_remark_is_recorded_under_the_wish_s_name(talk: Talk, tmp_path: Path) -> None:
    talk.limit(remark_s=60, remarks=tmp_path / "remarks")
    channel = await talk.caller()
    talk.tell("remark")
    await channel.plays("outcome_remark")
    channel.prompt_ends()
    assert await talk.step() == ("over", 0)
    assert channel.recorded == [str(tmp_path / "remarks" / WISH)]
    assert (tmp_path / "remarks").stat().st_mode & 0o777 == 0o700


async def test_a_remark_is_taken_once(talk: Talk, tmp_path: Path) -> None:
    """A restart in mid-remark: what was recorded stays."""
    talk.limit(remark_s=60, remarks=tmp_path)
    (tmp_path / f"{WISH}.wav").write_bytes(b"RIFF")
    channel = await talk.caller()
    talk.tell("remark")
    assert await talk.step() == ("over", 0)
    assert (channel.recorded, channel.played) == ([], [])


@pytest.mark.parametrize("wish", ["../x", "a b", ""])
async def test_a_name_that_could_be_another_file_s_records_nothing(talk: Talk, tmp_path: Path, wish: str) -> None:
    talk.limit(remark_s=60, remarks=tmp_path)
    channel = await talk.caller()
    talk.tell("remark", wish=wish)
    assert await talk.step() == ("over", 0)
    assert channel.recorded == []


async def test_a_town_without_remarks(talk: Talk, tmp_path: Path) -> None:
    talk.limit(remark_s=0, remarks=tmp_path)
    channel = await talk.caller()
    talk.tell("remark")
    assert await talk.step() == ("over", 0)
    assert channel.played == []


@pytest.mark.parametrize("fault", ["disk", "folder"])
async def test_without_a_disk_the_call_goes_on(talk: Talk, tmp_path: Path, fault: str) -> None:
    remarks = tmp_path / "remarks"
    if fault == "folder":
        remarks = tmp_path / "file" / "remarks"
        remarks.parent.write_text("")
    talk.limit(remark_s=60, remarks=remarks)
    channel = await talk.caller()
    channel.writes = False
    talk.tell("remark")
    if fault == "disk":
        await channel.plays("outcome_remark")
        channel.prompt_ends()
    assert await talk.step() == ("over", 0)
    await until(lambda: not talk.expecting, "the session is idle")
