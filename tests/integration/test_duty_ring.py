"""Urgent at three in the morning, on a running system: the line rings the person on duty about an urgent request, says
it and takes the answer by a key, whatever is killed meanwhile.

The outgoing trunk is a sipp on loopback; each test has a request of its own and one telephone for everybody on duty."""

import contextlib
import itertools
import os
import signal
from collections.abc import Callable, Iterator
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from bench.stack import Stack, StackError, until
from phones import Agent
from phones.ports import free_udp_port
from tests.integration.citizen import Citizen
from tests.tickets.towns import shipped_texts
from tests.time_zones import three_at_night
from tickets.duty import FAULT_S

_numbers = itertools.count(1)
PATIENT_S = 60.0
RING_S = 6
AGAIN_S = 4.0
"""Seconds until somebody presses the key again of which nothing came."""


def duty_list(zone: str = "Europe/Istanbul") -> str:
    """Fen İşleri has two people on duty now, in the town's zone, and somebody at other hours, whom no test may see
    rung. The veterinarians have one."""
    hour = datetime.now(ZoneInfo(zone)).hour
    begins, ends = (f"{(hour + add) % 24:02}:00" for add in (-1, 4))
    return f"""
[[shift]]
unit = "fen_isleri"
days = "mon-sun holiday"
hours = "{ends}-{begins}"
people = [{{ name = "Öbür vardiya", phone = "7499" }}]

[[shift]]
unit = "fen_isleri"
days = "mon-sun holiday"
hours = "{begins}-{ends}"
people = [{{ name = "Acil ekip", phone = "7401" }}, {{ name = "Nöbet amiri", phone = "+905321110000" }}]

[[shift]]
unit = "veteriner_isleri"
days = "mon-sun holiday"
hours = "00:00-24:00"
people = [{{ name = "Nöbetçi veteriner", phone = "7302" }}]
"""


URGENT = {"service": "request", "topic": "yol_cokmesi", "district": "esenkent"}
"""A collapsed road, and who is to see to it."""


@pytest.fixture(scope="module")
def system(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stack]:
    folder = tmp_path_factory.mktemp("duty")
    town = folder / "town"
    town.mkdir()
    night = three_at_night()
    for name, text in (shipped_texts() | {"duty.toml": duty_list(night)}).items():
        (town / name).write_text(text, "utf-8")
    with Stack(
        folder,
        agents=1,
        callback_trunk=f"127.0.0.1:{free_udp_port()}",
        duty_ring_s=RING_S,
        town_dir=town,
        timezone=night,
    ) as stack:
        yield stack


class Duty:
    """The system, and an urgent request."""

    def __init__(self, stack: Stack, folder: Path) -> None:
        self.stack, self.folder = stack, folder
        self.number = ""

    def phone(self, script: Agent, folder: str = "phone") -> Citizen:
        trunk = str(self.stack.settings["callback_trunk"])
        return Citizen(self.folder / folder, int(trunk.rpartition(":")[2]), script)

    def post(self, path: str, body: dict[str, Any]) -> httpx.Response:
        token = (self.stack.data_dir / "token").read_text().strip()
        headers = {"authorization": f"Bearer {token}", "if-match": "*"}
        return httpx.post(f"{self.stack.url}/api/v1/{path}", headers=headers, json=body, timeout=30)

    def opens(self, **more: Any) -> None:
        """An urgent request, which a rule gives to its unit."""
        answer = self.post("tickets", {**URGENT, "text": "Yol çöktü", **more})
        assert answer.status_code == 201, answer.text
        self.number = answer.json()["number"]

    def ticket(self) -> dict[str, Any]:
        return dict(self.stack.get(f"tickets/{self.number}"))

    def rung(self) -> list[tuple[Any, ...]]:
        """The people rung for this request, and what came of each ring."""
        return self.stack.rows("SELECT phone, result FROM duty_rings WHERE number = ? ORDER BY ring", self.number)

    def awaits(self, what: str, found: Callable[[], Any]) -> Any:
        return until(what, found, PATIENT_S, say=self.rung)

    def heard(self, people: int = 1) -> bool:
        """Whether so many have been asked whether they take it."""
        query = "SELECT 1 FROM duty_rings WHERE number = ? AND heard_at IS NOT NULL"
        return len(self.stack.rows(query, self.number)) >= people

    def rings(self) -> bool:
        query = "SELECT 1 FROM duty_rings WHERE number = ? AND rung_at IS NOT NULL AND result = 'ringing'"
        return bool(self.stack.rows(query, self.number))

    def history(self) -> list[tuple[str, str]]:
        return [(one["what"], one["who"]) for one in self.ticket()["history"] if one["what"] in ("accept", "ring")]

    def tasks(self) -> list[str]:
        return [one["kind"] for one in self.stack.get("tasks") if one["number"] == self.number]

    def count(self, metric: str) -> float:
        lines = [line for line in self.stack.metrics().splitlines() if line.startswith(metric)]
        return float(lines[0].split()[-1]) if lines else 0.0

    def clear(self) -> bool:
        self.stack.asterisk_cli("channel request hangup all")
        return "0 active channels" in self.stack.asterisk_cli("core show channels count")

    def presses(self, phone: Citizen, nth: int, then: Callable[[], Any]) -> None:
        """Their nth key, again and again until something came of it: a phone presses it once."""

        def pressed() -> Any:
            phone.process.press(nth)
            return then()

        until("the key was taken", pressed, PATIENT_S, every_s=0.3, say=self.rung)

    def presses_again(self, phone: Citizen, times: int, then: Callable[[], Any]) -> None:
        """Their keys, one after the other, until something came of it: none is heard before they are asked again."""
        for nth in range(1, times):
            with contextlib.suppress(StackError):
                phone.process.press(nth)
                until("this key was taken", then, AGAIN_S)
                return
        self.presses(phone, times, then)


