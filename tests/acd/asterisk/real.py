"""Every way a call can go, on a real Asterisk: sipp phones, our node, and pyst2 as a witness of its own.

`tell` lets all stories happen at once on one Asterisk and gives back what each side saw. Run as a program it writes
captures.json, the events that test_translate.py reads:

    python -m tests.acd.asterisk.real
"""

import asyncio
import contextlib
import json
import tempfile
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asterisk.manager

from acd.asterisk.ami import AmiConnection, Message
from acd.asterisk.instance import AsteriskInstance
from acd.asterisk.instance_spec import AgentPhone, AmiUser, InstanceSpec
from acd.asterisk.manager_user import NEEDED_EVENTS
from acd.asterisk.node import AsteriskNode
from acd.asterisk.provision import ensure_asterisk
from acd.engine.model.agent_events import AgentChannelClosed, AgentChannelOpened
from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import AnyEvent, OfferRinging
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from bench.stack import free_rtp_range
from phones import Agent, Blind, Caller, Consult, HangUp, Login, Phones, Press, Wait
from phones.ports import free_tcp_port, free_udp_port
from tests.acd.asterisk.ami_peer import running
from tests.waiting import until

CAPTURES = Path(__file__).with_name("captures.json")
SECRET = "for-this-run-only"
AGI_SECRET = "for-the-dialplan-of-this-run"
EXTENSIONS = tuple(str(extension) for extension in range(1001, 1021))
AGENTS = {f"PJSIP/{extension}": AgentId(extension) for extension in EXTENSIONS}
KEPT = (
    "Event", "Channel", "ChannelStateDesc", "Uniqueid", "Linkedid", "DestChannel", "DestChannelStateDesc",
    "DestUniqueid",
    "DestLinkedid", "DialStatus", "Cause", "Cause-txt", "TechCause", "Digit", "Direction", "Device", "State", "Peer",
    "PeerStatus", "Context", "Exten",
    "Result", "Extension", "DestType", "TransfererChannel", "TransfererUniqueid", "TransfererLinkedid",
    "TransfereeChannel", "TransfereeUniqueid", "TransfereeLinkedid", "OrigTransfererChannel",
    "OrigTransfererUniqueid", "OrigTransfererLinkedid", "SecondTransfererChannel", "SecondTransfererUniqueid",
    "SecondTransfererLinkedid", "TransferTargetChannel", "TransferTargetUniqueid", "TransferTargetLinkedid",
)  # fmt: skip
"""The headers that a capture keeps: none that holds a number or a name of anybody."""


