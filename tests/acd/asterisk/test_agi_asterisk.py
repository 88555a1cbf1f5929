"""AGI sessions on a real Asterisk with sipp phones: what the scripted peer of the other tests claims, seen for real."""

import asyncio
import time
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from statistics import median
from typing import Any

import pytest

from acd.asterisk.agi_channel import AgiChannel, CommandRefused, Played
from acd.asterisk.agi_codec import Environment
from acd.asterisk.agi_server import AgiServer, Session
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callers import CallDirectory
from acd.asterisk.instance import AmiUser, AsteriskInstance
from acd.engine.model.commands import Announce, HoldCaller, OfferCall, ReleaseCall, RunFlow
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
    CallDetached,
    FlowStepped,
    KeyPressed,
    OfferReturned,
    ServiceChosen,
)
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from phones import Agent, Caller, HangUp, Phones, Press, Wait, logins
from tests.acd.asterisk.caller_sessions import FLOW
from tests.acd.asterisk.peer import SECRET
from tests.acd.asterisk.private import private
from tests.waiting import until

pytestmark = pytest.mark.integration

RING_S = 0.05
"""An agent is rung so soon after they are chosen, whatever the caller hears, in the middle of many rings."""
HEARD_OUT_S = 0.5
"""A ring that comes later than this waited for a prompt: its rest is 2.5 s or more, a machine's pause is shorter."""
KEY_S = 0.2
"""A key must be answered so soon after it is pressed."""


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskInstance]:
    folder = tmp_path_factory.mktemp("asterisk")
    prompts = folder / "prompts"
    for language in ("tr", "en"):
        for name in ("greeting", "menu", "urgent_menu", "wrong_key", "ticket_ask", "info", "connecting", "goodbye"):
            sound = prompts / language / f"{name}.wav"
            sound.parent.mkdir(parents=True, exist_ok=True)
            with wave.open(str(sound), "wb") as silence:
                silence.setparams((1, 2, 8_000, 0, "NONE", ""))
                silence.writeframes(bytes(2 * 8_000 * 3))  # 3 s
    user = AmiUser(name="cozum", secret="secret", read=("call", "dtmf"), events=())
    with private(folder / "a", agents=1, prompts_dir=prompts, ami_users=(user,)) as instance:
        yield instance


@dataclass
class Line:
    """The AGI server, AMI's events, and phones."""

    asterisk: AsteriskInstance
    phones: Phones
    told: list[tuple[float, dict[str, str]]] = field(default_factory=list)
    """AMI's events with the loop's time of their coming."""
    server: AgiServer | None = None
    logged_in: bool = False

    def named(self, name: str, **headers: str) -> list[tuple[float, dict[str, str]]]:
        return [(at, event) for at, event in self.told if event["Event"] == name and headers.items() <= event.items()]

    async def ami(self, directory: CallDirectory | None) -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", self.asterisk.spec.ami_port)
        writer.write(b"Action: Login\r\nUsername: cozum\r\nSecret: secret\r\n\r\n")
        with suppress(asyncio.IncompleteReadError):
            while True:
                block = (await reader.readuntil(b"\r\n\r\n")).decode()
                event = dict(line.split(": ", 1) for line in block.split("\r\n") if ": " in line)
                self.logged_in |= event.get("Response") == "Success"
                if "Event" in event:
                    self.told.append((asyncio.get_running_loop().time(), event))
                    if directory and event["Event"] == "DTMFEnd" and event["Uniqueid"] == event["Linkedid"]:
                        directory.key(event["Uniqueid"], event["Digit"])

    async def call(self, *steps: Wait | Press | HangUp) -> None:
        await asyncio.to_thread(self.phones.call, Caller(steps=steps))


@asynccontextmanager
async def line(
    asterisk: AsteriskInstance, folder: Path, session: Session, directory: CallDirectory | None = None
) -> AsyncIterator[Line]:
    server = AgiServer({"/call": session}, secret=SECRET, port=int(asterisk.spec.fastagi.rpartition(":")[2]))
    await server.start()
    phones = Phones("127.0.0.1", asterisk.spec.sip_port, folder)
    made = Line(asterisk, phones, server=server)
    ami = asyncio.ensure_future(made.ami(directory))
    try:
        await until(lambda: made.logged_in, "AMI to let us in")
        yield made
    finally:
        await server.stop()
        await asyncio.to_thread(asterisk.rx, "channel request hangup all")
        await asyncio.to_thread(phones.close)
        await until(lambda: _no_channels(made), "the channels to end")
        ami.cancel()