@pytest.fixture
def duty(system: Stack, tmp_path: Path) -> Iterator[Duty]:
    duty = Duty(system, tmp_path)
    try:
        yield duty
    finally:
        system.wait_ready()
        if duty.number and duty.ticket()["state"] == "assigned":
            duty.post(f"tickets/{duty.number}/moves", {"to": "accepted"})
        until("the line is empty", duty.clear, 60, every_s=0.2)


def accepted(duty: Duty) -> bool:
    return bool(duty.ticket()["state"] == "accepted")


def test_the_person_on_duty_hears_the_request_and_accepts_it(duty: Duty) -> None:
    calls = len(duty.stack.calls())
    with duty.phone(Agent(answer_after_s=0.5, talk_s=None, keys="1")) as phone:
        duty.opens()
        duty.awaits("they hear it", duty.heard)
        duty.presses(phone, 1, lambda: accepted(duty))
        assert duty.rung() == [("7401", "accepted")]
        assert [uri.partition("@")[0] for uri in phone.called()] == ["sip:7401"]
    assert duty.history() == [("accept", "Acil ekip")]
    zone = ZoneInfo(str(duty.stack.settings["timezone"]))
    accepted_at = datetime.fromisoformat(duty.ticket()["accepted_at"]).astimezone(zone)
    assert 2 <= accepted_at.hour < 7, "at night, in the town"
    assert (duty.tasks(), len(duty.stack.calls())) == ([], calls), "it is no call of the line's"
    assert duty.count('cozum_duty_rings_total{result="accepted"}') >= 1


def test_one_who_declines_is_followed_by_the_next(duty: Duty) -> None:
    with duty.phone(Agent(answer_after_s=0.3, talk_s=None, keys="21")) as phone:
        duty.opens()
        duty.awaits("the first hears it", duty.heard)
        duty.presses(phone, 1, lambda: duty.rung()[0] == ("7401", "declined"))
        duty.awaits("the second hears it", lambda: duty.heard(2))
        duty.presses(phone, 2, lambda: accepted(duty))
        assert duty.rung() == [("7401", "declined"), ("+905321110000", "accepted")]
        assert [uri.partition("@")[0] for uri in phone.called()] == ["sip:7401", "sip:05321110000"]
    assert duty.history() == [("ring", ""), ("accept", "Nöbet amiri")]


def test_if_all_are_busy_the_lead_is_alarmed(duty: Duty) -> None:
    used_up = duty.count("cozum_duty_lists_used_up_total")
    with duty.phone(Agent(reject=486, answer_after_s=0.1)) as phone:
        duty.opens(service="injured_animal", topic="yarali_hayvan")
        duty.awaits("the lead is alarmed", duty.tasks)
        assert duty.tasks() == ["duty_unanswered"]
        assert duty.rung() == [("7302", "busy")] * 3
        assert len(phone.called()) == 3
    assert duty.ticket()["state"] == "assigned"
    assert duty.history() == [("ring", "")] * 4
    until("it is counted", lambda: duty.count("cozum_duty_lists_used_up_total") == used_up + 1, 60)


