"""The command API over one AGI connection, with the other side played line by line."""

import asyncio
import time
from collections.abc import Coroutine
from typing import Any

import pytest

from acd.asterisk.agi_channel import (
    KICK_S,
    AgiChannel,
    CallerHungUp,
    ChannelClosed,
    CommandRefused,
    Played,
)
from acd.asterisk.agi_codec import PeerError, Reply, UnsafeArgument
from tests.waiting import until


class Line:
    """A channel whose other side is this object."""

    def __init__(self) -> None:
        self.sent: list[str] = []
        self.closed = 0
        self.channel = AgiChannel(lambda data: self.sent.append(data.decode().removesuffix("\n")), self._close)

    def _close(self) -> None:
        self.closed += 1

    async def begins(self, coroutine: Coroutine[Any, Any, object]) -> asyncio.Task[object]:
        task = asyncio.get_running_loop().create_task(coroutine)
        await asyncio.sleep(0)
        return task


@pytest.fixture
async def line() -> Line:
    return Line()


async def test_commands_and_their_replies(line: Line) -> None:
    channel = line.channel
    for coroutine, sent, reply, result in (
        (channel.answer(), "ANSWER", Reply(200, "0"), None),
        (channel.stream_file("greeting"), "STREAM FILE greeting 0123456789*#", Reply(200, "0", endpos=9), Played.WHOLE),
        (channel.stream_file("x", ""), 'STREAM FILE x ""', Reply(200, "35", endpos=9), "#"),
        (channel.stream_file("x"), "STREAM FILE x 0123456789*#", Reply(200, "-1", endpos=0), Played.FAILED),
        (channel.wait_for_digit(2.5), "WAIT FOR DIGIT 2500", Reply(200, "48"), "0"),
        (channel.wait_for_digit(0), "WAIT FOR DIGIT 1", Reply(200, "0"), ""),
        (channel.get_variable("DIALSTATUS"), "GET VARIABLE DIALSTATUS", Reply(200, "1", "BUSY"), "BUSY"),
        (channel.get_variable("A"), "GET VARIABLE A", Reply(200, "0"), None),
        (channel.set_variable("CHANNEL(language)", "en"), 'SET VARIABLE "CHANNEL(language)" en', Reply(200, "1"), None),
        (channel.set_music(True), "SET MUSIC on default", Reply(200, "0"), None),
        (channel.set_music(False), "SET MUSIC off", Reply(200, "0"), None),
        (channel.exec("Dial", "PJSIP/1001", "15", "m"), 'EXEC Dial "PJSIP/1001,15,m"', Reply(200, "0"), 0),
        (channel.exec("Wait"), "EXEC Wait", Reply(200, "-1"), -1),
        (channel.noop(), "NOOP", Reply(200, "0"), None),
    ):
        task = await line.begins(coroutine)
        assert line.sent[-1] == sent
        channel.reply_received(reply)
        assert await task == result


async def test_a_comma_in_an_argument_is_refused(line: Line) -> None:
    with pytest.raises(UnsafeArgument):
        await line.channel.exec("Dial", "PJSIP/1001,300,U(evil)")
    assert not line.sent


@pytest.mark.parametrize("reply", [Reply(510, data="no"), Reply(520, data="usage")])
async def test_a_command_asterisk_does_not_know_is_our_bug(line: Line, reply: Reply) -> None:
    task = await line.begins(line.channel.noop())
    line.channel.reply_received(reply)
    with pytest.raises(CommandRefused):
        await task
    task = await line.begins(line.channel.noop())  # the channel is usable still
    line.channel.reply_received(Reply(200, "0"))
    await task


async def test_an_application_that_is_not_there(line: Line) -> None:
    task = await line.begins(line.channel.exec("Dial", "x"))
    line.channel.reply_received(Reply(200, "-2"))
    with pytest.raises(CommandRefused):
        await task


async def test_a_result_that_is_no_number_is_the_peers_fault(line: Line) -> None:
    task = await line.begins(line.channel.exec("Dial", "x"))
    line.channel.reply_received(Reply(200, "zero"))
    with pytest.raises(PeerError):
        await task


async def test_a_reply_to_nothing_is_the_peers_fault(line: Line) -> None:
    with pytest.raises(PeerError):
        line.channel.reply_received(Reply(200, "0"))


# --- the end


@pytest.mark.parametrize("how", ["hangup", "dead", "lost"])
async def test_the_end_reaches_who_waits_and_who_comes_later(line: Line, how: str) -> None:
    gone: list[ChannelClosed | None] = []
    line.channel.on_gone = lambda: gone.append(line.channel.gone)
    task = await line.begins(line.channel.exec("Dial", "PJSIP/1001"))
    for _ in range(2):  # the second counts for nothing
        match how:
            case "hangup":
                line.channel.hangup_received()
            case "dead":
                line.channel.reply_received(Reply(511, data="dead"))
            case "lost":
                line.channel.lost(ChannelClosed("closed by Asterisk"))
    kind = ChannelClosed if how == "lost" else CallerHungUp
    with pytest.raises(kind):
        await task
    with pytest.raises(kind):
        await line.channel.noop()
    assert len(gone) == 1
    assert isinstance(gone[0], kind)
    line.channel.reply_received(Reply(200, "0"))  # late, and of no interest
    assert len(line.sent) == 1


