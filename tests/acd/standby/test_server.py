"""The standby as a process, and Asterisk's side of it played by sockets: friendly, silent, endless and half-open."""

import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from pathlib import Path

import psutil
import pytest

from acd.standby import members, spool
from acd.standby.sessions import PRIO_SPAN, queue_prio
from bench.stack import until
from phones.ports import free_tcp_port

CALL = "ast1-1795566540.3"
SECRET = "the-secret-of-the-dialplan"


class Process:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.port = free_tcp_port()
        self.errors = folder / "errors"
        with self.errors.open("wb") as errors:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "acd.standby", "--data-dir", str(folder), "--port", str(self.port)],
                stderr=errors,
                env={**os.environ, "COZUM_AGI_SECRET": SECRET},
            )
        until("it listens", self._listens, 60)

    def _listens(self) -> bool:
        assert self.process.poll() is None, self.said()
        with socket.socket() as probe:
            return probe.connect_ex(("127.0.0.1", self.port)) == 0

    def said(self) -> str:
        return self.errors.read_text()

    def connect(self) -> socket.socket:
        return socket.create_connection(("127.0.0.1", self.port), 60)

    def records(self) -> dict[str, spool.Record]:
        return {path.name: spool.read(path) for _, _, path in spool.files(self.folder / "spool")}


@pytest.fixture
def standby(tmp_path: Path) -> Iterator[Process]:
    process = Process(tmp_path)
    yield process
    process.process.kill()
    process.process.wait()


class Asterisk:
    """One call's AGI, from Asterisk's side."""

    def __init__(self, standby: Process, path: str, *arguments: str, call: str = CALL, **more: str) -> None:
        self.connection = standby.connect()
        self.lines = self.connection.makefile("r", encoding="utf-8", newline="\n")
        environment = {
            "network": "yes", "network_script": path, "request": f"agi://127.0.0.1/{path}", "uniqueid": call,
            "channel": "PJSIP/trunk-00000001", "callerid": "05321112233", "calleridname": "Şükrü Öz",
            "dnid": "4440411", **more, **{f"arg_{n}": one for n, one in enumerate((SECRET, *arguments), 1)},
        }  # fmt: skip
        self.send("".join(f"agi_{key}: {value}\n" for key, value in environment.items()) + "\n")
        self.asked: list[str] = []
        self.variables: dict[str, str] = {}

    def send(self, text: str) -> None:
        self.connection.sendall(text.encode())

    def serve(self, *, key: str = "", count: str = "0", silent_at: str = "none", away: Sequence[str] = ()) -> None:
        """Answer as Asterisk does until it is over. `away`: phones that are not registered."""
        for line in self.lines:
            command = line.strip()
            self.asked.append(command)
            word = command.split('"')[0].strip()
            if word == "SET VARIABLE":
                _, name, _, value, _ = command.split('"')
                self.variables[name] = value
            result = "1"
            if word == "GET FULL VARIABLE":
                phones = re.findall(r"DEVICE_STATE\(([^)]*)\)", command)
                states = ",".join("UNAVAILABLE" if phone in away else "NOT_INUSE" for phone in phones)
                self.send(f"200 result=1 ({states or count})\n")
                continue
            if word.startswith(silent_at):
                return
            if word.startswith("STREAM FILE standby_question"):
                self.send(f"200 result={ord(key) if key == '1' else 0} endpos=8000\n")
                continue
            if word.startswith("WAIT FOR DIGIT"):
                result = str(ord(key)) if key else "0"
            elif word.startswith("STREAM FILE"):
                result = "0"
            self.send(f"200 result={result}\n")


