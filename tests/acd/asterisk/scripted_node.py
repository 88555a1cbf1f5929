"""A node, and the manager whose answers a test writes."""

from collections.abc import AsyncIterator, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from acd.asterisk.ami import Timings
from acd.asterisk.node import AsteriskNode
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.commands import CancelOffer
from acd.engine.model.events import AnyEvent
from acd.engine.model.ids import AgentId, CallId, NodeId, OfferId
from tests.acd.asterisk.ami_peer import Link, Peer, peer, running

NODE = NodeId("ast1")
CALL = CallId("ast1-1.1")
CALLER = "Channel: PJSIP/trunk-1\r\nUniqueid: ast1-1.1\r\nLinkedid: ast1-1.1\r\nChannelStateDesc: Up\r\n"
LEG = "Channel: PJSIP/1001-2\r\nUniqueid: ast1-1.2\r\nLinkedid: ast1-1.1\r\nChannelStateDesc: Ringing\r\n"
QUICK = Timings(ping_s=5.0, dead_s=10.0, first_retry_s=0.01)


@dataclass
class Desk:
    """A node, the peer it talks to, and what it told."""

    there: Peer
    node: AsteriskNode
    posted: list[AnyEvent] = field(default_factory=list)
    keys: list[tuple[CallId, str]] = field(default_factory=list)

    async def link(self) -> Link:
        """Let the node in; it asks for both lists at once."""
        link = await self.there.link()
        await link.greet()
        return link


@asynccontextmanager
async def desk(
    *,
    answer_s: float = 2.0,
    lists_s: float = 5.0,
    agents: Mapping[str, AgentId] | None = None,
    log_file: Path | None = None,
    believed: Callable[[], Collection[CallId]] = tuple,
) -> AsyncIterator[Desk]:
    """A node that runs."""
    posted: list[AnyEvent] = []
    keys: list[tuple[CallId, str]] = []
    async with peer() as there:
        node = AsteriskNode(
            node=NODE,
            host="127.0.0.1",
            port=there.port,
            user="cozum",
            secret="geheim",
            agents=agents or {"PJSIP/1001": AgentId("1001")},
            post=posted.append,
            on_key=lambda call, key, late_s: keys.append((call, key)),
            clock=lambda: 7.0,
            timings=QUICK,
            answer_s=answer_s,
            lists_s=lists_s,
            log_file=log_file,
            believed=believed,
        )
        async with running(node.run()):
            yield Desk(there, node, posted, keys)


async def answer_lists(link: Link, channels: list[str], devices: list[str]) -> None:
    link.listing(await link.action(), [f"Event: CoreShowChannel\r\n{entry}" for entry in channels])
    link.listing(await link.action(), [f"Event: DeviceStateChange\r\n{entry}" for entry in devices])


UP = "Device: PJSIP/1001\r\nState: NOT_INUSE\r\n"


async def asked(link: Link, question: str, answer: str | None) -> None:
    """Take a question about a phone and answer it; None: Asterisk does not know."""
    action = await link.action()
    assert (action["Action"], action["Variable"]) == ("Getvar", question)
    if answer is None:
        link.answer(action, message="No such variable", ok=False)
    else:
        link.answer(action, extra=f"Variable: {question}\r\nValue: {answer}\r\n")


def told(link: Link, state: str) -> None:
    """That a phone is or is not there, as Asterisk tells it: twice."""
    link.write(f"Event: PeerStatus\r\nPeer: PJSIP/1001\r\nPeerStatus: {state}\r\n\r\n")
    device = "NOT_INUSE" if state == "Reachable" else "UNAVAILABLE"
    link.write(f"Event: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: {device}\r\n\r\n")


def states(at: Desk) -> list[str]:
    return [event.state for event in at.posted if isinstance(event, DeviceStateChanged)]


DEVICE, CONTACTS = "DEVICE_STATE(PJSIP/1001)", "PJSIP_AOR(1001,contact)"


OFFER = CancelOffer(call=CALL, offer=OfferId("ast1-1.1#1"), channel="PJSIP/1001-2")
