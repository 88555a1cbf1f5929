"""Callers who are called back, on a running system of its own whose outgoing trunk is a sipp on loopback."""

import itertools
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from acd.asterisk.confcheck import Wanted, check_files
from bench.stack import CelRow, Stack, until
from phones import Agent, Agents, Callers, Leg, Phones, Press, Step, Wait
from phones.ports import free_udp_port
from phones.scenario import Caller
from phones.sipp import Process
from tests.acd.asterisk.raw_ami import WITNESS
from tests.integration.citizen import Citizen
from tests.integration.conftest import KEYS
from tests.integration.witnesses import Observer

_numbers = itertools.count(1)
RETRY_S = 10.0
FOR_S = 0.5
"""How far times that Asterisk told of one after the other may be from the phones' own."""
ASKS: tuple[Step, ...] = (*(step for _ in range(8) for step in (Wait(1.0), Press("2"))), Wait(20))
"""A caller asks to be called back, until they are let go: on a busy machine they may not be waiting yet."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("callbacks")
    with Stack(
        folder,
        agents=2,
        ring_s=15.0,
        wrapup_s=0.0,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        callback_retry_s=RETRY_S,
        callback_tries=2,
        callback_ring_s=5,
        callback_abandoned_urgent=True,
        callbacks_per_number=1,
        duty_ring_s=0,  # so that whoever the trunk calls is a citizen: an urgent caller has people on duty rung
    ) as stack:
        yield stack


class Line:
    """The system, one agent's phone and callers with numbers that can be dialled."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack = stack
        self.folder = folder
        self.phones: Phones = stack.phones(folder / "phones")
        self.number = f"0532{next(_numbers):07d}"

    @property
    def trunk(self) -> int:
        return int(str(self.stack.settings["callback_trunk"]).rpartition(":")[2])

    def agent(self, script: Agent, extension: str = "1001") -> Agents:
        return self.phones.staff([self.stack.login(extension)], script)

    def ready(self, extension: str = "1001") -> None:
        self.stack.set_state(extension, "ready")

    def dial(self, service: str, *then: Step) -> Callers:
        """A caller who waits for a service and then does more."""
        keys = [step for key in KEYS[service] for step in (Wait(0.3), Press(key))]
        return self.phones.call(Caller(steps=(*keys, *then)), numbers=[self.number])

    def ended_as(self, outcome: str) -> dict[str, Any]:
        """The record of this number's call that ended so."""

        def over() -> dict[str, Any] | None:
            calls = [one for one in self.stack.calls() if one["caller"] == self.number and one["ended_at"]]
            return next((one for one in calls if one["outcome"] == outcome), None)

        return until(f"a call is over as {outcome}", over, 60, say=lambda: self.stack.calls()[:3])

    def callbacks(self) -> list[dict[str, Any]]:
        return list(self.stack.get("callbacks"))

    def clear(self) -> bool:
        """Let everybody go: an urgent caller whose phone is gone is to be called back. Whether the line is empty."""
        for one in self.callbacks():
            self.stack.request("DELETE", f"/api/v1/callbacks/{one['id']}")
        self.stack.asterisk_cli("channel request hangup all")
        up = self.stack.asterisk_cli("core show channels count")
        return "0 active channels" in up and not self.callbacks() and not self.stack.queue()

    def ended(self, within_s: float = 60.0) -> dict[str, Any]:
        """The record of this caller's call, once it is over."""

        def over() -> dict[str, Any] | None:
            return next((one for one in self.stack.calls() if one["caller"] == self.number and one["ended_at"]), None)

        return until("the call is over", over, within_s, say=lambda: self.stack.calls()[:3])


@pytest.fixture
def line(system: Stack, tmp_path: Path) -> Iterator[Line]:
    line = Line(system, tmp_path)
    try:
        yield line
    finally:
        system.set_state("1001", "offline")
        line.phones.close()
        until("the line is empty", line.clear, 60, every_s=0.2, say=lambda: (line.callbacks(), system.queue()))


def over(process: Process) -> Leg:
    """The one call of a phone, once the phone too knows that it is over: Asterisk tells the line first."""

    def ended() -> Leg | None:
        (leg,) = process.legs()
        return None if leg.ended_at is None else leg

    return until("the phone's call is over", ended, 60)


