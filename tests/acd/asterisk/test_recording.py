"""A caller's session that reports the notice and records, and the keys with which agents pause a recording."""

import dataclasses
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from acd.asterisk.recording import KEYS_S, PauseKeys, mute_headers
from acd.engine.model.commands import HoldCaller, MuteRecording, RecordCall, RunFlow
from acd.engine.model.events import KindAsked, ServiceChosen
from acd.engine.model.ids import NodeId
from acd.engine.model.monitor_events import NoticeHeard
from acd.engine.model.recording_events import RecordingFailed, RecordingMuted, RecordingPauseWished
from tests.acd.asterisk.caller_sessions import CALL, FLOW, Desk
from tests.acd.asterisk.scripted_node import CALLER, LEG, UP, answer_lists
from tests.acd.asterisk.scripted_node import desk as node_desk
from tests.acd.asterisk.test_early_ring import rings, with_early
from tests.waiting import until

FOLDER = Path("/var/recordings/open")
FILE = f"{FOLDER}/{CALL}.alaw"


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    desk.directory.ports = dataclasses.replace(
        desk.directory.ports, recorded=lambda service: service != "doctor", recordings=FOLDER
    )
    await desk.server.start()
    yield desk
    await desk.server.stop()


# --- the notice


async def test_the_end_of_the_notice_is_told_and_it_is_not_said_again(desk: Desk) -> None:
    desk.flows["hotline"] = with_early(FLOW)
    rings(desk, True)
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("recording_short")
    assert desk.of(NoticeHeard) == []
    channel.prompt_ends()
    await desk.event(KindAsked)
    assert [one.prompt for one in desk.of(NoticeHeard)] == ["recording_short"]
    assert desk.events.index(desk.of(NoticeHeard)[0]) < desk.events.index(desk.of(KindAsked)[0])
    assert channel.played.count("recording_short") == 1


async def test_who_cuts_the_notice_short_hears_the_short_one_whole_before_they_queue(desk: Desk) -> None:
    desk.flows["hotline"] = with_early(FLOW)
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("recording_short")  # the menu's, which a key interrupts
    desk.press(channel, "1")
    await channel.plays("connecting")
    channel.prompt_ends()
    await channel.plays("recording_short")
    assert channel.stops_keys == ""
    assert desk.of(ServiceChosen) == []
    channel.prompt_ends()
    assert (await desk.event(ServiceChosen)).service == "funeral"
    assert len(desk.of(NoticeHeard)) == 1


async def test_no_notice_is_owed_for_a_service_that_is_not_recorded_or_after_one_that_was_heard(desk: Desk) -> None:
    channel = await desk.caller()
    desk.run_flow()
    await channel.plays("greeting")
    desk.press(channel, "1")
    await channel.plays("urgent_menu")
    desk.press(channel, "2")
    assert (await desk.event(ServiceChosen)).service == "doctor"
    command = RunFlow(call=CALL, flow="hotline", step="funeral", noticed=True)
    assert desk.directory.deliver(command, "7.2")
    await channel.plays("connecting")
    channel.prompt_ends()
    assert (await desk.event(ServiceChosen, 2)).service == "funeral"
    assert "recording_short" not in channel.played


async def test_a_notice_that_has_no_sound_was_not_heard(desk: Desk) -> None:
    channel = await desk.caller()
    channel.missing.add("recording_short")
    desk.run_flow(step="funeral")
    await channel.plays("connecting")
    channel.prompt_ends()
    await desk.event(ServiceChosen)
    assert desk.of(NoticeHeard) == []


# --- recording


async def test_asterisk_is_told_once_before_the_dial(desk: Desk) -> None:
    channel = await desk.caller()
    desk.directory.deliver(HoldCaller(call=CALL))
    await until(lambda: channel.music)
    before = len(channel.commands)
    for nth in (1, 2):
        assert desk.directory.deliver(RecordCall(call=CALL))
        desk.offer(nth)
        await until(lambda: channel.dialling != "")
        channel.dial_ends("NOANSWER")
        await until(lambda: channel.dialling == "" and not desk.expecting)
    asked = [line for line in channel.commands[before:] if "MIXMONITOR" in line or "MixMonitor" in line]
    assert asked == ["GET VARIABLE MIXMONITOR_FILENAME", f'EXEC MixMonitor "{FILE},ab"']
    assert desk.of(RecordingFailed) == []