def _no_channels(made: Line) -> bool:
    return len(made.named("Newchannel")) == len(made.named("Hangup"))


class Desk:
    """This test in the engine's place."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.at: list[float] = []
        self.directory = CallDirectory(
            CallerPorts(
                post=self.post,
                clock=time.time,
                flow={"hotline": FLOW}.get,
                look_up=self.look_up,
                ami_connected=lambda: True,
            )
        )

    def post(self, event: AnyEvent) -> None:
        self.events.append(event)
        self.at.append(asyncio.get_running_loop().time())

    async def look_up(self, kind: str, value: str) -> None:
        return None

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def event(self, kind: type) -> Any:
        await until(lambda: bool(self.of(kind)), f"{kind.__name__}; there are {self.events}", 60)
        return self.of(kind)[-1]

    def offer(self, call: CallId, ring_s: float = 5.0) -> None:
        self.directory.deliver(
            OfferCall(
                call=call, offer=OfferId(f"{call}#1"), agent=AgentId("1001"), endpoint="PJSIP/1001", ring_s=ring_s,
                service=ServiceId("funeral"), priority="urgent", number="05320000001",
            )
        )  # fmt: skip


@pytest.mark.alone
async def test_what_we_know_of_agi_is_so(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    """Cutting at any moment, cancelling, quoting, refusals, missing files, music: on one call."""
    seen: dict[str, object] = {}
    over = asyncio.Event()

    async def session(channel: AgiChannel, _: Environment) -> None:
        loop = asyncio.get_running_loop()
        cuts: list[float] = []
        for delay_s in (0.0, 0.0003, 0.001, 0.01, 0.1) * 3:
            for wait in (False, True):
                await channel.noop()
                task = loop.create_task(channel.wait_for_digit(20) if wait else channel.stream_file("menu"))
                await asyncio.sleep(delay_s)
                started = loop.time()
                channel.cut(channel.listening)
                assert await task in (Played.CUT, "")
                cuts.append(loop.time() - started)
        seen["cuts"] = cuts
        prompt = loop.create_task(channel.stream_file("menu"))
        await asyncio.sleep(0.1)
        prompt.cancel()
        await channel.set_variable("X", 'a "b" \\c, ğış')
        seen["x"] = await channel.get_variable("X")
        seen["unset"] = await channel.get_variable("NOTHING")
        seen["missing"] = await channel.stream_file("no_such_file")
        for refused in (channel.exec("NoSuchApp"), channel.set_variable("CHANNEL(language", "tr")):
            with suppress(CommandRefused):
                await refused
        await channel.noop()
        await channel.set_music(True)
        over.set()
        await channel.exec("Wait", "30")

    async with line(asterisk, tmp_path, session) as made:
        await made.call()
        await asyncio.wait_for(over.wait(), 60)
        await until(lambda: bool(made.named("MusicOnHoldStart")))
    assert seen["x"] == 'a "b" \\c, ğış'
    assert seen["unset"] is None
    assert seen["missing"] is Played.FAILED
    cuts = seen["cuts"]
    assert isinstance(cuts, list)
    assert max(cuts) < 1.0
    assert sorted(cuts)[len(cuts) // 2] < 0.1


@pytest.mark.alone
async def test_keys_lead_to_an_agent_on_unbroken_music(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    desk = Desk()
    async with line(asterisk, tmp_path, desk.directory.serve, desk.directory) as made:
        await asyncio.to_thread(made.phones.staff, logins(1001), Agent(answer_after_s=0.4, talk_s=0.4))
        await made.call(Wait(0.4), Press("1"), Wait(0.3), Press("2"), Wait(0.3), Press("9"), Wait(20))
        attached = await desk.event(CallAttached)
        assert attached.dialled == "4440411"
        assert attached.number == "05320000001"
        assert abs(attached.at - attached.arrived_at) < 1.0
        desk.directory.deliver(RunFlow(call=attached.call, flow="hotline"))
        chosen = await desk.event(ServiceChosen)
        assert chosen.service == "doctor"
        desk.directory.deliver(HoldCaller(call=attached.call))
        assert (await desk.event(KeyPressed)).key == "9"
        desk.offer(attached.call)
        returned = await desk.event(OfferReturned)
        assert returned.status == "ANSWER"
        desk.directory.deliver(ReleaseCall(call=attached.call, reason="talk_ended"))
        await desk.event(CallDetached)
        await until(lambda: _no_channels(made), "the dialplan to hang up")

        keys = [at for at, _ in made.named("DTMFEnd", Direction="Received")]
        steps = [at for event, at in zip(desk.events, desk.at, strict=True) if isinstance(event, FlowStepped)]
        assert [event.key for event in desk.of(FlowStepped)] == ["", "1", "2"]
        for key, step in zip(keys, steps[1:], strict=False):
            assert step - key < KEY_S
        music = [event["Event"] for _, event in made.told if event["Event"].startswith("MusicOnHold")]
        assert music[-2:] == ["MusicOnHoldStart", "MusicOnHoldStop"]
        answered = made.named("DialEnd", DialStatus="ANSWER")[0][0]
        assert made.named("MusicOnHoldStop")[-1][0] >= answered - 0.05


@pytest.mark.alone
async def test_an_announcement_never_keeps_an_agent_from_being_rung(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    """Agents are chosen at any moment of an announcement of six seconds, its first and its second prompt."""
    desk, took = Desk(), []
    async with line(asterisk, tmp_path, desk.directory.serve, desk.directory) as made:
        await asyncio.to_thread(made.phones.staff, logins(1001), Agent(reject=486))
        await made.call(Wait(60))
        call = (await desk.event(CallAttached)).call
        loop = asyncio.get_running_loop()
        desk.directory.deliver(HoldCaller(call=call))
        for count, moment_s in enumerate((0.0, 0.001, 0.01, 0.05, 0.3, 2.997, 2.999, 3.0, 3.0, 3.0, 3.001, 3.5), 1):
            desk.directory.deliver(Announce(call=call, prompts=("menu", "info")))
            await asyncio.sleep(moment_s)
            chosen = loop.time()
            desk.offer(call)
            await until(lambda: len(made.named("DialBegin")) == count, "the agent to be rung", 60)  # noqa: B023  awaited in the same turn
            took.append(made.named("DialBegin")[-1][0] - chosen)
            await until(lambda: len(desk.of(OfferReturned)) == count, "the Dial to be over", 60)  # noqa: B023  awaited in the same turn
            desk.directory.deliver(HoldCaller(call=call))
        desk.directory.deliver(ReleaseCall(call=call, reason="talk_ended"))
        await desk.event(CallDetached)
    print("from the choice to the agent's ring, ms:", [round(1000 * one, 1) for one in took])
    assert median(took) < RING_S
    assert max(took) < HEARD_OUT_S


async def test_a_key_is_heard_in_an_announcement_and_music_follows(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    desk = Desk()
    async with line(asterisk, tmp_path, desk.directory.serve, desk.directory) as made:
        await made.call(Wait(1.0), Press("2"), Wait(20))
        call = (await desk.event(CallAttached)).call
        desk.directory.deliver(HoldCaller(call=call))
        desk.directory.deliver(Announce(call=call, prompts=("menu", "info")))
        assert (await desk.event(KeyPressed)).key == "2"
        await until(lambda: len(made.named("MusicOnHoldStart")) >= 2, "the music to go on")
        desk.directory.deliver(ReleaseCall(call=call, reason="talk_ended"))
        await desk.event(CallDetached)
        assert [event.key for event in desk.of(KeyPressed)] == ["2"]


async def test_a_caller_who_hangs_up_while_it_rings(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    desk = Desk()
    async with line(asterisk, tmp_path, desk.directory.serve, desk.directory) as made:
        await asyncio.to_thread(made.phones.staff, logins(1001), Agent(answer_after_s=None))
        await made.call(Wait(2.5), HangUp())
        attached = await desk.event(CallAttached)
        desk.directory.deliver(HoldCaller(call=attached.call))
        desk.offer(attached.call)
        assert (await desk.event(OfferReturned)).status == "CANCEL"
        await desk.event(CallDetached)
        assert isinstance(desk.events[-1], CallDetached)


async def test_an_engine_that_dies_gets_its_caller_back(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    first, second = Desk(), Desk()
    async with line(asterisk, tmp_path / "1", first.directory.serve, first.directory) as made:
        await made.call(Wait(20))
        call = (await first.event(CallAttached)).call
        port = int(asterisk.spec.fastagi.rpartition(":")[2])
        assert made.server is not None
        await made.server.stop()
        server = AgiServer({"/call": second.directory.serve}, secret=SECRET, port=port)
        await server.start()
        again = await second.event(CallAttached)
        assert again.call == call
        assert again.arrived_at == first.of(CallAttached)[0].arrived_at
        await server.stop()
