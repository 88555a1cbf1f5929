"""On a real Asterisk whose AMI reaches the line seconds late, and FastAGI at once: each talk has its record, with the
times that Asterisk gives it, and each key counts once."""

import asyncio
import contextlib
import shutil
import time
from collections import deque
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import msgspec
import pytest

from acd.asterisk.agi_server import AgiServer
from acd.asterisk.ami import Timings
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callers import CallDirectory
from acd.asterisk.node import AsteriskNode
from acd.engine import invariants
from acd.engine.machine import Engine
from acd.engine.model.agent_events import AgentStateRequested
from acd.engine.model.commands import CancelOffer, CancelTimer, Command, FindCaller, RunFlow, StartTimer
from acd.engine.model.config import EngineConfig, Service
from acd.engine.model.events import (
    AnyEvent,
    ConfigChanged,
    EngineStarted,
    KeyPressed,
    OfferAnswered,
    OfferReturned,
    ServiceChosen,
    TimerFired,
)
from acd.engine.model.facts import CallEnded, Fact, OfferEnded, TalkEnded
from acd.engine.model.ids import AgentId, NodeId, ServiceId
from ivr.flow import Choose, Flow, Menu
from phones import Agent, Caller, HangUp, Login, Phones, Press, Wait, may_send_keys
from phones.ports import free_tcp_port
from tests.acd.asterisk.ami_peer import running
from tests.acd.asterisk.real import AGENTS, AGI_SECRET, SECRET, private_asterisk
from tests.acd.engine.line import profile
from tests.services import missing
from tests.waiting import until

pytestmark = pytest.mark.integration

LATE_S = 4.0
SERVICE = ServiceId("request")
PATIENT = Timings(dead_s=30.0)
"""AMI becomes late at once here, which is no silence of a dead peer."""
MENU = Flow(
    name="hotline",
    start="main",
    fallback="agent",
    languages=("tr",),
    max_turns=9,
    steps={
        "main": Menu(prompts=(), keys={"2": "request"}, timeout_s=10.0, no_key="agent", wrong_key="agent"),
        "request": Choose(service=SERVICE),
        "agent": Choose(service="agent"),
    },
)
"""In it key 2 means a request, and for whoever waits that they want to be called back."""
NEAR_S = 0.5
"""How far a recorded duration may be from what the phones have noted, on a busy machine."""


@pytest.fixture(scope="module", autouse=True)
def sipp() -> None:
    if shutil.which("sipp") is None:
        missing("sipp")


class LateAmi:
    """Passes AMI on: to Asterisk at once, to the line `late_s` later."""

    def __init__(self, port: int) -> None:
        self.late_s = 0.0
        self._port = port

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve one connection of the line's."""
        there, back = await asyncio.open_connection("127.0.0.1", self._port)
        told: asyncio.Queue[tuple[float, bytes]] = asyncio.Queue()
        late = [asyncio.create_task(self._read(there, told)), asyncio.create_task(self._tell(told, writer))]
        try:
            while data := await reader.read(65536):
                back.write(data)
        finally:
            for task in late:
                task.cancel()
            back.close()
            writer.close()

    async def _read(self, there: asyncio.StreamReader, told: "asyncio.Queue[tuple[float, bytes]]") -> None:
        while data := await there.read(65536):
            told.put_nowait((time.monotonic() + self.late_s, data))

    async def _tell(self, told: "asyncio.Queue[tuple[float, bytes]]", writer: asyncio.StreamWriter) -> None:
        while True:
            due, data = await told.get()
            await asyncio.sleep(max(0.0, due - time.monotonic()))
            writer.write(data)


