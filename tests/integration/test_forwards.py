"""A phone that answers with a forward has the line call nobody: not outside, not by the outgoing trunk, no colleague.

Asterisk takes the user of a 302's Contact for what to dial, and `PJSIP/trunk/sip:…` with its slashes encoded for a
channel to anywhere. Two sockets stand for the world, one of them where the outgoing trunk should be."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from bench.stack import Stack, until
from phones import Agent, Blind, Caller, Consult, HangUp, Login, Wait
from phones.ports import free_udp_port
from tests.acd.standby.test_line import Line as StandbyLine
from tests.acd.standby.test_line import calls_of
from tests.integration.citizen import Citizen
from tests.integration.test_callbacks import ASKS, Line, waits
from tests.integration.witnesses import Observer, times_bridged


class Trap:
    """A socket that nobody may send anything to."""

    def __init__(self, port: int = 0) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", port))
        self._socket.setblocking(False)

    @property
    def port(self) -> int:
        return int(self._socket.getsockname()[1])

    def caught(self) -> list[bytes]:
        """What came since it was asked last."""
        packets = []
        while True:
            try:
                packets.append(self._socket.recv(65535))
            except BlockingIOError:
                return packets

    def close(self) -> None:
        self._socket.close()


@pytest.fixture(scope="module")
def outside() -> Iterator[Trap]:
    trap = Trap()
    yield trap
    trap.close()


@pytest.fixture
def trunk(system: Stack) -> Iterator[Trap]:
    """What listens where the outgoing trunk should be."""
    trap = Trap(int(str(system.settings["callback_trunk"]).rpartition(":")[2]))
    yield trap
    trap.close()


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    with Stack(
        tmp_path_factory.mktemp("forwards"), agents=4, ring_s=2.0, private_ring_s=2.0, wrapup_s=0.0, max_misses=100,
        callback_trunk=f"127.0.0.1:{free_udp_port()}", callback_ring_s=5, callback_tries=1,
    ) as stack:  # fmt: skip
        yield stack


@pytest.fixture(scope="module")
def observer(system: Stack) -> Iterator[Observer]:
    with Observer(system) as observer:
        yield observer


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(system, tmp_path)
    yield line
    line.phones.close()
    for extension in ("1001", "1002"):
        system.set_state(extension, "offline")
    for one in line.callbacks():
        system.request("DELETE", f"/api/v1/callbacks/{one['id']}")
    until("nobody waits", lambda: not system.queue(), 60, say=system.queue)
    with system.phones(tmp_path) as phones:
        phones.unregister([system.login(extension) for extension in ("1001", "1002")])


WAYS = {
    "a channel to anywhere": "sip:PJSIP%2Ftrunk%2Fsip%3A0900123%40127.0.0.1%3A{port}@x",
    "the outgoing trunk": "sip:PJSIP%2F0900123%40outgoing@x",
    "a colleague by the dialplan": "sip:Local%2F1003%40agents@x",
    "an extension": "sip:1003@127.0.0.1",
    "an address": "sip:0900123@127.0.0.1:{port}",
}


@pytest.fixture(params=WAYS)
def forwards(request: pytest.FixtureRequest, outside: Trap) -> Agent:
    """How 1002's phone answers."""
    return Agent(reject=302, answer_after_s=0.1, forward_to=WAYS[request.param].format(port=outside.port))


class Call:
    """What came of a call: that 1002's phone was asked and said 302, and that nobody else was called."""

    def __init__(self, line: Line, observer: Observer, *traps: Trap) -> None:
        self._line, self._observer, self._traps = line, observer, traps
        self._mark = len(observer.events())
        for trap in traps:
            trap.caught()

    def until_forwarded(self, times: int = 1) -> None:
        until("1002's phone has forwarded", lambda: self._forwards() >= times, 60, say=self._dials)

    def _forwards(self) -> int:
        return sum(
            bool(event.headers.get("Forward")) and event.headers["DestChannel"].startswith("PJSIP/1002-")
            for event in self._observer.events()[self._mark :]
            if event.name == "DialEnd"
        )

    def _dials(self) -> list[str]:
        return [event.headers.get("DestChannel", "") for event in self._observer.events()[self._mark :]]

    def nobody_else(self, *expected: str) -> None:
        """These endpoints were dialled, and no others."""
        wanted = {"PJSIP/1002", *expected}
        until("all that is dialled is told", lambda: self._dialled() >= wanted, 60, say=self._dialled)
        assert self._dialled() == wanted
        assert [trap.caught() for trap in self._traps] == [[] for _ in self._traps]

    def _dialled(self) -> set[str]:
        return {
            event.headers["DestChannel"].rpartition("-")[0]
            for event in self._observer.events()[self._mark :]
            if event.name == "DialBegin"
        }