@pytest.mark.parametrize(("key", "urgent"), [("1", True), ("5", False), ("", False)])
def test_one_question_and_where_it_leads(standby: Process, key: str, urgent: bool) -> None:
    began = time.time()
    call = Asterisk(standby, "ask", "1795566540492")
    call.serve(key=key)
    queued_ms = int(call.variables["QUEUED"])
    assert began - 0.01 <= queued_ms / 1000 <= time.time()
    expected = {
        "QUEUE_PRIO": str(queue_prio(1795566540.492, urgent=urgent)),
        "URGENT": "01"[urgent],
        "QUEUED": str(queued_ms),
        "ASKED": "1",
    }
    assert call.variables == (expected if urgent else {**expected, "QUEUE_MAX_PENALTY": "1"})
    assert next(line for line in call.asked if "standby_" in line) == 'STREAM FILE standby_question "1" 0'
    assert any("standby_connecting" in line for line in call.asked)
    assert standby.records() == {
        f"{CALL}.waiting.json": spool.Record(
            call=CALL,
            channel="PJSIP/trunk-00000001",
            number="05321112233",
            name="Şükrü Öz",
            dialled="4440411",
            arrived_at=1795566540.492,
            urgent=urgent,
            queued_at=queued_ms / 1000,
        )
    }
    assert "0532" not in standby.said()
    assert "Ş" not in standby.said()


def test_urgent_comes_first_then_who_came_first() -> None:
    at = 1_795_566_540.49
    prios = [queue_prio(at + later, urgent=urgent) for urgent in (True, False) for later in (0, 0.01, 1, 86_400 * 5)]
    assert prios == sorted(prios, reverse=True)
    assert len(set(prios)) == len(prios)
    extremes = [queue_prio(one, urgent=urgent) for one in (0, 1e11, PRIO_SPAN / 100 - 0.01) for urgent in (True, False)]
    assert all(-(2**31) < prio < 2**31 for prio in extremes)
    assert min(extremes[::2]) > max(extremes[1::2])


def test_the_end_of_a_call_is_put_down(standby: Process) -> None:
    arguments = ("1795566540492", "1", "1795566545083", "1795566546798", "PJSIP/1001", "agent", "1795566549803")
    call = Asterisk(standby, "ended", *arguments)
    call.serve()
    assert call.variables == {"SPOOLED": "1"}
    (record,) = standby.records().values()
    assert (record.urgent, record.queued_at, record.answered_at) == (True, 1795566545.083, 1795566546.798)
    assert (record.agent, record.ended_at, record.hangup_by) == ("PJSIP/1001", 1795566549.803, "agent")


def test_a_caller_who_gave_up_before_they_were_asked(standby: Process) -> None:
    Asterisk(standby, "ended", "1795566540492", "", "", "", "", "", "1795566541506").serve()
    (record,) = standby.records().values()
    assert (record.urgent, record.queued_at, record.answered_at, record.agent) == (None, None, None, "")
    assert (record.ended_at, record.hangup_by) == (1795566541.506, "caller")


@pytest.mark.parametrize("path", ["ask", "ended"])
def test_one_who_was_called_back_and_sent_on_is_the_call_they_were(standby: Process, path: str) -> None:
    """The last argument tells it: the uniqueid is that of the channel by which they were called back."""
    more = () if path == "ask" else ("", "", "", "", "", "1795566541506")
    Asterisk(standby, path, "1795566540492", *more, "ast1-1795566000.7").serve()
    assert [record.call for record in standby.records().values()] == ["ast1-1795566000.7"]


def test_who_was_signed_in_is_brought_in_once(standby: Process) -> None:
    path = members.path_in(standby.folder)
    members.write(path, {"PJSIP/1001": 1, "PJSIP/1002": None, "PJSIP/1003": 2})
    call = Asterisk(standby, "ask", "1795566540492")
    call.serve(key="1")
    assert [line for line in call.asked if line.startswith("EXEC")] == [
        'EXEC AddQueueMember "standby,PJSIP/1001,1"',
        'EXEC RemoveQueueMember "standby,PJSIP/1002"',
        'EXEC AddQueueMember "standby,PJSIP/1003,2"',
    ]
    again = Asterisk(standby, "ask", "1795566540492")
    again.serve(key="1", count="2")
    assert not any(line.startswith("EXEC") for line in again.asked)
    forgotten = Asterisk(standby, "ask", "1795566540492")
    forgotten.serve(key="1", count="0")  # Asterisk was started anew
    assert sum(line.startswith("EXEC Add") for line in forgotten.asked) == 2
    members.write(path, {"PJSIP/1001": None, "PJSIP/1003": 2})
    changed = Asterisk(standby, "ask", "1795566540492")
    changed.serve(key="1", count="2")
    assert 'EXEC RemoveQueueMember "standby,PJSIP/1001"' in changed.asked


