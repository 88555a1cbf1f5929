"""Captures, and reading them."""

import os
import shutil
import signal
import socket
import struct
import threading
from pathlib import Path

from bench.capture import Capture, Sip, idle_gaps_ms, read_rtp, rings_ms
from tests.services import missing

AGENTS, CALLERS, ASTERISK = 7100, 7200, 5060


def sip(at: float, source: int, target: int, method: str, call: str, user: str = "", status: int = 0) -> Sip:
    return Sip(at, source, target, "" if status else method, status, method, call, user, "")


def test_the_gap_runs_from_an_agents_own_bye_to_the_next_invite_to_them() -> None:
    messages = [
        *(sip(0.5 + n / 10, ASTERISK, CALLERS, "INVITE", f"caller {n}", status=200) for n in range(4)),
        sip(1.0, ASTERISK, AGENTS, "INVITE", "a", "1001"),
        sip(1.1, ASTERISK, AGENTS, "INVITE", "b", "1002"),
        sip(1.2, AGENTS, ASTERISK, "INVITE", "a", status=200),
        sip(2.0, AGENTS, ASTERISK, "BYE", "a"),
        sip(2.0005, AGENTS, ASTERISK, "BYE", "a"),  # sent again
        sip(2.001, ASTERISK, AGENTS, "BYE", "b"),  # the caller's end frees 1002, and is not meant
        sip(2.003, ASTERISK, AGENTS, "INVITE", "c", "1002"),
        sip(2.004, ASTERISK, AGENTS, "INVITE", "d", "1001"),
        sip(2.5, ASTERISK, AGENTS, "INVITE", "d", "1001"),  # sent again
    ]
    assert [round(gap, 3) for gap in idle_gaps_ms(messages, [AGENTS])] == [4.0]


def test_an_agent_whom_nobody_waits_for_has_no_gap() -> None:
    messages = [
        sip(1.0, ASTERISK, CALLERS, "INVITE", "first", status=200),
        sip(1.002, ASTERISK, AGENTS, "INVITE", "a", "1001"),
        sip(1.02, AGENTS, ASTERISK, "BYE", "a"),  # a short talk: the second caller rings up 30 ms later
        sip(1.05, ASTERISK, CALLERS, "INVITE", "second", status=200),
        sip(1.052, ASTERISK, AGENTS, "INVITE", "b", "1001"),
        sip(1.06, ASTERISK, CALLERS, "INVITE", "third", status=200),
        sip(1.5, ASTERISK, CALLERS, "INVITE", "third", status=200),  # sent again
        sip(2.0, AGENTS, ASTERISK, "BYE", "b"),
        sip(2.004, ASTERISK, AGENTS, "INVITE", "c", "1001"),
    ]
    assert [round(gap, 3) for gap in idle_gaps_ms(messages, [AGENTS])] == [4.0]


def test_a_ring_runs_from_the_lines_answer_to_the_invite_to_the_agent() -> None:
    messages = [
        sip(1.0, ASTERISK, CALLERS, "INVITE", "x", status=200),
        sip(1.002, ASTERISK, AGENTS, "INVITE", "a", "1001"),
        sip(1.5, ASTERISK, CALLERS, "INVITE", "x", status=200),  # sent again
        sip(2.0, ASTERISK, CALLERS, "INVITE", "y", status=200),
        sip(2.003, ASTERISK, AGENTS, "INVITE", "b", "1002"),
    ]
    assert [round(ring, 3) for ring in rings_ms(messages, [CALLERS], [AGENTS])] == [2.0, 3.0]


def test_a_port_that_spoke_rtp_and_then_sip_is_read_for_its_rtp(tmp_path: Path) -> None:
    if shutil.which("tshark") is None:
        missing("tshark")
    rtp = struct.pack(">BBHII", 0x80, 0x80 | 8, 7, 160, 0xC0FFEE) + bytes(160)
    register = (
        b"REGISTER sip:127.0.0.1:5060 SIP/2.0\r\nVia: SIP/2.0/UDP 127.0.0.1:40000;branch=z9hG4bK-1\r\n"
        b"From: <sip:1001@127.0.0.1>;tag=1\r\nTo: <sip:1001@127.0.0.1>\r\nCall-ID: 1\r\nCSeq: 1 REGISTER\r\n"
        b"Content-Length: 0\r\n\r\n"
    )
    path = tmp_path / "port.pcap"
    path.write_bytes(pcap(40_000, (rtp, register, rtp)))
    packets = read_rtp(path, [40_000])
    assert [(packet.payload, packet.marker, packet.stamp, packet.ssrc) for packet in packets] == [
        (8, True, 160, 0xC0FFEE)
    ] * 2


def test_what_was_sent_last_is_in_the_file_though_dumpcap_stands_still(tmp_path: Path) -> None:
    if shutil.which("dumpcap") is None:
        missing("dumpcap")
    path = tmp_path / "all.pcapng"
    with Capture(path, "udp") as capture, socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
        assert capture._process is not None
        os.kill(capture._process.pid, signal.SIGSTOP)
        goes_on = threading.Timer(1.0, os.kill, (capture._process.pid, signal.SIGCONT))
        goes_on.start()
        sender.sendto(b"the last that was said", ("127.0.0.1", AGENTS))
    goes_on.join()
    assert b"the last that was said" in path.read_bytes()


def pcap(port: int, payloads: tuple[bytes, ...]) -> bytes:
    """A capture file (of bare IP) in which these came to a UDP port."""
    written = struct.pack("<IHHiIII", 0xA1B2C3D4, 2, 4, 0, 0, 65535, 101)
    for second, payload in enumerate(payloads):
        udp = struct.pack(">HHHH", ASTERISK, port, 8 + len(payload), 0) + payload
        ip = struct.pack(">BBHHHBBH4s4s", 0x45, 0, 20 + len(udp), 0, 0, 64, 17, 0, b"\x7f\0\0\1", b"\x7f\0\0\1") + udp
        written += struct.pack("<IIII", second, 0, len(ip), len(ip)) + ip
    return written