async def test_a_command_that_is_not_answered_closes_the_connection(line: Line) -> None:
    with pytest.raises(ChannelClosed, match="no reply"):
        await line.channel.exec("Wait", "1", deadline_s=0.01)
    assert line.closed == 1
    assert isinstance(line.channel.gone, ChannelClosed)


# --- cutting


async def test_a_cut_prompt_gives_no_reply(line: Line) -> None:
    task = await line.begins(line.channel.stream_file("greeting"))
    mark = line.channel.listening
    line.channel.cut(mark)
    line.channel.cut(mark)  # once is enough
    assert line.sent[1:] == ["NOOP"]
    line.channel.reply_received(Reply(200, "0"))
    assert await task is Played.CUT
    assert line.channel.listening is None


async def test_a_prompt_that_ended_as_it_was_cut(line: Line) -> None:
    task = await line.begins(line.channel.stream_file("greeting"))
    line.channel.cut(line.channel.listening)
    line.channel.reply_received(Reply(200, "53", endpos=800))
    line.channel.reply_received(Reply(200, "0"))
    assert await task == "5"
    after = await line.begins(line.channel.get_variable("A"))
    line.channel.reply_received(Reply(200, "1", "b"))
    assert await after == "b"


async def test_a_cut_that_was_not_seen_is_repeated(line: Line) -> None:
    task = await line.begins(line.channel.stream_file("greeting"))
    line.channel.cut(line.channel.listening)
    await until(lambda: line.sent.count("NOOP") >= 3)
    for _ in range(line.sent.count("NOOP")):
        line.channel.reply_received(Reply(200, "0"))
    assert await task is Played.CUT
    sent = len(line.sent)
    await asyncio.sleep(KICK_S * 3)
    assert len(line.sent) == sent


@pytest.mark.alone  # it measures how soon the twelfth comes
async def test_what_one_cut_is_late_the_next_is_not_late_again(line: Line) -> None:
    """Asterisk reads what has gathered in one go, and sees none of the cuts in it."""
    task = await line.begins(line.channel.stream_file("greeting"))
    line.channel.cut(line.channel.listening)
    began = time.monotonic()
    await until(lambda: line.sent.count("NOOP") >= 12)
    assert time.monotonic() - began < 3, "each twice as late as the one before, it would be four seconds"
    for _ in range(line.sent.count("NOOP")):
        line.channel.reply_received(Reply(200, "0"))
    assert await task is Played.CUT


async def test_a_cut_wait_gives_no_key(line: Line) -> None:
    task = await line.begins(line.channel.wait_for_digit(5))
    line.channel.cut(line.channel.listening)
    line.channel.reply_received(Reply(200, "1"))
    assert await task == ""
    line.channel.reply_received(Reply(200, "0"))


async def test_nothing_else_is_cut(line: Line) -> None:
    line.channel.cut(line.channel.listening)
    task = await line.begins(line.channel.exec("Dial", "x"))
    line.channel.cut(line.channel.listening)
    assert line.sent == ["EXEC Dial x"]
    line.channel.reply_received(Reply(200, "0"))
    await task


async def test_a_command_after_a_cancelled_prompt_cuts_it(line: Line) -> None:
    """An offer arrives while a prompt plays: the prompt's task is cancelled, then the Dial is sent."""
    prompt = await line.begins(line.channel.stream_file("greeting"))
    prompt.cancel()
    await asyncio.wait((prompt,))
    dial = await line.begins(line.channel.exec("Dial", "PJSIP/1001"))
    assert line.sent[1:] == ["NOOP"]  # the Dial only when the prompt is known to be over
    line.channel.reply_received(Reply(200, "0"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    assert line.sent[2:] == ["EXEC Dial PJSIP/1001"]
    line.channel.reply_received(Reply(200, "0"))
    assert await dial == 0


async def test_a_command_after_a_cancelled_command_waits_for_its_reply(line: Line) -> None:
    first = await line.begins(line.channel.set_variable("A", "1"))
    first.cancel()
    await asyncio.wait((first,))
    second = await line.begins(line.channel.get_variable("A"))
    assert len(line.sent) == 1
    line.channel.reply_received(Reply(200, "1"))
    await asyncio.sleep(0)
    await asyncio.sleep(0)
    line.channel.reply_received(Reply(200, "1", "x"))
    assert await second == "x"


async def test_two_tasks_at_once_are_our_bug(line: Line) -> None:
    first = await line.begins(line.channel.noop())
    with pytest.raises(RuntimeError):
        await line.channel.noop()
    line.channel.reply_received(Reply(200, "0"))
    await first