def lasted_s(leg: Leg) -> float:
    """From a phone's answer to the first goodbye."""
    assert leg.answered_at is not None
    assert leg.ended_at is not None
    return leg.ended_at - leg.answered_at


def logged(line: Line, call: str) -> list[CelRow]:
    """What Asterisk logged of the channels of a callback, once they are gone."""
    rows = [row for row in line.stack.cel() if row.linkedid.startswith(f"{call}~")]
    gone = {row.uniqueid for row in rows if row.event == "CHAN_END"}
    return rows if rows and {row.uniqueid for row in rows} <= gone else []


def caller_channel(line: Line, record: dict[str, Any]) -> str:
    """The unique id of the channel that reached the caller, once Asterisk is done with the callback."""
    rows = until("Asterisk is done with it", lambda: logged(line, record["id"]), 60)
    (caller,) = {row.uniqueid for row in rows if row.channel.startswith("PJSIP/outgoing-")}
    return caller


def waits(line: Line) -> dict[str, Any]:
    """This caller's callback, once there is one."""

    def mine() -> dict[str, Any] | None:
        return next((one for one in line.callbacks() if one["caller"] == line.number), None)

    return until("it is to be called back", mine, 60, say=lambda: (line.callbacks(), line.stack.queue()))


def hangs_up_when_waiting(line: Line, service: str) -> None:
    """A caller who hangs up once they wait for a service. An urgent one waits for any before that."""
    caller = line.dial(service, Wait(60.0))

    def waits_for() -> list[str]:
        rows = line.stack.queue()
        return [row["service"] for row in rows if row["caller"] == line.number and row["callback"] is None]

    until("the caller waits", lambda: waits_for() == [service], 60, say=line.stack.queue)
    caller.hang_up()


def outcomes(line: Line) -> list[str]:
    """The rows of this number's calls that are over."""
    return [one["outcome"] for one in line.stack.calls() if one["caller"] == line.number and one["ended_at"]]


def test_asked_for_by_a_key_the_agent_is_rung_first_and_then_the_citizen(line: Line) -> None:
    citizens_phone = Agent(answer_after_s=1.5, talk_s=None)
    with Observer(line.stack) as observer, Citizen(line.folder / "citizen", line.trunk, citizens_phone) as citizen:
        line.dial("request", *ASKS)
        assert (waits(line)["caller"], waits(line)["reason"]) == (line.number, "asked")
        phone = line.agent(Agent(answer_after_s=0.3, talk_s=None))
        assert not citizen.called()
        line.ready()
        until("they talk", lambda: line.stack.state_of("1001") == "talking", 60)
        phone.hang_up()
        record = line.ended()
        assert (record["outcome"], record["agent"], record["hangup_by"]) == ("called_back", "1001", "agent")
        leg, agents = over(citizen.process), over(phone)
        late_s = FOR_S + observer.late_s(line.stack.cel(), caller_channel(line, record))
        assert record["talk_s"] <= lasted_s(leg) + late_s, "the citizen's ring is no talk"
        assert agents.ended_at is not None
        assert leg.answered_at is not None
        assert record["talk_s"] >= agents.ended_at - leg.answered_at - late_s
        assert record["wait_s"] > 1.5
        assert [uri.partition("@")[0] for uri in citizen.called()] == [f"sip:{line.number}"]
        until("the agent is ready", lambda: line.stack.state_of("1001") == "ready", 60)


def test_the_citizen_hangs_up(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.2, talk_s=1.0)):
        line.dial("request", *ASKS)
        waits(line)
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        record = line.ended()
        assert (record["outcome"], record["hangup_by"]) == ("called_back", "caller")


def test_one_who_is_not_reached_is_tried_again_and_then_no_more(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, Agent(reject=486, answer_after_s=0.2)) as citizen:
        line.dial("request", *ASKS)
        waits(line)
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        first = until("the first try", lambda: [one for one in line.callbacks() if one["tries"] == 1], 60)[0]
        assert first["again_at"] is not None
        until("the agent is ready", lambda: line.stack.state_of("1001") == "ready", 60)
        record = line.ended(RETRY_S + 60)
        assert (record["outcome"], record["agent"]) == ("callback_failed", None)
        assert len(citizen.called()) == 2


