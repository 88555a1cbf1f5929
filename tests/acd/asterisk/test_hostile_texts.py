"""Every text that an INVITE carries, made to look like the manager protocol or a log, on a real Asterisk: our node
beside a witness who is told everything and keeps the bytes."""

import asyncio
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from acd.asterisk.instance import AmiUser, AsteriskInstance
from acd.asterisk.node import AsteriskNode
from acd.engine.model.agent_events import DeviceStateChanged
from acd.engine.model.events import AnyEvent, NodeLost
from acd.engine.model.ids import AgentId, NodeId
from bench.stack import free_rtp_range
from phones import Agent, Login, Phones
from phones.raw import RawCaller
from tests.acd.asterisk.ami_peer import running
from tests.acd.asterisk.private import private
from tests.acd.asterisk.raw_ami import WITNESS, RawAmi
from tests.waiting import until as eventually

pytestmark = pytest.mark.integration

MARK = "Zx7q"
"""Stands in every text, so that it is found again."""
CONTROLS = bytes([*range(1, 32), 127])
TEXTS = {
    "an event": f"{MARK}\r\n\r\nEvent: DeviceStateChange\r\nDevice: PJSIP/1001\r\nState: INVALID\r\n\r\n",
    "another": f"{MARK}\r\n\r\nEvent: PeerStatus\r\nPeer: PJSIP/1001\r\nPeerStatus: Unreachable\r\n\r\n",
    "the end": f"{MARK}\r\n\r\nEvent: Shutdown\r\n\r\n",
    "an answer": f"{MARK}\r\n\r\nResponse: Success\r\nActionID: cozum-1\r\nEventList: start\r\n\r\n",
    "a header": f"{MARK}\r\nLinkedid: ast1-1.1\r\nUniqueid: ast1-1.1",
    "a line of a log": f"{MARK}\n[2026-01-01 00:00:00.000] ERROR[1] forged.c: {MARK}",
    "a terminal's orders": f"{MARK}\x1b[2J\x1b]0;x\x07\b\b",
    "79 bytes": f"{MARK}\r\n\r\nEvent: Shutdown\r\n\r\n".ljust(79, "x"),
    "4 KB": MARK + "x" * 4096,
}
RAW = {
    "every control character": MARK.encode() + CONTROLS,
    "NUL": MARK.encode() + b"\0x",
    "no UTF-8": MARK.encode() + b"\xff\xfe\xc5\xed\xa0\x80",
    "CR": MARK.encode() + b"\rEvent: Shutdown\r\r",
    "LF": MARK.encode() + b"\nEvent: Shutdown\n\n",
    "CR LF": MARK.encode() + b"\r\n\r\nEvent: Shutdown\r\n\r\n",
}


def encoded(data: bytes) -> bytes:
    return "".join(f"%{byte:02X}" for byte in data).encode()


def forms() -> Iterator[bytes]:
    """The texts, each percent-encoded and as it is."""
    for text in [*(one.encode() for one in TEXTS.values()), *RAW.values(), *(bytes([one]) for one in CONTROLS)]:
        yield encoded(text)
        yield text


def invites(text: bytes) -> Iterator[dict[str, bytes]]:
    """One text in each place that an INVITE has for one."""
    uri = b"<sip:" + text + b"@127.0.0.1>"
    quoted = b'"' + text.replace(b'"', b"'") + b'" <sip:05321110001@127.0.0.1>'
    for place in ("from", "to", "contact", "diversion", "p_asserted_identity", "remote_party_id"):
        yield {place: uri}
        yield {place: quoted}
    for place in ("call_id", "user_agent", "subject", "reason", "x_other"):
        yield {place: text}
    yield {"reason": b'SIP;cause=200;text="' + text + b'"'}
    yield {"target": b"sip:" + text + b"@127.0.0.1"}


@pytest.fixture(scope="module")
def asterisk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[AsteriskInstance]:
    ours = AmiUser(name="cozum", secret="secret-of-ours-alone")
    start, end = free_rtp_range()
    folder = tmp_path_factory.mktemp("hostile") / "asterisk"
    with private(folder, ami_users=(ours, WITNESS), rtp_start=start, rtp_end=end) as instance:
        yield instance


def send_all(asterisk: AsteriskInstance) -> int:
    """Every text in every place, without waiting for what becomes of it; how many INVITEs that were."""
    sent = 0
    for text in forms():
        for headers in invites(text):
            with RawCaller(asterisk.spec.sip_port, **headers) as caller:
                caller.invite(within_s=0.0)
            sent += 1
        asterisk.rx("channel request hangup all")
    return sent


async def test_no_text_of_an_invite_is_anything_but_text(asterisk: AsteriskInstance, tmp_path: Path) -> None:
    posted: list[AnyEvent] = []
    node = AsteriskNode(
        node=NodeId("ast1"), host="127.0.0.1", port=asterisk.spec.ami_port, user="cozum",
        secret="secret-of-ours-alone", agents={"PJSIP/1001": AgentId("1001")}, post=posted.append,
        on_key=lambda call, key, late_s: None, clock=time.time,
    )  # fmt: skip
    port = asterisk.spec.sip_port
    with Phones("127.0.0.1", port, tmp_path) as phones, RawAmi(asterisk.spec.ami_port) as witness:
        async with running(node.run()):
            await asyncio.to_thread(phones.staff, [Login("1001", "demo1001")], Agent())
            await eventually(lambda: node.connected, "the node is reconciled")
            sent = await asyncio.to_thread(send_all, asterisk)
            with RawCaller(port, **{"from": b"<sip:05329999999@127.0.0.1>"}) as last:
                assert await asyncio.to_thread(last.invite, 10.0) == 200
                await asyncio.to_thread(last.hang_up)
            await asyncio.to_thread(asterisk.rx, "channel request hangup all")
            await eventually(lambda: "0 active channels" in asterisk.rx("core show channels"), "all are gone")
            assert [event for event in posted if isinstance(event, NodeLost)] == []
        assert sent > 800
        assert node.forged == 0, "something of a caller's was in the place of a header"
        assert [event for event in posted if isinstance(event, DeviceStateChanged) and event.state != "available"] == []
        for block in witness.blocks():
            assert re.match(rb"(Event|Response): ", block[0]), block
            for line in block:
                assert re.match(rb"[A-Za-z-]+[0-9]?: ?", line), block
                assert not re.search(rb"[\x00-\x1f\x7f]", line), block
    for name in ("messages", "asterisk.out"):
        lines = (asterisk.paths.log / name).read_bytes().splitlines()
        assert [line for line in lines if MARK.encode() in line or b"forged.c" in line] == []
