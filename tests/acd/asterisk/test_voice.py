"""What a voice says of a prompt: whether it was heard whole."""

import asyncio

import pytest

from acd.asterisk.agi_channel import AgiChannel
from acd.asterisk.agi_codec import Reply
from acd.asterisk.keypad import Keypad
from acd.asterisk.voice import Voice


@pytest.mark.parametrize(
    ("ends", "whole"),
    [
        pytest.param([Reply(200, "0", endpos=8000)], True, id="to its end"),
        pytest.param([Reply(200, "0")], False, id="cut"),
        pytest.param([Reply(200, "-1", endpos=0), Reply(200, "0")], False, id="no such prompt"),
    ],
)
async def test_only_a_prompt_that_was_not_cut_was_heard_whole(ends: list[Reply], whole: bool) -> None:
    """It is the proof that a caller has heard the notice of recording."""
    channel = AgiChannel(lambda data: None, lambda: None)
    voice = Voice(channel, Keypad(lambda: 0.0, lambda: True))
    said = asyncio.create_task(voice.say("recording"))
    await asyncio.sleep(0)
    if ends[0].endpos is None:
        channel.cut(channel.listening)
    for reply in ends:
        channel.reply_received(reply)
        await asyncio.sleep(0)
    assert await asyncio.wait_for(said, 60) is whole
