"""A lead's phone that dials the code: what Asterisk is asked to do, and what is hung up."""

import asyncio
import time
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from acd.asterisk.agi_server import AgiServer
from acd.asterisk.ami import AmiDisconnected, Response
from acd.asterisk.keypad import Keypads
from acd.asterisk.monitors import OPTIONS, PROMPTS, MonitorPorts, Monitors
from acd.engine.model.commands import EndMonitor
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId, CallId
from acd.engine.model.monitor_events import MonitorDialled, MonitorOver
from acd.engine.model.monitor_facts import MonitorBegan, MonitorMode, MonitorRefused
from ivr.catalogue import AGENT_PROMPTS
from tests.acd.asterisk.peer import SECRET, Channel
from tests.waiting import until

EAR = "PJSIP/1003-web-0000002a"
LEG = "PJSIP/1001-00000007"


class Desk:
    """The sessions behind a real server, with this test in the engine's and in Asterisk's place."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.mode: MonitorMode | None = "listen"
        self.hung_up: list[str] = []
        self.ami = True
        self.monitors = Monitors(
            MonitorPorts(
                post=self.events.append,
                tell=self.tell,
                ask=self.ask,
                clock=lambda: 1000.0,
                agent_of={"PJSIP/1003-web": AgentId("1003"), "PJSIP/1003": AgentId("1003")}.get,
            ),
            Keypads(time.monotonic, lambda: False),
        )
        self.server = AgiServer({"/monitor": self.monitors.serve}, secret=SECRET)

    async def tell(self, event: AnyEvent) -> Sequence[object]:
        self.events.append(event)
        phone = AgentId("1003")
        if self.mode is None:
            return [MonitorRefused(at=1000.0, phone=phone, why="no_wish")]
        began = MonitorBegan(
            at=1000.0, call=CallId("c1"), phone=phone, person="sef", role="lead", mode=self.mode,
            agent=AgentId("1001"), leg=LEG,
        )  # fmt: skip
        return [began]

    def ask(self, action: str, headers: dict[str, str]) -> "asyncio.Future[Response]":
        if not self.ami:
            raise AmiDisconnected("away")
        assert action == "Hangup"
        self.hung_up.append(headers["Channel"])
        answer: asyncio.Future[Response] = asyncio.get_running_loop().create_future()
        answer.set_exception(AmiDisconnected("went away"))
        return answer

    async def dials(self, channel: str = EAR, **variables: str) -> Channel:
        return await Channel.connect(self.server.port, "/monitor", channel=channel, **variables)


@pytest.fixture
async def desk() -> AsyncIterator[Desk]:
    desk = Desk()
    await desk.server.start()
    yield desk
    await desk.server.stop()


@pytest.mark.parametrize("mode", list(OPTIONS))
async def test_the_phone_hears_the_channel_that_the_engine_names_and_no_other(desk: Desk, mode: Any) -> None:
    desk.mode = mode
    channel = await desk.dials()
    await until(lambda: channel.spying, "to monitor")
    leg, _, options = channel.spying.partition(",")
    assert leg == LEG
    assert set(options) - set("wB") == set("quES"), "by its whole name, and until it ends"
    assert ("w" in options, "B" in options) == (mode == "whisper", mode == "barge")
    assert desk.events == [MonitorDialled(at=1000.0, phone=AgentId("1003"), channel=EAR)]
    channel.spy_ends()
    await channel.ends()
    assert desk.events[1:] == [MonitorOver(at=1000.0, phone=AgentId("1003"), channel=EAR)]
    assert channel.played == []


async def test_a_phone_that_hangs_up_has_ended_it(desk: Desk) -> None:
    channel = await desk.dials()
    await until(lambda: channel.spying, "to monitor")
    await channel.vanish()
    await until(lambda: len(desk.events) == 2, "the end")
    assert isinstance(desk.events[1], MonitorOver)


async def test_what_the_engine_refuses_is_said_and_nothing_is_heard(desk: Desk) -> None:
    desk.mode = None
    channel = await desk.dials()
    await channel.plays("monitor_refused")
    channel.prompt_ends()
    await channel.ends()
    assert not any("ChanSpy" in command for command in channel.commands)
    assert len(desk.events) == 1


async def test_a_phone_that_is_no_agents_is_not_even_asked_about(desk: Desk) -> None:
    for name in ("PJSIP/trunk-0000000c", "Local/1003@agents-0000000c;1", "PJSIP/1003"):
        channel = await desk.dials(name)
        await channel.plays("agent_unknown")
        channel.prompt_ends()
        await channel.ends()
    assert desk.events == []


async def test_an_asterisk_that_cannot_says_so_and_the_end_is_told(desk: Desk) -> None:
    channel = await desk.dials()
    channel.variables["no ChanSpy"] = "1"
    await channel.plays("monitor_refused")
    channel.prompt_ends()
    await channel.ends()
    assert isinstance(desk.events[-1], MonitorOver)


async def test_what_monitors_without_a_session_is_hung_up(desk: Desk) -> None:
    channel = await desk.dials()
    await until(lambda: channel.spying, "to monitor")
    listed = [
        {"Channel": EAR, "Application": "ChanSpy"},
        {"Channel": "PJSIP/1003-00000003", "Application": "ChanSpy"},
        {"Channel": "PJSIP/1001-00000007", "Application": "AppDial"},
    ]
    desk.monitors.sweep(listed)
    assert desk.hung_up == ["PJSIP/1003-00000003"]
    channel.spy_ends()
    await channel.ends()
    desk.monitors.sweep(listed[:1])
    assert desk.hung_up == ["PJSIP/1003-00000003", EAR]


async def test_the_engines_order_hangs_up_one_channel_and_no_pattern(desk: Desk) -> None:
    for name in (EAR, "/.*", "PJSIP"):
        desk.monitors.end(EndMonitor(phone=AgentId("1003"), channel=name))
    assert desk.hung_up == [EAR]
    desk.ami = False
    desk.monitors.end(EndMonitor(phone=AgentId("1003"), channel=EAR))  # without Asterisk there is nobody to ask
    await asyncio.sleep(0)


def test_its_prompts_are_in_the_catalogue() -> None:
    assert set(PROMPTS) <= set(AGENT_PROMPTS)