def test_an_agent_with_two_phones_is_rung_at_neither_while_they_talk_at_one(standby: Process) -> None:
    path = members.path_in(standby.folder)
    members.write(path, {"PJSIP/desk-1": 1, "PJSIP/1001-web": 1, "PJSIP/1002": 1})
    call = Asterisk(standby, "ask", "1795566540492")
    call.serve(key="1")
    assert [line for line in call.asked if line.startswith("EXEC Add")] == [
        'EXEC AddQueueMember "standby,PJSIP/desk-1,1,,,hint:1001@either-phone"',
        'EXEC AddQueueMember "standby,PJSIP/1001-web,1,,,hint:1001@either-phone"',
        'EXEC AddQueueMember "standby,PJSIP/1002,1"',
    ]


def test_a_phone_that_is_not_registered_is_not_rung(standby: Process) -> None:
    """Beside a telephone that is, the queue would take it for free and lose a second by each try."""
    extensions = [f"1{n:03}" for n in range(30)]  # more than one command asks for
    pages = [f"PJSIP/{extension}-web" for extension in extensions]
    both = [name for page in pages for name in (page.removesuffix("-web"), page)]
    members.write(members.path_in(standby.folder), dict.fromkeys(both, 1))
    call = Asterisk(standby, "ask", "1795566540492")
    call.serve(key="1", away=pages)
    added = [line.split(",")[1] for line in call.asked if line.startswith("EXEC Add")]
    assert added == both[::2]
    again = Asterisk(standby, "ask", "1795566540492")
    again.serve(key="1", count="30", away=pages)
    assert not any(line.startswith("EXEC") for line in again.asked)
    opened = Asterisk(standby, "ask", "1795566540492")
    opened.serve(key="1", count="30", away=pages[1:])
    assert f'EXEC AddQueueMember "standby,{pages[0]},1,,,hint:1000@either-phone"' in opened.asked


def test_one_who_hangs_up_while_they_are_asked_is_no_fault(standby: Process) -> None:
    call = Asterisk(standby, "ask", "1795566540492")
    assert call.lines.readline().startswith("GET FULL VARIABLE")
    call.send("HANGUP\n")
    assert call.lines.readline() == ""
    assert standby.records() == {}
    assert standby.said() == ""


def test_a_spool_that_cannot_be_written_costs_no_caller(standby: Process) -> None:
    (standby.folder / "spool").write_text("a file where a folder should be")
    call = Asterisk(standby, "ask", "1795566540492")
    call.serve(key="1")
    assert call.variables["URGENT"] == "1"
    assert "the spool cannot be written" in standby.said()
    end = Asterisk(standby, "ended", "1795566540492", *[""] * 6)
    end.serve()
    assert end.variables == {}


# --- whoever else is there

KNOWN = f"agi_arg_1: {SECRET}\nagi_uniqueid: a\n".encode()
HOSTILE: Sequence[bytes] = (
    b"\n",
    b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
    KNOWN.replace(b": a\n", b": ../../etc/passwd\n") + b"agi_network_script: ask\n\n",
    KNOWN + b"agi_network_script: none\n\n",
    b"a" * 100_000,
    b"agi_x: y\n" * 1000,
    b"\xff\xfe\x00\n\n",
    KNOWN + b"agi_network_script: ask\n\nbogus\n",
    KNOWN + b"agi_network_script: ask\n\n" + b"200 " + b"x" * 5000,
    KNOWN + b"agi_network_script: ask\n\n520-\n" * 3,
)