@dataclass
class House:
    """A line's middle: the engine between the sessions of callers and the node."""

    engine: Engine = field(default_factory=Engine)
    events: list[AnyEvent] = field(default_factory=list)
    facts: list[Any] = field(default_factory=list)
    commands: list[Any] = field(default_factory=list)
    inbox: deque[AnyEvent] = field(default_factory=deque)
    timers: dict[str, asyncio.TimerHandle] = field(default_factory=dict)
    node: Any = None
    directory: Any = None
    staff: Any = None
    """The agent's phone."""
    flow: Flow | None = None
    at: float = 0.0

    def post(self, event: AnyEvent) -> None:
        """As the runtime does: times never run backwards, and what comes late says by how much."""
        self.inbox.append(event)
        if len(self.inbox) == 1:
            asyncio.get_running_loop().call_soon(self._drain)

    def _drain(self) -> None:
        while self.inbox:
            event = self.inbox[0]
            if event.at < self.at:
                event = msgspec.structs.replace(event, at=self.at, late_s=round(event.late_s + self.at - event.at, 3))
            self.at = event.at
            self.events.append(event)
            out = self.engine.handle(event)
            invariants.check(self.engine, out)
            for item in out:
                if isinstance(item, Fact):
                    self.facts.append(item)
                elif isinstance(item, Command):
                    self._act(item)
            self.inbox.popleft()

    def _act(self, item: Any) -> None:
        loop = asyncio.get_running_loop()
        if isinstance(item, StartTimer | CancelTimer):
            if (before := self.timers.pop(item.timer, None)) is not None:
                before.cancel()
            if isinstance(item, StartTimer):
                wait_s = max(0.0, item.due - time.time())
                self.timers[item.timer] = loop.call_later(wait_s, self._fire, item)
            return
        self.commands.append(item)
        if isinstance(item, RunFlow) and self.flow is None:
            self.post(ServiceChosen(at=time.time(), call=item.call, service=SERVICE))
        elif isinstance(item, CancelOffer) and item.channel:
            self.node.cancel_offer("c", item)
        elif isinstance(item, CancelOffer):
            self.directory.withdraw(item)
        elif isinstance(item, FindCaller):
            self.node.find_caller("f", item)
        else:
            self.directory.deliver(item, "d")

    def _fire(self, item: StartTimer) -> None:
        self.post(TimerFired(at=max(time.time(), item.due), timer=item.timer))

    def of(self, kind: type) -> list[Any]:
        return [one for one in (*self.events, *self.facts, *self.commands) if isinstance(one, kind)]


@asynccontextmanager
async def house(folder: Path, agent: Agent, flow: Flow | None = None) -> AsyncIterator[tuple[House, Phones]]:
    """One agent who is ready, on a line that AMI reaches late from then on. Without a flow callers queue at once."""
    line, agi_port = House(flow=flow), free_tcp_port()
    config = EngineConfig(
        services=(Service(id=SERVICE), Service(id=ServiceId("agent"))),
        agents=(profile("1001"),),
        ring_s=3.0,
        offer_grace_s=1.0,
        max_misses=9,
        wrapup_s=1.0,
    )
    with (
        private_asterisk(folder / "asterisk", agi_port) as instance,
        Phones("127.0.0.1", instance.spec.sip_port, folder / "phones") as phones,
    ):
        ami = LateAmi(instance.spec.ami_port)
        relay = await asyncio.start_server(ami.serve, "127.0.0.1", 0)
        node = line.node = AsteriskNode(
            node=NodeId("ast1"), host="127.0.0.1", port=relay.sockets[0].getsockname()[1], user="cozum", secret=SECRET,
            agents=AGENTS, post=line.post, clock=time.time, timings=PATIENT,
            on_key=lambda call, key, late_s: line.directory.key(call, key, late_s),
        )  # fmt: skip
        line.directory = CallDirectory(
            CallerPorts(
                post=line.post, clock=time.time, flow=lambda name: line.flow, look_up=no_tickets,
                ami_connected=lambda: node.connected, queue_possible=lambda: False,
            )
        )  # fmt: skip
        server = AgiServer({"/call": line.directory.serve}, secret=AGI_SECRET, port=agi_port)
        await server.start()
        line.post(EngineStarted(at=time.time()))
        line.post(ConfigChanged(at=time.time(), config=config))
        try:
            async with running(node.run()):
                await until(lambda: node.connected, "the node is reconciled")
                line.staff = await asyncio.to_thread(phones.staff, [Login("1001", "demo1001")], agent)
                line.post(AgentStateRequested(at=time.time(), agent=AgentId("1001"), state="ready"))
                await until(lambda: line.engine.state.agents[AgentId("1001")].shown == "ready", "1001 is ready")
                ami.late_s = LATE_S
                yield line, phones
        finally:
            for timer in line.timers.values():
                timer.cancel()
            relay.close()
            with contextlib.suppress(asyncio.CancelledError):
                await server.stop()