async def test_a_channel_that_is_recorded_already_is_left_alone(desk: Desk) -> None:
    channel = await desk.caller()
    channel.variables["MIXMONITOR_FILENAME"] = FILE
    desk.directory.deliver(RecordCall(call=CALL))
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert not [line for line in channel.commands if "EXEC MixMonitor" in line]


async def test_where_asterisk_cannot_record_it_is_told_and_the_phone_rings(desk: Desk) -> None:
    channel = await desk.caller()
    channel.records = False
    desk.directory.deliver(RecordCall(call=CALL))
    desk.offer()
    await until(lambda: channel.dialling != "")
    assert [one.call for one in desk.of(RecordingFailed)] == [CALL]


# --- pauses


def key(
    digit: str, channel: str = "PJSIP/1001-2", unique: str = "ast1-1.2", direction: str = "Received"
) -> dict[str, str]:
    return {
        "Event": "DTMFEnd", "Channel": channel, "Uniqueid": unique, "Linkedid": "ast1-1.1", "Digit": digit,
        "Direction": direction,
    }  # fmt: skip


def pressed(*events: tuple[float, dict[str, str]]) -> list[bool]:
    keys = PauseKeys()
    wishes = [keys.take(event, {"PJSIP/1001"}, at) for at, event in events]
    assert all(one is None or (one.call, one.by) == ("ast1-1.1", "key") for one in wishes)
    return [one.paused for one in wishes if isinstance(one, RecordingPauseWished)]


def test_an_agent_pauses_by_star_0_and_goes_on_by_star_1() -> None:
    at = [(0.1 * n, key(digit)) for n, digit in enumerate("*0*1")]
    assert pressed(*at) == [True, False]


def test_other_keys_and_other_peoples_mean_nothing() -> None:
    assert pressed(*[(0.1 * n, key(digit)) for n, digit in enumerate("0*2*50110")]) == []
    assert pressed((0.0, key("*")), (KEYS_S + 0.1, key("0"))) == [], "too late"
    assert pressed((0.0, key("*")), (0.1, key("0", direction="Sent"))) == []
    caller = [key(digit, "PJSIP/trunk-1", "ast1-1.1") for digit in "*0"]
    assert pressed((0.0, caller[0]), (0.1, caller[1])) == []
    assert pressed((0.0, key("*")), (0.1, key("0", "PJSIP/1002-3", "ast1-1.3"))) == [], "each leg has its own star"


MUTE = MuteRecording(call=CALL, node=NodeId("ast1"), channel="PJSIP/trunk-1", paused=True, by="key")


def test_a_pause_is_silence_of_both() -> None:
    assert mute_headers(MUTE) == {"Channel": "PJSIP/trunk-1", "Direction": "both", "State": "1"}


async def test_a_pause_is_told_when_asterisk_has_made_it() -> None:
    async with node_desk() as at:
        link = await at.link()
        await answer_lists(link, [CALLER, LEG], [UP])
        await until(lambda: at.node.connected, "reconciled")
        for number, ok in (("12.0", True), ("12.1", False)):
            at.node.mute_recording(number, MUTE)
            action = await link.action()
            assert (action["Action"], action["ActionID"], action["State"]) == ("MixMonitorMute", number, "1")
            link.answer(action, message="" if ok else "Cannot set mute flag", ok=ok)
        await until(lambda: len(at.posted) == 3, "both answers")
        done, refused = at.posted[1:]
        assert isinstance(done, RecordingMuted)
        assert (done.call, done.paused, done.by, done.cause) == (CALL, True, "key", "12.0")
        assert getattr(refused, "command", "") == "mute_recording"
