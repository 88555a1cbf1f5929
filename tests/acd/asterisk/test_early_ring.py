"""A session of an urgent caller who presses the kind while an agent's phone rings."""

import asyncio
import dataclasses
from collections.abc import AsyncIterator

import msgspec
import pytest

import acd.asterisk.callers
from acd.engine.model.commands import HoldCaller, OfferCall
from acd.engine.model.events import FlowStepped, KeyPressed, KindAsked, ServiceChosen
from acd.engine.model.ids import AgentId, OfferId, ServiceId
from acd.engine.model.monitor_events import NoticeHeard
from ivr import flow as f
from tests.acd.asterisk.caller_sessions import CALL, FLOW, Desk
from tests.waiting import until

MENU_S = 9.25


def with_early(flow: f.Flow, *, notice: tuple[str, ...] = ("recording_short",)) -> f.Flow:
    menu = flow.steps["urgent"]
    assert isinstance(menu, f.Menu)
    early = f.Early(untold="agent", prompts=("call_112", "urgent_menu"))
    steps = {**flow.steps, "urgent": msgspec.structs.replace(menu, notice=notice, early=early)}
    return msgspec.structs.replace(flow, steps=steps)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    desk.flows["hotline"] = with_early(FLOW)
    rings(desk, True)
    await desk.server.start()
    yield desk
    await desk.server.stop()


def rings(desk: Desk, early: bool) -> None:
    desk.directory.ports = dataclasses.replace(
        desk.directory.ports, early_ring=lambda: early, menu_s=lambda step, language: MENU_S
    )


def offer(*, music: str = "urgent-tr", keys: str = "12", untold: bool = True) -> OfferCall:
    return OfferCall(
        call=CALL, offer=OfferId(f"{CALL}#1"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=14.0,
        service=ServiceId("ambulance"), priority="urgent", music=music, keys=keys, untold=untold,
    )  # fmt: skip


async def test_the_notice_is_heard_whole_and_then_the_engine_has_an_agent_rung(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("recording_short")
    assert channel.stops_keys == ""
    desk.press(channel, "2")
    assert channel.playing == "recording_short", "no key cuts it"
    assert desk.of(KindAsked) == []
    channel.prompt_ends()
    asked: KindAsked = await desk.event(KindAsked)
    assert (asked.service, asked.kinds) == ("agent", {"1": "funeral", "2": "doctor"})
    assert (asked.music, asked.menu_s, asked.language) == ("urgent-tr", MENU_S, "tr")
    assert [(one.step, one.key) for one in desk.of(FlowStepped)] == [("main", ""), ("urgent", "1")]
    assert channel.variables["DYNAMIC_FEATURES"] == "kind-keys", "keys are to be told of in the talk too"
    assert desk.directory.deliver(offer(), "9.1")
    assert (await desk.event(KeyPressed)).key == "2", "it was kept"


@pytest.mark.parametrize(("ami", "setting"), [(False, True), (True, False)])
async def test_where_keys_are_not_told_of_or_it_is_off_the_menu_comes_first(
    desk: Desk, ami: bool, setting: bool
) -> None:
    rings(desk, setting)
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    desk.ami = ami
    await channel.plays("recording_short")
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"
    assert desk.of(KindAsked) == []


@pytest.mark.parametrize("key", ["", "2"])
async def test_where_ami_goes_away_during_the_notice_the_menu_is_heard_before_any_phone_rings(
    desk: Desk, key: str
) -> None:
    """Nobody would tell of a key that is pressed while a phone rings."""
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("recording_short")
    if key:
        desk.press(channel, key)
    desk.ami = False
    channel.prompt_ends()
    if not key:
        await channel.plays("urgent_menu")
        assert channel.stops_keys != ""
        desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor", "the key of the notice was kept"
    assert desk.of(KindAsked) == []
    assert "DYNAMIC_FEATURES" not in channel.variables


async def test_so_it_is_where_ami_goes_away_during_a_notice_that_is_owed(desk: Desk) -> None:
    desk.flows["hotline"] = with_early(FLOW, notice=())
    desk.directory.ports = dataclasses.replace(desk.directory.ports, recorded=lambda service: True)
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("recording_short")
    desk.ami = False
    channel.prompt_ends()
    await channel.plays("urgent_menu")
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"
    assert desk.of(KindAsked) == []
    assert [one.prompt for one in desk.of(NoticeHeard)] == ["recording_short"], "whole, and once"


async def test_a_caller_who_knows_the_menu_is_not_asked(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.directory.key(CALL, "1")
    desk.directory.key(CALL, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"
    assert desk.of(KindAsked) == []


async def test_the_menu_is_the_music_of_a_dial_and_of_one_who_waits(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL, music="urgent-tr"))
    await until(lambda: any("urgent-tr" in line for line in channel.commands))
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: any("default" in line for line in channel.commands))
    desk.directory.deliver(offer(), "9.1")
    await until(lambda: channel.dialling != "")
    assert channel.dialling.startswith("PJSIP/1001,14,giIm(urgent-tr)")


async def test_a_key_in_the_talk_says_the_kind_for_a_while(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(acd.asterisk.callers, "KIND_KEY_S", 0.2)
    channel = await desk.caller()
    desk.directory.deliver(offer(), "9.1")
    await until(lambda: channel.dialling != "")
    desk.directory.answered(CALL, OfferId(f"{CALL}#1"))
    desk.directory.key(CALL, "7")
    desk.directory.key(CALL, "2")
    assert [one.key for one in desk.of(KeyPressed)] == ["2"], "one that the menu does not have is for the agent's ears"
    await asyncio.sleep(0.3)
    desk.directory.key(CALL, "1")
    assert [one.key for one in desk.of(KeyPressed)] == ["2"]


async def test_no_key_is_told_of_in_the_talk_of_a_call_whose_kind_is_known(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(offer(music="", keys="", untold=False), "9.1")
    await until(lambda: channel.dialling != "")
    desk.directory.answered(CALL, OfferId(f"{CALL}#1"))
    desk.directory.key(CALL, "2")
    assert desk.of(KeyPressed) == []
