"""Callers' sessions over a real socket."""

import time
from typing import Any

from acd.asterisk.agi_server import AgiServer
from acd.asterisk.caller_ports import CallerPorts
from acd.asterisk.callers import CallDirectory
from acd.engine.model.commands import OfferCall, RunFlow
from acd.engine.model.config import ServiceClass
from acd.engine.model.events import (
    AnyEvent,
    CallAttached,
)
from acd.engine.model.ids import AgentId, CallId, OfferId, ServiceId
from ivr import flow as f
from tests.acd.asterisk.peer import SECRET, Channel
from tests.waiting import until

CALL = CallId("ast1-1764025361.42")


FLOW = f.Flow(
    name="hotline",
    start="main",
    fallback="agent",
    languages=("tr", "en"),
    max_turns=9,
    steps={
        "main": f.Menu(
            prompts=("greeting", "menu"),
            again=("menu",),
            keys={"1": "urgent", "3": "info", "4": "ticket", "8": "language"},
            wrong=("wrong_key",),
            no_key="agent",
            wrong_key="agent",
            timeout_s=0.3,
        ),
        "urgent": f.Menu(
            prompts=("urgent_menu",), keys={"1": "funeral", "2": "doctor"}, no_key="agent", wrong_key="agent"
        ),
        "funeral": f.Choose(service="funeral", prompts=("connecting",)),
        "doctor": f.Choose(service="doctor"),
        "agent": f.Choose(service="agent"),
        "info": f.Finish(reason="heard", prompts=("info",)),
        "language": f.Language(switch={"tr": "en", "en": "tr"}, next="main"),
        "ticket": f.Ask(
            prompts=("ticket_ask",), field="ticket", max_digits=4, next="find", no_key="agent", wrong_key="agent"
        ),
        "find": f.LookUp(kind="ticket", field="ticket", by="state", cases={"new": "new", "done": "done"},
                         otherwise="agent", not_found="agent"),
        "new": f.Finish(reason="told", prompts=("ticket_new", "{ticket}")),
        "done": f.Play(prompts=("ticket_done",), next="agent"),
    },
)  # fmt: skip


class Desk:
    """A directory behind a real server, with this test in the engine's place."""

    def __init__(self) -> None:
        self.events: list[AnyEvent] = []
        self.ami = True
        self.queue_possible, self.came_back = False, 0
        self.flows: dict[str, Any] = {"hotline": FLOW}
        self.found: dict[str, str] | Exception | None = None
        self.looked_up: list[tuple[str, str]] = []
        self.directory = CallDirectory(
            CallerPorts(
                post=self.events.append,
                clock=time.time,
                flow=self.flows.get,
                look_up=self.look_up,
                ami_connected=lambda: self.ami,
                queue_possible=lambda: self.queue_possible,
                came_back=self.come_back,
                label=lambda service, priority, urgent_calls, untold: f"{priority}: {service} (ğ), x",
            )
        )
        self.server = AgiServer({"/call": self.directory.serve}, secret=SECRET)

    def come_back(self, call: CallId) -> None:
        self.came_back += 1

    async def look_up(self, kind: str, value: str) -> dict[str, str] | None:
        self.looked_up.append((kind, value))
        if isinstance(self.found, Exception):
            raise self.found
        return self.found

    async def caller(self, **variables: str) -> Channel:
        known = len(self.of(CallAttached))
        channel = await Channel.connect(self.server.port, **{"arg_1": "1764025361250", **variables})
        await until(lambda: len(self.of(CallAttached)) > known, "the call to attach")
        return channel

    @property
    def expecting(self) -> bool:
        """Whether something has been written to the caller's channel that is still to be answered."""
        return self.directory._sessions[CALL]._channel.expecting

    def press(self, channel: Channel, key: str, call: str = CALL) -> None:
        """A key as it happens on a line: AGI hears it if it listens, and AMI tells of it."""
        channel.key(key)
        if self.ami:
            self.directory.key(call, key)

    def of(self, kind: type) -> list[Any]:
        return [event for event in self.events if isinstance(event, kind)]

    async def event(self, kind: type, count: int = 1) -> Any:
        await until(lambda: len(self.of(kind)) >= count, f"{kind.__name__}; there are {self.events}")
        return self.of(kind)[count - 1]

    def run_flow(self, step: str = "", language: str = "tr", flow: str = "hotline") -> None:
        assert self.directory.deliver(RunFlow(call=CALL, flow=flow, step=step, language=language), "7.1")

    def offer(
        self,
        nth: int = 1,
        priority: ServiceClass = "urgent",
        endpoint: str = "PJSIP/1001",
        number: str = "05321234567",
        *,
        auto_answer: bool = False,
    ) -> None:
        command = OfferCall(
            call=CALL,
            offer=OfferId(f"{CALL}#{nth}"),
            agent=AgentId("1001"),
            endpoint=endpoint,
            ring_s=14.2,
            service=ServiceId("funeral"),
            priority=priority,
            number=number,
            auto_answer=auto_answer,
        )
        assert self.directory.deliver(command, f"9.{nth}")