def test_a_trunk_that_is_away_for_ten_seconds_uses_up_nobody_s_tries(duty: Duty) -> None:
    """The provider refuses each call with 503; then the telephones are back."""
    with duty.phone(Agent(reject=503, answer_after_s=0.1), "away"):
        duty.opens()
        duty.awaits("both were tried", lambda: [result for _, result in duty.rung()] == ["unreachable"] * 2)
        assert [one["over"] for one in duty.stack.get("duty-alarms") if one["number"] == duty.number] == [False]
    with duty.phone(Agent(answer_after_s=0.3, talk_s=None, keys="1")) as phone:
        duty.awaits("they hear it", duty.heard)
        duty.presses(phone, 1, lambda: accepted(duty))
        assert duty.rung()[-1][1] == "accepted"
        assert {result for _, result in duty.rung()[:-1]} == {"unreachable"}
    (_, second_over), (third_at, _) = duty.stack.rows(
        "SELECT at, ended_at FROM duty_rings WHERE number = ? ORDER BY ring", duty.number
    )[1:3]
    assert third_at - second_over >= FAULT_S * 1000, "they are not tried again and again"
    assert duty.tasks() == []


def test_one_who_lets_it_ring_is_followed_by_the_next_after_the_ring(duty: Duty) -> None:
    with duty.phone(Agent(answer_after_s=None)) as phone:
        duty.opens()
        duty.awaits("the next is rung", lambda: len(duty.rung()) == 2)
        assert duty.rung()[0] == ("7401", "no_answer")
        assert [uri.partition("@")[0] for uri in phone.called()][:1] == ["sip:7401"]
        assert duty.post(f"tickets/{duty.number}/moves", {"to": "accepted"}).status_code == 200
        duty.awaits("nobody is rung any more", lambda: duty.rung()[-1][1] == "withdrawn")
    assert duty.tasks() == []


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_while_it_rings_rings_nobody_twice(duty: Duty, dies: str) -> None:
    with duty.phone(Agent(answer_after_s=4.0, talk_s=None, keys="1")) as phone:
        duty.opens()
        duty.awaits("it rings", lambda: duty.rings() and phone.called())
        (duty.stack.kill_daemon if dies == "line" else duty.stack.kill_desk)()
        duty.stack.wait_ready()
        duty.awaits("they hear it", duty.heard)
        duty.presses(phone, 1, lambda: accepted(duty))
        assert duty.rung() == [("7401", "accepted")]
        assert len(phone.called()) == 1


@pytest.mark.parametrize("dies", ["line", "desk"])
def test_a_death_while_they_hear_it_asks_them_again_on_the_same_call(duty: Duty, dies: str) -> None:
    with duty.phone(Agent(answer_after_s=0.3, talk_s=None, keys="111")) as phone:
        duty.opens()
        duty.awaits("they hear it", duty.heard)
        (duty.stack.kill_daemon if dies == "line" else duty.stack.kill_desk)()
        duty.stack.wait_ready()
        duty.presses_again(phone, 3, lambda: accepted(duty))
        assert duty.rung() == [("7401", "accepted")]
        assert len(phone.called()) == 1


def test_an_acceptance_while_the_desk_hangs_is_not_lost(duty: Duty) -> None:
    """The line takes the key and confirms it; the request is theirs once there is a desk again."""
    with duty.phone(Agent(answer_after_s=0.3, talk_s=None, keys="1")) as phone:
        duty.opens()
        duty.awaits("they hear it", duty.heard)
        os.kill(int((duty.stack.data_dir / "desk.pid").read_text()), signal.SIGSTOP)  # its heartbeat ends it
        duty.presses(phone, 1, lambda: "0 active channels" in duty.stack.asterisk_cli("core show channels count"))
        duty.stack.wait_ready()
        duty.awaits("the request is theirs", lambda: accepted(duty))
        assert duty.rung() == [("7401", "accepted")]
        assert (duty.history(), len(phone.called())) == ([("accept", "Acil ekip")], 1)


def test_a_phone_that_forwards_is_not_followed(duty: Duty) -> None:
    with duty.phone(Agent(reject=302, forward_to="sip:09001234567@127.0.0.1", answer_after_s=0.1)) as phone:
        duty.opens(service="injured_animal", topic="yarali_hayvan")
        duty.awaits("they are rung again", lambda: len(duty.rung()) >= 2)
        assert {uri.partition("@")[0] for uri in phone.called()} == {"sip:7302"}