def test_offered(line: Line, observer: Observer, outside: Trap, trunk: Trap, forwards: Agent) -> None:
    call = Call(line, observer, outside, trunk)
    line.agent(forwards, "1002")
    line.ready("1002")
    caller = line.dial("request", Wait(60.0), HangUp())
    call.until_forwarded()
    caller.hang_up()
    assert line.ended()["outcome"] == "abandoned"
    call.nobody_else()


def test_called_by_a_colleague(line: Line, observer: Observer, outside: Trap, trunk: Trap, forwards: Agent) -> None:
    call = Call(line, observer, outside, trunk)
    line.agent(forwards, "1002")
    caller = line.phones.call(Caller(login=Login("1001", "demo1001")), dialled="1002")
    call.until_forwarded()
    assert caller.wait(60).failed == 1
    call.nobody_else()


@pytest.mark.parametrize("how", ["blind", "attended"])
def test_sent_on_to(line: Line, observer: Observer, outside: Trap, trunk: Trap, forwards: Agent, how: str) -> None:
    """1001 talks, and sends the caller on to 1002 or asks them first."""
    call = Call(line, observer, outside, trunk)
    login = line.stack.login("1001")
    plan = Blind("1002", None) if how == "blind" else Consult("1002", login, after_s=None, talk_s=0.2)
    line.agent(forwards, "1002")
    phone = line.agent(Agent(answer_after_s=0.1, talk_s=1.0, transfer=plan), "1001")
    bridged = times_bridged(line.stack, "1001")
    line.ready("1001")
    caller = line.dial("request", Wait(60.0), HangUp())
    until("1001 talks", lambda: times_bridged(line.stack, "1001") > bridged, 60)
    line.ready("1002")
    phone.go_on()
    call.until_forwarded()
    caller.hang_up()
    line.ended()
    call.nobody_else("PJSIP/1001")


def test_rung_for_a_call_back(line: Line, observer: Observer, outside: Trap, trunk: Trap, forwards: Agent) -> None:
    call = Call(line, observer, outside, trunk)
    line.dial("request", *ASKS)
    waits(line)
    line.agent(forwards, "1002")
    line.ready("1002")
    call.until_forwarded()
    line.stack.set_state("1002", "offline")
    call.nobody_else("Local/agent@callback")


def test_called_back_and_forwards(line: Line, observer: Observer, outside: Trap, forwards: Agent) -> None:
    """The outgoing trunk itself answers with a forward."""
    call = Call(line, observer, outside)
    with Citizen(line.folder / "citizen", line.trunk, forwards) as citizen:
        line.dial("request", *ASKS)
        waits(line)
        line.agent(Agent(answer_after_s=0.1, talk_s=None), "1002")
        line.ready("1002")
        assert line.ended()["outcome"] == "callback_failed"
        assert len(citizen.called()) == 1
    call.nobody_else("Local/agent@callback", "PJSIP/outgoing")


def test_of_the_standbys_queue(tmp_path: Path, outside: Trap, forwards: Agent) -> None:
    outside.caught()
    with (
        StandbyLine(tmp_path, agents=3, standby_after_s=1.0, wrapup_s=0, ring_s=5) as line,
        line.phones(tmp_path / "phones") as phones,
    ):
        staff = phones.staff([line.login("1002")], forwards)
        line.rx("queue add member PJSIP/1002 to standby")
        caller = phones.call(Caller(steps=(Wait(25.0), HangUp())))
        until("1002's phone has forwarded", lambda: any(leg.final == 302 for leg in calls_of(staff)), 60)
        assert caller.wait(40).failed == 0
        channels = line.cel()
    assert outside.caught() == []
    began = {row.channel.rpartition("-")[0] for row in channels if row.event == "CHAN_START"}
    assert began == {"PJSIP/trunk", "PJSIP/1002"}