def test_an_urgent_caller_who_hung_up_while_waiting_is_called_back(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.2, talk_s=1.0)):
        hangs_up_when_waiting(line, "funeral")
        found = waits(line)
        assert (found["reason"], found["class"]) == ("abandoned", "urgent")
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        record = line.ended()
        assert record["outcome"] == "called_back"
        tickets = [one for one in line.stack.get("tickets") if one["caller"] == line.number]
        assert [one["call"] for one in tickets] == [record["id"]]


def test_it_survives_the_death_of_the_engine_at_any_moment(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.5, talk_s=None)):
        line.dial("request", *ASKS)
        before = waits(line)
        line.stack.kill_daemon()
        line.stack.wait_ready()
        assert waits(line)["id"] == before["id"]
        phone = line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        until("they talk", lambda: line.stack.state_of("1001") == "talking", 60)
        line.stack.kill_daemon()
        line.stack.wait_ready()
        phone.hang_up()
        record = line.ended()
        assert (record["outcome"], record["agent"]) == ("called_back", "1001")


def test_an_engine_that_dies_while_the_citizen_rings_finds_them_talking(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=1.5, talk_s=None)) as citizen:
        line.dial("request", *ASKS)
        waits(line)
        phone = line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        until("the citizen rings", citizen.called, 60)
        line.stack.kill_daemon()
        line.stack.wait_ready()
        until("they talk", lambda: line.stack.state_of("1001") == "talking", 60)
        phone.hang_up()
        record = line.ended()
        assert (record["outcome"], record["agent"], len(citizen.called())) == ("called_back", "1001", 1)


def test_whoever_forges_the_number_cancels_nothing(line: Line) -> None:
    """Two calls with the number of somebody who is to be called back: one hangs up while waiting, one talks."""
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.2, talk_s=1.0)) as citizen:
        line.dial("request", *ASKS)
        wanted = waits(line)
        hangs_up_when_waiting(line, "request")
        until("the forged call is over", lambda: outcomes(line) == ["abandoned"], 60, say=lambda: outcomes(line))
        assert [one["id"] for one in line.callbacks()] == [wanted["id"]]
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        assert line.ended_as("called_back")["id"] == wanted["id"]
        assert len(citizen.called()) == 1


def test_a_number_that_was_called_back_today_is_not_called_again(line: Line) -> None:
    with Citizen(line.folder / "citizen", line.trunk, Agent(answer_after_s=0.2, talk_s=0.5)) as citizen:
        line.dial("request", *ASKS)
        waits(line)
        line.agent(Agent(answer_after_s=0.2, talk_s=None))
        line.ready()
        line.ended_as("called_back")
        line.stack.set_state("1001", "offline")
        before = refusals(line)
        line.dial("request", *ASKS)  # hears that it cannot be, and waits on
        until("the refusal is counted", lambda: refusals(line) > before, 60, say=lambda: outcomes(line))
        assert [one["caller"] for one in line.stack.queue()] == [line.number]
        assert line.callbacks() == []
        assert len(citizen.called()) == 1


def refusals(line: Line) -> float:
    """Wishes to be called back that were refused, since the number was called back before."""
    found = re.search(r'^cozum_callbacks_refused_total{reason="per_number"} (\S+)$', line.stack.metrics(), re.MULTILINE)
    return float(found[1]) if found else 0.0


def test_it_can_be_cancelled_over_the_api(line: Line) -> None:
    line.dial("request", *ASKS)
    found = waits(line)
    assert line.stack.request("DELETE", f"/api/v1/callbacks/{found['id']}").status_code == 204
    assert line.ended()["outcome"] == "callback_cancelled"
    assert line.callbacks() == []


def test_the_files_of_such_an_asterisk_keep_what_we_promise(line: Line) -> None:
    settings = line.stack.settings
    ports = {key: settings[key] for key in ("sip_port", "ws_port", "ami_port", "fastagi_port", "rtp_start", "rtp_end")}
    secret = (line.stack.data_dir / "agi_secret").read_text("ascii").strip()
    wanted = Wanted(
        node="ast1", bind_host="127.0.0.1", ami_user="cozum", callbacks=True, agi_secret=secret, **ports
    )  # fmt: skip
    etc = line.stack.data_dir / "asterisk" / "etc"
    tests_own = f"[{WITNESS.name}]"
    assert [fault for fault in check_files(etc, wanted) if tests_own not in fault.where] == []
    without = replace(wanted, callbacks=False)
    assert [str(fault) for fault in check_files(etc, without) if "originate" in str(fault)]