class Channel:
    """A caller's AGI session."""

    def __init__(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._reader, self._writer = reader, writer
        self.answers: list[str] = []

    async def line(self) -> str:
        """The next line that Asterisk says; HANGUP when the caller has gone."""
        line = await self._reader.readline()
        return line.decode().strip() if line else "HANGUP"

    async def ask(self, command: str) -> str:
        """Its answer to a command."""
        self._writer.write(f"{command}\n".encode())
        self.answers.append(await self.line())
        return self.answers[-1]


Plan = Callable[[Channel], Awaitable[None]]


@contextmanager
def private_asterisk(folder: Path, agi_port: int) -> Iterator[AsteriskInstance]:
    """An Asterisk of our own configuration, with twenty agents' accounts, asking each phone once a second."""
    rtp_start, rtp_end = free_rtp_range()  # beside the phones' own ports
    spec = InstanceSpec(
        folder=folder,
        sip_port=free_udp_port(),
        ws_port=free_tcp_port(),
        ami_port=free_tcp_port(),
        rtp_start=rtp_start,
        rtp_end=rtp_end,
        fastagi=f"127.0.0.1:{agi_port}",
        agi_secret=AGI_SECRET,
        ami_users=(AmiUser(name="cozum", secret=SECRET),),
        agents=tuple(AgentPhone(extension=extension, sip_password=f"demo{extension}") for extension in EXTENSIONS),
        qualify_s=1.0,
    )
    with AsteriskInstance(spec, ensure_asterisk()) as instance:
        yield instance


class Sessions:
    """The line's AGI side, reduced to its bones: each caller's number tells what is done with them."""

    def __init__(self) -> None:
        self.plans: dict[str, Plan] = {}
        self.calls: dict[str, CallId] = {}
        self.answers: dict[str, list[str]] = {}

    @asynccontextmanager
    async def serving(self, port: int) -> AsyncIterator[None]:
        async with await asyncio.start_server(self._serve, "127.0.0.1", port):
            yield

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        variables = {}
        while line := (await reader.readline()).decode().strip():
            name, _, value = line.partition(": ")
            variables[name] = value
        number = variables.get("agi_callerid", "")
        plan, channel = self.plans.get(number), Channel(reader, writer)
        assert variables["agi_arg_1"] == AGI_SECRET
        if variables.get("agi_arg_3"):  # sent on to another agent
            plan = dial(variables["agi_arg_3"], 3.0)
        with contextlib.suppress(ConnectionError):
            if plan is not None:
                self.calls[number] = CallId(variables["agi_uniqueid"])
                self.answers[number] = channel.answers
                await plan(channel)
                await channel.ask("SET VARIABLE COZUM_DONE 1")
        writer.close()


def dial(extension: str, ring_s: float) -> Plan:
    """Ring one agent, then keep what DIALSTATUS says and let the caller go."""

    async def plan(caller: Channel) -> None:
        await caller.ask(f"EXEC Dial PJSIP/{extension},{ring_s}")
        await caller.ask("GET VARIABLE DIALSTATUS")

    return plan


async def on_music(caller: Channel) -> None:
    """Let the caller listen until they go, with no word to Asterisk meanwhile."""
    await caller.ask("SET MUSIC ON default")
    while await caller.line() != "HANGUP":
        pass


@dataclass(frozen=True, slots=True)
class Story:
    """One caller, one agent, and how they behave. The phone of `extension` is registered if there is a `phone`."""

    extension: str
    phone: Agent | None
    caller: Caller
    ring_s: float = 3.0


CALLER_STAYS = Caller()
STORIES = {
    "agent_hangs_up": Story("1001", Agent(answer_after_s=0.2, talk_s=0.4), CALLER_STAYS),
    "caller_hangs_up": Story("1002", Agent(answer_after_s=0.2, talk_s=None), Caller(steps=(Wait(2.0), HangUp()))),
    "both_hang_up": Story("1003", Agent(answer_after_s=0.2, talk_s=0.7), Caller(steps=(Wait(0.9), HangUp()))),
    "held": Story("1004", Agent(answer_after_s=0.2, hold=(0.2, 0.2), talk_s=0.2), CALLER_STAYS),
    "busy": Story("1005", Agent(reject=486, answer_after_s=0.2), CALLER_STAYS),
    "declined": Story("1006", Agent(reject=603, answer_after_s=0.2), CALLER_STAYS),
    "unavailable": Story("1007", Agent(reject=480, answer_after_s=0.2), CALLER_STAYS),
    "failing": Story("1008", Agent(reject=500, answer_after_s=0.2), CALLER_STAYS),
    "no_answer": Story("1009", Agent(answer_after_s=None), CALLER_STAYS, ring_s=1.0),
    "not_registered": Story("1010", None, CALLER_STAYS),
    "caller_gone_ringing": Story("1011", Agent(answer_after_s=None), Caller(steps=(Wait(2.0), HangUp()))),
    "silent_phone": Story("1012", Agent(answer_after_s=None, rings=False), CALLER_STAYS, ring_s=1.0),
    "recalled": Story("1013", Agent(answer_after_s=None), CALLER_STAYS, ring_s=10.0),
    "vanished": Story("1014", Agent(answer_after_s=None), CALLER_STAYS, ring_s=15.0),
    "keys": Story("", None, Caller(steps=(Wait(0.3), Press("92"), Wait(0.3), HangUp()))),
}
PRIVATE = ("1015", "1016")
"""One agent calls the other; then dials *45."""


TRANSFERS = {
    "sent_on": ("1017", "1018", Agent(answer_after_s=0.2, talk_s=None, transfer=Blind("1018", 0.3))),
    "handed_over": (
        "1019",
        "1020",
        Agent(answer_after_s=0.2, talk_s=None, transfer=Consult("1020", Login("1019", "demo1019"), 0.3, 0.3)),
    ),
}
"""A transfer: by whom, to whom, and how."""


class Witness:
    """What pyst2 sees, on a connection of its own."""

    def __init__(self, port: int) -> None:
        self.events: list[Message] = []
        self._lock = threading.Lock()
        self._manager = asterisk.manager.Manager()
        self._manager.connect("127.0.0.1", port)
        self._manager.register_event("*", self._take)
        self._manager.login("cozum", SECRET)

    def _take(self, event: Any, _: Any) -> None:
        with self._lock:
            self.events.append({"Event": str(event.name), **{str(k): str(v) for k, v in event.headers.items()}})

    def close(self) -> None:
        with contextlib.suppress(asterisk.manager.ManagerException, OSError, ValueError):
            self._manager.close()


@dataclass(slots=True)
class Told:
    """What was seen while the stories happened."""

    calls: dict[str, CallId] = field(default_factory=dict)
    statuses: dict[str, str] = field(default_factory=dict)
    """DIALSTATUS of each."""
    raw: list[Message] = field(default_factory=list)
    witness: list[Message] = field(default_factory=list)
    posted: list[AnyEvent] = field(default_factory=list)
    keys: list[tuple[CallId, str]] = field(default_factory=list)

    def of(self, story: str) -> list[AnyEvent]:
        """What was posted about one call, and about the channels of its agent's phone."""
        agent = STORIES[story].extension
        return [
            event
            for event in self.posted
            if getattr(event, "call", None) == self.calls[story]
            or (isinstance(event, AgentChannelOpened | AgentChannelClosed) and event.agent == agent)
        ]

    def captured(self, story: str) -> list[Message]:
        """The AMI events of one call and its agent's phone."""
        device = f"PJSIP/{STORIES[story].extension}"
        return [
            event
            for event in self.raw
            if event.get("Linkedid") == self.calls[story] or device in (event.get("Device"), event.get("Peer"))
        ]

    def transferred(self, name: str) -> list[Message]:
        """The AMI events of a caller who was handed on, and of the two agents' phones."""
        phones = tuple(f"PJSIP/{extension}-" for extension in TRANSFERS[name][:2])
        return [
            event
            for event in self.raw
            if self.calls[name] in (event.get("Linkedid"), event.get("TransfereeUniqueid"))
            or event.get("Channel", "").startswith(phones)
        ]


def number_of(story: str) -> str:
    """The caller's number: of no network's range."""
    return f"0000{[*STORIES, *TRANSFERS].index(story) + 1:07d}"


async def tell(folder: Path) -> Told:
    """Let all stories happen, and wait until all is quiet again."""
    told, sessions, agi_port = Told(), Sessions(), free_tcp_port()
    with (
        private_asterisk(folder / "asterisk", agi_port) as instance,
        Phones("127.0.0.1", instance.spec.sip_port, folder / "phones") as phones,
    ):
        port = instance.spec.ami_port
        node = AsteriskNode(
            node=NodeId("ast1"), host="127.0.0.1", port=port, user="cozum", secret=SECRET, agents=AGENTS,
            post=told.posted.append, on_key=lambda call, key, late_s: told.keys.append((call, key)), clock=time.time,
        )  # fmt: skip
        recorder = AmiConnection(host="127.0.0.1", port=port, user="cozum", secret=SECRET, on_event=told.raw.append)
        async with sessions.serving(agi_port), running(node.run()), running(recorder.run()):
            await until(lambda: node.connected and recorder.connected, "the node is reconciled")
            witness = await asyncio.to_thread(Witness, port)
            told.witness = witness.events
            try:
                await _happen(told, sessions, node, phones)
            finally:
                await asyncio.to_thread(witness.close)
    return told


async def _happen(told: Told, sessions: Sessions, node: AsteriskNode, phones: Phones) -> None:
    desks = {}
    registering = []
    for name, story in STORIES.items():
        sessions.plans[number_of(name)] = dial(story.extension, story.ring_s) if story.extension else on_music
        if story.phone is not None:
            login = Login(story.extension, f"demo{story.extension}")
            registering.append((name, asyncio.to_thread(phones.staff, [login], story.phone)))
    registering.append(
        (
            "private",
            asyncio.to_thread(phones.staff, [Login("1016", "demo1016")], Agent(answer_after_s=0.1, talk_s=None)),
        )
    )
    for (name, _), desk in zip(registering, await asyncio.gather(*(work for _, work in registering)), strict=True):
        desks[name] = desk

    for name, (first, second, phone) in TRANSFERS.items():
        sessions.plans[number_of(name)] = dial(first, 3.0)
        await asyncio.to_thread(phones.staff, [Login(first, f"demo{first}")], phone)
        other = Agent(answer_after_s=0.2, talk_s=None if name == "sent_on" else 1.2)
        await asyncio.to_thread(phones.staff, [Login(second, f"demo{second}")], other)
    callers = [phones.call(Caller(steps=(Wait(2.0), HangUp())), numbers=[number_of("sent_on")])]
    callers.append(phones.call(CALLER_STAYS, numbers=[number_of("handed_over")]))
    callers += [phones.call(story.caller, numbers=[number_of(name)]) for name, story in STORIES.items()]
    caller_1015 = Caller(steps=(Wait(1.5), HangUp()), login=Login("1015", "demo1015"))
    callers.append(phones.call(caller_1015, dialled="1016"))

    def ringing(name: str) -> OfferRinging | None:
        call = sessions.calls.get(number_of(name))
        return next((e for e in told.posted if isinstance(e, OfferRinging) and e.call == call), None)

    await until(lambda: ringing("recalled") and ringing("vanished"), "both ring")
    desks["vanished"].kill()
    leg = ringing("recalled")
    assert leg is not None
    node.cancel_offer("7.1", CancelOffer(call=leg.call, offer=OfferId(f"{leg.call}#1"), channel=leg.channel))
    await asyncio.gather(*(asyncio.to_thread(caller.wait, 60) for caller in callers))
    star = phones.call(Caller(steps=(Wait(0.3),), login=Login("1015", "demo1015")), dialled="*45")
    await asyncio.to_thread(star.wait, 60)
    told.calls = {name: sessions.calls[number_of(name)] for name in (*STORIES, *TRANSFERS)}
    told.statuses = {
        name: "".join(sessions.answers[number_of(name)][1:2]).partition("(")[2].rstrip(")") for name in STORIES
    }

    def quiet() -> bool:
        opened = {e["Uniqueid"] for e in told.raw if e["Event"] == "Newchannel"}
        for events in (told.raw, list(told.witness)):
            if opened - {e["Uniqueid"] for e in events if e["Event"] == "Hangup"}:
                return False
        return bool(opened)

    await until(quiet, "every channel is gone")


def main() -> None:
    """Write captures.json."""
    with tempfile.TemporaryDirectory(prefix="cozum-real-") as folder:
        told = asyncio.run(tell(Path(folder)))
    private = [e for e in told.raw if e["Event"] in NEEDED_EVENTS and e.get("Channel", "").startswith("PJSIP/1015-")]
    captures = {name: told.captured(name) for name in STORIES} | {"private": private}
    captures |= {name: told.transferred(name) for name in TRANSFERS}
    slim = {name: [{k: e[k] for k in KEPT if k in e} for e in events] for name, events in captures.items()}
    lines = [
        f"{json.dumps(name)}: [\n  " + ",\n  ".join(json.dumps(event) for event in events) + "\n ]"
        for name, events in slim.items()
    ]
    CAPTURES.write_text("{\n " + ",\n ".join(lines) + "\n}\n", "utf-8")


if __name__ == "__main__":
    main()