@pytest.mark.parametrize("bytes_", HOSTILE, ids=range(len(HOSTILE)))
def test_a_peer_that_is_no_asterisk_is_dropped(standby: Process, bytes_: bytes) -> None:
    with standby.connect() as peer:
        peer.settimeout(60)
        try:
            peer.sendall(bytes_)
            peer.shutdown(socket.SHUT_WR)
            while peer.recv(4096):
                pass
        except OSError:
            pass
    Asterisk(standby, "ended", "1795566540492", *[""] * 6).serve()
    assert len(standby.records()) == 1
    assert "Traceback" not in standby.said()


@pytest.mark.parametrize("secret", ["", "x", SECRET[:-1], f"{SECRET}x", SECRET.upper(), "ş"])
@pytest.mark.parametrize("path", ["ask", "ended"])
def test_who_does_not_know_the_secret_is_dropped(standby: Process, path: str, secret: str) -> None:
    """Any program of this machine can connect; it gets nothing and leaves nothing."""
    with standby.connect() as peer:
        peer.settimeout(60)
        arguments = f"agi_arg_1: {secret}\nagi_arg_2: 1795566540492\n"
        peer.sendall(f"agi_network_script: {path}\nagi_uniqueid: {CALL}\n{arguments}\n".encode())
        assert peer.recv(4096) == b""
    assert standby.records() == {}
    until("it is told", lambda: "not our agi_secret" in standby.said(), 60)
    assert SECRET not in standby.said()


@pytest.mark.alone  # it measures how soon the other one is through
def test_a_caller_whose_channel_is_slow_holds_up_no_other(standby: Process) -> None:
    """The first one's channel is bringing in the agents and says nothing more."""
    slow = Asterisk(standby, "ask", "1795566540492")
    assert slow.lines.readline().startswith("GET FULL VARIABLE")
    began = time.monotonic()
    call = Asterisk(standby, "ask", "1795566540492", call="ast1-1795566540.4")
    call.serve(key="1")
    assert call.variables["ASKED"] == "1"
    assert time.monotonic() - began < 2


def test_silent_peers_keep_nobody_out_and_are_few(standby: Process) -> None:
    peers = [standby.connect() for _ in range(200)]
    try:
        call = Asterisk(standby, "ask", "1795566540492")
        call.serve(key="1")
        assert call.variables["ASKED"] == "1"
        until("the oldest are gone", lambda: psutil.Process(standby.process.pid).num_threads() <= 70, 60)
    finally:
        for peer in peers:
            peer.close()
    until("all are gone", lambda: psutil.Process(standby.process.pid).num_threads() <= 2, 60)


def test_many_are_asked_at_once_in_little_memory(standby: Process) -> None:
    calls = [Asterisk(standby, "ask", "1795566540492", call=f"ast1-1795566540.{n}") for n in range(200)]
    threads = [threading.Thread(target=call.serve, kwargs={"key": "1"}) for call in calls]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(60)
    assert [call for call in calls if call.variables.get("ASKED") != "1"] == []
    assert len(standby.records()) == 200
    assert psutil.Process(standby.process.pid).memory_info().rss < 40 * 2**20
    assert "session" not in standby.said()


def test_it_imports_nothing_heavy() -> None:
    program = "import json, sys; import acd.standby.__main__; print(json.dumps(sorted(sys.modules)))"
    loaded = json.loads(subprocess.run([sys.executable, "-c", program], check=True, capture_output=True).stdout)
    heavy = {
        "asyncio",
        "sqlalchemy",
        "pydantic",
        "msgspec",
        "structlog",
        "fastapi",
        "uvloop",
        "acd.engine",
        "acd.line.app",
    }
    assert not heavy & set(loaded)


def test_a_sign_of_life_every_second(tmp_path: Path) -> None:
    reading, writing = os.pipe()
    process = subprocess.Popen(
        [
            sys.executable, "-m", "acd.standby", "--data-dir", str(tmp_path), "--port", str(free_tcp_port()),
            "--beat", str(writing),
        ],
        pass_fds=(writing,),
    )  # fmt: skip
    try:
        os.close(writing)
        assert os.read(reading, 1) == b"."
        assert os.read(reading, 1) == b"."
        process.terminate()
        assert process.wait(60) != 0
    finally:
        process.kill()
        process.wait()
        os.close(reading)
