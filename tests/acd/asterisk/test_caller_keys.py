"""What callers press, as AMI and AGI tell it: each key once, and where it counts."""

import asyncio

import pytest

from acd.engine.model.commands import Announce, HoldCaller
from acd.engine.model.events import FlowFinished, KeyPressed, ServiceChosen
from acd.engine.model.ids import OfferId
from tests.acd.asterisk.caller_sessions import CALL, Desk
from tests.waiting import until


async def test_a_key_pressed_before_the_session_counts(desk: Desk) -> None:
    desk.directory.key(CALL, "1")
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("urgent_menu")
    assert channel.played == ["urgent_menu"]  # no prompt is begun that a key would cut off at once


async def test_keys_pressed_ahead_lead_through_without_a_word(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "12":
        desk.press(channel, key)
    desk.run_flow()
    assert (await desk.event(ServiceChosen)).service == "doctor"
    assert channel.played == []


@pytest.mark.parametrize("ami_first", [True, False])
async def test_a_key_told_by_both_counts_once(desk: Desk, ami_first: bool) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    if ami_first:
        desk.directory.key(CALL, "1")
        channel.key("1")
    else:
        channel.key("1")
        desk.directory.key(CALL, "1")
    await channel.plays("urgent_menu")
    await asyncio.sleep(0.05)
    assert channel.playing == "urgent_menu"


@pytest.mark.alone
async def test_a_key_that_fell_between_two_commands_stops_the_prompt(desk: Desk) -> None:
    """AGI dropped it; AMI tells of it when the next prompt has begun."""
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    loop = asyncio.get_running_loop()
    started = loop.time()
    desk.directory.key(CALL, "1")
    await channel.plays("urgent_menu")
    assert loop.time() - started < 0.2
    assert "NOOP" in channel.commands


async def test_a_key_that_fell_before_a_wait_ends_the_wait(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow(step="urgent")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.directory.key(CALL, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"


async def test_without_ami_the_keys_of_agi_do(desk: Desk) -> None:
    desk.ami = False
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    channel.prompt_ends()
    await until(lambda: channel.waiting)
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"


async def test_a_key_before_the_last_words_does_not_swallow_them(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "33":
        desk.press(channel, key)
    desk.run_flow()
    await channel.plays("info")
    channel.prompt_ends()
    await desk.event(FlowFinished)


async def test_keys_while_waiting_and_ringing_are_told(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    desk.press(channel, "9")
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.press(channel, "2")
    assert [event.key for event in desk.of(KeyPressed)] == ["9", "2"]


async def test_keys_pressed_in_talk_are_nobodys_business(desk: Desk) -> None:
    channel = await desk.caller()
    desk.offer()
    await until(lambda: channel.dialling != "")
    desk.directory.answered(CALL, OfferId(f"{CALL}#1"))
    for key in "4539":
        desk.press(channel, key)
    assert not desk.of(KeyPressed)


async def test_a_key_left_over_from_the_menu_is_told_when_waiting(desk: Desk) -> None:
    channel = await desk.caller()
    for key in "129":
        desk.press(channel, key)
    desk.run_flow()
    await desk.event(ServiceChosen)
    desk.directory.deliver(HoldCaller(call=CALL))
    assert (await desk.event(KeyPressed)).key == "9"


@pytest.mark.parametrize("ami", [True, False])
async def test_a_key_ends_an_announcement_and_is_told(desk: Desk, ami: bool) -> None:
    desk.ami = ami
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    desk.directory.deliver(Announce(call=CALL, prompts=("queue_position", "digit_3")))
    await channel.plays("queue_position")
    channel.music = False
    desk.press(channel, "9")
    assert (await desk.event(KeyPressed)).key == "9"
    await until(lambda: channel.music)
    assert channel.played == ["queue_position"]
    assert len(desk.of(KeyPressed)) == 1
