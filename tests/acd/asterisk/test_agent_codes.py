"""Agents' codes from their own phone: identity, PIN, the wanted state and the prompts."""

import asyncio
import time
from collections.abc import AsyncIterator

import pytest

from acd.asterisk.agent_codes import PROMPTS, WISHES, AgentCodePorts, AgentCodes, endpoint_of
from acd.asterisk.agi_server import AgiServer
from acd.asterisk.keypad import Keypads
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId
from agents.pins import LockRule
from tests.acd.asterisk.peer import SECRET, Channel
from tests.waiting import until

PHONE = "PJSIP/1001-0000002a"


class Desk:
    """The codes behind a real server."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.now = time.time()
        self.tried: list[str] = []
        self.keypads = Keypads(time.monotonic, lambda: False)
        self.codes = AgentCodes(
            AgentCodePorts(
                post=self.events.append,
                clock=lambda: self.now,
                agent_of={"PJSIP/1001": AgentId("1001")}.get,
                right_pin=self.right_pin,
                lock_rule=LockRule(max_wrong=4, window_s=100, lock_s=100),
            ),
            self.keypads,
        )
        self.server = AgiServer({"/agent/": self.codes.serve}, secret=SECRET)

    async def right_pin(self, agent: AgentId, pin: str) -> bool:
        await asyncio.sleep(0)
        self.tried.append(pin)
        return (agent, pin) == ("1001", "8642")

    async def call(self, code: str, phone: str = PHONE) -> Channel:
        return await Channel.connect(self.server.port, f"/agent/{code}", channel=phone, callerid="1002")


async def types(channel: Channel, keys: str) -> None:
    """Type keys as AGI hears them, each when it listens."""
    for key in keys:
        await until(lambda: bool(channel.playing and channel.stops_keys) or channel.waiting, f"to listen for {key}")
        channel.key(key)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.server.start()
    yield desk
    await desk.server.stop()


@pytest.mark.parametrize("code", list(WISHES))
async def test_each_code_with_the_right_pin(desk: Desk, code: str) -> None:
    channel = await desk.call(code)
    await channel.plays("agent_enter_pin")
    await types(channel, "8642#")
    if code == "pause":
        await channel.plays("agent_pause_reason")
        await types(channel, "3")
    state, confirmation = WISHES[code]
    await channel.plays(confirmation)
    assert channel.commands[0] == "ANSWER"  # not before keys are collected: the dialplan leaves it to us
    (event,) = desk.events
    assert isinstance(event, AgentStateRequested)
    assert (event.agent, event.state, event.source) == ("1001", state, "phone")
    assert event.reason == ("prayer" if code == "pause" else "")
    channel.prompt_ends()
    await channel.ends()


@pytest.mark.parametrize(
    ("key", "reason"),
    [("1", "break"), ("2", "meal"), ("3", "prayer"), ("4", "training"), ("7", "other"), ("#", "other")],
)
async def test_reasons_of_a_pause(desk: Desk, key: str, reason: str) -> None:
    channel = await desk.call("pause")
    await types(channel, "8642#" + key)
    await channel.plays("agent_paused")
    assert [event.reason for event in desk.events if isinstance(event, AgentStateRequested)] == [reason]


async def test_who_hangs_up_instead_of_giving_a_reason_is_paused_all_the_same(desk: Desk) -> None:
    channel = await desk.call("pause")
    await types(channel, "8642#")
    await channel.plays("agent_pause_reason")
    await channel.hang_up()
    await until(lambda: desk.events, "the agent is paused")
    assert [(event.state, event.reason) for event in desk.events if isinstance(event, AgentStateRequested)] == [
        ("paused", "other")
    ]


async def test_a_wrong_pin_may_be_tried_again_thrice(desk: Desk) -> None:
    channel = await desk.call("login")
    for pin in ("1001", "0000", "9999"):
        await channel.plays("agent_enter_pin")
        await types(channel, pin + "#")
        await channel.plays("agent_wrong_pin")
        channel.prompt_ends()
    await channel.ends()
    assert desk.tried == ["1001", "0000", "9999"]
    assert not desk.events


async def test_the_second_try_may_be_right(desk: Desk) -> None:
    channel = await desk.call("login")
    await types(channel, "1111#")
    await channel.plays("agent_wrong_pin")
    channel.prompt_ends()
    await types(channel, "8642#")
    await channel.plays("agent_signed_in")
    assert len(desk.events) == 1


async def test_too_many_wrong_pins_lock_even_the_right_one_for_a_while(desk: Desk) -> None:
    for _ in range(2):
        channel = await desk.call("login")
        for _ in range(2):
            await channel.plays("agent_enter_pin")
            await types(channel, "1#")
            await channel.plays("agent_wrong_pin")
            channel.prompt_ends()
        await channel.vanish()
    channel = await desk.call("ready")
    await channel.plays("agent_locked")
    channel.prompt_ends()
    await channel.ends()
    assert not desk.events
    desk.now += 101
    channel = await desk.call("ready")
    await types(channel, "8642#")
    await channel.plays("agent_ready")


@pytest.mark.parametrize("phone", ["PJSIP/1009-0000002a", "PJSIP/trunk-00000001", "Local/1001@agents-00000001;1", ""])
async def test_a_phone_that_is_no_agents_gets_nowhere(desk: Desk, phone: str) -> None:
    channel = await desk.call("login", phone)
    await channel.plays("agent_unknown")
    channel.prompt_ends()
    await channel.ends()
    assert not desk.events
    assert not desk.tried


async def test_an_unknown_code_is_dropped(desk: Desk) -> None:
    channel = await desk.call("promote")
    await channel.ends()
    assert desk.server.dropped == 1


async def test_a_hangup_amid_the_pin_changes_nothing(desk: Desk) -> None:
    channel = await desk.call("logout")
    await types(channel, "86")
    await channel.hang_up()
    await until(lambda: desk.server.sessions == 0)
    assert not desk.events


def test_who_it_is_says_the_channel() -> None:
    assert endpoint_of("PJSIP/1001-0000002a") == "PJSIP/1001"
    assert endpoint_of("PJSIP/desk-7-0000002a") == "PJSIP/desk-7"
    assert endpoint_of("PJSIP/1001") == ""
    assert endpoint_of("Local/1001@x-0000002a;1") == ""


def test_every_prompt_said_is_listed() -> None:
    assert {confirmation for _, confirmation in WISHES.values()} <= set(PROMPTS)