async def no_tickets(kind: str, value: str) -> dict[str, str] | None:
    return None


CASES = {
    "the caller hangs up": (Agent(answer_after_s=0.5, talk_s=None), Caller(steps=(Wait(2.0), HangUp())), True),
    "the agent hangs up": (Agent(answer_after_s=0.5, talk_s=1.5), Caller(), True),
    "the time for the ring is up": (Agent(answer_after_s=2.0, talk_s=6.0), Caller(), False),
    "nobody answers": (Agent(answer_after_s=None), Caller(steps=(Wait(2.0), HangUp())), True),
}
"""The agent, the caller, and whether AGI tells of the end before AMI tells of the answer."""


@pytest.mark.parametrize("case", CASES)
async def test_a_talk_has_its_record_however_late_ami_tells_of_it(tmp_path: Path, case: str) -> None:
    agent, script, agi_first = CASES[case]
    talks = agent.answer_after_s is not None
    async with house(tmp_path, agent) as (line, phones):
        caller = phones.call(script, numbers=["00000000001"])
        await asyncio.to_thread(caller.wait, 60)
        await until(lambda: line.of(CallEnded), "the call's record", within_s=30)
    (end,) = line.of(CallEnded)
    assert [one.result for one in line.of(OfferEnded)] == ["answered" if talks else "caller_gone"]
    assert not line.of(CancelOffer)
    if not talks:
        assert (end.outcome, line.of(TalkEnded)) == ("abandoned", [])
        return
    kinds = [type(one) for one in line.events if isinstance(one, OfferAnswered | OfferReturned)]
    assert kinds == ([OfferReturned, OfferAnswered] if agi_first else [OfferAnswered, OfferReturned])
    (talk,) = line.of(TalkEnded)
    assert (end.outcome, end.agent, talk.agent) == ("answered", "1001", "1001")
    (there,), (here,) = caller.legs(), [leg for leg in line.staff.legs() if leg.incoming]
    assert talk.talk_s == pytest.approx(min(there.ended_at, here.ended_at) - here.answered_at, abs=NEAR_S)
    (answered,) = line.of(OfferAnswered)
    before = line.events[: line.events.index(answered)]
    assert any(isinstance(one, TimerFired) and one.timer.startswith("offer:") for one in before) != agi_first
    assert talk.began_at == pytest.approx(answered.at - answered.late_s, abs=0.01)


async def test_a_key_of_the_menu_is_not_taken_for_one_of_the_queue_when_ami_tells_of_it(tmp_path: Path) -> None:
    if not may_send_keys():
        missing("the right to send keys")
    async with house(tmp_path, Agent(answer_after_s=None), MENU) as (line, phones):
        caller = phones.call(Caller(steps=(Wait(1.0), Press("2"), Wait(LATE_S + 2), HangUp())), numbers=["00000000002"])
        await asyncio.to_thread(caller.wait, 60)
        await until(lambda: line.of(CallEnded), "the call's record", within_s=30)
    assert [one.service for one in line.of(ServiceChosen)] == [SERVICE]
    assert line.of(KeyPressed) == []
